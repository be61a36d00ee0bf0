//! The pool of connections to PostgreSQL. Every call through it has a time limit.

use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};
use tokio::time::timeout;

use crate::authorities::Authorities;
use crate::migration::{MigrationStep, migrator};

/// Limits the wait for a connection; the call then fails. The client does better to try again later than to wait
/// longer.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// Limits a call once it has a connection; the call then fails and its connection is closed. It is longer than the
/// server's own lock timeout, so that it ends only calls whose server does not answer at all.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// The same limit for the two calls that carry all ballots of a case, up to a million.
pub(crate) const BALLOTS_TIMEOUT: Duration = Duration::from_secs(60);

/// Settings of each connection.
///
/// - A statement takes at most 50 s: ten times what a million ballots take.
/// - A wait for a lock takes at most 5 s: its holder is another node that records the same case.
/// - An idle transaction ends after 20 s: its node has stopped without a word, and others wait for its locks.
const SESSION: &str = "SET statement_timeout = '50s'; SET lock_timeout = '5s'; \
                       SET idle_in_transaction_session_timeout = '20s'";

/// Connections to one PostgreSQL database. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct PostgresPool(PgPool);

/// The reasons for which PostgreSQL cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// The URL is not one of PostgreSQL.
    #[error("the database URL is not one of PostgreSQL: {0}")]
    Url(#[source] sqlx::Error),
    /// The server did not answer, or refused the connection.
    #[error("cannot reach PostgreSQL: {0}")]
    Connect(#[source] sqlx::Error),
    /// A migration failed.
    #[error("cannot bring the PostgreSQL database to the current schema: {0}")]
    Migrate(#[source] MigrateError),
}

impl PostgresPool {
    /// Migrates the database to `schema` and opens a pool of at most `connections`.
    ///
    /// # Errors
    /// The URL is wrong, the server did not answer, or its schema is newer than this program.
    pub async fn connect(
        url: &str,
        connections: u32,
        schema: &[MigrationStep],
        authorities: &Authorities,
    ) -> Result<Self, PostgresError> {
        migrate(url, schema, authorities).await?;
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(|db, _| {
                Box::pin(async move {
                    sqlx::raw_sql(SESSION).execute(db).await?;
                    Ok(())
                })
            })
            .connect_lazy_with(options(url, authorities)?);
        Ok(Self(pool))
    }

    /// Runs `work` on a connection. A connection that did not answer within `limit` is closed, since a later call on it
    /// would wait, too.
    pub async fn call<T, E>(
        &self,
        limit: Duration,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: From<sqlx::Error>,
    {
        let mut db = self.0.acquire().await?;
        timeout(limit, work(&mut db)).await.unwrap_or_else(|elapsed| {
            db.close_on_drop();
            Err(sqlx::Error::Io(elapsed.into()).into())
        })
    }
}

/// Migrates the database to `schema`. Nodes that start together wait for each other on an advisory lock. Statements
/// have no time limit, since a step may rewrite a large table.
///
/// # Errors
/// The URL is wrong, the server did not answer, or its schema is newer than this program.
pub(crate) async fn migrate(
    url: &str,
    schema: &[MigrationStep],
    authorities: &Authorities,
) -> Result<(), PostgresError> {
    let options = options(url, authorities)?;
    let connecting = timeout(ACQUIRE_TIMEOUT, PgConnection::connect_with(&options)).await;
    let mut db = connecting.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map_err(PostgresError::Connect)?;
    migrator(schema).run(&mut db).await.map_err(PostgresError::Migrate)?;
    db.close().await.map_err(PostgresError::Connect)
}

/// The options of a connection. The client trusts the system's authorities by itself.
///
/// # Errors
/// The URL is not one of PostgreSQL.
pub(crate) fn options(url: &str, authorities: &Authorities) -> Result<PgConnectOptions, PostgresError> {
    let options: PgConnectOptions = url.parse().map_err(PostgresError::Url)?;
    let options = match authorities.own_pem() {
        Some(pem) => options.ssl_root_cert_from_pem(pem),
        None => options,
    };
    Ok(options.application_name("live-jury"))
}
