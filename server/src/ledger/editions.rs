//! The census and the public report in the ledger: sketches of days, counts of a period, and editions. It computes no
//! figure.

mod counts;
mod file;
mod sketch;

use async_trait::async_trait;
use live_jury_protocol::trust::Report;
use live_jury_trust::figure::Counts;
use live_jury_trust::figure::dsa::Rows;
use live_jury_trust::figure::sketch::Sketch;
use uuid::Uuid;

use super::LedgerError;
use super::standing::StandingError;
use crate::sql::outbox::OutboxDb;

/// The statements and calls of a dialect's store.
pub(super) mod store {
    pub(in crate::ledger) use super::{
        EditionPage, EditionRow, EditionStore, FileEdition, calls as editions, implement_edition_store,
    };
    pub(in crate::ledger) use live_jury_trust::figure::Counts;
    pub(in crate::ledger) use live_jury_trust::figure::sketch::Sketch;
}

/// The calls of a store, each in a transaction or on a connection of its caller.
pub(super) mod calls {
    pub(in crate::ledger) use super::counts::counts;
    pub(in crate::ledger) use super::file::{before, edition, editions, file};
    pub(in crate::ledger) use super::sketch::merge;
}

/// The statements about recorded cases, whose verdicts each dialect reads from JSON in its own way. `$1` the first
/// time, `$2` the time before which.
pub(super) trait EditionDb: OutboxDb {
    /// The number of cases by outcome.
    const JURY_CASES: &'static str;
    /// The median number of ballots.
    const JURY_BALLOTS: &'static str;
    /// The median time from the opening to the verdict.
    const JURY_MS: &'static str;
    /// The measures by category, kind and decider.
    const MEASURES: &'static str;
}

/// The census, the counts of a period, and editions. Each call is one transaction.
#[async_trait]
pub trait EditionStore: Send + Sync {
    /// Adds the marks of a day that a node has seen to those of all nodes.
    async fn merge_sketch(&self, day: u64, sketch: &Sketch) -> Result<(), LedgerError>;

    /// Counts what figures are made of, from the first day to the last, in days since 1970-01-01.
    async fn counts(&self, from: u64, to: u64) -> Result<Counts, LedgerError>;

    /// Publishes an edition, with its event. A repeat of its request publishes nothing and returns the first one's.
    async fn file_edition(&self, new: &FileEdition, now_ms: u64) -> Result<EditionRow, StandingError>;

    /// Reads an edition.
    async fn edition(&self, id: Uuid) -> Result<Option<EditionRow>, StandingError>;

    /// Reads the newest edition of about this length that ends before a day.
    async fn edition_before(&self, from: u64, days: u64) -> Result<Option<EditionRow>, StandingError>;

    /// Lists editions, the newest first.
    async fn editions(&self, page: EditionPage) -> Result<Vec<EditionRow>, StandingError>;
}

/// The part of the list of editions to read.
#[derive(Clone, Copy, Debug)]
pub struct EditionPage {
    /// The edition before which.
    pub before: Option<Uuid>,
    /// The most editions.
    pub limit: u32,
}

/// An edition to publish.
#[derive(Clone, Debug)]
pub struct FileEdition {
    /// The title.
    pub title: String,
    /// The first and the last day, in days since 1970-01-01.
    pub days: (u64, u64),
    /// The `sub` of the person or the server who publishes it.
    pub by: String,
    /// The figures, as everybody reads them.
    pub report: Report,
    /// The rows of each part of a transparency report.
    pub parts: Vec<Rows>,
    /// The request's key, if it has one.
    pub request: Option<String>,
}

/// An edition.
#[derive(Clone, Debug, PartialEq)]
pub struct EditionRow {
    /// The id.
    pub id: Uuid,
    /// The title.
    pub title: String,
    /// The time of publication, in Unix milliseconds.
    pub at_ms: u64,
    /// The figures, as everybody reads them.
    pub report: Report,
    /// The rows of each part of a transparency report.
    pub parts: Vec<Rows>,
}

