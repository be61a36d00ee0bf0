//! Made-up orders of the demo's shops, sent as facts through the public route. Their numbers are those of a good shop,
//! so that a newcomer sees a verdict change something.

use serde_json::{Value, json};

/// The days before now on which orders were placed.
const DAYS: u64 = 30;
/// Orders of a day.
const A_DAY: u64 = 20;
/// One order in so many is shipped late.
const LATE_ONE_IN: u64 = 60;
/// One order in so many begins with a question in the chat, is reviewed, or was sold in a session of its own.
const CHAT_ONE_IN: u64 = 3;
const REVIEW_ONE_IN: u64 = 2;
const SESSION_ONE_IN: u64 = 10;
/// One answer in so many is no. The questions take turns, so that it is the one about after-sales service.
const NO_ONE_IN: u64 = 100;
/// The currency of all amounts.
pub const CURRENCY: &str = "USD";
/// The questions that buyers are asked in turn.
const QUESTIONS: [&str; 5] = ["as_described", "buy_again", "good_state", "notes_met", "after_sales"];
/// Lines of one request; the route takes 1,000.
const LINES: usize = 900;
/// Milliseconds of a day, and of an hour.
const DAY_MS: u64 = 24 * HOUR_MS;
const HOUR_MS: u64 = 3_600_000;

/// The time of the first order, in Unix milliseconds. The newest one is five days old, so that all its steps are past.
pub fn began_ms(now_ms: u64) -> u64 {
    now_ms.saturating_sub((DAYS + 5) * DAY_MS)
}

/// The time at which an order was placed, by its place in the month, in Unix milliseconds.
pub fn placed_ms(number: u64, now_ms: u64) -> u64 {
    began_ms(now_ms) + number * (DAY_MS / A_DAY)
}

/// The id of a merchant's order.
pub fn id(merchant: &str, number: u64) -> String {
    format!("{merchant}-{number}")
}

/// The bodies of the requests that tell a month of a merchant's orders until now, in JSON lines. The same merchant has
/// the same ids.
pub fn month_of_orders(merchant: &str, now_ms: u64) -> Vec<String> {
    let began_ms = began_ms(now_ms);
    let mut lines = vec![
        fact(merchant, "registered", "party.registered", began_ms, json!({ "kind": "merchant" })),
        fact(merchant, "licences", "licence.changed", began_ms, json!({ "needed": 2, "verified": 2 })),
        fact(
            merchant,
            "deposit",
            "deposit.changed",
            began_ms,
            json!({ "asked_minor": 100_000, "paid_minor": 100_000 }),
        ),
    ];
    for number in 0..DAYS * A_DAY {
        lines.extend(steps(merchant, number, placed_ms(number, now_ms)));
    }
    lines.chunks(LINES).map(|lines| lines.iter().map(|line| format!("{line}\n")).collect()).collect()
}

/// The steps of one order, and what else happened at its time.
fn steps(merchant: &str, number: u64, placed_ms: u64) -> Vec<Value> {
    let order = id(merchant, number);
    let in_time = number % LATE_ONE_IN != LATE_ONE_IN - 1;
    let other = |kind: &str, after_ms: u64, fields: Value| {
        fact(merchant, &format!("{number}-{kind}"), kind, placed_ms + after_ms, fields)
    };
    let step = |kind: &str, after_ms: u64, mut fields: Value| {
        fields["order"] = order.as_str().into();
        other(kind, after_ms, fields)
    };
    let nth = if number.is_multiple_of(3) { 2 } else { 1 };
    let placed =
        json!({ "buyer": format!("buyer-{number}"), "amount_minor": 2_800, "currency": CURRENCY, "buyer_nth": nth });
    let question = QUESTIONS[number as usize % QUESTIONS.len()];
    let answer = if number % NO_ONE_IN == NO_ONE_IN - 1 { "no" } else { "yes" };
    let mut lines = vec![
        step("order.placed", 0, placed),
        step("order.shipped", 20 * HOUR_MS, json!({ "in_time": in_time, "tracking_valid": true })),
        step("order.delivered", 3 * DAY_MS, json!({ "in_time": in_time })),
        step("order.completed", 4 * DAY_MS, json!({ "invoice": "in_time" })),
        step("survey.answered", 4 * DAY_MS + HOUR_MS, json!({ "question": question, "answer": answer })),
    ];
    if number.is_multiple_of(CHAT_ONE_IN) {
        let chat = json!({ "open_hours": true, "first_reply_s": 20, "replied_24h": true, "rating": "good" });
        lines.push(other("chat.ended", HOUR_MS, chat));
    }
    if number.is_multiple_of(REVIEW_ONE_IN) {
        let review =
            json!({ "stars": 5, "verified": true, "tags": [], "photo": true, "follow_up": false, "turned_bad": false });
        lines.push(step("review.posted", 4 * DAY_MS + 2 * HOUR_MS, review));
    }
    if number.is_multiple_of(SESSION_ONE_IN) {
        let session = json!({ "session": format!("session-{number}"), "minutes": 120, "viewer_minutes": 60_000,
            "sessions_10s": 2_000, "product_shown": true, "reporters": 0, "muted": 0, "cut": false });
        lines.push(other("live.ended", 5 * HOUR_MS, session));
        lines.push(other("live.checked", 6 * HOUR_MS, json!({ "passed": true, "claims": 20, "claims_matching": 20 })));
        lines.push(other("inspection.done", 7 * HOUR_MS, json!({ "kind": "sample", "passed": true })));
    }
    lines
}

fn fact(merchant: &str, id: &str, kind: &str, at_ms: u64, mut fields: Value) -> Value {
    fields["id"] = format!("demo-{merchant}-{id}").into();
    fields["type"] = kind.into();
    fields["at_ms"] = at_ms.into();
    fields["merchant"] = merchant.into();
    fields
}

#[cfg(test)]
mod tests {
    use live_jury_trust::fact::Fact;
    use live_jury_trust::policy::TrustFile;

    use super::*;

    #[test]
    fn every_line_is_a_fact_that_the_server_takes() {
        let (now_ms, file) = (1_795_000_000_000, TrustFile::builtin());
        let bodies = month_of_orders("m_1", now_ms);
        assert!(bodies.iter().all(|body| body.lines().count() <= LINES && body.len() < 1 << 20));
        let lines: Vec<&str> = bodies.iter().flat_map(|body| body.lines()).collect();
        assert!(lines.len() as u64 > DAYS * A_DAY * 5);
        for line in lines {
            Fact::parse(line.as_bytes(), &file, now_ms).unwrap_or_else(|refusal| panic!("{line}: {refusal:?}"));
        }
    }
}
