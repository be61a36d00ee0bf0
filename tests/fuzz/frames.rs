//! Generated frames to a real socket: each gets an answer or a known close code, and other jurors still vote.

use std::collections::BTreeSet;

use live_jury_protocol::{Refusal, close};
use live_jury_tests::api::case;
use live_jury_tests::juror::{Juror, LOST};
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::viewer;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::json;

use crate::mutation::{damaged, distorted, examples};
use crate::runner;

const ROOM: &str = "live-42";
/// Limit for the frames on one socket.
const FRAMES_MAX: usize = 24;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_answers_or_closes_with_a_known_code() {
    let stores = Stores::embedded();
    let node = stores
        .node_with(|settings| {
            // The frame limit has its own stories. Here every frame must be read.
            settings.limits.max_frames_per_second = u32::MAX;
            settings.limits.max_frames_burst = u32::MAX;
        })
        .await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
    let mut bystander = node.viewer(ROOM, "bystander").await;
    bystander.wait_for_case(opened, |_| true).await;

    let cast = json!({ "type": "cast", "case": opened, "option": "buyer", "change": 0, "request": "r" }).to_string();
    let mut frames = examples();
    frames.retain(|text| text.contains("\"type\""));
    frames.extend(std::iter::repeat_n(cast, frames.len()));
    let text = prop_oneof![damaged(frames.clone()), distorted(frames).prop_map(|frame| frame.to_string())];
    let talk = (prop::bool::weighted(0.9), prop::collection::vec(text, 1..FRAMES_MAX));

    let mut runner = runner(1);
    let mut ends = BTreeSet::new();
    for n in 0..runner.config().cases {
        let (joins, texts) = talk.new_tree(&mut runner).expect("a talk").current();
        let mut juror = Juror::connect(node.address, ROOM).await;
        if joins {
            juror = juror.joined(&viewer(ROOM, &format!("juror-{n}"))).await;
        }
        for text in &texts {
            juror.send_text(text).await;
        }
        ends.insert(juror.close().await.unwrap_or(LOST));
        let odd = juror
            .answers
            .iter()
            .find(|answer| matches!(answer, live_jury_tests::juror::Answer::Refused(Refusal::Unavailable, _)));
        assert!(odd.is_none(), "{odd:?} to one of {texts:#?}");
    }
    let known = [LOST, close::PROTOCOL, close::TOO_LARGE, close::TOKEN_INVALID, close::NOT_ALLOWED, close::REPLACED];
    assert!(ends.iter().all(|code| known.contains(code)), "{ends:?}");

    bystander.vote(opened, "merchant").await;
    let ended = node.moderator(ROOM).close(opened).await;
    let ballots = ended.verdict.unwrap().ballots;
    assert_eq!(node.moderator(ROOM).ballots(opened).await.len() as u64, ballots);
}
