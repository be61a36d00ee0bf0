//! The judge: compares the log of a run with its record by the public contract; it shares no code with the server but
//! the published forms of the crate proof, and performs no IO.

mod ballots;
mod consistency;
mod outcome;
mod put_back;
#[cfg(test)]
mod tests;
mod verdict_log;

use std::fmt;

use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::Sha256;
use uuid::Uuid;

pub use self::ballots::NO_OPTION;
use crate::run_log::{Record, RunLog};

/// Bytes of a pseudonym.
const PSEUDONYM_BYTES: usize = 16;
/// Limit for a node's memory, in KiB. A run's jurors, and answers that nobody takes, need a fifth of it.
const PEAK_KIB_MAX: u64 = 128 * 1_024;
/// The reason of a void case whose tally was lost.
const TALLY_LOST: &str = "tally_lost";

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The affected case, if there is one.
    pub case: Option<Uuid>,
    /// The affected juror, if there is one.
    pub juror: Option<String>,
    /// The difference between promise and fact.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { case, juror, what } = self;
        if let Some(case) = case {
            write!(f, "case {case}: ")?;
        }
        if let Some(juror) = juror {
            write!(f, "{juror}: ")?;
        }
        f.write_str(what)
    }
}

/// All violations of a run.
#[must_use]
pub fn judge(run_log: &RunLog) -> Vec<Violation> {
    let at_once =
        |juror: Option<&String>, what: &String| Violation { case: None, juror: juror.cloned(), what: what.clone() };
    let mut found: Vec<_> = run_log.wrong.iter().map(|what| at_once(None, what)).collect();
    for (sub, juror_log) in &run_log.jurors {
        found.extend(juror_log.wrong.iter().map(|what| at_once(Some(sub), what)));
        let known =
            |case: &Uuid| run_log.cases.iter().any(|record| record.id == *case) || put_back::is_gone(run_log, *case);
        for case in juror_log.cases.keys().filter(|case| !known(case)) {
            let what = "was shown to a juror, and is not in the database".to_owned();
            found.push(Violation { case: Some(*case), juror: Some(sub.clone()), what });
        }
    }
    for record in &run_log.cases {
        let mut check = CaseCheck { run_log, record, found: &mut found };
        if check.is_recorded() {
            consistency::check(&mut check);
            outcome::check(&mut check);
            ballots::check(&mut check);
        }
    }
    verdict_log::check(run_log, &mut found);
    found.extend(memory(&run_log.peaks_kib));
    found.sort();
    found.dedup();
    found
}

/// Nodes stay small, whatever their clients do not read.
fn memory(peaks_kib: &[u64]) -> Option<Violation> {
    let most = peaks_kib.iter().max().filter(|peak| **peak > PEAK_KIB_MAX)?;
    Some(Violation { case: None, juror: None, what: format!("a node had {most} KiB of memory") })
}

/// The check of one case.
struct CaseCheck<'a> {
    run_log: &'a RunLog,
    record: &'a Record,
    found: &'a mut Vec<Violation>,
}

impl<'a> CaseCheck<'a> {
    fn report(&mut self, juror: Option<&str>, what: impl Into<String>) {
        let (case, juror) = (Some(self.record.id), juror.map(str::to_owned));
        self.found.push(Violation { case, juror, what: what.into() });
    }

    fn require(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.report(None, what());
        }
    }

    /// Whether the case is recorded. Every case must be, except a draft that never opened.
    fn is_recorded(&mut self) -> bool {
        match self.record.state.as_str() {
            "decided" | "void" => true,
            "draft" => false,
            state => {
                self.report(None, format!("is {state}, long after every fault had ended"));
                false
            }
        }
    }

    /// The case as the first node describes it.
    fn case(&self) -> &'a Value {
        self.record.nodes.first().map_or(&Value::Null, |node| &node.case)
    }

    fn options(&self) -> Vec<&'a str> {
        let options = self.case()["options"].as_array();
        options.into_iter().flatten().filter_map(|option| option["id"].as_str()).collect()
    }

    fn verdict(&self) -> &'a Value {
        &self.record.verdict
    }

    /// Whether the case is void without a tally: the ballots did not come back after a loss.
    fn is_gone(&self) -> bool {
        self.verdict()["outcome"] == "void" && self.verdict()["counts"].is_null()
    }

    fn changes_allowed(&self) -> bool {
        self.case()["rules"]["allow_change"] == true
    }
}

/// `HMAC-SHA256(ballot secret, case ‖ sub)`, cut and in hexadecimal digits. `case` stands for the id's 16 bytes.
fn pseudonym(ballot_secret: &str, case: Uuid, sub: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(ballot_secret.as_bytes()).expect("a key of any length");
    mac.update(case.as_bytes());
    mac.update(sub.as_bytes());
    data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes()[..PSEUDONYM_BYTES])
}
