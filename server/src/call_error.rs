//! The state of a connection, as a failed call tells it; this file repeats no call and closes no connection.

use sqlx::error::DatabaseError;

/// The SQLSTATE of a write in a read-only transaction. A server that became a replica answers so.
const READ_ONLY_TRANSACTION: &str = "25006";
/// The SQLSTATEs of a server that shuts down, has crashed, or does not accept calls yet.
const OPERATOR_INTERVENTION: [&str; 3] = ["57P01", "57P02", "57P03"];

/// The way in which a database failed a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It did not answer, or refused a statement.
    Broken,
    /// It is no primary, or shuts down. A new connection may lead to its successor.
    NotPrimary,
}

/// The error of a call: the database failed, or the call's own rules refused it.
pub(crate) trait CallError: From<sqlx::Error> {
    /// The database's failure; none for a refusal and for a value that does not fit.
    fn failure(&self) -> Option<Failure>;
}

impl CallError for sqlx::Error {
    fn failure(&self) -> Option<Failure> {
        Some(self.into())
    }
}

impl From<&sqlx::Error> for Failure {
    fn from(error: &sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(DatabaseError::code);
        match code.as_deref() {
            Some(READ_ONLY_TRANSACTION) => Self::NotPrimary,
            Some(code) if OPERATOR_INTERVENTION.contains(&code) => Self::NotPrimary,
            _ => Self::Broken,
        }
    }
}
