//! The time of the load generator: one clock for all its processes; it never sleeps.

use std::time::{SystemTime, UNIX_EPOCH};

/// Unix microseconds: what one process of this machine says can be compared with what another says.
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub fn now_us() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// From one such time to another, in seconds.
pub fn seconds(from_us: u64, to_us: u64) -> f64 {
    to_us.saturating_sub(from_us) as f64 / 1e6
}
