//! Reports by viewers, merged into buckets, with what became of them. A reporter is a keyed name here. It judges none.

mod add;
mod end;
mod postgres;
mod read;
mod row;
mod sqlite;

pub(super) use self::end::{EndDb, settle_violation};
use async_trait::async_trait;
use live_jury_protocol::{CaseId, RoomId};
use live_jury_trust::Party;
use live_jury_trust::report::Sums;
use uuid::Uuid;

use super::LedgerError;
use crate::reporter::Reporter;

/// Reports and buckets, which all nodes share. Each call is one transaction.
#[async_trait]
pub trait BucketLedger: Send + Sync {
    /// Files a report in the bucket of its thing. A bucket that has enough gets the state `queued`, or keeps the case
    /// of `report` as the one to be filed.
    ///
    /// # Errors
    /// [`LedgerError::Refused`] if the viewer has filed it today, or as many as a day may have; nothing is filed then.
    async fn add_report(&self, report: &NewReport) -> Result<Reported, LedgerError>;

    /// The refusal that a report would get now. It changes nothing, and waits for no ballot.
    async fn refusal(&self, report: &NewReport) -> Result<Option<ReportRefusal>, LedgerError>;

    /// The last reports of a reporter, newest first.
    async fn own_reports(&self, reporter: Reporter, limit: u32) -> Result<Vec<OwnReport>, LedgerError>;

    /// The buckets of a room that have not ended, those of most weight first.
    async fn buckets(&self, room: &RoomId, limit: u32) -> Result<Vec<Bucket>, LedgerError>;

    /// A bucket.
    async fn bucket(&self, id: Uuid) -> Result<Option<Bucket>, LedgerError>;

    /// The bucket of a case, if the case was drafted from one.
    async fn bucket_of(&self, case: CaseId) -> Result<Option<Bucket>, LedgerError>;

    /// The last reports in a bucket, newest first, without their reporters.
    async fn reports(&self, bucket: Uuid, limit: u32) -> Result<Vec<ReportShown>, LedgerError>;

    /// Buckets whose draft is to be filed, those of the earliest first report first.
    async fn undrafted(&self, limit: u32) -> Result<Vec<Bucket>, LedgerError>;

    /// Names the case of a bucket that a moderator drafts. A bucket that has one keeps it. Returns the bucket.
    ///
    /// # Errors
    /// [`LedgerError::Bucket`] if the bucket does not wait, or has another version.
    async fn reserve(&self, id: Uuid, case: CaseId, version: Option<u64>) -> Result<Bucket, LedgerError>;

    /// Notes that the draft of a bucket is filed. A bucket that went on meanwhile stays as it is.
    async fn set_drafted(&self, id: Uuid) -> Result<(), LedgerError>;

    /// Closes a bucket as unfounded, by a moderator. Returns the bucket.
    ///
    /// # Errors
    /// [`LedgerError::Bucket`] if the bucket does not wait, or has another version.
    async fn dismiss(&self, id: Uuid, closing: &Closing<'_>) -> Result<Bucket, LedgerError>;

    /// Notes that the case of a bucket was opened.
    async fn set_opened(&self, case: CaseId, seq: u64) -> Result<(), LedgerError>;

    /// Ends the bucket of a case, or changes its end after an appeal, with the records of its reporters. An event that
    /// is not later than the last one changes nothing. Returns whether the bucket changed.
    async fn settle(&self, case: CaseId, seq: u64, end: BucketEnd, now_ms: u64) -> Result<bool, LedgerError>;

    /// Closes buckets that wait and had no report since a time. Returns their number.
    async fn close_quiet(&self, since_ms: u64, now_ms: u64, limit: u32) -> Result<u64, LedgerError>;

    /// Deletes reports of buckets that ended before a time, then those buckets, then reporters without reports. Returns
    /// the number of rows.
    async fn delete_old(&self, before_ms: u64, limit: u32) -> Result<u64, LedgerError>;

    /// The place in the outbox up to which events were applied.
    async fn report_cursor(&self) -> Result<u64, LedgerError>;

    /// Moves that place forward.
    async fn move_report_cursor(&self, seq: u64) -> Result<(), LedgerError>;
}

/// A report to file.
#[derive(Clone, Debug)]
pub struct NewReport {
    /// The room.
    pub room: RoomId,
    /// The reporter.
    pub reporter: Reporter,
    /// The party that the report is about.
    pub party: Party,
    /// The merchant that it names.
    pub merchant: Option<String>,
    /// The host that it names.
    pub host: Option<String>,
    /// The product that it names.
    pub product: Option<String>,
    /// The policy.
    pub policy: String,
    /// Whether viewers judge that policy, so that enough reports become a draft.
    pub is_judged: bool,
    /// The session, or the day in place of it.
    pub session: String,
    /// The language of the reporter's page.
    pub lang: String,
    /// The reporter's words.
    pub text: Option<String>,
    /// The moment in the stream, in milliseconds from its start.
    pub stream_at_ms: Option<u64>,
    /// Whether the reporter is proven to have placed the order.
    pub proven: bool,
    /// Whether the account is younger than 7 days.
    pub new_account: bool,
    /// The time, in Unix milliseconds.
    pub at_ms: u64,
    /// The id of the bucket, if this is its first report.
    pub bucket: Uuid,
    /// The id of the draft, if this report makes it enough.
    pub case: CaseId,
}

/// A filed report.
#[derive(Clone, Debug, PartialEq)]
pub struct Reported {
    /// The bucket with this report.
    pub bucket: Bucket,
    /// Whether it is the bucket's first.
    pub is_first: bool,
}

/// Why a report is not filed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportRefusal {
    /// The viewer has filed as many today as a day may have.
    #[error("a viewer reports at most {} times a day", live_jury_protocol::limits::REPORTS_A_DAY_MAX)]
    TooMany,
    /// The viewer has reported the same today.
    #[error("you have reported this today")]
    Repeated,
}

