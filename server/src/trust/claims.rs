//! Claims of buyers: filed under a keyed name, moved by time, and brought to a jury as a draft. It decides none.

use live_jury_protocol::trust::NewClaim;
use live_jury_trust::claim::About;
use live_jury_trust::promise::PromiseKind;

use super::follow::{FollowError, pass_over};
use super::{Trust, claim_case};
use crate::docket::DocketError;
use crate::ledger::claims::{ClaimRow, FileClaim};
use crate::ledger::standing::{By, StandingError};
use crate::lifecycle::{FROM_CLAIM, Lifecycle, LifecycleError};

/// The event that tells a merchant's systems of a claim. The time for an answer begins with its delivery.
pub const CLAIM_OPENED: &str = "claim.opened";
/// Why a moderator decides on a claim whose draft the docket does not take.
const REFUSED: &str = "refused";
/// Why a moderator decides on a claim whose case ended without word.
const NO_VERDICT: &str = "no_verdict";

/// The ways in which a request about a claim fails.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// There is no key of buyers' names.
    #[error("claims need --reporter-key, under which buyers are kept")]
    NoKey,
    /// The ledger failed, or refused the step.
    #[error(transparent)]
    Standing(#[from] StandingError),
}

/// A claim whose names are checked.
pub struct NewClaimOf {
    /// The claim.
    pub new: NewClaim,
    /// The kind of promise.
    pub kind: PromiseKind,
    /// What it is about.
    pub about: About,
}

impl Trust {
    /// Files a claim. The buyer's id goes no further than its keyed name.
    ///
    /// # Errors
    /// No promise covers the order, the order has too many claims, or the ledger failed.
    pub async fn file_claim(&self, claim: NewClaimOf, sub: &str) -> Result<ClaimRow, ClaimError> {
        let key = self.reporter_key.as_ref().ok_or(ClaimError::NoKey)?;
        let NewClaimOf { new, kind, about } = claim;
        let filing = FileClaim {
            claim: new.id,
            merchant: new.merchant,
            order: new.order,
            placed_ms: new.placed_at_ms,
            buyer: key.buyer(&new.buyer).hex(),
            buyer_orders: new.buyer_orders_90d,
            kind,
            about,
            amount_minor: new.amount_minor,
            currency: new.currency,
            room: new.room,
            reason: new.reason,
            evidence: new.evidence,
            is_told: !self.claim_targets.is_empty(),
            by: By::platform(sub),
        };
        Ok(self.ledger.file_claim(&filing, self.clock.now_ms()).await?)
    }

    /// Moves claims: time begins for those whose event was delivered, ends for those that are due, and drafts are filed
    /// of those that were escalated. In a node's first hour no time ends, so that an outage silences nobody.
    pub(super) async fn move_claims(&self, lifecycle: &Lifecycle) -> Result<(), FollowError> {
        let now_ms = self.clock.now_ms();
        // A step that fails for one claim stops no step of another kind.
        if self.may_step_by_time().await.map_err(StandingError::from)? {
            pass_over(self.ledger.begin_answer_time(&self.claim_targets, now_ms).await.map(drop).map_err(Into::into))?;
        }
        if self.may_end_time().await.map_err(StandingError::from)? {
            pass_over(self.move_due_claims(now_ms).await)?;
        }
        for claim in self.ledger.claims_left_behind().await? {
            let reviewed = self.ledger.claim_not_drafted(claim.id, NO_VERDICT, now_ms).await;
            pass_over(reviewed.map_err(FollowError::from))?;
        }
        for claim in self.ledger.claims_to_draft().await? {
            pass_over(self.draft_claim(lifecycle, &claim).await)?;
        }
        Ok(())
    }

    async fn move_due_claims(&self, now_ms: u64) -> Result<(), FollowError> {
        while self.ledger.move_claims(now_ms).await? > 0 {}
        Ok(())
    }

    /// Files the draft of a claim, once in all: the case's id is the one that the claim keeps.
    async fn draft_claim(&self, lifecycle: &Lifecycle, claim: &ClaimRow) -> Result<(), FollowError> {
        let now_ms = self.clock.now_ms();
        let (Some(case), Some(room)) = (claim.case, claim.room.clone()) else { return Ok(()) };
        let drafted = match claim_case::of(claim, &self.file) {
            Some(new) => lifecycle.draft_once(case, room, new, None, FROM_CLAIM).await,
            None => return Ok(self.ledger.claim_not_drafted(claim.id, REFUSED, now_ms).await?),
        };
        match drafted {
            Ok(()) => Ok(self.ledger.claim_drafted(claim.id, now_ms).await?),
            // The room is full of drafts, and one of them goes sooner or later.
            Err(LifecycleError::Docket(DocketError::TooManyDrafts(_))) => Ok(()),
            Err(LifecycleError::Field(_)) => Ok(self.ledger.claim_not_drafted(claim.id, REFUSED, now_ms).await?),
            Err(error) => Err(error.into()),
        }
    }
}
