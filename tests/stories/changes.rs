//! Ballots that may be changed: change numbers keep a late repeat from undoing a change. Tested through the public
//! surface only.

use live_jury_protocol::{BallotStatus, Refusal};
use live_jury_tests::api::case;
use live_jury_tests::juror::{Answer, counts};
use live_jury_tests::stores::Stores;
use serde_json::{Value, json};

const ROOM: &str = "live-42";

live_jury_tests::on_both! {
    a_change_needs_the_next_number
    a_cast_without_a_number_follows_the_last_known_ballot
    a_changed_ballot_is_recorded_once
}

fn changeable() -> Value {
    case(json!({ "rules": { "quorum": 1, "reveal": "after_close", "allow_change": true } }))
}

/// The status, the stored option and the stored change number of a recorded answer.
fn recorded(answer: Answer) -> (BallotStatus, String, u32) {
    match answer {
        Answer::Recorded(status, ballot) => (status, ballot.option.to_string(), ballot.change),
        other => panic!("{other:?}"),
    }
}

async fn a_change_needs_the_next_number(stores: Stores) {
    use BallotStatus::{Changed, Counted, Duplicate};
    let node = stores.node().await;
    let id = node.moderator(ROOM).create(ROOM, changeable()).await.id;
    let mut ann = node.viewer(ROOM, "ann").await;
    for (option, number, status, stored, stored_number) in [
        ("buyer", 0, Counted, "buyer", 0),
        ("merchant", 1, Changed, "merchant", 1),
        // Late repeats of the first ballot and of the change.
        ("buyer", 0, Duplicate, "merchant", 1),
        ("merchant", 1, Duplicate, "merchant", 1),
        // A number that skips one does not follow the stored ballot.
        ("buyer", 3, Duplicate, "merchant", 1),
        ("buyer", 2, Changed, "buyer", 2),
    ] {
        let answer = recorded(ann.cast_change(id, option, number).await);
        assert_eq!(answer, (status, stored.to_owned(), stored_number), "{option} as number {number}");
    }
    assert_eq!(node.moderator(ROOM).tally(id).await.counts, counts([("buyer", 1), ("merchant", 0), ("abstain", 0)]));
}

async fn a_cast_without_a_number_follows_the_last_known_ballot(stores: Stores) {
    let node = stores.node().await;
    let id = node.moderator(ROOM).create(ROOM, changeable()).await.id;
    let mut phone = node.viewer(ROOM, "ann").await;
    assert_eq!(phone.vote(id, "buyer").await.change, 0);
    let desktop = node.viewer(ROOM, "ann").await;
    assert_eq!(desktop.welcome.as_ref().unwrap().ballots[0].change, 0);
    let mut desktop = desktop;
    assert_eq!(recorded(desktop.cast(id, "merchant").await), (BallotStatus::Changed, "merchant".to_owned(), 1));
    // The phone does not know the change: it sends number 1 too, and receives the stored ballot.
    assert_eq!(recorded(phone.cast(id, "abstain").await), (BallotStatus::Duplicate, "merchant".to_owned(), 1));
    // Now it knows.
    assert_eq!(recorded(phone.cast(id, "abstain").await), (BallotStatus::Changed, "abstain".to_owned(), 2));
    let back = node.viewer(ROOM, "ann").await.welcome.unwrap().ballots;
    assert_eq!((back[0].option.as_str(), back[0].change), ("abstain", 2));
}

async fn a_changed_ballot_is_recorded_once(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let id = moderator.create(ROOM, changeable()).await.id;
    let mut ann = node.viewer(ROOM, "ann").await;
    ann.vote(id, "buyer").await;
    ann.cast_change(id, "merchant", 1).await;
    let ended = moderator.close(id).await;
    assert_eq!(ended.verdict.unwrap().counts, counts([("buyer", 0), ("merchant", 1), ("abstain", 0)]));
    assert_eq!(moderator.ballots(id).await.len(), 1);
    // After the close, a repeat of any recorded ballot still gets its answer, and a new one is refused.
    for number in [0, 1] {
        let late = recorded(ann.cast_change(id, "buyer", number).await);
        assert_eq!(late, (BallotStatus::Duplicate, "merchant".to_owned(), 1));
    }
    assert_eq!(ann.cast_change(id, "buyer", 2).await, Answer::Refused(Refusal::Closed, None));
}
