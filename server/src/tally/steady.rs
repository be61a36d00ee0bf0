//! The tally store as one node trusts it: its clock ends a case only as far as the node's own clock agrees. It counts
//! nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use live_jury_court::{Pseudonym, SealedBy, StoreId, StoredBallot};
use live_jury_protocol::CaseId;

use super::{
    Cast, ClockBounds, Extension, OpenParams, RecordResult, Recorded, SealTerms, StoreEpoch, StoredBallotAt,
    TallyError, TallyState, TallyStore,
};
use crate::clock::Clock;
use crate::entrant::Entrants;
use crate::telemetry::log_limited;

/// Difference of the two clocks, in milliseconds, above which the store's has stepped. It is more than a call takes.
const TOLERATED_MS: u64 = 2_000;
/// Time after its own deadline, in milliseconds, at which the node has a case sealed whose store's clock went back.
/// Until then the store may be right again.
const OVERDUE_MS: u64 = 10_000;
/// Part of the time since the first reading by which two good clocks may differ: one in so many. Clocks that are
/// disciplined are ten times as good.
const DRIFT_ONE_IN: u64 = 1_000;
/// Longest duration of a call whose reading of the store's clock is kept as the first one, in milliseconds. A slower
/// call does not tell when the clock was read.
const READING_MS_MAX: u64 = 500;
/// Time without a reading, in milliseconds, after which a case counts no more as one whose store's clock has stepped.
/// Live cases are polled every second at least.
const COUNTED_MS: u64 = 10_000;
/// Time without a reading, in milliseconds, after which a case is forgotten. A live case is never without one so long.
const FORGOTTEN_MS: u64 = 24 * 60 * 60 * 1_000;

/// A tally store whose clock is compared with the node's own monotonic clock.
///
/// For each case it keeps the store's time of its first reading, which gives the deadline a second time, by the node's
/// own clock. A case that was first read after a step follows the store.
pub struct SteadyTally {
    store: Arc<dyn TallyStore>,
    clock: Arc<dyn Clock>,
    cases: Mutex<Readings>,
    /// First readings of the clock for cases that wait for something and have no tally to read.
    waits: Mutex<Readings>,
}

type Readings = HashMap<CaseId, FirstReading>;

/// The store's clock when this node first read a case in its epoch.
#[derive(Clone, Copy, Debug)]
struct FirstReading {
    epoch: u64,
    /// The store's clock.
    store_ms: u64,
    /// The node's own monotonic clock.
    own_ms: u64,
    /// The last reading, by the node's own clock.
    last_ms: u64,
    /// Whether the store's clock had stepped at the last reading.
    has_stepped: bool,
}

impl FirstReading {
    const fn new(epoch: u64, store_ms: u64, own_ms: u64) -> Self {
        Self { epoch, store_ms, own_ms, last_ms: own_ms, has_stepped: false }
    }

    /// The store's clock as it should be at `own_ms`, and the largest error of that.
    fn expected_ms(&self, own_ms: u64) -> (u64, u64) {
        let since_ms = own_ms.saturating_sub(self.own_ms);
        (self.store_ms + since_ms, since_ms / DRIFT_ONE_IN)
    }

    fn bounds(&self, own_ms: u64) -> ClockBounds {
        let (ms, error_ms) = self.expected_ms(own_ms);
        ClockBounds { earliest_ms: ms.saturating_sub(error_ms + OVERDUE_MS), latest_ms: ms + error_ms + TOLERATED_MS }
    }

    /// Whether the store's clock has stepped, if it was `store_ms` at some time between these two.
    fn has_stepped(&self, store_ms: u64, began_ms: u64, ended_ms: u64) -> bool {
        let ((from_ms, _), (to_ms, error_ms)) = (self.expected_ms(began_ms), self.expected_ms(ended_ms));
        let tolerated_ms = error_ms + TOLERATED_MS;
        store_ms + tolerated_ms < from_ms || store_ms > to_ms + tolerated_ms
    }
}

