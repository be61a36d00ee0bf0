//! The SQL that stores share: pools with time limits, statements for both dialects, values and rows. It knows no case.

mod fitness;
pub(crate) mod outbox;
pub(crate) mod pool;
pub(crate) mod query;
pub(crate) mod rights;
pub(crate) mod row;
pub(crate) mod statements;
