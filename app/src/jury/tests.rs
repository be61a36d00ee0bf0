//! Tests of one client's state through losses, repeats and restarts.

use live_jury_protocol::Counts;

use super::*;

const CASE: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn id() -> CaseId {
    CASE.parse().unwrap()
}

fn option(name: &str) -> OptionId {
    name.parse().unwrap()
}

fn case(state: &str, epoch: u64, allow_change: bool) -> Case {
    let json = serde_json::json!({
        "id": CASE, "room": "r", "kind": "other", "title": "t", "summary": "", "subject": {},
        "options": [{"id": "a", "label": "A"}, {"id": "b", "label": "B"}],
        "rules": {"allow_change": allow_change}, "remedy": null, "state": state, "version": 1, "epoch": epoch,
        "duration_s": 60, "created_at_ms": 0, "opened_at_ms": 0, "closes_at_ms": 60_000, "extended_s": 0,
        "closed_by": null, "verdict": null
    });
    serde_json::from_value(json).unwrap()
}

fn welcome(ballots: Vec<OwnBallot>) -> ServerFrame {
    ServerFrame::Welcome(Welcome {
        room: "r".parse().unwrap(),
        role: Role::Viewer,
        server_time_ms: 5_000,
        token_expires_at_ms: 900_000,
        ballots,
        durable: true,
    })
}

/// A server of before this field keeps what it acknowledges, as far as a client knows.
#[test]
fn a_welcome_tells_whether_a_ballot_may_be_lost() {
    let mut jury = Jury::default();
    for (durable, may_lose) in [(Some(true), false), (Some(false), true), (None, false)] {
        let mut frame = serde_json::to_value(welcome(Vec::new())).unwrap();
        if let Some(durable) = durable {
            frame["durable"] = durable.into();
        }
        jury.apply(serde_json::from_value(frame).unwrap(), 0);
        assert_eq!(jury.may_lose(), may_lose, "{durable:?}");
    }
}

fn own(name: &str, epoch: u64, change: u32) -> OwnBallot {
    OwnBallot { case: id(), option: option(name), epoch, change }
}

fn docket(rev: u64, state: &str, epoch: u64) -> ServerFrame {
    ServerFrame::Docket { rev, cases: vec![case(state, epoch, false)] }
}

fn ballot(name: &str, epoch: u64, change: u32) -> ServerFrame {
    let (case, option) = (id(), option(name));
    ServerFrame::Ballot { case, option, status: BallotStatus::Counted, epoch, change, request: None }
}

fn refused(reason: Refusal, retry_after_ms: Option<u64>) -> ServerFrame {
    ServerFrame::Refused { case: CASE.to_owned(), option: "a".to_owned(), reason, request: None, retry_after_ms }
}

fn tally(epoch: u64, rev: u64, ballots: u64, counts: Option<u64>) -> ServerFrame {
    let counts = counts.map(|a| Counts::from([(option("a"), a)]));
    ServerFrame::Tally(Tally { case: id(), epoch, rev, ballots, counts })
}

/// The options that the effects cast, with the ballots' numbers.
fn casts(effects: &[Effect]) -> Vec<(String, Option<u32>)> {
    let cast = |effect: &Effect| match effect {
        Effect::Send(ClientFrame::Cast { option, change, .. }) => Some((option.clone(), *change)),
        _ => None,
    };
    effects.iter().filter_map(cast).collect()
}

fn wake(effects: &[Effect]) -> Option<(u32, Wait)> {
    effects.iter().find_map(|effect| match effect {
        Effect::Wake { attempt, wait, .. } => Some((*attempt, *wait)),
        _ => None,
    })
}

/// A client that joined a room with one open case.
fn joined() -> Jury {
    let mut jury = Jury::default();
    jury.apply(welcome(vec![]), 1_000);
    jury.apply(docket(7, "open", 1), 1_000);
    jury
}

/// A client with a recorded vote for `a`.
fn voted() -> Jury {
    let mut jury = joined();
    jury.cast(id(), &option("a"));
    jury.apply(ballot("a", 1, 0), 1_000);
    jury
}

