//! The lists that listings meet, and the form of their entries. It finds nothing.

use std::collections::BTreeSet;

use live_jury_protocol::text;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{is_platform_id, platform_id_form};

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

/// An entry from JSON, by its form alone.
pub(crate) fn read<T: DeserializeOwned>(value: &Value) -> Result<T, EntryFault> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let (path, why) = (error.path().to_string(), error.inner().to_string());
        // The message alone names a missing or an unknown field, where the path ends at its parent.
        let named = ["missing field `", "unknown field `"].iter().find_map(|start| why.strip_prefix(start));
        let field = match (path.as_str(), named.and_then(|rest| rest.split('`').next())) {
            (".", Some(name)) => name.to_owned(),
            (".", None) => "entry".to_owned(),
            (path, Some(name)) if path.rsplit('.').next() != Some(name) => format!("{path}.{name}"),
            (path, _) => path.to_owned(),
        };
        EntryFault { field, why }
    })
}

/// Checks a text of an entry.
pub(super) fn check_text(field: &str, text: &str, chars_max: usize) -> Result<(), EntryFault> {
    if text.is_empty() {
        return Err(EntryFault::new(field, format!("must have 1 to {chars_max} characters")));
    }
    text::check(text, chars_max).map_err(|fault| EntryFault::new(field, fault.to_string()))
}

/// Checks texts of an entry.
pub(super) fn check_texts(field: &str, texts: &[String], max: usize, chars_max: usize) -> Result<(), EntryFault> {
    if texts.len() > max {
        return Err(EntryFault::new(field, format!("has at most {max} texts")));
    }
    texts.iter().enumerate().try_for_each(|(n, text)| check_text(&format!("{field}[{n}]"), text, chars_max))
}

/// Checks an id that an entry names.
pub(crate) fn check_id(field: &str, id: &str) -> Result<(), EntryFault> {
    if is_platform_id(id) { Ok(()) } else { Err(EntryFault::new(field, platform_id_form())) }
}

/// Checks ids that an entry names, each once.
pub(super) fn check_ids(field: &str, ids: &[String], max: usize) -> Result<(), EntryFault> {
    if ids.len() > max {
        return Err(EntryFault::new(field, format!("has at most {max} ids")));
    }
    ids.iter().enumerate().try_for_each(|(n, id)| check_id(&format!("{field}[{n}]"), id))?;
    check_once(field, ids.iter())
}

/// Checks that nothing is in a list of an entry twice.
pub(super) fn check_once<T: Ord>(field: &str, items: impl Iterator<Item = T>) -> Result<(), EntryFault> {
    let mut seen = BTreeSet::new();
    for (n, item) in items.enumerate() {
        if !seen.insert(item) {
            return Err(EntryFault::new(format!("{field}[{n}]"), "stands twice"));
        }
    }
    Ok(())
}
