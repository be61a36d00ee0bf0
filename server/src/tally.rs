//! Where a ballot becomes counted: the [`TallyStore`] seam; it decides nothing and knows no room.

mod redis;
mod sqlite;

use async_trait::async_trait;
use live_jury_court::{Pseudonym, SealedBy, StoredBallot};
use live_jury_protocol::{CaseId, Side};

pub use self::redis::{Durability, Hosts, RedisTally};
pub use self::sqlite::SqliteTally;

/// Ballots in one [`TallyStore::record`] call, at most: what a store does in a few milliseconds.
pub const BATCH_BALLOTS_MAX: usize = 1_000;
/// How long a released case stands on, in milliseconds: longer than a client repeats a cast it has no answer to.
pub const RELEASED_KEPT_MS: u64 = 10 * 60 * 1_000;

/// Counts the ballots of cases, for all nodes alike.
///
/// A case stands in a store from [`restore`](Self::restore) to [`release`](Self::release). Each call on a case is one
/// atomic step. Every call may be repeated: one that timed out may have been applied, and applying it again changes
/// nothing. Time is the store's own clock, in Unix milliseconds.
///
/// Whoever reads a tally passes the `epoch` it knows and the highest `rev` it had seen *before the call was sent*
/// (`seen_rev`). No case, one whose ballots are gone, a lower epoch, or a `rev` below `seen_rev` at that epoch, is
/// [`TallyError::Lost`]; a higher epoch is [`TallyError::Superseded`]. No call but `restore` creates anything.
#[async_trait]
pub trait TallyStore: Send + Sync {
    /// The store's clock.
    async fn now_ms(&self) -> Result<u64, TallyError>;

    /// Makes the case stand, open, in `params.epoch`, unless it stands in that epoch or a higher one.
    ///
    /// Ballots that are found are kept and counted again; `rev` then starts at their number. A case that stands in the
    /// same epoch, unsealed and without a ballot, takes over all of `params`, and is not released any more, if that is of
    /// a later draft, or of the same one with a later deadline: the one before was given up half-way. One that comes late
    /// undoes nothing: within an epoch a deadline only moves on. Returns how the case stands, whoever made it so (its
    /// epoch may be a higher one).
    async fn restore(&self, case: CaseId, params: &OpenParams) -> Result<TallyState, TallyError>;

    /// Records a batch, of at most [`BATCH_BALLOTS_MAX`]; `results` are in the order of `ballots`. One juror may stand
    /// in it twice. A batch that counted or changed anything raises `rev` by one.
    ///
    /// # Errors
    /// [`TallyError::Malformed`] if a ballot is for an option that the case has not; nothing of the batch is recorded.
    async fn record(&self, case: CaseId, epoch: u64, seen_rev: u64, ballots: &[Cast]) -> Result<Recorded, TallyError>;

    /// How the case stands.
    async fn poll(&self, case: CaseId, epoch: u64, seen_rev: u64) -> Result<TallyState, TallyError>;

    /// The recorded ballots of these jurors, in their order; of a case that does not stand, none.
    async fn ballots_of(&self, case: CaseId, jurors: &[Pseudonym]) -> Result<Vec<Option<StoredBallotAt>>, TallyError>;

    /// Moves the deadline from `from_ms` to `to_ms`, if the case is open by the store's clock and its deadline is
    /// `from_ms`. Returns how the case stands: the deadline tells whether it was moved (a repeat finds it there).
    async fn extend(&self, case: CaseId, epoch: u64, from_ms: u64, to_ms: u64) -> Result<TallyState, TallyError>;

    /// Seals the case: after it no ballot counts. By [`SealedBy::Deadline`] only when the deadline has passed. Of a
    /// sealed case, the first seal stands. Returns how the case stands: `seal` tells whether and by whom it was sealed.
    ///
    /// A moderator's seal, also one that voids, that comes after the deadline, on a case that nobody has sealed yet,
    /// seals it by `Deadline`.
    async fn seal(&self, case: CaseId, epoch: u64, by: &SealedBy) -> Result<TallyState, TallyError>;

    /// All ballots of a sealed case, in order of pseudonym; as many as were counted, else it is lost.
    ///
    /// # Errors
    /// [`TallyError::Malformed`] if the case is not sealed.
    async fn ballots(&self, case: CaseId, epoch: u64) -> Result<Vec<StoredBallot>, TallyError>;

