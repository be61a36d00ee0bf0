//! Rows of the ledger in memory: which are filed, and when they are final.

use super::*;

const CASE: CaseId = CaseId(Uuid::from_u128(1));

fn ledger() -> Ledger {
    Ledger::of_node(Uuid::from_u128(7))
}

fn row(epoch: u64, ballots: u64, is_final: bool) -> LedgerRow {
    LedgerRow { case: CASE, epoch, ballots, is_final }
}

/// The rows that differ from the filed ones, which are filed now.
fn file(ledger: &Ledger) -> Vec<LedgerRow> {
    let accounts = ledger.0.as_ref().unwrap();
    let rows = accounts.changed_rows();
    accounts.filed(&rows);
    rows
}

#[test]
fn only_rows_that_grew_are_filed_again() {
    let ledger = ledger();
    let batch = ledger.begin(CASE, 1);
    assert_eq!(file(&ledger), [], "nothing is answered yet");
    batch.count(20);
    assert_eq!(file(&ledger), [row(1, 20, false)]);
    assert_eq!(file(&ledger), []);
    drop(batch);
    ledger.begin(CASE, 2).count(3);
    assert_eq!(file(&ledger), [row(2, 3, false)]);
}

#[test]
fn a_row_is_final_once_the_seal_is_seen_and_no_batch_is_in_flight() {
    let ledger = ledger();
    let (first, last) = (ledger.begin(CASE, 1), ledger.begin(CASE, 1));
    first.count(2);
    ledger.seal(CASE, 1);
    assert_eq!(file(&ledger), [row(1, 2, false)]);
    assert_eq!(ledger.own(CASE, 1), (2, false));
    drop(first);
    last.count(1);
    assert_eq!(file(&ledger), [row(1, 3, false)]);
    drop(last);
    assert_eq!(file(&ledger), [row(1, 3, true)]);
    assert_eq!(ledger.own(CASE, 1), (3, true));
}

#[test]
fn a_node_without_ballots_says_so_at_the_seal() {
    let ledger = ledger();
    ledger.seal(CASE, 1);
    assert_eq!(file(&ledger), [row(1, 0, true)]);
}

#[test]
fn a_seal_ends_no_later_epoch() {
    let ledger = ledger();
    ledger.begin(CASE, 1).count(2);
    ledger.seal(CASE, 1);
    // The store lost the sealed case before the docket had the seal.
    ledger.begin(CASE, 2).count(1);
    assert_eq!(file(&ledger), [row(1, 2, true), row(2, 1, false)]);
    ledger.seal(CASE, 2);
    assert_eq!(file(&ledger), [row(2, 1, true)]);
}

#[test]
fn an_ended_case_is_compared_after_its_rows_are_filed_once_more() {
    let ledger = ledger();
    ledger.begin(CASE, 1).count(2);
    ledger.begin(CASE, 2).count(5);
    file(&ledger);
    ledger.end(CASE);
    let accounts = ledger.0.as_ref().unwrap();
    assert_eq!(accounts.ended(), []);
    assert_eq!(file(&ledger), [row(1, 2, true), row(2, 5, true)]);
    assert_eq!(accounts.ended(), [(CASE, Some((2, 5)))]);
    // The docket went back, and the case goes on.
    accounts.reopen(CASE);
    assert_eq!(accounts.ended(), []);
}

#[test]
fn the_ledger_of_a_tally_in_the_same_file_is_empty() {
    let ledger = Ledger::default();
    ledger.begin(CASE, 1).count(2);
    ledger.seal(CASE, 1);
    assert_eq!(ledger.own(CASE, 1), (0, true));
}
