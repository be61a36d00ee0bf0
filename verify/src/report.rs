//! The findings of a verifier: one line a check. It exits with the worst of them.

use std::fmt;

use serde_json::json;

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It holds.
    Good(String),
    /// It does not hold.
    Failed(String),
    /// The case or the bundle has nothing for it.
    None(String),
    /// It needs a key or erased data.
    Unchecked(String),
}

impl Finding {
    pub(crate) fn failed(text: &str) -> Self {
        Finding::Failed(text.to_owned())
    }

    pub(crate) fn good(text: &str) -> Self {
        Finding::Good(text.to_owned())
    }

    pub(crate) fn none(text: &str) -> Self {
        Finding::None(text.to_owned())
    }

    pub(crate) fn unchecked(text: &str) -> Self {
        Finding::Unchecked(text.to_owned())
    }

    /// Good with this text, or failed with the error's.
    pub(crate) fn of<E: fmt::Display>(result: Result<String, E>) -> Self {
        result.map_or_else(|error| Finding::Failed(error.to_string()), Finding::Good)
    }

    /// The word for it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Finding::Good(_) => "good",
            Finding::Failed(_) => "FAILED",
            Finding::None(_) => "none",
            Finding::Unchecked(_) => "unchecked",
        }
    }

    /// The sentence after it.
    #[must_use]
    pub fn text(&self) -> &str {
        let (Finding::Good(text) | Finding::Failed(text) | Finding::None(text) | Finding::Unchecked(text)) = self;
        text
    }
}

/// A check with its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The name.
    pub name: &'static str,
    /// The result.
    pub finding: Finding,
}

/// All checks of a bundle, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The checks.
    pub checks: Vec<Check>,
}

/// The exit code if every check holds.
pub const GOOD: u8 = 0;
/// The exit code if a check does not hold.
pub const FAILED: u8 = 1;
/// The exit code if a file cannot be read, or is no bundle.
pub const UNREADABLE: u8 = 2;
/// The exit code if nothing failed, but no key was given or the rows were erased.
pub const UNCHECKED: u8 = 3;

impl Report {
    pub(crate) fn add(&mut self, name: &'static str, finding: Finding) {
        self.checks.push(Check { name, finding });
    }

    pub(crate) fn good(&mut self, name: &'static str, text: &str) {
        self.add(name, Finding::good(text));
    }

    /// The exit code.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let has = |is: fn(&Finding) -> bool| self.checks.iter().any(|check| is(&check.finding));
        if has(|finding| matches!(finding, Finding::Failed(_))) {
            FAILED
        } else if has(|finding| matches!(finding, Finding::Unchecked(_))) {
            UNCHECKED
        } else {
            GOOD
        }
    }

    /// The report as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let check = |Check { name, finding }: &Check| {
            let (result, text) = (finding.word(), finding.text());
            json!({ "check": name, "result": result, "text": text })
        };
        let checks: Vec<_> = self.checks.iter().map(check).collect();
        json!({ "exit": self.exit_code(), "checks": checks }).to_string()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.checks
            .iter()
            .try_for_each(|Check { name, finding }| writeln!(f, "{:<9} {name:<10} {}", finding.word(), finding.text()))
    }
}
