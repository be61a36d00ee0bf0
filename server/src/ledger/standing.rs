//! The standing of parties in the ledger: rulings, violations, measures, statements and appeals. The crate `trust`
//! decides; this part files.

pub(in crate::ledger) mod act;
pub(in crate::ledger) mod appeals;
mod bans;
pub(in crate::ledger) mod change;
mod drafts;
mod expire;
mod follow;
pub(in crate::ledger) mod lists;
pub(in crate::ledger) mod rows;
mod rule;
pub(in crate::ledger) mod settle;
mod target;

use async_trait::async_trait;
use live_jury_protocol::CaseId;
use live_jury_protocol::trust::{FiledStatement, TrustAuditEntry};
use live_jury_trust::Party;
use live_jury_trust::claim::OPEN_OF_ORDER_MAX;
use live_jury_trust::policy::{Policy, TrustFile};
use live_jury_trust::promise::NoticeGiven;
use uuid::Uuid;

use self::change::ChangeDb;
pub(super) use self::change::insert_event;
use self::follow::CursorDb;
pub use self::rows::{AppealRow, AppealState, ListedRow, MeasureRow, TargetKind, ViolationRow};
use super::LedgerError;
use super::buckets::EndDb;
use super::claims::ClaimDb;
use super::facts::FactDb;
use super::parties::PartyDb;
use crate::call_error::{CallError, Failure};
use crate::sql::outbox::OutboxDb;
use crate::sql::row::Malformed;

/// The time for an appeal, in milliseconds: 180 days, as long as points count.
pub const APPEAL_KEPT_MS: u64 = live_jury_trust::ladder::POINTS_KEPT_MS;
/// The time within which an appeal is to be decided, in milliseconds.
pub const APPEAL_DUE_MS: u64 = 7 * live_jury_trust::DAY_MS;
/// The time within which the draft of a second jury is to be opened, in milliseconds. A moderator decides after it.
pub const DRAFT_KEPT_MS: u64 = 5 * live_jury_trust::DAY_MS;
/// The most rows of each kind in the answer about one party. Lists have all.
pub const ROWS_OF_PARTY: u32 = 100;

/// The statements and calls of a dialect's store.
pub(super) mod store {
    pub(in crate::ledger) use live_jury_protocol::CaseId;
    pub(in crate::ledger) use live_jury_protocol::trust::{FiledStatement, TrustAuditEntry};
    pub(in crate::ledger) use live_jury_trust::Party;
    pub(in crate::ledger) use live_jury_trust::policy::TrustFile;
    pub(in crate::ledger) use uuid::Uuid;

    pub(in crate::ledger) use super::change::implement_standing_store;
    pub(in crate::ledger) use super::{
        AppealRow, AppealState, AuthorityFinding, Ban, By, DecideAppealBy, FileAppeal, FileViolation, Followed,
        ListedRow, MeasureRow, Page, StandingError, StandingStore, ViolationRow, ViolationStep, calls as standing,
    };
}

/// The calls of a store, each in a transaction or on a connection of its caller.
pub(super) mod calls {
    pub(in crate::ledger) use super::act::{file_findings, file_violation, step_violation};
    pub(in crate::ledger) use super::appeals::{decide_appeal, file_appeal, review_appeal, withdraw_appeal};
    pub(in crate::ledger) use super::bans::{ban, led_to, unban};
    pub(in crate::ledger) use super::drafts::drafts_of;
    pub(in crate::ledger) use super::expire::expire;
    pub(in crate::ledger) use super::follow::{follow, report_aside};
    pub(in crate::ledger) use super::lists::{
        appeal, appeals, appeals_left_behind, appeals_of, appeals_to_move, knows, measures, measures_of,
        overdue_appeals, readable_violations_of, statements, statements_of, trail, violation, violations,
        violations_of,
    };
}

/// The statements of a connection that the standing of parties needs.
pub(in crate::ledger) trait StandingDb:
    FactDb + PartyDb + OutboxDb + CursorDb + EndDb + ChangeDb + ClaimDb
{
}

