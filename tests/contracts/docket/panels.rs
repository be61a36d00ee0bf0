//! Panels: the draw of a case, its call, and the called jurors.

use live_jury_court::{Brief, Candidate, Candidates, Case, Draw, LossShare, Pseudonym};
use live_jury_proof::ticket::commitment;
use live_jury_protocol::record::EventKind;
use live_jury_protocol::{CalledJurors, Panel};
use live_jury_server::docket::{Docket, DocketError};

use super::builders::{CLOSES_MS, NOW_MS, draft, entry, file, room};
use super::fixture::DocketFixture;

const NONCE: [u8; 32] = [7; 32];

/// A draft with a panel and its draw.
fn drawn(number: u128) -> Case {
    let mut new = (*draft(number, "live").brief).clone();
    new.rules.panel = Some(Panel { buyer: 7, other: 7, ..Panel::default() });
    let draw = Draw { commitment: commitment(&NONCE), nonce: NONCE, called: None };
    Case { brief: Brief::stored(new), ..draft(number, "live") }.drawn(Some(draw))
}

async fn opened(docket: &dyn Docket, number: u128) -> Case {
    let case = drawn(number);
    docket.add(&case, &[entry(&case, "mod", "created")], None).await.unwrap();
    let case = case.open(NOW_MS, CLOSES_MS, "0123456789abcdef".into(), LossShare::default()).unwrap();
    file(docket, &case).await.unwrap();
    case
}

/// A panel with the lowest and the highest ticket that there is.
fn called() -> Candidates {
    let candidate = |ticket, juror| Candidate { ticket, juror: Pseudonym([juror; 16]) };
    let buyers = vec![candidate(0, 3), candidate(255, 9), candidate(256, 1), candidate(u64::MAX, 2)];
    [buyers, Vec::new(), vec![candidate(7, 4), candidate(7, 5)]]
}

fn numbers() -> CalledJurors {
    CalledJurors { buyer: 4, merchant: 0, other: 2 }
}

pub async fn a_call_files_the_case_and_its_panel(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let case = opened(docket, 1).await;
    assert_eq!(docket.case(case.id).await.unwrap(), Some(case.clone()), "the nonce is stored from the draft on");
    assert_eq!(docket.panel(case.id).await.unwrap(), Candidates::default());
    let rev = docket.room(&room("live")).await.unwrap().rev;
    let next = case.call(numbers()).unwrap();
    docket.call(&next, &entry(&next, "server", "called"), &called()).await.unwrap();
    let again = fixture.reopened().await;
    assert_eq!(again.docket.case(next.id).await.unwrap(), Some(next.clone()));
    assert_eq!(again.docket.panel(next.id).await.unwrap(), called());
    assert_eq!(again.docket.room(&room("live")).await.unwrap().rev, rev + 1);
    let trail = again.docket.audit(next.id).await.unwrap();
    assert_eq!(trail.last().unwrap().action.as_str(), "called");
    let events = again.docket.events(0, 100).await.unwrap();
    assert_eq!(events.last().unwrap().record.as_ref().unwrap().kind, EventKind::Called);
}

pub async fn one_of_two_calls_is_filed(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let case = opened(docket, 1).await;
    let next = case.call(numbers()).unwrap();
    docket.call(&next, &entry(&next, "server", "called"), &called()).await.unwrap();
    let mut other = called();
    other[0].pop();
    let late = docket.call(&next, &entry(&next, "server", "called"), &other).await;
    assert!(matches!(late, Err(DocketError::Conflict(id)) if id == next.id), "{late:?}");
    assert_eq!(docket.panel(next.id).await.unwrap(), called());
}

pub async fn an_older_program_leaves_a_case_with_a_panel_alone(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let case = opened(docket, 1).await;
    for (damage, column) in [("draw_nonce = '07'", "draw_nonce"), ("called = '['", "called"), ("format = 5", "format")]
    {
        // Programs of before read the formats 1 and 2.
        fixture.execute(&format!("UPDATE cases SET {damage} WHERE format = 3")).await.unwrap();
        let read = docket.case(case.id).await;
        assert!(matches!(&read, Err(DocketError::Malformed(why)) if why.contains(column)), "{read:?}");
        fixture.execute(&format!("UPDATE cases SET draw_nonce = '{}', called = NULL", "07".repeat(32))).await.unwrap();
    }
}
