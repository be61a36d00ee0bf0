//! The docket in a SQLite file, for one node without a database server.

mod appeals;
mod jurors;
mod published;
mod targets;

use std::fmt::Write;

use async_trait::async_trait;
use live_jury_court::{Candidates, Case, Pseudonym, StoreId, StoredBallot};
use live_jury_protocol::{AuditEntry, CaseId, PolicyChange, RoomId, RoomPolicy};
use sqlx::{AssertSqlSafe, SqliteConnection, SqlitePool};
use uuid::Uuid;

use super::ballots::{self, SortedBallots};
use super::log::LogDb;
use super::write::{Filing, WriteDb};
use super::{
    Added, Attestation, AuditLine, BallotStore, CaseQuery, CaseStore, Docket, DocketError, Event, EventStore,
    FILINGS_MAX, History, IncarnationStore, LedgerRow, LedgerStore, LedgerSum, NodeStore, OthersWriting, PanelStore,
    Place, PolicyLine, PolicyScope, PolicyStore, Request, RevocationStore, RevokedSince, RoomRecord, RoomRev,
    RoomStore, StoredCase, VerdictQuery, attestation, ballots_keep_changing, incarnation, ledger, nodes, outbox,
    panels, policies, read, revocations, row, write,
};
use crate::auth::Revocation;
use crate::entrant::Entrants;
use crate::health::FoundDurability;
use crate::sql::query::Db;
use crate::sql::row::signed;
use crate::sql::statements::{select_cases, select_log_edge};
use crate::sqlite::Sqlite;

/// The number of ballots in one INSERT. The cost of the statement itself is then small beside its rows', and seven
/// parameters for each ballot are far below SQLite's limit of 32,766.
const BALLOTS_PER_INSERT: usize = 500;

/// A docket in a SQLite file. Writers queue for its one writing connection, so that no transaction meets a lock.
#[derive(Clone, Debug)]
pub struct SqliteDocket {
    file: Sqlite,
    read: SqlitePool,
}

impl SqliteDocket {
    /// The docket in this file, whose schema is current.
    #[must_use]
    pub fn new(file: Sqlite) -> Self {
        Self { read: file.read.clone(), file }
    }

    /// The same docket over the connections of the API's reads.
    #[must_use]
    pub fn for_reads(file: Sqlite) -> Self {
        Self { read: file.api_read.clone(), file }
    }
}

#[async_trait]
impl Docket for SqliteDocket {
    async fn ping(&self) -> Result<(), DocketError> {
        read::ping(&mut *self.read.acquire().await?).await
    }

    async fn durability(&self) -> Result<FoundDurability, DocketError> {
        Ok(Sqlite::durability())
    }
}

#[async_trait]
impl CaseStore for SqliteDocket {
    async fn add(&self, case: &Case, entries: &[AuditEntry], request: Option<&Request>) -> Result<Added, DocketError> {
        self.file.transaction(async |db| write::add(db, case, entries, request).await).await
    }

    async fn answered(&self, request: &Request) -> Result<Option<String>, DocketError> {
        read::answered(&mut *self.read.acquire().await?, request).await
    }

    async fn file(&self, case: &Case, entry: &AuditEntry) -> Result<(), DocketError> {
        self.file.transaction(async |db| write::file(db, case, entry).await).await
    }

    async fn record(
        &self,
        case: &Case,
        entry: &AuditEntry,
        ballots: &[StoredBallot],
        attestation: &Attestation,
    ) -> Result<(), DocketError> {
        let ballots = SortedBallots::of(case, ballots)?;
        for _ in 0..FILINGS_MAX {
            // Ballots of other cases are counted between two ranges.
            for range in ballots.ranges() {
                self.file.transaction(async |db| ballots::file_range(db, case, range).await).await?;
            }
            for (first, seals) in attestation::seal_ranges(&attestation.seals) {
                self.file.transaction(async |db| attestation::file_seals(db, case, first, seals).await).await?;
            }
            let work = async |db: &mut SqliteConnection| write::record(db, case, entry, &ballots, attestation).await;
            if self.file.transaction(work).await? == Filing::Done {
                return Ok(());
            }
        }
        Err(ballots_keep_changing(case.id))
    }

