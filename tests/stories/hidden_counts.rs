//! Hidden counts: a count that a role may not see is in none of the bytes that it receives.

use live_jury_protocol::{CaseId, Role};
use live_jury_tests::api::case;
use live_jury_tests::juror::Juror;
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use serde_json::json;

const ROOM: &str = "live-42";

live_jury_tests::on_both! {
    a_running_count_is_sent_to_permitted_roles_only
    a_verdicts_counts_are_public_unless_the_case_is_void
    a_late_viewer_receives_no_hidden_counts
    counts_below_the_policys_number_are_sent_to_nobody
    a_blind_case_shows_counts_to_nobody_before_the_seal
}

/// One socket of each role. Ann votes, Bob does not.
struct Room {
    ann: Juror,
    bob: Juror,
    host: Juror,
    overlay: Juror,
    moderator: Juror,
}

impl Room {
    async fn enter(node: &Node, room: &str) -> Self {
        Self {
            ann: node.viewer(room, "ann").await,
            bob: node.viewer(room, "bob").await,
            host: node.join_as(Role::Host, room).await,
            overlay: node.join_as(Role::Overlay, room).await,
            moderator: node.join_as(Role::Moderator, room).await,
        }
    }

    fn all(&mut self) -> [(&'static str, &mut Juror); 5] {
        [
            ("ann", &mut self.ann),
            ("bob", &mut self.bob),
            ("host", &mut self.host),
            ("overlay", &mut self.overlay),
            ("moderator", &mut self.moderator),
        ]
    }

    /// Names of the sockets that received counts, once all show this number of ballots.
    async fn sockets_with_counts(&mut self, id: CaseId, ballots: u64) -> Vec<&'static str> {
        let mut seen = Vec::new();
        for (name, juror) in self.all() {
            let tally = juror.wait_for_ballots(id, ballots).await;
            assert_eq!(tally.ballots, ballots, "how many ballots are in is always shown");
            if has_counts(juror) {
                seen.push(name);
            }
        }
        seen
    }
}

fn reads_all(role: Role) -> bool {
    matches!(role, Role::Moderator | Role::Platform)
}

fn has_counts(juror: &Juror) -> bool {
    juror.texts.iter().any(|text| text.contains("counts"))
}

async fn a_running_count_is_sent_to_permitted_roles_only(stores: Stores) {
    let node = stores.node().await;
    for (reveal, before, after) in [
        (
            "live",
            &["ann", "bob", "host", "overlay", "moderator"][..],
            &["ann", "bob", "host", "overlay", "moderator"][..],
        ),
        ("after_vote", &["moderator"], &["ann", "moderator"]),
        ("after_close", &["moderator"], &["moderator"]),
    ] {
        // Each case has a room of its own, so all frames there are about it.
        let mut room = Room::enter(&node, reveal).await;
        let new = case(json!({ "rules": { "quorum": 1, "reveal": reveal } }));
        let id = node.moderator(reveal).create(reveal, new).await.id;
        node.viewer(reveal, "eve").await.vote(id, "merchant").await;
        assert_eq!(room.sockets_with_counts(id, 1).await, before, "{reveal}, before ann votes");
        room.ann.vote(id, "buyer").await;
        assert_eq!(room.sockets_with_counts(id, 2).await, after, "{reveal}, after ann voted");
        for role in [Role::Viewer, Role::Host, Role::Overlay] {
            let token = live_jury_tests::tokens::token(role, reveal, "ann");
            let read = node.api(&token).get(&format!("/cases/{id}")).await;
            assert!(read.status == 200 && !read.text.contains("counts"), "{reveal}: {role} reads {}", read.text);
        }
    }
}

