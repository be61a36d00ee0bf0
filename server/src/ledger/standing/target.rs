//! The target of an appeal: a violation, a measure, or a listing with the violation of its confirmation.

use live_jury_trust::Party;
use live_jury_trust::ladder::State;
use uuid::Uuid;

use super::lists::violation;
use super::rows::{self, select_measures};
use super::settle::touched;
use super::{MeasureRow, StandingDb, StandingError, TargetKind, ViolationRow};
use crate::ledger::listings::ListingRow;
use crate::ledger::listings::calls::listing;

const MEASURE: &str = select_measures!("WHERE id = $1");

/// The target of an appeal.
pub(super) enum Target {
    Violation(Box<ViolationRow>),
    Measure(Box<MeasureRow>),
    /// With the violation of a listing that was confirmed.
    Listing(Box<ListingRow>, Option<Box<ViolationRow>>),
}

impl Target {
    pub(super) async fn read<D: StandingDb>(db: &mut D, kind: TargetKind, id: Uuid) -> Result<Self, StandingError> {
        match kind {
            TargetKind::Violation => {
                let found = violation(db, id).await?.ok_or(StandingError::NotFound)?;
                Ok(Self::Violation(Box::new(found)))
            }
            TargetKind::Measure => {
                let found = db.fetch_optional(MEASURE, &[id.into()]).await?.ok_or(StandingError::NotFound)?;
                Ok(Self::Measure(Box::new(rows::measure(&found)?)))
            }
            TargetKind::Listing => {
                let found = listing(db, id).await?.ok_or(StandingError::NotFound)?;
                let confirmed = match found.violation {
                    Some(id) => violation(db, id).await?.map(Box::new),
                    None => None,
                };
                Ok(Self::Listing(Box::new(found), confirmed))
            }
        }
    }

    pub(super) fn party(&self) -> &Party {
        match self {
            Self::Violation(violation) => &violation.party,
            Self::Measure(measure) => &measure.party,
            Self::Listing(listing, _) => &listing.party,
        }
    }

    /// Its appeal. A confirmed listing and its violation have one in all.
    pub(super) fn appeal(&self) -> Option<Uuid> {
        match self {
            Self::Violation(violation) => violation.appeal,
            Self::Measure(measure) => measure.appeal,
            Self::Listing(listing, violation) => {
                listing.appeal.or_else(|| violation.as_ref().and_then(|violation| violation.appeal))
            }
        }
    }

    /// Whether it can be appealed, apart from its time.
    pub(super) fn is_active(&self) -> bool {
        match self {
            Self::Violation(violation) => violation.state == State::Active,
            Self::Measure(measure) => measure.lifted_at_ms.is_none(),
            Self::Listing(listing, violation) => {
                listing.state.is_stopped() && violation.as_ref().is_none_or(|one| one.state == State::Active)
            }
        }
    }

    pub(super) fn since_ms(&self) -> u64 {
        match self {
            Self::Violation(violation) => violation.decided_at_ms,
            Self::Measure(measure) => measure.from_ms,
            Self::Listing(listing, _) => listing.since_ms(),
        }
    }

    /// The violation whose points the appeal is about.
    pub(super) fn violation(&self) -> Option<&ViolationRow> {
        match self {
            Self::Violation(violation) => Some(violation),
            Self::Listing(_, violation) => violation.as_deref(),
            Self::Measure(_) => None,
        }
    }

    /// The parties whose rows a decision writes.
    pub(super) fn touched(&self) -> Vec<Party> {
        match self {
            Self::Violation(violation) => touched(violation),
            Self::Measure(measure) => vec![measure.party.clone()],
            Self::Listing(listing, _) => vec![listing.party.clone()],
        }
    }

    /// The moderators who had a hand in it.
    pub(super) fn hands(&self) -> Option<&str> {
        match self {
            Self::Violation(violation) => violation.by.as_deref(),
            Self::Measure(measure) => measure.by.as_deref(),
            Self::Listing(listing, _) => listing.by.as_deref(),
        }
    }
}
