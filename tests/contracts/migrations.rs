//! Migrations of filled databases: one at each earlier schema is migrated by the server, read, and taken further.

use std::fmt::Write as _;
use std::path::Path;

use live_jury_court::{Case, LossShare, Marks, SealedBy, StoreId, StoredBallot};
use live_jury_protocol::{AuditEntry, CaseState, RoomId};
use live_jury_server::docket::{Docket, NodeStore, POSTGRES_SCHEMA, PostgresDocket, SqliteDocket, VerdictQuery};
use live_jury_server::migration::MigrationStep;
use live_jury_server::sqlite::Sqlite;
use live_jury_server::tally::{SqliteTally, StoreEpoch, TallyStore};
use live_jury_tests::clock::TestClock;
use live_jury_tests::postgres::Postgres;
use serde_json::json;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqlSafeStr};
use uuid::Uuid;

use crate::docket::builders::{
    CLOSES_MS, NOW_MS, ballots, decided, draft, entry, file, open, record, request, room, sealed,
};

/// Connections of the docket that reads a migrated database.
const CONNECTIONS: u32 = 2;
/// Ballots of each case that has any: one for each option.
const BALLOTS: u64 = 3;

/// The differences between the dialects that the filling needs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Sqlite,
    Postgres,
}

/// The first schema with these tables. The rows use its columns only, so that every later schema takes them too.
const TALLY_SINCE: usize = 1;

impl Dialect {
    /// The first schema with the docket's tables.
    fn docket_since(self) -> usize {
        match self {
            Self::Sqlite => 2,
            Self::Postgres => 1,
        }
    }

    fn id(self, case: &Case) -> String {
        match self {
            Self::Sqlite => format!("X'{}'", case.id.0.simple()),
            Self::Postgres => format!("'{}'::uuid", case.id.0),
        }
    }

    fn juror(self, ballot: &StoredBallot) -> String {
        match self {
            Self::Sqlite => format!("X'{}'", ballot.juror),
            Self::Postgres => format!("'\\x{}'::bytea", ballot.juror),
        }
    }

    /// The migrations of the dialect, in order: number, subject and SQL.
    fn migrations(self) -> Vec<(i64, String, String)> {
        let folder = match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/migrations").join(folder);
        let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
        paths.sort();
        let step = |path: &std::path::PathBuf| {
            let name = path.file_stem().unwrap().to_str().unwrap();
            let (number, about) = name.split_once('_').unwrap();
            (number.parse().unwrap(), about.to_owned(), std::fs::read_to_string(path).unwrap())
        };
        paths.iter().map(step).collect()
    }

    /// A migrator to the first `schema` migrations, as an earlier program had it.
    fn migrator(self, schema: usize) -> Migrator {
        let steps = self.migrations().into_iter().take(schema).map(|(number, about, sql)| {
            let sql = AssertSqlSafe(sql).into_sql_str();
            Migration::new(number, about.into(), MigrationType::Simple, sql, false)
        });
        Migrator::with_migrations(steps.collect())
    }

    /// The rows of a database at this schema.
    fn rows(self, schema: usize, content: &Content) -> String {
        let mut sql = String::new();
        if self == Self::Sqlite && schema >= TALLY_SINCE {
            content.write_tally(&mut sql);
        }
        if schema >= self.docket_since() {
            content.write_docket(self, &mut sql);
        }
        sql
    }
}

/// The cases of the database, one in each state, all of one room.
struct Content {
    room: RoomId,
    draft: Case,
    open: Case,
    sealed: Case,
    decided: Case,
}

impl Content {
    fn new() -> Self {
        let ended = decided(sealed(open(4, "live")), &ballots(BALLOTS));
        Self {
            room: room("live"),
            draft: draft(1, "live"),
            open: open(2, "live"),
            sealed: sealed(open(3, "live")),
            decided: ended,
        }
    }

    fn all(&self) -> [&Case; 4] {
        [&self.draft, &self.open, &self.sealed, &self.decided]
    }

