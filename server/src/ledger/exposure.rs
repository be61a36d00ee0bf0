//! Files and reads exposures, written once for both dialects.

use std::collections::BTreeMap;

use live_jury_protocol::trust::{TRUST_EVENT_FORMAT, TrustChange, TrustEvent, TrustParty};
use live_jury_trust::{DAY_MS, four_decimals};
use serde_json::{Value, json};

use super::parties::{self, PartyDb, list};
use super::standing::insert_event;
use super::{Begun, Filed, LedgerError, MERCHANT, Shown, gate};
use crate::sql::outbox::{OutboxDb, delete_old};
use crate::sql::query::Db;
use crate::sql::row::{Columns, Malformed, count, cursor, report_unreadable, signed};

/// The statements that take a list, which each dialect reads from JSON in its own way.
pub(super) trait ExposureDb: Db {
    /// `$1` merchants, `$2` today: the last exposure of each. One of a later day is of a clock that was ahead.
    const LAST_EXPOSURES: &'static str;
    /// `$1` rows of exposures.
    const FILE_EXPOSURES: &'static str;
    /// `$1` kind, `$2` rows of merchants with the time of their computation.
    const MARK_COMPUTED: &'static str;
}

/// The time after the begin of a computation, in milliseconds, from which a merchant was computed by a clock that was
/// ahead. It is many times as long as a computation takes.
const AHEAD_MS: u64 = 60 * 60 * 1_000;

/// `$1` kind, `$2` the begin of the day, `$3` the begin of the computation, `$4` limit, `$5` a time that no computation
/// has. A merchant that was computed since its begin is not due again, even if the clock stands still. One is also due
/// when a measure against it ends, and when its computation is of a later time.
const DUE: &str = "SELECT id FROM trust_party \
    WHERE kind = $1 AND (computed_ms < $3 OR computed_ms > $5) \
    AND (computed_ms > $5 OR touched_ms >= computed_ms OR computed_ms < $2 \
    OR EXISTS (SELECT 1 FROM trust_measure AS measure WHERE measure.kind = trust_party.kind \
    AND measure.party = trust_party.id AND measure.until_ms <= $3 AND measure.until_ms > trust_party.computed_ms)) \
    ORDER BY computed_ms, id LIMIT $4";

/// The part of an upsert that both dialects share. A turn that showed stays in its day's row: it is held from there.
macro_rules! on_exposure_conflict {
    () => {
        " ON CONFLICT (merchant, day) DO UPDATE SET points = excluded.points, sd = excluded.sd, \
         kept = excluded.kept, signals = excluded.signals, \
         turn = CASE WHEN trust_exposure.turn = 1 THEN 1 ELSE excluded.turn END, at_ms = excluded.at_ms"
    };
}
pub(super) use on_exposure_conflict;

/// Reads the last exposures of merchants.
pub(super) async fn last<D: PartyDb + ExposureDb>(
    db: &mut D,
    ids: &[&str],
    now_ms: u64,
) -> Result<Vec<Shown>, LedgerError> {
    let attributes = parties::attributes(db, ids, now_ms).await?;
    let mut gates: BTreeMap<String, Vec<Begun>> = BTreeMap::new();
    for (party, begun) in parties::begun(db, &list(ids), now_ms).await? {
        gates.entry(party).or_default().push(begun);
    }
    let today = cursor(now_ms / DAY_MS);
    let found = db.fetch_all(D::LAST_EXPOSURES, &[list(ids).as_str().into(), today.into()]).await?;
    let mut exposures = BTreeMap::new();
    for row in &found {
        // An exposure that cannot be read hides no other.
        if let Ok(exposure) = parse(row).inspect_err(|error| report_unreadable(error)) {
            exposures.insert(exposure.merchant.clone(), exposure);
        }
    }
    let shown = attributes.into_iter().map(|attributes| {
        let exposure = exposures.remove(&attributes.id);
        let gate = gates.get(&attributes.id).and_then(|measures| gate(measures, now_ms));
        Shown { attributes, exposure, gate }
    });
    Ok(shown.collect())
}

/// The merchants whose exposure is to be computed.
pub(super) async fn due<D: Db>(db: &mut D, now_ms: u64, limit: usize) -> Result<Vec<String>, LedgerError> {
    let today_ms = cursor(now_ms - now_ms % DAY_MS);
    let ahead_ms = cursor(now_ms.saturating_add(AHEAD_MS));
    let values = [MERCHANT.into(), today_ms.into(), cursor(now_ms).into(), count(limit).into(), ahead_ms.into()];
    let found = db.fetch_all(DUE, &values).await?;
    found.iter().map(|row| Ok(row.text("id")?)).collect()
}

/// Files exposures of a day, with the events of those that changed. The events take the transaction's last lock.
pub(super) async fn file<D: ExposureDb + OutboxDb>(
    db: &mut D,
    exposures: &[Filed],
    now_ms: u64,
) -> Result<(), LedgerError> {
    let day = signed("day", now_ms / DAY_MS)?;
    let row = |one: &Filed| {
        json!([one.merchant, day, one.points, one.sd, one.kept, one.signals, u8::from(one.turn), one.at_ms])
    };
    let rows = Value::Array(exposures.iter().map(row).collect()).to_string();
    db.execute(D::FILE_EXPOSURES, &[rows.as_str().into()]).await?;
    let row = |one: &Filed| json!([one.merchant, one.at_ms, one.told.as_ref().map(|told| told.m)]);
    let rows = Value::Array(exposures.iter().map(row).collect()).to_string();
    db.execute(D::MARK_COMPUTED, &[MERCHANT.into(), rows.as_str().into()]).await?;
    if exposures.iter().any(|one| one.told.is_some()) {
        delete_old::<_, LedgerError>(db, now_ms).await?;
    }
    for one in exposures {
        let Some(told) = &one.told else { continue };
        let (m, before) = (four_decimals(told.m), four_decimals(told.before));
        let event = TrustEvent {
            format: TRUST_EVENT_FORMAT,
            at_ms: one.at_ms,
            party: TrustParty { kind: MERCHANT.to_owned(), id: one.merchant.clone() },
            what: TrustChange::ExposureChanged { m, before, why: told.why.to_owned() },
        };
        insert_event::<_, LedgerError>(db, &event).await?;
    }
    Ok(())
}

/// Marks merchants as computed, of which nothing is filed.
pub(super) async fn pass_over<D: ExposureDb>(db: &mut D, merchants: &[String], now_ms: u64) -> Result<(), LedgerError> {
    let at_ms = signed("computed_ms", now_ms)?;
    let row = |merchant: &String| json!([merchant, at_ms, Value::Null]);
    let rows = Value::Array(merchants.iter().map(row).collect()).to_string();
    db.execute(D::MARK_COMPUTED, &[MERCHANT.into(), rows.as_str().into()]).await?;
    Ok(())
}

fn parse(row: &impl Columns) -> Result<Filed, Malformed> {
    Ok(Filed {
        merchant: row.text("merchant")?,
        points: row.real("points")?,
        sd: row.real("sd")?,
        kept: row.real("kept")?,
        signals: row.real("signals")?,
        turn: row.number("turn")? == 1,
        at_ms: row.number("at_ms")?,
        told: None,
    })
}
