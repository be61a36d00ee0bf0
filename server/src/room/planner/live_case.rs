//! One open or sealed case of a room: what this node knows of it, which step is next and when; it does no IO.

mod panel;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::panel_plan::PanelPlan;
use super::{CAST_WAIT_MAX, Job, Moment, RETRY_AFTER};
use crate::room::batch::PendingCast;
use crate::room::view::EncodedTally;
use crate::tally::{BATCH_BALLOTS_MAX, TallyState};
use live_jury_court::{Case, State, StoreId};

/// Delay before this node takes over a case that another node sealed. A node needs less to record a verdict. Up to the
/// same time is added by chance, so that one node takes over and not all.
const TAKEOVER_DELAY: Duration = Duration::from_secs(3);
/// Added to the takeover delay for each ballot. A busy machine takes about this long to record one.
const TAKEOVER_DELAY_PER_BALLOT: Duration = Duration::from_micros(30);
/// Delay before the store is asked again whether a deadline has passed: its clock was behind this node's estimate.
const CLOCK_SLACK: Duration = Duration::from_millis(20);

/// The time after its deadline at which an open case counts as overdue, in milliseconds. A store that works seals it
/// within a fraction of that.
const OVERDUE_AFTER_MS: u64 = 2_000;

/// Batches of one case in flight, at most. Further ballots wait here. A slow disk writes several batches together, so
/// neither the store nor this node waits for the other.
const BATCHES_IN_FLIGHT_MAX: usize = 4;
/// Ballots that a further batch needs. Fewer wait until a batch is back, because one call costs the store as much as
/// some dozens of ballots.
const FURTHER_BATCH_BALLOTS: usize = 256;

/// An open or sealed case.
#[derive(Debug)]
pub struct LiveCase {
    /// The case as the docket has it. A refresh or a step of this node replaces it.
    case: Case,
    /// The newest known tally in the docket's epoch.
    state: Option<TallyState>,
    /// The tally store's clock at the last answer about this case, and when that came. Each case has one of its own,
    /// since what a step of the store's clock means depends on when the case was first seen.
    clock: Option<(u64, Instant)>,
    /// Ballots for the next batches, in the order in which they came.
    pending: Vec<PendingCast>,
    batches_in_flight: usize,
    /// Whether a step is in flight. Batches do not count.
    step_in_flight: bool,
    next: NextStep,
    /// Since when no batch may leave, because the case has no keys; none while one may.
    blocked_since: Option<Instant>,
    /// The tally store has failed: casts are refused at once until this time, so that none waits for one failure after
    /// another.
    refused_until: Option<Instant>,
    /// The next step does not begin before this time.
    due: Instant,
    /// This node does not conclude the case before this time.
    conclude_due: Instant,
    /// Whether `state` is newer than `encoded`.
    dirty: bool,
    encoded: Option<Arc<EncodedTally>>,
    /// Whether [`Self::take_seal`] has returned the seal.
    seal_taken: bool,
    /// The due steps of the case's panel; none without one, or if this node lacks the case's ballot key.
    panel: Option<PanelPlan>,
}

/// The next step of a live case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NextStep {
    /// Poll the tally, or conclude at the deadline.
    Poll,
    /// The store lost the case: file its next epoch.
    Lost,
    /// The store has a higher epoch: read the docket, which has it, too, unless it went back.
    FollowEpoch,
    /// Another node filed the next epoch after a loss: create its keys, unless that node has.
    RestoreKeys,
    /// The store's deadline differs from the docket's. The node that moved it usually files it; this one does
    /// otherwise.
    RepairDeadline,
    /// The case is sealed in the store.
    Conclude,
}

impl NextStep {
    /// Whether the store's epoch is not the docket's. No batch goes to the store then.
    fn answers_another_epoch(self) -> bool {
        matches!(self, Self::Lost | Self::FollowEpoch | Self::RestoreKeys)
    }
}

impl LiveCase {
    /// A case that the room did not have before.
    pub fn new(case: Case, now: Instant) -> Self {
        Self {
            case,
            state: None,
            clock: None,
            pending: Vec::new(),
            batches_in_flight: 0,
            step_in_flight: false,
            next: NextStep::Poll,
            blocked_since: None,
            refused_until: None,
            due: now,
            conclude_due: now,
            dirty: false,
            encoded: None,
            seal_taken: false,
            panel: None,
        }
    }