fn reconnect(jury: &mut Jury, ballots: Vec<OwnBallot>, state: &str, epoch: u64) -> Vec<Effect> {
    jury.disconnected();
    let mut effects = jury.apply(welcome(ballots), 2_000);
    effects.extend(jury.apply(docket(8, state, epoch), 2_000));
    effects
}

#[test]
fn the_clock_offset_comes_from_welcome() {
    assert_eq!(joined().clock_offset_ms(), 4_000);
}

#[test]
fn an_older_docket_is_ignored_except_on_a_new_connection() {
    let mut jury = joined();
    jury.apply(docket(6, "decided", 1), 0);
    assert_eq!(jury.case(id()).unwrap().state, CaseState::Open);
    jury.disconnected();
    jury.apply(docket(2, "sealed", 1), 0);
    assert_eq!(jury.case(id()).unwrap().state, CaseState::Sealed);
}

#[test]
fn a_lower_tally_is_dropped_and_a_higher_epoch_wins() {
    let mut jury = joined();
    jury.apply(tally(1, 9, 90, Some(50)), 0);
    assert_eq!(jury.apply(tally(1, 8, 80, Some(40)), 0), []);
    assert_eq!(jury.tally(id()).unwrap().ballots, 90);
    jury.apply(tally(2, 1, 3, None), 0);
    assert_eq!(jury.tally(id()).unwrap().ballots, 3);
    assert_eq!(jury.apply(tally(1, 99, 100, None), 0), []);
}

#[test]
fn the_same_tally_without_counts_does_not_hide_them_again() {
    let mut jury = joined();
    jury.apply(tally(1, 9, 90, Some(50)), 0);
    jury.apply(tally(1, 9, 90, None), 0);
    assert!(jury.tally(id()).unwrap().counts.is_some());
    jury.apply(tally(1, 10, 91, None), 0);
    assert!(jury.tally(id()).unwrap().counts.is_none());
}

#[test]
fn a_vote_is_sent_once_and_acknowledged() {
    let mut jury = joined();
    assert_eq!(casts(&jury.cast(id(), &option("a"))), [("a".to_owned(), None)]);
    assert_eq!(jury.cast(id(), &option("b")), [], "one cast is in flight at a time");
    jury.apply(ballot("a", 1, 0), 0);
    assert_eq!(jury.ballots().recorded(id()).unwrap().option, option("a"));
    assert!(jury.ballots().pending(id()).is_none());
    assert_eq!(jury.cast(id(), &option("b")), [], "the case allows no change");
}

#[test]
fn a_cast_refused_as_busy_is_sent_again_after_the_named_delay() {
    let mut jury = joined();
    jury.cast(id(), &option("a"));
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
    let (attempt, wait) = wake(&jury.cast(id(), &option("a"))).unwrap();
    assert_eq!(wait, Wait::Ms(ANSWER_MS_MAX));
    assert_eq!(casts(&jury.due(id(), attempt)).len(), 1);
    jury.apply(ballot("a", 1, 0), 0);
    assert_eq!(jury.due(id(), attempt + 1), []);
}

#[test]
fn a_final_refusal_ends_the_cast_with_its_reason() {
    let mut jury = joined();
    jury.cast(id(), &option("a"));
    let effects = jury.apply(refused(Refusal::Recused, None), 0);
    assert_eq!(effects, [Effect::Emit(JuryEvent::VoteRefused(id(), Refusal::Recused))]);
    assert_eq!(jury.ballots().refusal(id()), Some(Refusal::Recused));
    assert!(jury.ballots().pending(id()).is_none());
}

#[test]
fn a_pending_cast_is_sent_once_more_on_reconnect() {
    let mut jury = joined();
    jury.cast(id(), &option("a"));
    let effects = reconnect(&mut jury, vec![], "open", 1);
    assert_eq!(casts(&effects), [("a".to_owned(), None)]);
}

