//! Computes and writes the time left on the server's clock, and provides one ticking signal; it never sets a deadline.

use std::time::Duration;

use leptos::prelude::*;

/// Interval of [`ticking`]. A second on the screen changes at most a quarter of a second late.
const TICK_INTERVAL: Duration = Duration::from_millis(250);

/// The local clock, in Unix milliseconds.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a date is a positive whole number")]
pub fn local_ms() -> u64 {
    js_sys::Date::now() as u64
}

/// The seconds left, rounded up; 0 once the case is over.
#[must_use]
pub fn left_s(closes_at_ms: u64, now_ms: u64) -> u64 {
    closes_at_ms.saturating_sub(now_ms).div_ceil(1_000)
}

/// The time left in digits: `0:07`, `12:30`, `1:02:03`.
#[must_use]
pub fn clock_text(left_s: u64) -> String {
    let (hours, minutes, seconds) = (left_s / 3_600, left_s / 60 % 60, left_s % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// A moment at which screen readers announce the time left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Thirty seconds are left.
    Thirty,
    /// Ten seconds are left.
    Ten,
    /// It is over.
    End,
}

/// The mark passed between two readings of the seconds left. If a sleeping page passed several, the latest.
#[must_use]
pub fn mark_passed(before_s: u64, now_s: u64) -> Option<Mark> {
    [(0, Mark::End), (10, Mark::Ten), (30, Mark::Thirty)]
        .into_iter()
        .find_map(|(at_s, mark)| (before_s > at_s && now_s <= at_s).then_some(mark))
}

/// The local clock as a signal that changes four times a second while its owner lives.
#[must_use]
pub fn ticking() -> ReadSignal<u64> {
    let (now, set_now) = signal(local_ms());
    if let Ok(interval) = set_interval_with_handle(move || set_now.set(local_ms()), TICK_INTERVAL) {
        on_cleanup(move || interval.clear());
    }
    now
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_ends_on_the_second() {
        assert_eq!(left_s(10_000, 0), 10);
        assert_eq!(left_s(10_000, 9_001), 1);
        assert_eq!(left_s(10_000, 10_000), 0);
        assert_eq!(left_s(10_000, 99_000), 0);
    }

    #[test]
    fn hours_appear_only_when_needed() {
        for (left, text) in [(0, "0:00"), (7, "0:07"), (90, "1:30"), (3_599, "59:59"), (3_723, "1:02:03")] {
            assert_eq!(clock_text(left), text);
        }
    }

    #[test]
    fn each_mark_is_passed_once() {
        assert_eq!(mark_passed(31, 30), Some(Mark::Thirty));
        assert_eq!(mark_passed(30, 29), None);
        assert_eq!(mark_passed(12, 9), Some(Mark::Ten));
        assert_eq!(mark_passed(45, 3), Some(Mark::Ten));
        assert_eq!(mark_passed(45, 0), Some(Mark::End));
        assert_eq!(mark_passed(0, 0), None);
        assert_eq!(mark_passed(20, 60), None);
    }
}
