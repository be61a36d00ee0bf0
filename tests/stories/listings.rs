//! Fakes before their first sale: a counterfeit is blocked, a look-alike is held and a person decides, and an honest
//! listing passes.

use data_encoding::BASE64;
use image::{ImageFormat, Rgb, RgbImage};
use live_jury_protocol::trust::{Listing, ListingAnswer, PartyStanding, TrustChange, Violation};
use live_jury_protocol::{FiledEvent, Page, Role};
use live_jury_server::config::Switch;
use live_jury_tests::api::{Api, Reply};
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{merchant, token};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The words of a moderator.
const WORDS: &str = "The label and the laboratory disagree.";
/// The listings that a node takes at a time.
const AT_A_TIME: usize = 4;

live_jury_tests::on_both! {
    a_counterfeit_is_blocked_by_a_known_picture_and_by_a_term
    a_look_alike_is_held_and_a_person_releases_it
    a_confirmed_hold_is_a_violation_with_points_and_an_appealable_statement
    a_rule_in_shadow_counts_alone_and_a_live_one_is_demoted
    a_shop_that_is_limited_or_banned_lists_nothing_new
    the_same_version_gets_the_same_answer_and_another_one_is_refused
    a_picture_is_refused_by_its_size_and_passed_where_it_is_none
    only_the_platform_lists_and_only_moderators_of_all_rooms_decide
    a_fifth_listing_at_a_time_is_told_to_come_again
}

fn platform(node: &Node) -> Api {
    node.api(&token(Role::Platform, "*", "shop-platform"))
}

/// A listing with other fields in the place of some.
fn listing(id: &str, change: Value) -> Value {
    let mut new = json!({
        "id": id, "version": 1, "merchant": "shop", "title": "A plain watch", "category": "watches",
        "price_minor": 10_000, "currency": "CNY",
    });
    new.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    new
}

async fn screen(api: &Api, new: Value) -> ListingAnswer {
    api.post("/trust/listings", new).await.read(200)
}

async fn put(staff: &Api, path: &str, entry: Value) -> Value {
    staff.put(&format!("/trust/{path}"), entry).await.read(200)
}

async fn decide(staff: &Api, found: &ListingAnswer, body: Value) -> Reply {
    let mut body = body;
    body["words"] = json!(WORDS);
    staff.post(&format!("/trust/listings/{}/decide", found.screening), body).await
}

/// Sells for long enough that the shop is no new one.
async fn known_shop(api: &Api, id: &str) {
    let now_ms = live_jury_tests::tokens::now_s() * 1_000;
    let line = json!({ "id": format!("{id}-1"), "type": "order.delivered", "at_ms": now_ms - 40 * 86_400_000,
        "merchant": id, "order": "o1", "in_time": true });
    let headers = [("Content-Type", "application/x-ndjson")];
    let sent = api.send("POST", "/trust/facts", &headers, Some(line.to_string().into_bytes())).await;
    assert_eq!(sent.read::<Value>(200)["accepted"], 1);
}

fn checks(found: &ListingAnswer) -> Vec<(&str, &str, &str)> {
    found.hits.iter().map(|hit| (hit.check.as_str(), hit.outcome.as_str(), hit.note.as_str())).collect()
}

/// The told decisions on listings: listing, outcome.
async fn told(api: &Api) -> Vec<(String, String)> {
    let events: Page<FiledEvent> = api.get("/trust/events").await.read(200);
    let changes = events.items.into_iter().filter_map(|event| event.trust);
    let decided = |change| match change {
        TrustChange::ListingDecided(told) => Some((told.listing, told.outcome)),
        _ => None,
    };
    changes.filter_map(|event| decided(event.what)).collect()
}

