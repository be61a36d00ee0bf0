//! The open and sealed cases of a room, as its task keeps them: what is known of each, and what is due; it does no IO.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use live_jury_protocol::CaseId;
use tokio::time::Instant;

use super::jobs::{self, Done};
use crate::court::{Case, Open, State};
use crate::docket::RoomRecord;
use crate::room::Proceedings;
use crate::room::batch::Waiting;
use crate::room::view::PostedTally;
use crate::tally::{BATCH_BALLOTS_MAX, Standing};

/// How long a node leaves a case to the one that sealed it, before it takes over, and up to as long again, by chance: one node is
/// enough to record it, and one to take over.
const SECOND_HAND_AFTER: Duration = Duration::from_secs(3);
/// As much longer for each ballot: reading and recording them takes as long where all is busy.
const SECOND_HAND_AFTER_EACH: Duration = Duration::from_micros(30);

/// Batches of a case that may be away at one time. While the store writes one, the next ones come to it: a disk that takes long
/// writes them together, and neither it nor this node waits for the other.
const BATCHES_AWAY_MAX: usize = 4;
/// Ballots that are worth a further batch. Fewer gather until one is back: a call costs the store as much as some dozens of them.
const FURTHER_BATCH_BALLOTS: usize = 256;

/// The room's cases and the tally store's clock.
#[derive(Debug, Default)]
pub struct Cases {
    /// Open and sealed cases.
    pub live: BTreeMap<CaseId, LiveCase>,
    /// The last ended ones, newest first.
    pub ended: Vec<Case>,
    /// What the store's clock said, and when that was heard.
    clock: Option<(u64, Instant)>,
}

/// A case that takes ballots, or waits for its verdict.
#[derive(Debug)]
pub struct LiveCase {
    /// The case as the docket has it.
    pub case: Case,
    /// The latest that is known of its tally, in the docket's epoch.
    pub standing: Option<Standing>,
    /// Ballots that wait for the store.
    pub gathered: Vec<Waiting>,
    /// Batches that are away.
    pub batches_away: usize,
    /// A step other than a batch is away.
    pub busy: bool,
    /// What to do before anything else.
    pub next: Next,
    /// Not before this is the next step taken.
    pub due: Instant,
    /// When this node takes over a case that another one sealed.
    settle_due: Instant,
    dirty: bool,
    posted: Option<Arc<PostedTally>>,
}

/// What a live case waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// A look, or its deadline.
    Look,
    /// The store lost it: it needs its next epoch.
    Lost,
    /// Another node noticed the loss and filed the next epoch: its keys must stand, whoever makes them.
    StandAgain,
    /// The store's deadline is not the docket's. Whoever moved it is likely filing it; if not, this node does.
    RepairDeadline,
    /// It is sealed in the store.
    Settle,
}

impl Cases {
    /// The tally store's clock, as far as it is known.
    pub fn store_now_ms(&self) -> Option<u64> {
        let (then_ms, heard) = self.clock?;
        Some(then_ms + u64::try_from(heard.elapsed().as_millis()).unwrap_or(0))
    }

    /// Whether the store's clock was ever heard.
    pub const fn knows_time(&self) -> bool {
        self.clock.is_some()
    }

    /// Takes note of the store's clock.
    pub fn heard_time(&mut self, now_ms: u64) {
        self.clock = Some((now_ms, Instant::now()));
    }

    /// Ballots that wait in all cases.
    pub fn gathered(&self) -> usize {
        self.live.values().map(|live| live.gathered.len()).sum()
    }

    /// Ballots recorded in all live cases, as far as it is known.
    pub fn ballots(&self) -> u64 {
        self.live.values().map(LiveCase::ballots).sum()
    }

    /// Cases that are sealed, as far as it is known, and not recorded.
    pub fn unrecorded(&self) -> usize {
        self.live.values().filter(|live| live.is_sealed()).count()
    }

    /// Whether there is a tally to show.
    pub fn is_dirty(&self) -> bool {
        self.live.values().any(|live| live.dirty)
    }