impl<D: FactDb + PartyDb + OutboxDb + CursorDb + EndDb + ChangeDb + ClaimDb> StandingDb for D {}

/// The standing of parties. Each call is one transaction.
#[async_trait]
pub trait StandingStore: Send + Sync {
    /// Takes the next event of the outbox: rules on a recorded case, or notes what became of an appeal's draft.
    async fn follow(&self, file: &TrustFile, now_ms: u64) -> Result<Followed, StandingError>;

    /// Files a violation. A repeat of its request files nothing and returns the first one's.
    async fn file_violation(&self, new: &FileViolation, now_ms: u64) -> Result<ViolationRow, StandingError>;

    /// Files the violations that authorities found. A repeat of a fact files nothing.
    async fn file_findings(&self, findings: &[AuthorityFinding], now_ms: u64) -> Result<(), StandingError>;

    /// Takes a step on a violation.
    async fn step_violation(&self, step: &ViolationStep, now_ms: u64) -> Result<ViolationRow, StandingError>;

    /// Bans a party.
    async fn ban(&self, ban: &Ban, now_ms: u64) -> Result<MeasureRow, StandingError>;

    /// Lifts the ban of a party.
    async fn unban(&self, party: &Party, by: &str, words: &str, now_ms: u64) -> Result<MeasureRow, StandingError>;

    /// Files an appeal of a party.
    async fn file_appeal(&self, new: &FileAppeal, now_ms: u64) -> Result<AppealRow, StandingError>;

    /// Withdraws an open appeal. With a `party`, others' appeals are not found.
    async fn withdraw_appeal(
        &self,
        id: Uuid,
        party: Option<&Party>,
        by: &By,
        version: Option<u64>,
        now_ms: u64,
    ) -> Result<AppealRow, StandingError>;

    /// Decides an appeal that a moderator reviews.
    async fn decide_appeal(&self, decision: &DecideAppealBy, now_ms: u64) -> Result<AppealRow, StandingError>;

    /// Gives an appeal to a moderator, if it is still in the state that was read.
    async fn review_appeal(
        &self,
        id: Uuid,
        was: AppealState,
        reason: &'static str,
        now_ms: u64,
    ) -> Result<(), StandingError>;

    /// Reads open appeals that no jury and no moderator has yet, and those whose draft is not opened in time.
    async fn appeals_to_move(&self, now_ms: u64) -> Result<Vec<AppealRow>, StandingError>;

    /// Reads the appeals before a second jury whose case has ended or is gone, though no event tells of it any more.
    async fn appeals_left_behind(&self) -> Result<Vec<AppealRow>, StandingError>;

    /// Counts the open appeals that are past their time.
    async fn overdue_appeals(&self, now_ms: u64) -> Result<u64, StandingError>;

    /// Reads an appeal.
    async fn appeal(&self, id: Uuid) -> Result<Option<AppealRow>, StandingError>;

    /// Reads all violations of a party, the oldest first.
    async fn violations_of(&self, party: &Party) -> Result<Vec<ViolationRow>, StandingError>;

    /// Reads a violation with all others of its party.
    async fn violation(&self, id: Uuid) -> Result<Option<ViolationRow>, StandingError>;

    /// Reads all measures of a party, the oldest first.
    async fn measures_of(&self, party: &Party) -> Result<Vec<MeasureRow>, StandingError>;

    /// Reads the violations that led to a measure; none of one at the entry.
    async fn led_to(&self, measure: &MeasureRow) -> Result<Vec<ViolationRow>, StandingError>;

    /// Reads the newest appeals of a party.
    async fn appeals_of(&self, party: &Party) -> Result<Vec<AppealRow>, StandingError>;

    /// Reads the newest statements of a party.
    async fn statements_of(&self, party: &Party) -> Result<Vec<FiledStatement>, StandingError>;

    /// Reads the ids of a merchant's newest drafts. The docket may have opened or discarded one meanwhile.
    async fn drafts_of(&self, merchant: &str, limit: u32) -> Result<Vec<CaseId>, StandingError>;

