//! The form of what people write about a step, of ids in a body, and of ids in a path.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use live_jury_court::{EvidenceUrlPolicy, check_evidence_url};
use live_jury_protocol::text::{self, TextFault};
use live_jury_trust::{is_platform_id, platform_id_form};
use uuid::Uuid;

use crate::http::{ApiError, ApiResult};

/// The least and the most characters of a moderator's words: a sentence that the party can answer, and a page.
const WORDS_CHARS: RangeInclusive<usize> = 20..=2_000;

/// The most addresses of evidence. A person looks at each.
const EVIDENCE_MAX: usize = 10;

/// Checks the addresses of evidence, as those of a case's. None is ever fetched.
pub(super) fn check_evidence(evidence: &[String]) -> ApiResult<()> {
    if evidence.len() > EVIDENCE_MAX {
        return Err(ApiError::field("evidence", format!("must have at most {EVIDENCE_MAX} items")));
    }
    for (place, url) in evidence.iter().enumerate() {
        check_evidence_url(&format!("evidence[{place}]"), url, EvidenceUrlPolicy::Https)?;
    }
    Ok(())
}

/// Checks the words about a step: a reader sees enough of them.
pub(super) fn check_words(words: &str) -> ApiResult<()> {
    match text::check(words, *WORDS_CHARS.end()) {
        Err(fault @ TextFault::Control) => Err(ApiError::field("words", fault.to_string())),
        Ok(()) if text::readable_chars(words) >= *WORDS_CHARS.start() => Ok(()),
        _ => Err(ApiError::words_needed("words", *WORDS_CHARS.start(), *WORDS_CHARS.end())),
    }
}

/// Checks a text of so many characters that a reader sees. One that may be empty shows something or is empty.
pub(super) fn check_text(field: &str, text: &str, chars: RangeInclusive<usize>) -> ApiResult<()> {
    Ok(live_jury_court::check_words(field, text, chars)?)
}

/// Checks an id that the platform gave to a thing.
pub(super) fn check_id(field: &str, id: &str) -> ApiResult<()> {
    if is_platform_id(id) { Ok(()) } else { Err(ApiError::field(field, platform_id_form())) }
}

/// Checks that nothing stands in a list twice.
pub(super) fn check_once<T: Ord>(field: &str, items: impl IntoIterator<Item = T>) -> ApiResult<()> {
    let mut seen = BTreeSet::new();
    match items.into_iter().position(|item| !seen.insert(item)) {
        Some(place) => Err(ApiError::field(format!("{field}[{place}]"), "stands twice")),
        None => Ok(()),
    }
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
