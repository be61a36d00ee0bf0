//! The juror's own ballots: recorded, pending and refused. It decides which casts are sent again, and never sends one.

use live_jury_protocol::{Case, CaseId, CaseState, ClientFrame, OptionId, OwnBallot, Refusal, limits};
use serde::{Deserialize, Serialize};

use super::{ANSWER_MS_MAX, ByCase, Effect, JuryEvent, RETRY_DEFAULT_MS, Wait};

/// A cast without a final answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The chosen option.
    pub option: OptionId,
    /// The ballot's number, if the case allows changes. A repeat has the same number.
    pub change: Option<u32>,
    /// Whether the client repeats a ballot that the tally store lost.
    pub again: bool,
    attempt: u32,
    in_flight: bool,
}

/// The ballots that survive a reload of the page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedBallots {
    /// Acknowledged ballots.
    pub recorded: Vec<OwnBallot>,
    /// Casts without an answer.
    pub pending: Vec<SavedCast>,
    /// The statements that a juror had read, and the reason given, at the last cast of each case.
    pub read: Vec<SavedMarks>,
}

/// The marks of the last cast in a case, as they are saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedMarks {
    case: CaseId,
    read: u64,
    /// An earlier page saved none.
    #[serde(default)]
    reason: u64,
}

/// The parts of a cast besides the option.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The statements that the viewer had read: 1 is the buyer's, 2 the merchant's, 3 both.
    pub read: u64,
    /// The number of the reason among those of the case, from 1; 0 for none.
    pub reason: u64,
}

/// A cast without an answer, as it is saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedCast {
    case: CaseId,
    option: OptionId,
    change: Option<u32>,
}

fn saved_marks((case, marks): &(CaseId, Marks)) -> SavedMarks {
    SavedMarks { case: *case, read: marks.read, reason: marks.reason }
}

/// The order of one juror's ballots in one case.
fn number(ballot: &OwnBallot) -> (u64, u32) {
    (ballot.epoch, ballot.change)
}

/// Whether a ballot is known or older than the known one. Frames may arrive late or twice.
fn is_old(ballot: &OwnBallot, known: &OwnBallot) -> bool {
    ballot == known || number(ballot) < number(known)
}

