//! The SQLite file that the embedded tally and the embedded docket share: opened, locked and migrated here.

use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

/// Connections that read while the one that writes is busy.
const READERS: u32 = 3;
/// How long a writer waits for another one; there is none but a program that looks into the file by hand.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// An open file. Clones share it.
#[derive(Clone, Debug)]
pub struct Sqlite {
    /// The one connection that writes: SQLite has one writer at a time, and a queue of ours beats its busy loop.
    pub write: SqlitePool,
    /// Connections that only read.
    pub read: SqlitePool,
}
