//! Screened listings in the ledger, and the lists that they meet. It screens nothing.

mod entries;
mod jury;
mod queue;
mod rows;
mod steps;

use std::collections::BTreeMap;

use async_trait::async_trait;
use live_jury_protocol::RoomId;
use live_jury_trust::listing::list::List;
use live_jury_trust::listing::screen::Screened;
use live_jury_trust::policy::Policy;
use serde_json::Value;
use uuid::Uuid;

pub use self::jury::{NO, YES};
pub use self::rows::{EntryRow, ListingJury, ListingRow, ListingState, StoredImage};
use super::standing::{By, Page, StandingError};

/// The statements and calls of a dialect's store.
pub(super) mod store {
    pub(in crate::ledger) use std::collections::BTreeMap;

    pub(in crate::ledger) use live_jury_trust::listing::list::List;
    pub(in crate::ledger) use serde_json::Value;

    pub(in crate::ledger) use super::{
        DecideListingBy, EntryRow, FileListing, ListingRow, ListingStore, Prices, PricesOf, PutEntry, SendListing,
        calls as listings, implement_listing_store,
    };
}

/// The calls of a store, each in a transaction or on a connection of its caller.
pub(super) mod calls {
    pub(in crate::ledger) use super::entries::{delete, entries, entry, put, revs};
    pub(in crate::ledger) use super::jury::{discarded, drafted, judged, not_drafted, send};
    pub(in crate::ledger) use super::queue::{listing, listing_of, listings, of_violation, prices, to_draft};
    pub(in crate::ledger) use super::steps::{Conclusion, SCREENING, conclude, decide, file, reversed};
}

/// Screened listings and lists. Each call is one transaction.
#[async_trait]
pub trait ListingStore: Send + Sync {
    /// Files a screened listing. A repeat with the same digest files nothing and returns the first one's.
    async fn file_listing(&self, new: &FileListing, now_ms: u64) -> Result<ListingRow, StandingError>;

    /// Takes a moderator's decision on a listing that waits.
    async fn decide_listing(&self, decision: &DecideListingBy, now_ms: u64) -> Result<ListingRow, StandingError>;

    /// Sends a listing that waits to the viewers of a room. A repeat for the same room changes nothing.
    async fn send_listing(&self, sending: &SendListing, now_ms: u64) -> Result<ListingRow, StandingError>;

    /// Reads the listings whose draft is to be filed.
    async fn listings_to_draft(&self) -> Result<Vec<ListingRow>, StandingError>;

    /// Notes that the draft of a listing is filed.
    async fn listing_drafted(&self, screening: Uuid, now_ms: u64) -> Result<(), StandingError>;

    /// Notes that the draft of a listing cannot be filed.
    async fn listing_not_drafted(
        &self,
        screening: Uuid,
        reason: &'static str,
        now_ms: u64,
    ) -> Result<(), StandingError>;

    /// Reads the listing whose confirmation made a violation.
    async fn listing_of_violation(&self, violation: Uuid) -> Result<Option<ListingRow>, StandingError>;

    /// Reads a listing.
    async fn listing(&self, screening: Uuid) -> Result<Option<ListingRow>, StandingError>;

    /// Reads a version of a listing by the platform's id.
    async fn listing_of(&self, id: &str, version: u64) -> Result<Option<ListingRow>, StandingError>;

