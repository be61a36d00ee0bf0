//! Remedies that verdicts ordered, in the ledger: owed, given, late, waived. The docket shows their clocks.

mod steps;

use async_trait::async_trait;
use live_jury_protocol::{CaseId, RemedyClock};
use live_jury_trust::Party;

use super::standing::StandingError;

/// The remedies that one call moves. On SQLite ballots wait for its one writer.
const REMEDIES_AT_ONCE: i64 = 100;

/// The statements and calls of a dialect's store.
pub(super) mod store {
    pub(in crate::ledger) use live_jury_protocol::RemedyClock;

    pub(in crate::ledger) use super::{RemedyGiven, RemedyStore, calls as remedies, implement_remedy_store};
}

/// The calls of a store, each in a transaction or on a connection of its caller.
pub(super) mod calls {
    pub(in crate::ledger) use super::steps::{follow, given, is_due, move_due, not_shown, owed_by, to_show};
}

/// Remedies. Each call is one transaction.
#[async_trait]
pub trait RemedyStore: Send + Sync {
    /// Takes the platform's word that remedies were given. A repeat changes nothing.
    async fn remedies_given(&self, given: &[RemedyGiven], now_ms: u64) -> Result<(), StandingError>;

    /// Moves remedies whose time is over, and returns their number. After 0 none is left.
    async fn move_remedies(&self, now_ms: u64) -> Result<u64, StandingError>;

    /// Reads the clocks that the docket does not show yet.
    async fn remedies_to_show(&self) -> Result<Vec<(CaseId, RemedyClock)>, StandingError>;

    /// Notes that there is no case any more to show a clock with.
    async fn remedy_not_shown(&self, case: CaseId) -> Result<(), StandingError>;

    /// Reads what a party owes by verdicts and has not given, the first due first: at most `limit`.
    async fn remedies_owed_by(&self, party: &Party, limit: u32) -> Result<Vec<(CaseId, RemedyClock)>, StandingError>;
}

/// The platform's word that a remedy was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemedyGiven {
    /// The case.
    pub case: CaseId,
    /// The time, in Unix milliseconds.
    pub at_ms: u64,
    /// Whether the buyer accepted it, if that is known.
    pub accepted: Option<bool>,
}

/// The store of one dialect. Its `write` runs a transaction, and its `read` borrows a connection for reads.
macro_rules! implement_remedy_store {
    ($store:ty, $connection:ty) => {
        #[async_trait]
        impl RemedyStore for $store {
            async fn remedies_given(&self, given: &[RemedyGiven], now_ms: u64) -> Result<(), StandingError> {
                self.write(async |db: &mut $connection| remedies::given(db, given, now_ms).await).await
            }

            async fn move_remedies(&self, now_ms: u64) -> Result<u64, StandingError> {
                // The one writer of SQLite is not asked for nothing.
                if !self.read(async |db: &mut $connection| remedies::is_due(db, now_ms).await).await? {
                    return Ok(0);
                }
                self.write(async |db: &mut $connection| remedies::move_due(db, now_ms).await).await
            }

            async fn remedies_to_show(&self) -> Result<Vec<(CaseId, RemedyClock)>, StandingError> {
                self.read(async |db: &mut $connection| remedies::to_show(db).await).await
            }

            async fn remedy_not_shown(&self, case: CaseId) -> Result<(), StandingError> {
                self.write(async |db: &mut $connection| remedies::not_shown(db, case).await).await
            }

            async fn remedies_owed_by(
                &self,
                party: &Party,
                limit: u32,
            ) -> Result<Vec<(CaseId, RemedyClock)>, StandingError> {
                self.read(async |db: &mut $connection| remedies::owed_by(db, party, limit).await).await
            }
        }
    };
}
pub(in crate::ledger) use implement_remedy_store;
