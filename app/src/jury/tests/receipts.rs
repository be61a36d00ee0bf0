//! Tests of the requests for receipts: their times, their answers, and their repeats.

use live_jury_protocol::NoReceipt;

use super::*;

/// The next timer of a receipt.
fn timer(effects: &[Effect]) -> Option<(u32, Wait)> {
    effects.iter().find_map(|effect| match effect {
        Effect::Wake { of: Timer::Receipt, attempt, wait, .. } => Some((*attempt, *wait)),
        _ => None,
    })
}

fn asks() -> Vec<Effect> {
    vec![Effect::Send(ClientFrame::Receipt { case: CASE.to_owned(), request: None })]
}

fn receipt(epoch: u64, change: u32) -> Receipt {
    Receipt { case: id(), epoch, change, receipt: "AQAB".to_owned() }
}

fn given(epoch: u64, change: u32) -> ServerFrame {
    ServerFrame::Receipt { case: id(), epoch, change, receipt: "AQAB".to_owned(), request: None }
}

fn none(reason: NoReceipt, retry_after_ms: Option<u64>) -> ServerFrame {
    ServerFrame::NoReceipt { case: CASE.to_owned(), reason, retry_after_ms, request: None }
}

/// A client whose vote for `a` in a case that closes after ten minutes was just recorded, with the effects of that.
fn counted() -> (Jury, Vec<Effect>) {
    let mut jury = Jury::default();
    jury.apply(welcome(vec![]), 5_000);
    let open = Case { closes_at_ms: Some(605_000), ..case("open", 1, true) };
    jury.apply(ServerFrame::Docket { rev: 7, cases: vec![open] }, 5_000);
    jury.cast(id(), &option("a"), None);
    let effects = jury.apply(ballot("a", 1, 0), 5_000);
    (jury, effects)
}

/// Runs the timer of `effects` at `local_ms`.
fn due(jury: &mut Jury, effects: &[Effect], local_ms: u64, chance: f64) -> Vec<Effect> {
    let (attempt, _) = timer(effects).unwrap();
    jury.due(Timer::Receipt, id(), attempt, local_ms, chance)
}

/// A client that has asked for its receipt.
fn asked() -> Jury {
    let (mut jury, effects) = counted();
    let drawn = due(&mut jury, &effects, 5_000, 0.0);
    assert_eq!(due(&mut jury, &drawn, 15_000, 0.0), asks());
    jury
}

/// The delay that a chance draws, with so many ballots and milliseconds left; none if the juror never asks.
fn delay(ballots: u64, left_ms: u64, chance: f64) -> Option<u64> {
    let (mut jury, effects) = counted();
    jury.apply(tally(1, 1, ballots, None), 5_000);
    match timer(&due(&mut jury, &effects, 605_000 - left_ms, chance)) {
        Some((_, Wait::Ms(ms))) => Some(ms),
        _ => None,
    }
}

#[test]
fn a_receipt_is_asked_for_between_10_and_30_seconds_after_the_vote() {
    assert_eq!(timer(&counted().1).unwrap().1, Wait::Ms(0), "the time is drawn at once");
    assert_eq!([0.0, 0.5, 1.0].map(|chance| delay(400, 600_000, chance)), [10_000, 20_000, 30_000].map(Some));
}

#[test]
fn the_requests_of_a_large_room_are_spread_to_1500_a_second() {
    assert_eq!(delay(30_000, 600_000, 1.0), Some(30_000));
    assert_eq!(delay(450_000, 600_000, 1.0), Some(310_000));
}

#[test]
fn one_in_sixteen_asks_before_the_end_of_a_short_case() {
    let chances: Vec<f64> = (0..1_600_u32).map(|at| f64::from(at) / 1_600.0).collect();
    let delays = |left_ms| chances.iter().filter_map(|chance| delay(400, left_ms, *chance)).collect::<Vec<_>>();
    let short = delays(8_000);
    assert_eq!(short.len(), 100);
    assert!(short.iter().all(|delay_ms| *delay_ms < 8_000));
    // Half of the jurors have their time before the end, and one in sixteen of the other half asks.
    let half = delays(20_000);
    assert_eq!(half.len(), 800 + 50);
    assert!(half.iter().all(|delay_ms| *delay_ms < 20_000));
}

#[test]
fn a_receipt_is_kept_and_not_asked_for_again() {
    let mut jury = asked();
    assert_eq!(jury.apply(given(1, 0), 16_000), [Effect::Keep(receipt(1, 0))]);
    assert_eq!(jury.apply(given(1, 0), 16_000), [], "nobody asked for a second one");
    let again = reconnect(&mut jury, vec![own("a", 1, 0)], "open", 1);
    assert_eq!(timer(&again), None);
}

