//! Lost data: how a store reports it, and how a restore makes the case exist again.

use live_jury_court::{SealedBy, StoreId};
use live_jury_protocol::CaseId;
use live_jury_server::tally::{OpenParams, RecordResult, StoreEpoch, TallyError, TallyStore};
use uuid::Uuid;

use super::fixture::{HOUR_MS, Lost, TallyFixture, cast, end_time, extension, in_epoch, juror, new_case, open, params};

fn moderator() -> SealedBy {
    SealedBy::Moderator { sub: "mod".into() }
}

/// The error of each call that reads the tally in this epoch.
async fn all_calls(store: &dyn TallyStore, case: CaseId, epoch: StoreEpoch) -> [Option<TallyError>; 6] {
    [
        store.record(case, epoch, 0, &[cast(1, 0)]).await.err(),
        store.poll(case, epoch, 0).await.err(),
        store.extend(case, epoch, &extension(1, 2)).await.err(),
        store.seal(case, epoch, &SealedBy::Deadline).await.err(),
        store.seal(case, epoch, &moderator()).await.err(),
        store.ballots(case, epoch).await.err(),
    ]
}

async fn assert_lost(store: &dyn TallyStore, case: CaseId, epoch: StoreEpoch) {
    for error in all_calls(store, case, epoch).await {
        assert!(matches!(error, Some(TallyError::Lost(lost)) if lost == case), "{error:?}");
    }
}

pub async fn an_unknown_case_is_lost<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), new_case());
    assert_lost(&*store, case, in_epoch(1)).await;
    assert_eq!(fixture.holds(case).await, (false, false));
}

pub async fn every_call_reports_a_lost_case<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    store.record(case, in_epoch(1), 0, &[cast(1, 0)]).await.unwrap();
    assert_eq!(fixture.holds(case).await, (true, true));
    fixture.lose(case, Lost::All).await;
    assert_lost(&*store, case, in_epoch(1)).await;
    store.release(case).await.unwrap();
    assert_eq!(fixture.holds(case).await, (false, false));
}

pub async fn missing_ballots_are_a_loss<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    store.record(case, in_epoch(1), 0, &[cast(1, 0)]).await.unwrap();
    fixture.lose(case, Lost::Ballots).await;
    assert_lost(&*store, case, in_epoch(1)).await;
    assert_eq!(fixture.holds(case).await, (true, false));
    let restored = store.restore(case, &OpenParams { epoch: 2, ..params(fixture).await }).await.unwrap();
    assert_eq!((restored.epoch, restored.rev, restored.ballots()), (2, 0, 0));
}

/// A node that does not know the new epoch learns it from the ballots.
pub async fn ballots_carry_the_epoch_they_belong_to<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    fixture.lose(case, Lost::All).await;
    assert_eq!(store.ballots_of(case, &[juror(1)]).await.unwrap(), [None]);
    store.restore(case, &OpenParams { epoch: 2, ..params(fixture).await }).await.unwrap();
    store.record(case, in_epoch(2), 0, &[cast(1, 0)]).await.unwrap();
    assert_eq!(store.ballots_of(case, &[juror(1)]).await.unwrap()[0].unwrap().epoch, 2);
}

pub async fn a_rev_that_went_back_is_a_loss<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    store.record(case, in_epoch(1), 0, &[cast(1, 0)]).await.unwrap();
    store.record(case, in_epoch(1), 1, &[cast(2, 0)]).await.unwrap();
    assert_eq!(store.poll(case, in_epoch(1), 2).await.unwrap().rev, 2);
    fixture.set_rev(case, 1).await;
    assert!(matches!(store.poll(case, in_epoch(1), 2).await, Err(TallyError::Lost(_))));
    assert!(matches!(store.record(case, in_epoch(1), 2, &[cast(3, 0)]).await, Err(TallyError::Lost(_))));
    assert_eq!(store.poll(case, in_epoch(1), 1).await.unwrap().ballots(), 2);
}

