//! Deadlines, seals and extensions, and the answers after a seal.

use live_jury_court::SealedBy;
use live_jury_server::tally::{ClockBounds, Extension, OpenParams, RecordResult, Seal, SealTerms, TallyError};

use super::fixture::{
    HOUR_MS, TallyFixture, cast, change, end_time, extension, in_epoch, juror, new_case, open, open_changing, params,
};

fn moderator() -> SealedBy {
    SealedBy::Moderator { sub: "mod \"7\" 审".into() }
}

fn void() -> SealedBy {
    SealedBy::Void { sub: "mod".into(), reason: "wrong\nproduct — 错".into() }
}

pub async fn the_deadline_follows_the_stores_clock<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), new_case());
    let closes_at_ms = store.now_ms().await.unwrap() + 50;
    store.restore(case, &OpenParams { closes_at_ms, ..params(fixture).await }).await.unwrap();
    fixture.until(closes_at_ms).await;
    let recorded = store.record(case, in_epoch(1), 0, &[cast(1, 0)]).await.unwrap();
    assert_eq!(recorded.results, [RecordResult::Closed]);
    assert_eq!((recorded.state.ballots(), recorded.state.seal), (0, None));
    assert!(recorded.state.now_ms >= closes_at_ms);
    let seal = store.seal(case, in_epoch(1), &SealedBy::Deadline).await.unwrap().seal.unwrap();
    assert_eq!(seal.by, SealedBy::Deadline);
    assert!(seal.at_ms >= closes_at_ms);
}

pub async fn a_deadline_seal_waits_for_the_deadline<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    assert_eq!(store.seal(case, in_epoch(1), &SealedBy::Deadline).await.unwrap().seal, None);
    let recorded = store.record(case, in_epoch(1), 0, &[cast(1, 0)]).await.unwrap();
    assert_eq!(recorded.results, [RecordResult::Counted { option: 0, change: 0 }]);
    end_time(fixture, case).await;
    let seal = store.seal(case, in_epoch(1), &SealedBy::Deadline).await.unwrap().seal.unwrap();
    assert_eq!(seal.by, SealedBy::Deadline);
}

pub async fn the_first_seal_is_final<F: TallyFixture>(fixture: &mut F) {
    let store = fixture.store();
    for (first, second) in [(moderator(), void()), (void(), moderator())] {
        let case = open(fixture).await;
        store.record(case, in_epoch(1), 0, &[cast(1, 2)]).await.unwrap();
        let sealed = store.seal(case, in_epoch(1), &first).await.unwrap();
        let Seal { by, at_ms } = sealed.seal.clone().unwrap();
        assert_eq!((&by, sealed.counts.as_slice()), (&first, &[0, 0, 1][..]));
        assert!(at_ms <= sealed.now_ms);
        for by in [&first, &second, &SealedBy::Deadline] {
            assert_eq!(store.seal(case, in_epoch(1), by).await.unwrap().seal, sealed.seal);
        }
        assert_eq!(store.poll(case, in_epoch(1), 1).await.unwrap().seal, sealed.seal);
    }
}

pub async fn a_seal_after_the_deadline_is_recorded_as_the_deadline<F: TallyFixture>(fixture: &mut F) {
    for by in [moderator(), void()] {
        let (store, case) = (fixture.store(), open(fixture).await);
        end_time(fixture, case).await;
        assert_eq!(store.seal(case, in_epoch(1), &by).await.unwrap().seal.unwrap().by, SealedBy::Deadline);
    }
}

