//! Requests for receipts of the own ballots: the time of each, and the effects of its answer. It never reads a receipt,
//! and chance is an argument.

use live_jury_protocol::{CaseId, ClientFrame, NoReceipt, OwnBallot};
use serde::{Deserialize, Serialize};

use super::{ByCase, Effect, RETRY_DEFAULT_MS, Timer, Wait};
use crate::backoff::share;

/// The shortest time from the acknowledgement to the request, in milliseconds. A store that fails over has by then
/// lost all that it would lose.
const DELAY_MS: u64 = 10_000;
/// The shortest time over which the requests of a room are spread, in milliseconds.
const SPREAD_MS_MIN: u64 = 20_000;
/// The requests a second of a whole room. Beyond them the spread grows, since a node signs about as many.
const REQUESTS_PER_S: u64 = 1_500;
/// One in so many jurors asks where the case ends before the request's time. A server that drops ballots cannot know
/// which.
const ONE_IN: f64 = 16.0;
/// The time between two requests that find no ballot, in milliseconds. Then the ballot counts as dropped.
const MISSING_AGAIN_MS: u64 = 10_000;
/// The time after which a request is tried again while the socket has another one or a cast in flight, in milliseconds.
const IN_FLIGHT_MS: u64 = 1_000;

/// A receipt as it was given, and as it is saved for the check after the verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The case.
    pub case: CaseId,
    /// The epoch of the ballot.
    pub epoch: u64,
    /// The number of the ballot.
    pub change: u32,
    /// The receipt's bytes in base64.
    pub receipt: String,
}

impl Receipt {
    /// Whether both are for one ballot.
    #[must_use]
    pub fn is_for_ballot_of(&self, other: &Self) -> bool {
        (self.case, self.epoch, self.change) == (other.case, other.epoch, other.change)
    }
}

/// The course of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Its time is not drawn yet.
    Planned,
    /// It waits for its time.
    Waiting,
    /// It was sent.
    Asked,
    /// It needs nothing further.
    Done,
}

/// The request for one ballot's receipt.
#[derive(Clone, Copy, Debug)]
struct Request {
    epoch: u64,
    change: u32,
    step: Step,
    /// Whether the store had no such ballot when it was asked before.
    missing: bool,
    attempt: u32,
}

/// The facts about a case that a request depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// The time until the case closes, in milliseconds.
    pub left_ms: u64,
    /// The ballots of the case.
    pub ballots: u64,
    /// Whether a cast is in flight.
    pub is_casting: bool,
}

/// The requests of all cases in the room, at most one for each.
#[derive(Clone, Debug, Default)]
pub(super) struct Receipts {
    requests: ByCase<Request>,
    attempts: u32,
}

impl Receipts {
    /// The ballots of `saved` need no further request.
    pub(super) fn new(saved: &[Receipt]) -> Self {
        let done = |saved: &Receipt| {
            let Receipt { case, epoch, change, .. } = *saved;
            (case, Request { epoch, change, step: Step::Done, missing: false, attempt: 0 })
        };
        Self { requests: saved.iter().map(done).collect(), attempts: 0 }
    }

    /// Forgets the requests that are not done. They are planned anew on the next socket.
    pub(super) fn disconnected(&mut self) {
        self.requests =
            std::mem::take(&mut self.requests).into_iter().filter(|(_, request)| request.step == Step::Done).collect();
    }

    /// Plans the request for a recorded ballot, once for each epoch and change.
    pub(super) fn plan(&mut self, ballot: &OwnBallot) -> Option<Effect> {
        let OwnBallot { case, epoch, change, .. } = *ballot;
        if self.requests.get(case).is_some_and(|known| (known.epoch, known.change) == (epoch, change)) {
            return None;
        }
        self.requests.insert(case, Request { epoch, change, step: Step::Planned, missing: false, attempt: 0 });
        self.wake(case, Step::Planned, 0)
    }

    /// Draws the time of a request, or sends it. `chance` is uniform in 0..1.
    pub(super) fn due(&mut self, case: CaseId, attempt: u32, room: Room, chance: f64) -> Option<Effect> {
        let is_busy = room.is_casting || self.requests.iter().any(|(_, request)| request.step == Step::Asked);
        let request = self.requests.get_mut(case).filter(|request| request.attempt == attempt)?;
        match request.step {
            Step::Planned => match delay_ms(room, chance) {
                Some(delay_ms) => self.wake(case, Step::Waiting, delay_ms),
                None => {
                    request.step = Step::Done;
                    None
                }
            },
            Step::Waiting if is_busy => self.wake(case, Step::Waiting, IN_FLIGHT_MS),
            Step::Waiting => {
                request.step = Step::Asked;
                Some(Effect::Send(ClientFrame::Receipt { case: case.to_string(), request: None }))
            }
            Step::Asked | Step::Done => None,
        }
    }

    /// Handles a receipt.
    pub(super) fn given(&mut self, receipt: Receipt) -> Option<Effect> {
        let request = self.asked(receipt.case)?;
        request.step = Step::Done;
        Some(Effect::Keep(receipt))
    }

    /// Handles the answer that there is none. `epoch` is the case's.
    pub(super) fn refused(
        &mut self,
        case: CaseId,
        reason: NoReceipt,
        retry_after_ms: Option<u64>,
        epoch: u64,
    ) -> Option<Effect> {
        let request = self.asked(case)?;
        request.step = Step::Done;
        match reason {
            // A ballot of an earlier epoch was lost, which is known: it is cast again.
            NoReceipt::NoBallot if request.epoch != epoch => None,
            NoReceipt::NoBallot if request.missing => Some(Effect::Object(case)),
            NoReceipt::NoBallot => {
                request.missing = true;
                self.wake(case, Step::Waiting, MISSING_AGAIN_MS)
            }
            // A reason of a later version is retryable if the server names a delay.
            reason if reason.is_retryable() || reason == NoReceipt::Unknown && retry_after_ms.is_some() => {
                self.wake(case, Step::Waiting, retry_after_ms.unwrap_or(RETRY_DEFAULT_MS))
            }
            _ => None,
        }
    }

    fn asked(&mut self, case: CaseId) -> Option<&mut Request> {
        self.requests.get_mut(case).filter(|request| request.step == Step::Asked)
    }

    fn wake(&mut self, case: CaseId, step: Step, wait_ms: u64) -> Option<Effect> {
        self.attempts = self.attempts.wrapping_add(1);
        let request = self.requests.get_mut(case)?;
        (request.step, request.attempt) = (step, self.attempts);
        Some(Effect::Wake { of: Timer::Receipt, case, attempt: self.attempts, wait: Wait::Ms(wait_ms) })
    }
}

/// The time until the request, in milliseconds; none if this juror does not ask. If the case ends before that time,
/// one in [`ONE_IN`] asks at a random time before the end.
#[expect(clippy::cast_precision_loss, reason = "times of a case stay far below 2^53")]
fn delay_ms(room: Room, chance: f64) -> Option<u64> {
    let spread_ms = SPREAD_MS_MIN.max(room.ballots * 1_000 / REQUESTS_PER_S);
    let delay_ms = DELAY_MS + share(spread_ms, chance);
    if delay_ms < room.left_ms {
        return Some(delay_ms);
    }
    // Those whose time comes before the end are this part of all. The others share the rest of the chance.
    let in_time = room.left_ms.saturating_sub(DELAY_MS) as f64 / spread_ms as f64;
    let among_others = (chance - in_time) / (1.0 - in_time) * ONE_IN;
    (among_others < 1.0).then(|| share(room.left_ms, among_others))
}
