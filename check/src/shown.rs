//! Whether a statement says what the page shows: case, room, outcome and counts.

use live_jury_proof::statement::line;
use live_jury_proof::text::{cut, parts};

use super::request::Request;

/// An option's name in a statement, without the mark of those that abstain.
pub(super) fn without_mark(option: &str) -> &str {
    option.strip_suffix('~').unwrap_or(option)
}

/// Whether all that the page shows is stated. Counts that the page does not show are not compared.
pub(super) fn is_stated(statement: &str, request: &Request<'_>) -> bool {
    let is_same = |name: &str| line(statement, name).is_some_and(|stated| request.get(name) == Some(stated));
    ["case", "room", "outcome", "ballots"].into_iter().all(is_same) && counts_are_stated(statement, request)
}

/// Whether the shown counts, `option=count` each, are the stated ones. Numbers have one spelling.
fn counts_are_stated(statement: &str, request: &Request<'_>) -> bool {
    let Some(shown) = request.get("counts") else { return true };
    let (Some(options), Some(counts)) = (line(statement, "options"), line(statement, "counts")) else { return false };
    let stated = || parts(options, " ").map(without_mark).zip(parts(counts, " "));
    let is_stated = |shown: &str| cut(shown, "=").is_some_and(|shown| stated().any(|stated| stated == shown));
    parts(shown, " ").count() == stated().count() && parts(shown, " ").all(is_stated)
}
