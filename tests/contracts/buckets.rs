//! The contract of reports and their buckets: one suite that both dialects pass on a real database.

use std::sync::Arc;

use live_jury_protocol::limits::REPORTS_A_DAY_MAX;
use live_jury_protocol::{CaseId, RoomId};
use live_jury_server::ledger::{
    Bucket, BucketEnd, BucketLedger, BucketRefusal, BucketState, Closing, Credit, LedgerError, NewReport, ReportRefusal,
};
use live_jury_server::reporter::{Reporter, ReporterKey};
use live_jury_trust::counter::LANDMARK_MS;
use live_jury_trust::{DAY_MS, Party};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::databases::{InPostgres, InSqlite};

const NOW_MS: u64 = LANDMARK_MS + 300 * DAY_MS;
const UPHELD: BucketEnd = BucketEnd { state: BucketState::Upheld, credit: Credit::Upheld };
const NOT_UPHELD: BucketEnd = BucketEnd { state: BucketState::NotUpheld, credit: Credit::Dismissed };

/// A ledger on a new database.
struct Fixture {
    ledger: Arc<dyn BucketLedger>,
    /// A ledger over other connections: another node's, where there can be one.
    other: Arc<dyn BucketLedger>,
    _folder: Option<tempfile::TempDir>,
}

impl Fixture {
    async fn sqlite() -> Self {
        let InSqlite { ledger, folder, .. } = InSqlite::open().await;
        Self { other: ledger.clone(), ledger, _folder: Some(folder) }
    }

    async fn postgres() -> Self {
        let database = InPostgres::open().await;
        Self { ledger: database.ledger(), other: database.ledger(), _folder: None }
    }

    async fn add(&self, report: NewReport) -> Bucket {
        self.ledger.add_report(&report).await.unwrap().bucket
    }

    async fn refusal(&self, report: NewReport) -> Option<ReportRefusal> {
        match self.ledger.add_report(&report).await {
            Ok(_) => None,
            Err(LedgerError::Refused(refusal)) => Some(refusal),
            Err(error) => panic!("{error}"),
        }
    }

    async fn bucket(&self, id: Uuid) -> Bucket {
        self.ledger.bucket(id).await.unwrap().unwrap()
    }

    /// A bucket in which each of these has reported.
    async fn filled(&self, reporters: &[&str]) -> Bucket {
        let mut last = None;
        for name in reporters {
            last = Some(self.add(by(name)).await);
        }
        last.expect("a reporter")
    }

    /// The weight of a reporter's next report.
    async fn weight(&self, name: &str, session: &str) -> f64 {
        let report = NewReport { session: session.into(), policy: "staged_drama".into(), ..by(name) };
        self.add(report).await.sums.score
    }
}

on_each_dialect! {
    reports_of_one_thing_are_merged
    the_ninth_newcomer_makes_a_bucket_enough
    a_proven_order_is_enough_and_an_unjudged_policy_is_queued
    a_viewer_reports_a_thing_once_and_five_things_a_day
    a_call_that_is_repeated_counts_once
    reports_at_the_same_moment_are_counted_one_after_another
    a_verdict_credits_reporters_and_an_appeal_exchanges_it
    an_event_that_is_not_later_changes_nothing
    a_report_after_the_end_begins_another_bucket
    a_moderator_drafts_or_closes_a_bucket_that_waits
    a_draft_is_found_until_it_is_filed
    own_reports_tell_what_became_of_them
    a_burst_and_new_accounts_are_noticed
    quiet_buckets_are_closed_and_old_ones_deleted
}

fn reporter(name: &str) -> Reporter {
    ReporterKey::new([7; 32]).name(name)
}

fn room() -> RoomId {
    "live-1".parse().unwrap()
}

pub(super) fn by(name: &str) -> NewReport {
    NewReport {
        room: room(),
        reporter: reporter(name),
        party: Party::merchant("shop"),
        merchant: Some("shop".into()),
        host: Some("ann".into()),
        product: Some("p1".into()),
        policy: "false_advertising".into(),
        is_judged: true,
        session: "s1".into(),
        lang: "en".into(),
        text: Some(format!("words of {}", name.len())),
        stream_at_ms: Some(734_000),
        proven: false,
        new_account: false,
        at_ms: NOW_MS,
        bucket: Uuid::now_v7(),
        case: CaseId(Uuid::now_v7()),
    }
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|place| format!("viewer {place}")).collect()
}

