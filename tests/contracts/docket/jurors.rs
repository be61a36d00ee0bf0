//! What is kept of jurors: practice, panels served, and how passed jurors answer each item.

use live_jury_court::{Answers, ItemRecord, Pseudonym};
use live_jury_server::docket::{Answer, Docket, JurorRecord};
use live_jury_server::pseudonym::JurorProfile;

use super::fixture::DocketFixture;
use super::panels::{called_case, recorded_case};

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

/// The juror with this pseudonym in each case, and the profile.
fn serving(n: u8) -> (Pseudonym, JurorProfile) {
    (Pseudonym([n; 16]), juror(n))
}

async fn served(docket: &dyn Docket) -> Vec<u32> {
    let kept = docket.jurors(&[juror(1), juror(2), juror(3), juror(7)]).await.unwrap();
    kept.iter().map(|juror| juror.served).collect()
}

pub async fn the_panel_of_a_case_is_counted_once(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    docket.begin_practice(&items(8)).await.unwrap();
    pass(docket, juror(1)).await;
    let (first, second) = (called_case(docket, 1).await.id, called_case(docket, 2).await.id);
    docket.file_served(first, &[]).await.unwrap();
    docket.file_served(first, &[serving(1)]).await.unwrap();
    assert_eq!(served(docket).await, [0; 4], "the count of nobody was its count");
    // Two nodes count one case at the same time. The juror 7 was not called.
    let neighbour = fixture.neighbour().await;
    let of_second = [serving(7), serving(2), serving(1)];
    let both = futures_util::join!(docket.file_served(second, &of_second), neighbour.file_served(second, &of_second));
    assert!(both.0.is_ok() && both.1.is_ok());
    docket.file_served(second, &of_second).await.unwrap();
    docket.file_served(called_case(docket, 3).await.id, &[serving(3), serving(2)]).await.unwrap();
    assert_eq!(served(docket).await, [1, 2, 1, 0]);
    let kept = docket.jurors(&[juror(1)]).await.unwrap();
    assert!(kept[0].passed_at_min.is_some(), "practice stays");
    let all: Vec<_> = (0..=255).map(juror).collect();
    assert_eq!(docket.jurors(&all).await.unwrap().iter().filter(|juror| juror.served > 0).count(), 3);
    assert_eq!(fixture.number("SELECT count(*) FROM serving").await, 0, "no masked profile is left");
}

pub async fn recorded_cases_wait_for_their_count(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let key = "0123456789abcdef";
    let open = called_case(docket, 1).await.id;
    assert_eq!(docket.recorded_serving(key, 9).await.unwrap(), []);
    let mut recorded = [recorded_case(docket, 2).await.id, recorded_case(docket, 3).await.id];
    recorded.sort_unstable();
    assert_eq!(docket.recorded_serving(key, 9).await.unwrap(), recorded);
    assert_eq!(docket.recorded_serving(key, 1).await.unwrap(), recorded[..1]);
    assert_eq!(docket.recorded_serving("fedcba9876543210", 9).await.unwrap(), [], "another ballot secret");
    let mut all = docket.cases_serving().await.unwrap();
    all.sort_unstable();
    let mut expected = [open, recorded[0], recorded[1]];
    expected.sort_unstable();
    assert_eq!(all, expected);
    docket.file_served(recorded[0], &[]).await.unwrap();
    let again = fixture.reopened().await;
    assert_eq!(again.docket.recorded_serving(key, 9).await.unwrap(), recorded[1..]);
}

pub async fn a_forgotten_juror_begins_anew(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    docket.begin_practice(&items(8)).await.unwrap();
    pass(docket, juror(1)).await;
    docket.file_served(called_case(docket, 1).await.id, &[serving(1), serving(2)]).await.unwrap();
    // A panel that is not counted yet is forgotten, too.
    let waiting = called_case(docket, 2).await.id;
    let called = [(waiting, serving(1).0)];
    assert!(docket.forget_juror(juror(1), &called).await.unwrap());
    assert!(!docket.forget_juror(juror(1), &called).await.unwrap());
    docket.file_served(waiting, &[serving(1), serving(2)]).await.unwrap();
    let kept = docket.jurors(&[juror(1), juror(2)]).await.unwrap();
    assert_eq!((kept[0], kept[1].served), (JurorRecord::default(), 2));
    assert!(answer(docket, juror(1), 0, true).await.is_some());
    assert_eq!(fixture.number("SELECT count(*) FROM jurors").await, 2);
    let only_called = called_case(docket, 3).await.id;
    assert!(docket.forget_juror(juror(3), &[(only_called, serving(3).0)]).await.unwrap());
}
