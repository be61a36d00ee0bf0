//! A room on this node: how a connection and the room's one task speak to each other; it owns no case.

mod actor;
mod batch;
mod broadcast;
mod jobs;
mod load;
mod planner;
mod results;
mod view;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use live_jury_protocol::{BallotStatus, CaseId, OptionId, OwnBallot, Refusal, Role, RoomId};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::clock::Clock;
use live_jury_court::Juror;
use load::Load;

pub use actor::Actor;
pub use broadcast::Broadcast;
pub use planner::PollIntervals;
pub use view::{EncodedTally, EncodedView, View, tally_of};

/// Messages that wait for a room's task, at most: as many as a node has jurors who all cast in the same moment; a cast
/// that finds it full is told to come back.
pub const MAILBOX_MESSAGES_MAX: usize = 32_768;

/// Shortest wait that a `busy` or `unavailable` asks for; as much again is added by chance.
const RETRY_AFTER_MIN_MS: u64 = 500;

/// What connections say to a room's task.
#[derive(Debug)]
pub enum Message {
    /// A juror comes in and asks for the ballots already recorded.
    Join(Join),
    /// A juror casts a ballot.
    Cast(Cast),
    /// The room's record may have changed.
    Refresh,
}

/// A juror who comes in.
#[derive(Debug)]
pub struct Join {
    /// Who.
    pub juror: Arc<Juror>,
    /// Where the greeting goes.
    pub reply: oneshot::Sender<Result<WelcomeData, StoreUnavailable>>,
}

/// What a juror who comes in is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WelcomeData {
    /// The tally store's clock.
    pub now_ms: u64,
    /// The juror's recorded ballots in open and sealed cases.
    pub ballots: Vec<OwnBallot>,
}

/// A store that is needed is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreUnavailable;

/// A ballot on its way to the court.
#[derive(Debug)]
pub struct Cast {
    /// The case.
    pub case: CaseId,
    /// The option's id, as it was sent.
    pub option: String,
    /// The ballot's number.
    pub change: u32,
    /// Whose it is.
    pub juror: Arc<Juror>,
    /// Where the answer goes.
    pub reply: oneshot::Sender<CastReply>,
}

/// What became of a cast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CastReply {
    /// It is recorded.
    Recorded {
        /// What it did.
        status: BallotStatus,
        /// The ballot that is stored.
        ballot: OwnBallot,
    },
    /// It does not count.
    Refused(Refused),
}

/// Why a cast does not count, and when to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub reason: Refusal,
    /// After how long the same cast may be sent again.
    pub retry_after_ms: Option<u64>,
}

impl Refused {
    /// A refusal that another try can mend, with the time to wait, spread so that not all come back at once.
    #[must_use]
    pub fn retryable(reason: Refusal, clock: &dyn Clock) -> Self {
        Self { reason, retry_after_ms: Some(RETRY_AFTER_MIN_MS + clock.jitter_ms(RETRY_AFTER_MIN_MS)) }
    }
}

impl From<Refusal> for Refused {
    fn from(reason: Refusal) -> Self {
        Self { reason, retry_after_ms: None }
    }
}

/// Who is in a room on this node.
#[derive(Debug, Default)]
pub struct Occupancy {
    /// Sockets of viewers.
    viewers: AtomicUsize,
    /// All other sockets.
    others: AtomicUsize,
    /// Whether a live case was opened under another ballot key than this node's.
    foreign_key: AtomicBool,
    /// Cases that are sealed in the tally store and not recorded in the docket.
    unrecorded: AtomicUsize,
}

impl Occupancy {
    /// Sockets of viewers.
    #[must_use]
    pub fn viewers(&self) -> usize {
        self.viewers.load(Ordering::Relaxed)
    }

    /// All sockets.
    #[must_use]
    pub fn sockets(&self) -> usize {
        self.viewers() + self.others.load(Ordering::Relaxed)
    }

    /// Whether a live case was opened under another ballot key than this node's.
    #[must_use]
    pub fn has_foreign_key(&self) -> bool {
        self.foreign_key.load(Ordering::Relaxed)
    }

    /// Notes whether a live case was opened under another ballot key than this node's.
    pub fn set_foreign_key(&self, foreign: bool) {
        self.foreign_key.store(foreign, Ordering::Relaxed);
    }

    /// Cases that are sealed in the tally store and not recorded in the docket.
    #[must_use]
    pub fn unrecorded(&self) -> usize {
        self.unrecorded.load(Ordering::Relaxed)
    }

    /// Notes how many cases are sealed and not recorded.
    pub fn set_unrecorded(&self, cases: usize) {
        self.unrecorded.store(cases, Ordering::Relaxed);
    }

    fn of(&self, role: Role) -> &AtomicUsize {
        if role == Role::Viewer { &self.viewers } else { &self.others }
    }
}