    /// Lists listings, the newest first; with a merchant, its own alone.
    async fn listings(&self, page: &Page<'_>, merchant: Option<&str>) -> Result<Vec<ListingRow>, StandingError>;

    /// Reads the newest prices of other listings of a brand's form, and of a category.
    async fn prices(&self, of: &PricesOf<'_>) -> Result<Prices, StandingError>;

    /// Reads the number of changes of each list.
    async fn list_revs(&self) -> Result<BTreeMap<List, u64>, StandingError>;

    /// Reads all entries of a list with their ids.
    async fn list_entries(&self, list: List) -> Result<Vec<(String, Value)>, StandingError>;

    /// Reads an entry.
    async fn list_entry(&self, list: List, id: &str) -> Result<Option<EntryRow>, StandingError>;

    /// Puts an entry in the place of an earlier one. Its hits are counted anew if it changed.
    async fn put_list_entry(&self, new: &PutEntry, now_ms: u64) -> Result<EntryRow, StandingError>;

    /// Deletes an entry.
    async fn delete_list_entry(&self, list: List, id: &str, version: Option<u64>) -> Result<(), StandingError>;
}

/// The newest prices of a brand and of a category.
pub type Prices = [Vec<u64>; 2];

/// The prices to read.
#[derive(Clone, Copy, Debug)]
pub struct PricesOf<'p> {
    /// The listing whose own prices are left out.
    pub listing: &'p str,
    /// The form of the brand.
    pub brand_form: Option<&'p str>,
    /// The category.
    pub category: &'p str,
    /// The currency.
    pub currency: &'p str,
    /// The most prices of each.
    pub limit: u32,
}

/// A screened listing to file.
#[derive(Clone, Debug)]
pub struct FileListing {
    /// The platform's id.
    pub id: String,
    /// The platform's version.
    pub version: u64,
    /// The shop.
    pub merchant: String,
    /// The title.
    pub title: String,
    /// The description.
    pub description: String,
    /// The category.
    pub category: String,
    /// The brand that it names.
    pub brand: Option<String>,
    /// The form of the brand.
    pub brand_form: Option<String>,
    /// The GTIN that it names.
    pub gtin: Option<String>,
    /// The price.
    pub price_minor: u64,
    /// The currency.
    pub currency: String,
    /// The hashes of its pictures.
    pub images: Vec<StoredImage>,
    /// The hash of the request.
    pub digest: Vec<u8>,
    /// The result.
    pub screened: Screened,
    /// Whether its category has GTINs.
    pub needs_gtin: bool,
    /// The policy of the first hit that has one.
    pub policy: Option<Policy>,
    /// The platform.
    pub by: By,
}

/// A moderator's decision on a listing.
#[derive(Clone, Debug)]
pub struct DecideListingBy {
    /// The screening.
    pub screening: Uuid,
    /// The policy that it breaks; none to release it.
    pub confirm: Option<Policy>,
    /// The moderator.
    pub by: String,
    /// The words.
    pub words: String,
    /// The version in `If-Match`, if the request has one.
    pub version: Option<u64>,
}

/// A look-alike name to send to a jury.
#[derive(Clone, Debug)]
pub struct SendListing {
    /// The screening.
    pub screening: Uuid,
    /// The room whose viewers judge it.
    pub room: RoomId,
    /// The moderator.
    pub by: String,
    /// The version in `If-Match`, if the request has one.
    pub version: Option<u64>,
}

/// An entry to put into a list.
#[derive(Clone, Debug)]
pub struct PutEntry {
    /// The list.
    pub list: List,
    /// The id.
    pub id: String,
    /// The entry, checked.
    pub entry: Value,
    /// The moderator.
    pub by: String,
    /// The version in `If-Match`, if the request has one.
    pub version: Option<u64>,
}

/// The store of one dialect. Its `write` runs a transaction, and its `read` borrows a connection for reads.
macro_rules! implement_listing_store {
    ($store:ty, $connection:ty) => {
        #[async_trait]
        impl ListingStore for $store {
            async fn file_listing(&self, new: &FileListing, now_ms: u64) -> Result<ListingRow, StandingError> {
                self.write(async |db: &mut $connection| listings::file(db, new, now_ms).await).await
            }

            async fn decide_listing(
                &self,
                decision: &DecideListingBy,
                now_ms: u64,
            ) -> Result<ListingRow, StandingError> {
                self.write(async |db: &mut $connection| listings::decide(db, decision, now_ms).await).await
            }

            async fn send_listing(&self, sending: &SendListing, now_ms: u64) -> Result<ListingRow, StandingError> {
                self.write(async |db: &mut $connection| listings::send(db, sending, now_ms).await).await
            }

            async fn listings_to_draft(&self) -> Result<Vec<ListingRow>, StandingError> {
                self.read(async |db: &mut $connection| listings::to_draft(db).await).await
            }

            async fn listing_drafted(&self, screening: Uuid, now_ms: u64) -> Result<(), StandingError> {
                self.write(async |db: &mut $connection| listings::drafted(db, screening, now_ms).await).await
            }

            async fn listing_not_drafted(
                &self,
                screening: Uuid,
                reason: &'static str,
                now_ms: u64,
            ) -> Result<(), StandingError> {
                let work = async |db: &mut $connection| listings::not_drafted(db, screening, reason, now_ms).await;
                self.write(work).await
            }

            async fn listing_of_violation(&self, violation: Uuid) -> Result<Option<ListingRow>, StandingError> {
                self.read(async |db: &mut $connection| listings::of_violation(db, violation).await).await
            }

            async fn listing(&self, screening: Uuid) -> Result<Option<ListingRow>, StandingError> {
                self.read(async |db: &mut $connection| listings::listing(db, screening).await).await
            }

            async fn listing_of(&self, id: &str, version: u64) -> Result<Option<ListingRow>, StandingError> {
                self.read(async |db: &mut $connection| listings::listing_of(db, id, version).await).await
            }

            async fn listings(
                &self,
                page: &Page<'_>,
                merchant: Option<&str>,
            ) -> Result<Vec<ListingRow>, StandingError> {
                self.read(async |db: &mut $connection| listings::listings(db, page, merchant).await).await
            }

            async fn prices(&self, of: &PricesOf<'_>) -> Result<Prices, StandingError> {
                self.read(async |db: &mut $connection| listings::prices(db, of).await).await
            }

            async fn list_revs(&self) -> Result<BTreeMap<List, u64>, StandingError> {
                self.read(async |db: &mut $connection| listings::revs(db).await).await
            }

            async fn list_entries(&self, list: List) -> Result<Vec<(String, Value)>, StandingError> {
                self.read(async |db: &mut $connection| listings::entries(db, list).await).await
            }

            async fn list_entry(&self, list: List, id: &str) -> Result<Option<EntryRow>, StandingError> {
                self.read(async |db: &mut $connection| listings::entry(db, list, id).await).await
            }

            async fn put_list_entry(&self, new: &PutEntry, now_ms: u64) -> Result<EntryRow, StandingError> {
                self.write(async |db: &mut $connection| listings::put(db, new, now_ms).await).await
            }

            async fn delete_list_entry(&self, list: List, id: &str, version: Option<u64>) -> Result<(), StandingError> {
                self.write(async |db: &mut $connection| listings::delete(db, list, id, version).await).await
            }
        }
    };
}
pub(in crate::ledger) use implement_listing_store;
