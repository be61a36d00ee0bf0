//! How soon a room shows its next view: not before the last one has reached those who are here; it sends nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use live_jury_protocol::limits;
use tokio::time::Instant;

/// A fan-out and the rest after it take so many times the fan-out: ballots need the processor, too.
const REST_FACTOR: u32 = 3;
/// Wait between two looks whether all have taken a view.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Longest wait for those who take nothing, and longest time between two views.
const FAN_OUT_MAX: Duration = Duration::from_secs(3);
/// Of a hundred who are here, so many must have taken a view: some are leaving, some take nothing.
const TAKEN_PERCENT: usize = 95;

/// A view on its way: how many have taken it, and how long that took.
#[derive(Debug)]
pub struct Posting {
    /// Grows from view to view.
    pub number: u64,
    began: Instant,
    expected: usize,
    taken: AtomicUsize,
    /// In microseconds; 0: it is still on its way.
    took_us: AtomicU64,
}

impl Posting {
    fn new(number: u64, began: Instant, here: usize) -> Self {
        let expected = here * TAKEN_PERCENT / 100;
        let took_us = AtomicU64::new(u64::from(expected == 0));
        Self { number, began, expected, taken: AtomicUsize::new(0), took_us }
    }

    /// Says that one more has taken it.
    pub fn take(&self) {
        if self.taken.fetch_add(1, Ordering::Relaxed) + 1 == self.expected {
            let took_us = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
            self.took_us.store(took_us.max(1), Ordering::Relaxed);
        }
    }

    fn took(&self) -> Option<Duration> {
        Some(self.took_us.load(Ordering::Relaxed)).filter(|us| *us > 0).map(Duration::from_micros)
    }
}

/// The pace of a room's views.
#[derive(Debug)]
pub struct FanOut {
    /// The last one; none before the first.
    posting: Option<Arc<Posting>>,
    next: Instant,
}

impl FanOut {
    /// Nothing has been shown yet.
    pub fn new(now: Instant) -> Self {
        Self { posting: None, next: now }
    }

    /// When to look again whether the next view may be shown.
    pub const fn next(&self) -> Instant {
        self.next
    }

    /// Whether the next view may be shown.
    pub fn is_due(&mut self, now: Instant) -> bool {
        if self.next > now {
            return false;
        }
        let Some(posting) = &self.posting else { return true };
        let soonest = Duration::from_millis(limits::TALLY_INTERVAL_MS);
        self.next = match posting.took() {
            Some(took) => posting.began + (took * REST_FACTOR).clamp(soonest, FAN_OUT_MAX),
            None => (now + LOOK_AGAIN).min(posting.began + FAN_OUT_MAX),
        };
        self.next <= now
    }

    /// A new view is shown, to as many as are here.
    pub fn begin(&mut self, now: Instant, here: usize) -> Arc<Posting> {
        let number = self.posting.as_ref().map_or(0, |last| last.number) + 1;
        let posting = Arc::new(Posting::new(number, now, here));
        self.posting = Some(posting.clone());
        self.next = now + Duration::from_millis(limits::TALLY_INTERVAL_MS);
        posting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(limits::TALLY_INTERVAL_MS);

    #[tokio::test(start_paused = true)]
    async fn few_are_shown_five_views_a_second() {
        let mut fan_out = FanOut::new(Instant::now());
        assert!(fan_out.is_due(Instant::now()));
        fan_out.begin(Instant::now(), 1).take();
        assert!(!fan_out.is_due(Instant::now()));
        tokio::time::advance(TICK).await;
        assert!(fan_out.is_due(Instant::now()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_view_waits_for_the_one_before() {
        let mut fan_out = FanOut::new(Instant::now());
        let posting = fan_out.begin(Instant::now(), 100);
        (0..94).for_each(|_| posting.take());
        tokio::time::advance(Duration::from_millis(400)).await;
        assert!(!fan_out.is_due(Instant::now()), "it is still on its way");
        posting.take();
        tokio::time::advance(LOOK_AGAIN).await;
        assert!(!fan_out.is_due(Instant::now()), "ballots have their turn first");
        tokio::time::advance(Duration::from_millis(780)).await;
        assert!(fan_out.is_due(Instant::now()));
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_take_nothing_do_not_stop_the_others() {
        let mut fan_out = FanOut::new(Instant::now());
        fan_out.begin(Instant::now(), 100);
        tokio::time::advance(FAN_OUT_MAX).await;
        assert!(fan_out.is_due(Instant::now()));
    }
}
