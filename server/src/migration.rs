//! Runs the steps of a schema in order, from the SQL in the program, and tells whether a program may use a database; it
//! never reverts a step.

use std::path::Path;
use std::time::Duration;

use sqlx::migrate::{AppliedMigration, Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqlSafeStr, SqliteConnection};

/// One step of a schema: number, subject and SQL. A released step never changes.
pub type MigrationStep = (i64, &'static str, &'static str);

/// sqlx's list of the steps that a database has seen.
const APPLIED_TABLE: &str = "_sqlx_migrations";
const APPLIED: &str = "SELECT version FROM _sqlx_migrations WHERE success ORDER BY version";
/// The table that names the oldest program that may use a database.
const OLDEST_PROGRAM_TABLE: &str = "oldest_program";
const OLDEST_PROGRAM: &str = "SELECT schema FROM oldest_program";
/// The word in a step that makes a large index. Such a step is one statement and runs outside a transaction.
const CONCURRENTLY: &str = "CONCURRENTLY";
/// The key of the advisory lock under which PostgreSQL is migrated: "lj schema" as a number.
const LOCK: i64 = 0x6c6a_7363_6865_6d61;
/// The pause between two tries to get it. A waiting statement would hold a snapshot, and an index that is made
/// concurrently waits for all snapshots.
const LOCK_RETRY: Duration = Duration::from_millis(200);

/// The reasons for which a program cannot use a schema.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// The database did not answer.
    #[error("the database did not answer: {0}")]
    Database(#[from] sqlx::Error),
    /// A step of a newer program broke the schema for this one.
    #[error("the schema is newer than this program: it has step {step}, and needs a program that knows step {oldest}")]
    Newer {
        /// The last step of the database.
        step: i64,
        /// The step that the oldest program knows that may use it.
        oldest: i64,
    },
    /// The database has a step that no program with these steps has made.
    #[error("the schema is not this program's: step {0} is unknown")]
    Unknown(i64),
    /// A step failed, or a step that has run differs from the program's.
    #[error(transparent)]
    Step(#[from] MigrateError),
}

impl SchemaError {
    /// The database's error behind it, if there is one.
    pub(crate) fn of_database(&self) -> Option<&sqlx::Error> {
        match self {
            Self::Database(error)
            | Self::Step(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => Some(error),
            Self::Step(_) | Self::Newer { .. } | Self::Unknown(_) => None,
        }
    }
}

/// The steps that a database has seen.
#[derive(Debug, Default)]
struct Found {
    applied: Vec<i64>,
    /// The last step of the oldest program that may use the database; read only if there are unknown steps.
    oldest_program: Option<i64>,
}

impl Found {
    /// Checks that a program with these steps may use the database. One that lacks the last steps may if they only add.
    fn check(&self, steps: &[MigrationStep]) -> Result<(), SchemaError> {
        let last = steps.iter().map(|(number, ..)| *number).max().unwrap_or(0);
        let mut unknown = self.unknown(steps);
        let Some(first) = unknown.next() else { return Ok(()) };
        if *first < last {
            return Err(SchemaError::Unknown(*first));
        }
        let step = *unknown.next_back().unwrap_or(first);
        match self.oldest_program {
            Some(oldest) if oldest <= last => Ok(()),
            oldest => Err(SchemaError::Newer { step, oldest: oldest.unwrap_or(step) }),
        }
    }

    /// The steps that ran and that a program with `steps` does not know.
    fn unknown(&self, steps: &[MigrationStep]) -> impl DoubleEndedIterator<Item = &i64> {
        self.applied.iter().filter(move |version| steps.iter().all(|(number, ..)| number != *version))
    }

    fn missing<'s>(&self, steps: &'s [MigrationStep]) -> impl Iterator<Item = &'s MigrationStep> {
        steps.iter().filter(|(number, ..)| !self.applied.contains(number))
    }

    fn missing_names(&self, steps: &[MigrationStep]) -> Result<Vec<String>, SchemaError> {
        self.check(steps)?;
        Ok(self.missing(steps).map(|(number, about, _)| format!("{number:04}_{about}")).collect())
    }
}

