//! The open and sealed cases of a room, as its task keeps them: what is known of each, and what is due; it does no IO.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use live_jury_court::{Case, Open, State};
use live_jury_protocol::CaseId;
use tokio::time::Instant;

use super::jobs::{self, Done};
use crate::docket::RoomRecord;
use crate::lifecycle::Lifecycle;
use crate::room::batch::PendingCast;
use crate::room::view::EncodedTally;
use crate::tally::{BATCH_BALLOTS_MAX, TallyState};

/// How long a node leaves a case to the one that sealed it, before it takes over, and up to as long again, by chance: one node is
/// enough to record it, and one to take over.
const TAKEOVER_DELAY: Duration = Duration::from_secs(3);
/// As much longer for each ballot: reading and recording them takes as long where all is busy.
const TAKEOVER_DELAY_PER_BALLOT: Duration = Duration::from_micros(30);

/// Batches of a case that may be away at one time. While the store writes one, the next ones come to it: a disk that takes long
/// writes them together, and neither it nor this node waits for the other.
const BATCHES_IN_FLIGHT_MAX: usize = 4;
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
    pub state: Option<TallyState>,
    /// Ballots that wait for the store.
    pub gathered: Vec<PendingCast>,
    /// Batches that are away.
    pub batches_in_flight: usize,
    /// A step other than a batch is away.
    pub busy: bool,
    /// What to do before anything else.
    pub next: NextStep,
    /// Not before this is the next step taken.
    pub due: Instant,
    /// When this node takes over a case that another one sealed.
    conclude_due: Instant,
    dirty: bool,
    encoded: Option<Arc<EncodedTally>>,
}

/// What a live case waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// A look, or its deadline.
    Poll,
    /// The store lost it: it needs its next epoch.
    Lost,
    /// Another node noticed the loss and filed the next epoch: its keys must stand, whoever makes them.
    RestoreKeys,
    /// The store's deadline is not the docket's. Whoever moved it is likely filing it; if not, this node does.
    RepairDeadline,
    /// It is sealed in the store.
    Conclude,
}

impl Cases {
    /// The tally store's clock, as far as it is known.
    pub fn store_now_ms(&self) -> Option<u64> {
        let (then_ms, apply_tally) = self.clock?;
        Some(then_ms + u64::try_from(apply_tally.elapsed().as_millis()).unwrap_or(0))
    }

    /// Whether the store's clock was ever heard.
    pub const fn knows_time(&self) -> bool {
        self.clock.is_some()
    }

    /// Takes note of the store's clock.
    pub fn set_store_time(&mut self, now_ms: u64) {
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
    pub fn encode(&mut self) -> Vec<Arc<EncodedTally>> {
        self.live.values_mut().filter_map(LiveCase::encode).collect()
    }

    /// When the next step of any case is due.
    pub fn next_wake(&self) -> Option<Instant> {
        self.live.values().filter_map(|live| live.next_wake(self.clock)).min()
    }

    /// Takes over the docket's record. Returns the ballots that waited for cases that have ended.
    pub fn replace(&mut self, record: RoomRecord) -> Vec<PendingCast> {
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
            state: None,
            gathered: Vec::new(),
            batches_in_flight: 0,
            busy: false,
            next: NextStep::Poll,
            due: now,
            conclude_due: now,
            dirty: false,
            encoded: None,
        }
    }

    /// The case as the docket has it by now, with what is known of it here.
    fn updated(mut self, case: Case) -> Self {
        let (was, is) = (self.epoch(), case.state.opened().map_or(0, |open| open.epoch));
        if is > was {
            // Known here in a lower epoch: what was counted then is gone.
            self.state = None;
            self.next = NextStep::RestoreKeys;
            self.due = Instant::now();
        }
        if matches!((&self.case.state, &case.state), (State::Open(_), State::Sealed(_))) && !self.busy {
            self.defer_to_sealer();
        }
        self.case = case;
        self
    }

    /// Another node has sealed it, and records it, too. If it does not, this one will.
    pub fn defer_to_sealer(&mut self) {
        let ballots = self.ballots();
        let after = TAKEOVER_DELAY + TAKEOVER_DELAY_PER_BALLOT * u32::try_from(ballots).unwrap_or(u32::MAX);
        self.conclude_due = Instant::now() + after.mul_f64(1.0 + fastrand::f64());
    }

    /// Takes over what this node itself has just filed, without waiting for the record.
    pub fn adopt(&mut self, case: Case) {
        if case.state.opened().map_or(0, |open| open.epoch) > self.epoch() {
            self.state = None;
        }
        self.case = case;
    }

    fn is_sealed(&self) -> bool {
        let in_store = self.state.as_ref().is_some_and(|state| state.seal.is_some());
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
        self.state.as_ref().map_or(0, |state| state.rev)
    }

