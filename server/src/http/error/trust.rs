//! The problems that the errors of trust become: refused reports, claims, applications and listings, and steps of
//! moderators that do not fit any more.

use axum::http::StatusCode;
use live_jury_trust::identity::token::FieldFault;

use super::ApiError;
use crate::docket::DocketError;
use crate::ledger::standing::StandingError;
use crate::ledger::{BucketRefusal, LedgerError, ReportRefusal};
use crate::reports::ReportError;
use crate::telemetry::log_limited;
use crate::trust::screening::ScreenError;
use crate::trust::{ApplyError, ClaimError, DecideError, EditionError, IngestError};

/// The field of a problem about the number of lines in a request with facts.
const LINES_FIELD: &str = "lines";
/// The field of a claim that names its order.
const CLAIM_ORDER: &str = "order";
/// The field of an application that has the values of a person or a company.
const APPLICATION_FIELDS: &str = "fields";
/// The field of a request that names the entry of a list.
const ID: &str = "id";
/// The field of a listing's rule that names a policy.
const POLICY: &str = "policy";

impl From<LedgerError> for ApiError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Refused(refusal @ ReportRefusal::TooMany) => {
                return Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many", refusal.to_string());
            }
            LedgerError::Refused(refusal @ ReportRefusal::Repeated) => {
                return Self::new(StatusCode::CONFLICT, "repeated", refusal.to_string());
            }
            LedgerError::Bucket(BucketRefusal::NotFound) => return Self::not_found(),
            LedgerError::Bucket(refusal @ BucketRefusal::Decided) => {
                return Self::new(StatusCode::CONFLICT, "decided", refusal.to_string());
            }
            LedgerError::Bucket(refusal @ BucketRefusal::Version(_)) => {
                return Self::new(StatusCode::PRECONDITION_FAILED, "version_mismatch", refusal.to_string());
            }
            LedgerError::Malformed(_) | LedgerError::Unavailable(_) => {}
        }
        log_limited!(error, %error, "the ledger of trust failed");
        Self::unavailable()
    }
}

impl From<StandingError> for ApiError {
    fn from(error: StandingError) -> Self {
        let code = match error {
            StandingError::NotFound => return Self::not_found(),
            StandingError::Ledger(error) => return error.into(),
            // No request takes an event.
            StandingError::Event { source, .. } => return Self::from(*source),
            StandingError::ListFull(_) => return Self::field(ID, error.to_string()),
            StandingError::KeyReused => return DocketError::KeyReused.into(),
            StandingError::VersionMismatch(_) => {
                return Self::new(StatusCode::PRECONDITION_FAILED, "version_mismatch", error.to_string());
            }
            StandingError::NotProposed => "not_proposed",
            StandingError::NotActive => "not_active",
            StandingError::Appealed => "appealed",
            StandingError::AppealTooLate => "appeal_too_late",
            StandingError::NotLookAlike => "not_look_alike",
            StandingError::SameModerator => "same_moderator",
            StandingError::BelowBan(_) => "below_ban",
            StandingError::Decided | StandingError::NotHeld | StandingError::ClaimIs(_) => "decided",
            StandingError::AlreadyApplied | StandingError::AlreadyClaimed => "already_applied",
            StandingError::PromiseEnded(_) => "promise_ended",
            StandingError::TooManyClaims => return Self::field(CLAIM_ORDER, error.to_string()),
            StandingError::NotCovered => {
                return Self::unprocessable("not_covered", CLAIM_ORDER, error.to_string());
            }
        };
        Self::new(StatusCode::CONFLICT, code, error.to_string())
    }
}

impl From<DecideError> for ApiError {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::Standing(error) => error.into(),
            DecideError::Docket(error) => error.into(),
        }
    }
}

impl From<ApplyError> for ApiError {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::NoKey | ApplyError::NoPolicy => {
                Self::new(StatusCode::CONFLICT, "not_configured", error.to_string())
            }
            ApplyError::Field(FieldFault::Unknown(name)) => Self::unknown_field(format!("fields.{name}")),
            ApplyError::Field(FieldFault::Invalid { field, why }) => Self::field(format!("fields.{field}"), why),
            ApplyError::Field(FieldFault::TooMany) => Self::field(APPLICATION_FIELDS, error.to_string()),
            ApplyError::Logo(error) => error.into(),
            ApplyError::Standing(error) => error.into(),
        }
    }
}

impl From<ScreenError> for ApiError {
    fn from(error: ScreenError) -> Self {
        match error {
            ScreenError::Field(fault) => Self::field(fault.field, fault.why),
            ScreenError::TooLarge(field, error) => Self::unprocessable("too_large", field, error.to_string()),
            ScreenError::UnknownPolicy => Self::unknown_policy(POLICY),
            ScreenError::Busy => Self::too_many_requests("too many listings at a time; try again"),
            ScreenError::Standing(error) => error.into(),
        }
    }
}

impl From<ClaimError> for ApiError {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::NoKey => Self::new(StatusCode::CONFLICT, "not_configured", error.to_string()),
            ClaimError::Standing(error) => error.into(),
        }
    }
}

impl From<EditionError> for ApiError {
    fn from(error: EditionError) -> Self {
        match error {
            EditionError::Field { field, why } => Self::field(field, why),
            EditionError::Standing(error) => error.into(),
        }
    }
}

impl From<IngestError> for ApiError {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::TooManyLines => Self::field(LINES_FIELD, error.to_string()),
            IngestError::Ledger(error) => error.into(),
            IngestError::Standing(error) => error.into(),
        }
    }
}

impl From<ReportError> for ApiError {
    fn from(error: ReportError) -> Self {
        let unprocessable = |code| Self {
            field: error.field().map(str::to_owned),
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, error.to_string())
        };
        match error {
            ReportError::NotConfigured => Self::new(StatusCode::CONFLICT, "not_configured", error.to_string()),
            ReportError::Anonymous => Self::new(StatusCode::FORBIDDEN, "anonymous", error.to_string()),
            ReportError::NotAJuror => Self::new(StatusCode::FORBIDDEN, "not_a_juror", error.to_string()),
            ReportError::UnknownPolicy => unprocessable("unknown_policy"),
            ReportError::NoSubject(_) => unprocessable("no_subject"),
            ReportError::WordsNeeded => unprocessable("words_needed"),
            ReportError::Field(error) => error.into(),
            ReportError::Ledger(error) => error.into(),
            ReportError::Lifecycle(error) => error.into(),
        }
    }
}
