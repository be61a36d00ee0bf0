//! The clock that the stories hand to their servers: the machine's, which a story can set ahead; chance is left out.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use live_jury_server::clock::{Clock, SystemClock};

/// The machine's clock, and how far a story has set it ahead or back.
#[derive(Debug, Default)]
pub struct TestClock {
    ahead_ms: AtomicU64,
    behind_ms: u64,
}

impl TestClock {
    /// A clock that is slow by so much.
    #[must_use]
    pub fn behind(by: Duration) -> Self {
        Self { ahead_ms: AtomicU64::new(0), behind_ms: millis(by) }
    }

    /// Lets time pass.
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

    /// None: a story waits for what happens, not for how it is spread.
    fn jitter_ms(&self, _max_ms: u64) -> u64 {
        0
    }
}
