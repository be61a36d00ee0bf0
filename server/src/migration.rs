//! Runs the steps of a schema in order, from the SQL in the program, and lists missing ones; it never reverts a step.

use std::path::Path;

use sqlx::migrate::{AppliedMigration, Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection, SqlSafeStr};

/// One step of a schema: number, subject and SQL. A released step never changes.
pub(crate) type MigrationStep = (i64, &'static str, &'static str);

/// sqlx's list of the steps that a database has seen.
const APPLIED: &str = "SELECT version FROM _sqlx_migrations WHERE success ORDER BY version";

/// Why the missing steps of a database are unknown.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// The database did not answer.
    #[error("the database did not answer: {0}")]
    Database(#[from] sqlx::Error),
    /// Its schema has a step that this program does not know.
    #[error("the schema is newer than this program: it has step {0}")]
    Newer(i64),
}

/// Migrates a database to the schema of these steps, each in a transaction of its own. It refuses a database with steps
/// of a newer program.
pub(crate) fn migrator(steps: &[MigrationStep]) -> Migrator {
    let steps = steps.iter().map(|&(version, about, sql)| {
        Migration::new(version, about.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    Migrator::with_migrations(steps.collect())
}

/// The names of the steps that a SQLite file lacks; all, if there is no file. The file is only read.
pub(crate) async fn missing_in_sqlite(path: &Path, steps: &[MigrationStep]) -> Result<Vec<String>, InspectError> {
    if !path.exists() {
        return missing(steps, &[]);
    }
    let mut db = SqliteConnectOptions::new().filename(path).read_only(true).connect().await?;
    let table = "SELECT count(*) FROM sqlite_master WHERE name = '_sqlx_migrations'";
    let has_table: i64 = sqlx::query_scalar(table).fetch_one(&mut db).await?;
    let applied = if has_table > 0 { sqlx::query_scalar(APPLIED).fetch_all(&mut db).await? } else { Vec::new() };
    db.close().await?;
    missing(steps, &applied)
}

/// The names of the steps that a PostgreSQL database lacks. The database is only read, also by a role that may not
/// change it.
///
/// # Errors
/// The database did not answer, its schema is newer than this program, or a step has changed since it ran.
pub(crate) async fn missing_steps(db: &mut PgConnection, steps: &[MigrationStep]) -> Result<Vec<String>, MigrateError> {
    let table = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";
    let has_table: bool = sqlx::query_scalar(table).fetch_one(&mut *db).await?;
    let applied = if has_table { db.list_applied_migrations("_sqlx_migrations").await? } else { Vec::new() };
    for step in migrator(steps).iter() {
        let changed = |one: &AppliedMigration| one.version == step.version && one.checksum != step.checksum;
        if applied.iter().any(changed) {
            return Err(MigrateError::VersionMismatch(step.version));
        }
    }
    let applied: Vec<i64> = applied.iter().map(|one| one.version).collect();
    missing(steps, &applied).map_err(|error| match error {
        InspectError::Newer(version) => MigrateError::VersionMissing(version),
        InspectError::Database(error) => MigrateError::Execute(error),
    })
}

fn missing(steps: &[MigrationStep], applied: &[i64]) -> Result<Vec<String>, InspectError> {
    let is_known = |version: &&i64| steps.iter().any(|(number, _, _)| number == *version);
    if let Some(newer) = applied.iter().find(|version| !is_known(version)) {
        return Err(InspectError::Newer(*newer));
    }
    let missing = steps.iter().filter(|(number, _, _)| !applied.contains(number));
    Ok(missing.map(|(number, about, _)| format!("{number:04}_{about}")).collect())
}

/// Compares a schema with the folder of its files. A forgotten index would fail no query and only slow it down.
#[cfg(test)]
pub(crate) fn takes_every_step(steps: &[MigrationStep], dialect: &str) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(dialect);
    let mut files: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    let steps: Vec<String> = steps.iter().map(|(number, about, _)| format!("{number:04}_{about}.sql")).collect();
    assert_eq!(files, steps);
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [MigrationStep; 3] = [(1, "one", ""), (2, "two", ""), (3, "three", "")];

    #[test]
    fn the_missing_steps_are_named() {
        assert_eq!(missing(&STEPS, &[]).unwrap(), ["0001_one", "0002_two", "0003_three"]);
        assert_eq!(missing(&STEPS, &[1, 2]).unwrap(), ["0003_three"]);
        assert_eq!(missing(&STEPS, &[1, 2, 3]).unwrap(), Vec::<String>::new());
        assert!(matches!(missing(&STEPS, &[1, 2, 3, 4]), Err(InspectError::Newer(4))));
    }
}
