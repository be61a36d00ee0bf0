//! What a client knows of its room: applies frames to one state and says what to send next; it never does IO, and time
//! and chance are given to it.

mod ballots;
mod by_case;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use live_jury_protocol::{
    BallotStatus, Case, CaseId, CaseState, ClientFrame, OptionId, OwnBallot, Refusal, Role, ServerFrame, Stats, Tally,
    Welcome, limits,
};

pub use ballots::{Ballots, Pending, SavedBallots};
pub use by_case::ByCase;

/// What is to be done after a change of the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send this frame now.
    Send(ClientFrame),
    /// Call [`Jury::due`] with these after the wait.
    Wake {
        /// The case whose cast waits.
        case: CaseId,
        /// Which attempt waits; an older one is ignored.
        attempt: u32,
        /// How long.
        wait: Wait,
    },
    /// Something happened that others may want to hear of.
    Emit(JuryEvent),
}

/// How long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// This many milliseconds.
    Ms(u64),
    /// A random time up to this many milliseconds.
    RandomUpToMs(u64),
}

/// What happened, for the host page's events and for announcements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JuryEvent {
    /// The first docket is here.
    Ready(Role),
    /// A case is open that was not known to be.
    CaseOpened(CaseId),
    /// The own ballot is recorded.
    VoteAccepted(CaseId, BallotStatus),
    /// The own cast did not count, for good.
    VoteRefused(CaseId, Refusal),
    /// The tally of a case moved.
    Tallied(CaseId),
    /// A case that was open or sealed has ended.
    Ended(CaseId),
}

/// Who the server says we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// What the token allows.
    pub role: Role,
    /// When the token ends, on the server's clock, in Unix milliseconds.
    pub token_expires_at_ms: u64,
}

/// The room as far as this client knows it.
#[derive(Clone, Debug, Default)]
pub struct Jury {
    identity: Option<Identity>,
    clock_offset_ms: i64,
    rev: Option<u64>,
    /// The first docket has come, and was told of.
    ready: bool,
    cases: Vec<Case>,
    tallies: ByCase<Tally>,
    ballots: Ballots,
    viewers: Option<u64>,
    stats: Option<Stats>,
}

impl Jury {
    /// Takes up what was kept of this juror's ballots from before a reload; to be called before the join.
    pub fn restore(&mut self, saved: SavedBallots) {
        self.ballots = Ballots::new(saved);
    }

    /// Who we are, once welcomed.
    #[must_use]
    pub fn identity(&self) -> Option<Identity> {
        self.identity
    }

    /// By how much the server's clock is ahead of the local one, in milliseconds.
    #[must_use]
    pub fn clock_offset_ms(&self) -> i64 {
        self.clock_offset_ms
    }

    /// Whether a docket has come.
    #[must_use]
    pub fn has_docket(&self) -> bool {
        self.rev.is_some()
    }

    /// All cases, in the docket's order.
    #[must_use]
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// One case.
    #[must_use]
    pub fn case(&self, id: CaseId) -> Option<&Case> {
        self.cases.iter().find(|case| case.id == id)
    }

    /// The tally of a case.
    #[must_use]
    pub fn tally(&self, id: CaseId) -> Option<&Tally> {
        self.tallies.get(id)
    }

    /// The own ballots.
    #[must_use]
    pub fn ballots(&self) -> &Ballots {
        &self.ballots
    }

    /// How many watch.
    #[must_use]
    pub fn viewers(&self) -> Option<u64> {
        self.viewers
    }

    /// The machinery's state, for moderators.
    #[must_use]
    pub fn stats(&self) -> Option<&Stats> {
        self.stats.as_ref()
    }

    /// Applies a frame that came at `local_ms`, the local clock's Unix milliseconds.
    pub fn apply(&mut self, frame: ServerFrame, local_ms: u64) -> Vec<Effect> {
        match frame {
            ServerFrame::Welcome(welcome) => self.welcomed(welcome, local_ms),
            ServerFrame::Docket { rev, cases } => self.docket(rev, cases),
            ServerFrame::Ballot { case, option, status, epoch, change, .. } => {
                let is_new = self.ballots.acknowledged(OwnBallot { case, option, epoch, change });
                if is_new { vec![Effect::Emit(JuryEvent::VoteAccepted(case, status))] } else { Vec::new() }
            }
            ServerFrame::Refused { case, option, reason, retry_after_ms, .. } => {
                self.ballots.refused(&case, &option, reason, retry_after_ms)
            }
            ServerFrame::Tally(tally) => self.tallied(tally),
            ServerFrame::Presence { viewers } => {
                self.viewers = Some(viewers);
                Vec::new()
            }
            ServerFrame::Stats(stats) => {
                self.viewers = Some(stats.viewers);
                self.stats = Some(stats);
                Vec::new()
            }
            ServerFrame::Draining { .. } | ServerFrame::Error { .. } | ServerFrame::Unknown => Vec::new(),
        }
    }

