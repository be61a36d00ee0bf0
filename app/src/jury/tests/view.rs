//! Tests of the docket, the tally and the clock, when frames repeat or come late.

use super::*;

#[test]
fn the_servers_clock_goes_on_from_the_welcome() {
    let jury = joined();
    assert_eq!(jury.server_ms(1_000), 5_000);
    assert_eq!(jury.server_ms(1_700), 5_700);
}

#[test]
fn a_local_clock_read_before_the_welcome_adds_no_time() {
    assert_eq!(joined().server_ms(750), 5_000);
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

#[test]
fn a_juror_is_called_until_the_case_leaves_the_view() {
    let mut jury = joined();
    assert!(!jury.is_called(id()));
    let called = || ServerFrame::Called { case: id(), place: 3, side: None };
    assert_eq!(jury.apply(called(), 2_000), [], "the page is not told");
    jury.apply(called(), 2_000);
    assert!(jury.is_called(id()));
    reconnect(&mut jury, vec![], "open", 1);
    assert!(jury.is_called(id()));
    jury.apply(ServerFrame::Docket { rev: 9, cases: vec![] }, 3_000);
    assert!(!jury.is_called(id()));
}
