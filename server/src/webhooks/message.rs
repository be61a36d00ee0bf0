//! The message about an event to a target; it tells no count before the record, and no viewer's id.

use live_jury_protocol::record::{EventKind, EventRecord};
use live_jury_protocol::trust::{TrustChange, TrustEvent};
use live_jury_protocol::{Outcome, Verdict};
use serde_json::{Map, Value, json};

use crate::docket::Event;

/// The events about cases that targets are told of.
const CASE_KINDS: [&str; 4] = ["case.drafted", "case.opened", "case.held", "case.recorded"];

/// The events that targets are told of.
pub(super) fn kinds() -> impl Iterator<Item = &'static str> {
    CASE_KINDS.into_iter().chain(TrustChange::NAMES)
}

/// A message about an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// One of [`kinds`].
    pub kind: &'static str,
    /// The party whose messages keep their order: the merchant, else the host, else the case itself.
    pub party: String,
    /// The JSON text.
    pub body: String,
}

/// The message about an event; none for an event that targets are not told of, and for a record that this version
/// cannot read.
pub(super) fn message(event: &Event) -> Option<Message> {
    if let Some(told) = &event.trust {
        return about_party(event.seq, told);
    }
    let record = event.record.as_ref()?;
    let kind = match record.kind {
        EventKind::Drafted => "case.drafted",
        EventKind::Opened => "case.opened",
        EventKind::TallyMissing => "case.held",
        EventKind::Recorded => "case.recorded",
        _ => return None,
    };
    let timestamp = jiff::Timestamp::from_millisecond(record.at_ms.cast_signed()).ok()?;
    let body = json!({ "type": kind, "timestamp": timestamp.to_string(), "data": data(event.seq, record) });
    Some(Message { kind, party: party(record), body: body.to_string() })
}

/// The message about something that happened to a party.
fn about_party(seq: u64, told: &TrustEvent) -> Option<Message> {
    let timestamp = jiff::Timestamp::from_millisecond(told.at_ms.cast_signed()).ok()?;
    let mut data = match serde_json::to_value(&told.what).ok()?.get_mut("data")?.take() {
        Value::Object(data) => data,
        _ => return None,
    };
    data.insert("seq".to_owned(), seq.into());
    data.insert("party".to_owned(), json!(told.party));
    let kind = told.what.name();
    let body = json!({ "type": kind, "timestamp": timestamp.to_string(), "data": data });
    Some(Message { kind, party: format!("{} {}", told.party.kind, told.party.id), body: body.to_string() })
}

fn party(record: &EventRecord) -> String {
    match (&record.subject.merchant, &record.subject.host) {
        (Some(merchant), _) => format!("merchant {merchant}"),
        (None, Some(host)) => format!("host {host}"),
        (None, None) => format!("case {}", record.case),
    }
}

fn data(seq: u64, record: &EventRecord) -> Map<String, Value> {
    let mut data = Map::new();
    let mut add = |name: &str, value: Value| drop(data.insert(name.to_owned(), value));
    add("seq", seq.into());
    add("case", json!(record.case));
    add("room", json!(record.room));
    add("subject", json!(record.subject));
    if let Some(closes_at_ms) = record.closes_at_ms.filter(|_| record.kind == EventKind::Opened) {
        add("closes_at_ms", closes_at_ms.into());
    }
    if let Some(case) = record.appeal_of {
        add("appeal_of", json!(case));
    }
    if let Some(verdict) = &record.verdict {
        add("outcome", json!(verdict.outcome));
        if let Some(why) = &verdict.why {
            add("why", json!(why));
        }
        if let Some(option) = &verdict.option {
            add("option", json!(option));
        }
        add("ballots", verdict.ballots.into());
        if let Some(share) = share(record, verdict) {
            add("share", json!(share));
        }
    }
    data
}

/// The winner's share of the deciding ballots, with four decimals.
#[expect(clippy::cast_precision_loss, reason = "a share of a count of ballots")]
fn share(record: &EventRecord, verdict: &Verdict) -> Option<f64> {
    let (option, counts) = (verdict.option.as_ref()?, verdict.counts.as_ref()?);
    if verdict.outcome != Outcome::Decided {
        return None;
    }
    let options = &record.brief.as_ref()?.options;
    let deciding = options.iter().filter(|option| !option.abstain).filter_map(|option| counts.get(&option.id));
    let all: u64 = deciding.sum();
    Some((counts.get(option)? * 10_000).checked_div(all)? as f64 / 10_000.0)
}

