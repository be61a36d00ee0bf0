//! Hostile values in each field of each body of trust, in its queries and in its paths: each is refused with the name
//! of its field, and none is a server's error.

mod routes;

use live_jury_protocol::Role;
use live_jury_protocol::trust::{Buckets, FactsAnswer};
use live_jury_tests::api::Api;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{now_s, token};
use live_jury_trust::fact::LINES_MAX;
use serde_json::{Value, json};
use uuid::Uuid;

use self::routes::{Callers, Kind, SHOP, TOO_LARGE, WORDS, unseen_texts};
use super::platform::ROOM;
use super::text::no_evidence_urls;

const LINES: &[(&str, &str)] = &[("Content-Type", "application/x-ndjson")];

live_jury_tests::on_both! {
    a_hostile_value_of_any_field_is_refused_by_name
    evidence_of_claims_and_appeals_is_held_to_the_rule_of_cases
    a_hostile_value_of_a_fact_is_refused_by_name
    a_hostile_query_or_path_is_no_servers_error
    ids_that_a_platform_may_have_are_taken
    a_brand_that_looks_like_another_is_refused
}

async fn known_shop(platform: &Api) {
    let line = json!({ "id": "f-1", "type": "party.registered", "at_ms": now_s() * 1_000, "merchant": SHOP,
        "kind": "merchant" });
    let sent = platform.send("POST", "/trust/facts", LINES, Some(line.to_string().into_bytes())).await;
    assert_eq!(sent.read::<FactsAnswer>(200).accepted, 1);
}

async fn a_hostile_value_of_any_field_is_refused_by_name(stores: Stores) {
    let node = stores.node().await;
    let callers = Callers::new(&node);
    known_shop(&callers.platform).await;
    for route in callers.routes() {
        route.check().await;
    }
    // A bucket must exist before its words are looked at; the report above has made one.
    let buckets: Buckets = callers.staff.get(&format!("/rooms/{ROOM}/buckets")).await.read(200);
    let path = format!("/trust/buckets/{}/close", buckets.items[0].id);
    for value in unseen_texts(20, 2_000) {
        let reply = callers.staff.post(&path, json!({ "words": value })).await;
        assert_eq!(reply.problem(422).1, "words", "{value:?}");
    }
}

async fn evidence_of_claims_and_appeals_is_held_to_the_rule_of_cases(stores: Stores) {
    let node = stores.node().await;
    let callers = Callers::new(&node);
    known_shop(&callers.platform).await;
    let routes = callers.routes();
    let mut with_evidence = 0;
    for route in routes.iter().filter(|route| route.body.get("evidence").is_some()) {
        with_evidence += 1;
        for url in no_evidence_urls() {
            let body = route.with("evidence", json!(["https://example.com/a.jpg", url]));
            let reply = route.send(body.to_string()).await;
            assert_eq!(reply.status, 422, "{} {url:?}: {}", route.path, reply.text);
            assert_eq!(reply.problem(422), ("invalid_field".to_owned(), "evidence[1]".to_owned()), "{url:?}");
        }
        for url in ["https://cdn.example.com/a.jpg?size=2&at=@x#part", "HTTPS://xn--fiqs8s.example:8443/%E5%9B%BE.jpg"]
        {
            let reply = route.send(route.with("evidence", json!([url])).to_string()).await;
            assert!(!reply.text.contains("evidence["), "{} {url:?}: {}", route.path, reply.text);
        }
    }
    assert_eq!(with_evidence, 3, "claims, answers and appeals");
}

