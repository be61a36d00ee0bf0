//! Bodies of the routes about recorded cases' proofs: hashes in hexadecimal digits or base64; it checks none of them.

use serde::{Deserialize, Serialize};

use crate::panel::Stratum;

/// The body of `GET /cases/{id}/proof`: what a juror's device checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaseProof {
    /// The statement's text.
    pub statement: String,
    /// The tlog-proof of the statement's entry in the log.
    pub proof: String,
    /// The caller's own ballot; null if the record has none.
    pub ballot: Option<BallotProof>,
}

/// A ballot's seal and row, with the paths to the roots in the statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BallotProof {
    /// The seal, in hexadecimal digits.
    pub seal: String,
    /// The seal's place among the seals.
    pub index: u64,
    /// The number of seals.
    pub size: u64,
    /// The path from the seal to the root, in base64.
    pub path: Vec<String>,
    /// The juror's own pseudonym, in hexadecimal digits.
    pub tracker: String,
    /// The leaf with the juror's row; null if the case is void.
    pub rows: Option<RowsProof>,
    /// The stratum for which the juror was called to the panel; left out if the juror was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stratum: Option<Stratum>,
}

/// A leaf of the tree over rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RowsProof {
    /// The leaf's place.
    pub chunk: u64,
    /// The number of leaves.
    pub chunks: u64,
    /// The place of the juror's row in the leaf.
    pub place: u64,
    /// The leaf's rows, in base64.
    pub bytes: String,
    /// The path from the leaf to the root, in base64.
    pub path: Vec<String>,
}

/// A seal that is in the record, with its path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SealInRecord {
    /// The seal, in hexadecimal digits.
    pub seal: String,
    /// The seal's place among the seals.
    pub index: u64,
    /// The number of seals.
    pub size: u64,
    /// The path from the seal to the root, in base64.
    pub path: Vec<String>,
}

/// The body of `GET /cases/{id}/seals/{seal}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum SealAnswer {
    /// The seal is in the record.
    Present(SealInRecord),
    /// It is not: these two are neighbours, and it would lie between them.
    Absent {
        /// The next smaller seal; null if there is none.
        before: Option<SealInRecord>,
        /// The next larger seal; null if there is none.
        after: Option<SealInRecord>,
    },
}
