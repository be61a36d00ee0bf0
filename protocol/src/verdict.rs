//! The result of a case; it never decides one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::OptionId;
use crate::panel::PanelBallots;
use crate::why::Why;

/// Ballots by option. Every option of the case has an entry, even with no ballots.
pub type Counts = BTreeMap<OptionId, u64>;

/// The way in which a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// An option won.
    Decided,
    /// The quorum was met, but no option passed the threshold, two tied for the lead, or a further rule of the case was
    /// not met.
    Hung,
    /// The case had fewer ballots than the quorum.
    NoQuorum,
    /// A moderator voided the case, or its tally was lost.
    Void,
    /// A value of a later version.
    #[serde(other)]
    #[cfg_attr(feature = "openapi", serde(skip_serializing))]
    Unknown,
}

impl Outcome {
    /// All known outcomes.
    pub const ALL: [Outcome; 4] = [Outcome::Decided, Outcome::Hung, Outcome::NoQuorum, Outcome::Void];

    /// The outcome's name on the wire, in the audit trail and in styles.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Decided => "decided",
            Outcome::Hung => "hung",
            Outcome::NoQuorum => "no_quorum",
            Outcome::Void => "void",
            Outcome::Unknown => "unknown",
        }
    }
}

/// A recorded result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Verdict {
    /// The way in which the case ended.
    pub outcome: Outcome,
    /// The option that won, if any.
    pub option: Option<OptionId>,
    /// The reason for which the case is void: a moderator's text, or `tally_lost`.
    pub reason: Option<String>,
    /// The rule of the case that kept the jury from a decision; left out where none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
    /// Ballots by option; left out for readers who may not see them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<std::collections::HashMap<String, u64>>))]
    pub counts: Option<Counts>,
    /// The number of ballots, abstentions among them.
    pub ballots: u64,
    /// The panel's ballots; left out where no panel was to decide, and of a void case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub panel: Option<PanelBallots>,
    /// The most ballots that the case is known to have had before a loss of its tally; left out if none was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ballots_before_loss: Option<u64>,
    /// The time of the decision by the tally store's clock, in Unix milliseconds.
    pub decided_at_ms: u64,
    /// The verdict's entry in the log; only in the answer about a single case.
    #[cfg(feature = "details")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<LogPlace>,
    /// The published sums behind the result; a docket leaves them out.
    #[cfg(feature = "details")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Box<crate::details::Details>>,
}

/// An entry of a log of verdicts.
#[cfg(feature = "details")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogPlace {
    /// The log's name, which is its address without the scheme.
    pub origin: String,
    /// The entry's number.
    pub index: u64,
}

impl Verdict {
    /// A result of which nothing but this is known.
    #[must_use]
    pub const fn new(outcome: Outcome, ballots: u64, decided_at_ms: u64) -> Self {
        Self {
            outcome,
            option: None,
            reason: None,
            why: None,
            counts: None,
            ballots,
            panel: None,
            ballots_before_loss: None,
            decided_at_ms,
            #[cfg(feature = "details")]
            log: None,
            #[cfg(feature = "details")]
            details: None,
        }
    }
}

/// The reason given when a case is void because its tally was lost.
pub const TALLY_LOST: &str = "tally_lost";

/// Whether readers of a verdict take the reason for the court's own, so that no moderator may void a case with it.
#[must_use]
pub fn is_reserved_reason(reason: &str) -> bool {
    reason.trim() == TALLY_LOST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_has_one_name() {
        for outcome in Outcome::ALL {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.as_str());
        }
    }
}
