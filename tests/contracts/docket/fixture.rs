//! A docket of either kind on a new database, with direct access to its tables.

use std::sync::Arc;

use live_jury_server::docket::{Docket, PostgresDocket, SqliteDocket};
use live_jury_server::sqlite::Sqlite;
use live_jury_tests::postgres::Postgres;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Connections of a node with default settings.
const CONNECTIONS: u32 = 3;

/// A docket and its database.
pub struct DocketFixture {
    pub docket: Arc<dyn Docket>,
    under: Under,
}

enum Under {
    Sqlite { folder: tempfile::TempDir, file: Sqlite },
    Postgres { url: String },
}

impl DocketFixture {
    pub async fn sqlite() -> Self {
        Self::on_file(tempfile::tempdir().unwrap()).await
    }

    async fn on_file(folder: tempfile::TempDir) -> Self {
        let file = Sqlite::open(&folder.path().join("jury.db")).await.unwrap();
        Self { docket: Arc::new(SqliteDocket::new(file.clone())), under: Under::Sqlite { folder, file } }
    }

    pub async fn postgres() -> Self {
        Self::on_url(Postgres::database()).await
    }

    pub async fn on_url(url: String) -> Self {
        let docket = PostgresDocket::connect(&url, CONNECTIONS).await.unwrap();
        Self { docket: Arc::new(docket), under: Under::Postgres { url } }
    }

    /// The same database, opened by a server that has just started.
    pub async fn reopened(self) -> Self {
        drop(self.docket);
        match self.under {
            Under::Sqlite { folder, file } => {
                file.write.close().await;
                file.read.close().await;
                drop(file);
                Self::on_file(folder).await
            }
            Under::Postgres { url } => Self::on_url(url).await,
        }
    }

    /// The docket of another node on the same database. A SQLite file has one server, so its own docket is returned.
    pub async fn neighbour(&self) -> Arc<dyn Docket> {
        match &self.under {
            Under::Sqlite { .. } => self.docket.clone(),
            Under::Postgres { url } => Arc::new(PostgresDocket::connect(url, CONNECTIONS).await.unwrap()),
        }
    }

    /// Executes SQL that no docket would.
    pub async fn execute(&self, sql: &str) -> Result<(), sqlx::Error> {
        match &self.under {
            Under::Sqlite { file, .. } => {
                sqlx::query(AssertSqlSafe(sql)).execute(&file.write).await?;
            }
            Under::Postgres { url } => {
                let mut db = PgConnection::connect(url).await?;
                sqlx::query(AssertSqlSafe(sql)).execute(&mut db).await?;
                db.close().await?;
            }
        }
        Ok(())
    }
}