    /// Ballots recorded, as far as it is known.
    pub fn ballots(&self) -> u64 {
        self.state.as_ref().map_or(0, TallyState::ballots)
    }

    /// Whether this node's ballot key is the one that the case was opened with.
    pub fn has_key(&self, fingerprint: &str) -> bool {
        self.opened().is_some_and(|open| open.key == fingerprint)
    }

    /// Takes note of what the store says; what is older than what is known changes nothing.
    pub fn apply_tally(&mut self, state: TallyState) {
        if state.epoch != self.epoch() || state.rev < self.seen_rev() {
            return;
        }
        self.dirty |= self.encoded.as_ref().is_none_or(|encoded| encoded.order != (state.epoch, state.rev));
        let was_sealed = self.state.as_ref().is_some_and(|known| known.seal.is_some());
        if state.seal.is_some() && !was_sealed && !self.busy {
            self.defer_to_sealer();
        }
        if let State::Open(open) = &self.case.state {
            self.next = match &self.next {
                urgent @ (NextStep::Lost | NextStep::RestoreKeys) => urgent.clone(),
                _ if state.seal.is_some() => NextStep::Conclude,
                _ if state.closes_at_ms != open.closes_at_ms => NextStep::RepairDeadline,
                _ => NextStep::Poll,
            };
        }
        self.state = Some(state);
    }

    /// The step that is due, if one is.
    pub fn next_job(
        &mut self,
        lifecycle: &Lifecycle,
        now: Instant,
        store_now_ms: Option<u64>,
        poll_after: Duration,
    ) -> Option<BoxFuture<'static, Done>> {
        if self.busy || self.due > now {
            return self.job_at_deadline(lifecycle, now, store_now_ms);
        }
        self.due = now + poll_after;
        let case = self.case.clone();
        let job = match (&self.next, &self.case.state) {
            (NextStep::Lost, _) => jobs::lost(lifecycle, case),
            (NextStep::RestoreKeys, _) => jobs::restore_keys(lifecycle, case),
            (_, State::Sealed(_)) | (NextStep::Conclude, _) if self.conclude_due <= now => {
                jobs::advance(lifecycle, case)
            }
            (_, State::Sealed(_)) => return None,
            (NextStep::RepairDeadline, _) => jobs::repair_deadline(lifecycle, case),
            _ => jobs::poll(lifecycle, case.id, self.epoch(), self.seen_rev()),
        };
        self.busy = true;
        Some(job)
    }

    /// A deadline does not wait for the next look.
    fn job_at_deadline(
        &mut self,
        lifecycle: &Lifecycle,
        now: Instant,
        store_now_ms: Option<u64>,
    ) -> Option<BoxFuture<'static, Done>> {
        let State::Open(open) = &self.case.state else { return None };
        let passed = store_now_ms.is_some_and(|now_ms| now_ms >= open.closes_at_ms);
        if self.busy || !passed || self.conclude_due > now || self.next != NextStep::Poll {
            return None;
        }
        self.busy = true;
        Some(jobs::advance(lifecycle, self.case.clone()))
    }

    /// A step failed, or came too early: not again at once.
    pub fn rest(&mut self, until: Instant) {
        self.due = self.due.max(until);
        self.conclude_due = self.conclude_due.max(until);
    }

    /// The batch that can go to the store now, if there is one.
    pub fn next_batch(&mut self, lifecycle: &Lifecycle) -> Option<BoxFuture<'static, Done>> {
        let stands = !matches!(self.next, NextStep::Lost | NextStep::RestoreKeys);
        let worth = if self.batches_in_flight == 0 { 1 } else { FURTHER_BATCH_BALLOTS };
        if self.batches_in_flight >= BATCHES_IN_FLIGHT_MAX || self.gathered.len() < worth || !stands {
            return None;
        }
        self.batches_in_flight += 1;
        let rest = self.gathered.split_off(self.gathered.len().min(BATCH_BALLOTS_MAX));
        let batch = std::mem::replace(&mut self.gathered, rest);
        Some(jobs::record(lifecycle, self.case.id, self.epoch(), self.seen_rev(), batch))
    }

    fn encode(&mut self) -> Option<Arc<EncodedTally>> {
        if std::mem::take(&mut self.dirty)
            && let Some(state) = &self.state
        {
            self.encoded = Some(Arc::new(EncodedTally::new(&self.case, state)));
        }
        self.encoded.clone()
    }

    fn next_wake(&self, clock: Option<(u64, Instant)>) -> Option<Instant> {
        if self.busy {
            return None;
        }
        let State::Open(open) = &self.case.state else { return Some(self.due.max(self.conclude_due)) };
        let deadline = clock.filter(|_| self.next == NextStep::Poll).map(|(then_ms, apply_tally)| {
            let left = Duration::from_millis(open.closes_at_ms.saturating_sub(then_ms));
            (apply_tally + left).max(self.conclude_due)
        });
        deadline.into_iter().chain([self.due]).min()
    }
}
