//! Bodies of the HTTP API other than cases; it never holds a route.

use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::id::CaseId;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// The cursor of the next page, for `before`, or for `after` if the list runs forward; null on the last page.
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

/// The body of `POST /revocations`: one of the two.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Revoke {
    /// The `jti` of the token to revoke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// The viewer id whose tokens are revoked: all whose `iat` is missing or not later than now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
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
    /// The cursor to go on from, if the request's own is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
