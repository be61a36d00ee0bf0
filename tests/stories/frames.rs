//! Frames that are unreadable or have unknown fields. Tested through the public surface only.

use live_jury_protocol::{FrameError, ServerFrame};
use live_jury_tests::api::case;
use live_jury_tests::juror::{Answer, Juror};
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::viewer;
use serde_json::{Value, json};

const ROOM: &str = "live-42";

live_jury_tests::on_both! {
    an_unreadable_frame_gets_an_error_and_the_socket_stays_open
    unknown_fields_are_ignored
    the_docket_lists_live_cases_then_ended_ones
}

async fn an_unreadable_frame_gets_an_error_and_the_socket_stays_open(stores: Stores) {
    let node = stores.node().await;
    let id = node.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
    let mut ann = node.viewer(ROOM, "ann").await;
    let join = json!({ "type": "join", "token": viewer(ROOM, "ann") });
    let long = json!({ "type": "cast", "case": id, "option": "buyer", "request": "r".repeat(65) });
    for (text, code) in [
        ("nonsense".to_owned(), FrameError::Malformed),
        ("[1]".to_owned(), FrameError::Malformed),
        ("{}".to_owned(), FrameError::Malformed),
        (json!({ "type": "cast", "case": id }).to_string(), FrameError::Malformed),
        (json!({ "type": "cast", "case": id, "option": 1 }).to_string(), FrameError::Malformed),
        (json!({ "type": "shout" }).to_string(), FrameError::UnknownType),
        (join.to_string(), FrameError::AlreadyJoined),
        (long.to_string(), FrameError::TooLong),
    ] {
        ann.send_text(&text).await;
        assert_eq!(ann.answer().await, Answer::Error(code), "{text}");
    }
    ann.vote(id, "buyer").await;
}

async fn unknown_fields_are_ignored(stores: Stores) {
    let node = stores.node().await;
    let id = node.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
    let mut ann = Juror::connect(node.address, ROOM).await;
    let join = json!({ "type": "join", "token": viewer(ROOM, "ann"), "since_version": 9 });
    ann.send_text(&join.to_string()).await;
    ann.wait_for_case(id, |_| true).await;
    let request = "r".repeat(64);
    let cast = json!({ "type": "cast", "case": id, "option": "buyer", "request": request, "mood": { "sure": true } });
    ann.send_text(&cast.to_string()).await;
    ann.answer().await;
    let ballot: Value = serde_json::from_str(ann.texts.iter().find(|text| text.contains("counted")).unwrap()).unwrap();
    assert_eq!(ballot["request"], json!(request), "the request is echoed");
    let refused = json!({ "type": "cast", "case": "c", "option": "o", "request": "r2" });
    ann.send_text(&refused.to_string()).await;
    ann.answer().await;
    let echoed: Value = serde_json::from_str(ann.texts.iter().find(|text| text.contains("refused")).unwrap()).unwrap();
    assert_eq!((&echoed["request"], &echoed["case"], &echoed["option"]), (&json!("r2"), &json!("c"), &json!("o")));
}

async fn the_docket_lists_live_cases_then_ended_ones(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let short = json!({ "statements": { "buyer": "It is not silk.", "merchant": "It is." }, "rules": { "quorum": 1 } });
    let mut ended = Vec::new();
    for _ in 0..11 {
        let id = moderator.create(ROOM, case(short.clone())).await.id;
        moderator.close(id).await;
        ended.push(id);
    }
    let draft = moderator.create(ROOM, case(json!({ "open": false }))).await.id;
    let first = moderator.create(ROOM, case(short.clone())).await.id;
    let second = moderator.create(ROOM, case(short)).await.id;

    let mut ann = node.viewer(ROOM, "ann").await;
    ann.wait_for_case(second, |_| true).await;
    let shown: Vec<_> = ann.docket.iter().map(|case| case.id).collect();
    let expected: Vec<_> = [first, second].into_iter().chain(ended.iter().rev().take(10).copied()).collect();
    assert_eq!(
        shown, expected,
        "live ones, oldest first, then the last ten ended ones, newest first; no draft {draft}"
    );
    for case in &ann.docket {
        let is_live = case.verdict.is_none();
        assert_eq!((case.statements.is_some(), case.evidence.is_some()), (is_live, is_live));
        assert_eq!(case.rules.recused, None, "who is recused is for moderators");
    }
    let welcome: ServerFrame = serde_json::from_str(&ann.texts[0]).unwrap();
    assert!(matches!(welcome, ServerFrame::Welcome(_)), "{welcome:?}");
}
