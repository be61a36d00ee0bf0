//! Those who come back: a banned merchant's new application is held or refused with a reason, an honest one passes, and
//! no value of any is kept.

mod weights;

use std::time::Duration;

use live_jury_protocol::trust::{
    Application, ApplicationAnswer, IdentityAnswer, Measure, PartyStanding, TrustAuditEntry, TrustChange, Violation,
};
use live_jury_protocol::{FiledEvent, Page, Role};
use live_jury_server::config::Switch;
use live_jury_tests::api::{Api, Reply};
use live_jury_tests::node::Node;
use live_jury_tests::program::Program;
use live_jury_tests::stores::{IDENTITY_KEY, Stores};
use live_jury_tests::tokens::{merchant, moderator, token};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::security::secrecy::{files, postgres_dump};

/// The words of a moderator.
const WORDS: &str = "The label and the laboratory disagree.";
const OTHER_KEY: &str = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";
const HOUR: Duration = Duration::from_secs(60 * 60);

/// The shops whose values are planted, each twice. A search of all places in a trace log takes its time.
const PLANTED: usize = 8;

live_jury_tests::on_both! {
    a_banned_merchant_with_a_new_phone_is_held_with_the_reason
    the_same_papers_are_refused_and_an_appeal_lets_in
    a_person_decides_where_machines_may_not_refuse
    an_honest_newcomer_passes_and_a_repeat_gets_the_same_answer
    a_new_key_finds_what_the_old_one_wrote
    a_changed_account_queues_for_people_and_closes_nothing
    only_the_platform_applies_and_only_with_listed_fields
    no_value_is_in_the_database_the_log_the_metrics_or_the_outbox
}

fn platform(node: &Node) -> Api {
    node.api(&token(Role::Platform, "*", "shop-platform"))
}

fn papers() -> Value {
    json!({
        "given_name": ["Xiaoming"],
        "family_name": ["Wang"],
        "birth_date": ["1990-02-03"],
        "id_number": ["11010519491231002X"],
        "phone": ["+86 138 0013 8000"],
        "payout_account": ["6222 0202 0000 1234 567"],
        "device": ["device-one"],
    })
}

/// Papers with other fields in the place of some; null takes one out.
fn with(change: Value) -> Value {
    let mut fields = papers();
    for (name, value) in change.as_object().unwrap() {
        match value {
            Value::Null => drop(fields.as_object_mut().unwrap().remove(name)),
            value => fields[name] = value.clone(),
        }
    }
    fields
}

async fn send(api: &Api, path: &str, body: Value) -> Reply {
    api.post(path, body).await
}

async fn apply(api: &Api, id: &str, fields: Value) -> ApplicationAnswer {
    send(api, "/trust/applications", json!({ "id": id, "fields": fields })).await.read(200)
}

async fn ban(staff: &Api, id: &str) {
    let party = json!({ "kind": "merchant", "id": id });
    let new = json!({ "party": party, "policy": "prohibited_goods", "facts": "Forty parcels held fireworks." });
    let violation: Violation = send(staff, "/trust/violations", new).await.read(201);
    let body = json!({ "violations": [violation.id], "words": WORDS });
    let banned: Measure = send(staff, &format!("/trust/parties/merchant/{id}/ban"), body).await.read(200);
    assert_eq!(banned.kind, "ban");
}

/// A shop that applied and was banned.
async fn banned(node: &Node, id: &str, fields: Value) {
    assert_eq!(apply(&platform(node), id, fields).await.outcome, "pass");
    ban(&node.moderator("*"), id).await;
}

async fn told(api: &Api) -> Vec<(String, Vec<String>)> {
    let events: Page<FiledEvent> = api.get("/trust/events").await.read(200);
    let changes = events.items.into_iter().filter_map(|event| event.trust);
    changes
        .filter_map(|event| match event.what {
            TrustChange::ApplicationDecided(told) => {
                Some((format!("{} {}", event.party.id, told.outcome), told.groups))
            }
            _ => None,
        })
        .collect()
}

