//! A docket with the ledger of trust beside it on a new database, in each dialect.

use std::sync::Arc;

use live_jury_server::authorities::Authorities;
use live_jury_server::docket::{PostgresDocket, SqliteDocket};
use live_jury_server::ledger::{PostgresTrust, SqliteTrust};
use live_jury_server::sqlite::Sqlite;
use live_jury_tests::postgres::Postgres;
use tempfile::TempDir;

/// The connections of a docket to PostgreSQL.
const CONNECTIONS: u32 = 2;

/// Both in one SQLite file.
pub struct InSqlite {
    /// The docket.
    pub docket: Arc<SqliteDocket>,
    /// The ledger.
    pub ledger: Arc<SqliteTrust>,
    /// The file itself, for what no call does.
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