pub async fn a_seal_trusts_the_stores_clock_within_bounds_only<F: TallyFixture>(fixture: &mut F) {
    let store = fixture.store();
    let on =
        |earliest_ms, latest_ms| SealTerms { clock: ClockBounds { earliest_ms, latest_ms }, ..SealTerms::default() };
    // The store's clock is past the deadline, and cannot be.
    let case = open(fixture).await;
    let ended_ms = end_time(fixture, case).await.closes_at_ms;
    for by in [SealedBy::Deadline, moderator(), void()] {
        let early = store.seal_on(case, in_epoch(1), &by, &on(0, ended_ms - 1)).await.unwrap();
        assert_eq!(early.seal, None, "{by:?}");
    }
    let seal = store.seal_on(case, in_epoch(1), &moderator(), &on(0, ended_ms)).await.unwrap().seal;
    assert_eq!(seal, Some(Seal { by: SealedBy::Deadline, at_ms: ended_ms }));

    // The store's clock is before the deadline, and cannot be.
    let case = open(fixture).await;
    let closes_at_ms = store.poll(case, in_epoch(1), 0).await.unwrap().closes_at_ms;
    let early = store.seal_on(case, in_epoch(1), &SealedBy::Deadline, &on(closes_at_ms - 1, u64::MAX)).await.unwrap();
    assert_eq!(early.seal, None);
    let seal = store.seal_on(case, in_epoch(1), &moderator(), &on(closes_at_ms + 7, u64::MAX)).await.unwrap().seal;
    assert_eq!(seal, Some(Seal { by: SealedBy::Deadline, at_ms: closes_at_ms + 7 }));
}

pub async fn repeats_are_answered_after_the_seal<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    store.record(case, in_epoch(1), 0, &[cast(1, 0), cast(2, 1)]).await.unwrap();
    store.seal(case, in_epoch(1), &moderator()).await.unwrap();
    let late = store.record(case, in_epoch(1), 1, &[cast(1, 0), cast(2, 2), cast(3, 0)]).await.unwrap();
    assert_eq!(
        late.results,
        [RecordResult::Duplicate { option: 0, change: 0 }, RecordResult::Closed, RecordResult::Closed]
    );
    assert_eq!((late.state.rev, late.state.ballots()), (1, 2));

    let case = open_changing(fixture).await;
    store.record(case, in_epoch(1), 0, &[change(1, 0, 0), change(1, 1, 1)]).await.unwrap();
    store.seal(case, in_epoch(1), &moderator()).await.unwrap();
    let late = store.record(case, in_epoch(1), 1, &[change(1, 2, 0), change(1, 1, 1), change(1, 0, 2)]).await.unwrap();
    let stored = RecordResult::Duplicate { option: 1, change: 1 };
    assert_eq!(late.results, [stored, stored, RecordResult::Closed]);
    assert_eq!(late.state.counts, [0, 1, 0]);
}

pub async fn an_extension_is_applied_once<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    let from_ms = store.poll(case, in_epoch(1), 0).await.unwrap().closes_at_ms;
    let to_ms = from_ms + 30_000;
    for _ in 0..2 {
        assert_eq!(store.extend(case, in_epoch(1), &extension(from_ms, to_ms)).await.unwrap().closes_at_ms, to_ms);
    }
    // A second moderator, with the old deadline.
    let late = Extension { by: "max".to_owned(), ..extension(from_ms, from_ms + HOUR_MS) };
    assert_eq!(store.extend(case, in_epoch(1), &late).await.unwrap().closes_at_ms, to_ms);
    assert_eq!(store.poll(case, in_epoch(1), 0).await.unwrap().closes_at_ms, to_ms);
}

pub async fn the_store_knows_who_moved_the_deadline<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    assert_eq!(store.extension(case).await.unwrap(), None);
    assert_eq!(store.extension(new_case()).await.unwrap(), None);
    let mut from_ms = store.poll(case, in_epoch(1), 0).await.unwrap().closes_at_ms;
    for by in ["mia \"7\" 审", "max"] {
        let extension = Extension { by: by.to_owned(), from_ms, to_ms: from_ms + 30_000 };
        store.extend(case, in_epoch(1), &extension).await.unwrap();
        assert_eq!(store.extension(case).await.unwrap(), Some(extension));
        from_ms += 30_000;
    }
    // A new epoch has a deadline of its own.
    store.restore(case, &OpenParams { epoch: 2, draft: 0, ..params(fixture).await }).await.unwrap();
    assert_eq!(store.extension(case).await.unwrap(), None);
}

