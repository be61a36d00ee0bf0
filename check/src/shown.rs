//! Whether a statement says what the page shows: case, room, outcome and counts.

use live_jury_proof::statement::line;

use super::request::Request;

/// Whether all that the page shows is stated. Counts that the page does not show are not compared.
pub(super) fn is_stated(statement: &str, request: &Request<'_>) -> bool {
    let is_same = |name: &str| line(statement, name).is_some_and(|stated| request.get(name) == Some(stated));
    ["case", "room", "outcome", "ballots"].into_iter().all(is_same) && counts_are_stated(statement, request)
}

/// Whether the shown counts, `option=count` each, are the stated ones. Numbers have one spelling.
fn counts_are_stated(statement: &str, request: &Request<'_>) -> bool {
    let Some(shown) = request.get("counts") else { return true };
    let (Some(options), Some(counts)) = (line(statement, "options"), line(statement, "counts")) else { return false };
    let stated = || options.split(' ').map(|option| option.trim_end_matches('~')).zip(counts.split(' '));
    let is_stated = |shown: &str| shown.split_once('=').is_some_and(|shown| stated().any(|stated| stated == shown));
    shown.split(' ').count() == stated().count() && shown.split(' ').all(is_stated)
}
