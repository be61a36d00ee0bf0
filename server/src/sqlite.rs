//! The SQLite file that the embedded tally and docket share: it is locked, opened and migrated here.

mod checkpoint;

use std::fs::{File, TryLockError};
use std::io;
#[cfg(unix)]
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection, SqlitePool};
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};

use self::checkpoint::MOVED_BY_COMMIT_PAGES;
use crate::call_error::CallError;
use crate::health::{Durability, FoundDurability};
use crate::migration::{MigrationStep, SchemaError, migrate_sqlite};

/// The access of the files: their owner reads and writes, and nobody else. They hold hidden counts, pseudonyms and the
/// ids of those who are recused.
#[cfg(unix)]
const FILE_MODE: u32 = 0o600;
/// The bits of a file's access that are about other users.
#[cfg(unix)]
const OTHERS: u32 = 0o077;
/// The ends of the names of the files beside the database, and of its own. SQLite gives its files the access of the
/// database.
const FILE_ENDS: [&str; 4] = ["", "-wal", "-shm", ".lock"];

/// The number of connections that read while the writing one is busy.
const READERS: u32 = 3;
/// The number of further connections, for reads of the API. A flood of them delays no ballot and no step.
const API_READERS: u32 = 2;
/// Limits the wait for a lock of another program, such as an operator's shell on the file; the call then fails.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Limits the wait for a connection; the call then fails. A juror does better to try again later than to wait longer.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// The writer's page cache: 64 MiB, in the form of the pragma. Pseudonyms spread over the whole table of ballots, and
/// with SQLite's own 2 MiB most batches would read and write each page again.
const WRITER_CACHE_KIB: &str = "-65536";
/// Moves the write-ahead log into the file and empties it.
const EMPTY_LOG: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// Writes the file's header as it is. The version of SQLite's own is not used: the schema has steps.
const PROBE: &str = "PRAGMA user_version = 0";

/// The schema: the tally's tables and the docket's.
pub const SCHEMA: &[MigrationStep] = &[
    (1, "tally", include_str!("../migrations/sqlite/0001_tally.sql")),
    (2, "docket", include_str!("../migrations/sqlite/0002_docket.sql")),
    (3, "bounds", include_str!("../migrations/sqlite/0003_bounds.sql")),
    (4, "tally_draft", include_str!("../migrations/sqlite/0004_tally_draft.sql")),
    (5, "format", include_str!("../migrations/sqlite/0005_format.sql")),
    (6, "actor", include_str!("../migrations/sqlite/0006_actor.sql")),
    (7, "outbox", include_str!("../migrations/sqlite/0007_outbox.sql")),
    (8, "expiry", include_str!("../migrations/sqlite/0008_expiry.sql")),
    (9, "nodes", include_str!("../migrations/sqlite/0009_nodes.sql")),
    (10, "extension", include_str!("../migrations/sqlite/0010_extension.sql")),
    (11, "ballots_stay", include_str!("../migrations/sqlite/0011_ballots_stay.sql")),
    (12, "incarnations", include_str!("../migrations/sqlite/0012_incarnations.sql")),
    (13, "revocations", include_str!("../migrations/sqlite/0013_revocations.sql")),
    (14, "ledger", include_str!("../migrations/sqlite/0014_ledger.sql")),
    (15, "loss", include_str!("../migrations/sqlite/0015_loss.sql")),
    (16, "oldest_program", include_str!("../migrations/sqlite/0016_oldest_program.sql")),
    (17, "policies", include_str!("../migrations/sqlite/0017_policies.sql")),
    (18, "marks", include_str!("../migrations/sqlite/0018_marks.sql")),
    (19, "log", include_str!("../migrations/sqlite/0019_log.sql")),
    (20, "objections", include_str!("../migrations/sqlite/0020_objections.sql")),
    (21, "panels", include_str!("../migrations/sqlite/0021_panels.sql")),
    (22, "witnesses", include_str!("../migrations/sqlite/0022_witnesses.sql")),
    (23, "standing", include_str!("../migrations/sqlite/0023_standing.sql")),
    (24, "trust", include_str!("../migrations/sqlite/0024_trust.sql")),
    (25, "webhooks", include_str!("../migrations/sqlite/0025_webhooks.sql")),
    (26, "rulings", include_str!("../migrations/sqlite/0026_rulings.sql")),
    (27, "reports", include_str!("../migrations/sqlite/0027_reports.sql")),
    (28, "serving", include_str!("../migrations/sqlite/0028_serving.sql")),
    (29, "night", include_str!("../migrations/sqlite/0029_night.sql")),
    (30, "applications", include_str!("../migrations/sqlite/0030_applications.sql")),
    (31, "drafts", include_str!("../migrations/sqlite/0031_drafts.sql")),
    (32, "listings", include_str!("../migrations/sqlite/0032_listings.sql")),
    (33, "promises", include_str!("../migrations/sqlite/0033_promises.sql")),
    (34, "report", include_str!("../migrations/sqlite/0034_report.sql")),
    (35, "listing_juries", include_str!("../migrations/sqlite/0035_listing_juries.sql")),
    (36, "weights", include_str!("../migrations/sqlite/0036_weights.sql")),
    (37, "remedies_owed", include_str!("../migrations/sqlite/0037_remedies_owed.sql")),
    (38, "identity_reads", include_str!("../migrations/sqlite/0038_identity_reads.sql")),
    (39, "ban_reasons", include_str!("../migrations/sqlite/0039_ban_reasons.sql")),
];

