//! Lines and what they count for.

use serde_json::{Value, json};

use super::*;
use crate::counter::LANDMARK_MS;

const NOW_MS: u64 = LANDMARK_MS + 500 * DAY_MS;

/// The fields that every event below has.
fn event(kind: &str, fields: Value) -> Value {
    let mut event = json!({ "id": "e1", "type": kind, "at_ms": NOW_MS, "merchant": "shop" });
    let object = event.as_object_mut().unwrap();
    object.extend(fields.as_object().unwrap().clone());
    event
}

fn parse_with(line: &Value, file: &TrustFile) -> Result<Fact, Refusal> {
    Fact::parse(line.to_string().as_bytes(), file, NOW_MS)
}

fn parse(line: &Value) -> Result<Fact, Refusal> {
    parse_with(line, &TrustFile::builtin())
}

/// The counts of an event as "q01 1/0", by signal, and without those dated later.
fn counts(kind: &str, fields: Value) -> String {
    let Ok(Fact::Event(event)) = parse(&event(kind, fields)) else { panic!("{kind} is refused") };
    let mut counts: Vec<String> = event
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Count { signal, count, at_ms } if *at_ms == NOW_MS => {
                Some(format!("{signal} {}/{}", count.n, count.k))
            }
            _ => None,
        })
        .collect();
    counts.sort();
    counts.join(" ")
}

