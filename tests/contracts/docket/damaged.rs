//! Damaged rows: reported with their column, never used, and never a panic.

use live_jury_server::docket::DocketError;
use live_jury_tests::postgres::Postgres;

use super::builders::{ballots, draft, opened, record, room, sealed_in};
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
        ("brief = '{'", "brief"),
        ("brief = '{\"title\": \"no options\", \"options\": []}'", "brief"),
        ("created_at_ms = -1", "created_at_ms"),
        ("epoch = NULL", "epoch"),
        ("opened_at_ms = NULL", "opened_at_ms"),
        ("closes_at_ms = -1", "closes_at_ms"),
        ("extended_s = NULL", "extended_s"),
        ("key_fingerprint = NULL", "key_fingerprint"),
        ("sealed_by = '{\"how\": \"deadline\"}'", "sealed_by"),
        ("verdict = '{}'", "verdict"),
    ];
    for (number, (damage, column)) in damages.into_iter().enumerate() {
        let case = opened(docket, number as u128, &format!("room-{number}")).await;
        fixture.execute(&format!("UPDATE cases SET {damage} WHERE room = '{}'", case.room)).await.unwrap();
        names(docket.case(case.id).await, column);
        if column != "room" && damage != "state = 'draft'" && !damage.contains("melted") && !damage.contains("decided")
        {
            names(docket.room(&case.room).await, column);
        }
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
        names(docket.room(&case.room).await, column);
    }
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
        ("side = NULL, cast_at_min = -1", "cast_at_min"),
    ] {
        fixture.execute(&format!("UPDATE ballots SET {damage}")).await.unwrap();
        names(docket.ballots(case.id).await, column);
        names(docket.ballots_of(case.id, &[juror]).await, column);
    }
    assert!(fixture.execute("UPDATE ballots SET juror = NULL").await.is_err());
}

pub async fn a_damaged_room_is_reported_with_its_column(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    opened(docket, 1, "live").await;
    fixture.execute("UPDATE rooms SET rev = -1").await.unwrap();
    names(docket.room(&room("live")).await, "rev");
    names(docket.revs(&[]).await, "rev");
    assert!(fixture.execute("UPDATE rooms SET live = -1").await.is_err());
    fixture.execute("UPDATE rooms SET rev = 1, room = 'not a room'").await.unwrap();
    names(docket.revs(&[]).await, "room");
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
