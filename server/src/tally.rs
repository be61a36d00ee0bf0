//! The tally: the [`TallyStore`] that records and counts ballots. It decides no case and knows no room.

mod offer;
mod redis;
mod seen;
mod sqlite;
mod steady;

use async_trait::async_trait;
use live_jury_court::{Marks, Open, Pseudonym, SealedBy, StoreId, StoredBallot};
use live_jury_protocol::{CaseId, Side};

pub use self::redis::{Hosts, RedisSettings, RedisTally};
pub use self::seen::SeenTallies;
pub use self::sqlite::SqliteTally;
pub use self::steady::SteadyTally;
use crate::call_error::{CallError, Failure};
use crate::entrant::Entrants;
use crate::health::FoundDurability;
use crate::sql::row::{Malformed, is_malformed};

/// The largest number of ballots in one [`TallyStore::record`] call. A store records that many in a few milliseconds,
/// for which other cases wait.
pub const BATCH_BALLOTS_MAX: usize = 1_000;
/// The time for which a case stays after its deadline, in milliseconds, unless it is released before: a week. A docket
/// that does not answer for so long loses its sealed cases; without a limit, cases that nobody releases would fill the
/// store.
pub const UNRECORDED_KEPT_MS: u64 = 7 * 24 * 60 * 60 * 1_000;
/// The time for which a released case stays, in milliseconds: a day. It serves late repeats of a cast, and a docket
/// that is restored from a backup of the same day.
pub const RELEASED_KEPT_MS: u64 = 24 * 60 * 60 * 1_000;
/// The same time where the store is more than half full: ten minutes, longer than a client repeats an unanswered cast.
pub const RELEASED_KEPT_FULL_MS: u64 = 10 * 60 * 1_000;
/// The time before an expiry is moved on again, in milliseconds: a day, so that few reads write.
pub const RENEWED_AFTER_MS: u64 = 24 * 60 * 60 * 1_000;

/// Records and counts the ballots of cases, for all nodes.
///
/// A case exists in a store from [`restore`](Self::restore) to its expiry: [`UNRECORDED_KEPT_MS`] after its deadline,
/// and sooner after a [`release`](Self::release). Each call on a case is one atomic step. Every call may be repeated: a
/// call that timed out may have been applied, and applying it again changes nothing. Time is the store's own clock, in
/// Unix milliseconds.
///
/// A reader passes the `epoch` that it knows and the highest `rev` that it had seen *before it sent the call*
/// (`seen_rev`). The case is [`TallyError::Lost`] if it does not exist, if its ballots are missing, if its epoch is
/// lower or of another store, or if its `rev` is below `seen_rev` in that epoch. A higher epoch is
/// [`TallyError::Superseded`]. Only `restore` creates a case.
#[async_trait]
pub trait TallyStore: Send + Sync {
    /// Reads the store's clock.
    async fn now_ms(&self) -> Result<u64, TallyError>;

    /// Reads the store's clock for a wait of this case: as far as the reader's own clock agrees, if it has one.
    async fn now_ms_of(&self, case: CaseId) -> Result<u64, TallyError>;

    /// Reads the store's id, which is made at the first read. A store that has lost its data makes another one.
    async fn store_id(&self) -> Result<StoreId, TallyError>;

    /// Creates the case, open, in `params.epoch`, unless it exists in that epoch or a higher one.
    ///
    /// Ballots that exist are kept and counted again; `rev` then starts at their number. Returns the case's state,
    /// whoever created it; its epoch may be a higher one.
    ///
    /// An unsealed case of the same epoch without a ballot is an opening that was never filed. It takes over all of
    /// `params`, and its release is undone, if [`OpenParams::supersedes`] says so: `params` are of a later draft, or of
    /// the same draft with a later deadline. A late call undoes nothing, since within an epoch a deadline only moves
    /// on.
    ///
    /// # Errors
    /// [`TallyError::Full`] if the call opens a case and the store is more than four fifths full.
    async fn restore(&self, case: CaseId, params: &OpenParams) -> Result<TallyState, TallyError>;

    /// Records a batch of at most [`BATCH_BALLOTS_MAX`] ballots, among which a juror may be twice. `results` are in the
    /// order of `ballots`. A batch that counted or changed a ballot raises `rev` by one.
    ///
    /// # Errors
    /// [`TallyError::Malformed`] if a ballot is for an option that the case lacks; nothing of the batch is recorded.
    async fn record(
        &self,
        case: CaseId,
        epoch: StoreEpoch,
        seen_rev: u64,
        ballots: &[Cast],
    ) -> Result<Recorded, TallyError>;

