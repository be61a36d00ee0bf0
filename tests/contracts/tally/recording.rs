//! Ballots of an open case: counted, repeated, changed.

use std::collections::HashMap;

use live_jury_court::StoredBallot;
use live_jury_server::tally::{BATCH_BALLOTS_MAX, Cast, RecordResult, StoredBallotAt, TallyError};

use super::fixture::{TallyFixture, cast, change, end_time, in_epoch, juror, new_case, open, open_changing};

pub async fn a_ballot_counts_once<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    let first = store.record(case, in_epoch(1), 0, &[cast(1, 0), cast(2, 1)]).await.unwrap();
    assert_eq!(
        first.results,
        [RecordResult::Counted { option: 0, change: 0 }, RecordResult::Counted { option: 1, change: 0 }]
    );
    assert_eq!((first.state.rev, &first.state.counts[..]), (1, &[1, 1, 0][..]));

    let second = store.record(case, in_epoch(1), 1, &[cast(1, 2), cast(3, 1)]).await.unwrap();
    assert_eq!(
        second.results,
        [RecordResult::AlreadyVoted { option: 0, change: 0 }, RecordResult::Counted { option: 1, change: 0 }]
    );
    assert_eq!((second.state.rev, &second.state.counts[..]), (2, &[1, 2, 0][..]));
    assert_eq!(store.poll(case, in_epoch(1), 2).await.unwrap().counts, second.state.counts);
}

pub async fn a_batch_may_hold_a_juror_twice<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    let batch = [cast(1, 2), cast(1, 2), cast(1, 0), cast(2, 0)];
    let recorded = store.record(case, in_epoch(1), 0, &batch).await.unwrap();
    assert_eq!(
        recorded.results,
        [
            RecordResult::Counted { option: 2, change: 0 },
            RecordResult::Duplicate { option: 2, change: 0 },
            RecordResult::AlreadyVoted { option: 2, change: 0 },
            RecordResult::Counted { option: 0, change: 0 },
        ]
    );
    assert_eq!(recorded.state.counts, [1, 0, 1]);
}

pub async fn a_batch_may_be_repeated<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    let batch = [cast(1, 0), cast(2, 1), cast(3, 1)];
    let first = store.record(case, in_epoch(1), 0, &batch).await.unwrap();
    store.record(case, in_epoch(1), 0, &[cast(4, 2)]).await.unwrap();
    let again = store.record(case, in_epoch(1), 0, &batch).await.unwrap();
    for (first, again) in first.results.iter().zip(&again.results) {
        let (&RecordResult::Counted { option, change }, &again) = (first, again) else {
            panic!("{first:?}, {again:?}")
        };
        assert_eq!(again, RecordResult::Duplicate { option, change });
    }
    assert_eq!((again.state.rev, &again.state.counts[..]), (2, &[1, 2, 1][..]));
}

pub async fn changes_are_numbered<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open_changing(fixture).await);
    let record_one = async |cast: Cast| store.record(case, in_epoch(1), 0, &[cast]).await.unwrap();
    assert_eq!(record_one(change(1, 0, 0)).await.results, [RecordResult::Counted { option: 0, change: 0 }]);
    assert_eq!(record_one(change(1, 1, 2)).await.results, [RecordResult::Duplicate { option: 0, change: 0 }]);
    let changed = record_one(change(1, 1, 1)).await;
    assert_eq!(changed.results, [RecordResult::Changed { option: 1, change: 1 }]);
    assert_eq!((changed.state.rev, &changed.state.counts[..]), (2, &[0, 1, 0][..]));
    assert_eq!(record_one(change(1, 1, 2)).await.results, [RecordResult::Changed { option: 1, change: 2 }]);
    // Delayed repeats.
    assert_eq!(record_one(change(1, 0, 0)).await.results, [RecordResult::Duplicate { option: 1, change: 2 }]);
    assert_eq!(record_one(change(1, 1, 1)).await.results, [RecordResult::Duplicate { option: 1, change: 2 }]);
    // After a loss, the first ballot of a juror may have any change number.
    assert_eq!(record_one(change(2, 2, 7)).await.results, [RecordResult::Counted { option: 2, change: 7 }]);
    let last = record_one(change(2, 0, u32::MAX)).await;
    assert_eq!(last.results, [RecordResult::Duplicate { option: 2, change: 7 }]);
    assert_eq!(last.state.counts, [0, 1, 1]);
}

pub async fn one_batch_may_hold_several_changes_of_a_juror<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open_changing(fixture).await);
    let batch = [change(1, 0, 0), change(1, 1, 1), change(1, 0, 0), change(1, 2, 2)];
    let recorded = store.record(case, in_epoch(1), 0, &batch).await.unwrap();
    assert_eq!(
        recorded.results,
        [
            RecordResult::Counted { option: 0, change: 0 },
            RecordResult::Changed { option: 1, change: 1 },
            RecordResult::Duplicate { option: 1, change: 1 },
            RecordResult::Changed { option: 2, change: 2 },
        ]
    );
    assert_eq!(recorded.state.counts, [0, 0, 1]);
    let stored = store.ballots_of(case, &[juror(1)]).await.unwrap()[0].unwrap().ballot;
    assert_eq!((stored.option, stored.change), (2, 2));
}

pub async fn an_unknown_option_changes_nothing<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    let refused = store.record(case, in_epoch(1), 0, &[cast(1, 0), cast(2, 3)]).await;
    assert!(matches!(refused, Err(TallyError::Malformed(_))), "{refused:?}");
    assert_eq!(store.poll(case, in_epoch(1), 0).await.unwrap().ballots(), 0);
    assert_eq!(store.ballots_of(case, &[juror(1)]).await.unwrap(), [None]);
}