/// A photo of soft waves, mirrored if it is asked for.
fn photo(format: ImageFormat, mirrored: bool) -> String {
    let (width, height) = (480_u32, 320_u32);
    let picture = RgbImage::from_fn(width, height, |x, y| {
        let x = if mirrored { width - 1 - x } else { x };
        let (x, y) = (x as f32 / width as f32, y as f32 / height as f32);
        let wave = |a: f32, b: f32| ((x * a).sin() * (y * b).cos() * 60.0 + (x * y * 31.0).sin() * 50.0 + 120.0) as u8;
        Rgb([wave(23.0, 17.0), wave(9.0, 31.0), wave(41.0, 5.0)])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    BASE64.encode(&bytes.into_inner())
}

async fn a_counterfeit_is_blocked_by_a_known_picture_and_by_a_term(stores: Stores) {
    let node = stores.node().await;
    let (api, staff) = (platform(&node), node.moderator("*"));
    known_shop(&api, "shop").await;
    assert_eq!(checks(&screen(&api, listing("plain", json!({}))).await), []);
    put(&staff, "brands/b1", json!({ "name": "Rolex", "authorised": ["official"] })).await;
    let image = json!({ "mark": "counterfeit", "brand": "b1", "bytes": photo(ImageFormat::Png, false) });
    let entry = put(&staff, "images/i1", image).await;
    assert_eq!(entry["entry"]["pdq"].as_array().unwrap().len(), 12, "no bytes are kept: {entry}");
    put(&staff, "terms/t1", json!({ "kind": "prohibited", "text": "opium", "then": "block" })).await;
    for (n, mirrored) in [false, true].into_iter().enumerate() {
        let images = json!([{ "bytes": photo(ImageFormat::Jpeg, mirrored) }]);
        let found = screen(&api, listing(&format!("fake-{n}"), json!({ "images": images }))).await;
        assert_eq!(checks(&found), [("image", "block", "counterfeit")]);
        assert_eq!((found.outcome.as_str(), found.hits[0].entry.as_deref()), ("block", Some("i1")));
        let own = json!({ "images": images, "merchant": "official" });
        let found = screen(&api, listing(&format!("real-{n}"), own)).await;
        assert!(found.hits.is_empty(), "an authorised shop shows it: {found:?}");
    }
    let found = screen(&api, listing("drug", json!({ "description": "Pure o.p.i.u.m, 1 g" }))).await;
    assert_eq!(checks(&found), [("term", "block", "prohibited")]);
    let hit = &found.hits[0];
    assert_eq!((hit.field.as_deref(), hit.span, hit.value.as_str()), (Some("description"), Some([5, 14]), "o.p.i.u.m"));
    let entry: Value = staff.get("/trust/terms/t1").await.read(200);
    assert_eq!((entry["hits"].as_u64(), entry.get("precision")), (Some(1), None));
    let expected = ["fake-0", "fake-1", "drug"].map(|id| (id.to_owned(), "block".to_owned()));
    assert_eq!(told(&api).await, expected);
}

async fn a_look_alike_is_held_and_a_person_releases_it(stores: Stores) {
    let node = stores.node().await;
    let (api, staff) = (platform(&node), node.moderator("*"));
    known_shop(&api, "shop").await;
    put(&staff, "brands/b1", json!({ "name": "Samsung" })).await;
    let found = screen(&api, listing("l-1", json!({ "brand": "5amsung" }))).await;
    assert_eq!((found.outcome.as_str(), checks(&found)), ("hold", vec![("brand", "hold", "look: Samsung")]));
    let close = screen(&api, listing("l-2", json!({ "brand": "Samsing" }))).await;
    assert_eq!(close.outcome, "review", "it is live, and a person looks");
    let newcomer = screen(&api, listing("l-3", json!({ "brand": "Samsing", "merchant": "newcomer" }))).await;
    assert_eq!(newcomer.outcome, "hold", "a shop of the first month is held sooner");
    let listed: Page<Listing> = staff.get("/trust/listings?state=held&limit=1").await.read(200);
    assert_eq!((listed.items[0].listing.as_str(), listed.next.is_some()), ("l-3", true));
    let path = format!("/trust/listings?state=held&before={}", listed.next.unwrap());
    let listed: Page<Listing> = staff.get(&path).await.read(200);
    let [waiting] = &listed.items[..] else { panic!("one waits: {listed:?}") };
    assert_eq!(
        (waiting.screening, waiting.version, waiting.policy.as_deref()),
        (found.screening, 1, Some("look_alike_brand"))
    );
    assert_eq!(waiting.due_ms, Some(waiting.at_ms + 24 * 3_600_000));
    let standing: PartyStanding = staff.get("/trust/parties/merchant/shop").await.read(200);
    let statement = &standing.statements[0].statement;
    assert_eq!(statement.decision_visibility, ["DECISION_VISIBILITY_CONTENT_DISABLED"]);
    assert_eq!(statement.automated_decision, "AUTOMATED_DECISION_FULLY");
    let path = format!("/trust/listings/{}/decide", found.screening);
    let body = |words: &str| json!({ "decision": "release", "words": words });
    assert_eq!(staff.post(&path, body("short")).await.problem(422).0, "words_needed");
    let stale = staff.post_with(&path, &[("If-Match", "\"9\"")], body(WORDS)).await;
    assert_eq!(stale.problem(412).0, "version_mismatch");
    let released: Listing = staff.post_with(&path, &[("If-Match", "\"1\"")], body(WORDS)).await.read(200);
    assert_eq!((released.state.as_str(), released.decision.as_deref()), ("released", Some("overturned")));
    assert_eq!(staff.post(&path, body(WORDS)).await.problem(409).0, "decided");
    let entry: Value = staff.get("/trust/brands/b1").await.read(200);
    assert_eq!(
        (entry["hits"].as_u64(), entry["overturned"].as_u64(), entry["precision"].as_f64()),
        (Some(3), Some(1), Some(0.0))
    );
    let standing: PartyStanding = staff.get("/trust/parties/merchant/shop").await.read(200);
    assert_eq!((standing.points, standing.violations.len()), (0, 0));
}

async fn a_confirmed_hold_is_a_violation_with_points_and_an_appealable_statement(stores: Stores) {
    let node = stores.node().await;
    let (api, staff) = (platform(&node), node.moderator("*"));
    known_shop(&api, "shop").await;
    put(&staff, "terms/t1", json!({ "kind": "counterfeit_phrase", "text": "高仿", "then": "hold" })).await;
    let found = screen(&api, listing("l-1", json!({ "title": "高 仿 手表" }))).await;
    assert_eq!(checks(&found), [("term", "hold", "counterfeit_phrase")]);
    let unknown = decide(&staff, &found, json!({ "decision": "confirm", "policy": "bad_taste" })).await;
    assert_eq!(unknown.problem(422), ("unknown_policy".into(), "policy".into()));
    let removed: Listing = decide(&staff, &found, json!({ "decision": "confirm" })).await.read(200);
    assert_eq!((removed.state.as_str(), removed.by.as_deref()), ("removed", Some("mod")));
    let listed: Page<Violation> = staff.get("/trust/violations").await.read(200);
    let [violation] = &listed.items[..] else { panic!("one violation: {listed:?}") };
    assert_eq!((Some(violation.id), violation.source.as_str()), (removed.violation, "screening"));
    assert_eq!((violation.policy.as_str(), violation.points), ("counterfeit", 24));
    let standing: PartyStanding = staff.get("/trust/parties/merchant/shop").await.read(200);
    assert_eq!(standing.gate.as_deref(), Some("limit"));
    let next = screen(&api, listing("l-2", json!({}))).await;
    assert_eq!((next.outcome.as_str(), checks(&next)), ("hold", vec![("shop", "hold", "limited")]));
    // Won, it is as if it had never been.
    let body = json!({ "words": WORDS });
    let withdrawn = staff.post(&format!("/trust/violations/{}/withdraw", violation.id), body).await;
    assert_eq!(withdrawn.read::<Violation>(200).state, "void");
    let listed: Page<Listing> = staff.get("/trust/listings?state=released").await.read(200);
    assert_eq!((listed.items[0].listing.as_str(), listed.items[0].decision.as_deref()), ("l-1", Some("overturned")));
    let outcomes: Vec<String> = told(&api).await.into_iter().map(|(id, outcome)| format!("{id} {outcome}")).collect();
    assert_eq!(outcomes, ["l-1 hold", "l-1 remove", "l-2 hold", "l-1 release"]);
}

async fn a_rule_in_shadow_counts_alone_and_a_live_one_is_demoted(stores: Stores) {
    let node = stores.node().await;
    let (api, staff) = (platform(&node), node.moderator("*"));
    known_shop(&api, "shop").await;
    let rule = |state: &str, above: f64| {
        json!({ "all": [{ "check": "signal", "name": "model_x", "above": above }], "then": "hold",
            "policy": "counterfeit", "state": state })
    };
    put(&staff, "rules/quiet", rule("shadow", 0.5)).await;
    let signals = json!({ "signals": { "model_x": 0.93 } });
    let found = screen(&api, listing("l-1", signals.clone())).await;
    assert_eq!((found.outcome.as_str(), found.hits[0].shadow), ("pass", true));
    let entry: Value = staff.get("/trust/rules/quiet").await.read(200);
    assert_eq!(entry["hits"], 1);
    put(&staff, "rules/loud", rule("live", 0.9)).await;
    for n in 0..50 {
        let held = screen(&api, listing(&format!("n-{n}"), signals.clone())).await;
        assert_eq!(held.outcome, "hold", "listing {n}");
        assert_eq!(decide(&staff, &held, json!({ "decision": "release" })).await.status, 200);
    }
    let found = screen(&api, listing("last", signals)).await;
    assert_eq!(found.outcome, "pass", "the rule is in shadow: {found:?}");
    let entry: Value = staff.get("/trust/rules/loud").await.read(200);
    assert_eq!((entry["entry"]["state"].as_str(), entry["precision"].as_f64()), (Some("shadow"), Some(0.0)));
    let mut demoted = Vec::new();
    let mut path = "/trust/events?limit=100".to_owned();
    loop {
        let events: Page<FiledEvent> = api.get(&path).await.read(200);
        if events.items.is_empty() {
            break;
        }
        demoted.extend(events.items.into_iter().filter_map(|event| match event.trust?.what {
            TrustChange::RuleDemoted { rule, low, .. } => Some((rule, low)),
            _ => None,
        }));
        let Some(next) = events.next else { break };
        path = format!("/trust/events?limit=100&after={next}");
    }
    assert_eq!(demoted, [("loud".to_owned(), 0.0)]);
}

async fn a_shop_that_is_limited_or_banned_lists_nothing_new(stores: Stores) {
    let node = stores.node().await;
    let (api, staff) = (platform(&node), node.moderator("*"));
    known_shop(&api, "shop").await;
    let party = json!({ "kind": "merchant", "id": "shop" });
    let new = json!({ "party": party, "policy": "prohibited_goods", "facts": "Forty parcels held fireworks." });
    let violation: Violation = staff.post("/trust/violations", new).await.read(201);
    let found = screen(&api, listing("l-1", json!({}))).await;
    assert_eq!((found.outcome.as_str(), checks(&found)), ("hold", vec![("shop", "hold", "limited")]));
    let body = json!({ "violations": [violation.id], "words": WORDS });
    assert_eq!(staff.post("/trust/parties/merchant/shop/ban", body).await.status, 200);
    let found = screen(&api, listing("l-2", json!({}))).await;
    assert_eq!(found.outcome, "block");
    assert!(checks(&found).contains(&("shop", "block", "banned")), "{found:?}");
}

async fn the_same_version_gets_the_same_answer_and_another_one_is_refused(stores: Stores) {
    let node = stores.node().await;
    let (api, staff) = (platform(&node), node.moderator("*"));
    known_shop(&api, "shop").await;
    let first = screen(&api, listing("l-1", json!({}))).await;
    put(&staff, "terms/t1", json!({ "kind": "prohibited", "text": "watch", "then": "block" })).await;
    assert_eq!(screen(&api, listing("l-1", json!({}))).await, first, "a repeat is not screened again");
    let other = api.post("/trust/listings", listing("l-1", json!({ "title": "Another" }))).await;
    assert_eq!(other.problem(409).0, "already_applied");
    let next = screen(&api, listing("l-1", json!({ "version": 2 }))).await;
    assert_eq!((next.outcome.as_str(), next.listing_version), ("block", 2), "the list was read again");
}

async fn a_picture_is_refused_by_its_size_and_passed_where_it_is_none(stores: Stores) {
    let node = stores.node().await;
    let api = platform(&node);
    let with = async |image: Value| api.post("/trust/listings", listing("l-1", json!({ "images": [image] }))).await;
    let mut wide = BASE64.decode(photo(ImageFormat::Png, false).as_bytes()).unwrap();
    wide[16..20].copy_from_slice(&9_000_u32.to_be_bytes());
    let crc = !wide[12..29]
        .iter()
        .fold(!0_u32, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 * (sum & 1))));
    wide[29..33].copy_from_slice(&crc.to_be_bytes());
    let refused = with(json!({ "bytes": BASE64.encode(&wide) })).await;
    assert_eq!(refused.problem(422), ("too_large".into(), "images[0]".into()));
    for (image, field) in [
        (json!({ "bytes": "no base64!" }), "images[0].bytes"),
        (json!({ "pdq": "12", "quality": 90 }), "images[0].pdq"),
        (json!({ "pdq": "0".repeat(64) }), "images[0].quality"),
        (json!({ "pdq": "0".repeat(64), "quality": 101 }), "images[0].quality"),
        (json!({}), "images[0].bytes"),
    ] {
        assert_eq!(with(image).await.problem(422), ("invalid_field".into(), field.into()));
    }
    let many = json!({ "images": vec![json!({ "pdq": "0".repeat(64), "quality": 9 }); 10] });
    let many = api.post("/trust/listings", listing("l-1", many)).await;
    assert_eq!(many.problem(422), ("invalid_field".into(), "images".into()));
    let found: ListingAnswer = with(json!({ "bytes": BASE64.encode(b"GIF89a is no picture here") })).await.read(200);
    assert_eq!((found.outcome.as_str(), checks(&found)), ("pass", vec![("image", "pass", "undecodable")]));
    let mut large = begun(&node, &[("Content-Length", "20971521"), ("Expect", "100-continue")]).await;
    let mut answer = [0; 12];
    large.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413", "it is refused unread");
}

