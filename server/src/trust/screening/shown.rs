//! A screened listing as its readers get it. Its shop reads no moderator's `sub`, and nothing of the platform's lists.

use live_jury_protocol::trust::{Listing, ListingHit, ListingImage, ListingJury, TrustParty};
use live_jury_trust::Party;
use live_jury_trust::listing::{Hit, Outcome};
use live_jury_trust::policy::Policy;

use crate::ledger::listings::{ListingRow, StoredImage};
use crate::ledger::standing::APPEAL_KEPT_MS;
use crate::trust::standing::Reader;

/// A hit as the platform and those who decide read it.
pub(super) fn hit(of: &Hit) -> ListingHit {
    let place = |sign: usize| u32::try_from(sign).unwrap_or(u32::MAX);
    ListingHit {
        check: of.check.as_str().to_owned(),
        list: of.list.as_ref().map(|name| name.list.as_str().to_owned()),
        entry: of.list.as_ref().map(|name| name.entry.clone()),
        field: of.field.clone(),
        span: of.span.map(|span| span.map(place)),
        value: of.value.clone(),
        note: of.note.clone(),
        outcome: of.outcome.as_str().to_owned(),
        shadow: of.shadow,
    }
}

/// The hits for a reader. A fact for rules and a rule in shadow stop nothing, so a shop reads of neither.
fn hits(of: &[Hit], reader: Reader) -> Vec<ListingHit> {
    match reader {
        Reader::Staff => of.iter().map(hit).collect(),
        Reader::Party => {
            let counted = of.iter().filter(|one| one.counted() > Outcome::Pass);
            counted.map(|one| ListingHit { list: None, entry: None, ..hit(one) }).collect()
        }
    }
}

/// A listing as this reader gets it.
#[must_use]
pub fn shown(row: &ListingRow, policy: Option<&Policy>, reader: Reader) -> Listing {
    let Party { kind, id } = &row.party;
    let image = |one: &StoredImage| ListingImage { pdq: one.pdq.clone(), quality: one.quality };
    let named = |sub: &String| Some(sub.clone()).filter(|_| reader == Reader::Staff);
    Listing {
        screening: row.screening,
        version: row.step,
        listing: row.id.clone(),
        listing_version: row.version,
        party: TrustParty { kind: kind.as_str().to_owned(), id: id.clone() },
        title: row.title.clone(),
        description: row.description.clone(),
        category: row.category.clone(),
        brand: row.brand.clone(),
        gtin: row.gtin.clone(),
        price_minor: row.price_minor,
        currency: row.currency.clone(),
        images: row.images.iter().map(image).collect(),
        at_ms: row.at_ms,
        state: row.state.as_str().to_owned(),
        outcome: row.outcome.as_str().to_owned(),
        hits: hits(&row.hits, reader),
        policy: policy.map(|policy| policy.id.clone()),
        model: row.model.clone(),
        due_ms: row.due_ms,
        decision: row.decision.clone(),
        decided_at_ms: row.decided_at_ms,
        words: row.words.clone(),
        by: row.by.as_ref().and_then(named),
        violation: row.violation,
        jury: row.jury.as_ref().map(|jury| ListingJury {
            case: jury.case,
            room: jury.room.to_string(),
            at_ms: jury.at_ms,
            by: named(&jury.by),
            result: jury.result.clone(),
        }),
        appeal_until_ms: row.state.is_stopped().then(|| row.since_ms().saturating_add(APPEAL_KEPT_MS)),
        appeal: row.appeal,
    }
}
