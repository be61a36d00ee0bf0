//! The problems that the errors of cases become: a wrong field, a step that the court refuses, a store that failed.

use axum::http::StatusCode;
use live_jury_court::{AppealError, FieldError, TransitionError};

use super::ApiError;
use crate::docket::DocketError;
use crate::lifecycle::{LifecycleError, PolicyError};
use crate::tally::TallyError;
use crate::telemetry::log_limited;

impl From<FieldError> for ApiError {
    fn from(error: FieldError) -> Self {
        Self::field(error.field, error.detail)
    }
}

impl From<DocketError> for ApiError {
    fn from(error: DocketError) -> Self {
        match error {
            // No route erases a case.
            DocketError::Conflict(_) | DocketError::UnderAppeal(_) => {
                Self::new(StatusCode::CONFLICT, "conflict", "others changed the case; try again")
            }
            DocketError::TooManyLive(_) => Self::new(
                StatusCode::CONFLICT,
                "too_many_cases",
                format!("a room has at most {} open cases", live_jury_protocol::limits::LIVE_CASES_PER_ROOM_MAX),
            ),
            DocketError::TooManyDrafts(_) => Self::new(
                StatusCode::CONFLICT,
                "too_many_drafts",
                format!("a room has at most {} drafts", live_jury_protocol::limits::DRAFTS_PER_ROOM_MAX),
            ),
            DocketError::Appealed(_) => Self::new(StatusCode::CONFLICT, "appealed", "this verdict was appealed before"),
            DocketError::TooManyRevocations => Self::new(
                StatusCode::CONFLICT,
                "too_many_revocations",
                "100,000 revocations are kept for 31 days; no more fit",
            ),
            DocketError::KeyReused => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                "this Idempotency-Key came before with another request",
            ),
            DocketError::Malformed(_) => {
                log_limited!(error, %error, "the docket cannot be read");
                Self::unavailable()
            }
            DocketError::Unavailable(_) => {
                log_limited!(error, %error, "the docket failed");
                Self::unavailable()
            }
        }
    }
}

impl From<LifecycleError> for ApiError {
    fn from(error: LifecycleError) -> Self {
        match error {
            LifecycleError::NotFound => Self::not_found(),
            LifecycleError::VersionMismatch(version) => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "version_mismatch",
                format!("the case is at version {version} by now"),
            ),
            LifecycleError::TooEarly { .. } => Self::new(StatusCode::CONFLICT, "too_early", error.to_string()),
            LifecycleError::TallyMissing => Self::forbidden(error.to_string()),
            LifecycleError::Field(error) => error.into(),
            LifecycleError::Transition(error) => {
                let code = match error {
                    TransitionError::NotADraft(_) => "not_a_draft",
                    _ => "not_open",
                };
                Self::new(StatusCode::CONFLICT, code, error.to_string())
            }
            LifecycleError::Policy(error) => {
                let code = match error {
                    PolicyError::TooEarly { .. } => "too_early",
                    PolicyError::FixedEnd => "fixed_end",
                    PolicyError::JudgedBefore(_) => "judged_before",
                };
                Self::new(StatusCode::CONFLICT, code, error.to_string())
            }
            LifecycleError::Appeal(error) => {
                let code = match error {
                    AppealError::NotRecorded => "not_recorded",
                    AppealError::NoVerdict | AppealError::LastStep | AppealError::NotLogged => "not_appealable",
                    AppealError::TooLate => "too_late",
                    AppealError::EarlierErased => "earlier_erased",
                    AppealError::KeyChanged => "key_changed",
                };
                Self::new(StatusCode::CONFLICT, code, error.to_string())
            }
            LifecycleError::Docket(error) => error.into(),
            LifecycleError::Tally(error @ TallyError::ClockStepped(_)) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "clock_stepped", error.to_string())
            }
            LifecycleError::NotDurable => {
                log_limited!(error, "no case opens: a store may lose acknowledged ballots");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "not_durable", "a store may lose acknowledged ballots")
            }
            LifecycleError::Tally(TallyError::Full) => {
                log_limited!(error, "the tally store is too full to open a case");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "store_full", "the store of the ballots is nearly full")
            }
            LifecycleError::Tally(error) => {
                log_limited!(error, %error, "the tally store failed");
                Self::unavailable()
            }
            LifecycleError::Random(error) => {
                log_limited!(error, %error, "the system gave no random bytes");
                Self::unavailable()
            }
            LifecycleError::Mark(error) => {
                log_limited!(error, %error, "the docket's mark failed");
                Self::unavailable()
            }
        }
    }
}
