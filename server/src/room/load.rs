//! The overload signals of a node and of its rooms, from the latency of the tally store; they only answer, and delay
//! nothing themselves.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Latency of a batch, a poll or a welcome above which the store is slow. Each takes a few milliseconds on an idle
/// machine.
const STORE_SLOW: Duration = Duration::from_millis(25);
/// Ballots in a slow batch, new ballots in a slow poll, or joins in a slow welcome, from which it shows an overload.
/// With fewer only the store is slow, and to delay views would not help it.
const OVERLOAD_MESSAGES: usize = 64;
/// Time for which one slow answer shows an overload. It bridges the pauses between batches and between polls.
const OVERLOAD_HOLD: Duration = Duration::from_secs(2);
/// Time between two joins of a node while more ballots arrive than can be counted: 500 a second, some 4 % of a
/// processor. Further joins wait.
const JOIN_INTERVAL: Duration = Duration::from_millis(2);
/// Longest wait of a join for its turn. Beyond it the join is rejected, and the client comes back later. It is as long
/// as the time that a client has for its join.
const JOIN_WAIT_MAX: Duration = Duration::from_secs(5);

/// Whether more arrives than a node, the store and the nodes beside it can serve.
///
/// Everything but ballots obeys the signals. An overload by ballots holds up joins; one by ballots or by joins holds up
/// the rest: docket views for the shortest time, then tallies, then viewer counts and pings.
#[derive(Debug, Default)]
struct Signals {
    /// The end of an overload by ballots, as far as it is known; none before the first one.
    by_ballots: Mutex<Option<Instant>>,
    /// The same of an overload by joins.
    by_joins: Mutex<Option<Instant>>,
}

impl Signals {
    /// Time until all overloads end, as far as it is known at `now`; none if there is no overload.
    fn any(&self, now: Instant) -> Option<Duration> {
        left(&self.by_ballots, now).max(left(&self.by_joins, now))
    }
}

/// The overload signals of a room, for its views. The room's task records latencies.
#[derive(Debug, Default)]
pub struct Load {
    signals: Signals,
    node: Arc<NodeLoad>,
}

/// The overload signals of a node, for its joins and pings. Every room's latencies count.
#[derive(Debug, Default)]
pub struct NodeLoad {
    signals: Signals,
    /// The turn of the last join that waits.
    last_turn: Mutex<Option<Instant>>,
}

impl Load {
    /// The signals of one more room of a node.
    #[must_use]
    pub fn new(node: Arc<NodeLoad>) -> Self {
        Self { signals: Signals::default(), node }
    }

    /// Records that the store took `took` to count, or to show, `ballots` new ballots.
    pub fn record_ballots(&self, ballots: usize, took: Duration, now: Instant) {
        if shows_overload(ballots, took) {
            extend(&self.signals.by_ballots, now);
            extend(&self.node.signals.by_ballots, now);
        }
    }

    /// Records that `joins` jurors waited `took` for their welcome.
    pub fn record_joins(&self, joins: usize, took: Duration, now: Instant) {
        if shows_overload(joins, took) {
            extend(&self.signals.by_joins, now);
            extend(&self.node.signals.by_joins, now);
        }
    }

    /// Time until the room's overload ends, as far as it is known at `now`; none if there is no overload.
    #[must_use]
    pub fn overload(&self, now: Instant) -> Option<Duration> {
        self.signals.any(now)
    }
}

impl NodeLoad {
    /// Whether any room of the node has more to do than can be done.
    #[must_use]
    pub fn is_overloaded(&self, now: Instant) -> bool {
        self.signals.any(now).is_some()
    }

    /// Time until the node's overload by ballots ends, as far as it is known at `now`. Joins wait meanwhile.
    #[must_use]
    pub fn ballots_overload(&self, now: Instant) -> Option<Duration> {
        left(&self.signals.by_ballots, now)
    }

    /// The turn of a new join: now without an overload by ballots, else after all joins that wait. None if too many
    /// wait.
    #[must_use]
    pub fn join_turn(&self, now: Instant) -> Option<Instant> {
        if self.ballots_overload(now).is_none() {
            return Some(now);
        }
        let mut last = lock(&self.last_turn);
        let turn = last.map_or(now, |last| (last + JOIN_INTERVAL).max(now));
        if turn - now > JOIN_WAIT_MAX {
            return None;
        }
        *last = Some(turn);
        Some(turn)
    }
}

fn shows_overload(messages: usize, took: Duration) -> bool {
    took > STORE_SLOW && messages >= OVERLOAD_MESSAGES
}

