//! Reads a request's body within its limits and as its type; each error names the field that is wrong.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use live_jury_trust::fact::REQUEST_BYTES_MAX;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;

use crate::http::{ApiError, ApiResult};
use crate::state::AppState;

/// The media type of a body with one JSON value a line.
const LINES_TYPE: &str = "application/x-ndjson";

/// The bytes of a body that is too large, beyond which its connection is closed unread: twice the limit of facts, as
/// most such bodies are a list that has grown a little too long.
const DISCARDED_BYTES_MAX: usize = 2 * REQUEST_BYTES_MAX;
/// Limits the time for which such a body is read.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(1);

/// Limits the body of a listing, with its pictures in base64: nine of some 1.6 MiB.
const LISTING_BYTES_MAX: usize = 20 * 1_024 * 1_024;

/// A body that is a JSON object of this type, without unknown fields.
pub struct Json<T> {
    /// The object.
    pub value: T,
    /// The body as it was sent.
    pub bytes: Vec<u8>,
}

/// A listing or a picture, whose body may be large. A node takes few at a time: a further one is 429, unread.
pub struct Submission<T> {
    /// The object.
    pub value: T,
    /// The permit, to be held until the work is done.
    pub permit: OwnedSemaphorePermit,
}

/// A body of facts, one a line.
pub struct Lines(pub Vec<u8>);

/// The body of a route without fields: empty, or an empty JSON object.
pub struct NoFields;

impl<T: DeserializeOwned> FromRequest<Arc<AppState>> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<AppState>) -> ApiResult<Self> {
        let bytes = read(app, request).await?;
        Ok(Self { value: parse(json(&bytes)?)?, bytes })
    }
}

impl<T: DeserializeOwned> FromRequest<Arc<AppState>> for Submission<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<AppState>) -> ApiResult<Self> {
        let trust = app.trust.as_ref().ok_or_else(ApiError::not_found)?;
        let permit = trust.screening.permit()?;
        let bytes = read_within(app, request, LISTING_BYTES_MAX).await?;
        Ok(Self { value: parse(json(&bytes)?)?, permit })
    }
}

impl FromRequest<Arc<AppState>> for NoFields {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<AppState>) -> ApiResult<Self> {
        #[derive(Deserialize)]
        struct Empty {}
        let bytes = read(app, request).await?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self);
        }
        parse(json(&bytes)?).map(|Empty {}| Self)
    }
}

impl FromRequest<Arc<AppState>> for Lines {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<AppState>) -> ApiResult<Self> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_lines = kind.and_then(|kind| kind.split(';').next()).is_some_and(|kind| kind.trim() == LINES_TYPE);
        if !is_lines {
            return Err(ApiError::malformed(format!("Content-Type must be {LINES_TYPE}")));
        }
        read_within(app, request, REQUEST_BYTES_MAX).await.map(Self)
    }
}

/// The whole body, within `--max-body-bytes` and `--body-timeout`.
async fn read(app: &AppState, request: Request) -> ApiResult<Vec<u8>> {
    let max = app.limits.max_body_bytes;
    read_within(app, request, max).await
}

/// The whole body, within so many bytes and `--body-timeout`.
async fn read_within(app: &AppState, request: Request, max: usize) -> ApiResult<Vec<u8>> {
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let waits_for_leave = request.headers().contains_key(header::EXPECT);
    let mut body = request.into_body();
    if announced.is_some_and(|length: usize| length > max) {
        if !waits_for_leave {
            discard(&mut body).await;
        }
        return Err(ApiError::body_too_large(max));
    }
    let read = Limited::new(&mut body, max).collect();
    match tokio::time::timeout(app.limits.body_timeout.0, read).await {
        Ok(Ok(read)) => Ok(read.to_bytes().into()),
        Ok(Err(error)) if is_length_limit(&*error) => {
            discard(&mut body).await;
            Err(ApiError::body_too_large(max))
        }
        Ok(Err(_)) => Err(ApiError::malformed("the body broke off")),
        Err(_) => Err(ApiError::body_timeout()),
    }
}

/// Reads the rest of a body that is too large, and keeps nothing. Many clients read no answer while they still write,
/// and would report a broken connection in its place.
async fn discard(body: &mut Body) {
    let reading = async {
        let mut discarded = 0;
        while let Some(Ok(frame)) = body.frame().await {
            discarded += frame.data_ref().map_or(0, Bytes::len);
            if discarded > DISCARDED_BYTES_MAX {
                break;
            }
        }
    };
    // A slower client gets the answer all the same, while it writes.
    let _ = tokio::time::timeout(DISCARD_TIMEOUT, reading).await;
}

fn is_length_limit(error: &(dyn Error + 'static)) -> bool {
    error.is::<LengthLimitError>()
}

fn json(bytes: &[u8]) -> ApiResult<Value> {
    serde_json::from_slice(bytes).map_err(|error| ApiError::malformed(format!("the body is not JSON: {error}")))
}

/// A JSON object as its type. The error names the field that is wrong or unknown.
pub fn parse<T: DeserializeOwned>(value: Value) -> ApiResult<T> {
    if !value.is_object() {
        return Err(ApiError::malformed("the body must be a JSON object"));
    }
    let mut unknown = None;
    let mut record_unknown = |path: serde_ignored::Path<'_>| {
        let _ = unknown.get_or_insert_with(|| path_of(&path));
    };
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(value, &mut track);
    let parsed: Result<T, _> = serde_ignored::deserialize(tracked, &mut record_unknown);
    match (parsed, unknown) {
        (Err(error), _) => {
            let text = error.to_string();
            let path = track.path().to_string();
            // Only the message names a missing field; the path ends at its parent.
            let missing = text.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
            let field = match (path.as_str(), missing) {
                (".", Some(name)) => name.to_owned(),
                (path, Some(name)) => format!("{path}.{name}"),
                (path, None) => path.to_owned(),
            };
            Err(ApiError::field(field, text))
        }
        (Ok(_), Some(field)) => Err(ApiError::unknown_field(field)),
        (Ok(parsed), None) => Ok(parsed),
    }
}

/// A field's path in the notation of all errors: `options[1].label`.
fn path_of(path: &serde_ignored::Path<'_>) -> String {
    use serde_ignored::Path;
    match path {
        Path::Root => String::new(),
        Path::Seq { parent, index } => format!("{}[{index}]", path_of(parent)),
        Path::Map { parent, key } => match path_of(parent) {
            outer if outer.is_empty() => key.clone(),
            outer => format!("{outer}.{key}"),
        },
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => path_of(parent),
    }
}
