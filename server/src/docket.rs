//! The durable record: the [`Docket`] seam, where cases, ballots and verdicts are filed; it decides nothing.

mod postgres;
mod row;
mod sqlite;

use async_trait::async_trait;
use live_jury_court::{Case, Pseudonym, StoredBallot};
use live_jury_protocol::{AuditEntry, CaseId, CaseState, RoomId};

pub(crate) use self::postgres::SCHEMA as POSTGRES_SCHEMA;
pub use self::postgres::{PostgresDocket, PostgresError};
pub use self::sqlite::SqliteDocket;

/// Keeps cases, their audit trail, their ballots and their verdicts, for all nodes alike.
///
/// Each call is one transaction. Every change of a case that the room's public can see (all but those of drafts)
/// raises the room's `rev` by one, in that transaction.
#[async_trait]
pub trait Docket: Send + Sync {
    /// Files a new case (a draft, or open at once) with its first audit entries. With a `request`, an earlier call with the same room and key
    /// is not repeated: its answer comes back as [`Added::Replayed`]. Requests older than
    /// [`live_jury_protocol::limits::REQUEST_KEPT_MS`], by the new case's time, are forgotten.
    ///
    /// # Errors
    /// [`DocketError::TooManyLive`] if the case is open and the room has as many live ones as it may.
    /// [`DocketError::TooManyDrafts`] if it is a draft and the room has as many as it may.
    /// [`DocketError::KeyReused`] if the key came before with another digest.
    async fn add(&self, case: &Case, entries: &[AuditEntry], request: Option<&Request>) -> Result<Added, DocketError>;

    /// The answer given to an earlier `add` with this room, key and digest.
    ///
    /// # Errors
    /// [`DocketError::KeyReused`] if the key came with another digest.
    async fn answered(&self, request: &Request) -> Result<Option<String>, DocketError>;

    /// One case.
    async fn case(&self, id: CaseId) -> Result<Option<Case>, DocketError>;

    /// Files a case's next version with its audit entry, and, where it is concluded, the ballots that its verdict is
    /// made of: all of it or nothing.
    ///
    /// # Errors
    /// [`DocketError::Conflict`] unless the version filed before is `case.version - 1`; nothing is changed then.
    /// [`DocketError::TooManyLive`] as in [`add`](Self::add), when a draft becomes open.
    async fn file(&self, case: &Case, entry: &AuditEntry, ballots: &[StoredBallot]) -> Result<(), DocketError>;

    /// A room as its public sees it: open and sealed cases, oldest first, and the last decided or void ones, newest
    /// first, at most [`live_jury_protocol::limits::ENDED_CASES_IN_DOCKET`]; read in one snapshot with `rev`. A room that
    /// the docket does not know has rev 0 and no cases.
    async fn room(&self, room: &RoomId) -> Result<RoomRecord, DocketError>;

    /// The `rev` of each room that has open or sealed cases, and of each of `known`.
    async fn revs(&self, known: &[RoomId]) -> Result<Vec<RoomRev>, DocketError>;

    /// Cases, newest first.
    async fn cases(&self, query: &CaseQuery) -> Result<Vec<Case>, DocketError>;

    /// Decided and void cases with their place in the order in which they were recorded: a number that only grows, in
    /// order of commit, so that one who follows along misses none.
    async fn verdicts(&self, query: &VerdictQuery) -> Result<Vec<(u64, Case)>, DocketError>;

    /// A case's audit trail, oldest first.
    async fn audit(&self, id: CaseId) -> Result<Vec<AuditEntry>, DocketError>;

    /// A recorded case's ballots, in order of pseudonym.
    async fn ballots(&self, id: CaseId) -> Result<Vec<StoredBallot>, DocketError>;

    /// The recorded ballots of these jurors, in their order.
    async fn ballots_of(&self, id: CaseId, jurors: &[Pseudonym]) -> Result<Vec<Option<StoredBallot>>, DocketError>;

    /// Whether the docket answers.
    async fn ping(&self) -> Result<(), DocketError>;
}

/// A request that is carried out once, by its `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The room it is for.
    pub room: RoomId,
    /// The key.
    pub key: String,
    /// SHA-256 of what was asked, in hex: the same key with another request is a mistake.
    pub digest: String,
    /// The answer to give, now and to a repeat.
    pub answer: String,
}

/// What became of an [`Docket::add`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// The case is filed.
    Created,
    /// The key came before: the answer given then.
    Replayed(String),
}

/// A room as its public sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomRecord {
    /// Grows with every change that the public can see.
    pub rev: u64,
    /// Open and sealed cases, oldest first.
    pub live: Vec<Case>,
    /// The last decided and void cases, newest first.
    pub ended: Vec<Case>,
}

/// How far a room's record is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomRev {
    /// The room.
    pub room: RoomId,
    /// Its rev.
    pub rev: u64,
    /// Whether it has open or sealed cases.
    pub live: bool,
}

/// Which cases to list, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseQuery {
    /// The room.
    pub room: RoomId,
    /// The states.
    pub states: Vec<CaseState>,
    /// How many, at most.
    pub limit: u32,
    /// Only cases older than this one.
    pub before: Option<CaseId>,
}

/// Which verdicts to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerdictQuery {
    /// One room's, newest first.
    OfRoom {
        /// The room.
        room: RoomId,
        /// Only those recorded before this place.
        before: Option<u64>,
        /// How many, at most.
        limit: u32,
    },
    /// All rooms', oldest first.
    After {
        /// Only those recorded after this place; 0 for all.
        after: u64,
        /// How many, at most.
        limit: u32,
    },
}

/// Why the docket did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum DocketError {
    /// Another version was filed meanwhile.
    #[error("another version of case {0} was filed meanwhile")]
    Conflict(CaseId),
    /// The room has as many open and sealed cases as it may.
    #[error("room {0} has as many open cases as it may")]
    TooManyLive(RoomId),
    /// The room has as many drafts as it may.
    #[error("room {0} has as many drafts as it may")]
    TooManyDrafts(RoomId),
    /// The idempotency key came before with another request.
    #[error("the idempotency key came before with another request")]
    KeyReused,
    /// A row is not of its form.
    #[error("a row is not of its form: {0}")]
    Malformed(String),
    /// The database is away, or refused.
    #[error("the docket is away: {0}")]
    Unavailable(#[source] sqlx::Error),
}