    async fn file_remedy(&self, case: &Case, entry: &AuditEntry) -> Result<(), DocketError> {
        self.file.transaction(async |db| write::file_remedy(db, case, entry).await).await
    }

    async fn discard(&self, case: &Case, entry: &AuditEntry) -> Result<(), DocketError> {
        self.file.transaction(async |db| write::discard(db, case, entry).await).await
    }

    async fn note(&self, id: CaseId, entry: &AuditEntry) -> Result<(), DocketError> {
        self.file.transaction(async |db| write::insert_audit(db, id, entry).await).await
    }

    async fn case(&self, id: CaseId) -> Result<Option<Case>, DocketError> {
        let found = read::case(&mut *self.read.acquire().await?, id).await?;
        row::maybe_case(found.as_ref())
    }

    async fn cases(&self, query: &CaseQuery) -> Result<Vec<StoredCase>, DocketError> {
        let sql = select_cases!(
            "WHERE room = $1 AND state IN (SELECT value FROM json_each($2)) AND ($3 IS NULL OR id < $3) \
             ORDER BY id DESC LIMIT $4"
        );
        let found = sqlx::query(sql)
            .bind(query.room.as_str())
            .bind(list(query.states.iter().map(|state| state.as_str())))
            .bind(query.before.map(|id| id.0))
            .bind(query.limit)
            .fetch_all(&self.read)
            .await?;
        Ok(row::stored_cases(&found))
    }

    async fn verdicts(&self, query: &VerdictQuery) -> Result<Vec<StoredCase>, DocketError> {
        let found = read::verdicts(&mut *self.read.acquire().await?, query).await?;
        Ok(row::stored_cases(&found))
    }

    async fn audit(&self, id: CaseId) -> Result<Vec<AuditEntry>, DocketError> {
        let found = read::audit(&mut *self.read.acquire().await?, id).await?;
        row::audit_entries(&found)
    }

    async fn audit_after(&self, id: CaseId, after: u64, limit: u32) -> Result<Vec<AuditLine>, DocketError> {
        let found = read::audit_after(&mut *self.read.acquire().await?, id, after, limit).await?;
        row::audit_lines(&found)
    }
}

#[async_trait]
impl RoomStore for SqliteDocket {
    async fn room(&self, room: &RoomId) -> Result<RoomRecord, DocketError> {
        // The first statement of a transaction takes the snapshot, which then holds for the others.
        let mut tx = self.read.begin().await?;
        let found = read::room(&mut *tx, room).await?;
        tx.commit().await?;
        found.parse()
    }

    async fn revs(&self, known: &[RoomId]) -> Result<Vec<RoomRev>, DocketError> {
        let sql = "SELECT room, rev, live FROM rooms WHERE live > 0 \
                   UNION SELECT room, rev, live FROM rooms WHERE room IN (SELECT value FROM json_each($1))";
        let found = sqlx::query(sql).bind(list(known.iter().map(RoomId::as_str))).fetch_all(&self.read).await?;
        Ok(row::room_revs(&found, known))
    }
}

#[async_trait]
impl BallotStore for SqliteDocket {
    async fn ballots(&self, id: CaseId) -> Result<Vec<StoredBallot>, DocketError> {
        read::ballots(&mut *self.read.acquire().await?, id).await
    }

    async fn ballots_after(
        &self,
        id: CaseId,
        after: Option<Pseudonym>,
        limit: u32,
    ) -> Result<Vec<StoredBallot>, DocketError> {
        let found = read::ballots_after(&mut *self.read.acquire().await?, id, after, limit).await?;
        row::ballots_of_page(&found)
    }

    async fn ballots_of(&self, id: CaseId, jurors: &[Pseudonym]) -> Result<Vec<Option<StoredBallot>>, DocketError> {
        let sql = "SELECT juror, option, side, marks, change, cast_at_min FROM ballots \
                   WHERE case_id = $1 AND juror IN (SELECT unhex(value) FROM json_each($2)) \
                   AND EXISTS (SELECT 1 FROM cases WHERE id = $1 AND verdict_seq IS NOT NULL)";
        let found = sqlx::query(sql).bind(id.0).bind(list(jurors)).fetch(&self.read);
        Ok(row::by_juror(row::ballots(found).await?, jurors))
    }
}

