//! The docket in PostgreSQL, for any number of nodes.

mod appeals;
mod copy;
mod durability;
mod jurors;
mod published;
mod rights;
mod targets;

use async_trait::async_trait;
use live_jury_court::{Candidates, Case, Pseudonym, StoreId, StoredBallot};
use live_jury_protocol::{AuditEntry, CaseId, PolicyChange, RoomId, RoomPolicy};
use sqlx::postgres::PgRow;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use self::rights::RIGHTS;
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
use crate::authorities::Authorities;
use crate::entrant::Entrants;
use crate::health::FoundDurability;
use crate::migration::MigrationStep;
use crate::sql::pool::{
    self, BALLOTS_TIMEOUT, BEGIN_BALLOTS, CALL_TIMEOUT, PROBE_TIMEOUT, PostgresError, PostgresPool,
};
use crate::sql::query::Db;
use crate::sql::statements::{select_cases, select_log_edge};

/// The schema.
pub const SCHEMA: &[MigrationStep] = &[
    (1, "docket", include_str!("../../migrations/postgres/0001_docket.sql")),
    (2, "bounds", include_str!("../../migrations/postgres/0002_bounds.sql")),
    (3, "format", include_str!("../../migrations/postgres/0003_format.sql")),
    (4, "actor", include_str!("../../migrations/postgres/0004_actor.sql")),
    (5, "outbox", include_str!("../../migrations/postgres/0005_outbox.sql")),
    (6, "nodes", include_str!("../../migrations/postgres/0006_nodes.sql")),
    (7, "ballots_stay", include_str!("../../migrations/postgres/0007_ballots_stay.sql")),
    (8, "incarnations", include_str!("../../migrations/postgres/0008_incarnations.sql")),
    (9, "revocations", include_str!("../../migrations/postgres/0009_revocations.sql")),
    (10, "ledger", include_str!("../../migrations/postgres/0010_ledger.sql")),
    (11, "loss", include_str!("../../migrations/postgres/0011_loss.sql")),
    (12, "oldest_program", include_str!("../../migrations/postgres/0012_oldest_program.sql")),
    (13, "policies", include_str!("../../migrations/postgres/0013_policies.sql")),
    (14, "marks", include_str!("../../migrations/postgres/0014_marks.sql")),
    (15, "log", include_str!("../../migrations/postgres/0015_log.sql")),
    (16, "objections", include_str!("../../migrations/postgres/0016_objections.sql")),
    (17, "panels", include_str!("../../migrations/postgres/0017_panels.sql")),
    (18, "witnesses", include_str!("../../migrations/postgres/0018_witnesses.sql")),
    (19, "standing", include_str!("../../migrations/postgres/0019_standing.sql")),
    (20, "trust", include_str!("../../migrations/postgres/0020_trust.sql")),
    (21, "webhooks", include_str!("../../migrations/postgres/0021_webhooks.sql")),
    (22, "rulings", include_str!("../../migrations/postgres/0022_rulings.sql")),
    (23, "reports", include_str!("../../migrations/postgres/0023_reports.sql")),
    (24, "serving", include_str!("../../migrations/postgres/0024_serving.sql")),
    (25, "night", include_str!("../../migrations/postgres/0025_night.sql")),
    (26, "applications", include_str!("../../migrations/postgres/0026_applications.sql")),
    (27, "drafts", include_str!("../../migrations/postgres/0027_drafts.sql")),
    (28, "listings", include_str!("../../migrations/postgres/0028_listings.sql")),
    (29, "promises", include_str!("../../migrations/postgres/0029_promises.sql")),
    (30, "report", include_str!("../../migrations/postgres/0030_report.sql")),
    (31, "listing_juries", include_str!("../../migrations/postgres/0031_listing_juries.sql")),
    (32, "weights", include_str!("../../migrations/postgres/0032_weights.sql")),
    (33, "remedies_owed", include_str!("../../migrations/postgres/0033_remedies_owed.sql")),
    (34, "ban_reasons", include_str!("../../migrations/postgres/0034_ban_reasons.sql")),
];

/// A docket in PostgreSQL.
#[derive(Clone, Debug)]
pub struct PostgresDocket {
    pool: PostgresPool,
}

impl PostgresDocket {
    /// Connects with at most `connections`, to a database of the current schema. One of an older schema is migrated if
    /// the role may. It trusts the system's certificate authorities.
    ///
    /// # Errors
    /// The URL is wrong, the server did not answer, its schema is not for this program, or the role lacks rights.
    pub async fn connect(url: &str, connections: u32) -> Result<Self, PostgresError> {
        Self::connect_with(url, connections, &Authorities::system()).await
    }

