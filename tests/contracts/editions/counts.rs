//! The plain counts of a period: each is that of its days, and what nobody knows is absent.

use live_jury_protocol::CaseId;
use live_jury_server::ledger::standing::{Ban, FileViolation};
use live_jury_server::ledger::{Filed, NewReport};
use live_jury_trust::counter::Count;
use live_jury_trust::figure::{BanCounts, ClaimCounts, Counts, InterceptedCounts, NewcomerCounts};
use live_jury_trust::policy::TrustFile;
use live_jury_trust::{DAY_MS, Party};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Fixture, TODAY, key};
use crate::docket::builders::{NOW_MS, ballots, record, sealed_in};

on_each_dialect! {
    an_empty_ledger_knows_no_count
    plain_counts_are_those_of_their_days
    counts_beyond_the_column_leave_the_report_readable
    a_viewer_who_reports_twice_in_a_session_is_one
    bans_and_listings_of_the_period_are_counted
    covered_orders_and_claims_of_the_period_are_counted
    cases_have_medians_and_appeals_are_counted
    tenths_of_shops_are_made_of_their_last_exposures
}

fn event(id: &str, kind: &str, at_ms: u64, fields: Value) -> Value {
    let mut line = json!({ "id": id, "type": kind, "at_ms": at_ms, "merchant": "shop" });
    line.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    line
}

async fn an_empty_ledger_knows_no_count(fixture: Fixture) {
    assert_eq!(fixture.counts().await, Counts::default());
}

async fn plain_counts_are_those_of_their_days(fixture: Fixture) {
    let live = |shown: bool| {
        json!({ "session": "s", "minutes": 60, "viewer_minutes": 900, "sessions_10s": 80, "product_shown": shown,
                "reporters": 2, "muted": 0, "cut": false })
    };
    let survey = |answer: &str| json!({ "order": "o", "question": "after_sales", "answer": answer });
    let before = NOW_MS - 7 * DAY_MS;
    let lines = [
        event("l1", "live.ended", NOW_MS, live(true)),
        event("l2", "live.ended", NOW_MS - 2 * DAY_MS, live(true)),
        event("l3", "live.ended", NOW_MS, live(false)),
        event("l4", "live.ended", before, live(true)),
        event("s1", "survey.answered", NOW_MS, survey("yes")),
        event("s2", "survey.answered", NOW_MS, survey("no")),
        event("s3", "survey.answered", NOW_MS, survey("none")),
        event("s4", "survey.answered", before, survey("yes")),
        json!({ "tally": "badge", "day": "2027-01-14", "arm": "with", "n": 900, "k": 60 }),
        json!({ "tally": "badge", "day": "2027-01-14", "arm": "with", "n": 1000, "k": 66 }),
        json!({ "tally": "badge", "day": "2027-01-13", "arm": "without", "n": 1000, "k": 50 }),
        json!({ "tally": "badge", "day": "2027-01-01", "arm": "without", "n": 1000, "k": 50 }),
    ];
    for _ in 0..2 {
        fixture.add(&lines, &TrustFile::builtin()).await;
    }
    let counts = fixture.counts().await;
    assert_eq!(counts.reporting.sessions, 160, "a repeat counts nothing");
    let survey = &counts.after_sales;
    assert_eq!((survey.asked, survey.answered, survey.yes), (Some(3.0), 2.0, 1.0));
    assert_eq!((counts.with_badge, counts.without_badge), (Count::new(1_000.0, 66.0), Count::new(1_000.0, 50.0)));
    assert_eq!(counts.newcomers, NewcomerCounts { shops: 1, newcomers: 1 });

    let file = TrustFile { tally_signals: vec!["p09".into(), "p01".into()], ..TrustFile::builtin() };
    let tally =
        |name: &str, n: u64, k: u64| json!({ "tally": name, "merchant": "big", "day": "2027-01-14", "n": n, "k": k });
    fixture.add(&[tally("p09", 100, 95), tally("p01", 5_000, 4_000)], &file).await;
    let counts = fixture.counts().await;
    let survey = &counts.after_sales;
    assert_eq!((survey.asked, survey.answered, survey.yes), (None, 102.0, 96.0), "nobody knows who was asked");
    assert_eq!(counts.covered_orders, Some(4_000));
}

