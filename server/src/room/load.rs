//! The overload signal of a room, from the latency of the tally store; it only answers, and delays nothing itself.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Latency of a batch or a poll above which the store is slow. A batch takes a few milliseconds on an idle machine.
const STORE_SLOW: Duration = Duration::from_millis(25);
/// Ballots in a slow batch, or new ballots in a slow poll, from which it shows an overload. With fewer ballots only the
/// store is slow, and to delay views would not help it.
const OVERLOAD_BALLOTS: usize = 64;
/// Time for which one slow answer shows an overload. It bridges the pauses between batches and between polls.
const OVERLOAD_HOLD: Duration = Duration::from_secs(2);

/// Whether more ballots arrive than this node, the store and the nodes beside it can count.
///
/// The room's task records latencies. The broadcast reads the signal to let ballots go first, and each connection reads
/// it to postpone its pings.
#[derive(Debug, Default)]
pub struct Load {
    /// The end of the overload, as far as it is known; none before the first one.
    overload_until: Mutex<Option<Instant>>,
}

impl Load {
    /// Records that the store took `took` to count, or to show, `ballots` new ballots.
    pub fn record_store_time(&self, ballots: usize, took: Duration, now: Instant) {
        if took > STORE_SLOW && ballots >= OVERLOAD_BALLOTS {
            *self.lock() = Some(now + OVERLOAD_HOLD);
        }
    }

    /// Time until the overload ends, as far as it is known at `now`; none if there is no overload.
    pub fn overload(&self, now: Instant) -> Option<Duration> {
        let until = *self.lock();
        until.map(|until| until.saturating_duration_since(now)).filter(|left| !left.is_zero())
    }

    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.overload_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::clock::{Clock, SystemClock};

    /// Longest time between two slow answers of one overload.
    pub const HOLD: Duration = OVERLOAD_HOLD;

    /// Records an answer that shows an overload.
    pub fn overload(load: &Load) {
        load.record_store_time(OVERLOAD_BALLOTS, STORE_SLOW * 2, SystemClock.instant());
    }

    #[test]
    fn a_slow_store_or_many_ballots_alone_are_no_overload() {
        let (load, now) = (Load::default(), SystemClock.instant());
        load.record_store_time(OVERLOAD_BALLOTS - 1, STORE_SLOW * 4, now);
        load.record_store_time(OVERLOAD_BALLOTS * 4, STORE_SLOW, now);
        assert_eq!(load.overload(now), None);
    }

    #[test]
    fn an_overload_ends_two_seconds_after_the_last_slow_answer() {
        let (load, now) = (Load::default(), SystemClock.instant());
        load.record_store_time(OVERLOAD_BALLOTS, STORE_SLOW * 2, now);
        assert_eq!(load.overload(now), Some(OVERLOAD_HOLD));
        load.record_store_time(OVERLOAD_BALLOTS, STORE_SLOW * 2, now + OVERLOAD_HOLD / 2);
        assert_eq!(load.overload(now + OVERLOAD_HOLD), Some(OVERLOAD_HOLD / 2));
        assert_eq!(load.overload(now + OVERLOAD_HOLD * 2), None);
    }
}
