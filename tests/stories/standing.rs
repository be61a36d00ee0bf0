//! From verdicts to measures and back: a verdict becomes a violation, a measure with its statement, and a webhook. An
//! appeal that is won leaves nothing behind, also if nodes are killed on the way.

mod steps;

use std::time::Duration;

use live_jury_protocol::trust::{Appeal, FiledStatement, Measure, PartyStanding, TrustAuditEntry, Violation};
use live_jury_protocol::{CaseState, Page, Role};
use live_jury_tests::api::{Reply, case};
use live_jury_tests::receiver::Receiver;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{Claims, claims, merchant, sign, token};
use serde_json::{Value, json};

pub(super) use self::steps::{Files, SHOP, exposure, killed, second_jury, until, wait_for_points, without_ids};
use self::steps::{ROOM, WORDS, about, judged, kinds, of_shop, signal, standing, wait};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

live_jury_tests::on_both! {
    a_verdict_becomes_a_violation_and_a_repeat_a_measure
    a_verdict_below_a_bar_waits_for_a_moderator
    a_second_jury_reverses_all_and_a_killed_node_loses_nothing
    a_moderator_without_a_hand_in_it_decides_what_no_jury_can
    a_moderator_who_filed_what_led_to_a_ban_decides_no_appeal_of_it
    a_withdrawn_violation_is_as_if_it_had_never_been
    only_people_ban_and_only_from_48_points
    a_party_reads_its_own_standing_alone
}

async fn a_verdict_becomes_a_violation_and_a_repeat_a_measure(stores: Stores) {
    let receiver = Receiver::start().await;
    let files = Files::new(&receiver);
    let node = files.node(&stores).await;
    let staff = node.moderator("*");
    let first = judged(&node, about("false_advertising", &json!({ "merchant": SHOP, "host": "ann" })), 3, 1).await;
    let shop = wait_for_points(&staff, 6).await;
    assert_eq!((shop.tier.as_str(), &shop.gate, shop.measures.len()), ("clear", &None, 0));
    let violation = &shop.violations[0];
    assert_eq!(
        (violation.state.as_str(), violation.source.as_str(), violation.case),
        ("active", "jury", Some(first.id))
    );
    assert!(violation.facts.contains("4 deciding votes 3"), "{}", violation.facts);
    let host = wait(&staff, "host/ann", "the host's points", |standing| standing.points == 6).await;
    assert_eq!(host.violations.len(), 1, "it falls on both");
    let counted = (signal(&staff, "x01").await, signal(&staff, "h03").await.1, signal(&staff, "x03").await.1);
    assert_eq!(counted, ((1.0, 0.0), 1.0, 6.0));
    assert_eq!(signal(&staff, "x02").await, (4.0, 1.0), "one of four votes was for the merchant");

    // A case without a policy, and one for the merchant, make no violation.
    judged(&node, case(json!({ "subject": of_shop() })), 3, 0).await;
    judged(&node, about("false_advertising", &of_shop()), 0, 3).await;
    judged(&node, about("false_advertising", &of_shop()), 3, 0).await;
    let shop = wait_for_points(&staff, 15).await;
    assert_eq!((shop.tier.as_str(), shop.gate.as_deref()), ("warned", Some("no_boost")));
    assert_eq!(shop.violations.iter().map(|one| one.points).collect::<Vec<_>>(), [9, 6], "a repeat costs more");
    assert_eq!(signal(&staff, "x01").await.0.round(), 3.0);
    let [measure] = &shop.measures[..] else { panic!("one measure: {:?}", shop.measures) };
    let week = Duration::from_millis(measure.until_ms.unwrap() - measure.from_ms);
    assert_eq!((measure.kind.as_str(), measure.state.as_str(), week), ("no_boost", "in_force", 7 * DAY));
    let statement = &shop.statements[0];
    assert_eq!((statement.measure, &statement.statement.puid), (measure.id, &measure.id.to_string()));
    assert_eq!(statement.statement.automated_decision, "AUTOMATED_DECISION_PARTIALLY");
    assert_eq!(exposure(&node).await["gate"], json!({ "measure": "no_boost", "max": 1.0 }));

    let party = json!({ "kind": "merchant", "id": SHOP });
    let is_last = |body: &Value| body["type"] == "standing.changed" && body["data"]["points"] == 15;
    receiver.wait_until("all events", |received| received.iter().any(|one| is_last(&one.body))).await;
    let told = kinds(&receiver.accepted(), &party);
    let expected = [
        "ruling.made",
        "violation.active",
        "standing.changed",
        "ruling.made",
        "ruling.made",
        "violation.active",
        "measure.taken",
        "standing.changed",
    ];
    let told: Vec<&str> = told.iter().map(String::as_str).filter(|kind| *kind != "exposure.changed").collect();
    assert_eq!(told, expected);
    let listed: Page<Measure> = staff.get("/trust/measures?state=in_force").await.read(200);
    assert_eq!(listed.items, std::slice::from_ref(measure));
    let statements: Page<FiledStatement> = staff.get("/trust/statements?after=0").await.read(200);
    assert_eq!(statements.items, std::slice::from_ref(statement));
    let after = statements.items[0].seq;
    let none: Page<FiledStatement> = staff.get(&format!("/trust/statements?after={after}")).await.read(200);
    assert!(none.items.is_empty());
    let trail: Page<TrustAuditEntry> = staff.get("/trust/audit").await.read(200);
    assert!(trail.items.iter().all(|line| line.by == "server" && line.by_kind == "server"), "{trail:?}");
    assert!(trail.items.is_sorted_by(|a, b| a.line > b.line));
}

