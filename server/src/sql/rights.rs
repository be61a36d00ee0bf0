//! The rights of a role on tables of PostgreSQL: grants exactly these, and finds those that are missing. It knows no
//! table by name.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// The rights that PostgreSQL has on a table.
const ALL: [&str; 7] = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"];

/// A table, with the rights of a server on it.
pub(crate) type TableRights = (&'static str, &'static [&'static str]);

/// Why a role did not get its rights.
#[derive(Debug, thiserror::Error)]
pub enum RightsError {
    /// PostgreSQL has no such role.
    #[error("there is no role `{0}`: create it first, with LOGIN")]
    NoRole(String),
    /// The role may do everything, whatever is granted.
    #[error("`{0}` owns the tables or is a superuser: name a role of its own")]
    Unbounded(String),
    /// The role has further rights, from PUBLIC or another role.
    #[error("`{role}` has further rights, from PUBLIC or from another role: {rights}; revoke them first")]
    Excess {
        /// The role.
        role: String,
        /// The rights, each with its table or schema.
        rights: String,
    },
    /// The server did not answer, or refused a statement.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Gives a role these rights and takes all others on the same tables from it. All of it is granted, or nothing.
///
/// # Errors
/// The role cannot be bounded by rights, or has further ones that are not its own.
pub(crate) async fn grant(db: &mut PgConnection, role: &str, tables: &[TableRights]) -> Result<(), RightsError> {
    let mut tx = db.begin().await?;
    let is_unbounded: Option<bool> = sqlx::query_scalar(
        "SELECT rolsuper OR EXISTS (SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace \
         WHERE nspname = current_schema() AND relname::text = ANY($2::text[]) \
         AND pg_has_role(pg_roles.oid, relowner, 'MEMBER')) FROM pg_roles WHERE rolname = $1::name",
    )
    .bind(role)
    .bind(names(tables))
    .fetch_optional(&mut *tx)
    .await?;
    match is_unbounded {
        None => return Err(RightsError::NoRole(role.to_owned())),
        Some(true) => return Err(RightsError::Unbounded(role.to_owned())),
        Some(false) => {}
    }
    let schema: String = sqlx::query_scalar("SELECT current_schema()").fetch_one(&mut *tx).await?;
    let (to, schema) = (quoted(role), quoted(&schema));
    let mut sql = format!("GRANT USAGE ON SCHEMA {schema} TO {to};");
    for (table, rights) in tables {
        let (table, rights) = (quoted(table), rights.join(", "));
        sql += &format!("REVOKE ALL ON {schema}.{table} FROM {to}; GRANT {rights} ON {schema}.{table} TO {to};");
    }
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *tx).await?;
    let excess = excess(&mut tx, role, tables).await?;
    if !excess.is_empty() {
        return Err(RightsError::Excess { role: role.to_owned(), rights: excess.join(", ") });
    }
    Ok(tx.commit().await?)
}

/// The rights that a role has beyond these, on the same tables or on their schema.
async fn excess(db: &mut PgConnection, role: &str, tables: &[TableRights]) -> Result<Vec<String>, sqlx::Error> {
    let (of_tables, granted) = pairs(tables);
    let sql = "SELECT right_of || ' on ' || name FROM UNNEST($2::text[]) AS tables (name) \
               CROSS JOIN UNNEST($3::text[]) AS rights (right_of) \
               WHERE has_table_privilege($1::name, quote_ident(name), right_of) AND NOT EXISTS \
               (SELECT FROM UNNEST($4::text[], $5::text[]) AS granted (table_of, granted) \
                WHERE table_of = name AND granted = right_of) \
               UNION ALL SELECT 'CREATE on schema ' || current_schema() \
               WHERE has_schema_privilege($1::name, current_schema(), 'CREATE')";
    sqlx::query_scalar(sql)
        .bind(role)
        .bind(names(tables))
        .bind(&ALL[..])
        .bind(of_tables)
        .bind(granted)
        .fetch_all(db)
        .await
}

/// The rights that the connection's own role lacks, each with its table. An earlier schema has not all of the tables.
pub(crate) async fn missing(db: &mut PgConnection, tables: &[TableRights]) -> Result<Vec<String>, sqlx::Error> {
    let (of_tables, rights) = pairs(tables);
    let sql = "SELECT right_of || ' on ' || name FROM UNNEST($1::text[], $2::text[]) AS needed (name, right_of) \
               WHERE CASE WHEN to_regclass(quote_ident(name)) IS NULL THEN false \
               ELSE NOT has_table_privilege(quote_ident(name), right_of) END";
    sqlx::query_scalar(sql).bind(of_tables).bind(rights).fetch_all(db).await
}

fn names(tables: &[TableRights]) -> Vec<&'static str> {
    tables.iter().map(|(table, _)| *table).collect()
}

fn pairs(tables: &[TableRights]) -> (Vec<&'static str>, Vec<&'static str>) {
    tables.iter().flat_map(|(table, rights)| rights.iter().map(|right| (*table, *right))).unzip()
}

/// A name as SQL takes it, whatever its characters.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
