//! Rows of promises, as the server works with them. It sends no statement.

use live_jury_trust::promise::{Programme, PromiseKind, PromiseState, Version};

use crate::sql::row::{Columns, Malformed};

/// A promise of a merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgrammeRow {
    /// The merchant.
    pub merchant: String,
    /// The version of the row.
    pub version: u64,
    /// The promise, as it is now.
    pub programme: Programme,
    /// The time of the application, in Unix milliseconds.
    pub applied_ms: u64,
    /// The time of the last change of the state, in Unix milliseconds.
    pub changed_ms: u64,
    /// All versions that were or are in force, the oldest first.
    pub versions: Vec<Version>,
}

/// A promise without its versions, from a row with the first moment of the last one.
pub(super) fn programme(row: &impl Columns) -> Result<ProgrammeRow, Malformed> {
    let state = row.text("state")?;
    Ok(ProgrammeRow {
        merchant: row.text("merchant")?,
        version: row.number("version")?,
        programme: Programme {
            kind: kind(row)?,
            state: PromiseState::from_name(&state)
                .ok_or_else(|| Malformed::new("state", "is no state of a promise"))?,
            limits: row.json("limits")?,
            notice_ms: row.maybe_number("notice_ms")?,
            ends_ms: row.maybe_number("ends_ms")?,
            since_ms: row.maybe_number("since_ms")?,
        },
        applied_ms: row.number("applied_ms")?,
        changed_ms: row.number("changed_ms")?,
        versions: Vec::new(),
    })
}

/// A row of a version.
pub(super) fn version(row: &impl Columns) -> Result<Version, Malformed> {
    Ok(Version {
        kind: kind(row)?,
        limits: row.json("limits")?,
        from_ms: row.number("from_ms")?,
        until_ms: row.maybe_number("until_ms")?,
    })
}

fn kind(row: &impl Columns) -> Result<PromiseKind, Malformed> {
    PromiseKind::from_name(&row.text("kind")?).ok_or_else(|| Malformed::new("kind", "is no kind of promise"))
}