#[test]
fn a_pending_cast_that_arrived_is_not_sent_again() {
    let mut jury = joined();
    jury.cast(id(), &option("a"));
    let effects = reconnect(&mut jury, vec![own("a", 1, 0)], "open", 1);
    assert_eq!(casts(&effects), []);
    assert!(effects.contains(&Effect::Emit(JuryEvent::VoteAccepted(id(), BallotStatus::Duplicate))));
    assert!(jury.ballots().pending(id()).is_none());
}

#[test]
fn a_vote_made_offline_goes_out_on_reconnect() {
    let mut jury = joined();
    jury.disconnected();
    assert_eq!(jury.cast(id(), &option("b")), []);
    jury.apply(welcome(vec![]), 0);
    assert_eq!(casts(&jury.apply(docket(8, "open", 1), 0)), [("b".to_owned(), None)]);
}

#[test]
fn a_pending_cast_of_a_closed_case_is_refused_as_closed() {
    let mut jury = joined();
    jury.cast(id(), &option("a"));
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
    jury.cast(id(), &option("a"));
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
    jury.cast(id(), &option("a"));
    jury.apply(ballot("a", 1, 0), 0);
    jury.cast(id(), &option("b"));
    jury.disconnected();
    jury.apply(welcome(vec![own("a", 1, 0)]), 0);
    let effects = jury.apply(ServerFrame::Docket { rev: 2, cases: vec![case("sealed", 1, true)] }, 0);
    assert_eq!(casts(&effects), [("b".to_owned(), Some(1))]);
}

#[test]
fn a_pending_cast_survives_a_reload() {
    let mut jury = joined();
    jury.cast(id(), &option("a"));
    let kept = serde_json::to_string(&jury.ballots().to_save()).unwrap();
    let mut jury = Jury::default();
    jury.restore(serde_json::from_str(&kept).unwrap());
    jury.apply(welcome(vec![]), 0);
    assert_eq!(casts(&jury.apply(docket(7, "open", 1), 0)), [("a".to_owned(), None)]);
}

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
fn changes_are_numbered_and_a_repeat_keeps_its_number() {
    let mut jury = Jury::default();
    jury.apply(welcome(vec![]), 0);
    jury.apply(ServerFrame::Docket { rev: 1, cases: vec![case("open", 1, true)] }, 0);
    assert_eq!(casts(&jury.cast(id(), &option("a"))), [("a".to_owned(), Some(0))]);
    jury.apply(ballot("a", 1, 0), 0);
    let effects = jury.cast(id(), &option("b"));
    assert_eq!(casts(&effects), [("b".to_owned(), Some(1))]);
    let (attempt, _) = wake(&effects).unwrap();
    assert_eq!(casts(&jury.due(id(), attempt)), [("b".to_owned(), Some(1))]);
    jury.apply(ballot("b", 1, 1), 0);
    assert_eq!(casts(&jury.cast(id(), &option("a"))), [("a".to_owned(), Some(2))]);
}

