//! The sketch of a day, which all nodes merge theirs into.

use live_jury_trust::figure::sketch::Sketch;

use crate::ledger::LedgerError;
use crate::sql::query::Db;
use crate::sql::row::{Columns, Malformed, signed};

/// `$1` day, `$2` registers. Makes the row if it is not there, locks it, and returns what it holds.
const LOCK: &str = "INSERT INTO trust_sketch (day, registers) VALUES ($1, $2) \
    ON CONFLICT (day) DO UPDATE SET day = excluded.day RETURNING registers";
/// The same, in its place.
const SET: &str = "UPDATE trust_sketch SET registers = $2 WHERE day = $1";

pub(in crate::ledger) async fn merge<D: Db>(db: &mut D, day: u64, sketch: &Sketch) -> Result<(), LedgerError> {
    let (day, own) = (signed("day", day)?, sketch.encode());
    let locked = db.fetch_all(LOCK, &[day.into(), own.as_slice().into()]).await?;
    let Some(row) = locked.first() else { return Ok(()) };
    let before = parse(row)?;
    let mut merged = before.clone();
    merged.merge(sketch);
    if merged != before {
        db.execute(SET, &[day.into(), merged.encode().as_slice().into()]).await?;
    }
    Ok(())
}

/// The sketch of a row.
pub(super) fn parse(row: &impl Columns) -> Result<Sketch, Malformed> {
    Sketch::decode(row.bytes("registers")?).ok_or_else(|| Malformed::new("registers", "are no sketch"))
}