/// A room as a connection holds it: keeps the room's task alive, and leaves when it is dropped.
#[derive(Debug)]
pub struct Subscription {
    handle: Arc<RoomHandle>,
    role: Role,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.handle.occupancy.of(self.role).fetch_sub(1, Ordering::Relaxed);
    }
}

impl Subscription {
    /// The room.
    #[must_use]
    pub fn room(&self) -> &RoomId {
        &self.handle.room
    }

    /// The newest view.
    #[must_use]
    pub fn view(&self) -> Arc<View> {
        self.handle.view.borrow().clone()
    }

    /// Whether more ballots come than can be counted.
    #[must_use]
    pub fn is_overloaded(&self, now: Instant) -> bool {
        self.handle.load.overload(now).is_some()
    }

    /// Rings for each new view from now on.
    #[must_use]
    pub fn updates(&self) -> watch::Receiver<()> {
        self.handle.broadcast.subscribe(self.role)
    }

    /// Comes in. Answers once the room's record is read and the juror's ballots are known.
    ///
    /// # Errors
    /// [`StoreUnavailable`] if a store is, or the room has more to do than it takes.
    pub async fn join(&self, juror: Arc<Juror>) -> Result<WelcomeData, StoreUnavailable> {
        let (reply, answer) = oneshot::channel();
        self.handle.mailbox.try_send(Message::Join(Join { juror, reply })).map_err(|_| StoreUnavailable)?;
        answer.await.unwrap_or(Err(StoreUnavailable))
    }

    /// Hands a ballot to the room. The answer comes by the receiver; one that is dropped means that the node goes away.
    ///
    /// # Errors
    /// The mailbox is full: the cast is refused at once.
    pub fn cast(
        &self,
        case: CaseId,
        option: String,
        change: u32,
        juror: Arc<Juror>,
    ) -> Result<oneshot::Receiver<CastReply>, Refusal> {
        let (reply, answer) = oneshot::channel();
        let cast = Cast { case, option, change, juror, reply };
        match self.handle.mailbox.try_send(Message::Cast(cast)) {
            Ok(()) => Ok(answer),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Refusal::Busy),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(Refusal::Unavailable),
        }
    }
}

/// A room as the hub holds it.
#[derive(Debug)]
pub struct RoomHandle {
    /// The room.
    pub room: RoomId,
    /// Who is in it.
    pub occupancy: Arc<Occupancy>,
    mailbox: mpsc::Sender<Message>,
    view: watch::Receiver<Arc<View>>,
    broadcast: Arc<Broadcast>,
    load: Arc<Load>,
}

impl RoomHandle {
    /// A room's two ends: the handle, and what its task works with.
    #[must_use]
    pub fn new(room: RoomId, clock: Arc<dyn Clock>) -> (Arc<Self>, RoomChannels) {
        let (mailbox, inbox) = mpsc::channel(MAILBOX_MESSAGES_MAX);
        let (view_tx, view) = watch::channel(Arc::new(View::default()));
        let (occupancy, load) = (Arc::new(Occupancy::default()), Arc::new(Load::default()));
        let broadcast = Arc::new(Broadcast::new(load.clone(), clock));
        let channels = RoomChannels {
            room: room.clone(),
            occupancy: occupancy.clone(),
            inbox,
            view_tx,
            broadcast: broadcast.clone(),
            load: load.clone(),
        };
        (Arc::new(Self { room, occupancy, mailbox, view, broadcast, load }), channels)
    }

    /// Takes a seat. The hub calls this under its lock, so that a room with a seat taken is never let go.
    #[must_use]
    pub fn subscribe(self: &Arc<Self>, role: Role) -> Subscription {
        self.occupancy.of(role).fetch_add(1, Ordering::Relaxed);
        Subscription { handle: self.clone(), role }
    }

    /// Says that the room's record may have changed. A full mailbox is no loss: the room re-reads it by the clock.
    pub fn refresh(&self) {
        let _ = self.mailbox.try_send(Message::Refresh);
    }

    /// Whether the room's task is still there.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        !self.mailbox.is_closed()
    }

    /// The rev of the record that the room shows.
    #[must_use]
    pub fn rev(&self) -> Option<u64> {
        self.view.borrow().docket.as_ref().map(|docket| docket.rev)
    }
}

/// What a room's task works with.
#[derive(Debug)]
pub struct RoomChannels {
    /// The room.
    pub room: RoomId,
    /// Who is in it.
    pub occupancy: Arc<Occupancy>,
    /// What comes in.
    pub inbox: mpsc::Receiver<Message>,
    /// Where the view is shown.
    pub view_tx: watch::Sender<Arc<View>>,
    /// Who hear of it.
    pub broadcast: Arc<Broadcast>,
    /// The overload signal; only the task records into it.
    pub(crate) load: Arc<Load>,
}

/// An own ballot as the wire has it.
pub(crate) fn own_ballot(case: CaseId, option: OptionId, epoch: u64, change: u32) -> OwnBallot {
    OwnBallot { case, option, epoch, change }
}
