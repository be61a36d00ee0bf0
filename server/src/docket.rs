//! The docket: the durable record of cases, ballots and verdicts. It decides nothing.

mod appeals;
mod attestation;
mod ballots;
mod checks;
mod erasure;
mod form;
mod incarnation;
mod jurors;
mod ledger;
mod log;
mod mark;
mod nodes;
mod outbox;
mod panels;
mod policies;
mod postgres;
mod read;
mod revocations;
mod row;
mod serving;
mod sqlite;
mod targets;
mod write;

use async_trait::async_trait;
use live_jury_court::{Audience, Case, Pseudonym, StoredBallot};
use live_jury_protocol::{AuditEntry, CaseId, CaseState, ListedCase, RoomId, UnreadableCase};
use uuid::Uuid;

pub use self::appeals::{AppealStore, JURORS_ASKED_MAX};
pub(crate) use self::attestation::public_brief;
pub use self::attestation::{
    Attestation, AttestationStore, AttestedCase, CaseProofs, SEAL_BYTES, SEALS_PER_ROW, StatementInputs,
};
pub use self::checks::{CaseChecks, CheckStore};
pub use self::erasure::EraseStore;
pub(crate) use self::form::{PanelSeats, RowForm, rest_bytes, row_bytes, sealed_form};
pub use self::incarnation::{History, Incarnation, IncarnationStore, Place};
pub use self::jurors::{Answer, JurorRecord, JurorStore, PROFILES_MAX, counting};
pub use self::ledger::{LEDGER_KEPT_MS, LedgerRow, LedgerStore, LedgerSum};
pub use self::log::{LogEdge, LogHead, LogNote, LogStore, LoggedCase};
pub use self::mark::{DocketMark, MarkError, Marked, PLACES_MARKED_MAX};
pub use self::nodes::{NODE_KEPT_MS, NodeStore, OthersWriting};
pub use self::outbox::{Event, EventStore};
pub use self::panels::{PanelStore, seats_of};
pub use self::policies::{PolicyLine, PolicyScope, PolicyStore};
pub use self::postgres::{PostgresDocket, SCHEMA as POSTGRES_SCHEMA};
pub use self::revocations::{RevocationStore, RevokedSince};
pub use self::serving::ServingStore;
pub use self::sqlite::SqliteDocket;
pub use self::targets::{Deliveries, HELD_MS, HeldTarget, TargetState, TargetStore, WaitingDelivery};
use crate::call_error::{CallError, Failure};
use crate::health::FoundDurability;
pub use crate::sql::outbox::EVENTS_KEPT_MS;
pub(crate) use crate::sql::outbox::uuid_at;
pub use crate::sql::pool::PostgresError;
use crate::sql::row::{Malformed, is_malformed};

/// The number of times that the ballots of a case are filed in one call. The second time follows rows that were there
/// before and did not add up. A third would mean that somebody else writes them.
const FILINGS_MAX: usize = 2;

/// The whole docket, which all nodes share.
///
/// Each call is one transaction, but for the ballots of [`CaseStore::record`]. Every change of a case that the room's
/// public can see (all but those of drafts) raises the room's `rev` by one, in that transaction.
#[async_trait]
pub trait Docket:
    CaseStore
    + RoomStore
    + BallotStore
    + AttestationStore
    + CheckStore
    + LogStore
    + EventStore
    + NodeStore
    + LedgerStore
    + IncarnationStore
    + PanelStore
    + PolicyStore
    + RevocationStore
    + JurorStore
    + ServingStore
    + AppealStore
    + EraseStore
    + TargetStore
{
    /// Asks the database for a sign of life.
    async fn ping(&self) -> Result<(), DocketError>;

    /// Reads the settings that decide whether the database keeps what it has committed.
    async fn durability(&self) -> Result<FoundDurability, DocketError>;

    /// Makes later calls open new connections: an old one may lead to a server that is no longer the primary.
    fn distrust_connections(&self) {}
}

/// Cases, each with its audit trail.
#[async_trait]
pub trait CaseStore: Send + Sync {
    /// Files a new case, a draft or open, with its first audit entries.
    ///
    /// With a `request`, an earlier call with the same room and key is not repeated: its answer comes back as
    /// [`Added::Replayed`]. Requests older than [`live_jury_protocol::limits::REQUEST_KEPT_MS`], by the new case's
    /// time, are deleted.
    ///
    /// # Errors
    /// [`DocketError::TooManyLive`] if the case is open and the room has its limit of live ones.
    /// [`DocketError::TooManyDrafts`] if it is a draft and the room has its limit of drafts.
    /// [`DocketError::KeyReused`] if the key came before with another digest.
    /// [`DocketError::Appealed`] if the case is an appeal, and another one against the same verdict is neither
    /// discarded nor void.
    async fn add(&self, case: &Case, entries: &[AuditEntry], request: Option<&Request>) -> Result<Added, DocketError>;