    /// The socket is gone: what was away may or may not have arrived.
    pub fn disconnected(&mut self) {
        self.ballots.disconnected();
        // A restarted room may number its views from the record again: the next view is whole, so it is taken.
        self.rev = None;
    }

    /// The juror votes. Nothing happens where that makes no sense; the interface does not offer it there.
    pub fn cast(&mut self, case: CaseId, option: &OptionId) -> Vec<Effect> {
        let Some(case) = self.case(case).filter(|case| case.state == CaseState::Open) else { return Vec::new() };
        let (id, allow_change) = (case.id, case.rules.allow_change);
        self.ballots.cast(id, option, allow_change)
    }

    /// A wait that [`Effect::Wake`] asked for is over.
    pub fn due(&mut self, case: CaseId, attempt: u32) -> Vec<Effect> {
        self.ballots.due(case, attempt)
    }

    fn welcomed(&mut self, welcome: Welcome, local_ms: u64) -> Vec<Effect> {
        self.identity = Some(Identity { role: welcome.role, token_expires_at_ms: welcome.token_expires_at_ms });
        self.clock_offset_ms = welcome.server_time_ms.cast_signed() - local_ms.cast_signed();
        self.ballots.welcomed(welcome.ballots);
        // After a renewal no docket follows: the one at hand still holds.
        if self.rev.is_some() { self.ballots.reconcile(&self.cases) } else { Vec::new() }
    }

    fn docket(&mut self, rev: u64, cases: Vec<Case>) -> Vec<Effect> {
        if self.rev.is_some_and(|known| rev < known) {
            return Vec::new();
        }
        let before = std::mem::replace(&mut self.cases, cases);
        self.rev = Some(rev);
        let mut effects = Vec::new();
        if let Some(identity) = self.identity.filter(|_| !self.ready) {
            self.ready = true;
            effects.push(Effect::Emit(JuryEvent::Ready(identity.role)));
        }
        for case in &self.cases {
            let was = before.iter().find(|known| known.id == case.id).map(|known| known.state);
            match case.state {
                CaseState::Open if was != Some(CaseState::Open) => {
                    effects.push(Effect::Emit(JuryEvent::CaseOpened(case.id)));
                }
                CaseState::Decided | CaseState::Void if matches!(was, Some(CaseState::Open | CaseState::Sealed)) => {
                    effects.push(Effect::Emit(JuryEvent::Ended(case.id)));
                }
                _ => {}
            }
        }
        self.tallies.retain(|id| self.cases.iter().any(|case| case.id == id));
        effects.extend(self.ballots.reconcile(&self.cases));
        effects
    }

    fn tallied(&mut self, tally: Tally) -> Vec<Effect> {
        let (id, epoch) = (tally.case, tally.epoch);
        if !keep_newest(&mut self.tallies, tally) {
            return Vec::new();
        }
        let mut effects = vec![Effect::Emit(JuryEvent::Tallied(id))];
        if self.case(id).is_some_and(|case| case.state == CaseState::Open) {
            effects.extend(self.ballots.epoch_seen(id, epoch));
        }
        effects
    }
}

/// Puts a tally in its case's place unless it says nothing newer than the one there; whether it did. Counts that were
/// shown are not hidden again by the same tally without them.
pub fn keep_newest(tallies: &mut ByCase<Tally>, tally: Tally) -> bool {
    let is_newer =
        tallies.get(tally.case).is_none_or(|known| match (tally.epoch, tally.rev).cmp(&(known.epoch, known.rev)) {
            Ordering::Greater => true,
            Ordering::Equal => known.counts.is_none() && tally.counts.is_some(),
            Ordering::Less => false,
        });
    if is_newer {
        tallies.insert(tally.case, tally);
    }
    is_newer
}

/// Time an unanswered cast is given on a live socket before it is sent again, in milliseconds: longer than any
/// time-out inside the server.
pub const ANSWER_MS_MAX: u64 = 8_000;

/// Wait before a passing refusal's cast is sent again where the server names none, in milliseconds.
const RETRY_DEFAULT_MS: u64 = limits::BACKOFF_MIN_MS;