    /// The tallies of all live cases, encoded where they are new.
    pub fn post(&mut self) -> Vec<Arc<PostedTally>> {
        self.live.values_mut().filter_map(LiveCase::post).collect()
    }

    /// When the next step of any case is due.
    pub fn next_wake(&self) -> Option<Instant> {
        self.live.values().filter_map(|live| live.next_wake(self.clock)).min()
    }

    /// Takes over the docket's record. Returns the ballots that waited for cases that have ended.
    pub fn replace(&mut self, record: RoomRecord) -> Vec<Waiting> {
        let mut before = std::mem::take(&mut self.live);
        for case in record.live {
            let live = match before.remove(&case.id) {
                Some(known) => known.updated(case),
                None => LiveCase::new(case),
            };
            self.live.insert(live.case.id, live);
        }
        self.ended = record.ended;
        before.into_values().flat_map(|gone| gone.gathered).collect()
    }
}

impl LiveCase {
    fn new(case: Case) -> Self {
        let now = Instant::now();
        Self {
            case,
            standing: None,
            gathered: Vec::new(),
            batches_away: 0,
            busy: false,
            next: Next::Look,
            due: now,
            settle_due: now,
            dirty: false,
            posted: None,
        }
    }

    /// The case as the docket has it by now, with what is known of it here.
    fn updated(mut self, case: Case) -> Self {
        let (was, is) = (self.epoch(), case.state.opened().map_or(0, |open| open.epoch));
        if is > was {
            // Known here in a lower epoch: what was counted then is gone.
            self.standing = None;
            self.next = Next::StandAgain;
            self.due = Instant::now();
        }
        if matches!((&self.case.state, &case.state), (State::Open(_), State::Sealed(_))) && !self.busy {
            self.leave_to_another();
        }
        self.case = case;
        self
    }

    /// Another node has sealed it, and records it, too. If it does not, this one will.
    pub fn leave_to_another(&mut self) {
        let ballots = self.ballots();
        let after = SECOND_HAND_AFTER + SECOND_HAND_AFTER_EACH * u32::try_from(ballots).unwrap_or(u32::MAX);
        self.settle_due = Instant::now() + after.mul_f64(1.0 + fastrand::f64());
    }

    /// Takes over what this node itself has just filed, without waiting for the record.
    pub fn adopt(&mut self, case: Case) {
        if case.state.opened().map_or(0, |open| open.epoch) > self.epoch() {
            self.standing = None;
        }
        self.case = case;
    }

    fn is_sealed(&self) -> bool {
        let in_store = self.standing.as_ref().is_some_and(|standing| standing.seal.is_some());
        in_store || matches!(self.case.state, State::Sealed(_))
    }

    fn opened(&self) -> Option<&Open> {
        self.case.state.opened()
    }

    /// The docket's epoch.
    pub fn epoch(&self) -> u64 {
        self.opened().map_or(0, |open| open.epoch)
    }

    /// The highest rev seen in the docket's epoch.
    pub fn seen_rev(&self) -> u64 {
        self.standing.as_ref().map_or(0, |standing| standing.rev)
    }

    /// Ballots recorded, as far as it is known.
    pub fn ballots(&self) -> u64 {
        self.standing.as_ref().map_or(0, Standing::ballots)
    }

    /// Whether this node's ballot key is the one that the case was opened with.
    pub fn has_key(&self, fingerprint: &str) -> bool {
        self.opened().is_some_and(|open| open.key == fingerprint)
    }

