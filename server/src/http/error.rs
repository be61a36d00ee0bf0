//! The API's errors: one problem (RFC 9457) with a stable code for each; the texts hold nothing secret.
//!
//! `error/` has the problem that each error of a lower module becomes.

mod cases;
mod trust;

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use live_jury_protocol::Problem;
use utoipa::IntoResponses;
use utoipa::openapi::{self, RefOr};

/// `Retry-After` of a 503, and of a 429 that names no other time, in seconds. A restarted store answers again within
/// about this time.
const RETRY_AFTER_S: u64 = 2;

/// `Retry-After` of a proof whose log is not signed yet, in seconds. A log is signed within 2 s of its entry.
const SIGNED_AFTER_S: u64 = 1;

/// The media type of a problem (RFC 9457).
const PROBLEM_JSON: &str = "application/problem+json";

/// The codes of all problems.
pub const PROBLEM_CODES: [&str; 60] = [
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
    "earlier_erased",
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

impl ApiError {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let may_repeat = matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS);
        let retry_after_s = may_repeat.then_some(RETRY_AFTER_S);
        Self { status, code, detail: detail.into(), field: None, next: None, retry_after_s }
    }

    /// 422: a field cannot be processed, for the reason that the code names.
    fn unprocessable(code: &'static str, field: impl Into<String>, detail: impl Into<String>) -> Self {
        let field = Some(field.into());
        Self { field, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail) }
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
        Self::unprocessable("invalid_field", field, detail)
    }

    /// 422: a field is unknown.
    pub fn unknown_field(field: impl Into<String>) -> Self {
        Self::unprocessable("unknown_field", field, "there is no such field")
    }

    /// 422: the policy is none of the platform's.
    pub fn unknown_policy(field: &str) -> Self {
        Self::unprocessable("unknown_policy", field, "is none of the platform's policies")
    }

    /// 422: a step needs words of a person.
    pub fn words_needed(field: &str, min: usize, max: usize) -> Self {
        let detail = format!("this step needs words of {min} to {max} characters");
        Self::unprocessable("words_needed", field, detail)
    }

    /// 503: a store did not answer. The log names the store; the answer does not.
    pub fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "a store did not answer; try again")
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
        let (_, own) = include_str!("error.rs").split_once("impl ApiError").unwrap();
        let (own, _) = own.split_once("impl IntoResponse for").unwrap();
        // Fields are named by constants above the first conversion, so that the texts below it are codes and sentences.
        let of_others = [include_str!("error/cases.rs"), include_str!("error/trust.rs")];
        let of_others = of_others.map(|source| source.split_once("impl From").unwrap().1);
        let is_code = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let texts = |source: &'static str| source.split('"').skip(1).step_by(2).filter(is_code);
        let written: BTreeSet<&str> = [own].into_iter().chain(of_others).flat_map(texts).collect();
        assert_eq!(written, BTreeSet::from(PROBLEM_CODES));
    }
}
