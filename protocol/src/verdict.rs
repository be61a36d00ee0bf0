//! What a jury came to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::OptionId;

/// Ballots by option; every option of the case is there, also with none.
pub type Counts = BTreeMap<OptionId, u64>;

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// An option won.
    Decided,
    /// The quorum was met, but no option passed the threshold, or two shared the lead.
    Hung,
    /// Fewer ballots than the quorum.
    NoQuorum,
    /// A moderator voided the case, or its tally was lost after it was sealed.
    Void,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Outcome; 4] = [Outcome::Decided, Outcome::Hung, Outcome::NoQuorum, Outcome::Void];

    /// The outcome's name on the wire, in the audit trail and in styles.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Decided => "decided",
            Outcome::Hung => "hung",
            Outcome::NoQuorum => "no_quorum",
            Outcome::Void => "void",
        }
    }
}

/// A recorded result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Verdict {
    /// How the case ended.
    pub outcome: Outcome,
    /// The option that won, if one did.
    pub option: Option<OptionId>,
    /// Why the case is void: a moderator's words, or `tally_lost`.
    pub reason: Option<String>,
    /// Ballots by option; left out for those who may not see them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<std::collections::HashMap<String, u64>>))]
    pub counts: Option<Counts>,
    /// Ballots in all, abstentions among them.
    pub ballots: u64,
    /// When it was decided, by the tally store's clock, in Unix milliseconds.
    pub decided_at_ms: u64,
}

/// The reason of a case that is void because its sealed tally was lost.
pub const TALLY_LOST: &str = "tally_lost";

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
