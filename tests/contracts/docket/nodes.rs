//! The nodes' rows and the current tally store: who names it, and when it is taken over.

use futures_util::future::join_all;
use live_jury_court::StoreId;
use live_jury_server::docket::NODE_KEPT_MS;
use uuid::Uuid;

use super::fixture::DocketFixture;

const NODES: u128 = 6;

fn node(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn store(number: u128) -> StoreId {
    StoreId(Uuid::from_u128(1_000 + number))
}

/// Ages the rows of all nodes.
async fn age(fixture: &DocketFixture, by_ms: u64) {
    fixture.execute(&format!("UPDATE nodes SET seen_at_ms = seen_at_ms - {by_ms}")).await.unwrap();
}

pub async fn the_first_node_names_the_current_store(fixture: DocketFixture) {
    let docket = &fixture.docket;
    assert_eq!(docket.report_node(node(1), store(1)).await.unwrap(), store(1));
    assert_eq!(docket.report_node(node(2), store(2)).await.unwrap(), store(1));
    let fixture = fixture.reopened().await;
    assert_eq!(fixture.docket.report_node(node(3), store(3)).await.unwrap(), store(1));
}

pub async fn nodes_that_start_together_name_one_store(fixture: DocketFixture) {
    let mut dockets = Vec::new();
    for _ in 0..NODES {
        dockets.push(fixture.neighbour().await);
    }
    let reporting = dockets.iter().zip(1..).map(|(docket, number)| docket.report_node(node(number), store(number)));
    let mut named: Vec<StoreId> = join_all(reporting).await.into_iter().map(Result::unwrap).collect();
    named.dedup();
    assert_eq!(named.len(), 1, "{named:?}");
}

pub async fn a_store_is_taken_over_once_no_node_runs_on_it(fixture: DocketFixture) {
    let docket = &fixture.docket;
    for number in [1, 2] {
        docket.report_node(node(number), store(1)).await.unwrap();
    }
    assert_eq!(docket.take_over(store(1), store(2)).await.unwrap(), store(1));
    // Node 1 runs on another store now, and node 2 stops in order.
    assert_eq!(docket.report_node(node(1), store(2)).await.unwrap(), store(1));
    assert_eq!(docket.take_over(store(1), store(2)).await.unwrap(), store(1));
    docket.remove_node(node(2)).await.unwrap();
    assert_eq!(docket.take_over(store(1), store(2)).await.unwrap(), store(2));
    assert_eq!(docket.report_node(node(3), store(3)).await.unwrap(), store(2));
    // A takeover from a store that is no longer the current one changes nothing.
    assert_eq!(docket.take_over(store(1), store(3)).await.unwrap(), store(2));
}

pub async fn a_dead_node_holds_its_store_for_ten_seconds(fixture: DocketFixture) {
    let docket = &fixture.docket;
    docket.report_node(node(1), store(1)).await.unwrap();
    age(&fixture, NODE_KEPT_MS / 2).await;
    assert_eq!(docket.take_over(store(1), store(2)).await.unwrap(), store(1));
    age(&fixture, NODE_KEPT_MS / 2).await;
    assert_eq!(docket.take_over(store(1), store(2)).await.unwrap(), store(2));
}

/// Nodes on two stores that try at the same moment: one of them becomes the current one.
pub async fn one_of_two_takeovers_wins(fixture: DocketFixture) {
    fixture.docket.report_node(node(1), store(1)).await.unwrap();
    age(&fixture, 2 * NODE_KEPT_MS).await;
    let other = fixture.neighbour().await;
    let (one, two) = (fixture.docket.take_over(store(1), store(2)), other.take_over(store(1), store(3)));
    let (one, two) = tokio::join!(one, two);
    assert_eq!(one.unwrap(), two.unwrap());
}
