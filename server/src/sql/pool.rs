//! The pool of connections to PostgreSQL. Every call through it has a time limit.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};
use tokio::time::{Instant, timeout};

use crate::authorities::Authorities;
use crate::call_error::{CallError, Failure};
use crate::migration::{self, MigrationStep, SchemaError, migrate_postgres};
use crate::sql::fitness::{self, UnfitError};
use crate::sql::rights::{self, RightsError, TableRights};

/// Limits the wait for a connection; the call then fails. The client does better to try again later than to wait
/// longer.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// Limits a call once it has a connection; the call then fails and its connection is closed. It is longer than the
/// server's own limits of a statement, so that it ends calls of several slow statements, and those whose server does
/// not answer at all.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// The same limit for calls that only ask how the database is. They are made every 2 s, and a late answer tells enough.
pub(crate) const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
/// The same limit for the calls that carry many ballots of a case: 20,000 written, or up to a million read.
pub(crate) const BALLOTS_TIMEOUT: Duration = Duration::from_secs(60);
/// Begins a transaction of such a call. Its statements may take 50 s each.
pub(crate) const BEGIN_BALLOTS: &str = "BEGIN; SET LOCAL statement_timeout = '50s'";

/// Settings of each connection.
///
/// - A statement takes at most 8 s. That is less than its call may take, so a call that timed out leaves none running.
/// - A wait for a lock takes at most 5 s: its holder is another node that records the same case.
/// - A commit is answered when it is on the disk, whatever the server's own setting is. `remote_apply` promises more.
/// - An idle transaction ends after 20 s: its node has stopped without a word, and others wait for its locks.
/// - A statement reads what is committed when it begins. A database may have another default, under which a statement
///   fails because another node has written.
/// - The server looks every second whether the client is still connected. It ends the statement of a connection that
///   was closed. PostgreSQL 13 has no such setting, and the limit of a statement ends it there.
const SESSION: &str = "SET statement_timeout = '8s'; SET lock_timeout = '5s'; \
                       SET idle_in_transaction_session_timeout = '20s'; \
                       SELECT set_config('synchronous_commit', 'on', false) \
                       WHERE current_setting('synchronous_commit') <> 'remote_apply'; \
                       SET default_transaction_isolation = 'read committed'; \
                       SELECT set_config(name, '1s', false) FROM pg_settings \
                       WHERE name = 'client_connection_check_interval'";

/// Settings of the connection that migrates: no limits, whatever the database's own are.
const MIGRATION: &str = "SET statement_timeout = 0; SET lock_timeout = 0";

/// Connections to one PostgreSQL database. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct PostgresPool {
    pool: PgPool,
    given_up: GivenUp,
}

/// The time before which a connection was opened to a server that is no primary any more, if there is one.
#[derive(Clone, Debug, Default)]
struct GivenUp(Arc<Mutex<Option<Instant>>>);

