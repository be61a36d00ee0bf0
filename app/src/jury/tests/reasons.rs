//! Tests of the reason that a cast gives: by its number in the case, and the same at each repeat.

use super::*;

/// The reasons that the effects' casts give.
fn reasons(effects: &[Effect]) -> Vec<Option<u8>> {
    let cast = |effect: &Effect| match effect {
        Effect::Send(ClientFrame::Cast { reason, .. }) => Some(*reason),
        _ => None,
    };
    effects.iter().filter_map(cast).collect()
}

fn with_reasons() -> Case {
    let mut open = case("open", 1, true);
    let reason = |id: &str| live_jury_protocol::Reason { id: option(id), label: id.to_owned() };
    open.rules.reasons = ["label", "price", "host"].map(reason).to_vec();
    open
}

fn seen(jury: &mut Jury, rev: u64) -> Vec<Effect> {
    let mut effects = jury.apply(welcome(vec![]), 1_000);
    effects.extend(jury.apply(ServerFrame::Docket { rev, cases: vec![with_reasons()] }, 1_000));
    effects
}

#[test]
fn a_cast_gives_the_number_of_the_chosen_reason() {
    let given = |reason: Option<&str>| {
        let mut jury = Jury::default();
        seen(&mut jury, 7);
        reasons(&jury.cast(id(), &option("a"), reason.map(option).as_ref()))
    };
    assert_eq!(given(Some("label")), [Some(1)]);
    assert_eq!(given(Some("host")), [Some(3)]);
    assert_eq!(given(None), [None], "a reason is optional");
    assert_eq!(given(Some("gone")), [None], "the case does not offer it");
}

#[test]
fn a_repeat_gives_the_same_reason() {
    let mut jury = Jury::default();
    seen(&mut jury, 7);
    assert_eq!(reasons(&jury.cast(id(), &option("a"), Some(&option("price")))), [Some(2)]);
    let (attempt, _) = wake(&jury.apply(refused(Refusal::Busy, Some(700)), 0)).unwrap();
    assert_eq!(reasons(&jury.due(id(), attempt)), [Some(2)], "after a refusal");
    jury.disconnected();
    assert_eq!(reasons(&seen(&mut jury, 8)), [Some(2)], "after a reconnection");
    jury.apply(ballot("a", 1, 0), 0);
    let (attempt, _) = wake(&jury.apply(tally(2, 1, 0, None), 0)).unwrap();
    assert_eq!(reasons(&jury.due(id(), attempt)), [Some(2)], "after a loss");
    jury.apply(ballot("a", 2, 0), 0);
    assert_eq!(reasons(&jury.cast(id(), &option("b"), None)), [None], "a changed vote is another cast");
}

#[test]
fn a_repeat_after_a_reload_gives_the_same_reason() {
    let mut jury = Jury::default();
    seen(&mut jury, 7);
    jury.cast(id(), &option("a"), Some(&option("host")));
    let saved = serde_json::to_string(&jury.ballots().to_save()).unwrap();
    let mut reloaded = Jury::default();
    reloaded.restore(serde_json::from_str(&saved).unwrap());
    assert_eq!(reasons(&seen(&mut reloaded, 9)), [Some(3)]);
}

#[test]
fn what_an_earlier_page_saved_gives_no_reason() {
    let saved = serde_json::json!({
        "pending": [{"case": CASE, "option": "a", "change": 0}], "read": [{"case": CASE, "read": 3}]
    });
    let mut reloaded = Jury::default();
    reloaded.restore(serde_json::from_value(saved).unwrap());
    assert_eq!(reasons(&seen(&mut reloaded, 9)), [None]);
}