    /// Reads the case's state. A sealed case that is not released does not expire while it is polled once a week.
    async fn poll(&self, case: CaseId, epoch: StoreEpoch, seen_rev: u64) -> Result<TallyState, TallyError>;

    /// Reads the recorded ballots of these jurors, in their order. A case that does not exist has none.
    async fn ballots_of(&self, case: CaseId, jurors: &[Pseudonym]) -> Result<Vec<Option<StoredBallotAt>>, TallyError>;

    /// Puts jurors into the lists from which a case's panel is drawn. A repeat changes nothing. A call after the draw
    /// changes nothing, either.
    async fn offer(&self, case: CaseId, epoch: StoreEpoch, offers: &Entrants) -> Result<(), TallyError>;

    /// Freezes the lists of a case and returns the lowest tickets of each, in order, at most so many of each list. A
    /// juror who is in two lists is in the first of them alone. A further call returns the same.
    async fn draw(&self, case: CaseId, epoch: StoreEpoch, most: [usize; 3]) -> Result<Entrants, TallyError>;

    /// The same, answered once the ballots that this node has recorded survive a failure. A ballot that was not
    /// acknowledged may otherwise be read, and be gone after it.
    async fn kept_ballots_of(
        &self,
        case: CaseId,
        jurors: &[Pseudonym],
    ) -> Result<Vec<Option<StoredBallotAt>>, TallyError> {
        self.ballots_of(case, jurors).await
    }

    /// Moves the deadline and keeps the extension, if the case is open by the store's clock and its deadline is the
    /// extension's `from_ms`. Returns the case's state, whose deadline tells whether it was moved. A repeat finds it
    /// moved.
    async fn extend(&self, case: CaseId, epoch: StoreEpoch, extension: &Extension) -> Result<TallyState, TallyError>;

    /// Reads the extension that made the case's deadline; none if no extension did since the last `restore`.
    async fn extension(&self, case: CaseId) -> Result<Option<Extension>, TallyError>;

    /// Seals the case; after that no ballot counts. [`SealedBy::Deadline`] seals it only when the deadline has passed.
    /// The first seal of a case is final. Returns the case's state, whose `seal` tells whether and by whom it is
    /// sealed.
    ///
    /// A moderator's call that comes after the deadline on an unsealed case, also one that voids, seals it by
    /// `Deadline`.
    ///
    /// # Errors
    /// [`TallyError::ClockStepped`] for a moderator, if the store takes the case for closed and the node does not.
    async fn seal(&self, case: CaseId, epoch: StoreEpoch, by: &SealedBy) -> Result<TallyState, TallyError> {
        self.seal_on(case, epoch, by, &SealTerms::default()).await
    }

    /// The same on terms: a case that does not meet them is not sealed.
    async fn seal_on(
        &self,
        case: CaseId,
        epoch: StoreEpoch,
        by: &SealedBy,
        terms: &SealTerms,
    ) -> Result<TallyState, TallyError>;

    /// Reads all ballots of a sealed case, in order of pseudonym. The case is lost if their number is not the counted
    /// one.
    ///
    /// # Errors
    /// [`TallyError::Malformed`] if the case is not sealed.
    async fn ballots(&self, case: CaseId, epoch: StoreEpoch) -> Result<Vec<StoredBallot>, TallyError>;

    /// Lets a case expire that the docket has recorded or will never have. It stays for [`RELEASED_KEPT_MS`], or for
    /// [`RELEASED_KEPT_FULL_MS`] where the store is more than half full, and never longer than without the release.
    async fn release(&self, case: CaseId) -> Result<(), TallyError>;

    /// Deletes expired cases. A node calls this at its start and hourly. A store that does it by itself does nothing.
    async fn sweep(&self) -> Result<(), TallyError> {
        Ok(())
    }

    /// The number of live cases for which the store's clock has stepped, by the node's own clock. Only
    /// [`SteadyTally`] knows.
    fn clock_stepped(&self) -> usize {
        0
    }
}

/// The deletion of what a tally store still has of a case. A node never does it: the docket decides when.
#[async_trait]
pub trait EraseTally: Send + Sync {
    /// Deletes a case with its ballots. It is no error if the store does not have it.
    async fn erase(&self, case: CaseId) -> Result<(), TallyError>;
}