async fn a_hostile_value_of_a_fact_is_refused_by_name(stores: Stores) {
    let node = stores.node().await;
    let platform = node.api(&token(Role::Platform, "*", "shop-platform"));
    let now_ms = now_s() * 1_000;
    let send = async |lines: &[String]| {
        let sent = platform.send("POST", "/trust/facts", LINES, Some(lines.join("\n").into_bytes())).await;
        sent.read::<FactsAnswer>(200)
    };
    let placed = json!({ "id": "f-1", "type": "order.placed", "at_ms": now_ms, "merchant": SHOP, "host": "h-1",
        "room": "r-1", "product": "p-1", "category": "silk", "order": "o-1", "buyer": "b-1",
        "amount_minor": 4_900, "currency": "CNY", "buyer_nth": 1 });
    let finding = json!({ "id": "f-2", "type": "authority.finding", "at_ms": now_ms, "merchant": SHOP,
        "policy": "counterfeit", "text": WORDS });
    let live = json!({ "id": "f-3", "type": "live.ended", "at_ms": now_ms, "merchant": SHOP, "host": "h-1",
        "session": "s-1", "minutes": 60, "viewer_minutes": 900.5, "sessions_10s": 40, "product_shown": true,
        "reporters": 2, "muted": 1, "cut": false });
    let deposit = json!({ "id": "f-4", "type": "deposit.changed", "at_ms": now_ms, "merchant": SHOP,
        "asked_minor": 100, "paid_minor": 50 });
    let remedy = json!({ "id": "f-5", "type": "remedy.done", "at_ms": now_ms, "merchant": SHOP, "claim": "c-1",
        "accepted": true });
    for base in [&placed, &finding, &live, &deposit, &remedy] {
        assert_eq!(send(&[base.to_string()]).await.accepted, 1, "{base}");
    }
    let ids = Kind::Id.hostile();
    let times = [json!(now_ms + 3_600_000), json!(0), json!(-1), json!(TOO_LARGE), json!(u64::MAX), json!(1e300)];
    let numbers = [json!(-1), json!(1e300), json!(1e16), json!("1"), json!(null)];
    let wholes = [json!(-1), json!(1.5), json!(TOO_LARGE), json!(1e300), json!("1")];
    let counts = [json!(-1), json!(1.5), json!(1_u64 << 32), json!(i64::MAX), json!(1e300)];
    // A longer text does not fit a line.
    let mut unseen = unseen_texts(1, 2_000);
    unseen.retain(|text| text.as_str().is_none_or(|text| text.len() < 2_000));
    let currencies = Kind::Currency.hostile();
    let rows: [(&Value, &str, &[Value]); 25] = [
        (&placed, "id", &ids),
        (&placed, "at_ms", &times),
        (&placed, "merchant", &ids),
        (&placed, "host", &ids),
        (&placed, "room", &ids),
        (&placed, "product", &ids),
        (&placed, "category", &ids),
        (&placed, "order", &ids),
        (&placed, "buyer", &ids),
        (&placed, "amount_minor", &wholes),
        (&placed, "currency", &currencies),
        (&placed, "buyer_nth", &wholes),
        (&placed, "type", &ids),
        (&finding, "text", &unseen),
        (&finding, "policy", &ids),
        (&finding, "order", &ids),
        (&live, "session", &ids),
        (&live, "minutes", &numbers),
        (&live, "viewer_minutes", &numbers),
        (&live, "sessions_10s", &counts),
        (&live, "reporters", &counts),
        (&deposit, "asked_minor", &wholes),
        (&deposit, "paid_minor", &wholes),
        (&remedy, "claim", &ids),
        (&remedy, "accepted", &numbers),
    ];
    for (base, field, values) in rows {
        let mut lines = Vec::new();
        for (n, value) in values.iter().enumerate() {
            let mut line = base.clone();
            line["id"] = json!(format!("hostile-{n}"));
            line[field] = value.clone();
            lines.push(line.to_string());
        }
        let answer = send(&lines).await;
        assert_eq!(answer.accepted, 0, "{field}: {answer:?}");
        for (line, value) in values.iter().enumerate() {
            let refused = &answer.refused[line];
            assert_eq!(refused.field.as_deref(), Some(field), "{value:?}: {refused:?}");
        }
    }
    let half = placed.to_string().replace("f-1", "f-6").replace("o-1", "\\ud800");
    assert_eq!(send(&[half]).await.refused[0].code, "malformed");
    let many = vec![placed.to_string(); LINES_MAX + 1].join("\n").into_bytes();
    assert_eq!(platform.send("POST", "/trust/facts", LINES, Some(many)).await.status, 422);
    assert_eq!(platform.send("POST", "/trust/facts", LINES, Some(Vec::new())).await.status, 200, "no line is no fault");
    assert_eq!(platform.send("POST", "/trust/facts", LINES, Some(b"\0\xff".to_vec())).await.status, 200);
}

