//! The broadcast, with the runtime's time paused: each view reaches each socket, and overload delays it.

use super::*;
use crate::clock::SystemClock;
use crate::room::load::tests::{HOLD, overload};

const TICK: Duration = Duration::from_millis(limits::TALLY_INTERVAL_MS);

fn room() -> (Arc<Broadcast>, BroadcastPacing) {
    let broadcast = Arc::new(Broadcast::new(Arc::default(), SystemClock::shared()));
    tokio::spawn(broadcast.clone().run());
    (broadcast.clone(), BroadcastPacing::new(broadcast))
}

fn now() -> Instant {
    SystemClock.instant()
}

fn is_due(pacing: &BroadcastPacing, update: UpdateKind) -> bool {
    pacing.due(now(), update) <= now()
}

fn viewers(broadcast: &Broadcast, count: usize) -> Vec<watch::Receiver<()>> {
    (0..count).map(|_| broadcast.subscribe(Role::Viewer)).collect()
}

/// Receivers that were notified since the last call.
fn notified(subscribers: &mut [watch::Receiver<()>]) -> usize {
    subscribers
        .iter_mut()
        .filter(|updates| updates.has_changed().unwrap())
        .map(|updates| updates.mark_unchanged())
        .count()
}

#[tokio::test(start_paused = true)]
async fn all_sockets_are_notified_once_an_interval() {
    let (broadcast, mut pacing) = room();
    let (mut subscribers, mut moderator) = (viewers(&broadcast, 1_000), broadcast.subscribe(Role::Moderator));
    assert!(is_due(&pacing, UpdateKind::Ballots));
    for _ in 0..3 {
        pacing.announce(now(), ViewKind::Tallies);
        assert!(!is_due(&pacing, UpdateKind::Ballots), "the pass has not ended");
        tokio::time::sleep(TICK).await;
        assert_eq!(notified(&mut subscribers), 1_000);
        assert!(is_due(&pacing, UpdateKind::Ballots));
    }
    pacing.announce_to_others();
    assert!(moderator.has_changed().unwrap());
    moderator.mark_unchanged();
    assert_eq!(notified(&mut subscribers), 0);
    drop(pacing);
    assert!(subscribers[0].changed().await.is_err());
    assert!(moderator.changed().await.is_err());
    assert!(broadcast.subscribe(Role::Viewer).changed().await.is_err(), "the room's task has ended");
}

#[tokio::test(start_paused = true)]
async fn a_view_announced_during_a_pass_reaches_all_sockets() {
    let (broadcast, mut pacing) = room();
    let mut subscribers = viewers(&broadcast, 10 * SHARD_SOCKETS);
    pacing.announce(now(), ViewKind::Tallies);
    while notified(&mut subscribers) == 0 {
        tokio::task::yield_now().await;
    }
    pacing.announce(now(), ViewKind::Tallies);
    tokio::time::sleep(TICK).await;
    assert_eq!(notified(&mut subscribers), 10 * SHARD_SOCKETS);
    assert!(is_due(&pacing, UpdateKind::Ballots));
}

#[tokio::test(start_paused = true)]
async fn an_overload_delays_a_view_but_not_for_ever() {
    let (broadcast, mut pacing) = room();
    let mut subscribers = viewers(&broadcast, 10);
    pacing.announce(now(), ViewKind::Tallies);
    tokio::time::sleep(TICK).await;
    assert_eq!(notified(&mut subscribers), 10);

    overload(&broadcast.load);
    pacing.announce(now(), ViewKind::Tallies);
    tokio::time::sleep(HOLD / 2).await;
    assert_eq!(notified(&mut subscribers), 0);
    tokio::time::sleep(HOLD).await;
    assert_eq!(notified(&mut subscribers), 10);

    for (kind, wait_max) in [(ViewKind::Tallies, TALLY_WAIT_MAX), (ViewKind::Docket, DOCKET_WAIT_MAX)] {
        let began = now();
        pacing.announce(began, kind);
        while notified(&mut subscribers) == 0 {
            overload(&broadcast.load);
            tokio::time::sleep(HOLD / 2).await;
        }
        let waited = now() - began;
        assert!(waited >= wait_max - HOLD && waited <= wait_max + HOLD, "{kind:?}: {waited:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_docket_view_shortens_the_wait_of_a_tally_before_it() {
    let (broadcast, mut pacing) = room();
    let mut subscribers = viewers(&broadcast, 10);
    let began = now();
    pacing.announce(began, ViewKind::Tallies);
    while notified(&mut subscribers) == 0 {
        overload(&broadcast.load);
        tokio::time::sleep(HOLD / 2).await;
        if now() - began == HOLD {
            pacing.announce(now(), ViewKind::Docket);
        }
    }
    assert!(now() - began <= DOCKET_WAIT_MAX + HOLD, "{:?}", now() - began);
}

#[tokio::test(start_paused = true)]
async fn a_viewer_count_alone_is_not_due_in_an_overload() {
    let (broadcast, mut pacing) = room();
    let _subscribers = viewers(&broadcast, 10);
    pacing.announce(now(), ViewKind::Tallies);
    tokio::time::sleep(TICK * 5).await;
    assert!(is_due(&pacing, UpdateKind::Presence));
    overload(&broadcast.load);
    assert!(!is_due(&pacing, UpdateKind::Presence) && is_due(&pacing, UpdateKind::Ballots));
    tokio::time::sleep(HOLD).await;
    assert!(is_due(&pacing, UpdateKind::Presence));
}

#[tokio::test(start_paused = true)]
async fn newcomers_fill_gaps_in_shards() {
    let (broadcast, _pacing) = room();
    let mut subscribers = viewers(&broadcast, 10 * SHARD_SOCKETS);
    subscribers.drain(..SHARD_SOCKETS / 2);
    subscribers.extend(viewers(&broadcast, SHARD_SOCKETS / 2));
    assert_eq!(broadcast.lock().shards.len(), 10);
}
