//! The dispute that a case is about: its parties, their statements and evidence, and the remedy. It checks no limit.

use serde::{Deserialize, Serialize};

/// A kind of remedy.
#[cfg(feature = "details")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RemedyKind {
    /// Money back.
    Refund,
    /// Other goods.
    Replacement,
    /// The postage of a return.
    Freight,
    /// A correction in the stream.
    Correction,
    /// What the remedy's words say.
    Other,
    /// A value of a later version.
    #[serde(other)]
    #[cfg_attr(feature = "openapi", serde(skip_serializing))]
    Unknown,
}

/// The state of a remedy that a verdict ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RemedyState {
    /// It is not due yet.
    Owed,
    /// It was given.
    Done,
    /// It was not given in time.
    Late,
    /// An appeal took the verdict back.
    Waived,
    /// A value of a later version.
    #[serde(other)]
    #[cfg_attr(feature = "openapi", serde(skip_serializing))]
    Unknown,
}

impl RemedyState {
    /// Whether it is still to be given.
    #[must_use]
    pub const fn is_owed(self) -> bool {
        matches!(self, Self::Owed | Self::Late)
    }

    /// The name on the wire and in the docket.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owed => "owed",
            Self::Done => "done",
            Self::Late => "late",
            Self::Waived => "waived",
            Self::Unknown => "unknown",
        }
    }

    /// The state with this name. Any other name is of a newer version.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        let known = [Self::Owed, Self::Done, Self::Late, Self::Waived];
        known.into_iter().find(|state| state.as_str() == name).unwrap_or(Self::Unknown)
    }
}

/// The clock of a remedy that a verdict ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RemedyClock {
    /// The kind of the remedy.
    #[cfg(feature = "details")]
    pub kind: RemedyKind,
    /// The time by which it is due, in Unix milliseconds.
    pub due_ms: u64,
    /// The state.
    pub state: RemedyState,
    /// The time at which it was given, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_ms: Option<u64>,
}

/// The platform's references to the parties and goods of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Subject {
    /// The merchant's id.
    pub merchant: Option<String>,
    /// The host's id.
    pub host: Option<String>,
    /// The product's id.
    pub product: Option<String>,
    /// The order's id.
    pub order: Option<String>,
}

/// The statements of both sides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Statements {
    /// The buyer's statement.
    pub buyer: String,
    /// The merchant's statement.
    pub merchant: String,
}

/// A piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Evidence {
    /// The medium.
    #[serde(rename = "type")]
    pub kind: EvidenceKind,
    /// The address, `https:`. Every kind but `text` needs one.
    #[serde(default)]
    pub url: Option<String>,
    /// The SHA-256 of the file behind the address, as 64 hexadecimal digits. The server and the widget fetch nothing:
    /// whoever looks at the file later can tell whether it is the one that the jury was asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The text. Kind `text` needs one.
    #[serde(default)]
    pub text: Option<String>,
    /// A description of the content.
    #[serde(default)]
    pub caption: Option<String>,
    /// The party that submitted it.
    pub by: Party,
    /// The moment in the stream that it shows, in milliseconds from the start.
    #[serde(default)]
    pub stream_at_ms: Option<u64>,
}

impl Evidence {
    /// A piece of evidence without content: a medium, and the party that submits it.
    #[must_use]
    pub const fn empty(kind: EvidenceKind, by: Party) -> Self {
        Self { kind, url: None, sha256: None, text: None, caption: None, by, stream_at_ms: None }
    }
}

/// The medium of a piece of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// A picture.
    Image,
    /// A video clip.
    Video,
    /// A page elsewhere.
    Link,
    /// A text, such as a chat record.
    Text,
    /// A value of a later version.
    #[serde(other)]
    #[cfg_attr(feature = "openapi", serde(skip_serializing))]
    Unknown,
}

/// The party that submitted a piece of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The buyer.
    Buyer,
    /// The merchant.
    Merchant,
    /// The platform.
    Platform,
    /// A value of a later version.
    #[serde(other)]
    #[cfg_attr(feature = "openapi", serde(skip_serializing))]
    Unknown,
}
