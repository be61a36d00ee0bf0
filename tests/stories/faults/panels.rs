//! The tally store loses its data while a panel is drawn: all offer again, and one panel is called.

use std::time::Duration;

use live_jury_protocol::{CaseState, Outcome};
use live_jury_tests::in_time;
use live_jury_tests::stores::Stores;
use serde_json::json;

use super::ROOM;
use crate::panels::{called, crowd, panel, signing, verified};

/// The time between two looks into Redis.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Redis loses the offers of both nodes, two seconds before any node would call the panel.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_lost_between_offers_and_call_is_offered_all_jurors_again() {
    let (mut stores, folder) = (Stores::servers(), tempfile::tempdir().unwrap());
    let here = signing(&stores, folder.path()).await;
    let there = stores.node().await;
    let mut present = crowd(&here, "here", 8).await;
    present.extend(crowd(&there, "there", 8).await);
    let moderator = here.moderator(ROOM);
    let opened = moderator.create(ROOM, panel(json!({ "other": 7, "call": 2, "present_s": 0 }))).await;
    // Walks in after the opening, and before the loss.
    let mut late = there.viewer(ROOM, "late").await;
    let list = format!("lj:{{{}}}:offer:other", opened.id);
    let offers = async {
        while stores.redis().command(&["ZCARD", &list]) != "16" {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    };
    in_time("the offers of both nodes", offers).await;
    stores.redis().flush();

    let again = late.wait_for_case(opened.id, |case| case.epoch > 1).await;
    assert_eq!((again.state, again.draw.unwrap().called), (CaseState::Open, None), "it was lost before the call");
    let (mut panel, gallery) = called(present, opened.id).await;
    assert_eq!((panel.len(), gallery.len()), (14, 2), "the jurors of both nodes are drawn from");
    assert!(late.called.is_empty(), "a loss makes nobody present who was not");
    let card = stores.redis().command(&["ZCARD", &list]);
    assert_eq!(card, "16", "one offer a juror");
    for one in &mut panel {
        one.juror.vote(opened.id, "buyer").await;
    }
    let closed = moderator.close_after_loss(opened.id).await;
    let verdict = closed.verdict.unwrap();
    assert_eq!((closed.epoch, verdict.outcome, verdict.panel.unwrap().counted), (2, Outcome::Decided, 7));
    let trail = moderator.audit(opened.id).await;
    assert_eq!(trail.iter().filter(|line| line.ends_with("called")).count(), 1, "{trail:?}");
    let statement = verified(&here, opened.id, folder.path()).await;
    assert_eq!((statement.epoch, statement.called[0].called, statement.called[0].seats), (2, 14, 7));
}