async fn counts_beyond_the_column_leave_the_report_readable(fixture: Fixture) {
    // Such counts are refused by now, but a ledger may have them.
    for shard in 0..16 {
        let row = format!("({TODAY}, 'sessions', {shard}, 9223372036854775807, 0)");
        fixture.execute(format!("INSERT INTO trust_daily (day, name, shard, n, k) VALUES {row}")).await;
    }
    let live = json!({ "session": "s", "minutes": 60, "viewer_minutes": 900, "sessions_10s": 80, "product_shown": true,
        "reporters": 2, "muted": 0, "cut": false });
    fixture.add(&[event("l1", "live.ended", NOW_MS, live)], &TrustFile::builtin()).await;
    assert_eq!(fixture.counts().await.reporting.sessions, 160_000_000_000_000);
}

async fn a_viewer_who_reports_twice_in_a_session_is_one(fixture: Fixture) {
    for (sub, session, policy) in [
        ("ann", "s-1", "false_advertising"),
        ("ann", "s-1", "price_fraud"),
        ("ann", "s-2", "not_as_described"),
        ("bob", "s-1", "false_advertising"),
    ] {
        let report = NewReport {
            room: "live".parse().unwrap(),
            reporter: key().name(sub),
            party: Party::merchant("shop"),
            merchant: Some("shop".into()),
            host: None,
            product: None,
            policy: policy.into(),
            is_judged: true,
            session: session.into(),
            lang: "en".into(),
            text: None,
            stream_at_ms: None,
            proven: false,
            new_account: false,
            at_ms: NOW_MS,
            bucket: Uuid::now_v7(),
            case: CaseId(Uuid::now_v7()),
        };
        fixture.buckets.add_report(&report).await.unwrap();
        assert!(fixture.buckets.add_report(&report).await.is_ok(), "the same call, after its answer was lost");
    }
    let counts = fixture.counts().await;
    assert_eq!(counts.reporting.reporters, 3);
    let reports: Vec<(&str, u64)> = counts.reports.iter().map(|one| (one.policy.as_str(), one.reports)).collect();
    assert_eq!(reports, [("false_advertising", 2), ("not_as_described", 1), ("price_fraud", 1)]);
}

