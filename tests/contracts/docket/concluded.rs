//! Verdicts: filed with their ballots in one transaction, in an order that a reader can follow.

use std::time::Duration;

use live_jury_court::{Pseudonym, StoredBallot};
use live_jury_server::docket::{DocketError, VerdictQuery};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::builders::{
    attestation, ballot, ballots, decided, entry, file, lost, opened, record, room, sealed, sealed_in, verdicts,
};
use super::fixture::DocketFixture;

/// Limit for recording 100,000 ballots. It is far above the time of bulk inserts and below that of single ones.
const RECORD_MAX: Duration = Duration::from_secs(20);
/// Limit for a reader that waits for the next verdict while others record.
const FOLLOW_MAX: Duration = Duration::from_secs(30);

fn in_order(mut ballots: Vec<StoredBallot>) -> Vec<StoredBallot> {
    ballots.sort_by_key(|ballot| ballot.juror);
    ballots
}

pub async fn ballots_are_read_back_equal_and_sorted(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    // Sizes around those at which a docket may split its inserts.
    for (number, size) in [0, 1, 2, 499, 500, 501, 1_000, 1_234].into_iter().enumerate() {
        let name = format!("room-{number}");
        let case = sealed_in(docket, number as u128, &name).await;
        let cast = ballots(size);
        let case = record(docket, &case, &cast).await.unwrap();
        let cast = in_order(cast);
        assert_eq!(docket.ballots(case.id).await.unwrap(), cast);
        let mut paged: Vec<StoredBallot> = Vec::new();
        loop {
            let page = docket.ballots_after(case.id, paged.last().map(|last| last.juror), 400).await.unwrap();
            assert!(page.len() <= 400);
            if page.is_empty() {
                break;
            }
            paged.extend(page);
        }
        assert_eq!(paged, cast);
        assert_eq!(docket.case(case.id).await.unwrap(), Some(case.clone()));

        let (asked, answers): (Vec<_>, Vec<_>) =
            (0..1_000).rev().map(|juror| (ballot(juror).juror, (juror < size).then(|| ballot(juror)))).unzip();
        assert_eq!(docket.ballots_of(case.id, &asked).await.unwrap(), answers);
    }
    let unknown = opened(docket, 100, "other").await.id;
    assert_eq!(docket.ballots(unknown).await.unwrap(), []);
    let twice = [ballot(0).juror, ballot(0).juror];
    assert_eq!(docket.ballots_of(unknown, &twice).await.unwrap(), [None, None]);
    assert_eq!(docket.ballots_of(unknown, &[]).await.unwrap(), []);
}

pub async fn a_duplicate_juror_rolls_the_filing_back(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let case = sealed_in(docket, 1, "live").await;
    let before = docket.room(&case.room).await.unwrap();
    let mut cast = ballots(2_000);
    cast.push(StoredBallot { option: 2, ..cast[7] });
    assert!(matches!(record(docket, &case, &cast).await, Err(DocketError::Malformed(_))));
    assert_eq!(docket.room(&case.room).await.unwrap(), before);
    assert_eq!(docket.case(case.id).await.unwrap(), Some(case.clone()));
    assert_eq!(docket.audit(case.id).await.unwrap().len(), 2);
    assert_eq!(docket.ballots(case.id).await.unwrap(), []);
    cast.pop();
    record(docket, &case, &cast).await.unwrap();
    assert_eq!(docket.ballots(case.id).await.unwrap().len(), 2_000);
}

pub async fn ballots_of_a_recorded_case_are_not_deleted(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let recorded = record(docket, &sealed_in(docket, 1, "live").await, &ballots(3)).await.unwrap();
    sealed_in(docket, 2, "live").await;
    let filed_in_part = "INSERT INTO ballots (case_id, juror, option, change, cast_at_min) \
                         SELECT cases.id, juror, option, change, cast_at_min FROM ballots, cases \
                         WHERE cases.state = 'sealed'";
    fixture.execute(filed_in_part).await.unwrap();
    let refused = fixture.execute("DELETE FROM ballots").await.unwrap_err().to_string();
    assert!(refused.contains("recorded case"), "{refused}");
    let of_waiting = "DELETE FROM ballots WHERE case_id IN (SELECT id FROM cases WHERE state = 'sealed')";
    fixture.execute(of_waiting).await.unwrap();
    // The same rows fit again, so they were deleted.
    fixture.execute(filed_in_part).await.unwrap();
    assert_eq!(docket.ballots(recorded.id).await.unwrap(), in_order(ballots(3)));
}

/// The database refuses the last ballot. The ranges before it stay, and nobody reads them.
pub async fn a_filing_that_fails_keeps_the_ranges_before(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let case = sealed_in(docket, 1, "live").await;
    let cast = in_order(ballots(45_000));
    fixture.refuse_ballot_of(cast[44_999].juror).await;
    let before = docket.room(&case.room).await.unwrap();
    assert!(record(docket, &case, &cast).await.is_err());
    assert_eq!(docket.room(&case.room).await.unwrap(), before);
    assert_eq!(docket.case(case.id).await.unwrap(), Some(case.clone()));
    assert_eq!(docket.audit(case.id).await.unwrap().len(), 2);
    assert_eq!(verdicts(docket, &VerdictQuery::After { after: 0, limit: 10 }).await, []);
    assert_eq!(fixture.number("SELECT count(*) FROM ballots").await, 40_000);
    assert_eq!(docket.ballots(case.id).await.unwrap(), []);
    assert_eq!(docket.ballots_of(case.id, &[cast[0].juror]).await.unwrap(), [None]);
    fixture.lift_refusal().await;
    record(docket, &case, &cast).await.unwrap();
    assert_eq!(docket.ballots(case.id).await.unwrap(), cast);
}