    /// The same case in the docket's newer version.
    pub fn updated(mut self, case: Case, moment: Moment) -> Self {
        if epoch_of(&case) > self.epoch() {
            // The known tally is of a lower epoch, whose ballots are lost.
            self.state = None;
            self.set_next(NextStep::RestoreKeys, moment.now);
            self.due = moment.now;
        }
        if !self.awaits_record() && awaits_record(&case) && !self.step_in_flight {
            self.defer_to_sealer(moment);
        }
        self.case = case;
        self
    }

    /// The case as the docket has it.
    pub fn case(&self) -> &Case {
        &self.case
    }

    /// Ballots that wait for a batch.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// The tally store's clock at `now`, once it was read for this case.
    pub fn clock_ms(&self, now: Instant) -> Option<u64> {
        self.clock.map(|reading| clock_at(reading, now))
    }

    /// Ballots recorded, as far as this node knows.
    pub fn ballots(&self) -> u64 {
        self.state.as_ref().map_or(0, TallyState::ballots)
    }

    /// Whether the case takes no more ballots and is not recorded, by the docket or by the tally store.
    pub fn is_unrecorded(&self) -> bool {
        let in_store = self.state.as_ref().is_some_and(|state| state.seal.is_some());
        in_store || self.awaits_record()
    }

    /// Whether the case waits for a tally that its store has lost.
    pub fn is_missing_tally(&self) -> bool {
        self.case.state.missing().is_some()
    }

    /// Whether the docket's next step of the case is its record.
    fn awaits_record(&self) -> bool {
        awaits_record(&self.case)
    }

    /// Whether the case is open in the docket although its deadline has passed for a while by the store's clock.
    pub fn is_overdue(&self, store_now_ms: Option<u64>) -> bool {
        let State::Open(open) = &self.case.state else { return false };
        store_now_ms.is_some_and(|now_ms| now_ms >= open.closes_at_ms.saturating_add(OVERDUE_AFTER_MS))
    }

    /// The epoch of a sealed case, at the first call after its seal was seen.
    pub fn take_seal(&mut self) -> Option<u64> {
        let is_sealed = self.is_unrecorded();
        let was_taken = std::mem::replace(&mut self.seal_taken, is_sealed);
        (is_sealed && !was_taken).then(|| self.epoch())
    }

    /// Whether the case was opened with the ballot key of this fingerprint.
    pub fn has_key(&self, fingerprint: &str) -> bool {
        self.case.state.opened().is_some_and(|open| open.key == fingerprint)
    }

    /// Whether the tally changed since it was last encoded.
    pub fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Whether ballots wait because the tally store has as many batches as it takes.
    pub fn is_behind(&self) -> bool {
        self.batches_in_flight >= BATCHES_IN_FLIGHT_MAX && !self.pending.is_empty()
    }

    /// The docket's epoch.
    pub fn epoch(&self) -> u64 {
        epoch_of(&self.case)
    }

    /// The tally store that the docket's epoch was filed with.
    pub(super) fn store(&self) -> Option<StoreId> {
        self.case.state.opened().and_then(|open| open.store)
    }

    /// The highest rev seen in the docket's epoch.
    pub(super) fn seen_rev(&self) -> u64 {
        self.state.as_ref().map_or(0, |state| state.rev)
    }

    /// Adds a ballot to the next batch.
    pub fn add(&mut self, cast: PendingCast) {
        self.pending.push(cast);
    }

    /// Whether casts are refused at once: the tally store has just failed, or the case has had no keys for long.
    pub fn refuses(&self, now: Instant) -> bool {
        let is_stuck = self.blocked_since.is_some_and(|since| since + CAST_WAIT_MAX <= now);
        is_stuck || self.refused_until.is_some_and(|until| now < until)
    }

    /// Refuses casts at once until this time, or until the tally store answers.
    pub fn refuse_until(&mut self, until: Instant) {
        self.refused_until = Some(until);
    }

