//! The clock that the stories hand to their servers: the machine's, which a story can set ahead; chance is left out.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use live_jury_server::clock::{Clock, SystemClock};

/// The machine's clock, and how far a story has set it ahead.
#[derive(Debug, Default)]
pub struct StoryClock {
    ahead_ms: AtomicU64,
}

impl StoryClock {
    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        let by_ms = u64::try_from(by.as_millis()).expect("a story is short");
        self.ahead_ms.fetch_add(by_ms, Ordering::SeqCst);
    }
}

impl Clock for StoryClock {
    fn now_ms(&self) -> u64 {
        SystemClock.now_ms() + self.ahead_ms.load(Ordering::SeqCst)
    }

    /// None: a story waits for what happens, not for how it is spread.
    fn jitter_ms(&self, _max_ms: u64) -> u64 {
        0
    }
}