impl SteadyTally {
    /// Trusts the clock of `store` as far as `clock` agrees.
    #[must_use]
    pub fn new(store: Arc<dyn TallyStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, cases: Mutex::default(), waits: Mutex::default() }
    }

    /// Compares the clocks after a call that began at `began_ms`, and corrects the time of `state`. Returns whether the
    /// store takes the case for closed, and the node does not.
    fn compare(&self, case: CaseId, state: &mut TallyState, began_ms: u64) -> bool {
        let (mut cases, now_ms) = (lock(&self.cases), self.clock.monotonic_ms());
        if state.seal.is_some() {
            cases.remove(&case);
            return false;
        }
        let Some(first) = cases.get_mut(&case).filter(|first| first.epoch == state.epoch) else {
            if now_ms.saturating_sub(began_ms) <= READING_MS_MAX {
                cases.insert(case, FirstReading::new(state.epoch, state.now_ms, now_ms));
            }
            return false;
        };
        first.last_ms = now_ms;
        first.has_stepped = first.has_stepped(state.now_ms, began_ms, now_ms);
        if first.has_stepped {
            let (store_ms, expected_ms) = (state.now_ms, first.expected_ms(now_ms).0);
            log_limited!(warn, %case, store_ms, expected_ms, "the tally store's clock has stepped");
        }
        let says_closed = state.now_ms >= state.closes_at_ms;
        state.now_ms = first.bounds(now_ms).clamp(state.now_ms);
        says_closed && state.now_ms < state.closes_at_ms
    }
}

