//! The clock that a story gives to its servers: the machine's clock with an offset, and no random delays.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use live_jury_server::clock::{Clock, SystemClock};

/// The machine's clock with an offset that a story sets.
#[derive(Debug, Default)]
pub struct TestClock {
    ahead_ms: AtomicU64,
    behind_ms: u64,
}

impl TestClock {
    /// A clock that is behind by this time.
    #[must_use]
    pub fn behind(by: Duration) -> Self {
        Self { ahead_ms: AtomicU64::new(0), behind_ms: millis(by) }
    }

    /// Moves the clock ahead by this time.
    pub fn advance(&self, by: Duration) {
        self.ahead_ms.fetch_add(millis(by), Ordering::SeqCst);
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).expect("a story is short")
}

impl Clock for TestClock {
    fn now_ms(&self) -> u64 {
        SystemClock.now_ms() + self.ahead_ms.load(Ordering::SeqCst) - self.behind_ms
    }

    /// Always 0: a story waits for events, and random delays would only lengthen it.
    fn jitter_ms(&self, _max_ms: u64) -> u64 {
        0
    }
}
