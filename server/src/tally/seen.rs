//! Notes the most ballots that this node has seen in each case, for the time after a loss; it changes no call and no
//! answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use live_jury_court::{Pseudonym, SealedBy, StoreId, StoredBallot};
use live_jury_protocol::CaseId;

use super::{
    Cast, Extension, OpenParams, Recorded, SealTerms, StoreEpoch, StoredBallotAt, TallyError, TallyState, TallyStore,
};
use crate::entrant::Entrants;

/// A tally store whose answers are noted.
pub struct SeenTallies {
    store: Arc<dyn TallyStore>,
    cases: Mutex<HashMap<CaseId, Seen>>,
}

/// The tallies seen of one case.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    most_ballots: u64,
    /// Whether the case was asked for since the last sweep. A live case is asked for every second.
    in_use: bool,
}

impl SeenTallies {
    /// Notes the answers of `store`.
    #[must_use]
    pub fn new(store: Arc<dyn TallyStore>) -> Self {
        Self { store, cases: Mutex::default() }
    }

    /// The most ballots that this node has seen in the case, in whichever epoch.
    #[must_use]
    pub fn most_ballots(&self, case: CaseId) -> u64 {
        self.lock().get(&case).map_or(0, |seen| seen.most_ballots)
    }

    /// Notes the state in an answer. After a failed call it keeps what is known.
    fn note(&self, case: CaseId, state: Option<&TallyState>) {
        let mut cases = self.lock();
        let seen = cases.entry(case).or_default();
        seen.most_ballots = seen.most_ballots.max(state.map_or(0, TallyState::ballots));
        seen.in_use = true;
    }

    fn noted(&self, case: CaseId, answer: Result<TallyState, TallyError>) -> Result<TallyState, TallyError> {
        self.note(case, answer.as_ref().ok());
        answer
    }

    /// Each change of the map is one call, so a panic elsewhere cannot leave it half changed.
    fn lock(&self) -> MutexGuard<'_, HashMap<CaseId, Seen>> {
        self.cases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl TallyStore for SeenTallies {
    async fn now_ms(&self) -> Result<u64, TallyError> {
        self.store.now_ms().await
    }

    async fn now_ms_of(&self, case: CaseId) -> Result<u64, TallyError> {
        self.store.now_ms_of(case).await
    }

    async fn store_id(&self) -> Result<StoreId, TallyError> {
        self.store.store_id().await
    }

    async fn restore(&self, case: CaseId, params: &OpenParams) -> Result<TallyState, TallyError> {
        self.noted(case, self.store.restore(case, params).await)
    }

    async fn record(
        &self,
        case: CaseId,
        epoch: StoreEpoch,
        seen_rev: u64,
        ballots: &[Cast],
    ) -> Result<Recorded, TallyError> {
        let answer = self.store.record(case, epoch, seen_rev, ballots).await;
        self.note(case, answer.as_ref().ok().map(|recorded| &recorded.state));
        answer
    }

    async fn poll(&self, case: CaseId, epoch: StoreEpoch, seen_rev: u64) -> Result<TallyState, TallyError> {
        self.noted(case, self.store.poll(case, epoch, seen_rev).await)
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
        self.noted(case, self.store.extend(case, epoch, extension).await)
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
        self.noted(case, self.store.seal_on(case, epoch, by, terms).await)
    }

    async fn ballots(&self, case: CaseId, epoch: StoreEpoch) -> Result<Vec<StoredBallot>, TallyError> {
        self.store.ballots(case, epoch).await
    }

    async fn release(&self, case: CaseId) -> Result<(), TallyError> {
        self.lock().remove(&case);
        self.store.release(case).await
    }

    /// Forgets the cases that nobody has asked for since the last sweep.
    async fn sweep(&self) -> Result<(), TallyError> {
        self.lock().retain(|_, seen| std::mem::take(&mut seen.in_use));
        self.store.sweep().await
    }

    fn clock_stepped(&self) -> usize {
        self.store.clock_stepped()
    }
}

#[cfg(test)]
mod tests {
    use live_jury_court::Marks;

    use super::*;
    use crate::clock::SystemClock;
    use crate::sqlite::Sqlite;
    use crate::tally::SqliteTally;
    use uuid::Uuid;

    #[tokio::test]
    async fn the_most_ballots_of_a_case_are_known_until_nobody_asks_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = Sqlite::open(&folder.path().join("jury.db")).await.unwrap();
        let tally = SeenTallies::new(Arc::new(SqliteTally::new(sqlite, Arc::new(SystemClock))));
        let case = CaseId(Uuid::from_u128(7));
        let closes_at_ms = tally.now_ms().await.unwrap() + 60_000;
        let params = OpenParams { epoch: 1, store: None, draft: 1, closes_at_ms, options: 2, allow_change: false };
        tally.restore(case, &params).await.unwrap();
        assert_eq!(tally.most_ballots(case), 0);
        let cast = |n| Cast { juror: Pseudonym([n; 16]), option: 0, side: None, marks: Marks::default(), change: 0 };
        let ballots = [1, 2, 3].map(cast);
        tally.record(case, StoreEpoch::from(1), 0, &ballots).await.unwrap();
        assert!(matches!(tally.poll(case, StoreEpoch::from(2), 0).await, Err(TallyError::Lost(_))));
        assert_eq!(tally.most_ballots(case), 3, "a failed call changes nothing");
        tally.sweep().await.unwrap();
        assert_eq!(tally.most_ballots(case), 3, "it was asked for");
        tally.sweep().await.unwrap();
        assert_eq!(tally.most_ballots(case), 0);
    }
}
