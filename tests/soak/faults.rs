//! The faults of a run: kind, target, time and duration follow from the seed alone; this file applies none of them.

use std::fmt;
use std::time::Duration;

use fastrand::Rng;

/// A fault. Nodes are given by their slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// SIGKILL, and a restart.
    Kill(usize),
    /// SIGTERM, and a restart.
    Stop(usize),
    /// SIGSTOP, and SIGCONT.
    Pause(usize),
    /// A kill of Redis, and a restart with the contents of its file.
    KillRedis,
    /// The deletion of all data in Redis.
    WipeRedis,
    /// A limit on the memory of Redis below what it uses, which refuses every command that needs more.
    FillRedis,
    /// The move of all nodes to another Redis. The former one stays fenced off.
    FailOver(Contents),
    /// The same, and the former one comes back.
    FailBack(Contents),
    /// A crash of PostgreSQL, and its recovery.
    KillPostgres,
    /// A copy of the docket, put back after this time.
    PutBackDocket,
    /// A pause of all ways to both stores, without a close.
    PauseStores,
    /// The end of all connections between a node and a store.
    Cut(Store, usize),
    /// The refusal of a node's connections to a store.
    Refuse(Store, usize),
    /// A pause of both directions between a node and a store, without a close.
    PauseLink(Store, usize),
    /// A pause of a store's replies to a node.
    PauseReplies(Store, usize),
    /// A delay of everything between a node and a store, in milliseconds.
    Delay(Store, usize, u64),
    /// A cut of a connection after this number of bytes of the next reply.
    LoseReply(Store, usize, u64),
    /// A cut of a connection after this number of bytes of the next request.
    CutRequest(Store, usize, u64),
    /// The loss of this percentage of the jurors' sockets.
    DropJurors(u8),
    /// This number of clients that join, or ask for pages, and read nothing.
    StalledClients(usize),
}

/// The contents of the Redis that nodes move to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    /// It has none.
    Empty,
    /// It has what the former one had a while ago.
    Older,
}

/// A store of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    Redis,
    Postgres,
}

/// A fault with its time and its duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScheduledFault {
    /// Time since the start.
    pub at: Duration,
    pub fault: Fault,
    /// Time until the fault ends.
    pub duration: Duration,
}

impl fmt::Display for ScheduledFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>7.3} s, for {:>5.3} s: {:?}", self.at.as_secs_f64(), self.duration.as_secs_f64(), self.fault)
    }
}

/// A sequence of faults. The lanes run at the same time.
#[derive(Clone, Copy, Debug)]
pub enum Lane {
    Processes,
    Redis,
    RedisServer,
    Postgres,
    Jurors,
    BothStores,
    Clients,
}

impl Lane {
    pub const ALL: [Self; 7] = [
        Self::Processes,
        Self::Redis,
        Self::RedisServer,
        Self::Postgres,
        Self::Jurors,
        Self::BothStores,
        Self::Clients,
    ];

    /// An endless schedule. A shorter run has the first faults of a longer one.
    pub fn schedule(self, seed: u64, nodes: usize) -> impl Iterator<Item = ScheduledFault> {
        let mut rng = Rng::with_seed(seed.wrapping_mul(31).wrapping_add(self as u64));
        let mut at_ms = 0;
        (0_u32..).map(move |turn| {
            at_ms += rng.u64(self.pauses_ms());
            let (fault, duration_ms) = self.fault(&mut rng, turn, nodes);
            let scheduled = ScheduledFault { at: ms(at_ms), fault, duration: ms(duration_ms) };
            at_ms += duration_ms;
            scheduled
        })
    }

    fn pauses_ms(self) -> std::ops::Range<u64> {
        match self {
            Self::Processes => 1_500..4_000,
            Self::Redis => 500..2_500,
            Self::RedisServer => 3_000..6_000,
            Self::Postgres => 1_500..5_000,
            Self::Jurors => 500..3_000,
            Self::BothStores => 6_000..15_000,
            Self::Clients => 1_000..6_000,
        }
    }

