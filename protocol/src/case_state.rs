//! The states of a case, and the party that closed it; it takes no step.

use serde::{Deserialize, Serialize};

/// The state of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// The case is being written and only moderators see it.
    Draft,
    /// The case accepts ballots.
    Open,
    /// The case accepts no more ballots, and its verdict is being recorded.
    Sealed,
    /// The case has a verdict.
    Decided,
    /// The case ended without a verdict.
    Void,
    /// A value of a later version.
    #[serde(other)]
    #[cfg_attr(feature = "openapi", serde(skip_serializing))]
    Unknown,
}

impl CaseState {
    /// All known states.
    pub const ALL: [CaseState; 5] =
        [CaseState::Draft, CaseState::Open, CaseState::Sealed, CaseState::Decided, CaseState::Void];

    /// The state's name on the wire and in the docket.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            CaseState::Draft => "draft",
            CaseState::Open => "open",
            CaseState::Sealed => "sealed",
            CaseState::Decided => "decided",
            CaseState::Void => "void",
            CaseState::Unknown => "unknown",
        }
    }
}

impl std::str::FromStr for CaseState {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        CaseState::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or("state must be draft, open, sealed, decided or void")
    }
}

/// The party that closed a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClosedBy {
    /// The case closed at its deadline.
    Deadline,
    /// A moderator closed or voided the case.
    Moderator,
    /// The panel's result could no longer change.
    #[cfg(feature = "details")]
    Settled,
    /// A value of a later version.
    #[serde(other)]
    #[cfg_attr(feature = "openapi", serde(skip_serializing))]
    Unknown,
}

impl ClosedBy {
    /// The party's name on the wire and in the stores.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ClosedBy::Deadline => "deadline",
            ClosedBy::Moderator => "moderator",
            #[cfg(feature = "details")]
            ClosedBy::Settled => "settled",
            ClosedBy::Unknown => "unknown",
        }
    }
}
