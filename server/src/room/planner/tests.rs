//! Races of a room's task, step by step: which job follows which event, at a time that each test gives.

mod receipts;

use live_jury_protocol::{CalledJurors, Role};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::*;
use crate::clock::{Clock, SystemClock};
use crate::docket::{DocketError, RoomRecord};
use crate::room::CastReply;
use crate::tally::{Seal, TallyError, TallyState};
use live_jury_court::{
    Brief, Candidates, Draw, EvidenceUrlPolicy, Loss, LossShare, Remarks, SealedBy, State, Sums, judge,
};

const OPENED_AT_MS: u64 = 1_800_000_000_000;
const CLOSES_AT_MS: u64 = OPENED_AT_MS + 60_000;
const POLL: Duration = Duration::from_millis(250);
const CASE: CaseId = CaseId(Uuid::from_u128(1));

/// A planner at a time that the test sets.
struct Fixture {
    planner: Planner,
    now: Instant,
    /// The record that the planner has.
    record: RoomRecord,
    /// Kept, so that the jurors of pending casts stay connected.
    replies: Vec<oneshot::Receiver<CastReply>>,
}

impl Fixture {
    /// A room with one open case, whose first refresh and presence report have ended.
    fn with_open_case() -> Self {
        let now = SystemClock.instant();
        let key = BallotKey::new(&[7; 32]);
        let record = RoomRecord { rev: 1, live: vec![open_case(&key.fingerprint())], ..RoomRecord::default() };
        let intervals = PollIntervals { poll: POLL, report_presence: Duration::from_secs(3_600) };
        let mut room = Self { planner: Planner::new(key, intervals, now), now, replies: Vec::new(), record };
        let first = room.jobs();
        assert!(
            matches!(first[..], [Job::Refresh { read_clock: true, shown: None }, Job::ReportPresence(_)]),
            "{first:?}"
        );
        room.planner.presence_reported(now);
        let change = room.planner.refreshed(&room.record, Some(OPENED_AT_MS), now);
        assert_eq!(change, RecordChange::Newer);
        assert!(room.planner.replace_record(room.record.clone(), room.moment()).is_empty());
        room
    }

    /// The same, with the case's first poll ended.
    fn with_polled_case() -> Self {
        let mut room = Self::with_open_case();
        assert!(matches!(room.jobs()[..], [Job::Poll { epoch: 1, seen_rev: 0, .. }]));
        room.polled(state(1, 0, 0));
        room
    }

    fn moment(&self) -> Moment {
        Moment { now: self.now, chance: 0.0 }
    }

