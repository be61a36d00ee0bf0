//! Listings whose look-alike name goes to a jury: sent, drafted, and what their case comes to. A person who decides
//! meanwhile is first, and the case then changes nothing.

use live_jury_protocol::record::EventRecord;
use live_jury_protocol::{NewCase, Outcome};
use live_jury_trust::listing::look_alike::{LOOK_ALIKE_QUORUM, look_alike};
use live_jury_trust::policy::TrustFile;
use uuid::Uuid;

use super::queue::of_jury;
use super::steps::{Conclusion, conclude, is_appealed, read};
use super::{ListingRow, ListingState, SendListing};
use crate::ledger::standing::change::Change;
use crate::ledger::standing::{By, StandingDb, StandingError};
use crate::sql::outbox::uuid_at;
use crate::sql::query::Db;
use crate::sql::row::{signed, text};

/// The id of the option that one name can be taken for the other.
pub const YES: &str = "yes";
/// The id of the option that it cannot.
pub const NO: &str = "no";

/// The jury found that the name can be taken for the brand's.
const CONFIRMED: &str = "confirmed";
/// The jury found that it cannot.
const RELEASED: &str = "released";
/// The draft was discarded.
const DISCARDED: &str = "discarded";
/// The jury decided nothing.
const NO_VERDICT: &str = "no_verdict";
/// The case that was judged asked something else, or needed fewer ballots.
const EDITED: &str = "edited";
/// A person had decided before.
const DECIDED: &str = "decided";
/// The shop had appealed, and a moderator decides about that first.
const APPEALED: &str = "appealed";

/// `$1` screening, `$2` case, `$3` room, `$4` moderator, `$5` time.
const SEND: &str = "UPDATE trust_listing SET jury_case = $2, jury_room = $3, jury_by = $4, jury_ms = $5, \
    step = step + 1 WHERE screening = $1 AND jury_case IS NULL";
const DRAFTED: &str = "UPDATE trust_listing SET jury_drafted_ms = $2 WHERE screening = $1 AND jury_drafted_ms IS NULL";
/// `$1` screening, `$2` result.
const END: &str = "UPDATE trust_listing SET jury_result = $2, step = step + 1 \
    WHERE screening = $1 AND jury_result IS NULL";

/// Sends a listing that waits to the viewers of a room. A repeat for the same room changes nothing.
pub(in crate::ledger) async fn send<D: StandingDb>(
    db: &mut D,
    sending: &SendListing,
    now_ms: u64,
) -> Result<ListingRow, StandingError> {
    let found = read(db, sending.screening).await?;
    let mut change = Change::begin(db, [&found.party], now_ms).await?;
    // Read again behind the lock.
    let found = read(db, sending.screening).await?;
    if let Some(jury) = &found.jury {
        return if jury.room == sending.room { Ok(found) } else { Err(StandingError::AlreadyApplied) };
    }
    if sending.version.is_some_and(|version| version != found.step) {
        return Err(StandingError::VersionMismatch(found.step));
    }
    if !matches!(found.state, ListingState::Review | ListingState::Held) {
        return Err(StandingError::NotHeld);
    }
    if look_alike(&found.hits).is_none() {
        return Err(StandingError::NotLookAlike);
    }
    if is_appealed(db, &found).await? {
        return Err(StandingError::Appealed);
    }
    let values = [
        found.screening.into(),
        uuid_at(now_ms).into(),
        sending.room.as_str().into(),
        text("jury_by", &sending.by)?.into(),
        signed("jury_ms", now_ms)?.into(),
    ];
    db.execute(SEND, &values).await?;
    let by = By::moderator(&sending.by);
    change.note(&by, "listing_sent", &found.party, found.screening, Some(sending.room.to_string()));
    change.finish(db).await?;
    read(db, sending.screening).await
}

/// The draft is filed.
pub(in crate::ledger) async fn drafted<D: Db>(db: &mut D, screening: Uuid, now_ms: u64) -> Result<(), StandingError> {
    db.execute(DRAFTED, &[screening.into(), signed("jury_drafted_ms", now_ms)?.into()]).await?;
    Ok(())
}

