//! Tests of a pending cast on the next connection, and after a reload.

use super::*;

#[test]
fn a_pending_cast_is_sent_once_more_on_reconnect() {
    let mut jury = joined();
    jury.cast(id(), &option("a"), None);
    let effects = reconnect(&mut jury, vec![], "open", 1);
    assert_eq!(casts(&effects), [("a".to_owned(), None)]);
}

#[test]
fn a_pending_cast_that_arrived_is_not_sent_again() {
    let mut jury = joined();
    jury.cast(id(), &option("a"), None);
    let effects = reconnect(&mut jury, vec![own("a", 1, 0)], "open", 1);
    assert_eq!(casts(&effects), []);
    assert!(effects.contains(&Effect::Emit(JuryEvent::VoteAccepted(id(), BallotStatus::Duplicate))));
    assert!(jury.ballots().pending(id()).is_none());
}

#[test]
fn a_vote_made_offline_goes_out_on_reconnect() {
    let mut jury = joined();
    jury.disconnected();
    assert_eq!(jury.cast(id(), &option("b"), None), []);
    jury.apply(welcome(vec![]), 0);
    assert_eq!(casts(&jury.apply(docket(8, "open", 1), 0)), [("b".to_owned(), None)]);
}

#[test]
fn a_pending_cast_of_a_closed_case_is_refused_as_closed() {
    let mut jury = joined();
    jury.cast(id(), &option("a"), None);
    let effects = reconnect(&mut jury, vec![], "sealed", 1);
    assert_eq!(casts(&effects), [("a".to_owned(), None)], "only the answer tells whether the vote counts");
    assert_eq!(jury.ballots().refusal(id()), None);
    let effects = jury.apply(refused(Refusal::Closed, None), 0);
    assert_eq!(effects, [Effect::Emit(JuryEvent::VoteRefused(id(), Refusal::Closed))]);
    assert_eq!(jury.ballots().refusal(id()), Some(Refusal::Closed));
}

/// A client whose cast for `a` was cut off, and that finds the docket with these cases on its next connection.
fn cut_off(cases: Vec<Case>) -> (Jury, Vec<Effect>) {
    let mut jury = joined();
    jury.cast(id(), &option("a"), None);
    jury.disconnected();
    jury.apply(welcome(vec![]), 2_000);
    let effects = jury.apply(ServerFrame::Docket { rev: 8, cases }, 2_000);
    (jury, effects)
}

#[test]
fn a_vote_pending_at_the_end_is_sent_once_more() {
    for ended in [Some("decided"), Some("void"), None] {
        let cases = || ended.map(|state| case(state, 1, false)).into_iter().collect::<Vec<_>>();
        let (mut jury, effects) = cut_off(cases());
        assert_eq!(casts(&effects), [("a".to_owned(), None)], "{ended:?}");
        let refusals = effects.iter().filter(|effect| matches!(effect, Effect::Emit(JuryEvent::VoteRefused(..))));
        assert_eq!(refusals.count(), 0, "{ended:?}: only the answer tells whether the vote counts");

        let effects = jury.apply(ServerFrame::Docket { rev: 9, cases: cases() }, 3_000);
        assert_eq!(casts(&effects), [], "{ended:?}: it is sent once");
        let effects = jury.apply(welcome(vec![]), 3_000);
        assert_eq!(casts(&effects), [], "{ended:?}: a renewal does not repeat it");

        let effects = jury.apply(ballot("a", 1, 0), 3_000);
        assert_eq!(effects, [Effect::Emit(JuryEvent::VoteAccepted(id(), BallotStatus::Counted))], "{ended:?}");
        assert!(jury.ballots().pending(id()).is_none() && jury.ballots().refusal(id()).is_none(), "{ended:?}");
    }
}

#[test]
fn a_vote_pending_at_the_end_is_refused_by_the_answer_alone() {
    for (cases, reason) in [
        (vec![case("decided", 1, false)], Refusal::Closed),
        (vec![case("void", 1, false)], Refusal::Closed),
        (vec![], Refusal::UnknownCase),
    ] {
        let (mut jury, _) = cut_off(cases);
        let effects = jury.apply(refused(reason, None), 3_000);
        assert_eq!(effects, [Effect::Emit(JuryEvent::VoteRefused(id(), reason))]);
        assert!(jury.ballots().pending(id()).is_none(), "{reason:?}");
    }
}

#[test]
fn a_change_pending_at_the_end_is_sent_once_more() {
    let mut jury = Jury::default();
    jury.apply(welcome(vec![]), 0);
    jury.apply(ServerFrame::Docket { rev: 1, cases: vec![case("open", 1, true)] }, 0);
    jury.cast(id(), &option("a"), None);
    jury.apply(ballot("a", 1, 0), 0);
    jury.cast(id(), &option("b"), None);
    jury.disconnected();
    jury.apply(welcome(vec![own("a", 1, 0)]), 0);
    let effects = jury.apply(ServerFrame::Docket { rev: 2, cases: vec![case("sealed", 1, true)] }, 0);
    assert_eq!(casts(&effects), [("b".to_owned(), Some(1))]);
}

#[test]
fn a_pending_cast_survives_a_reload() {
    let mut jury = joined();
    jury.cast(id(), &option("a"), None);
    let kept = serde_json::to_string(&jury.ballots().to_save()).unwrap();
    let mut jury = Jury::default();
    jury.restore(serde_json::from_str(&kept).unwrap());
    jury.apply(welcome(vec![]), 0);
    assert_eq!(casts(&jury.apply(docket(7, "open", 1), 0)), [("a".to_owned(), None)]);
}
