//! Brings appeals to those who decide them: a second jury within its time, else a moderator. It decides none.

use live_jury_court::AppealError;
use live_jury_protocol::{Actor, AuditAction};
use live_jury_trust::PartyKind;

use super::Trust;
use super::follow::{FollowError, pass_over};
use crate::docket::DocketError;
use crate::ledger::standing::{AppealRow, AppealState, DecideAppealBy, StandingError, TargetKind};
use crate::lifecycle::{Lifecycle, LifecycleError};

/// The reasons for which a moderator decides.
const NOT_A_VERDICT: &str = "not_a_verdict";
const NOT_OPENED: &str = "not_opened";
const TOO_LATE: &str = "too_late";
const APPEALED: &str = "appealed";
const KEY_CHANGED: &str = "key_changed";
const REFUSED: &str = "refused";
const NO_VERDICT: &str = "no_verdict";

/// A decision about an appeal failed.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// The appeal's state does not allow it, or the ledger failed.
    #[error(transparent)]
    Standing(#[from] StandingError),
    /// The docket failed.
    #[error(transparent)]
    Docket(#[from] DocketError),
}

impl Trust {
    /// Decides an appeal that a moderator reviews, unless this one opened a case of it.
    ///
    /// # Errors
    /// The appeal is not in review, the moderator had a hand in it, or a store failed.
    pub async fn decide_appeal(
        &self,
        lifecycle: &Lifecycle,
        mut decision: DecideAppealBy,
    ) -> Result<AppealRow, DecideError> {
        let appeal = self.ledger.appeal(decision.id).await?.ok_or(StandingError::NotFound)?;
        let violations = match appeal.target_kind {
            TargetKind::Violation => self.ledger.violation(appeal.target).await?.into_iter().collect(),
            TargetKind::Measure => {
                let measures = self.ledger.measures_of(&appeal.party).await?;
                match measures.iter().find(|measure| measure.id == appeal.target) {
                    Some(measure) => self.ledger.led_to(measure).await?,
                    None => Vec::new(),
                }
            }
            TargetKind::Listing => Vec::new(),
        };
        let mut listings = Vec::new();
        if appeal.target_kind == TargetKind::Listing {
            listings.extend(self.ledger.listing(appeal.target).await?);
        }
        let mut cases = vec![appeal.case];
        for violation in violations {
            listings.extend(self.ledger.listing_of_violation(violation.id).await?);
            cases.extend([violation.case, violation.root]);
            decision.openers.extend(violation.by);
        }
        for listing in listings {
            decision.openers.extend(listing.by);
            if let Some(jury) = listing.jury {
                decision.openers.push(jury.by);
                cases.push(Some(jury.case));
            }
        }
        for case in cases.into_iter().flatten() {
            let trail = lifecycle.reads.audit(case).await?;
            let opened = trail.into_iter().filter(|entry| entry.action == AuditAction::Opened);
            decision.openers.extend(opened.map(|entry| entry.by));
        }
        Ok(self.ledger.decide_appeal(&decision, self.clock.now_ms()).await?)
    }

    /// Moves the appeals that neither a jury nor a moderator has yet, and those whose draft is not opened in time.
    pub(super) async fn move_appeals(&self, lifecycle: &Lifecycle) -> Result<(), FollowError> {
        for appeal in self.ledger.appeals_left_behind().await? {
            pass_over(self.to_review(&appeal, NO_VERDICT).await)?;
        }
        let may_end = self.may_step_by_time().await.map_err(StandingError::from)?;
        for appeal in self.ledger.appeals_to_move(if may_end { self.clock.now_ms() } else { 0 }).await? {
            pass_over(match appeal.state {
                AppealState::InCourt => self.to_review(&appeal, NOT_OPENED).await,
                _ => self.to_court(lifecycle, &appeal).await,
            })?;
        }
        Ok(())
    }

    /// Files the draft of the second jury. The draft's event then tells the appeal that it is in court, so that a node
    /// that is killed in between leaves nothing undone.
    async fn to_court(&self, lifecycle: &Lifecycle, appeal: &AppealRow) -> Result<(), FollowError> {
        let Some(id) = appeal.appealed_case else { return self.to_review(appeal, NOT_A_VERDICT).await };
        let filed = match lifecycle.case(id).await {
            Ok(case) => {
                let kind = match appeal.party.kind {
                    PartyKind::Merchant => Actor::Merchant,
                    PartyKind::Host => Actor::Host,
                };
                lifecycle.appeal_of_party(&case, kind, &appeal.party.id).await.map(drop)
            }
            Err(error) => Err(error),
        };
        let reason = match filed {
            Ok(()) => return Ok(()),
            Err(error) => match refusal(&error) {
                Some(reason) => reason,
                // The room is full of drafts, and one of them goes sooner or later.
                None if matches!(error, LifecycleError::Docket(DocketError::TooManyDrafts(_))) => return Ok(()),
                None => return Err(error.into()),
            },
        };
        // The draft may be this appeal's own, filed by a node that was killed, and its event not taken yet.
        if self.rule().await? { self.to_review(appeal, reason).await } else { Ok(()) }
    }

    async fn to_review(&self, appeal: &AppealRow, reason: &'static str) -> Result<(), FollowError> {
        Ok(self.ledger.review_appeal(appeal.id, appeal.state, reason, self.clock.now_ms()).await?)
    }
}

/// Why there can be no second jury; none for an error after which the step is tried again.
fn refusal(error: &LifecycleError) -> Option<&'static str> {
    match error {
        LifecycleError::Appeal(AppealError::TooLate) => Some(TOO_LATE),
        LifecycleError::Appeal(AppealError::KeyChanged) => Some(KEY_CHANGED),
        LifecycleError::Docket(DocketError::Appealed(_)) => Some(APPEALED),
        LifecycleError::Appeal(_) | LifecycleError::NotFound | LifecycleError::Field(_) => Some(REFUSED),
        _ => None,
    }
}
