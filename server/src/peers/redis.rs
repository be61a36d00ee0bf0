//! The other nodes, heard of through Redis: presence in short-lived keys, hints on one channel; nothing of it is kept.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use live_jury_protocol::{Refusal, RoomId};
use redis::{RedisError, RedisResult, cmd};
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, mpsc};
use tokio_util::task::AbortOnDropHandle;

use super::{HINTS_HELD, Peers, PeersError, RoomPresence};
use crate::redis::{Redis, Script};

/// Where hints are published: `<node> <room>`.
const CHANNEL: &str = "lj:rooms";
/// Where nodes are noted.
const NODES: &str = "lj:nodes";
/// For how long a node that is not heard of counts, in milliseconds.
const HEARD_MS: u64 = 10_000;
/// Pause before a lost channel is opened again. Rooms are re-read by the clock meanwhile.
const REOPEN_AFTER: Duration = Duration::from_secs(1);

static PRESENCE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("presence.lua")));

/// The nodes that share a Redis.
pub struct RedisPeers {
    redis: Redis,
    id: String,
    hints: broadcast::Sender<RoomId>,
    to_others: mpsc::Sender<RoomId>,
    _tasks: [AbortOnDropHandle<()>; 2],
}

/// How a node's part of a room is, as the others read it. Reasons are text: another node may know others.
#[derive(Serialize, Deserialize)]
struct Report {
    viewers: u64,
    refused: BTreeMap<String, u64>,
}

impl RedisPeers {
    /// Joins the nodes at `redis://…`, `rediss://…` or `redis+cluster://host:port,…`. `id` is this node's own, without
    /// spaces.
    ///
    /// # Errors
    /// The URL is not of its form, or nobody answers there.
    pub async fn connect(url: &str, id: String) -> Result<Self, PeersError> {
        let redis = Redis::connect(url).await?;
        let hints = broadcast::Sender::new(HINTS_HELD);
        let (to_others, outbox) = mpsc::channel(HINTS_HELD);
        let listening = tokio::spawn(listen(redis.clone(), id.clone(), hints.clone()));
        let telling = tokio::spawn(tell(redis.clone(), id.clone(), outbox));
        let tasks = [AbortOnDropHandle::new(listening), AbortOnDropHandle::new(telling)];
        Ok(Self { redis, id, hints, to_others, _tasks: tasks })
    }

    async fn note(&self, key: &str, report: &str) -> Result<Vec<String>, PeersError> {
        let mut call = PRESENCE.on([key.to_owned()]);
        call.arg(&self.id).arg(report).arg(HEARD_MS);
        Ok(self.redis.call(&call).await?)
    }
}

#[async_trait]
impl Peers for RedisPeers {
    fn announce(&self, room: &RoomId) {
        // This node does not wait for Redis to hear of itself. Nobody listening, or a full outbox, is no failure.
        let _ = self.hints.send(room.clone());
        let _ = self.to_others.try_send(room.clone());
    }

    fn hints(&self) -> broadcast::Receiver<RoomId> {
        self.hints.subscribe()
    }

    async fn report_presence(&self, room: &RoomId, here: &RoomPresence) -> Result<RoomPresence, PeersError> {
        let report = if here.viewers == 0 { String::new() } else { json(here)? };
        let mut all = RoomPresence::default();
        for report in self.note(&format!("lj:presence:{room}"), &report).await? {
            let report: Report = serde_json::from_str(&report).map_err(|error| PeersError(error.to_string()))?;
            all.viewers += report.viewers;
            for reason in Refusal::ALL {
                if let Some(&times) = report.refused.get(reason.as_str()) {
                    *all.refused.entry(reason).or_default() += times;
                }
            }
        }
        Ok(all)
    }

    async fn count(&self) -> Result<u64, PeersError> {
        Ok(self.note(NODES, "here").await?.len() as u64)
    }
}

fn json(here: &RoomPresence) -> Result<String, PeersError> {
    let refused = here.refused.iter().map(|(reason, times)| (reason.as_str().to_owned(), *times)).collect();
    serde_json::to_string(&Report { viewers: here.viewers, refused }).map_err(|error| PeersError(error.to_string()))
}

/// Passes on what the other nodes announce, for as long as it lives.
async fn listen(redis: Redis, id: String, hints: broadcast::Sender<RoomId>) {
    loop {
        match hear(&redis, &id, &hints).await {
            Ok(()) => tracing::warn!("the channel of hints ended, and is opened again"),
            Err(error) => tracing::warn!(%error, "the channel of hints is closed, and is tried again"),
        }
        tokio::time::sleep(REOPEN_AFTER).await;
    }
}

async fn hear(redis: &Redis, id: &str, hints: &broadcast::Sender<RoomId>) -> RedisResult<()> {
    let mut pubsub = redis.listen().await?;
    pubsub.subscribe(CHANNEL).await?;
    let mut messages = pubsub.on_message();
    while let Some(message) = messages.next().await {
        let Ok(text) = message.get_payload::<String>() else { continue };
        if let Some((from, room)) = text.split_once(' ')
            && from != id
            && let Ok(room) = room.parse()
        {
            let _ = hints.send(room);
        }
    }
    Ok(())
}

/// Tells the other nodes what this one announces, for as long as it lives.
async fn tell(redis: Redis, id: String, mut outbox: mpsc::Receiver<RoomId>) {
    while let Some(room) = outbox.recv().await {
        let told: RedisResult<()> = redis.command(cmd("PUBLISH").arg(CHANNEL).arg(format!("{id} {room}"))).await;
        if let Err(error) = told {
            tracing::debug!(%error, %room, "the other nodes were not told, and find out by themselves");
        }
    }
}

impl From<RedisError> for PeersError {
    fn from(error: RedisError) -> Self {
        Self(error.to_string())
    }
}
