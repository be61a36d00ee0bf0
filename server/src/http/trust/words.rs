//! The form of what people write about a step, and of ids in a path.

use uuid::Uuid;

use crate::http::{ApiError, ApiResult};

/// The least and the most characters of a moderator's words: a sentence that the party can answer, and a page.
const WORDS_CHARS: std::ops::RangeInclusive<usize> = 20..=2_000;

/// The most addresses of evidence. A person looks at each.
const EVIDENCE_MAX: usize = 10;
/// The most bytes of an address: the length that all browsers accept.
const URL_BYTES_MAX: usize = 2_048;

/// Checks the addresses of evidence. None is ever fetched.
pub(super) fn check_evidence(evidence: &[String]) -> ApiResult<()> {
    if evidence.len() > EVIDENCE_MAX {
        return Err(ApiError::field("evidence", format!("must have at most {EVIDENCE_MAX} items")));
    }
    let is_wrong = |url: &String| !url.starts_with("https://") || url.len() > URL_BYTES_MAX || url.contains('\0');
    match evidence.iter().position(is_wrong) {
        Some(place) => {
            Err(ApiError::field(format!("evidence[{place}]"), "must be an https: address of at most 2,048 bytes"))
        }
        None => Ok(()),
    }
}

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
pub fn id_of(segment: &str) -> ApiResult<Uuid> {
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
