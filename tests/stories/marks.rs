//! The marks of ballots: who was there before the opening, how old the account is, what was read. Tested through the
//! public surface only, except that one story rewrites ballots in Redis as an earlier version had them.

use std::time::Duration;

use live_jury_protocol::{BallotStatus, Case, CaseId, CaseState, Role};
use live_jury_server::clock::{Clock, SystemClock};
use live_jury_tests::api::{Api, case};
use live_jury_tests::juror::Juror;
use live_jury_tests::node::Node;
use live_jury_tests::redis::TAKE_MARKS_AWAY;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{Claims, claims, now_s, pseudonym, sign};
use serde_json::json;

const ROOM: &str = "live-42";
const SECONDS_PER_DAY: u64 = 24 * 60 * 60;
/// Age of an account in days, and the word for it in the export.
const AGES: [(Option<u64>, &str); 4] = [(None, ""), (Some(29), "days"), (Some(31), "months"), (Some(366), "years")];
/// Time between a join and an opening, in milliseconds. A node's estimate of the store's clock may lag by some.
const APART_MS: u64 = 300;

live_jury_tests::on_both! {
    marks_tell_who_was_there_and_how_old_the_account_is
    a_wrong_remark_refuses_no_ballot
}

fn token(sub: &str, age_days: Option<u64>) -> String {
    let since = age_days.map(|days| now_s() - days * SECONDS_PER_DAY);
    sign(&Claims { since, ..claims(Role::Viewer, ROOM, sub) })
}

async fn join(node: &Node, sub: &str, age_days: Option<u64>) -> Juror {
    Juror::join(node.address, ROOM, &token(sub, age_days)).await
}

