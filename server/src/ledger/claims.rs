//! Claims of buyers in the ledger: filed, answered, escalated, decided, fulfilled. The crate `trust` says what is
//! possible; this part files it. A buyer is a keyed name.

mod due;
mod file;
mod follow;
mod fulfil;
mod lists;
mod rows;
mod steps;
mod uphold;

use async_trait::async_trait;
use live_jury_protocol::CaseId;
use live_jury_trust::Party;
use live_jury_trust::claim::{About, Hour};
use live_jury_trust::promise::PromiseKind;
use sqlx::{PgConnection, SqliteConnection};
use uuid::Uuid;

pub use self::rows::ClaimRow;
use self::rows::{claim_columns, insert_claim, insert_of_buyer, select_claims};
use self::steps::{add_granted, granted_to, lock_merchant};
use super::remedies::RemedyGiven;
use super::standing::{By, Page, StandingError};
use crate::sql::query::Db;

/// The claims that one call moves, with some rows each. On SQLite ballots wait for its one writer.
const CLAIMS_AT_ONCE: i64 = 100;

/// The statements and calls of a dialect's store.
pub(super) mod store {
    pub(in crate::ledger) use live_jury_trust::claim::Hour;

    pub(in crate::ledger) use super::{
        ClaimRow, ClaimStepBy, ClaimStore, FileClaim, Given, NotGenuine, calls as claims, implement_claim_store,
    };
}

/// The statements that differ between the dialects: each calls the database once, for two tables.
pub(super) trait ClaimDb: Db {
    /// Inserts a claim, and its row among its buyer's: the values of [`insert_claim`].
    const INSERT_CLAIM: &'static str;
    /// Locks the merchant of a claim, then the claim, and reads it behind both: the values of [`lock_merchant`].
    const LOCK_CLAIM: &'static str;
    /// Counts a granted claim for its buyer and for its category: `$1` buyer, `$2` the time of opening, `$3` claim,
    /// `$4` merchant, `$5` day.
    const COUNT_GRANTED: &'static str;
}

// One call runs several statements here. Each takes the values that it names.
impl ClaimDb for SqliteConnection {
    const INSERT_CLAIM: &'static str = concat!(insert_claim!(), "; ", insert_of_buyer!());
    const LOCK_CLAIM: &'static str = concat!(lock_merchant!(), "; ", select_claims!("WHERE id = $1"));
    const COUNT_GRANTED: &'static str = concat!(granted_to!(), "; ", add_granted!());
}

impl ClaimDb for PgConnection {
    const INSERT_CLAIM: &'static str = concat!("WITH filed AS (", insert_claim!(), ") ", insert_of_buyer!());
    // The claim is locked after the join, so behind its merchant's lock. The statement begins before it has that lock,
    // and `FOR UPDATE` reads the newest row all the same. A plain read would not.
    const LOCK_CLAIM: &'static str = concat!(
        "WITH locked AS (",
        lock_merchant!(),
        " RETURNING 1) SELECT ",
        claim_columns!(),
        " FROM trust_claim, locked WHERE trust_claim.id = $1 FOR UPDATE OF trust_claim"
    );
    const COUNT_GRANTED: &'static str = concat!("WITH granted AS (", granted_to!(), ") ", add_granted!());
}

/// The calls of a store, each in a transaction or on a connection of its caller.
pub(super) mod calls {
    pub(in crate::ledger) use super::due::{begin_time, is_due, is_untold, move_due};
    pub(in crate::ledger) use super::file::file;
    pub(in crate::ledger) use super::follow::{discarded, drafted, judged, not_drafted, opened};
    pub(in crate::ledger) use super::fulfil::fulfil;
    pub(in crate::ledger) use super::lists::{claim, claim_of_case, claims, left_behind, overdue, to_draft};
    pub(in crate::ledger) use super::steps::step;
    pub(in crate::ledger) use super::uphold::uphold;
}

/// Claims. Each call is one transaction.
#[async_trait]
pub trait ClaimStore: Send + Sync {
    /// The length of an hour on the clocks of claims and remedies.
    fn hour(&self) -> Hour;

    /// Files a claim, which its terms may grant at once. A repeat files nothing and returns the first one's.
    async fn file_claim(&self, new: &FileClaim, now_ms: u64) -> Result<ClaimRow, StandingError>;