/// Why a moderator's step on a bucket is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BucketRefusal {
    /// There is no such bucket.
    #[error("there is no such bucket")]
    NotFound,
    /// It does not wait for a moderator.
    #[error("the bucket does not wait: it has a case, or has ended")]
    Decided,
    /// It is at another version.
    #[error("the bucket is at version {0} by now")]
    Version(u64),
}

/// Reports about one thing in one session.
#[derive(Clone, Debug, PartialEq)]
pub struct Bucket {
    /// The id.
    pub id: Uuid,
    /// The room.
    pub room: RoomId,
    /// The party.
    pub party: Party,
    /// The policy.
    pub policy: String,
    /// The merchant that the first report named.
    pub merchant: Option<String>,
    /// The host that the first report named.
    pub host: Option<String>,
    /// The product, if all reports name the same.
    pub product: Option<String>,
    /// The language of the first reporter's page.
    pub lang: String,
    /// The state.
    pub state: BucketState,
    /// The case, once there is enough for one.
    pub case: Option<CaseId>,
    /// Whether the case was opened.
    pub opened: bool,
    /// The effect of the end on the reporters' records.
    pub credit: Credit,
    /// The version. It grows with each step, and not with reports.
    pub version: u64,
    /// The number of reports.
    pub reports: u64,
    /// The sums over the reporters.
    pub sums: Sums,
    /// The time of the first report, in Unix milliseconds.
    pub first_ms: u64,
    /// The time of the last report, in Unix milliseconds.
    pub last_ms: u64,
    /// The words with which a moderator closed it.
    pub words: Option<String>,
}

/// The states of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BucketState {
    /// It gathers reports.
    Open,
    /// It has a draft, or a case in court.
    Drafted,
    /// It waits for a moderator, as viewers do not judge its policy.
    Queued,
    /// The jury upheld the complaint.
    Upheld,
    /// The jury did not.
    NotUpheld,
    /// It ended without a verdict.
    Closed,
}

impl BucketState {
    /// All states.
    pub const ALL: [Self; 6] = [Self::Open, Self::Drafted, Self::Queued, Self::Upheld, Self::NotUpheld, Self::Closed];

    /// The name on the wire and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Drafted => "drafted",
            Self::Queued => "queued",
            Self::Upheld => "upheld",
            Self::NotUpheld => "not_upheld",
            Self::Closed => "closed",
        }
    }

    /// Whether a moderator may draft or close it.
    #[must_use]
    pub const fn waits(self) -> bool {
        matches!(self, Self::Open | Self::Queued)
    }
}

/// The effect of a bucket's end on the records of its reporters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credit {
    /// None.
    None,
    /// They were right.
    Upheld,
    /// They were not.
    Dismissed,
}

impl Credit {
    /// All credits.
    pub const ALL: [Self; 3] = [Self::None, Self::Upheld, Self::Dismissed];

    /// The name in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Upheld => "upheld",
            Self::Dismissed => "dismissed",
        }
    }
}

/// The end of a bucket by its case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BucketEnd {
    /// The state.
    pub state: BucketState,
    /// The effect on the reporters' records.
    pub credit: Credit,
}

impl BucketEnd {
    /// The draft was discarded, the case is void, or a moderator withdrew what the verdict made.
    pub const CLOSED: Self = Self { state: BucketState::Closed, credit: Credit::None };
    /// The verdict made a violation, or a moderator confirmed the one that it proposed.
    pub const UPHELD: Self = Self { state: BucketState::Upheld, credit: Credit::Upheld };
    /// There is no violation in the end: another option won, a moderator dismissed it, or an appeal was won.
    pub const NOT_UPHELD: Self = Self { state: BucketState::NotUpheld, credit: Credit::Dismissed };
}

/// A moderator's closing of a bucket.
#[derive(Clone, Copy, Debug)]
pub struct Closing<'c> {
    /// The moderator's `sub`.
    pub by: &'c str,
    /// The moderator's words.
    pub words: &'c str,
    /// The version that the moderator has read.
    pub version: Option<u64>,
    /// The time, in Unix milliseconds.
    pub at_ms: u64,
}

/// A viewer's own report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnReport {
    /// The time, in Unix milliseconds.
    pub at_ms: u64,
    /// The policy.
    pub policy: String,
    /// The party.
    pub party: Party,
    /// The product.
    pub product: Option<String>,
    /// The state of its bucket.
    pub state: BucketState,
    /// Whether the case was opened.
    pub opened: bool,
    /// The case.
    pub case: Option<CaseId>,
}

/// A report as a moderator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportShown {
    /// The reporter's words.
    pub text: Option<String>,
    /// The moment in the stream, in milliseconds from its start.
    pub stream_at_ms: Option<u64>,
    /// Whether the reporter is proven to have placed the order.
    pub proven: bool,
    /// Whether the account was younger than 7 days.
    pub new_account: bool,
    /// The time, in Unix milliseconds.
    pub at_ms: u64,
}