/// Lets the clocks of all stores go on.
async fn pass_time(stores: &Stores) {
    stores.clock().advance(Duration::from_millis(APART_MS));
    let until_ms = SystemClock.now_ms() + APART_MS;
    while SystemClock.now_ms() < until_ms {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The cells of a juror's marks in the export.
async fn marks_of(moderator: &Api, case: CaseId, sub: &str) -> [String; 3] {
    let name = pseudonym(case, sub);
    let rows = moderator.ballots(case).await;
    let row = rows.iter().find(|row| row.starts_with(&name)).unwrap_or_else(|| panic!("{sub} is not in {rows:#?}"));
    let cells: Vec<String> = row.split(',').skip(4).map(str::to_owned).collect();
    cells.try_into().unwrap()
}

fn cells(present: &str, age: &str, read: &str) -> [String; 3] {
    [present, age, read].map(str::to_owned)
}

async fn marks_tell_who_was_there_and_how_old_the_account_is(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let mut jurors = Vec::new();
    for (age_days, word) in AGES {
        let sub = format!("early-{word}");
        jurors.push((join(&node, &sub, age_days).await, sub, "yes", word));
    }
    let mut renewed = join(&node, "renewed", Some(366)).await;
    let mut left = join(&node, "left", Some(366)).await;
    pass_time(&stores).await;
    let opened = moderator.create(ROOM, case(json!({}))).await;
    pass_time(&stores).await;

    for (age_days, word) in AGES {
        let sub = format!("late-{word}");
        jurors.push((join(&node, &sub, age_days).await, sub, "no", word));
    }
    // The age is that of the newest token. The socket is the same.
    renewed.renew(&token("renewed", Some(31))).await;
    jurors.push((renewed, "renewed".to_owned(), "yes", "months"));
    // A new socket was not there before.
    left.close().await;
    jurors.push((join(&node, "left", Some(366)).await, "left".to_owned(), "no", "years"));

    for (n, (juror, ..)) in jurors.iter_mut().enumerate() {
        juror.vote_having_read(opened.id, "buyer", n as u8 % 4).await;
    }
    moderator.close(opened.id).await;
    for (n, (_, sub, present, age)) in jurors.iter().enumerate() {
        let read = ["none", "buyer", "merchant", "both"][n % 4];
        assert_eq!(marks_of(&moderator, opened.id, sub).await, cells(present, age, read), "{sub}");
    }
}

async fn a_wrong_remark_refuses_no_ballot(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let id = moderator.create(ROOM, case(json!({}))).await.id;
    let wrong = [
        r#""read":4"#,
        r#""read":-1"#,
        r#""read":"3""#,
        r#""read":[3]"#,
        r#""read":1e9,"reason":{"a":1}"#,
        r#""read":null,"reason":7"#,
        r#""reason":6"#,
        r#""read":2.5"#,
    ];
    let known = r#""read":3,"reason":1"#;
    for (n, remark) in wrong.into_iter().chain([known]).enumerate() {
        let mut juror = node.viewer(ROOM, &format!("juror-{n}")).await;
        juror.wait_for_case(id, |_| true).await;
        juror.send_text(&format!(r#"{{"type":"cast","case":"{id}","option":"buyer",{remark}}}"#)).await;
        juror.answer_recorded(BallotStatus::Counted).await;
    }
    let closed = moderator.close(id).await;
    assert_eq!(closed.verdict.unwrap().ballots, wrong.len() as u64 + 1);
    for (n, remark) in wrong.iter().enumerate() {
        assert_eq!(marks_of(&moderator, id, &format!("juror-{n}")).await, cells("no", "", "none"), "{remark}");
    }
    assert_eq!(marks_of(&moderator, id, &format!("juror-{}", wrong.len())).await, cells("no", "", "both"));
}

async fn opened_after(node: &Node, stores: &Stores) -> Case {
    pass_time(stores).await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
    pass_time(stores).await;
    opened
}

/// The case was opened before the loss, so the same jurors were there before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ballot_that_is_cast_again_after_a_loss_has_the_same_marks() {
    let mut stores = Stores::servers();
    let node = stores.node().await;
    let mut early = join(&node, "early", Some(31)).await;
    let id = opened_after(&node, &stores).await.id;
    let mut late = join(&node, "late", Some(366)).await;
    for (juror, read) in [(&mut early, 3), (&mut late, 2)] {
        juror.vote_having_read(id, "buyer", read).await;
    }
    stores.redis().flush();
    for (juror, read) in [(&mut early, 3), (&mut late, 2)] {
        juror.wait_for_case(id, |case| case.epoch == 2).await;
        juror
            .wait("the tally of the new epoch", |juror| {
                juror.tallies.get(&id).filter(|tally| tally.epoch == 2).cloned()
            })
            .await;
        juror.vote_having_read(id, "buyer", read).await;
    }
    let moderator = node.moderator(ROOM);
    assert_eq!(moderator.close_after_loss(id).await.verdict.unwrap().ballots, 2);
    assert_eq!(marks_of(&moderator, id, "early").await, cells("yes", "months", "both"));
    assert_eq!(marks_of(&moderator, id, "late").await, cells("no", "years", "merchant"));
}

/// All nodes stop, the next version starts, and the open case goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_case_of_an_earlier_version_goes_on_and_is_recorded() {
    let mut stores = Stores::servers();
    let node = stores.node().await;
    let mut ann = join(&node, "ann", Some(31)).await;
    let id = opened_after(&node, &stores).await.id;
    ann.vote_having_read(id, "buyer", 3).await;
    node.viewer(ROOM, "bob").await.vote(id, "merchant").await;
    node.stop().await;
    let rewritten = stores.redis().command(&["EVAL", TAKE_MARKS_AWAY, "1", &format!("lj:{{{id}}}:ballots")]);
    assert_eq!(rewritten, "2");

    let node = stores.node().await;
    let mut ann = join(&node, "ann", Some(31)).await;
    let welcomed: Vec<String> =
        ann.welcome.as_ref().unwrap().ballots.iter().map(|ballot| ballot.option.to_string()).collect();
    assert_eq!(welcomed, ["buyer"]);
    ann.expect_ballot(id, "buyer", BallotStatus::Duplicate).await;
    join(&node, "cy", Some(366)).await.vote_having_read(id, "buyer", 1).await;
    let moderator = node.moderator(ROOM);
    let closed = moderator.close(id).await;
    assert_eq!((closed.state, closed.epoch, closed.verdict.unwrap().ballots), (CaseState::Decided, 1, 3));
    assert_eq!(marks_of(&moderator, id, "ann").await, cells("no", "", "none"));
    assert_eq!(marks_of(&moderator, id, "bob").await, cells("no", "", "none"));
    assert_eq!(marks_of(&moderator, id, "cy").await, cells("no", "years", "buyer"));
}
