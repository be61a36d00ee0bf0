//! Published records: what other programs and later versions read. Each names its format.

use serde::{Deserialize, Serialize};

use crate::case::NewCase;
use crate::dispute::Subject;
use crate::id::{CaseId, RoomId};
use crate::verdict::Verdict;

/// The format of the [`EventRecord`]s that this version writes. Fields are added under the same number. A change in the
/// meaning of a field raises it, and older readers then leave the record alone.
pub const EVENT_FORMAT: u32 = 1;

/// One step of a case, as the outbox holds it for delivery to others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRecord {
    /// [`EVENT_FORMAT`] of the version that wrote it.
    pub format: u32,
    /// The step.
    pub kind: EventKind,
    /// The case.
    pub case: CaseId,
    /// The case's room.
    pub room: RoomId,
    /// The case's version after the step.
    pub version: u64,
    /// The case's epoch after the step; 0 before the opening.
    pub epoch: u64,
    /// The time of the step's audit line, in Unix milliseconds.
    pub at_ms: u64,
    /// The parties that the case is about.
    #[serde(default)]
    pub subject: Subject,
    /// The deadline, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_at_ms: Option<u64>,
    /// The policy that the case is about, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The case whose verdict this one is an appeal against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeal_of: Option<CaseId>,
    /// The draft that was opened; none for any other step, and for a case that was opened without a draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<OpenedDraft>,
    /// The text and the rules of a recorded case, without the recused viewers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brief: Option<NewCase>,
    /// The result of a recorded case. No record of an earlier step has counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}

/// A draft at its opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedDraft {
    /// The time for which it stood, in milliseconds.
    pub stood_ms: u64,
    /// Whether it has the merchant's side.
    pub merchant_stated: bool,
}

/// A kind of step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EventKind {
    /// A draft was created.
    #[serde(rename = "case.drafted")]
    Drafted,
    /// A draft was edited.
    #[serde(rename = "case.edited")]
    Edited,
    /// A draft was discarded.
    #[serde(rename = "case.discarded")]
    Discarded,
    /// A case was opened.
    #[serde(rename = "case.opened")]
    Opened,
    /// The panel of an open case was called.
    #[serde(rename = "case.called")]
    Called,
    /// An open case's deadline was moved.
    #[serde(rename = "case.extended")]
    Extended,
    /// An open case got a new epoch after a loss.
    #[serde(rename = "case.reopened")]
    Reopened,
    /// A case waits for a tally that its store has lost.
    #[serde(rename = "case.tally_missing")]
    TallyMissing,
    /// An open case was sealed.
    #[serde(rename = "case.sealed")]
    Sealed,
    /// A sealed case was recorded with its verdict, or as void.
    #[serde(rename = "case.recorded")]
    Recorded,
    /// A kind that this version does not know.
    #[serde(other)]
    Unknown,
}

impl EventKind {
    /// The name in the outbox.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            EventKind::Drafted => "case.drafted",
            EventKind::Edited => "case.edited",
            EventKind::Discarded => "case.discarded",
            EventKind::Opened => "case.opened",
            EventKind::Called => "case.called",
            EventKind::Extended => "case.extended",
            EventKind::Reopened => "case.reopened",
            EventKind::TallyMissing => "case.tally_missing",
            EventKind::Sealed => "case.sealed",
            EventKind::Recorded => "case.recorded",
            EventKind::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_step_has_one_name() {
        for kind in [
            EventKind::Drafted,
            EventKind::Edited,
            EventKind::Discarded,
            EventKind::Opened,
            EventKind::Called,
            EventKind::Extended,
            EventKind::Reopened,
            EventKind::TallyMissing,
            EventKind::Sealed,
            EventKind::Recorded,
        ] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert_eq!(serde_json::from_str::<EventKind>("\"case.blessed\"").unwrap(), EventKind::Unknown);
    }
}
