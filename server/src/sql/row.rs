//! Rows of either dialect, read by column: a value that does not fit its column is an error, never a guess.

use std::fmt::Display;
use std::str::FromStr;

use live_jury_court::{Marks, Pseudonym, StoredBallot};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::{ColumnIndex, Decode, Row, Type};
use uuid::Uuid;

/// A value that does not fit its column.
#[derive(Debug, thiserror::Error)]
#[error("{column}: {why}")]
pub(crate) struct Malformed {
    column: String,
    why: String,
}

impl Malformed {
    /// A wrong value of `column`, with the reason.
    pub fn new(column: &str, why: impl Display) -> Self {
        Self { column: column.to_owned(), why: why.to_string() }
    }
}

/// Reports a stored record that cannot be read, and that is left out, so that it hides no other.
pub(crate) fn report_unreadable(error: &dyn Display) {
    metrics::counter!("live_jury_unreadable_records_total").increment(1);
    tracing::error!(%error, "a stored record cannot be read");
}

/// The rows that can be read. The others are reported, and hide none.
pub(crate) fn readable<R, T>(rows: &[R], parse: impl Fn(&R) -> Result<T, Malformed>) -> Vec<T> {
    rows.iter().filter_map(|row| parse(row).inspect_err(|error| report_unreadable(error)).ok()).collect()
}

/// Whether sqlx could not read a row that the database did send.
pub(crate) fn is_malformed(error: &sqlx::Error) -> bool {
    matches!(
        error,
        sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::Decode(_)
            | sqlx::Error::TypeNotFound { .. }
    )
}

/// A number as both dialects store it: their integers are signed.
pub(crate) fn signed(column: &str, number: u64) -> Result<i64, Malformed> {
    i64::try_from(number).map_err(|why| Malformed::new(column, why))
}

/// Text as both dialects store it. PostgreSQL stores no NUL, so SQLite is given none either.
pub(crate) fn text<'t>(column: &str, text: &'t str) -> Result<&'t str, Malformed> {
    if text.contains('\0') { Err(Malformed::new(column, "text with a NUL")) } else { Ok(text) }
}

/// A value as JSON text.
pub(crate) fn json(column: &str, value: &impl Serialize) -> Result<String, Malformed> {
    serde_json::to_string(value).map_err(|why| Malformed::new(column, why))
}

