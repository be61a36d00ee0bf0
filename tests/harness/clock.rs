//! The clock that a story gives to its servers: the machine's clocks with offsets, and no random delays.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use live_jury_server::clock::{Clock, SystemClock};

/// The start of the monotonic clock, in milliseconds, so that a story can hold it back.
const START_MS: u64 = 1_000_000_000;

/// The machine's clocks with offsets that a story sets.
#[derive(Debug, Default)]
pub struct TestClock {
    /// Offset of the wall clock, in milliseconds.
    wall_ms: AtomicI64,
    /// Offset of the monotonic clock, in milliseconds.
    monotonic_ms: AtomicI64,
}

impl TestClock {
    /// A clock that is behind by this time.
    #[must_use]
    pub fn behind(by: Duration) -> Self {
        Self { wall_ms: AtomicI64::new(-millis(by)), ..Self::default() }
    }

    /// Lets this time pass.
    pub fn advance(&self, by: Duration) {
        self.step_ahead(by);
        self.advance_monotonic(by);
    }

    /// Sets the wall clock ahead by this time, which does not pass.
    pub fn step_ahead(&self, by: Duration) {
        self.wall_ms.fetch_add(millis(by), Ordering::SeqCst);
    }

    /// Sets the wall clock back by this time.
    pub fn step_back(&self, by: Duration) {
        self.wall_ms.fetch_sub(millis(by), Ordering::SeqCst);
    }

    /// Lets this time pass by the monotonic clock alone.
    pub fn advance_monotonic(&self, by: Duration) {
        self.monotonic_ms.fetch_add(millis(by), Ordering::SeqCst);
    }

    /// Holds the monotonic clock back by this time, as if all other clocks had been set ahead.
    pub fn hold_monotonic(&self, by: Duration) {
        self.monotonic_ms.fetch_sub(millis(by), Ordering::SeqCst);
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).expect("a story is short")
}

fn moved(ms: u64, by: &AtomicI64) -> u64 {
    ms.checked_add_signed(by.load(Ordering::SeqCst)).expect("a story is short")
}

impl Clock for TestClock {
    fn let_pass_ms(&self) -> i64 {
        self.monotonic_ms.load(Ordering::SeqCst)
    }

    fn now_ms(&self) -> u64 {
        moved(SystemClock.now_ms(), &self.wall_ms)
    }

    fn monotonic_ms(&self) -> u64 {
        moved(SystemClock.monotonic_ms() + START_MS, &self.monotonic_ms)
    }

    /// Always 0: a story waits for events, and random delays would only lengthen it.
    fn jitter_ms(&self, _max_ms: u64) -> u64 {
        0
    }
}
