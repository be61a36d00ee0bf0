//! What the HTTP API answers when it does not do what it was asked: one problem (RFC 9457) for each failure.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use live_jury_court::{FieldError, TransitionError};
use live_jury_protocol::Problem;

use crate::docket::DocketError;
use crate::lifecycle::LifecycleError;

/// When to come back after a 503, in seconds.
const RETRY_AFTER_S: u64 = 2;

/// An answer that is an error.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    detail: String,
    field: Option<String>,
}

/// What a handler gives.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), field: None }
    }

    /// 401: there is no good token.
    pub fn token_invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "token_invalid", detail)
    }

    /// 403: the token is good, but not for this.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// 403: the page that asks is of another origin.
    pub fn origin_not_allowed() -> Self {
        Self::new(StatusCode::FORBIDDEN, "origin_not_allowed", "this origin is not among the allowed ones")
    }

    /// 403: not a name of this server; only `demo` looks.
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

    /// 408: the body did not come in time.
    pub fn body_timeout() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "body_timeout", "the body did not come in time")
    }

    /// 409: the case has no ballots on record yet.
    pub fn not_recorded() -> Self {
        Self::new(StatusCode::CONFLICT, "not_recorded", "the case is not recorded yet")
    }

    /// 409: the case has no tally.
    pub fn no_tally(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "no_tally", detail)
    }

    /// 413.
    pub fn body_too_large(max: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", format!("a body is at most {max} bytes"))
    }

    /// 426: the socket's route wants a WebSocket.
    pub fn upgrade_required() -> Self {
        Self::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", "this route takes WebSockets")
    }

    /// 429: the address has as many sockets waiting to join as it may.
    pub fn too_many_sockets() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_sockets", "too many sockets of this address have not joined")
    }

    /// 400: the request is not of its form as a whole.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", detail)
    }

    /// 422: one field is wrong.
    pub fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        let field = Some(field.into());
        Self { field, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", detail) }
    }

    /// 422: a field is not known.
    pub fn unknown_field(field: impl Into<String>) -> Self {
        let field = Some(field.into());
        Self { field, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_field", "there is no such field") }
    }

    /// 503: a store is away. What was away is in the log, not in the answer.
    pub fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "a store is away; try again")
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
            DocketError::KeyReused => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                "this Idempotency-Key came before with another request",
            ),
            DocketError::Malformed(_) | DocketError::Unavailable(_) => {
                tracing::error!(%error, "the docket failed");
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
            LifecycleError::Field(error) => error.into(),
            LifecycleError::Transition(error) => {
                let code = match error {
                    TransitionError::NotADraft(_) => "not_a_draft",
                    _ => "not_open",
                };
                Self::new(StatusCode::CONFLICT, code, error.to_string())
            }
            LifecycleError::Docket(error) => error.into(),
            LifecycleError::Tally(error) => {
                tracing::error!(%error, "the tally store failed");
                Self::unavailable()
            }
        }
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
        };
        let mut response = (self.status, Body::from(serde_json::to_vec(&problem).unwrap_or_default())).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
