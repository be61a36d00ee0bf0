//! Moves the write-ahead log into the file beside the writer, so that no commit waits while thousands of pages are
//! synced. It decides nothing about what is durable: a commit syncs the log itself.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{SqliteConnection, SqlitePool};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The pages of the log from which they are moved: 16 MiB. Batches write the same pages again and again, so a longer
/// log saves writes.
pub(super) const MOVED_FROM_PAGES: u64 = 4_096;
/// The pages of the log from which a commit moves them itself: 64 MiB, in the form of the pragma. The log gets there
/// while a long read keeps it, or where this task fails.
pub(super) const MOVED_BY_COMMIT_PAGES: &str = "16384";
/// The pause before a look at a log that grows. A look reads three numbers.
const PAUSE: Duration = Duration::from_millis(100);
/// Limits the passes of one turn. Each moves what was written during the one before, which is a small part of it.
const PASSES_MAX: usize = 8;

/// Tells how long the log is, and moves nothing.
pub(super) const LOOK: &str = "PRAGMA wal_checkpoint(NOOP)";
/// Moves pages, and waits for no reader and not for the writer. It syncs the file if nothing was written meanwhile.
const MOVE: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// The length of the log, in pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Log {
    /// All.
    pub pages: u64,
    /// Those that the file has, too.
    pub moved: u64,
}

/// Sends one of the pragmas.
pub(super) async fn checkpoint(db: &mut SqliteConnection, pragma: &'static str) -> Result<Log, sqlx::Error> {
    let (_, pages, moved): (i64, i64, i64) = sqlx::query_as(pragma).fetch_one(db).await?;
    // Without a log, both are -1.
    let [pages, moved] = [pages, moved].map(|number| u64::try_from(number).unwrap_or(0));
    Ok(Log { pages, moved })
}

/// Moves the log whenever it has grown, until the file is closed. `written` tells of commits.
pub(super) async fn follow(write: SqlitePool, own: SqlitePool, written: Arc<Notify>, closed: CancellationToken) {
    let next = async || {
        written.notified().await;
        tokio::time::sleep(PAUSE).await;
    };
    while closed.run_until_cancelled(next()).await.is_some() {
        if let Err(error) = turn(&write, &own).await
            && !closed.is_cancelled()
        {
            tracing::warn!(%error, "the write-ahead log was not moved into the file; trying again");
        }
    }
}

/// Moves the log once it is long. Its last pages are moved while nobody writes, so that the next commit begins it anew.
pub(super) async fn turn(write: &SqlitePool, own: &SqlitePool) -> Result<(), sqlx::Error> {
    // One connection alone moves pages: a second one would be turned away.
    let mut own = own.acquire().await?;
    if checkpoint(&mut own, LOOK).await?.pages < MOVED_FROM_PAGES {
        return Ok(());
    }
    for _ in 0..PASSES_MAX {
        checkpoint(&mut own, MOVE).await?;
        let log = checkpoint(&mut own, LOOK).await?;
        if log.moved == log.pages {
            break;
        }
    }
    checkpoint(&mut *write.acquire().await?, MOVE).await?;
    Ok(())
}
