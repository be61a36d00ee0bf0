//! Stories of the outbox: each step files one event with itself, and none without.

use live_jury_court::{Case, LossShare};
use live_jury_protocol::record::{EVENT_FORMAT, EventKind};
use live_jury_protocol::{Actor, AuditAction, AuditEntry};
use live_jury_server::docket::{Added, Docket, DocketError, EVENTS_KEPT_MS, Event};
use tokio::task::JoinSet;

use super::builders::{
    CLOSES_MS, NOW_MS, ballots, brief, draft, entry, file, open, opened, record, request, room, sealed, sealed_in,
};
use super::fixture::DocketFixture;

async fn events(docket: &dyn Docket) -> Vec<Event> {
    docket.events(0, 1_000).await.unwrap()
}

async fn kinds(docket: &dyn Docket) -> Vec<EventKind> {
    events(docket).await.into_iter().map(|event| event.record.unwrap().kind).collect()
}

pub async fn each_step_files_one_outbox_row_with_it(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let drafted = draft(1, "live");
    docket.add(&drafted, &[entry(&drafted, "mod", "created")], None).await.unwrap();
    let edited = drafted.edit(brief("edited")).unwrap();
    let now_open = edited.clone().open(NOW_MS, CLOSES_MS, "key".into(), LossShare::default()).unwrap();
    let extended = now_open.clone().reschedule(1, CLOSES_MS + 1_000).unwrap();
    let reopened = extended.clone().reopen(40, CLOSES_MS + 2_000, CLOSES_MS).unwrap();
    let late = reopened.clone().miss_tally(0, CLOSES_MS + 20_000).unwrap();
    let now_sealed = sealed(late.clone());
    let gone = now_sealed.clone().miss_tally(0, CLOSES_MS + 30_000).unwrap();
    for case in [&edited, &now_open, &extended] {
        file(docket, case).await.unwrap();
    }
    let lost = AuditEntry { action: AuditAction::TallyLost, by_kind: Actor::Server, ..entry(&reopened, "server", "") };
    docket.file(&reopened, &lost).await.unwrap();
    let missing = |case| AuditEntry { action: AuditAction::TallyMissing, ..entry(case, "server", "") };
    docket.file(&late, &missing(&late)).await.unwrap();
    file(docket, &now_sealed).await.unwrap();
    docket.file(&gone, &missing(&gone)).await.unwrap();
    let recorded = record(docket, &gone, &ballots(30)).await.unwrap();

    let filed = events(docket).await;
    let must = [
        EventKind::Drafted,
        EventKind::Edited,
        EventKind::Opened,
        EventKind::Extended,
        EventKind::Reopened,
        EventKind::TallyMissing,
        EventKind::Sealed,
        EventKind::TallyMissing,
        EventKind::Recorded,
    ];
    assert_eq!(kinds(docket).await, must);
    for (place, event) in (1..).zip(&filed) {
        let record = event.record.as_ref().unwrap();
        assert_eq!((event.seq, event.case, record.case), (place, recorded.id, recorded.id));
        assert_eq!(
            (record.format, &record.room, record.version, record.at_ms),
            (EVENT_FORMAT, &room("live"), place, NOW_MS)
        );
        let is_last = record.kind == EventKind::Recorded;
        assert_eq!(
            (record.brief.is_some(), record.verdict.is_some()),
            (is_last, is_last),
            "no counts before the record"
        );
    }
    let last = filed.last().unwrap().record.clone().unwrap();
    assert_eq!(last.verdict.as_ref(), recorded.state.ended().map(|ended| &ended.verdict));
    assert_eq!((last.epoch, last.closes_at_ms), (2, Some(CLOSES_MS + 2_000)));

    // A case that is open at once is one step.
    opened(docket, 2, "live").await;
    let more = docket.events(filed.len() as u64, 10).await.unwrap();
    assert!(matches!(&more[..], [event] if event.record.as_ref().unwrap().kind == EventKind::Opened), "{more:?}");
}

