//! Bodies of the HTTP API that are not cases.

use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::id::CaseId;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// What to pass for the next page (`before`, or `after` where the list runs forward); null at the end.
    pub next: Option<String>,
}

/// An item in a list of cases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum ListedCase {
    /// A case.
    Case(Box<Case>),
    /// A stored case that this server cannot read.
    Unreadable(UnreadableCase),
}

/// A stored case that this server cannot read: it is damaged, or a newer server wrote it. It hides no other case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UnreadableCase {
    /// The case's id.
    pub id: CaseId,
    /// The case's place among the verdicts, if it is recorded.
    pub place: Option<u64>,
    /// Always true.
    pub unreadable: bool,
}

/// `POST /cases/{id}/extend`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Extend {
    /// How much later the case closes, in seconds.
    pub by_s: u64,
}

/// `POST /cases/{id}/void`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Void {
    /// Why, in words that the jurors will read.
    pub reason: String,
}

/// An error of the HTTP API, `application/problem+json` (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A URI for the kind of problem: `about:blank`, the title then being the status's.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short text for the kind of problem.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// A stable name for programs.
    pub code: String,
    /// What is wrong here, for people.
    pub detail: String,
    /// The field that is wrong, as a path (`options[1].label`), where it is one field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}
