//! The draw of a panel, made again from its nonce.

use live_jury_proof::draw::check_draw;

use crate::Case;
use crate::report::Finding;

/// Checks commitment, tickets, and which ballots were counted. Without rows only the commitment can be checked.
pub(crate) fn check(case: &Case) -> Finding {
    let statement = &case.statement;
    let checked = check_draw(statement, case.rows.as_deref().unwrap_or_default());
    if checked.is_ok() && statement.draw.is_none() {
        return Finding::none("no panel was drawn");
    }
    if checked.is_ok() && case.rows.is_none() {
        return if statement.sums.is_some() {
            Finding::unchecked("the nonce is the one that was committed to; the rows were erased")
        } else {
            Finding::good("the nonce is the one that was committed to; a void case has no rows")
        };
    }
    let called: u64 = statement.called.iter().map(|called| called.called).sum();
    let good = format!("{called} were called by their tickets, and the first who voted were counted");
    Finding::of(checked.map(|()| good))
}