    /// As [`connect`](Self::connect), for a program that knows these steps.
    ///
    /// # Errors
    /// As in [`connect`](Self::connect).
    pub async fn connect_knowing(url: &str, connections: u32, steps: &[MigrationStep]) -> Result<Self, PostgresError> {
        Ok(Self { pool: PostgresPool::connect(url, connections, steps, RIGHTS, &Authorities::system()).await? })
    }

    /// The docket of a database whose schema is current, over further connections.
    ///
    /// # Errors
    /// The URL is wrong.
    pub fn for_reads(url: &str, connections: u32, authorities: &Authorities) -> Result<Self, PostgresError> {
        Ok(Self { pool: PostgresPool::open(url, connections, authorities)? })
    }

    /// The same with other certificate authorities.
    ///
    /// # Errors
    /// As in [`connect`](Self::connect).
    pub async fn connect_with(url: &str, connections: u32, authorities: &Authorities) -> Result<Self, PostgresError> {
        Ok(Self { pool: PostgresPool::connect(url, connections, SCHEMA, RIGHTS, authorities).await? })
    }

    /// The names of the steps that the database lacks. The database is only read.
    ///
    /// # Errors
    /// As in [`connect`](Self::connect).
    pub async fn missing_migrations(url: &str, authorities: &Authorities) -> Result<Vec<String>, PostgresError> {
        pool::missing(url, SCHEMA, authorities).await
    }

    /// Migrates the database to the current schema. With `role`, gives that role the rights of a server, and no others.
    ///
    /// # Errors
    /// As in [`connect`](Self::connect), or the role cannot have these rights alone.
    pub async fn migrate(url: &str, authorities: &Authorities, role: Option<&str>) -> Result<(), PostgresError> {
        pool::migrate(url, SCHEMA, RIGHTS, authorities, role).await
    }
}

#[async_trait]
impl Docket for PostgresDocket {
    async fn ping(&self) -> Result<(), DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| read::ping(db).await).await
    }

    async fn durability(&self) -> Result<FoundDurability, DocketError> {
        self.pool.call(PROBE_TIMEOUT, async |db| durability::read(db).await).await
    }

    fn distrust_connections(&self) {
        self.pool.distrust_connections();
    }
}

#[async_trait]
impl CaseStore for PostgresDocket {
    async fn add(&self, case: &Case, entries: &[AuditEntry], request: Option<&Request>) -> Result<Added, DocketError> {
        let work = async |db: &mut PgConnection| {
            let mut tx = db.begin().await?;
            let added = write::add(&mut *tx, case, entries, request).await?;
            tx.commit().await?;
            Ok(added)
        };
        self.pool.call(CALL_TIMEOUT, work).await
    }