/// The store of one dialect. Its `write` runs a transaction, and its `read` borrows a connection for reads.
macro_rules! implement_edition_store {
    ($store:ty, $connection:ty) => {
        #[async_trait]
        impl EditionStore for $store {
            async fn merge_sketch(&self, day: u64, sketch: &Sketch) -> Result<(), LedgerError> {
                self.write(async |db: &mut $connection| editions::merge(db, day, sketch).await).await
            }

            async fn counts(&self, from: u64, to: u64) -> Result<Counts, LedgerError> {
                self.read(async |db: &mut $connection| editions::counts(db, from, to).await).await
            }

            async fn file_edition(&self, new: &FileEdition, now_ms: u64) -> Result<EditionRow, StandingError> {
                self.write(async |db: &mut $connection| editions::file(db, new, now_ms).await).await
            }

            async fn edition(&self, id: Uuid) -> Result<Option<EditionRow>, StandingError> {
                self.read(async |db: &mut $connection| editions::edition(db, id).await).await
            }

            async fn edition_before(&self, from: u64, days: u64) -> Result<Option<EditionRow>, StandingError> {
                self.read(async |db: &mut $connection| editions::before(db, from, days).await).await
            }

            async fn editions(&self, page: EditionPage) -> Result<Vec<EditionRow>, StandingError> {
                self.read(async |db: &mut $connection| editions::editions(db, page).await).await
            }
        }
    };
}
pub(in crate::ledger) use implement_edition_store;

/// The statements about recorded cases and statements of reasons, of a dialect that reads a field of JSON in this way.
macro_rules! implement_edition_db {
    ($connection:ty, $outcome:literal, $ballots:literal, $decided:literal, $category:literal, $automated:literal) => {
        impl EditionDb for $connection {
            const JURY_CASES: &'static str = concat!(
                "SELECT outcome, count(*) AS cases FROM (",
                jury_cases!($outcome, $ballots, $decided),
                ") AS judged GROUP BY outcome"
            );
            const JURY_BALLOTS: &'static str = median!("ballots", jury_cases!($outcome, $ballots, $decided));
            const JURY_MS: &'static str = median!("ms", jury_cases!($outcome, $ballots, $decided));
            const MEASURES: &'static str = concat!(
                "SELECT category, name, automated, count(*) AS measures, CAST(sum(overturned) AS BIGINT) AS overturned \
                 FROM (SELECT ",
                $category,
                " AS category, ",
                $automated,
                " AS automated, COALESCE(act, measure.measure) AS name, \
                 CASE WHEN measure.reason = 'overturned' THEN 1 ELSE 0 END AS overturned \
                 FROM trust_statement AS stated JOIN trust_measure AS measure ON measure.id = stated.measure \
                 WHERE measure.from_ms >= $1 AND measure.from_ms < $2) AS stated_measures \
                 GROUP BY category, name, automated ORDER BY category, name, automated"
            );
        }
    };
}
pub(in crate::ledger) use implement_edition_db;

/// The cases that are recorded, and neither void nor erased.
macro_rules! jury_cases {
    ($outcome:literal, $ballots:literal, $decided:literal) => {
        concat!(
            "SELECT ",
            $outcome,
            " AS outcome, ",
            $ballots,
            " AS ballots, ",
            $decided,
            " - opened_at_ms AS ms FROM cases WHERE verdict IS NOT NULL AND opened_at_ms IS NOT NULL AND ",
            $decided,
            " >= $1 AND ",
            $decided,
            " < $2 AND ",
            $outcome,
            " <> 'void'"
        )
    };
}
pub(in crate::ledger) use jury_cases;

/// The median of a column. An even number of rows has the mean of the middle two.
macro_rules! median {
    ($column:literal, $($rows:tt)+) => {
        concat!(
            "SELECT CAST(avg(value) AS DOUBLE PRECISION) AS median FROM (SELECT ",
            $column,
            " AS value, row_number() OVER (ORDER BY ",
            $column,
            ") AS place, count(*) OVER () AS n FROM (",
            $($rows)+,
            ") AS counted) AS ordered WHERE place IN ((n + 1) / 2, (n + 2) / 2)"
        )
    };
}
pub(in crate::ledger) use median;
