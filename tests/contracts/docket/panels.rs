//! Panels: the draw of a case, its call, and the called jurors.

use live_jury_court::{Brief, Candidate, Candidates, Case, Draw, LossShare, Pseudonym, SealedBy};
use live_jury_proof::ticket::commitment;
use live_jury_protocol::record::EventKind;
use live_jury_protocol::{CalledJurors, Panel};
use live_jury_server::docket::{Docket, DocketError};
use live_jury_server::entrant::{Entrant, Entrants};
use live_jury_server::pseudonym::MaskedProfile;

use super::builders::{CLOSES_MS, NOW_MS, draft, entry, file, record, room};
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
fn called() -> Entrants {
    let entrant = |ticket, juror| Entrant {
        candidate: Candidate { ticket, juror: Pseudonym([juror; 16]) },
        profile: MaskedProfile([0xf0 | juror; 16]),
    };
    let buyers = vec![entrant(0, 3), entrant(255, 9), entrant(256, 1), entrant(u64::MAX, 2)];
    [buyers, Vec::new(), vec![entrant(7, 4), entrant(7, 5)]]
}

/// The same as it is read.
fn candidates() -> Candidates {
    called().map(|entrants| entrants.into_iter().map(|entrant| entrant.candidate).collect())
}

/// An open case whose panel is called: the jurors 1 to 5 and 9.
pub async fn called_case(docket: &dyn Docket, number: u128) -> Case {
    let case = opened(docket, number).await;
    let next = case.call(numbers()).unwrap();
    docket.call(&next, &entry(&next, "server", "called"), &called()).await.unwrap();
    next
}

/// The same, recorded without ballots.
pub async fn recorded_case(docket: &dyn Docket, number: u128) -> Case {
    let case = called_case(docket, number).await.seal(SealedBy::Deadline, CLOSES_MS).unwrap();
    file(docket, &case).await.unwrap();
    record(docket, &case, &[]).await.unwrap()
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
    assert_eq!(again.docket.panel(next.id).await.unwrap(), candidates());
    let mut profiles = again.docket.serving(next.id).await.unwrap();
    profiles.sort_unstable();
    let pair = |juror: u8| (Pseudonym([juror; 16]), MaskedProfile([0xf0 | juror; 16]));
    assert_eq!(profiles, [1, 2, 3, 4, 5, 9].map(pair));
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
    assert_eq!(docket.panel(next.id).await.unwrap(), candidates());
    assert_eq!(docket.serving(next.id).await.unwrap().len(), 6);
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