#[test]
fn each_type_counts_for_its_signals() {
    let order = |more: Value| {
        let mut fields = json!({ "order": "o1" });
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    };
    let placed = |nth: u64| order(json!({ "buyer": "b", "amount_minor": 1, "currency": "CNY", "buyer_nth": nth }));
    let resolved = |granted: bool, reason: &str, more: Value| {
        let mut fields = order(json!({ "granted": granted, "reason": reason, "within_h": 48 }));
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    };
    let review = |stars: u64, verified: bool, tags: Value, rest: bool| {
        let fields = json!({ "stars": stars, "verified": verified, "tags": tags, "photo": rest, "follow_up": rest,
            "turned_bad": rest });
        order(fields)
    };
    let live = json!({ "session": "s", "minutes": 120, "viewer_minutes": 60_000, "sessions_10s": 9,
        "product_shown": true, "reporters": 4, "muted": 1, "cut": true });
    let chat = json!({ "open_hours": true, "first_reply_s": 180, "replied_24h": true, "rating": "bad" });
    let product = |more: Value| {
        let mut fields = json!({ "product": "p1" });
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    };
    for (kind, fields, expected) in [
        ("party.registered", json!({ "kind": "merchant" }), ""),
        ("order.placed", placed(1), "e06 1/0 p01 1/0 s03 1/0 x03 0.001/0 x08 0.001/0"),
        ("order.placed", placed(2), "e06 0/1 p01 1/0 s03 1/0 x03 0.001/0 x08 0.001/0"),
        ("order.placed", placed(3), "p01 1/0 s03 1/0 x03 0.001/0 x08 0.001/0"),
        ("order.shipped", order(json!({ "in_time": true, "tracking_valid": false })), "s01 1/1 s02 1/0 s05 1/0"),
        (
            "order.delivered",
            order(json!({ "in_time": false })),
            "e01 1/0 e07 1/0 q01 1/0 q02 1/0 q03 1/0 q04 1/0 q15 0.001/0 q16 1/0 s04 1/0 s06 1/0 s16 1/0",
        ),
        ("order.cancelled", order(json!({ "by": "merchant" })), "s03 0/1"),
        ("order.cancelled", order(json!({ "by": "buyer" })), ""),
        ("order.completed", order(json!({ "invoice": "late" })), "s13 1/0"),
        ("order.completed", order(json!({ "invoice": "none" })), ""),
        ("refund.requested", order(json!({})), "s10 1/0"),
        ("refund.resolved", resolved(true, "quality", json!({})), "q01 0/1 s10 0/1"),
        ("refund.resolved", resolved(true, "quality", json!({ "days_since_delivery": 31 })), "e12 0/1 q01 0/1 s10 0/1"),
        ("refund.resolved", resolved(true, "quality", json!({ "days_since_delivery": 30 })), "q01 0/1 s10 0/1"),
        ("refund.resolved", resolved(true, "not_as_described", json!({})), "q02 0/1 s10 0/1"),
        ("refund.resolved", resolved(true, "defective", json!({ "within_h": 49 })), "q03 0/1"),
        ("refund.resolved", resolved(true, "wrong_item", json!({ "refused_before": true })), "s06 0/1 s10 0/1 s11 1/1"),
        ("refund.resolved", resolved(false, "damaged", json!({ "refused_before": true })), "s10 0/1 s11 1/0"),
        ("return.received", order(json!({ "fault": false, "unopened": true })), "e07 0/1 e08 1/1 s14 1/0"),
        ("return.received", order(json!({ "fault": true, "unopened": false })), "e08 1/0 s14 1/0"),
        ("return.inspected", order(json!({ "within_h": 72 })), "s14 0/1"),
        (
            "review.posted",
            review(2, true, json!(["quality", "sense"]), false),
            "e01 0/1 e02 1/1 e03 1/0 e04 1/1 x09 0.001/0 x11 1/0",
        ),
        ("review.posted", review(4, false, json!(["fit"]), true), "e09 1/1 e10 1/1 x09 0.001/0"),
        ("review.answered", order(json!({ "within_d": 7 })), "x11 0/1"),
        ("survey.answered", order(json!({ "question": "buy_again", "answer": "yes" })), "e11 1/1"),
        ("survey.answered", order(json!({ "question": "after_sales", "answer": "no" })), "p09 1/0"),
        ("survey.answered", order(json!({ "question": "notes_met", "answer": "none" })), ""),
        ("chat.ended", chat, "s07 1/1 s08 1/1 s09 1/1 s15 0.001/0"),
        ("listing.live", product(json!({ "complete": true })), "q09 1/0 q18 1/1 x14 0.001/0"),
        ("listing.removed", product(json!({ "by": "platform" })), "q09 0/1"),
        ("inspection.done", json!({ "kind": "sample", "passed": false }), "q05 1/1"),
        ("inspection.done", json!({ "kind": "mystery", "passed": true }), "q06 1/0"),
        ("live.ended", live, "h01 0.1/0 h03 0.02/0 h04 0.02/0 h05 0.02/0 h06 0.02/0 h10 4/1 h13 1/1"),
        ("live.checked", json!({ "passed": true, "claims": 5, "claims_matching": 4 }), "h07 1/1 h08 5/4"),
        ("follower.changed", json!({ "buyer": "b", "follows": true, "within_7d": false }), "x07 1/0"),
        ("follower.changed", json!({ "buyer": "b", "follows": false, "within_7d": true }), "x07 0/1"),
        ("brand.notice", json!({ "kind": "safety", "upheld": true }), "q15 0/1"),
        ("brand.notice", json!({ "kind": "ip", "upheld": false }), ""),
        ("brand.notice", json!({ "kind": "ip", "upheld": true, "order": "o1" }), "x14 0/1"),
    ] {
        assert_eq!(counts(kind, fields), expected, "{kind}");
    }
}

#[test]
fn a_delivery_counts_for_late_refunds_thirty_days_on() {
    let line = event("order.delivered", json!({ "order": "o1", "in_time": true, "product": "p" }));
    let Ok(Fact::Event(event)) = parse(&line) else { panic!("an event") };
    let at_ms = NOW_MS + 30 * DAY_MS;
    assert!(event.effects.contains(&Effect::Count { signal: SignalId::E12, count: Count::new(1.0, 0.0), at_ms }));
}

#[test]
fn a_covered_order_counts_for_promises_and_claims() {
    let fields = json!({ "order": "o", "buyer": "b", "amount_minor": 1, "currency": "CNY", "buyer_nth": 3 });
    let Ok(Fact::Event(mut placed)) = parse(&event("order.placed", fields)) else { panic!("an event") };
    assert_eq!(placed.placed(), Some("o"));
    let before = placed.effects.len();
    placed.cover(Some("silk"));
    let counted = |signal, n, k| Effect::Count { signal, count: Count::new(n, k), at_ms: NOW_MS };
    assert_eq!(
        placed.effects[before..],
        [
            Effect::Covered { category: "silk".into() },
            counted(SignalId::P01, 0.0, 1.0),
            counted(SignalId::P04, 1.0, 0.0),
            counted(SignalId::P06, 1.0, 0.0),
        ]
    );
}