/// A cursor as SQL compares it. Beyond the largest integer no row exists.
pub(crate) fn cursor(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A limit of the protocol as SQL compares it.
pub(crate) fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// The columns of a row. Each error names its column.
pub(crate) trait Columns {
    /// A number or NULL.
    fn maybe_number(&self, column: &'static str) -> Result<Option<u64>, Malformed>;
    /// 64 bits, which both dialects store as a signed number.
    fn bits(&self, column: &'static str) -> Result<u64, Malformed>;
    /// Text or NULL.
    fn maybe_text(&self, column: &'static str) -> Result<Option<String>, Malformed>;
    /// Bytes or NULL.
    fn maybe_bytes(&self, column: &'static str) -> Result<Option<&[u8]>, Malformed>;
    /// Bytes.
    fn bytes(&self, column: &'static str) -> Result<&[u8], Malformed>;
    /// A number with a fraction, or NULL.
    fn maybe_real(&self, column: &'static str) -> Result<Option<f64>, Malformed>;
    /// A number with a fraction.
    fn real(&self, column: &'static str) -> Result<f64, Malformed>;
    /// An id.
    fn uuid(&self, column: &'static str) -> Result<Uuid, Malformed>;

    /// A number.
    fn number(&self, column: &'static str) -> Result<u64, Malformed> {
        self.maybe_number(column)?.ok_or_else(|| Malformed::new(column, "is missing"))
    }

    /// An id or NULL.
    fn maybe_uuid(&self, column: &'static str) -> Result<Option<Uuid>, Malformed>;

    /// A number within the range of `T`.
    fn small<T: TryFrom<u64, Error: Display>>(&self, column: &'static str) -> Result<T, Malformed> {
        self.number(column)?.try_into().map_err(|why| Malformed::new(column, why))
    }

    /// Text.
    fn text(&self, column: &'static str) -> Result<String, Malformed> {
        self.maybe_text(column)?.ok_or_else(|| Malformed::new(column, "is missing"))
    }

    /// Text that is parsed.
    fn parsed<T: FromStr<Err: Display>>(&self, column: &'static str) -> Result<T, Malformed> {
        self.text(column)?.parse().map_err(|why| Malformed::new(column, why))
    }

    /// Text that is parsed, or NULL.
    fn maybe_parsed<T: FromStr<Err: Display>>(&self, column: &'static str) -> Result<Option<T>, Malformed> {
        self.maybe_text(column)?.map(|text| text.parse()).transpose().map_err(|why| Malformed::new(column, why))
    }

    /// JSON text.
    fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, Malformed> {
        serde_json::from_str(&self.text(column)?).map_err(|why| Malformed::new(column, why))
    }

    /// JSON text, or NULL.
    fn maybe_json<T: DeserializeOwned>(&self, column: &'static str) -> Result<Option<T>, Malformed> {
        let parse = |text: String| serde_json::from_str(&text).map_err(|why| Malformed::new(column, why));
        self.maybe_text(column)?.map(parse).transpose()
    }
}

/// A row of recorded ballots, in the docket's table or in the tally's.
pub(crate) fn ballot(row: &impl Columns) -> Result<StoredBallot, Malformed> {
    Ok(StoredBallot {
        juror: Pseudonym(row.bytes("juror")?.try_into().map_err(|why| Malformed::new("juror", why))?),
        option: row.small("option")?,
        side: row.maybe_parsed("side")?,
        marks: Marks::from_byte(row.small("marks")?),
        change: row.small("change")?,
        cast_at_min: row.number("cast_at_min")?,
    })
}

impl<R> Columns for R
where
    R: Row,
    &'static str: ColumnIndex<R>,
    for<'r> i64: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> f64: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> String: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> &'r [u8]: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> Uuid: Decode<'r, R::Database> + Type<R::Database>,
{
    fn maybe_number(&self, column: &'static str) -> Result<Option<u64>, Malformed> {
        let number: Option<i64> = self.try_get(column).map_err(|why| Malformed::new(column, why))?;
        number.map(u64::try_from).transpose().map_err(|why| Malformed::new(column, why))
    }

    fn bits(&self, column: &'static str) -> Result<u64, Malformed> {
        let number: i64 = self.try_get(column).map_err(|why| Malformed::new(column, why))?;
        Ok(number.cast_unsigned())
    }

    fn maybe_text(&self, column: &'static str) -> Result<Option<String>, Malformed> {
        self.try_get(column).map_err(|why| Malformed::new(column, why))
    }

    fn maybe_bytes(&self, column: &'static str) -> Result<Option<&[u8]>, Malformed> {
        self.try_get(column).map_err(|why| Malformed::new(column, why))
    }

    fn bytes(&self, column: &'static str) -> Result<&[u8], Malformed> {
        self.try_get(column).map_err(|why| Malformed::new(column, why))
    }

    fn maybe_uuid(&self, column: &'static str) -> Result<Option<Uuid>, Malformed> {
        self.try_get(column).map_err(|why| Malformed::new(column, why))
    }

    fn maybe_real(&self, column: &'static str) -> Result<Option<f64>, Malformed> {
        self.try_get(column).map_err(|why| Malformed::new(column, why))
    }

    fn real(&self, column: &'static str) -> Result<f64, Malformed> {
        self.try_get(column).map_err(|why| Malformed::new(column, why))
    }

    fn uuid(&self, column: &'static str) -> Result<Uuid, Malformed> {
        self.try_get(column).map_err(|why| Malformed::new(column, why))
    }
}