    async fn answered(&self, request: &Request) -> Result<Option<String>, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| read::answered(db, request).await).await
    }

    async fn file(&self, case: &Case, entry: &AuditEntry) -> Result<(), DocketError> {
        let work = async |db: &mut PgConnection| {
            let mut tx = db.begin().await?;
            write::file(&mut *tx, case, entry).await?;
            Ok(tx.commit().await?)
        };
        self.pool.call(CALL_TIMEOUT, work).await
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
            for range in ballots.ranges() {
                let work = async |db: &mut PgConnection| {
                    let mut tx = db.begin_with(BEGIN_BALLOTS).await?;
                    ballots::file_range(&mut *tx, case, range).await?;
                    Ok::<_, DocketError>(tx.commit().await?)
                };
                self.pool.call(BALLOTS_TIMEOUT, work).await?;
            }
            for (first, seals) in attestation::seal_ranges(&attestation.seals) {
                let work = async |db: &mut PgConnection| {
                    let mut tx = db.begin_with(BEGIN_BALLOTS).await?;
                    attestation::file_seals(&mut *tx, case, first, seals).await?;
                    Ok::<_, DocketError>(tx.commit().await?)
                };
                self.pool.call(BALLOTS_TIMEOUT, work).await?;
            }
            let work = async |db: &mut PgConnection| {
                let mut tx = db.begin_with(BEGIN_BALLOTS).await?;
                let filing = write::record(&mut *tx, case, entry, &ballots, attestation).await?;
                tx.commit().await?;
                Ok::<_, DocketError>(filing)
            };
            // The record counts its rows, or deletes them.
            if self.pool.call(BALLOTS_TIMEOUT, work).await? == Filing::Done {
                return Ok(());
            }
        }
        Err(ballots_keep_changing(case.id))
    }

    async fn file_remedy(&self, case: &Case, entry: &AuditEntry) -> Result<(), DocketError> {
        let work = async |db: &mut PgConnection| {
            let mut tx = db.begin().await?;
            write::file_remedy(&mut *tx, case, entry).await?;
            Ok(tx.commit().await?)
        };
        self.pool.call(CALL_TIMEOUT, work).await
    }

    async fn discard(&self, case: &Case, entry: &AuditEntry) -> Result<(), DocketError> {
        let work = async |db: &mut PgConnection| {
            let mut tx = db.begin().await?;
            write::discard(&mut *tx, case, entry).await?;
            Ok(tx.commit().await?)
        };
        self.pool.call(CALL_TIMEOUT, work).await
    }

    async fn note(&self, id: CaseId, entry: &AuditEntry) -> Result<(), DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| write::insert_audit(db, id, entry).await).await
    }

    async fn case(&self, id: CaseId) -> Result<Option<Case>, DocketError> {
        let found = self.pool.call(CALL_TIMEOUT, async |db| read::case(db, id).await).await?;
        row::maybe_case(found.as_ref())
    }

    async fn cases(&self, query: &CaseQuery) -> Result<Vec<StoredCase>, DocketError> {
        let found = self.pool.call(CALL_TIMEOUT, async |db| cases(db, query).await).await?;
        Ok(row::stored_cases(&found))
    }

    async fn verdicts(&self, query: &VerdictQuery) -> Result<Vec<StoredCase>, DocketError> {
        let found = self.pool.call(CALL_TIMEOUT, async |db| read::verdicts(db, query).await).await?;
        Ok(row::stored_cases(&found))
    }

    async fn audit(&self, id: CaseId) -> Result<Vec<AuditEntry>, DocketError> {
        let found = self.pool.call(CALL_TIMEOUT, async |db| read::audit(db, id).await).await?;
        row::audit_entries(&found)
    }

    async fn audit_after(&self, id: CaseId, after: u64, limit: u32) -> Result<Vec<AuditLine>, DocketError> {
        let work = async |db: &mut PgConnection| read::audit_after(db, id, after, limit).await;
        row::audit_lines(&self.pool.call(CALL_TIMEOUT, work).await?)
    }
}

#[async_trait]
impl RoomStore for PostgresDocket {
    async fn room(&self, room: &RoomId) -> Result<RoomRecord, DocketError> {
        let work = async |db: &mut PgConnection| {
            let mut tx = db.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
            let found = read::room(&mut *tx, room).await?;
            tx.commit().await?;
            Ok::<_, DocketError>(found)
        };
        self.pool.call(CALL_TIMEOUT, work).await?.parse()
    }

    async fn revs(&self, known: &[RoomId]) -> Result<Vec<RoomRev>, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| revs(db, known).await).await
    }
}

#[async_trait]
impl BallotStore for PostgresDocket {
    async fn ballots(&self, id: CaseId) -> Result<Vec<StoredBallot>, DocketError> {
        let work = async |db: &mut PgConnection| {
            let mut tx = db.begin_with(BEGIN_BALLOTS).await?;
            let found = read::ballots(&mut *tx, id).await?;
            tx.commit().await?;
            Ok(found)
        };
        self.pool.call(BALLOTS_TIMEOUT, work).await
    }

    async fn ballots_after(
        &self,
        id: CaseId,
        after: Option<Pseudonym>,
        limit: u32,
    ) -> Result<Vec<StoredBallot>, DocketError> {
        let work = async |db: &mut PgConnection| read::ballots_after(db, id, after, limit).await;
        row::ballots_of_page(&self.pool.call(CALL_TIMEOUT, work).await?)
    }

    async fn ballots_of(&self, id: CaseId, jurors: &[Pseudonym]) -> Result<Vec<Option<StoredBallot>>, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| ballots_of(db, id, jurors).await).await
    }
}

#[async_trait]
impl EventStore for PostgresDocket {
    async fn events(&self, after: u64, limit: u32) -> Result<Vec<Event>, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| outbox::after(db, after, limit).await).await
    }
}

#[async_trait]
impl NodeStore for PostgresDocket {
    async fn report_node(&self, node: Uuid, store: StoreId) -> Result<StoreId, DocketError> {
        let work = async |db: &mut PgConnection| {
            let mut tx = db.begin().await?;
            let current = nodes::report(&mut *tx, node, store).await?;
            tx.commit().await?;
            Ok(current)
        };
        self.pool.call(CALL_TIMEOUT, work).await
    }