/// The own ballots of all cases in the room.
#[derive(Clone, Debug, Default)]
pub struct Ballots {
    /// Whether the current socket has received its welcome, so that casts can be sent.
    live: bool,
    /// The ballots of the last welcome, until the docket arrives for comparison.
    welcomed: Option<ByCase<OwnBallot>>,
    recorded: ByCase<OwnBallot>,
    pending: ByCase<Pending>,
    refused: ByCase<Refusal>,
    /// The marks of the last cast of a case. A repeat says the same.
    marks: ByCase<Marks>,
    /// The highest epoch for which a lost ballot was cast again. Each loss causes one repeat.
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
            marks: saved
                .read
                .into_iter()
                .map(|SavedMarks { case, read, reason }| (case, Marks { read, reason }))
                .collect(),
            ..Self::default()
        }
    }

    /// The ballots to save.
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
            read: self.marks.iter().map(saved_marks).collect(),
        }
    }

    /// The recorded ballot in a case.
    #[must_use]
    pub fn recorded(&self, case: CaseId) -> Option<&OwnBallot> {
        self.recorded.get(case)
    }

    /// The pending cast in a case.
    #[must_use]
    pub fn pending(&self, case: CaseId) -> Option<&Pending> {
        self.pending.get(case)
    }

    /// The reason for which the last cast was refused.
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

    pub(super) fn cast(&mut self, case: CaseId, option: &OptionId, allow_change: bool, marks: Marks) -> Vec<Effect> {
        let recorded = self.recorded.get(case);
        if self.pending.has(case) || (recorded.is_some() && !allow_change) {
            return Vec::new();
        }
        let change = allow_change.then(|| recorded.map_or(0, |ballot| ballot.change.saturating_add(1)));
        self.refused.remove(case);
        self.marks.insert(case, marks);
        let pending = Pending { option: option.clone(), change, again: false, attempt: 0, in_flight: false };
        self.pending.insert(case, pending);
        self.send(case)
    }

    /// Records the ballot that the server acknowledged. Returns whether it is new.
    pub(super) fn acknowledged(&mut self, mut ballot: OwnBallot) -> bool {
        let id = ballot.case;
        // After a loss, the store's ballot is valid even if it is older.
        let again = self.pending.get(id).is_some_and(|pending| pending.again);
        if !again && self.recorded.get(id).is_some_and(|known| is_old(&ballot, known)) {
            return false;
        }
        // The option that was pressed here is kept, and not the one that the server names: the check of the verdict
        // compares the record with it.
        if let Some(cast) = self.pending.remove(id).filter(|cast| !cast.again) {
            ballot.option = cast.option;
        }
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
        // A reason of a later version is retryable if the server names a delay.
        let is_retryable = reason.is_retryable() || reason == Refusal::Unknown && retry_after_ms.is_some();
        if is_retryable {
            return self.wake(case, Wait::Ms(retry_after_ms.unwrap_or(RETRY_DEFAULT_MS)));
        }
        // A lost ballot whose repeat was refused no longer counts.
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

    /// Handles a tally of this epoch for an open case.
    pub(super) fn epoch_seen(&mut self, case: CaseId, epoch: u64) -> Vec<Effect> {
        let lost = self.recorded.get(case).is_some_and(|ballot| ballot.epoch < epoch)
            && self.recast_epoch.get(case).is_none_or(|done| *done < epoch);
        if lost { self.recast(case, epoch) } else { Vec::new() }
    }

    /// Compares known ballots with the last welcome, once the welcome and the docket have arrived on this socket.
    pub(super) fn reconcile(&mut self, cases: &[Case]) -> Vec<Effect> {
        if !self.live {
            return Vec::new();
        }
        let known = |id| cases.iter().any(|case| case.id == id);
        self.recorded.retain(known);
        self.refused.retain(known);
        let (marks, pending) = (&mut self.marks, &self.pending);
        marks.retain(|id| known(id) || pending.has(id));
        let welcomed = self.welcomed.take();
        let mut effects = if welcomed.is_some() { self.send_gone(known) } else { Vec::new() };
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
        // The store lost the ballot.
        if open && self.recorded.get(case.id).is_some_and(lacks) {
            return self.recast(case.id, case.epoch);
        }
        if let Some(stored) = stored.filter(|stored| self.recorded.get(case.id).map(number) != Some(number(stored))) {
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
        // A welcome lacks the ballots of ended cases, and may be older than the ballot. Only the answer tells whether
        // it counts, so a case that is no longer open gets the cast too.
        self.send(case.id)
    }

    /// Sends the pending casts of cases that left the docket. The server still has their ballots.
    fn send_gone(&mut self, known: impl Fn(CaseId) -> bool) -> Vec<Effect> {
        let gone = self.pending.iter().filter(|(case, pending)| !known(*case) && !pending.in_flight);
        let gone: Vec<CaseId> = gone.map(|(case, _)| *case).collect();
        gone.into_iter().flat_map(|case| self.send(case)).collect()
    }

    /// Casts a lost ballot again after a random delay. The delay spreads the load of a whole room.
    fn recast(&mut self, case: CaseId, epoch: u64) -> Vec<Effect> {
        self.recast_epoch.insert(case, epoch);
        let Some(lost) = self.recorded.get(case) else { return Vec::new() };
        // The same ballot keeps its number, so that a node that still has it answers with a duplicate.
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
        let marks = self.marks.get(case);
        let frame = ClientFrame::Cast {
            case: case.to_string(),
            option: pending.option.to_string(),
            request: None,
            change: pending.change,
            read: marks.and_then(|marks| u8::try_from(marks.read).ok()),
            reason: marks.and_then(|marks| u8::try_from(marks.reason).ok().filter(|reason| *reason > 0)),
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
