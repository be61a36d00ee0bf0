//! Stories of what is never released: it goes by itself, and not before it may.

use live_jury_court::SealedBy;
use live_jury_server::tally::{OpenParams, RELEASED_KEPT_MS, RENEWED_AFTER_MS, UNRECORDED_KEPT_MS};

use super::fixture::{HOUR_MS, Lost, TallyFixture, cast, end_time, extension, in_epoch, new_case, open, params};
use super::panels::entrant;

/// Longest time that a story takes between a call and its look, in milliseconds.
const SLACK_MS: u64 = 60_000;

/// Asserts that all there is of a case expires after this time.
async fn expires<F: TallyFixture>(fixture: &F, case: live_jury_protocol::CaseId, in_ms: u64, after: &str) {
    let found = fixture.expires_in_ms(case).await;
    assert!(!found.is_empty(), "{after}: the case is gone");
    for left_ms in found {
        assert!((in_ms - SLACK_MS..=in_ms).contains(&left_ms), "{after}: {left_ms} ms are left of {in_ms}");
    }
}

pub async fn no_key_lives_without_an_expiry<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    let whole = HOUR_MS + UNRECORDED_KEPT_MS;
    expires(fixture, case, whole, "restore").await;
    store.record(case, in_epoch(1), 0, &[cast(1, 0)]).await.unwrap();
    expires(fixture, case, whole, "record").await;
    store.record(case, in_epoch(1), 0, &[cast(1, 0), cast(2, 1)]).await.unwrap();
    expires(fixture, case, whole, "record again").await;
    let state = store.poll(case, in_epoch(1), 0).await.unwrap();
    store.extend(case, in_epoch(1), &extension(state.closes_at_ms, state.closes_at_ms + HOUR_MS)).await.unwrap();
    expires(fixture, case, whole + HOUR_MS, "extend").await;
    store.seal(case, in_epoch(1), &SealedBy::Moderator { sub: "mia".into() }).await.unwrap();
    store.poll(case, in_epoch(1), 0).await.unwrap();
    store.ballots(case, in_epoch(1)).await.unwrap();
    expires(fixture, case, whole + HOUR_MS, "seal").await;
    store.release(case).await.unwrap();
    expires(fixture, case, RELEASED_KEPT_MS, "release").await;

    // After a loss, of either part; and of a case whose deadline has long passed.
    for what in [Lost::Case, Lost::Ballots, Lost::All] {
        let case = open(fixture).await;
        store.record(case, in_epoch(1), 0, &[cast(1, 0)]).await.unwrap();
        fixture.lose(case, what).await;
        store.restore(case, &OpenParams { epoch: 2, draft: 0, ..params(fixture).await }).await.unwrap();
        expires(fixture, case, whole, "restore after a loss").await;
        store.record(case, in_epoch(2), 0, &[cast(2, 0)]).await.unwrap();
        expires(fixture, case, whole, "record after a loss").await;
    }
    let (late, now_ms) = (new_case(), store.now_ms().await.unwrap());
    store.restore(late, &OpenParams { closes_at_ms: now_ms - 30 * HOUR_MS, ..params(fixture).await }).await.unwrap();
    expires(fixture, late, UNRECORDED_KEPT_MS, "a late restore").await;
    // A release of what is not there makes nothing.
    let never = new_case();
    store.release(never).await.unwrap();
    assert_eq!(fixture.holds(never).await, (false, false));
}

pub async fn a_sealed_case_stays_while_it_is_polled<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    store.record(case, in_epoch(1), 0, &[cast(1, 0)]).await.unwrap();
    end_time(fixture, case).await;
    store.seal(case, in_epoch(1), &SealedBy::Deadline).await.unwrap();
    let nearly = UNRECORDED_KEPT_MS - RENEWED_AFTER_MS + SLACK_MS;
    fixture.expire_in(case, nearly).await;
    store.poll(case, in_epoch(1), 0).await.unwrap();
    expires(fixture, case, nearly, "a poll within a day").await;
    fixture.expire_in(case, HOUR_MS).await;
    store.poll(case, in_epoch(1), 0).await.unwrap();
    expires(fixture, case, UNRECORDED_KEPT_MS, "a poll after a day").await;
    store.release(case).await.unwrap();
    store.poll(case, in_epoch(1), 0).await.unwrap();
    expires(fixture, case, RELEASED_KEPT_MS, "a poll after the release").await;
    // A release never gives more time than there was.
    fixture.expire_in(case, HOUR_MS).await;
    store.release(case).await.unwrap();
    expires(fixture, case, HOUR_MS, "a second release").await;
}

pub async fn an_erased_case_leaves_nothing<F: TallyFixture>(fixture: &mut F) {
    let (store, eraser) = (fixture.store(), fixture.eraser());
    let (case, other) = (open(fixture).await, open(fixture).await);
    for id in [case, other] {
        store.record(id, in_epoch(1), 0, &[cast(1, 0), cast(2, 1)]).await.unwrap();
        store.offer(id, in_epoch(1), &[vec![entrant(1)], vec![entrant(2)], vec![entrant(3)]]).await.unwrap();
    }
    eraser.erase(case).await.unwrap();
    assert_eq!((fixture.holds(case).await, fixture.holds(other).await), ((false, false), (true, true)));
    assert_eq!((fixture.offers(case).await, fixture.offers(other).await), (0, 3));
    eraser.erase(case).await.unwrap();
    eraser.erase(new_case()).await.unwrap();
}