pub async fn epochs_only_grow<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), new_case());
    let params = OpenParams { epoch: 3, ..params(fixture).await };
    store.restore(case, &params).await.unwrap();
    for error in all_calls(&*store, case, in_epoch(2)).await {
        assert!(matches!(error, Some(TallyError::Superseded { epoch: 3, .. })), "{error:?}");
    }
    assert_lost(&*store, case, in_epoch(4)).await;
    let state = store.restore(case, &OpenParams { epoch: 2, ..params }).await.unwrap();
    assert_eq!(state.epoch, 3);
}

pub async fn surviving_ballots_are_kept_by_a_restore<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    store.record(case, in_epoch(1), 0, &[cast(1, 0), cast(2, 2), cast(3, 2)]).await.unwrap();
    fixture.lose(case, Lost::Case).await;
    assert_lost(&*store, case, in_epoch(1)).await;
    assert_eq!(fixture.holds(case).await, (false, true));

    let params = OpenParams { epoch: 2, ..params(fixture).await };
    let restored = store.restore(case, &params).await.unwrap();
    assert_eq!((restored.epoch, restored.rev, &restored.counts[..]), (2, 3, &[1, 0, 2][..]));
    assert_eq!((restored.closes_at_ms, restored.seal), (params.closes_at_ms, None));
    let again = store.record(case, in_epoch(2), 3, &[cast(1, 0), cast(4, 1)]).await.unwrap();
    assert_eq!(
        again.results,
        [RecordResult::Duplicate { option: 0, change: 0 }, RecordResult::Counted { option: 1, change: 0 }]
    );
    assert_eq!(again.state.rev, 4);
}

pub async fn an_existing_case_is_not_restored_again<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    store.record(case, in_epoch(1), 0, &[cast(1, 0)]).await.unwrap();
    let before = store.record(case, in_epoch(1), 0, &[cast(2, 1)]).await.unwrap().state;
    let later = OpenParams { closes_at_ms: before.closes_at_ms + HOUR_MS, ..params(fixture).await };
    let after = store.restore(case, &later).await.unwrap();
    assert_eq!((after.rev, after.closes_at_ms, &after.counts), (2, before.closes_at_ms, &before.counts));

    // A sealed case without ballots is not restored either.
    let case = open(fixture).await;
    let sealed = store.seal(case, in_epoch(1), &moderator()).await.unwrap();
    let after = store.restore(case, &later).await.unwrap();
    assert_eq!((after.seal, after.closes_at_ms), (sealed.seal, sealed.closes_at_ms));

    // A new epoch of the docket opens the case again.
    let after = store.restore(case, &OpenParams { epoch: 2, ..later }).await.unwrap();
    assert_eq!((after.seal, after.epoch, after.closes_at_ms), (None, 2, later.closes_at_ms));
}

pub async fn an_abandoned_opening_is_taken_over<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    store.release(case).await.unwrap();
    end_time(fixture, case).await;
    let anew = OpenParams { options: 5, allow_change: true, ..params(fixture).await };
    let state = store.restore(case, &anew).await.unwrap();
    assert_eq!((state.closes_at_ms, state.counts.len()), (anew.closes_at_ms, 5));
    let recorded = store.record(case, in_epoch(1), 0, &[cast(1, 4)]).await.unwrap();
    assert_eq!(recorded.results, [RecordResult::Counted { option: 4, change: 0 }]);
}

pub async fn a_delayed_opening_undoes_nothing<F: TallyFixture>(fixture: &mut F) {
    let store = fixture.store();
    for (epoch, draft) in [(1, 1), (2, 0)] {
        let (case, params) = (new_case(), OpenParams { epoch, draft, ..params(fixture).await });
        store.restore(case, &params).await.unwrap();
        let extended = store
            .extend(case, in_epoch(epoch), &extension(params.closes_at_ms, params.closes_at_ms + HOUR_MS))
            .await
            .unwrap();
        // The same call again, as from another node or a delayed packet, before anybody has voted.
        assert_eq!(store.restore(case, &params).await.unwrap().closes_at_ms, extended.closes_at_ms);
        assert_eq!(store.poll(case, in_epoch(epoch), 0).await.unwrap().closes_at_ms, extended.closes_at_ms);
    }
}

