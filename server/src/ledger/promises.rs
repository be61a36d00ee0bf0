//! Promises in the ledger: what merchants promise now, and the versions that cover orders. The crate `trust` decides.

mod lists;
mod rows;
mod steps;

use std::collections::BTreeMap;

use async_trait::async_trait;
use live_jury_trust::promise::{Limits, PromiseKind, Version};

pub(super) use self::lists::covering;
pub use self::rows::ProgrammeRow;
use super::LedgerError;
use super::standing::{By, StandingError};
use crate::sql::query::Db;

/// The promises that one call moves. On SQLite ballots wait for its one writer.
const PROMISES_AT_ONCE: i64 = 100;

/// The statements and calls of a dialect's store.
pub(super) mod store {
    pub(in crate::ledger) use super::{
        PlaceOfPromise, ProgrammeRow, PromiseStore, Promising, SetPromises, calls as promises, implement_promise_store,
    };
}

/// The calls of a store, each in a transaction or on a connection of its caller.
pub(super) mod calls {
    pub(in crate::ledger) use super::lists::{of_merchant, promising};
    pub(in crate::ledger) use super::steps::{move_due, set};
}

/// The statement that takes a list, which each dialect reads from JSON in its own way.
pub(super) trait PromiseDb: Db {
    /// `$1` merchants: their versions of promises, with the category of the merchant.
    const VERSIONS: &'static str;
}

/// Promises. Each call is one transaction.
#[async_trait]
pub trait PromiseStore: Send + Sync {
    /// Sets what a merchant promises. It gives notice of each kind that is left out.
    async fn set_promises(&self, new: &SetPromises, now_ms: u64) -> Result<Vec<ProgrammeRow>, StandingError>;

    /// Reads what a merchant promises, with all versions.
    async fn promises_of(&self, merchant: &str) -> Result<Vec<ProgrammeRow>, StandingError>;

    /// Reads the versions of merchants. Those without one are left out.
    async fn promising(&self, merchants: &[&str]) -> Result<BTreeMap<String, Promising>, LedgerError>;

    /// Moves promises after a place that points, breaches, a deposit or their time may move. `deposit_minor` is asked
    /// of all shops. Returns the last place; none once there is no further one.
    async fn move_promises(
        &self,
        after: &PlaceOfPromise,
        deposit_minor: Option<u64>,
        now_ms: u64,
    ) -> Result<Option<PlaceOfPromise>, StandingError>;
}

/// A place in the list of all promises: a merchant and a kind.
pub type PlaceOfPromise = (String, String);

/// The promises of a merchant from now on.
#[derive(Clone, Debug)]
pub struct SetPromises {
    /// The merchant.
    pub merchant: String,
    /// The promises, one a kind.
    pub promises: BTreeMap<PromiseKind, Limits>,
    /// The deposit that is asked of all shops, in the smallest unit of its currency.
    pub deposit_minor: Option<u64>,
    /// The merchant.
    pub by: By,
}

/// A merchant that has or had promises.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Promising {
    /// The category of its goods.
    pub category: Option<String>,
    /// The versions.
    pub versions: Vec<Version>,
}

impl Promising {
    /// Whether a promise of any kind covers an order that was placed then.
    #[must_use]
    pub fn covers(&self, placed_ms: u64) -> bool {
        self.versions.iter().any(|version| version.covers(placed_ms))
    }
}

/// The store of one dialect. Its `write` runs a transaction, and its `read` borrows a connection for reads.
macro_rules! implement_promise_store {
    ($store:ty, $connection:ty) => {
        #[async_trait]
        impl PromiseStore for $store {
            async fn set_promises(&self, new: &SetPromises, now_ms: u64) -> Result<Vec<ProgrammeRow>, StandingError> {
                self.write(async |db: &mut $connection| promises::set(db, new, now_ms).await).await
            }

            async fn promises_of(&self, merchant: &str) -> Result<Vec<ProgrammeRow>, StandingError> {
                self.read(async |db: &mut $connection| promises::of_merchant(db, merchant).await).await
            }

            async fn promising(&self, merchants: &[&str]) -> Result<BTreeMap<String, Promising>, LedgerError> {
                self.read(async |db: &mut $connection| promises::promising(db, merchants).await).await
            }

            async fn move_promises(
                &self,
                after: &PlaceOfPromise,
                deposit_minor: Option<u64>,
                now_ms: u64,
            ) -> Result<Option<PlaceOfPromise>, StandingError> {
                let work = async |db: &mut $connection| promises::move_due(db, after, deposit_minor, now_ms).await;
                self.write(work).await
            }
        }
    };
}
pub(in crate::ledger) use implement_promise_store;