/// Queries and paths in which each hostile text stands.
async fn a_hostile_query_or_path_is_no_servers_error(stores: Stores) {
    let node = stores.node().await;
    let callers = Callers::new(&node);
    known_shop(&callers.platform).await;
    let lists = [
        "applications",
        "listings",
        "claims",
        "violations",
        "measures",
        "statements",
        "audit",
        "appeals",
        "editions",
        "events",
    ];
    let texts =
        ["", "%00", "m-1%20", "%E2%80%8B", "%FF", "-1", "9223372036854775808", "18446744073709551615", "1e9", "*", "'"];
    for list in lists {
        for name in ["state", "merchant", "before", "after", "limit"] {
            for text in texts {
                let path = format!("/trust/{list}?{name}={text}");
                let reply = callers.staff.get(&path).await;
                assert!(reply.status < 500, "{path}: {}", reply.text);
                if reply.status >= 400 {
                    let (code, field) = reply.problem(reply.status);
                    assert!(field == name || code == "malformed", "{path}: {}", reply.text);
                }
            }
        }
    }
    for list in ["listings", "claims"] {
        for text in ["", "%00", "m-1%20", "%E2%80%8B", "%EF%BB%BFm-1"] {
            let reply = callers.staff.get(&format!("/trust/{list}?merchant={text}")).await;
            assert_eq!(reply.problem(422).1, "merchant", "{list} {text}");
        }
    }
    for text in ["%00", "m-1%20", "%E2%80%8B", "m%0A1", &"x".repeat(129)] {
        for path in [
            format!("/trust/merchants/{text}/index"),
            format!("/trust/merchants/{text}/promises"),
            format!("/trust/parties/merchant/{text}"),
            format!("/trust/parties/buyer/{text}"),
            format!("/trust/terms/{text}"),
            format!("/trust/claims/{text}"),
            format!("/trust/listings/{text}"),
            format!("/trust/editions/{text}"),
            format!("/trust/buckets/{text}"),
        ] {
            assert_eq!(callers.staff.get(&path).await.problem(404).0, "not_found", "{path}");
        }
        let words = json!({ "words": WORDS, "violations": [Uuid::nil()] });
        assert_eq!(
            callers.staff.post(&format!("/trust/parties/merchant/{text}/ban"), words).await.status,
            404,
            "{text}"
        );
        let replay = callers.staff.post(&format!("/trust/webhooks/{text}/replay"), json!({ "after": u64::MAX })).await;
        assert_eq!(replay.status, 404, "{text}: {}", replay.text);
        let brand = callers.staff.put(&format!("/trust/brands/{text}"), json!({ "name": "Silkworm" })).await;
        assert_eq!(brand.problem(422).1, "id", "{text}");
        let deleted = callers.staff.send("DELETE", &format!("/trust/brands/{text}"), &[], None).await;
        assert_eq!(deleted.status, 404, "{text}: {}", deleted.text);
    }
    for version in ["9223372036854775808", "18446744073709551615"] {
        let headers = [("If-Match", version)];
        let words = json!({ "decision": "release", "words": WORDS });
        let reply =
            callers.staff.post_with(&format!("/trust/applications/{}/decide", Uuid::nil()), &headers, words).await;
        assert_eq!(reply.status, 404, "{version}: {}", reply.text);
        let brand = json!({ "name": "Silkworm" }).to_string().into_bytes();
        let reply = callers.staff.send("PUT", "/trust/brands/b-1", &headers, Some(brand)).await;
        assert!((400..500).contains(&reply.status), "{version}: {}", reply.text);
    }
}

/// Ids of platforms have blanks and letters of any script inside, and marks and signs at their ends.
async fn ids_that_a_platform_may_have_are_taken(stores: Stores) {
    let node = stores.node().await;
    let Callers { platform, staff, .. } = Callers::new(&node);
    let ids =
        ["order 7", "买家7", "Ünï-1", "=1+1", "a/b#c?d", "ann@example.com", "ann❤️", "a\u{200d}b", &"字".repeat(42)];
    for (n, id) in ids.into_iter().enumerate() {
        let fact = json!({ "id": id, "type": "order.placed", "at_ms": now_s() * 1_000, "merchant": id,
            "order": id, "buyer": id,
            "product": id, "amount_minor": 1, "currency": "CNY", "buyer_nth": 1 });
        let sent = platform.send("POST", "/trust/facts", LINES, Some(fact.to_string().into_bytes())).await;
        assert_eq!(sent.read::<FactsAnswer>(200).accepted, 1, "{id}");
        let exposures = platform.post("/trust/exposure", json!({ "merchants": [id] })).await;
        assert_eq!(exposures.status, 200, "{id}: {}", exposures.text);
        let brand = json!({ "name": format!("Silkworm {n}"), "authorised": [id] });
        assert_eq!(staff.put(&format!("/trust/brands/b-{n}"), brand).await.status, 200, "{id}");
        let violation = json!({ "party": { "kind": "merchant", "id": id }, "policy": "counterfeit", "facts": WORDS });
        assert_eq!(staff.post("/trust/violations", violation).await.status, 201, "{id}");
        let applied = platform
            .post(
                "/trust/applications",
                json!({ "id": id,
                "fields": { "device": [format!("d-{n}")] } }),
            )
            .await;
        assert_eq!(applied.status, 200, "{id}: {}", applied.text);
    }
}

async fn a_brand_that_looks_like_another_is_refused(stores: Stores) {
    let node = stores.node().await;
    let staff = node.moderator("*");
    let put = async |id: &str, brand: Value| staff.put(&format!("/trust/brands/{id}"), brand).await;
    assert_eq!(put("b-1", json!({ "name": "Silkworm", "categories": ["silk"] })).await.status, 200);
    for name in ["Silkworm", "SILKWORM", "Silk worm", "Silk\u{200b}worm", "Ｓｉｌｋｗｏｒｍ", "S\u{456}lkworm"]
    {
        for categories in [json!([]), json!(["wool", "silk"])] {
            let reply = put("b-2", json!({ "name": name, "categories": categories })).await;
            assert_eq!(reply.problem(422).1, "name", "{name:?} {categories}");
        }
    }
    assert_eq!(put("b-1", json!({ "name": "SILKWORM", "categories": ["silk"] })).await.status, 200, "its own name");
    assert_eq!(put("b-2", json!({ "name": "Silkworm", "categories": ["tools"] })).await.status, 200, "other goods");
    assert_eq!(put("b-3", json!({ "name": "Silkmoth" })).await.status, 200);
}
