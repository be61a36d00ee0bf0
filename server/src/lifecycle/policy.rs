//! The policy of a room, applied to the steps of its cases: what it requires at the opening, and what it forbids later.

use live_jury_court::{Case, Terms, check_required, subject_key};
use live_jury_protocol::{AskedStep, AuditAction, GuardedStep};

use super::{Author, CONFLICTS_MAX, Lifecycle, LifecycleError, ModeratorRequest, S_MS};
use crate::docket::{DocketError, PolicyScope};

/// A step that the room's policy or the case's rules do not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The case has not been open for long enough to be closed.
    #[error("the room's policy keeps a case open for {min_open_s} s; this one can be closed in {left_s} s")]
    TooEarly {
        /// The policy's time, in seconds.
        min_open_s: u64,
        /// The rest of it, in seconds.
        left_s: u64,
    },
    /// The case's end is fixed.
    #[error("the end of this case is fixed")]
    FixedEnd,
    /// The room's policy allows no further case on this subject.
    #[error("{0} cases on this subject were judged before")]
    JudgedBefore(u64),
}

/// A step of a moderator that may need a second one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moderated {
    /// The step was taken.
    Done(Case),
    /// The step waits for another moderator.
    Asked(Case),
}

impl Lifecycle {
    /// The terms under which a draft may be opened now.
    pub(super) async fn terms_of(&self, draft: &Case) -> Result<Terms, LifecycleError> {
        let policy = self.docket.policy(&PolicyScope::Room(draft.room.clone())).await?;
        check_required(&policy, &draft.brief)?;
        let judged = match subject_key(&draft.brief.subject) {
            Some(subject) => self.docket.judged(&subject).await?,
            None => 0,
        };
        if draft.appeal_of.is_some() {
            // An appeal has limits of its own, and is no attempt of its own.
            return Ok(Terms { policy, attempt: judged.max(1), asked: None });
        }
        match policy.attempts_max {
            Some(max) if judged >= max => Err(PolicyError::JudgedBefore(judged).into()),
            _ => Ok(Terms { policy, attempt: judged + 1, asked: None }),
        }
    }

    /// Checks that a moderator may close the case now, or extend it.
    pub(super) async fn check_end(&self, case: &Case, step: GuardedStep) -> Result<(), LifecycleError> {
        let open = case.as_voting()?;
        if case.brief.rules.fixed_end {
            return Err(PolicyError::FixedEnd.into());
        }
        let min_open_s = open.terms.policy.min_open_s;
        if step != GuardedStep::Close || min_open_s == 0 {
            return Ok(());
        }
        let left_ms = (open.opened_at_ms + min_open_s * S_MS).saturating_sub(self.tally.now_ms_of(case.id).await?);
        if left_ms == 0 {
            return Ok(());
        }
        Err(PolicyError::TooEarly { min_open_s, left_s: left_ms.div_ceil(S_MS) }.into())
    }

    /// Files a moderator's request for a step that needs two. Returns the case in which the step may be taken now: it
    /// needs one moderator only, or another one has asked for the same.
    pub(super) async fn second(
        &self,
        case: Case,
        request: &ModeratorRequest,
        step: GuardedStep,
        by_s: Option<u64>,
        reason: Option<String>,
    ) -> Result<Moderated, LifecycleError> {
        let (id, mut read) = (case.id, Some(case));
        for _ in 0..CONFLICTS_MAX {
            let case = self.latest(&mut read, id).await?;
            request.check_version(&case)?;
            let terms = &case.as_endable()?.terms;
            if !terms.policy.second_moderator.contains(&step) {
                return Ok(Moderated::Done(case));
            }
            let at_ms = self.tally.now_ms_of(case.id).await?;
            let asked = AskedStep { step, by_s, reason: reason.clone(), by: request.sub.clone(), at_ms };
            if terms.is_seconded_by(&asked) {
                return Ok(Moderated::Done(case));
            }
            let detail = match (by_s, &reason) {
                (Some(by_s), _) => format!("{} by {by_s} s", step.as_str()),
                (None, Some(reason)) => format!("{}: {reason}", step.as_str()),
                (None, None) => step.as_str().to_owned(),
            };
            let case = case.ask(asked)?;
            match self.file(&case, Author::Moderator(&request.sub), AuditAction::Asked, Some(detail)).await {
                Ok(()) => return Ok(Moderated::Asked(case)),
                Err(DocketError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(DocketError::Conflict(id).into())
    }
}
