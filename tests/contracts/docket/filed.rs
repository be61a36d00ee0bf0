//! Steps of a case: filed version by version, with the room's rev and the audit trail.

use live_jury_court::{Case, LossShare, SealedBy, StoreId};
use live_jury_protocol::limits::LIVE_CASES_PER_ROOM_MAX;
use live_jury_protocol::{Actor, AuditEntry, Outcome, Verdict};
use live_jury_server::docket::{Docket, DocketError};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::builders::{
    CLOSES_MS, NOW_MS, ballots, brief, decided, draft, entry, file, lost, open, opened, record, room, sealed,
    sealed_in, verdicts,
};
use super::fixture::DocketFixture;

pub async fn every_state_is_read_back_unchanged(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let moderator = || SealedBy::Moderator { sub: "mod".into() };
    let voided = || SealedBy::Void { sub: "mod".into(), reason: "wrong product".into() };
    let verdict = |outcome, option: Option<&str>| Verdict {
        outcome,
        option: option.map(|option| option.parse().unwrap()),
        ..decided(sealed(open(0, "live")), &ballots(20)).state.ended().unwrap().verdict.clone()
    };
    // Each combination of seal and verdict passes through all versions in a room of its own.
    let seals = [SealedBy::Deadline, moderator(), voided()];
    let ends = [
        verdict(Outcome::Decided, Some("buyer")),
        verdict(Outcome::Hung, None),
        verdict(Outcome::NoQuorum, None),
        Verdict { reason: Some("wrong product".into()), ..verdict(Outcome::Void, None) },
        lost(sealed(open(0, "live"))).state.ended().unwrap().verdict.clone(),
    ];
    let share: LossShare = "0.6667".parse().unwrap();
    let mut number = 0;
    for by in &seals {
        for end in &ends {
            number += 1;
            let name = format!("room-{number}");
            let drafted = draft(number, &name);
            let edited = drafted.clone().edit(brief("edited")).unwrap();
            let opened = edited.clone().open(NOW_MS, CLOSES_MS, "fedcba9876543210".into(), share).unwrap();
            let extended = opened.clone().reschedule(1, CLOSES_MS + 30_000).unwrap();
            let again =
                extended.clone().reschedule(7, CLOSES_MS + 90_000).unwrap().in_store(StoreId(Uuid::from_u128(7)));
            let reopened = again.clone().reopen(40, CLOSES_MS + 95_000, CLOSES_MS + 85_000).unwrap();
            let late = reopened.clone().miss_tally(60, CLOSES_MS + 106_000).unwrap();
            let sealed = late.clone().seal(by.clone(), CLOSES_MS + 95_000).unwrap();
            let gone = sealed.clone().miss_tally(50, CLOSES_MS + 120_000).unwrap();
            let ended = gone.clone().conclude(end.clone()).unwrap();
            docket.add(&drafted, &[], None).await.unwrap();
            for next in [edited, opened, extended, again, reopened, late, sealed, gone, ended] {
                file(docket, &next).await.unwrap();
                assert_eq!(docket.case(next.id).await.unwrap(), Some(next.clone()));
            }
        }
    }
}

pub async fn only_the_next_version_is_filed(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let unknown = sealed(open(9, "live"));
    assert!(matches!(file(docket, &unknown).await, Err(DocketError::Conflict(id)) if id == unknown.id));

    let first = opened(docket, 1, "live").await;
    let second = first.clone().reschedule(1, CLOSES_MS + 1_000).unwrap();
    let third = second.clone().reschedule(1, CLOSES_MS + 2_000).unwrap();
    let before = docket.room(&room("live")).await.unwrap();
    for wrong in [&first, &third, &Case { version: 0, ..second.clone() }, &Case { version: 1, ..second.clone() }] {
        assert!(matches!(file(docket, wrong).await, Err(DocketError::Conflict(_))));
    }
    assert_eq!(docket.room(&room("live")).await.unwrap(), before);
    assert_eq!(docket.audit(first.id).await.unwrap().len(), 1);
    file(docket, &second).await.unwrap();
    file(docket, &third).await.unwrap();
    assert_eq!(docket.case(first.id).await.unwrap(), Some(third));
}

