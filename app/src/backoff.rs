//! When a client that lost its socket tries again: full jitter between the protocol's two ends; chance is given to it.

use live_jury_protocol::limits::{BACKOFF_MAX_MS, BACKOFF_MIN_MS};

/// The wait before the next try, in milliseconds, after `failures` tries in a row that failed. `chance` is uniform in
/// 0..1: with it a room of clients that lost the same node comes back spread out.
#[must_use]
pub fn backoff_ms(failures: u32, chance: f64) -> u64 {
    let ceiling = BACKOFF_MIN_MS.saturating_mul(1 << failures.min(16).saturating_add(1)).min(BACKOFF_MAX_MS);
    BACKOFF_MIN_MS + share(ceiling - BACKOFF_MIN_MS, chance)
}

/// `chance` of `most_ms`, in whole milliseconds.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "seconds")]
pub fn share(most_ms: u64, chance: f64) -> u64 {
    (most_ms as f64 * chance.clamp(0.0, 1.0)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_from_half_a_second_to_half_a_minute() {
        assert_eq!(backoff_ms(0, 0.0), 500);
        assert_eq!(backoff_ms(0, 1.0), 1_000);
        assert_eq!(backoff_ms(3, 1.0), 8_000);
        for failures in [6, 20, u32::MAX] {
            assert_eq!(backoff_ms(failures, 1.0), 30_000, "{failures}");
            assert_eq!(backoff_ms(failures, 0.0), 500, "{failures}");
        }
    }
}
