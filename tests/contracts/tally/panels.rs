//! The lists from which panels are drawn: all nodes' lowest tickets, frozen by the first draw.

use live_jury_court::Candidate;
use live_jury_server::entrant::{Entrant, Entrants};
use live_jury_server::pseudonym::MaskedProfile;
use live_jury_server::tally::TallyError;

use super::fixture::{Lost, TallyFixture, cast, in_epoch, juror, new_case, open};

/// A juror of this number, whose ticket is the number times a hundred million, so that all bytes of tickets differ.
pub fn entrant(n: u64) -> Entrant {
    let candidate = Candidate { ticket: n * 100_000_007, juror: juror(n) };
    let mut profile = candidate.juror.0;
    profile.reverse();
    Entrant { candidate, profile: MaskedProfile(profile) }
}

fn list(numbers: impl IntoIterator<Item = u64>) -> Vec<Entrant> {
    numbers.into_iter().map(entrant).collect()
}

fn lists(buyers: &[u64], merchants: &[u64], others: &[u64]) -> Entrants {
    [buyers, merchants, others].map(|numbers| list(numbers.iter().copied()))
}

pub async fn the_lowest_tickets_of_all_nodes_are_drawn<F: TallyFixture>(fixture: &mut F) {
    let (store, case, other) = (fixture.store(), open(fixture).await, open(fixture).await);
    store.offer(case, in_epoch(1), &lists(&[9, 2, 300], &[], &[5])).await.unwrap();
    store.offer(case, in_epoch(1), &lists(&[1, 7, 260], &[4], &[])).await.unwrap();
    store.offer(case, in_epoch(1), &lists(&[1, 7, 260], &[4], &[])).await.unwrap();
    store.offer(other, in_epoch(1), &lists(&[3], &[3], &[3])).await.unwrap();
    // The largest lists of a node.
    let many = [list(1_000..1_404), list(2_000..2_404), list(3_000..3_404)];
    store.offer(case, in_epoch(1), &many).await.unwrap();
    let drawn = store.draw(case, in_epoch(1), [4, 0, 3]).await.unwrap();
    assert_eq!(drawn, lists(&[1, 2, 7, 9], &[], &[5, 3_000, 3_001]));
}

pub async fn a_draw_is_final<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    let (early, late) = (lists(&[5, 6], &[7], &[]), lists(&[1], &[2], &[3]));
    store.offer(case, in_epoch(1), &early).await.unwrap();
    assert_eq!(store.draw(case, in_epoch(1), [9; 3]).await.unwrap(), early);
    store.offer(case, in_epoch(1), &late).await.unwrap();
    store.record(case, in_epoch(1), 0, &[cast(1, 0)]).await.unwrap();
    assert_eq!(store.draw(case, in_epoch(1), [9; 3]).await.unwrap(), early);
    fixture.crash().await;
    assert_eq!(fixture.store().draw(case, in_epoch(1), [9; 3]).await.unwrap(), early);
}

pub async fn a_juror_of_two_sides_stays_in_the_first_list<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    store.offer(case, in_epoch(1), &lists(&[2, 3, 4], &[1, 3], &[1, 2, 5])).await.unwrap();
    // Also one who is in the first list and not drawn from it.
    let drawn = store.draw(case, in_epoch(1), [1, 9, 9]).await.unwrap();
    assert_eq!(drawn, lists(&[2], &[1], &[5]));
}

pub async fn a_lost_case_is_not_drawn<F: TallyFixture>(fixture: &mut F) {
    let (store, case) = (fixture.store(), open(fixture).await);
    let offered = lists(&[1], &[], &[]);
    let lost = |result: Result<(), TallyError>| assert!(matches!(result, Err(TallyError::Lost(_))), "{result:?}");
    lost(store.offer(new_case(), in_epoch(1), &offered).await);
    lost(store.draw(new_case(), in_epoch(1), [1; 3]).await.map(|_| ()));
    lost(store.offer(case, in_epoch(2), &offered).await);
    store.offer(case, in_epoch(1), &offered).await.unwrap();
    fixture.lose(case, Lost::Case).await;
    lost(store.draw(case, in_epoch(1), [1; 3]).await.map(|_| ()));
}