async fn bans_and_listings_of_the_period_are_counted(fixture: Fixture) {
    for id in ["one", "two"] {
        let policy = TrustFile::builtin().policy("prohibited_goods").unwrap().clone();
        let (party, by) = (Party::merchant(id), "mia".to_owned());
        let facts = "Forty parcels held fireworks.".to_owned();
        let new =
            FileViolation { party: party.clone(), policy, facts, authority: false, by: by.clone(), request: None };
        let violation = fixture.ledger.file_violation(&new, NOW_MS).await.unwrap().id;
        let ban = Ban { party, violations: vec![violation], by, words: "The parcels were on fire.".to_owned() };
        fixture.ledger.ban(&ban, NOW_MS).await.unwrap();
    }
    let listing = |number: u128, version: u64, stopped: Option<u64>, before_sale: u64, decision: &str| {
        let stopped = stopped.map_or("NULL".to_owned(), |ms| ms.to_string());
        format!(
            "INSERT INTO trust_listing (id, version, screening, step, merchant, title, description, category, \
             price_minor, currency, images, digest, outcome, model, at_ms, before_sale, state, stopped_ms, decision) \
             VALUES ('p', {version}, {}, 1, 'm', 't', 'd', 'c', 1, 'CNY', '[]', {}, 'hold', '1', {NOW_MS}, \
             {before_sale}, 'held', {stopped}, {decision});",
            fixture.id(number),
            fixture.bytes("00"),
        )
    };
    let hit = |number: u128, place: u64, check: &str, entry: &str, shadow: u64| {
        format!(
            "INSERT INTO trust_hit (screening, place, check_of, list, entry, shadow, outcome, hit) VALUES \
             ({}, {place}, '{check}', {entry}, {shadow}, 'hold', '{{}}');",
            fixture.id(number),
        )
    };
    let rows = [
        listing(1, 1, Some(NOW_MS), 1, "'confirmed'"),
        listing(2, 2, Some(NOW_MS), 1, "'overturned'"),
        listing(3, 3, Some(NOW_MS), 0, "NULL"),
        listing(4, 4, Some(NOW_MS - 9 * DAY_MS), 1, "'confirmed'"),
        listing(5, 5, None, 1, "NULL"),
        hit(1, 0, "terms", "'terms', 'a'", 0),
        hit(1, 1, "terms", "'terms', 'b'", 0),
        hit(2, 0, "terms", "'terms', 'a'", 0),
        hit(3, 0, "rules", "'rules', 'cheap'", 0),
        hit(3, 1, "rules", "'rules', 'tried'", 1),
    ];
    fixture.execute(rows.concat()).await;
    let counts = fixture.counts().await;
    let expected = InterceptedCounts { listings: 3, confirmed: 1, overturned: 1, before_sale: 2 };
    assert_eq!(counts.intercepted, Some(expected));
    assert_eq!((counts.bans.bans, counts.bans.parties), (2, 2));
    assert_eq!(counts.bans.measures, counts.measures.iter().map(|group| group.measures).sum::<u64>(), "{counts:?}");
    let bans: Vec<u64> =
        counts.measures.iter().filter(|group| group.measure == "ban").map(|group| group.measures).collect();
    assert_eq!(bans, [2]);
    let rules: Vec<(&str, u64, u64, u64)> =
        counts.rules.iter().map(|rule| (rule.name.as_str(), rule.hits, rule.confirmed, rule.overturned)).collect();
    assert_eq!(rules, [("rule-cheap", 1, 0, 0), ("terms", 2, 1, 1)], "a rule in shadow stops nothing");
    let before = fixture.ledger.counts(TODAY - 30, TODAY - 1).await.unwrap();
    assert_eq!((before.bans, before.intercepted.unwrap().listings), (BanCounts::default(), 1));
}

async fn covered_orders_and_claims_of_the_period_are_counted(fixture: Fixture) {
    let old = NOW_MS - 9 * DAY_MS;
    let claim = |number: u128, merchant: &str, at_ms: u64, escalated: bool, granted: bool| {
        let time = |is: bool| if is { at_ms.to_string() } else { "NULL".to_owned() };
        format!(
            "INSERT INTO trust_claim (id, version, claim, merchant, order_id, placed_ms, buyer, kind, about, \
             amount_minor, currency, reason, evidence, from_ms, limits, opened_ms, state, escalated_ms, granted_ms) \
             VALUES ({}, 1, 'c{number}', '{merchant}', 'o{number}', 1, 'b', 'authentic', 'other', 1, 'CNY', 'r', '[]', \
             1, '{{}}', {at_ms}, 'open', {}, {});",
            fixture.id(number),
            time(escalated),
            time(granted),
        )
    };
    let order = |number: u64, covered: u64, completed_ms: u64| {
        format!(
            "INSERT INTO trust_order (merchant, order_id, placed_ms, covered, completed_ms) \
             VALUES ('bad', 'o{number}', 1, {covered}, {completed_ms});"
        )
    };
    assert_eq!(fixture.counts().await.claims, None);
    let rows = [
        "INSERT INTO trust_promise (merchant, kind, from_ms, limits) VALUES ('bad', 'authentic', 1, '{}');".to_owned(),
        format!(
            "INSERT INTO trust_cover (category, day, covered, granted) \
             VALUES ('a', {TODAY}, 300, 1), ('b', {}, 40, 0), ('a', {}, 7, 0);",
            TODAY - 6,
            TODAY - 7
        ),
        claim(1, "bad", NOW_MS, true, true),
        claim(2, "bad", NOW_MS, false, true),
        claim(3, "good", NOW_MS, false, false),
        claim(4, "good", old, true, true),
        order(1, 1, NOW_MS),
        order(2, 1, NOW_MS - DAY_MS),
        order(3, 0, NOW_MS),
        order(4, 1, old),
    ];
    fixture.execute(rows.concat()).await;
    let counts = fixture.counts().await;
    assert_eq!(counts.covered_orders, Some(340));
    assert_eq!(counts.claims, Some(ClaimCounts { claims: 3, escalated: 1, covered_completed: 2 }));
    assert_eq!(counts.auc, None, "no shop had an index before");
    let before_ms = (TODAY - 8) * DAY_MS;
    let filed = [("bad", 400.0), ("good", 600.0), ("fair", 400.0)].map(|(id, points)| exposure(id, points, before_ms));
    fixture.ledger.file_exposures(&filed, before_ms).await.unwrap();
    assert_eq!(fixture.counts().await.auc, Some(0.75), "one is above, and one beside");
}

