//! Lists: a room's record, and pages without gaps or repeats.

use live_jury_protocol::CaseState;
use live_jury_protocol::limits::ENDED_CASES_IN_DOCKET;
use live_jury_server::docket::{CaseQuery, RoomRecord, RoomRev, VerdictQuery};

use super::builders::{NOW_MS, ballots, cases, draft, file, lost, opened, record, room, sealed_in, verdicts};
use super::fixture::DocketFixture;

pub async fn a_room_shows_live_cases_and_the_last_ten_ended(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let mut ended = Vec::new();
    for number in 0..13_u128 {
        // A later case has a smaller number, so "newest" must follow the recording and not the id.
        let case = sealed_in(docket, 100 - number, "live").await;
        if number % 3 == 0 {
            let case = lost(case);
            file(docket, &case).await.unwrap();
            ended.insert(0, case);
        } else {
            ended.insert(0, record(docket, &case, &ballots(5)).await.unwrap());
        }
    }
    docket.add(&draft(1, "live"), &[], None).await.unwrap();
    let second = sealed_in(docket, 50, "live").await;
    let third = opened(docket, 60, "live").await;
    let first = opened(docket, 40, "live").await;
    opened(docket, 45, "other").await;

    ended.truncate(ENDED_CASES_IN_DOCKET);
    let incarnation = docket.history().await.unwrap().current().id;
    let shown = RoomRecord { incarnation, rev: 13 * 3 + 4, live: vec![first, second, third], ended };
    assert_eq!(docket.room(&room("live")).await.unwrap(), shown);
}

/// A case moves from live to ended while the room is read. It is in exactly one list, as the rev requires.
pub async fn a_room_is_read_in_one_snapshot(fixture: DocketFixture) {
    let filing = fixture.neighbour().await;
    let writer = tokio::spawn(async move {
        for number in 0..40_u128 {
            let case = sealed_in(&*filing, number, "live").await;
            record(&*filing, &case, &[]).await.unwrap();
        }
    });
    while !writer.is_finished() {
        let record = fixture.docket.room(&room("live")).await.unwrap();
        let (rounds, steps) = (record.rev / 3, record.rev % 3);
        assert_eq!(record.live.len() as u64, u64::from(steps > 0), "{record:?}");
        assert_eq!(record.ended.len() as u64, rounds.min(ENDED_CASES_IN_DOCKET as u64), "{record:?}");
        let state = record.live.first().map(|case| case.state.name());
        assert_eq!(state, [None, Some(CaseState::Open), Some(CaseState::Sealed)][usize::try_from(steps).unwrap()]);
    }
    writer.await.unwrap();
}

pub async fn an_unknown_room_is_empty(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let incarnation = docket.history().await.unwrap().current().id;
    let empty = RoomRecord { incarnation, ..RoomRecord::default() };
    assert_eq!(docket.room(&room("nowhere")).await.unwrap(), empty);
    let all = CaseQuery { room: room("nowhere"), states: CaseState::ALL.into(), limit: 10, before: None };
    assert_eq!(cases(docket, &all).await, []);
    let nowhere = VerdictQuery::OfRoom { room: room("nowhere"), before: None, limit: 10 };
    assert_eq!(verdicts(docket, &nowhere).await, []);
    assert_eq!(docket.audit(draft(1, "nowhere").id).await.unwrap(), []);
}

pub async fn revs_cover_live_and_requested_rooms(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    assert_eq!(docket.revs(&[]).await.unwrap(), []);
    opened(docket, 1, "open").await;
    sealed_in(docket, 2, "sealed").await;
    let over = sealed_in(docket, 3, "over").await;
    record(docket, &over, &[]).await.unwrap();
    docket.add(&draft(4, "drafts"), &[], None).await.unwrap();

    let rev = |name, rev, live| RoomRev { room: room(name), rev, live };
    let sorted = |mut revs: Vec<RoomRev>| {
        revs.sort_by(|a, b| a.room.cmp(&b.room));
        revs
    };
    let live = [rev("open", 1, true), rev("sealed", 2, true)];
    assert_eq!(sorted(docket.revs(&[]).await.unwrap()), live);
    let known = [room("sealed"), room("over"), room("drafts"), room("nowhere")];
    let all =
        [rev("drafts", 0, false), rev("nowhere", 0, false), live[0].clone(), rev("over", 3, false), live[1].clone()];
    assert_eq!(sorted(docket.revs(&known).await.unwrap()), all);
}