    /// When the ballots that wait for a batch are overdue; none while no ballot waits, or a batch may leave.
    pub fn pending_due(&self) -> Option<Instant> {
        self.blocked_since.filter(|_| !self.pending.is_empty()).map(|since| since + CAST_WAIT_MAX)
    }

    /// Takes all ballots that wait for a batch.
    pub fn take_pending(&mut self) -> Vec<PendingCast> {
        std::mem::take(&mut self.pending)
    }

    /// The ballots that waited for a case that has ended.
    pub fn into_pending(self) -> Vec<PendingCast> {
        self.pending
    }

    /// The newest known tally, encoded; none before the first poll.
    pub fn encode(&mut self) -> Option<Arc<EncodedTally>> {
        if std::mem::take(&mut self.dirty)
            && let Some(state) = &self.state
        {
            self.encoded = Some(Arc::new(EncodedTally::new(&self.case, state)));
        }
        self.encoded.clone()
    }

    /// The next batch, if one may go to the store now.
    pub fn next_batch(&mut self) -> Option<Job> {
        let ballots_min = if self.batches_in_flight == 0 { 1 } else { FURTHER_BATCH_BALLOTS };
        if self.blocked_since.is_some()
            || self.batches_in_flight >= BATCHES_IN_FLIGHT_MAX
            || self.pending.len() < ballots_min
        {
            return None;
        }
        self.batches_in_flight += 1;
        let rest = self.pending.split_off(self.pending.len().min(BATCH_BALLOTS_MAX));
        let batch = std::mem::replace(&mut self.pending, rest);
        Some(Job::Record {
            case: self.case.id,
            epoch: self.epoch(),
            store: self.store(),
            seen_rev: self.seen_rev(),
            batch,
        })
    }

    /// The next step, if it is due and no other is in flight.
    pub fn next_step(&mut self, now: Instant, store_now_ms: Option<u64>, poll_after: Duration) -> Option<Job> {
        if self.step_in_flight || self.due > now {
            return self.step_at_deadline(now, store_now_ms);
        }
        self.due = now + poll_after;
        let job = match self.next {
            NextStep::Lost => Job::Lost(Box::new(self.case.clone())),
            NextStep::FollowEpoch => Job::FollowEpoch { case: self.case.id, epoch: self.epoch() },
            NextStep::RestoreKeys => Job::RestoreKeys(Box::new(self.case.clone())),
            step if (step == NextStep::Conclude || self.awaits_record()) && self.conclude_due <= now => {
                Job::Conclude(Box::new(self.case.clone()))
            }
            _ if self.awaits_record() => return None,
            NextStep::RepairDeadline => Job::RepairDeadline { case: self.case.id, epoch: self.epoch() },
            _ => Job::Poll { case: self.case.id, epoch: self.epoch(), store: self.store(), seen_rev: self.seen_rev() },
        };
        self.step_in_flight = true;
        Some(job)
    }

    /// Concludes a case at its deadline, without waiting for the next poll.
    fn step_at_deadline(&mut self, now: Instant, store_now_ms: Option<u64>) -> Option<Job> {
        let open = self.case.as_voting().ok()?;
        let passed = self.clock_ms(now).or(store_now_ms).is_some_and(|now_ms| now_ms >= open.closes_at_ms);
        if self.step_in_flight || !passed || self.conclude_due > now || self.next != NextStep::Poll {
            return None;
        }
        self.step_in_flight = true;
        Some(Job::Conclude(Box::new(self.case.clone())))
    }

    /// When the next step is due; none while one is in flight. `store_clock` is the store's clock and when it was read.
    pub fn next_wake(&self, store_clock: Option<(u64, Instant)>) -> Option<Instant> {
        if self.step_in_flight {
            return None;
        }
        let Ok(open) = self.case.as_voting() else { return Some(self.due.max(self.conclude_due)) };
        let deadline = self.clock.or(store_clock).filter(|_| self.next == NextStep::Poll).map(|(then_ms, read_at)| {
            let left = Duration::from_millis(open.closes_at_ms.saturating_sub(then_ms));
            (read_at + left).max(self.conclude_due)
        });
        deadline.into_iter().chain([self.due]).min()
    }

    /// A batch is back.
    pub fn batch_ended(&mut self) {
        self.batches_in_flight = self.batches_in_flight.saturating_sub(1);
    }

