//! One way to send a statement to SQLite and to PostgreSQL, so that the code above it is written once for both.

use std::future::Future;

use futures_util::stream::BoxStream;
use sqlx::postgres::PgRow;
use sqlx::query::Query;
use sqlx::sqlite::SqliteRow;
use sqlx::{Database, Encode, PgConnection, Postgres, Sqlite, SqliteConnection, Type};
use uuid::Uuid;

use super::row::Columns;

/// The value of a parameter. NULL has a type, since PostgreSQL asks for one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'v> {
    /// An integer column.
    Number(Option<i64>),
    /// A text column.
    Text(Option<&'v str>),
    /// An id.
    Uuid(Option<Uuid>),
    /// A column of bytes.
    Bytes(&'v [u8]),
    /// A column of numbers with a fraction.
    Real(f64),
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(text: &'v str) -> Self {
        Self::Text(Some(text))
    }
}

impl<'v> From<Option<&'v str>> for Value<'v> {
    fn from(text: Option<&'v str>) -> Self {
        Self::Text(text)
    }
}

impl<'v> From<&'v [u8]> for Value<'v> {
    fn from(bytes: &'v [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<f64> for Value<'_> {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

impl From<Uuid> for Value<'_> {
    fn from(id: Uuid) -> Self {
        Self::Uuid(Some(id))
    }
}

impl From<Option<Uuid>> for Value<'_> {
    fn from(id: Option<Uuid>) -> Self {
        Self::Uuid(id)
    }
}

/// A connection of either dialect, or a transaction on one.
pub(crate) trait Db: Send {
    /// A row of this dialect.
    type Row: Columns + Send;

    /// Executes a statement and returns the number of rows that it changed.
    fn execute(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<u64, sqlx::Error>> + Send;

    /// Reads at most one row.
    fn fetch_optional(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Option<Self::Row>, sqlx::Error>> + Send;

    /// Reads all rows into memory.
    fn fetch_all(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Vec<Self::Row>, sqlx::Error>> + Send;

    /// Reads rows one by one, for results too large for memory.
    fn fetch<'c>(
        &'c mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> BoxStream<'c, Result<Self::Row, sqlx::Error>>;
}

macro_rules! implement_db {
    ($dialect:ty, $connection:ty, $row:ty) => {
        impl Db for $connection {
            type Row = $row;

            fn execute(
                &mut self,
                sql: &'static str,
                values: &[Value<'_>],
            ) -> impl Future<Output = Result<u64, sqlx::Error>> + Send {
                let query = bind::<$dialect>(sqlx::query(sql), values);
                async move { Ok(query.execute(self).await?.rows_affected()) }
            }

            fn fetch_optional(
                &mut self,
                sql: &'static str,
                values: &[Value<'_>],
            ) -> impl Future<Output = Result<Option<$row>, sqlx::Error>> + Send {
                let query = bind::<$dialect>(sqlx::query(sql), values);
                async move { query.fetch_optional(self).await }
            }

            fn fetch_all(
                &mut self,
                sql: &'static str,
                values: &[Value<'_>],
            ) -> impl Future<Output = Result<Vec<$row>, sqlx::Error>> + Send {
                let query = bind::<$dialect>(sqlx::query(sql), values);
                async move { query.fetch_all(self).await }
            }

            fn fetch<'c>(
                &'c mut self,
                sql: &'static str,
                values: &[Value<'_>],
            ) -> BoxStream<'c, Result<$row, sqlx::Error>> {
                bind::<$dialect>(sqlx::query(sql), values).fetch(self)
            }
        }
    };
}

implement_db!(Sqlite, SqliteConnection, SqliteRow);
implement_db!(Postgres, PgConnection, PgRow);

fn bind<'q, DB>(mut query: Query<'q, DB, DB::Arguments>, values: &[Value<'_>]) -> Query<'q, DB, DB::Arguments>
where
    DB: Database,
    for<'v> Option<i64>: Encode<'v, DB> + Type<DB>,
    for<'v> Option<&'v str>: Encode<'v, DB> + Type<DB>,
    for<'v> Option<Uuid>: Encode<'v, DB> + Type<DB>,
    for<'v> &'v [u8]: Encode<'v, DB> + Type<DB>,
    for<'v> f64: Encode<'v, DB> + Type<DB>,
{
    for value in values {
        query = match *value {
            Value::Number(number) => query.bind(number),
            Value::Text(text) => query.bind(text),
            Value::Uuid(id) => query.bind(id),
            Value::Bytes(bytes) => query.bind(bytes),
            Value::Real(number) => query.bind(number),
        };
    }
    query
}