async fn a_verdict_below_a_bar_waits_for_a_moderator(stores: Stores) {
    let receiver = Receiver::start().await;
    let node = Files::new(&receiver).node(&stores).await;
    let staff = node.moderator("*");
    let mut new = about("not_as_described", &of_shop());
    new["rules"] = json!({ "quorum": 1, "threshold": 0.5 });
    // 5 of 9 are more than half and less than 0.6.
    for _ in 0..2 {
        judged(&node, new.clone(), 5, 4).await;
    }
    let party = format!("merchant/{SHOP}");
    let shop = wait(&staff, &party, "both proposals", |standing| standing.violations.len() == 2).await;
    assert!(shop.points == 0 && shop.violations.iter().all(|one| one.state == "proposed" && one.points == 3));
    let [second, first] = &shop.violations[..] else { panic!("two") };
    let path = |one: &Violation, step: &str| format!("/trust/violations/{}/{step}", one.id);
    let short = staff.post(&path(first, "confirm"), json!({ "words": "Yes." })).await;
    assert_eq!(short.problem(422), ("words_needed".into(), "words".into()));
    let old = [("If-Match", "\"7\"")];
    let words = json!({ "words": WORDS });
    assert_eq!(staff.post_with(&path(first, "confirm"), &old, words.clone()).await.problem(412).0, "version_mismatch");
    let of_room = node.moderator(ROOM).post(&path(first, "confirm"), words.clone()).await;
    assert_eq!(of_room.problem(403).0, "forbidden");
    let confirmed: Violation = staff.post(&path(first, "confirm"), words.clone()).await.read(200);
    assert_eq!((confirmed.state.as_str(), confirmed.points, confirmed.by.as_deref()), ("active", 3, Some("mod")));
    let dismissed: Violation = staff.post(&path(second, "dismiss"), words.clone()).await.read(200);
    assert_eq!((dismissed.state.as_str(), dismissed.reason.as_deref()), ("void", Some("dismissed")));
    for step in ["confirm", "dismiss"] {
        assert_eq!(staff.post(&path(first, step), words.clone()).await.problem(409).0, "not_proposed");
    }
    assert_eq!(wait_for_points(&staff, 3).await.violations.len(), 2);
    let listed: Page<Violation> = staff.get("/trust/violations?state=void").await.read(200);
    assert_eq!(listed.items.iter().map(|one| one.id).collect::<Vec<_>>(), [second.id]);
    let nowhere = path(first, "confirm").replace(&first.id.to_string(), "00000000-0000-0000-0000-000000000000");
    assert_eq!(staff.post(&nowhere, words).await.problem(404).0, "not_found");
}

