//! Listings: screened at once against lists that every node reads again when they change, filed, and decided by people.

mod lists;
mod shown;

use std::sync::{Arc, PoisonError, RwLock};

use data_encoding::BASE64;
use live_jury_protocol::trust::{ListingAnswer, NewListing, NewListingImage};
use live_jury_trust::DAY_MS;
use live_jury_trust::exposure::Gate;
use live_jury_trust::listing::list::EntryFault;
use live_jury_trust::listing::screen::{self, Picture, Shop, screen};
use live_jury_trust::listing::{Hit, Outcome, form, price};
use live_jury_trust::pdq::{Pdq, QUALITY_MAX};
use live_jury_trust::policy::Policy;
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use self::lists::Cached;
use self::shown::hit;
pub use self::shown::shown;
use super::Trust;
use super::known::Assessed;
use super::pictures::{self, TooLarge};
use crate::ledger::gate;
use crate::ledger::identities::ApplicationState;
use crate::ledger::listings::{DecideListingBy, FileListing, ListingRow, PricesOf, StoredImage};
use crate::ledger::standing::{By, StandingError};

/// Limits the listings that a node reads and screens at a time. Each may hold 20 MiB of pictures; a further one is 429.
const SUBMISSIONS_MAX: usize = 4;
/// Limits the pictures that a node decodes at a time: each may take 128 MiB, and a processor.
const DECODES_MAX: usize = 2;
/// The time for which a shop is new, in milliseconds: its first month has few orders.
const NEW_MS: u64 = 30 * DAY_MS;
/// The standard deviations above an index within which it may be typical, as in an exposure.
const HIGH_Z: f64 = 1.28;
/// The index of a typical shop.
const TYPICAL: f64 = 500.0;

