//! The one task that owns a room on this node: reads its mailbox, runs the planner's jobs, publishes new views.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use live_jury_protocol::{Refusal, RoomId, Side};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::batch::{CastCounters, PendingCast};
use super::broadcast::{BroadcastPacing, UpdateKind, ViewKind};
use super::jobs::{Done, JobRunner};
use super::planner::{Moment, Planner, PollIntervals};
use super::receipts::{ReceiptRequest, RefusedRequest};
use super::view::{EncodedView, View};
use super::{Cast, CastReply, Join, Message, Refused, RoomChannels, StoreUnavailable};
use crate::lifecycle::{Ledger, Lifecycle};
use crate::log::ReceiptSigner;
use crate::peers::RoomPresence;
use crate::pseudonym::BallotKey;

/// A new viewer count is sent only if it differs from the last one by more than one in this many. A smaller change is
/// not worth a message to each viewer.
const VIEWERS_PER_CHANGE: u64 = 100;

/// A room's task. The hub spawns it with the room's first handle; it ends when the last handle is dropped,
/// or when the docket went back.
pub struct Actor {
    pub(super) channels: RoomChannels,
    /// The room's cases and queues.
    pub(super) planner: Planner,
    runner: JobRunner,
    /// Jobs in flight. Each ends as a [`Done`]; all are dropped with the task.
    jobs: FuturesUnordered<BoxFuture<'static, Done>>,
    /// The view under construction; [`Self::publish`] shows a copy to connections.
    pub(super) view: View,
    pub(super) counters: CastCounters,
    pub(super) pacing: BroadcastPacing,
    pub(super) viewers: Viewers,
    pub(super) ballot_rate: BallotRate,
    intervals: PollIntervals,
    /// Whether the docket went back behind the record that the room shows. The task then ends.
    pub(super) is_outdated: bool,
}

/// Viewers on all nodes.
#[derive(Debug, Default)]
pub(super) struct Viewers {
    /// The newest count.
    current: Option<u64>,
    /// The count that viewers were shown last.
    shown: Option<u64>,
}

impl Viewers {
    /// Sets the newest count.
    pub(super) fn set(&mut self, viewers: u64) {
        self.current = Some(viewers);
    }

    fn are_new(&self) -> bool {
        match (self.current, self.shown) {
            (Some(current), Some(shown)) => shown.abs_diff(current) > shown / VIEWERS_PER_CHANGE,
            (current, _) => current.is_some(),
        }
    }

    fn show(&mut self) -> u64 {
        self.shown = self.current;
        self.current.unwrap_or_default()
    }
}

/// Ballots recorded at the last presence report, to find the rate at the next.
#[derive(Debug)]
pub(super) struct BallotRate {
    ballots: u64,
    at: Instant,
}

impl BallotRate {
    /// Ballots a second since the last call.
    pub(super) fn update(&mut self, ballots: u64, now: Instant) -> u64 {
        let elapsed = now.saturating_duration_since(self.at);
        let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
        let ballots_per_s = ballots.saturating_sub(self.ballots) * 1_000 / elapsed_ms;
        *self = Self { ballots, at: now };
        ballots_per_s
    }
}

impl Drop for Actor {
    /// A task that ends follows its cases no longer. The ledger then asks the docket about them.
    fn drop(&mut self) {
        self.planner.live_cases().into_iter().for_each(|case| self.ledger().end(case));
    }
}

impl Actor {
    /// A task for the room of `channels`. Without `receipts` it gives none.
    #[must_use]
    pub fn new(
        channels: RoomChannels,
        lifecycle: Lifecycle,
        key: BallotKey,
        receipts: Option<Arc<ReceiptSigner>>,
        intervals: PollIntervals,
    ) -> Self {
        let now = lifecycle.clock.instant();
        Self {
            planner: Planner::new(key.clone(), intervals, now),
            runner: JobRunner { lifecycle, key, room: channels.room.clone(), receipts },
            jobs: FuturesUnordered::new(),
            view: View::default(),
            counters: CastCounters::default(),
            pacing: BroadcastPacing::new(channels.broadcast.clone()),
            viewers: Viewers::default(),
            ballot_rate: BallotRate { ballots: 0, at: now },
            intervals,
            is_outdated: false,
            channels,
        }
    }

    /// Runs until the last handle of the room is dropped, or the docket went back. The hub starts the room again.
    pub async fn run(mut self) {
        let (mut inbox, mut requests) = (Vec::new(), Vec::new());
        while !self.is_outdated {
            let now = self.now();
            self.update_unrecorded();
            self.refuse_overdue(now);
            self.planner.take_refused_requests(now).into_iter().for_each(RefusedRequest::answer);
            self.start_jobs(now);
            self.show_if_due(now);
            let free = self.planner.free_messages();
            // The channel ends with the inbox, whose end is the task's.
            let free_requests = match self.channels.receipt_requests.is_closed() {
                true => 0,
                false => self.planner.free_receipt_requests(),
            };
            let wake = self.next_wake(now);
            tokio::select! {
                Some(done) = self.jobs.next() => self.on_done(done),
                received = self.channels.inbox.recv_many(&mut inbox, free), if free > 0 => {
                    if received == 0 {
                        break;
                    }
                    self.pacing.count_messages(received);
                    self.on_messages(&mut inbox);
                }
                _ = self.channels.receipt_requests.recv_many(&mut requests, free_requests), if free_requests > 0 => {
                    self.on_receipt_requests(&mut requests);
                }
                () = tokio::time::sleep_until(wake) => {}
            }
        }
    }