    fn jobs(&mut self) -> Vec<Job> {
        self.planner.plan(self.now, RoomPresence::default)
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    fn cast(&mut self, count: usize) {
        for _ in 0..count {
            let (reply, answer) = oneshot::channel();
            self.planner.on_cast(cast_on(CASE, reply), self.now, OPENED_AT_MS).unwrap();
            self.replies.push(answer);
        }
    }

    /// Whether a cast is refused at once as unavailable.
    fn refuses(&mut self) -> bool {
        let cast = cast_on(CASE, oneshot::channel().0);
        self.planner.on_cast(cast, self.now, OPENED_AT_MS).is_err_and(|cast| cast.reason == Refusal::Unavailable)
    }

    /// Ends a step that the docket did not answer. Returns the number of casts that are refused.
    fn docket_failed(&mut self) -> usize {
        let error = DocketError::Unavailable(sqlx::Error::PoolTimedOut);
        let result = CaseJobResult::Moved(Err(error.into()));
        self.planner.case_done(CASE, 1, result, self.moment()).len()
    }

    fn polled(&mut self, state: TallyState) {
        let result = CaseJobResult::Polled(Ok(Box::new(state)), Duration::ZERO);
        assert!(self.planner.case_done(CASE, 1, result, self.moment()).is_empty());
    }

    fn moved(&mut self, case: Case) {
        let result = CaseJobResult::Moved(Ok(Box::new(case)));
        assert!(self.planner.case_done(CASE, 1, result, self.moment()).is_empty());
    }

    fn batch_failed(&mut self, epoch: u64, error: &TallyError) -> usize {
        self.planner.batch_failed(CASE, epoch, error, self.now).len()
    }

    /// The docket's record changes to this version of the case.
    fn refresh_to(&mut self, case: Case) {
        self.record = RoomRecord { rev: self.record.rev + 1, live: vec![case], ..RoomRecord::default() };
        assert_eq!(self.planner.refreshed(&self.record, None, self.now), RecordChange::Newer);
        assert!(self.planner.replace_record(self.record.clone(), self.moment()).is_empty());
    }

    fn case(&self) -> Case {
        self.planner.case(CASE).unwrap().clone()
    }
}

fn juror() -> Arc<Juror> {
    Arc::new(Juror { sub: "ann".into(), role: Role::Viewer, anonymous: false, side: None, since_s: None, level: 0 })
}

fn cast_on(case: CaseId, reply: oneshot::Sender<CastReply>) -> Cast {
    let (option, remarks) = ("buyer".into(), Remarks::default());
    Cast { case, option, change: 0, remarks, juror: juror(), joined_at_ms: OPENED_AT_MS, reply }
}

fn open_case(key: &str) -> Case {
    let new = serde_json::from_value(serde_json::json!({
        "title": "Is it silk?", "duration_s": 60,
        "options": [{"id": "buyer", "label": "Buyer"}, {"id": "merchant", "label": "Merchant"}]
    }));
    let brief = Brief::new(new.unwrap(), EvidenceUrlPolicy::Https).unwrap();
    let draft = Case::draft(CASE, "live-42".parse().unwrap(), brief, OPENED_AT_MS);
    draft.open(OPENED_AT_MS, CLOSES_AT_MS, key.to_owned(), LossShare::default()).unwrap()
}

fn state(epoch: u64, rev: u64, ballots: u64) -> TallyState {
    let counts = vec![ballots, 0];
    TallyState { epoch, rev, counts, closes_at_ms: CLOSES_AT_MS, seal: None, now_ms: OPENED_AT_MS }
}

fn batch_sizes(jobs: &[Job]) -> Vec<usize> {
    let size = |job: &Job| match job {
        Job::Record { batch, .. } => Some(batch.len()),
        _ => None,
    };
    jobs.iter().filter_map(size).collect()
}

fn unavailable() -> TallyError {
    TallyError::Unavailable("refused".into())
}

#[test]
fn at_most_four_batches_of_a_case_are_in_flight() {
    let mut room = Fixture::with_polled_case();
    room.cast(5 * tally::BATCH_BALLOTS_MAX);
    assert_eq!(batch_sizes(&room.jobs()), [tally::BATCH_BALLOTS_MAX; 4]);
    assert!(room.jobs().is_empty());
    room.planner.batch_recorded(CASE, state(1, 1, 1), room.moment());
    assert_eq!(batch_sizes(&room.jobs()), [tally::BATCH_BALLOTS_MAX]);
}

#[test]
fn a_further_batch_needs_256_ballots() {
    let mut room = Fixture::with_polled_case();
    room.cast(1);
    assert_eq!(batch_sizes(&room.jobs()), [1], "the first batch goes at once");
    room.cast(255);
    assert!(room.jobs().is_empty());
    room.cast(1);
    assert_eq!(batch_sizes(&room.jobs()), [256]);
    room.cast(3);
    room.planner.batch_recorded(CASE, state(1, 1, 1), room.moment());
    assert!(room.jobs().is_empty(), "one is still in flight");
    room.planner.batch_recorded(CASE, state(1, 2, 1), room.moment());
    assert_eq!(batch_sizes(&room.jobs()), [3]);
}

#[test]
fn the_mailbox_is_read_only_as_far_as_casts_can_wait() {
    let mut room = Fixture::with_open_case();
    assert_eq!(room.planner.free_messages(), PENDING_CASTS_MAX);
    room.cast(PENDING_CASTS_MAX);
    assert_eq!(room.planner.free_messages(), 0);
    room.jobs();
    assert_eq!(room.planner.free_messages(), PENDING_CASTS_MAX);
}

#[test]
fn a_lost_case_sends_no_batch_and_raises_its_epoch_once() {
    let mut room = Fixture::with_polled_case();
    room.cast(600);
    assert_eq!(batch_sizes(&room.jobs()), [600]);
    room.cast(300);
    assert_eq!(batch_sizes(&room.jobs()), [300]);
    room.cast(1);
    assert_eq!(room.batch_failed(1, &TallyError::Lost(CASE)), 0, "casts wait for the next epoch");
    assert!(matches!(room.jobs()[..], [Job::Lost(_)]));
    assert_eq!(room.batch_failed(1, &TallyError::Lost(CASE)), 0);
    assert!(room.jobs().is_empty(), "the step is in flight");
    let reopened = room.case().reschedule(2, CLOSES_AT_MS).unwrap();
    room.moved(reopened);
    let jobs = room.jobs();
    assert!(matches!(jobs[0], Job::Refresh { read_clock: false, .. }));
    assert!(!jobs.iter().any(|job| matches!(job, Job::Lost(_) | Job::RestoreKeys(_))), "{jobs:?}");
    assert!(matches!(jobs.last(), Some(Job::Record { epoch: 2, seen_rev: 0, batch, .. }) if batch.len() == 1));
    assert_eq!(room.batch_failed(1, &TallyError::Lost(CASE)), 0, "a late answer of the lower epoch");
    room.pass(POLL);
    let jobs = room.jobs();
    assert!(!jobs.iter().any(|job| matches!(job, Job::Lost(_))), "{jobs:?}");
}

#[test]
fn casts_on_a_lost_case_wait_a_second_at_most_and_then_are_refused_at_once() {
    let mut room = Fixture::with_polled_case();
    room.cast(1);
    room.jobs();
    room.cast(2);
    assert_eq!(room.batch_failed(1, &TallyError::Lost(CASE)), 0);
    assert!(matches!(room.jobs()[..], [Job::Lost(_)]));
    assert_eq!(room.planner.next_wake(room.now), Some(room.now + CAST_WAIT_MAX), "the step in flight may hang");
    room.pass(CAST_WAIT_MAX - Duration::from_millis(1));
    room.cast(PENDING_CASTS_MAX - 2);
    assert_eq!((room.planner.take_overdue(room.now).len(), room.planner.free_messages()), (0, 0));
    room.pass(Duration::from_millis(1));
    let overdue = room.planner.take_overdue(room.now);
    assert_eq!((overdue.len(), overdue[0].reason), (PENDING_CASTS_MAX, Refusal::Unavailable));
    assert_eq!(room.planner.free_messages(), PENDING_CASTS_MAX, "the mailbox is read again");
    assert!(room.refuses());

    assert_eq!(room.docket_failed(), 0);
    room.pass(RETRY_AFTER);
    assert!(room.refuses(), "the case has no keys yet");
    assert!(room.jobs().iter().any(|job| matches!(job, Job::Lost(_))));
    let reopened = room.case().reschedule(2, CLOSES_AT_MS).unwrap();
    room.moved(reopened);
    room.cast(1);
    assert_eq!(batch_sizes(&room.jobs()), [1]);
}

#[test]
fn a_failed_step_refuses_the_casts_that_wait() {
    let mut room = Fixture::with_polled_case();
    room.cast(1);
    room.jobs();
    room.cast(3);
    assert_eq!(room.batch_failed(1, &TallyError::Lost(CASE)), 0);
    assert!(matches!(room.jobs()[..], [Job::Lost(_)]));
    assert_eq!(room.docket_failed(), 3);
}

#[test]
fn casts_are_refused_at_once_for_a_second_after_the_tally_failed() {
    let mut room = Fixture::with_polled_case();
    room.cast(1);
    room.jobs();
    assert_eq!(room.batch_failed(1, &unavailable()), 0);
    assert!(room.refuses());
    room.pass(RETRY_AFTER - Duration::from_millis(1));
    assert!(room.refuses());
    room.pass(Duration::from_millis(1));
    room.cast(1);
    assert_eq!(batch_sizes(&room.jobs()), [1], "the next cast finds out");
    room.batch_failed(1, &unavailable());
    room.planner.batch_recorded(CASE, state(1, 1, 1), room.moment());
    assert!(!room.refuses(), "the store has answered");
}

#[test]
fn a_cast_waits_a_second_at_most_for_a_refresh() {
    let mut room = Fixture::with_polled_case();
    let cast = |room: &Fixture| (cast_on(CaseId(Uuid::from_u128(2)), oneshot::channel().0), room.now);
    for _ in 0..2 {
        let (cast, now) = cast(&room);
        room.planner.looked_up(vec![cast], now);
        room.pass(CAST_WAIT_MAX / 2);
    }
    assert!(matches!(room.jobs()[..], [Job::Refresh { .. }, ..]));
    assert_eq!(room.planner.take_overdue(room.now).len(), 2, "the first has waited for a second");
    assert!(room.planner.take_overdue(room.now + CAST_WAIT_MAX).is_empty());
}

#[test]
fn a_tally_of_a_lower_epoch_or_rev_changes_nothing() {
    let mut room = Fixture::with_polled_case();
    room.planner.batch_recorded(CASE, state(1, 5, 50), room.moment());
    room.planner.batch_recorded(CASE, state(1, 4, 40), room.moment());
    assert_eq!(room.planner.ballots(), 50);
    let reopened = room.case().reschedule(2, CLOSES_AT_MS).unwrap();
    room.refresh_to(reopened);
    room.planner.batch_recorded(CASE, state(1, 6, 60), room.moment());
    assert_eq!(room.planner.ballots(), 0);
    room.planner.encode_tallies();
    assert!(!room.planner.is_dirty());
}

#[test]
fn a_refresh_with_a_higher_epoch_restores_keys_before_any_ballot() {
    let mut room = Fixture::with_polled_case();
    room.cast(2);
    let reopened = room.case().reschedule(2, CLOSES_AT_MS).unwrap();
    room.refresh_to(reopened.clone());
    let jobs = room.jobs();
    assert!(matches!(&jobs[..], [Job::RestoreKeys(case)] if **case == reopened), "{jobs:?}");
    room.moved(reopened);
    let jobs = room.jobs();
    assert!(matches!(&jobs[..], [Job::Refresh { .. }, Job::Record { epoch: 2, .. }]), "{jobs:?}");
}

#[test]
fn a_deadline_concludes_without_waiting_for_a_poll() {
    let mut room = Fixture::with_polled_case();
    assert_eq!(room.planner.next_wake(room.now), Some(room.now + POLL));
    room.pass(Duration::from_millis(59_900));
    assert!(matches!(room.jobs()[..], [Job::Poll { .. }]));
    room.polled(TallyState { now_ms: CLOSES_AT_MS - 100, ..state(1, 0, 0) });
    assert_eq!(room.planner.next_wake(room.now), Some(room.now + Duration::from_millis(100)));
    room.pass(Duration::from_millis(99));
    assert!(room.jobs().is_empty());
    room.pass(Duration::from_millis(1));
    assert!(matches!(room.jobs()[..], [Job::Conclude(_)]));
    assert!(room.jobs().is_empty());
}

#[test]
fn a_deadline_that_has_not_passed_by_the_stores_clock_is_tried_again_soon() {
    let mut room = Fixture::with_polled_case();
    room.pass(POLL);
    assert!(matches!(room.jobs()[..], [Job::Poll { .. }]));
    room.polled(TallyState { now_ms: CLOSES_AT_MS, ..state(1, 0, 0) });
    assert!(matches!(room.jobs()[..], [Job::Conclude(_)]));
    let case = room.case();
    room.moved(case);
    assert!(matches!(room.jobs()[..], [Job::Refresh { .. }]));
    room.pass(Duration::from_millis(19));
    assert!(room.jobs().is_empty());
    room.pass(Duration::from_millis(1));
    assert!(matches!(room.jobs()[..], [Job::Conclude(_)]));
}

#[test]
fn a_node_takes_over_a_sealed_case_after_a_delay_that_grows_with_its_ballots() {
    for (ballots, chance, delay) in [(0, 0.0, 3_000), (0, 0.5, 4_500), (100_000, 0.0, 6_000)] {
        let mut room = Fixture::with_polled_case();
        room.planner.batch_recorded(CASE, state(1, 1, ballots), room.moment());
        let sealed = room.case().seal(SealedBy::Deadline, CLOSES_AT_MS).unwrap();
        room.record = RoomRecord { rev: 2, live: vec![sealed], ..RoomRecord::default() };
        room.planner.replace_record(room.record.clone(), Moment { chance, ..room.moment() });
        let takeover = room.now + Duration::from_millis(delay);
        assert_eq!(room.planner.next_wake(room.now), Some(takeover));
        assert_eq!(room.planner.unrecorded(room.now), 1);
        room.now = takeover - Duration::from_millis(1);
        assert!(room.jobs().is_empty());
        room.now = takeover + POLL;
        assert!(matches!(room.jobs()[..], [Job::Conclude(_)]));
    }
}

#[test]
fn a_case_whose_tally_is_missing_is_not_polled_and_is_concluded_now_and_then() {
    let mut room = Fixture::with_polled_case();
    let late = room.case().miss_tally(7, CLOSES_AT_MS + 20_000).unwrap();
    room.pass(POLL);
    assert!(matches!(room.jobs()[..], [Job::Poll { .. }]));
    room.moved(late.clone());
    assert_eq!(room.case(), late);
    assert!(matches!(room.jobs()[..], [Job::Refresh { .. }]));
    assert_eq!((room.planner.unrecorded(room.now), room.planner.is_recording()), (1, false));
    for _ in 0..2 {
        let due = room.now + Duration::from_secs(3);
        assert_eq!(room.planner.next_wake(room.now), Some(due));
        room.now = due - Duration::from_millis(1);
        assert!(room.jobs().is_empty());
        room.now = due + POLL;
        let jobs = room.jobs();
        assert!(matches!(&jobs[..], [Job::Conclude(case)] if **case == late), "{jobs:?}");
        // The store still lacks it. A batch that finds the same changes nothing.
        room.moved(late.clone());
        assert_eq!(room.batch_failed(1, &TallyError::Lost(CASE)), 0);
    }
}

#[test]
fn a_case_sealed_in_the_store_is_concluded_only_after_the_takeover_delay() {
    let mut room = Fixture::with_polled_case();
    let seal = Some(Seal { by: SealedBy::Deadline, at_ms: CLOSES_AT_MS });
    room.cast(1);
    room.jobs();
    room.planner.batch_recorded(CASE, TallyState { seal: seal.clone(), ..state(1, 1, 0) }, room.moment());
    room.pass(POLL);
    assert!(matches!(room.jobs()[..], [Job::Poll { .. }]), "another node may record it first");
    room.polled(TallyState { seal, ..state(1, 1, 0) });
    room.pass(Duration::from_secs(3));
    assert!(matches!(room.jobs()[..], [Job::Conclude(_)]), "no other node has");
}

#[test]
fn a_failed_step_is_tried_again_after_a_delay() {
    let mut room = Fixture::with_open_case();
    room.jobs();
    room.cast(PENDING_CASTS_MAX / 2);
    let result = CaseJobResult::Polled(Err(unavailable()), Duration::ZERO);
    let pending = room.planner.case_done(CASE, 1, result, room.moment());
    assert_eq!(pending.len(), PENDING_CASTS_MAX / 2, "their jurors are answered at once");
    room.pass(RETRY_AFTER - Duration::from_millis(1));
    assert!(room.jobs().is_empty());
    room.pass(Duration::from_millis(1));
    assert!(matches!(room.jobs()[..], [Job::Poll { .. }]));
}

#[test]
fn a_superseded_batch_makes_the_node_read_the_case() {
    let mut room = Fixture::with_polled_case();
    room.cast(1);
    room.jobs();
    assert_eq!(room.batch_failed(1, &TallyError::Superseded { case: CASE, epoch: 2 }), 0);
    room.cast(1);
    let jobs = room.jobs();
    assert!(matches!(jobs[..], [Job::FollowEpoch { case: CASE, epoch: 1 }]), "no batch before: {jobs:?}");
    room.moved(room.case().reschedule(2, CLOSES_AT_MS).unwrap());
    let jobs = room.jobs();
    assert!(jobs.iter().any(|job| matches!(job, Job::Record { epoch: 2, .. })), "{jobs:?}");
    // A job of the lower epoch that ends late tells nothing new.
    assert_eq!(room.batch_failed(1, &TallyError::Superseded { case: CASE, epoch: 2 }), 0);
    room.pass(POLL);
    assert!(!room.jobs().iter().any(|job| matches!(job, Job::FollowEpoch { .. })));
}

#[test]
fn a_deadline_that_differs_from_the_dockets_is_repaired() {
    let mut room = Fixture::with_polled_case();
    room.pass(POLL);
    room.jobs();
    room.polled(TallyState { closes_at_ms: CLOSES_AT_MS + 30_000, ..state(1, 0, 0) });
    room.pass(POLL);
    assert!(matches!(room.jobs()[..], [Job::RepairDeadline { case: CASE, epoch: 1 }]));
}

#[test]
fn ballots_that_wait_for_an_ended_case_are_returned() {
    let mut room = Fixture::with_open_case();
    room.jobs();
    room.cast(1);
    room.jobs();
    room.cast(7);
    let sealed = room.case().seal(SealedBy::Deadline, CLOSES_AT_MS).unwrap();
    let verdict = judge(&sealed.brief, &Sums::of_counts(&[0, 0]), None, &Loss::default(), CLOSES_AT_MS);
    let ended = vec![sealed.conclude(verdict).unwrap()];
    let record = RoomRecord { rev: 2, ended, ..RoomRecord::default() };
    assert_eq!(room.planner.replace_record(record, room.moment()).len(), 7);
    assert!(matches!(room.planner.case(CASE).unwrap().state, State::Decided(_) | State::Void(_)));
    room.planner.batch_recorded(CASE, state(1, 1, 1), room.moment());
    assert_eq!((room.planner.ballots(), room.batch_failed(1, &unavailable())), (0, 0));
}

#[test]
fn a_cast_on_an_unknown_case_is_looked_up_and_waits_for_a_refresh_if_the_case_is_live() {
    let mut room = Fixture::with_polled_case();
    let unknown = |reply| cast_on(CaseId(Uuid::from_u128(2)), reply);
    for _ in 0..UNKNOWN_CASTS_MAX {
        room.planner.on_cast(unknown(oneshot::channel().0), room.now, OPENED_AT_MS).unwrap();
    }
    let refused = room.planner.on_cast(unknown(oneshot::channel().0), room.now, OPENED_AT_MS).unwrap_err();
    assert_eq!(refused.reason, Refusal::Busy);
    let Some(Job::LookUpCasts(casts)) = room.jobs().pop() else { panic!("no look-up") };
    room.planner.looked_up(casts, room.now);
    assert!(matches!(room.jobs()[..], [Job::Refresh { .. }]));
    let waiting = room.planner.take_awaiting_refresh();
    assert_eq!(waiting.len(), UNKNOWN_CASTS_MAX);
    for cast in waiting {
        let refused = room.planner.on_cast_after_refresh(cast, room.now, OPENED_AT_MS).unwrap_err();
        assert_eq!(refused.reason, Refusal::Unavailable, "the room does not show the case after a refresh either");
    }
    assert!(room.jobs().is_empty(), "no cast is looked up twice");
}

#[test]
fn a_record_of_an_older_state_is_told_from_a_newer_one() {
    let mut room = Fixture::with_open_case();
    let case = room.case().reschedule(1, CLOSES_AT_MS + 1_000).unwrap();
    room.refresh_to(case.clone());
    room.planner.refresh(room.now);
    let shown = room.jobs().into_iter().find_map(|job| match job {
        Job::Refresh { shown, .. } => shown,
        _ => None,
    });
    let (shown, record) = (shown.unwrap(), room.record.clone());
    assert!(!shown.is_newer_than(&record));
    assert!(shown.is_newer_than(&RoomRecord { rev: record.rev - 1, ..record.clone() }));
    let older = Case { version: case.version - 1, ..case };
    let overtaken = RoomRecord { rev: record.rev + 5, live: vec![older], ..record.clone() };
    assert!(shown.is_newer_than(&overtaken), "a case of a lower version under a higher rev");
    let elsewhere = RoomRecord { incarnation: Uuid::from_u128(9), rev: 0, ..record.clone() };
    assert!(!shown.is_newer_than(&elsewhere), "another incarnation is not compared");
    assert_eq!(room.planner.refreshed(&elsewhere, None, room.now), RecordChange::WentBack);
    assert_eq!(room.planner.refreshed(&record, None, room.now), RecordChange::None);
}

#[test]
fn joins_wait_for_the_first_record_and_go_together() {
    let mut room = Fixture::with_open_case();
    room.jobs();
    let join = || Join { juror: juror(), reply: oneshot::channel().0 };
    let mut early = Planner::new(BallotKey::new(&[7; 32]), room.planner.intervals, room.now);
    early.on_join(join()).unwrap();
    let jobs = early.plan(room.now, RoomPresence::default);
    assert!(!jobs.iter().any(|job| matches!(job, Job::WelcomeJurors { .. })), "{jobs:?}");

    for _ in 0..JOINS_PER_JOB_MAX + 1 {
        room.planner.on_join(join()).unwrap();
    }
    let Some(Job::WelcomeJurors { joins, cases, now_ms }) = room.jobs().pop() else { panic!("no welcome") };
    assert_eq!((joins.len(), cases.len(), now_ms), (JOINS_PER_JOB_MAX, 1, OPENED_AT_MS));
    assert!(room.jobs().is_empty(), "one welcome at a time");
    room.planner.welcomed();
    let Some(Job::WelcomeJurors { joins, .. }) = room.jobs().pop() else { panic!("no welcome") };
    assert_eq!(joins.len(), 1);
}

#[test]
fn a_case_of_another_ballot_key_takes_no_ballots_here() {
    let mut room = Fixture::with_open_case();
    room.refresh_to(open_case("another key"));
    assert!(room.planner.has_foreign_key());
    let cast = cast_on(CASE, oneshot::channel().0);
    assert_eq!(room.planner.on_cast(cast, room.now, OPENED_AT_MS).unwrap_err().reason, Refusal::Unavailable);
}

#[test]
fn a_case_that_the_store_does_not_seal_counts_as_unrecorded() {
    let mut room = Fixture::with_polled_case();
    room.pass(Duration::from_millis(CLOSES_AT_MS - OPENED_AT_MS + 1_999));
    assert_eq!(room.planner.unrecorded(room.now), 0);
    room.pass(Duration::from_millis(1));
    assert_eq!((room.planner.unrecorded(room.now), room.planner.is_recording()), (1, false));
}

/// An open case whose panel is called, and which may end early.
fn called_case(key: &str) -> Case {
    let new = serde_json::from_value(serde_json::json!({
        "title": "Is it silk?", "duration_s": 60, "rules": {"panel": {"other": 7, "stop_early": true}},
        "options": [{"id": "buyer", "label": "Buyer"}, {"id": "merchant", "label": "Merchant"}]
    }));
    let brief = Brief::new(new.unwrap(), EvidenceUrlPolicy::Https).unwrap();
    let draw = Draw { commitment: [0; 32], nonce: [7; 32], called: None };
    let draft = Case::draft(CASE, "live-42".parse().unwrap(), brief, OPENED_AT_MS).drawn(Some(draw));
    let open = draft.open(OPENED_AT_MS, CLOSES_AT_MS, key.to_owned(), LossShare::default()).unwrap();
    open.call(CalledJurors::default()).unwrap()
}

/// The plan of a called panel outlives a loss, and so may a job of it.
#[test]
fn a_check_of_a_panel_that_outlives_its_epoch_is_made_again() {
    let mut room = Fixture::with_polled_case();
    let called = called_case(&BallotKey::new(&[7; 32]).fingerprint());
    room.refresh_to(called.clone());
    let settles = |jobs: &[Job]| jobs.iter().any(|job| matches!(job, Job::SettlePanel { .. }));
    assert!(room.jobs().iter().any(|job| matches!(job, Job::ReadPanel(_))));
    assert!(room.planner.panel_done(CASE, None, PanelJobResult::Read(Ok(Candidates::default())), room.now));
    room.polled(state(1, 1, 3));
    assert!(settles(&room.jobs()));

    let again = called.reopen(3, CLOSES_AT_MS, OPENED_AT_MS).unwrap();
    room.refresh_to(again.clone());
    assert!(room.jobs().iter().any(|job| matches!(job, Job::RestoreKeys(_))));
    room.moved(again);
    assert!(!room.planner.panel_done(CASE, Some(1), PanelJobResult::Stepped(Ok(true)), room.now));
    room.pass(Duration::from_secs(11));
    room.polled(TallyState { now_ms: OPENED_AT_MS + 11_000, ..state(2, 1, 3) });
    assert!(settles(&room.jobs()), "the result of the earlier epoch ended the job");
}