pub async fn a_seal_can_depend_on_the_deadline_that_was_seen<F: TallyFixture>(fixture: &mut F) {
    for by in [moderator(), void()] {
        let (store, case) = (fixture.store(), open(fixture).await);
        let from_ms = store.poll(case, in_epoch(1), 0).await.unwrap().closes_at_ms;
        store.extend(case, in_epoch(1), &extension(from_ms, from_ms + 30_000)).await.unwrap();
        let seen = |ms| SealTerms { seen_closes_at_ms: Some(ms), ..SealTerms::default() };
        let state = store.seal_on(case, in_epoch(1), &by, &seen(from_ms)).await.unwrap();
        assert_eq!((state.seal, state.closes_at_ms), (None, from_ms + 30_000));
        assert_eq!(store.seal_on(case, in_epoch(1), &by, &seen(from_ms + 30_000)).await.unwrap().seal.unwrap().by, by);
        // A repeat, and any other call, finds the seal.
        assert_eq!(store.seal_on(case, in_epoch(1), &by, &seen(from_ms)).await.unwrap().seal.unwrap().by, by);
    }
}

pub async fn a_closed_case_is_not_extended<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    let ended_ms = end_time(fixture, case).await.closes_at_ms;
    assert_eq!(
        store.extend(case, in_epoch(1), &extension(ended_ms, ended_ms + HOUR_MS)).await.unwrap().closes_at_ms,
        ended_ms
    );

    let case = open(fixture).await;
    let closes_at_ms = store.seal(case, in_epoch(1), &moderator()).await.unwrap().closes_at_ms;
    let state = store.extend(case, in_epoch(1), &extension(closes_at_ms, closes_at_ms + 1)).await.unwrap();
    assert_eq!((state.closes_at_ms, state.seal.unwrap().by), (closes_at_ms, moderator()));
}

pub async fn ballots_are_readable_after_the_seal_only<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    for batch in 0..5 {
        let casts: Vec<_> = (batch * 500..batch * 500 + 500).map(|n| cast(n, (n % 3) as u8)).collect();
        store.record(case, in_epoch(1), 0, &casts).await.unwrap();
    }
    let early = store.ballots(case, in_epoch(1)).await;
    assert!(matches!(early, Err(TallyError::Malformed(_))), "{early:?}");
    let sealed = store.seal(case, in_epoch(1), &moderator()).await.unwrap();
    let ballots = store.ballots(case, in_epoch(1)).await.unwrap();
    assert_eq!(ballots.len(), 2_500);
    assert!(ballots.is_sorted_by(|a, b| a.juror < b.juror));
    let of = |option| ballots.iter().filter(|ballot| ballot.option == option).count() as u64;
    assert_eq!(sealed.counts, [of(0), of(1), of(2)]);
    assert!(
        ballots
            .iter()
            .all(|ballot| ballot.cast_at_min == sealed.now_ms / 60_000
                || ballot.cast_at_min + 1 == sealed.now_ms / 60_000)
    );

    let empty = open(fixture).await;
    store.seal(empty, in_epoch(1), &void()).await.unwrap();
    assert_eq!(store.ballots(empty, in_epoch(1)).await.unwrap(), []);
}

pub async fn a_released_case_answers_late_repeats<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    store.record(case, in_epoch(1), 0, &[cast(1, 0)]).await.unwrap();
    store.seal(case, in_epoch(1), &moderator()).await.unwrap();
    store.release(case).await.unwrap();
    store.release(case).await.unwrap();
    let late = store.record(case, in_epoch(1), 1, &[cast(1, 0), cast(2, 0)]).await.unwrap();
    assert_eq!(late.results, [RecordResult::Duplicate { option: 0, change: 0 }, RecordResult::Closed]);
    assert!(store.ballots_of(case, &[juror(1)]).await.unwrap()[0].is_some());
    assert_eq!(store.ballots(case, in_epoch(1)).await.unwrap().len(), 1);
    store.release(new_case()).await.unwrap();
}
