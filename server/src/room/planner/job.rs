//! The data that the planner exchanges with the room's task: jobs, their results, and the time of an event.

use std::sync::Arc;
use std::time::Duration;

use live_jury_protocol::CaseId;
use tokio::time::Instant;
use uuid::Uuid;

use crate::docket::RoomRecord;
use crate::lifecycle::{LifecycleError, OfferedJurors};
use crate::peers::RoomPresence;
use crate::room::batch::PendingCast;
use crate::room::receipts::ReceiptRequest;
use crate::room::{Cast, Join};
use crate::tally::{TallyError, TallyState};
use live_jury_court::{Candidates, Case, StoreId};

/// Intervals of a room's regular jobs.
#[derive(Clone, Copy, Debug)]
pub struct PollIntervals {
    /// Time between two polls of a case's tally. A poll shows other nodes' ballots, the seal and a loss.
    pub poll: Duration,
    /// Time between two presence reports.
    pub report_presence: Duration,
}

/// When an event is handled, and a random number for the delays that follow from it.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The time.
    pub now: Instant,
    /// A random number from 0 to 1.
    pub chance: f64,
}

/// One call on the stores, as plain data. The room's task runs it and does not wait for it.
#[derive(Debug)]
pub enum Job {
    /// Reads the room's record from the docket.
    Refresh {
        /// Whether the tally store's clock is read, too.
        read_clock: bool,
        /// The record that the room shows; none before the first one.
        shown: Option<Shown>,
    },
    /// Sends a batch of ballots to the tally store.
    Record {
        /// The case.
        case: CaseId,
        /// Its epoch in the docket.
        epoch: u64,
        /// The store that the epoch was filed with.
        store: Option<StoreId>,
        /// The highest rev of its tally seen before this job.
        seen_rev: u64,
        /// The ballots, with their reply channels.
        batch: Vec<PendingCast>,
    },
    /// Reads a case's tally.
    Poll {
        /// The case.
        case: CaseId,
        /// Its epoch in the docket.
        epoch: u64,
        /// The store that the epoch was filed with.
        store: Option<StoreId>,
        /// The highest rev of its tally seen before this job.
        seen_rev: u64,
    },
    /// Seals a case whose deadline has passed, decides it and records the verdict.
    Conclude(Box<Case>),
    /// Moves a case whose tally is lost to its next epoch.
    Lost(Box<Case>),
    /// Creates a case's keys in the tally store, in the epoch that the docket has.
    RestoreKeys(Box<Case>),
    /// Reads a case whose epoch in the tally store is higher than the docket's known one. A docket that went back
    /// follows.
    FollowEpoch {
        /// The case.
        case: CaseId,
        /// Its epoch in the docket.
        epoch: u64,
    },
    /// Brings the docket's deadline of a case in line with the tally store's.
    RepairDeadline {
        /// The case.
        case: CaseId,
        /// Its epoch in the docket.
        epoch: u64,
    },
    /// Puts the jurors of this node into the lists from which a case's panel is drawn.
    OfferJurors {
        /// The case.
        case: Box<Case>,
        /// The jurors, in order of ticket.
        offered: Box<OfferedJurors>,
    },
    /// Draws the panel of a case, and files the call.
    CallPanel(Box<Case>),
    /// Reads the called jurors of a case.
    ReadPanel(CaseId),
    /// Ends a case whose panel's result can no longer change.
    SettlePanel {
        /// The case.
        case: Box<Case>,
        /// The called jurors.
        called: Arc<Candidates>,
        /// The newest known tally.
        state: Box<TallyState>,
    },
    /// Reads the ballots of joining jurors and answers their joins.
    WelcomeJurors {
        /// The joins.
        joins: Vec<Join>,
        /// The live cases whose ballots this node can read.
        cases: Vec<Case>,
        /// The tally store's clock.
        now_ms: u64,
    },
    /// Finds the cases of these casts in the docket.
    LookUpCasts(Vec<Cast>),
    /// Signs receipts of these jurors' ballots.
    SignReceipts(ReceiptBatch),
    /// Finds out from the docket why the room does not show the cases of these requests.
    LookUpRequests(Vec<ReceiptRequest>),
    /// Exchanges presence with the other nodes.
    ReportPresence(RoomPresence),
}

/// Requests for receipts of ballots in one case.
#[derive(Debug)]
pub struct ReceiptBatch {
    /// The case.
    pub case: CaseId,
    /// Its epoch in the docket.
    pub epoch: u64,
    /// The store that the epoch was filed with.
    pub store: Option<StoreId>,
    /// The highest rev of its tally seen before this job.
    pub seen_rev: u64,
    /// Whether a juror may change a ballot in this case.
    pub changes_allowed: bool,
    /// The requests, with their reply channels.
    pub requests: Vec<ReceiptRequest>,
}

/// Result of a [`Job`] that took a step of one case.
#[derive(Debug)]
pub enum CaseJobResult {
    /// The tally, and how long the store took to read it.
    Polled(Result<Box<TallyState>, TallyError>, Duration),
    /// The case as the docket has it after the step.
    Moved(Result<Box<Case>, LifecycleError>),
}

/// Result of a [`Job`] for a case's panel.
#[derive(Debug)]
pub enum PanelJobResult {
    /// The offers are in the tally store.
    Offered(Result<(), LifecycleError>),
    /// The panel is called, or the case is settled; false if nothing was to be done.
    Stepped(Result<bool, LifecycleError>),
    /// The called jurors.
    Read(Result<Candidates, LifecycleError>),
}

/// The record that a room shows, as far as a later one is compared with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The docket's incarnation.
    pub incarnation: Uuid,
    /// The room's revision.
    pub rev: u64,
    /// The versions of the cases.
    pub versions: Vec<(CaseId, u64)>,
}

impl Shown {
    /// Whether `record` is of an older state of the docket, which is still in the same incarnation.
    pub fn is_newer_than(&self, record: &RoomRecord) -> bool {
        let is_older =
            |case: &Case| self.versions.iter().any(|(id, version)| *id == case.id && case.version < *version);
        record.incarnation == self.incarnation
            && (record.rev < self.rev || record.live.iter().chain(&record.ended).any(is_older))
    }
}

/// The relation of a record to the one that the room shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordChange {
    /// It is the same one.
    None,
    /// It is newer, or the first.
    Newer,
    /// The docket went back to an older state and began a new incarnation.
    WentBack,
}