#[cfg(test)]
mod tests {
    use live_jury_protocol::CaseId;
    use live_jury_protocol::record::EVENT_FORMAT;
    use live_jury_protocol::trust::{TRUST_EVENT_FORMAT, TrustParty};
    use uuid::Uuid;

    use super::*;

    fn event(kind: EventKind) -> Event {
        let case = CaseId(Uuid::from_u128(7));
        let record = EventRecord {
            format: EVENT_FORMAT,
            kind,
            case,
            room: "live".parse().unwrap(),
            version: 3,
            epoch: 1,
            at_ms: 1_795_358_533_556,
            subject: serde_json::from_value(json!({ "merchant": "m_1", "host": "h_1" })).unwrap(),
            closes_at_ms: Some(1_795_358_833_556),
            policy: None,
            appeal_of: None,
            draft: None,
            brief: None,
            verdict: None,
        };
        Event { seq: 9, id: Uuid::from_u128(8), case, record: Some(record), trust: None }
    }

    fn recorded(outcome: Outcome) -> Event {
        let mut event = event(EventKind::Recorded);
        let record = event.record.as_mut().unwrap();
        record.brief = Some(
            serde_json::from_value(json!({ "title": "t", "options": [
            { "id": "buyer", "label": "b" }, { "id": "merchant", "label": "m" },
            { "id": "none", "label": "n", "abstain": true },
        ] }))
            .unwrap(),
        );
        let mut verdict = Verdict::new(outcome, 12, 1);
        verdict.option = (outcome == Outcome::Decided).then(|| "buyer".parse().unwrap());
        verdict.counts = Some(serde_json::from_value(json!({ "buyer": 4, "merchant": 2, "none": 6 })).unwrap());
        record.verdict = Some(verdict);
        event
    }

    fn body(event: &Event) -> Value {
        serde_json::from_str(&message(event).unwrap().body).unwrap()
    }

    #[test]
    fn a_recorded_case_tells_its_result() {
        let told = body(&recorded(Outcome::Decided));
        assert_eq!(told["type"], "case.recorded");
        assert_eq!(told["timestamp"], "2026-11-22T14:42:13.556Z");
        let data = &told["data"];
        assert_eq!((&data["seq"], &data["outcome"], &data["option"]), (&json!(9), &json!("decided"), &json!("buyer")));
        assert_eq!((&data["ballots"], &data["share"]), (&json!(12), &json!(0.6666)));
        assert_eq!(body(&recorded(Outcome::Hung))["data"]["share"], Value::Null);
    }

    #[test]
    fn no_message_before_the_record_has_a_count() {
        for kind in [EventKind::Drafted, EventKind::Opened, EventKind::TallyMissing] {
            let told = body(&event(kind));
            assert!(told["data"].get("ballots").is_none() && told["data"].get("outcome").is_none(), "{told}");
        }
        assert_eq!(body(&event(EventKind::Opened))["data"]["closes_at_ms"], 1_795_358_833_556_u64);
    }

    #[test]
    fn steps_that_concern_no_other_program_are_not_told() {
        for kind in [EventKind::Edited, EventKind::Extended, EventKind::Sealed, EventKind::Unknown] {
            assert_eq!(message(&event(kind)), None);
        }
        assert_eq!(message(&Event { record: None, ..event(EventKind::Opened) }), None);
    }

    #[test]
    fn every_kind_that_a_target_may_name_is_told() {
        let told = [EventKind::Drafted, EventKind::Opened, EventKind::TallyMissing, EventKind::Recorded];
        assert_eq!(told.map(|kind| message(&event(kind)).unwrap().kind), CASE_KINDS);
        assert_eq!(message(&event(EventKind::Opened)).unwrap().party, "merchant m_1");
    }

    #[test]
    fn a_message_about_a_party_has_its_name_and_no_case_of_its_own() {
        let party = TrustParty { kind: "merchant".into(), id: "m_1".into() };
        let what = TrustChange::StandingChanged { points: 12, tier: "warned".into() };
        let told = TrustEvent { format: TRUST_EVENT_FORMAT, at_ms: 1_795_358_533_556, party, what };
        let event = Event { record: None, trust: Some(told), ..event(EventKind::Opened) };
        let message = message(&event).unwrap();
        assert_eq!((message.kind, message.party.as_str()), ("standing.changed", "merchant m_1"));
        let body: Value = serde_json::from_str(&message.body).unwrap();
        assert_eq!(body["type"], "standing.changed");
        let party = json!({ "kind": "merchant", "id": "m_1" });
        assert_eq!(body["data"], json!({ "seq": 9, "party": party, "points": 12, "tier": "warned" }));
        assert!(kinds().any(|kind| kind == message.kind));
    }
}