/// The draft cannot be filed, so that the listing waits for a person as before.
pub(in crate::ledger) async fn not_drafted<D: StandingDb>(
    db: &mut D,
    screening: Uuid,
    reason: &'static str,
    now_ms: u64,
) -> Result<(), StandingError> {
    let found = read(db, screening).await?;
    let mut change = Change::begin(db, [&found.party], now_ms).await?;
    end(db, &mut change, &found, reason).await?;
    change.finish(db).await
}

/// The draft was discarded, so that the listing waits for a person as before.
pub(in crate::ledger) async fn discarded<D: StandingDb>(
    db: &mut D,
    record: &EventRecord,
    now_ms: u64,
) -> Result<(), StandingError> {
    match of_jury(db, record.case).await? {
        Some(found) => not_drafted(db, found.screening, DISCARDED, now_ms).await,
        None => Ok(()),
    }
}

/// The case is recorded. Cases of no listing change nothing, and neither does a case that was taken before.
pub(in crate::ledger) async fn judged<D: StandingDb>(
    db: &mut D,
    file: &TrustFile,
    record: &EventRecord,
    now_ms: u64,
) -> Result<(), StandingError> {
    let Some(found) = of_jury(db, record.case).await? else { return Ok(()) };
    let mut change = Change::begin(db, [&found.party], now_ms).await?;
    // Read again behind the lock.
    let found = read(db, found.screening).await?;
    if found.jury.as_ref().is_none_or(|jury| jury.result.is_some()) {
        return Ok(());
    }
    let policy = look_alike(&found.hits).and_then(|names| names.policy).and_then(|id| file.policy(id));
    let (server, is_appealed) = (By::server(), is_appealed(db, &found).await?);
    let (result, confirm) = match (verdict(record), policy) {
        _ if !found.state.waits() => (DECIDED, None),
        (Err(reason), _) => (reason, None),
        (Ok(false), _) => (RELEASED, None),
        // The platform's file has lost the policy, and a person names another.
        (Ok(true), None) => (NO_VERDICT, None),
        (Ok(true), Some(_)) if is_appealed => (APPEALED, None),
        (Ok(true), Some(policy)) => (CONFIRMED, Some(policy)),
    };
    end(db, &mut change, &found, result).await?;
    if matches!(result, CONFIRMED | RELEASED) {
        conclude(db, &mut change, &found, &Conclusion { confirm, by: &server, words: None }).await?;
    }
    change.finish(db).await
}

/// Whether the jury found that one name can be taken for the other, or why it decided nothing.
fn verdict(record: &EventRecord) -> Result<bool, &'static str> {
    let decided = record.verdict.as_ref().filter(|verdict| verdict.outcome == Outcome::Decided);
    let option = decided.and_then(|verdict| verdict.option.as_ref()).ok_or(NO_VERDICT)?;
    if !record.brief.as_ref().is_some_and(is_the_question) {
        return Err(EDITED);
    }
    match option.as_str() {
        YES => Ok(true),
        NO => Ok(false),
        _ => Err(EDITED),
    }
}

/// Whether a case asks what the listing needs to know. A case with a policy makes a violation of its own.
fn is_the_question(brief: &NewCase) -> bool {
    let upholding = brief.options.iter().find(|option| option.upholds);
    brief.policy.is_none()
        && brief.rules.quorum >= LOOK_ALIKE_QUORUM
        && upholding.is_some_and(|option| option.id.as_str() == YES)
}

/// Notes what came of the jury.
async fn end<D: Db>(
    db: &mut D,
    change: &mut Change,
    found: &ListingRow,
    result: &'static str,
) -> Result<(), StandingError> {
    if db.execute(END, &[found.screening.into(), result.into()]).await? > 0 {
        change.note(&By::server(), "listing_jury_ended", &found.party, found.screening, Some(result.to_owned()));
    }
    Ok(())
}