#[async_trait]
impl EventStore for SqliteDocket {
    async fn events(&self, after: u64, limit: u32) -> Result<Vec<Event>, DocketError> {
        outbox::after(&mut *self.read.acquire().await?, after, limit).await
    }
}

#[async_trait]
impl NodeStore for SqliteDocket {
    async fn report_node(&self, node: Uuid, store: StoreId) -> Result<StoreId, DocketError> {
        self.file.transaction(async |db| nodes::report(db, node, store).await).await
    }

    async fn report_writable(&self, node: Uuid, tally: bool) -> Result<(), DocketError> {
        // A node whose tally is in the file has no row, and the update writes nothing.
        self.file.probe().await.map_err(DocketError::Unavailable)?;
        self.file.transaction(async |db| nodes::report_writable(db, node, tally).await).await
    }

    async fn others_writing(&self, node: Uuid, since_ms: u64) -> Result<OthersWriting, DocketError> {
        nodes::others_writing(&mut *self.file.read.acquire().await?, node, since_ms).await
    }

    async fn remove_node(&self, node: Uuid) -> Result<(), DocketError> {
        self.file.transaction(async |db| nodes::remove(db, node).await).await
    }

    async fn take_over(&self, from: StoreId, to: StoreId) -> Result<StoreId, DocketError> {
        self.file.transaction(async |db| nodes::take_over(db, from, to).await).await
    }
}

#[async_trait]
impl LedgerStore for SqliteDocket {
    async fn file_ledger(&self, node: Uuid, rows: &[LedgerRow]) -> Result<(), DocketError> {
        self.file.transaction(async |db| ledger::file(db, node, rows).await).await
    }

    async fn ledger_of_others(&self, case: CaseId, epoch: u64, node: Uuid) -> Result<LedgerSum, DocketError> {
        ledger::of_others(&mut *self.file.read.acquire().await?, case, epoch, node).await
    }

    async fn sweep_ledger(&self) -> Result<(), DocketError> {
        self.file.transaction(async |db| ledger::sweep(db).await).await
    }
}

ledger::implement_ledger_db!(
    SqliteConnection,
    "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
    "unhex(value ->> 'c'), value ->> 'e', value ->> 'b', value ->> 'f', \
     CAST(unixepoch('subsec') * 1000 AS INTEGER) FROM json_each($2) WHERE true",
    "max"
);

// SQLite has one writer, and needs no lock of a row.
nodes::implement_nodes_db!(SqliteConnection, "CAST(unixepoch('subsec') * 1000 AS INTEGER)", "", "");

#[async_trait]
impl IncarnationStore for SqliteDocket {
    async fn history(&self) -> Result<History, DocketError> {
        incarnation::history(&mut *self.read.acquire().await?).await
    }

    async fn places(&self, after: u64, limit: u32) -> Result<Vec<Place>, DocketError> {
        incarnation::places(&mut *self.read.acquire().await?, after, limit).await
    }

    async fn begin_incarnation(
        &self,
        before: Uuid,
        number: u64,
        verdicts_kept: u64,
        now_ms: u64,
    ) -> Result<bool, DocketError> {
        let work =
            async |db: &mut SqliteConnection| incarnation::begin(db, before, number, verdicts_kept, now_ms).await;
        self.file.transaction(work).await
    }
}

#[async_trait]
impl PolicyStore for SqliteDocket {
    async fn policy(&self, scope: &PolicyScope) -> Result<RoomPolicy, DocketError> {
        let found = policies::current(&mut *self.read.acquire().await?, scope).await?;
        policies::policy(found.as_ref())
    }

    async fn set_policy(&self, scope: &PolicyScope, change: &PolicyChange) -> Result<(), DocketError> {
        self.file.transaction(async |db| policies::set(db, scope, change).await).await
    }

    async fn policy_changes(
        &self,
        scope: &PolicyScope,
        after: u64,
        limit: u32,
    ) -> Result<Vec<PolicyLine>, DocketError> {
        let found = policies::changes(&mut *self.read.acquire().await?, scope, after, limit).await?;
        policies::lines(&found)
    }

