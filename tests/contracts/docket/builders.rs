//! Builders of cases, audit entries and ballots, each determined by its number; they start no store.

use live_jury_court::{
    Brief, Case, EvidenceUrlPolicy, Loss, LossShare, Marks, Pseudonym, SealedBy, StoredBallot, Sums, judge, tally_lost,
};
use live_jury_proof::entry::Entry;
use live_jury_proof::sha256;
use live_jury_protocol::{Actor, AuditAction, AuditEntry, CaseId, RoomId, Side};
use live_jury_server::docket::{Attestation, CaseProofs, CaseQuery, Docket, DocketError, Request, VerdictQuery};
use serde_json::json;
use uuid::Uuid;

pub const NOW_MS: u64 = 1_800_000_000_000;
pub const CLOSES_MS: u64 = NOW_MS + 60_000;

pub fn room(name: &str) -> RoomId {
    name.parse().unwrap()
}

pub fn brief(title: &str) -> Brief {
    let new = json!({
        "title": title, "duration_s": 60,
        "options": [{"id": "buyer", "label": "Buyer"}, {"id": "merchant", "label": "Merchant"},
                    {"id": "none", "label": "Cannot tell", "abstain": true}],
        "rules": {"quorum": 1}
    });
    Brief::new(serde_json::from_value(new).unwrap(), EvidenceUrlPolicy::Https).unwrap()
}

/// A draft. All drafts are of the same millisecond, and a greater number sorts as newer.
pub fn draft(number: u128, in_room: &str) -> Case {
    Case::draft(CaseId(Uuid::from_u128(number)), room(in_room), brief(&format!("case {number}")), NOW_MS)
}

pub fn open(number: u128, in_room: &str) -> Case {
    draft(number, in_room).open(NOW_MS, CLOSES_MS, "0123456789abcdef".into(), LossShare::default()).unwrap()
}

pub fn sealed(case: Case) -> Case {
    case.seal(SealedBy::Deadline, CLOSES_MS).unwrap()
}

/// The sealed case with the verdict that follows from these ballots.
pub fn decided(case: Case, ballots: &[StoredBallot]) -> Case {
    let sums = Sums::of(&case.brief, ballots).unwrap();
    let verdict = judge(&case.brief, &sums, None, &Loss::default(), CLOSES_MS);
    case.conclude(verdict).unwrap()
}

pub fn lost(case: Case) -> Case {
    let loss = case.state.opened().unwrap().loss;
    case.conclude(tally_lost(&loss, CLOSES_MS)).unwrap()
}

pub fn entry(case: &Case, by: &str, action: &str) -> AuditEntry {
    AuditEntry {
        at_ms: NOW_MS,
        by: by.into(),
        by_kind: if by == "server" { Actor::Server } else { Actor::Moderator },
        action: AuditAction::from(action.to_owned()),
        detail: None,
        version: case.version,
        epoch: case.state.opened().map_or(0, |open| open.epoch),
    }
}

pub fn request(in_room: &str, key: &str, digest: &str, answer: &str) -> Request {
    Request { room: room(in_room), key: key.into(), digest: digest.into(), answer: answer.into() }
}

/// Unsorted ballots, spread over pseudonyms, options, sides, marks and times.
pub fn ballots(number: u64) -> Vec<StoredBallot> {
    (0..number).map(ballot).collect()
}

pub fn ballot(number: u64) -> StoredBallot {
    // The factor is odd, so different numbers give different pseudonyms.
    let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut juror = [0; 16];
    juror[..8].copy_from_slice(&spread.to_be_bytes());
    juror[8..].copy_from_slice(&(!spread).to_le_bytes());
    StoredBallot {
        juror: Pseudonym(juror),
        option: u8::try_from(number % 3).unwrap(),
        side: [None, Some(Side::Buyer), Some(Side::Merchant)][usize::try_from(number % 7 % 3).unwrap()],
        // Odd, so that the marks of 256 ballots in a row are all bytes.
        marks: Marks::from_byte((number * 37 % 256) as u8),
        change: if number == 0 { u32::MAX } else { u32::try_from(number % 2).unwrap() },
        cast_at_min: NOW_MS / 60_000 + number % 60,
    }
}

/// The cases of a list in which every row can be read.
pub async fn cases(docket: &dyn Docket, query: &CaseQuery) -> Vec<Case> {
    docket.cases(query).await.unwrap().into_iter().map(|stored| stored.case.unwrap()).collect()
}

/// The verdicts of a list in which every row can be read, with their places.
pub async fn verdicts(docket: &dyn Docket, query: &VerdictQuery) -> Vec<(u64, Case)> {
    let stored = docket.verdicts(query).await.unwrap();
    stored.into_iter().map(|stored| (stored.place.unwrap(), stored.case.unwrap())).collect()
}

/// Adds an open case to a docket.
pub async fn opened(docket: &dyn Docket, number: u128, in_room: &str) -> Case {
    let case = open(number, in_room);
    docket.add(&case, &[entry(&case, "mod", "opened")], None).await.unwrap();
    case
}

/// Files a case's next version.
pub async fn file(docket: &dyn Docket, case: &Case) -> Result<(), DocketError> {
    let line = entry(case, "mod", case.state.name().as_str());
    match case.state.ended() {
        Some(_) => docket.record(case, &line, &[], &attestation(docket, case, &[]).await?).await,
        None => docket.file(case, &line).await,
    }
}

/// Adds a case to a docket and seals it.
pub async fn sealed_in(docket: &dyn Docket, number: u128, in_room: &str) -> Case {
    let case = sealed(opened(docket, number, in_room).await);
    file(docket, &case).await.unwrap();
    case
}

/// Records a sealed case with its ballots.
pub async fn record(docket: &dyn Docket, case: &Case, ballots: &[StoredBallot]) -> Result<Case, DocketError> {
    let case = decided(case.clone(), ballots);
    let attestation = attestation(docket, &case, ballots).await?;
    docket.record(&case, &entry(&case, "server", "decided"), ballots, &attestation).await.map(|()| case)
}

/// The log of these tests.
pub const LOG: u64 = 1;

/// The name of that log.
pub const LOG_ORIGIN: &str = "jury.example.com/log/1";

/// What is filed beside a verdict, in a log that was begun. The docket stores it and does not check its hashes.
pub async fn attestation(
    docket: &dyn Docket,
    case: &Case,
    ballots: &[StoredBallot],
) -> Result<Attestation, DocketError> {
    docket.begin_log(LOG, LOG_ORIGIN, None).await?;
    let inputs = docket.statement_inputs(case.id).await?;
    let mut seals: Vec<[u8; 32]> = ballots.iter().map(|ballot| sha256(&[&ballot.juror.0])).collect();
    seals.sort_unstable();
    let statement = format!("the statement of {}\n", case.id);
    Ok(Attestation {
        log: LOG,
        entry: Entry::of_statement(case.id.0.as_bytes(), &statement).to_text(),
        statement,
        audit_lines: inputs.audit.len() as u64,
        public_brief: inputs.public_brief.unwrap_or_else(|| "a brief".to_owned()),
        seal_key: [7; 32],
        proofs: CaseProofs {
            seal_firsts: seals.iter().step_by(256).flatten().copied().collect(),
            ..CaseProofs::default()
        },
        seals: seals.into_flattened(),
    })
}
