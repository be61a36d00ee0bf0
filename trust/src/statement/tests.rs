//! Statements of each measure, compared with the rules of the database.

use serde_json::json;

use super::*;
use crate::DAY_MS;
use crate::counter::LANDMARK_MS;
use crate::policy::tests::builtin;

fn statement(measure: Gate, until_ms: Option<u64>) -> serde_json::Value {
    let policy = builtin("false_advertising");
    let grounds = Grounds {
        id: "m1",
        measure,
        entry: None,
        policy: &policy,
        facts: "Of 100 jurors 90 upheld the complaint.",
        points: 24,
        content: Content::Product,
        notice: Notice::Reports,
        decider: Decider::Ladder,
        content_ms: LANDMARK_MS,
        from_ms: LANDMARK_MS + DAY_MS,
        until_ms,
    };
    serde_json::to_value(Statement::of(&grounds)).unwrap()
}

#[test]
fn a_measure_at_the_entry_has_its_own_decisions_and_words() {
    let policy = builtin("evasion");
    let of = |entry: Entry, until_ms| {
        let grounds = Grounds {
            id: "m1",
            measure: entry.gate(),
            entry: Some(entry),
            policy: &policy,
            facts: "The payout account is that of a shop closed on 2026-01-01.",
            points: 0,
            content: Content::Product,
            notice: Notice::Own,
            decider: Decider::Machine,
            content_ms: LANDMARK_MS,
            from_ms: LANDMARK_MS,
            until_ms,
        };
        serde_json::to_value(Statement::of(&grounds)).unwrap()
    };
    let refused = of(Entry::Refuse, None);
    assert_eq!(refused["decision_provision"], "DECISION_PROVISION_TOTAL_SUSPENSION");
    assert_eq!(refused["automated_decision"], "AUTOMATED_DECISION_FULLY");
    assert!(refused.get("decision_account").is_none() && refused.get("decision_visibility").is_none());
    let text = refused["text"].as_str().unwrap();
    assert!(text.starts_with("The application is refused from 2026-01-01 until it is lifted."), "{text}");
    assert!(text.contains("another moderator decides") && !text.contains("points"), "{text}");
    let probation = of(Entry::Probation, Some(LANDMARK_MS + 30 * DAY_MS));
    assert_eq!(probation["decision_provision"], "DECISION_PROVISION_PARTIAL_SUSPENSION");
    assert_eq!(probation["end_date_service_restriction"], "2026-01-31");
}

#[test]
fn each_measure_has_the_decisions_of_the_database() {
    let until = Some(LANDMARK_MS + 8 * DAY_MS);
    let fields = [
        "decision_visibility",
        "decision_provision",
        "decision_account",
        "end_date_visibility_restriction",
        "end_date_service_restriction",
        "end_date_account_restriction",
    ];
    let demoted = json!(["DECISION_VISIBILITY_CONTENT_DEMOTED"]);
    let (end, none) = (json!("2026-01-09"), json!(null));
    for (measure, until, expected) in [
        (Gate::NoBoost, until, [&demoted, &none, &none, &end, &none, &none]),
        (Gate::Limit, until, [&demoted, &json!("DECISION_PROVISION_PARTIAL_SUSPENSION"), &none, &end, &end, &none]),
        (
            Gate::Suspend,
            until,
            [
                &none,
                &json!("DECISION_PROVISION_TOTAL_SUSPENSION"),
                &json!("DECISION_ACCOUNT_SUSPENDED"),
                &none,
                &end,
                &end,
            ],
        ),
        (
            Gate::Ban,
            None,
            [
                &none,
                &json!("DECISION_PROVISION_TOTAL_TERMINATION"),
                &json!("DECISION_ACCOUNT_TERMINATED"),
                &none,
                &none,
                &none,
            ],
        ),
    ] {
        let statement = statement(measure, until);
        let found = fields.map(|field| statement.get(field).unwrap_or(&none).clone());
        assert_eq!(found, expected.map(Clone::clone), "{measure:?}");
    }
}

#[test]
fn a_statement_has_every_field_that_the_database_requires() {
    let statement = statement(Gate::Limit, Some(LANDMARK_MS + 8 * DAY_MS));
    for (field, expected) in [
        ("puid", json!("m1")),
        ("decision_ground", json!("DECISION_GROUND_INCOMPATIBLE_CONTENT")),
        ("incompatible_content_ground", json!("False advertising, clause 1.1")),
        ("content_type", json!(["CONTENT_TYPE_PRODUCT"])),
        ("category", json!("STATEMENT_CATEGORY_CONSUMER_INFORMATION")),
        ("category_specification", json!(["KEYWORD_MISLEADING_INFO_GOODS_SERVICES"])),
        ("decision_facts", json!("Of 100 jurors 90 upheld the complaint.")),
        ("content_date", json!("2026-01-01")),
        ("application_date", json!("2026-01-02")),
        ("source_type", json!("SOURCE_TYPE_OTHER_NOTIFICATION")),
        ("automated_detection", json!("No")),
        ("automated_decision", json!("AUTOMATED_DECISION_PARTIALLY")),
    ] {
        assert_eq!(statement[field], expected, "{field}");
    }
    let text = statement["text"].as_str().unwrap();
    assert!(text.starts_with("Exposure is at most 0.85, and nothing new is listed from 2026-01-02 until 2026-01-09."));
    assert!(text.contains("clause 1.1") && text.contains("appeal within 180 days"));
}

#[test]
fn a_text_is_cut_at_the_limit_of_the_database() {
    assert_eq!(cut(&"买".repeat(6_000), FACTS_CHARS_MAX).chars().count(), 5_000);
}

#[test]
fn a_date_is_that_of_the_civil_calendar() {
    for (ms, known) in [
        (0, "1970-01-01"),
        (951_782_400_000, "2000-02-29"),
        (951_868_800_000, "2000-03-01"),
        (LANDMARK_MS - 1, "2025-12-31"),
        (LANDMARK_MS, "2026-01-01"),
        (1_835_395_199_999, "2028-02-28"),
        (4_107_542_400_000, "2100-03-01"),
    ] {
        assert_eq!(date(ms), known, "{ms}");
    }
}
