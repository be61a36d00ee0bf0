//! Requests for receipts in the planner: how they gather, and that ballots go first.

use std::sync::Arc;

use live_jury_protocol::NoReceipt;

use super::*;
use crate::room::receipts::{ReceiptReply, ReceiptRequest};

/// The time for which requests gather.
const GATHER: Duration = Duration::from_millis(50);
/// The most requests in a batch.
const BATCH: usize = 1_000;

impl Fixture {
    /// Asks for receipts now, and returns the reasons of requests that were refused at once.
    fn ask(&mut self, count: usize, juror: &Arc<Juror>) -> Vec<NoReceipt> {
        self.ask_for(CASE, count, juror)
    }

    fn ask_for(&mut self, case: CaseId, count: usize, juror: &Arc<Juror>) -> Vec<NoReceipt> {
        let request = || {
            let reply = oneshot::channel::<ReceiptReply>().0;
            ReceiptRequest { case, juror: juror.clone(), asked_at: self.now, reply }
        };
        let requests: Vec<_> = (0..count).map(|_| request()).collect();
        let asked = requests.into_iter().map(|request| self.planner.on_receipt_request(request));
        asked.filter_map(|asked| asked.err().map(|refused| refused.reason)).collect()
    }

    /// The number of requests in the batch that leaves now; none if none leaves.
    fn receipts_leave(&mut self) -> Option<usize> {
        self.jobs().into_iter().find_map(|job| match job {
            Job::SignReceipts(batch) => Some(batch.requests.len()),
            _ => None,
        })
    }

    fn refused_requests(&mut self) -> Vec<NoReceipt> {
        self.planner.take_refused_requests(self.now).into_iter().map(|refused| refused.reason).collect()
    }
}

#[test]
fn requests_gather_for_50_ms() {
    let mut room = Fixture::with_polled_case();
    let ann = juror();
    assert!(room.ask(1, &ann).is_empty());
    assert_eq!(room.receipts_leave(), None);
    assert!(room.planner.next_wake(room.now).is_some_and(|wake| wake <= room.now + GATHER));
    room.pass(GATHER / 2);
    assert!(room.ask(2, &ann).is_empty());
    room.pass(GATHER / 2);
    assert_eq!(room.receipts_leave(), Some(3));
    room.pass(GATHER);
    assert_eq!(room.receipts_leave(), None, "nothing waits");
}

#[test]
fn more_than_a_thousand_requests_make_batches_one_after_the_other() {
    let mut room = Fixture::with_polled_case();
    let ann = juror();
    assert!(room.ask(2 * BATCH, &ann).is_empty());
    assert_eq!(room.planner.free_receipt_requests(), 0, "further ones wait in the channel");
    assert_eq!(room.receipts_leave(), Some(BATCH), "at once");
    assert_eq!(room.receipts_leave(), None, "one batch is in flight");
    assert_eq!(room.planner.free_receipt_requests(), BATCH);
    assert!(room.ask(7, &ann).is_empty());
    room.planner.receipts_signed();
    assert_eq!(room.receipts_leave(), Some(BATCH));
    room.planner.receipts_signed();
    assert_eq!(room.receipts_leave(), None, "the rest gathers");
    room.pass(GATHER);
    assert_eq!(room.receipts_leave(), Some(7));
}

#[test]
fn ballots_that_wait_for_the_store_go_before_receipts() {
    let mut room = Fixture::with_polled_case();
    let ann = juror();
    // As many batches as the store takes, and one ballot more.
    room.cast(4 * tally::BATCH_BALLOTS_MAX + 1);
    assert_eq!(batch_sizes(&room.jobs()), [tally::BATCH_BALLOTS_MAX; 4]);
    assert!(room.ask(3, &ann).is_empty());
    room.pass(GATHER);
    assert_eq!(room.receipts_leave(), None);
    assert!(room.refused_requests().is_empty());
    room.pass(Duration::from_secs(2));
    assert_eq!(room.refused_requests(), [NoReceipt::Busy; 3], "no socket waits for long");
    assert!(room.ask(1, &ann).is_empty());
    room.pass(GATHER);
    room.planner.batch_recorded(CASE, state(1, 1, 1_000), room.moment());
    assert!(room.receipts_leave().is_some(), "the store takes ballots again");
}

#[test]
fn a_request_for_an_ended_case_is_answered_so() {
    let mut room = Fixture::with_polled_case();
    let ann = juror();
    assert!(room.ask(2, &ann).is_empty());
    let ended = RoomRecord { rev: 2, live: Vec::new(), ..room.record.clone() };
    room.planner.refreshed(&ended, None, room.now);
    room.planner.replace_record(ended, room.moment());
    assert_eq!(room.refused_requests(), [NoReceipt::Ended; 2]);

    // Only the docket knows about a case that the room does not show.
    assert!(room.ask(64, &ann).is_empty());
    assert_eq!(room.ask(1, &ann), [NoReceipt::Busy]);
    let look_up = |room: &mut Fixture| room.jobs().into_iter().any(|job| matches!(job, Job::LookUpRequests(_)));
    assert!(look_up(&mut room) && !look_up(&mut room));
}

#[test]
fn who_does_not_vote_gets_no_receipt() {
    let mut room = Fixture::with_polled_case();
    for (role, anonymous) in [(Role::Moderator, false), (Role::Host, false), (Role::Viewer, true)] {
        let other = Arc::new(Juror { role, anonymous, ..(*juror()).clone() });
        assert_eq!(room.ask(1, &other), [NoReceipt::NotAJuror]);
    }
}
