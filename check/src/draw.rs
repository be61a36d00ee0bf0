//! Whether the draw of a panel follows from the number that was fixed before the opening, and calls the viewer by it.

use live_jury_proof::statement::line;
use live_jury_proof::text::{array_from_hex, cut, from_uuid, parts};
use live_jury_proof::ticket::{commitment, seed, ticket};

use super::ballot::Own;
use super::{FAIL, NONE, PASS};

/// The viewer's ticket is lower than the last called one, and the record says that the viewer was not called.
const PASSED_OVER: &str = "passed";
/// The strata, by the bits of a row's flags.
const STRATA: [&str; 4] = ["", "buyer", "merchant", "other"];

impl Own<'_, '_> {
    /// Whether the draw is the committed one, and the viewer was called, or not, by its ticket.
    pub(super) fn draw(&self) -> &'static str {
        if line(self.statement, "draw").is_none() {
            return NONE;
        }
        self.drawn().unwrap_or(FAIL)
    }

    fn drawn(&self) -> Option<&'static str> {
        let (stated, nonce) = cut(line(self.statement, "draw")?, " ")?;
        let nonce = array_from_hex(nonce)?;
        if array_from_hex(stated) != Some(commitment(&nonce)) {
            return None;
        }
        // A void case has no lines, and a viewer who did not vote has none.
        let tracker = self.tracker().filter(|_| line(self.statement, "rows").is_some());
        let Some(tracker) = tracker else { return Some(PASS) };
        let own = ticket(&seed(&nonce, &from_uuid(self.request.get("case")?)?, &[]), &tracker);
        let [_, _, flags] = self.row()?;
        let called = STRATA[usize::from(flags >> 2 & 3)];
        let last = |stratum: &str| {
            let mut lines = parts(self.statement, "\n");
            let called = lines.find_map(|line| line.strip_prefix("called ")?.strip_prefix(stratum))?;
            parts(called, " ").last().and_then(array_from_hex).map(u64::from_be_bytes)
        };
        if !called.is_empty() {
            return (own <= last(called)?).then_some(PASS);
        }
        let is_passed_over = self.request.get("pool").and_then(last).is_some_and(|last| own < last);
        Some(if is_passed_over { PASSED_OVER } else { PASS })
    }
}
