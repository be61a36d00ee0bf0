//! One COPY of a case's ballots in PostgreSQL's binary format. A million rows take seconds, where inserts take minutes.

use live_jury_court::StoredBallot;
use live_jury_protocol::CaseId;
use sqlx::PgConnection;

use super::DocketError;
use crate::sql::row::signed;

/// The number of bytes sent at once. More would save no time and take memory.
const CHUNK_BYTES: usize = 256 * 1024;
/// The start of binary data: the signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// The end of binary data, in the place of a row's number of fields.
const TRAILER: i16 = -1;
/// The number of fields in a ballot's row.
const FIELDS: i16 = 7;

/// Copies a case's ballots into the table.
pub(super) async fn ballots(db: &mut PgConnection, id: CaseId, ballots: &[StoredBallot]) -> Result<(), DocketError> {
    let sql = "COPY ballots (case_id, juror, option, side, marks, change, cast_at_min) FROM STDIN (FORMAT binary)";
    let mut copy = db.copy_in_raw(sql).await?;
    let mut chunk = HEADER.to_vec();
    for ballot in ballots {
        push_ballot(&mut chunk, id, ballot)?;
        if chunk.len() >= CHUNK_BYTES {
            copy.send(&chunk[..]).await?;
            chunk.clear();
        }
    }
    chunk.extend(TRAILER.to_be_bytes());
    copy.send(&chunk[..]).await?;
    copy.finish().await?;
    Ok(())
}

fn push_ballot(chunk: &mut Vec<u8>, id: CaseId, ballot: &StoredBallot) -> Result<(), DocketError> {
    chunk.extend(FIELDS.to_be_bytes());
    push_field(chunk, Some(id.0.as_bytes()));
    push_field(chunk, Some(&ballot.juror.0));
    push_field(chunk, Some(&i64::from(ballot.option).to_be_bytes()));
    push_field(chunk, ballot.side.map(|side| side.as_str().as_bytes()));
    push_field(chunk, Some(&i64::from(ballot.marks.byte()).to_be_bytes()));
    push_field(chunk, Some(&i64::from(ballot.change).to_be_bytes()));
    push_field(chunk, Some(&signed("cast_at_min", ballot.cast_at_min)?.to_be_bytes()));
    Ok(())
}

/// Appends a field: its length, then its bytes. A length of -1 is NULL.
fn push_field(chunk: &mut Vec<u8>, field: Option<&[u8]>) {
    let length = field.and_then(|field| i32::try_from(field.len()).ok()).unwrap_or(-1);
    chunk.extend(length.to_be_bytes());
    chunk.extend(field.unwrap_or_default());
}