/// Migrates a SQLite file to the schema of these steps, each in a transaction of its own. A file with further steps
/// stays as it is.
///
/// # Errors
/// A step failed, or the file has steps that break older programs.
pub async fn migrate_sqlite(db: &mut SqliteConnection, steps: &[MigrationStep]) -> Result<(), SchemaError> {
    find_in_sqlite(db, steps).await?.check(steps)?;
    Ok(migrator(steps).run(db).await?)
}

/// Migrates a PostgreSQL database to the schema of these steps. A database with further steps stays as it is. Programs
/// that start together wait for each other.
///
/// # Errors
/// A step failed, or the database has steps that break older programs.
pub async fn migrate_postgres(db: &mut PgConnection, steps: &[MigrationStep]) -> Result<(), SchemaError> {
    while !sqlx::query_scalar::<_, bool>("SELECT pg_try_advisory_lock($1)").bind(LOCK).fetch_one(&mut *db).await? {
        tokio::time::sleep(LOCK_RETRY).await;
    }
    // The lock ends with the connection, too.
    let found = find_in_postgres(db, steps).await?;
    found.check(steps)?;
    for (_, _, sql) in found.missing(steps) {
        drop_invalid_index(db, sql).await?;
    }
    migrator(steps).run(&mut *db).await?;
    sqlx::query("SELECT pg_advisory_unlock($1)").bind(LOCK).execute(db).await?;
    Ok(())
}

/// Each step runs in a transaction, but for one that makes an index concurrently.
fn migrator(steps: &[MigrationStep]) -> Migrator {
    let steps = steps.iter().map(|&(version, about, sql)| {
        Migration::new(version, about.into(), MigrationType::Simple, sql.into_sql_str(), sql.contains(CONCURRENTLY))
    });
    let mut migrator = Migrator::with_migrations(steps.collect());
    // Steps of a newer program were checked before.
    migrator.set_ignore_missing(true).set_locking(false);
    migrator
}

/// Drops the index of a step that was interrupted. PostgreSQL keeps the name and does not use the index.
async fn drop_invalid_index(db: &mut PgConnection, sql: &str) -> Result<(), SchemaError> {
    let Some((_, named)) = sql.split_once("CONCURRENTLY IF NOT EXISTS ") else { return Ok(()) };
    let name = named.split_whitespace().next().unwrap_or_default();
    let invalid = "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_index i \
                   JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
                   WHERE NOT i.indisvalid AND c.relname = $1 AND n.nspname = ANY(current_schemas(false))";
    let found: Option<String> = sqlx::query_scalar(invalid).bind(name).fetch_optional(&mut *db).await?;
    if let Some(index) = found {
        sqlx::raw_sql(AssertSqlSafe(format!("DROP INDEX CONCURRENTLY {index}"))).execute(db).await?;
    }
    Ok(())
}

async fn find_in_sqlite(db: &mut SqliteConnection, steps: &[MigrationStep]) -> Result<Found, SchemaError> {
    let tables = sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table'");
    let tables: Vec<String> = tables.fetch_all(&mut *db).await?;
    let mut found = Found::default();
    if tables.iter().any(|table| table == APPLIED_TABLE) {
        found.applied = sqlx::query_scalar(APPLIED).fetch_all(&mut *db).await?;
    }
    if found.unknown(steps).next().is_some() && tables.iter().any(|table| table == OLDEST_PROGRAM_TABLE) {
        found.oldest_program = sqlx::query_scalar(OLDEST_PROGRAM).fetch_optional(db).await?;
    }
    Ok(found)
}

async fn find_in_postgres(db: &mut PgConnection, steps: &[MigrationStep]) -> Result<Found, SchemaError> {
    let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = ANY(current_schemas(false))";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut *db).await?;
    let mut found = Found::default();
    if tables.iter().any(|table| table == APPLIED_TABLE) {
        found.applied = sqlx::query_scalar(APPLIED).fetch_all(&mut *db).await?;
    }
    if found.unknown(steps).next().is_some() && tables.iter().any(|table| table == OLDEST_PROGRAM_TABLE) {
        found.oldest_program = sqlx::query_scalar(OLDEST_PROGRAM).fetch_optional(db).await?;
    }
    Ok(found)
}