/// An open file. Clones share it.
#[derive(Clone, Debug)]
pub struct Sqlite {
    /// The one connection that writes. SQLite has one writer at a time, and a queue for it is faster than its busy
    /// loop. The server's own writes go through `transaction`.
    pub write: SqlitePool,
    /// Connections that only read.
    pub read: SqlitePool,
    /// Connections that only read, for the API.
    pub api_read: SqlitePool,
    /// A connection that only reads, for the ledger of trust: no ballot waits for its reads.
    pub trust_read: SqlitePool,
    /// The connection that moves the write-ahead log into the file.
    checkpoint: SqlitePool,
    /// Tells of commits.
    written: Arc<Notify>,
    /// Ends the task that moves the log.
    closed: CancellationToken,
    /// Ends it with the last clone, too.
    _ended: Arc<DropGuard>,
    /// Held while any clone exists, since the tally relies on being the only writer.
    _lock: Arc<File>,
}

/// The reasons for which the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SqliteError {
    /// Another server has it open.
    #[error("the database {} is in use by another server; one SQLite file serves one", .0.display())]
    InUse(PathBuf),
    /// The lock file beside the database could not be created.
    #[error("cannot lock the database with {}: {source}", .path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file could not be opened.
    #[error("cannot open the database {}: {source}", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: sqlx::Error,
    },
    /// A migration failed.
    #[error("cannot bring the database {} to the current schema: {source}", .path.display())]
    Migrate {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: SchemaError,
    },
}

impl Sqlite {
    /// Opens the file for this server alone. It is created and migrated if needed.
    ///
    /// # Errors
    /// Another server has it, the file cannot be opened or written, or its schema is not for this program.
    pub async fn open(path: &Path) -> Result<Self, SqliteError> {
        Self::open_knowing(path, SCHEMA).await
    }

