//! Plans the work of a room's task: owns the room's cases, queues and due times, and returns the jobs that are due.
//!
//! It does no IO, and time and chance are its arguments. So each race is a unit test.

mod events;
mod job;
mod live_case;
mod panel_plan;
mod receipts;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use live_jury_protocol::{CaseId, Refusal};
use tokio::time::Instant;
use uuid::Uuid;

use super::batch::{PendingCast, RefusedCast};
use super::view::EncodedTally;
use super::{Cast, Join, Offer, PanelView};
use crate::peers::RoomPresence;
use crate::pseudonym::BallotKey;
use crate::tally;
pub use job::{CaseJobResult, Job, Moment, PanelJobResult, PollIntervals, ReceiptBatch, RecordChange, Shown};
use live_case::{LiveCase, clock_at};
use live_jury_court::{Case, Juror, Marks, admit, may_repeat};
use receipts::ReceiptQueue;

/// Casts that wait in the planner, at most. Beyond it the task stops reading its mailbox, which then fills and refuses
/// casts. Four batches keep the tally store busy.
const PENDING_CASTS_MAX: usize = 4 * tally::BATCH_BALLOTS_MAX;
/// Jurors welcomed by one job, at most: one call for each case reads the ballots of all of them.
const JOINS_PER_JOB_MAX: usize = 1_000;
/// Joins that wait for a welcome, at most. Beyond it a join is rejected, and the client comes back later.
const JOINS_WAITING_MAX: usize = 20_000;
/// Casts on cases that the room does not show, which wait for one look-up in the docket, at most. Beyond it: busy.
const UNKNOWN_CASTS_MAX: usize = 64;
/// Delay before a failed job is tried again, so that a store that is down is not flooded.
const RETRY_AFTER: Duration = Duration::from_millis(1_000);
/// Longest time for which a cast waits for keys or for a refresh; beyond it the cast is refused as unavailable. Both
/// take milliseconds where the stores answer. A cast whose wait ends in time has 4 s left for its batch: each cast is
/// to be answered within 5 s.
const CAST_WAIT_MAX: Duration = Duration::from_millis(1_000);

/// State of a room's task. Only the task changes it, by the results of its jobs and the messages of its mailbox.
#[derive(Debug)]
pub struct Planner {
    /// Replaces jurors by pseudonyms.
    key: BallotKey,
    /// Identifies `key`; a case that was opened with another key cannot be served here.
    fingerprint: String,
    intervals: PollIntervals,
    /// Incarnation and rev of the record that `live` and `ended` come from; none before the first refresh.
    shown: Option<(Uuid, u64)>,
    /// Open and sealed cases.
    live: BTreeMap<CaseId, LiveCase>,
    /// Counts the changes of panels, so that each view of one has a number of its own.
    panel_rev: u64,
    /// The last ended cases, newest first. Batches that were in flight at the end are answered from them.
    ended: Vec<Case>,
    /// The tally store's clock, and when it was read.
    store_clock: Option<(u64, Instant)>,
    /// Joins that wait for the next [`Job::WelcomeJurors`].
    joins: Vec<Join>,
    welcoming: bool,
    /// Casts that wait for the next [`Job::LookUpCasts`].
    unknown_casts: Vec<Cast>,
    looking_up: bool,
    /// Casts on cases that opened since the last refresh. The next refresh brings their cases.
    awaiting_refresh: Vec<Cast>,
    /// When the first of them came; none while there is none.
    awaiting_since: Option<Instant>,
    refresh_due: Option<Instant>,
    refreshing: bool,
    presence_due: Instant,
    reporting_presence: bool,
    receipts: ReceiptQueue,
}

impl Planner {
    /// A planner without cases, whose first refresh and first presence report are due at `now`.
    pub fn new(key: BallotKey, intervals: PollIntervals, now: Instant) -> Self {
        Self {
            fingerprint: key.fingerprint(),
            key,
            intervals,
            shown: None,
            live: BTreeMap::new(),
            panel_rev: 0,
            ended: Vec::new(),
            store_clock: None,
            joins: Vec::new(),
            welcoming: false,
            unknown_casts: Vec::new(),
            looking_up: false,
            awaiting_refresh: Vec::new(),
            awaiting_since: None,
            refresh_due: Some(now),
            refreshing: false,
            presence_due: now,
            reporting_presence: false,
            receipts: ReceiptQueue::default(),
        }
    }

    /// Messages that the task may read from its mailbox now.
    pub fn free_messages(&self) -> usize {
        let pending: usize = self.live.values().map(LiveCase::pending).sum();
        PENDING_CASTS_MAX.saturating_sub(pending + self.unknown_casts.len() + self.awaiting_refresh.len())
    }

    /// The tally store's clock at `now`, once it was read.
    pub fn store_now_ms(&self, now: Instant) -> Option<u64> {
        self.store_clock.map(|reading| clock_at(reading, now))
    }

