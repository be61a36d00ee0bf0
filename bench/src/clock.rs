//! The clock of all processes of the load generator; it never sleeps.

use std::time::{SystemTime, UNIX_EPOCH};

/// The time in Unix microseconds. Times of two processes on this machine can be compared.
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub fn now_us() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// The seconds between two such times.
pub fn seconds(from_us: u64, to_us: u64) -> f64 {
    to_us.saturating_sub(from_us) as f64 / 1e6
}
