//! The ledger of trust: sums of facts, the standing of parties, and the exposures that follow, in the docket's
//! database. The crate `trust` decides.

mod batch;
mod buckets;
pub mod claims;
mod daily;
pub mod editions;
mod exposure;
mod facts;
pub mod forget;
pub mod identities;
pub mod listings;
pub mod night;
mod parties;
mod postgres;
pub mod promises;
pub mod remedies;
mod sqlite;
pub mod standing;

use std::sync::Arc;

use async_trait::async_trait;
use live_jury_trust::PartyKind;
use live_jury_trust::counter::Counter;
use live_jury_trust::exposure::Gate;
use live_jury_trust::fact::Fact;
use live_jury_trust::index::Priors;

pub(crate) use self::batch::fast_counter;
pub use self::buckets::{
    Bucket, BucketEnd, BucketLedger, BucketRefusal, BucketState, Closing, Credit, NewReport, OwnReport, ReportRefusal,
    ReportShown, Reported,
};
use self::claims::ClaimStore;
use self::editions::EditionStore;
use self::identities::{ApplicationState, ApplicationStore};
use self::listings::ListingStore;
use self::night::NightStore;
pub use self::postgres::PostgresTrust;
use self::promises::PromiseStore;
use self::remedies::RemedyStore;
pub use self::sqlite::SqliteTrust;
use self::standing::StandingStore;
use crate::call_error::{CallError, Failure};
use crate::sql::row::{Malformed, is_malformed};

/// The time for which an event's id is kept, in days: a repeat within it counts nothing.
pub const FACT_IDS_KEPT_DAYS: u64 = 30;

/// The stores of the guarantee: promises, claims on them, and remedies.
pub trait GuaranteeStore: PromiseStore + ClaimStore + RemedyStore {}

impl<T: PromiseStore + ClaimStore + RemedyStore> GuaranteeStore for T {}

/// The ledger, which all nodes share. Each call is one transaction.
#[async_trait]
pub trait TrustLedger:
    StandingStore + NightStore + ApplicationStore + ListingStore + GuaranteeStore + EditionStore
{
    /// Adds facts, all of them or none. Events whose ids are known count nothing.
    async fn add_facts(&self, facts: &[Fact], now_ms: u64) -> Result<Added, LedgerError> {
        self.add_and_keep_facts(facts, &[], now_ms).await
    }

    /// The same, and keeps the lines of events that count now.
    async fn add_and_keep_facts(&self, facts: &[Fact], kept: &[KeptFact], now_ms: u64) -> Result<Added, LedgerError>;

    /// Reads what is known of merchants. Those without a fact are left out.
    async fn read_merchants(&self, ids: &[&str], now_ms: u64) -> Result<Merchants, LedgerError>;

    /// Reads what is known of the merchants whose rows can be read. A single one that cannot be read is an error.
    async fn merchants(&self, ids: &[&str], now_ms: u64) -> Result<Vec<Known>, LedgerError> {
        let Merchants { known, unreadable } = self.read_merchants(ids, now_ms).await?;
        match (ids, &unreadable[..]) {
            ([_], [id]) => Err(LedgerError::Malformed(format!("merchant {id}"))),
            _ => Ok(known),
        }
    }

    /// Reads the sums of a host over all rooms, by the names of their counters.
    async fn host_counters(&self, id: &str) -> Result<Vec<(String, Counter)>, LedgerError>;

    /// Reads the last exposure of merchants, with what a recommender needs besides. Those without a fact are left out.
    async fn exposures(&self, ids: &[&str], now_ms: u64) -> Result<Vec<Shown>, LedgerError>;

    /// Reads the clock of the database, in Unix milliseconds; none if it is this machine's own.
    async fn clock_ms(&self) -> Result<Option<u64>, LedgerError> {
        Ok(None)
    }

    /// The merchants whose exposure is older than their facts, or of an earlier day. Those that were computed at
    /// `now_ms` or later are left out.
    async fn due(&self, now_ms: u64, limit: usize) -> Result<Vec<String>, LedgerError>;

    /// Files exposures of a day. Those of facts that came meanwhile stay due.
    async fn file_exposures(&self, exposures: &[Filed], now_ms: u64) -> Result<(), LedgerError>;

    /// Notes that the exposures of these merchants cannot be computed. They are due again after a fact, and each day.
    async fn pass_over(&self, merchants: &[String], now_ms: u64) -> Result<(), LedgerError>;
}

/// The line of an event, to be kept for a recount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFact {
    /// The event's id.
    pub id: String,
    /// The merchant.
    pub merchant: Option<String>,
    /// The host.
    pub host: Option<String>,
    /// The keyed name of the buyer in hexadecimal digits, as the line has it.
    pub buyer: Option<String>,
    /// The line, as JSON.
    pub line: String,
}

/// The numbers of facts that were added, and of those known before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// The facts that count now.
    pub accepted: u64,
    /// The events that counted before.
    pub duplicate: u64,
}