    /// As [`open`](Self::open), for a program that knows these steps.
    ///
    /// # Errors
    /// As in [`open`](Self::open).
    pub async fn open_knowing(path: &Path, steps: &[MigrationStep]) -> Result<Self, SqliteError> {
        let lock = lock(path)?;
        // An error shows again when SQLite opens the file, with a path in its text.
        let _ = create(path);
        for path in files_of_others(path) {
            tracing::warn!(path = %path.display(), "other users may open this file; set its mode to 600");
        }
        let options = SqliteConnectOptions::new().filename(path).busy_timeout(BUSY_TIMEOUT).foreign_keys(true);
        // WAL: readers do not wait for the writer. FULL: a commit is synced before it returns.
        let writing = options
            .clone()
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("cache_size", WRITER_CACHE_KIB)
            .pragma("wal_autocheckpoint", MOVED_BY_COMMIT_PAGES);
        let failed = |source| SqliteError::Open { path: path.to_owned(), source };
        // A pass may take a second on a busy disk, and nobody waits for it.
        let moving = options.clone().synchronous(SqliteSynchronous::Full).disable_statement_logging();
        let write = pool(1).connect_with(writing).await.map_err(failed)?;
        let mut db = write.acquire().await.map_err(failed)?;
        let migrated = migrate_sqlite(&mut db, steps).await;
        migrated.map_err(|source| SqliteError::Migrate { path: path.to_owned(), source })?;
        drop(db);
        let reading = options.read_only(true);
        let read = pool(READERS).connect_with(reading.clone()).await.map_err(failed)?;
        let api_read = pool(API_READERS).connect_with(reading.clone()).await.map_err(failed)?;
        let trust_read = pool(1).connect_with(reading).await.map_err(failed)?;
        let checkpoint = pool(1).connect_with(moving).await.map_err(failed)?;
        let (written, closed) = (Arc::new(Notify::new()), CancellationToken::new());
        tokio::spawn(checkpoint::follow(write.clone(), checkpoint.clone(), written.clone(), closed.clone()));
        let ended = Arc::new(closed.clone().drop_guard());
        let lock = Arc::new(lock);
        Ok(Self { write, read, api_read, trust_read, checkpoint, written, closed, _ended: ended, _lock: lock })
    }

    /// Closes every connection, and waits for calls in progress. The last connection to close moves the write-ahead log
    /// into the file, so the file alone is a whole copy afterwards. A later call fails.
    pub async fn close(&self) {
        self.closed.cancel();
        for readers in [&self.checkpoint, &self.read, &self.api_read, &self.trust_read] {
            readers.close().await;
        }
        self.write.close().await;
    }

    /// The file keeps what is committed, since this program itself sets how it is synced.
    pub(crate) fn durability() -> FoundDurability {
        FoundDurability { durability: Durability::Durable, settings: "synchronous FULL".to_owned() }
    }

    /// Writes one page of the file, and changes nothing that is read.
    pub(crate) async fn probe(&self) -> Result<(), sqlx::Error> {
        let probe = async |db: &mut SqliteConnection| sqlx::query(PROBE).execute(db).await.map(drop);
        self.transaction(probe).await
    }

    /// Moves the write-ahead log into the file and empties it, as its pages hold what was deleted.
    pub(crate) async fn empty_log(&self) -> Result<(), sqlx::Error> {
        // While another connection moves pages, this one would be turned away.
        let _only = self.checkpoint.acquire().await?;
        sqlx::query(EMPTY_LOG).execute(&self.write).await.map(drop)
    }

    /// Runs `work` in a transaction with the write lock, so that its reads stay true until its writes. It is committed
    /// if `work` succeeds, and undone otherwise.
    ///
    /// A connection on which a statement failed is closed, and the next transaction opens another one. SQLite may have
    /// ended the transaction by itself, as on a full disk; sqlx does not notice that, and would begin no further one.
    pub(crate) async fn transaction<T, E: CallError>(
        &self,
        work: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.write.acquire().await?;
        let Attempt { outcome, is_sound } = attempt(&mut connection, work).await;
        if !is_sound {
            connection.close_on_drop();
        }
        self.written.notify_one();
        outcome
    }
}

/// A transaction that has ended.
struct Attempt<T, E> {
    outcome: Result<T, E>,
    /// Whether every statement succeeded, so that the connection can be used again.
    is_sound: bool,
}

async fn attempt<T, E: CallError>(
    connection: &mut SqliteConnection,
    work: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, E>,
) -> Attempt<T, E> {
    let failed = |error: sqlx::Error| Attempt { outcome: Err(error.into()), is_sound: false };
    let mut transaction = match connection.begin_with("BEGIN IMMEDIATE").await {
        Ok(transaction) => transaction,
        Err(error) => return failed(error),
    };
    match work(&mut transaction).await {
        Ok(done) => match transaction.commit().await {
            Ok(()) => Attempt { outcome: Ok(done), is_sound: true },
            Err(error) => failed(error),
        },
        Err(error) => {
            let is_undone = transaction.rollback().await.is_ok();
            Attempt { is_sound: is_undone && error.failure().is_none(), outcome: Err(error) }
        }
    }
}

