//! A docket with the ledger of trust beside it on a new database, in each dialect.

use std::sync::Arc;

use live_jury_server::authorities::Authorities;
use live_jury_server::docket::{PostgresDocket, SqliteDocket};
use live_jury_server::ledger::{PostgresTrust, SqliteTrust};
use live_jury_server::sqlite::Sqlite;
use live_jury_tests::postgres::Postgres;
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

/// The connections of a docket to PostgreSQL.
const CONNECTIONS: u32 = 2;

/// Both in one SQLite file.
pub struct InSqlite {
    /// The docket.
    pub docket: Arc<SqliteDocket>,
    /// The ledger.
    pub ledger: Arc<SqliteTrust>,
    /// The file itself.
    pub file: Sqlite,
    /// The file, as a setting names it.
    pub url: String,
    /// The file's folder, which is deleted with this.
    pub folder: TempDir,
}

/// Both in one database of PostgreSQL.
pub struct InPostgres {
    /// The docket.
    pub docket: Arc<PostgresDocket>,
    /// The database, as a setting names it.
    pub url: String,
}

impl InSqlite {
    /// Opens both on a new file.
    pub async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jury.db");
        let file = Sqlite::open(&path).await.unwrap();
        let (docket, ledger) = (Arc::new(SqliteDocket::new(file.clone())), Arc::new(SqliteTrust::new(file.clone())));
        Self { docket, ledger, file, url: format!("sqlite://{}", path.display()), folder }
    }
}

impl InPostgres {
    /// Opens the docket on a new database.
    pub async fn open() -> Self {
        let url = Postgres::database();
        Self { docket: Arc::new(PostgresDocket::connect(&url, CONNECTIONS).await.unwrap()), url }
    }

    /// Opens the ledger over further connections, as each node does.
    pub fn ledger(&self) -> Arc<PostgresTrust> {
        Arc::new(PostgresTrust::open(&self.url, &Authorities::system()).unwrap())
    }
}

/// The database itself, for what no call does: rows that are damaged, or of a later program.
pub enum Database {
    /// A SQLite file.
    Sqlite(Sqlite),
    /// The URL of a PostgreSQL database.
    Postgres(String),
}

impl Database {
    /// Runs a statement.
    pub async fn execute(&self, sql: &'static str) {
        match self {
            Self::Sqlite(file) => drop(sqlx::raw_sql(sql).execute(&file.write).await.unwrap()),
            Self::Postgres(url) => {
                let mut db = PgConnection::connect(url).await.unwrap();
                sqlx::raw_sql(sql).execute(&mut db).await.unwrap();
            }
        }
    }
}