#[test]
fn the_end_of_a_case_is_reported_once() {
    let mut jury = joined();
    let ended = Effect::Emit(JuryEvent::Ended(id()));
    assert!(!jury.apply(docket(8, "sealed", 1), 0).contains(&ended));
    assert!(jury.apply(docket(9, "decided", 1), 0).contains(&ended));
    assert!(!jury.apply(docket(10, "decided", 1), 0).contains(&ended));
    let mut late = Jury::default();
    late.apply(welcome(vec![]), 0);
    assert!(!late.apply(docket(9, "decided", 1), 0).contains(&ended), "an old verdict causes no event");
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
    jury.cast(id(), &option("a"));
    jury.apply(ballot("a", 1, 0), 0);
    jury.cast(id(), &option("b"));
    assert_eq!(jury.apply(ballot("a", 1, 0), 0), []);
    assert_eq!(jury.ballots().pending(id()).unwrap().option, option("b"), "the change is still pending");
    jury.apply(ballot("b", 1, 1), 0);
    assert_eq!(jury.apply(ballot("a", 1, 0), 0), []);
    assert_eq!(jury.ballots().recorded(id()).unwrap().option, option("b"));
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
fn a_repeated_frame_causes_no_event() {
    let mut jury = voted();
    jury.apply(tally(1, 9, 90, Some(50)), 0);
    assert_eq!(jury.apply(docket(7, "open", 1), 0), []);
    assert_eq!(jury.apply(welcome(vec![own("a", 1, 0)]), 0), []);
    assert_eq!(jury.apply(refused(Refusal::Closed, None), 0), []);
    assert_eq!(jury.apply(tally(1, 9, 90, Some(50)), 0), []);
    assert_eq!(jury.ballots().recorded(id()).unwrap().option, option("a"));
    assert_eq!(jury.tally(id()).unwrap().ballots, 90);
}

#[test]
fn the_newest_tally_is_kept_in_any_order_of_arrival() {
    let waiting = |frames: [ServerFrame; 3]| {
        let mut tallies = ByCase::default();
        for frame in frames {
            if let ServerFrame::Tally(tally) = frame {
                keep_newest(&mut tallies, tally);
            }
        }
        tallies.remove(id()).map(|tally| (tally.epoch, tally.rev, tally.counts.is_some()))
    };
    assert_eq!(waiting([tally(1, 9, 9, None), tally(2, 1, 1, None), tally(1, 8, 8, None)]), Some((2, 1, false)));
    assert_eq!(waiting([tally(1, 8, 8, None), tally(1, 9, 9, Some(4)), tally(1, 9, 9, None)]), Some((1, 9, true)));
}

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
    jury.cast(id(), &option("a"));
    let (attempt, wait) = wake(&jury.apply(refused(Some(700)), 0)).unwrap();
    assert_eq!(wait, Wait::Ms(700));
    assert_eq!(casts(&jury.due(id(), attempt)), [("a".to_owned(), None)]);
    let effects = jury.apply(refused(None), 0);
    assert_eq!(effects, [Effect::Emit(JuryEvent::VoteRefused(id(), Refusal::Unknown))]);
}

#[test]
fn an_acknowledgement_of_a_later_version_still_records_the_ballot() {
    let mut jury = joined();
    jury.cast(id(), &option("a"));
    let ballot = read(serde_json::json!({
        "type": "ballot", "case": CASE, "option": "a", "status": "a_later_status", "epoch": 1, "change": 0
    }));
    let effects = jury.apply(ballot, 0);
    assert_eq!(effects, [Effect::Emit(JuryEvent::VoteAccepted(id(), BallotStatus::Unknown))]);
    assert!(jury.ballots().recorded(id()).is_some());
}

#[test]
fn a_case_in_a_state_of_a_later_version_leaves_the_others_as_they_are() {
    let mut jury = joined();
    let other = Case { id: "01890a5d-ac96-774b-bcce-b302099a8058".parse().unwrap(), ..case("a_later_state", 1, false) };
    let effects = jury.apply(ServerFrame::Docket { rev: 8, cases: vec![other.clone(), case("open", 1, false)] }, 0);
    assert_eq!(effects, []);
    assert_eq!(jury.cast(other.id, &option("a")), [], "only an open case accepts votes");
    assert_eq!(casts(&jury.cast(id(), &option("a"))).len(), 1);
}

#[test]
fn a_case_that_ends_from_a_state_of_a_later_version_is_reported() {
    let mut jury = joined();
    jury.apply(docket(8, "a_later_state", 1), 0);
    assert!(jury.apply(docket(9, "decided", 1), 0).contains(&Effect::Emit(JuryEvent::Ended(id()))));
}

#[test]
fn a_case_whose_tally_is_missing_is_closed_and_its_ballot_is_not_cast_again() {
    let mut jury = joined();
    jury.cast(id(), &option("a"));
    jury.apply(ballot("a", 1, 0), 0);
    jury.disconnected();
    // The store that lost the case has no ballots for the welcome.
    let mut effects = jury.apply(welcome(vec![]), 2_000);
    let missing = Case { tally_missing: true, ..case("open", 1, false) };
    effects.extend(jury.apply(ServerFrame::Docket { rev: 8, cases: vec![missing] }, 2_000));
    assert_eq!(jury.case(id()).unwrap().state, CaseState::Sealed);
    assert_eq!((casts(&effects), wake(&effects)), (vec![], None));
}
