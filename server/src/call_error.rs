//! The state of a connection, as a failed call tells it; this file repeats no call and closes no connection.

use sqlx::error::DatabaseError;

/// The SQLSTATE of a write in a read-only transaction. A server that became a replica answers so.
const READ_ONLY_TRANSACTION: &str = "25006";
/// The SQLSTATEs of a server that shuts down, has crashed, or does not accept calls yet.
const OPERATOR_INTERVENTION: [&str; 3] = ["57P01", "57P02", "57P03"];

/// The SQLSTATEs of a transaction that PostgreSQL ended, since it and another one waited for each other, or since their
/// order could not be told. Nothing of it is there.
const COLLIDED: [&str; 2] = ["40P01", "40001"];

/// The way in which a database failed a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It did not answer, or refused a statement.
    Broken,
    /// It ended the transaction in favour of another one. The same may be tried again at once.
    Collided,
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
            Some(code) if COLLIDED.contains(&code) => Self::Collided,
            Some(READ_ONLY_TRANSACTION) => Self::NotPrimary,
            Some(code) if OPERATOR_INTERVENTION.contains(&code) => Self::NotPrimary,
            _ => Self::Broken,
        }
    }
}
