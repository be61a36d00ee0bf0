//! The draw of a panel against a case's rows: who was called, and who was counted. It decides no case.

use crate::error::{Error, require};
use crate::row::Row;
use crate::statement::{Called, Statement};
use crate::ticket::{commitment, seed, ticket};

/// Checks that the stated draw is the committed one, that called rows have tickets up to the last one, and that the
/// lowest of those who voted were counted. An erased case, or a void one, has no rows.
///
/// # Errors
/// The draw is another one, or a row does not fit it.
pub fn check_draw(statement: &Statement, rows: &[Row]) -> Result<(), Error> {
    let Some(draw) = &statement.draw else {
        let is_called = rows.iter().any(|row| row.called.is_some());
        return require(!is_called, "a row was called, and no panel was drawn");
    };
    require(commitment(&draw.nonce) == draw.commitment, "the nonce is not the one that was committed to")?;
    let is_stated = |row: &Row| row.called.is_none_or(|stratum| statement.called.iter().any(|c| c.stratum == stratum));
    require(rows.iter().all(is_stated), "a row was called to a stratum that is not stated")?;
    let beacon = statement.beacon.as_ref().and_then(|beacon| beacon.signature.as_deref()).unwrap_or_default();
    let seed = seed(&draw.nonce, &statement.case, beacon);
    let ticket = |row: &Row| ticket(&seed, &row.pseudonym);
    statement.called.iter().try_for_each(|called| check_stratum(called, rows, ticket))
}

fn check_stratum(called: &Called, rows: &[Row], ticket: impl Fn(&Row) -> u64) -> Result<(), Error> {
    let own = rows.iter().filter(|row| row.called == Some(called.stratum));
    let mut own: Vec<(u64, &Row)> = own.map(|row| (ticket(row), row)).collect();
    own.sort_unstable_by_key(|(ticket, row)| (*ticket, row.pseudonym));
    require(own.len() as u64 <= called.called, "more rows were called than are stated")?;
    let is_within = own.last().is_none_or(|(ticket, _)| *ticket <= called.last_ticket);
    require(is_within, "a row was called whose ticket is above the last one")?;
    let counted_first = (0_u64..).zip(&own).all(|(place, (_, row))| row.counted == (place < called.seats));
    require(counted_first, "the counted ballots are not those of the lowest tickets")
}