async fn a_banned_merchant_with_a_new_phone_is_held_with_the_reason(stores: Stores) {
    let node = stores.node().await;
    let (api, staff) = (platform(&node), node.moderator("*"));
    banned(&node, "first", papers()).await;
    let other = with(json!({
        "given_name": ["Dawei"], "family_name": ["Zhang"], "birth_date": ["1971-11-30"],
        "id_number": ["440524188001010014"], "phone": ["+8613900139000"],
    }));
    let held = apply(&api, "second", other.clone()).await;
    assert_eq!((held.outcome.as_str(), held.proposed.as_deref(), held.measure), ("hold", None, None));
    assert_eq!(held.groups, ["money", "kit"]);
    assert!(held.weight >= held.threshold && held.threshold == 12.0, "{held:?}");
    let reason = &held.reasons[0];
    assert!(reason.text.starts_with("It has the payout account of a party that was closed on 20"), "{}", reason.text);
    assert!(reason.closed_at_ms.is_some() && !format!("{held:?}").contains("first"), "nobody else is named: {held:?}");

    let listed: Page<Application> = staff.get("/trust/applications?state=held").await.read(200);
    let [waiting] = &listed.items[..] else { panic!("one waits: {listed:?}") };
    assert_eq!((waiting.application, waiting.party.id.as_str(), waiting.version), (held.application, "second", 1));
    let due = Duration::from_millis(waiting.due_ms.unwrap() - waiting.at_ms);
    assert_eq!(due, 72 * HOUR);
    assert!(!waiting.again);
    let own = node.api(&merchant("second"));
    let mine = async || own.get("/trust/me").await.read::<PartyStanding>(200).application.unwrap();
    let read = mine().await;
    assert_eq!((read.state.as_str(), &read.reasons, read.due_ms), ("held", &held.reasons, waiting.due_ms));
    let path = format!("/trust/applications/{}/decide", held.application);
    let body = |decision: &str, words: &str| json!({ "decision": decision, "words": words });
    assert_eq!(staff.post(&path, body("release", "short")).await.problem(422).0, "words_needed");
    assert_eq!(staff.post(&path, body("ban", WORDS)).await.problem(422), ("invalid_field".into(), "decision".into()));
    let stale = staff.post_with(&path, &[("If-Match", "\"9\"")], body("release", WORDS)).await;
    assert_eq!(stale.problem(412).0, "version_mismatch");
    let decided: Application = staff.post(&path, body("probation", WORDS)).await.read(200);
    assert_eq!((decided.state.as_str(), decided.words.as_deref()), ("probation", Some(WORDS)));
    let read = mine().await;
    assert_eq!((read.state.as_str(), read.words.as_deref()), ("probation", Some(WORDS)));
    assert!(decided.by.is_some() && read.by.is_none(), "the applicant reads the words, and not whose they are");
    assert_eq!(staff.post(&path, body("release", WORDS)).await.problem(409).0, "decided");
    let standing: PartyStanding = staff.get("/trust/parties/merchant/second").await.read(200);
    assert_eq!((standing.measures[0].kind.as_str(), standing.gate.as_deref()), ("probation", Some("no_boost")));
    let again = apply(&api, "second", other).await;
    assert_eq!(again, held, "the same answer, whatever became of it");
    let groups = vec!["money".to_owned(), "kit".to_owned()];
    assert_eq!(
        told(&staff).await,
        [
            ("first pass".to_owned(), Vec::new()),
            ("second hold".to_owned(), groups.clone()),
            ("second probation".to_owned(), groups),
        ]
    );
    let trail: Page<TrustAuditEntry> = staff.get("/trust/audit").await.read(200);
    assert!(trail.items.iter().any(|line| line.action == "application_held" && line.by == "shop-platform"));
}

async fn the_same_papers_are_refused_and_an_appeal_lets_in(stores: Stores) {
    let node = stores.node().await;
    let (api, staff) = (platform(&node), node.moderator("*"));
    banned(&node, "first", papers()).await;
    let refused = apply(&api, "second", with(json!({ "phone": ["+8613900139000"], "device": ["new"] }))).await;
    assert_eq!((refused.outcome.as_str(), refused.proposed.as_deref()), ("refuse", None));
    let own: PartyStanding = node.api(&merchant("second")).get("/trust/me").await.read(200);
    assert_eq!((own.measures[0].kind.as_str(), Some(own.measures[0].id)), ("refuse", refused.measure));
    let statement = &own.statements[0].statement;
    assert_eq!(statement.automated_decision, "AUTOMATED_DECISION_FULLY");
    assert!(statement.text.contains("The application is refused") && !statement.text.contains("Wang"), "{statement:?}");
    let target = json!({ "kind": "measure", "id": refused.measure });
    let appeal = json!({ "target": target, "text": "My brother sold with my papers." });
    let filed: Value = node.api(&merchant("second")).post("/trust/appeals", appeal).await.read(201);
    let path = format!("/trust/appeals/{}/decide", filed["id"].as_str().unwrap());
    let body = json!({ "outcome": "overturned", "words": WORDS });
    live_jury_tests::in_time("the appeal is decided", async {
        while staff.post(&path, body.clone()).await.status != 200 {}
    })
    .await;
    let listed: Page<Application> = staff.get("/trust/applications?state=passed").await.read(200);
    assert_eq!(listed.items[0].party.id, "second");
}