    /// Ballots recorded in all live cases, as far as this node knows.
    pub fn ballots(&self) -> u64 {
        self.live.values().map(LiveCase::ballots).sum()
    }

    /// Cases that wait for their record at `now`, as far as this node knows: they take no more ballots, or should have
    /// been closed for a while.
    pub fn unrecorded(&self, now: Instant) -> usize {
        let store_now_ms = self.store_now_ms(now);
        self.live.values().filter(|live| live.is_unrecorded() || live.is_overdue(store_now_ms)).count()
    }

    /// Whether a case is about to be recorded. One that waits for a lost tally is not.
    pub fn is_recording(&self) -> bool {
        self.live.values().any(|live| live.is_unrecorded() && !live.is_missing_tally())
    }

    /// Whether a live case was opened with another ballot key than this node's.
    pub fn has_foreign_key(&self) -> bool {
        self.live.values().any(|live| !live.has_key(&self.fingerprint))
    }

    /// Whether a tally changed since the last [`Self::encode_tallies`].
    pub fn is_dirty(&self) -> bool {
        self.live.values().any(LiveCase::is_dirty)
    }

    /// The tallies of all live cases. Only changed ones are encoded again.
    pub fn encode_tallies(&mut self) -> Vec<Arc<EncodedTally>> {
        self.live.values_mut().filter_map(LiveCase::encode).collect()
    }

    /// A live case's known ballots; none if the case is not live here.
    pub fn ballots_in(&self, case: CaseId) -> Option<u64> {
        self.live.get(&case).map(LiveCase::ballots)
    }

    /// The open and sealed cases.
    pub fn live_cases(&self) -> Vec<CaseId> {
        self.live.keys().copied().collect()
    }

    /// Cases that were first seen as sealed since the last call, each with its epoch.
    pub fn take_seals(&mut self) -> Vec<(CaseId, u64)> {
        self.live.iter_mut().filter_map(|(id, live)| live.take_seal().map(|epoch| (*id, epoch))).collect()
    }

    /// A case of the room's record, live or ended.
    pub fn case(&self, id: CaseId) -> Option<&Case> {
        self.live.get(&id).map(LiveCase::case).or_else(|| self.ended.iter().find(|ended| ended.id == id))
    }

    /// The jobs that are due at `now`, each of them once. `here` is read only if presence is due.
    pub fn plan(&mut self, now: Instant, here: impl FnOnce() -> RoomPresence) -> Vec<Job> {
        let mut jobs = Vec::new();
        let store_now_ms = self.store_now_ms(now);
        if !self.refreshing && self.refresh_due.is_some_and(|due| due <= now) {
            self.refreshing = true;
            self.refresh_due = None;
            jobs.push(Job::Refresh { read_clock: store_now_ms.is_none(), shown: self.shown() });
        }
        if let Some(now_ms) = store_now_ms
            && self.shown.is_some()
            && !self.welcoming
            && !self.joins.is_empty()
        {
            self.welcoming = true;
            let rest = self.joins.split_off(self.joins.len().min(JOINS_PER_JOB_MAX));
            let joins = std::mem::replace(&mut self.joins, rest);
            let readable = self.live.values().filter(|live| live.has_key(&self.fingerprint));
            jobs.push(Job::WelcomeJurors { joins, cases: readable.map(|live| live.case().clone()).collect(), now_ms });
        }
        if !self.looking_up && !self.unknown_casts.is_empty() {
            self.looking_up = true;
            jobs.push(Job::LookUpCasts(std::mem::take(&mut self.unknown_casts)));
        }
        if !self.reporting_presence && self.presence_due <= now {
            self.reporting_presence = true;
            jobs.push(Job::ReportPresence(here()));
        }
        for live in self.live.values_mut() {
            jobs.extend(live.next_step(now, store_now_ms, self.intervals.poll));
            jobs.extend(live.next_panel_job(now, store_now_ms));
            jobs.extend(std::iter::from_fn(|| live.next_batch()));
        }
        jobs.extend(self.receipt_jobs(now));
        jobs
    }

    fn shown(&self) -> Option<Shown> {
        let (incarnation, rev) = self.shown?;
        let cases = self.live.values().map(LiveCase::case).chain(&self.ended);
        Some(Shown { incarnation, rev, versions: cases.map(|case| (case.id, case.version)).collect() })
    }

    /// When the next job is due that waits for nothing but time.
    pub fn next_wake(&self, now: Instant) -> Option<Instant> {
        let own = [
            Some(self.presence_due).filter(|_| !self.reporting_presence),
            self.refresh_due.filter(|_| !self.refreshing),
        ];
        let cases = self.live.values().filter_map(|live| live.next_wake(self.store_clock));
        let overdue = self.live.values().filter_map(LiveCase::pending_due).chain(self.awaiting_due());
        let store_now_ms = self.store_now_ms(now);
        let panels = self.live.values().filter_map(|live| live.next_panel_wake(now, store_now_ms));
        own.into_iter().flatten().chain(cases).chain(overdue).chain(panels).chain(self.receipts_due()).min()
    }