    /// Whether the ledger knows the party.
    async fn knows(&self, party: &Party) -> Result<bool, StandingError>;

    /// Ends the points of violations after their time, of some parties, and returns the number of those parties. After
    /// 0 none is left.
    async fn expire(&self, now_ms: u64) -> Result<u64, StandingError>;

    /// Reads the violations of a party that can be read, the oldest first. Its points are those of all.
    async fn readable_violations_of(&self, party: &Party) -> Result<Vec<ViolationRow>, StandingError>;

    /// Lists violations, the newest first.
    async fn violations(&self, page: &Page<'_>, now_ms: u64) -> Result<Vec<ListedRow<ViolationRow>>, StandingError>;

    /// Lists measures, the newest first.
    async fn measures(&self, page: &Page<'_>, now_ms: u64) -> Result<Vec<ListedRow<MeasureRow>>, StandingError>;

    /// Lists appeals, the newest first.
    async fn appeals(&self, page: &Page<'_>) -> Result<Vec<ListedRow<AppealRow>>, StandingError>;

    /// Lists statements after a place, in the order of commits.
    async fn statements(&self, after: u64, limit: u32) -> Result<Vec<FiledStatement>, StandingError>;

    /// Lists lines of the trail, the newest first; before a line, if one is named.
    async fn trail(&self, before: Option<u64>, limit: u32) -> Result<Vec<TrustAuditEntry>, StandingError>;
}

/// The part of a list to read.
#[derive(Clone, Copy, Debug)]
pub struct Page<'p> {
    /// The state, if only one is asked for.
    pub state: Option<&'p str>,
    /// The id before which.
    pub before: Option<Uuid>,
    /// The most rows.
    pub limit: u32,
}

/// The outcome of one call that follows the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Followed {
    /// There may be more.
    More,
    /// Every event is taken.
    UpToDate,
    /// Another node follows at this moment.
    Elsewhere,
}

/// The actor of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    /// The kind of actor.
    pub kind: live_jury_protocol::Actor,
    /// The `sub`, or the party's id.
    pub who: String,
}

/// A violation to file.
#[derive(Clone, Debug)]
pub struct FileViolation {
    /// The party.
    pub party: Party,
    /// The policy.
    pub policy: Policy,
    /// The facts.
    pub facts: String,
    /// Whether an authority found it.
    pub authority: bool,
    /// The moderator.
    pub by: String,
    /// The request's key, if it has one.
    pub request: Option<String>,
}

/// A violation that an authority found, as the platform tells by a fact.
#[derive(Clone, Debug)]
pub struct AuthorityFinding {
    /// The fact's id.
    pub fact: String,
    /// The parties on which it falls.
    pub parties: Vec<Party>,
    /// The policy.
    pub policy: Policy,
    /// The authority's words.
    pub facts: String,
}

/// A step of a moderator on a violation.
#[derive(Clone, Debug)]
pub struct ViolationStep {
    /// The violation.
    pub id: Uuid,
    /// The step.
    pub kind: StepKind,
    /// The moderator.
    pub by: String,
    /// The words.
    pub words: String,
    /// The version in `If-Match`, if the request has one.
    pub version: Option<u64>,
}

/// A kind of step on a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// A proposed one counts from now on.
    Confirm,
    /// A proposed one is void.
    Dismiss,
    /// One that counts is void.
    Withdraw,
}

/// A ban.
#[derive(Clone, Debug)]
pub struct Ban {
    /// The party.
    pub party: Party,
    /// The violations for which it is banned.
    pub violations: Vec<Uuid>,
    /// The moderator.
    pub by: String,
    /// The words.
    pub words: String,
}

/// An appeal to file.
#[derive(Clone, Debug)]
pub struct FileAppeal {
    /// The kind of target.
    pub target_kind: TargetKind,
    /// The target.
    pub target: Uuid,
    /// The party whose target it must be; none for the platform, which appeals for any.
    pub party: Option<Party>,
    /// The actor.
    pub by: By,
    /// The text.
    pub text: String,
    /// The addresses of evidence.
    pub evidence: Vec<String>,
}

