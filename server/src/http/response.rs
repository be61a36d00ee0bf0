//! Successful answers: JSON, and a case with its version as `ETag`.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use live_jury_court::{Audience, Case};

/// 200 with this value as JSON. The wire types have text keys only, so encoding does not fail.
pub fn json(value: &impl serde::Serialize) -> Response {
    json_text(StatusCode::OK, serde_json::to_string(value).unwrap_or_default())
}

/// A text that is JSON already.
pub fn json_text(status: StatusCode, text: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// 200 with a case and its version.
pub fn case_json(case: &Case, audience: Audience) -> Response {
    versioned_json(case.version, &case.to_wire(audience))
}

/// 200 with this value of a case as JSON, and the case's version.
pub fn versioned_json(version: u64, value: &impl serde::Serialize) -> Response {
    let mut response = json(value);
    if let Ok(version) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, version);
    }
    response
}