async fn a_second_jury_reverses_all_and_a_killed_node_loses_nothing(stores: Stores) {
    let receiver = Receiver::start().await;
    let files = Files::new(&receiver);
    let mut node = files.node(&stores).await;
    // The first violation stays, and what it leads to alone is what must be left in the end.
    judged(&node, about("price_fraud", &of_shop()), 3, 0).await;
    let before = without_ids(&wait_for_points(&node.moderator("*"), 6).await);
    let second = judged(&node, about("price_fraud", &of_shop()), 3, 0).await;
    node = killed(node, &files, &stores).await;
    let staff = node.moderator("*");
    let shop = wait_for_points(&staff, 15).await;
    assert_eq!(shop.gate.as_deref(), Some("no_boost"));
    let fraud = shop.violations[0].clone();
    assert_eq!(fraud.case, Some(second.id));

    let own = node.api(&merchant(SHOP));
    let target = json!({ "kind": "violation", "id": fraud.id });
    let appeal =
        json!({ "target": target, "text": "Both prices are on the label.", "evidence": ["https://a.example/1"] });
    let filed: Appeal = own.post("/trust/appeals", appeal.clone()).await.read(201);
    assert_eq!((filed.state.as_str(), filed.due_ms - filed.filed_at_ms), ("filed", 7 * 24 * 3_600_000));
    assert_eq!(own.post("/trust/appeals", appeal).await.problem(409).0, "appealed");
    node = killed(node, &files, &stores).await;
    let staff = node.moderator("*");
    let shop = wait(&staff, &format!("merchant/{SHOP}"), "the second jury", |standing| {
        standing.appeals[0].state == "in_court"
    })
    .await;
    assert_eq!((shop.points, shop.violations[0].state.as_str()), (15, "appealed"), "they count until it is decided");
    let draft = staff.case(shop.appeals[0].case.unwrap()).await;
    assert_eq!((draft.state, draft.appeal_of, draft.rules.quorum), (CaseState::Draft, Some(second.id), 3));
    let trail = staff.audit(draft.id).await;
    assert_eq!(trail, [format!("{SHOP} created")]);

    second_jury(&node, &node, draft.id, &["merchant"; 7]).await;
    node = killed(node, &files, &stores).await;
    let staff = node.moderator("*");
    let shop = wait_for_points(&staff, 6).await;
    assert_eq!(without_ids(&shop), before, "as if it had never been");
    let void = shop.violations.iter().find(|one| one.id == fraud.id).unwrap();
    assert_eq!((void.state.as_str(), void.reason.as_deref(), void.points), ("void", Some("overturned"), 0));
    assert_eq!((shop.measures[0].state.as_str(), shop.measures[0].reason.as_deref()), ("lifted", Some("reversed")));
    assert_eq!(shop.appeals[0].state, "overturned");
    assert_eq!(exposure(&node).await.get("gate"), None);
    let counted = (signal(&staff, "h05").await.1.round(), signal(&staff, "x03").await.1.round());
    assert_eq!(counted, (1.0, 6.0));
    assert_eq!(signal(&staff, "x01").await.1.round(), 1.0, "the second jury's verdict is in the place of the first");
    assert_eq!(signal(&staff, "x01").await.0.round(), 2.0);

    let party = json!({ "kind": "merchant", "id": SHOP });
    let is_last = |body: &Value| body["type"] == "standing.changed" && body["data"]["points"] == 6;
    let both = |received: &[live_jury_tests::receiver::Received]| {
        received
            .iter()
            .filter(|one| is_last(&one.body))
            .map(|one| &one.id)
            .collect::<std::collections::BTreeSet<_>>()
            .len()
            == 2
    };
    receiver.wait_after_kill("all events", both).await;
    // A kill may repeat a delivery, and its id tells.
    let mut seen = std::collections::BTreeSet::new();
    let once: Vec<Value> =
        receiver.received().into_iter().filter(|one| seen.insert(one.id.clone())).map(|one| one.body).collect();
    let told: Vec<String> = kinds(&once, &party).into_iter().filter(|kind| kind != "exposure.changed").collect();
    let expected = [
        "ruling.made",
        "violation.active",
        "standing.changed",
        "ruling.made",
        "violation.active",
        "measure.taken",
        "standing.changed",
        "appeal.filed",
        "ruling.made",
        "violation.void",
        "appeal.decided",
        "measure.lifted",
        "standing.changed",
    ];
    assert_eq!(told, expected);
}

