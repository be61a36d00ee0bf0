//! The one task that owns a room on this node: takes what comes in, starts what is due, shows what is new.

mod jobs;
mod planner;
mod results;

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use live_jury_court::{Juror, admit, may_repeat};
use live_jury_protocol::{Refusal, Stats};
use tokio::time::Instant;

use super::batch::{CastCounters, PendingCast};
use super::broadcast::{BroadcastPacing, UpdateKind};
use super::view::{EncodedView, View};
use super::{Cast, Join, Message, Refused, RoomChannels, StoreUnavailable};
use crate::lifecycle::Lifecycle;
use crate::peers::RoomPresence;
use crate::pseudonym::BallotKey;
use crate::tally;
use jobs::Done;
use planner::Cases;

/// Ballots that may wait in the task itself before it stops reading its mailbox: some batches.
const GATHERED_BALLOTS_MAX: usize = 4 * tally::BATCH_BALLOTS_MAX;
/// Jurors greeted with one call a case, at most.
const JOINS_PER_CALL_MAX: usize = 1_000;
/// Jurors who may wait to be greeted: beyond it a join is told to come back.
const JOINS_WAITING_MAX: usize = 20_000;
/// Late casts on cases that are not in the view, looked up in the docket at one time; beyond it: busy.
const UNKNOWN_CASTS_MAX: usize = 64;
/// Wait after a failed step before it is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(1_000);
/// Wait before the store is asked again whether a deadline has passed that this node took for passed.
const CLOCK_SLACK: Duration = Duration::from_millis(20);
/// Of so many viewers, one who comes or goes is not worth a message to all of them.
const VIEWERS_PER_CHANGE: u64 = 100;

/// How often a room looks about.
#[derive(Clone, Copy, Debug)]
pub struct PollIntervals {
    /// Time between two looks at a case's tally: other nodes' ballots, the deadline and a loss show there.
    pub poll: Duration,
    /// Time between two rounds of presence.
    pub report_presence: Duration,
}

/// A room's task.
pub struct Actor {
    channels: RoomChannels,
    lifecycle: Lifecycle,
    key: BallotKey,
    intervals: PollIntervals,
    cases: Cases,
    view: View,
    counters: CastCounters,
    joins: Vec<Join>,
    unknown_casts: Vec<Cast>,
    /// Casts that wait for the room to read its record again, which has their case.
    awaiting_refresh: Vec<Cast>,
    jobs: FuturesUnordered<BoxFuture<'static, Done>>,
    joining: bool,
    refreshing: bool,
    refresh_due: Option<Instant>,
    looking_up: bool,
    reporting_presence: bool,
    presence_due: Instant,
    pacing: BroadcastPacing,
    viewers: Viewers,
    rate: Rate,
}

/// How many watch on all nodes, and how many of them were shown.
#[derive(Debug, Default)]
struct Viewers {
    here: Option<u64>,
    shown: Option<u64>,
}

impl Viewers {
    fn are_new(&self) -> bool {
        match (self.here, self.shown) {
            (Some(here), Some(shown)) => shown.abs_diff(here) > shown / VIEWERS_PER_CHANGE,
            (here, _) => here.is_some(),
        }
    }

    fn show(&mut self) -> u64 {
        self.shown = self.here;
        self.here.unwrap_or_default()
    }
}

/// Ballots a second, from one round of presence to the next.
#[derive(Debug)]
struct Rate {
    ballots: u64,
    at: Instant,
}

impl Actor {
    /// A task for the room of `channels`.
    #[must_use]
    pub fn new(channels: RoomChannels, lifecycle: Lifecycle, key: BallotKey, intervals: PollIntervals) -> Self {
        let now = Instant::now();
        let pacing = BroadcastPacing::new(channels.broadcast.clone());
        Self {
            channels,
            lifecycle,
            key,
            intervals,
            cases: Cases::default(),
            view: View::default(),
            counters: CastCounters::default(),
            joins: Vec::new(),
            unknown_casts: Vec::new(),
            awaiting_refresh: Vec::new(),
            jobs: FuturesUnordered::new(),
            joining: false,
            refreshing: false,
            refresh_due: Some(now),
            looking_up: false,
            reporting_presence: false,
            presence_due: now,
            pacing,
            viewers: Viewers::default(),
            rate: Rate { ballots: 0, at: now },
        }
    }

