//! The draw of a panel, made again from its nonce.

use live_jury_proof::row::Row;
use live_jury_proof::statement::{Called, Statement};
use live_jury_proof::ticket::{commitment, seed, ticket};

use crate::Case;
use crate::report::Finding;

/// Checks commitment, tickets, and which ballots were counted.
pub(crate) fn check(case: &Case) -> Finding {
    let statement = &case.statement;
    if statement.draw.is_none() {
        return match &case.rows {
            Some(rows) if rows.iter().any(|row| row.called.is_some()) => {
                Finding::failed("a row was called, and no panel was drawn")
            }
            _ => Finding::none("no panel was drawn"),
        };
    }
    Finding::of(draw(statement, case.rows.as_deref().unwrap_or_default()))
}

fn draw(statement: &Statement, rows: &[Row]) -> Result<String, &'static str> {
    let draw = statement.draw.as_ref().ok_or("no panel was drawn")?;
    if commitment(&draw.nonce) != draw.commitment {
        return Err("the nonce is not the one that was committed to");
    }
    if rows.iter().any(|row| row.called.is_some_and(|stratum| statement.called.iter().all(|c| c.stratum != stratum))) {
        return Err("a row was called to a stratum that is not stated");
    }
    let beacon = statement.beacon.as_ref().and_then(|beacon| beacon.signature.as_deref()).unwrap_or_default();
    let seed = seed(&draw.nonce, &statement.case, beacon);
    for called in &statement.called {
        check_stratum(called, rows, |row| ticket(&seed, &row.pseudonym))?;
    }
    let called: u64 = statement.called.iter().map(|called| called.called).sum();
    Ok(format!("{called} were called by their tickets, and the first who voted were counted"))
}

fn check_stratum(called: &Called, rows: &[Row], ticket: impl Fn(&Row) -> u64) -> Result<(), &'static str> {
    let own = rows.iter().filter(|row| row.called == Some(called.stratum));
    let mut own: Vec<(u64, &Row)> = own.map(|row| (ticket(row), row)).collect();
    own.sort_unstable_by_key(|(ticket, row)| (*ticket, row.pseudonym));
    if own.len() as u64 > called.called {
        return Err("more rows were called than are stated");
    }
    if own.last().is_some_and(|(ticket, _)| *ticket > called.last_ticket) {
        return Err("a row was called whose ticket is above the last one");
    }
    let counted_first = (0_u64..).zip(&own).all(|(place, (_, row))| row.counted == (place < called.seats));
    if counted_first { Ok(()) } else { Err("the counted ballots are not those of the lowest tickets") }
}
