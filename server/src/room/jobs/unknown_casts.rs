//! Finds the cases of casts that the room does not show; a repeat of a recorded ballot is answered from the docket.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::FutureExt;
use live_jury_protocol::{BallotStatus, CaseId, Refusal};
use tokio::time::{Instant, timeout_at};

use super::{Done, DoneFuture, JobRunner, LookedUp, as_own};
use crate::lifecycle::Lifecycle;
use crate::pseudonym::BallotKey;
use crate::room::batch::RefusedCast;
use crate::room::{Cast, CastReply};
use live_jury_court::{Case, State, admit, may_repeat};

/// Cases that one look-up reads from the docket, at most. Casts on further cases are refused as busy: no honest room
/// has so many at once.
const LOOKED_UP_CASES_MAX: usize = 16;
/// Longest time of one look-up; beyond it the casts that are left are refused as unavailable. A cast may wait for the
/// look-up before its own, too, and for a refresh after it, and is to be answered within 5 s.
const LOOK_UP_TIMEOUT: Duration = Duration::from_millis(1_500);

impl JobRunner {
    /// Reads the cases of `casts` from the docket and decides about each cast.
    pub(super) fn look_up_casts(&self, casts: Vec<Cast>) -> DoneFuture {
        let (lifecycle, key, room) = (self.lifecycle.clone(), self.key.clone(), self.room.clone());
        let mut by_case: BTreeMap<CaseId, Vec<Cast>> = BTreeMap::new();
        for cast in casts {
            by_case.entry(cast.case).or_default().push(cast);
        }
        async move {
            let mut found = LookedUp::default();
            let deadline = lifecycle.clock.instant() + LOOK_UP_TIMEOUT;
            for (at, (id, casts)) in by_case.into_iter().enumerate() {
                if at >= LOOKED_UP_CASES_MAX {
                    found.refuse_all(casts, Refusal::Busy);
                    continue;
                }
                match timeout_at(deadline, lifecycle.docket.case(id)).await {
                    Ok(Ok(Some(case))) if case.room != room => found.refuse_all(casts, Refusal::UnknownCase),
                    // The case went live a moment ago. The room decides about the cast after its next refresh.
                    Ok(Ok(Some(case))) if matches!(case.state, State::Open(_) | State::Sealed(_)) => {
                        found.awaiting_refresh.extend(casts);
                    }
                    Ok(Ok(Some(case))) => found.look_up_repeats(&lifecycle, &key, &case, casts, deadline).await,
                    Ok(Ok(None)) => found.refuse_all(casts, Refusal::UnknownCase),
                    Ok(Err(_)) | Err(_) => found.refuse_all(casts, Refusal::Unavailable),
                }
            }
            Done::LookedUp(found)
        }
        .boxed()
    }
}

impl LookedUp {
    fn refuse(&mut self, cast: Cast, reason: Refusal) {
        self.refused.push(RefusedCast { reply: cast.reply, reason });
    }

    fn refuse_all(&mut self, casts: Vec<Cast>, reason: Refusal) {
        casts.into_iter().for_each(|cast| self.refuse(cast, reason));
    }

    /// Casts on a case that is not live: those that repeat a recorded ballot get it back, all others are refused.
    async fn look_up_repeats(
        &mut self,
        lifecycle: &Lifecycle,
        key: &BallotKey,
        case: &Case,
        casts: Vec<Cast>,
        deadline: Instant,
    ) {
        let now_ms = lifecycle.clock.now_ms();
        let mut repeats = Vec::new();
        for cast in casts {
            let option = may_repeat(case, &cast.juror, &cast.option, now_ms);
            match admit(case, &cast.juror, &cast.option, now_ms) {
                Err(reason) if reason != Refusal::Closed => self.refuse(cast, reason),
                _ => match option {
                    Some(option) => repeats.push((key.pseudonym(case.id, &cast.juror.sub), option, cast)),
                    None => self.refuse(cast, Refusal::Closed),
                },
            }
        }
        let jurors: Vec<_> = repeats.iter().map(|(juror, ..)| *juror).collect();
        let Ok(Ok(recorded)) = timeout_at(deadline, lifecycle.docket.ballots_of(case.id, &jurors)).await else {
            repeats.into_iter().for_each(|(_, _, cast)| self.refuse(cast, Refusal::Unavailable));
            return;
        };
        let epoch = case.state.opened().map_or(0, |open| open.epoch);
        for ((_, option, cast), stored) in repeats.into_iter().zip(recorded) {
            let repeated = stored.filter(|stored| match case.brief.rules.allow_change {
                true => cast.change <= stored.change,
                false => option == stored.option,
            });
            match repeated.and_then(|stored| as_own(case, epoch, stored)) {
                Some(ballot) => {
                    let reply = CastReply::Recorded { status: BallotStatus::Duplicate, ballot };
                    self.repeats.push((cast.reply, reply));
                }
                None => self.refuse(cast, Refusal::Closed),
            }
        }
    }
}
