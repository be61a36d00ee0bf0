//! Listings, screened before their first sale: the kinds of hits, and their outcomes. It reads no store and fetches
//! nothing.

pub mod brand;
pub mod form;
pub mod gtin;
pub mod list;
pub mod look_alike;
pub mod price;
pub mod rules;
pub mod screen;
pub mod terms;

use serde::{Deserialize, Serialize};

/// The version of the screening. A change of what a check finds raises it.
pub const MODEL: &str = "1";
/// The time by which a person is to decide on a hold, in milliseconds. A queue shows what is late.
pub const DECIDE_WITHIN_MS: u64 = 24 * 60 * 60 * 1_000;
/// Limits the title, in characters.
pub const TITLE_CHARS_MAX: usize = 300;
/// Limits the description, in characters.
pub const DESCRIPTION_CHARS_MAX: usize = 10_000;
/// Limits the pictures of a listing.
pub const IMAGES_MAX: usize = 9;
/// Limits the hits that are kept of a listing, in the order of their severity. More tell a person nothing new.
pub const HITS_MAX: usize = 100;

/// The outcome of a screening, the severest last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The listing goes live.
    #[default]
    Pass,
    /// The listing goes live, and a person looks.
    Review,
    /// A person looks before it goes live.
    Hold,
    /// The listing does not go live.
    Block,
}

impl Outcome {
    /// The name on the wire and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Review => "review",
            Self::Hold => "hold",
            Self::Block => "block",
        }
    }

    /// The outcome with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Pass, Self::Review, Self::Hold, Self::Block].into_iter().find(|outcome| outcome.as_str() == name)
    }

    /// Whether the listing does not go live.
    #[must_use]
    pub fn stops(self) -> bool {
        self >= Self::Hold
    }
}

/// A check of the screening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Check {
    /// Terms in title and description.
    Term,
    /// The brand that it names, or is like.
    Brand,
    /// The price, compared with others.
    Price,
    /// The number of the goods.
    Gtin,
    /// Pictures, compared with a bank.
    Image,
    /// The shop.
    Shop,
    /// A rule of the platform.
    Rule,
}

impl Check {
    /// The name on the wire and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Term => "term",
            Self::Brand => "brand",
            Self::Price => "price",
            Self::Gtin => "gtin",
            Self::Image => "image",
            Self::Shop => "shop",
            Self::Rule => "rule",
        }
    }
}

/// Something that a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// The check.
    pub check: Check,
    /// The entry of a list that it meets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<list::EntryName>,
    /// The field of the listing: `title`, `description`, `brand`, `gtin`, `price_minor` or `images[n]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The first character of the field, and the one after the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<[usize; 2]>,
    /// The value that was found.
    pub value: String,
    /// The kind of what was found.
    pub note: String,
    /// The outcome that it alone would give. `pass` is a fact for rules.
    pub outcome: Outcome,
    /// Whether it is of a rule in shadow, which is counted alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shadow: bool,
    /// The policy that it would break.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
}

impl Hit {
    /// The outcome that counts: none of a rule in shadow.
    #[must_use]
    pub const fn counted(&self) -> Outcome {
        if self.shadow { Outcome::Pass } else { self.outcome }
    }
}

/// The outcome of hits: the severest.
#[must_use]
pub fn severest<'h>(hits: impl IntoIterator<Item = &'h Hit>) -> Outcome {
    hits.into_iter().map(Hit::counted).max().unwrap_or_default()
}
