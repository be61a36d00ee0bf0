//! Objections of jurors, and the numbers of proofs that nodes have served.

use live_jury_court::Pseudonym;
use live_jury_protocol::{CaseId, ObjectionKind};
use live_jury_server::docket::CaseChecks;
use uuid::Uuid;

use super::builders::{entry, open};
use super::fixture::DocketFixture;

pub async fn a_juror_has_one_objection_in_each_case(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let (first, second) = (open(1, "live"), open(2, "live"));
    for case in [&first, &second] {
        docket.add(case, &[entry(case, "mod", "opened")], None).await.unwrap();
    }
    assert_eq!(docket.checks(first.id).await.unwrap(), CaseChecks::default());
    for (case, juror, kind) in [
        (&first, 1, ObjectionKind::Seal),
        (&first, 1, ObjectionKind::Line),
        (&first, 2, ObjectionKind::Seal),
        (&first, 3, ObjectionKind::Dropped),
        (&second, 1, ObjectionKind::Shown),
    ] {
        docket.object(case.id, &Pseudonym([juror; 16]), kind).await.unwrap();
    }
    let again = fixture.reopened().await;
    let checks = again.docket.checks(first.id).await.unwrap();
    assert_eq!(checks.objections, [(ObjectionKind::Seal, 2), (ObjectionKind::Dropped, 1)].into());
    let others = again.docket.checks(second.id).await.unwrap();
    assert_eq!(others.objections, [(ObjectionKind::Shown, 1)].into());
}

pub async fn nodes_add_up_the_proofs_that_they_have_served(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let case = open(1, "live");
    docket.add(&case, &[entry(&case, "mod", "opened")], None).await.unwrap();
    docket.add_proofs(case.id, 3).await.unwrap();
    docket.add_proofs(case.id, 4).await.unwrap();
    assert_eq!(docket.checks(case.id).await.unwrap(), CaseChecks { proofs: 7, ..CaseChecks::default() });
    assert!(docket.add_proofs(CaseId(Uuid::from_u128(9)), 1).await.is_err(), "there is no such case");
}

/// A newer node has filed a kind that this program does not know.
pub async fn a_newer_kind_of_objection_hides_no_other(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let case = open(1, "live");
    docket.add(&case, &[entry(&case, "mod", "opened")], None).await.unwrap();
    docket.add_proofs(case.id, 7).await.unwrap();
    for (juror, kind) in [(1, ObjectionKind::Seal), (2, ObjectionKind::Line)] {
        docket.object(case.id, &Pseudonym([juror; 16]), kind).await.unwrap();
    }
    fixture.execute("UPDATE objections SET kind = 'roster' WHERE kind = 'line'").await.unwrap();
    let checks = docket.checks(case.id).await.unwrap();
    assert_eq!(checks, CaseChecks { proofs: 7, objections: [(ObjectionKind::Seal, 1)].into() });
}

/// Each kind is stored under its own name.
pub async fn every_kind_of_objection_is_read_back(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let case = open(1, "live");
    docket.add(&case, &[entry(&case, "mod", "opened")], None).await.unwrap();
    for (n, kind) in (0..).zip(ObjectionKind::ALL) {
        docket.object(case.id, &Pseudonym([n; 16]), kind).await.unwrap();
    }
    let found = docket.checks(case.id).await.unwrap().objections;
    assert_eq!(found, ObjectionKind::ALL.map(|kind| (kind, 1)).into());
}