async fn a_moderator_without_a_hand_in_it_decides_what_no_jury_can(stores: Stores) {
    let receiver = Receiver::start().await;
    let node = Files::new(&receiver).node(&stores).await;
    let mia = node.api(&token(Role::Moderator, "*", "mia"));
    let max = node.api(&token(Role::Moderator, "*", "max"));
    let new = json!({ "party": { "kind": "merchant", "id": SHOP }, "policy": "fake_reviews",
        "facts": "Forty reviews came from one machine." });
    let key = [("Idempotency-Key", "k-1")];
    let filed: Violation = mia.post_with("/trust/violations", &key, new.clone()).await.read(201);
    let again: Violation = mia.post_with("/trust/violations", &key, new.clone()).await.read(201);
    assert_eq!((filed.id, filed.points, filed.by.as_deref()), (again.id, 12, Some("mia")));
    let other = json!({ "party": new["party"], "policy": "evasion", "facts": new["facts"] });
    assert_eq!(mia.post_with("/trust/violations", &key, other).await.problem(422).0, "idempotency_key_reused");
    let unknown = json!({ "party": new["party"], "policy": "nothing", "facts": new["facts"] });
    assert_eq!(mia.post("/trust/violations", unknown).await.problem(422), ("unknown_policy".into(), "policy".into()));
    let shop = wait_for_points(&mia, 12).await;
    let measure = shop.measures[0].clone();

    let own = node.api(&merchant(SHOP));
    let appeal = |kind: &str, id| json!({ "target": { "kind": kind, "id": id }, "text": "They are real." });
    let stranger = node.api(&merchant("m-2"));
    assert_eq!(stranger.post("/trust/appeals", appeal("violation", filed.id)).await.problem(404).0, "not_found");
    assert_eq!(mia.post("/trust/appeals", appeal("violation", filed.id)).await.problem(403).0, "forbidden");
    let of_violation: Appeal = own.post("/trust/appeals", appeal("violation", filed.id)).await.read(201);
    let of_measure: Appeal = own.post("/trust/appeals", appeal("measure", measure.id)).await.read(201);
    let own_view: PartyStanding = until("both are in review", async || {
        let standing: PartyStanding = own.get("/trust/me").await.read(200);
        standing.appeals.iter().all(|one| one.state == "in_review").then_some(standing)
    })
    .await;
    assert_eq!(own_view.appeals[0].review_reason.as_deref(), Some("not_a_verdict"));
    assert_eq!(own_view.violations[0].by, None, "a party reads no moderator's name");
    let decide = |appeal: &Appeal| format!("/trust/appeals/{}/decide", appeal.id);
    let won = json!({ "outcome": "overturned", "words": WORDS });
    assert_eq!(mia.post(&decide(&of_violation), won.clone()).await.problem(409).0, "same_moderator");
    assert_eq!(mia.post(&decide(&of_measure), won.clone()).await.problem(409).0, "same_moderator");
    let decided: Appeal = max.post(&decide(&of_measure), won.clone()).await.read(200);
    assert_eq!((decided.state.as_str(), decided.by.as_deref()), ("overturned", Some("max")));
    let shop = wait_for_points(&mia, 12).await;
    assert_eq!((&shop.gate, shop.measures.len()), (&None, 1), "an overturned measure is not taken again");
    assert_eq!(shop.measures[0].reason.as_deref(), Some("overturned"));

    // A party may take an appeal back, and not file it again.
    let withdraw = format!("/trust/appeals/{}/withdraw", of_violation.id);
    assert_eq!(stranger.send("POST", &withdraw, &[], None).await.problem(404).0, "not_found");
    let withdrawn: Appeal = own.send("POST", &withdraw, &[], None).await.read(200);
    assert_eq!(withdrawn.state, "withdrawn");
    assert_eq!(max.post(&decide(&of_violation), won).await.problem(409).0, "decided");
    assert_eq!(own.post("/trust/appeals", appeal("violation", filed.id)).await.problem(409).0, "appealed");
    let listed: Page<Appeal> = max.get("/trust/appeals?state=withdrawn").await.read(200);
    assert_eq!(listed.items.len(), 1);
    assert_eq!(wait_for_points(&mia, 12).await.violations[0].state, "active");
}

async fn a_moderator_who_filed_what_led_to_a_ban_decides_no_appeal_of_it(stores: Stores) {
    let receiver = Receiver::start().await;
    let node = Files::new(&receiver).node(&stores).await;
    let moderator = |sub: &str| node.api(&token(Role::Moderator, "*", sub));
    let [mia, max, zoe] = ["mia", "max", "zoe"].map(moderator);
    let new = json!({ "party": { "kind": "merchant", "id": SHOP }, "policy": "prohibited_goods",
        "facts": "Its parcels held goods that nobody may sell." });
    let filed: Violation = mia.post("/trust/violations", new).await.read(201);
    let ban = json!({ "violations": [filed.id], "words": WORDS });
    let banned: Measure = max.post(&format!("/trust/parties/merchant/{SHOP}/ban"), ban).await.read(200);
    let own = node.api(&merchant(SHOP));
    let target = json!({ "target": { "kind": "measure", "id": banned.id }, "text": "They are no such goods." });
    let appeal: Appeal = own.post("/trust/appeals", target).await.read(201);
    until("it is in review", async || {
        let standing: PartyStanding = own.get("/trust/me").await.read(200);
        standing.appeals.iter().all(|one| one.state == "in_review").then_some(())
    })
    .await;
    let decide = format!("/trust/appeals/{}/decide", appeal.id);
    let won = json!({ "outcome": "overturned", "words": WORDS });
    for had_a_hand in [&mia, &max] {
        assert_eq!(had_a_hand.post(&decide, won.clone()).await.problem(409).0, "same_moderator");
    }
    let decided: Appeal = zoe.post(&decide, won).await.read(200);
    assert_eq!((decided.state.as_str(), decided.by.as_deref()), ("overturned", Some("zoe")));
}

