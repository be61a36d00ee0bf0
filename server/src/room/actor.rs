//! The one task that owns a room on this node: takes what comes in, starts what is due, shows what is new.

mod cases;
mod jobs;
mod results;

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use live_jury_protocol::{Refusal, Stats};
use tokio::time::Instant;

use super::batch::{Outcomes, Waiting};
use super::fan_out::{FanOut, News};
use super::view::{Posted, View};
use super::{Away, Cast, Desk, Join, Message, Proceedings, Refused};
use crate::court::{Juror, admit, may_repeat};
use crate::nodes::Attendance;
use crate::pseudonym::BallotKey;
use crate::tally;
use cases::Cases;
use jobs::Done;

/// Ballots that may wait in the task itself before it stops reading its mailbox: some batches.
const GATHERED_BALLOTS_MAX: usize = 4 * tally::BATCH_BALLOTS_MAX;
/// Jurors greeted with one call a case, at most.
const JOINS_PER_CALL_MAX: usize = 1_000;
/// Jurors who may wait to be greeted: beyond it a join is told to come back.
const JOINS_WAITING_MAX: usize = 20_000;
/// Late casts on cases that are not in the view, looked up in the docket at one time; beyond it: busy.
const INQUIRIES_MAX: usize = 64;
/// Wait after a failed step before it is tried again.
const AGAIN_AFTER: Duration = Duration::from_millis(1_000);
/// Wait before the store is asked again whether a deadline has passed that this node took for passed.
const CLOCK_SLACK: Duration = Duration::from_millis(20);
/// Of so many viewers, one who comes or goes is not worth a message to all of them.
const VIEWERS_PER_CHANGE: u64 = 100;

/// How often a room looks about.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Time between two looks at a case's tally: other nodes' ballots, the deadline and a loss show there.
    pub look: Duration,
    /// Time between two rounds of presence.
    pub attend: Duration,
}

