//! The docket's incarnation: compares the docket with its mark, and begins a new incarnation where it went back.

use uuid::Uuid;

use super::{Lifecycle, LifecycleError};
use crate::docket::{History, Marked, PLACES_MARKED_MAX, Place};
use crate::telemetry::log_limited;

impl Lifecycle {
    /// Reads the docket's incarnation, compares the docket with its mark, and advances the mark. A docket that is older
    /// than its mark begins a new incarnation.
    ///
    /// # Errors
    /// The docket or the mark did not answer.
    pub async fn follow_incarnation(&self) -> Result<Uuid, LifecycleError> {
        let docket_id = self.docket.history().await?.docket_id();
        // The mark is read first. Places only grow, so a docket that is read later has what the mark has seen.
        let marked = self.mark.read(docket_id).await?;
        let (mut history, mut places) = self.since(marked.as_ref()).await?;
        if let Some(marked) = &marked
            && history.is_behind(marked, &places)
        {
            // An old primary may still answer on an old connection.
            self.docket.distrust_connections();
            (history, places) = self.since(Some(marked)).await?;
            if history.is_behind(marked, &places) {
                history = self.begin_incarnation(&history).await?;
                places = self.docket.places(first_marked(&history), PLACES_MARKED_MAX).await?;
            }
        }
        let current = history.current();
        let is_known =
            marked.is_some_and(|marked| marked.incarnation == current.id && marked.last == places.last().copied());
        if !is_known && let Err(error) = self.mark.advance(history.docket_id(), &current, &places).await {
            log_limited!(warn, %error, "the docket's mark was not advanced");
        }
        Ok(current.id)
    }

    /// Begins a new incarnation of a docket in which a room went back, unless one has begun since `shown`.
    ///
    /// # Errors
    /// The docket or the mark did not answer.
    pub async fn went_back(&self, shown: Uuid) -> Result<(), LifecycleError> {
        let history = self.docket.history().await?;
        if history.current().id == shown {
            self.begin_incarnation(&history).await?;
        }
        Ok(())
    }

    /// The highest place up to which the docket has the verdicts that its mark has seen.
    ///
    /// # Errors
    /// The docket or the mark did not answer.
    pub async fn verdicts_kept(&self, docket_id: Uuid) -> Result<u64, LifecycleError> {
        let marked = self.mark.places(docket_id).await?;
        let Some((first, _)) = marked.first() else { return Ok(0) };
        let found = self.docket.places(first.saturating_sub(1), PLACES_MARKED_MAX).await?;
        let agreed = marked.iter().zip(&found).take_while(|(marked, found)| marked == found).last();
        Ok(agreed.map_or(0, |((place, _), _)| *place))
    }

    /// The docket's incarnations, and its places from the marked one on, or the last ones if the mark has none of this
    /// incarnation.
    async fn since(&self, marked: Option<&Marked>) -> Result<(History, Vec<Place>), LifecycleError> {
        let history = self.docket.history().await?;
        let last = marked.filter(|marked| marked.number >= history.current().number).and_then(|marked| marked.last);
        let after = last.map_or_else(|| first_marked(&history), |(place, _)| place.saturating_sub(1));
        let places = self.docket.places(after, PLACES_MARKED_MAX).await?;
        Ok((history, places))
    }

    async fn begin_incarnation(&self, before: &History) -> Result<History, LifecycleError> {
        let (docket_id, current) = (before.docket_id(), before.current());
        let marked = self.mark.read(docket_id).await?;
        let number = current.number.max(marked.map_or(0, |marked| marked.number)) + 1;
        let verdicts_kept = self.verdicts_kept(docket_id).await?;
        if self.docket.begin_incarnation(current.id, number, verdicts_kept, self.clock.now_ms()).await? {
            metrics::counter!("live_jury_docket_went_back_total").increment(1);
            tracing::error!(number, verdicts_kept, "the docket went back to an older state; a new incarnation begins");
        }
        Ok(self.docket.history().await?)
    }
}

/// The place before the first one that a mark remembers.
fn first_marked(history: &History) -> u64 {
    history.last_place.saturating_sub(PLACES_MARKED_MAX.into())
}
