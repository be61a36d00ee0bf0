//! The reasons for which a cast does not count, in order of precedence; it never checks one.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The reason for which a cast did not count. If several apply, the answer names the first in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The room has no such case.
    UnknownCase,
    /// The token's role does not vote.
    NotAJuror,
    /// The token is anonymous and may only watch.
    Anonymous,
    /// The case is a draft.
    NotOpen,
    /// The case takes no more ballots.
    Closed,
    /// The case has no such option.
    UnknownOption,
    /// The juror is recused from this case.
    Recused,
    /// The account is younger than the case asks for, or its age is unknown.
    AccountTooNew,
    /// Another ballot of this juror is recorded, and the case allows no change.
    AlreadyVoted,
    /// The node's queue of ballots is full. The client sends the same cast again after `retry_after_ms`.
    Busy,
    /// A store does not answer. The client sends the same cast again after `retry_after_ms`.
    Unavailable,
    /// A value of a later version.
    #[serde(other)]
    Unknown,
}

impl Refusal {
    /// All known reasons, in order of precedence.
    pub const ALL: [Refusal; 11] = [
        Refusal::UnknownCase,
        Refusal::NotAJuror,
        Refusal::Anonymous,
        Refusal::NotOpen,
        Refusal::Closed,
        Refusal::UnknownOption,
        Refusal::Recused,
        Refusal::AccountTooNew,
        Refusal::AlreadyVoted,
        Refusal::Busy,
        Refusal::Unavailable,
    ];

    /// Whether a client should send the same cast again later.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self, Refusal::Busy | Refusal::Unavailable)
    }

    /// The reason's name on the wire and in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Refusal::UnknownCase => "unknown_case",
            Refusal::NotAJuror => "not_a_juror",
            Refusal::Anonymous => "anonymous",
            Refusal::NotOpen => "not_open",
            Refusal::Closed => "closed",
            Refusal::UnknownOption => "unknown_option",
            Refusal::Recused => "recused",
            Refusal::AccountTooNew => "account_too_new",
            Refusal::AlreadyVoted => "already_voted",
            Refusal::Busy => "busy",
            Refusal::Unavailable => "unavailable",
            Refusal::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_one_name_on_the_wire_and_in_metrics() {
        for reason in Refusal::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
        assert!(Refusal::ALL.is_sorted());
    }
}