pub async fn cases_are_paged_newest_first(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    // All drafts are of one millisecond, and are added in another order than that of their ids.
    for number in [3, 1, 4, 11, 5, 9, 2, 6] {
        docket.add(&draft(number, "live"), &[], None).await.unwrap();
    }
    opened(docket, 7, "live").await;
    opened(docket, 8, "other").await;
    let pages = async |states: &[CaseState], limit| {
        let (mut numbers, mut before) = (Vec::new(), None);
        loop {
            let query = CaseQuery { room: room("live"), states: states.into(), limit, before };
            let page = cases(docket, &query).await;
            assert!(page.len() <= limit as usize);
            let Some(last) = page.last() else { return numbers };
            before = Some(last.id);
            numbers.extend(page.iter().map(|case| case.id.0.as_u128()));
        }
    };
    assert_eq!(pages(&CaseState::ALL, 4).await, [11, 9, 7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(pages(&CaseState::ALL, 100).await, [11, 9, 7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(pages(&[CaseState::Draft], 3).await, [11, 9, 6, 5, 4, 3, 2, 1]);
    assert_eq!(pages(&[CaseState::Open, CaseState::Sealed], 1).await, [7]);
    assert_eq!(pages(&[], 5).await, []);
    let one = CaseQuery { room: room("live"), states: vec![CaseState::Open], limit: 1, before: None };
    assert_eq!(cases(docket, &one).await, docket.room(&room("live")).await.unwrap().live);
}

pub async fn verdicts_are_paged_in_both_directions(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let mut all = Vec::new();
    // All verdicts are of one millisecond.
    for number in 0..12_u128 {
        let name = if number % 3 == 0 { "other" } else { "live" };
        let case = sealed_in(docket, 100 - number, name).await;
        all.push((all.len() as u64 + 1, record(docket, &case, &ballots(2)).await.unwrap()));
    }
    file(docket, &opened(docket, 200, "live").await.seal(live_jury_court::SealedBy::Deadline, 0).unwrap())
        .await
        .unwrap();

    let (mut forth, mut after) = (Vec::new(), 0);
    loop {
        let page = verdicts(docket, &VerdictQuery::After { after, limit: 5 }).await;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        forth.extend(page);
    }
    assert_eq!(forth, all);

    let (mut back, mut before) = (Vec::new(), None);
    loop {
        let page = verdicts(docket, &VerdictQuery::OfRoom { room: room("live"), before, limit: 3 }).await;
        let Some((last, _)) = page.last() else { break };
        before = Some(*last);
        back.extend(page);
    }
    all.retain(|(_, case)| case.room == room("live"));
    all.reverse();
    assert_eq!(back, all);

    let beyond = VerdictQuery::After { after: u64::MAX, limit: 5 };
    assert_eq!(verdicts(docket, &beyond).await, []);
    let whole = VerdictQuery::OfRoom { room: room("live"), before: Some(u64::MAX), limit: u32::MAX };
    assert_eq!(verdicts(docket, &whole).await, all);
}

pub async fn the_docket_answers_a_ping(fixture: DocketFixture) {
    fixture.docket.ping().await.unwrap();
}

/// Two nodes notice at the same time that the docket went back.
pub async fn an_incarnation_begins_once(fixture: DocketFixture) {
    let (docket, neighbour) = (&*fixture.docket, fixture.neighbour().await);
    let mut recorded = Vec::new();
    for number in 0..3 {
        let case = sealed_in(docket, number, "live").await;
        recorded.push(record(docket, &case, &[]).await.unwrap().id);
    }
    let before = docket.history().await.unwrap();
    assert_eq!((before.docket_id(), before.last_place), (before.current().id, 3));
    assert_eq!(docket.places(1, 10).await.unwrap(), [(2, recorded[1]), (3, recorded[2])]);
    let first = before.current().id;
    let (here, there) =
        tokio::join!(docket.begin_incarnation(first, 2, 2, NOW_MS), neighbour.begin_incarnation(first, 2, 2, NOW_MS));
    assert_ne!(here.unwrap(), there.unwrap(), "one of them began it");
    assert!(!docket.begin_incarnation(first, 9, 0, NOW_MS).await.unwrap(), "that incarnation has ended");

    let after = docket.history().await.unwrap();
    let current = after.current();
    let events = docket.events(0, 100).await.unwrap();
    let recorded_second = events.iter().rfind(|event| event.case == recorded[1]).unwrap().seq;
    assert_eq!((current.number, current.verdicts_kept, current.events_kept), (2, 2, recorded_second));
    assert_eq!((after.docket_id(), after.verdicts_kept_since(first)), (first, 2));
    assert_eq!(docket.room(&room("live")).await.unwrap().incarnation, current.id);
}
