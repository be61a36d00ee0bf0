//! This juror's own ballots: recorded, on their way, and refused; it decides what is sent again and never sends.

use live_jury_protocol::{Case, CaseId, CaseState, ClientFrame, OptionId, OwnBallot, Refusal, limits};
use serde::{Deserialize, Serialize};

use super::{ANSWER_MS_MAX, ByCase, Effect, JuryEvent, RETRY_DEFAULT_MS, Wait};

/// A cast that is not answered for good yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// What was chosen.
    pub option: OptionId,
    /// The ballot's number, where the case allows changes: a repeat carries the same.
    pub change: Option<u32>,
    /// Whether it repeats, unasked, a ballot that the tally store lost.
    pub again: bool,
    attempt: u32,
    in_flight: bool,
}

/// What survives a reload of the page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedBallots {
    /// Ballots that were acknowledged.
    pub recorded: Vec<OwnBallot>,
    /// Casts without an answer.
    pub pending: Vec<SavedCast>,
}

/// A cast without an answer, as it survives a reload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedCast {
    case: CaseId,
    option: OptionId,
    change: Option<u32>,
}

/// What orders the ballots of one juror in one case.
fn number(ballot: &OwnBallot) -> (u64, u32) {
    (ballot.epoch, ballot.change)
}

/// Whether a ballot says nothing that is not known: frames may come late or twice.
fn is_old(ballot: &OwnBallot, known: &OwnBallot) -> bool {
    ballot == known || number(ballot) < number(known)
}

/// The own ballots of all cases in the room.
#[derive(Clone, Debug, Default)]
pub struct Ballots {
    /// A welcome has come on the socket that is open now, so casts can be sent.
    live: bool,
    /// What the last welcome held, until it is compared with the docket.
    welcomed: Option<ByCase<OwnBallot>>,
    recorded: ByCase<OwnBallot>,
    pending: ByCase<Pending>,
    refused: ByCase<Refusal>,
    /// The highest epoch for which a lost ballot was cast again: once each.
    recast_epoch: ByCase<u64>,
    attempts: u32,
}

impl Ballots {
    pub(super) fn new(saved: SavedBallots) -> Self {
        let pending = saved.pending.into_iter().map(|cast| {
            let pending =
                Pending { option: cast.option, change: cast.change, again: false, attempt: 0, in_flight: false };
            (cast.case, pending)
        });
        Self {
            recorded: saved.recorded.into_iter().map(|ballot| (ballot.case, ballot)).collect(),
            pending: pending.collect(),
            ..Self::default()
        }
    }

    /// What is to survive a reload.
    #[must_use]
    pub fn to_save(&self) -> SavedBallots {
        let pending = self.pending.iter().map(|(case, pending)| SavedCast {
            case: *case,
            option: pending.option.clone(),
            change: pending.change,
        });
        SavedBallots {
            recorded: self.recorded.iter().map(|(_, ballot)| ballot.clone()).collect(),
            pending: pending.collect(),
        }
    }

    /// The ballot on record in a case.
    #[must_use]
    pub fn recorded(&self, case: CaseId) -> Option<&OwnBallot> {
        self.recorded.get(case)
    }

    /// The cast that waits for its answer.
    #[must_use]
    pub fn pending(&self, case: CaseId) -> Option<&Pending> {
        self.pending.get(case)
    }

    /// Why the last cast did not count.
    #[must_use]
    pub fn refusal(&self, case: CaseId) -> Option<Refusal> {
        self.refused.get(case).copied()
    }

    pub(super) fn disconnected(&mut self) {
        self.live = false;
        self.welcomed = None;
        for pending in self.pending.values_mut() {
            pending.in_flight = false;
            pending.attempt = 0;
        }
    }

    pub(super) fn welcomed(&mut self, ballots: Vec<OwnBallot>) {
        self.live = true;
        self.welcomed = Some(ballots.into_iter().map(|ballot| (ballot.case, ballot)).collect());
    }

    pub(super) fn cast(&mut self, case: CaseId, option: &OptionId, allow_change: bool) -> Vec<Effect> {
        let recorded = self.recorded.get(case);
        if self.pending.has(case) || (recorded.is_some() && !allow_change) {
            return Vec::new();
        }
        let change = allow_change.then(|| recorded.map_or(0, |ballot| ballot.change.saturating_add(1)));
        self.refused.remove(case);
        let pending = Pending { option: option.clone(), change, again: false, attempt: 0, in_flight: false };
        self.pending.insert(case, pending);
        self.send(case)
    }

    /// The server says what is stored; whether that is news.
    pub(super) fn acknowledged(&mut self, ballot: OwnBallot) -> bool {
        let id = ballot.case;
        // What the store has in a lost ballot's place holds, whatever it is.
        let again = self.pending.get(id).is_some_and(|pending| pending.again);
        if !again && self.recorded.get(id).is_some_and(|known| is_old(&ballot, known)) {
            return false;
        }
        self.pending.remove(id);
        self.refused.remove(id);
        self.recorded.insert(id, ballot);
        true
    }

