//! Steps of screened listings: filed, decided by a person, reversed with their violation. It screens nothing.

use live_jury_protocol::trust::{ListingChange, TrustChange};
use live_jury_trust::counter::Count;
use live_jury_trust::listing::gtin::State;
use live_jury_trust::listing::{Check, DECIDE_WITHIN_MS, Hit, MODEL, Outcome};
use live_jury_trust::policy::Policy;
use live_jury_trust::signal::SignalId;
use live_jury_trust::statement::listing::{ListingGrounds, Stop};
use live_jury_trust::statement::{Decider, FACTS_CHARS_MAX, Statement};
use live_jury_trust::{Party, four_decimals};
use uuid::Uuid;

use super::queue::{listing, listing_of, of_violation};
use super::{DecideListingBy, FileListing, ListingRow, ListingState, entries};
use crate::ledger::standing::act::{Found, found_violation};
use crate::ledger::standing::appeals;
use crate::ledger::standing::change::Change;
use crate::ledger::standing::lists::appeal;
use crate::ledger::standing::{By, StandingDb, StandingError, ViolationRow};
use crate::sql::outbox::uuid_at;
use crate::sql::query::Db;
use crate::sql::row::{json, signed, text};

/// The source of a violation that a confirmed listing is.
pub(in crate::ledger) const SCREENING: &str = "screening";
/// The decisions of people.
const CONFIRMED: &str = "confirmed";
const OVERTURNED: &str = "overturned";

/// `$1` merchant, `$2` listing.
const SOLD: &str = "SELECT 1 AS sold FROM trust_product WHERE merchant = $1 AND product = $2 AND sold > 0 LIMIT 1";
const INSERT: &str = "INSERT INTO trust_listing (id, version, screening, step, merchant, title, description, category, \
    brand, brand_form, gtin, price_minor, currency, images, digest, outcome, model, at_ms, before_sale, state, \
    stopped_ms, due_ms) VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, \
    $19, $20, $21)";
const INSERT_HIT: &str = "INSERT INTO trust_hit (screening, place, check_of, list, entry, shadow, outcome, hit) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
/// `$1` screening, `$2` state, `$3` decision, `$4` time, `$5` moderator, `$6` words, `$7` violation.
const DECIDE: &str = "UPDATE trust_listing SET state = $2, decision = $3, decided_at_ms = $4, decided_by = $5, \
    words = $6, violation = $7, due_ms = NULL, step = step + 1 WHERE screening = $1";
const REVERSE: &str = "UPDATE trust_listing SET state = $2, decision = $3, decided_at_ms = $4, step = step + 1 \
    WHERE screening = $1";

pub(in crate::ledger) async fn file<D: StandingDb>(
    db: &mut D,
    new: &FileListing,
    now_ms: u64,
) -> Result<ListingRow, StandingError> {
    let party = Party::merchant(&new.merchant);
    let mut change = Change::begin(db, [&party], now_ms).await?;
    if let Some(first) = listing_of(db, &new.id, new.version).await? {
        return if first.digest == new.digest { Ok(first) } else { Err(StandingError::AlreadyApplied) };
    }
    let screening = uuid_at(now_ms);
    insert(db, new, screening, now_ms).await?;
    entries::hit(db, &new.screened.hits).await?;
    count(&mut change, &party, new);
    let outcome = new.screened.outcome;
    if outcome.stops() {
        let action = if outcome == Outcome::Block { "listing_blocked" } else { "listing_held" };
        change.note(&new.by, action, &party, screening, Some(named(&new.id, new.version)));
        let told = told(screening, (&new.id, new.version), outcome.as_str(), &new.screened.hits, None);
        change.tell(&party, told);
        if let Some(policy) = &new.policy {
            let stop = if outcome == Outcome::Block { Stop::Block } else { Stop::Hold };
            let facts = facts(&new.id, new.version, &new.screened.hits);
            let id = screening.to_string();
            let (decider, content_ms, from_ms) = (Decider::Machine, now_ms, now_ms);
            let grounds = ListingGrounds { id: &id, stop, policy, facts: &facts, decider, content_ms, from_ms };
            change.state(screening, &party, Statement::of_listing(&grounds));
        }
    }
    change.finish(db).await?;
    read(db, screening).await
}

