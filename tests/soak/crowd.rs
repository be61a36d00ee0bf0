//! The jurors of a run and their sockets, which reconnect to any node.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use live_jury_protocol::Role;
use live_jury_tests::tokens;
use tokio::sync::{Notify, broadcast};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::deployment::Deployment;
use crate::frames::Dockets;
use crate::juror_model::JurorModel;
use crate::plan::{Plan, room_name};
use crate::run_log::JurorLog;
use crate::session::SocketSession;
use crate::statistics::Counters;

/// Range of the back-off between two sockets. It is shorter than a widget's, so that a run sees more joins.
const BACKOFF_MS: std::ops::RangeInclusive<u64> = 100..=1_600;
/// One in this number of jurors has a second socket.
const SECOND_SOCKET_EVERY: usize = 3;
/// One in this number of jurors is recused from each case that recuses anybody.
const RECUSED_EVERY: usize = 25;

/// The jurors and their shared state.
pub struct Crowd {
    pub deployment: Arc<Deployment>,
    /// The dockets of each room.
    pub rooms: Vec<Dockets>,
    pub counters: Counters,
    /// Asks sockets to drop, each with this probability in percent.
    pub drops: broadcast::Sender<u8>,
    pub stop: CancellationToken,
    /// Notified on each acknowledged ballot.
    pub acknowledged: Notify,
    /// Mean time between two casts of a socket.
    pub think_time: Duration,
    members: Vec<Arc<Member>>,
}

/// A juror, or a host who only watches.
pub struct Member {
    pub sub: String,
    pub room: String,
    /// The room's index.
    pub room_index: usize,
    pub token: String,
    pub casts: bool,
    pub model: Mutex<JurorModel>,
    sockets: usize,
}

impl Crowd {
    pub fn new(plan: &Plan, deployment: Arc<Deployment>, began: Instant) -> Self {
        let mut members = Vec::new();
        for n in 0..plan.jurors + plan.rooms {
            let (casts, room_index) = (n < plan.jurors, n % plan.rooms);
            let (role, name) = if casts { (Role::Viewer, "juror") } else { (Role::Host, "host") };
            let (sub, room) = (format!("{name}-{n}"), room_name(room_index));
            let model = Mutex::new(JurorModel::new(&room, plan.seed ^ (n as u64) << 32, began));
            let sockets = if casts && n % SECOND_SOCKET_EVERY == 0 { 2 } else { 1 };
            let token = tokens::token(role, &room, &sub);
            members.push(Arc::new(Member { sub, room, room_index, token, casts, model, sockets }));
        }
        Self {
            deployment,
            rooms: (0..plan.rooms).map(|_| Dockets::default()).collect(),
            counters: Counters::new(began),
            drops: broadcast::Sender::new(16),
            stop: CancellationToken::new(),
            acknowledged: Notify::new(),
            think_time: plan.think_time,
            members,
        }
    }

    /// Connects all sockets. The tasks end when `stop` is cancelled.
    pub fn connect_all(self: &Arc<Self>, seed: u64) -> JoinSet<()> {
        let mut sockets = JoinSet::new();
        for (n, member) in self.members.iter().enumerate() {
            for socket in 0..member.sockets {
                let rng = Rng::with_seed(seed ^ (((n * 2 + socket) as u64) << 40));
                sockets.spawn(stay_connected(self.clone(), member.clone(), rng));
            }
        }
        sockets
    }

    /// Jurors of a room whom a case may recuse.
    pub fn recused(&self, room_index: usize) -> Vec<&str> {
        self.jurors(room_index).step_by(RECUSED_EVERY).map(|member| member.sub.as_str()).collect()
    }

    /// Jurors of a room who cast.
    pub fn jurors(&self, room_index: usize) -> impl Iterator<Item = &Member> {
        self.members
            .iter()
            .map(|member| &**member)
            .filter(move |member| member.casts && member.room_index == room_index)
    }

    /// Number of sockets.
    pub fn sockets(&self) -> usize {
        self.members.iter().map(|member| member.sockets).sum()
    }

    /// The logs of all jurors.
    pub fn juror_logs(&self) -> BTreeMap<String, JurorLog> {
        let take = |member: &Arc<Member>| (member.sub.clone(), member.model.lock().unwrap().juror_log.clone());
        self.members.iter().map(take).collect()
    }
}

async fn stay_connected(crowd: Arc<Crowd>, member: Arc<Member>, mut rng: Rng) {
    let mut limit_ms = *BACKOFF_MS.start();
    while !crowd.stop.is_cancelled() {
        let session = match crowd.deployment.any_address(&mut rng) {
            Some(node) => SocketSession::open(&crowd, &member, node).await,
            None => None,
        };
        let was_in = match session {
            Some(session) => session.serve(&mut rng).await,
            None => false,
        };
        crowd.counters.socket_ended();
        limit_ms = if was_in { *BACKOFF_MS.start() } else { (limit_ms * 2).min(*BACKOFF_MS.end()) };
        sleep(Duration::from_millis(rng.u64(..limit_ms))).await;
    }
}
