//! Damaged rows: reported with their column, never used, and never a panic.

use live_jury_court::Case;
use live_jury_protocol::CaseState;
use live_jury_server::docket::{CaseQuery, DocketError, RoomRev, StoredCase, VerdictQuery};
use live_jury_tests::postgres::Postgres;

use super::builders::{ballots, draft, opened, record, room, sealed_in, verdicts};
use super::fixture::DocketFixture;

fn names<T: std::fmt::Debug>(result: Result<T, DocketError>, column: &str) {
    match result {
        Err(DocketError::Malformed(why)) => assert!(why.contains(column), "{why} does not name {column}"),
        other => panic!("{column}: {other:?}"),
    }
}

pub async fn a_damaged_case_is_reported_with_its_column(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let damages = [
        ("room = 'not a room'", "room"),
        ("state = 'melted'", "state"),
        ("state = 'draft'", "key_fingerprint"),
        ("state = 'decided'", "verdict"),
        ("state = 'sealed'", "sealed_by"),
        ("version = -1", "version"),
        ("format = 5", "format"),
        ("brief = '{'", "brief"),
        ("brief = '{\"title\": \"no options\"}'", "brief"),
        ("created_at_ms = -1", "created_at_ms"),
        ("epoch = NULL", "epoch"),
        ("opened_at_ms = NULL", "opened_at_ms"),
        ("closes_at_ms = -1", "closes_at_ms"),
        ("extended_s = NULL", "extended_s"),
        ("key_fingerprint = NULL", "key_fingerprint"),
        ("sealed_by = '{\"how\": \"deadline\"}'", "sealed_by"),
        ("verdict = '{}'", "verdict"),
        ("loss = '{}'", "loss"),
        ("terms = '{'", "terms"),
    ];
    for (number, (damage, column)) in damages.into_iter().enumerate() {
        let case = opened(docket, number as u128, &format!("room-{number}")).await;
        fixture.execute(&format!("UPDATE cases SET {damage} WHERE room = '{}'", case.room)).await.unwrap();
        names(docket.case(case.id).await, column);
    }
    let case = sealed_in(docket, 100, "ended").await;
    let case = record(docket, &case, &[]).await.unwrap();
    for (damage, column) in [
        ("sealed_by = '{\"how\": \"magic\"}'", "sealed_by"),
        ("sealed_by = '{\"how\": \"deadline\"}', sealed_at_ms = -1", "sealed_at_ms"),
        ("sealed_at_ms = 1, state = 'void'", "verdict"),
        ("state = 'decided', verdict = '[]'", "verdict"),
    ] {
        fixture.execute(&format!("UPDATE cases SET {damage} WHERE room = 'ended'")).await.unwrap();
        names(docket.case(case.id).await, column);
    }
}

pub async fn one_damaged_case_hides_no_other(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let mut ended = Vec::new();
    for number in 1..=3 {
        let case = sealed_in(docket, number, "live").await;
        ended.push(record(docket, &case, &ballots(1)).await.unwrap());
    }
    let live = [opened(docket, 4, "live").await, opened(docket, 5, "live").await];
    fixture.execute("UPDATE cases SET brief = '{' WHERE state = 'decided' AND verdict_seq = 2").await.unwrap();
    fixture
        .execute("UPDATE cases SET epoch = -1 WHERE state = 'open' AND verdict_seq IS NULL AND brief LIKE '%case 4%'")
        .await
        .unwrap();

    let shown = docket.room(&room("live")).await.unwrap();
    assert_eq!((shown.live, shown.ended), (vec![live[1].clone()], vec![ended[2].clone(), ended[0].clone()]));
    let readable = |place, case: &Case| StoredCase { id: case.id, place, case: Some(case.clone()) };
    let damaged = |place, case: &Case| StoredCase { id: case.id, place, case: None };
    let feed = docket.verdicts(&VerdictQuery::After { after: 0, limit: 10 }).await.unwrap();
    let feed_must = [readable(Some(1), &ended[0]), damaged(Some(2), &ended[1]), readable(Some(3), &ended[2])];
    assert_eq!(feed, feed_must);
    let of_room = VerdictQuery::OfRoom { room: room("live"), before: None, limit: 2 };
    assert_eq!(docket.verdicts(&of_room).await.unwrap(), [feed_must[2].clone(), feed_must[1].clone()]);
    let open = CaseQuery { room: room("live"), states: vec![CaseState::Open], limit: 10, before: None };
    assert_eq!(docket.cases(&open).await.unwrap(), [readable(None, &live[1]), damaged(None, &live[0])]);
}