async fn a_verdicts_counts_are_public_unless_the_case_is_void(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    // The void case comes first, as the docket still shows it beside the second one.
    for is_void in [true, false] {
        let mut room = Room::enter(&node, ROOM).await;
        let new = case(json!({ "rules": { "quorum": 1, "reveal": "after_close" } }));
        let id = moderator.create(ROOM, new).await.id;
        room.ann.vote(id, "buyer").await;
        if is_void {
            moderator.void(id, "the wrong product was shown").await;
        } else {
            moderator.close(id).await;
        }
        for (name, juror) in room.all() {
            let counts = juror.wait_for_verdict(id).await.counts;
            assert_eq!(counts.is_some(), !is_void || name == "moderator", "{name} of a void case: {is_void}");
            assert_eq!(has_counts(juror), !is_void || name == "moderator", "{name} of a void case: {is_void}");
        }
        // A merchant reads its own standing, and no case.
        for role in Role::ALL.into_iter().filter(|role| *role != Role::Merchant) {
            let scope = if role == Role::Platform { "*" } else { ROOM };
            let token = live_jury_tests::tokens::token(role, scope, "zoe");
            let read = node.api(&token).case(id).await.verdict.unwrap();
            assert_eq!(read.counts.is_some(), !is_void || reads_all(role), "{role} reads {read:?}");
            let listed = node.api(&token).get(&format!("/rooms/{ROOM}/verdicts?limit=1")).await;
            assert_eq!(listed.text.contains("counts"), !is_void || reads_all(role), "{}", listed.text);
        }
    }
}

async fn a_late_viewer_receives_no_hidden_counts(stores: Stores) {
    let node = stores.node().await;
    let id = node.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
    node.viewer(ROOM, "ann").await.vote(id, "buyer").await;
    let mut late = node.viewer(ROOM, "bob").await;
    late.wait_for_ballots(id, 1).await;
    assert!(!has_counts(&late));
    // Ann joins again and has still voted.
    let mut back = node.viewer(ROOM, "ann").await;
    assert!(back.wait_for_ballots(id, 1).await.counts.is_some());
}

/// Below the policy's number of ballots nobody sees counts, whatever the case reveals.
async fn counts_below_the_policys_number_are_sent_to_nobody(stores: Stores) {
    let node = stores.node().await;
    let shop = node.api(&live_jury_tests::tokens::token(Role::Platform, "*", "shop"));
    let body = Some(json!({ "counts_from": 3 }).to_string().into_bytes());
    assert_eq!(shop.send("PUT", &format!("/rooms/{ROOM}/policy"), &[], body).await.status, 200);
    let moderator = node.moderator(ROOM);
    let mut room = Room::enter(&node, ROOM).await;
    let id = moderator.create(ROOM, case(json!({ "rules": { "quorum": 1, "reveal": "live" } }))).await.id;
    room.ann.vote(id, "buyer").await;
    node.viewer(ROOM, "eve").await.vote(id, "buyer").await;
    assert_eq!(room.sockets_with_counts(id, 2).await, [] as [&str; 0]);
    let tally = moderator.tally(id).await;
    assert_eq!((tally.ballots, tally.counts), (2, None));
    node.viewer(ROOM, "mal").await.vote(id, "merchant").await;
    assert_eq!(room.sockets_with_counts(id, 3).await.len(), 5);
    assert!(moderator.tally(id).await.counts.is_some());
}

/// Under `blind` not even a moderator sees counts of an open case. All see those of the verdict.
async fn a_blind_case_shows_counts_to_nobody_before_the_seal(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let mut room = Room::enter(&node, ROOM).await;
    let rules = json!({ "quorum": 1, "reveal": "after_close", "blind": true });
    let id = moderator.create(ROOM, case(json!({ "rules": rules }))).await.id;
    room.ann.vote(id, "buyer").await;
    assert_eq!(room.sockets_with_counts(id, 1).await, [] as [&str; 0]);
    assert_eq!(moderator.tally(id).await.counts, None);
    assert!(moderator.close(id).await.verdict.unwrap().counts.is_some());
    for (name, juror) in room.all() {
        assert!(juror.wait_for_verdict(id).await.counts.is_some(), "{name}");
    }
}