pub async fn a_failed_filing_files_no_outbox_row(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let case = opened(docket, 1, "live").await;
    let before = events(docket).await;
    let skipped = sealed(case.clone().reschedule(1, CLOSES_MS + 1_000).unwrap());
    assert!(matches!(file(docket, &skipped).await, Err(DocketError::Conflict(_))));
    let twice = docket.add(&case, &[entry(&case, "mod", "opened")], None).await;
    assert!(matches!(twice, Err(DocketError::Conflict(_))));
    for number in 10..17 {
        opened(docket, number, "live").await;
    }
    let full = events(docket).await;
    let ninth = open(20, "live");
    let refused = docket.add(&ninth, &[entry(&ninth, "mod", "opened")], None).await;
    assert!(matches!(refused, Err(DocketError::TooManyLive(_))));
    let mut spoilt = ballots(10);
    spoilt.push(spoilt[0]);
    let now_sealed = sealed(case);
    file(docket, &now_sealed).await.unwrap();
    assert!(record(docket, &now_sealed, &spoilt).await.is_err());
    assert_eq!((full.len(), events(docket).await.len()), (before.len() + 7, full.len() + 1));

    // A repeated request files nothing either.
    let asked = request("other", "key", "digest", "answer");
    let first = open(30, "other");
    for (case, must) in [(first, Added::Created), (open(31, "other"), Added::Replayed("answer".into()))] {
        let added = docket.add(&case, &[entry(&case, "mod", "opened")], Some(&asked)).await.unwrap();
        assert_eq!(added, must);
    }
    assert_eq!(events(docket).await.len(), full.len() + 2);
}

pub async fn outbox_rows_follow_the_order_of_commits(fixture: DocketFixture) {
    const CASES: u64 = 16;
    let dockets = [fixture.docket.clone(), fixture.neighbour().await];
    let mut filing = JoinSet::new();
    for number in 0..CASES {
        let docket = dockets[usize::try_from(number % 2).unwrap()].clone();
        filing.spawn(async move {
            let case = sealed_in(&*docket, u128::from(number), &format!("room-{}", number / 4)).await;
            record(&*docket, &case, &ballots(number % 4 * 500)).await.unwrap();
        });
    }
    // A reader who follows along sees each place once, without a gap.
    let (docket, mut seen) = (&*fixture.docket, 0);
    while seen < CASES * 3 {
        for event in docket.events(seen, 5).await.unwrap() {
            assert_eq!(event.seq, seen + 1, "an event came before one with a lower place");
            seen = event.seq;
        }
    }
    filing.join_all().await;
    let ids: std::collections::BTreeSet<_> = events(docket).await.into_iter().map(|event| event.id).collect();
    assert_eq!(ids.len() as u64, CASES * 3);
}

pub async fn old_outbox_rows_are_deleted(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let case = opened(docket, 1, "live").await;
    let later = |case: &Case, after_ms| AuditEntry { at_ms: NOW_MS + after_ms, ..entry(case, "mod", "extended") };
    let kept = case.reschedule(1, CLOSES_MS + 1_000).unwrap();
    docket.file(&kept, &later(&kept, EVENTS_KEPT_MS)).await.unwrap();
    assert_eq!(kinds(docket).await, [EventKind::Opened, EventKind::Extended]);
    let next = kept.reschedule(1, CLOSES_MS + 2_000).unwrap();
    docket.file(&next, &later(&next, EVENTS_KEPT_MS + 1)).await.unwrap();
    let left: Vec<_> = events(docket).await.into_iter().map(|event| event.seq).collect();
    assert_eq!(left, [2, 3], "places are never given twice");
}

pub async fn a_damaged_outbox_row_hides_no_other(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    for number in 1..=3 {
        opened(docket, number, "live").await;
    }
    fixture.execute("UPDATE outbox SET payload = '{' WHERE seq = 2").await.unwrap();
    fixture
        .execute("UPDATE outbox SET payload = replace(payload, '\"format\":1', '\"format\":2') WHERE seq = 3")
        .await
        .unwrap();
    let readable: Vec<_> = events(docket).await.into_iter().map(|event| (event.seq, event.record.is_some())).collect();
    assert_eq!(readable, [(1, true), (2, false), (3, false)]);
}
