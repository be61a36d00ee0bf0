//! The log of verdicts in the docket: entries, tiles, notes, and what is filed beside a verdict.

use live_jury_court::StoredBallot;
use live_jury_proof::merkle::{leaf_hash, root};
use live_jury_server::docket::{Docket, DocketError, LogNote, SEALS_PER_ROW};
use tokio::task::JoinSet;

use super::builders::{LOG, LOG_ORIGIN, attestation, ballots, decided, entry, file, lost, record, sealed_in};
use super::fixture::DocketFixture;

/// Entries of a full tile.
const TILE: u64 = 256;

/// The log's entries, which its edge and its head agree with.
async fn entries(docket: &dyn Docket) -> Vec<String> {
    let entries = docket.log_entries(LOG, 0, 1_000).await.unwrap();
    let edge = docket.log_edge(LOG).await.unwrap().unwrap();
    let leaves: Vec<_> = entries.iter().map(|entry| leaf_hash(entry.as_bytes())).collect();
    assert_eq!((edge.head.size, edge.edge.size()), (entries.len() as u64, entries.len() as u64));
    assert_eq!(edge.edge.root(), root(&leaves));
    assert_eq!(edge.head.origin, LOG_ORIGIN);
    entries
}

pub async fn each_record_is_one_entry_of_the_log(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let cast: Vec<StoredBallot> = ballots(2 * SEALS_PER_ROW as u64 + 3);
    let case = sealed_in(docket, 1, "live").await;
    let attested = attestation(docket, &case, &cast).await.unwrap();
    assert_eq!(docket.logged_case(case.id).await.unwrap(), None);
    assert_eq!(docket.attested(case.id).await.unwrap(), None);
    record(docket, &case, &cast).await.unwrap();
    let void = sealed_in(docket, 2, "live").await;
    file(docket, &lost(void.clone())).await.unwrap();

    assert_eq!(entries(docket).await, [attested.entry.clone(), attestation(docket, &void, &[]).await.unwrap().entry]);
    let logged = docket.logged_case(case.id).await.unwrap().unwrap();
    assert_eq!((logged.log, logged.index, logged.entry), (LOG, 0, attested.entry));
    assert_eq!(logged.statement, attested.statement);
    assert_eq!(docket.logged_case(void.id).await.unwrap().unwrap().index, 1);
    assert_eq!(docket.case_proofs(case.id).await.unwrap(), Some(attested.proofs));
    let stored = docket.attested(case.id).await.unwrap().unwrap();
    assert_eq!((stored.public_brief, stored.seal_key), (attested.public_brief.clone(), attested.seal_key));
    assert!(attested.public_brief.starts_with(r#"{"format":"live-jury/brief/v1","title":"#), "stored at the opening");
    let rows = docket.case_seals(case.id, 0, 9).await.unwrap();
    assert_eq!(rows.iter().map(Vec::len).collect::<Vec<_>>(), [8_192, 8_192, 96]);
    assert_eq!(rows.concat(), attested.seals);
    assert_eq!(docket.case_seals(case.id, 1, 1).await.unwrap(), rows[1..2]);
    let hashed = docket.hashed_audit(case.id, u32::try_from(attested.audit_lines).unwrap()).await.unwrap();
    assert_eq!(hashed.len(), 2);
    assert!(hashed[0].starts_with('{') && hashed[0].contains("opened"), "{hashed:?}");
}

pub async fn nodes_append_to_one_log(fixture: DocketFixture) {
    const CASES: u64 = 12;
    let dockets = [fixture.docket.clone(), fixture.neighbour().await];
    let mut recording = JoinSet::new();
    for number in 0..CASES {
        let case = sealed_in(&*fixture.docket, u128::from(number), &format!("room-{}", number / 8)).await;
        let docket = dockets[usize::try_from(number % 2).unwrap()].clone();
        recording.spawn(async move { record(&*docket, &case, &ballots(number * 40)).await.unwrap() });
    }
    recording.join_all().await;
    let mut distinct = entries(&*fixture.docket).await;
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len() as u64, CASES);
}

pub async fn a_full_tile_is_filed_once(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    for number in 0..TILE {
        assert_eq!(docket.log_tile(LOG, 0, 0).await.unwrap(), None);
        let case = sealed_in(docket, u128::from(number), "live").await;
        record(docket, &case, &[]).await.unwrap();
    }
    let full = docket.log_tile(LOG, 0, 0).await.unwrap().unwrap();
    let hashes: Vec<_> = entries(docket).await.iter().map(|entry| leaf_hash(entry.as_bytes())).collect();
    assert_eq!(full, hashes.as_flattened());
    let edge = docket.log_edge(LOG).await.unwrap().unwrap().edge;
    assert_eq!((edge.partial(0).len(), edge.partial(1)), (0, &[root(&hashes)][..]));
}

pub async fn a_record_is_about_the_audit_lines_before_it(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let case = sealed_in(docket, 1, "live").await;
    let early = attestation(docket, &case, &[]).await.unwrap();
    docket.note(case.id, &entry(&case, "server", "repaired")).await.unwrap();
    let decided = decided(case.clone(), &[]);
    let refused = docket.record(&decided, &entry(&decided, "server", "decided"), &[], &early).await;
    assert!(matches!(refused, Err(DocketError::Conflict(_))), "{refused:?}");
    assert!(entries(docket).await.is_empty(), "nothing is recorded");
    record(docket, &case, &[]).await.unwrap();
    assert_eq!(entries(docket).await.len(), 1);
}

pub async fn a_note_of_a_smaller_size_replaces_none(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let note = |size: u64| LogNote { size, note: format!("note {size}") };
    docket.begin_log(LOG, LOG_ORIGIN, None).await.unwrap();
    assert_eq!(docket.log_note(LOG).await.unwrap(), None);
    for (filed, kept) in [(2, 2), (1, 2), (5, 5), (4, 5)] {
        docket.file_log_note(LOG, &note(filed)).await.unwrap();
        assert_eq!(docket.log_note(LOG).await.unwrap(), Some(note(kept)));
    }
}

pub async fn signatures_of_witnesses_are_added_and_not_lost(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let note = |size: u64, lines: &str| LogNote { size, note: format!("note {size}{lines}") };
    docket.begin_log(LOG, LOG_ORIGIN, None).await.unwrap();
    docket.file_log_note(LOG, &note(2, "")).await.unwrap();
    assert_eq!(docket.log_cosigned(LOG).await.unwrap(), None);
    docket.file_log_cosigned(LOG, &note(2, "+b")).await.unwrap();
    docket.file_log_note(LOG, &note(2, "")).await.unwrap();
    assert_eq!(docket.log_note(LOG).await.unwrap(), Some(note(2, "+b")), "another node has signed the same size");
    docket.file_log_note(LOG, &note(5, "")).await.unwrap();
    // The size, the filed note, and what then are the last note with witnesses and the last of all.
    for (size, lines, cosigned, last) in [
        (2, "+b+c", (2, "+b+c"), (5, "")),
        (2, "+d", (2, "+b+c"), (5, "")),
        (5, "+b", (5, "+b"), (5, "+b")),
        (2, "+b+c+d", (5, "+b"), (5, "+b")),
        (5, "+b+c", (5, "+b+c"), (5, "+b+c")),
    ] {
        docket.file_log_cosigned(LOG, &note(size, lines)).await.unwrap();
        assert_eq!(docket.log_cosigned(LOG).await.unwrap(), Some(note(cosigned.0, cosigned.1)));
        assert_eq!(docket.log_note(LOG).await.unwrap(), Some(note(last.0, last.1)));
    }
}

pub async fn a_log_has_one_key(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    assert_eq!(docket.sign_log_with(LOG, "first").await.unwrap(), None, "the log was not begun");
    docket.begin_log(LOG, LOG_ORIGIN, None).await.unwrap();
    assert_eq!(docket.sign_log_with(LOG, "first").await.unwrap().as_deref(), Some("first"));
    assert_eq!(docket.sign_log_with(LOG, "second").await.unwrap().as_deref(), Some("first"));
    let again = docket.begin_log(LOG, "another.example.com/log/1", Some("an entry")).await.unwrap();
    assert_eq!((again.origin.as_str(), again.size, again.vkey.as_deref()), (LOG_ORIGIN, 0, Some("first")));
    let next = docket.begin_log(LOG + 1, "jury.example.com/log/2", Some("continues")).await.unwrap();
    assert_eq!((next.size, docket.log_heads().await.unwrap().len()), (1, 2));
    assert_eq!(docket.log_entries(LOG + 1, 0, 9).await.unwrap(), ["continues"]);
}

pub async fn seals_that_were_left_behind_are_replaced(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let case = sealed_in(docket, 1, "live").await;
    let (many, few) = (ballots(600), ballots(300));
    let early = attestation(docket, &case, &many).await.unwrap();
    docket.note(case.id, &entry(&case, "server", "repaired")).await.unwrap();
    let concluded = decided(case.clone(), &many);
    assert!(docket.record(&concluded, &entry(&concluded, "server", "decided"), &many, &early).await.is_err());
    assert_eq!(docket.case_seals(case.id, 0, 9).await.unwrap().len(), 3, "seals are filed first");
    let attested = attestation(docket, &case, &few).await.unwrap();
    record(docket, &case, &few).await.unwrap();
    assert_eq!(docket.case_seals(case.id, 0, 9).await.unwrap().concat(), attested.seals);
    for change in ["DELETE FROM case_seals", "UPDATE case_seals SET n = n + 10"] {
        let refused = fixture.execute(change).await.unwrap_err().to_string();
        assert!(refused.contains("the seals of a recorded case are not changed"), "{refused}");
    }
}