async fn a_person_decides_where_machines_may_not_refuse(stores: Stores) {
    let node = stores.node_with(|settings| settings.trust.identity_refuse = "never".parse().unwrap()).await;
    let (api, staff) = (platform(&node), node.moderator("*"));
    banned(&node, "first", papers()).await;
    let held = apply(&api, "second", papers()).await;
    assert_eq!((held.outcome.as_str(), held.proposed.as_deref(), held.measure), ("hold", Some("refuse"), None));
    let path = format!("/trust/applications/{}/decide", held.application);
    let decided: Application = staff.post(&path, json!({ "decision": "refuse", "words": WORDS })).await.read(200);
    assert_eq!((decided.state.as_str(), decided.due_ms, decided.measure.is_some()), ("refused", None, true));
    let standing: PartyStanding = staff.get("/trust/parties/merchant/second").await.read(200);
    assert_eq!(standing.statements[0].statement.automated_decision, "AUTOMATED_DECISION_NOT_AUTOMATED");
}

async fn an_honest_newcomer_passes_and_a_repeat_gets_the_same_answer(stores: Stores) {
    let node = stores.node().await;
    let api = platform(&node);
    banned(&node, "first", papers()).await;
    let stranger = json!({
        "given_name": ["Xiaoming"], "family_name": ["Li"], "birth_date": ["1988-07-21"],
        "id_number": ["440524188001010014"], "phone": ["+8613900139000"], "payout_account": ["6217000000000001"],
        "device": ["another"],
    });
    let passed = apply(&api, "honest", stranger.clone()).await;
    assert_eq!((passed.outcome.as_str(), passed.groups.len(), passed.reasons.len()), ("pass", 0, 0));
    assert_eq!(apply(&api, "honest", stranger.clone()).await, passed);
    let keyed = [("Idempotency-Key", "any")];
    let body = json!({ "id": "honest", "fields": papers() });
    let other = api.post_with("/trust/applications", &keyed, body).await;
    assert_eq!(other.problem(409).0, "already_applied");
}

async fn a_new_key_finds_what_the_old_one_wrote(stores: Stores) {
    let start = async |keys: String| {
        stores.node_with(|settings| settings.trust.identity_keys = Some(keys.parse().unwrap())).await
    };
    let node = start(IDENTITY_KEY.to_owned()).await;
    banned(&node, "first", papers()).await;
    node.stop().await;
    let node = start(format!("{OTHER_KEY},{IDENTITY_KEY}")).await;
    let api = platform(&node);
    assert_eq!(apply(&api, "second", papers()).await.outcome, "refuse", "found under the old key");
    assert_eq!(apply(&api, "first", papers()).await.outcome, "pass", "the first answer, by the old key's digest");
    // Written anew under the first key, it is found without the old one.
    let again = send(&api, "/trust/parties/merchant/first/identity", json!({ "fields": papers() })).await;
    assert_eq!(again.read::<IdentityAnswer>(200).outcome, "pass");
    node.stop().await;
    let node = start(OTHER_KEY.to_owned()).await;
    let found = apply(&platform(&node), "third", papers()).await;
    assert_ne!(found.outcome, "pass", "found under the new key alone");
    assert_eq!(found.groups, ["self", "reach", "money", "kit"]);
}

