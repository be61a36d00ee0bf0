//! The marks of a ballot: stored with it, kept by a repeat, and empty where an earlier version recorded the ballot.

use live_jury_court::{Marks, SealedBy};
use live_jury_protocol::CaseId;
use live_jury_server::tally::{Cast, OpenParams, RecordResult, TallyStore};

use super::fixture::{Lost, TallyFixture, cast, change, in_epoch, juror, open, open_changing, params};

/// Jurors enough for each byte of marks.
const JURORS: u64 = 256;

fn marked(cast: Cast, marks: u8) -> Cast {
    Cast { marks: Marks::from_byte(marks), ..cast }
}

async fn marks_of(store: &dyn TallyStore, case: CaseId, number: u64) -> u8 {
    store.ballots_of(case, &[juror(number)]).await.unwrap()[0].unwrap().ballot.marks.byte()
}

fn by_a_moderator() -> SealedBy {
    SealedBy::Moderator { sub: "mod".into() }
}

pub async fn marks_are_recorded_with_the_ballot<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    let batch: Vec<Cast> = (0..JURORS).map(|n| marked(cast(n, (n % 3) as u8), n as u8)).collect();
    store.record(case, in_epoch(1), 0, &batch).await.unwrap();
    store.seal(case, in_epoch(1), &by_a_moderator()).await.unwrap();
    let ballots = store.ballots(case, in_epoch(1)).await.unwrap();
    assert_eq!(ballots.len() as u64, JURORS);
    for ballot in ballots {
        let cast = batch.iter().find(|cast| cast.juror == ballot.juror).unwrap();
        assert_eq!((ballot.option, ballot.side, ballot.marks), (cast.option, cast.side, cast.marks));
    }
}

pub async fn a_repeat_keeps_the_marks_and_a_change_replaces_them<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open_changing(fixture).await);
    for (cast, answer, marks) in [
        (marked(change(1, 0, 0), 9), RecordResult::Counted { option: 0, change: 0 }, 9),
        (marked(change(1, 0, 0), 25), RecordResult::Duplicate { option: 0, change: 0 }, 9),
        (marked(change(1, 0, 1), 25), RecordResult::Changed { option: 0, change: 1 }, 25),
        (marked(change(1, 2, 0), 0), RecordResult::Duplicate { option: 0, change: 1 }, 25),
    ] {
        assert_eq!(store.record(case, in_epoch(1), 0, &[cast]).await.unwrap().results, [answer]);
        assert_eq!(marks_of(&*store, case, 1).await, marks);
    }
}

pub async fn ballots_of_an_earlier_version_go_on_without_marks<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open_changing(fixture).await);
    // A change number with four bytes of its own shows a reader that is off by one.
    let first = [marked(change(1, 1, 0x0102_0304), 0xff), marked(change(2, 2, u32::MAX), 0xff)];
    store.record(case, in_epoch(1), 0, &first).await.unwrap();
    let before = store.ballots_of(case, &[juror(1), juror(2)]).await.unwrap();
    fixture.take_marks_away(case).await;
    let after = store.ballots_of(case, &[juror(1), juror(2)]).await.unwrap();
    for (before, after) in before.into_iter().zip(&after) {
        let mut expected = before.unwrap();
        expected.ballot.marks = Marks::default();
        assert_eq!(*after, Some(expected));
    }

    let again = [first[0], first[1], marked(change(1, 0, 0x0102_0305), 25), marked(change(3, 0, 0), 1)];
    let recorded = store.record(case, in_epoch(1), 1, &again).await.unwrap();
    assert_eq!(
        recorded.results,
        [
            RecordResult::Duplicate { option: 1, change: 0x0102_0304 },
            RecordResult::Duplicate { option: 2, change: u32::MAX },
            RecordResult::Changed { option: 0, change: 0x0102_0305 },
            RecordResult::Counted { option: 0, change: 0 },
        ]
    );
    assert_eq!(recorded.state.counts, [2, 0, 1]);
    store.seal(case, in_epoch(1), &by_a_moderator()).await.unwrap();
    assert_eq!(store.ballots(case, in_epoch(1)).await.unwrap().len(), 3);
    let marks = [marks_of(&*store, case, 1).await, marks_of(&*store, case, 2).await, marks_of(&*store, case, 3).await];
    assert_eq!(marks, [25, 0, 1]);
}

pub async fn ballots_of_an_earlier_version_survive_a_loss_of_the_case<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    store.record(case, in_epoch(1), 0, &[cast(1, 0), cast(2, 2)]).await.unwrap();
    fixture.take_marks_away(case).await;
    store.record(case, in_epoch(1), 1, &[marked(cast(3, 2), 0xff)]).await.unwrap();
    fixture.lose(case, Lost::Case).await;
    let restored = store.restore(case, &OpenParams { epoch: 2, ..params(fixture).await }).await.unwrap();
    assert_eq!((restored.epoch, &restored.counts[..]), (2, &[1, 0, 2][..]));
    let again = store.record(case, in_epoch(2), 3, &[cast(1, 0), cast(3, 0)]).await.unwrap();
    assert_eq!(
        again.results,
        [RecordResult::Duplicate { option: 0, change: 0 }, RecordResult::AlreadyVoted { option: 2, change: 0 }]
    );
}
