//! The checks of a recorded case on a viewer's device: which steps hold. They fetch nothing, draw nothing, and do not
//! apply the rules of the case; `live-jury verify` does.

mod ballot;
mod draw;
#[cfg(feature = "files")]
mod file;
mod log;
mod request;
mod shown;

use live_jury_proof::sha256;
use live_jury_proof::statement::line;
use live_jury_proof::text::array_from_hex;

use ballot::Own;
#[cfg(feature = "files")]
pub use file::{Files, check_files};
use request::Request;

/// Checks a case, and returns a line for each step: its name, and `pass`, `fail`, or what else is the case.
///
/// `request` has a line for each fact that the page knows: `key` (vkeys), `case`, `room`, `outcome`, `ballots`,
/// `counts` as shown, `option` that the viewer chose, the caller's ballot from the server's answer, a `receipt`, and
/// `pool`, the stratum from which the viewer could be drawn.
/// `brief` is empty where the page has not asked for it.
#[must_use]
pub fn check(statement: &str, proof: &str, brief: &str, request: &str) -> String {
    let request = Request(request);
    let mut report = Report(String::new());
    let (signed, logged) = log::check(statement, proof, &request);
    report.add("signature", pass(signed));
    report.add("log", pass(logged));
    report.add("shown", pass(shown::is_stated(statement, &request)));
    if !brief.is_empty() {
        let stated = line(statement, "brief").and_then(array_from_hex);
        report.add("brief", pass(stated == Some(sha256(&[brief.as_bytes()]))));
    }
    let own = Own { statement, request: &request };
    report.add("seal", own.seal());
    report.add("line", own.line());
    report.add("draw", own.draw());
    report.0
}

const PASS: &str = "pass";
const FAIL: &str = "fail";
/// The step does not apply.
const NONE: &str = "none";

const fn pass(holds: bool) -> &'static str {
    if holds { PASS } else { FAIL }
}

struct Report(String);

impl Report {
    fn add(&mut self, step: &str, result: &str) {
        for piece in [step, " ", result, "\n"] {
            self.0.push_str(piece);
        }
    }
}

#[cfg(test)]
mod tests;