async fn insert<D: Db>(db: &mut D, new: &FileListing, screening: Uuid, now_ms: u64) -> Result<(), StandingError> {
    let outcome = new.screened.outcome;
    let sold = db.fetch_optional(SOLD, &[new.merchant.as_str().into(), new.id.as_str().into()]).await?;
    let images = json("images", &new.images)?;
    let at_ms = signed("at_ms", now_ms)?;
    let due_ms = now_ms.saturating_add(DECIDE_WITHIN_MS);
    let state = ListingState::after(outcome);
    let due = Some(signed("due_ms", due_ms)?).filter(|_| state.waits());
    let maybe = |column, value: &'_ Option<String>| {
        value.as_deref().map(|value| text(column, value).map(str::to_owned)).transpose()
    };
    let (brand, form, gtin) =
        (maybe("brand", &new.brand)?, maybe("brand_form", &new.brand_form)?, maybe("gtin", &new.gtin)?);
    let values = [
        text("id", &new.id)?.into(),
        signed("version", new.version)?.into(),
        screening.into(),
        text("merchant", &new.merchant)?.into(),
        text("title", &new.title)?.into(),
        text("description", &new.description)?.into(),
        text("category", &new.category)?.into(),
        brand.as_deref().into(),
        form.as_deref().into(),
        gtin.as_deref().into(),
        signed("price_minor", new.price_minor)?.into(),
        text("currency", &new.currency)?.into(),
        images.as_str().into(),
        new.digest.as_slice().into(),
        outcome.as_str().into(),
        MODEL.into(),
        at_ms.into(),
        i64::from(sold.is_none()).into(),
        state.as_str().into(),
        Some(at_ms).filter(|_| outcome.stops()).into(),
        due.into(),
    ];
    db.execute(INSERT, &values).await?;
    for (place, hit) in (0_i64..).zip(&new.screened.hits) {
        let encoded = json("hit", hit)?;
        let values = [
            screening.into(),
            place.into(),
            hit.check.as_str().into(),
            hit.list.as_ref().map(|name| name.list.as_str()).into(),
            hit.list.as_ref().map(|name| name.entry.as_str()).into(),
            i64::from(hit.shadow).into(),
            hit.outcome.as_str().into(),
            text("hit", &encoded)?.into(),
        ];
        db.execute(INSERT_HIT, &values).await?;
    }
    Ok(())
}

/// Counts a submitted listing. A block counts at once, and a hold once a person confirms it.
fn count(change: &mut Change, party: &Party, new: &FileListing) {
    let now_ms = change.now_ms;
    let mut trial = |signal, hit: bool| {
        change.count(party, signal, Count::new(1.0, f64::from(u8::from(hit))), now_ms);
    };
    trial(SignalId::Q07, false);
    trial(SignalId::Q08, new.screened.outcome == Outcome::Block);
    trial(SignalId::Q10, false);
    trial(SignalId::Q11, false);
    trial(SignalId::Q14, new.screened.cheap);
    if let Some(authorised) = new.screened.authorised {
        trial(SignalId::Q12, authorised);
    }
    if new.needs_gtin {
        trial(SignalId::Q13, new.screened.gtin == State::Valid);
    }
}

pub(in crate::ledger) async fn decide<D: StandingDb>(
    db: &mut D,
    decision: &DecideListingBy,
    now_ms: u64,
) -> Result<ListingRow, StandingError> {
    let found = read(db, decision.screening).await?;
    let mut change = Change::begin(db, [&found.party], now_ms).await?;
    // Read again behind the lock.
    let found = read(db, decision.screening).await?;
    if decision.version.is_some_and(|version| version != found.step) {
        return Err(StandingError::VersionMismatch(found.step));
    }
    if !found.state.waits() {
        return Err(StandingError::NotHeld);
    }
    // A confirmation while an appeal is open would decide the listing twice.
    if decision.confirm.is_some() && is_appealed(db, &found).await? {
        return Err(StandingError::Appealed);
    }
    let (by, words) = (By::moderator(&decision.by), text("words", &decision.words)?);
    let conclusion = Conclusion { confirm: decision.confirm.as_ref(), by: &by, words: Some(words) };
    conclude(db, &mut change, &found, &conclusion).await?;
    change.finish(db).await?;
    read(db, decision.screening).await
}

