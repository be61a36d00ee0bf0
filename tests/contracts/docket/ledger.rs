//! The ledger: what nodes have answered as counted, how it adds up, and when it goes.

use live_jury_court::StoreId;
use live_jury_protocol::CaseId;
use live_jury_server::docket::{LEDGER_KEPT_MS, LedgerRow, LedgerSum};
use uuid::Uuid;

use super::builders::{ballots, entry, opened, record, sealed_in};
use super::fixture::DocketFixture;

const STORE: StoreId = StoreId(Uuid::from_u128(9));

fn node(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn row(case: CaseId, epoch: u64, ballots: u64) -> LedgerRow {
    LedgerRow { case, epoch, ballots, is_final: false }
}

fn last(case: CaseId, epoch: u64, ballots: u64) -> LedgerRow {
    LedgerRow { is_final: true, ..row(case, epoch, ballots) }
}

fn sum(ballots: u64, awaited: u64) -> LedgerSum {
    LedgerSum { ballots, awaited }
}

pub async fn the_ledger_adds_up_what_other_nodes_filed(fixture: DocketFixture) {
    let docket = &fixture.docket;
    let [one, two] = [1, 2].map(|number| CaseId(Uuid::from_u128(number)));
    docket.file_ledger(node(1), &[row(one, 1, 20), row(one, 2, 3), row(two, 1, 7)]).await.unwrap();
    docket.file_ledger(node(2), &[row(one, 1, 25)]).await.unwrap();
    let of_others = async |case, epoch, own| docket.ledger_of_others(case, epoch, node(own)).await.unwrap();
    assert_eq!(of_others(one, 1, 3).await, sum(45, 0));
    assert_eq!(of_others(one, 1, 1).await, sum(25, 0));
    assert_eq!((of_others(one, 2, 3).await, of_others(two, 1, 3).await), (sum(3, 0), sum(7, 0)));
    assert_eq!(of_others(two, 9, 3).await, sum(0, 0));
    // A filing that comes late lowers nothing.
    docket.file_ledger(node(1), &[row(one, 1, 21)]).await.unwrap();
    docket.file_ledger(node(1), &[row(one, 1, 4)]).await.unwrap();
    assert_eq!(of_others(one, 1, 3).await, sum(46, 0));
    docket.file_ledger(node(1), &[]).await.unwrap();
}

pub async fn only_running_nodes_are_awaited(fixture: DocketFixture) {
    let docket = &fixture.docket;
    let case = CaseId(Uuid::from_u128(1));
    for number in [1, 2, 3] {
        docket.report_node(node(number), STORE).await.unwrap();
    }
    docket.file_ledger(node(1), &[row(case, 1, 5)]).await.unwrap();
    docket.file_ledger(node(2), &[last(case, 1, 0)]).await.unwrap();
    let of_others = async |own| docket.ledger_of_others(case, 1, node(own)).await.unwrap();
    assert_eq!(of_others(3).await, sum(5, 1), "node 1 may count more");
    assert_eq!(of_others(1).await, sum(0, 1), "node 3 has told nothing");
    docket.file_ledger(node(1), &[last(case, 1, 6)]).await.unwrap();
    docket.remove_node(node(3)).await.unwrap();
    assert_eq!((of_others(3).await, of_others(9).await), (sum(6, 0), sum(6, 0)));
    docket.report_node(node(4), STORE).await.unwrap();
    assert_eq!(of_others(9).await, sum(6, 1));
    fixture.execute("UPDATE nodes SET seen_at_ms = seen_at_ms - 11000").await.unwrap();
    assert_eq!(of_others(9).await, sum(6, 0), "node 4 is dead");
}

pub async fn ledger_rows_go_a_day_after_the_record(fixture: DocketFixture) {
    let docket = &fixture.docket;
    let (open, recorded) = (opened(&**docket, 1, "live").await, sealed_in(&**docket, 2, "live").await);
    record(&**docket, &recorded, &ballots(3)).await.unwrap();
    for case in [open.id, recorded.id] {
        docket.file_ledger(node(1), &[last(case, 1, 2)]).await.unwrap();
        docket.file_ledger(node(2), &[last(case, 1, 1)]).await.unwrap();
    }
    let left = async |case| docket.ledger_of_others(case, 1, node(9)).await.unwrap().ballots;
    let age = async |by_ms: u64, of: &str| {
        let sql = format!("UPDATE ledger SET filed_at_ms = filed_at_ms - {by_ms} WHERE {of}");
        fixture.execute(&sql).await.unwrap();
    };
    // A row of a node that died early stays with the others.
    age(2 * LEDGER_KEPT_MS, "ballots = 2").await;
    docket.sweep_ledger().await.unwrap();
    assert_eq!((left(open.id).await, left(recorded.id).await), (3, 3));
    age(2 * LEDGER_KEPT_MS, "ballots = 1").await;
    docket.sweep_ledger().await.unwrap();
    assert_eq!((left(open.id).await, left(recorded.id).await), (3, 0), "an open case keeps its rows");
}

pub async fn a_note_is_added_after_the_record(fixture: DocketFixture) {
    let docket = &fixture.docket;
    let sealed = sealed_in(&**docket, 1, "live").await;
    let recorded = record(&**docket, &sealed, &ballots(3)).await.unwrap();
    let before = docket.audit(recorded.id).await.unwrap();
    let note = entry(&recorded, "server", "ballots_missing");
    docket.note(recorded.id, &note).await.unwrap();
    let after = docket.audit(recorded.id).await.unwrap();
    assert_eq!((&after[..before.len()], after.last()), (&before[..], Some(&note)));
    assert_eq!(docket.case(recorded.id).await.unwrap(), Some(recorded));
}
