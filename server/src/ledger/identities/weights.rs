//! Decided pairs of applications, and the probabilities that a night estimated from them. It estimates nothing.

use std::collections::BTreeMap;

use live_jury_proof::text::hex;
use live_jury_trust::identity::token::{KeyId, Stored};
use live_jury_trust::identity::weigh::Held;
use live_jury_trust::identity::weights::{Levels, Moved, Weights};
use live_jury_trust::identity::{Field, Level, Row};
use serde_json::json;
use uuid::Uuid;

use super::tokens::{PartyKey, logos_of, party_key, stored};
use super::{ApplicationDb, ApplicationRow, ApplicationState, ROWS_AT_ONCE};
use crate::ledger::LedgerError;
use crate::sql::query::Db;
use crate::sql::row::{Columns, Malformed, count, json as text_of, signed};

/// The parties whose tokens are read at once.
const PARTIES_AT_ONCE: usize = 250;
/// `$1` application, `$2` whether both are one. A later look without a candidate has no levels.
const DECIDE: &str = "UPDATE trust_application SET is_same = $2 WHERE id = $1 AND levels IS NOT NULL";
/// `$1` id after which or NULL, `$2` limit.
const DECIDED: &str = "SELECT id, levels, is_same FROM trust_application WHERE is_same IS NOT NULL \
    AND (CAST($1 AS UUID) IS NULL OR id > $1) ORDER BY id LIMIT $2";
/// `$1` limit: parties in a random order. The table is read once a day.
const SAMPLE: &str = "SELECT kind, party FROM trust_identity ORDER BY random() LIMIT $1";
const DELETE: &str = "DELETE FROM trust_weight";
const FILED: &str = "SELECT field, day, m2, m1, m0, u2, u1 FROM trust_weight";

/// A pair on which a moderator decided.
#[derive(Clone, Debug, PartialEq)]
pub struct DecidedPair {
    /// The application.
    pub application: Uuid,
    /// The levels of fields that both sides had.
    pub levels: Levels,
    /// Whether the moderator found that both are one.
    pub is_same: bool,
}

/// The probabilities by which applications are weighed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FiledWeights {
    /// The probabilities. Fields that no night has moved have those of the table.
    pub weights: Weights,
    /// The day of the night that moved them, in days since 1970-01-01.
    pub day: Option<u64>,
}

/// Levels as a row has them; none of an application that met nobody.
pub(super) fn written(levels: &Levels) -> Result<Option<String>, Malformed> {
    let names: BTreeMap<&str, &str> = levels.iter().map(|(field, level)| (field.as_str(), level.as_str())).collect();
    (!names.is_empty()).then(|| text_of("levels", &names)).transpose()
}

/// Levels as they were written. Names that this program does not know are left out.
fn read(row: &impl Columns) -> Result<Levels, Malformed> {
    let names: BTreeMap<String, String> = row.json("levels")?;
    let known = |(field, level): (&String, &String)| Some((Field::from_name(field)?, Level::from_name(level)?));
    Ok(names.iter().filter_map(known).collect())
}

/// Keeps what a moderator's decision says about the pair. Probation decides nothing about it.
pub(super) async fn decide<D: Db>(
    db: &mut D,
    found: &ApplicationRow,
    state: ApplicationState,
) -> Result<(), LedgerError> {
    let is_same: i64 = match state {
        ApplicationState::Refused => 1,
        ApplicationState::Passed => 0,
        ApplicationState::Probation | ApplicationState::Held => return Ok(()),
    };
    db.execute(DECIDE, &[found.id.into(), is_same.into()]).await?;
    Ok(())
}

/// Takes back what a decision said about a pair.
pub(super) async fn take_back<D: Db>(db: &mut D, id: Uuid) -> Result<(), LedgerError> {
    db.execute(DECIDE, &[id.into(), None::<i64>.into()]).await?;
    Ok(())
}

/// The next decided pairs after one.
pub(in crate::ledger) async fn decided<D: Db>(
    db: &mut D,
    after: Option<Uuid>,
) -> Result<Vec<DecidedPair>, LedgerError> {
    let found = db.fetch_all(DECIDED, &[after.into(), ROWS_AT_ONCE.into()]).await?;
    let pair = |row: &D::Row| {
        Ok(DecidedPair { application: row.uuid("id")?, levels: read(row)?, is_same: row.number("is_same")? == 1 })
    };
    found.iter().map(pair).collect()
}

/// Parties in a random order, with what is kept of them under a key. Those under another key are left out: tokens of
/// two keys are never equal.
pub(in crate::ledger) async fn sample<D: ApplicationDb>(
    db: &mut D,
    key: KeyId,
    limit: usize,
) -> Result<Vec<Held>, LedgerError> {
    let found = db.fetch_all(SAMPLE, &[count(limit).into()]).await?;
    let parties = found.iter().map(party_key).collect::<Result<Vec<PartyKey>, _>>()?;
    let key = hex(&key.0);
    let mut sample = Vec::with_capacity(parties.len());
    for parties in parties.chunks(PARTIES_AT_ONCE) {
        let list = text_of("parties", &parties)?;
        let mut held: BTreeMap<PartyKey, Vec<Stored>> = BTreeMap::new();
        for row in &db.fetch_all(D::HELD_UNDER, &[list.as_str().into(), key.as_str().into()]).await? {
            held.entry(party_key(row)?).or_default().push(stored(row)?);
        }
        let logos = logos_of(db, &list).await?;
        let one = |party: &PartyKey| {
            let held: Held = held.remove(party)?.into_iter().collect();
            Some(held.with_logo(logos.get(party).copied()))
        };
        sample.extend(parties.iter().filter_map(one));
    }
    Ok(sample)
}

/// Files the probabilities of a day in the place of all earlier ones. None leaves those of the table.
pub(in crate::ledger) async fn file<D: ApplicationDb>(
    db: &mut D,
    day: u64,
    weights: &Weights,
) -> Result<(), LedgerError> {
    db.execute(DELETE, &[]).await?;
    let row = |(field, row): (Field, Row)| {
        let [m2, m1, m0] = row.m;
        json!([field.as_str(), m2, m1, m0, row.u2, row.u1])
    };
    let rows = serde_json::Value::Array(weights.moved().map(row).collect()).to_string();
    db.execute(D::INSERT_WEIGHTS, &[signed("day", day)?.into(), rows.as_str().into()]).await?;
    Ok(())
}

/// The probabilities by which applications are weighed now.
pub(in crate::ledger) async fn filed<D: Db>(db: &mut D) -> Result<FiledWeights, LedgerError> {
    let found = db.fetch_all(FILED, &[]).await?;
    let day = found.first().map(|row| row.number("day")).transpose()?;
    let mut moved: BTreeMap<Field, Moved> = BTreeMap::new();
    for row in &found {
        if let Some(field) = Field::from_name(&row.text("field")?) {
            let m = [row.real("m2")?, row.real("m1")?, row.real("m0")?];
            moved.insert(field, (m, row.real("u2")?, row.real("u1")?));
        }
    }
    Ok(FiledWeights { weights: moved.into_iter().collect(), day })
}
