//! The state of a room as one client knows it. It applies frames and returns effects; it never does IO, and time and
//! chance are arguments.

mod ballots;
mod by_case;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use live_jury_protocol::{
    BallotStatus, Case, CaseId, CaseState, ClientFrame, OptionId, OwnBallot, Refusal, Role, ServerFrame, Stats, Tally,
    Welcome, limits,
};

pub use ballots::{Ballots, Marks, Pending, SavedBallots};
pub use by_case::ByCase;

/// An action that a change of the state asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send this frame.
    Send(ClientFrame),
    /// Call [`Jury::due`] with `case` and `attempt` after the wait.
    Wake {
        /// The case of the pending cast.
        case: CaseId,
        /// The attempt that waits. A later attempt makes this one void.
        attempt: u32,
        /// The delay.
        wait: Wait,
    },
    /// Report this event to the page.
    Emit(JuryEvent),
}

/// A delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Exactly this many milliseconds.
    Ms(u64),
    /// A random delay up to this many milliseconds.
    RandomUpToMs(u64),
}

/// An event in the room, for the embedding page and for announcements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JuryEvent {
    /// The first docket arrived.
    Ready(Role),
    /// A case was opened.
    CaseOpened(CaseId),
    /// The own ballot was recorded.
    VoteAccepted(CaseId, BallotStatus),
    /// The own cast was refused for good.
    VoteRefused(CaseId, Refusal),
    /// The tally of a case changed.
    Tallied(CaseId),
    /// An open or sealed case ended.
    Ended(CaseId),
}

/// The client's identity as the server confirmed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The role that the token gives.
    pub role: Role,
    /// The expiry of the token on the server's clock, in Unix milliseconds.
    pub token_expires_at_ms: u64,
}

/// The room as far as this client knows it.
#[derive(Clone, Debug, Default)]
pub struct Jury {
    identity: Option<Identity>,
    /// Whether the server's stores may lose a recorded ballot.
    may_lose: bool,
    /// The server's clock as the last welcome told it, and the local one then, both in Unix milliseconds.
    clocks_ms: [u64; 2],
    rev: Option<u64>,
    /// Whether the first docket was reported.
    ready: bool,
    cases: Vec<Case>,
    tallies: ByCase<Tally>,
    ballots: Ballots,
    /// The statements that the viewer has read, as [`Self::read`] has them.
    read: ByCase<u64>,
    /// The cases to whose panel the viewer is called.
    called: Vec<CaseId>,
    viewers: Option<u64>,
    stats: Option<Stats>,
}

impl Jury {
    /// Restores this juror's ballots from before a reload. Call it before the join.
    pub fn restore(&mut self, saved: SavedBallots) {
        self.ballots = Ballots::new(saved);
        self.called.clear();
    }

    /// The identity, once the server confirmed it.
    #[must_use]
    pub fn identity(&self) -> Option<Identity> {
        self.identity
    }

    /// Whether the server's stores may lose a recorded ballot in a crash.
    #[must_use]
    pub fn may_lose(&self) -> bool {
        self.may_lose
    }

    /// The server's clock at `local_ms` of the local one, both in Unix milliseconds.
    ///
    /// A reading from before the welcome counts as the welcome's: a clock that ticks in steps may still show it.
    #[must_use]
    pub fn server_ms(&self, local_ms: u64) -> u64 {
        let [server_ms, welcomed_ms] = self.clocks_ms;
        server_ms + local_ms.saturating_sub(welcomed_ms)
    }

    /// Whether a docket arrived on this connection.
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

    /// Whether the viewer is called to the panel of a case.
    #[must_use]
    pub fn is_called(&self, case: CaseId) -> bool {
        self.called.contains(&case)
    }

    /// The number of viewers.
    #[must_use]
    pub fn viewers(&self) -> Option<u64> {
        self.viewers
    }

    /// Operating figures, for moderators.
    #[must_use]
    pub fn stats(&self) -> Option<&Stats> {
        self.stats.as_ref()
    }

