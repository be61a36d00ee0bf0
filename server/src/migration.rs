//! The schemas of both SQL dialects, carried in the program; it runs them in order and never undoes one.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// One step of a schema: its number, what it is about, its SQL. A step that was released never changes.
pub(crate) type Step = (i64, &'static str, &'static str);

/// What brings a database to the schema of these steps, each in a transaction of its own. A database that has seen
/// steps of a newer program is refused.
pub(crate) fn migrator(steps: &[Step]) -> Migrator {
    let steps = steps.iter().map(|&(version, about, sql)| {
        Migration::new(version, about.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    Migrator::with_migrations(steps.collect())
}

/// Holds a schema against the folder of its files: a step that nobody takes would be missed by no query that is only slow.
#[cfg(test)]
pub(crate) fn takes_every_step(steps: &[Step], dialect: &str) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(dialect);
    let mut files: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    let steps: Vec<String> = steps.iter().map(|(number, about, _)| format!("{number:04}_{about}.sql")).collect();
    assert_eq!(files, steps);
}
