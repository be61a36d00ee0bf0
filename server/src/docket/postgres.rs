//! The docket in PostgreSQL, for as many nodes as there are; it decides nothing.

mod read;
mod write;

use std::future::Future;
use std::time::Duration;

use async_trait::async_trait;
use live_jury_court::{Case, Pseudonym, StoredBallot};
use live_jury_protocol::{AuditEntry, CaseId, RoomId};
use sqlx::migrate::MigrateError;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool, Postgres as Dialect};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::{Added, CaseQuery, Docket, DocketError, Request, RoomRecord, RoomRev, VerdictQuery};
use crate::migration::{MigrationStep, migrator};

/// How long a call waits for a connection: past it, the caller is better told to come back.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a call may take once it has a connection. Longer than what the server allows itself for waiting, so that it
/// ends a call only where the server is not heard at all.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// The same of the two calls that carry all ballots of a case, of which there may be a million.
const BALLOTS_TIMEOUT: Duration = Duration::from_secs(60);

/// What each connection asks of the server. 50 s for a statement: a million ballots take a tenth of it. 5 s for a lock:
/// it is another node recording the same case, and this one need not. 20 s for a transaction that says nothing: its
/// node has died without a word, and others want its locks.
const SESSION: &str = "SET statement_timeout = '50s'; SET lock_timeout = '5s'; \
                       SET idle_in_transaction_session_timeout = '20s'";

/// The schema.
pub(crate) const SCHEMA: &[MigrationStep] = &[
    (1, "docket", include_str!("../../migrations/postgres/0001_docket.sql")),
    (2, "bounds", include_str!("../../migrations/postgres/0002_bounds.sql")),
];

/// A docket in PostgreSQL. All transactions take their locks in one order, so that no two wait for each other:
/// the request's key, the case, the room, the counter of verdicts.
#[derive(Clone, Debug)]
pub struct PostgresDocket {
    pool: PgPool,
}

