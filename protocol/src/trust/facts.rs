//! The answer to facts that a platform sends.

use serde::{Deserialize, Serialize};

/// What became of the lines of a request. All accepted lines are stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FactsAnswer {
    /// The lines that count now.
    pub accepted: u64,
    /// The events that counted before.
    pub duplicate: u64,
    /// The lines that count nothing, in their order.
    pub refused: Vec<RefusedLine>,
}

/// A line that was refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefusedLine {
    /// The line's number, from 1.
    pub line: u64,
    /// The reason: `malformed`, `unknown_type`, `unknown_signal`, `unknown_field`, `missing_field`, `invalid_field`,
    /// `too_long`, `bad_count`, `in_future`, `too_old` or `mixed_sources`.
    pub code: String,
    /// The field, if one is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}