    /// The only audit entry of a case.
    fn audit(case: &Case) -> AuditEntry {
        entry(case, "mod", case.state.name().as_str())
    }

    /// The open case with its ballots, in the columns of the first schema.
    fn write_tally(&self, sql: &mut String) {
        let id = Dialect::Sqlite.id(&self.open);
        writeln!(
            sql,
            "INSERT INTO tally_case (id, epoch, rev, counts, allow_change, closes_at_ms)
             VALUES ({id}, 1, 1, '[1,1,1]', 0, {CLOSES_MS});"
        )
        .unwrap();
        write_ballots(sql, Dialect::Sqlite, "tally_ballot", &id);
    }

    /// The docket's rows, in the columns of its first schema and in the JSON of its first program.
    fn write_docket(&self, dialect: Dialect, sql: &mut String) {
        writeln!(sql, "INSERT INTO rooms (room, rev, live) VALUES ('live', 7, 2);").unwrap();
        for case in self.all() {
            let (id, version, state) = (dialect.id(case), case.version, case.state.name().as_str());
            let brief = json!({
                "title": format!("case {}", case.id.0.as_u128()), "duration_s": 60, "rules": { "quorum": 1 },
                "options": [
                    { "id": "buyer", "label": "Buyer" },
                    { "id": "merchant", "label": "Merchant" },
                    { "id": "none", "label": "Cannot tell", "abstain": true },
                ],
            });
            writeln!(
                sql,
                "INSERT INTO cases (id, room, state, version, brief, created_at_ms)
                 VALUES ({id}, 'live', '{state}', {version}, '{brief}', {NOW_MS});"
            )
            .unwrap();
            if case.state.opened().is_some() {
                writeln!(
                    sql,
                    "UPDATE cases SET epoch = 1, opened_at_ms = {NOW_MS}, closes_at_ms = {CLOSES_MS}, extended_s = 0,
                     key_fingerprint = '0123456789abcdef' WHERE id = {id};"
                )
                .unwrap();
            }
            if case.state.sealed().is_some() {
                let by = json!({ "how": "deadline" });
                writeln!(sql, "UPDATE cases SET sealed_by = '{by}', sealed_at_ms = {CLOSES_MS} WHERE id = {id};")
                    .unwrap();
            }
            let AuditEntry { at_ms, by, action, version, epoch, .. } = Self::audit(case);
            writeln!(
                sql,
                "INSERT INTO audit (case_id, at_ms, who, action, version, epoch)
                 VALUES ({id}, {at_ms}, '{by}', '{action}', {version}, {epoch});"
            )
            .unwrap();
        }
        let id = dialect.id(&self.decided);
        let verdict = json!({
            "outcome": "hung", "option": null, "reason": null, "ballots": BALLOTS, "decided_at_ms": CLOSES_MS,
            "counts": { "buyer": 1, "merchant": 1, "none": 1 },
        });
        writeln!(sql, "UPDATE cases SET verdict = '{verdict}', verdict_seq = 1 WHERE id = {id};").unwrap();
        writeln!(sql, "UPDATE verdict_places SET last = 1;").unwrap();
        write_ballots(sql, dialect, "ballots", &id);
        writeln!(
            sql,
            "INSERT INTO requests (room, key, digest, answer, created_at_ms)
             VALUES ('live', 'key', 'digest', 'answer', {NOW_MS});"
        )
        .unwrap();
    }

    /// Requires that the docket reads every row unchanged.
    async fn assert_read(&self, docket: &dyn Docket) {
        for case in self.all() {
            assert_eq!(docket.case(case.id).await.unwrap().as_ref(), Some(case));
            assert_eq!(docket.audit(case.id).await.unwrap(), [Self::audit(case)]);
        }
        let record = docket.room(&self.room).await.unwrap();
        assert_eq!((record.rev, &record.live[..]), (7, &[self.open.clone(), self.sealed.clone()][..]));
        assert_eq!(record.ended, std::slice::from_ref(&self.decided));
        assert_eq!(docket.ballots(self.decided.id).await.unwrap(), in_order(unmarked()));
        let repeated = request("live", "key", "digest", "another answer");
        assert_eq!(docket.answered(&repeated).await.unwrap().as_deref(), Some("answer"));
    }

