//! The ledger's part of the nightly job: its place, its reads, and what it files. It computes nothing.

mod calls;
mod postgres;
mod sqlite;

use std::collections::BTreeMap;

use async_trait::async_trait;
use live_jury_trust::DAY_MS;
use live_jury_trust::counter::Count;
use live_jury_trust::identity::token::KeyId;
use live_jury_trust::identity::weigh::Held;
use live_jury_trust::identity::weights::Weights;
use live_jury_trust::product::Returns;
use live_jury_trust::signal::SignalId;
use uuid::Uuid;

use super::LedgerError;
use super::identities::DecidedPair;
use crate::sql::query::Db;

/// The time after which another node takes over a job that has not moved, in milliseconds. It is many times as long as
/// one page takes.
pub const LEASE_MS: u64 = 2 * 60 * 1_000;
/// Limits the rows that one transaction of the job writes or deletes: on SQLite ballots wait for its one writer.
pub const NIGHT_ROWS_MAX: usize = 500;
/// The name of a category's rate of returns among its priors. It is no signal.
pub const RETURNS: &str = "returned";

/// The statements that take a list, which each dialect reads from JSON in its own way.
pub(super) trait NightDb: Db {
    /// `$1` merchants, `$2` first day, `$3` day before which: the deliveries and returns of each product.
    const RETURNS_OF: &'static str;
    /// `$1` merchants, `$2` the earliest time of a sale, `$3` the time of decisions whose points are over: the hosts of
    /// each, and those of them with an active violation.
    const HOSTS_OF: &'static str;
    /// `$1` merchants, `$2` the time since which, `$3` the time before which: the sold products of each, and those with
    /// three granted claims about quality or more.
    const CLAIMED_OF: &'static str;
    /// `$1` day, `$2` rows: category, signal, typical, sigma.
    const FILE_PRIORS: &'static str;
    /// `$1` kind, `$2` merchants: nothing is left of their snapshots.
    const RESET_SNAPSHOTS: &'static str;
    /// `$1` rows of counters, which take the place of those that are there.
    const SET_COUNTERS: &'static str;
}

/// A step of the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NightStep {
    /// Priors of categories, then weights of identities. Until its end the last day's hold.
    Priors,
    /// Snapshots of merchants, in the order of their ids.
    Shops,
    /// Rows that are too old are deleted.
    Clean,
    /// All is done.
    Done,
}

impl NightStep {
    const ALL: [Self; 4] = [Self::Priors, Self::Shops, Self::Clean, Self::Done];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Priors => "priors",
            Self::Shops => "shops",
            Self::Clean => "clean",
            Self::Done => "done",
        }
    }
}

/// The job of a day, claimed by one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Night {
    /// The day, in days since 1970-01-01.
    pub day: u64,
    /// The claim. A node that takes over has another one, and this one's files nothing from then on.
    pub owner: Uuid,
    /// The step.
    pub step: NightStep,
    /// The last merchant of the step that is done.
    pub place: String,
}

impl Night {
    /// The first moment of the day, as of which all is computed, in Unix milliseconds.
    #[must_use]
    pub const fn at_ms(&self) -> u64 {
        self.day * DAY_MS
    }

    /// The job at a later place.
    #[must_use]
    pub fn at(&self, step: NightStep, place: &str) -> Self {
        Self { step, place: place.to_owned(), ..self.clone() }
    }
}

/// A prior to file.
#[derive(Clone, Debug, PartialEq)]
pub struct PriorRow {
    /// The category; empty for merchants without one.
    pub category: String,
    /// The signal, or [`RETURNS`].
    pub signal: &'static str,
    /// The typical value.
    pub typical: f64,
    /// The spread.
    pub sigma: f64,
}

/// A snapshot to file, in the place of the last one.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The merchant.
    pub merchant: String,
    /// The signal.
    pub signal: SignalId,
    /// The counts.
    pub count: Count,
}

/// The nightly job in the ledger. Each call that files is one transaction, and returns false, with nothing changed, if
/// another node has taken the job over.
#[async_trait]
pub trait NightStore: Send + Sync {
    /// Claims the job of a day. None: it is done, or another node is at it.
    async fn claim_night(&self, day: u64, now_ms: u64) -> Result<Option<Night>, LedgerError>;

    /// Keeps the claim, and moves the job.
    async fn move_night(&self, from: &Night, to: &Night, now_ms: u64) -> Result<bool, LedgerError>;

    /// Reads the ids of merchants after one.
    async fn merchants_after(&self, after: &str, limit: usize) -> Result<Vec<String>, LedgerError>;

    /// Reads deliveries and returns of 60 days before a day: one row for each product of a merchant.
    async fn returns_of(&self, merchants: &[&str], day: u64) -> Result<Vec<(String, Returns)>, LedgerError>;

    /// Reads the rates of returns of categories that were filed for a day.
    async fn typical_returns(&self, day: u64) -> Result<BTreeMap<String, f64>, LedgerError>;

    /// Reads how many hosts sold for merchants in 180 days, and how many of these have an active violation.
    async fn hosts_of(&self, merchants: &[&str], at_ms: u64) -> Result<Vec<(String, Count)>, LedgerError>;

    /// Reads how many products merchants sold under a promise in 30 days, and how many of these have three granted
    /// claims about quality or more.
    async fn claimed_of(&self, merchants: &[&str], at_ms: u64) -> Result<Vec<(String, Count)>, LedgerError>;