/// The end of a listing that waits, by whomever it comes.
#[derive(Clone, Copy, Debug)]
pub(in crate::ledger) struct Conclusion<'c> {
    /// The policy that it breaks; none to release it.
    pub confirm: Option<&'c Policy>,
    /// The decider.
    pub by: &'c By,
    /// A moderator's words.
    pub words: Option<&'c str>,
}

/// Ends the wait of a listing behind the lock on its shop, with all that follows.
pub(in crate::ledger) async fn conclude<D: StandingDb>(
    db: &mut D,
    change: &mut Change,
    found: &ListingRow,
    conclusion: &Conclusion<'_>,
) -> Result<(), StandingError> {
    let violation = match conclusion.confirm {
        Some(policy) => Some(confirm(db, change, found, policy, conclusion.by).await?),
        None => None,
    };
    let (state, done) = match violation {
        Some(_) => (ListingState::Removed, CONFIRMED),
        None => (ListingState::Released, OVERTURNED),
    };
    let values = [
        found.screening.into(),
        state.as_str().into(),
        done.into(),
        signed("decided_at_ms", change.now_ms)?.into(),
        conclusion.by.moderators_sub().map(|sub| text("decided_by", sub)).transpose()?.into(),
        conclusion.words.into(),
        violation.into(),
    ];
    db.execute(DECIDE, &values).await?;
    judged(change, found, violation.is_some());
    let (confirmed, overturned) = if violation.is_some() { (1, 0) } else { (0, 1) };
    judge_entries(db, change, found, confirmed, overturned).await?;
    let outcome = if violation.is_some() { "remove" } else { "release" };
    change.tell(&found.party, told(found.screening, (&found.id, found.version), outcome, &found.hits, violation));
    let action = if violation.is_some() { "listing_removed" } else { "listing_released" };
    change.note(conclusion.by, action, &found.party, found.screening, conclusion.words.map(str::to_owned));
    // A listing that was released leaves nothing to appeal against.
    match found.appeal.filter(|_| violation.is_none()) {
        Some(appeal) => appeals::overturn(db, change, appeal, conclusion.by).await,
        None => Ok(()),
    }
}

/// Whether an appeal against the listing is open.
pub(super) async fn is_appealed<D: Db>(db: &mut D, found: &ListingRow) -> Result<bool, StandingError> {
    let Some(id) = found.appeal else { return Ok(false) };
    Ok(appeal(db, id).await?.is_some_and(|appeal| appeal.state.is_open()))
}

/// Makes the violation of a confirmed listing, with its statement.
async fn confirm<D: StandingDb>(
    db: &mut D,
    change: &mut Change,
    found: &ListingRow,
    policy: &Policy,
    by: &By,
) -> Result<Uuid, StandingError> {
    let facts = facts(&found.id, found.version, &found.hits);
    let of = Found { party: &found.party, policy, source: SCREENING, facts: &facts, by };
    let violation = found_violation(db, change, &of).await?;
    let id = violation.to_string();
    let grounds = ListingGrounds {
        id: &id,
        stop: Stop::Remove,
        policy,
        facts: &facts,
        decider: Decider::People,
        content_ms: found.at_ms,
        from_ms: change.now_ms,
    };
    change.state(violation, &found.party, Statement::of_listing(&grounds));
    Ok(violation)
}

/// Counts a decision in the signals of the shop, as of the time of the listing.
fn judged(change: &mut Change, found: &ListingRow, confirmed: bool) {
    let mut add = |signal, k| change.count(&found.party, signal, Count::new(0.0, k), found.at_ms);
    match (found.outcome, confirmed) {
        (Outcome::Hold, true) => add(SignalId::Q07, 1.0),
        (Outcome::Block, false) => add(SignalId::Q08, -1.0),
        _ => {}
    }
    if confirmed && is_copy(&found.hits) {
        add(SignalId::Q11, 1.0);
    }
}

