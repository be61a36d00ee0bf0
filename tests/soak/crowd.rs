//! The jurors of a run and their sockets, which come back by themselves to any node.

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

use crate::deployment::House;
use crate::frames::Dockets;
use crate::juror_model::Mind;
use crate::plan::{Plan, room_name};
use crate::run_log::Witness;
use crate::session::Sitting;
use crate::statistics::Figures;

/// Limits of the back-off between two sockets: jurors of a soak are less patient than a widget.
const BACKOFF_MS: std::ops::RangeInclusive<u64> = 100..=1_600;
/// Every so many jurors have a second socket.
const SECOND_SOCKET_EVERY: usize = 3;
/// Every so many jurors are recused from every case that recuses anybody.
const RECUSED_EVERY: usize = 25;

/// The jurors, and what they share.
pub struct Crowd {
    pub house: Arc<House>,
    /// What each room shows.
    pub rooms: Vec<Dockets>,
    pub figures: Figures,
    /// Told to drop their sockets: so many of a hundred.
    pub drops: broadcast::Sender<u8>,
    pub stop: CancellationToken,
    /// Rings whenever a ballot is acknowledged.
    pub told: Notify,
    /// Between two casts of a socket, on average.
    pub think: Duration,
    members: Vec<Arc<Member>>,
}

/// A juror, or one who only watches.
pub struct Member {
    pub sub: String,
    pub room: String,
    /// The room's place.
    pub place: usize,
    pub token: String,
    pub casts: bool,
    pub mind: Mutex<Mind>,
    sockets: usize,
}

impl Crowd {
    pub fn new(plan: &Plan, house: Arc<House>, began: Instant) -> Self {
        let mut members = Vec::new();
        for n in 0..plan.jurors + plan.rooms {
            let (casts, place) = (n < plan.jurors, n % plan.rooms);
            let (role, name) = if casts { (Role::Viewer, "juror") } else { (Role::Host, "host") };
            let (sub, room) = (format!("{name}-{n}"), room_name(place));
            let mind = Mutex::new(Mind::new(&room, plan.seed ^ (n as u64) << 32, began));
            let sockets = if casts && n % SECOND_SOCKET_EVERY == 0 { 2 } else { 1 };
            let token = tokens::token(role, &room, &sub);
            members.push(Arc::new(Member { sub, room, place, token, casts, mind, sockets }));
        }
        Self {
            house,
            rooms: (0..plan.rooms).map(|_| Dockets::default()).collect(),
            figures: Figures::new(began),
            drops: broadcast::Sender::new(16),
            stop: CancellationToken::new(),
            told: Notify::new(),
            think: plan.think,
            members,
        }
    }

    /// Lets all come in; the tasks end when they are stopped.
    pub fn come_in(self: &Arc<Self>, seed: u64) -> JoinSet<()> {
        let mut sockets = JoinSet::new();
        for (n, member) in self.members.iter().enumerate() {
            for socket in 0..member.sockets {
                let rng = Rng::with_seed(seed ^ (((n * 2 + socket) as u64) << 40));
                sockets.spawn(attend(self.clone(), member.clone(), rng));
            }
        }
        sockets
    }

    /// Jurors of a room who may be recused, by a case of it that does so.
    pub fn recused(&self, place: usize) -> Vec<&str> {
        self.jurors(place).step_by(RECUSED_EVERY).map(|member| member.sub.as_str()).collect()
    }

    /// Those of a room who cast.
    pub fn jurors(&self, place: usize) -> impl Iterator<Item = &Member> {
        self.members.iter().map(|member| &**member).filter(move |member| member.casts && member.place == place)
    }

    /// Sockets of all.
    pub fn sockets(&self) -> usize {
        self.members.iter().map(|member| member.sockets).sum()
    }

    /// What all did and were told.
    pub fn witnesses(&self) -> BTreeMap<String, Witness> {
        let take = |member: &Arc<Member>| (member.sub.clone(), member.mind.lock().unwrap().witness.clone());
        self.members.iter().map(take).collect()
    }
}

async fn attend(crowd: Arc<Crowd>, member: Arc<Member>, mut rng: Rng) {
    let mut limit_ms = *BACKOFF_MS.start();
    while !crowd.stop.is_cancelled() {
        let sitting = match crowd.house.any_address(&mut rng) {
            Some(node) => Sitting::open(&crowd, &member, node).await,
            None => None,
        };
        let was_in = match sitting {
            Some(sitting) => sitting.serve(&mut rng).await,
            None => false,
        };
        crowd.figures.socket_ended();
        limit_ms = if was_in { *BACKOFF_MS.start() } else { (limit_ms * 2).min(*BACKOFF_MS.end()) };
        sleep(Duration::from_millis(rng.u64(..limit_ms))).await;
    }
}
