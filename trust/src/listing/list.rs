//! The lists that listings meet, and the form of their entries. It finds nothing.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum List {
    /// Terms.
    Terms,
    /// Protected brands.
    Brands,
    /// Pictures that are known.
    Images,
    /// Rules.
    Rules,
}

impl List {
    /// All lists.
    pub const ALL: [Self; 4] = [Self::Terms, Self::Brands, Self::Images, Self::Rules];

    /// The name on the wire and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Terms => "terms",
            Self::Brands => "brands",
            Self::Images => "images",
            Self::Rules => "rules",
        }
    }

    /// The list with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.as_str() == name)
    }

    /// Limits the entries of a list. Beyond it the lists of one node need more memory than a small machine has.
    #[must_use]
    pub const fn entries_max(self) -> u64 {
        match self {
            Self::Terms => 200_000,
            Self::Brands => 100_000,
            Self::Images => 83_000,
            Self::Rules => 200,
        }
    }
}

/// The name of an entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EntryName {
    /// The list.
    pub list: List,
    /// The entry's id.
    pub entry: String,
}

/// The fault of an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct EntryFault {
    /// The field.
    pub field: String,
    /// The reason.
    pub why: String,
}

impl EntryFault {
    /// A fault of a field.
    #[must_use]
    pub fn new(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self { field: field.into(), why: why.into() }
    }
}

/// An entry from JSON, checked.
pub(super) fn read<T: DeserializeOwned>(value: &Value) -> Result<T, EntryFault> {
    T::deserialize(value).map_err(|error| {
        let text = error.to_string();
        // serde names the field between the first pair of backquotes.
        let field = text.split('`').nth(1).unwrap_or("entry").to_owned();
        EntryFault { field, why: text }
    })
}

/// Checks a text of an entry.
pub(super) fn check_text(field: &str, text: &str, chars_max: usize) -> Result<(), EntryFault> {
    let fits = (1..=chars_max).contains(&text.trim().chars().count()) && !text.contains('\0');
    if fits { Ok(()) } else { Err(EntryFault::new(field, format!("must have 1 to {chars_max} characters"))) }
}

/// Checks texts of an entry.
pub(super) fn check_texts(field: &str, texts: &[String], max: usize, chars_max: usize) -> Result<(), EntryFault> {
    if texts.len() > max {
        return Err(EntryFault::new(field, format!("has at most {max} texts")));
    }
    texts.iter().enumerate().try_for_each(|(n, text)| check_text(&format!("{field}[{n}]"), text, chars_max))
}
