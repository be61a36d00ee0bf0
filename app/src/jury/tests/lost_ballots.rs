//! Tests of a recorded ballot that the store has lost.

use super::*;

#[test]
fn a_ballot_missing_from_welcome_is_cast_again_after_a_random_delay() {
    let mut jury = voted();
    let effects = reconnect(&mut jury, vec![], "open", 1);
    let (attempt, wait) = wake(&effects).unwrap();
    assert_eq!(wait, Wait::RandomUpToMs(limits::RECAST_JITTER_MAX_MS));
    assert_eq!(casts(&effects), []);
    assert_eq!(casts(&jury.due(id(), attempt)), [("a".to_owned(), Some(0))]);
}

#[test]
fn a_higher_epoch_repeats_the_ballot_once() {
    let mut jury = voted();
    let effects = jury.apply(tally(2, 1, 0, None), 0);
    let (attempt, _) = wake(&effects).unwrap();
    assert_eq!(wake(&jury.apply(tally(2, 2, 5, None), 0)), None);
    assert_eq!(wake(&jury.apply(docket(8, "open", 2), 0)), None);
    assert_eq!(casts(&jury.due(id(), attempt)), [("a".to_owned(), Some(0))]);
    jury.apply(ballot("a", 2, 0), 0);
    assert!(wake(&jury.apply(docket(9, "open", 3), 0)).is_some(), "a second loss repeats the ballot too");
}

#[test]
fn a_renewal_compares_ballots_without_a_docket() {
    let mut jury = voted();
    let effects = jury.apply(welcome(vec![]), 0);
    assert!(wake(&effects).is_some());
}

#[test]
fn nothing_is_cast_again_after_the_case_has_closed() {
    let mut jury = voted();
    assert_eq!(casts(&reconnect(&mut jury, vec![], "sealed", 2)), []);
    assert_eq!(wake(&jury.apply(tally(3, 1, 0, None), 0)), None);
}

#[test]
fn a_ballot_stored_only_in_an_older_version_is_cast_again() {
    let mut jury = Jury::default();
    jury.apply(welcome(vec![own("b", 1, 1)]), 0);
    jury.apply(ServerFrame::Docket { rev: 1, cases: vec![case("open", 1, true)] }, 0);
    let effects = jury.apply(welcome(vec![own("a", 1, 0)]), 0);
    assert_eq!(jury.ballots().recorded(id()).unwrap().option, option("b"));
    let (attempt, _) = wake(&effects).unwrap();
    assert_eq!(casts(&jury.due(id(), attempt)), [("b".to_owned(), Some(1))]);
    jury.apply(ballot("a", 1, 0), 0);
    assert_eq!(jury.ballots().recorded(id()).unwrap().option, option("a"), "the ballot of the store is valid");
    assert!(jury.ballots().pending(id()).is_none());
}

#[test]
fn a_lost_ballot_repeated_too_late_no_longer_counts() {
    let mut jury = voted();
    let (attempt, _) = wake(&jury.apply(docket(8, "open", 2), 0)).unwrap();
    jury.due(id(), attempt);
    let effects = jury.apply(refused(Refusal::Closed, None), 0);
    assert_eq!(effects, [Effect::Emit(JuryEvent::VoteRefused(id(), Refusal::Closed))]);
    assert!(jury.ballots().recorded(id()).is_none());
}

#[test]
fn a_case_whose_tally_is_missing_is_closed_and_its_ballot_is_not_cast_again() {
    let mut jury = joined();
    jury.cast(id(), &option("a"), None);
    jury.apply(ballot("a", 1, 0), 0);
    jury.disconnected();
    // The store that lost the case has no ballots for the welcome.
    let mut effects = jury.apply(welcome(vec![]), 2_000);
    let missing = Case { tally_missing: true, ..case("open", 1, false) };
    effects.extend(jury.apply(ServerFrame::Docket { rev: 8, cases: vec![missing] }, 2_000));
    assert_eq!(jury.case(id()).unwrap().state, CaseState::Sealed);
    assert_eq!((casts(&effects), wake(&effects)), (vec![], None));
}