/// A moderator's decision about an appeal.
#[derive(Clone, Debug)]
pub struct DecideAppealBy {
    /// The appeal.
    pub id: Uuid,
    /// Whether the appeal is won.
    pub overturned: bool,
    /// The moderator.
    pub by: String,
    /// The words.
    pub words: String,
    /// The version in `If-Match`, if the request has one.
    pub version: Option<u64>,
    /// The moderators who opened cases of it. They do not decide.
    pub openers: Vec<String>,
}

/// The reasons for which a step on the standing of a party fails. Nothing is changed then.
#[derive(Debug, thiserror::Error)]
pub enum StandingError {
    /// There is no such thing, or it is another party's.
    #[error("there is no such thing")]
    NotFound,
    /// Another version was read.
    #[error("it is at version {0} by now")]
    VersionMismatch(u64),
    /// The violation is not proposed.
    #[error("the violation is not proposed")]
    NotProposed,
    /// The target does not count, or is lifted.
    #[error("it is not in force")]
    NotActive,
    /// The target has an appeal, or had one.
    #[error("it was appealed before; each target is appealed once")]
    Appealed,
    /// The time for an appeal is over.
    #[error("an appeal is possible within 180 days")]
    AppealTooLate,
    /// The moderator had a hand in it.
    #[error("another moderator must decide: this one opened, filed, confirmed or banned in it")]
    SameModerator,
    /// The party has too few points to be banned.
    #[error("a ban needs 48 points, and the party has {0}")]
    BelowBan(u32),
    /// The appeal is decided, withdrawn, or with a jury.
    #[error("the appeal is decided, or a jury decides it")]
    Decided,
    /// The application, or the version of a listing, came before with other fields.
    #[error("this id came before with other fields")]
    AlreadyApplied,
    /// The application or the listing waits for no decision.
    #[error("it waits for no decision")]
    NotHeld,
    /// Something other than a look-alike name stops the listing.
    #[error("a jury judges a name that is like one brand's, and nothing else that stops a listing")]
    NotLookAlike,
    /// The list has as many entries as it may.
    #[error("the list has at most {0} entries")]
    ListFull(u64),
    /// Notice was given of the promise.
    #[error(transparent)]
    PromiseEnded(#[from] NoticeGiven),
    /// An event of the outbox cannot be taken because of what is stored.
    #[error("event {seq} cannot be taken: {source}")]
    Event {
        /// The event's place.
        seq: u64,
        /// The reason.
        source: Box<Self>,
    },
    /// No promise of this kind was in force at placing.
    #[error("no promise of this kind was in force when the order was placed")]
    NotCovered,
    /// The order has too many open claims.
    #[error("an order has at most {OPEN_OF_ORDER_MAX} open claims")]
    TooManyClaims,
    /// The claim's id came before with another claim.
    #[error("this id came before with another claim")]
    AlreadyClaimed,
    /// The claim's state does not allow the step.
    #[error("the claim is {0}")]
    ClaimIs(&'static str),
    /// The request's key came before with another request.
    #[error("this Idempotency-Key came before with another request")]
    KeyReused,
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl StandingError {
    /// Whether a stored row cannot be read. A repeat fails in the same way, so that it must not stop what is about
    /// others.
    #[must_use]
    pub const fn is_unreadable(&self) -> bool {
        matches!(self, Self::Ledger(LedgerError::Malformed(_)))
    }
}

impl From<sqlx::Error> for StandingError {
    fn from(error: sqlx::Error) -> Self {
        Self::Ledger(error.into())
    }
}

impl From<Malformed> for StandingError {
    fn from(error: Malformed) -> Self {
        Self::Ledger(error.into())
    }
}

impl CallError for StandingError {
    fn failure(&self) -> Option<Failure> {
        match self {
            Self::Ledger(error) => error.failure(),
            _ => None,
        }
    }
}

/// The name of a case's id in the ledger.
fn case_id(id: Option<Uuid>) -> Option<CaseId> {
    id.map(CaseId)
}
