//! Tests of one cast and its answer, on one connection.

use super::*;

#[test]
fn a_vote_is_sent_once_and_acknowledged() {
    let mut jury = joined();
    assert_eq!(casts(&jury.cast(id(), &option("a"), None)), [("a".to_owned(), None)]);
    assert_eq!(jury.cast(id(), &option("b"), None), [], "one cast is in flight at a time");
    jury.apply(ballot("a", 1, 0), 0);
    assert_eq!(jury.ballots().recorded(id()).unwrap().option, option("a"));
    assert!(jury.ballots().pending(id()).is_none());
    assert_eq!(jury.cast(id(), &option("b"), None), [], "the case allows no change");
}

#[test]
fn a_cast_refused_as_busy_is_sent_again_after_the_named_delay() {
    let mut jury = joined();
    jury.cast(id(), &option("a"), None);
    let effects = jury.apply(refused(Refusal::Busy, Some(700)), 0);
    let (attempt, wait) = wake(&effects).unwrap();
    assert_eq!(wait, Wait::Ms(700));
    assert!(jury.ballots().pending(id()).is_some());
    assert_eq!(casts(&jury.due(id(), attempt)), [("a".to_owned(), None)]);
    assert_eq!(jury.due(id(), attempt), [], "an earlier attempt is void");
}

#[test]
fn an_unanswered_cast_is_sent_again() {
    let mut jury = joined();
    let (attempt, wait) = wake(&jury.cast(id(), &option("a"), None)).unwrap();
    assert_eq!(wait, Wait::Ms(ANSWER_MS_MAX));
    assert_eq!(casts(&jury.due(id(), attempt)).len(), 1);
    jury.apply(ballot("a", 1, 0), 0);
    assert_eq!(jury.due(id(), attempt + 1), []);
}

#[test]
fn a_final_refusal_ends_the_cast_with_its_reason() {
    let mut jury = joined();
    jury.cast(id(), &option("a"), None);
    let effects = jury.apply(refused(Refusal::Recused, None), 0);
    assert_eq!(effects, [Effect::Emit(JuryEvent::VoteRefused(id(), Refusal::Recused))]);
    assert_eq!(jury.ballots().refusal(id()), Some(Refusal::Recused));
    assert!(jury.ballots().pending(id()).is_none());
}

#[test]
fn changes_are_numbered_and_a_repeat_keeps_its_number() {
    let mut jury = Jury::default();
    jury.apply(welcome(vec![]), 0);
    jury.apply(ServerFrame::Docket { rev: 1, cases: vec![case("open", 1, true)] }, 0);
    assert_eq!(casts(&jury.cast(id(), &option("a"), None)), [("a".to_owned(), Some(0))]);
    jury.apply(ballot("a", 1, 0), 0);
    let effects = jury.cast(id(), &option("b"), None);
    assert_eq!(casts(&effects), [("b".to_owned(), Some(1))]);
    let (attempt, _) = wake(&effects).unwrap();
    assert_eq!(casts(&jury.due(id(), attempt)), [("b".to_owned(), Some(1))]);
    jury.apply(ballot("b", 1, 1), 0);
    assert_eq!(casts(&jury.cast(id(), &option("a"), None)), [("a".to_owned(), Some(2))]);
}

#[test]
fn a_repeated_acknowledgement_is_reported_once() {
    let mut jury = voted();
    assert_eq!(jury.apply(ballot("a", 1, 0), 0), []);
}

#[test]
fn an_older_acknowledgement_changes_nothing() {
    let mut jury = Jury::default();
    jury.apply(welcome(vec![]), 0);
    jury.apply(ServerFrame::Docket { rev: 1, cases: vec![case("open", 1, true)] }, 0);
    jury.cast(id(), &option("a"), None);
    jury.apply(ballot("a", 1, 0), 0);
    jury.cast(id(), &option("b"), None);
    assert_eq!(jury.apply(ballot("a", 1, 0), 0), []);
    assert_eq!(jury.ballots().pending(id()).unwrap().option, option("b"), "the change is still pending");
    jury.apply(ballot("b", 1, 1), 0);
    assert_eq!(jury.apply(ballot("a", 1, 0), 0), []);
    assert_eq!(jury.ballots().recorded(id()).unwrap().option, option("b"));
}

#[test]
fn the_pressed_option_is_kept_until_a_later_ballot_is_known() {
    let mut jury = joined();
    jury.cast(id(), &option("a"), None);
    jury.apply(ballot("b", 1, 0), 0);
    let recorded = |jury: &Jury| jury.ballots().recorded(id()).unwrap().option.clone();
    assert_eq!(recorded(&jury), option("a"), "the server names another option");
    reconnect(&mut jury, vec![own("b", 1, 0)], "open", 1);
    assert_eq!(recorded(&jury), option("a"));
    reconnect(&mut jury, vec![own("b", 1, 1)], "open", 1);
    assert_eq!(recorded(&jury), option("b"), "another tab has changed the vote");
}