    async fn report_writable(&self, node: Uuid, tally: bool) -> Result<(), DocketError> {
        self.pool.call(PROBE_TIMEOUT, async |db| nodes::report_writable(db, node, tally).await).await
    }

    async fn others_writing(&self, node: Uuid, since_ms: u64) -> Result<OthersWriting, DocketError> {
        self.pool.call(PROBE_TIMEOUT, async |db| nodes::others_writing(db, node, since_ms).await).await
    }

    async fn remove_node(&self, node: Uuid) -> Result<(), DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| nodes::remove(db, node).await).await
    }

    async fn take_over(&self, from: StoreId, to: StoreId) -> Result<StoreId, DocketError> {
        let work = async |db: &mut PgConnection| {
            let mut tx = db.begin().await?;
            let current = nodes::take_over(&mut *tx, from, to).await?;
            tx.commit().await?;
            Ok(current)
        };
        self.pool.call(CALL_TIMEOUT, work).await
    }
}

#[async_trait]
impl IncarnationStore for PostgresDocket {
    async fn history(&self) -> Result<History, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| incarnation::history(db).await).await
    }

    async fn places(&self, after: u64, limit: u32) -> Result<Vec<Place>, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| incarnation::places(db, after, limit).await).await
    }

    async fn begin_incarnation(
        &self,
        before: Uuid,
        number: u64,
        verdicts_kept: u64,
        now_ms: u64,
    ) -> Result<bool, DocketError> {
        let work = async |db: &mut PgConnection| incarnation::begin(db, before, number, verdicts_kept, now_ms).await;
        self.pool.call(CALL_TIMEOUT, work).await
    }
}

#[async_trait]
impl LedgerStore for PostgresDocket {
    async fn file_ledger(&self, node: Uuid, rows: &[LedgerRow]) -> Result<(), DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| ledger::file(db, node, rows).await).await
    }

    async fn ledger_of_others(&self, case: CaseId, epoch: u64, node: Uuid) -> Result<LedgerSum, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| ledger::of_others(db, case, epoch, node).await).await
    }

    async fn sweep_ledger(&self) -> Result<(), DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| ledger::sweep(db).await).await
    }
}

ledger::implement_ledger_db!(
    PgConnection,
    "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
    "filed.c, filed.e, filed.b, filed.f, CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) \
     FROM json_to_recordset(CAST($2 AS json)) AS filed (c uuid, e bigint, b bigint, f bigint)",
    "greatest"
);

nodes::implement_nodes_db!(
    PgConnection,
    "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
    "FOR SHARE",
    "FOR UPDATE"
);

#[async_trait]
impl PolicyStore for PostgresDocket {
    async fn policy(&self, scope: &PolicyScope) -> Result<RoomPolicy, DocketError> {
        let found = self.pool.call(CALL_TIMEOUT, async |db| policies::current(db, scope).await).await?;
        policies::policy(found.as_ref())
    }

    async fn set_policy(&self, scope: &PolicyScope, change: &PolicyChange) -> Result<(), DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| policies::set(db, scope, change).await).await
    }

    async fn policy_changes(
        &self,
        scope: &PolicyScope,
        after: u64,
        limit: u32,
    ) -> Result<Vec<PolicyLine>, DocketError> {
        let work = async |db: &mut PgConnection| policies::changes(db, scope, after, limit).await;
        policies::lines(&self.pool.call(CALL_TIMEOUT, work).await?)
    }

    async fn judged(&self, subject: &str) -> Result<u64, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| policies::judged(db, subject).await).await
    }
}

#[async_trait]
impl PanelStore for PostgresDocket {
    async fn call(&self, case: &Case, entry: &AuditEntry, called: &Entrants) -> Result<(), DocketError> {
        let work = async |db: &mut PgConnection| {
            let mut tx = db.begin().await?;
            panels::call(&mut *tx, case, entry, called).await?;
            Ok(tx.commit().await?)
        };
        self.pool.call(CALL_TIMEOUT, work).await
    }

    async fn panel(&self, id: CaseId) -> Result<Candidates, DocketError> {
        panels::parse(&self.pool.call(CALL_TIMEOUT, async |db| panels::of_case(db, id).await).await?)
    }
}

#[async_trait]
impl RevocationStore for PostgresDocket {
    async fn revoke(&self, revocation: &Revocation) -> Result<(), DocketError> {
        let work = async |db: &mut PgConnection| {
            let mut tx = db.begin().await?;
            revocations::revoke(&mut *tx, revocation).await?;
            Ok(tx.commit().await?)
        };
        self.pool.call(CALL_TIMEOUT, work).await
    }