    /// The room's record may have changed: it is read again.
    pub fn refresh(&mut self, now: Instant) {
        self.refresh_due = Some(now);
    }

    /// Queues a join for the next welcome.
    ///
    /// # Errors
    /// The queue is full; the join comes back.
    pub fn on_join(&mut self, join: Join) -> Result<(), Join> {
        if self.joins.len() >= JOINS_WAITING_MAX {
            return Err(join);
        }
        self.joins.push(join);
        Ok(())
    }

    /// Takes an offer for a panel. One of an earlier epoch is late.
    pub fn on_offer(&mut self, offer: &Offer) {
        if let Some(live) = self.live.get_mut(&offer.case) {
            live.on_offer(offer);
        }
    }

    /// The panels of the live cases, as connections see them.
    pub fn panels(&self) -> Vec<Arc<PanelView>> {
        self.live.values().filter_map(LiveCase::panel_view).cloned().collect()
    }

    /// Takes the casts that have waited too long for a store. They are to be refused.
    pub fn take_overdue(&mut self, now: Instant) -> Vec<RefusedCast> {
        let mut replies: Vec<_> = match self.awaiting_due() {
            Some(due) if due <= now => self.take_awaiting_refresh().into_iter().map(|cast| cast.reply).collect(),
            _ => Vec::new(),
        };
        for live in self.live.values_mut().filter(|live| live.pending_due().is_some_and(|due| due <= now)) {
            replies.extend(live.take_pending().into_iter().map(|cast| cast.reply));
        }
        replies.into_iter().map(|reply| RefusedCast { reply, reason: Refusal::Unavailable }).collect()
    }

    /// When the casts that wait for a refresh are overdue.
    fn awaiting_due(&self) -> Option<Instant> {
        self.awaiting_since.map(|since| since + CAST_WAIT_MAX)
    }

    /// Queues a cast for the tally store, or for a look-up in the docket if the room does not show its case.
    /// `now_ms` is the tally store's clock, or the node's own while that is not known.
    ///
    /// # Errors
    /// The court refuses it, this node lacks the case's ballot key, too many casts wait, or the stores have failed the
    /// case a moment ago.
    pub fn on_cast(&mut self, cast: Cast, now: Instant, now_ms: u64) -> Result<(), RefusedCast> {
        let Some(live) = self.live.get_mut(&cast.case) else {
            return self.on_unknown_cast(cast);
        };
        let now_ms = live.clock_ms(now).unwrap_or(now_ms);
        let admitted = match admit(live.case(), &cast.juror, &cast.option, now_ms) {
            Err(Refusal::Closed) => may_repeat(live.case(), &cast.juror, &cast.option, now_ms).ok_or(Refusal::Closed),
            other => other,
        };
        match admitted {
            Ok(option) if live.has_key(&self.fingerprint) && !live.refuses(now) => {
                let ballot = ballot(&self.key, live.case(), &cast, option, now_ms);
                live.add(PendingCast { cast: ballot, reply: cast.reply });
                Ok(())
            }
            Ok(_) => Err(RefusedCast { reply: cast.reply, reason: Refusal::Unavailable }),
            Err(reason) => Err(RefusedCast { reply: cast.reply, reason }),
        }
    }

    /// Hands a cast on once the refresh that it waited for has ended. A case that the room does not show even then is
    /// not looked up again: docket and room may differ for longer.
    ///
    /// # Errors
    /// As in [`Self::on_cast`], or the room still does not show the case.
    pub fn on_cast_after_refresh(&mut self, cast: Cast, now: Instant, now_ms: u64) -> Result<(), RefusedCast> {
        if self.live.contains_key(&cast.case) {
            return self.on_cast(cast, now, now_ms);
        }
        Err(RefusedCast { reply: cast.reply, reason: Refusal::Unavailable })
    }

    /// The case is an ended one, a draft, one of another room, or none. Only the docket knows.
    fn on_unknown_cast(&mut self, cast: Cast) -> Result<(), RefusedCast> {
        if self.unknown_casts.len() >= UNKNOWN_CASTS_MAX {
            return Err(RefusedCast { reply: cast.reply, reason: Refusal::Busy });
        }
        self.unknown_casts.push(cast);
        Ok(())
    }
}

/// The cast as the tally store takes it, with a pseudonym instead of the juror.
fn ballot(key: &BallotKey, case: &Case, cast: &Cast, option: u8, now_ms: u64) -> tally::Cast {
    let Juror { sub, side, .. } = &*cast.juror;
    let marks = Marks::of(case, &cast.juror, cast.joined_at_ms, cast.remarks, now_ms);
    tally::Cast { juror: key.pseudonym(cast.case, sub), option, side: *side, marks, change: cast.change }
}