async fn only_the_platform_lists_and_only_moderators_of_all_rooms_decide(stores: Stores) {
    let node = stores.node().await;
    let (api, staff) = (platform(&node), node.moderator("*"));
    let body = listing("l-1", json!({}));
    for other in [&staff, &node.moderator("live-42"), &node.api(&merchant("shop"))] {
        assert_eq!(other.post("/trust/listings", body.clone()).await.problem(403).0, "forbidden");
    }
    let found = screen(&api, body.clone()).await;
    let entry = json!({ "kind": "prohibited", "text": "opium", "then": "block" });
    assert_eq!(node.moderator("live-42").get("/trust/listings").await.problem(403).0, "forbidden");
    for other in [&node.moderator("live-42"), &node.api(&merchant("shop"))] {
        assert_eq!(other.get("/trust/terms/t1").await.problem(403).0, "forbidden");
    }
    for other in [&api, &node.moderator("live-42"), &node.api(&merchant("shop"))] {
        let decided = decide(other, &found, json!({ "decision": "release" })).await;
        assert_eq!(decided.problem(403).0, "forbidden");
        assert_eq!(other.put("/trust/terms/t1", entry.clone()).await.problem(403).0, "forbidden");
        assert_eq!(other.send("DELETE", "/trust/terms/t1", &[], None).await.problem(403).0, "forbidden");
    }
    assert_eq!(staff.get("/trust/terms/t1").await.problem(404).0, "not_found");
    let wrong = staff.put("/trust/rules/r1", json!({ "all": [], "then": "hold", "policy": "counterfeit" })).await;
    assert_eq!(wrong.problem(422), ("invalid_field".into(), "all".into()));
    let unknown = json!({ "not": { "check": "gtin", "is": "valid" }, "then": "hold", "policy": "bad_taste" });
    assert_eq!(staff.put("/trust/rules/r1", unknown).await.problem(422), ("unknown_policy".into(), "policy".into()));
    put(&staff, "terms/t1", entry).await;
    assert_eq!(staff.send("DELETE", "/trust/terms/t1", &[], None).await.status, 204);
    for (change, field) in [
        (json!({ "title": "" }), "title"),
        (json!({ "description": "x".repeat(10_001) }), "description"),
        (json!({ "currency": "cny" }), "currency"),
        (json!({ "merchant": "" }), "merchant"),
        (json!({ "signals": { "": 1.0 } }), "signals"),
    ] {
        let refused = api.post("/trust/listings", listing("l-2", change)).await;
        assert_eq!(refused.problem(422), ("invalid_field".into(), field.into()));
    }
    node.stop().await;
    let node = stores.node_with(|settings| settings.trust.trust = Switch::Off).await;
    assert_eq!(platform(&node).post("/trust/listings", body).await.problem(404).0, "not_found");
}

/// A request with a listing whose body has not come yet.
async fn begun(node: &Node, headers: &[(&str, &str)]) -> TcpStream {
    let token = token(Role::Platform, "*", "shop-platform");
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "POST /api/v1/trust/listings HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n{headers}\r\n",
        node.address
    );
    let mut stream = TcpStream::connect(node.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

async fn a_fifth_listing_at_a_time_is_told_to_come_again(stores: Stores) {
    let node = stores.node().await;
    let api = platform(&node);
    let mut waiting = Vec::new();
    for _ in 0..AT_A_TIME {
        waiting.push(begun(&node, &[("Content-Length", "9000")]).await);
    }
    live_jury_tests::in_time("the node is busy", async {
        while api.post("/trust/listings", listing("l-1", json!({}))).await.status != 429 {
            // This request may have taken the place of one that waits, which was then refused.
            waiting.push(begun(&node, &[("Content-Length", "9000")]).await);
        }
    })
    .await;
    drop(waiting);
    live_jury_tests::in_time("the node takes listings again", async {
        while api.post("/trust/listings", listing("l-1", json!({}))).await.status != 200 {}
    })
    .await;
}