    pub(super) fn refused(
        &mut self,
        case: &str,
        option: &str,
        reason: Refusal,
        retry_after_ms: Option<u64>,
    ) -> Vec<Effect> {
        let Ok(case) = case.parse::<CaseId>() else { return Vec::new() };
        if self.pending.get(case).is_none_or(|pending| pending.option.as_str() != option) {
            return Vec::new();
        }
        if reason.is_retryable() {
            return self.wake(case, Wait::Ms(retry_after_ms.unwrap_or(RETRY_DEFAULT_MS)));
        }
        // A lost ballot that could not be cast again is no longer in.
        if self.pending.remove(case).is_some_and(|pending| pending.again) {
            self.recorded.remove(case);
        }
        self.refused.insert(case, reason);
        vec![Effect::Emit(JuryEvent::VoteRefused(case, reason))]
    }

    pub(super) fn due(&mut self, case: CaseId, attempt: u32) -> Vec<Effect> {
        let current = self.pending.get(case).is_some_and(|pending| pending.attempt == attempt && attempt != 0);
        if current { self.send(case) } else { Vec::new() }
    }

    /// A tally of this epoch came for an open case.
    pub(super) fn epoch_seen(&mut self, case: CaseId, epoch: u64) -> Vec<Effect> {
        let lost = self.recorded.get(case).is_some_and(|ballot| ballot.epoch < epoch)
            && self.recast_epoch.get(case).is_none_or(|done| *done < epoch);
        if lost { self.recast(case, epoch) } else { Vec::new() }
    }

    /// Compares what is held with the last welcome and the docket, once both have come on this socket.
    pub(super) fn reconcile(&mut self, cases: &[Case]) -> Vec<Effect> {
        if !self.live {
            return Vec::new();
        }
        let known = |id| cases.iter().any(|case| case.id == id);
        self.recorded.retain(known);
        self.pending.retain(known);
        self.refused.retain(known);
        let welcomed = self.welcomed.take();
        let mut effects = Vec::new();
        for case in cases {
            if let Some(stored) = &welcomed {
                effects.extend(self.compare(case, stored.get(case.id)));
            }
            if case.state == CaseState::Open {
                effects.extend(self.epoch_seen(case.id, case.epoch));
            }
        }
        effects
    }

    fn compare(&mut self, case: &Case, stored: Option<&OwnBallot>) -> Vec<Effect> {
        let open = case.state == CaseState::Open;
        let lacks = |known: &OwnBallot| stored.is_none_or(|stored| number(stored) < number(known));
        // The store had it and has it no more.
        if open && self.recorded.get(case.id).is_some_and(lacks) {
            return self.recast(case.id, case.epoch);
        }
        if let Some(stored) = stored {
            self.recorded.insert(case.id, stored.clone());
        }
        let Some(pending) = self.pending.get(case.id).filter(|pending| !pending.in_flight) else { return Vec::new() };
        let arrived = stored.is_some_and(|stored| {
            stored.option == pending.option
                && stored.epoch >= case.epoch
                && pending.change.is_none_or(|change| stored.change >= change)
        });
        if arrived {
            self.pending.remove(case.id);
            return vec![Effect::Emit(JuryEvent::VoteAccepted(case.id, live_jury_protocol::BallotStatus::Duplicate))];
        }
        if open {
            return self.send(case.id);
        }
        self.pending.remove(case.id);
        if stored.is_some() {
            return Vec::new();
        }
        self.refused.insert(case.id, Refusal::Closed);
        vec![Effect::Emit(JuryEvent::VoteRefused(case.id, Refusal::Closed))]
    }

    /// Casts a lost ballot again, as it was, spread out so that a whole room does not do so at once.
    fn recast(&mut self, case: CaseId, epoch: u64) -> Vec<Effect> {
        self.recast_epoch.insert(case, epoch);
        let Some(lost) = self.recorded.get(case) else { return Vec::new() };
        // The same ballot keeps its number, so that a node that still has it sees a repeat.
        let (option, change) = (lost.option.clone(), Some(lost.change));
        if !self.pending.has(case) {
            self.pending.insert(case, Pending { option, change, again: true, attempt: 0, in_flight: false });
        }
        self.wake(case, Wait::RandomUpToMs(limits::RECAST_JITTER_MAX_MS))
    }

    fn send(&mut self, case: CaseId) -> Vec<Effect> {
        let live = self.live;
        let Some(pending) = self.pending.get_mut(case).filter(|_| live) else { return Vec::new() };
        pending.in_flight = true;
        let frame = ClientFrame::Cast {
            case: case.to_string(),
            option: pending.option.to_string(),
            request: None,
            change: pending.change,
        };
        let mut effects = vec![Effect::Send(frame)];
        effects.extend(self.wake(case, Wait::Ms(ANSWER_MS_MAX)));
        effects
    }

    fn wake(&mut self, case: CaseId, wait: Wait) -> Vec<Effect> {
        self.attempts = self.attempts.wrapping_add(1).max(1);
        let Some(pending) = self.pending.get_mut(case) else { return Vec::new() };
        pending.attempt = self.attempts;
        vec![Effect::Wake { case, attempt: self.attempts, wait }]
    }
}
