//! Tests of frames of a later server.

use super::*;

/// A golden-like frame of a newer server, as text.
fn read(frame: serde_json::Value) -> ServerFrame {
    serde_json::from_value(frame).unwrap()
}

#[test]
fn a_refusal_of_a_later_version_ends_the_cast_unless_it_names_a_delay() {
    let refused = |delay: Option<u64>| {
        read(serde_json::json!({
            "type": "refused", "case": CASE, "option": "a", "reason": "a_later_reason", "retry_after_ms": delay
        }))
    };
    let mut jury = joined();
    jury.cast(id(), &option("a"), None);
    let (attempt, wait) = wake(&jury.apply(refused(Some(700)), 0)).unwrap();
    assert_eq!(wait, Wait::Ms(700));
    assert_eq!(casts(&jury.due(id(), attempt)), [("a".to_owned(), None)]);
    let effects = jury.apply(refused(None), 0);
    assert_eq!(effects, [Effect::Emit(JuryEvent::VoteRefused(id(), Refusal::Unknown))]);
}

#[test]
fn an_acknowledgement_of_a_later_version_still_records_the_ballot() {
    let mut jury = joined();
    jury.cast(id(), &option("a"), None);
    let ballot = read(serde_json::json!({
        "type": "ballot", "case": CASE, "option": "a", "status": "a_later_status", "epoch": 1, "change": 0
    }));
    let effects = jury.apply(ballot, 0);
    assert_eq!(effects[0], Effect::Emit(JuryEvent::VoteAccepted(id(), BallotStatus::Unknown)));
    assert!(jury.ballots().recorded(id()).is_some());
}

#[test]
fn a_case_in_a_state_of_a_later_version_leaves_the_others_as_they_are() {
    let mut jury = joined();
    let other = Case { id: "01890a5d-ac96-774b-bcce-b302099a8058".parse().unwrap(), ..case("a_later_state", 1, false) };
    let effects = jury.apply(ServerFrame::Docket { rev: 8, cases: vec![other.clone(), case("open", 1, false)] }, 0);
    assert_eq!(effects, []);
    assert_eq!(jury.cast(other.id, &option("a"), None), [], "only an open case accepts votes");
    assert_eq!(casts(&jury.cast(id(), &option("a"), None)).len(), 1);
}

#[test]
fn a_case_that_ends_from_a_state_of_a_later_version_is_reported() {
    let mut jury = joined();
    jury.apply(docket(8, "a_later_state", 1), 0);
    assert!(jury.apply(docket(9, "decided", 1), 0).contains(&Effect::Emit(JuryEvent::Ended(id()))));
}
