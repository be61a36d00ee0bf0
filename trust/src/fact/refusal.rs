//! Why a line of facts is refused. One refused line spoils no other.

use std::borrow::Cow;

/// The reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The line is no JSON object.
    Malformed,
    /// The type is unknown.
    UnknownType,
    /// The tally's signal is unknown.
    UnknownSignal,
    /// The type has no such field.
    UnknownField,
    /// The field is missing.
    MissingField,
    /// The field's value is not one of its values.
    InvalidField,
    /// The line, or the field, is too long.
    TooLong,
    /// The counts cannot be, or are too large.
    BadCount,
    /// The time is more than five minutes ahead.
    InFuture,
    /// The time is more than 400 days ago.
    TooOld,
    /// Events feed the tally's signal.
    MixedSources,
}

impl Code {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownType => "unknown_type",
            Self::UnknownSignal => "unknown_signal",
            Self::UnknownField => "unknown_field",
            Self::MissingField => "missing_field",
            Self::InvalidField => "invalid_field",
            Self::TooLong => "too_long",
            Self::BadCount => "bad_count",
            Self::InFuture => "in_future",
            Self::TooOld => "too_old",
            Self::MixedSources => "mixed_sources",
        }
    }
}

/// A refused line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The reason.
    pub code: Code,
    /// The field, if one is wrong.
    pub field: Option<Cow<'static, str>>,
}

impl Refusal {
    /// A refusal of a whole line.
    #[must_use]
    pub const fn of(code: Code) -> Self {
        Self { code, field: None }
    }

    /// A refusal because of a field.
    #[must_use]
    pub fn at(code: Code, field: impl Into<Cow<'static, str>>) -> Self {
        Self { code, field: Some(field.into()) }
    }
}
