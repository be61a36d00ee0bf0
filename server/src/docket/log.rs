//! The logs of verdicts in the docket: their heads, entries, tiles and signed notes. It makes no entry and signs
//! nothing.

use async_trait::async_trait;
use live_jury_proof::merkle::leaf_hash;
use live_jury_proof::statement::Statement;
use live_jury_proof::tiles::Edge;
use live_jury_protocol::CaseId;

use super::DocketError;
use crate::sql::query::{Db, Value};
use crate::sql::row::{Columns, Malformed, cursor, signed, text};
use crate::sql::statements as sql;

/// The logs of a docket. A server appends to one of them; the others are of earlier numbers.
#[async_trait]
pub trait LogStore: Send + Sync {
    /// Begins the log with this number, unless it exists, and returns its head. `first` becomes the first entry of a
    /// new log.
    async fn begin_log(&self, log: u64, origin: &str, first: Option<&str>) -> Result<LogHead, DocketError>;

    /// Files the public key of a log that has none, and returns the log's.
    async fn sign_log_with(&self, log: u64, vkey: &str) -> Result<Option<String>, DocketError>;

    /// Reads the heads of all logs, by number.
    async fn log_heads(&self) -> Result<Vec<LogHead>, DocketError>;

    /// Reads a log's head with its right edge.
    async fn log_edge(&self, log: u64) -> Result<Option<LogEdge>, DocketError>;

    /// Reads the hashes of a full tile.
    async fn log_tile(&self, log: u64, level: u8, n: u64) -> Result<Option<Vec<u8>>, DocketError>;

    /// Reads at most `limit` entries from this one on.
    async fn log_entries(&self, log: u64, first: u64, limit: u32) -> Result<Vec<String>, DocketError>;

    /// Reads the last signed note of a log.
    async fn log_note(&self, log: u64) -> Result<Option<LogNote>, DocketError>;

    /// Files a signed note, unless the log has one of this size or a larger one.
    async fn file_log_note(&self, log: u64, note: &LogNote) -> Result<(), DocketError>;

    /// Reads the last note of a log that witnesses signed, too.
    async fn log_cosigned(&self, log: u64) -> Result<Option<LogNote>, DocketError>;

    /// Files a note with signatures of witnesses, unless the log has one of a larger size or with more of them. The
    /// last signed note gets them, too, if it is of this size.
    async fn file_log_cosigned(&self, log: u64, note: &LogNote) -> Result<(), DocketError>;

    /// Reads the entry of a case, that of the log with the highest number first.
    async fn logged_case(&self, id: CaseId) -> Result<Option<LoggedCase>, DocketError>;
}

/// The head of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogHead {
    /// The log's number.
    pub log: u64,
    /// The log's name and address, `HOST/log/N`, as it was at its first use.
    pub origin: String,
    /// The number of entries.
    pub size: u64,
    /// The public key of its signatures; none before the first one.
    pub vkey: Option<String>,
}

/// A log's head, and the partial tiles from which its root follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEdge {
    /// The head.
    pub head: LogHead,
    /// The right edge of the tree.
    pub edge: Edge,
}

/// A signed note about a log's first entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogNote {
    /// The number of entries.
    pub size: u64,
    /// The text with its signatures.
    pub note: String,
}

/// A case's entry in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedCase {
    /// The log's number.
    pub log: u64,
    /// The entry's number.
    pub index: u64,
    /// The entry.
    pub entry: String,
    /// The statement that the entry is about.
    pub statement: String,
}

impl LoggedCase {
    /// The statement, read.
    ///
    /// # Errors
    /// It is not the statement of a case.
    pub fn parsed(&self, id: CaseId) -> Result<Statement, DocketError> {
        let parsed = Statement::parse(&self.statement);
        parsed.map_err(|why| DocketError::Malformed(format!("the statement of case {id}: {why}")))
    }
}

/// The statement on logs that differs between the dialects.
pub(super) trait LogDb: Db {
    /// `$1` log. Locks it against other entries.
    const LOCK_LOG: &'static str;
}

pub(super) async fn begin<D: LogDb>(
    db: &mut D,
    log: u64,
    origin: &str,
    first: Option<&str>,
) -> Result<LogHead, DocketError> {
    let number = signed("log", log)?;
    let empty = Edge::default().to_bytes();
    let values = [number.into(), text("origin", origin)?.into(), Value::Bytes(&empty)];
    let is_new = db.execute(sql::INSERT_LOG, &values).await? > 0;
    if is_new && let Some(entry) = first {
        let index = append(db, log, entry).await?;
        db.execute(sql::INSERT_LOG_ENTRY, &[number.into(), index.into(), text("entry", entry)?.into()]).await?;
    }
    Ok(edge_of(db, log).await?.head)
}

/// Appends a case's entry.
pub(super) async fn append_case<D: LogDb>(
    db: &mut D,
    log: u64,
    id: CaseId,
    entry: &str,
    statement: &str,
) -> Result<(), DocketError> {
    let index = append(db, log, entry).await?;
    let values = [
        signed("log", log)?.into(),
        index.into(),
        text("entry", entry)?.into(),
        id.0.into(),
        text("statement", statement)?.into(),
    ];
    db.execute(sql::INSERT_CASE_ENTRY, &values).await?;
    Ok(())
}

