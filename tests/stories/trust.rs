//! Trust over HTTP: a platform's facts become an index and exposures, and a killed server loses and doubles none.

use live_jury_protocol::Role;
use live_jury_protocol::trust::{
    ExposureAnswer, FactsAnswer, IndexAnswer, PoliciesAnswer, RankAnswer, RefusedLine, SignalsAnswer,
};
use live_jury_server::config::Switch;
use live_jury_tests::api::{Api, Reply};
use live_jury_tests::program::Program;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{now_s, token};
use serde_json::{Value, json};

live_jury_tests::on_both! {
    facts_become_an_index_and_an_exposure
    a_refused_line_spoils_no_other
    a_killed_server_loses_and_doubles_no_fact
    only_the_platform_sends_facts
    a_node_without_trust_has_no_such_routes
}

const LINES: &[(&str, &str)] = &[("Content-Type", "application/x-ndjson")];

fn platform_at(address: std::net::SocketAddr) -> Api {
    Api::new(address, Some(&token(Role::Platform, "*", "shop-platform")))
}

fn event(id: &str, kind: &str, merchant: &str, fields: Value) -> Value {
    let mut line = json!({ "id": id, "type": kind, "at_ms": now_s() * 1_000, "merchant": merchant });
    line.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    line
}

async fn send(api: &Api, lines: &[Value]) -> Reply {
    let body = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    api.send("POST", "/api/v1/trust/facts", LINES, Some(body.into_bytes())).await
}

/// 200 deliveries of a shop, and a refund for quality for each of the first `refunds`.
fn deliveries(merchant: &str, refunds: u64) -> Vec<Value> {
    let mut lines = Vec::new();
    for order in 0..200 {
        let of = |kind: &str| format!("{merchant}-{kind}-{order}");
        let fields = json!({ "order": of("o"), "in_time": true });
        lines.push(event(&of("delivered"), "order.delivered", merchant, fields));
        if order < refunds {
            lines.push(event(&of("asked"), "refund.requested", merchant, json!({ "order": of("o") })));
            let fields = json!({ "order": of("o"), "granted": true, "reason": "quality", "within_h": 5 });
            lines.push(event(&of("refund"), "refund.resolved", merchant, fields));
        }
    }
    lines
}

async fn facts_become_an_index_and_an_exposure(stores: Stores) {
    let node = stores.node().await;
    let api = platform_at(node.address);
    let before = api.get("/api/v1/trust/merchants/bad/index").await;
    assert_eq!(before.problem(404).0, "not_found");
    for (merchant, refunds) in [("bad", 100), ("good", 0)] {
        let answer: FactsAnswer = send(&api, &deliveries(merchant, refunds)).await.read(200);
        assert_eq!((answer.accepted, answer.duplicate), (200 + 2 * refunds, 0));
        assert!(answer.refused.is_empty());
    }
    let short: IndexAnswer = api.get("/api/v1/trust/merchants/bad/index").await.read(200);
    assert!(short.signals.is_empty() && short.evidence == "new", "{short:?}");
    let bad: IndexAnswer = api.get("/api/v1/trust/merchants/bad/index?explain=true").await.read(200);
    assert_eq!((bad.signals.len(), bad.dimensions.len(), bad.steps.len()), (90, 6, 6));
    let points: f64 = bad.signals.iter().map(|signal| signal.points).sum();
    assert!((bad.index - 500.0 - points).abs() < 0.05, "rounded contributions: {} and {points}", bad.index);
    let q01 = bad.signals.iter().find(|signal| signal.id == "q01").unwrap();
    assert!((q01.n - 200.0).abs() < 0.1 && (q01.k - 100.0).abs() < 0.1, "{q01:?}");
    assert_eq!((q01.category_rate, q01.points_max), (0.02, 15.0));
    let turn = bad.steps.iter().find(|step| step.step == "turn").unwrap();
    assert_eq!(turn.why, "lately worse: q01");
    assert_eq!(turn.signals, ["q01"]);
    assert!(bad.steps.iter().all(|step| step.step == "turn" || step.signals.is_empty()));
    assert_eq!(bad.m, 0.85, "a turn");
    let good: IndexAnswer = api.get("/api/v1/trust/merchants/good/index").await.read(200);
    assert!(good.index > bad.index + 10.0 && good.m >= 1.0, "{good:?}");

    // A recommender's values are computed within a minute; a node computes at its start, too.
    node.kill().await;
    let node = stores.node().await;
    let api = platform_at(node.address);
    let ask = json!({ "merchants": ["good", "nobody", "bad"] });
    let computed = async {
        loop {
            let answer: ExposureAnswer = api.post("/api/v1/trust/exposure", ask.clone()).await.read(200);
            if answer.items[2].m < 1.0 {
                return answer;
            }
        }
    };
    let exposures = live_jury_tests::in_time("the exposures", computed).await;
    let shown: Vec<(&str, bool, bool)> =
        exposures.items.iter().map(|item| (item.merchant.as_str(), item.turn, item.explore)).collect();
    assert_eq!(shown, [("good", false, true), ("nobody", false, true), ("bad", true, true)]);
    assert_eq!((exposures.items[1].m, exposures.items[2].m), (1.0, 0.85));
    let ask = json!({ "seed": "view 1", "slots": 3, "candidates": [
        { "merchant": "bad", "relevance": 1.1 }, { "merchant": "nobody", "relevance": 1.0 } ] });
    let ranked: RankAnswer = api.post("/api/v1/trust/rank", ask).await.read(200);
    let order: Vec<&str> = ranked.items.iter().map(|item| item.merchant.as_str()).collect();
    assert_eq!(order, ["nobody", "bad"], "1.1 · 0.85 is below 1");
    for (path, body, field) in [
        ("/api/v1/trust/exposure", json!({ "merchants": [] }), "merchants"),
        ("/api/v1/trust/exposure", json!({ "merchants": ["a", "a"] }), "merchants[1]"),
        ("/api/v1/trust/exposure", json!({ "merchants": ["x".repeat(129)] }), "merchants[0]"),
        (
            "/api/v1/trust/rank",
            json!({ "seed": "", "slots": 0, "candidates": [{ "merchant": "a", "relevance": 1 }] }),
            "slots",
        ),
        (
            "/api/v1/trust/rank",
            json!({ "seed": "", "slots": 1, "candidates": [{ "merchant": "a", "relevance": -1 }] }),
            "candidates[0].relevance",
        ),
    ] {
        assert_eq!(api.post(path, body).await.problem(422), ("invalid_field".into(), field.into()));
    }
}