/// Locks a file beside the database. A lock on the database itself would end when SQLite closes one of its own handles.
fn lock(path: &Path) -> Result<File, SqliteError> {
    let beside = with_end(path, ".lock");
    let failed = |source| SqliteError::Lock { path: beside.clone(), source };
    let file = create(&beside).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SqliteError::InUse(path.to_owned())),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Opens a file, which is created for its owner alone. An existing one keeps its access and its bytes.
fn create(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.create(true).append(true);
    #[cfg(unix)]
    options.mode(FILE_MODE);
    options.open(path)
}

/// Those of the database's files that other users may open, in some way.
fn files_of_others(path: &Path) -> Vec<PathBuf> {
    #[cfg(unix)]
    let is_open = |path: &PathBuf| path.metadata().is_ok_and(|found| found.permissions().mode() & OTHERS != 0);
    #[cfg(not(unix))]
    let is_open = |_: &PathBuf| false;
    FILE_ENDS.iter().map(|end| with_end(path, end)).filter(is_open).collect()
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Options of a pool whose connections stay open, since they hold prepared statements and a file needs no reconnection.
fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call_error::Failure;

    #[derive(Debug)]
    enum CallFailed {
        Refused,
        Database(sqlx::Error),
    }

    impl From<sqlx::Error> for CallFailed {
        fn from(error: sqlx::Error) -> Self {
            Self::Database(error)
        }
    }

    impl CallError for CallFailed {
        fn failure(&self) -> Option<Failure> {
            match self {
                Self::Refused => None,
                Self::Database(error) => Some(error.into()),
            }
        }
    }

    #[tokio::test]
    async fn one_file_serves_one_server() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jury.db");
        let first = Sqlite::open(&path).await.unwrap();
        let refusal = Sqlite::open(&path).await.unwrap_err();
        assert!(matches!(refusal, SqliteError::InUse(_)));
        assert!(refusal.to_string().contains("jury.db"));

        let clone = first.clone();
        drop(first);
        assert!(matches!(Sqlite::open(&path).await, Err(SqliteError::InUse(_))));
        drop(clone);
        Sqlite::open(&path).await.unwrap();
    }

    #[tokio::test]
    async fn a_commit_is_on_the_disk_and_readers_do_not_write() {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = Sqlite::open(&folder.path().join("jury.db")).await.unwrap();
        let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&sqlite.write).await.unwrap();
        let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&sqlite.write).await.unwrap();
        assert_eq!((journal.as_str(), synchronous), ("wal", 2));
        assert!(sqlx::query("DELETE FROM tally_case").execute(&sqlite.read).await.is_err());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_files_are_for_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jury.db");
        let sqlite = Sqlite::open(&path).await.unwrap();
        sqlx::query("DELETE FROM tally_case").execute(&sqlite.write).await.unwrap();
        for end in FILE_ENDS {
            let mode = with_end(&path, end).metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, FILE_MODE, "{end}");
        }
        assert!(files_of_others(&path).is_empty());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_wider_file_is_found_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jury.db");
        drop(Sqlite::open(&path).await.unwrap());
        let wide = std::fs::Permissions::from_mode(0o640);
        std::fs::set_permissions(&path, wide.clone()).unwrap();
        let sqlite = Sqlite::open(&path).await.unwrap();
        sqlx::query("DELETE FROM tally_case").execute(&sqlite.write).await.unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, wide.mode());
        assert_eq!(files_of_others(&path)[0], path);
    }

    /// Another program may copy or replace the file as soon as the server says that it has stopped.
    #[tokio::test]
    async fn a_closed_file_is_whole_without_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jury.db");
        let sqlite = Sqlite::open(&path).await.unwrap();
        sqlx::raw_sql("CREATE TABLE filler (n INTEGER)").execute(&sqlite.write).await.unwrap();
        sqlx::query("SELECT n FROM filler").fetch_all(&sqlite.read).await.unwrap();
        sqlite.close().await;
        assert!(!with_end(&path, "-wal").exists() && !with_end(&path, "-shm").exists());
        assert!(sqlx::query("SELECT n FROM filler").fetch_all(&sqlite.read).await.is_err());
    }

    /// A limit of pages makes the file full in the same way as the disk. It holds for its connection alone.
    #[tokio::test]
    async fn a_full_file_is_written_again_once_there_is_room() {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = Sqlite::open(&folder.path().join("jury.db")).await.unwrap();
        sqlx::raw_sql("CREATE TABLE filler (bytes BLOB); PRAGMA max_page_count = 100")
            .execute(&sqlite.write)
            .await
            .unwrap();
        let fill = async |db: &mut SqliteConnection| -> Result<(), CallFailed> {
            sqlx::query("INSERT INTO filler VALUES (zeroblob(1000000))").execute(db).await?;
            Ok(())
        };
        let error = sqlite.transaction(fill).await.unwrap_err();
        assert!(format!("{error:?}").contains("full"), "{error:?}");
        sqlite.transaction(fill).await.unwrap();
    }

    /// A commit would wait until all pages are synced, if it moved them itself.
    #[tokio::test]
    async fn a_long_log_is_moved_beside_the_writer_and_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jury.db");
        let sqlite = Sqlite::open(&path).await.unwrap();
        sqlx::raw_sql("CREATE TABLE filler (bytes BLOB)").execute(&sqlite.write).await.unwrap();
        let fill = async || {
            let pages = async |db: &mut SqliteConnection| -> Result<(), CallFailed> {
                sqlx::query("INSERT INTO filler VALUES (zeroblob(1000000))").execute(db).await?;
                Ok(())
            };
            sqlite.transaction(pages).await.unwrap();
        };
        let look =
            async || checkpoint::checkpoint(&mut sqlite.checkpoint.acquire().await.unwrap(), checkpoint::LOOK).await;
        let size = path.metadata().unwrap().len();
        while look().await.unwrap().pages < checkpoint::MOVED_FROM_PAGES {
            fill().await;
        }
        checkpoint::turn(&sqlite.write, &sqlite.checkpoint).await.unwrap();
        let log = look().await.unwrap();
        assert!(log.pages >= checkpoint::MOVED_FROM_PAGES && log.moved == log.pages, "{log:?}");
        assert!(path.metadata().unwrap().len() > size + 10_000_000, "the pages are in the file");
        fill().await;
        let log = look().await.unwrap();
        assert!(log.pages < 1_000 && log.moved == 0, "the next commit begins the log anew: {log:?}");
        let bytes: i64 =
            sqlx::query_scalar("SELECT sum(length(bytes)) FROM filler").fetch_one(&sqlite.read).await.unwrap();
        assert_eq!(bytes % 1_000_000, 0);
        checkpoint::turn(&sqlite.write, &sqlite.checkpoint).await.unwrap();
        assert_eq!(look().await.unwrap(), log, "a short log stays");
        sqlite.empty_log().await.unwrap();
        assert_eq!(with_end(&path, "-wal").metadata().unwrap().len(), 0);
    }

    #[tokio::test]
    async fn a_refusal_undoes_its_transaction_and_keeps_the_connection() {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = Sqlite::open(&folder.path().join("jury.db")).await.unwrap();
        sqlx::raw_sql("CREATE TABLE filler (bytes BLOB); CREATE TEMP TABLE of_this_connection (n INTEGER)")
            .execute(&sqlite.write)
            .await
            .unwrap();
        let refused = sqlite
            .transaction(async |db| {
                sqlx::query("INSERT INTO filler VALUES (x'00')").execute(&mut *db).await?;
                Err::<(), _>(CallFailed::Refused)
            })
            .await;
        assert!(matches!(refused, Err(CallFailed::Refused)));
        let left: i64 = sqlx::query_scalar("SELECT count(*) FROM filler").fetch_one(&sqlite.read).await.unwrap();
        assert_eq!(left, 0);
        sqlx::query("SELECT n FROM of_this_connection").fetch_all(&sqlite.write).await.unwrap();
    }

    #[test]
    fn the_schema_has_every_migration() {
        crate::migration::takes_every_step(SCHEMA, "sqlite");
    }
}