/// A room's task.
pub struct Actor {
    desk: Desk,
    proceedings: Proceedings,
    key: BallotKey,
    pace: Pace,
    cases: Cases,
    view: View,
    outcomes: Outcomes,
    joins: Vec<Join>,
    late: Vec<Cast>,
    /// Casts that wait for the room to read its record again, which has their case.
    early: Vec<Cast>,
    jobs: FuturesUnordered<BoxFuture<'static, Done>>,
    joining: bool,
    refreshing: bool,
    refresh_due: Option<Instant>,
    inquiring: bool,
    attending: bool,
    attend_due: Instant,
    fan_out: FanOut,
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
    fn are_news(&self) -> bool {
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
    /// A task for the room of `desk`.
    #[must_use]
    pub fn new(desk: Desk, proceedings: Proceedings, key: BallotKey, pace: Pace) -> Self {
        let now = Instant::now();
        let fan_out = FanOut::new(desk.rows.clone());
        Self {
            desk,
            proceedings,
            key,
            pace,
            cases: Cases::default(),
            view: View::default(),
            outcomes: Outcomes::default(),
            joins: Vec::new(),
            late: Vec::new(),
            early: Vec::new(),
            jobs: FuturesUnordered::new(),
            joining: false,
            refreshing: false,
            refresh_due: Some(now),
            inquiring: false,
            attending: false,
            attend_due: now,
            fan_out,
            viewers: Viewers::default(),
            rate: Rate { ballots: 0, at: now },
        }
    }

    /// Runs until nobody holds the room any more.
    pub async fn run(mut self) {
        let mut letters = Vec::new();
        loop {
            self.start_what_is_due();
            self.show_what_is_new();
            let unrecorded = self.cases.unrecorded();
            self.desk.seats.note_unrecorded(unrecorded);
            self.fan_out.note_recording(unrecorded > 0);
            let room = GATHERED_BALLOTS_MAX.saturating_sub(self.cases.gathered() + self.late.len() + self.early.len());
            let wake = self.next_wake();
            tokio::select! {
                Some(done) = self.jobs.next() => self.finish(done),
                taken = self.desk.letters.recv_many(&mut letters, room), if room > 0 => {
                    if taken == 0 {
                        break;
                    }
                    self.fan_out.make_way_for(taken);
                    letters.drain(..).for_each(|letter| self.take(letter));
                }
                () = tokio::time::sleep_until(wake) => {}
            }
        }
    }

    fn take(&mut self, letter: Message) {
        match letter {
            Message::Join(join) if self.joins.len() < JOINS_WAITING_MAX => self.joins.push(join),
            Message::Join(join) => {
                let _ = join.reply.send(Err(Away));
            }
            Message::Cast(cast) => self.hear(cast),
            Message::Refresh => self.refresh_due = Some(Instant::now()),
        }
    }

    /// What the court says of a cast decides where it goes: to the store, to the docket's record, or back.
    fn hear(&mut self, cast: Cast) {
        let now_ms = self.cases.store_now_ms().unwrap_or_else(|| self.proceedings.clock.now_ms());
        let Some(live) = self.cases.live.get_mut(&cast.case) else {
            self.hear_late(cast);
            return;
        };
        let option = match admit(&live.case, &cast.juror, &cast.option, now_ms) {
            Ok(option) => option,
            Err(Refusal::Closed) => match may_repeat(&live.case, &cast.juror, &cast.option, now_ms) {
                Some(option) => option,
                None => return self.outcomes.refuse(cast.reply, Refusal::Closed.into()),
            },
            Err(reason) => return self.outcomes.refuse(cast.reply, reason.into()),
        };
        if !live.has_key(&self.proceedings.key) {
            let refused = self.passing(Refusal::Unavailable);
            return self.outcomes.refuse(cast.reply, refused);
        }
        live.gathered.push(Waiting { cast: ballot(&self.key, &cast, option), reply: cast.reply });
    }

    /// A case that the room does not show: an old one, a draft, another room's, or none. The docket knows.
    fn hear_late(&mut self, cast: Cast) {
        if self.late.len() < INQUIRIES_MAX {
            self.late.push(cast);
        } else {
            let refused = self.passing(Refusal::Busy);
            self.outcomes.refuse(cast.reply, refused);
        }
    }

    fn passing(&self, reason: Refusal) -> Refused {
        Refused::passing(reason, &*self.proceedings.clock)
    }

    fn refuse_all(&mut self, batch: Vec<Waiting>, reason: Refusal) {
        for waiting in batch {
            let refused = self.passing(reason);
            self.outcomes.refuse(waiting.reply, refused);
        }
    }

    fn start_what_is_due(&mut self) {
        let now = Instant::now();
        if !self.refreshing && self.refresh_due.is_some_and(|due| due <= now) {
            self.refreshing = true;
            self.refresh_due = None;
            self.jobs.push(jobs::refresh(&self.proceedings, &self.desk.room, self.cases.knows_time()));
        }
        if !self.joining && !self.joins.is_empty() && self.view.docket.is_some() && self.cases.knows_time() {
            self.joining = true;
            let rest = self.joins.split_off(self.joins.len().min(JOINS_PER_CALL_MAX));
            let joins = std::mem::replace(&mut self.joins, rest);
            self.jobs.push(jobs::greet(&self.proceedings, &self.key, &self.cases, joins));
        }
        if !self.inquiring && !self.late.is_empty() {
            self.inquiring = true;
            let late = std::mem::take(&mut self.late);
            self.jobs.push(jobs::inquire(&self.proceedings, &self.key, &self.desk.room, late));
        }
        if !self.attending && self.attend_due <= now {
            self.attending = true;
            let here = Attendance { viewers: self.desk.seats.viewers() as u64, refused: self.outcomes.refused.clone() };
            self.jobs.push(jobs::attend(&self.proceedings, &self.desk.room, here));
        }
        let look_after = self.pace.look;
        let store_now_ms = self.cases.store_now_ms();
        for live in self.cases.live.values_mut() {
            if let Some(job) = live.next_job(&self.proceedings, now, store_now_ms, look_after) {
                self.jobs.push(job);
            }
            self.jobs.extend(std::iter::from_fn(|| live.next_batch(&self.proceedings)));
        }
    }

    fn next_wake(&self) -> Instant {
        let own = [Some(self.attend_due).filter(|_| !self.attending), self.refresh_due.filter(|_| !self.refreshing)];
        let post = self.news().map(|news| self.fan_out.due(Instant::now(), news));
        let cases = self.cases.next_wake();
        // Without anything to wait for, a while; a wake that finds nothing to do costs nothing.
        own.into_iter().chain([post, cases]).flatten().min().unwrap_or_else(|| Instant::now() + self.pace.attend)
    }

    fn news(&self) -> Option<News> {
        match self.cases.is_dirty() {
            true => Some(News::Ballots),
            false => self.viewers.are_news().then_some(News::Attendance),
        }
    }

    fn show_what_is_new(&mut self) {
        let now = Instant::now();
        if self.news().is_none_or(|news| self.fan_out.due(now, news) > now) {
            return;
        }
        if self.viewers.are_news() {
            let rev = self.view.presence.as_ref().map_or(0, |presence| presence.rev) + 1;
            self.view.presence = Some(Arc::new(Posted::presence(rev, self.viewers.show())));
        }
        self.view.tallies = self.cases.post();
        self.show();
    }

    fn show(&mut self) {
        self.hang_up();
        self.fan_out.tell(Instant::now());
    }

    fn hang_up(&self) {
        self.desk.board.send_replace(Arc::new(self.view.clone()));
    }

    fn finish(&mut self, done: Done) {
        match done {
            Done::Refreshed(result) => self.refreshed(*result),
            Done::Greeted { ok } => {
                self.joining = false;
                if !ok {
                    self.turn_away();
                }
            }
            Done::Inquired { answers, early } => {
                self.inquiring = false;
                if !early.is_empty() {
                    self.early.extend(early);
                    self.refresh_due = Some(Instant::now());
                }
                for (reply, answer) in answers {
                    match answer {
                        Ok(recorded) => drop(reply.send(recorded)),
                        Err(reason) if reason.is_retryable() => {
                            let refused = self.passing(reason);
                            self.outcomes.refuse(reply, refused);
                        }
                        Err(reason) => self.outcomes.refuse(reply, reason.into()),
                    }
                }
            }
            Done::Attended(result) => self.attended(result),
            Done::Recorded { case, epoch, batch, result, took } => {
                self.fan_out.note_counted(batch.len(), took);
                self.recorded(case, epoch, batch, result);
            }
            Done::Case { case, epoch, result } => self.case_done(case, epoch, result),
        }
    }

    /// A store is away: those who wait to come in are told so, and come back.
    fn turn_away(&mut self) {
        for join in self.joins.drain(..) {
            let _ = join.reply.send(Err(Away));
        }
    }

    fn attended(&mut self, result: Result<(Attendance, u64), crate::nodes::NodesError>) {
        self.attending = false;
        let now = Instant::now();
        self.attend_due = now + self.pace.attend;
        // While the other nodes cannot be heard, what was heard last stands.
        let Ok((all, nodes)) = result else { return };
        let ballots = self.cases.ballots();
        let elapsed_ms = u64::try_from((now - self.rate.at).as_millis()).unwrap_or(u64::MAX).max(1);
        let ballots_per_s = ballots.saturating_sub(self.rate.ballots) * 1_000 / elapsed_ms;
        self.rate = Rate { ballots, at: now };
        let rev = self.view.stats.as_ref().map_or(0, |stats| stats.rev) + 1;
        self.viewers.here = Some(all.viewers);
        let stats = Stats { viewers: all.viewers, nodes, ballots_per_s, refused: all.refused };
        self.view.stats = Some(Arc::new(Posted::stats(rev, stats)));
        // Viewers are not woken for what only others read.
        self.hang_up();
        self.fan_out.tell_others();
    }
}

/// A cast as the store takes it: the juror's pseudonym in place of the juror.
fn ballot(key: &BallotKey, cast: &Cast, option: u8) -> tally::Cast {
    let Juror { sub, side, .. } = &*cast.juror;
    tally::Cast { juror: key.pseudonym(cast.case, sub), option, side: *side, change: cast.change }
}
