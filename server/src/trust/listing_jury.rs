//! Look-alike names on their way to a jury: sent by a moderator, and filed as drafts. It decides none.

use super::follow::{FollowError, pass_over};
use super::{Trust, listing_case};
use crate::docket::DocketError;
use crate::ledger::listings::{ListingRow, SendListing};
use crate::ledger::standing::StandingError;
use crate::lifecycle::{FROM_LISTING, Lifecycle, LifecycleError};

/// Why a person decides on a listing whose draft the docket does not take.
const REFUSED: &str = "refused";

impl Trust {
    /// Sends a look-alike name to the viewers of a room. The draft follows within a second.
    ///
    /// # Errors
    /// The listing does not wait, something else stops it, too, or the ledger failed.
    pub async fn send_listing(&self, sending: &SendListing) -> Result<ListingRow, StandingError> {
        self.ledger.send_listing(sending, self.clock.now_ms()).await
    }

    /// Files the drafts of listings that were sent.
    pub(super) async fn move_listings(&self, lifecycle: &Lifecycle) -> Result<(), FollowError> {
        for listing in self.ledger.listings_to_draft().await? {
            pass_over(self.draft_listing(lifecycle, &listing).await)?;
        }
        Ok(())
    }

    /// Files the draft of a listing, once in all: the case's id is the one that the listing keeps.
    async fn draft_listing(&self, lifecycle: &Lifecycle, listing: &ListingRow) -> Result<(), FollowError> {
        let now_ms = self.clock.now_ms();
        let Some(jury) = &listing.jury else { return Ok(()) };
        let drafted = match listing_case::of(listing) {
            Some(new) => lifecycle.draft_once(jury.case, jury.room.clone(), new, Some(&jury.by), FROM_LISTING).await,
            None => return Ok(self.ledger.listing_not_drafted(listing.screening, REFUSED, now_ms).await?),
        };
        match drafted {
            Ok(()) => Ok(self.ledger.listing_drafted(listing.screening, now_ms).await?),
            // The room is full of drafts, and one of them goes sooner or later.
            Err(LifecycleError::Docket(DocketError::TooManyDrafts(_))) => Ok(()),
            Err(LifecycleError::Field(_)) => {
                Ok(self.ledger.listing_not_drafted(listing.screening, REFUSED, now_ms).await?)
            }
            Err(error) => Err(error.into()),
        }
    }
}
