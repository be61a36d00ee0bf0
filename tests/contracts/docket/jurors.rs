//! What is kept of jurors: practice, panels served, and how passed jurors answer each item.

use live_jury_court::{Answers, ItemRecord};
use live_jury_server::docket::{Answer, Docket, JurorRecord};
use live_jury_server::pseudonym::JurorProfile;

use super::fixture::DocketFixture;

/// Right answers in a row that pass.
const PASSED: u8 = 7;

fn juror(n: u8) -> JurorProfile {
    JurorProfile([n; 16])
}

fn items(count: usize) -> Vec<String> {
    (0..count).map(|place| format!("item-{place}")).collect()
}

async fn answer(docket: &dyn Docket, juror: JurorProfile, place: u8, is_right: bool) -> Option<JurorRecord> {
    docket.file_answer(juror, Answer { place, is_right, at_min: 100 + u64::from(place) }).await.unwrap()
}

/// Passes practice by the first items.
async fn pass(docket: &dyn Docket, juror: JurorProfile) {
    for place in 0..PASSED {
        answer(docket, juror, place, true).await.unwrap();
    }
}

pub async fn the_items_of_practice_keep_their_places(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    assert_eq!(docket.practice().await.unwrap(), []);
    assert_eq!(docket.begin_practice(&items(2)).await.unwrap(), None);
    assert_eq!(docket.begin_practice(&items(64)).await.unwrap(), None, "items were appended");
    assert_eq!(docket.begin_practice(&items(3)).await.unwrap(), None, "a node of before has fewer");
    let mut moved = items(64);
    moved.swap(5, 6);
    assert_eq!(docket.begin_practice(&moved).await.unwrap(), Some(5));
    assert_eq!(docket.practice().await.unwrap(), [ItemRecord::default(); 64]);
}

pub async fn an_item_is_answered_once(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    docket.begin_practice(&items(64)).await.unwrap();
    let first = answer(docket, juror(1), 63, true).await.unwrap();
    let answers = Answers { answered: 1 << 63, correct: 1 << 63 };
    assert_eq!(first, JurorRecord { answers, ..JurorRecord::default() });
    assert_eq!(answer(docket, juror(1), 63, false).await, None);
    let second = answer(docket, juror(1), 0, false).await.unwrap();
    assert_eq!(second.answers, Answers { answered: 1 << 63 | 1, correct: 1 << 63 });
    // Two tabs answer each item at the same time.
    let other = fixture.neighbour().await;
    for place in 0..8 {
        let tabs = [docket, &*other].map(|docket| answer(docket, juror(2), place, false));
        assert_eq!(futures_util::future::join_all(tabs).await.into_iter().flatten().count(), 1, "{place}");
    }
    drop(other);
    let kept = fixture.reopened().await.docket.jurors(&[juror(2), juror(3), juror(1)]).await.unwrap();
    assert_eq!(kept[0].answers, Answers { answered: 0xff, correct: 0 });
    assert_eq!(kept[1..], [JurorRecord::default(), second]);
}

pub async fn practice_is_passed_once(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    docket.begin_practice(&items(20)).await.unwrap();
    for place in 0..PASSED - 1 {
        assert_eq!(answer(docket, juror(1), place, true).await.unwrap().passed_at_min, None, "{place}");
    }
    let passed_at_min = Some(100 + u64::from(PASSED) - 1);
    assert_eq!(answer(docket, juror(1), PASSED - 1, true).await.unwrap().passed_at_min, passed_at_min);
    for place in PASSED..20 {
        assert_eq!(answer(docket, juror(1), place, false).await.unwrap().passed_at_min, passed_at_min, "{place}");
    }
}

pub async fn an_item_that_passed_jurors_get_wrong_counts_no_more(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    docket.begin_practice(&items(9)).await.unwrap();
    answer(docket, juror(99), 8, false).await.unwrap();
    for n in 0..20 {
        pass(docket, juror(n)).await;
        assert!(answer(docket, juror(n), 8, n < 11).await.is_some());
    }
    let records = docket.practice().await.unwrap();
    let record = |answers, correct| ItemRecord { answers, correct, upheld: 0 };
    // The answers of before count once their juror has passed, and those of jurors who have not passed do not.
    assert_eq!((records[0], records[7], records[8]), (record(20, 20), record(0, 0), record(20, 11)));
    assert!(records[0].counts() && !records[8].counts());
    // Six right answers and this one would be seven.
    for place in [0, 1, 2, 3, 4, 5, 8] {
        assert_eq!(answer(docket, juror(50), place, true).await.unwrap().passed_at_min, None, "{place}");
    }
    assert!(answer(docket, juror(50), 6, true).await.unwrap().passed_at_min.is_some());
}

pub async fn panels_served_are_counted_in_one_batch(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    docket.begin_practice(&items(8)).await.unwrap();
    pass(docket, juror(1)).await;
    let (some, others) = ([juror(1), juror(2), juror(1)], [juror(2), juror(3)]);
    docket.file_served(&some).await.unwrap();
    docket.file_served(&[]).await.unwrap();
    // Two nodes that counted ballots of one case file theirs at the same time.
    let neighbour = fixture.neighbour().await;
    let (a, b) = futures_util::join!(docket.file_served(&others), neighbour.file_served(&others));
    assert!(a.is_ok() && b.is_ok());
    let kept = docket.jurors(&[juror(1), juror(2), juror(3)]).await.unwrap();
    assert_eq!(kept.iter().map(|juror| juror.served).collect::<Vec<_>>(), [1, 3, 2]);
    assert!(kept[0].passed_at_min.is_some(), "practice stays");
    let all: Vec<_> = (0..=255).map(juror).collect();
    assert_eq!(docket.jurors(&all).await.unwrap().iter().filter(|juror| juror.served > 0).count(), 3);
}

pub async fn a_forgotten_juror_begins_anew(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    docket.begin_practice(&items(8)).await.unwrap();
    pass(docket, juror(1)).await;
    docket.file_served(&[juror(1), juror(2)]).await.unwrap();
    assert!(docket.forget_juror(juror(1)).await.unwrap());
    assert!(!docket.forget_juror(juror(1)).await.unwrap());
    let kept = docket.jurors(&[juror(1), juror(2)]).await.unwrap();
    assert_eq!((kept[0], kept[1].served), (JurorRecord::default(), 1));
    assert!(answer(docket, juror(1), 0, true).await.is_some());
    assert_eq!(fixture.number("SELECT count(*) FROM jurors").await, 2);
}
