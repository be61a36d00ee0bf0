//! The audit trail of a case: one line for each step. Lines are only ever added.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

/// One line of a case's audit trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// The time, in Unix milliseconds.
    pub at_ms: u64,
    /// The `sub` of the person or platform, the id of a merchant or host, or `server`.
    pub by: String,
    /// The kind of actor that `by` names. A moderator whose `sub` is `server` is a moderator.
    #[serde(default)]
    pub by_kind: Actor,
    /// The step.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub action: AuditAction,
    /// The particulars, in words, if there are any.
    pub detail: Option<String>,
    /// The case's version after the step.
    pub version: u64,
    /// The case's epoch after the step.
    pub epoch: u64,
}

/// A kind of actor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The server, for a step that nobody asked for.
    Server,
    /// A moderator.
    Moderator,
    /// The platform.
    Platform,
    /// A merchant, by its own id.
    Merchant,
    /// A host, by the id that the platform gave it.
    Host,
    /// A kind that this version does not know.
    #[default]
    #[serde(other)]
    Unknown,
}

impl Actor {
    /// The name on the wire and in the docket.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Actor::Server => "server",
            Actor::Moderator => "moderator",
            Actor::Platform => "platform",
            Actor::Merchant => "merchant",
            Actor::Host => "host",
            Actor::Unknown => "unknown",
        }
    }

    /// The actor with this name. Any other name is of a newer version.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        [Actor::Server, Actor::Moderator, Actor::Platform, Actor::Merchant, Actor::Host]
            .into_iter()
            .find(|actor| actor.as_str() == name)
            .unwrap_or_default()
    }
}

/// A step of a case, as the audit trail names it. It dereferences to that name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum AuditAction {
    /// A moderator created the case.
    Created,
    /// A moderator edited the draft.
    Edited,
    /// A moderator discarded the draft.
    Discarded,
    /// A moderator opened the draft.
    Opened,
    /// The panel of the open case was called.
    Called,
    /// A moderator extended the open case.
    Extended,
    /// A moderator closed the open case.
    Closed,
    /// A moderator asked for a step that needs two.
    Asked,
    /// The deadline sealed the open case.
    Sealed,
    /// The panel's result could no longer change, and the open case was sealed.
    Settled,
    /// The server recorded the jury's verdict.
    Decided,
    /// A moderator voided the open case, or the server recorded it as void.
    Voided,
    /// The tally store lost its data, and the case has a new epoch.
    TallyLost,
    /// The tally store lost its data when nobody could cast again, and the case waits for it.
    TallyMissing,
    /// The server brought the docket in line with the tally store.
    Repaired,
    /// A node has answered more ballots as counted than are recorded.
    BallotsMissing,
    /// A moderator took the secrets of the seals, which prove how each juror voted.
    OpenedSeals,
    /// The clock of the remedy that the verdict ordered began.
    RemedySet,
    /// The remedy was given, or an appeal took it back.
    RemedyDone,
    /// The remedy was not given in time.
    RemedyLate,
    /// The operator erased the recorded case.
    Erased,
    /// A step that this version does not know, by its name.
    Other(String),
}

impl AuditAction {
    /// All known steps.
    pub const ALL: [AuditAction; 21] = [
        AuditAction::Created,
        AuditAction::Edited,
        AuditAction::Discarded,
        AuditAction::Opened,
        AuditAction::Called,
        AuditAction::Extended,
        AuditAction::Closed,
        AuditAction::Asked,
        AuditAction::Sealed,
        AuditAction::Settled,
        AuditAction::Decided,
        AuditAction::Voided,
        AuditAction::TallyLost,
        AuditAction::TallyMissing,
        AuditAction::Repaired,
        AuditAction::BallotsMissing,
        AuditAction::OpenedSeals,
        AuditAction::RemedySet,
        AuditAction::RemedyDone,
        AuditAction::RemedyLate,
        AuditAction::Erased,
    ];

    /// The name on the wire and in the docket.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            AuditAction::Created => "created",
            AuditAction::Edited => "edited",
            AuditAction::Discarded => "discarded",
            AuditAction::Opened => "opened",
            AuditAction::Called => "called",
            AuditAction::Extended => "extended",
            AuditAction::Closed => "closed",
            AuditAction::Asked => "asked",
            AuditAction::Sealed => "sealed",
            AuditAction::Settled => "settled",
            AuditAction::Decided => "decided",
            AuditAction::Voided => "voided",
            AuditAction::TallyLost => "tally_lost",
            AuditAction::TallyMissing => "tally_missing",
            AuditAction::Repaired => "repaired",
            AuditAction::BallotsMissing => "ballots_missing",
            AuditAction::OpenedSeals => "opened_seals",
            AuditAction::RemedySet => "remedy_set",
            AuditAction::RemedyDone => "remedy_done",
            AuditAction::RemedyLate => "remedy_late",
            AuditAction::Erased => "erased",
            AuditAction::Other(name) => name,
        }
    }
}

impl Deref for AuditAction {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for AuditAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<String> for AuditAction {
    fn from(name: String) -> Self {
        AuditAction::ALL.into_iter().find(|action| action.as_str() == name).unwrap_or(AuditAction::Other(name))
    }
}

impl From<AuditAction> for String {
    fn from(action: AuditAction) -> Self {
        match action {
            AuditAction::Other(name) => name,
            known => known.as_str().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_step_keeps_its_name() {
        let entry =
            r#"{"at_ms":1,"by":"mia","by_kind":"oracle","action":"blessed","detail":null,"version":1,"epoch":0}"#;
        let entry: AuditEntry = serde_json::from_str(entry).unwrap();
        assert_eq!((entry.by_kind, entry.action.as_str()), (Actor::Unknown, "blessed"));
        assert_eq!(serde_json::to_value(entry.action).unwrap(), "blessed");
        for action in AuditAction::ALL {
            assert_eq!(AuditAction::from(action.to_string()), action);
        }
    }
}