async fn reports_of_one_thing_are_merged(fixture: Fixture) {
    let first = fixture.ledger.add_report(&by("a")).await.unwrap();
    assert!(first.is_first);
    let second = NewReport { product: Some("p2".into()), host: Some("bob".into()), at_ms: NOW_MS + 5, ..by("b") };
    let second = fixture.ledger.add_report(&second).await.unwrap();
    assert!(!second.is_first);
    let bucket = fixture.bucket(first.bucket.id).await;
    assert_eq!(bucket, second.bucket, "as it was returned");
    assert_eq!((bucket.reports, bucket.sums.reporters, bucket.state), (2, 2, BucketState::Open));
    assert!((bucket.sums.score - 2.0 / 3.0).abs() < 1e-9);
    assert_eq!((bucket.product.as_deref(), bucket.host.as_deref()), (None, Some("ann")));
    assert_eq!((bucket.first_ms, bucket.last_ms, bucket.version), (NOW_MS, NOW_MS + 5, 1));

    let others = [
        NewReport { session: "s2".into(), ..by("a") },
        NewReport { policy: "abuse".into(), ..by("a") },
        NewReport { party: Party::host("ann"), ..by("a") },
        NewReport { room: "live-2".parse().unwrap(), ..by("c") },
    ];
    // The same thing in another session of the same day is a repeat.
    let repeat = NewReport { at_ms: NOW_MS + 9, ..others[0].clone() };
    assert_eq!(fixture.refusal(repeat).await, Some(ReportRefusal::Repeated));
    for other in &others[1..] {
        assert!(fixture.ledger.add_report(other).await.unwrap().is_first);
    }
    let ids: Vec<Uuid> = fixture.ledger.buckets(&room(), 10).await.unwrap().iter().map(|one| one.id).collect();
    assert_eq!((ids.len(), ids[0]), (3, bucket.id), "the one of most weight first");
    let shown = fixture.ledger.reports(bucket.id, 10).await.unwrap();
    assert_eq!((shown.len(), shown[0].at_ms, shown[0].stream_at_ms), (2, NOW_MS + 5, Some(734_000)));
}

async fn the_ninth_newcomer_makes_a_bucket_enough(fixture: Fixture) {
    let names = names(10);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let eighth = fixture.filled(&names[..8]).await;
    assert_eq!((eighth.case, eighth.version), (None, 1));
    let report = by(names[8]);
    let ninth = fixture.add(report.clone()).await;
    assert_eq!((ninth.case, ninth.version, ninth.state), (Some(report.case), 2, BucketState::Open));
    let tenth = fixture.add(by(names[9])).await;
    assert_eq!((tenth.case, tenth.version, tenth.sums.reporters), (Some(report.case), 2, 10), "it keeps its case");
    assert_eq!(fixture.bucket(tenth.id).await, tenth);
}

async fn a_proven_order_is_enough_and_an_unjudged_policy_is_queued(fixture: Fixture) {
    let proven = NewReport { proven: true, ..by("a") };
    let bucket = fixture.add(proven.clone()).await;
    assert_eq!((bucket.case, bucket.sums.proven), (Some(proven.case), 1));
    assert!((bucket.sums.score - 2.0 / 3.0).abs() < 1e-9);
    let unjudged = NewReport { policy: "counterfeit".into(), is_judged: false, proven: true, ..by("a") };
    let bucket = fixture.add(unjudged).await;
    assert_eq!((bucket.case, bucket.state), (None, BucketState::Queued));
}

