//! Reads what a request carries: its token, its body, its parameters; each error names what is wrong.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use live_jury_protocol::{CaseId, Role, RoomId, limits};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{ApiError, ApiResult};
use crate::auth::{Claims, TokenError};
use crate::court::Audience;
use crate::lifecycle::ModeratorRequest;
use crate::state::AppState;

/// Who asks, by the `Authorization` header.
pub async fn caller(shared: &Arc<AppState>, headers: &HeaderMap) -> ApiResult<Claims> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer =
        given.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, token)) = bearer else {
        return Err(ApiError::token_invalid("Authorization must be Bearer and a token"));
    };
    shared.verifier.verify(token.trim()).await.map_err(|error| match error {
        TokenError::Unchecked(_) => {
            tracing::warn!(%error, "a token cannot be checked");
            ApiError::unavailable()
        }
        other => ApiError::token_invalid(other.to_string()),
    })
}

/// Who asks, if they may moderate this room.
pub fn moderates(claims: &Claims, room: &RoomId) -> ApiResult<()> {
    if claims.identity.role != Role::Moderator {
        return Err(ApiError::forbidden("this is for moderators"));
    }
    in_room(claims, room)
}

/// Whether the token is good in this room.
pub fn in_room(claims: &Claims, room: &RoomId) -> ApiResult<()> {
    if claims.allows(room) { Ok(()) } else { Err(ApiError::forbidden("the token is for another room")) }
}

/// How this caller reads cases.
pub fn audience(claims: &Claims) -> Audience {
    if claims.identity.role == Role::Moderator { Audience::Moderator } else { Audience::Public }
}

/// The room of a path.
pub fn room(text: &str) -> ApiResult<RoomId> {
    text.parse().map_err(|error| ApiError::field("room", format!("{error}")))
}

/// The case id of a path; what is none is no case.
pub fn case_id(text: &str) -> ApiResult<CaseId> {
    text.parse().map_err(|_| ApiError::not_found())
}

/// Who moves a case, and the version in `If-Match`.
pub fn moderator_request(claims: &Claims, headers: &HeaderMap) -> ApiResult<ModeratorRequest> {
    let sub = claims.identity.sub.clone();
    let Some(given) = headers.get(header::IF_MATCH) else { return Ok(ModeratorRequest { sub, version: None }) };
    let text = given.to_str().unwrap_or_default().trim();
    let text = text.strip_prefix("W/").unwrap_or(text);
    if text == "*" {
        return Ok(ModeratorRequest { sub, version: None });
    }
    match text.trim_matches('"').parse() {
        Ok(version) => Ok(ModeratorRequest { sub, version: Some(version) }),
        Err(_) => Err(ApiError::field("If-Match", "must be a case's version in quotes")),
    }
}

/// The `Idempotency-Key`, if there is one.
pub fn idempotency_key(headers: &HeaderMap) -> ApiResult<Option<String>> {
    let Some(given) = headers.get("idempotency-key") else { return Ok(None) };
    match given.to_str() {
        Ok(key) if (1..=limits::IDEMPOTENCY_KEY_BYTES_MAX).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(ApiError::field(
            "Idempotency-Key",
            format!("must be 1 to {} bytes of ASCII", limits::IDEMPOTENCY_KEY_BYTES_MAX),
        )),
    }
}

/// The whole body, within its limit and its time.
pub async fn bytes(shared: &AppState, request: Request) -> ApiResult<Vec<u8>> {
    let max = shared.limits.max_body_bytes;
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > max) {
        return Err(ApiError::body_too_large(max));
    }
    let read = read_to_limit(request.into_body(), max);
    tokio::time::timeout(shared.limits.body_timeout.0, read).await.map_err(|_| ApiError::body_timeout())?
}

async fn read_to_limit(body: Body, max: usize) -> ApiResult<Vec<u8>> {
    use futures_util::StreamExt;
    let mut chunks = body.into_data_stream();
    let mut whole = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| ApiError::malformed("the body broke off"))?;
        if whole.len() + chunk.len() > max {
            return Err(ApiError::body_too_large(max));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole)
}

/// A body as JSON.
pub fn json_value(bytes: &[u8]) -> ApiResult<Value> {
    serde_json::from_slice(bytes).map_err(|error| ApiError::malformed(format!("the body is not JSON: {error}")))
}

/// A mutation as its type: a field that is wrong, or that there is not, is named.
pub fn parse<T: DeserializeOwned>(value: Value) -> ApiResult<T> {
    if !value.is_object() {
        return Err(ApiError::malformed("the body must be a JSON object"));
    }
    let mut unknown = None;
    let mut note = |path: serde_ignored::Path<'_>| {
        let _ = unknown.get_or_insert_with(|| path_of(&path));
    };
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(value, &mut track);
    let parsed: Result<T, _> = serde_ignored::deserialize(tracked, &mut note);
    match (parsed, unknown) {
        (Err(error), _) => {
            let text = error.to_string();
            let path = track.path().to_string();
            // A field that is missing is named in the message, not in the path.
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

/// A field's path as errors name it everywhere: `options[1].label`.
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

/// A number among the parameters, within its range.
pub fn number(name: &str, text: Option<&str>, default: u64, max: u64) -> ApiResult<u64> {
    let Some(text) = text else { return Ok(default) };
    match text.parse() {
        Ok(number) if number <= max => Ok(number),
        _ => Err(ApiError::field(name, format!("must be a number up to {max}"))),
    }
}

/// The `limit` of a list.
pub fn limit(text: Option<&str>) -> ApiResult<u32> {
    let number = number("limit", text, limits::PAGE_ITEMS_DEFAULT.into(), limits::PAGE_ITEMS_MAX.into())?;
    match u32::try_from(number) {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(ApiError::field("limit", "must be 1 or more")),
    }
}
