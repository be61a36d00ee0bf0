//! Time and chance: the only file that asks the machine for either; all others are given a [`Clock`].

use std::sync::{Arc, LazyLock};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// The start of monotonic readings.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Source of time and chance for the whole program. Tests give their own.
pub trait Clock: Send + Sync {
    /// Wall-clock time, in Unix milliseconds. It may jump, also back.
    fn now_ms(&self) -> u64;

    /// A random number of milliseconds in `0..=max_ms`. It spreads what many clients would do at the same time.
    fn jitter_ms(&self, max_ms: u64) -> u64;

    /// Monotonic time, for delays and durations. It is the time of the runtime's timers, so that a test that pauses
    /// them pauses it, too.
    fn instant(&self) -> Instant {
        Instant::now()
    }

    /// A reading of monotonic time, in milliseconds from any start, to compare other clocks with. It never jumps. A
    /// test may move it apart from the wall clock, and from the runtime's timers.
    fn monotonic_ms(&self) -> u64 {
        let since = self.instant().saturating_duration_since(*START);
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    /// The time that a test let pass, in milliseconds, which the clocks of other machines have not seen.
    fn let_pass_ms(&self) -> i64 {
        0
    }

    /// A random number from 0 to 1. It spreads what many nodes would do at the same time.
    fn chance(&self) -> f64 {
        fastrand::f64()
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl SystemClock {
    /// The machine's clock as a shared [`Clock`].
    #[must_use]
    pub fn shared() -> Arc<dyn Clock> {
        Arc::new(Self)
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn jitter_ms(&self, max_ms: u64) -> u64 {
        fastrand::u64(0..=max_ms)
    }
}
