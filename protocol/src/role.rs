//! The roles of tokens; it never checks a token.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The role that a token gives its bearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A viewer watches the room and casts one ballot in each case.
    Viewer,
    /// A moderator creates, opens, extends, closes and voids cases, reads every tally, and never casts.
    Moderator,
    /// A host reads the room's docket, turnout and verdicts, and never casts.
    Host,
    /// An overlay reads what a viewer reads before voting.
    Overlay,
    /// The platform's own servers follow all rooms and revoke tokens. They open no socket and change no case.
    Platform,
    /// A merchant reads its own standing and appeals. It opens no socket, and casts no ballot.
    #[cfg(feature = "trust")]
    Merchant,
    /// A value of a later version.
    #[serde(other)]
    #[cfg_attr(feature = "openapi", serde(skip_serializing))]
    Unknown,
}

impl Role {
    /// All known roles.
    #[cfg(not(feature = "trust"))]
    pub const ALL: [Role; 5] = [Role::Viewer, Role::Moderator, Role::Host, Role::Overlay, Role::Platform];
    /// All known roles.
    #[cfg(feature = "trust")]
    pub const ALL: [Role; 6] =
        [Role::Viewer, Role::Moderator, Role::Host, Role::Overlay, Role::Platform, Role::Merchant];

    /// The role's name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Moderator => "moderator",
            Role::Host => "host",
            Role::Overlay => "overlay",
            Role::Platform => "platform",
            #[cfg(feature = "trust")]
            Role::Merchant => "merchant",
            Role::Unknown => "unknown",
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
            .ok_or("role must be viewer, moderator, host, overlay, platform or merchant")
    }
}