    /// Deletes some priors of the day, which a node that was killed has left. Returns none if the claim is lost.
    async fn delete_priors(&self, night: &Night, now_ms: u64) -> Result<Option<u64>, LedgerError>;

    /// Files priors.
    async fn file_priors(&self, from: &Night, to: &Night, rows: &[PriorRow], now_ms: u64) -> Result<bool, LedgerError>;

    /// Reads the next pairs on which moderators decided, after one.
    async fn decided_pairs(&self, after: Option<Uuid>) -> Result<Vec<DecidedPair>, LedgerError>;

    /// Reads parties in a random order, with what is kept of them under a key.
    async fn identity_sample(&self, key: KeyId, limit: usize) -> Result<Vec<Held>, LedgerError>;

    /// Files the weights of identities in the place of the last ones. None leaves those of the table.
    async fn file_weights(&self, night: &Night, weights: &Weights, now_ms: u64) -> Result<bool, LedgerError>;

    /// Puts snapshots in the place of all former ones of these merchants, whose exposures are then computed anew.
    async fn file_snapshots(
        &self,
        from: &Night,
        to: &Night,
        merchants: &[&str],
        rows: &[Snapshot],
        now_ms: u64,
    ) -> Result<bool, LedgerError>;

    /// Deletes some rows that are too old, and facts that were kept for more than some days. Returns none if the claim
    /// is lost.
    async fn clean(&self, night: &Night, keep_facts_days: u64, now_ms: u64) -> Result<Option<u64>, LedgerError>;
}

/// The store of one dialect. Its `change` runs a transaction, and its `look` borrows a connection for reads.
macro_rules! implement_night_store {
    ($store:ty, $connection:ty) => {
        #[async_trait]
        impl NightStore for $store {
            async fn claim_night(&self, day: u64, now_ms: u64) -> Result<Option<Night>, LedgerError> {
                if !self.read(async |db: &mut $connection| calls::may_claim(db, day, now_ms).await).await? {
                    return Ok(None);
                }
                self.write(async |db: &mut $connection| calls::claim(db, day, now_ms).await).await
            }

            async fn move_night(&self, from: &Night, to: &Night, now_ms: u64) -> Result<bool, LedgerError> {
                self.write(async |db: &mut $connection| calls::moved(db, from, to, now_ms).await).await
            }

            async fn merchants_after(&self, after: &str, limit: usize) -> Result<Vec<String>, LedgerError> {
                self.read(async |db: &mut $connection| calls::merchants_after(db, after, limit).await).await
            }

            async fn returns_of(&self, merchants: &[&str], day: u64) -> Result<Vec<(String, Returns)>, LedgerError> {
                self.read(async |db: &mut $connection| calls::returns_of(db, merchants, day).await).await
            }

            async fn typical_returns(&self, day: u64) -> Result<BTreeMap<String, f64>, LedgerError> {
                self.read(async |db: &mut $connection| calls::typical_returns(db, day).await).await
            }

            async fn hosts_of(&self, merchants: &[&str], at_ms: u64) -> Result<Vec<(String, Count)>, LedgerError> {
                self.read(async |db: &mut $connection| calls::hosts_of(db, merchants, at_ms).await).await
            }

            async fn claimed_of(&self, merchants: &[&str], at_ms: u64) -> Result<Vec<(String, Count)>, LedgerError> {
                self.read(async |db: &mut $connection| calls::claimed_of(db, merchants, at_ms).await).await
            }

            async fn delete_priors(&self, night: &Night, now_ms: u64) -> Result<Option<u64>, LedgerError> {
                self.write(async |db: &mut $connection| calls::delete_priors(db, night, now_ms).await).await
            }

            async fn file_priors(
                &self,
                from: &Night,
                to: &Night,
                rows: &[PriorRow],
                now_ms: u64,
            ) -> Result<bool, LedgerError> {
                self.write(async |db: &mut $connection| calls::file_priors(db, from, to, rows, now_ms).await).await
            }

            async fn decided_pairs(&self, after: Option<Uuid>) -> Result<Vec<DecidedPair>, LedgerError> {
                self.read(async |db: &mut $connection| weights::decided(db, after).await).await
            }

            async fn identity_sample(&self, key: KeyId, limit: usize) -> Result<Vec<Held>, LedgerError> {
                self.read(async |db: &mut $connection| weights::sample(db, key, limit).await).await
            }

            async fn file_weights(&self, night: &Night, weights: &Weights, now_ms: u64) -> Result<bool, LedgerError> {
                self.write(async |db: &mut $connection| calls::file_weights(db, night, weights, now_ms).await).await
            }

            async fn file_snapshots(
                &self,
                from: &Night,
                to: &Night,
                merchants: &[&str],
                rows: &[Snapshot],
                now_ms: u64,
            ) -> Result<bool, LedgerError> {
                let work =
                    async |db: &mut $connection| calls::file_snapshots(db, (from, to), merchants, rows, now_ms).await;
                self.write(work).await
            }

            async fn clean(
                &self,
                night: &Night,
                keep_facts_days: u64,
                now_ms: u64,
            ) -> Result<Option<u64>, LedgerError> {
                let work = async |db: &mut $connection| calls::clean(db, night, keep_facts_days, now_ms).await;
                self.write(work).await
            }
        }
    };
}
use implement_night_store;
