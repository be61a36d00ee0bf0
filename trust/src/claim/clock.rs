//! The clocks of claims and remedies: the time of each step, and the length of an hour. It moves nothing.

use crate::DAY_MS;

/// The time for a merchant's answer, in milliseconds: two days. Silence grants.
pub const ANSWER_MS: u64 = 48 * HOUR_MS;
/// The time after a refusal within which a buyer escalates, in milliseconds.
pub const ESCALATE_MS: u64 = 7 * DAY_MS;
/// The time within which the draft of a jury is to be opened, in milliseconds. A moderator reviews after it.
pub const COURT_MS: u64 = 72 * HOUR_MS;
/// The time within which a moderator is to decide, in milliseconds. It counts and moves nothing.
pub const REVIEW_MS: u64 = 72 * HOUR_MS;
/// The time within which a merchant gives what was granted, in milliseconds.
pub const FULFIL_MS: u64 = 72 * HOUR_MS;
/// The most by which the time for an answer begins late, in milliseconds, while a target has not got its event.
pub const TOLD_LATE_MS_MAX: u64 = 7 * DAY_MS;
/// The time after its start in which a node takes no step by time, in milliseconds: an outage silences nobody.
pub const START_MS: u64 = HOUR_MS;
/// An hour, in milliseconds.
pub(super) const HOUR_MS: u64 = 60 * 60 * 1_000;

/// The length of an hour on the clocks of claims and remedies. Clocks of one length share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hour(u64);

impl Hour {
    /// An hour of 60 minutes.
    pub const WHOLE: Self = Self(HOUR_MS);

    /// An hour of this length in milliseconds, at least 1.
    #[must_use]
    pub const fn of_ms(ms: u64) -> Self {
        Self(if ms == 0 { 1 } else { ms })
    }

    /// The length, in milliseconds.
    #[must_use]
    pub const fn ms(self) -> u64 {
        self.0
    }

    /// The milliseconds that a time takes on these clocks.
    #[must_use]
    pub const fn scale(self, time_ms: u64) -> u64 {
        time_ms.saturating_mul(self.0) / HOUR_MS
    }

    /// The time that has passed on these clocks after so many milliseconds.
    #[must_use]
    pub const fn read(self, passed_ms: u64) -> u64 {
        passed_ms.saturating_mul(HOUR_MS) / self.0
    }
}

impl Default for Hour {
    fn default() -> Self {
        Self::WHOLE
    }
}

/// The due time of a claim that was opened, and that a target has not got the event of, in Unix milliseconds.
#[must_use]
pub const fn due_untold_ms(opened_ms: u64, hour: Hour) -> u64 {
    opened_ms.saturating_add(hour.scale(TOLD_LATE_MS_MAX + ANSWER_MS))
}

/// The due time of a claim whose event every target has got now, in Unix milliseconds.
#[must_use]
pub fn due_told_ms(opened_ms: u64, now_ms: u64, hour: Hour) -> u64 {
    now_ms.saturating_add(hour.scale(ANSWER_MS)).min(due_untold_ms(opened_ms, hour))
}
