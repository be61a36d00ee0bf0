//! The draw of a panel, made again from its nonce.

use live_jury_proof::draw::check_draw;

use crate::Case;
use crate::report::Finding;

/// Checks commitment, tickets, and which ballots were counted.
pub(crate) fn check(case: &Case) -> Finding {
    let statement = &case.statement;
    let checked = check_draw(statement, case.rows.as_deref().unwrap_or_default());
    if checked.is_ok() && statement.draw.is_none() {
        return Finding::none("no panel was drawn");
    }
    let called: u64 = statement.called.iter().map(|called| called.called).sum();
    let good = format!("{called} were called by their tickets, and the first who voted were counted");
    Finding::of(checked.map(|()| good))
}
