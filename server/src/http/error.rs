//! The API's errors: one problem (RFC 9457) with a stable code for each; the texts hold nothing secret.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use live_jury_court::{AppealError, FieldError, TransitionError};
use live_jury_protocol::Problem;
use live_jury_trust::identity::token::FieldFault;
use utoipa::IntoResponses;
use utoipa::openapi::{self, RefOr};

use crate::docket::DocketError;
use crate::ledger::standing::StandingError;
use crate::ledger::{BucketRefusal, LedgerError, ReportRefusal};
use crate::lifecycle::{LifecycleError, PolicyError};
use crate::reports::ReportError;
use crate::tally::TallyError;
use crate::telemetry::log_limited;
use crate::trust::screening::ScreenError;
use crate::trust::{ApplyError, ClaimError, DecideError, EditionError, IngestError};

/// `Retry-After` of a 503, and of a 429 that names no other time, in seconds. A restarted store answers again within
/// about this time.
const RETRY_AFTER_S: u64 = 2;

/// `Retry-After` of a proof whose log is not signed yet, in seconds. A log is signed within 2 s of its entry.
const SIGNED_AFTER_S: u64 = 1;

/// The field of a problem about the number of lines in a request with facts.
const LINES_FIELD: &str = "lines";

/// The media type of a problem (RFC 9457).
const PROBLEM_JSON: &str = "application/problem+json";

/// The codes of all problems.
pub const PROBLEM_CODES: [&str; 59] = [
    "already_applied",
    "anonymous",
    "answered",
    "appeal_too_late",
    "appealed",
    "below_ban",
    "body_timeout",
    "body_too_large",
    "clock_stepped",
    "conflict",
    "cursor_gone",
    "decided",
    "erased",
    "fixed_end",
    "forbidden",
    "host_not_allowed",
    "idempotency_key_reused",
    "invalid_field",
    "judged_before",
    "key_changed",
    "malformed",
    "method_not_allowed",
    "no_ballot",
    "no_subject",
    "no_tally",
    "not_a_draft",
    "not_a_juror",
    "not_active",
    "not_appealable",
    "not_configured",
    "not_covered",
    "not_durable",
    "not_found",
    "not_logged",
    "not_look_alike",
    "not_open",
    "not_proposed",
    "not_recorded",
    "origin_not_allowed",
    "promise_ended",
    "repeated",
    "same_moderator",
    "store_full",
    "token_invalid",
    "too_early",
    "too_large",
    "too_late",
    "too_many",
    "too_many_cases",
    "too_many_drafts",
    "too_many_requests",
    "too_many_revocations",
    "too_many_sockets",
    "unavailable",
    "unknown_field",
    "unknown_policy",
    "upgrade_required",
    "version_mismatch",
    "words_needed",
];

/// An answer that is an error.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    detail: String,
    field: Option<String>,
    next: Option<String>,
    /// Time after which the request may be repeated, in seconds, if that may help.
    retry_after_s: Option<u64>,
}

/// The result of a handler.
pub type ApiResult<T> = Result<T, ApiError>;

/// The field of a claim that names its order.
const CLAIM_ORDER: &str = "order";
/// The field of an application that has the values of a person or a company.
const APPLICATION_FIELDS: &str = "fields";

/// Fields of requests that an error names here.
const ID: &str = "id";
const POLICY: &str = "policy";