    /// Takes the cases further, as a node does after an upgrade.
    async fn assert_goes_on(&self, docket: &dyn Docket) {
        let opened =
            self.draft.clone().open(NOW_MS, CLOSES_MS, "0123456789abcdef".into(), LossShare::default()).unwrap();
        file(docket, &opened).await.unwrap();
        let second = record(docket, &self.sealed, &ballots(BALLOTS)).await.unwrap();
        let verdicts = docket.verdicts(&VerdictQuery::After { after: 0, limit: 10 }).await.unwrap();
        let recorded: Vec<_> =
            verdicts.into_iter().map(|stored| (stored.place.unwrap(), stored.case.unwrap())).collect();
        assert_eq!(recorded, [(1, self.decided.clone()), (2, second)]);
        let live = docket.room(&self.room).await.unwrap().live;
        assert!(live.iter().all(|case| case.state.name() == CaseState::Open) && live.len() == 2, "{live:?}");
        docket.add(&draft(9, "live"), &[], None).await.unwrap();
    }
}

fn write_ballots(sql: &mut String, dialect: Dialect, table: &str, case: &str) {
    for ballot in unmarked() {
        let side = ballot.side.map_or("NULL".to_owned(), |side| format!("'{}'", side.as_str()));
        let (juror, StoredBallot { option, change, cast_at_min, .. }) = (dialect.juror(&ballot), ballot);
        writeln!(
            sql,
            "INSERT INTO {table} (case_id, juror, option, side, change, cast_at_min)
             VALUES ({case}, {juror}, {option}, {side}, {change}, {cast_at_min});"
        )
        .unwrap();
    }
}

/// Ballots as the programs before the marks recorded them.
fn unmarked() -> Vec<StoredBallot> {
    ballots(BALLOTS).into_iter().map(|ballot| StoredBallot { marks: Marks::default(), ..ballot }).collect()
}

fn in_order(mut ballots: Vec<StoredBallot>) -> Vec<StoredBallot> {
    ballots.sort_by_key(|ballot| ballot.juror);
    ballots
}

