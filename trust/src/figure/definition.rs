//! The form of a figure's definition. It computes no figure.

use super::DEFINITIONS;

/// A text in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// English.
    pub en: &'static str,
    /// Chinese.
    pub zh: &'static str,
}

/// The unit of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of things.
    Count,
    /// A number of things a day.
    ADay,
    /// A part of one.
    Share,
    /// A number in ten thousand.
    Per10000,
    /// A difference, as a part of what it is compared with.
    Change,
    /// Points of the index.
    Points,
    /// A factor.
    Factor,
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
}

impl Unit {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::ADay => "a_day",
            Self::Share => "share",
            Self::Per10000 => "per_10000",
            Self::Change => "change",
            Self::Points => "points",
            Self::Factor => "factor",
            Self::Minutes => "minutes",
            Self::Hours => "hours",
        }
    }
}

/// A definition.
#[derive(Debug, PartialEq, Eq)]
pub struct Definition {
    /// The id. What stands before a dot is the id of the main figure.
    pub id: &'static str,
    /// The unit.
    pub unit: Unit,
    /// The version: values of two versions are not compared.
    pub version: u32,
    /// The name.
    pub name: Text,
    /// The text.
    pub text: Text,
}

impl Definition {
    /// The id of the main figure that it belongs to.
    #[must_use]
    pub fn group(&self) -> &'static str {
        self.id.split('.').next().unwrap_or(self.id)
    }
}

/// The definition with this id.
#[must_use]
pub fn definition(id: &str) -> Option<&'static Definition> {
    DEFINITIONS.iter().find(|one| one.id == id)
}

/// The first version of a definition, with its name and its text in English and Chinese.
pub(super) const fn define(
    id: &'static str,
    unit: Unit,
    name: [&'static str; 2],
    text: [&'static str; 2],
) -> Definition {
    let [name, text] = [Text { en: name[0], zh: name[1] }, Text { en: text[0], zh: text[1] }];
    Definition { id, unit, version: 1, name, text }
}
