//! Checks at the start that a PostgreSQL server fits: its version, its encoding, and that a connection is a session of
//! its own. It changes nothing.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection, Row};
use tokio::time::timeout;

/// The oldest version of PostgreSQL, as `server_version_num` has it: `gen_random_uuid` is built in since 13.
const VERSION_MIN: u32 = 130_000;
/// The encoding that a database must have. Titles and statements are in any script.
const ENCODING: &str = "UTF8";
/// Limits the checks. They are four short statements on two connections.
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);

/// The reasons for which a server does not fit.
#[derive(Debug, thiserror::Error)]
pub enum UnfitError {
    /// The server is too old.
    #[error("PostgreSQL 13 or newer is needed, and this is {0}")]
    Version(String),
    /// The database has another encoding.
    #[error("the database has the encoding {0}, and UTF8 is needed: createdb --encoding UTF8 --template template0")]
    Encoding(String),
    /// A pooler gives connections to several clients in turn.
    #[error("a pooler in transaction mode is before PostgreSQL; use it in session mode (PgBouncer: pool_mode=session)")]
    Pooled,
    /// The server did not answer.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Checks a server. Statements go without preparation, so that a pooler passes them on.
pub(super) async fn check(options: &PgConnectOptions) -> Result<(), UnfitError> {
    let checks = async {
        let mut db = options.connect().await?;
        let version = text(&mut db, "SHOW server_version_num").await?;
        if version.parse::<u32>().is_ok_and(|version| version < VERSION_MIN) {
            return Err(UnfitError::Version(text(&mut db, "SHOW server_version").await?));
        }
        let encoding = text(&mut db, "SHOW server_encoding").await?;
        if encoding != ENCODING {
            return Err(UnfitError::Encoding(encoding));
        }
        let mut other = options.connect().await?;
        let shared = is_shared(&mut db, &mut other).await?;
        // The connections have done their work, so their ends tell nothing.
        let _ = (db.close().await, other.close().await);
        if shared { Err(UnfitError::Pooled) } else { Ok(()) }
    };
    timeout(CHECK_TIMEOUT, checks).await.unwrap_or(Err(UnfitError::Database(sqlx::Error::PoolTimedOut)))
}

/// Whether two connections take turns in one session. The settings of a session, and the statements that it prepares,
/// would then be another client's.
async fn is_shared(db: &mut PgConnection, other: &mut PgConnection) -> Result<bool, sqlx::Error> {
    const SESSION: &str = "SELECT pg_backend_pid()::text";
    let session = text(db, SESSION).await?;
    // The other one keeps its session for a transaction: the first one's, or one that the first may not get back.
    sqlx::raw_sql("BEGIN").execute(&mut *other).await?;
    let shared = text(other, SESSION).await? == session || text(db, SESSION).await? != session;
    sqlx::raw_sql("ROLLBACK").execute(other).await?;
    Ok(shared)
}

async fn text(db: &mut PgConnection, sql: &'static str) -> Result<String, sqlx::Error> {
    sqlx::raw_sql(sql).fetch_one(db).await?.try_get(0)
}
