//! The targets of webhooks: one node serves a target, deliveries of a party keep their order, and a replay begins anew.

use live_jury_server::docket::{Deliveries, Docket, HeldTarget, WaitingDelivery};
use uuid::Uuid;

use super::builders::{draft, entry};
use super::fixture::DocketFixture;

const TARGET: &str = "shop";
const NOW_MS: u64 = 1_795_358_533_556;

fn node(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn waiting(seq: u64, party: &str, due_ms: u64) -> WaitingDelivery {
    WaitingDelivery {
        seq,
        party: party.to_owned(),
        event: Uuid::from_u128(seq.into()),
        body: format!("{{\"seq\":{seq}}}"),
        attempts: 1,
        due_ms,
        failed_at_ms: None,
        why: "the answer is 503".to_owned(),
    }
}

fn done(cursor: u64) -> Deliveries {
    Deliveries { cursor, now_ms: NOW_MS, ..Deliveries::default() }
}

async fn due(docket: &dyn Docket, now_ms: u64) -> Vec<u64> {
    let found = docket.due_deliveries(TARGET, now_ms, 10).await.unwrap();
    found.into_iter().map(|delivery| delivery.seq).collect()
}

pub async fn one_node_at_a_time_serves_a_target(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let held = Some(HeldTarget { cursor: 0, stopped: false });
    assert_eq!(docket.hold_target(TARGET, node(1)).await.unwrap(), held);
    assert_eq!(docket.hold_target(TARGET, node(1)).await.unwrap(), held, "it renews its hold");
    assert_eq!(docket.hold_target(TARGET, node(2)).await.unwrap(), None);
    assert_eq!(docket.hold_target("other", node(2)).await.unwrap(), held, "each target has a node of its own");
    assert!(!docket.file_deliveries(TARGET, node(2), &done(7)).await.unwrap());
    docket.release_target(TARGET, node(2)).await.unwrap();
    assert_eq!(docket.hold_target(TARGET, node(2)).await.unwrap(), None, "it released nothing of another's");
    assert!(docket.file_deliveries(TARGET, node(1), &done(7)).await.unwrap());
    docket.release_target(TARGET, node(1)).await.unwrap();
    assert_eq!(docket.hold_target(TARGET, node(2)).await.unwrap(), Some(HeldTarget { cursor: 7, stopped: false }));
    assert!(!docket.file_deliveries(TARGET, node(1), &done(9)).await.unwrap(), "it holds the target no longer");
}

pub async fn a_new_target_begins_after_the_last_event(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    for n in 1..=2 {
        let drafted = draft(n, "live");
        docket.add(&drafted, &[entry(&drafted, "mod", "created")], None).await.unwrap();
    }
    let last = docket.events(0, 10).await.unwrap().last().unwrap().seq;
    let held = docket.hold_target(TARGET, node(1)).await.unwrap();
    assert_eq!(held, Some(HeldTarget { cursor: last, stopped: false }));
}

pub async fn deliveries_of_a_party_keep_their_order(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    docket.hold_target(TARGET, node(1)).await.unwrap();
    let filed = Deliveries {
        waiting: vec![waiting(1, "m_1", NOW_MS + 5_000), waiting(2, "m_1", NOW_MS), waiting(3, "m_2", NOW_MS)],
        ..done(3)
    };
    assert!(docket.file_deliveries(TARGET, node(1), &filed).await.unwrap());
    assert_eq!(due(docket, NOW_MS).await, [3], "the second stands behind the first");
    assert!(docket.party_waits(TARGET, "m_1").await.unwrap());
    assert!(!docket.party_waits(TARGET, "m_3").await.unwrap());
    assert_eq!(due(docket, NOW_MS + 5_000).await, [1, 3]);
    assert_eq!(docket.due_deliveries(TARGET, NOW_MS, 1).await.unwrap(), [waiting(3, "m_2", NOW_MS)]);

    let given_up = WaitingDelivery { failed_at_ms: Some(NOW_MS), attempts: 10, ..waiting(1, "m_1", NOW_MS) };
    let filed = Deliveries { delivered: vec![3], waiting: vec![given_up], ..done(3) };
    assert!(docket.file_deliveries(TARGET, node(1), &filed).await.unwrap());
    assert_eq!(due(docket, NOW_MS).await, [2], "the order goes on after one that was given up");
    let state = docket.targets().await.unwrap();
    assert_eq!((state[0].waiting, state[0].failed, state[0].cursor), (1, 1, 3));
}

pub async fn a_replayed_target_begins_again(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    assert!(!docket.replay(TARGET, 1).await.unwrap(), "there is no such target");
    docket.hold_target(TARGET, node(1)).await.unwrap();
    let waiting = vec![waiting(1, "m_1", NOW_MS), waiting(2, "m_2", NOW_MS)];
    let filed = Deliveries { waiting, stopped_at_ms: Some(NOW_MS), ..done(5) };
    assert!(docket.file_deliveries(TARGET, node(1), &filed).await.unwrap());
    let held = docket.hold_target(TARGET, node(1)).await.unwrap();
    assert_eq!(held, Some(HeldTarget { cursor: 5, stopped: true }));

    assert!(docket.replay(TARGET, 1).await.unwrap());
    assert!(!docket.file_deliveries(TARGET, node(1), &done(6)).await.unwrap(), "what was under way is not filed");
    assert_eq!(docket.hold_target(TARGET, node(2)).await.unwrap(), Some(HeldTarget { cursor: 1, stopped: false }));
    assert_eq!(due(docket, NOW_MS).await, [1], "later ones come from the outbox again");
}