async fn a_viewer_reports_a_thing_once_and_five_things_a_day(fixture: Fixture) {
    let about = |product: u64, at_ms: u64| NewReport { product: Some(format!("p{product}")), at_ms, ..by("a") };
    for product in 0..REPORTS_A_DAY_MAX {
        let report = about(product, NOW_MS);
        assert_eq!(fixture.ledger.refusal(&report).await.unwrap(), None);
        assert_eq!(fixture.refusal(report).await, None);
    }
    assert_eq!(fixture.refusal(about(0, NOW_MS + 1)).await, Some(ReportRefusal::Repeated));
    assert_eq!(fixture.refusal(about(9, NOW_MS)).await, Some(ReportRefusal::TooMany));
    assert_eq!(fixture.ledger.refusal(&about(9, NOW_MS)).await.unwrap(), Some(ReportRefusal::TooMany));
    let buckets = fixture.ledger.buckets(&room(), 10).await.unwrap();
    let (reports, reporters) = (buckets[0].reports, buckets[0].sums.reporters);
    assert_eq!((buckets.len(), reports, reporters), (1, REPORTS_A_DAY_MAX, 1), "one reporter weighs once");
    assert!((buckets[0].sums.score - 1.0 / 3.0).abs() < 1e-9);
    assert_eq!(fixture.refusal(about(0, NOW_MS + DAY_MS)).await, None, "the next day");

    // A refused first report leaves no bucket.
    let elsewhere = NewReport { party: Party::merchant("other"), ..about(1, NOW_MS) };
    assert_eq!(fixture.refusal(elsewhere).await, Some(ReportRefusal::TooMany));
    assert_eq!(fixture.ledger.buckets(&room(), 10).await.unwrap().len(), 1);
}

async fn a_call_that_is_repeated_counts_once(fixture: Fixture) {
    let first = fixture.ledger.add_report(&by("a")).await.unwrap();
    let report = by("b");
    let report = NewReport { at_ms: NOW_MS + 7, ..report };
    let filed = fixture.ledger.add_report(&report).await.unwrap();
    let again = fixture.ledger.add_report(&report).await.unwrap();
    assert_eq!(again, filed);
    assert_eq!((again.bucket.id, again.bucket.reports, again.is_first), (first.bucket.id, 2, false));
}

async fn reports_at_the_same_moment_are_counted_one_after_another(fixture: Fixture) {
    let mut writers = JoinSet::new();
    for writer in 0..24_usize {
        let ledger = if writer % 2 == 0 { fixture.ledger.clone() } else { fixture.other.clone() };
        // Two thirds come from one viewer, about a different product each.
        let name = if writer % 3 == 0 { format!("viewer {writer}") } else { "greedy".to_owned() };
        let report = NewReport { product: Some(format!("p{writer}")), ..by(&name) };
        writers.spawn(async move { ledger.add_report(&report).await.is_ok() });
    }
    let filed = writers.join_all().await.into_iter().filter(|filed| *filed).count();
    assert_eq!(filed, 8 + REPORTS_A_DAY_MAX as usize);
    let buckets = fixture.ledger.buckets(&room(), 10).await.unwrap();
    let bucket = &buckets[0];
    assert_eq!((buckets.len(), bucket.reports, bucket.sums.reporters), (1, filed as u64, 9));
    assert!((bucket.sums.score - 3.0).abs() < 1e-9, "{}", bucket.sums.score);
    assert!(bucket.case.is_some());
}

async fn a_verdict_credits_reporters_and_an_appeal_exchanges_it(fixture: Fixture) {
    let bucket = fixture.add(NewReport { proven: true, ..by("a") }).await;
    fixture.add(by("b")).await;
    let case = bucket.case.unwrap();
    fixture.ledger.set_opened(case, 4).await.unwrap();
    let opened = fixture.bucket(bucket.id).await;
    assert_eq!((opened.state, opened.opened), (BucketState::Drafted, true));

    assert!(fixture.ledger.settle(case, 5, UPHELD, NOW_MS).await.unwrap());
    assert_eq!(fixture.bucket(bucket.id).await.state, BucketState::Upheld);
    assert!((fixture.weight("a", "s5").await - 0.5).abs() < 1e-9, "2/4");
    assert!(fixture.ledger.settle(case, 9, NOT_UPHELD, NOW_MS).await.unwrap());
    assert!((fixture.weight("b", "s6").await - 0.25).abs() < 1e-9, "1/4, as if it had never been upheld");
    let closed = BucketEnd { state: BucketState::NotUpheld, credit: Credit::None };
    assert!(fixture.ledger.settle(case, 10, closed, NOW_MS).await.unwrap());
    assert!((fixture.weight("c", "s7").await - 1.0 / 3.0).abs() < 1e-9, "others are untouched");
    let nobody = CaseId(Uuid::now_v7());
    assert!(!fixture.ledger.settle(nobody, 11, UPHELD, NOW_MS).await.unwrap(), "a case without a bucket");
}