pub async fn a_record_under_other_limits_is_read(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let case = sealed_in(docket, 1, "live").await;
    let case = record(docket, &case, &ballots(1)).await.unwrap();
    let long = format!("UPDATE cases SET brief = replace(brief, 'Merchant', '{}')", "M".repeat(61));
    fixture.execute(&long).await.unwrap();
    let read = docket.case(case.id).await.unwrap().unwrap();
    assert_eq!(read.brief.options[1].label.len(), 61);
    assert_eq!(docket.room(&room("live")).await.unwrap().ended, std::slice::from_ref(&read));
    assert_eq!(verdicts(docket, &VerdictQuery::After { after: 0, limit: 1 }).await, [(1, read)]);
}

pub async fn a_damaged_ballot_is_reported_with_its_column(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let case = sealed_in(docket, 1, "live").await;
    let case = record(docket, &case, &ballots(1)).await.unwrap();
    let juror = ballots(1)[0].juror;
    for (damage, column) in [
        ("option = 256", "option"),
        ("option = 0, change = -1", "change"),
        ("change = 4294967296", "change"),
        ("change = 0, side = 'referee'", "side"),
        ("side = NULL, marks = 256", "marks"),
        ("marks = 0, cast_at_min = -1", "cast_at_min"),
    ] {
        fixture.execute(&format!("UPDATE ballots SET {damage}")).await.unwrap();
        names(docket.ballots(case.id).await, column);
        names(docket.ballots_of(case.id, &[juror]).await, column);
    }
    assert!(fixture.execute("UPDATE ballots SET juror = NULL").await.is_err());
}

pub async fn a_damaged_room_hides_no_other(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    opened(docket, 1, "live").await;
    opened(docket, 2, "other").await;
    let other = [RoomRev { room: room("other"), rev: 1, live: true }];
    fixture.execute("UPDATE rooms SET rev = -1 WHERE room = 'live'").await.unwrap();
    names(docket.room(&room("live")).await, "rev");
    assert_eq!(docket.revs(&[]).await.unwrap(), other);
    assert!(fixture.execute("UPDATE rooms SET live = -1").await.is_err());
    fixture.execute("UPDATE rooms SET rev = 1, room = 'not a room' WHERE room = 'live'").await.unwrap();
    assert_eq!(docket.revs(&[]).await.unwrap(), other);
}

pub async fn the_docket_works_again_after_an_outage() {
    let mut server = Postgres::start();
    let fixture = DocketFixture::on_url(server.fresh_database()).await;
    let docket = &*fixture.docket;
    let case = sealed_in(docket, 1, "live").await;
    server.stop();
    for unavailable in [
        docket.ping().await,
        docket.case(case.id).await.map(drop),
        docket.add(&draft(2, "live"), &[], None).await.map(drop),
        record(docket, &case, &ballots(10)).await.map(drop),
    ] {
        assert!(matches!(unavailable, Err(DocketError::Unavailable(_))), "{unavailable:?}");
    }
    server.restart();
    docket.ping().await.unwrap();
    assert_eq!(docket.case(case.id).await.unwrap(), Some(case.clone()));
    record(docket, &case, &ballots(10)).await.unwrap();
    assert_eq!(docket.ballots(case.id).await.unwrap().len(), 10);
}