async fn a_changed_account_queues_for_people_and_closes_nothing(stores: Stores) {
    let node = stores.node().await;
    let (api, staff) = (platform(&node), node.moderator("*"));
    banned(&node, "first", papers()).await;
    let own = json!({ "payout_account": ["6217000000000001"], "device": ["another"] });
    assert_eq!(apply(&api, "seller", own).await.outcome, "pass");
    let path = "/trust/parties/merchant/seller/identity";
    let hit: IdentityAnswer = send(&api, path, json!({ "fields": papers() })).await.read(200);
    assert_eq!((hit.outcome.as_str(), hit.groups.contains(&"money".to_owned())), ("hold", true));
    let standing: PartyStanding = staff.get("/trust/parties/merchant/seller").await.read(200);
    assert!(standing.measures.is_empty(), "nothing is closed");
    let listed: Page<Application> = staff.get("/trust/applications?state=held").await.read(200);
    assert_eq!((listed.items.len(), listed.items[0].due_ms), (1, None), "it waits for a person");
    let decide = format!("/trust/applications/{}/decide", listed.items[0].application);
    let refused = staff.post(&decide, json!({ "decision": "refuse", "words": WORDS })).await;
    assert_eq!(refused.problem(422), ("invalid_field".into(), "decision".into()));
    let released = staff.post(&decide, json!({ "decision": "release", "words": WORDS })).await;
    assert_eq!(released.read::<Application>(200).state, "passed");
    let unknown = send(&api, "/trust/parties/merchant/nobody/identity", json!({ "fields": papers() })).await;
    assert_eq!(unknown.problem(404).0, "not_found");
}

async fn only_the_platform_applies_and_only_with_listed_fields(stores: Stores) {
    let node = stores.node().await;
    let (api, staff) = (platform(&node), node.moderator("*"));
    let body = json!({ "id": "shop", "fields": papers() });
    for other in [&staff, &node.moderator("live-42"), &node.api(&merchant("shop"))] {
        assert_eq!(other.post("/trust/applications", body.clone()).await.problem(403).0, "forbidden");
    }
    for other in [&node.moderator("live-42"), &node.api(&merchant("shop"))] {
        assert_eq!(other.get("/trust/applications").await.problem(403).0, "forbidden");
    }
    let fault = async |fields: Value| {
        let reply = send(&api, "/trust/applications", json!({ "id": "shop", "fields": fields })).await;
        assert!(!reply.text.contains("kumquat"), "{}", reply.text);
        reply.problem(422)
    };
    assert_eq!(fault(json!({ "face": ["kumquat"] })).await, ("unknown_field".into(), "fields.face".into()));
    for fields in [
        json!({ "phone": ["kumquat"] }),
        json!({ "device": Vec::<String>::new() }),
        json!({ "device": vec!["kumquat"; 6] }),
        json!({ "device": ["kumquat".repeat(40)] }),
    ] {
        let (code, field) = fault(fields).await;
        assert!(code == "invalid_field" && field.starts_with("fields."), "{code} {field}");
    }
    for fields in [json!({ "device": "kumquat" }), json!("kumquat"), json!({ "device": [{ "kumquat": 1 }] })] {
        assert_eq!(fault(fields).await.0, "invalid_field");
    }
    let long = |n: usize| (0..5).map(|m| format!("{n}{m} abcdefghijklmnopqrstuvwxyz0123456789")).collect::<Vec<_>>();
    let many =
        json!({ "address": long(1), "ship_from": long(2), "return_address": long(3), "company_number": long(4) });
    assert_eq!(fault(many).await, ("invalid_field".into(), "fields".into()));
    let nameless = send(&api, "/trust/applications", json!({ "id": "", "fields": papers() })).await;
    assert_eq!(nameless.problem(422), ("invalid_field".into(), "id".into()));
    node.stop().await;
    let node = stores.node_with(|settings| settings.trust.trust = Switch::Off).await;
    assert_eq!(send(&platform(&node), "/trust/applications", body).await.problem(404).0, "not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_key_postgresql_takes_no_applications() {
    let stores = Stores::servers();
    let node = stores.node_with(|settings| settings.trust.identity_keys = None).await;
    let refused = send(&platform(&node), "/trust/applications", json!({ "id": "shop", "fields": papers() })).await;
    assert_eq!(refused.problem(409).0, "not_configured");
}

/// A value in the forms that a leak could have: as it is, in hexadecimal digits, and as a hash without a key.
fn traces(value: &str) -> Vec<Vec<u8>> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes();
    let hash = Sha256::digest(value);
    vec![value.as_bytes().to_vec(), hex(value.as_bytes()), hash[..12].to_vec(), hex(&hash[..12])]
}

