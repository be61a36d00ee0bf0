//! The erasure of a recorded case: what goes, and what stays.

use live_jury_court::{Case, TransitionError};
use live_jury_protocol::CaseState;
use live_jury_server::docket::{Added, Docket, DocketError, SEALS_PER_ROW, VerdictQuery};

use super::builders::{
    LOG, ballots, decided, draft, entry, file, lost, open, record, request, room, sealed, sealed_in, verdicts,
};
use super::fixture::DocketFixture;

/// Records a case with ballots in more than one row of seals.
async fn recorded(docket: &dyn Docket, number: u128) -> Case {
    let case = sealed_in(docket, number, "live").await;
    record(docket, &case, &ballots(SEALS_PER_ROW as u64 + 44)).await.unwrap()
}

async fn erase(docket: &dyn Docket, case: &Case) -> Result<(), DocketError> {
    let erased = case.clone().erase().unwrap();
    docket.erase(&erased, &entry(&erased, "server", "erased")).await
}

async fn rows(fixture: &DocketFixture, table: &str) -> i64 {
    fixture.number(&format!("SELECT count(*) FROM {table}")).await
}

pub async fn an_erased_case_keeps_its_entry_in_the_log_alone(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let (first, second) = (recorded(docket, 1).await, recorded(docket, 2).await);
    let logged = docket.logged_case(first.id).await.unwrap().unwrap();
    let (audit, rev) = (docket.audit(first.id).await.unwrap(), docket.room(&room("live")).await.unwrap().rev);
    let hashed = docket.hashed_audit(first.id, 2).await.unwrap();
    let places = docket.places(0, 9).await.unwrap();
    let answer = format!("{{\"id\":\"{}\"}}", first.id);
    let later = draft(3, "live");
    let request = request("live", "k", "d", &answer);
    let created = docket.add(&later, &[entry(&later, "mod", "created")], Some(&request)).await;
    assert!(matches!(created, Ok(Added::Created)));

    let owners = fixture.owners().await;
    erase(&*owners, &first).await.unwrap();

    assert_eq!(docket.case(first.id).await.unwrap(), None);
    assert_eq!(docket.erased_in(first.id).await.unwrap(), Some(room("live")));
    assert_eq!(docket.erased_in(second.id).await.unwrap(), None);
    let after = VerdictQuery::After { after: 0, limit: 9 };
    let of_room = VerdictQuery::OfRoom { room: room("live"), before: None, limit: 9 };
    for query in [after, of_room] {
        let listed: Vec<_> = verdicts(docket, &query).await.into_iter().map(|(place, case)| (place, case.id)).collect();
        assert_eq!(listed, [(2, second.id)], "the other keeps its place");
    }
    let shown = docket.room(&room("live")).await.unwrap();
    assert_eq!((shown.ended.len(), shown.rev), (1, rev + 1), "nodes read the room again");
    assert_eq!(docket.places(0, 9).await.unwrap(), places, "a place is not given twice");

    assert!(docket.ballots(first.id).await.unwrap().is_empty());
    assert!(docket.case_seals(first.id, 0, 9).await.unwrap().is_empty());
    assert_eq!(docket.case_proofs(first.id).await.unwrap(), None);
    assert_eq!(docket.attested(first.id).await.unwrap(), None);
    let events = docket.events(0, 99).await.unwrap();
    assert!(events.iter().all(|event| event.case != first.id), "an event has the brief");
    assert_eq!(rows(&fixture, "requests").await, 0, "an answer has the brief");
    assert_eq!(rows(&fixture, "cases WHERE brief LIKE '%case 1%' OR public_brief LIKE '%case 1%'").await, 0);

    assert_eq!(docket.logged_case(first.id).await.unwrap(), Some(logged));
    assert_eq!(docket.log_edge(LOG).await.unwrap().unwrap().head.size, 2);
    assert_eq!(docket.hashed_audit(first.id, 2).await.unwrap(), hashed);
    let trail = docket.audit(first.id).await.unwrap();
    assert_eq!((&trail[..audit.len()], trail.len()), (&audit[..], audit.len() + 1));
    assert_eq!(trail.last().unwrap().action.as_str(), "erased");

    let other = docket.ballots(second.id).await.unwrap();
    assert_eq!(other.len(), SEALS_PER_ROW + 44, "another case keeps everything");
    assert_eq!(docket.case_seals(second.id, 0, 9).await.unwrap().len(), 2);
    assert!(docket.attested(second.id).await.unwrap().is_some());
    assert!(docket.case_proofs(second.id).await.unwrap().is_some());
    assert!(matches!(erase(&*owners, &first).await, Err(DocketError::Conflict(_))), "it is erased once");
}