    /// Lets go of a case that the docket has recorded: it stands for [`RELEASED_KEPT_MS`] more, for late repeats, then is
    /// gone, at once or with a later release.
    async fn release(&self, case: CaseId) -> Result<(), TallyError>;
}

/// What a store needs to make a case stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenParams {
    /// The epoch, from 1.
    pub epoch: u64,
    /// The version of the draft that is opened; 0 after a loss, which changes nothing of the case but its epoch and
    /// deadline.
    pub draft: u64,
    /// When the case closes.
    pub closes_at_ms: u64,
    /// How many options it has; a ballot's option is below it.
    pub options: u8,
    /// Whether a juror may change the ballot.
    pub allow_change: bool,
}

/// One ballot on its way into the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cast {
    /// Who casts it.
    pub juror: Pseudonym,
    /// The option's place, from 0.
    pub option: u8,
    /// Which side of the market the juror trades on.
    pub side: Option<Side>,
    /// The ballot's number among this juror's ballots in this case, from 0; looked at only where changes are allowed.
    pub change: u32,
}

/// A recorded ballot of a case that stands, as one atomic step found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredBallotAt {
    /// The epoch that the case stands in.
    pub epoch: u64,
    /// The ballot.
    pub ballot: StoredBallot,
}

/// How a case stands in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TallyState {
    /// The epoch it stands in.
    pub epoch: u64,
    /// Grows with every change of the counts.
    pub rev: u64,
    /// Ballots by option, in the order of the case's options; their sum is the number of ballots.
    pub counts: Vec<u64>,
    /// When it closes.
    pub closes_at_ms: u64,
    /// Whether it is sealed.
    pub seal: Option<Seal>,
    /// The store's clock at this answer.
    pub now_ms: u64,
}

impl OpenParams {
    /// Whether this one takes over from another in the same epoch, under which nothing has happened.
    #[must_use]
    pub const fn supersedes(&self, draft: u64, closes_at_ms: u64) -> bool {
        self.draft > draft || (self.draft == draft && self.closes_at_ms > closes_at_ms)
    }
}

impl TallyState {
    /// Ballots in all.
    #[must_use]
    pub fn ballots(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// The end of a case's counting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Who sealed it.
    pub by: SealedBy,
    /// When.
    pub at_ms: u64,
}

/// What a batch did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// How the case stands after it.
    pub state: TallyState,
    /// What became of each ballot, in the batch's order.
    pub results: Vec<RecordResult>,
}

/// What became of a ballot. Where one is recorded, `option` and `change` are what is stored now.
///
/// The rule, where the case allows no change: no ballot of this juror stored and the case open by the store's clock:
/// stored with change 0, `Counted`. The same option stored: `Duplicate`, also after the seal. Another one stored:
/// `AlreadyVoted` while open. All else: `Closed`.
///
/// Where it allows changes: nothing stored: stored with the given number, `Counted`. Number `m` stored: a cast
/// numbered `m + 1` takes its place while open, `Changed` (also with the same option); any other is a `Duplicate`.
/// After the seal, a cast numbered `m` or lower is a `Duplicate`, all else `Closed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordResult {
    /// It now counts.
    Counted {
        /// The option stored.
        option: u8,
        /// Its number.
        change: u32,
    },
    /// It took the place of an earlier one.
    Changed {
        /// The option stored.
        option: u8,
        /// Its number.
        change: u32,
    },
    /// It, or a later one, was recorded before.
    Duplicate {
        /// The option stored.
        option: u8,
        /// Its number.
        change: u32,
    },
    /// Another option is recorded and may not be changed.
    AlreadyVoted {
        /// The option stored.
        option: u8,
        /// Its number.
        change: u32,
    },
    /// The case is sealed, or its deadline has passed.
    Closed,
}

/// Why a tally store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum TallyError {
    /// The store has lost this case, or part of it.
    #[error("the tally store has lost case {0}")]
    Lost(CaseId),
    /// The case stands in a higher epoch than the caller knows: read the docket again.
    #[error("case {case} stands in epoch {epoch}")]
    Superseded {
        /// The case.
        case: CaseId,
        /// The epoch it stands in.
        epoch: u64,
    },
    /// What the store answered is not of its form.
    #[error("the tally store's answer is not of its form: {0}")]
    Malformed(String),
    /// The store is away, or too slow.
    #[error("the tally store is away: {0}")]
    Unavailable(String),
}
