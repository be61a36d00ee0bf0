//! Rows of applications, as the server works with them. It sends no statement.

use live_jury_trust::Party;
use live_jury_trust::identity::Group;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ledger::standing::rows::party;
use crate::sql::row::{Columns, Malformed};

/// The present state of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplicationState {
    /// The applicant sells, or may.
    Passed,
    /// A person looks.
    Held,
    /// The applicant sells on probation.
    Probation,
    /// The applicant does not sell.
    Refused,
}

impl ApplicationState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Passed, Self::Held, Self::Probation, Self::Refused];

    /// The name on the wire and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Held => "held",
            Self::Probation => "probation",
            Self::Refused => "refused",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// The outcome's name in events.
    #[must_use]
    pub const fn outcome(self) -> &'static str {
        match self {
            Self::Passed => "pass",
            Self::Held => "hold",
            Self::Probation => "probation",
            Self::Refused => "refuse",
        }
    }
}

/// A reason of a hold or a refusal. It has no value and names nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The group's name.
    pub group: String,
    /// The words.
    pub text: String,
    /// The time at which the other party was closed, in Unix milliseconds.
    pub closed_at_ms: Option<u64>,
}

/// An application.
#[derive(Clone, Debug, PartialEq)]
pub struct ApplicationRow {
    /// The id.
    pub id: Uuid,
    /// The version.
    pub version: u64,
    /// The applicant.
    pub party: Party,
    /// Whether it is a later look at a known party.
    pub again: bool,
    /// The category of its goods.
    pub category: Option<String>,
    /// The digest of its fields.
    pub digest: Vec<u8>,
    /// The first outcome: `pass`, `hold` or `refuse`.
    pub outcome: String,
    /// Whether refusal is proposed.
    pub proposed: bool,
    /// The weight, in bits.
    pub weight: f64,
    /// The groups in which values are equal.
    pub groups: Vec<Group>,
    /// The reasons.
    pub reasons: Vec<Reason>,
    /// The measure of the first answer.
    pub answered: Option<Uuid>,
    /// The time, in Unix milliseconds.
    pub at_ms: u64,
    /// The present state.
    pub state: ApplicationState,
    /// The last measure that it led to.
    pub measure: Option<Uuid>,
    /// The time at which it moves by itself, in Unix milliseconds.
    pub due_ms: Option<u64>,
    /// The time of the last decision, in Unix milliseconds.
    pub decided_at_ms: Option<u64>,
    /// The moderator who decided.
    pub by: Option<String>,
    /// The words.
    pub words: Option<String>,
}

/// The columns of an application.
macro_rules! select_applications {
    ($rest:literal) => {
        concat!(
            "SELECT id, version, kind, party, again, category, digest, outcome, proposed, weight, groups, reasons, \
             answered, at_ms, state, measure, due_ms, decided_at_ms, decided_by, words FROM trust_application ",
            $rest
        )
    };
}
pub(super) use select_applications;

pub(super) fn application(row: &impl Columns) -> Result<ApplicationRow, Malformed> {
    let state = row.text("state")?;
    let groups: Vec<String> = row.json("groups")?;
    Ok(ApplicationRow {
        id: row.uuid("id")?,
        version: row.number("version")?,
        party: party(row)?,
        again: row.number("again")? == 1,
        category: row.maybe_text("category")?,
        digest: row.bytes("digest")?.to_vec(),
        outcome: row.text("outcome")?,
        proposed: row.number("proposed")? == 1,
        weight: row.real("weight")?,
        groups: groups.iter().filter_map(|group| Group::from_name(group)).collect(),
        reasons: row.json("reasons")?,
        answered: row.maybe_uuid("answered")?,
        at_ms: row.number("at_ms")?,
        state: ApplicationState::from_name(&state)
            .ok_or_else(|| Malformed::new("state", "is no state of an application"))?,
        measure: row.maybe_uuid("measure")?,
        due_ms: row.maybe_number("due_ms")?,
        decided_at_ms: row.maybe_number("decided_at_ms")?,
        by: row.maybe_text("decided_by")?,
        words: row.maybe_text("words")?,
    })
}