/// A merchant's attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// The id.
    pub id: String,
    /// The time since which it is known, in Unix milliseconds.
    pub since_ms: u64,
    /// The category of its goods.
    pub category: Option<String>,
    /// The completed orders.
    pub completed: u64,
    /// The orders placed today.
    pub placed_today: u64,
    /// The licences needed, and those verified; none until the platform has told.
    pub licences: Option<(u64, u64)>,
    /// The deposit asked for and the one paid; none until the platform has told.
    pub deposit: Option<(u64, u64)>,
    /// The state of its application; none until it has applied.
    pub application: Option<ApplicationState>,
    /// The kinds of promises in force; none until it has made one.
    pub promises: Option<u64>,
    /// The time of the last finding of an authority, in Unix milliseconds.
    pub finding_at_ms: Option<u64>,
    /// The exposure that was last told, in ten-thousandths; none until one was.
    pub told: Option<u32>,
}

impl Attributes {
    /// Whether a promise to buyers is in force.
    #[must_use]
    pub fn is_assured(&self) -> bool {
        self.promises.is_some_and(|active| active > 0)
    }
}

/// All that is known of a merchant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// The attributes.
    pub attributes: Attributes,
    /// The sums by the names of their counters.
    pub counters: Vec<(String, Counter)>,
    /// The value from which the fall of this day starts: that of the last earlier day, if there is one.
    pub last_day: Option<f64>,
    /// The days since the last one on which signals showed a turn, 0 for today; none if it is too long ago to hold.
    pub turn_days_ago: Option<u64>,
    /// The value of the day before what was reversed today, if something was.
    pub before_reversal: Option<f64>,
    /// The measures that have begun and are not lifted.
    pub measures: Vec<Begun>,
    /// The typical values of its category.
    pub priors: Arc<Priors>,
}

/// Merchants of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merchants {
    /// Those whose rows can be read.
    pub known: Vec<Known>,
    /// The ids of the others. They are reported.
    pub unreadable: Vec<String>,
}

/// The last exposure of a merchant, as it was filed.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The attributes.
    pub attributes: Attributes,
    /// The exposure; none for a merchant that came a moment ago.
    pub exposure: Option<Filed>,
    /// The strongest measure in force.
    pub gate: Option<Gate>,
}

/// A measure that has begun and is not lifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The measure.
    pub kind: Gate,
    /// The end, in Unix milliseconds; none of a ban.
    pub until_ms: Option<u64>,
}

impl Begun {
    /// Whether it is in force.
    #[must_use]
    pub fn is_in_force(&self, now_ms: u64) -> bool {
        self.until_ms.is_none_or(|until_ms| now_ms < until_ms)
    }
}

/// The strongest measure in force.
#[must_use]
pub fn gate(measures: &[Begun], now_ms: u64) -> Option<Gate> {
    measures.iter().filter(|measure| measure.is_in_force(now_ms)).map(|measure| measure.kind).max()
}

/// An exposure to file.
#[derive(Clone, Debug, PartialEq)]
pub struct Filed {
    /// The merchant.
    pub merchant: String,
    /// The index.
    pub points: f64,
    /// Its spread.
    pub sd: f64,
    /// The value from which the next day's fall starts.
    pub kept: f64,
    /// The exposure by signals.
    pub signals: f64,
    /// Whether signals show a turn. A row of a day keeps it once they did on that day.
    pub turn: bool,
    /// The time of the computation, in Unix milliseconds.
    pub at_ms: u64,
    /// The events of it; none unless it changed enough since it was last told.
    pub told: Option<ToldExposure>,
}

/// The event of an exposure that changed.
#[derive(Clone, Debug, PartialEq)]
pub struct ToldExposure {
    /// The factor that counts.
    pub m: f64,
    /// The factor that was last told.
    pub before: f64,
    /// The reason: `index`, `turn` or `measure`.
    pub why: &'static str,
}

/// The ways in which a call on the ledger fails.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A value does not fit its column.
    #[error("a row is malformed: {0}")]
    Malformed(String),
    /// A report is not filed.
    #[error(transparent)]
    Refused(#[from] ReportRefusal),
    /// A moderator's step on a bucket is refused.
    #[error(transparent)]
    Bucket(#[from] BucketRefusal),
    /// The database did not answer, or refused the call.
    #[error("the ledger did not answer: {0}")]
    Unavailable(#[source] sqlx::Error),
}

impl From<Malformed> for LedgerError {
    fn from(error: Malformed) -> Self {
        Self::Malformed(error.to_string())
    }
}

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> Self {
        if is_malformed(&error) { Self::Malformed(error.to_string()) } else { Self::Unavailable(error) }
    }
}

impl CallError for LedgerError {
    fn failure(&self) -> Option<Failure> {
        match self {
            Self::Unavailable(error) => Some(error.into()),
            Self::Malformed(_) | Self::Refused(_) | Self::Bucket(_) => None,
        }
    }
}

/// The names of the kinds of parties in the ledger's tables.
const MERCHANT: &str = PartyKind::Merchant.as_str();
const HOST: &str = PartyKind::Host.as_str();
