//! The trust ecosystem as pure functions: signals, index, exposure, policies, rulings, points, statements, identities,
//! listings, promises, claims, figures. It does no IO and reads neither clock nor chance.

pub mod claim;
pub mod counter;
pub mod exposure;
pub mod fact;
pub mod figure;
pub mod identity;
pub mod index;
pub mod ladder;
pub mod listing;
mod names;
mod party;
pub mod pdq;
pub mod policy;
pub mod product;
pub mod promise;
pub mod rank;
pub mod report;
pub mod ruling;
pub mod signal;
pub mod statement;
pub mod sums;
pub mod turn;
mod wilson;

pub use names::{CURRENCY_FORM, is_currency, is_platform_id, platform_id_form};
pub use party::{ID_BYTES_MAX, Party, PartyKind};
pub use wilson::{wilson_high, wilson_low};

/// A day, in milliseconds.
pub const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// A number with three decimals, as answers show points, index and its spread.
#[must_use]
pub fn three_decimals(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}

/// A number with four decimals, as answers show an exposure.
#[must_use]
pub fn four_decimals(number: f64) -> f64 {
    (number * 10_000.0).round() / 10_000.0
}