    /// The answer given to an earlier `add` with this room, key and digest.
    ///
    /// # Errors
    /// [`DocketError::KeyReused`] if the key came with another digest.
    async fn answered(&self, request: &Request) -> Result<Option<String>, DocketError>;

    /// Files a case's next version with its audit entry, all or nothing. The record itself is filed by
    /// [`record`](Self::record).
    ///
    /// # Errors
    /// [`DocketError::Conflict`] unless the version filed before is `case.version - 1`; nothing is changed then.
    /// [`DocketError::TooManyLive`] as in [`add`](Self::add), when a draft becomes open.
    async fn file(&self, case: &Case, entry: &AuditEntry) -> Result<(), DocketError>;

    /// Files a concluded case with its audit entry, the ballots that its verdict counts, and its entry in the log.
    ///
    /// Ballots and seals are filed first, in transactions of their own under the sealed case. A call that failed may
    /// leave some, and nobody reads them; the next call files what is missing. The last transaction checks that they
    /// add up, and is all or nothing. Rows of other ballots are deleted.
    ///
    /// # Errors
    /// [`DocketError::Conflict`] unless the version filed before is `case.version - 1`, with the audit lines that the
    /// attestation is about; nothing is recorded then.
    async fn record(
        &self,
        case: &Case,
        entry: &AuditEntry,
        ballots: &[StoredBallot],
        attestation: &Attestation,
    ) -> Result<(), DocketError>;

    /// Files the clock of a recorded case's remedy as its next version with its audit entry, all or nothing.
    ///
    /// # Errors
    /// [`DocketError::Conflict`] unless the version filed before is `case.version - 1`, and trust has ordered a remedy.
    async fn file_remedy(&self, case: &Case, entry: &AuditEntry) -> Result<(), DocketError>;

    /// Discards a draft. Its text is deleted; its audit trail stays, and gets this entry. From then on the draft is
    /// neither read nor counted.
    ///
    /// # Errors
    /// [`DocketError::Conflict`] unless the version filed before is a draft at `case.version - 1`.
    async fn discard(&self, case: &Case, entry: &AuditEntry) -> Result<(), DocketError>;

    /// Adds a line to a case's audit trail and changes nothing else. It says what was found after the record.
    async fn note(&self, id: CaseId, entry: &AuditEntry) -> Result<(), DocketError>;

    /// Reads one case.
    ///
    /// # Errors
    /// [`DocketError::Malformed`] if its row cannot be read.
    async fn case(&self, id: CaseId) -> Result<Option<Case>, DocketError>;

    /// Reads cases, newest first.
    async fn cases(&self, query: &CaseQuery) -> Result<Vec<StoredCase>, DocketError>;

    /// Reads decided and void cases with their places in the order of recording. Places grow in the order of commits,
    /// so that a reader who follows them misses none.
    async fn verdicts(&self, query: &VerdictQuery) -> Result<Vec<StoredCase>, DocketError>;

    /// Reads a case's audit trail, oldest line first.
    async fn audit(&self, id: CaseId) -> Result<Vec<AuditEntry>, DocketError>;

    /// Reads at most `limit` lines of a case's audit trail after this one, oldest first; 0 reads from the first.
    async fn audit_after(&self, id: CaseId, after: u64, limit: u32) -> Result<Vec<AuditLine>, DocketError>;
}

/// Rooms, as their public sees them.
#[async_trait]
pub trait RoomStore: Send + Sync {
    /// Reads a room in one snapshot. A room that the docket does not know has rev 0 and no cases.
    async fn room(&self, room: &RoomId) -> Result<RoomRecord, DocketError>;

    /// Reads the `rev` of each room that has open or sealed cases, and of each of `known`.
    async fn revs(&self, known: &[RoomId]) -> Result<Vec<RoomRev>, DocketError>;
}

/// The ballots of recorded cases.
#[async_trait]
pub trait BallotStore: Send + Sync {
    /// Reads all ballots of a recorded case, in order of pseudonym. A case that is not recorded has none.
    async fn ballots(&self, id: CaseId) -> Result<Vec<StoredBallot>, DocketError>;

    /// Reads a case's next ballots in order of pseudonym: at most `limit`, after this pseudonym.
    async fn ballots_after(
        &self,
        id: CaseId,
        after: Option<Pseudonym>,
        limit: u32,
    ) -> Result<Vec<StoredBallot>, DocketError>;

    /// Reads the ballots of these jurors in a recorded case, in their order. A case that is not recorded has none.
    async fn ballots_of(&self, id: CaseId, jurors: &[Pseudonym]) -> Result<Vec<Option<StoredBallot>>, DocketError>;
}