pub async fn a_later_draft_replaces_an_earlier_one_only<F: TallyFixture>(fixture: &mut F) {
    let (store, case, first) = (fixture.store(), new_case(), params(fixture).await);
    store.restore(case, &first).await.unwrap();
    let shorter = OpenParams { draft: 2, closes_at_ms: first.closes_at_ms - 1_000, options: 2, ..first };
    let state = store.restore(case, &shorter).await.unwrap();
    assert_eq!((state.closes_at_ms, state.counts.len()), (shorter.closes_at_ms, 2));
    let late = OpenParams { closes_at_ms: first.closes_at_ms + HOUR_MS, ..first };
    let state = store.restore(case, &late).await.unwrap();
    assert_eq!((state.closes_at_ms, state.counts.len()), (shorter.closes_at_ms, 2));
}

pub async fn concurrent_restores_have_one_result<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    store.record(case, in_epoch(1), 0, &[cast(1, 0), cast(2, 2)]).await.unwrap();
    fixture.lose(case, Lost::Case).await;
    let params = OpenParams { epoch: 2, ..params(fixture).await };
    let nodes: Vec<_> = (0..8)
        .map(|n| {
            let (store, params) = (fixture.store(), OpenParams { closes_at_ms: params.closes_at_ms + n, ..params });
            tokio::spawn(async move { store.restore(case, &params).await.unwrap() })
        })
        .collect();
    let mut results = Vec::new();
    for node in nodes {
        let state = node.await.unwrap();
        results.push((state.epoch, state.rev, state.closes_at_ms, state.counts));
    }
    results.dedup();
    assert_eq!(results.len(), 1, "{results:?}");
    assert_eq!(results[0].3, [1, 0, 1]);
}

pub async fn a_store_has_one_id<F: TallyFixture>(fixture: &mut F) {
    let id = fixture.store().store_id().await.unwrap();
    assert_eq!(fixture.store().store_id().await.unwrap(), id);
    fixture.crash().await;
    assert_eq!(fixture.store().store_id().await.unwrap(), id);
}

/// The id is that of the case's keys. The store's own one may have been lost by itself.
pub async fn an_epoch_of_another_store_is_lost<F: TallyFixture>(fixture: &mut F) {
    let store = fixture.store();
    let [own, other] = [1, 2].map(|id| Some(StoreId(Uuid::from_u128(id))));
    let (case, of_own) = (new_case(), OpenParams { epoch: 2, store: own, ..params(fixture).await });
    store.restore(case, &of_own).await.unwrap();
    let in_own = StoreEpoch { number: 2, store: own };
    store.record(case, in_own, 0, &[cast(1, 0)]).await.unwrap();

    assert_lost(&*store, case, StoreEpoch { number: 2, store: other }).await;
    for error in all_calls(&*store, case, StoreEpoch { number: 1, store: other }).await {
        assert!(matches!(error, Some(TallyError::Superseded { epoch: 2, .. })), "{error:?}");
    }
    for known in [in_own, in_epoch(2)] {
        assert_eq!(store.poll(case, known, 1).await.unwrap().ballots(), 1, "an earlier version compares no store");
    }
    // The other store's next epoch keeps the ballots that it finds.
    let of_other = OpenParams { epoch: 3, store: other, ..of_own };
    assert_eq!(store.restore(case, &of_other).await.unwrap().ballots(), 1);
    assert_lost(&*store, case, StoreEpoch { number: 3, store: own }).await;
    assert_eq!(store.poll(case, StoreEpoch { number: 3, store: other }, 0).await.unwrap().epoch, 3);
}
