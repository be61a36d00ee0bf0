//! The rows beside a verdict by which anybody can check it: the entry of the log, seals, and hashes for proofs. It
//! computes none of them.

use async_trait::async_trait;
use live_jury_court::Case;
use live_jury_protocol::{AuditEntry, CaseId, NewCase};
use serde::Serialize;

use super::write::{WriteDb, state_before};
use super::{DocketError, row};
use crate::sql::query::{Db, Value};
use crate::sql::row::{Columns, Malformed, count, json, signed, text};
use crate::sql::statements as sql;

/// The form of a public brief, which its first member names.
const BRIEF_FORMAT: &str = "live-jury/brief/v1";
/// The number of seals in a row of the docket: a subtree of this many leaves is whole.
pub const SEALS_PER_ROW: usize = 256;
/// The bytes of a seal.
pub const SEAL_BYTES: usize = 32;
/// The bytes of a row of seals.
const ROW_BYTES: usize = SEALS_PER_ROW * SEAL_BYTES;
/// The number of rows of seals in one transaction. They are 640 KB, which a slow disk writes in far less than the limit
/// of a call.
const ROWS_PER_RANGE: usize = 80;

/// The rows that are filed beside a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    /// The number of the log that gets the entry.
    pub log: u64,
    /// The entry.
    pub entry: String,
    /// The statement that the entry is about.
    pub statement: String,
    /// The number of audit lines that the statement is about: all that were filed before the record's own.
    pub audit_lines: u64,
    /// The brief whose hash the statement has.
    pub public_brief: String,
    /// The key of the seals.
    pub seal_key: [u8; 32],
    /// The seals of all ballots, 32 bytes each, in ascending order.
    pub seals: Vec<u8>,
    /// The hashes of all ballots that a proof about one of them needs.
    pub proofs: CaseProofs,
}

/// The hashes of all ballots that a proof about one of them needs, in the columns of `case_proofs`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseProofs {
    /// The first seal of each row of seals, 32 bytes each.
    pub seal_firsts: Vec<u8>,
    /// The hash of the subtree over each row of seals, 32 bytes each.
    pub seal_nodes: Vec<u8>,
    /// The first pseudonym of each leaf of the tree of rows, 16 bytes each.
    pub row_firsts: Vec<u8>,
    /// The hash of each leaf of the tree of rows, 32 bytes each.
    pub row_hashes: Vec<u8>,
}

/// The sources of a statement besides the case and its ballots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementInputs {
    /// The public brief that was stored at the opening; none in a case that an older program opened.
    pub public_brief: Option<String>,
    /// The audit lines as they are hashed, oldest first.
    pub audit: Vec<String>,
}

/// The published parts of recorded cases.
#[async_trait]
pub trait AttestationStore: Send + Sync {
    /// Reads what the statement of a sealed case is made from.
    async fn statement_inputs(&self, id: CaseId) -> Result<StatementInputs, DocketError>;

    /// Reads the first `lines` audit lines of a case as they are hashed.
    async fn hashed_audit(&self, id: CaseId, lines: u32) -> Result<Vec<String>, DocketError>;

    /// Reads the public brief and the seal key of a recorded case; none of a case without a statement.
    async fn attested(&self, id: CaseId) -> Result<Option<AttestedCase>, DocketError>;

    /// Reads what proofs about ballots of a recorded case need; none of a case without a statement.
    async fn case_proofs(&self, id: CaseId) -> Result<Option<CaseProofs>, DocketError>;

    /// Reads rows of seals from this one on, at most `limit`, each with up to [`SEALS_PER_ROW`] seals.
    async fn case_seals(&self, id: CaseId, first: u64, limit: u32) -> Result<Vec<Vec<u8>>, DocketError>;
}

/// The stored texts of a recorded case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestedCase {
    /// The brief whose hash the statement has.
    pub public_brief: String,
    /// The key of the seals.
    pub seal_key: [u8; 32],
}

/// An audit line in the bytes that are hashed and stored.
pub(super) fn stored_line(entry: &AuditEntry) -> Result<String, Malformed> {
    json("stored", entry)
}

/// A case as it was written, for the public: without those who may not judge it.
#[derive(Serialize)]
struct PublicBrief<'b> {
    format: &'static str,
    #[serde(flatten)]
    brief: &'b NewCase,
}

/// A brief as it is published, in the bytes that are hashed.
pub(crate) fn public_brief(brief: &NewCase) -> Result<String, DocketError> {
    let mut brief = brief.clone();
    brief.rules.recused = None;
    Ok(json("public_brief", &PublicBrief { format: BRIEF_FORMAT, brief: &brief })?)
}

/// Stores the public brief of a case that opens.
pub(super) async fn store_brief<D: Db>(db: &mut D, case: &Case) -> Result<(), DocketError> {
    let brief = public_brief(&case.brief)?;
    db.execute(sql::STORE_BRIEF, &[case.id.0.into(), text("public_brief", &brief)?.into()]).await?;
    Ok(())
}

/// The ranges in which seals are filed, each with the number of its first row.
pub(super) fn seal_ranges(seals: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    seals.chunks(ROWS_PER_RANGE * ROW_BYTES).enumerate().map(|(range, seals)| (range * ROWS_PER_RANGE, seals))
}

/// Files a range of seals under the sealed case, in place of what the docket has there.
pub(super) async fn file_seals<D: WriteDb>(
    db: &mut D,
    case: &Case,
    first: usize,
    seals: &[u8],
) -> Result<(), DocketError> {
    let state = state_before(db, case).await?.state;
    row::check_sealed("seals", state)?;
    let rows = seals.len().div_ceil(ROW_BYTES);
    let values = [
        case.id.0.into(),
        signed("n", first as u64)?.into(),
        Value::Bytes(seals),
        count(rows).into(),
        count(ROW_BYTES).into(),
    ];
    db.execute(sql::PUT_SEALS, &values).await?;
    Ok(())
}