impl GivenUp {
    /// Gives up every connection that is open now.
    fn all_open(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether a connection of this age may be used.
    fn allows(&self, age: Duration) -> bool {
        let given_up = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        given_up.is_none_or(|at| age < at.elapsed())
    }
}

/// The reasons for which PostgreSQL cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// The URL is not one of PostgreSQL.
    #[error("the database URL is not one of PostgreSQL: {0}")]
    Url(#[source] sqlx::Error),
    /// The server did not answer, or refused the connection.
    #[error("cannot reach PostgreSQL: {0}")]
    Connect(#[source] sqlx::Error),
    /// The server does not fit.
    #[error("PostgreSQL cannot be used: {0}")]
    Unfit(#[source] UnfitError),
    /// A migration failed.
    #[error("cannot bring the PostgreSQL database to the current schema: {0}")]
    Migrate(#[source] SchemaError),
    /// The schema lacks steps, and the role may not change it.
    #[error("the schema lacks {}, and this role may not add it: run `live-jury migrate` as the owner", .0.join(", "))]
    MayNotMigrate(Vec<String>),
    /// The role may not do what a server does.
    #[error("this role lacks {}: run `live-jury migrate --grant-to ROLE` as the owner of the tables", .0.join(", "))]
    LacksRights(Vec<String>),
    /// A role did not get its rights.
    #[error("--grant-to: {0}")]
    Rights(#[from] RightsError),
}

impl PostgresPool {
    /// Opens a pool of at most `connections`. The database is migrated to `schema` if it must be and the role may, and
    /// the role must have `rights`.
    ///
    /// # Errors
    /// The URL is wrong, the server did not answer, its schema is not for this program, or the role lacks rights.
    pub async fn connect(
        url: &str,
        connections: u32,
        schema: &[MigrationStep],
        rights: &[TableRights],
        authorities: &Authorities,
    ) -> Result<Self, PostgresError> {
        let options = options(url, authorities)?;
        prepare(&options, schema, rights).await?;
        Ok(Self::lazy(options, connections))
    }

    /// Opens a pool of at most `connections` to a database whose schema is current.
    ///
    /// # Errors
    /// The URL is wrong.
    pub fn open(url: &str, connections: u32, authorities: &Authorities) -> Result<Self, PostgresError> {
        Ok(Self::lazy(options(url, authorities)?, connections))
    }

    fn lazy(options: PgConnectOptions, connections: u32) -> Self {
        let given_up = GivenUp::default();
        let of_pool = given_up.clone();
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .before_acquire(move |_, connection| {
                let may_be_used = of_pool.allows(connection.age);
                Box::pin(async move { Ok(may_be_used) })
            })
            .after_connect(|db, _| {
                Box::pin(async move {
                    sqlx::raw_sql(SESSION).execute(db).await?;
                    Ok(())
                })
            })
            .connect_lazy_with(options);
        Self { pool, given_up }
    }

    /// Makes later calls open new connections.
    pub fn distrust_connections(&self) {
        self.given_up.all_open();
    }

    /// Runs `work` on a connection. A connection that did not answer within `limit` is closed, since a later call on it
    /// would wait, too.
    ///
    /// A server that is no primary any more keeps its connections and refuses each write. So all of them are given up,
    /// and `work` runs once more on a new one, which may lead to the successor. `work` must be one that may be
    /// repeated: a server that shuts down may have committed it. A transaction that collided with another one runs once
    /// more, too.
    pub async fn call<T, E: CallError>(
        &self,
        limit: Duration,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, E> + Clone,
    ) -> Result<T, E> {
        match self.call_once(limit, work.clone()).await {
            Err(error) if matches!(error.failure(), Some(Failure::NotPrimary | Failure::Collided)) => {
                self.call_once(limit, work).await
            }
            outcome => outcome,
        }
    }

    async fn call_once<T, E: CallError>(
        &self,
        limit: Duration,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut db = self.pool.acquire().await?;
        let outcome = timeout(limit, work(&mut db)).await.unwrap_or_else(|elapsed| {
            db.close_on_drop();
            Err(sqlx::Error::Io(elapsed.into()).into())
        });
        if let Err(error) = &outcome
            && error.failure() == Some(Failure::NotPrimary)
        {
            db.close_on_drop();
            self.given_up.all_open();
        }
        outcome
    }
}

/// Migrates the database to `schema` if it lacks steps, and checks the rights of the role. A database of the current
/// schema is only read.
async fn prepare(
    options: &PgConnectOptions,
    schema: &[MigrationStep],
    rights: &[TableRights],
) -> Result<(), PostgresError> {
    check_fitness(options).await?;
    let mut db = connect(options).await?;
    let steps = missing_steps(&mut db, schema).await?;
    if !steps.is_empty() {
        run(&mut db, schema).await.map_err(|error| match error {
            PostgresError::Migrate(error) if is_forbidden(&error) => PostgresError::MayNotMigrate(steps),
            other => other,
        })?;
    }
    let missing = rights::missing(&mut db, rights).await.map_err(PostgresError::Connect)?;
    if !missing.is_empty() {
        return Err(PostgresError::LacksRights(missing));
    }
    db.close().await.map_err(PostgresError::Connect)
}

/// Migrates the database to `schema`. With `role`, gives that role `rights` and no others.
///
/// # Errors
/// The URL is wrong, the server did not answer, its schema is not for this program, or the role cannot have these
/// rights alone.
pub(crate) async fn migrate(
    url: &str,
    schema: &[MigrationStep],
    rights: &[TableRights],
    authorities: &Authorities,
    role: Option<&str>,
) -> Result<(), PostgresError> {
    let options = options(url, authorities)?;
    check_fitness(&options).await?;
    let mut db = connect(&options).await?;
    run(&mut db, schema).await?;
    if let Some(role) = role {
        rights::grant(&mut db, role, rights).await?;
    }
    db.close().await.map_err(PostgresError::Connect)
}

/// The names of the steps that the database lacks. The database is only read.
///
/// # Errors
/// The URL is wrong, the server did not answer, its schema is not for this program, or the role may not read it.
pub(crate) async fn missing(
    url: &str,
    schema: &[MigrationStep],
    authorities: &Authorities,
) -> Result<Vec<String>, PostgresError> {
    let mut db = connect(&options(url, authorities)?).await?;
    let steps = missing_steps(&mut db, schema).await?;
    db.close().await.map_err(PostgresError::Connect)?;
    Ok(steps)
}

async fn missing_steps(db: &mut PgConnection, schema: &[MigrationStep]) -> Result<Vec<String>, PostgresError> {
    migration::missing_steps(db, schema).await.map_err(|error| match is_forbidden(&error) {
        true => PostgresError::LacksRights(vec!["SELECT on _sqlx_migrations".to_owned()]),
        false => PostgresError::Migrate(error),
    })
}

async fn check_fitness(options: &PgConnectOptions) -> Result<(), PostgresError> {
    fitness::check(options).await.map_err(|error| match error {
        UnfitError::Database(error) => PostgresError::Connect(error),
        unfit => PostgresError::Unfit(unfit),
    })
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, PostgresError> {
    let connecting = timeout(ACQUIRE_TIMEOUT, PgConnection::connect_with(options)).await;
    connecting.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map_err(PostgresError::Connect)
}

/// Runs the missing steps. Nodes that start together wait for each other. Statements have no time limit, since a step
/// may take long on a large table.
async fn run(db: &mut PgConnection, schema: &[MigrationStep]) -> Result<(), PostgresError> {
    sqlx::raw_sql(MIGRATION).execute(&mut *db).await.map_err(PostgresError::Connect)?;
    migrate_postgres(db, schema).await.map_err(PostgresError::Migrate)
}

/// Whether PostgreSQL refused a statement because of the role: it lacks a right, or sees no schema to create tables in.
fn is_forbidden(error: &SchemaError) -> bool {
    let Some(error) = error.of_database() else { return false };
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| matches!(&*code, "42501" | "3F000"))
}

/// The options of a connection. The client trusts the system's authorities by itself.
fn options(url: &str, authorities: &Authorities) -> Result<PgConnectOptions, PostgresError> {
    let options: PgConnectOptions = url.parse().map_err(PostgresError::Url)?;
    let options = match authorities.own_pem() {
        Some(pem) => options.ssl_root_cert_from_pem(pem),
        None => options,
    };
    // Columns have no fractions, and poolers refuse what they do not know at the start of a connection.
    Ok(options.application_name("live-jury").extra_float_digits(None))
}
