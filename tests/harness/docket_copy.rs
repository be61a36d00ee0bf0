//! A docket's tables, copied aside in their database and put back later, as a restored backup does; it knows no table.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// The tables of the docket.
const TABLES: &str =
    "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_sqlx_migrations'";
/// Tries to lock the tables. PostgreSQL ends one of two transactions that wait for each other.
const TRIES: usize = 50;

/// A copy of a docket. A database has one at a time.
#[derive(Debug)]
pub struct DocketCopy {
    database: String,
    tables: Vec<String>,
}

impl DocketCopy {
    /// Copies the docket as it is at one moment, under running nodes, too.
    ///
    /// # Panics
    /// PostgreSQL did not answer.
    pub async fn take(database: &str) -> Self {
        let mut db = PgConnection::connect(database).await.expect("PostgreSQL is there");
        let tables: Vec<String> = sqlx::query_scalar(TABLES).fetch_all(&mut db).await.expect("PostgreSQL answers");
        let copies = tables.iter().map(|table| format!("CREATE TABLE aside.{table} AS TABLE public.{table};"));
        let sql = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ; DROP SCHEMA IF EXISTS aside CASCADE; \
             CREATE SCHEMA aside; {} COMMIT",
            copies.collect::<String>()
        );
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut db).await.expect("the tables can be copied");
        Self { database: database.to_owned(), tables }
    }

    /// Puts the tables back in one transaction. Triggers do not run, and transactions of nodes wait.
    ///
    /// # Panics
    /// PostgreSQL did not answer.
    pub async fn put_back(&self) {
        let restore = |table: &String| {
            format!(
                "DELETE FROM public.{table}; \
                 INSERT INTO public.{table} OVERRIDING SYSTEM VALUE SELECT * FROM aside.{table};"
            )
        };
        let all = self.tables.iter().map(|table| format!("public.{table}")).collect::<Vec<_>>().join(", ");
        let tables: String = self.tables.iter().map(restore).collect();
        let sql = format!(
            "BEGIN; SET LOCAL session_replication_role = replica; \
             LOCK TABLE {all} IN ACCESS EXCLUSIVE MODE; {tables} COMMIT"
        );
        for _ in 1..TRIES {
            let mut db = PgConnection::connect(&self.database).await.expect("PostgreSQL is there");
            if sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&mut db).await.is_ok() {
                return;
            }
        }
        panic!("the tables cannot be put back in {TRIES} tries");
    }
}