    /// The step in flight is back.
    pub fn step_ended(&mut self) {
        self.step_in_flight = false;
    }

    fn set_next(&mut self, next: NextStep, now: Instant) {
        self.blocked_since = next.answers_another_epoch().then(|| self.blocked_since.unwrap_or(now));
        self.next = next;
    }

    /// Applies a tally from the store. One that is older than the known tally changes nothing.
    pub fn apply_tally(&mut self, state: TallyState, moment: Moment) {
        self.refused_until = None;
        self.clock = Some((state.now_ms, moment.now));
        if state.epoch != self.epoch() || state.rev < self.seen_rev() {
            return;
        }
        self.dirty |= self.encoded.as_ref().is_none_or(|encoded| encoded.order != (state.epoch, state.rev));
        let was_sealed = self.state.as_ref().is_some_and(|known| known.seal.is_some());
        if state.seal.is_some() && !was_sealed && !self.step_in_flight {
            self.defer_to_sealer(moment);
        }
        if let State::Open(open) = &self.case.state {
            let next = match self.next {
                urgent if urgent.answers_another_epoch() => urgent,
                _ if state.seal.is_some() => NextStep::Conclude,
                _ if state.closes_at_ms != open.closes_at_ms => NextStep::RepairDeadline,
                _ => NextStep::Poll,
            };
            self.set_next(next, moment.now);
        }
        self.state = Some(state);
    }

    /// Applies the result of this node's own step.
    pub fn moved(&mut self, moved: Case, moment: Moment) {
        self.set_next(NextStep::Poll, moment.now);
        match &moved.state {
            State::Open(_) if awaits_record(&moved) => {
                if moved.version > self.case.version {
                    self.adopt(moved);
                }
                self.defer_to_sealer(moment);
            }
            State::Open(_) if moved.version > self.case.version => self.adopt(moved),
            State::Open(_) => self.delay_until(moment.now + CLOCK_SLACK),
            State::Sealed(_) => self.defer_to_sealer(moment),
            _ => self.delay_until(moment.now + RETRY_AFTER),
        }
    }

    /// Takes over a version that this node itself has just filed, before the next refresh brings it.
    fn adopt(&mut self, case: Case) {
        if epoch_of(&case) > self.epoch() {
            self.state = None;
        }
        self.case = case;
    }

    /// The store lost the case, according to a job that began in `epoch`.
    pub fn lost(&mut self, epoch: u64, now: Instant) {
        // A job of a lower epoch reports a loss that the docket's epoch has answered already. The conclusion of a case
        // finds by itself that the tally is missing.
        if epoch >= self.epoch() && !self.awaits_record() {
            self.set_next(NextStep::Lost, now);
            self.due = now;
        }
    }

    /// The store has a higher epoch, according to a job that began in `epoch`.
    pub fn superseded(&mut self, epoch: u64, now: Instant) {
        if epoch >= self.epoch() {
            self.set_next(NextStep::FollowEpoch, now);
            self.due = now;
        }
    }

    /// Delays the next step, and the conclusion with it, unless they are later anyway.
    pub fn delay_until(&mut self, until: Instant) {
        self.due = self.due.max(until);
        self.conclude_due = self.conclude_due.max(until);
    }

    /// Another node sealed the case and records it. This node takes over after a delay.
    fn defer_to_sealer(&mut self, moment: Moment) {
        let ballots = u32::try_from(self.ballots()).unwrap_or(u32::MAX);
        let after = TAKEOVER_DELAY + TAKEOVER_DELAY_PER_BALLOT * ballots;
        self.conclude_due = moment.now + after.mul_f64(1.0 + moment.chance);
    }
}

/// A clock at `now`, from a reading and when it was made.
pub fn clock_at((then_ms, read_at): (u64, Instant), now: Instant) -> u64 {
    then_ms + u64::try_from(now.saturating_duration_since(read_at).as_millis()).unwrap_or(0)
}

/// Whether the case takes no more ballots and has no verdict yet.
fn awaits_record(case: &Case) -> bool {
    matches!(case.state, State::Sealed(_)) || case.state.missing().is_some()
}

fn epoch_of(case: &Case) -> u64 {
    case.state.opened().map_or(0, |open| open.epoch)
}
