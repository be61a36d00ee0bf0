//! Peers over Redis: presence in short-lived keys, hints on one channel.

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
use crate::authorities::Authorities;
use crate::redis::{Redis, Script};

/// The channel of hints. A message is `<node> <room>`.
const CHANNEL: &str = "lj:rooms";
/// The key with the nodes' reports.
const NODES: &str = "lj:nodes";
/// The time for which a report counts, in milliseconds. A node reports several times within it.
const REPORT_KEPT_MS: u64 = 10_000;
/// The pause before a lost subscription is opened again. Rooms are polled meanwhile.
const RESUBSCRIBE_AFTER: Duration = Duration::from_secs(1);

/// A full Redis runs it all the same: the reports are small, and they expire.
static PRESENCE: LazyLock<Script> =
    LazyLock::new(|| Script::new(concat!("#!lua flags=allow-oom\n", include_str!("presence.lua"))));

/// The nodes that share one Redis.
pub struct RedisPeers {
    redis: Redis,
    id: String,
    hints: broadcast::Sender<RoomId>,
    to_publish: mpsc::Sender<RoomId>,
    /// Subscribes and publishes until the node stops.
    _tasks: [AbortOnDropHandle<()>; 2],
}

/// A node's presence as other nodes read it. Reasons are text, since a newer node may know more of them.
#[derive(Serialize, Deserialize)]
struct Report {
    viewers: u64,
    /// An older node does not report sides.
    #[serde(default)]
    buyers: u64,
    #[serde(default)]
    merchants: u64,
    refused: BTreeMap<String, u64>,
}

impl RedisPeers {
    /// Joins the nodes that share the Redis at `redis://…` or `redis+cluster://host:port,…`, with `rediss` over TLS.
    /// `id` names this node and has no spaces. It trusts the system's certificate authorities.
    ///
    /// # Errors
    /// The URL is malformed, or Redis did not answer.
    pub async fn connect(url: &str, id: String) -> Result<Self, PeersError> {
        Self::connect_with(url, id, &Authorities::system()).await
    }

    /// The same with other certificate authorities.
    ///
    /// # Errors
    /// As in [`connect`](Self::connect).
    pub async fn connect_with(url: &str, id: String, authorities: &Authorities) -> Result<Self, PeersError> {
        let redis = Redis::connect(url, authorities).await?;
        let hints = broadcast::Sender::new(HINTS_HELD);
        let (to_publish, announced) = mpsc::channel(HINTS_HELD);
        let subscribing = tokio::spawn(subscribe(redis.clone(), id.clone(), hints.clone()));
        let publishing = tokio::spawn(publish(redis.clone(), id.clone(), announced));
        let tasks = [AbortOnDropHandle::new(subscribing), AbortOnDropHandle::new(publishing)];
        Ok(Self { redis, id, hints, to_publish, _tasks: tasks })
    }

    /// Saves this node's report under `key` and returns all nodes' reports.
    async fn exchange(&self, key: &str, report: &str) -> Result<Vec<String>, PeersError> {
        let mut call = PRESENCE.on([key.to_owned()]);
        call.arg(&self.id).arg(report).arg(REPORT_KEPT_MS);
        Ok(self.redis.call(&call).await?)
    }
}

#[async_trait]
impl Peers for RedisPeers {
    fn announce(&self, room: &RoomId) {
        // The hint reaches this node without Redis. A hint without a receiver, or a full queue, is no failure.
        let _ = self.hints.send(room.clone());
        let _ = self.to_publish.try_send(room.clone());
    }

    fn hints(&self) -> broadcast::Receiver<RoomId> {
        self.hints.subscribe()
    }

    async fn report_presence(&self, room: &RoomId, here: &RoomPresence) -> Result<RoomPresence, PeersError> {
        let report = if here.viewers == 0 { String::new() } else { json(here)? };
        let mut all = RoomPresence::default();
        for report in self.exchange(&format!("lj:presence:{room}"), &report).await? {
            let report: Report = serde_json::from_str(&report).map_err(|error| PeersError(error.to_string()))?;
            all.viewers += report.viewers;
            all.buyers += report.buyers;
            all.merchants += report.merchants;
            for reason in Refusal::ALL {
                if let Some(&times) = report.refused.get(reason.as_str()) {
                    *all.refused.entry(reason).or_default() += times;
                }
            }
        }
        Ok(all)
    }

    async fn count(&self) -> Result<u64, PeersError> {
        Ok(self.exchange(NODES, "here").await?.len() as u64)
    }
}

fn json(here: &RoomPresence) -> Result<String, PeersError> {
    let refused = here.refused.iter().map(|(reason, times)| (reason.as_str().to_owned(), *times)).collect();
    let RoomPresence { viewers, buyers, merchants, .. } = *here;
    serde_json::to_string(&Report { viewers, buyers, merchants, refused })
        .map_err(|error| PeersError(error.to_string()))
}

/// Passes the other nodes' announcements on until the task is aborted.
async fn subscribe(redis: Redis, id: String, hints: broadcast::Sender<RoomId>) {
    loop {
        match receive(&redis, &id, &hints).await {
            Ok(()) => tracing::warn!("the subscription to hints ended; it is opened again"),
            Err(error) => tracing::warn!(%error, "the subscription to hints failed; it is tried again"),
        }
        tokio::time::sleep(RESUBSCRIBE_AFTER).await;
    }
}

async fn receive(redis: &Redis, id: &str, hints: &broadcast::Sender<RoomId>) -> RedisResult<()> {
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

/// Publishes this node's announcements until the task is aborted.
async fn publish(redis: Redis, id: String, mut announced: mpsc::Receiver<RoomId>) {
    while let Some(room) = announced.recv().await {
        let published: RedisResult<()> = redis.command(cmd("PUBLISH").arg(CHANNEL).arg(format!("{id} {room}"))).await;
        if let Err(error) = published {
            tracing::debug!(%error, %room, "a hint was not published; the other nodes poll the room");
        }
    }
}

impl From<RedisError> for PeersError {
    fn from(error: RedisError) -> Self {
        Self(error.to_string())
    }
}