    async fn revocations(&self, after: u64) -> Result<RevokedSince, DocketError> {
        let found = self.pool.call(CALL_TIMEOUT, async |db| revocations::since(db, after).await).await?;
        revocations::parse(&found)
    }
}

impl LogDb for PgConnection {
    const LOCK_LOG: &'static str = select_log_edge!(" FOR UPDATE");
}

impl WriteDb for PgConnection {
    const STATE_BEFORE: &'static str =
        "SELECT state, loss FROM cases WHERE id = $1 AND room = $2 AND version + 1 = $3 FOR UPDATE";

    // A call deletes up to a hundred requests and brings one, so that they become fewer. It skips those that another
    // call has locked.
    const DELETE_OLD_REQUESTS: &'static str = "DELETE FROM requests WHERE (room, key) IN \
        (SELECT room, key FROM requests WHERE created_at_ms < $1 LIMIT 100 FOR UPDATE SKIP LOCKED)";

    const INSERT_CALLED: &'static str = "INSERT INTO panels (case_id, stratum, ticket, juror) \
        SELECT $1, $2, decode(value ->> 0, 'hex'), decode(value ->> 1, 'hex') \
        FROM json_array_elements(CAST($3 AS json)) AS called (value)";
    const INSERT_SERVING: &'static str = "INSERT INTO serving (case_id, juror, profile) \
        SELECT $1, decode(value ->> 0, 'hex'), decode(value ->> 1, 'hex') \
        FROM json_array_elements(CAST($2 AS json)) AS serving (value)";

    async fn lock_drafts(&mut self, room: &RoomId) -> Result<(), DocketError> {
        self.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", &[room.as_str().into()]).await?;
        Ok(())
    }

    async fn give_place(&mut self, id: CaseId) -> Result<(), DocketError> {
        let sql = "WITH place AS (UPDATE verdict_places SET last = last + 1 RETURNING last) \
                   UPDATE cases SET verdict_seq = place.last FROM place WHERE id = $1";
        self.execute(sql, &[id.0.into()]).await?;
        Ok(())
    }

    async fn insert_ballots(&mut self, id: CaseId, ballots: &[StoredBallot]) -> Result<(), DocketError> {
        copy::ballots(self, id, ballots).await
    }
}

async fn cases(db: &mut PgConnection, query: &CaseQuery) -> Result<Vec<PgRow>, DocketError> {
    let sql =
        select_cases!("WHERE room = $1 AND state = ANY($2) AND ($3 IS NULL OR id < $3) ORDER BY id DESC LIMIT $4");
    let states: Vec<&str> = query.states.iter().map(|state| state.as_str()).collect();
    let found = sqlx::query(sql)
        .bind(query.room.as_str())
        .bind(states)
        .bind(query.before.map(|id| id.0))
        .bind(i64::from(query.limit))
        .fetch_all(db)
        .await?;
    Ok(found)
}

async fn revs(db: &mut PgConnection, known: &[RoomId]) -> Result<Vec<RoomRev>, DocketError> {
    let sql = "SELECT room, rev, live FROM rooms WHERE live > 0 \
               UNION SELECT room, rev, live FROM rooms WHERE room = ANY($1)";
    let names: Vec<&str> = known.iter().map(RoomId::as_str).collect();
    let found = sqlx::query(sql).bind(names).fetch_all(db).await?;
    Ok(row::room_revs(&found, known))
}

async fn ballots_of(
    db: &mut PgConnection,
    id: CaseId,
    jurors: &[Pseudonym],
) -> Result<Vec<Option<StoredBallot>>, DocketError> {
    // One look into the index for each juror. `= ANY` leaves the planner a choice: after a large record, before the
    // table is analysed, it reads the whole case.
    let sql = "SELECT found.juror, found.option, found.side, found.marks, found.change, found.cast_at_min \
               FROM UNNEST($2) AS asked (juror) CROSS JOIN LATERAL \
               (SELECT * FROM ballots WHERE case_id = $1 AND ballots.juror = asked.juror LIMIT 1) AS found \
               WHERE EXISTS (SELECT 1 FROM cases WHERE id = $1 AND verdict_seq IS NOT NULL)";
    let names: Vec<&[u8]> = jurors.iter().map(|juror| &juror.0[..]).collect();
    let found = row::ballots(sqlx::query(sql).bind(id.0).bind(names).fetch(db)).await?;
    Ok(row::by_juror(found, jurors))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_schema_has_every_migration() {
        crate::migration::takes_every_step(super::SCHEMA, "postgres");
    }
}