pub async fn an_empty_batch_reads_the_state<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    let recorded = store.record(case, in_epoch(1), 0, &[]).await.unwrap();
    assert_eq!((recorded.results.len(), recorded.state.rev), (0, 0));
}

pub async fn the_largest_batch_is_recorded<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    let batch: Vec<_> = (0..BATCH_BALLOTS_MAX as u64).map(|n| cast(n, (n % 3) as u8)).collect();
    let recorded = store.record(case, in_epoch(1), 0, &batch).await.unwrap();
    assert_eq!(recorded.results.len(), batch.len());
    assert_eq!(recorded.state.counts, [334, 333, 333]);
    let jurors: Vec<_> = (0..2 * BATCH_BALLOTS_MAX as u64).map(juror).collect();
    let known = store.ballots_of(case, &jurors).await.unwrap();
    assert!(known.iter().enumerate().all(|(n, ballot)| ballot.is_some() == (n < BATCH_BALLOTS_MAX)));
}

pub async fn ballots_of_jurors_follow_the_requested_order<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    let now_min = store.record(case, in_epoch(1), 0, &[cast(1, 1), cast(2, 2)]).await.unwrap().state.now_ms / 60_000;
    let of = store.ballots_of(case, &[juror(2), juror(9), juror(1), juror(2)]).await.unwrap();
    let stored = |n, option| {
        let Cast { juror, side, marks, .. } = cast(n, option);
        let ballot = StoredBallot { juror, option, side, marks, change: 0, cast_at_min: now_min };
        Some(StoredBallotAt { epoch: 1, ballot })
    };
    assert_eq!(of, [stored(2, 2), None, stored(1, 1), stored(2, 2)]);
    assert_eq!(store.ballots_of(case, &[]).await.unwrap(), []);
    assert_eq!(store.ballots_of(new_case(), &[juror(1)]).await.unwrap(), [None]);
}

pub async fn acknowledged_ballots_survive_a_crash<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    let before = store.record(case, in_epoch(1), 0, &[cast(1, 1), cast(2, 2)]).await.unwrap().state;
    drop(store);
    fixture.crash().await;
    let store = fixture.store();
    let after = store.poll(case, in_epoch(1), before.rev).await.unwrap();
    assert_eq!((after.counts, after.rev), (before.counts, before.rev));
    let again = store.record(case, in_epoch(1), before.rev, &[cast(1, 1), cast(3, 0)]).await.unwrap();
    assert_eq!(
        again.results,
        [RecordResult::Duplicate { option: 1, change: 0 }, RecordResult::Counted { option: 0, change: 0 }]
    );
}

/// The rule of [`RecordResult`] a second time, in its simplest form.
struct Model {
    allow_change: bool,
    stored: HashMap<[u8; 16], (u8, u32)>,
}

impl Model {
    fn answer(&mut self, cast: &Cast, open: bool) -> RecordResult {
        let number = if self.allow_change { cast.change } else { 0 };
        match self.stored.get(&cast.juror.0).copied() {
            None if open => {
                self.stored.insert(cast.juror.0, (cast.option, number));
                RecordResult::Counted { option: cast.option, change: number }
            }
            None => RecordResult::Closed,
            Some((option, change)) if !self.allow_change && option == cast.option => {
                RecordResult::Duplicate { option, change }
            }
            Some((option, change)) if !self.allow_change && open => RecordResult::AlreadyVoted { option, change },
            Some((_, change)) if self.allow_change && open && number == change + 1 => {
                self.stored.insert(cast.juror.0, (cast.option, number));
                RecordResult::Changed { option: cast.option, change: number }
            }
            Some((option, change)) if self.allow_change && (open || number <= change) => {
                RecordResult::Duplicate { option, change }
            }
            Some(_) => RecordResult::Closed,
        }
    }
}

pub async fn random_batches_match_the_model<F: TallyFixture>(fixture: &mut F) {
    for seed in 0..12 {
        let mut chance = fastrand::Rng::with_seed(seed);
        let allow_change = seed % 2 == 0;
        let case = if allow_change { open_changing(fixture).await } else { open(fixture).await };
        let (store, mut model) = (fixture.store(), Model { allow_change, stored: HashMap::new() });
        let mut rev = 0;
        for round in 0..30 {
            if round == 24 {
                end_time(fixture, case).await;
            }
            let batch: Vec<_> =
                (0..chance.u64(0..40)).map(|_| change(chance.u64(0..60), chance.u8(0..3), chance.u32(0..4))).collect();
            let recorded = store.record(case, in_epoch(1), rev, &batch).await.unwrap();
            let expected: Vec<_> = batch.iter().map(|cast| model.answer(cast, round < 24)).collect();
            assert_eq!(recorded.results, expected, "seed {seed}, round {round}");
            let wrote =
                expected.iter().any(|a| matches!(a, RecordResult::Counted { .. } | RecordResult::Changed { .. }));
            assert_eq!(recorded.state.rev, rev + u64::from(wrote), "seed {seed}, round {round}");
            let mut counts = [0; 3];
            model.stored.values().for_each(|&(option, _)| counts[usize::from(option)] += 1);
            assert_eq!(recorded.state.counts, counts, "seed {seed}, round {round}");
            rev = recorded.state.rev;
        }
    }
}