/// The state of a tally store, which a node watches besides the cases in it.
#[async_trait]
pub trait TallyHealth: Send + Sync {
    /// Writes a small value as a ballot is written, so that it fails where a ballot would. In a cluster it tells about
    /// one host.
    async fn probe(&self) -> Result<(), TallyError>;

    /// Reads the settings that decide whether the store keeps an acknowledged ballot.
    async fn durability(&self) -> Result<FoundDurability, TallyError>;

    /// The part of the store's memory that is used; none where it has no limit. In a cluster it is the fullest host's.
    async fn memory_share(&self) -> Result<Option<f64>, TallyError>;
}

/// An epoch of a case, as the docket has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreEpoch {
    /// The epoch, from 1.
    pub number: u64,
    /// The store that the epoch was filed with. None is compared with no store: an earlier version filed it.
    pub store: Option<StoreId>,
}

impl From<u64> for StoreEpoch {
    fn from(number: u64) -> Self {
        Self { number, store: None }
    }
}

impl From<&Open> for StoreEpoch {
    fn from(open: &Open) -> Self {
        Self { number: open.epoch, store: open.store }
    }
}

/// The parameters of an opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenParams {
    /// The epoch, from 1.
    pub epoch: u64,
    /// The store that the epoch is filed with, if one is.
    pub store: Option<StoreId>,
    /// The version of the draft that is opened; 0 after a loss, which changes only epoch and deadline.
    pub draft: u64,
    /// The deadline.
    pub closes_at_ms: u64,
    /// The number of options. A ballot's option is below it.
    pub options: u8,
    /// Whether a juror may change the own ballot.
    pub allow_change: bool,
}

/// An extension, as the store keeps it until the docket has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// The `sub` of the moderator.
    pub by: String,
    /// The deadline before it.
    pub from_ms: u64,
    /// The deadline after it.
    pub to_ms: u64,
}

/// The terms of a seal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SealTerms {
    /// The deadline that the caller has seen. A case with another one is not sealed. None seals at any deadline.
    pub seen_closes_at_ms: Option<u64>,
    /// Bounds on the store's clock. A case is open or past its deadline, and is dated, by the clock within them.
    pub clock: ClockBounds,
}

/// Bounds on a store's clock by the caller's own, in Unix milliseconds. The default has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockBounds {
    /// The earliest time that it may be.
    pub earliest_ms: u64,
    /// The latest time that it may be.
    pub latest_ms: u64,
}

/// A ballot to record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cast {
    /// The juror's pseudonym in this case.
    pub juror: Pseudonym,
    /// The option's index.
    pub option: u8,
    /// The juror's side of the market, if the token named one.
    pub side: Option<Side>,
    /// The ballot's marks. A repeat of a stored ballot does not change them.
    pub marks: Marks,
    /// The ballot's number among this juror's ballots in this case, from 0. It matters only where changes are allowed.
    pub change: u32,
}

/// A recorded ballot with its epoch, both read in one atomic step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredBallotAt {
    /// The case's epoch.
    pub epoch: u64,
    /// The ballot.
    pub ballot: StoredBallot,
}

/// The state of a case in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TallyState {
    /// The epoch.
    pub epoch: u64,
    /// The revision. Every change of the counts raises it.
    pub rev: u64,
    /// Ballots by option, in the order of the case's options.
    pub counts: Vec<u64>,
    /// The deadline.
    pub closes_at_ms: u64,
    /// The seal, if the case is sealed.
    pub seal: Option<Seal>,
    /// The store's clock at this read.
    pub now_ms: u64,
}

impl Extension {
    /// The time that it adds, in whole seconds.
    #[must_use]
    pub const fn by_s(&self) -> u64 {
        self.to_ms.saturating_sub(self.from_ms) / 1_000
    }
}

impl ClockBounds {
    /// The store's clock within the bounds.
    #[must_use]
    pub fn clamp(&self, now_ms: u64) -> u64 {
        now_ms.min(self.latest_ms).max(self.earliest_ms)
    }
}

impl Default for ClockBounds {
    fn default() -> Self {
        Self { earliest_ms: 0, latest_ms: u64::MAX }
    }
}

impl SealTerms {
    /// Whether a case with this deadline meets them.
    #[must_use]
    pub fn are_met(&self, closes_at_ms: u64) -> bool {
        self.seen_closes_at_ms.is_none_or(|seen_ms| seen_ms == closes_at_ms)
    }
}

impl OpenParams {
    /// The expiry of a case that is opened at `now_ms`. A deadline may have passed before a loss was noticed.
    #[must_use]
    pub const fn expires_at_ms(&self, now_ms: u64) -> u64 {
        let from_ms = if self.closes_at_ms > now_ms { self.closes_at_ms } else { now_ms };
        from_ms + UNRECORDED_KEPT_MS
    }