async fn an_event_that_is_not_later_changes_nothing(fixture: Fixture) {
    let bucket = fixture.add(NewReport { proven: true, ..by("a") }).await;
    let case = bucket.case.unwrap();
    assert!(fixture.ledger.settle(case, 7, NOT_UPHELD, NOW_MS).await.unwrap());
    for seq in [6, 7] {
        assert!(!fixture.other.settle(case, seq, UPHELD, NOW_MS).await.unwrap());
    }
    fixture.ledger.set_opened(case, 5).await.unwrap();
    let ended = fixture.bucket(bucket.id).await;
    assert_eq!((ended.state, ended.opened), (BucketState::NotUpheld, false));
    assert!(!fixture.ledger.settle(case, 8, NOT_UPHELD, NOW_MS).await.unwrap(), "the same end");
    assert!((fixture.weight("a", "s5").await - 0.25).abs() < 1e-9, "counted once");
    assert_eq!(fixture.ledger.report_cursor().await.unwrap(), 0);
    for (to, then) in [(7, 7), (3, 7), (9, 9)] {
        fixture.ledger.move_report_cursor(to).await.unwrap();
        assert_eq!(fixture.other.report_cursor().await.unwrap(), then);
    }
}

async fn a_report_after_the_end_begins_another_bucket(fixture: Fixture) {
    let bucket = fixture.add(NewReport { proven: true, ..by("a") }).await;
    fixture.ledger.settle(bucket.case.unwrap(), 1, BucketEnd::CLOSED, NOW_MS).await.unwrap();
    let next = fixture.ledger.add_report(&by("b")).await.unwrap();
    assert!(next.is_first && next.bucket.id != bucket.id);
    let ids: Vec<Uuid> = fixture.ledger.buckets(&room(), 10).await.unwrap().iter().map(|one| one.id).collect();
    assert_eq!(ids, [next.bucket.id], "an ended one is in no queue");
}