#[test]
fn a_remedy_is_of_a_case_or_of_a_claim_and_a_host_may_owe_it() {
    let of = |fields: Value| match parse(&event("remedy.done", fields)) {
        Ok(Fact::Event(event)) => Ok(event.effects),
        Ok(other) => panic!("{other:?} is no event"),
        Err(refusal) => Err(refusal),
    };
    let claim = RemedyOf::Claim("c-1".into());
    assert_eq!(of(json!({ "claim": "c-1" })), Ok(vec![Effect::RemedyDone { of: claim, accepted: None }]));
    let case = RemedyOf::Case("c-2".into());
    let accepted = Some(true);
    assert_eq!(of(json!({ "case": "c-2", "accepted": true })), Ok(vec![Effect::RemedyDone { of: case, accepted }]));
    assert_eq!(of(json!({})), Err(Refusal::at(Code::MissingField, "case")));
    assert_eq!(of(json!({ "case": "c", "claim": "c" })), Err(Refusal::at(Code::InvalidField, "claim")));
    let of_host = json!({ "id": "e", "type": "remedy.done", "at_ms": NOW_MS, "host": "ann", "case": "c" });
    assert!(matches!(parse(&of_host), Ok(Fact::Event(_))));
    let of_nobody = json!({ "id": "e", "type": "remedy.done", "at_ms": NOW_MS, "case": "c" });
    assert_eq!(parse(&of_nobody), Err(Refusal::at(Code::MissingField, "merchant")));
}

#[test]
fn what_is_no_count_is_an_effect_of_its_own() {
    let effects = |kind: &str, fields: Value| match parse(&event(kind, fields)) {
        Ok(Fact::Event(event)) => event.effects,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        effects("licence.changed", json!({ "needed": 3, "verified": 2 })),
        [Effect::Licences { needed: 3, verified: 2 }]
    );
    assert_eq!(
        effects("deposit.changed", json!({ "asked_minor": 100, "paid_minor": 250 })),
        [Effect::Deposit { asked: 100, paid: 250 }]
    );
    let text = "Inspection 7 found it.";
    assert_eq!(
        effects("authority.finding", json!({ "policy": "unsafe_goods", "text": text })),
        [Effect::Finding { policy: "unsafe_goods".into(), text: text.into() }]
    );
    let host = json!({ "id": "e", "type": "party.registered", "at_ms": NOW_MS, "host": "ann", "kind": "host" });
    let Ok(Fact::Event(host)) = parse(&host) else { panic!("an event") };
    assert_eq!(host.effects, [Effect::Registered(PartyKind::Host)]);
}

#[test]
fn a_notice_about_a_brand_says_that_goods_are_not_genuine() {
    let order_of = |kind: &str, fields: Value| match parse(&event(kind, fields)) {
        Ok(Fact::Event(event)) => event.effects.into_iter().find_map(|effect| match effect {
            Effect::NotGenuine { order } => Some(order),
            _ => None,
        }),
        other => panic!("{other:?}"),
    };
    let notice = |kind: &str, upheld: bool| json!({ "kind": kind, "upheld": upheld, "order": "o1" });
    assert_eq!(order_of("brand.notice", notice("ip", true)), Some(Some("o1".into())));
    assert_eq!(order_of("brand.notice", json!({ "kind": "ip", "upheld": true, "product": "p" })), Some(None));
    assert_eq!(order_of("brand.notice", notice("ip", false)), None);
    assert_eq!(order_of("brand.notice", notice("safety", true)), None, "unsafe goods may be genuine");
    let finding = |policy: &str| json!({ "policy": policy, "text": "Inspection 7 found it.", "order": "o1" });
    assert_eq!(order_of("authority.finding", finding("counterfeit")), Some(Some("o1".into())));
    assert_eq!(order_of("authority.finding", finding("unsafe_goods")), None);
}

