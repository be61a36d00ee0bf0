//! Reports by viewers over HTTP: merged, drafted, judged, and told to their reporters. Tested through the public
//! surface only, but for the bytes of the database.

use std::net::SocketAddr;

use live_jury_protocol::limits::REPORTS_A_DAY_MAX;
use live_jury_protocol::trust::{Bucket, BucketDetails, Buckets, OwnReport, OwnReports, ReportAnswer};
use live_jury_protocol::{Case, CaseId, CaseState, ListedCase, Page, Role};
use live_jury_server::config::Switch;
use live_jury_tests::api::{Api, Reply, case};
use live_jury_tests::node::Node;
use live_jury_tests::program::Program;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{Claims, claims, moderator, now_s, sign, token, viewer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;

live_jury_tests::on_both! {
    three_viewers_report_and_learn_what_became_of_it
    a_verdict_for_the_merchant_makes_its_reporters_weigh_less
    a_viewer_reports_five_times_a_day_and_a_thing_once
    a_report_that_does_not_fit_is_refused
    a_burst_is_shown_to_moderators_and_nobody_is_named
    a_moderator_drafts_or_closes_a_bucket
    a_full_room_lets_a_draft_wait
    a_draft_is_filed_after_a_kill
    a_node_without_trust_takes_no_reports
}

const ROOM: &str = "live-42";

pub(super) fn by(address: SocketAddr, sub: &str) -> Api {
    Api::new(address, Some(&viewer(ROOM, sub)))
}

pub(super) fn with(address: SocketAddr, sub: &str, change: impl FnOnce(&mut Claims)) -> Api {
    let mut claims = claims(Role::Viewer, ROOM, sub);
    change(&mut claims);
    Api::new(address, Some(&sign(&claims)))
}

pub(super) fn about(policy: &str, change: Value) -> Value {
    let mut report = json!({ "subject": { "merchant": "shop", "host": "ann", "product": "p1" }, "policy": policy });
    report.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    report
}

pub(super) async fn report(api: &Api, report: Value) -> Reply {
    api.post(&format!("/rooms/{ROOM}/reports"), report).await
}

pub(super) async fn status(api: &Api, body: Value) -> (u16, String) {
    let reply = report(api, body).await;
    let status = reply.status;
    (status, reply.read::<ReportAnswer>(status).status)
}

pub(super) async fn own(api: &Api) -> Vec<OwnReport> {
    api.get("/api/v1/reports").await.read::<OwnReports>(200).items
}

/// The viewer's reports, once the first of them has this state.
pub(super) async fn own_once(api: &Api, state: &str) -> Vec<OwnReport> {
    let waiting = async {
        loop {
            let own = own(api).await;
            if own[0].state == state {
                return own;
            }
        }
    };
    live_jury_tests::in_time(&format!("a report that is {state}"), waiting).await
}

pub(super) async fn buckets(moderator: &Api) -> Vec<Bucket> {
    moderator.get(&format!("/rooms/{ROOM}/buckets")).await.read::<Buckets>(200).items
}

pub(super) async fn drafts(moderator: &Api) -> Vec<CaseId> {
    let page: Page<ListedCase> = moderator.get(&format!("/rooms/{ROOM}/cases?state=draft&limit=100")).await.read(200);
    let id = |listed: ListedCase| match listed {
        ListedCase::Case(case) => case.id,
        ListedCase::Unreadable(case) => panic!("{case:?}"),
    };
    page.items.into_iter().map(id).collect()
}

/// Opens a draft that a few ballots decide, has them cast, and closes it.
pub(super) async fn judge(node: &Node, moderator: &Api, draft: CaseId, option: &str) -> Case {
    let few = moderator.patch(&format!("/cases/{draft}"), json!({ "rules": { "quorum": 3 } })).await;
    let _: Case = few.read(200);
    moderator.open(draft).await;
    for sub in ["ann", "bob", "cid"] {
        node.viewer(ROOM, sub).await.vote(draft, option).await;
    }
    moderator.close(draft).await
}

async fn three_viewers_report_and_learn_what_became_of_it(stores: Stores) {
    let node = stores.node().await;
    let mia = node.moderator(ROOM);
    let (ann, cid) = (by(node.address, "ann"), by(node.address, "cid"));
    let bob = with(node.address, "bob", |claims| claims.orders = vec!["o_7".to_owned()]);
    let words = "The label says polyester.";
    let first = about("false_advertising", json!({ "text": words, "stream_at_ms": 734_000 }));
    assert_eq!(status(&ann, first).await, (201, "filed".to_owned()));
    assert_eq!(own(&ann).await[0].state, "waiting");
    assert!(drafts(&mia).await.is_empty(), "one report is not enough");
    let proven = about("false_advertising", json!({ "order": "o_7", "stream_at_ms": 735_500 }));
    assert_eq!(status(&bob, proven).await, (200, "merged".to_owned()));
    let made_up = about("false_advertising", json!({ "order": "o_7" }));
    assert_eq!(status(&cid, made_up).await, (200, "merged".to_owned()));

    let waiting = buckets(&mia).await;
    assert_eq!(waiting.len(), 1);
    let bucket = &waiting[0];
    assert_eq!((bucket.reporters, bucket.proven, bucket.state.as_str()), (3, 1, "drafted"), "cid's token has no order");
    let draft = bucket.case.expect("a draft");
    assert_eq!(drafts(&mia).await, [draft], "one draft of all");
    let shown = mia.case(draft).await;
    assert_eq!((shown.policy.as_deref(), shown.kind.as_str()), (Some("false_advertising"), "false_advertising"));
    assert_eq!(shown.subject.merchant.as_deref(), Some("shop"));
    let text = serde_json::to_string(&shown).unwrap();
    assert!(shown.summary.ends_with("2 viewers reported it.") && !text.contains("polyester"), "{text}");
    assert_eq!(shown.evidence.unwrap()[0].stream_at_ms, Some(734_000));
    assert_eq!(mia.audit(draft).await, ["server created"]);
    assert_eq!((own(&ann).await[0].state.as_str(), own(&ann).await[0].case), ("drafted", None), "drafts are hidden");

    let decided = judge(&node, &mia, draft, "buyer").await;
    assert_eq!(decided.state, CaseState::Decided);
    for api in [&ann, &bob, &cid] {
        let own = own_once(api, "upheld").await;
        assert_eq!((own.len(), own[0].case), (1, Some(draft)));
        assert_eq!(own[0].subject.merchant.as_deref(), Some("shop"));
    }
    assert!(buckets(&mia).await.is_empty(), "an ended bucket is in no queue");
}

async fn a_verdict_for_the_merchant_makes_its_reporters_weigh_less(stores: Stores) {
    let node = stores.node().await;
    let mia = node.moderator(ROOM);
    let bob = with(node.address, "bob", |claims| claims.orders = vec!["o_7".to_owned()]);
    status(&bob, about("price_fraud", json!({ "order": "o_7", "lang": "zh-Hans" }))).await;
    let draft = buckets(&mia).await[0].case.expect("a draft");
    let shown = mia.case(draft).await;
    assert_eq!(shown.title, "是否违反“价格欺诈”规则？", "in the language of the first report");
    mia.open(draft).await;
    let opened = own_once(&bob, "in_court").await;
    assert_eq!(opened[0].case, Some(draft));
    for at in 0..30 {
        node.viewer(ROOM, &format!("juror {at}")).await.vote(draft, "merchant").await;
    }
    assert_eq!(mia.close(draft).await.state, CaseState::Decided);
    own_once(&bob, "not_upheld").await;
    status(&bob, about("abuse", json!({}))).await;
    assert_eq!(buckets(&mia).await[0].score, 0.25, "(1 + 0)/(3 + 0 + 1)");
}

async fn a_viewer_reports_five_times_a_day_and_a_thing_once(stores: Stores) {
    let node = stores.node().await;
    let ann = by(node.address, "ann");
    let product =
        |id: u64| about("not_as_described", json!({ "subject": { "merchant": "shop", "product": format!("p{id}") } }));
    for id in 0..REPORTS_A_DAY_MAX {
        assert!(report(&ann, product(id)).await.status < 300);
    }
    assert_eq!(report(&ann, product(0)).await.problem(409).0, "repeated");
    assert_eq!(report(&ann, product(9)).await.problem(429).0, "too_many");
    assert_eq!(own(&ann).await.len(), 5);
    let mia = node.moderator(ROOM);
    let waiting = buckets(&mia).await;
    assert_eq!((waiting.len(), waiting[0].reports, waiting[0].reporters), (1, 5, 1));
    assert_eq!(waiting[0].score, 0.333, "one reporter weighs once");
    assert_eq!(waiting[0].subject.product, None, "several products");
}

async fn a_report_that_does_not_fit_is_refused(stores: Stores) {
    let node = stores.node().await;
    let ann = by(node.address, "ann");
    for (body, code, field) in [
        (about("theft", json!({})), "unknown_policy", "policy"),
        (about("evasion", json!({})), "unknown_policy", "policy"),
        (about("abuse", json!({ "subject": { "merchant": "shop" } })), "no_subject", "subject"),
        (about("not_as_described", json!({ "subject": { "host": "ann" } })), "no_subject", "subject"),
        (about("price_fraud", json!({ "subject": {} })), "no_subject", "subject"),
        (about("abuse", json!({ "subject": { "host": " ann" } })), "invalid_field", "subject.host"),
        (about("abuse", json!({ "text": "x".repeat(501) })), "invalid_field", "text"),
        (about("abuse", json!({ "text": "a\u{0}b" })), "invalid_field", "text"),
        (about("abuse", json!({ "stream_at_ms": u64::MAX })), "invalid_field", "stream_at_ms"),
        (about("abuse", json!({ "reporter": "bob" })), "unknown_field", "reporter"),
    ] {
        assert_eq!(report(&ann, body).await.problem(422), (code.into(), field.into()));
    }
    let anonymous = with(node.address, "ann", |claims| claims.anon = true);
    assert_eq!(report(&anonymous, about("abuse", json!({}))).await.problem(403).0, "anonymous");
    for (role, room) in [(Role::Host, ROOM), (Role::Moderator, ROOM), (Role::Platform, "*")] {
        let api = node.api(&token(role, room, "mia"));
        assert_eq!(report(&api, about("abuse", json!({}))).await.problem(403).0, "not_a_juror");
        assert_eq!(api.get("/api/v1/reports").await.problem(403).0, "not_a_juror");
    }
    let elsewhere = node.api(&viewer("live-43", "ann"));
    assert_eq!(report(&elsewhere, about("abuse", json!({}))).await.problem(403).0, "forbidden");
    assert!(own(&ann).await.is_empty());
    for path in [format!("/rooms/{ROOM}/buckets"), format!("/trust/buckets/{}", uuid::Uuid::now_v7())] {
        assert_eq!(ann.get(&path).await.problem(403).0, "forbidden");
        assert!(node.moderator("live-43").get(&path).await.status >= 403);
    }
}

async fn a_burst_is_shown_to_moderators_and_nobody_is_named(stores: Stores) {
    let node = stores.node().await;
    let mut reporters = JoinSet::new();
    for at in 0..12 {
        let sub = format!("secret viewer {at}");
        let api = with(node.address, &sub, |claims| claims.since = Some(now_s() - 3_600));
        reporters.spawn(async move {
            report(&api, about("abuse", json!({ "text": format!("words {at}"), "stream_at_ms": at * 100 })))
                .await
                .status
        });
    }
    let statuses = reporters.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    let mia = node.moderator(ROOM);
    let waiting = buckets(&mia).await;
    assert_eq!((waiting.len(), waiting[0].reporters, waiting[0].burst), (1, 12, true));
    assert_eq!((waiting[0].score, drafts(&mia).await.len()), (4.0, 1), "one draft, whatever the order");
    let path = format!("/trust/buckets/{}", waiting[0].id);
    let reply = mia.get(&path).await;
    assert!(!reply.text.contains("secret viewer"), "{}", reply.text);
    let details: BucketDetails = reply.read(200);
    assert_eq!(details.items.len(), 12);
    assert!(details.items.iter().all(|one| one.new_account && one.at_ms.is_multiple_of(60_000)));
    let platform = node.api(&token(Role::Platform, "*", "shop"));
    assert_eq!(platform.get(&path).await.status, 200);
    assert_eq!(platform.post(&format!("{path}/draft"), json!({})).await.problem(403).0, "forbidden");
    assert_eq!(node.moderator("live-43").get(&path).await.problem(404).0, "not_found");
}

async fn a_moderator_drafts_or_closes_a_bucket(stores: Stores) {
    let node = stores.node().await;
    let mia = node.moderator(ROOM);
    let ann = by(node.address, "ann");
    status(&ann, about("abuse", json!({}))).await;
    let bucket = buckets(&mia).await.remove(0);
    let path = format!("/trust/buckets/{}", bucket.id);
    let stale = mia.post_with(&format!("{path}/draft"), &[("If-Match", "\"7\"")], json!({})).await;
    assert_eq!(stale.problem(412).0, "version_mismatch");
    let drafted: Bucket = mia.post_with(&format!("{path}/draft"), &[("If-Match", "\"1\"")], json!({})).await.read(200);
    let draft = drafted.case.expect("a draft");
    assert_eq!((drafted.state.as_str(), drafts(&mia).await), ("drafted", vec![draft]));
    assert_eq!(mia.post(&format!("{path}/draft"), json!({})).await.problem(409).0, "decided");
    let words = "The scene is shown as a whole in the recording.";
    assert_eq!(mia.post(&format!("{path}/close"), json!({ "words": words })).await.problem(409).0, "decided");
    assert_eq!(mia.send("DELETE", &format!("/cases/{draft}"), &[], None).await.status, 204);
    own_once(&ann, "closed").await;

    let bob = by(node.address, "bob");
    status(&bob, about("counterfeit", json!({}))).await;
    let bucket = buckets(&mia).await.remove(0);
    let path = format!("/trust/buckets/{}/close", bucket.id);
    let short = mia.post(&path, json!({ "words": "no" })).await;
    assert_eq!(short.problem(422), ("words_needed".into(), "words".into()));
    let closed: Bucket = mia.post(&path, json!({ "words": words })).await.read(200);
    assert_eq!((closed.state.as_str(), closed.words.as_deref()), ("closed", Some(words)));
    assert_eq!(own(&bob).await[0].state, "closed");
    assert!(buckets(&mia).await.is_empty());
}

async fn a_full_room_lets_a_draft_wait(stores: Stores) {
    let node = stores.node().await;
    let mia = node.moderator(ROOM);
    let mut last = None;
    for _ in 0..live_jury_protocol::limits::DRAFTS_PER_ROOM_MAX {
        last = Some(mia.create(ROOM, case(json!({ "open": false }))).await.id);
    }
    let bob = with(node.address, "bob", |claims| claims.orders = vec!["o_7".to_owned()]);
    assert_eq!(status(&bob, about("abuse", json!({ "order": "o_7" }))).await, (201, "filed".to_owned()));
    let bucket = buckets(&mia).await.remove(0);
    assert_eq!((bucket.state.as_str(), bucket.case), ("open", None));
    let path = format!("/trust/buckets/{}/draft", bucket.id);
    assert_eq!(mia.post(&path, json!({})).await.problem(409).0, "too_many_drafts");
    assert_eq!(mia.send("DELETE", &format!("/cases/{}", last.unwrap()), &[], None).await.status, 204);
    let drafted = async {
        loop {
            if let Some(case) = buckets(&mia).await[0].case {
                return case;
            }
        }
    };
    let draft = live_jury_tests::in_time("the draft that waited", drafted).await;
    assert_eq!(mia.case(draft).await.policy.as_deref(), Some("abuse"));
}

async fn a_draft_is_filed_after_a_kill(stores: Stores) {
    let mut server = Program::serve(&stores, &[]).await;
    let sub = "a viewer nobody may find";
    let mut reported = claims(Role::Viewer, ROOM, sub);
    reported.orders = vec!["o_7".to_owned()];
    let token_of_viewer = sign(&reported);
    let viewer_at = |address| Api::new(address, Some(&token_of_viewer));
    let mut drafted = Vec::new();
    // The kill comes at another moment of the same steps in each round.
    for (round, policy) in ["abuse", "price_fraud", "staged_drama"].into_iter().enumerate() {
        let api = viewer_at(server.address);
        let sending = tokio::spawn(async move {
            let path = format!("/rooms/{ROOM}/reports");
            let body = about(policy, json!({ "order": "o_7" })).to_string();
            api.try_send("POST", &path, &[("Content-Type", "application/json")], Some(body.into_bytes())).await.is_ok()
        });
        if round == 0 {
            assert!(sending.await.unwrap());
            server.signal("KILL").await;
        } else {
            server.signal("KILL").await;
            let _ = sending.await;
        }
        server.end().await;
        server = Program::serve(&stores, &[]).await;
        // A client without an answer sends the report again.
        let again = report(&viewer_at(server.address), about(policy, json!({ "order": "o_7" }))).await;
        assert!(matches!(again.status, 201 | 409), "{}", again.text);
        let mia = Api::new(server.address, Some(&moderator(ROOM, "mia")));
        let waiting = async {
            loop {
                let cases: Vec<CaseId> = buckets(&mia).await.iter().filter_map(|bucket| bucket.case).collect();
                if cases.len() == round + 1 {
                    return cases;
                }
            }
        };
        let mut cases = live_jury_tests::in_time("a draft for each report", waiting).await;
        cases.sort();
        let mut filed = drafts(&mia).await;
        filed.sort();
        assert_eq!(cases, filed, "one draft a bucket, and none besides");
        drafted = cases;
    }
    assert_eq!(drafted.len(), 3);
    server.signal("TERM").await;
    let log = server.log_until_exit().await;
    let hash = Sha256::digest(sub);
    let traces: [&[u8]; 2] = [sub.as_bytes(), &hash[..16]];
    for line in log {
        assert!(!line.contains(sub), "{line}");
    }
    if stores.try_database().is_none() {
        let file = stores.file();
        let wal = file.with_file_name("live-jury.db-wal");
        for bytes in [Some(file), Some(wal).filter(|file| file.exists())].into_iter().flatten().map(std::fs::read) {
            let bytes = bytes.unwrap();
            for trace in traces {
                assert!(!bytes.windows(trace.len()).any(|window| window == trace), "the database names a reporter");
            }
        }
    }
}

async fn a_node_without_trust_takes_no_reports(stores: Stores) {
    let node = stores.node_with(|settings| settings.trust.trust = Switch::Off).await;
    let ann = by(node.address, "ann");
    assert_eq!(report(&ann, about("abuse", json!({}))).await.problem(404).0, "not_found");
    assert_eq!(ann.get("/api/v1/reports").await.problem(404).0, "not_found");
    assert_eq!(node.moderator(ROOM).get(&format!("/rooms/{ROOM}/buckets")).await.problem(404).0, "not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_merge_reports_into_one_draft() {
    let stores = Stores::servers();
    let (here, there) = (stores.node().await, stores.node().await);
    let mut reporters = JoinSet::new();
    for at in 0..16 {
        let address = if at % 2 == 0 { here.address } else { there.address };
        let api = with(address, &format!("viewer {at}"), |claims| claims.session = Some("s_1".to_owned()));
        reporters.spawn(async move { report(&api, about("staged_drama", json!({}))).await.status });
    }
    let statuses = reporters.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    let mia = there.moderator(ROOM);
    let bucket = buckets(&mia).await.remove(0);
    assert_eq!((bucket.reporters, bucket.reports), (16, 16));
    let draft = bucket.case.expect("a draft");
    assert_eq!(drafts(&mia).await, [draft]);
    here.moderator(ROOM).open(draft).await;
    own_once(&with(here.address, "viewer 3", |_| {}), "in_court").await;
    there.moderator(ROOM).void(draft, "The recording is broken.").await;
    own_once(&with(here.address, "viewer 4", |_| {}), "closed").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_on_postgresql_without_a_key_says_so() {
    let stores = Stores::servers();
    let node = stores.node_with(|settings| settings.trust.reporter_key = None).await;
    let ann = by(node.address, "ann");
    assert_eq!(report(&ann, about("abuse", json!({}))).await.problem(409).0, "not_configured");
    assert!(buckets(&node.moderator(ROOM)).await.is_empty());
}