fn exposure(merchant: &str, points: f64, at_ms: u64) -> Filed {
    Filed {
        merchant: merchant.to_owned(),
        points,
        sd: 40.0,
        kept: 1.0,
        signals: points / 500.0,
        turn: false,
        at_ms,
        told: None,
    }
}

async fn cases_have_medians_and_appeals_are_counted(fixture: Fixture) {
    let docket = &*fixture.docket;
    for (number, votes) in [(1, 3), (2, 7), (3, 8), (4, 300)] {
        let case = sealed_in(docket, number, "live").await;
        record(docket, &case, &ballots(votes)).await.unwrap();
    }
    let jury = fixture.counts().await.jury;
    assert_eq!((jury.cases, jury.decided + jury.hung), (4, 4), "{jury:?}");
    assert_eq!((jury.median_ballots, jury.median_ms), (Some(7.5), Some(60_000.0)));
    let before = fixture.ledger.counts(TODAY - 30, TODAY - 1).await.unwrap().jury;
    assert_eq!((before.cases, before.median_ballots), (0, None));

    let appeal = |number: u128, state: &str, hours: Option<u64>| {
        let decided = hours.map_or("NULL".to_owned(), |hours| (NOW_MS + hours * 3_600_000).to_string());
        let id = fixture.id(number);
        format!(
            "INSERT INTO trust_appeal (id, version, kind, party, target_kind, target, text, evidence, state, \
             filed_at_ms, due_ms, decided_at_ms) VALUES ({id}, 1, 'merchant', 'm', 'measure', {id}, 't', '[]', \
             '{state}', {NOW_MS}, 0, {decided});"
        )
    };
    let rows = [
        appeal(1, "overturned", Some(5)),
        appeal(2, "confirmed", Some(1)),
        appeal(3, "confirmed", Some(30)),
        appeal(4, "in_review", None),
        appeal(5, "withdrawn", Some(1)),
    ];
    fixture.execute(rows.concat()).await;
    let appeals = fixture.counts().await.appeals;
    assert_eq!((appeals.filed, appeals.overturned, appeals.confirmed), (5, 1, 2));
    assert_eq!(appeals.median_ms, Some(5.0 * 3_600_000.0));
}

async fn tenths_of_shops_are_made_of_their_last_exposures(fixture: Fixture) {
    let shop = |number: u32, points: f64, at_ms: u64| exposure(&format!("shop-{number:02}"), points, at_ms);
    let earlier: Vec<Filed> = (0..20).map(|number| shop(number, 900.0, NOW_MS - DAY_MS)).collect();
    fixture.ledger.file_exposures(&earlier, NOW_MS - DAY_MS).await.unwrap();
    let last: Vec<Filed> = (0..20).map(|number| shop(number, 300.0 + 10.0 * f64::from(number), NOW_MS)).collect();
    fixture.ledger.file_exposures(&last, NOW_MS).await.unwrap();
    let tenths = fixture.counts().await.deciles;
    let lows: Vec<f64> = tenths.iter().map(|tenth| tenth.low).collect();
    assert_eq!(lows, (0..10).map(|tenth| 300.0 + 20.0 * f64::from(tenth)).collect::<Vec<_>>());
    assert!((tenths[0].exposure - 0.61).abs() < 1e-9 && (tenths[9].exposure - 0.97).abs() < 1e-9, "{tenths:?}");
    let before = fixture.ledger.counts(TODAY - 6, TODAY - 1).await.unwrap().deciles;
    assert!(before.iter().all(|tenth| tenth.low == 900.0) && before.len() == 10, "{before:?}");
}