/// A request with an `Idempotency-Key`, which is carried out once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The room that the request is for.
    pub room: RoomId,
    /// The key.
    pub key: String,
    /// SHA-256 of the body, in hex. The same key with another digest is a mistake of the client.
    pub digest: String,
    /// The answer, for this request and for its repeats.
    pub answer: String,
}

/// The result of [`CaseStore::add`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// The case is filed.
    Created,
    /// The key came before, and this was the answer.
    Replayed(String),
}

/// A line of an audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// The number of the line. It grows within a case, and has gaps.
    pub line: u64,
    /// The line.
    pub entry: AuditEntry,
}

/// A case in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCase {
    /// The case's id.
    pub id: CaseId,
    /// The place among the verdicts, if the case is recorded.
    pub place: Option<u64>,
    /// The case; `None` if its row cannot be read. The docket then has reported it.
    pub case: Option<Case>,
}

impl StoredCase {
    /// The item of a list as `audience` reads it.
    #[must_use]
    pub fn to_wire(&self, audience: Audience) -> ListedCase {
        match &self.case {
            Some(case) => ListedCase::Case(Box::new(case.to_wire(audience))),
            None => ListedCase::Unreadable(UnreadableCase { id: self.id, place: self.place, unreadable: true }),
        }
    }
}

/// A room as its public sees it. A case whose row cannot be read is left out and reported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomRecord {
    /// The docket's incarnation. Revisions of different ones are not comparable.
    pub incarnation: Uuid,
    /// The room's revision. Every change that the public can see raises it.
    pub rev: u64,
    /// Open and sealed cases, oldest first.
    pub live: Vec<Case>,
    /// The last decided and void cases, newest first, at most [`live_jury_protocol::limits::ENDED_CASES_IN_DOCKET`].
    pub ended: Vec<Case>,
}

/// A room's revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomRev {
    /// The room.
    pub room: RoomId,
    /// Its revision.
    pub rev: u64,
    /// Whether it has open or sealed cases.
    pub live: bool,
}

/// A selection of a room's cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseQuery {
    /// The room.
    pub room: RoomId,
    /// The states to list.
    pub states: Vec<CaseState>,
    /// The largest number of cases to list.
    pub limit: u32,
    /// Lists cases that are older than this one.
    pub before: Option<CaseId>,
}

/// A selection of recorded cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerdictQuery {
    /// One room's, newest first.
    OfRoom {
        /// The room.
        room: RoomId,
        /// Lists cases with a smaller place.
        before: Option<u64>,
        /// The largest number of cases to list.
        limit: u32,
    },
    /// All rooms', oldest first.
    After {
        /// Lists cases with a larger place; 0 lists from the first.
        after: u64,
        /// The largest number of cases to list.
        limit: u32,
    },
}

/// The reasons for which a call on the docket fails.
#[derive(Debug, thiserror::Error)]
pub enum DocketError {
    /// Another version was filed meanwhile.
    #[error("another version of case {0} was filed meanwhile")]
    Conflict(CaseId),
    /// The room has its limit of open and sealed cases.
    #[error("room {0} has its limit of open cases")]
    TooManyLive(RoomId),
    /// The room has its limit of drafts.
    #[error("room {0} has its limit of drafts")]
    TooManyDrafts(RoomId),
    /// The case has an appeal.
    #[error("case {0} has an appeal")]
    Appealed(CaseId),
    /// The case has an appeal that is not recorded yet, and its jurors must be known until then.
    #[error("case {0} has an appeal that is not recorded yet")]
    UnderAppeal(CaseId),
    /// The docket has its limit of revocations.
    #[error("the docket has its limit of revocations")]
    TooManyRevocations,
    /// The idempotency key came before with another request.
    #[error("the idempotency key came before with another request")]
    KeyReused,
    /// A value does not fit its column.
    #[error("a row is malformed: {0}")]
    Malformed(String),
    /// The database did not answer, or refused the call.
    #[error("the docket did not answer: {0}")]
    Unavailable(#[source] sqlx::Error),
}

impl From<Malformed> for DocketError {
    fn from(error: Malformed) -> Self {
        Self::Malformed(error.to_string())
    }
}

impl From<sqlx::Error> for DocketError {
    fn from(error: sqlx::Error) -> Self {
        if is_malformed(&error) { Self::Malformed(error.to_string()) } else { Self::Unavailable(error) }
    }
}

/// The error of a case whose rows do not add up to its ballots though they were just filed.
fn ballots_keep_changing(id: CaseId) -> DocketError {
    DocketError::Malformed(format!("the ballots of case {id} do not add up to its verdict"))
}

impl CallError for DocketError {
    fn failure(&self) -> Option<Failure> {
        match self {
            Self::Unavailable(error) => Some(error.into()),
            _ => None,
        }
    }
}