/// The names of the steps that a SQLite file lacks; all, if there is no file. The file is only read.
pub(crate) async fn missing_in_sqlite(path: &Path, steps: &[MigrationStep]) -> Result<Vec<String>, SchemaError> {
    if !path.exists() {
        return Found::default().missing_names(steps);
    }
    let mut db = SqliteConnectOptions::new().filename(path).read_only(true).connect().await?;
    let found = find_in_sqlite(&mut db, steps).await?;
    db.close().await?;
    found.missing_names(steps)
}

/// The names of the steps that a PostgreSQL database lacks. The database is only read, also by a role that may not
/// change it.
///
/// # Errors
/// The database did not answer, its schema is not for this program, or a step has changed since it ran.
pub(crate) async fn missing_steps(db: &mut PgConnection, steps: &[MigrationStep]) -> Result<Vec<String>, SchemaError> {
    let found = find_in_postgres(db, steps).await?;
    if !found.applied.is_empty() {
        let applied = db.list_applied_migrations(APPLIED_TABLE).await?;
        for step in migrator(steps).iter() {
            let changed = |one: &AppliedMigration| one.version == step.version && one.checksum != step.checksum;
            if applied.iter().any(changed) {
                return Err(MigrateError::VersionMismatch(step.version).into());
            }
        }
    }
    found.missing_names(steps)
}

/// Compares a schema with the folder of its files, and each step with what its first line says. A forgotten index would
/// fail no query and only slow it down.
#[cfg(test)]
pub(crate) fn takes_every_step(steps: &[MigrationStep], dialect: &str) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(dialect);
    let mut files: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    let names: Vec<String> = steps.iter().map(|(number, about, _)| format!("{number:04}_{about}.sql")).collect();
    assert_eq!(files, names);
    let since = steps.iter().position(|(_, about, _)| *about == OLDEST_PROGRAM_TABLE).unwrap();
    for (number, about, sql) in &steps[since..] {
        let raises = sql.contains(&format!("UPDATE {OLDEST_PROGRAM_TABLE} SET schema = {number};"));
        let word = if raises { "-- Breaks: " } else { "-- Adds: " };
        assert!(sql.starts_with(word), "{about} does not begin with {word:?}");
        let statements = sql.lines().filter(|line| !line.starts_with("--")).collect::<String>().matches(';').count();
        assert!(!sql.contains(CONCURRENTLY) || statements == 1, "{about} has more than its index");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [MigrationStep; 3] = [(1, "one", ""), (2, "two", ""), (3, "three", "")];

    fn found(applied: &[i64], oldest_program: Option<i64>) -> Found {
        Found { applied: applied.to_vec(), oldest_program }
    }

    #[test]
    fn the_missing_steps_are_named() {
        let missing = |applied: &[i64]| found(applied, None).missing_names(&STEPS).unwrap();
        assert_eq!(missing(&[]), ["0001_one", "0002_two", "0003_three"]);
        assert_eq!(missing(&[1, 2]), ["0003_three"]);
        assert_eq!(missing(&[1, 2, 3]), Vec::<String>::new());
    }

    #[test]
    fn steps_of_a_newer_program_are_taken_if_they_only_add() {
        let check = |applied: &[i64], oldest| found(applied, oldest).check(&STEPS);
        assert!(check(&[1, 2, 3, 4, 6], Some(3)).is_ok());
        assert!(matches!(check(&[1, 2, 3, 4, 6], Some(4)), Err(SchemaError::Newer { step: 6, oldest: 4 })));
        assert!(matches!(check(&[1, 2, 3, 4], None), Err(SchemaError::Newer { step: 4, oldest: 4 })));
        assert!(matches!(found(&[1, 2, 3], Some(1)).check(&STEPS[1..]), Err(SchemaError::Unknown(1))));
    }
}