#[test]
fn each_fault_of_an_event_has_its_code_and_its_field() {
    let shipped = || event("order.shipped", json!({ "order": "o1", "in_time": true, "tracking_valid": true }));
    let with = |name: &str, value: Value| {
        let mut line = shipped();
        line[name] = value;
        line
    };
    let without = |name: &str| {
        let mut line = shipped();
        line.as_object_mut().unwrap().remove(name);
        line
    };
    for (line, code, field) in [
        (with("type", json!("order.lost")), Code::UnknownType, "type"),
        (with("type", json!(1)), Code::InvalidField, "type"),
        (with("colour", json!("red")), Code::UnknownField, "colour"),
        (without("in_time"), Code::MissingField, "in_time"),
        (without("id"), Code::MissingField, "id"),
        (without("merchant"), Code::MissingField, "merchant"),
        (with("in_time", json!("yes")), Code::InvalidField, "in_time"),
        (with("id", json!("")), Code::InvalidField, "id"),
        (with("id", json!(" e1")), Code::InvalidField, "id"),
        (with("merchant", json!("a\nb")), Code::InvalidField, "merchant"),
        (with("merchant", json!("m".repeat(129))), Code::TooLong, "merchant"),
        (with("at_ms", json!(NOW_MS + 300_001)), Code::InFuture, "at_ms"),
        (with("at_ms", json!(NOW_MS - 400 * DAY_MS - 1)), Code::TooOld, "at_ms"),
        (with("at_ms", json!(-1)), Code::InvalidField, "at_ms"),
        (
            event("live.checked", json!({ "passed": true, "claims": 1, "claims_matching": 2 })),
            Code::BadCount,
            "claims_matching",
        ),
        (event("authority.finding", json!({ "policy": "nothing", "text": "x" })), Code::InvalidField, "policy"),
        (event("listing.live", json!({ "complete": true })), Code::MissingField, "product"),
        (event("authority.finding", json!({ "policy": "abuse", "text": "x" })), Code::MissingField, "host"),
        (event("party.registered", json!({ "kind": "host" })), Code::MissingField, "host"),
    ] {
        assert_eq!(parse(&line), Err(Refusal::at(code, field.to_owned())), "{line}");
    }
    assert!(parse(&with("at_ms", json!(NOW_MS + 300_000))).is_ok() && parse(&shipped()).is_ok());
    let long = with("id", json!("x".repeat(LINE_BYTES_MAX)));
    assert_eq!(parse(&long), Err(Refusal::of(Code::TooLong)));
    for line in ["", "[]", "{", "1", "\u{0}"] {
        let parsed = Fact::parse(line.as_bytes(), &TrustFile::builtin(), NOW_MS);
        assert_eq!(parsed, Err(Refusal::of(Code::Malformed)), "{line:?}");
    }
}

fn tallied() -> TrustFile {
    TrustFile { tally_signals: vec!["q01".into(), "q15".into()], ..TrustFile::builtin() }
}

#[test]
fn a_signal_has_one_source() {
    let tally = |name: &str| json!({ "tally": name, "merchant": "shop", "day": "2027-01-01", "n": 1200, "k": 17 });
    let Ok(Fact::Tally(parsed)) = parse_with(&tally("q01"), &tallied()) else { panic!("a tally") };
    let day_ms = LANDMARK_MS + 365 * DAY_MS;
    assert_eq!((parsed.signal, parsed.at_ms()), (Some(SignalId::Q01), day_ms + DAY_MS / 2));
    assert_eq!(parsed.count, Count::new(1_200.0, 17.0));
    assert_eq!(parse_with(&tally("q02"), &tallied()), Err(Refusal::at(Code::MixedSources, "tally")));
    let line = event("refund.resolved", json!({ "order": "o", "granted": true, "reason": "quality", "within_h": 1 }));
    let Ok(Fact::Event(skipping)) = parse_with(&line, &tallied()) else { panic!("an event") };
    let count = Count::new(0.0, 1.0);
    let refunded = Effect::Order { order: "o".into(), what: OrderStep::Refunded };
    assert_eq!(skipping.effects, [Effect::Count { signal: SignalId::S10, count, at_ms: NOW_MS }, refunded]);
    let completed = parse_with(&tally("completed"), &TrustFile::builtin());
    assert!(matches!(completed, Ok(Fact::Tally(Tally { signal: None, .. }))));
}