/// Nobody sits on an appeal's panel who took part before, so those who did must be known until it is recorded.
pub async fn a_case_under_appeal_is_not_erased(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let owners = fixture.owners().await;
    let first = recorded(docket, 1).await;
    let add = async |number: u128, of: &Case| {
        let appeal = draft(number, "live").appealing(of.id);
        docket.add(&appeal, &[entry(&appeal, "mod", "created")], None).await.unwrap();
        appeal
    };
    let discard = async |appeal: Case| {
        let discarded = appeal.discard().unwrap();
        docket.discard(&discarded, &entry(&discarded, "mod", "discarded")).await.unwrap();
    };
    let refuses = async || matches!(erase(&*owners, &first).await, Err(DocketError::UnderAppeal(id)) if id == first.id);
    let appeal = add(2, &first).await;
    assert!(refuses().await);
    discard(appeal).await;
    let second = open(3, "live").appealing(first.id);
    docket.add(&second, &[entry(&second, "mod", "opened")], None).await.unwrap();
    let second = sealed(second);
    file(docket, &second).await.unwrap();
    assert!(refuses().await, "it is sealed and not recorded");
    let second = record(docket, &second, &ballots(3)).await.unwrap();
    let appeal = add(4, &second).await;
    assert!(refuses().await, "the second appeal leaves out the jurors of both");
    discard(appeal).await;
    erase(&*owners, &first).await.unwrap();
    assert_eq!(docket.case(first.id).await.unwrap(), None);
    assert_eq!(docket.case(second.id).await.unwrap(), Some(second));
}

pub async fn only_a_recorded_case_is_erased(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let owners = fixture.owners().await;
    let case = sealed_in(docket, 1, "live").await;
    assert_eq!(case.clone().erase().unwrap_err(), TransitionError::NotRecorded(CaseState::Sealed));
    // A case that was read as recorded, and another one in the docket.
    let forged = decided(case.clone(), &[]);
    assert!(matches!(erase(&*owners, &Case { version: case.version, ..forged }).await, Err(DocketError::Conflict(_))));
    assert_eq!(docket.case(case.id).await.unwrap(), Some(case.clone()));
    let void = lost(case);
    file(docket, &void).await.unwrap();
    erase(&*owners, &void).await.unwrap();
    assert_eq!(docket.case(void.id).await.unwrap(), None);
    assert_eq!(docket.room(&room("live")).await.unwrap().ended.len(), 0);
}

pub async fn what_is_recorded_is_deleted_by_an_erasure_alone(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let case = recorded(docket, 1).await;
    for (table, refused) in [
        ("ballots", "the ballots of a recorded case are not deleted"),
        ("case_seals", "the seals of a recorded case are not changed"),
        ("case_proofs", "the seals of a recorded case are not changed"),
    ] {
        let error = fixture.execute(&format!("DELETE FROM {table}")).await.unwrap_err().to_string();
        assert!(error.contains(refused), "{table}: {error}");
    }
    if !fixture.is_owner() {
        let refused = erase(docket, &case).await.unwrap_err().to_string();
        assert!(refused.contains("only the owner of the tables erases a case"), "{refused}");
    }
    erase(&*fixture.owners().await, &case).await.unwrap();
    for table in ["ballots", "case_seals", "case_proofs"] {
        assert_eq!(rows(&fixture, table).await, 0, "{table}");
    }
}