/// A violation of screening is void: the listing is as if a person had released it.
pub(in crate::ledger) async fn reversed<D: StandingDb>(
    db: &mut D,
    change: &mut Change,
    violation: &ViolationRow,
) -> Result<(), StandingError> {
    let Some(found) = of_violation(db, violation.id).await? else { return Ok(()) };
    if found.decision.as_deref() != Some(CONFIRMED) {
        return Ok(());
    }
    let values = [
        found.screening.into(),
        ListingState::Released.as_str().into(),
        OVERTURNED.into(),
        signed("decided_at_ms", change.now_ms)?.into(),
    ];
    db.execute(REVERSE, &values).await?;
    let mut add = |signal, k| change.count(&found.party, signal, Count::new(0.0, k), found.at_ms);
    match found.outcome {
        Outcome::Hold => add(SignalId::Q07, -1.0),
        Outcome::Block => add(SignalId::Q08, -1.0),
        Outcome::Pass | Outcome::Review => {}
    }
    if is_copy(&found.hits) {
        add(SignalId::Q11, -1.0);
    }
    judge_entries(db, change, &found, -1, 1).await?;
    let told = told(found.screening, (&found.id, found.version), "release", &found.hits, Some(violation.id));
    change.tell(&found.party, told);
    change.note(&By::server(), "listing_released", &found.party, found.screening, None);
    Ok(())
}

/// Counts a decision for the entries that a listing hits, and tells of each rule that is demoted by it.
async fn judge_entries<D: StandingDb>(
    db: &mut D,
    change: &mut Change,
    found: &ListingRow,
    confirmed: i64,
    overturned: i64,
) -> Result<(), StandingError> {
    for demoted in entries::judge(db, &found.hits, confirmed, overturned).await? {
        let (precision, low) = (four_decimals(demoted.precision.share), four_decimals(demoted.precision.low));
        change.note(&By::server(), "rule_demoted", &found.party, found.screening, Some(demoted.rule.clone()));
        change.tell(&found.party, TrustChange::RuleDemoted { rule: demoted.rule, precision, low });
    }
    Ok(())
}

/// Whether a known picture is among the hits.
fn is_copy(hits: &[Hit]) -> bool {
    hits.iter().any(|hit| hit.check == Check::Image && hit.list.is_some())
}

fn named(id: &str, version: u64) -> String {
    format!("listing {id}, version {version}")
}

/// The facts of a statement: what was found, in the listing's own words.
fn facts(id: &str, version: u64, hits: &[Hit]) -> String {
    let one = |hit: &Hit| {
        let place = hit.field.as_deref().map(|field| format!(" in {field}")).unwrap_or_default();
        let value = if hit.value.is_empty() { String::new() } else { format!(" “{}”", hit.value) };
        format!("{}{value}{place} ({})", hit.check.as_str(), hit.note)
    };
    let found = hits.iter().filter(|hit| !hit.shadow && hit.outcome > Outcome::Pass).map(one);
    let text = format!("In {}: {}.", named(id, version), found.collect::<Vec<_>>().join("; "));
    text.chars().take(FACTS_CHARS_MAX).collect()
}

fn told(
    screening: Uuid,
    (id, version): (&str, u64),
    outcome: &str,
    hits: &[Hit],
    violation: Option<Uuid>,
) -> TrustChange {
    let of_hit = |hit: &Hit| format!("{}: {}", hit.check.as_str(), hit.note);
    let mut hits: Vec<String> = hits.iter().filter(|hit| hit.counted() > Outcome::Pass).map(of_hit).collect();
    hits.dedup();
    TrustChange::ListingDecided(ListingChange {
        screening,
        listing: id.to_owned(),
        version,
        outcome: outcome.to_owned(),
        hits,
        violation,
    })
}

/// A listing that is there.
pub(super) async fn read<D: Db>(db: &mut D, screening: Uuid) -> Result<ListingRow, StandingError> {
    listing(db, screening).await?.ok_or(StandingError::NotFound)
}
