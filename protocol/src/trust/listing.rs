//! Listings, screened before their first sale. Only a request has the bytes of a picture; no answer repeats one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::TrustParty;
use crate::id::CaseId;

/// The body of `POST /trust/listings`: one version of a listing. `Debug` shows no picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewListing {
    /// The id that the listing has on the platform: 1 to 128 bytes, without control characters, and without a blank or
    /// an invisible character at either end, as every id of the platform.
    pub id: String,
    /// The number of the version.
    pub version: u64,
    /// The shop.
    pub merchant: String,
    /// The title: 1 to 300 characters.
    pub title: String,
    /// The description: at most 10,000 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The category of the goods.
    pub category: String,
    /// The brand that it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// The number of the goods, of 8, 12, 13 or 14 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gtin: Option<String>,
    /// The price, in the smallest unit of the currency.
    pub price_minor: u64,
    /// The currency: three capital letters.
    pub currency: String,
    /// The pictures: at most 9.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<NewListingImage>,
    /// The platform's own figures about it, which rules may ask for: at most 20.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub signals: BTreeMap<String, f64>,
}

/// A picture of a listing: its bytes, or its hash with the quality.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewListingImage {
    /// A JPEG, PNG or WebP, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
    /// The PDQ hash: 64 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pdq: Option<String>,
    /// The quality of the hashed picture, from 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<u8>,
}

impl std::fmt::Debug for NewListingImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = self.bytes.as_ref().map(String::len);
        f.debug_struct("NewListingImage").field("bytes", &bytes).field("pdq", &self.pdq).finish_non_exhaustive()
    }
}

/// Something that a check found in a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListingHit {
    /// `term`, `brand`, `price`, `gtin`, `image`, `shop` or `rule`.
    pub check: String,
    /// The list that it meets: `terms`, `brands`, `images` or `rules`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// The id of the list's entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// The field: `title`, `description`, `brand`, `gtin`, `price_minor` or `images[n]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The first character of the field, and the one after the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<[u32; 2]>,
    /// The value that was found.
    pub value: String,
    /// The kind of what was found.
    pub note: String,
    /// The outcome that it alone would give.
    pub outcome: String,
    /// Whether it is of a rule in shadow, which is counted alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shadow: bool,
}

/// The outcome of a screening. The same request gets the same answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListingAnswer {
    /// The screening, under which people decide.
    pub screening: Uuid,
    /// The platform's id of the listing.
    pub listing: String,
    /// The platform's version.
    pub listing_version: u64,
    /// `pass`, `review`, `hold` or `block`.
    pub outcome: String,
    /// The hits, the severest first.
    pub hits: Vec<ListingHit>,
    /// The version of the screening.
    pub model: String,
}

/// A picture of a screened listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListingImage {
    /// The PDQ hash; left out of a picture that could not be decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pdq: Option<String>,
    /// The quality, from 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<u8>,
}

/// The jury that a look-alike name was sent to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListingJury {
    /// The case with the question.
    pub case: CaseId,
    /// The room whose viewers judge it.
    pub room: String,
    /// The time at which it was sent, in Unix milliseconds.
    pub at_ms: u64,
    /// The `sub` of the moderator who sent it; left out for the shop itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What came of it: `confirmed`, `released`, or why a person decides: `no_verdict`, `discarded`, `refused`,
    /// `edited`, `appealed` or `decided`. Left out until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
}

/// A screened listing as its shop reads it, and those who decide on it. A shop reads only the hits that stopped it, and
/// no names of lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Listing {
    /// The screening.
    pub screening: Uuid,
    /// The version. It grows with every step, and `If-Match` compares it.
    pub version: u64,
    /// The platform's id of the listing.
    pub listing: String,
    /// The platform's version.
    pub listing_version: u64,
    /// The shop.
    pub party: TrustParty,
    /// The title.
    pub title: String,
    /// The description.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The category of the goods.
    pub category: String,
    /// The brand that it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// The number of the goods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gtin: Option<String>,
    /// The price, in the smallest unit of the currency.
    pub price_minor: u64,
    /// The currency.
    pub currency: String,
    /// The pictures.
    pub images: Vec<ListingImage>,
    /// The time, in Unix milliseconds.
    pub at_ms: u64,
    /// `passed`, `review`, `held`, `blocked`, `released` or `removed`.
    pub state: String,
    /// The first outcome.
    pub outcome: String,
    /// The hits, the severest first.
    pub hits: Vec<ListingHit>,
    /// The policy of the first hit that has one: that of a violation, unless a person names another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The version of the screening.
    pub model: String,
    /// The time by which a person is to decide, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_ms: Option<u64>,
    /// `confirmed` or `overturned`. An appeal that is won turns the first into the second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// The time of the decision, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at_ms: Option<u64>,
    /// The words of the moderator who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// The `sub` of the moderator who decided; left out for the shop itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The violation that a confirmation made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub violation: Option<Uuid>,
    /// The jury that its name was sent to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jury: Option<ListingJury>,
    /// The end of the time for an appeal, in Unix milliseconds, if it can be appealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeal_until_ms: Option<u64>,
    /// Its appeal, if it has or had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeal: Option<Uuid>,
}

/// The body of `POST /trust/listings/{id}/decide`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DecideListing {
    /// `confirm` or `release`.
    pub decision: String,
    /// The policy that a confirmed listing breaks; without it that of its hits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The words: 20 to 2,000 characters.
    pub words: String,
}

/// The body of `POST /trust/listings/{id}/draft`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DraftListing {
    /// The room whose viewers are asked.
    pub room: String,
}
