//! The wait for a tally that the store lost when nobody could cast again: its ballots come back in time, or the case is
//! void.

use std::time::Duration;

use live_jury_court::{Case, Missing, Open, Sealed, SealedBy, State, TransitionError, tally_lost};
use live_jury_protocol::{AuditAction, GuardedStep, Outcome, Verdict, is_reserved_reason};

use super::attest::Jury;
use super::{Author, CONFLICTS_MAX, Lifecycle, LifecycleError, Moderated, ModeratorRequest};
use crate::docket::DocketError;

impl Lifecycle {
    /// Files that the tally of an open or sealed case is missing from `now_ms` on.
    ///
    /// # Errors
    /// The docket did not answer, or has another version.
    pub(super) async fn miss_tally(&self, case: Case, now_ms: u64) -> Result<Case, LifecycleError> {
        let ballots = self.known_ballots(&case).await?;
        let case = case.miss_tally(ballots, now_ms)?;
        let (Some(open), Some(Missing { since_ms, found })) = (case.state.opened(), case.state.missing()) else {
            return Ok(case);
        };
        let (epoch, ballots) = (open.epoch, open.loss.ballots_before.unwrap_or_default());
        let found = found.as_str();
        let detail = format!("{found}: the tally is missing, lost_since_ms {since_ms}, ballots_before_loss {ballots}");
        self.file_loss(&case, AuditAction::TallyMissing, detail).await?;
        tracing::error!(case = %case.id, epoch, ballots, found, "the tally is missing, and the case waits for it");
        Ok(case)
    }

    /// Seals an open case in the docket alone, dated by its deadline, once its wait for the tally is over. Until then
    /// it stays open. Returns the case as the docket has it.
    ///
    /// # Errors
    /// A store did not answer, or the docket has another version.
    pub(super) async fn seal_without_tally(&self, case: Case) -> Result<Case, LifecycleError> {
        if !self.has_waited(&case).await? {
            return Ok(case);
        }
        let closes_at_ms = case.as_open()?.closes_at_ms;
        let case = case.seal(SealedBy::Deadline, closes_at_ms)?;
        let detail = "the tally is missing".to_owned();
        self.file(&case, Author::Server, AuditAction::Sealed, Some(detail)).await?;
        Ok(case)
    }

    /// The verdict of a sealed case whose ballots are gone. A case that a moderator voided needs no ballots, and names
    /// those that are known to be lost. Any other waits for them, and comes back without a verdict meanwhile.
    ///
    /// # Errors
    /// A store did not answer.
    pub(super) async fn verdict_without_tally(&self, case: Case) -> Result<(Case, Option<Verdict>), LifecycleError> {
        let State::Sealed(Sealed { by, sealed_at_ms, open }) = &case.state else { return Ok((case, None)) };
        if let SealedBy::Void { reason, .. } = by {
            let (mut loss, known) = (open.loss, self.known_ballots(&case).await?);
            if known > 0 {
                loss.add(known);
            }
            let verdict = voided(reason, tally_lost(&loss, *sealed_at_ms));
            let case = if known > 0 { case.clone().lack_ballots(known) } else { case };
            return Ok((case, Some(verdict)));
        }
        let is_known = open.loss.missing.is_some();
        let case = if is_known {
            case
        } else {
            {
                let now_ms = self.tally.now_ms_of(case.id).await?;
                self.miss_tally(case, now_ms).await?
            }
        };
        let verdict = match (&case.state, self.has_waited(&case).await?) {
            (State::Sealed(sealed), true) => Some(tally_lost(&sealed.open.loss, sealed.sealed_at_ms)),
            _ => None,
        };
        Ok((case, verdict))
    }

    /// Whether the case has waited for its tally for as long as it may.
    async fn has_waited(&self, case: &Case) -> Result<bool, LifecycleError> {
        let Some(missing) = case.state.missing() else { return Ok(false) };
        let waited_ms = self.tally.now_ms_of(case.id).await?.saturating_sub(missing.since_ms);
        Ok(Duration::from_millis(waited_ms) >= self.loss.hold)
    }

    /// Voids a case whose tally is missing, for a moderator of all rooms, or files the request if the step needs
    /// another one. It files the void before it asks the tally store.
    ///
    /// # Errors
    /// The tally is not missing, the moderator is not one of all rooms, the version differs, or a store did not answer.
    pub(super) async fn void_missing(
        &self,
        case: Case,
        reason: &str,
        request: &ModeratorRequest,
    ) -> Result<Moderated, LifecycleError> {
        let (id, mut read) = (case.id, Some(case));
        for _ in 0..CONFLICTS_MAX {
            let case = self.latest(&mut read, id).await?;
            request.check_version(&case)?;
            if case.state.missing().is_none() {
                return Err(TransitionError::NotOpen(case.state.name()).into());
            }
            if !request.all_rooms {
                return Err(LifecycleError::TallyMissing);
            }
            let seconded = self.second(case, request, GuardedStep::Void, None, Some(reason.to_owned())).await?;
            let Moderated::Done(case) = seconded else { return Ok(seconded) };
            let by = Author::Moderator(&request.sub);
            let filed = match case.state.clone() {
                State::Sealed(Sealed { open, sealed_at_ms, .. }) => {
                    let verdict = voided(reason, tally_lost(&open.loss, sealed_at_ms));
                    self.record(case, by, verdict, Jury::default()).await
                }
                State::Open(Open { closes_at_ms, .. }) => {
                    let sealed_by = SealedBy::Void { sub: request.sub.clone(), reason: reason.to_owned() };
                    let case = case.seal(sealed_by, closes_at_ms)?;
                    let filed = self.file(&case, by, AuditAction::Voided, Some(reason.to_owned())).await;
                    filed.map(|()| case).map_err(LifecycleError::from)
                }
                other => return Err(TransitionError::NotOpen(other.name()).into()),
            };
            match filed {
                Ok(case) => return Ok(Moderated::Done(self.advance(case, &SealedBy::Deadline).await?)),
                Err(LifecycleError::Docket(DocketError::Conflict(_))) => {}
                Err(error) => return Err(error),
            }
        }
        Err(DocketError::Conflict(id).into())
    }
}

/// The verdict of a case that a moderator voided, with the counts of `verdict`. Readers take a reserved reason for the
/// court's own. A case that was voided with one before it was refused names the moderator in front.
pub(super) fn voided(reason: &str, verdict: Verdict) -> Verdict {
    Verdict {
        reason: Some(if is_reserved_reason(reason) { format!("moderator: {reason}") } else { reason.to_owned() }),
        counts: verdict.counts,
        ballots_before_loss: verdict.ballots_before_loss,
        ..Verdict::new(Outcome::Void, verdict.ballots, verdict.decided_at_ms)
    }
}