    fn now(&self) -> Instant {
        self.runner.lifecycle.clock.instant()
    }

    /// The time of an event, and a random number for it.
    pub(super) fn moment(&self) -> Moment {
        Moment { now: self.now(), chance: self.runner.lifecycle.clock.chance() }
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.runner.lifecycle.ledger
    }

    pub(super) fn room(&self) -> &RoomId {
        &self.runner.room
    }

    /// The tally store's clock; before it was read, the node's own.
    pub(super) fn store_now_ms(&self, now: Instant) -> u64 {
        self.planner.store_now_ms(now).unwrap_or_else(|| self.runner.lifecycle.clock.now_ms())
    }

    fn on_messages(&mut self, inbox: &mut Vec<Message>) {
        let now = self.now();
        let now_ms = self.store_now_ms(now);
        for message in inbox.drain(..) {
            match message {
                Message::Join(join) => {
                    if let Err(join) = self.planner.on_join(join) {
                        reject([join]);
                    }
                }
                Message::Cast(cast) => self.on_cast(cast, now, now_ms),
                Message::Offer(offer) => self.planner.on_offer(&offer),
                Message::Refresh => self.planner.refresh(now),
            }
        }
    }

    /// Hands requests for receipts to the planner, or answers them at once.
    fn on_receipt_requests(&mut self, requests: &mut Vec<ReceiptRequest>) {
        for request in requests.drain(..) {
            if let Err(refused) = self.planner.on_receipt_request(request) {
                refused.answer();
            }
        }
    }

    /// Hands a cast to the planner, or refuses it at once.
    pub(super) fn on_cast(&mut self, cast: Cast, now: Instant, now_ms: u64) {
        if let Err(refused) = self.planner.on_cast(cast, now, now_ms) {
            self.refuse(refused.reply, refused.reason);
        }
    }

    /// Refuses a cast. If it may be sent again, the refusal says when.
    pub(super) fn refuse(&mut self, reply: oneshot::Sender<CastReply>, reason: Refusal) {
        let refused = match reason.is_retryable() {
            true => Refused::retryable(reason, &*self.runner.lifecycle.clock),
            false => reason.into(),
        };
        self.counters.refuse(reply, refused);
    }

    pub(super) fn refuse_all(&mut self, batch: Vec<PendingCast>, reason: Refusal) {
        batch.into_iter().for_each(|pending| self.refuse(pending.reply, reason));
    }

    fn refuse_overdue(&mut self, now: Instant) {
        let overdue = self.planner.take_overdue(now);
        overdue.into_iter().for_each(|cast| self.refuse(cast.reply, cast.reason));
    }

    fn start_jobs(&mut self, now: Instant) {
        let here = || RoomPresence {
            viewers: self.channels.occupancy.viewers() as u64,
            buyers: self.channels.occupancy.viewers_of(Side::Buyer) as u64,
            merchants: self.channels.occupancy.viewers_of(Side::Merchant) as u64,
            refused: self.counters.refused.clone(),
        };
        for job in self.planner.plan(now, here) {
            self.jobs.push(self.runner.run(job));
        }
    }

    fn next_wake(&self, now: Instant) -> Instant {
        let view = self.pending_update().map(|update| self.pacing.due(now, update));
        // Nothing may be due for long. A wake without work costs nothing.
        view.into_iter().chain(self.planner.next_wake(now)).min().unwrap_or(now + self.intervals.report_presence)
    }

    fn pending_update(&self) -> Option<UpdateKind> {
        match self.planner.is_dirty() {
            true => Some(UpdateKind::Ballots),
            false => self.viewers.are_new().then_some(UpdateKind::Presence),
        }
    }

    fn show_if_due(&mut self, now: Instant) {
        if self.pending_update().is_none_or(|update| self.pacing.due(now, update) > now) {
            return;
        }
        if self.viewers.are_new() {
            let rev = self.view.presence.as_ref().map_or(0, |presence| presence.rev) + 1;
            self.view.presence = Some(Arc::new(EncodedView::presence(rev, self.viewers.show())));
        }
        self.view.tallies = self.planner.encode_tallies();
        self.show(ViewKind::Tallies);
    }

    /// Updates the number of unrecorded cases for readiness checks, and for the broadcast.
    fn update_unrecorded(&self) {
        self.channels.occupancy.set_unrecorded(self.planner.unrecorded(self.now()));
        self.pacing.set_recording(self.planner.is_recording());
    }

    /// Publishes the view and notifies every socket.
    pub(super) fn show(&mut self, kind: ViewKind) {
        self.publish();
        self.pacing.announce(self.now(), kind);
    }

    /// Makes the view visible to connections; it notifies no socket. The numbers that go with the view are set before,
    /// so that a client that has read the view finds them.
    pub(super) fn publish(&self) {
        self.update_unrecorded();
        self.channels.view_tx.send_replace(Arc::new(self.view.clone()));
    }
}

/// Rejects joins while a store that they need does not answer. The clients come back later.
pub(super) fn reject(joins: impl IntoIterator<Item = Join>) {
    for join in joins {
        let _ = join.reply.send(Err(StoreUnavailable));
    }
}