#[test]
fn each_fault_of_a_tally_has_its_code() {
    let with = |name: &str, value: Value| {
        let mut line = json!({ "tally": "q01", "merchant": "shop", "day": "2027-01-01", "n": 10, "k": 1 });
        line[name] = value;
        parse_with(&line, &tallied()).map_err(|refusal| refusal.code)
    };
    assert_eq!(with("tally", json!("q99")), Err(Code::UnknownSignal));
    assert_eq!(with("k", json!(11)), Err(Code::BadCount));
    assert_eq!(with("n", json!(-1)), Err(Code::BadCount));
    assert_eq!(with("n", json!(1e308)), Err(Code::BadCount), "a sum of it is no number");
    assert_eq!(with("n", json!(1_000_000_000_001_u64)), Err(Code::BadCount));
    assert!(with("n", json!(1_000_000_000_000_u64)).is_ok());
    assert_eq!(with("day", json!("2027-02-30")), Err(Code::InvalidField));
    assert_eq!(with("day", json!("2028-01-01")), Err(Code::InFuture));
    assert_eq!(with("day", json!("2025-01-01")), Err(Code::TooOld));
    assert_eq!(with("room", json!("r")), Err(Code::UnknownField));
    let events = json!({ "tally": "q15", "merchant": "shop", "day": "2027-01-01", "n": 0.5, "k": 3 });
    assert!(parse_with(&events, &tallied()).is_ok(), "more events than units of exposure");
    let today = json!({ "tally": "q15", "merchant": "shop", "day": "2027-05-16", "n": 1, "k": 0 });
    assert!(parse_with(&today, &tallied()).is_ok(), "the day that has begun");
    let tomorrow = json!({ "tally": "q15", "merchant": "shop", "day": "2027-05-17", "n": 1, "k": 0 });
    assert_eq!(parse_with(&tomorrow, &tallied()), Err(Refusal::at(Code::InFuture, "day")));
}

#[test]
fn completed_orders_are_whole_and_bounded() {
    let completed = |n: Value, k: Value| {
        let line = json!({ "tally": "completed", "merchant": "shop", "day": "2027-01-01", "n": n, "k": k });
        parse(&line)
    };
    assert!(completed(json!(1), json!(1.0)).is_ok());
    for (n, k, field) in [(json!(0.5), json!(0), "n"), (json!(1e19), json!(0), "n"), (json!(2), json!(1.5), "k")] {
        assert_eq!(completed(n, k), Err(Refusal::at(Code::BadCount, field)));
    }
}

#[test]
fn counts_and_durations_of_an_event_are_bounded() {
    let live = |name: &str, value: Value| {
        let mut fields = json!({ "session": "s", "minutes": 120, "viewer_minutes": 60_000, "sessions_10s": 9,
            "product_shown": true, "reporters": 2_000, "muted": 1, "cut": true });
        fields[name] = value;
        parse(&event("live.ended", fields))
    };
    for name in ["sessions_10s", "reporters"] {
        assert!(live(name, json!(1_000_000_000)).is_ok(), "{name}");
        for beyond in [json!(1_000_000_001), json!(i64::MAX), json!(u64::MAX)] {
            assert_eq!(live(name, beyond), Err(Refusal::at(Code::InvalidField, name.to_owned())));
        }
    }
    for name in ["minutes", "viewer_minutes"] {
        assert!(live(name, json!(1e12)).is_ok(), "{name}");
        assert_eq!(live(name, json!(1.1e12)), Err(Refusal::at(Code::InvalidField, name.to_owned())));
    }
}