pub async fn one_of_two_concurrent_writers_wins(fixture: DocketFixture) {
    let dockets = [fixture.docket.clone(), fixture.neighbour().await];
    for number in 0..8_u128 {
        let name = format!("room-{number}");
        let case = opened(&*fixture.docket, number, &name).await;
        let mut filing = JoinSet::new();
        for (who, docket) in dockets.iter().cloned().enumerate() {
            let next = case.clone().reschedule(1, CLOSES_MS + 1_000 * (1 + who as u64)).unwrap();
            filing.spawn(async move {
                let line = entry(&next, &format!("mod-{who}"), "extended");
                docket.file(&next, &line).await.map(|()| (next, line))
            });
        }
        let (won, beaten): (Vec<_>, Vec<_>) = filing.join_all().await.into_iter().partition(Result::is_ok);
        assert!(matches!(beaten[..], [Err(DocketError::Conflict(id))] if id == case.id), "{beaten:?}");
        let (next, line) = won.into_iter().next().unwrap().unwrap();
        assert_eq!(fixture.docket.case(case.id).await.unwrap(), Some(next.clone()));
        assert_eq!(fixture.docket.audit(case.id).await.unwrap()[1..], [line]);
        let record = fixture.docket.room(&case.room).await.unwrap();
        assert_eq!((record.rev, record.live), (2, vec![next]));
    }
}

/// Concurrent transactions lock every case and room in all orders. None deadlocks, and none is lost.
pub async fn concurrent_writes_to_many_rooms_complete(fixture: DocketFixture) {
    let dockets = [fixture.docket.clone(), fixture.neighbour().await];
    let mut working = JoinSet::new();
    for number in 0..24_u128 {
        let docket = dockets[usize::try_from(number % 2).unwrap()].clone();
        working.spawn(async move {
            let case = opened(&*docket, number, &format!("room-{}", number % 4)).await;
            let case = case.reschedule(1, CLOSES_MS + 1_000).unwrap();
            file(&*docket, &case).await.unwrap();
            let case = sealed(case);
            file(&*docket, &case).await.unwrap();
            record(&*docket, &case, &ballots(50)).await.unwrap();
        });
    }
    working.join_all().await;
    for number in 0..4 {
        let record = fixture.docket.room(&room(&format!("room-{number}"))).await.unwrap();
        assert_eq!((record.rev, record.live.len(), record.ended.len()), (24, 0, 6));
    }
}

pub async fn the_rev_grows_with_public_changes_only(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let rev = async || docket.room(&room("live")).await.unwrap().rev;
    let case = draft(1, "live");
    docket.add(&case, &[], None).await.unwrap();
    assert_eq!(rev().await, 0);
    let case = case.edit(brief("edited")).unwrap();
    file(docket, &case).await.unwrap();
    assert_eq!(rev().await, 0);
    let case = case.open(NOW_MS, CLOSES_MS, "key".into(), LossShare::default()).unwrap();
    file(docket, &case).await.unwrap();
    assert_eq!(rev().await, 1);
    let case = case.reschedule(1, CLOSES_MS + 1_000).unwrap();
    file(docket, &case).await.unwrap();
    assert_eq!(rev().await, 2);
    docket.add(&draft(2, "live"), &[], None).await.unwrap();
    opened(docket, 3, "other").await;
    assert_eq!(rev().await, 2);
    let case = sealed(case);
    file(docket, &case).await.unwrap();
    assert_eq!(rev().await, 3);
    record(docket, &case, &ballots(3)).await.unwrap();
    assert_eq!(rev().await, 4);
}

pub async fn a_draft_opens_only_below_the_live_case_limit(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let case = draft(1, "live");
    docket.add(&case, &[], None).await.unwrap();
    for number in 0..LIVE_CASES_PER_ROOM_MAX as u128 {
        opened(docket, 10 + number, "live").await;
    }
    let before = docket.room(&room("live")).await.unwrap();
    let wanted = case.clone().open(NOW_MS, CLOSES_MS, "key".into(), LossShare::default()).unwrap();
    assert!(matches!(file(docket, &wanted).await, Err(DocketError::TooManyLive(_))));
    assert_eq!(docket.case(case.id).await.unwrap(), Some(case.clone()));
    assert_eq!(docket.audit(case.id).await.unwrap(), []);
    assert_eq!(docket.room(&room("live")).await.unwrap(), before);

    // A case that is live already still takes steps.
    let extended = before.live[0].clone().reschedule(1, CLOSES_MS + 1_000).unwrap();
    file(docket, &extended).await.unwrap();
    let next = sealed(extended);
    file(docket, &next).await.unwrap();
    assert!(matches!(file(docket, &wanted).await, Err(DocketError::TooManyLive(_))));
    record(docket, &next, &[]).await.unwrap();
    file(docket, &wanted).await.unwrap();
}