fn extend(until: &Mutex<Option<Instant>>, now: Instant) {
    *lock(until) = Some(now + OVERLOAD_HOLD);
}

fn left(until: &Mutex<Option<Instant>>, now: Instant) -> Option<Duration> {
    let until = *lock(until);
    until.map(|until| until.saturating_duration_since(now)).filter(|left| !left.is_zero())
}

/// Each change is one assignment, so a panic elsewhere cannot leave a value half changed.
fn lock(value: &Mutex<Option<Instant>>) -> MutexGuard<'_, Option<Instant>> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::clock::{Clock, SystemClock};

    /// Longest time between two slow answers of one overload.
    pub const HOLD: Duration = OVERLOAD_HOLD;
    /// Longest wait of a join.
    pub const JOIN_WAIT: Duration = JOIN_WAIT_MAX;

    /// Records an answer that shows an overload by ballots.
    pub fn overload(load: &Load) {
        load.record_ballots(OVERLOAD_MESSAGES, STORE_SLOW * 2, SystemClock.instant());
    }

    /// Shows an overload of a node by ballots.
    pub fn overload_node(node: &NodeLoad) {
        extend(&node.signals.by_ballots, SystemClock.instant());
    }

    /// Takes all turns that joins may wait for, and those of the next second, in which a test has its own join.
    pub fn fill_turns(node: &NodeLoad) {
        let later = SystemClock.instant() + OVERLOAD_HOLD / 2;
        while node.join_turn(later).is_some() {}
    }

    #[test]
    fn a_slow_store_or_many_messages_alone_are_no_overload() {
        let (load, now) = (Load::default(), SystemClock.instant());
        for record in [Load::record_ballots, Load::record_joins] {
            record(&load, OVERLOAD_MESSAGES - 1, STORE_SLOW * 4, now);
            record(&load, OVERLOAD_MESSAGES * 4, STORE_SLOW, now);
        }
        assert_eq!(load.overload(now), None);
        assert!(!load.node.is_overloaded(now));
    }

    #[test]
    fn an_overload_ends_two_seconds_after_the_last_slow_answer() {
        for record in [Load::record_ballots, Load::record_joins] {
            let (load, now) = (Load::default(), SystemClock.instant());
            record(&load, OVERLOAD_MESSAGES, STORE_SLOW * 2, now);
            assert_eq!(load.overload(now), Some(OVERLOAD_HOLD));
            record(&load, OVERLOAD_MESSAGES, STORE_SLOW * 2, now + OVERLOAD_HOLD / 2);
            assert_eq!(load.overload(now + OVERLOAD_HOLD), Some(OVERLOAD_HOLD / 2));
            assert_eq!(load.overload(now + OVERLOAD_HOLD * 2), None);
        }
    }

    #[test]
    fn an_overload_of_one_room_delays_the_nodes_pings_and_no_other_rooms_views() {
        let (node, now) = (Arc::<NodeLoad>::default(), SystemClock.instant());
        let (busy, quiet) = (Load::new(node.clone()), Load::new(node.clone()));
        overload(&busy);
        assert!(busy.overload(now).is_some() && node.is_overloaded(now));
        assert_eq!(quiet.overload(now), None);
    }

    #[test]
    fn joins_take_turns_in_an_overload_by_ballots_and_in_no_other() {
        let (load, now) = (Load::default(), SystemClock.instant());
        let turns = |at| (0..10_000).map_while(|_| load.node.join_turn(at)).collect::<Vec<_>>();
        load.record_joins(OVERLOAD_MESSAGES, STORE_SLOW * 2, now);
        assert!(turns(now).into_iter().all(|turn| turn == now));

        load.record_ballots(OVERLOAD_MESSAGES, STORE_SLOW * 2, now);
        let waiting = turns(now);
        let (first, last) = (waiting[0], waiting[waiting.len() - 1]);
        assert_eq!((first, last), (now, now + JOIN_WAIT_MAX), "the next one is rejected");
        assert!(waiting.windows(2).all(|pair| pair[1] - pair[0] == JOIN_INTERVAL));
        let later = now + OVERLOAD_HOLD / 2;
        assert_eq!(turns(later).len() as u128, OVERLOAD_HOLD.as_millis() / 2 / JOIN_INTERVAL.as_millis());
        assert_eq!(load.node.join_turn(now + OVERLOAD_HOLD * 2), Some(now + OVERLOAD_HOLD * 2));
    }
}
