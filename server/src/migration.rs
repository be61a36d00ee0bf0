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
