//! The rights of a server's role in PostgreSQL: all that the docket needs, and no change of what is final.

use live_jury_server::config::Database;
use live_jury_server::docket::{BallotStore, PostgresDocket};
use live_jury_server::node::migrate;
use live_jury_tests::postgres::Postgres;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::builders::{ballots, record, sealed_in};
use super::fixture::servers_role;

const PAGE: &str = include_str!("../../../docs/operating.md");

/// Runs `live-jury migrate`, with `--grant-to` for a role. An error is its message.
async fn migrated(owner: &str, role: Option<&str>) -> Result<(), String> {
    migrate(&Database::Postgres(owner.to_owned()), None, role).await.map(drop).map_err(|error| format!("{error:#}"))
}

async fn refusal(url: &str) -> String {
    PostgresDocket::connect(url, 1).await.unwrap_err().to_string()
}

async fn execute(url: &str, sql: &str) -> Result<u64, String> {
    let mut db = PgConnection::connect(url).await.unwrap();
    let done = sqlx::query(AssertSqlSafe(sql)).execute(&mut db).await;
    db.close().await.unwrap();
    done.map(|done| done.rows_affected()).map_err(|error| error.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_may_not_migrate_names_the_command() {
    let owner = Postgres::database();
    let (role, url) = servers_role(&owner).await;
    let refused = refusal(&url).await;
    assert!(refused.contains("0001_docket") && refused.contains("`live-jury migrate`"), "{refused}");
    migrated(&owner, None).await.unwrap();
    let refused = refusal(&url).await;
    assert!(refused.contains("SELECT on _sqlx_migrations") && refused.contains("--grant-to"), "{refused}");
    execute(&owner, &format!("GRANT SELECT ON _sqlx_migrations TO \"{role}\"")).await.unwrap();
    let refused = refusal(&url).await;
    assert!(refused.contains("INSERT on audit") && refused.contains("--grant-to"), "{refused}");
    migrated(&owner, Some(&role)).await.unwrap();
    PostgresDocket::connect(&url, 1).await.unwrap();
    // A step of a later program, which this role may not take back.
    execute(&owner, "DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)")
        .await
        .unwrap();
    let refused = refusal(&url).await;
    assert!(refused.contains("the schema lacks 0") && refused.contains("`live-jury migrate`"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rights_of_a_server_change_nothing_that_is_final() {
    let owner = Postgres::database();
    let (role, url) = servers_role(&owner).await;
    migrated(&owner, Some(&role)).await.unwrap();
    let docket = PostgresDocket::connect(&url, 2).await.unwrap();
    let recorded = record(&docket, &sealed_in(&docket, 1, "live").await, &ballots(3)).await.unwrap();
    for forbidden in [
        "UPDATE audit SET who = 'nobody'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "UPDATE ballots SET option = 1",
        "TRUNCATE ballots",
        "DELETE FROM cases",
        "DELETE FROM rooms",
        "INSERT INTO _sqlx_migrations VALUES (99, 'x', now(), true, '', 0)",
        "DELETE FROM _sqlx_migrations",
        "ALTER TABLE ballots DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_is_not_changed ON audit",
        "DROP TABLE ballots",
        "CREATE TABLE own (id INT)",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    ] {
        let refused = execute(&url, forbidden).await.unwrap_err();
        assert!(refused.contains("permission denied") || refused.contains("must be owner"), "{forbidden}: {refused}");
    }
    // A table of the session's own with the name of the docket's does not deceive the trigger.
    let mut db = PgConnection::connect(&url).await.unwrap();
    sqlx::query("CREATE TEMPORARY TABLE cases (id UUID, verdict_seq BIGINT)").execute(&mut db).await.unwrap();
    let refused = sqlx::query("DELETE FROM ballots").execute(&mut db).await.unwrap_err().to_string();
    assert!(refused.contains("recorded case"), "{refused}");
    assert_eq!(docket.ballots(recorded.id).await.unwrap().len(), 3);
}

/// The rights in docs/operating.md, each with its table, in order.
fn documented() -> Vec<(String, String)> {
    let section = PAGE.split("### A role of its own").nth(1).expect("the section");
    let rows = section.lines().skip_while(|line| !line.starts_with("| table |")).skip(2);
    let mut rights = Vec::new();
    for row in rows.take_while(|line| line.starts_with('|')) {
        let quoted = |cell: usize| -> Vec<String> {
            let cell = row.split('|').nth(cell).expect("a cell").split('`');
            cell.skip(1).step_by(2).map(str::to_owned).collect()
        };
        for table in quoted(1) {
            rights.extend(quoted(2).into_iter().map(|right| (table.clone(), right)));
        }
    }
    rights.sort();
    rights
}

/// A table that the list forgets would fail a server's statements, and no others would notice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_table_has_the_documented_rights() {
    let owner = Postgres::database();
    let (role, url) = servers_role(&owner).await;
    migrated(&owner, Some(&role)).await.unwrap();
    let mut db = PgConnection::connect(&url).await.unwrap();
    let granted = "SELECT tablename::text, right_of FROM pg_tables CROSS JOIN \
                   UNNEST('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS rights (right_of) \
                   WHERE schemaname = current_schema() AND has_table_privilege(quote_ident(tablename), right_of)";
    let mut granted: Vec<(String, String)> = sqlx::query_as(granted).fetch_all(&mut db).await.unwrap();
    granted.sort();
    assert_eq!(granted, documented());
    let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut db).await.unwrap();
    for table in tables {
        assert!(granted.iter().any(|(of, _)| *of == table), "{table} is not in the list of rights");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_role_without_other_rights_is_granted_them() {
    let owner = Postgres::database();
    let (role, url) = servers_role(&owner).await;
    let refused = migrated(&owner, Some("nobody of that name")).await.unwrap_err();
    assert!(refused.contains("--grant-to") && refused.contains("nobody of that name"), "{refused}");
    let refused = migrated(&owner, Some("postgres")).await.unwrap_err();
    assert!(refused.contains("superuser"), "{refused}");
    execute(&owner, "GRANT UPDATE ON audit TO PUBLIC").await.unwrap();
    let refused = migrated(&owner, Some(&role)).await.unwrap_err();
    assert!(refused.contains("PUBLIC") && refused.contains("UPDATE on audit"), "{refused}");
    assert!(refusal(&url).await.contains("--grant-to"), "nothing is granted then");
    execute(&owner, "REVOKE UPDATE ON audit FROM PUBLIC").await.unwrap();
    execute(&owner, &format!("GRANT ALL ON audit TO \"{role}\"")).await.unwrap();
    migrated(&owner, Some(&role)).await.unwrap();
    assert!(execute(&url, "DELETE FROM audit").await.unwrap_err().contains("permission denied"), "taken back");
    let folder = tempfile::tempdir().unwrap();
    let sqlite = Database::Sqlite(folder.path().join("jury.db"));
    assert!(migrate(&sqlite, None, Some(&role)).await.unwrap_err().to_string().contains("--grant-to"));
}
