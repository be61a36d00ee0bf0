//! Revoked tokens: each node that follows them misses none, and they end when no token can last.

use live_jury_server::auth::{REVOCATION_KEPT_MS, Revocation, TokenHash};
use tokio::task::JoinSet;

use super::builders::NOW_MS;
use super::fixture::DocketFixture;

fn revocation(number: u8, revoked_at_ms: u64) -> Revocation {
    Revocation { hash: TokenHash([number; 16]), revoked_at_ms }
}

pub async fn revocations_are_followed_in_the_order_of_commits(fixture: DocketFixture) {
    const WRITERS: u8 = 40;
    let docket = fixture.docket.clone();
    assert_eq!(docket.revocations(0).await.unwrap(), Default::default());
    let mut writers = JoinSet::new();
    for number in 0..WRITERS {
        let docket = fixture.neighbour().await;
        writers.spawn(async move { docket.revoke(&revocation(number, NOW_MS)).await.unwrap() });
    }
    let (mut followed, mut last) = (Vec::new(), 0);
    while followed.len() < usize::from(WRITERS) {
        let found = docket.revocations(last).await.unwrap();
        assert!(found.last >= last);
        last = found.last;
        followed.extend(found.revocations.into_iter().map(|revocation| revocation.hash.0[0]));
    }
    writers.join_all().await;
    followed.sort_unstable();
    assert_eq!(followed, (0..WRITERS).collect::<Vec<_>>(), "each once");

    // A repeat is followed, too, with the later time.
    docket.revoke(&revocation(3, NOW_MS + 5)).await.unwrap();
    let repeated = docket.revocations(last).await.unwrap();
    assert_eq!((repeated.last, repeated.revocations), (last + 1, vec![revocation(3, NOW_MS + 5)]));
    let none = docket.revocations(last + 1).await.unwrap();
    assert_eq!((none.last, none.revocations), (last + 1, vec![]), "the last place is told also without one");
    assert_eq!(docket.revocations(0).await.unwrap().revocations.len(), usize::from(WRITERS));
}

pub async fn a_revocation_is_kept_for_31_days(fixture: DocketFixture) {
    let docket = fixture.docket.clone();
    docket.revoke(&revocation(1, NOW_MS)).await.unwrap();
    docket.revoke(&revocation(2, NOW_MS + REVOCATION_KEPT_MS)).await.unwrap();
    assert_eq!(docket.revocations(0).await.unwrap().revocations.len(), 2);
    docket.revoke(&revocation(3, NOW_MS + REVOCATION_KEPT_MS + 1)).await.unwrap();
    let kept = docket.revocations(0).await.unwrap();
    let numbers: Vec<u8> = kept.revocations.iter().map(|revocation| revocation.hash.0[0]).collect();
    assert_eq!((kept.last, numbers), (3, vec![2, 3]));
    assert_eq!(REVOCATION_KEPT_MS, 31 * 24 * 60 * 60 * 1_000);
}