/// The ways in which a request about a listing fails.
#[derive(Debug, thiserror::Error)]
pub enum ScreenError {
    /// A field is wrong.
    #[error(transparent)]
    Field(#[from] EntryFault),
    /// A picture has too many points.
    #[error("{1}")]
    TooLarge(String, TooLarge),
    /// A policy is none of the platform's, or nobody named one.
    #[error("is none of the platform's policies")]
    UnknownPolicy,
    /// The node screens as many listings as it may.
    #[error("too many listings at a time; try again")]
    Busy,
    /// The ledger failed, or refused the step.
    #[error(transparent)]
    Standing(#[from] StandingError),
}

/// The lists that a node screens by, and its limits on screenings at a time. Clones share them.
#[derive(Clone, Debug)]
pub struct Screening {
    submissions: Arc<Semaphore>,
    decodes: Arc<Semaphore>,
    lists: Arc<RwLock<Cached>>,
}

impl Default for Screening {
    fn default() -> Self {
        Self {
            submissions: Arc::new(Semaphore::new(SUBMISSIONS_MAX)),
            decodes: Arc::new(Semaphore::new(DECODES_MAX)),
            lists: Arc::default(),
        }
    }
}

impl Screening {
    /// A permit to read and screen one listing; none while the node has as many as it may.
    ///
    /// # Errors
    /// The node is busy.
    pub fn permit(&self) -> Result<OwnedSemaphorePermit, ScreenError> {
        self.submissions.clone().try_acquire_owned().map_err(|_| ScreenError::Busy)
    }

    fn cached(&self) -> Cached {
        self.lists.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs work that takes a processor off the tasks of requests.
    async fn decode<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let permit = self.decodes.clone().acquire_owned().await.ok()?;
        let worked = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        worked.await.ok()
    }
}

impl Trust {
    /// Screens a version of a listing and files it. The same request gets the same answer.
    ///
    /// # Errors
    /// A field is wrong, the version came before with other fields, or the ledger failed.
    pub async fn screen(&self, new: NewListing, sub: &str) -> Result<ListingAnswer, ScreenError> {
        let digest = Sha256::digest(serde_json::to_vec(&new).unwrap_or_default()).to_vec();
        if let Some(first) = self.ledger.listing_of(&new.id, new.version).await? {
            let is_same = first.digest == digest;
            return if is_same { Ok(answer(&first)) } else { Err(StandingError::AlreadyApplied.into()) };
        }
        let lists = self.lists().await?;
        let shop = self.shop(&new.merchant).await?;
        let brand_form = new.brand.as_deref().map(form::name);
        let price = self.price(&new, brand_form.as_deref()).await?;
        let pictures = self.pictures(&new.images).await?;
        let images = pictures.iter().map(stored).collect();
        let (merchant, needs_gtin) = (new.merchant.clone(), self.file.needs_gtin(&new.category));
        // A bank of a million pictures takes some milliseconds for each picture.
        let screened = tokio::task::spawn_blocking(move || {
            let listing = screen::Listing {
                merchant: &new.merchant,
                title: &new.title,
                description: &new.description,
                category: &new.category,
                brand: new.brand.as_deref(),
                gtin: new.gtin.as_deref(),
                price,
                pictures: &pictures,
                signals: &new.signals,
            };
            let screened = screen(&listing, shop, lists.borrowed());
            (new, screened)
        });
        // The task neither panics nor is it cancelled.
        let (new, screened) = screened.await.map_err(|_| ScreenError::Busy)?;
        let policy = self.policy_of(&screened.hits).cloned();
        let filing = FileListing {
            id: new.id,
            version: new.version,
            merchant,
            title: new.title,
            description: new.description,
            category: new.category,
            brand: new.brand,
            brand_form,
            gtin: new.gtin,
            price_minor: new.price_minor,
            currency: new.currency,
            images,
            digest,
            screened,
            needs_gtin,
            policy,
            by: By::platform(sub),
        };
        let filed = self.ledger.file_listing(&filing, self.clock.now_ms()).await?;
        metrics::counter!("live_jury_trust_listings_total", "outcome" => filed.outcome.as_str()).increment(1);
        Ok(answer(&filed))
    }

    /// Takes a moderator's decision on a listing that waits.
    ///
    /// # Errors
    /// It waits for none, no policy is named, or the ledger failed.
    pub async fn decide_listing(
        &self,
        screening: uuid::Uuid,
        decision: Decision,
        by: String,
        words: String,
        version: Option<u64>,
    ) -> Result<ListingRow, ScreenError> {
        let found = self.ledger.listing(screening).await?.ok_or(StandingError::NotFound)?;
        let confirm = match decision {
            Decision::Release => None,
            Decision::Confirm(Some(id)) => Some(self.file.policy(&id).ok_or(ScreenError::UnknownPolicy)?.clone()),
            Decision::Confirm(None) => Some(self.policy_of(&found.hits).ok_or(ScreenError::UnknownPolicy)?.clone()),
        };
        let decision = DecideListingBy { screening, confirm, by, words, version };
        Ok(self.ledger.decide_listing(&decision, self.clock.now_ms()).await?)
    }

    /// The policy of the first hit that names one of the platform's.
    #[must_use]
    pub fn policy_of(&self, hits: &[Hit]) -> Option<&Policy> {
        let counted = hits.iter().filter(|hit| !hit.shadow && hit.outcome > Outcome::Pass);
        counted.filter_map(|hit| hit.policy.as_deref()).find_map(|id| self.file.policy(id))
    }

    async fn shop(&self, merchant: &str) -> Result<Shop, ScreenError> {
        let now_ms = self.clock.now_ms();
        let known = self.ledger.merchants(&[merchant], now_ms).await.map_err(StandingError::from)?;
        let Some(known) = known.first() else { return Ok(Shop { new: true, ..Shop::default() }) };
        let gate = gate(&known.measures, now_ms);
        let index = Assessed::of(known, now_ms).index;
        Ok(Shop {
            banned: gate == Some(Gate::Ban),
            limited: gate.is_some_and(|gate| gate >= Gate::Limit),
            probation: known.attributes.application == Some(ApplicationState::Probation),
            low_index: index.value + HIGH_Z * index.sd < TYPICAL,
            new: now_ms < known.attributes.since_ms.saturating_add(NEW_MS),
        })
    }

    async fn price(&self, new: &NewListing, brand_form: Option<&str>) -> Result<Option<f64>, ScreenError> {
        let of = PricesOf {
            listing: &new.id,
            brand_form,
            category: &new.category,
            currency: &new.currency,
            limit: price::PRICES_READ,
        };
        let [mut of_brand, mut of_category] = self.ledger.prices(&of).await?;
        Ok(price::ratio(new.price_minor, price::median(&mut of_brand), price::median(&mut of_category)))
    }

    async fn pictures(&self, images: &[NewListingImage]) -> Result<Vec<Picture>, ScreenError> {
        let mut pictures = Vec::with_capacity(images.len());
        for (n, image) in images.iter().enumerate() {
            pictures.push(self.picture(&format!("images[{n}]"), image).await?);
        }
        Ok(pictures)
    }

    /// The hashes of a picture that a request gives, by its bytes or as they are.
    pub(super) async fn picture(&self, field: &str, image: &NewListingImage) -> Result<Picture, ScreenError> {
        let fault = |name: &str, why: &str| ScreenError::from(EntryFault::new(format!("{field}.{name}"), why));
        match (&image.bytes, &image.pdq, image.quality) {
            (Some(bytes), None, None) => {
                let bytes = BASE64.decode(bytes.as_bytes()).map_err(|_| fault("bytes", "must be base64"))?;
                let decoded = self.screening.decode(move || pictures::picture(&bytes)).await;
                let decoded = decoded.ok_or(ScreenError::Busy)?;
                decoded.map_err(|error| ScreenError::TooLarge(field.to_owned(), error))
            }
            (None, Some(hash), Some(quality)) if quality <= QUALITY_MAX => {
                let hash = hash.parse().map_err(|why| fault("pdq", why))?;
                Ok(Picture::Hashed(Pdq { hash, quality }, None))
            }
            (None, Some(_), _) => Err(fault("quality", "must be a number from 0 to 100")),
            _ => Err(fault("bytes", "must stand alone, or a pdq with its quality")),
        }
    }
}

/// A decision of a person on a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It goes live.
    Release,
    /// It breaks a policy: the one named, or that of its hits.
    Confirm(Option<String>),
}

fn stored(picture: &Picture) -> StoredImage {
    match picture {
        Picture::Hashed(whole, _) => StoredImage { pdq: Some(whole.hash.to_string()), quality: Some(whole.quality) },
        Picture::Undecodable => StoredImage::default(),
    }
}

/// The first answer to a listing.
fn answer(row: &ListingRow) -> ListingAnswer {
    ListingAnswer {
        screening: row.screening,
        listing: row.id.clone(),
        listing_version: row.version,
        outcome: row.outcome.as_str().to_owned(),
        hits: row.hits.iter().map(hit).collect(),
        model: row.model.clone(),
    }
}
