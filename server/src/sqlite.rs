//! The SQLite file that the embedded tally and docket share: it is locked, opened and migrated here.

use std::fs::{File, TryLockError};
use std::io;
#[cfg(unix)]
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::migration::{MigrationStep, migrator};

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
/// Limits the wait for a lock of another program, such as an operator's shell on the file; the call then fails.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Limits the wait for a connection; the call then fails. A juror does better to try again later than to wait longer.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// The writer's page cache: 64 MiB, in the form of the pragma. Pseudonyms spread over the whole table of ballots, and
/// with SQLite's own 2 MiB most batches would read and write each page again.
const WRITER_CACHE_KIB: &str = "-65536";
/// The size of the write-ahead log at which its pages move into the file: 16 MiB. Batches write the same pages again
/// and again, so a longer log saves writes. Moving this many takes a fraction of a second.
const CHECKPOINT_PAGES: &str = "4096";

/// The schema: the tally's tables and the docket's.
pub(crate) const SCHEMA: &[MigrationStep] = &[
    (1, "tally", include_str!("../migrations/sqlite/0001_tally.sql")),
    (2, "docket", include_str!("../migrations/sqlite/0002_docket.sql")),
    (3, "bounds", include_str!("../migrations/sqlite/0003_bounds.sql")),
    (4, "tally_draft", include_str!("../migrations/sqlite/0004_tally_draft.sql")),
    (5, "format", include_str!("../migrations/sqlite/0005_format.sql")),
    (6, "actor", include_str!("../migrations/sqlite/0006_actor.sql")),
    (7, "outbox", include_str!("../migrations/sqlite/0007_outbox.sql")),
    (8, "expiry", include_str!("../migrations/sqlite/0008_expiry.sql")),
    (9, "nodes", include_str!("../migrations/sqlite/0009_nodes.sql")),
    (11, "ballots_stay", include_str!("../migrations/sqlite/0011_ballots_stay.sql")),