/// Files all but the entry, in the transaction that records the case. It checks the seals that were filed before.
pub(super) async fn file<D: WriteDb>(db: &mut D, id: CaseId, of: &Attestation) -> Result<(), DocketError> {
    let key = id.0.into();
    let rows = of.seals.len().div_ceil(ROW_BYTES) as u64;
    db.execute(sql::DELETE_SEALS_FROM, &[key, signed("n", rows)?.into()]).await?;
    let found = db.fetch_optional(sql::COUNT_SEALS, &[key]).await?;
    let bytes = found.map_or(Ok(0), |row| row.number("bytes"))?;
    if bytes != of.seals.len() as u64 {
        return Err(Malformed::new("seals", format_args!("have {bytes} bytes, not {}", of.seals.len())).into());
    }
    let proofs = &of.proofs;
    let values = [
        key,
        Value::Bytes(&proofs.seal_firsts),
        Value::Bytes(&proofs.seal_nodes),
        Value::Bytes(&proofs.row_firsts),
        Value::Bytes(&proofs.row_hashes),
    ];
    db.execute(sql::INSERT_PROOFS, &values).await?;
    let brief = text("public_brief", &of.public_brief)?;
    db.execute(sql::STORE_SEAL_KEY, &[key, brief.into(), Value::Bytes(&of.seal_key)]).await?;
    Ok(())
}

/// Checks, before the record's own audit line is filed, that the case has those which the statement is about.
///
/// # Errors
/// [`DocketError::Conflict`] if another line was filed meanwhile.
pub(super) async fn check_audit<D: Db>(db: &mut D, id: CaseId, of: &Attestation) -> Result<(), DocketError> {
    let found = db.fetch_optional(sql::COUNT_AUDIT, &[id.0.into()]).await?;
    let lines = found.map_or(Ok(0), |row| row.number("lines"))?;
    if lines == of.audit_lines { Ok(()) } else { Err(DocketError::Conflict(id)) }
}

pub(super) async fn inputs<D: Db>(db: &mut D, id: CaseId) -> Result<(Option<D::Row>, Vec<D::Row>), DocketError> {
    let case = db.fetch_optional(sql::ATTESTED_CASE, &[id.0.into()]).await?;
    Ok((case, db.fetch_all(sql::HASHED_AUDIT, &[id.0.into(), i64::MAX.into()]).await?))
}

pub(super) fn parse_inputs<R: Columns>((case, audit): &(Option<R>, Vec<R>)) -> Result<StatementInputs, DocketError> {
    let public_brief = case.as_ref().map(|row| row.maybe_text("public_brief")).transpose()?.flatten();
    Ok(StatementInputs { public_brief, audit: parse_audit(audit)? })
}

pub(super) async fn hashed_audit<D: Db>(db: &mut D, id: CaseId, lines: u32) -> Result<Vec<D::Row>, DocketError> {
    Ok(db.fetch_all(sql::HASHED_AUDIT, &[id.0.into(), i64::from(lines).into()]).await?)
}

/// Audit lines as they are hashed. A line of an older program is written as this program would.
pub(super) fn parse_audit(rows: &[impl Columns]) -> Result<Vec<String>, DocketError> {
    let line = |row| match Columns::maybe_text(row, "stored")? {
        Some(stored) => Ok(stored),
        None => Ok(stored_line(&row::audit_entry(row)?)?),
    };
    rows.iter().map(line).collect()
}

pub(super) async fn attested<D: Db>(db: &mut D, id: CaseId) -> Result<Option<D::Row>, DocketError> {
    Ok(db.fetch_optional(sql::ATTESTED_CASE, &[id.0.into()]).await?)
}

pub(super) fn parse_attested(row: Option<&impl Columns>) -> Result<Option<AttestedCase>, DocketError> {
    let Some(row) = row else { return Ok(None) };
    let (Some(public_brief), Some(key)) = (row.maybe_text("public_brief")?, row.maybe_bytes("seal_key")?) else {
        return Ok(None);
    };
    let seal_key = key.try_into().map_err(|why| Malformed::new("seal_key", why))?;
    Ok(Some(AttestedCase { public_brief, seal_key }))
}

pub(super) async fn proofs<D: Db>(db: &mut D, id: CaseId) -> Result<Option<CaseProofs>, DocketError> {
    let found = db.fetch_optional(sql::CASE_PROOFS, &[id.0.into()]).await?;
    let parse = |row: &D::Row| {
        let bytes = |column| row.bytes(column).map(<[u8]>::to_vec);
        Ok(CaseProofs {
            seal_firsts: bytes("seal_firsts")?,
            seal_nodes: bytes("seal_nodes")?,
            row_firsts: bytes("row_firsts")?,
            row_hashes: bytes("row_hashes")?,
        })
    };
    found.as_ref().map(parse).transpose().map_err(|error: Malformed| error.into())
}

pub(super) async fn seals<D: Db>(db: &mut D, id: CaseId, first: u64, limit: u32) -> Result<Vec<Vec<u8>>, DocketError> {
    let values = [id.0.into(), signed("n", first)?.into(), i64::from(limit).into()];
    let found = db.fetch_all(sql::CASE_SEALS, &values).await?;
    Ok(found.iter().map(|row| row.bytes("seals").map(<[u8]>::to_vec)).collect::<Result<_, _>>()?)
}