#[test]
fn a_changed_vote_has_a_receipt_of_its_own() {
    let mut jury = asked();
    jury.apply(given(1, 0), 16_000);
    jury.cast(id(), &option("b"), None);
    assert!(timer(&jury.apply(ballot("b", 1, 1), 17_000)).is_some());
}

#[test]
fn a_ballot_of_a_later_epoch_has_a_receipt_of_its_own() {
    let mut jury = asked();
    jury.apply(given(1, 0), 16_000);
    jury.apply(tally(2, 1, 0, None), 17_000);
    assert!(timer(&jury.apply(ballot("a", 2, 0), 18_000)).is_some());
}

#[test]
fn a_reload_asks_for_the_receipts_that_are_missing_only() {
    let restored = |receipts: &[Receipt]| {
        let mut jury = Jury::default();
        jury.restore(SavedBallots { recorded: vec![own("a", 1, 0)], ..SavedBallots::default() });
        jury.restore_receipts(receipts);
        jury.apply(welcome(vec![own("a", 1, 0)]), 1_000);
        timer(&jury.apply(docket(7, "open", 1), 1_000)).is_some()
    };
    assert_eq!([restored(&[]), restored(&[receipt(1, 0)]), restored(&[receipt(1, 3)])], [true, false, true]);
}

#[test]
fn a_lost_connection_plans_the_request_anew() {
    let mut jury = asked();
    let again = reconnect(&mut jury, vec![own("a", 1, 0)], "open", 1);
    let drawn = due(&mut jury, &again, 2_000, 0.0);
    assert_eq!(due(&mut jury, &drawn, 12_000, 0.0), asks());
}

#[test]
fn a_request_waits_while_a_cast_is_in_flight() {
    let (mut jury, effects) = counted();
    let drawn = due(&mut jury, &effects, 5_000, 0.0);
    jury.cast(id(), &option("b"), None);
    let later = due(&mut jury, &drawn, 15_000, 0.0);
    assert_eq!(timer(&later).map(|(_, wait)| wait), Some(Wait::Ms(1_000)));
}

#[test]
fn no_receipt_is_asked_for_after_the_end() {
    let (mut jury, effects) = counted();
    let drawn = due(&mut jury, &effects, 5_000, 0.0);
    jury.apply(docket(8, "sealed", 1), 14_000);
    assert_eq!(due(&mut jury, &drawn, 15_000, 0.0), []);
}

#[test]
fn a_busy_server_is_asked_again_when_it_says() {
    for (reason, after_ms, wait_ms) in
        [(NoReceipt::Busy, Some(700), 700), (NoReceipt::Unavailable, None, 500), (NoReceipt::Unknown, Some(900), 900)]
    {
        let mut jury = asked();
        let later = jury.apply(none(reason, after_ms), 16_000);
        assert_eq!(timer(&later).map(|(_, wait)| wait), Some(Wait::Ms(wait_ms)), "{reason}");
        assert_eq!(due(&mut jury, &later, 17_000, 0.0), asks(), "{reason}");
    }
}

#[test]
fn an_answer_that_cannot_change_ends_the_requests() {
    for reason in [NoReceipt::Off, NoReceipt::Ended, NoReceipt::NotAJuror, NoReceipt::UnknownCase, NoReceipt::Unknown] {
        assert_eq!(asked().apply(none(reason, None), 16_000), [], "{reason}");
    }
}

#[test]
fn a_ballot_that_is_missing_twice_is_objected_to_once() {
    let mut jury = asked();
    let later = jury.apply(none(NoReceipt::NoBallot, None), 16_000);
    assert_eq!(timer(&later).map(|(_, wait)| wait), Some(Wait::Ms(10_000)));
    assert_eq!(due(&mut jury, &later, 26_000, 0.0), asks());
    assert_eq!(jury.apply(none(NoReceipt::NoBallot, None), 27_000), [Effect::Object(id())]);
    assert_eq!(jury.apply(none(NoReceipt::NoBallot, None), 28_000), []);
}

#[test]
fn a_ballot_of_a_lost_epoch_is_no_reason_to_object() {
    let mut jury = asked();
    let later = jury.apply(none(NoReceipt::NoBallot, None), 16_000);
    due(&mut jury, &later, 26_000, 0.0);
    let lost = Case { closes_at_ms: Some(605_000), ..case("open", 2, true) };
    jury.apply(ServerFrame::Docket { rev: 8, cases: vec![lost] }, 26_500);
    assert_eq!(jury.apply(none(NoReceipt::NoBallot, None), 27_000), []);
}