#[test]
fn what_figures_count_is_an_effect_beside_the_signals() {
    let own = |kind: &str, fields: Value, file: &TrustFile| match parse_with(&event(kind, fields), file) {
        Ok(Fact::Event(event)) => {
            let is_own = |effect: &Effect| matches!(effect, Effect::AfterSales(_) | Effect::Sessions(_));
            event.effects.into_iter().filter(is_own).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    let survey = |question: &str, answer: &str| json!({ "order": "o", "question": question, "answer": answer });
    let file = TrustFile::builtin();
    for (answer, effect) in [("yes", Some(true)), ("no", Some(false)), ("none", None)] {
        let found = own("survey.answered", survey("after_sales", answer), &file);
        assert_eq!(found, [Effect::AfterSales(effect)], "{answer}");
    }
    assert_eq!(own("survey.answered", survey("buy_again", "yes"), &file), []);
    let tallied = TrustFile { tally_signals: vec!["p09".into()], ..TrustFile::builtin() };
    assert_eq!(own("survey.answered", survey("after_sales", "yes"), &tallied), [], "tallies are its one source");
    let live = |product_shown: bool| {
        json!({ "session": "s", "minutes": 60, "viewer_minutes": 900, "sessions_10s": 80,
                "product_shown": product_shown, "reporters": 2, "muted": 0, "cut": false })
    };
    assert_eq!(own("live.ended", live(true), &file), [Effect::Sessions(80)]);
    assert_eq!(own("live.ended", live(false), &file), []);
}

#[test]
fn the_sums_of_a_random_badge_name_an_arm_and_no_merchant() {
    let line = json!({ "tally": "badge", "day": "2027-01-01", "arm": "without", "n": 1200, "k": 60 });
    let day = LANDMARK_MS / DAY_MS + 365;
    let badge = Badge { day, is_shown: false, count: Count::new(1_200.0, 60.0) };
    assert_eq!(parse(&line), Ok(Fact::Badge(badge)));
    let with = |name: &str, value: Value| {
        let mut line = line.clone();
        line[name] = value;
        parse(&line)
    };
    assert_eq!(with("arm", json!("other")), Err(Refusal::at(Code::InvalidField, "arm")));
    assert_eq!(with("k", json!(1_201)), Err(Refusal::at(Code::BadCount, "k")));
    assert_eq!(with("merchant", json!("shop")), Err(Refusal::at(Code::UnknownField, "merchant")));
    assert_eq!(with("day", json!("2027-13-01")), Err(Refusal::at(Code::InvalidField, "day")));
}

#[test]
fn an_id_that_no_token_could_hold_names_nobody() {
    let line = |name: &str, id: &str| {
        let mut fields =
            json!({ "order": "o 7", "buyer": "买家7", "amount_minor": 1, "currency": "CNY", "buyer_nth": 1 });
        fields[name] = json!(id);
        event("order.placed", fields)
    };
    for name in ["id", "merchant", "host", "room", "product", "category", "order", "buyer"] {
        assert!(parse(&line(name, "x 1")).is_ok(), "{name}");
        for no_id in ["", " ", "x_1 ", "\u{feff}x_1", "x_1\u{200b}", "x\n1", "x\u{0}1", "x_1\u{3000}"] {
            let refused = parse(&line(name, no_id)).unwrap_err();
            assert_eq!((refused.code, refused.field.as_deref()), (Code::InvalidField, Some(name)), "{no_id:?}");
        }
    }
}

#[test]
fn words_show_something_and_numbers_can_be_added() {
    for unseen in ["", " ", "\u{200b}\u{200b}", "a\u{0}"] {
        let finding = event("authority.finding", json!({ "policy": "counterfeit", "text": unseen }));
        assert_eq!(parse(&finding).unwrap_err(), Refusal::at(Code::InvalidField, "text"), "{unseen:?}");
    }
    let live = |name: &str, value: Value| {
        let mut fields = json!({ "session": "s", "minutes": 60, "viewer_minutes": 900.5, "sessions_10s": 40,
            "product_shown": true, "reporters": 2, "muted": 1, "cut": false });
        fields[name] = value;
        parse(&event("live.ended", fields))
    };
    assert!(live("minutes", json!(1_000_000_000_000_u64)).is_ok());
    for (name, value) in
        [("minutes", json!(1e16)), ("viewer_minutes", json!(1e300)), ("sessions_10s", json!(1_u64 << 32))]
    {
        assert_eq!(live(name, value).unwrap_err(), Refusal::at(Code::InvalidField, name));
    }
}
