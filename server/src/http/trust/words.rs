//! The form of what people write about a step, and of ids in a path.

use uuid::Uuid;

use crate::http::{ApiError, ApiResult};

/// The least and the most characters of a moderator's words: a sentence that the party can answer, and a page.
const WORDS_CHARS: std::ops::RangeInclusive<usize> = 20..=2_000;

/// Checks the words about a step.
pub(super) fn check_words(words: &str) -> ApiResult<()> {
    let fits = WORDS_CHARS.contains(&words.trim().chars().count()) && !words.contains('\0');
    if fits { Ok(()) } else { Err(ApiError::words_needed("words", *WORDS_CHARS.start(), *WORDS_CHARS.end())) }
}

/// Checks a text of so many characters.
pub(super) fn check_text(field: &str, text: &str, chars: std::ops::RangeInclusive<usize>) -> ApiResult<()> {
    if chars.contains(&text.trim().chars().count()) && !text.contains('\0') {
        return Ok(());
    }
    Err(ApiError::field(field, format!("must have {} to {} characters", chars.start(), chars.end())))
}

/// The id in a path. Nothing has another form.
pub(super) fn id_of(segment: &str) -> ApiResult<Uuid> {
    segment.parse().map_err(|_| ApiError::not_found())
}

/// The id before which a list goes on.
pub(super) fn before(text: Option<&str>) -> ApiResult<Option<Uuid>> {
    let parse = |text: &str| text.parse().map_err(|_| ApiError::field("before", "must be the `next` of a page"));
    text.map(parse).transpose()
}

/// One of the states that a list can be asked for.
pub(super) fn state<'t>(text: Option<&'t str>, states: &[&str]) -> ApiResult<Option<&'t str>> {
    match text {
        Some(text) if !states.contains(&text) => {
            Err(ApiError::field("state", format!("must be {}", states.join(", "))))
        }
        other => Ok(other),
    }
}
