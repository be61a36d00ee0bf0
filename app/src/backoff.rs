//! Computes the delay before a client reconnects, with full jitter; it never draws chance itself.

use live_jury_protocol::limits::{BACKOFF_MAX_MS, BACKOFF_MIN_MS};

/// The delay before the next attempt, in milliseconds, after `failures` failed attempts in a row. `chance` is uniform
/// in 0..1. It spreads clients that lost the same node.
#[must_use]
pub fn backoff_ms(failures: u32, chance: f64) -> u64 {
    let ceiling = BACKOFF_MIN_MS.saturating_mul(1 << failures.min(16).saturating_add(1)).min(BACKOFF_MAX_MS);
    BACKOFF_MIN_MS + share(ceiling - BACKOFF_MIN_MS, chance)
}

/// `chance` × `most_ms`, in whole milliseconds.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "seconds")]
pub fn share(most_ms: u64, chance: f64) -> u64 {
    (most_ms as f64 * chance.clamp(0.0, 1.0)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_grows_from_500_ms_to_30_s() {
        assert_eq!(backoff_ms(0, 0.0), 500);
        assert_eq!(backoff_ms(0, 1.0), 1_000);
        assert_eq!(backoff_ms(3, 1.0), 8_000);
        for failures in [6, 20, u32::MAX] {
            assert_eq!(backoff_ms(failures, 1.0), 30_000, "{failures}");
            assert_eq!(backoff_ms(failures, 0.0), 500, "{failures}");
        }
    }
}