async fn a_moderator_drafts_or_closes_a_bucket_that_waits(fixture: Fixture) {
    let bucket = fixture.add(by("a")).await;
    let case = CaseId(Uuid::now_v7());
    let refused = |done: Result<Bucket, LedgerError>| match done {
        Err(LedgerError::Bucket(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    let stale = fixture.ledger.reserve(bucket.id, case, Some(9)).await;
    assert_eq!(refused(stale), BucketRefusal::Version(1));
    let reserved = fixture.ledger.reserve(bucket.id, case, Some(1)).await.unwrap();
    assert_eq!((reserved.case, reserved.version), (Some(case), 2));
    let again = fixture.other.reserve(bucket.id, CaseId(Uuid::now_v7()), None).await.unwrap();
    assert_eq!(again.case, Some(case), "one case a bucket");
    fixture.ledger.set_drafted(bucket.id).await.unwrap();
    let words = "The label that is shown agrees with the page.";
    let closing = Closing { by: "mia", words, version: None, at_ms: NOW_MS + 9 };
    assert_eq!(refused(fixture.ledger.dismiss(bucket.id, &closing).await), BucketRefusal::Decided);
    assert_eq!(refused(fixture.ledger.dismiss(Uuid::now_v7(), &closing).await), BucketRefusal::NotFound);

    let other = fixture.add(NewReport { policy: "abuse".into(), ..by("b") }).await;
    let closed = fixture.ledger.dismiss(other.id, &closing).await.unwrap();
    assert_eq!(closed, fixture.bucket(other.id).await);
    assert_eq!((closed.state, closed.words.as_deref()), (BucketState::Closed, Some(words)));
    assert_eq!(refused(fixture.ledger.reserve(other.id, case, None).await), BucketRefusal::Decided);
    assert!((fixture.weight("b", "s9").await - 0.25).abs() < 1e-9, "unfounded counts against its reporters");
}

async fn a_draft_is_found_until_it_is_filed(fixture: Fixture) {
    let undrafted =
        async || -> Vec<Uuid> { fixture.other.undrafted(10).await.unwrap().iter().map(|bucket| bucket.id).collect() };
    let bucket = fixture.add(by("a")).await;
    assert!(undrafted().await.is_empty());
    fixture.add(NewReport { proven: true, ..by("b") }).await;
    assert_eq!(undrafted().await, [bucket.id]);
    for _ in 0..2 {
        fixture.ledger.set_drafted(bucket.id).await.unwrap();
        assert!(undrafted().await.is_empty());
    }
    assert_eq!(fixture.bucket(bucket.id).await.version, 3, "the second call changed nothing");
    let merged = fixture.add(by("c")).await;
    assert_eq!((merged.id, merged.state, merged.reports), (bucket.id, BucketState::Drafted, 3));
}

async fn own_reports_tell_what_became_of_them(fixture: Fixture) {
    let bucket = fixture.add(NewReport { proven: true, ..by("a") }).await;
    fixture.add(NewReport { policy: "abuse".into(), at_ms: NOW_MS + 1, product: None, ..by("a") }).await;
    fixture.add(by("b")).await;
    fixture.ledger.settle(bucket.case.unwrap(), 1, UPHELD, NOW_MS).await.unwrap();
    let own = fixture.ledger.own_reports(reporter("a"), 20).await.unwrap();
    let shown: Vec<(&str, BucketState, Option<&str>)> =
        own.iter().map(|one| (one.policy.as_str(), one.state, one.product.as_deref())).collect();
    let expected = [("abuse", BucketState::Open, None), ("false_advertising", BucketState::Upheld, Some("p1"))];
    assert_eq!(shown, expected);
    assert_eq!(own[1].case, bucket.case);
    assert_eq!(fixture.ledger.own_reports(reporter("a"), 1).await.unwrap().len(), 1);
    assert!(fixture.ledger.own_reports(reporter("nobody"), 20).await.unwrap().is_empty());
}

async fn a_burst_and_new_accounts_are_noticed(fixture: Fixture) {
    for (place, name) in names(10).iter().enumerate() {
        let at_ms = NOW_MS + place as u64 * 1_111;
        let bucket = fixture.add(NewReport { at_ms, ..by(name) }).await;
        assert_eq!(bucket.sums.is_burst(), place == 9, "{place}");
    }
    let new = NewReport { policy: "abuse".into(), new_account: true, ..by("a") };
    let bucket = fixture.add(new).await;
    assert!(bucket.sums.is_burst() && !bucket.sums.fast);
}

async fn quiet_buckets_are_closed_and_old_ones_deleted(fixture: Fixture) {
    let quiet = fixture.add(by("a")).await;
    let lively = fixture.add(NewReport { policy: "abuse".into(), at_ms: NOW_MS + 10, ..by("b") }).await;
    let later_ms = NOW_MS + 30 * DAY_MS;
    assert_eq!(fixture.ledger.close_quiet(NOW_MS + 5, later_ms, 100).await.unwrap(), 1);
    let closed = fixture.bucket(quiet.id).await;
    assert_eq!((closed.state, closed.credit), (BucketState::Closed, Credit::None));
    assert_eq!(fixture.bucket(lively.id).await.state, BucketState::Open);

    assert_eq!(fixture.ledger.delete_old(later_ms, 100).await.unwrap(), 0, "not yet");
    assert_eq!(fixture.ledger.delete_old(later_ms + 1, 100).await.unwrap(), 3, "report, bucket and reporter");
    assert_eq!(fixture.ledger.bucket(quiet.id).await.unwrap(), None);
    assert_eq!(fixture.ledger.reports(lively.id, 10).await.unwrap().len(), 1);
}
