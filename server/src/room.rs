//! A room on this node: the messages and channels between connections and the room's one task; it holds no case.

mod actor;
mod batch;
mod broadcast;
mod jobs;
mod load;
mod panel;
mod planner;
mod receipts;
mod results;
#[cfg(test)]
pub(crate) mod tests;
mod view;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use live_jury_protocol::{BallotStatus, CaseId, OptionId, OwnBallot, Refusal, Role, RoomId, Side};
use tokio::sync::{mpsc, oneshot, watch};

use crate::clock::Clock;
use live_jury_court::{Juror, Remarks};
use load::Load;
use receipts::{RECEIPT_REQUESTS_MAX, ReceiptRequest};

pub use actor::Actor;
pub use broadcast::Broadcast;
pub use load::NodeLoad;
pub use panel::{Offer, OwnPanel, PanelView};
pub use planner::PollIntervals;
pub use receipts::{ReceiptReply, count_none};
pub use view::{EncodedTally, EncodedView, View, tally_of};

/// Messages that wait in a room's mailbox, at most. It is as many as a node has jurors who all cast at the same moment.
/// Beyond it a cast is refused as busy, and a join is rejected.
pub const MAILBOX_MESSAGES_MAX: usize = 32_768;

/// Shortest delay that a `busy` or `unavailable` asks for, in milliseconds. Up to the same time is added by chance, so
/// that not all clients come back at once.
const RETRY_AFTER_MIN_MS: u64 = 500;

/// A message from a connection or the hub to a room's task.
#[derive(Debug)]
pub enum Message {
    /// A juror joins.
    Join(Join),
    /// A juror casts a ballot.
    Cast(Cast),
    /// A juror may be drawn for a panel.
    Offer(Offer),
    /// The room's record may have changed.
    Refresh,
}

/// A join that waits for its welcome.
#[derive(Debug)]
pub struct Join {
    /// The juror.
    pub juror: Arc<Juror>,
    /// The reply channel.
    pub reply: oneshot::Sender<Result<WelcomeData, StoreUnavailable>>,
}

/// Content of a juror's `welcome` that the stores know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WelcomeData {
    /// The tally store's clock.
    pub now_ms: u64,
    /// The juror's recorded ballots in open and sealed cases.
    pub ballots: Vec<OwnBallot>,
}

/// A store that the room needs did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreUnavailable;

/// A ballot that the court has not admitted yet.
#[derive(Debug)]
pub struct Cast {
    /// The case.
    pub case: CaseId,
    /// The option's id, as the client sent it.
    pub option: String,
    /// The ballot's number among this juror's ballots in the case.
    pub change: u32,
    /// The client's remarks, which refuse no ballot.
    pub remarks: Remarks,
    /// The juror.
    pub juror: Arc<Juror>,
    /// When the juror's socket joined, by the tally store's clock.
    pub joined_at_ms: u64,
    /// The reply channel.
    pub reply: oneshot::Sender<CastReply>,
}

/// Answer to a cast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CastReply {
    /// A ballot is recorded.
    Recorded {
        /// Whether this cast recorded it.
        status: BallotStatus,
        /// The recorded ballot.
        ballot: OwnBallot,
    },
    /// The cast does not count.
    Refused(Refused),
}

/// A refusal, and when the cast may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The reason.
    pub reason: Refusal,
    /// Delay after which the same cast may be sent again; none if another try cannot succeed.
    pub retry_after_ms: Option<u64>,
}

impl Refused {
    /// A refusal after which the cast may be sent again, with a delay that is partly random.
    #[must_use]
    pub fn retryable(reason: Refusal, clock: &dyn Clock) -> Self {
        Self { reason, retry_after_ms: Some(retry_after_ms(clock)) }
    }
}

/// A delay after which a client asks again, in milliseconds. It is partly random.
#[must_use]
pub fn retry_after_ms(clock: &dyn Clock) -> u64 {
    RETRY_AFTER_MIN_MS + clock.jitter_ms(RETRY_AFTER_MIN_MS)
}

impl From<Refusal> for Refused {
    fn from(reason: Refusal) -> Self {
        Self { reason, retry_after_ms: None }
    }
}

