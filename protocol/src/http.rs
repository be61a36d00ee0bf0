//! Bodies of the HTTP API other than cases; it never holds a route.

use serde::{Deserialize, Serialize};

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// The cursor of the next page, for `before`, or for `after` if the list runs forward; null on the last page.
    pub next: Option<String>,
}

/// The body of `POST /cases/{id}/extend`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Extend {
    /// The delay of the closing time, in seconds.
    pub by_s: u64,
}

/// The body of `POST /cases/{id}/void`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Void {
    /// The reason, which jurors read.
    pub reason: String,
}

/// A line of a case's audit trail. Lines are only added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// The time, in Unix milliseconds.
    pub at_ms: u64,
    /// The moderator's `sub`; `server` for automatic steps.
    pub by: String,
    /// The action: `created`, `edited`, `opened`, `extended`, `closed`, `sealed`, `decided`, `voided`, `tally_lost` or
    /// `repaired`.
    pub action: String,
    /// Details for people, if any.
    pub detail: Option<String>,
    /// The case's version after the action.
    pub version: u64,
    /// The case's epoch after the action.
    pub epoch: u64,
}

/// An error of the HTTP API, `application/problem+json` (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A URI for the kind of problem. It is `about:blank`, so that the title is the status's own.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short title for the kind of problem.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// A stable code for programs.
    pub code: String,
    /// A description of this problem for people.
    pub detail: String,
    /// The path of the invalid field (`options[1].label`), if the problem concerns one field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}
