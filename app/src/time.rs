//! Time left, on the server's clock: arithmetic, how it is written and when it is spoken, and one ticking signal.

use std::time::Duration;

use leptos::prelude::*;

/// The local clock, in Unix milliseconds.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a date is a positive whole number")]
pub fn local_ms() -> u64 {
    js_sys::Date::now() as u64
}

/// The server's clock, in Unix milliseconds.
#[must_use]
pub fn server_ms(local_ms: u64, offset_ms: i64) -> u64 {
    local_ms.saturating_add_signed(offset_ms)
}

/// Seconds left, rounded up: 0 means over.
#[must_use]
pub fn left_s(closes_at_ms: u64, now_ms: u64) -> u64 {
    closes_at_ms.saturating_sub(now_ms).div_ceil(1_000)
}

/// Time left as digits: `0:07`, `12:30`, `1:02:03`.
#[must_use]
pub fn clock_text(left_s: u64) -> String {
    let (hours, minutes, seconds) = (left_s / 3_600, left_s / 60 % 60, left_s % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// A moment at which time left is spoken to screen readers: at no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Thirty seconds are left.
    Thirty,
    /// Ten seconds are left.
    Ten,
    /// It is over.
    End,
}

/// The mark that was passed between two readings of seconds left; the latest, if a sleeping page passed several.
#[must_use]
pub fn mark_passed(before_s: u64, now_s: u64) -> Option<Mark> {
    [(0, Mark::End), (10, Mark::Ten), (30, Mark::Thirty)]
        .into_iter()
        .find_map(|(at_s, mark)| (before_s > at_s && now_s <= at_s).then_some(mark))
}

/// The local clock as a signal that moves four times a second, for as long as its owner lives.
#[must_use]
pub fn ticking() -> ReadSignal<u64> {
    let (now, set_now) = signal(local_ms());
    if let Ok(interval) = set_interval_with_handle(move || set_now.set(local_ms()), Duration::from_millis(250)) {
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
        assert_eq!(server_ms(1_000, -400), 600);
    }

    #[test]
    fn digits_grow_with_the_time() {
        for (left, text) in [(0, "0:00"), (7, "0:07"), (90, "1:30"), (3_599, "59:59"), (3_723, "1:02:03")] {
            assert_eq!(clock_text(left), text);
        }
    }

    #[test]
    fn time_is_spoken_at_three_marks_once() {
        assert_eq!(mark_passed(31, 30), Some(Mark::Thirty));
        assert_eq!(mark_passed(30, 29), None);
        assert_eq!(mark_passed(12, 9), Some(Mark::Ten));
        assert_eq!(mark_passed(45, 3), Some(Mark::Ten));
        assert_eq!(mark_passed(45, 0), Some(Mark::End));
        assert_eq!(mark_passed(0, 0), None);
        assert_eq!(mark_passed(20, 60), None);
    }
}
