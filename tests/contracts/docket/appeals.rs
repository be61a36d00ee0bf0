//! Appeals: one against each verdict, and who took part in the case before.

use live_jury_court::Pseudonym;
use live_jury_server::docket::DocketError;

use super::builders::{ballot, ballots, draft, entry, record, sealed_in};
use super::fixture::DocketFixture;

pub async fn a_verdict_is_appealed_once(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let first = record(docket, &sealed_in(docket, 1, "live").await, &ballots(3)).await.unwrap();
    let appeal = |number| draft(number, "live").appealing(first.id);
    let add = async |case| docket.add(&case, &[entry(&case, "mod", "created")], None).await.map(drop);
    add(appeal(2)).await.unwrap();
    assert_eq!(docket.case(appeal(2).id).await.unwrap(), Some(appeal(2)));
    assert!(matches!(add(appeal(3)).await, Err(DocketError::Appealed(id)) if id == first.id));
    assert_eq!(docket.case(appeal(3).id).await.unwrap(), None, "nothing of it is filed");
    add(draft(4, "live")).await.unwrap();

    let discarded = appeal(2).discard().unwrap();
    docket.discard(&discarded, &entry(&discarded, "mod", "discarded")).await.unwrap();
    // Two nodes file an appeal at the same time.
    let neighbour = fixture.neighbour().await;
    let (five, six) = (appeal(5), appeal(6));
    let (entry_five, entry_six) = ([entry(&five, "mod", "created")], [entry(&six, "mod", "created")]);
    let (five, six) = futures_util::join!(docket.add(&five, &entry_five, None), neighbour.add(&six, &entry_six, None));
    assert_eq!([five.is_ok(), six.is_ok()].into_iter().filter(|is_filed| *is_filed).count(), 1);
    assert_eq!(fixture.number("SELECT count(*) FROM cases WHERE state = 'draft' AND appeal_of IS NOT NULL").await, 1);
}

pub async fn those_who_took_part_are_told(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let recorded = record(docket, &sealed_in(docket, 1, "live").await, &ballots(300)).await.unwrap();
    let sealed = sealed_in(docket, 2, "live").await;
    let (stranger, called) = (Pseudonym([255; 16]), Pseudonym([254; 16]));
    let literal = fixture.literal(called);
    let call = format!(
        "INSERT INTO panels (case_id, juror, stratum, ticket) \
         SELECT case_id, {literal}, 'other', substr({literal}, 1, 8) FROM ballots LIMIT 1"
    );
    fixture.execute(&call).await.unwrap();
    let mut asked: Vec<Pseudonym> = (0..254).rev().map(|number| ballot(number).juror).collect();
    asked.insert(7, stranger);
    asked.push(called);
    let found = docket.took_part(recorded.id, &asked).await.unwrap();
    assert_eq!(found.len(), 256);
    assert!(found.iter().zip(&asked).all(|(took_part, juror)| *took_part == (*juror != stranger)));
    assert_eq!(docket.took_part(recorded.id, &[]).await.unwrap(), Vec::<bool>::new());
    for case in [sealed.id, draft(9, "live").id] {
        assert_eq!(docket.took_part(case, &asked[..2]).await.unwrap(), [false, false], "it is not recorded");
    }
}