    /// The first fault of a lane is fixed if every run must have it.
    fn fault(self, rng: &mut Rng, turn: u32, nodes: usize) -> (Fault, u64) {
        let node = rng.usize(..nodes);
        match self {
            Self::Processes => match if turn == 0 { 0 } else { rng.u8(..4) } {
                0 | 1 => (Fault::Kill(node), rng.u64(200..2_000)),
                2 => (Fault::Stop(node), rng.u64(200..1_000)),
                _ => (Fault::Pause(node), rng.u64(500..5_000)),
            },
            Self::Redis => network(rng, Store::Redis, node, turn == 0),
            Self::RedisServer => redis_server(rng, turn),
            Self::Postgres => match rng.u8(..6) {
                0 => (Fault::KillPostgres, rng.u64(100..2_000)),
                1 => (Fault::PutBackDocket, rng.u64(500..4_000)),
                _ => network(rng, Store::Postgres, node, false),
            },
            Self::Jurors => (Fault::DropJurors(rng.u8(5..60)), 0),
            Self::BothStores => (Fault::PauseStores, rng.u64(500..3_000)),
            Self::Clients => (Fault::StalledClients(rng.usize(20..60)), rng.u64(2_000..8_000)),
        }
    }
}

/// Each run wipes Redis first, and then moves its nodes to another one.
fn redis_server(rng: &mut Rng, turn: u32) -> (Fault, u64) {
    let contents = if rng.bool() { Contents::Empty } else { Contents::Older };
    match (turn, rng.u8(..6)) {
        (0, _) | (2.., 0) => (Fault::WipeRedis, 0),
        (2.., 1 | 2) => (Fault::KillRedis, rng.u64(100..2_000)),
        (2.., 3) => (Fault::FillRedis, rng.u64(500..4_000)),
        (_, roll) if roll % 2 == 0 => (Fault::FailOver(contents), rng.u64(200..2_000)),
        _ => (Fault::FailBack(contents), rng.u64(200..2_000)),
    }
}

fn network(rng: &mut Rng, store: Store, node: usize, must_lose_reply: bool) -> (Fault, u64) {
    let duration_ms = rng.u64(200..4_000);
    match if must_lose_reply { 0 } else { rng.u8(..10) } {
        0 | 1 => (Fault::LoseReply(store, node, 0), duration_ms),
        2 => (Fault::LoseReply(store, node, rng.u64(1..400)), duration_ms),
        3 => (Fault::CutRequest(store, node, rng.u64(..2_000)), duration_ms),
        4 | 5 => (Fault::Delay(store, node, rng.u64(5..600)), duration_ms),
        6 => (Fault::PauseLink(store, node), duration_ms),
        7 => (Fault::PauseReplies(store, node), duration_ms),
        8 => (Fault::Refuse(store, node), duration_ms),
        _ => (Fault::Cut(store, node), 0),
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_determines_the_schedule() {
        for seed in 0..100 {
            for lane in Lane::ALL {
                let schedule: Vec<_> = lane.schedule(seed, 3).take(20).collect();
                assert!(schedule.iter().copied().eq(lane.schedule(seed, 3).take(20)));
                assert!(
                    schedule.windows(2).all(|pair| pair[0].at + pair[0].duration < pair[1].at),
                    "one after the other"
                );
            }
        }
    }

    /// The shortest run lasts long enough for these faults.
    #[test]
    fn every_run_kills_wipes_and_loses_a_reply() {
        for seed in 0..1_000 {
            let early =
                |lane: Lane| lane.schedule(seed, 3).next().filter(|scheduled| scheduled.at < ms(8_000)).unwrap().fault;
            assert!(matches!(early(Lane::Processes), Fault::Kill(_)));
            assert_eq!(early(Lane::RedisServer), Fault::WipeRedis);
            assert!(matches!(early(Lane::Redis), Fault::LoseReply(Store::Redis, _, 0)));
        }
    }
}