    async fn judged(&self, subject: &str) -> Result<u64, DocketError> {
        policies::judged(&mut *self.read.acquire().await?, subject).await
    }
}

#[async_trait]
impl PanelStore for SqliteDocket {
    async fn call(&self, case: &Case, entry: &AuditEntry, called: &Entrants) -> Result<(), DocketError> {
        self.file.transaction(async |db| panels::call(db, case, entry, called).await).await
    }

    async fn panel(&self, id: CaseId) -> Result<Candidates, DocketError> {
        panels::parse(&panels::of_case(&mut *self.read.acquire().await?, id).await?)
    }
}

#[async_trait]
impl RevocationStore for SqliteDocket {
    async fn revoke(&self, revocation: &Revocation) -> Result<(), DocketError> {
        self.file.transaction(async |db| revocations::revoke(db, revocation).await).await
    }

    async fn revocations(&self, after: u64) -> Result<RevokedSince, DocketError> {
        let found = revocations::since(&mut *self.read.acquire().await?, after).await?;
        revocations::parse(&found)
    }
}

impl LogDb for SqliteConnection {
    const LOCK_LOG: &'static str = select_log_edge!("");
}

impl WriteDb for SqliteConnection {
    const STATE_BEFORE: &'static str = "SELECT state, loss FROM cases WHERE id = $1 AND room = $2 AND version + 1 = $3";

    const DELETE_OLD_REQUESTS: &'static str = "DELETE FROM requests WHERE created_at_ms < $1";

    const INSERT_CALLED: &'static str = "INSERT INTO panels (case_id, stratum, ticket, juror) \
        SELECT $1, $2, unhex(value ->> 0), unhex(value ->> 1) FROM json_each($3)";
    const INSERT_SERVING: &'static str = "INSERT INTO serving (case_id, juror, profile) \
        SELECT $1, unhex(value ->> 0), unhex(value ->> 1) FROM json_each($2)";

    async fn lock_drafts(&mut self, _room: &RoomId) -> Result<(), DocketError> {
        Ok(())
    }

    async fn give_place(&mut self, id: CaseId) -> Result<(), DocketError> {
        self.execute("UPDATE verdict_places SET last = last + 1", &[]).await?;
        let sql = "UPDATE cases SET verdict_seq = (SELECT last FROM verdict_places) WHERE id = $1";
        self.execute(sql, &[id.0.into()]).await?;
        Ok(())
    }

    async fn insert_ballots(&mut self, id: CaseId, ballots: &[StoredBallot]) -> Result<(), DocketError> {
        let full = insert_of(BALLOTS_PER_INSERT);
        for chunk in ballots.chunks(BALLOTS_PER_INSERT) {
            let sql = if chunk.len() == BALLOTS_PER_INSERT { full.clone() } else { insert_of(chunk.len()) };
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for ballot in chunk {
                query = query
                    .bind(id.0)
                    .bind(&ballot.juror.0[..])
                    .bind(ballot.option)
                    .bind(ballot.side.map(|side| side.as_str()))
                    .bind(ballot.marks.byte())
                    .bind(ballot.change)
                    .bind(signed("cast_at_min", ballot.cast_at_min)?);
            }
            query.execute(&mut *self).await?;
        }
        Ok(())
    }
}

/// Names as a JSON array, since SQLite takes a list only as one parameter of text. No name needs an escape.
fn list(names: impl IntoIterator<Item = impl std::fmt::Display>) -> String {
    let mut json = String::from("[");
    for (index, name) in names.into_iter().enumerate() {
        // Writing to a String does not fail.
        let _ = write!(json, "{}\"{name}\"", if index == 0 { "" } else { "," });
    }
    json.push(']');
    json
}

/// An INSERT of this many ballots. Its text holds nothing from a caller. Its parameters have no numbers: SQLite
/// searches a numbered one among all others, which takes longer than the insert.
fn insert_of(ballots: usize) -> String {
    let rows = vec!["(?,?,?,?,?,?,?)"; ballots].join(",");
    format!("INSERT INTO ballots (case_id, juror, option, side, marks, change, cast_at_min) VALUES {rows}")
}
