//! Runs the steps of a schema in order, from the SQL in the program; it never reverts one.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// One step of a schema: number, subject and SQL. A released step never changes.
pub(crate) type Step = (i64, &'static str, &'static str);

/// Migrates a database to the schema of these steps, each in a transaction of its own. It refuses a database with steps
/// of a newer program.
pub(crate) fn migrator(steps: &[Step]) -> Migrator {
    let steps = steps.iter().map(|&(version, about, sql)| {
        Migration::new(version, about.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    Migrator::with_migrations(steps.collect())
}

/// Compares a schema with the folder of its files. A forgotten index would fail no query and only slow it down.
#[cfg(test)]
pub(crate) fn takes_every_step(steps: &[Step], dialect: &str) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(dialect);
    let mut files: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    let steps: Vec<String> = steps.iter().map(|(number, about, _)| format!("{number:04}_{about}.sql")).collect();
    assert_eq!(files, steps);
}