/// Nobody in the room can end them, so they must not keep it from opening others.
pub async fn cases_that_wait_for_a_tally_leave_room_for_others(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let mut waiting = Vec::new();
    for number in 0..LIVE_CASES_PER_ROOM_MAX as u128 {
        let case = opened(docket, number, "live").await;
        let case = if number % 2 == 0 { seal(docket, case).await } else { case };
        let case = case.miss_tally(10, CLOSES_MS + 20_000).unwrap();
        file(docket, &case).await.unwrap();
        waiting.push(case);
    }
    let mut others = Vec::new();
    for number in 0..LIVE_CASES_PER_ROOM_MAX as u128 {
        others.push(opened(docket, 100 + number, "live").await);
    }
    let ninth = open(200, "live");
    let add_ninth = async || docket.add(&ninth, &[entry(&ninth, "mod", "opened")], None).await;
    assert!(matches!(add_ninth().await, Err(DocketError::TooManyLive(_))));
    assert_eq!(docket.room(&room("live")).await.unwrap().live.len(), 2 * LIVE_CASES_PER_ROOM_MAX);

    // The end of one that waits makes no room, and the end of another one does.
    for case in waiting {
        let case = if case.as_open().is_ok() { seal(docket, case).await } else { case };
        let void = lost(case);
        file(docket, &void).await.unwrap();
    }
    assert!(matches!(add_ninth().await, Err(DocketError::TooManyLive(_))));
    record(docket, &seal(docket, others.remove(0)).await, &[]).await.unwrap();
    add_ninth().await.unwrap();
    let revs = docket.revs(&[]).await.unwrap();
    assert!(revs[0].live, "{revs:?}");
}

async fn seal(docket: &dyn Docket, case: Case) -> Case {
    let case = sealed(case);
    file(docket, &case).await.unwrap();
    case
}

pub async fn the_audit_trail_is_ordered_and_append_only(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let case = open(1, "live");
    let line = |version, at_ms, action: &str| AuditEntry { at_ms, version, ..entry(&case, "mod", action) };
    // A time that goes back, from a node whose clock is behind, does not change the order.
    let mut lines = vec![line(1, NOW_MS, "created"), line(2, NOW_MS, "opened")];
    docket.add(&case, &lines, None).await.unwrap();
    opened(docket, 2, "live").await;
    let case = case.clone().reschedule(1, CLOSES_MS + 1_000).unwrap();
    lines.push(AuditEntry { detail: Some("by 1 s".into()), ..line(3, NOW_MS - 5_000, "extended") });
    docket.file(&case, &lines[2]).await.unwrap();
    assert_eq!(docket.audit(case.id).await.unwrap(), lines);

    for sql in ["UPDATE audit SET who = 'nobody'", "DELETE FROM audit"] {
        let refused = fixture.execute(sql).await.unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{refused}");
    }
    assert_eq!(docket.audit(case.id).await.unwrap(), lines);
}

pub async fn an_older_audit_line_has_a_kind_of_actor(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let case = opened(docket, 1, "live").await;
    for (who, action) in [("mia", "extended"), ("server", "repaired")] {
        let line = format!(
            "INSERT INTO audit (case_id, at_ms, who, action, version, epoch) \
             SELECT id, 1, '{who}', '{action}', 2, 1 FROM cases"
        );
        fixture.execute(&line).await.unwrap();
    }
    let kinds: Vec<_> = docket.audit(case.id).await.unwrap().iter().map(|line| line.by_kind).collect();
    assert_eq!(kinds, [Actor::Moderator, Actor::Moderator, Actor::Server]);
}

pub async fn filed_records_survive_a_restart(fixture: DocketFixture) {
    let docket = fixture.docket.clone();
    let drafted = draft(1, "live");
    docket.add(&drafted, &[entry(&drafted, "mod", "created")], None).await.unwrap();
    let live = opened(&*docket, 2, "live").await;
    let ended = sealed_in(&*docket, 3, "live").await;
    let ended = record(&*docket, &ended, &ballots(100)).await.unwrap();
    let kept = all_of(&*docket, &[&drafted, &live, &ended]).await;
    drop(docket);

    let fixture = fixture.reopened().await;
    assert_eq!(all_of(&*fixture.docket, &[&drafted, &live, &ended]).await, kept);
    let next = record(&*fixture.docket, &sealed_in(&*fixture.docket, 4, "live").await, &[]).await.unwrap();
    let query = live_jury_server::docket::VerdictQuery::After { after: 0, limit: 10 };
    assert_eq!(verdicts(&*fixture.docket, &query).await, [(1, ended), (2, next)]);
}

async fn all_of(docket: &dyn Docket, cases: &[&Case]) -> String {
    let mut all = format!("{:?}", docket.room(&cases[0].room).await.unwrap());
    for case in cases {
        let filed = docket.case(case.id).await.unwrap();
        assert_eq!(filed.as_ref(), Some(*case));
        let (audit, ballots) = (docket.audit(case.id).await.unwrap(), docket.ballots(case.id).await.unwrap());
        all += &format!("{filed:?} {audit:?} {ballots:?}");
    }
    all
}