/// Why PostgreSQL could not be used.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// The URL is not one of PostgreSQL.
    #[error("the database URL is not one of PostgreSQL: {0}")]
    Url(#[source] sqlx::Error),
    /// The server is away, or refused.
    #[error("cannot reach PostgreSQL: {0}")]
    Connect(#[source] sqlx::Error),
    /// The database could not be brought to the current schema.
    #[error("cannot bring the PostgreSQL database to the current schema: {0}")]
    Migrate(#[source] MigrateError),
}

impl PostgresDocket {
    /// Connects, with at most `connections` in all, and brings the database to the current schema.
    ///
    /// # Errors
    /// The URL is wrong, the server is away, or its schema is newer than this program.
    pub async fn connect(url: &str, connections: u32) -> Result<Self, PostgresError> {
        Self::migrate(url).await?;
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(|db, _| {
                Box::pin(async move {
                    sqlx::raw_sql(SESSION).execute(db).await?;
                    Ok(())
                })
            })
            .connect_lazy_with(options(url)?);
        Ok(Self { pool })
    }

    /// Brings the database to the current schema. Nodes that start together wait for each other, on an advisory lock;
    /// no statement is timed, since a step may rewrite a large table.
    ///
    /// # Errors
    /// As in [`connect`](Self::connect).
    pub async fn migrate(url: &str) -> Result<(), PostgresError> {
        let options = options(url)?;
        let connecting = timeout(ACQUIRE_TIMEOUT, PgConnection::connect_with(&options)).await;
        let mut db = connecting.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map_err(PostgresError::Connect)?;
        migrator(SCHEMA).run(&mut db).await.map_err(PostgresError::Migrate)?;
        db.close().await.map_err(PostgresError::Connect)
    }

    async fn connection(&self) -> Result<PoolConnection<Dialect>, DocketError> {
        Ok(self.pool.acquire().await?)
    }
}

fn options(url: &str) -> Result<PgConnectOptions, PostgresError> {
    let options: PgConnectOptions = url.parse().map_err(PostgresError::Url)?;
    Ok(options.application_name("live-jury"))
}

/// What became of work on a connection. One that did not answer in time is closed: a later call would wait for it, too.
fn finish<T>(mut db: PoolConnection<Dialect>, work: Result<Result<T, DocketError>, Elapsed>) -> Result<T, DocketError> {
    work.unwrap_or_else(|elapsed| {
        db.close_on_drop();
        Err(DocketError::Unavailable(sqlx::Error::Io(elapsed.into())))
    })
}

fn quick<T>(work: impl Future<Output = T>) -> impl Future<Output = Result<T, Elapsed>> {
    timeout(CALL_TIMEOUT, work)
}

#[async_trait]
impl Docket for PostgresDocket {
    async fn add(&self, case: &Case, entries: &[AuditEntry], request: Option<&Request>) -> Result<Added, DocketError> {
        let mut db = self.connection().await?;
        let work = quick(write::add(&mut db, case, entries, request)).await;
        finish(db, work)
    }

    async fn answered(&self, request: &Request) -> Result<Option<String>, DocketError> {
        let mut db = self.connection().await?;
        let work = quick(read::answered(&mut db, request)).await;
        finish(db, work)
    }

    async fn case(&self, id: CaseId) -> Result<Option<Case>, DocketError> {
        let mut db = self.connection().await?;
        let work = quick(read::case(&mut db, id)).await;
        finish(db, work)
    }

    async fn file(&self, case: &Case, entry: &AuditEntry, ballots: &[StoredBallot]) -> Result<(), DocketError> {
        let mut db = self.connection().await?;
        let limit = if ballots.is_empty() { CALL_TIMEOUT } else { BALLOTS_TIMEOUT };
        let work = timeout(limit, write::file(&mut db, case, entry, ballots)).await;
        finish(db, work)
    }

    async fn room(&self, room: &RoomId) -> Result<RoomRecord, DocketError> {
        let mut db = self.connection().await?;
        let work = quick(read::room(&mut db, room)).await;
        finish(db, work)
    }

    async fn revs(&self, known: &[RoomId]) -> Result<Vec<RoomRev>, DocketError> {
        let mut db = self.connection().await?;
        let work = quick(read::revs(&mut db, known)).await;
        finish(db, work)
    }

    async fn cases(&self, query: &CaseQuery) -> Result<Vec<Case>, DocketError> {
        let mut db = self.connection().await?;
        let work = quick(read::cases(&mut db, query)).await;
        finish(db, work)
    }

    async fn verdicts(&self, query: &VerdictQuery) -> Result<Vec<(u64, Case)>, DocketError> {
        let mut db = self.connection().await?;
        let work = quick(read::verdicts(&mut db, query)).await;
        finish(db, work)
    }

    async fn audit(&self, id: CaseId) -> Result<Vec<AuditEntry>, DocketError> {
        let mut db = self.connection().await?;
        let work = quick(read::audit(&mut db, id)).await;
        finish(db, work)
    }

    async fn ballots(&self, id: CaseId) -> Result<Vec<StoredBallot>, DocketError> {
        let mut db = self.connection().await?;
        let work = timeout(BALLOTS_TIMEOUT, read::ballots(&mut db, id)).await;
        finish(db, work)
    }

    async fn ballots_of(&self, id: CaseId, jurors: &[Pseudonym]) -> Result<Vec<Option<StoredBallot>>, DocketError> {
        let mut db = self.connection().await?;
        let work = quick(read::ballots_of(&mut db, id, jurors)).await;
        finish(db, work)
    }

    async fn ping(&self) -> Result<(), DocketError> {
        let mut db = self.connection().await?;
        let work = quick(read::ping(&mut db)).await;
        finish(db, work)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_step_of_the_schema_is_taken() {
        crate::migration::takes_every_step(super::SCHEMA, "postgres");
    }
}
