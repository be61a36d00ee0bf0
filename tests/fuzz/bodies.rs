//! Generated requests to the HTTP API: each succeeds or names its problem, and none is a server's error.

use std::sync::atomic::{AtomicU64, Ordering};

use live_jury_protocol::{CaseId, Problem};
use live_jury_tests::api::{Api, Reply, case};
use live_jury_tests::stores::Stores;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use serde_json::json;

use crate::mutation::{damaged, distorted, examples};
use crate::runner;

/// Cases are spread over this many rooms, so that no room reaches its limit.
const ROOMS: u64 = 512;

/// A generated request.
#[derive(Clone, Debug)]
struct Request {
    method: &'static str,
    path: &'static str,
    query: String,
    headers: Vec<(&'static str, String)>,
    body: Option<String>,
}

fn requests() -> impl Strategy<Value = Request> {
    let mut bodies = examples();
    bodies.retain(|text| !text.contains("\"type\": \"about"));
    bodies.extend(std::iter::repeat_n(case(json!({})).to_string(), bodies.len()));
    bodies.extend([r#"{"by_s":60}"#.to_owned(), r#"{"reason":"wrong product"}"#.to_owned()]);
    let body = prop_oneof![damaged(bodies.clone()), distorted(bodies).prop_map(|body| body.to_string())];
    let routes = select(vec![
        ("POST", "/rooms/{room}/cases"),
        ("POST", "/rooms/{room}/cases"),
        ("POST", "/rooms/{room}/cases"),
        ("PATCH", "/cases/{id}"),
        ("POST", "/cases/{id}/extend"),
        ("POST", "/cases/{id}/void"),
        ("POST", "/cases/{id}/open"),
        ("GET", "/cases/{id}"),
        ("GET", "/rooms/{room}/cases"),
        ("GET", "/rooms/{room}/verdicts"),
        ("GET", "/verdicts"),
    ]);
    let value = prop_oneof![Just("1".to_owned()), "[0-9]{1,25}", "-?[0-9a-f-]{1,40}", "[!-~]{0,30}"];
    let header = select(vec!["If-Match", "Idempotency-Key", "Content-Type", "Accept", "Forwarded"]);
    let query = (select(vec!["limit", "before", "after", "state", "more"]), value.clone()).prop_map(|(name, value)| {
        format!("?{name}={}", value.replace(['#', '?', ' ', '%', '"', '<', '>', '\\', '^', '`', '{', '|', '}'], "_"))
    });
    let query = prop_oneof![3 => Just(String::new()), 1 => query];
    let headers = prop::collection::vec((header, value), 0..2);
    (routes, query, headers, prop::option::weighted(0.9, body)).prop_map(|((method, path), query, headers, body)| {
        // A `GET` has no body.
        let body = body.filter(|_| method != "GET");
        Request { method, path, query, headers, body }
    })
}

fn check(request: &Request, reply: &Reply) {
    assert!(reply.status < 500, "{} to {request:#?}", reply.text);
    if reply.status < 400 {
        return;
    }
    let problem: Problem = reply.read(reply.status);
    assert!(!problem.code.is_empty() && !problem.detail.is_empty(), "{} to {request:#?}", reply.text);
    if problem.code == "invalid_field" || problem.code == "unknown_field" {
        assert!(problem.field.is_some(), "the field is named: {} to {request:#?}", reply.text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_succeeds_or_names_the_problem() {
    let stores = Stores::embedded();
    let node = stores.node().await;
    let moderator = node.api(&live_jury_tests::tokens::moderator("*", "mia"));
    let mut runner = runner(2);
    let requests = requests();
    let numbers = AtomicU64::new(0);
    let mut draft = draft(&moderator, &numbers).await;
    let mut accepted = 0;
    for _ in 0..runner.config().cases {
        let request = requests.new_tree(&mut runner).expect("a request").current();
        let path = request.path.replace("{room}", &room(&numbers)).replace("{id}", &draft.to_string());
        let headers: Vec<(&str, &str)> = request.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let body = request.body.clone().map(String::into_bytes);
        let reply = moderator.send(request.method, &format!("{path}{}", request.query), &headers, body).await;
        check(&request, &reply);
        accepted += u32::from(reply.status < 400 && request.method != "GET");
        // The draft was opened, so the next request needs a new one.
        if request.path.contains("{id}") && request.method == "POST" && reply.status < 400 {
            draft = self::draft(&moderator, &numbers).await;
        }
    }
    assert!(accepted > 0, "some of what is made up is right");
    assert_eq!(Api::new(node.admin, None).get("/readyz").await.status, 200);
}

fn room(numbers: &AtomicU64) -> String {
    format!("room-{}", numbers.fetch_add(1, Ordering::Relaxed) % ROOMS)
}

async fn draft(moderator: &Api, numbers: &AtomicU64) -> CaseId {
    moderator.create(&room(numbers), case(json!({ "open": false }))).await.id
}
