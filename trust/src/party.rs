//! A party: a merchant or a host, by the id that the platform gave it. It knows no standing.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Limits a party's id, in bytes: any id of a platform. The names of keys in the ledger hold it.
pub const ID_BYTES_MAX: usize = 128;

/// The kind of a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartyKind {
    /// A shop that sells.
    Merchant,
    /// A person who speaks in a live room.
    Host,
}

impl PartyKind {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::Merchant, Self::Host];

    /// The name on the wire and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Merchant => "merchant",
            Self::Host => "host",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A merchant or a host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Party {
    /// The kind.
    pub kind: PartyKind,
    /// The platform's id.
    pub id: String,
}

impl Party {
    /// The merchant with this id.
    #[must_use]
    pub fn merchant(id: impl Into<String>) -> Self {
        Self { kind: PartyKind::Merchant, id: id.into() }
    }

    /// The host with this id.
    #[must_use]
    pub fn host(id: impl Into<String>) -> Self {
        Self { kind: PartyKind::Host, id: id.into() }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.as_str(), self.id)
    }
}
