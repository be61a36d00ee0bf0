//! The policy of a room: rules for those who moderate it; it never checks a limit.

use serde::{Deserialize, Serialize};

/// The policy of a room. It binds the room's moderators, and is filed with each case at its opening. Every field is off
/// by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct RoomPolicy {
    /// The time after its opening in which no moderator closes a case, in seconds; 0 is off.
    pub min_open_s: u64,
    /// The steps that need two moderators.
    pub second_moderator: Vec<GuardedStep>,
    /// The rules that every case of the room must have.
    pub require: Vec<RequiredRule>,
    /// The most cases on one subject, the new one included; without it there is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts_max: Option<u64>,
    /// The ballots below which nobody sees counts of an open case; 0 is off.
    pub counts_from: u64,
}

/// A step of an open case that a policy may give to two moderators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum GuardedStep {
    /// The case is closed.
    Close,
    /// The case is voided.
    Void,
    /// The deadline is moved.
    Extend,
    /// A value of a later version.
    #[serde(other)]
    #[cfg_attr(feature = "openapi", serde(skip_serializing))]
    Unknown,
}

/// A rule of a case that a policy may require.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RequiredRule {
    /// Nobody sees counts before the seal.
    Blind,
    /// Nobody closes or extends the case.
    FixedEnd,
    /// A value of a later version.
    #[serde(other)]
    #[cfg_attr(feature = "openapi", serde(skip_serializing))]
    Unknown,
}

impl GuardedStep {
    /// The step's name on the wire and in the audit trail.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            GuardedStep::Close => "close",
            GuardedStep::Void => "void",
            GuardedStep::Extend => "extend",
            GuardedStep::Unknown => "unknown",
        }
    }
}

/// A step that one moderator asked for. It is taken when another one asks for the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AskedStep {
    /// The step.
    pub step: GuardedStep,
    /// The delay of the closing time in seconds, for an extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_s: Option<u64>,
    /// The reason, for a void.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The `sub` of the moderator who asked.
    pub by: String,
    /// The time of the request, in Unix milliseconds. The request ends ten minutes later.
    pub at_ms: u64,
}

/// A change of a room's policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PolicyChange {
    /// The time, in Unix milliseconds.
    pub at_ms: u64,
    /// The `sub` of the platform's token.
    pub by: String,
    /// The policy from then on.
    pub policy: RoomPolicy,
}
