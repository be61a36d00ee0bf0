//! How soon a room shows its next view: not before the last one has reached those who are here; it sends nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use live_jury_protocol::limits;
use tokio::time::Instant;

/// Wait between two looks whether enough have taken a view.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What a view shows that the last one did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Ballots.
    Ballots,
    /// Ballots, while so many come that they need the processor more than the news of them does.
    Rush,
    /// How many are here, and nothing else: people read that with half an eye, and it costs as much to tell.
    Attendance,
}

impl News {
    /// A fan-out and the rest after it take so many times the fan-out: ballots need the processor, too.
    const fn rest_factor(self) -> u32 {
        match self {
            Self::Ballots => 3,
            Self::Rush => 10,
            Self::Attendance => 30,
        }
    }

    /// Longest time between two views, and longest wait for those who take nothing.
    const fn longest(self) -> Duration {
        match self {
            Self::Ballots | Self::Rush => Duration::from_secs(10),
            Self::Attendance => Duration::from_secs(60),
        }
    }
}

/// A view on its way: how many have taken it, and how long that took.
#[derive(Debug)]
pub struct Posting {
    /// Grows from view to view.
    pub number: u64,
    began: Instant,
    half: usize,
    taken: AtomicUsize,
    /// In microseconds; 0: it is still on its way.
    took_us: AtomicU64,
}

impl Posting {
    fn new(number: u64, began: Instant, here: usize) -> Self {
        Self {
            number,
            began,
            half: here.div_ceil(2),
            taken: AtomicUsize::new(0),
            took_us: AtomicU64::new(u64::from(here == 0)),
        }
    }

    /// Says that one more has taken it. When half have, the whole takes twice as long: some are leaving, some take nothing.
    pub fn take(&self) {
        if self.taken.fetch_add(1, Ordering::Relaxed) + 1 == self.half {
            let took_us = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX).saturating_mul(2);
            self.took_us.store(took_us.max(1), Ordering::Relaxed);
        }
    }

    fn took(&self) -> Option<Duration> {
        Some(self.took_us.load(Ordering::Relaxed)).filter(|us| *us > 0).map(Duration::from_micros)
    }
}

/// The pace of a room's views.
#[derive(Debug, Default)]
pub struct FanOut {
    /// The last one; none before the first.
    posting: Option<Arc<Posting>>,
}

impl FanOut {
    /// When the next view may be shown, as far as is known now; asked again then.
    pub fn due(&self, now: Instant, news: News) -> Instant {
        let Some(posting) = &self.posting else { return now };
        let soonest = Duration::from_millis(limits::TALLY_INTERVAL_MS);
        match posting.took() {
            Some(took) => posting.began + (took * news.rest_factor()).clamp(soonest, news.longest()),
            None => (now + LOOK_AGAIN).min(posting.began + news.longest()),
        }
    }

    /// A new view is shown, to as many as are here.
    pub fn begin(&mut self, now: Instant, here: usize) -> Arc<Posting> {
        let number = self.posting.as_ref().map_or(0, |last| last.number) + 1;
        let posting = Arc::new(Posting::new(number, now, here));
        self.posting = Some(posting.clone());
        posting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(limits::TALLY_INTERVAL_MS);

    fn is_due(fan_out: &FanOut, news: News) -> bool {
        fan_out.due(Instant::now(), news) <= Instant::now()
    }

    #[tokio::test(start_paused = true)]
    async fn few_are_shown_five_views_a_second() {
        let mut fan_out = FanOut::default();
        assert!(is_due(&fan_out, News::Ballots));
        fan_out.begin(Instant::now(), 1).take();
        assert!(!is_due(&fan_out, News::Ballots));
        tokio::time::advance(TICK).await;
        assert!(is_due(&fan_out, News::Ballots));
        assert!(is_due(&fan_out, News::Attendance));
    }

    #[tokio::test(start_paused = true)]
    async fn a_view_waits_for_the_one_before() {
        let mut fan_out = FanOut::default();
        let posting = fan_out.begin(Instant::now(), 100);
        (0..49).for_each(|_| posting.take());
        tokio::time::advance(Duration::from_millis(400)).await;
        assert!(!is_due(&fan_out, News::Ballots), "it is still on its way");
        posting.take();
        tokio::time::advance(Duration::from_millis(1_999)).await;
        assert!(!is_due(&fan_out, News::Ballots), "ballots have their turn first");
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(is_due(&fan_out, News::Ballots), "three times the 800 ms that all of it took");
        assert!(!is_due(&fan_out, News::Attendance), "it can wait");
        tokio::time::advance(Duration::from_millis(21_600)).await;
        assert!(is_due(&fan_out, News::Attendance));
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_take_nothing_do_not_stop_the_others() {
        let mut fan_out = FanOut::default();
        fan_out.begin(Instant::now(), 100);
        tokio::time::advance(News::Ballots.longest()).await;
        assert!(is_due(&fan_out, News::Ballots));
    }
}