/// Gives an entry its number, and files the tiles that it fills. Until the end of the transaction no other entry is
/// appended.
async fn append<D: LogDb>(db: &mut D, log: u64, entry: &str) -> Result<i64, DocketError> {
    let number = signed("log", log)?;
    let found = db.fetch_optional(D::LOCK_LOG, &[number.into()]).await?;
    let mut edge = parse_edge(&found.ok_or_else(|| not_begun(log))?)?.edge;
    let index = signed("idx", edge.size())?;
    for (level, n, hashes) in edge.push(leaf_hash(entry.as_bytes())) {
        let place = [number.into(), i64::from(level).into(), signed("n", n)?.into()];
        let values = [place[0], place[1], place[2], Value::Bytes(hashes.as_flattened())];
        db.execute(sql::INSERT_LOG_TILE, &values).await?;
    }
    let values = [number.into(), signed("size", edge.size())?.into(), Value::Bytes(&edge.to_bytes())];
    db.execute(sql::GROW_LOG, &values).await?;
    Ok(index)
}

fn not_begun(log: u64) -> Malformed {
    Malformed::new("log", format_args!("{log} was not begun"))
}

async fn edge_of<D: Db>(db: &mut D, log: u64) -> Result<LogEdge, DocketError> {
    Ok(edge(db, log).await?.ok_or_else(|| not_begun(log))?)
}

pub(super) async fn edge<D: Db>(db: &mut D, log: u64) -> Result<Option<LogEdge>, DocketError> {
    let found = db.fetch_optional(sql::LOG_EDGE, &[cursor(log).into()]).await?;
    Ok(found.as_ref().map(parse_edge).transpose()?)
}

fn parse_edge(row: &impl Columns) -> Result<LogEdge, Malformed> {
    let (head, bytes) = (parse_head(row)?, row.bytes("frontier")?);
    let edge = Edge::from_bytes(bytes).map_err(|why| Malformed::new("frontier", why))?;
    if edge.size() != head.size {
        return Err(Malformed::new("frontier", format_args!("is of {} entries, not {}", edge.size(), head.size)));
    }
    Ok(LogEdge { head, edge })
}

pub(super) async fn sign_with<D: Db>(db: &mut D, log: u64, vkey: &str) -> Result<Option<String>, DocketError> {
    db.execute(sql::SIGN_LOG_WITH, &[signed("log", log)?.into(), text("vkey", vkey)?.into()]).await?;
    Ok(edge(db, log).await?.and_then(|found| found.head.vkey))
}

pub(super) async fn heads<D: Db>(db: &mut D) -> Result<Vec<LogHead>, DocketError> {
    let found = db.fetch_all(sql::LOG_HEADS, &[]).await?;
    Ok(found.iter().map(parse_head).collect::<Result<_, _>>()?)
}

fn parse_head(row: &impl Columns) -> Result<LogHead, Malformed> {
    Ok(LogHead {
        log: row.number("log")?,
        origin: row.text("origin")?,
        size: row.number("size")?,
        vkey: row.maybe_text("vkey")?,
    })
}

pub(super) async fn tile<D: Db>(db: &mut D, log: u64, level: u8, n: u64) -> Result<Option<Vec<u8>>, DocketError> {
    let values = [cursor(log).into(), i64::from(level).into(), cursor(n).into()];
    let found = db.fetch_optional(sql::LOG_TILE, &values).await?;
    Ok(found.as_ref().map(|row| row.bytes("hashes").map(<[u8]>::to_vec)).transpose()?)
}

pub(super) async fn entries<D: Db>(db: &mut D, log: u64, first: u64, limit: u32) -> Result<Vec<String>, DocketError> {
    let values = [cursor(log).into(), cursor(first).into(), i64::from(limit).into()];
    let found = db.fetch_all(sql::LOG_ENTRIES, &values).await?;
    Ok(found.iter().map(|row| row.text("entry")).collect::<Result<_, _>>()?)
}

pub(super) async fn note<D: Db>(db: &mut D, log: u64) -> Result<Option<LogNote>, DocketError> {
    let found = db.fetch_optional(sql::LOG_NOTE, &[cursor(log).into()]).await?;
    found.map(|row| Ok(LogNote { size: row.number("size")?, note: row.text("note")? })).transpose()
}

pub(super) async fn file_note<D: Db>(db: &mut D, log: u64, note: &LogNote) -> Result<(), DocketError> {
    let values = [signed("log", log)?.into(), signed("size", note.size)?.into(), text("note", &note.note)?.into()];
    db.execute(sql::PUT_LOG_NOTE, &values).await?;
    Ok(())
}

pub(super) async fn cosigned<D: Db>(db: &mut D, log: u64) -> Result<Option<LogNote>, DocketError> {
    let found = db.fetch_optional(sql::LOG_COSIGNED, &[cursor(log).into()]).await?;
    found.map(|row| Ok(LogNote { size: row.number("cosigned_size")?, note: row.text("cosigned")? })).transpose()
}

pub(super) async fn file_cosigned<D: Db>(db: &mut D, log: u64, note: &LogNote) -> Result<(), DocketError> {
    let values = [signed("log", log)?.into(), signed("size", note.size)?.into(), text("note", &note.note)?.into()];
    db.execute(sql::PUT_LOG_COSIGNED, &values).await?;
    db.execute(sql::EXTEND_LOG_NOTE, &values).await?;
    Ok(())
}

pub(super) async fn logged_case<D: Db>(db: &mut D, id: CaseId) -> Result<Option<LoggedCase>, DocketError> {
    let found = db.fetch_optional(sql::ENTRY_OF_CASE, &[id.0.into()]).await?;
    let parse = |row: &D::Row| {
        Ok(LoggedCase {
            log: row.number("log")?,
            index: row.number("idx")?,
            entry: row.text("entry")?,
            statement: row.text("statement")?,
        })
    };
    found.as_ref().map(parse).transpose().map_err(|error: Malformed| error.into())
}
