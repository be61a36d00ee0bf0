//! The file of policies and what else a platform sets; its form, and the one that is built in.

use serde::{Deserialize, Serialize};

use super::{Policy, PolicyError, Title};
use crate::signal::SignalId;

/// The built-in file, as `live-jury trust-file` prints it.
pub const BUILTIN: &str = include_str!("builtin.json");

/// The file of policies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustFile {
    /// The policies, in the order in which people see them.
    pub policies: Vec<Policy>,
    /// The categories of goods. While the list is empty, a fact may name any.
    #[serde(default)]
    pub categories: Vec<Category>,
    /// The signals that tallies feed in place of events.
    #[serde(default)]
    pub tally_signals: Vec<String>,
    /// The programme of promises to buyers.
    #[serde(default)]
    pub programme: PromiseProgramme,
}

/// The programme of promises to buyers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromiseProgramme {
    /// The name that people read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Title>,
    /// The deposit without which no promise comes into force, in the smallest unit of its currency. None: the platform
    /// asks single shops for one, or nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposit_minor: Option<u64>,
}

/// A category of goods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// The platform's id.
    pub id: String,
    /// Whether goods of it have a GTIN: q13 counts their listings.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gtin: bool,
}

impl TrustFile {
    /// Parses and checks a file.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let file: Self = serde_json::from_str(text).map_err(|error| PolicyError::Malformed(error.to_string()))?;
        file.check()?;
        Ok(file)
    }

    /// The built-in file.
    #[must_use]
    pub fn builtin() -> Self {
        // A test parses it, so that the default is never taken.
        Self::parse(BUILTIN).unwrap_or_default()
    }

    /// The policy with this id.
    #[must_use]
    pub fn policy(&self, id: &str) -> Option<&Policy> {
        self.policies.iter().find(|policy| policy.id == id)
    }

    /// Whether tallies alone feed a signal.
    #[must_use]
    pub fn is_tallied(&self, id: SignalId) -> bool {
        self.tally_signals.iter().any(|name| name == id.signal().name)
    }

    /// Whether goods of a category have a GTIN.
    #[must_use]
    pub fn needs_gtin(&self, category: &str) -> bool {
        self.categories.iter().any(|one| one.gtin && one.id == category)
    }

    /// Whether a fact may name this category.
    #[must_use]
    pub fn has_category(&self, id: &str) -> bool {
        self.categories.is_empty() || self.categories.iter().any(|category| category.id == id)
    }
}
