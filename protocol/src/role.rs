//! Who a token speaks for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What the bearer of a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Watches the room and casts one ballot a case.
    Viewer,
    /// Creates, opens, extends, closes and voids cases; reads every tally; never casts.
    Moderator,
    /// Reads the room's docket, turnout and verdicts; never casts.
    Host,
    /// Reads only what a viewer who has not voted reads.
    Overlay,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 4] = [Role::Viewer, Role::Moderator, Role::Host, Role::Overlay];

    /// The role's name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Moderator => "moderator",
            Role::Host => "host",
            Role::Overlay => "overlay",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Role::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or("role must be viewer, moderator, host or overlay")
    }
}