async fn no_value_is_in_the_database_the_log_the_metrics_or_the_outbox(stores: Stores) {
    let arguments = stores.arguments();
    let mut words = vec!["serve"];
    words.extend(arguments.iter().map(String::as_str));
    let secret = "another secret of the stories, for the ballots";
    let variables = [
        ("LIVE_JURY_LOG", "trace"),
        ("LIVE_JURY_BALLOT_SECRET", secret),
        ("LIVE_JURY_TOKEN_SECRET", live_jury_tests::tokens::SECRET),
    ];
    let server = Program::start_with(&words, &variables).await;
    let api = Api::new(server.address, Some(&token(Role::Platform, "*", "shop-platform")));
    let staff = Api::new(server.address, Some(&moderator("*", "mia")));
    let mut planted = Vec::new();
    let mut fields = |n: usize| {
        let values = [
            ("given_name", format!("kumquatgiven{n}")),
            ("family_name", format!("kumquatfamily{n}")),
            ("id_number", format!("77130{n:03}55512{n:03}")),
            ("phone", format!("+4915177{n:03}4213")),
            ("email", format!("kumquat{n}@shop.example")),
            ("payout_account", format!("99887{n:03}66554{n:03}")),
            ("device", format!("kumquat-device-{n}")),
            ("address", format!("kumquatlane{n}")),
        ];
        planted.extend(values.iter().map(|(_, value)| value.clone()));
        let map = values.into_iter().map(|(name, value)| (name.to_owned(), json!([value])));
        Value::Object(map.collect())
    };
    let mut outcomes = Vec::new();
    for n in 0..PLANTED {
        let own = fields(n);
        outcomes.push(apply(&api, &format!("shop-{n}"), own.clone()).await.outcome);
        ban(&staff, &format!("shop-{n}")).await;
        outcomes.push(apply(&api, &format!("again-{n}"), own.clone()).await.outcome);
        send(&api, &format!("/trust/parties/merchant/shop-{n}/identity"), json!({ "fields": own })).await;
        let mut wrong = own.clone();
        wrong["phone"] = json!(own["email"]);
        let refused = send(&api, "/trust/applications", json!({ "id": format!("wrong-{n}"), "fields": wrong })).await;
        outcomes.push(refused.problem(422).0);
        let other = send(&api, "/trust/applications", json!({ "id": format!("shop-{n}"), "fields": fields(n + 100) }));
        outcomes.push(other.await.problem(409).0);
    }
    assert_eq!(outcomes[..4], ["pass", "refuse", "invalid_field", "already_applied"]);
    let shown = [
        ("metrics", server.admin().get("/metrics").await.text),
        ("outbox", staff.get("/trust/events").await.text),
        ("applications", staff.get("/trust/applications").await.text),
        ("audit", staff.get("/trust/audit").await.text),
        ("statements", staff.get("/trust/statements").await.text),
    ];
    server.signal("TERM").await;
    let log = server.log_until_exit().await;
    assert!(log.len() > 2, "{log:?}");
    let mut places: Vec<(String, Vec<u8>)> =
        shown.into_iter().map(|(name, text)| (name.to_owned(), text.into_bytes())).collect();
    places.push(("log".to_owned(), log.join("\n").into_bytes()));
    match stores.try_database() {
        Some(url) => {
            let rows = postgres_dump(url).await;
            places.extend(rows.into_iter().map(|(table, row)| (table, row.into_bytes())));
        }
        None => {
            let folder = stores.file().parent().unwrap().to_owned();
            places.extend(files(&folder).into_iter().map(|(path, bytes)| (path.display().to_string(), bytes)));
        }
    }
    // One char a byte: the search of texts is fast also in a debug build.
    let text = |bytes: &[u8]| bytes.iter().map(|byte| char::from(*byte)).collect::<String>();
    let traces: Vec<(&String, String)> =
        planted.iter().flat_map(|value| traces(value).into_iter().map(move |trace| (value, text(&trace)))).collect();
    for (place, bytes) in &places {
        let searched = text(bytes);
        for (value, trace) in &traces {
            assert!(!searched.contains(trace), "{place} has {value}");
        }
    }
}