/// Requires that the tally has the open case with its ballots, and that it can be sealed.
async fn assert_tally(sqlite: Sqlite, content: &Content) {
    let tally = SqliteTally::new(sqlite, std::sync::Arc::new(TestClock::default()));
    let by = SealedBy::Moderator { sub: "mod".into() };
    let sealed = tally.seal(content.open.id, StoreEpoch::from(1), &by).await.unwrap();
    assert_eq!((sealed.rev, &sealed.counts[..]), (1, &[1, 1, 1][..]));
    assert_eq!(sealed.seal.unwrap().by, by);
    assert_eq!(tally.ballots(content.open.id, StoreEpoch::from(1)).await.unwrap(), in_order(unmarked()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filled_sqlite_file_of_each_earlier_schema_is_migrated() {
    let schemas = Dialect::Sqlite.migrations().len();
    for schema in 1..schemas {
        let (folder, content) = (tempfile::tempdir().unwrap(), Content::new());
        let path = folder.path().join("jury.db");
        let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        Dialect::Sqlite.migrator(schema).run(&pool).await.unwrap();
        let rows = AssertSqlSafe(Dialect::Sqlite.rows(schema, &content));
        sqlx::raw_sql(rows).execute(&pool).await.unwrap();
        pool.close().await;

        let sqlite = Sqlite::open(&path).await.unwrap();
        assert_tally(sqlite.clone(), &content).await;
        if schema >= Dialect::Sqlite.docket_since() {
            let docket = SqliteDocket::new(sqlite);
            content.assert_read(&docket).await;
            content.assert_goes_on(&docket).await;
        }
        println!("a SQLite file of schema {schema} of {schemas} is migrated");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filled_postgres_database_of_each_earlier_schema_is_migrated() {
    let schemas = Dialect::Postgres.migrations().len();
    for schema in 1..schemas {
        let (url, content) = (Postgres::database(), Content::new());
        let pool = PgPoolOptions::new().max_connections(1).connect(&url).await.unwrap();
        Dialect::Postgres.migrator(schema).run(&pool).await.unwrap();
        let rows = AssertSqlSafe(Dialect::Postgres.rows(schema, &content));
        sqlx::raw_sql(rows).execute(&pool).await.unwrap();
        pool.close().await;

        let docket = PostgresDocket::connect(&url, CONNECTIONS).await.unwrap();
        content.assert_read(&docket).await;
        content.assert_goes_on(&docket).await;
        println!("a PostgreSQL database of schema {schema} of {schemas} is migrated");
    }
}

/// A step of a program to come.
fn later(steps: &[MigrationStep], sql: &'static str) -> Vec<MigrationStep> {
    let number = steps.last().unwrap().0 + 1;
    [steps, &[(number, "later", sql)]].concat()
}

/// Adds a column and a table, as most steps do.
const ADDS: &str = "-- Adds: a column and a table.
    ALTER TABLE cases ADD COLUMN later BIGINT NOT NULL DEFAULT 0;
    CREATE TABLE later (id BIGINT PRIMARY KEY);";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_works_on_a_sqlite_file_that_has_a_further_step() {
    let current = live_jury_server::sqlite::SCHEMA;
    let all = later(current, ADDS.replace("BIGINT", "INTEGER").leak());
    let (folder, content) = (tempfile::tempdir().unwrap(), Content::new());
    let path = folder.path().join("jury.db");
    let newer = Sqlite::open_knowing(&path, &all).await.unwrap();
    let rows = AssertSqlSafe(Dialect::Sqlite.rows(current.len(), &content));
    sqlx::raw_sql(rows).execute(&newer.write).await.unwrap();
    newer.write.close().await;
    drop(newer);

    let sqlite = Sqlite::open(&path).await.unwrap();
    assert_tally(sqlite.clone(), &content).await;
    let docket = SqliteDocket::new(sqlite);
    content.assert_read(&docket).await;
    content.assert_goes_on(&docket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_works_on_a_postgres_database_that_has_a_further_step() {
    let current = POSTGRES_SCHEMA;
    let (url, content) = (Postgres::database(), Content::new());
    drop(PostgresDocket::connect_knowing(&url, CONNECTIONS, &later(current, ADDS)).await.unwrap());
    let rows = AssertSqlSafe(Dialect::Postgres.rows(current.len(), &content));
    let mut db = PgConnection::connect(&url).await.unwrap();
    sqlx::raw_sql(rows).execute(&mut db).await.unwrap();

    let docket = PostgresDocket::connect(&url, CONNECTIONS).await.unwrap();
    content.assert_read(&docket).await;
    content.assert_goes_on(&docket).await;
}

/// The steps before the one of this name, which a program of an earlier version knows.
fn before(steps: &[MigrationStep], name: &str) -> Vec<MigrationStep> {
    let at = steps.iter().position(|(_, about, _)| *about == name).unwrap();
    steps[..at].to_vec()
}

/// Ballots in Redis that have marks are misread by a program that knows none, so both must not run side by side.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_knows_no_marks_is_refused_beside_one_that_does() {
    let url = Postgres::database();
    let older = before(POSTGRES_SCHEMA, "marks");
    let running = PostgresDocket::connect_knowing(&url, CONNECTIONS, &older).await.unwrap();
    let (node, store) = (Uuid::now_v7(), StoreId(Uuid::now_v7()));
    running.report_node(node, store).await.unwrap();
    let refused = PostgresDocket::connect(&url, CONNECTIONS).await.unwrap_err();
    assert!(source(&refused).contains("stop all nodes"), "{}", source(&refused));
    running.report_node(node, store).await.unwrap();
    assert_eq!(
        PostgresDocket::connect_knowing(&url, CONNECTIONS, &older).await.err().map(|error| error.to_string()),
        None
    );

    running.remove_node(node).await.unwrap();
    drop(PostgresDocket::connect(&url, CONNECTIONS).await.unwrap());
    let refused = PostgresDocket::connect_knowing(&url, CONNECTIONS, &older).await.unwrap_err();
    assert!(source(&refused).contains("needs a program that knows step"), "{}", source(&refused));

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jury.db");
    drop(Sqlite::open(&path).await.unwrap());
    let refused = Sqlite::open_knowing(&path, &before(live_jury_server::sqlite::SCHEMA, "marks")).await.unwrap_err();
    assert!(source(&refused).contains("needs a program that knows step"), "{}", source(&refused));
}

/// A node that was killed left its row, which counts for 10 s.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_row_of_a_dead_node_keeps_no_step_away() {
    let url = Postgres::database();
    let older = before(POSTGRES_SCHEMA, "marks");
    let running = PostgresDocket::connect_knowing(&url, CONNECTIONS, &older).await.unwrap();
    running.report_node(Uuid::now_v7(), StoreId(Uuid::now_v7())).await.unwrap();
    let mut db = PgConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("UPDATE nodes SET seen_at_ms = seen_at_ms - 10000").execute(&mut db).await.unwrap();
    PostgresDocket::connect(&url, CONNECTIONS).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_is_refused_by_a_database_with_a_step_that_breaks_it() {
    let breaks = |steps: &[MigrationStep]| {
        let number = steps.last().unwrap().0 + 1;
        let sql = format!("-- Breaks: all before. {number}\nUPDATE oldest_program SET schema = {number};");
        later(steps, sql.leak())
    };
    let url = Postgres::database();
    let newer = breaks(POSTGRES_SCHEMA);
    drop(PostgresDocket::connect_knowing(&url, CONNECTIONS, &newer).await.unwrap());
    let step = newer.last().unwrap().0;
    let refused = PostgresDocket::connect(&url, CONNECTIONS).await.unwrap_err();
    assert!(source(&refused).contains(&format!("needs a program that knows step {step}")), "{}", source(&refused));
    PostgresDocket::connect_knowing(&url, CONNECTIONS, &newer).await.unwrap();

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jury.db");
    let newer = breaks(live_jury_server::sqlite::SCHEMA);
    drop(Sqlite::open_knowing(&path, &newer).await.unwrap());
    let step = newer.last().unwrap().0;
    let refused = Sqlite::open(&path).await.unwrap_err();
    assert!(source(&refused).contains(&format!("needs a program that knows step {step}")), "{}", source(&refused));
}

fn source(error: &dyn std::error::Error) -> String {
    error.source().unwrap().to_string()
}

/// An interrupted step has left an invalid index of its name, and several programs start at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_index_is_made_concurrently() {
    const INDEX: &str = "-- Adds: an index.
        CREATE INDEX CONCURRENTLY IF NOT EXISTS ballots_by_side ON ballots (side);";
    let url = Postgres::database();
    drop(PostgresDocket::connect(&url, CONNECTIONS).await.unwrap());
    let mut db = PgConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("CREATE INDEX ballots_by_side ON ballots (option)").execute(&mut db).await.unwrap();
    let invalid = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ballots_by_side'::regclass";
    sqlx::raw_sql(invalid).execute(&mut db).await.unwrap();

    let steps = later(POSTGRES_SCHEMA, INDEX);
    let starting = (0..4).map(|_| PostgresDocket::connect_knowing(&url, CONNECTIONS, &steps));
    for started in futures_util::future::join_all(starting).await {
        started.unwrap();
    }
    let valid = "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indisvalid AND \
                 indexrelid = 'ballots_by_side'::regclass";
    let made: String = sqlx::query_scalar(valid).fetch_one(&mut db).await.unwrap();
    assert!(made.ends_with("(side)"), "{made}");
}