    /// Takes a step that somebody asks for.
    async fn step_claim(&self, step: &ClaimStepBy, now_ms: u64) -> Result<ClaimRow, StandingError>;

    /// Moves claims whose time has come, and returns their number. After 0 none is left.
    async fn move_claims(&self, now_ms: u64) -> Result<u64, StandingError>;

    /// Begins the time for an answer to claims whose first event these targets have by now.
    async fn begin_answer_time(&self, targets: &[String], now_ms: u64) -> Result<u64, StandingError>;

    /// Takes the platform's word that buyers have what was promised. A repeat changes nothing.
    /// Returns the cases of those claims, whose remedies were given, too.
    async fn fulfil_claims(&self, given: &[Given], now_ms: u64) -> Result<Vec<RemedyGiven>, StandingError>;

    /// Grants undecided claims on goods that are not genuine, by the word of a brand's owner or an authority. A repeat
    /// changes nothing.
    async fn uphold_claims(&self, found: &[NotGenuine], now_ms: u64) -> Result<(), StandingError>;

    /// Reads escalated claims whose draft is not filed.
    async fn claims_to_draft(&self) -> Result<Vec<ClaimRow>, StandingError>;

    /// Reads the claims before a jury whose case has ended or is gone, though no event tells of it any more.
    async fn claims_left_behind(&self) -> Result<Vec<ClaimRow>, StandingError>;

    /// Notes that the draft of a claim is filed.
    async fn claim_drafted(&self, id: Uuid, now_ms: u64) -> Result<(), StandingError>;

    /// Gives a claim whose draft cannot be filed to a moderator.
    async fn claim_not_drafted(&self, id: Uuid, reason: &'static str, now_ms: u64) -> Result<(), StandingError>;

    /// Counts the claims in review that are past their time.
    async fn overdue_claims(&self, now_ms: u64) -> Result<u64, StandingError>;

    /// Reads a claim.
    async fn claim(&self, id: Uuid) -> Result<Option<ClaimRow>, StandingError>;

    /// Reads the claim that a case is about.
    async fn claim_of_case(&self, case: CaseId) -> Result<Option<Uuid>, StandingError>;

    /// Lists claims, the newest first; with a merchant, its own alone.
    async fn claims(&self, page: &Page<'_>, merchant: Option<&str>) -> Result<Vec<ClaimRow>, StandingError>;
}

/// A claim to file.
#[derive(Clone, Debug)]
pub struct FileClaim {
    /// The platform's id.
    pub claim: String,
    /// The merchant.
    pub merchant: String,
    /// The order.
    pub order: String,
    /// The time of placing, in Unix milliseconds.
    pub placed_ms: u64,
    /// The buyer's keyed name in hexadecimal digits.
    pub buyer: String,
    /// The buyer's orders in the last 90 days, if the platform tells.
    pub buyer_orders: Option<u64>,
    /// The kind of promise.
    pub kind: PromiseKind,
    /// What it is about.
    pub about: About,
    /// The amount, in the smallest unit of the currency.
    pub amount_minor: u64,
    /// The currency.
    pub currency: String,
    /// The room whose viewers may judge it.
    pub room: Option<String>,
    /// The buyer's reason.
    pub reason: String,
    /// The addresses of evidence.
    pub evidence: Vec<String>,
    /// Whether a target is to get the event before the time for an answer begins.
    pub is_told: bool,
    /// The platform.
    pub by: By,
}

/// A step that somebody asks for.
#[derive(Clone, Debug)]
pub struct ClaimStepBy {
    /// The claim.
    pub id: Uuid,
    /// The merchant whose claim it must be; none for others than merchants.
    pub party: Option<Party>,
    /// The step.
    pub act: ClaimAct,
    /// The actor.
    pub by: By,
    /// The version in `If-Match`, if the request has one.
    pub version: Option<u64>,
}

/// A step that somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimAct {
    /// The merchant's answer.
    Answer {
        /// Whether it grants the claim.
        grant: bool,
        /// The words.
        words: String,
        /// The addresses of evidence.
        evidence: Vec<String>,
    },
    /// The buyer goes on after a refusal.
    Escalate,
    /// The buyer takes it back.
    Withdraw,
    /// A moderator's decision.
    Decide {
        /// Whether it grants the claim.
        grant: bool,
        /// The words.
        words: String,
    },
}

/// The platform's word that a buyer has what was promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The claims that it is about.
    pub of: GivenOf,
    /// The time, in Unix milliseconds.
    pub at_ms: u64,
}

