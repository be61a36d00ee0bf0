//! The reasons for which a juror gets no receipt; it never checks one.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The reason for which a request for a receipt got none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoReceipt {
    /// The room has no such case.
    UnknownCase,
    /// The token's role does not vote, or the token is anonymous.
    NotAJuror,
    /// The tally store has no ballot of this juror in the case.
    NoBallot,
    /// The server gives no receipts.
    Off,
    /// The case is recorded. The proof of the ballot is there instead.
    Ended,
    /// Too many requests wait. The client asks again after `retry_after_ms`.
    Busy,
    /// A store does not answer. The client asks again after `retry_after_ms`.
    Unavailable,
    /// A value of a later version.
    #[serde(other)]
    Unknown,
}

impl NoReceipt {
    /// All known reasons.
    pub const ALL: [NoReceipt; 7] = [
        NoReceipt::UnknownCase,
        NoReceipt::NotAJuror,
        NoReceipt::NoBallot,
        NoReceipt::Off,
        NoReceipt::Ended,
        NoReceipt::Busy,
        NoReceipt::Unavailable,
    ];

    /// Whether a client should ask again later.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self, NoReceipt::Busy | NoReceipt::Unavailable)
    }

    /// The reason's name on the wire and in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            NoReceipt::UnknownCase => "unknown_case",
            NoReceipt::NotAJuror => "not_a_juror",
            NoReceipt::NoBallot => "no_ballot",
            NoReceipt::Off => "off",
            NoReceipt::Ended => "ended",
            NoReceipt::Busy => "busy",
            NoReceipt::Unavailable => "unavailable",
            NoReceipt::Unknown => "unknown",
        }
    }
}

impl fmt::Display for NoReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_one_name_on_the_wire_and_in_metrics() {
        for reason in NoReceipt::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
