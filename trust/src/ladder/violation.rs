//! A violation: a broken policy of one party, with its state. It knows no other violation.

use serde::{Deserialize, Serialize};

use super::POINTS_KEPT_MS;
use crate::policy::Factor;

/// The state of a violation. After 180 days its points count no more; its state stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// A moderator decides whether it is one.
    Proposed,
    /// It counts.
    Active,
    /// It counts, and an appeal is open.
    Appealed {
        /// The time at which the appeal was filed, in Unix milliseconds.
        filed_at_ms: u64,
    },
    /// It was dismissed, overturned or withdrawn, and is as if it had never been.
    Void,
}

impl State {
    /// The name on the wire and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Active => "active",
            Self::Appealed { .. } => "appealed",
            Self::Void => "void",
        }
    }

    /// Whether it counts.
    #[must_use]
    pub const fn counts(self) -> bool {
        matches!(self, Self::Active | Self::Appealed { .. })
    }

    /// The time at which the open appeal was filed.
    #[must_use]
    pub const fn appealed_at_ms(self) -> Option<u64> {
        match self {
            Self::Appealed { filed_at_ms } => Some(filed_at_ms),
            Self::Proposed | Self::Active | Self::Void => None,
        }
    }
}

/// A violation, as far as standing depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The id.
    pub id: String,
    /// The policy.
    pub policy: String,
    /// The policy's points, without the factor of a repeat.
    pub base_points: u32,
    /// The policy's factors of repeats.
    pub repeat: [Factor; 2],
    /// The time of the decision, in Unix milliseconds.
    pub decided_at_ms: u64,
    /// The state.
    pub state: State,
}

impl Violation {
    /// The end of its points, in Unix milliseconds.
    #[must_use]
    pub const fn expires_at_ms(&self) -> u64 {
        self.decided_at_ms.saturating_add(POINTS_KEPT_MS)
    }

    /// Whether its points count at this time.
    #[must_use]
    pub const fn is_fresh(&self, at_ms: u64) -> bool {
        self.decided_at_ms <= at_ms && at_ms < self.expires_at_ms()
    }
}
