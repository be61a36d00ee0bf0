//! The rows, counted again. It trusts no stated number.

use live_jury_proof::row::{Row, Stratum, row_tree};
use live_jury_proof::statement::{GROUP_MIN, PanelSum, Statement, Sums};

use crate::Case;
use crate::report::Finding;

/// Compares the stated sums with the rows.
pub(crate) fn sums(case: &Case) -> Finding {
    let (statement, rows) = (&case.statement, &case.rows);
    let Some(sums) = &statement.sums else {
        return Finding::none("a void case has no sums");
    };
    let Some(rows) = rows else {
        return Finding::unchecked("erased, not recounted");
    };
    Finding::of(recount(statement, sums, rows))
}

fn recount(statement: &Statement, sums: &Sums, rows: &[Row]) -> Result<String, &'static str> {
    let options = statement.options.len();
    if rows.iter().any(|row| usize::from(row.option) >= options) {
        return Err("a row has an option that the case does not have");
    }
    let count = |rows: &mut dyn Iterator<Item = &Row>| {
        let mut counts = vec![0_u64; options];
        rows.for_each(|row| counts[usize::from(row.option)] += 1);
        counts
    };
    if count(&mut rows.iter()) != sums.counts {
        return Err("the rows do not add up to the counts");
    }
    let panel = |stratum: Stratum| {
        let counts = count(&mut rows.iter().filter(|row| row.counted && row.called == Some(stratum)));
        let counted = counts.iter().sum();
        PanelSum { stratum, counted, counts: (counted >= GROUP_MIN).then_some(counts) }
    };
    let own: Vec<PanelSum> = statement.called.iter().map(|called| panel(called.stratum)).collect();
    if own != sums.panel {
        return Err("the rows do not add up to the panel's counts");
    }
    let side = |side: u8| count(&mut rows.iter().filter(|row| row.side == side));
    match &sums.side {
        Some([buyer, merchant]) if side(1) != *buyer || side(2) != *merchant => {
            Err("the rows do not add up to the sides' counts")
        }
        None if rows.iter().any(|row| row.side != 0) => Err("a row tells a side that is not published"),
        _ => Ok(format!("{} ballots, counted again from the rows", rows.len())),
    }
}

/// Compares the rows with their root.
pub(crate) fn rows(case: &Case) -> Finding {
    let Some(stated) = &case.statement.rows else {
        return match &case.rows {
            None => Finding::none("a void case has no rows"),
            Some(_) => Finding::failed("a void case has rows"),
        };
    };
    let Some(bytes) = &case.bundle.rows else {
        return match case.is_erased() {
            true => Finding::unchecked("erased, not recounted"),
            false => Finding::failed("the rows are missing"),
        };
    };
    let rows = case.rows.as_ref().map_or(0, Vec::len) as u64;
    if rows != case.statement.ballots {
        return Finding::failed("the rows are not as many as the ballots");
    }
    if row_tree(bytes) != *stated {
        return Finding::failed("the rows are not those of the stated root");
    }
    Finding::Good(format!("{rows} rows in {} leaves have the stated root", stated.size))
}