impl ApiError {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let may_repeat = matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS);
        let retry_after_s = may_repeat.then_some(RETRY_AFTER_S);
        Self { status, code, detail: detail.into(), field: None, next: None, retry_after_s }
    }

    /// 401: the token is missing or not valid.
    pub fn token_invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "token_invalid", detail)
    }

    /// 403: the token is valid and does not allow this.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// 403: the caller has no ballot in the record.
    pub fn no_ballot() -> Self {
        Self::new(StatusCode::FORBIDDEN, "no_ballot", "you have no recorded ballot in this case")
    }

    /// 403: the page's origin is not allowed.
    pub fn origin_not_allowed() -> Self {
        Self::new(StatusCode::FORBIDDEN, "origin_not_allowed", "this origin is not among the allowed ones")
    }

    /// 403: the host is not a name of this server; only `demo` checks it.
    pub fn host_not_allowed() -> Self {
        Self::new(StatusCode::FORBIDDEN, "host_not_allowed", "the demo answers localhost, 127.0.0.1 and [::1] only")
    }

    /// 404.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "there is no such thing here")
    }

    /// 405.
    pub fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this route does not take that method")
    }

    /// 408: the body took too long.
    pub fn body_timeout() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "body_timeout", "the body did not come in time")
    }

    /// 409: the juror has answered this item of practice.
    pub fn answered() -> Self {
        Self::new(StatusCode::CONFLICT, "answered", "this item was answered before")
    }

    /// 409: the case's ballots are not recorded yet.
    pub fn not_recorded() -> Self {
        Self::new(StatusCode::CONFLICT, "not_recorded", "the case is not recorded yet")
    }

    /// 409: the log is not signed up to the case's entry.
    pub fn not_logged() -> Self {
        let detail = "the log is not signed up to this case yet; try again";
        Self { retry_after_s: Some(SIGNED_AFTER_S), ..Self::new(StatusCode::CONFLICT, "not_logged", detail) }
    }

    /// 409: the case was recorded before there was a log.
    pub fn never_logged() -> Self {
        Self::new(StatusCode::CONFLICT, "not_logged", "the case was recorded before there was a log")
    }

    /// 409: the case has more ballots than a bundle may have.
    pub fn too_large() -> Self {
        Self::new(StatusCode::CONFLICT, "too_large", "the case does not fit a bundle; read its rows and seals")
    }

    /// 409: the case has no tally.
    pub fn no_tally(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "no_tally", detail)
    }

    /// 410: the docket went back since the cursor was given. `next` is the cursor to go on from.
    pub fn cursor_gone(next: String) -> Self {
        let detail = "this cursor is not of the docket's present incarnation; go on from `next`";
        Self { next: Some(next), ..Self::new(StatusCode::GONE, "cursor_gone", detail) }
    }

    /// 410: the operator erased the case.
    pub fn erased() -> Self {
        Self::new(StatusCode::GONE, "erased", "the case was erased; its statement and its entry in the log stay")
    }

    /// 413.
    pub fn body_too_large(max: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", format!("a body is at most {max} bytes"))
    }

    /// 426: the socket's route serves WebSockets only.
    pub fn upgrade_required() -> Self {
        Self::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", "this route takes WebSockets")
    }

    /// 429: the address has too many sockets that have not joined.
    pub fn too_many_sockets() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_sockets", "too many sockets of this address have not joined")
    }

    /// 429: the caller, the address or the node has too many reads that are not answered.
    pub fn too_many_reads() -> Self {
        Self::too_many_requests("too many reads at a time; try again")
    }

    /// 429: the node has too many exports that are not answered.
    pub fn too_many_exports() -> Self {
        Self::too_many_requests("too many exports at a time; try again")
    }

    /// 429: the moderator has made as many edits and extensions as a minute may have.
    pub fn too_many_steps(wait: Duration) -> Self {
        let retry_after_s = Some(wait.as_secs() + 1);
        Self { retry_after_s, ..Self::too_many_requests("too many edits and extensions in a minute; try again") }
    }

    fn too_many_requests(detail: &str) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail)
    }

    /// 400: the request as a whole is malformed.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", detail)
    }

    /// 422: one field is wrong.
    pub fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        let field = Some(field.into());
        Self { field, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", detail) }
    }

    /// 422: a field is unknown.
    pub fn unknown_field(field: impl Into<String>) -> Self {
        let field = Some(field.into());
        Self { field, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_field", "there is no such field") }
    }

    /// 422: the policy is none of the platform's.
    pub fn unknown_policy(field: &str) -> Self {
        let field = Some(field.to_owned());
        let detail = "is none of the platform's policies";
        Self { field, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_policy", detail) }
    }

    /// 422: a step needs words of a person.
    pub fn words_needed(field: &str, min: usize, max: usize) -> Self {
        let detail = format!("this step needs words of {min} to {max} characters");
        let field = Some(field.to_owned());
        Self { field, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "words_needed", detail) }
    }

    /// 503: a store did not answer. The log names the store; the answer does not.
    pub fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "a store did not answer; try again")
    }
}

impl From<FieldError> for ApiError {
    fn from(error: FieldError) -> Self {
        Self::field(error.field, error.detail)
    }
}

impl From<DocketError> for ApiError {
    fn from(error: DocketError) -> Self {
        match error {
            DocketError::Conflict(_) => {
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
                let field = Some(CLAIM_ORDER.to_owned());
                let unprocessable = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "not_covered", error.to_string());
                return Self { field, ..unprocessable };
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
            ScreenError::TooLarge(field, error) => {
                let field = Some(field);
                Self { field, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "too_large", error.to_string()) }
            }
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

/// The problems that every operation may answer, for the OpenAPI document.
impl IntoResponses for ApiError {
    fn responses() -> BTreeMap<String, RefOr<openapi::Response>> {
        let problem = |description: &str| {
            let schema = openapi::Ref::from_schema_name("Problem");
            let content = openapi::ContentBuilder::new().schema(Some(schema)).build();
            RefOr::T(openapi::ResponseBuilder::new().description(description).content(PROBLEM_JSON, content).build())
        };
        let unavailable = "A store did not answer, or the node is stopping; Retry-After says when to try again";
        BTreeMap::from([
            ("4XX".to_owned(), problem("The request was refused; its code says why")),
            ("503".to_owned(), problem(unavailable)),
        ])
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        metrics::counter!("live_jury_http_problems_total", "code" => self.code).increment(1);
        let problem = Problem {
            kind: "about:blank".to_owned(),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            code: self.code.to_owned(),
            detail: self.detail,
            field: self.field,
            next: self.next,
        };
        let mut response = (self.status, Body::from(serde_json::to_vec(&problem).unwrap_or_default())).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(retry_after_s) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after_s));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_list_of_codes_is_complete() {
        let (_, source) = include_str!("error.rs").split_once("impl ApiError").unwrap();
        let (source, _) = source.split_once("impl IntoResponse for").unwrap();
        let is_code = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let written: BTreeSet<&str> = source.split('"').skip(1).step_by(2).filter(is_code).collect();
        assert_eq!(written, BTreeSet::from(PROBLEM_CODES));
    }
}