/// Rows of an earlier try: too few, of another option, of nobody who voted, and one that cannot be read.
pub async fn rows_that_do_not_add_up_are_filed_again(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let cast = in_order(ballots(20_001));
    let (known, last) = (fixture.literal(cast[7].juror), cast[20_000].juror);
    let stranger = fixture.literal(Pseudonym([0xff; 16]));
    let unrecorded = "case_id IN (SELECT id FROM cases WHERE verdict_seq IS NULL)";
    let damages = [
        format!("DELETE FROM ballots WHERE juror = {known} AND {unrecorded}"),
        format!("UPDATE ballots SET option = (option + 1) % 3 WHERE juror = {known} AND {unrecorded}"),
        format!("UPDATE ballots SET option = 900 WHERE juror = {known} AND {unrecorded}"),
        format!("UPDATE ballots SET juror = {stranger} WHERE juror = {known} AND {unrecorded}"),
    ];
    for (number, damage) in (1..).zip(damages) {
        let case = sealed_in(docket, number, "live").await;
        fixture.refuse_ballot_of(last).await;
        assert!(record(docket, &case, &cast).await.is_err());
        fixture.lift_refusal().await;
        fixture.execute(&damage).await.unwrap();
        record(docket, &case, &cast).await.unwrap();
        assert_eq!(docket.ballots(case.id).await.unwrap(), cast, "{damage}");
    }
}

pub async fn a_void_for_loss_deletes_what_was_filed(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let case = sealed_in(docket, 1, "live").await;
    let cast = in_order(ballots(20_001));
    fixture.refuse_ballot_of(cast[20_000].juror).await;
    assert!(record(docket, &case, &cast).await.is_err());
    assert_eq!(fixture.number("SELECT count(*) FROM ballots").await, 20_000);
    file(docket, &lost(case.clone())).await.unwrap();
    assert_eq!(fixture.number("SELECT count(*) FROM ballots").await, 0);
    assert_eq!(docket.ballots(case.id).await.unwrap(), []);
}

pub async fn ballots_are_filed_with_a_verdict_only(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let case = sealed(opened(docket, 1, "live").await);
    let attested = attestation(docket, &case, &ballots(1)).await.unwrap();
    let early = docket.record(&case, &entry(&case, "mod", "closed"), &ballots(1), &attested).await;
    assert!(matches!(early, Err(DocketError::Malformed(_))));
    file(docket, &case).await.unwrap();
    assert_eq!(docket.ballots(case.id).await.unwrap(), []);
    let decided = decided(case.clone(), &[]);
    let without = docket.file(&decided, &entry(&decided, "server", "decided")).await;
    assert!(matches!(without, Err(DocketError::Malformed(_))), "a record comes with its ballots");
}

pub async fn two_nodes_record_a_case_once(fixture: DocketFixture) {
    let dockets = [fixture.docket.clone(), fixture.neighbour().await];
    let case = sealed_in(&*fixture.docket, 1, "live").await;
    let mut recording = JoinSet::new();
    for docket in dockets {
        let case = case.clone();
        recording.spawn(async move { record(&*docket, &case, &ballots(5_000)).await });
    }
    let (won, beaten): (Vec<_>, Vec<_>) = recording.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    assert!(matches!(beaten[..], [Err(DocketError::Conflict(_))]), "{beaten:?}");
    assert_eq!(fixture.docket.ballots(case.id).await.unwrap(), in_order(ballots(5_000)));
    assert_eq!(fixture.docket.audit(case.id).await.unwrap().len(), 3);
    let verdicts = verdicts(&*fixture.docket, &VerdictQuery::After { after: 0, limit: 10 }).await;
    assert_eq!(verdicts, [(1, decided(case, &ballots(5_000)))]);
}

/// A reader that polls during fast and slow recordings misses no verdict.
pub async fn verdict_positions_follow_the_commit_order(fixture: DocketFixture) {
    const CASES: u64 = 32;
    let dockets = [fixture.docket.clone(), fixture.neighbour().await];
    let mut recording = JoinSet::new();
    for number in 0..CASES {
        let name = format!("room-{}", number / 8);
        let case = sealed_in(&*fixture.docket, u128::from(number), &name).await;
        let docket = dockets[usize::try_from(number % 2).unwrap()].clone();
        recording.spawn(async move {
            record(&*docket, &case, &ballots(number % 4 * 1_500)).await.unwrap();
        });
    }
    let mut seen = Vec::new();
    timeout(FOLLOW_MAX, async {
        while (seen.len() as u64) < CASES {
            let after = seen.last().copied().unwrap_or(0);
            for (place, _) in verdicts(&*fixture.docket, &VerdictQuery::After { after, limit: 5 }).await {
                assert_eq!(
                    place,
                    seen.last().copied().unwrap_or(0) + 1,
                    "a verdict came before one with a lower place"
                );
                seen.push(place);
            }
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    recording.join_all().await;
}

pub async fn a_hundred_thousand_ballots_are_recorded(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let case = sealed_in(docket, 1, "live").await;
    let cast = ballots(100_000);
    let started = Instant::now();
    let case = timeout(RECORD_MAX, record(docket, &case, &cast)).await.unwrap().unwrap();
    let recorded = started.elapsed();
    assert_eq!(docket.ballots(case.id).await.unwrap(), in_order(cast));
    println!("100,000 ballots: recorded in {recorded:?}, recorded and read in {:?}", started.elapsed());
    assert_eq!(docket.room(&room("live")).await.unwrap().ended, [case]);
}