async fn a_refused_line_spoils_no_other(stores: Stores) {
    let node = stores.node().await;
    let api = platform_at(node.address);
    let good = event("a", "inspection.done", "shop", json!({ "kind": "sample", "passed": true }));
    let mut body = format!("{good}\n{{\n").into_bytes();
    let unknown = event("b", "inspection.done", "shop", json!({ "kind": "sample", "passed": true, "by": "x" }));
    body.extend(format!("{unknown}\n{good}\n").into_bytes());
    let answer: FactsAnswer = api.send("POST", "/api/v1/trust/facts", LINES, Some(body)).await.read(200);
    assert_eq!((answer.accepted, answer.duplicate), (1, 1));
    let refused =
        |line, code: &str, field: Option<&str>| RefusedLine { line, code: code.into(), field: field.map(Into::into) };
    assert_eq!(answer.refused, [refused(2, "malformed", None), refused(3, "unknown_field", Some("by"))]);

    let many = vec![good.clone(); 1_001];
    assert_eq!(send(&api, &many).await.problem(422), ("invalid_field".into(), "lines".into()));
    let large = vec![b' '; 1024 * 1024 + 1];
    assert_eq!(api.send("POST", "/api/v1/trust/facts", LINES, Some(large)).await.problem(413).0, "body_too_large");
    let json = [("Content-Type", "application/json")];
    assert_eq!(api.send("POST", "/api/v1/trust/facts", &json, Some(b"{}".to_vec())).await.problem(400).0, "malformed");
}

async fn a_killed_server_loses_and_doubles_no_fact(stores: Stores) {
    let line = |number: u64| {
        event(&format!("e{number}"), "inspection.done", "shop", json!({ "kind": "sample", "passed": false }))
    };
    let mut server = Program::serve(&stores, &[]).await;
    let mut acknowledged = 0;
    for round in 0..4_u64 {
        // Each round repeats the last one's facts, as a platform does that got no answer.
        let api = platform_at(server.address);
        let lines: Vec<Value> = (acknowledged.min(round * 50)..(round + 1) * 50).map(line).collect();
        let answer: FactsAnswer = send(&api, &lines).await.read(200);
        assert_eq!(answer.accepted, 50, "in round {round}");
        acknowledged = round * 50;
        server.signal("KILL").await;
        server.end().await;
        server = Program::serve(&stores, &[]).await;
    }
    let index: IndexAnswer =
        platform_at(server.address).get("/api/v1/trust/merchants/shop/index?explain=true").await.read(200);
    let q05 = index.signals.iter().find(|signal| signal.id == "q05").unwrap();
    assert!((q05.k - 200.0).abs() < 0.1, "{q05:?}");
}

async fn only_the_platform_sends_facts(stores: Stores) {
    let node = stores.node().await;
    let fact = [event("a", "inspection.done", "shop", json!({ "kind": "sample", "passed": true }))];
    for (role, room) in [(Role::Moderator, "*"), (Role::Host, "live-1"), (Role::Viewer, "live-1")] {
        let api = node.api(&token(role, room, "ann"));
        assert_eq!(send(&api, &fact).await.problem(403).0, "forbidden");
        let ask = json!({ "merchants": ["shop"] });
        assert_eq!(api.post("/api/v1/trust/exposure", ask).await.problem(403).0, "forbidden");
        let signals: SignalsAnswer = api.get("/api/v1/trust/signals").await.read(200);
        assert_eq!(signals.items.len(), 90);
        let policies: PoliciesAnswer = api.get("/api/v1/trust/policies").await.read(200);
        assert_eq!((policies.items.len(), policies.items[0].points), (16, 6));
    }
    let viewer = node.api(&token(Role::Viewer, "live-1", "ann"));
    assert_eq!(viewer.get("/api/v1/trust/merchants/shop/index").await.problem(403).0, "forbidden");
    let _ = send(&platform_at(node.address), &fact).await.read::<FactsAnswer>(200);
    let moderator = node.api(&token(Role::Moderator, "*", "mia"));
    assert!(moderator.get("/api/v1/trust/merchants/shop/index").await.read::<IndexAnswer>(200).index > 500.0);
}

async fn a_node_without_trust_has_no_such_routes(stores: Stores) {
    let node = stores.node_with(|settings| settings.trust.trust = Switch::Off).await;
    let api = platform_at(node.address);
    assert_eq!(send(&api, &[]).await.problem(404).0, "not_found");
    for path in ["/api/v1/trust/signals", "/api/v1/trust/policies", "/api/v1/trust/merchants/shop/index"] {
        assert_eq!(api.get(path).await.problem(404).0, "not_found");
    }
    assert_eq!(api.post("/api/v1/trust/rank", json!({})).await.problem(404).0, "not_found");
}