async fn a_withdrawn_violation_is_as_if_it_had_never_been(stores: Stores) {
    let receiver = Receiver::start().await;
    let node = Files::new(&receiver).node(&stores).await;
    let mia = node.api(&token(Role::Moderator, "*", "mia"));
    let file = async |policy: &str| -> Violation {
        let facts = "Forty reviews came from one machine.";
        let new = json!({ "party": { "kind": "merchant", "id": SHOP }, "policy": policy, "facts": facts });
        mia.post("/trust/violations", new).await.read(201)
    };
    let first = file("fake_reviews").await;
    let second = file("fake_reviews").await;
    assert_eq!(second.points, 18);
    let shop = wait_for_points(&mia, 30).await;
    assert_eq!((shop.tier.as_str(), shop.gate.as_deref()), ("limited", Some("limit")));
    assert_eq!(exposure(&node).await["m"], json!(0.85));
    let withdraw = format!("/trust/violations/{}/withdraw", first.id);
    let void: Violation = mia.post(&withdraw, json!({ "words": WORDS })).await.read(200);
    assert_eq!(void.reason.as_deref(), Some("withdrawn"));
    let shop = wait_for_points(&mia, 12).await;
    let in_place: Vec<(&str, u32)> =
        shop.measures.iter().filter(|one| one.state == "in_force").map(|one| (one.kind.as_str(), one.points)).collect();
    assert_eq!(in_place, [("no_boost", 12)], "the second is no repeat any more");
    assert_eq!((signal(&mia, "x09").await.1.round(), signal(&mia, "x03").await.1.round()), (1.0, 12.0));
    assert_eq!(mia.post(&withdraw, json!({ "words": WORDS })).await.problem(409).0, "not_active");
}

async fn only_people_ban_and_only_from_48_points(stores: Stores) {
    let receiver = Receiver::start().await;
    let node = Files::new(&receiver).node(&stores).await;
    let mia = node.api(&token(Role::Moderator, "*", "mia"));
    let file = async |policy: &str| -> Violation {
        let facts = "The brand's owner examined three of them.";
        let new = json!({ "party": { "kind": "merchant", "id": SHOP }, "policy": policy, "facts": facts });
        mia.post("/trust/violations", new).await.read(201)
    };
    let path = format!("/trust/parties/merchant/{SHOP}");
    let first = file("counterfeit").await;
    let ids = |violations: &[&Violation]| violations.iter().map(|one| one.id).collect::<Vec<_>>();
    let ban = |violations: &[&Violation]| json!({ "violations": ids(violations), "words": WORDS });
    assert_eq!(mia.post(&format!("{path}/ban"), ban(&[&first])).await.problem(409).0, "below_ban");
    let second = file("counterfeit").await;
    let shop = wait_for_points(&mia, 72).await;
    assert_eq!((shop.tier.as_str(), shop.gate.as_deref()), ("ban_proposed", Some("suspend")));
    let platform = node.api(&token(Role::Platform, "*", "shop-platform"));
    assert_eq!(platform.post(&format!("{path}/ban"), ban(&[&first])).await.problem(403).0, "forbidden");
    let banned: Measure = mia.post(&format!("{path}/ban"), ban(&[&first, &second])).await.read(200);
    assert_eq!((banned.kind.as_str(), banned.account_ends_ms), ("ban", Some(banned.from_ms)), "at once");
    let again: Measure = mia.post(&format!("{path}/ban"), ban(&[&first])).await.read(200);
    assert_eq!(again.id, banned.id);
    assert_eq!(exposure(&node).await["gate"], json!({ "measure": "ban", "max": 0.0 }));
    let shop: PartyStanding = mia.get(&path).await.read(200);
    let reasons = shop.statements.iter().find(|one| one.measure == banned.id).unwrap();
    assert_eq!(reasons.statement.automated_decision, "AUTOMATED_DECISION_NOT_AUTOMATED");
    let lifted: Measure = mia.post(&format!("{path}/unban"), json!({ "words": WORDS })).await.read(200);
    assert_eq!((lifted.state.as_str(), lifted.reason.as_deref()), ("lifted", Some("unbanned")));
    assert_eq!(exposure(&node).await["gate"], json!({ "measure": "suspend", "max": 0.0 }), "other measures stay");
    assert_eq!(mia.post(&format!("{path}/unban"), json!({ "words": WORDS })).await.problem(409).0, "not_active");

    // Without the points that it needs a ban would never have been.
    let banned: Measure = mia.post(&format!("{path}/ban"), ban(&[&first])).await.read(200);
    let void = mia.post(&format!("/trust/violations/{}/withdraw", second.id), json!({ "words": WORDS })).await;
    assert_eq!(void.status, 200);
    let shop: PartyStanding = mia.get(&path).await.read(200);
    let ban = shop.measures.iter().find(|one| one.id == banned.id).unwrap();
    assert_eq!((ban.reason.as_deref(), shop.gate.as_deref()), (Some("reversed"), Some("limit")));
}