/// Numbers of a room that other parts of the node read.
#[derive(Debug, Default)]
pub struct Occupancy {
    /// Sockets of viewers. Subscriptions change it.
    viewers: AtomicUsize,
    /// Those of them whose token says that they buy.
    buyers: AtomicUsize,
    /// Those whose token says that they sell.
    merchants: AtomicUsize,
    /// All other sockets. Subscriptions change it.
    others: AtomicUsize,
    /// Whether a live case was opened with another ballot key than this node's. The room's task changes it.
    foreign_key: AtomicBool,
    /// Cases that are sealed, or overdue, and not recorded in the docket. The room's task changes it.
    unrecorded: AtomicUsize,
}

impl Occupancy {
    /// Sockets of viewers.
    #[must_use]
    pub fn viewers(&self) -> usize {
        self.viewers.load(Ordering::Relaxed)
    }

    /// Sockets of viewers whose token names this side.
    #[must_use]
    pub fn viewers_of(&self, side: Side) -> usize {
        self.of_side(side).load(Ordering::Relaxed)
    }

    /// All sockets.
    #[must_use]
    pub fn sockets(&self) -> usize {
        self.viewers() + self.others.load(Ordering::Relaxed)
    }

    /// Whether a live case was opened with another ballot key than this node's.
    #[must_use]
    pub fn has_foreign_key(&self) -> bool {
        self.foreign_key.load(Ordering::Relaxed)
    }

    /// Sets whether a live case was opened with another ballot key than this node's.
    pub fn set_foreign_key(&self, foreign: bool) {
        self.foreign_key.store(foreign, Ordering::Relaxed);
    }

    /// Cases that are sealed, or overdue, and not recorded in the docket.
    #[must_use]
    pub fn unrecorded(&self) -> usize {
        self.unrecorded.load(Ordering::Relaxed)
    }

    /// Sets the number of sealed or overdue cases that are not recorded.
    pub fn set_unrecorded(&self, cases: usize) {
        self.unrecorded.store(cases, Ordering::Relaxed);
    }

    fn of(&self, role: Role) -> &AtomicUsize {
        if role == Role::Viewer { &self.viewers } else { &self.others }
    }

    fn of_side(&self, side: Side) -> &AtomicUsize {
        match side {
            Side::Buyer => &self.buyers,
            Side::Merchant => &self.merchants,
        }
    }
}

/// A connection's handle of its room. It keeps the room's task alive, and counts as a socket of the room until it is
/// dropped.
#[derive(Debug)]
pub struct Subscription {
    handle: Arc<RoomHandle>,
    role: Role,
    /// A viewer's side.
    side: Option<Side>,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.set_side(None);
        self.handle.occupancy.of(self.role).fetch_sub(1, Ordering::Relaxed);
    }
}

impl Subscription {
    /// The room.
    #[must_use]
    pub fn room(&self) -> &RoomId {
        &self.handle.room
    }