/// The claims that something was given for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GivenOf {
    /// All of an order: money was given back.
    Order {
        /// The merchant.
        merchant: String,
        /// The order.
        order: String,
    },
    /// One, by the platform's id or by the server's.
    Claim(String),
    /// The one that a case is about.
    Case(CaseId),
}

/// The word of a brand's owner or an authority that a merchant's goods are not genuine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotGenuine {
    /// The merchant.
    pub merchant: String,
    /// The order whose goods they are.
    pub order: Option<String>,
    /// The product, in whatever order.
    pub product: Option<String>,
    /// The time, in Unix milliseconds.
    pub at_ms: u64,
}

/// The store of one dialect. Its `write` runs a transaction, and its `read` borrows a connection for reads.
macro_rules! implement_claim_store {
    ($store:ty, $connection:ty) => {
        #[async_trait]
        impl ClaimStore for $store {
            fn hour(&self) -> Hour {
                self.hour
            }

            async fn file_claim(&self, new: &FileClaim, now_ms: u64) -> Result<ClaimRow, StandingError> {
                self.write(async |db: &mut $connection| claims::file(db, new, self.hour, now_ms).await).await
            }

            async fn step_claim(&self, step: &ClaimStepBy, now_ms: u64) -> Result<ClaimRow, StandingError> {
                self.write(async |db: &mut $connection| claims::step(db, step, self.hour, now_ms).await).await
            }

            async fn move_claims(&self, now_ms: u64) -> Result<u64, StandingError> {
                // The one writer of SQLite is not asked for nothing.
                if !self.read(async |db: &mut $connection| claims::is_due(db, now_ms).await).await? {
                    return Ok(0);
                }
                self.write(async |db: &mut $connection| claims::move_due(db, self.hour, now_ms).await).await
            }

            async fn begin_answer_time(&self, targets: &[String], now_ms: u64) -> Result<u64, StandingError> {
                if !self.read(async |db: &mut $connection| claims::is_untold(db).await).await? {
                    return Ok(0);
                }
                self.write(async |db: &mut $connection| claims::begin_time(db, targets, self.hour, now_ms).await).await
            }

            async fn fulfil_claims(&self, given: &[Given], now_ms: u64) -> Result<Vec<RemedyGiven>, StandingError> {
                self.write(async |db: &mut $connection| claims::fulfil(db, given, self.hour, now_ms).await).await
            }

            async fn uphold_claims(&self, found: &[NotGenuine], now_ms: u64) -> Result<(), StandingError> {
                self.write(async |db: &mut $connection| claims::uphold(db, found, self.hour, now_ms).await).await
            }

            async fn claims_to_draft(&self) -> Result<Vec<ClaimRow>, StandingError> {
                self.read(async |db: &mut $connection| claims::to_draft(db).await).await
            }

            async fn claims_left_behind(&self) -> Result<Vec<ClaimRow>, StandingError> {
                self.read(async |db: &mut $connection| claims::left_behind(db).await).await
            }

            async fn claim_drafted(&self, id: Uuid, now_ms: u64) -> Result<(), StandingError> {
                self.write(async |db: &mut $connection| claims::drafted(db, id, now_ms).await).await
            }

            async fn claim_not_drafted(
                &self,
                id: Uuid,
                reason: &'static str,
                now_ms: u64,
            ) -> Result<(), StandingError> {
                let work = async |db: &mut $connection| claims::not_drafted(db, id, reason, self.hour, now_ms).await;
                self.write(work).await
            }

            async fn overdue_claims(&self, now_ms: u64) -> Result<u64, StandingError> {
                self.read(async |db: &mut $connection| claims::overdue(db, now_ms).await).await
            }

            async fn claim(&self, id: Uuid) -> Result<Option<ClaimRow>, StandingError> {
                self.read(async |db: &mut $connection| claims::claim(db, id).await).await
            }

            async fn claim_of_case(&self, case: CaseId) -> Result<Option<Uuid>, StandingError> {
                self.read(async |db: &mut $connection| claims::claim_of_case(db, case).await).await
            }

            async fn claims(&self, page: &Page<'_>, merchant: Option<&str>) -> Result<Vec<ClaimRow>, StandingError> {
                self.read(async |db: &mut $connection| claims::claims(db, page, merchant).await).await
            }
        }
    };
}
pub(in crate::ledger) use implement_claim_store;