    /// Applies a frame that arrived at `local_ms`, the local clock's Unix milliseconds.
    pub fn apply(&mut self, frame: ServerFrame, local_ms: u64) -> Vec<Effect> {
        match frame {
            ServerFrame::Welcome(welcome) => self.welcomed(welcome, local_ms),
            ServerFrame::Docket { rev, cases } => self.docket(rev, cases),
            ServerFrame::Ballot { case, option, status, epoch, change, .. } => {
                if !self.ballots.acknowledged(OwnBallot { case, option, epoch, change }) {
                    return Vec::new();
                }
                vec![Effect::Emit(JuryEvent::VoteAccepted(case, status))]
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
            ServerFrame::Called { case, .. } => {
                if !self.is_called(case) {
                    self.called.push(case);
                }
                Vec::new()
            }
            // The module of receipts reads these by itself.
            #[cfg(feature = "details")]
            ServerFrame::Receipt { .. } | ServerFrame::NoReceipt { .. } => Vec::new(),
            ServerFrame::Draining { .. } | ServerFrame::Error { .. } | ServerFrame::Unknown => Vec::new(),
        }
    }

    /// Notes the loss of the socket. A cast in flight may or may not have arrived.
    pub fn disconnected(&mut self) {
        self.ballots.disconnected();
        // A restarted room may count its views from an older number. The next view is whole, so it is accepted.
        self.rev = None;
    }

    /// Records that the viewer has read a statement of a case: 1 is the buyer's, 2 the merchant's.
    pub fn read(&mut self, case: CaseId, statement: u64) {
        let read = self.read.get(case).copied().unwrap_or_default();
        self.read.insert(case, read | statement);
    }

    /// Casts a ballot, with one of the case's reasons if the juror chose one. A case that is not open ignores it; the
    /// interface offers no vote there.
    pub fn cast(&mut self, case: CaseId, option: &OptionId, reason: Option<&OptionId>) -> Vec<Effect> {
        let Some(case) = self.case(case).filter(|case| case.state == CaseState::Open) else { return Vec::new() };
        let (id, allow_change) = (case.id, case.rules.allow_change);
        let reason = case.rules.reasons.iter().zip(1..).find(|(known, _)| Some(&known.id) == reason);
        let reason = reason.map_or(0, |(_, number)| number);
        // There is nothing to read in an empty statement.
        let (buyer, merchant) =
            case.statements.as_ref().map_or((true, true), |all| (all.buyer.is_empty(), all.merchant.is_empty()));
        let read = self.read.get(id).copied().unwrap_or_default() | u64::from(buyer) | (u64::from(merchant) << 1);
        self.ballots.cast(id, option, allow_change, Marks { read, reason })
    }

    /// Resumes a pending cast after the delay of [`Effect::Wake`].
    pub fn due(&mut self, case: CaseId, attempt: u32) -> Vec<Effect> {
        self.ballots.due(case, attempt)
    }

    fn welcomed(&mut self, welcome: Welcome, local_ms: u64) -> Vec<Effect> {
        self.identity = Some(Identity { role: welcome.role, token_expires_at_ms: welcome.token_expires_at_ms });
        self.may_lose = !welcome.durable;
        self.clocks_ms = [welcome.server_time_ms, local_ms];
        self.ballots.welcomed(welcome.ballots);
        // No docket follows a renewal; the known one is still valid.
        if self.rev.is_some() { self.ballots.reconcile(&self.cases) } else { Vec::new() }
    }

    fn docket(&mut self, rev: u64, cases: Vec<Case>) -> Vec<Effect> {
        if self.rev.is_some_and(|known| rev < known) {
            return Vec::new();
        }
        let before = std::mem::replace(&mut self.cases, cases);
        // A case that waits for a lost tally takes no votes, whether it was sealed before or not.
        for case in self.cases.iter_mut().filter(|case| case.tally_missing) {
            case.state = CaseState::Sealed;
        }
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
                CaseState::Decided | CaseState::Void if was.is_some_and(may_end) => {
                    effects.push(Effect::Emit(JuryEvent::Ended(case.id)));
                }
                _ => {}
            }
        }
        self.called.retain(|called| self.cases.iter().any(|case| case.id == *called));
        self.tallies.retain(|id| self.cases.iter().any(|case| case.id == id));
        self.read.retain(|id| self.cases.iter().any(|case| case.id == id));
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

/// Whether a case in this state may still end. A state of a later version may.
const fn may_end(state: CaseState) -> bool {
    matches!(state, CaseState::Open | CaseState::Sealed | CaseState::Unknown)
}

/// Keeps a tally if it is newer than the known one, and returns whether it is. The same tally without counts does not
/// hide counts that were shown.
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

/// The time that an unanswered cast waits on an open socket, in milliseconds. Then it is sent again. Every timeout
/// inside the server is shorter.
pub const ANSWER_MS_MAX: u64 = 8_000;

/// The delay before a retryable cast is sent again if the server names none, in milliseconds.
const RETRY_DEFAULT_MS: u64 = limits::BACKOFF_MIN_MS;
