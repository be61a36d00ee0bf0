//! Why a line of facts is refused. One refused line spoils no other.

use std::borrow::Cow;

use serde::Serialize;

/// The reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
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
    /// The counts cannot be.
    BadCount,
    /// The time is more than five minutes ahead.
    InFuture,
    /// The time is more than 400 days ago.
    TooOld,
    /// Events feed the tally's signal.
    MixedSources,
}

/// A refused line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The reason.
    pub code: Code,
    /// The field, if one is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
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