async fn a_party_reads_its_own_standing_alone(stores: Stores) {
    let receiver = Receiver::start().await;
    let node = Files::new(&receiver).node(&stores).await;
    judged(&node, about("abuse", &json!({ "merchant": SHOP, "host": "ann" })), 3, 0).await;
    let staff = node.moderator("*");
    wait(&staff, "host/ann", "the host's points", |standing| standing.points == 4).await;
    assert_eq!(standing(&staff, &format!("merchant/{SHOP}")).await.unwrap().points, 0, "it falls on the host alone");
    assert_eq!(signal(&staff, "h04").await.1.round(), 1.0, "and counts for the shop");
    let own = node.api(&merchant(SHOP));
    let me: PartyStanding = own.get("/trust/me").await.read(200);
    assert_eq!((me.party.id.as_str(), me.points), (SHOP, 0));
    let host = node.api(&sign(&Claims { host: Some("ann".to_owned()), ..claims(Role::Host, ROOM, "host-1") }));
    let me: PartyStanding = host.get("/trust/me").await.read(200);
    assert_eq!((me.party.kind.as_str(), me.points), ("host", 4));
    let own_signals: Vec<&str> = me.signals.iter().map(|signal| signal.id.as_str()).collect();
    assert_eq!((own_signals.first(), own_signals.last(), own_signals.len()), (Some(&"h01"), Some(&"h13"), 13));
    let abuse = me.signals.iter().find(|signal| signal.id == "h04").unwrap();
    assert!(abuse.k.round() == 1.0 && abuse.points < 0.0, "{abuse:?}");
    let seen: PartyStanding = staff.get("/trust/parties/host/ann").await.read(200);
    assert_eq!(seen.signals.len(), 13);
    let refused = |reply: Reply, status| reply.problem(status).0;
    assert_eq!(refused(own.get("/trust/parties/host/ann").await, 404), "not_found");
    assert_eq!(refused(own.get("/trust/parties/merchant/m-2").await, 404), "not_found");
    assert_eq!(refused(own.get("/trust/merchants/m-2/index").await, 404), "not_found");
    assert!(own.get(&format!("/trust/merchants/{SHOP}/index")).await.status == 200);
    for path in ["/trust/violations", "/trust/measures", "/trust/statements", "/trust/appeals", "/trust/audit"] {
        assert_eq!(refused(own.get(path).await, 403), "forbidden", "{path}");
    }
    for nobody in [token(Role::Viewer, ROOM, "ann"), token(Role::Moderator, ROOM, "mia"), token(Role::Host, ROOM, "h")]
    {
        let nobody = node.api(&nobody);
        assert_eq!(refused(nobody.get("/trust/me").await, 403), "forbidden");
        assert_eq!(refused(nobody.get(&format!("/trust/parties/merchant/{SHOP}")).await, 403), "forbidden");
    }
    assert_eq!(refused(staff.get("/trust/parties/merchant/nobody").await, 404), "not_found");
    assert_eq!(refused(staff.get("/trust/parties/buyer/ann").await, 404), "not_found");
}