    /// Runs until nobody holds the room any more.
    pub async fn run(mut self) {
        let mut inbox = Vec::new();
        loop {
            self.start_what_is_due();
            self.show_what_is_new();
            let unrecorded = self.cases.unrecorded();
            self.channels.occupancy.set_unrecorded(unrecorded);
            self.pacing.set_recording(unrecorded > 0);
            let room = GATHERED_BALLOTS_MAX
                .saturating_sub(self.cases.gathered() + self.unknown_casts.len() + self.awaiting_refresh.len());
            let wake = self.next_wake();
            tokio::select! {
                Some(done) = self.jobs.next() => self.on_done(done),
                sockets = self.channels.inbox.recv_many(&mut inbox, room), if room > 0 => {
                    if sockets == 0 {
                        break;
                    }
                    self.pacing.count_messages(sockets);
                    inbox.drain(..).for_each(|message| self.take(message));
                }
                () = tokio::time::sleep_until(wake) => {}
            }
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Join(join) if self.joins.len() < JOINS_WAITING_MAX => self.joins.push(join),
            Message::Join(join) => {
                let _ = join.reply.send(Err(StoreUnavailable));
            }
            Message::Cast(cast) => self.on_cast(cast),
            Message::Refresh => self.refresh_due = Some(Instant::now()),
        }
    }

    /// What the court says of a cast decides where it goes: to the store, to the docket's record, or back.
    fn on_cast(&mut self, cast: Cast) {
        let now_ms = self.cases.store_now_ms().unwrap_or_else(|| self.lifecycle.clock.now_ms());
        let Some(live) = self.cases.live.get_mut(&cast.case) else {
            self.on_unknown_cast(cast);
            return;
        };
        let option = match admit(&live.case, &cast.juror, &cast.option, now_ms) {
            Ok(option) => option,
            Err(Refusal::Closed) => match may_repeat(&live.case, &cast.juror, &cast.option, now_ms) {
                Some(option) => option,
                None => return self.counters.refuse(cast.reply, Refusal::Closed.into()),
            },
            Err(reason) => return self.counters.refuse(cast.reply, reason.into()),
        };
        if !live.has_key(&self.lifecycle.key) {
            let refused = self.retryable(Refusal::Unavailable);
            return self.counters.refuse(cast.reply, refused);
        }
        live.gathered.push(PendingCast { cast: ballot(&self.key, &cast, option), reply: cast.reply });
    }

    /// A case that the room does not show: an old one, a draft, another room's, or none. The docket knows.
    fn on_unknown_cast(&mut self, cast: Cast) {
        if self.unknown_casts.len() < UNKNOWN_CASTS_MAX {
            self.unknown_casts.push(cast);
        } else {
            let refused = self.retryable(Refusal::Busy);
            self.counters.refuse(cast.reply, refused);
        }
    }

    fn retryable(&self, reason: Refusal) -> Refused {
        Refused::retryable(reason, &*self.lifecycle.clock)
    }

    fn refuse_all(&mut self, batch: Vec<PendingCast>, reason: Refusal) {
        for pending in batch {
            let refused = self.retryable(reason);
            self.counters.refuse(pending.reply, refused);
        }
    }

    fn start_what_is_due(&mut self) {
        let now = Instant::now();
        if !self.refreshing && self.refresh_due.is_some_and(|due| due <= now) {
            self.refreshing = true;
            self.refresh_due = None;
            self.jobs.push(jobs::refresh(&self.lifecycle, &self.channels.room, self.cases.knows_time()));
        }
        if !self.joining && !self.joins.is_empty() && self.view.docket.is_some() && self.cases.knows_time() {
            self.joining = true;
            let rest = self.joins.split_off(self.joins.len().min(JOINS_PER_CALL_MAX));
            let joins = std::mem::replace(&mut self.joins, rest);
            self.jobs.push(jobs::welcome_jurors(&self.lifecycle, &self.key, &self.cases, joins));
        }
        if !self.looking_up && !self.unknown_casts.is_empty() {
            self.looking_up = true;
            let unknown_casts = std::mem::take(&mut self.unknown_casts);
            self.jobs.push(jobs::look_up_casts(&self.lifecycle, &self.key, &self.channels.room, unknown_casts));
        }
        if !self.reporting_presence && self.presence_due <= now {
            self.reporting_presence = true;
            let here = RoomPresence {
                viewers: self.channels.occupancy.viewers() as u64,
                refused: self.counters.refused.clone(),
            };
            self.jobs.push(jobs::report_presence(&self.lifecycle, &self.channels.room, here));
        }
        let poll_after = self.intervals.poll;
        let store_now_ms = self.cases.store_now_ms();
        for live in self.cases.live.values_mut() {
            if let Some(job) = live.next_job(&self.lifecycle, now, store_now_ms, poll_after) {
                self.jobs.push(job);
            }
            self.jobs.extend(std::iter::from_fn(|| live.next_batch(&self.lifecycle)));
        }
    }