    /// Takes note of what the store says; what is older than what is known changes nothing.
    pub fn heard(&mut self, standing: Standing) {
        if standing.epoch != self.epoch() || standing.rev < self.seen_rev() {
            return;
        }
        self.dirty |= self.posted.as_ref().is_none_or(|posted| posted.order != (standing.epoch, standing.rev));
        let was_sealed = self.standing.as_ref().is_some_and(|known| known.seal.is_some());
        if standing.seal.is_some() && !was_sealed && !self.busy {
            self.leave_to_another();
        }
        if let State::Open(open) = &self.case.state {
            self.next = match &self.next {
                urgent @ (Next::Lost | Next::StandAgain) => urgent.clone(),
                _ if standing.seal.is_some() => Next::Settle,
                _ if standing.closes_at_ms != open.closes_at_ms => Next::RepairDeadline,
                _ => Next::Look,
            };
        }
        self.standing = Some(standing);
    }

    /// The step that is due, if one is.
    pub fn next_job(
        &mut self,
        proceedings: &Proceedings,
        now: Instant,
        store_now_ms: Option<u64>,
        look_after: Duration,
    ) -> Option<BoxFuture<'static, Done>> {
        if self.busy || self.due > now {
            return self.job_at_deadline(proceedings, now, store_now_ms);
        }
        self.due = now + look_after;
        let case = self.case.clone();
        let job = match (&self.next, &self.case.state) {
            (Next::Lost, _) => jobs::lost(proceedings, case),
            (Next::StandAgain, _) => jobs::stand_again(proceedings, case),
            (_, State::Sealed(_)) | (Next::Settle, _) if self.settle_due <= now => jobs::settle(proceedings, case),
            (_, State::Sealed(_)) => return None,
            (Next::RepairDeadline, _) => jobs::repair_deadline(proceedings, case),
            _ => jobs::look(proceedings, case.id, self.epoch(), self.seen_rev()),
        };
        self.busy = true;
        Some(job)
    }

    /// A deadline does not wait for the next look.
    fn job_at_deadline(
        &mut self,
        proceedings: &Proceedings,
        now: Instant,
        store_now_ms: Option<u64>,
    ) -> Option<BoxFuture<'static, Done>> {
        let State::Open(open) = &self.case.state else { return None };
        let passed = store_now_ms.is_some_and(|now_ms| now_ms >= open.closes_at_ms);
        if self.busy || !passed || self.settle_due > now || self.next != Next::Look {
            return None;
        }
        self.busy = true;
        Some(jobs::settle(proceedings, self.case.clone()))
    }

    /// A step failed, or came too early: not again at once.
    pub fn rest(&mut self, until: Instant) {
        self.due = self.due.max(until);
        self.settle_due = self.settle_due.max(until);
    }

    /// The batch that can go to the store now, if there is one.
    pub fn next_batch(&mut self, proceedings: &Proceedings) -> Option<BoxFuture<'static, Done>> {
        let stands = !matches!(self.next, Next::Lost | Next::StandAgain);
        let worth = if self.batches_away == 0 { 1 } else { FURTHER_BATCH_BALLOTS };
        if self.batches_away >= BATCHES_AWAY_MAX || self.gathered.len() < worth || !stands {
            return None;
        }
        self.batches_away += 1;
        let rest = self.gathered.split_off(self.gathered.len().min(BATCH_BALLOTS_MAX));
        let batch = std::mem::replace(&mut self.gathered, rest);
        Some(jobs::record(proceedings, self.case.id, self.epoch(), self.seen_rev(), batch))
    }

    fn post(&mut self) -> Option<Arc<PostedTally>> {
        if std::mem::take(&mut self.dirty)
            && let Some(standing) = &self.standing
        {
            self.posted = Some(Arc::new(PostedTally::new(&self.case, standing)));
        }
        self.posted.clone()
    }

    fn next_wake(&self, clock: Option<(u64, Instant)>) -> Option<Instant> {
        if self.busy {
            return None;
        }
        let State::Open(open) = &self.case.state else { return Some(self.due.max(self.settle_due)) };
        let deadline = clock.filter(|_| self.next == Next::Look).map(|(then_ms, heard)| {
            let left = Duration::from_millis(open.closes_at_ms.saturating_sub(then_ms));
            (heard + left).max(self.settle_due)
        });
        deadline.into_iter().chain([self.due]).min()
    }
}
