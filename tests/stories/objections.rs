//! Objections: a juror whose device finds a verdict wrong can say so, and moderators read how many did.

use std::time::Duration;

use live_jury_protocol::{CaseId, ObjectionKind, Role};
use live_jury_tests::api::{Api, Reply, case};
use live_jury_tests::in_time;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{self, token, viewer};
use serde_json::json;

use crate::verdict_log::{proof_of, signing_node};

const ROOM: &str = "live-42";
/// The time between two looks at the number of proofs, which nodes file every 10 s.
const FILED_RETRY: Duration = Duration::from_millis(200);

live_jury_tests::on_both! {
    a_juror_objects_once_and_moderators_read_it
    proofs_that_were_served_are_counted
}

async fn object(api: &Api, id: CaseId, kind: &str) -> Reply {
    api.post(&format!("/cases/{id}/objections"), json!({ "kind": kind })).await
}

async fn a_juror_objects_once_and_moderators_read_it(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let open = moderator.create(ROOM, case(json!({}))).await.id;
    for sub in ["ann", "bob", "cid"] {
        node.viewer(ROOM, sub).await.vote(open, "buyer").await;
    }
    let [ann, bob, dan] = ["ann", "bob", "dan"].map(|sub| node.api(&viewer(ROOM, sub)));
    // A device that got no receipt objects before the end; nothing else can be wrong by then.
    assert_eq!(object(&dan, open, "dropped").await.status, 204);
    assert_eq!(object(&ann, open, "seal").await.problem(403).0, "no_ballot");
    moderator.close(open).await;
    assert_eq!(moderator.case(open).await.verdict.unwrap().details.unwrap().objections.len(), 1);

    for kind in ["seal", "line", "seal"] {
        assert_eq!(object(&ann, open, kind).await.status, 204, "a later one changes nothing");
    }
    assert_eq!(object(&bob, open, "seal").await.status, 204);
    assert_eq!(object(&dan, open, "seal").await.problem(403).0, "no_ballot");
    for kind in ["unknown", "applause"] {
        assert_eq!(object(&bob, open, kind).await.problem(422).0, "invalid_field", "{kind}");
    }
    let mut watching = tokens::claims(Role::Viewer, ROOM, "eve");
    watching.anon = true;
    for other in [token(Role::Moderator, ROOM, "mod"), token(Role::Host, ROOM, "host"), tokens::sign(&watching)] {
        assert_eq!(object(&node.api(&other), open, "dropped").await.problem(403).0, "forbidden");
    }
    assert_eq!(object(&node.api(&viewer("live-43", "ann")), open, "dropped").await.status, 404);

    let details = moderator.case(open).await.verdict.unwrap().details.unwrap();
    assert_eq!(details.objections, [(ObjectionKind::Seal, 2), (ObjectionKind::Dropped, 1)].into());
    let shown = ann.case(open).await.verdict.unwrap().details;
    assert!(
        shown.is_none_or(|details| details.objections.is_empty() && details.proofs.is_none()),
        "to moderators only"
    );
}

async fn proofs_that_were_served_are_counted(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let node = signing_node(&stores, folder.path()).await;
    let moderator = node.moderator(ROOM);
    let open = moderator.create(ROOM, case(json!({}))).await.id;
    for sub in ["ann", "bob"] {
        node.viewer(ROOM, sub).await.vote(open, "buyer").await;
    }
    moderator.close(open).await;
    proof_of(&moderator, open).await;
    for sub in ["ann", "bob", "bob"] {
        let proof = node.api(&viewer(ROOM, sub)).get(&format!("/cases/{open}/proof")).await;
        assert_eq!(proof.status, 200);
    }
    in_time("the proofs are filed", async {
        while moderator.case(open).await.verdict.unwrap().details.unwrap_or_default().proofs != Some(3) {
            tokio::time::sleep(FILED_RETRY).await;
        }
    })
    .await;
}