    fn next_wake(&self) -> Instant {
        let own = [
            Some(self.presence_due).filter(|_| !self.reporting_presence),
            self.refresh_due.filter(|_| !self.refreshing),
        ];
        let encode = self.pending_update().map(|pending_update| self.pacing.due(Instant::now(), pending_update));
        let cases = self.cases.next_wake();
        // Without anything to wait for, a while; a wake that finds nothing to do costs nothing.
        own.into_iter()
            .chain([encode, cases])
            .flatten()
            .min()
            .unwrap_or_else(|| Instant::now() + self.intervals.report_presence)
    }

    fn pending_update(&self) -> Option<UpdateKind> {
        match self.cases.is_dirty() {
            true => Some(UpdateKind::Ballots),
            false => self.viewers.are_new().then_some(UpdateKind::Presence),
        }
    }

    fn show_what_is_new(&mut self) {
        let now = Instant::now();
        if self.pending_update().is_none_or(|pending_update| self.pacing.due(now, pending_update) > now) {
            return;
        }
        if self.viewers.are_new() {
            let rev = self.view.presence.as_ref().map_or(0, |presence| presence.rev) + 1;
            self.view.presence = Some(Arc::new(EncodedView::presence(rev, self.viewers.show())));
        }
        self.view.tallies = self.cases.encode();
        self.show();
    }

    fn show(&mut self) {
        self.publish();
        self.pacing.announce(Instant::now());
    }

    fn publish(&self) {
        self.channels.view_tx.send_replace(Arc::new(self.view.clone()));
    }

    fn on_done(&mut self, done: Done) {
        match done {
            Done::Refreshed(result) => self.refreshed(*result),
            Done::Welcomed { ok } => {
                self.joining = false;
                if !ok {
                    self.reject_joins();
                }
            }
            Done::LookedUp { results, awaiting_refresh } => {
                self.looking_up = false;
                if !awaiting_refresh.is_empty() {
                    self.awaiting_refresh.extend(awaiting_refresh);
                    self.refresh_due = Some(Instant::now());
                }
                for (reply, answer) in results {
                    match answer {
                        Ok(recorded) => drop(reply.send(recorded)),
                        Err(reason) if reason.is_retryable() => {
                            let refused = self.retryable(reason);
                            self.counters.refuse(reply, refused);
                        }
                        Err(reason) => self.counters.refuse(reply, reason.into()),
                    }
                }
            }
            Done::PresenceReported(result) => self.presence_reported(result),
            Done::Recorded { case, epoch, batch, result, took } => {
                self.pacing.record_store_time(batch.len(), took);
                self.recorded(case, epoch, batch, result);
            }
            Done::Case { case, epoch, result } => self.case_done(case, epoch, result),
        }
    }

    /// A store is away: those who wait to come in are told so, and come back.
    fn reject_joins(&mut self) {
        for join in self.joins.drain(..) {
            let _ = join.reply.send(Err(StoreUnavailable));
        }
    }

    fn presence_reported(&mut self, result: Result<(RoomPresence, u64), crate::peers::PeersError>) {
        self.reporting_presence = false;
        let now = Instant::now();
        self.presence_due = now + self.intervals.report_presence;
        // While the other nodes cannot be heard, what was heard last stands.
        let Ok((all, nodes)) = result else { return };
        let ballots = self.cases.ballots();
        let elapsed_ms = u64::try_from((now - self.rate.at).as_millis()).unwrap_or(u64::MAX).max(1);
        let ballots_per_s = ballots.saturating_sub(self.rate.ballots) * 1_000 / elapsed_ms;
        self.rate = Rate { ballots, at: now };
        let rev = self.view.stats.as_ref().map_or(0, |stats| stats.rev) + 1;
        self.viewers.here = Some(all.viewers);
        let stats = Stats { viewers: all.viewers, nodes, ballots_per_s, refused: all.refused };
        self.view.stats = Some(Arc::new(EncodedView::stats(rev, stats)));
        // Viewers are not woken for what only others read.
        self.publish();
        self.pacing.announce_to_others();
    }
}

/// A cast as the store takes it: the juror's pseudonym in place of the juror.
fn ballot(key: &BallotKey, cast: &Cast, option: u8) -> tally::Cast {
    let Juror { sub, side, .. } = &*cast.juror;
    tally::Cast { juror: key.pseudonym(cast.case, sub), option, side: *side, change: cast.change }
}