/// Each change of a map is one call, so a panic elsewhere cannot leave it half changed.
fn lock(readings: &Mutex<Readings>) -> MutexGuard<'_, Readings> {
    readings.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl TallyStore for SteadyTally {
    async fn now_ms(&self) -> Result<u64, TallyError> {
        self.store.now_ms().await
    }

    async fn now_ms_of(&self, case: CaseId) -> Result<u64, TallyError> {
        let began_ms = self.clock.monotonic_ms();
        let store_ms = self.store.now_ms().await?;
        let now_ms = self.clock.monotonic_ms();
        if let Some(first) = lock(&self.cases).get(&case) {
            return Ok(first.bounds(now_ms).clamp(store_ms));
        }
        let mut waits = lock(&self.waits);
        if let Some(first) = waits.get_mut(&case) {
            first.last_ms = now_ms;
            return Ok(first.bounds(now_ms).clamp(store_ms));
        }
        if now_ms.saturating_sub(began_ms) <= READING_MS_MAX {
            waits.insert(case, FirstReading::new(0, store_ms, now_ms));
        }
        Ok(store_ms)
    }

    async fn store_id(&self) -> Result<StoreId, TallyError> {
        self.store.store_id().await
    }

    async fn restore(&self, case: CaseId, params: &OpenParams) -> Result<TallyState, TallyError> {
        let began_ms = self.clock.monotonic_ms();
        let mut state = self.store.restore(case, params).await?;
        self.compare(case, &mut state, began_ms);
        Ok(state)
    }

    async fn record(
        &self,
        case: CaseId,
        epoch: StoreEpoch,
        seen_rev: u64,
        ballots: &[Cast],
    ) -> Result<Recorded, TallyError> {
        let began_ms = self.clock.monotonic_ms();
        let mut recorded = self.store.record(case, epoch, seen_rev, ballots).await?;
        if self.compare(case, &mut recorded.state, began_ms) {
            for result in recorded.results.iter_mut().filter(|result| **result == RecordResult::Closed) {
                *result = RecordResult::ClockStepped;
            }
        }
        Ok(recorded)
    }

    async fn poll(&self, case: CaseId, epoch: StoreEpoch, seen_rev: u64) -> Result<TallyState, TallyError> {
        let began_ms = self.clock.monotonic_ms();
        let mut state = self.store.poll(case, epoch, seen_rev).await?;
        self.compare(case, &mut state, began_ms);
        Ok(state)
    }

    async fn ballots_of(&self, case: CaseId, jurors: &[Pseudonym]) -> Result<Vec<Option<StoredBallotAt>>, TallyError> {
        self.store.ballots_of(case, jurors).await
    }

    async fn offer(&self, case: CaseId, epoch: StoreEpoch, offers: &Entrants) -> Result<(), TallyError> {
        self.store.offer(case, epoch, offers).await
    }

    async fn draw(&self, case: CaseId, epoch: StoreEpoch, most: [usize; 3]) -> Result<Entrants, TallyError> {
        self.store.draw(case, epoch, most).await
    }

    async fn kept_ballots_of(
        &self,
        case: CaseId,
        jurors: &[Pseudonym],
    ) -> Result<Vec<Option<StoredBallotAt>>, TallyError> {
        self.store.kept_ballots_of(case, jurors).await
    }

    async fn extend(&self, case: CaseId, epoch: StoreEpoch, extension: &Extension) -> Result<TallyState, TallyError> {
        let began_ms = self.clock.monotonic_ms();
        let mut state = self.store.extend(case, epoch, extension).await?;
        match self.compare(case, &mut state, began_ms) {
            true => Err(TallyError::ClockStepped(case)),
            false => Ok(state),
        }
    }

    async fn extension(&self, case: CaseId) -> Result<Option<Extension>, TallyError> {
        self.store.extension(case).await
    }

    async fn seal_on(
        &self,
        case: CaseId,
        epoch: StoreEpoch,
        by: &SealedBy,
        terms: &SealTerms,
    ) -> Result<TallyState, TallyError> {
        let began_ms = self.clock.monotonic_ms();
        let first = lock(&self.cases).get(&case).filter(|first| first.epoch == epoch.number).copied();
        let clock = first.map_or(terms.clock, |first| first.bounds(began_ms));
        let mut state = self.store.seal_on(case, epoch, by, &SealTerms { clock, ..*terms }).await?;
        match self.compare(case, &mut state, began_ms) && *by != SealedBy::Deadline {
            true => Err(TallyError::ClockStepped(case)),
            false => Ok(state),
        }
    }

    async fn ballots(&self, case: CaseId, epoch: StoreEpoch) -> Result<Vec<StoredBallot>, TallyError> {
        self.store.ballots(case, epoch).await
    }

    async fn release(&self, case: CaseId) -> Result<(), TallyError> {
        lock(&self.cases).remove(&case);
        lock(&self.waits).remove(&case);
        self.store.release(case).await
    }

    async fn sweep(&self) -> Result<(), TallyError> {
        let now_ms = self.clock.monotonic_ms();
        for readings in [&self.cases, &self.waits] {
            lock(readings).retain(|_, first| now_ms.saturating_sub(first.last_ms) < FORGOTTEN_MS);
        }
        self.store.sweep().await
    }

    fn clock_stepped(&self) -> usize {
        let now_ms = self.clock.monotonic_ms();
        let is_counted = |first: &&FirstReading| now_ms.saturating_sub(first.last_ms) < COUNTED_MS;
        lock(&self.cases).values().filter(is_counted).filter(|first| first.has_stepped).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: FirstReading =
        FirstReading { epoch: 1, store_ms: 1_000_000, own_ms: 50_000, last_ms: 50_000, has_stepped: false };

    #[test]
    fn a_stores_clock_is_bounded_by_the_nodes_own() {
        let at_once = FIRST.bounds(50_000);
        assert_eq!(at_once, ClockBounds { earliest_ms: 990_000, latest_ms: 1_002_000 });
        // After a day the two may differ by a thousandth of it.
        let day_ms = 86_400_000;
        let later = FIRST.bounds(50_000 + day_ms);
        let drift_ms = 86_400;
        assert_eq!(later.earliest_ms, 1_000_000 + day_ms - drift_ms - 10_000);
        assert_eq!(later.latest_ms, 1_000_000 + day_ms + drift_ms + 2_000);
        assert_eq!(later.clamp(1_000_000 + day_ms), 1_000_000 + day_ms);
        assert_eq!(later.clamp(0), later.earliest_ms);
        assert_eq!(later.clamp(u64::MAX), later.latest_ms);
        // An own clock that went back cannot be.
        assert_eq!(FIRST.bounds(0), at_once);
    }

    #[test]
    fn a_slow_answer_is_no_step() {
        let (began_ms, ended_ms) = (60_000, 64_000);
        for store_ms in [1_010_000, 1_014_000, 1_008_001, 1_015_999] {
            assert!(!FIRST.has_stepped(store_ms, began_ms, ended_ms), "{store_ms}");
        }
        for store_ms in [1_007_000, 1_017_000, 0] {
            assert!(FIRST.has_stepped(store_ms, began_ms, ended_ms), "{store_ms}");
        }
    }
}