    /// Whether they open a case, rather than make one anew that was lost.
    #[must_use]
    pub const fn is_opening(&self) -> bool {
        self.draft > 0
    }

    /// Whether these parameters replace others of the same epoch, where no ballot was recorded under them.
    #[must_use]
    pub const fn supersedes(&self, draft: u64, closes_at_ms: u64) -> bool {
        self.draft > draft || (self.draft == draft && self.closes_at_ms > closes_at_ms)
    }
}

impl TallyState {
    /// The number of ballots.
    #[must_use]
    pub fn ballots(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// A seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// The cause of the seal.
    pub by: SealedBy,
    /// The time of the seal.
    pub at_ms: u64,
}

/// The result of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The case's state after it.
    pub state: TallyState,
    /// The result of each ballot, in the batch's order.
    pub results: Vec<RecordResult>,
}

impl Recorded {
    /// The number of ballots that the batch added.
    #[must_use]
    pub fn counted(&self) -> u64 {
        self.results.iter().filter(|result| matches!(result, RecordResult::Counted { .. })).count() as u64
    }
}

/// The result of one cast. `option` and `change` are those of the juror's stored ballot after it.
///
/// If the case allows no change:
///
/// - The juror has no ballot: it is stored with change 0, `Counted`, while the case is open by the store's clock.
/// - The juror's ballot has the same option: `Duplicate`, also after the seal.
/// - It has another option: `AlreadyVoted` while the case is open.
/// - All else: `Closed`.
///
/// If it allows changes:
///
/// - The juror has no ballot: it is stored with the cast's number, `Counted`, while the case is open.
/// - The juror's ballot has number `m`: a cast with number `m + 1` replaces it while the case is open, `Changed`, also
///   with the same option. A cast with any other number is a `Duplicate`.
/// - After the seal a cast with number `m` or lower is a `Duplicate`, all else `Closed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordResult {
    /// The ballot is stored and counts.
    Counted {
        /// The stored ballot's option.
        option: u8,
        /// The stored ballot's number.
        change: u32,
    },
    /// The ballot replaced an earlier one.
    Changed {
        /// The stored ballot's option.
        option: u8,
        /// The stored ballot's number.
        change: u32,
    },
    /// The ballot, or a later one, was recorded before.
    Duplicate {
        /// The stored ballot's option.
        option: u8,
        /// The stored ballot's number.
        change: u32,
    },
    /// A ballot for another option is recorded and may not be changed.
    AlreadyVoted {
        /// The stored ballot's option.
        option: u8,
        /// The stored ballot's number.
        change: u32,
    },
    /// The case is sealed, or its deadline has passed.
    Closed,
    /// The store takes the case for closed because its clock has stepped. The same cast may count later. Only
    /// [`SteadyTally`] knows.
    ClockStepped,
}

/// The reasons for which a call on the tally store fails.
#[derive(Debug, thiserror::Error)]
pub enum TallyError {
    /// The store has lost this case, or part of it.
    #[error("the tally store has lost case {0}")]
    Lost(CaseId),
    /// The case is in a higher epoch than the caller knows. The docket must be read again.
    #[error("case {case} is in epoch {epoch}")]
    Superseded {
        /// The case.
        case: CaseId,
        /// The store's epoch.
        epoch: u64,
    },
    /// The store takes an open case for closed because its clock has stepped.
    #[error("the tally store's clock has stepped past the deadline of case {0}")]
    ClockStepped(CaseId),
    /// The store has no room for another case. Open ones go on.
    #[error("the tally store is too full to open a case")]
    Full,
    /// The store's answer is malformed.
    #[error("the tally store's answer is malformed: {0}")]
    Malformed(String),
    /// The store did not answer, or refused the call.
    #[error("the tally store did not answer: {0}")]
    Unavailable(String),
}

impl From<Malformed> for TallyError {
    fn from(error: Malformed) -> Self {
        Self::Malformed(error.to_string())
    }
}

impl From<sqlx::Error> for TallyError {
    fn from(error: sqlx::Error) -> Self {
        if is_malformed(&error) { Self::Malformed(error.to_string()) } else { Self::Unavailable(error.to_string()) }
    }
}

impl CallError for TallyError {
    fn failure(&self) -> Option<Failure> {
        matches!(self, Self::Unavailable(_)).then_some(Failure::Broken)
    }
}
