//! A docket of either kind on a new database, with direct access to its tables.

use std::sync::Arc;

use live_jury_court::Pseudonym;
use live_jury_server::config::Database;
use live_jury_server::docket::{Docket, PostgresDocket, SqliteDocket};
use live_jury_server::node::migrate;
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
    Sqlite {
        folder: tempfile::TempDir,
        file: Sqlite,
    },
    /// The URL of the docket, and that of the owner of its tables.
    Postgres {
        url: String,
        owner: String,
    },
}

impl DocketFixture {
    pub async fn sqlite() -> Self {
        Self::on_file(tempfile::tempdir().unwrap()).await
    }

    async fn on_file(folder: tempfile::TempDir) -> Self {
        let file = Sqlite::open(&folder.path().join("jury.db")).await.unwrap();
        let docket = Arc::new(SqliteDocket::new(file.clone()));
        Self { docket, under: Under::Sqlite { folder, file } }
    }

    pub async fn postgres() -> Self {
        Self::on_url(Postgres::database()).await
    }

    /// A docket whose role has the rights of a server and no others.
    pub async fn postgres_under_a_servers_role() -> Self {
        let owner = Postgres::database();
        let (role, url) = servers_role(&owner).await;
        migrate(&Database::Postgres(owner.clone()), None, Some(&role)).await.unwrap();
        Self::of_role(url, owner).await
    }

    pub async fn on_url(url: String) -> Self {
        Self::of_role(url.clone(), url).await
    }

    async fn of_role(url: String, owner: String) -> Self {
        let docket = PostgresDocket::connect(&url, CONNECTIONS).await.unwrap();
        Self { docket: Arc::new(docket), under: Under::Postgres { url, owner } }
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
            Under::Postgres { url, owner } => Self::of_role(url, owner).await,
        }
    }

    /// The docket of another node on the same database. A SQLite file has one server, so its own docket is returned.
    pub async fn neighbour(&self) -> Arc<dyn Docket> {
        match &self.under {
            Under::Sqlite { .. } => self.docket.clone(),
            Under::Postgres { url, .. } => Arc::new(PostgresDocket::connect(url, CONNECTIONS).await.unwrap()),
        }
    }

    /// The docket under the role that owns its tables, as an operator's commands have it.
    pub async fn owners(&self) -> Arc<dyn Docket> {
        match &self.under {
            Under::Sqlite { .. } => self.docket.clone(),
            Under::Postgres { owner, .. } => Arc::new(PostgresDocket::connect(owner, CONNECTIONS).await.unwrap()),
        }
    }

    /// Whether the docket's own role owns the tables.
    pub fn is_owner(&self) -> bool {
        match &self.under {
            Under::Sqlite { .. } => true,
            Under::Postgres { url, owner } => url == owner,
        }
    }

    /// Reads one number by SQL.
    pub async fn number(&self, sql: &str) -> i64 {
        match &self.under {
            Under::Sqlite { file, .. } => sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&file.read).await.unwrap(),
            Under::Postgres { owner, .. } => {
                let mut db = PgConnection::connect(owner).await.unwrap();
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut db).await.unwrap()
            }
        }
    }

    /// A juror as SQL of this dialect names it.
    pub fn literal(&self, juror: Pseudonym) -> String {
        match &self.under {
            Under::Sqlite { .. } => format!("X'{juror}'"),
            Under::Postgres { .. } => format!("'\\x{juror}'::bytea"),
        }
    }

    /// Makes the database refuse a juror's ballot, until [`Self::lift_refusal`].
    pub async fn refuse_ballot_of(&self, juror: Pseudonym) {
        let juror = self.literal(juror);
        match &self.under {
            Under::Sqlite { .. } => {
                let sql = format!(
                    "CREATE TRIGGER refusal BEFORE INSERT ON ballots WHEN NEW.juror = {juror} \
                     BEGIN SELECT RAISE(ABORT, 'refused'); END"
                );
                self.execute(&sql).await.unwrap();
            }
            Under::Postgres { .. } => {
                let function = "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql \
                                AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$";
                let trigger = format!(
                    "CREATE TRIGGER refusal BEFORE INSERT ON ballots FOR EACH ROW WHEN (NEW.juror = {juror}) \
                     EXECUTE FUNCTION refuse()"
                );
                self.execute(function).await.unwrap();
                self.execute(&trigger).await.unwrap();
            }
        }
    }

    /// Makes the database accept all ballots again.
    pub async fn lift_refusal(&self) {
        let sql = match &self.under {
            Under::Sqlite { .. } => "DROP TRIGGER refusal",
            Under::Postgres { .. } => "DROP TRIGGER refusal ON ballots",
        };
        self.execute(sql).await.unwrap();
    }

    /// Executes SQL that no docket would.
    pub async fn execute(&self, sql: &str) -> Result<(), sqlx::Error> {
        match &self.under {
            Under::Sqlite { file, .. } => {
                sqlx::query(AssertSqlSafe(sql)).execute(&file.write).await?;
            }
            Under::Postgres { owner, .. } => {
                let mut db = PgConnection::connect(owner).await?;
                sqlx::query(AssertSqlSafe(sql)).execute(&mut db).await?;
                db.close().await?;
            }
        }
        Ok(())
    }
}

/// A new role that may log in and has no rights, with the URL under which it opens the owner's database.
pub async fn servers_role(owner: &str) -> (String, String) {
    let (server, database) = owner.rsplit_once('/').unwrap();
    let role = format!("serves {database}");
    let mut db = PgConnection::connect(owner).await.unwrap();
    sqlx::query(AssertSqlSafe(format!("CREATE ROLE \"{role}\" LOGIN"))).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
    let (_, host) = server.split_once('@').unwrap();
    let login = role.replace(' ', "%20");
    (role, format!("postgres://{login}@{host}/{database}"))
}