    /// Counts the socket under this side. A new token may name another one; only viewers are counted.
    pub fn set_side(&mut self, side: Option<Side>) {
        let occupancy = &self.handle.occupancy;
        let side = side.filter(|_| self.role == Role::Viewer);
        if let Some(before) = std::mem::replace(&mut self.side, side) {
            occupancy.of_side(before).fetch_sub(1, Ordering::Relaxed);
        }
        if let Some(now) = side {
            occupancy.of_side(now).fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The newest view.
    #[must_use]
    pub fn view(&self) -> Arc<View> {
        self.handle.view.borrow().clone()
    }

    /// A receiver that changes with each new view from now on, and closes with the room's task.
    #[must_use]
    pub fn updates(&self) -> watch::Receiver<()> {
        self.handle.broadcast.subscribe(self.role)
    }

    /// Asks for the juror's recorded ballots. The answer comes once the room's record is read, too.
    ///
    /// # Errors
    /// [`StoreUnavailable`] if a store does not answer, or too many messages wait.
    pub async fn join(&self, juror: Arc<Juror>) -> Result<WelcomeData, StoreUnavailable> {
        let (reply, answer) = oneshot::channel();
        self.handle.mailbox.try_send(Message::Join(Join { juror, reply })).map_err(|_| StoreUnavailable)?;
        answer.await.unwrap_or(Err(StoreUnavailable))
    }

    /// Offers the juror for a panel.
    ///
    /// # Errors
    /// Too many messages wait. The same offer may be made again.
    pub fn offer(&self, offer: Offer) -> Result<(), StoreUnavailable> {
        self.handle.mailbox.try_send(Message::Offer(offer)).map_err(|_| StoreUnavailable)
    }

    /// Hands a ballot to the room. The socket joined at `joined_at_ms` by the tally store's clock. The receiver gets
    /// the answer; it closes without one if the node stops.
    ///
    /// # Errors
    /// [`Refusal::Busy`] if the mailbox is full, [`Refusal::Unavailable`] if the room's task has ended.
    pub fn cast(
        &self,
        case: CaseId,
        option: String,
        change: u32,
        remarks: Remarks,
        juror: Arc<Juror>,
        joined_at_ms: u64,
    ) -> Result<oneshot::Receiver<CastReply>, Refusal> {
        let (reply, answer) = oneshot::channel();
        let cast = Cast { case, option, change, remarks, juror, joined_at_ms, reply };
        match self.handle.mailbox.try_send(Message::Cast(cast)) {
            Ok(()) => Ok(answer),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Refusal::Busy),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(Refusal::Unavailable),
        }
    }
}

/// A room's side of its channels. The hub holds one, and each subscription does; the room's task ends with the last.
#[derive(Debug)]
pub struct RoomHandle {
    /// The room.
    pub room: RoomId,
    /// Numbers that other parts of the node read.
    pub occupancy: Arc<Occupancy>,
    mailbox: mpsc::Sender<Message>,
    /// Requests for receipts. They take no place of a ballot.
    receipts: mpsc::Sender<ReceiptRequest>,
    view: watch::Receiver<Arc<View>>,
    broadcast: Arc<Broadcast>,
}

impl RoomHandle {
    /// A room's channels: the handle, and the task's ends.
    #[must_use]
    pub fn new(room: RoomId, clock: Arc<dyn Clock>, node: Arc<NodeLoad>) -> (Arc<Self>, RoomChannels) {
        let (mailbox, inbox) = mpsc::channel(MAILBOX_MESSAGES_MAX);
        let (receipts, receipt_requests) = mpsc::channel(RECEIPT_REQUESTS_MAX);
        let (view_tx, view) = watch::channel(Arc::new(View::default()));
        let (occupancy, load) = (Arc::new(Occupancy::default()), Arc::new(Load::new(node)));
        let broadcast = Arc::new(Broadcast::new(load.clone(), clock));
        let channels = RoomChannels {
            room: room.clone(),
            occupancy: occupancy.clone(),
            inbox,
            receipt_requests,
            view_tx,
            broadcast: broadcast.clone(),
            load,
        };
        (Arc::new(Self { room, occupancy, mailbox, receipts, view, broadcast }), channels)
    }

    /// Subscribes a socket. The hub calls this under its lock, so that it never removes a room that a socket enters.
    #[must_use]
    pub fn subscribe(self: &Arc<Self>, role: Role) -> Subscription {
        self.occupancy.of(role).fetch_add(1, Ordering::Relaxed);
        Subscription { handle: self.clone(), role, side: None }
    }

    /// Notifies the room that its record may have changed. A full mailbox loses nothing: the hub compares revs every
    /// two seconds.
    pub fn refresh(&self) {
        let _ = self.mailbox.try_send(Message::Refresh);
    }

    /// Whether the room's task runs.
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

/// The ends of a room's channels that its task owns.
#[derive(Debug)]
pub struct RoomChannels {
    /// The room.
    pub room: RoomId,
    /// Numbers that other parts of the node read.
    pub occupancy: Arc<Occupancy>,
    /// Messages from connections and the hub.
    pub inbox: mpsc::Receiver<Message>,
    /// Requests for receipts from connections.
    pub(crate) receipt_requests: mpsc::Receiver<ReceiptRequest>,
    /// The newest view; only the task replaces it.
    pub view_tx: watch::Sender<Arc<View>>,
    /// Subscribers, in shards.
    pub broadcast: Arc<Broadcast>,
    /// The overload signals; only the task records into them.
    pub(crate) load: Arc<Load>,
}

/// An own ballot as the wire has it.
pub(crate) fn own_ballot(case: CaseId, option: OptionId, epoch: u64, change: u32) -> OwnBallot {
    OwnBallot { case, option, epoch, change }
}
