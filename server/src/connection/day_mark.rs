//! A socket's mark for the census: at most one a day, given after the answer to a ballot. It waits for nothing.

use super::Connection;

/// The mark of this socket's juror.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DayMark {
    /// Whether a ballot was acknowledged since the last look.
    is_due: bool,
    /// The last day for which a mark was given.
    day: u32,
}

impl DayMark {
    /// Notes that a ballot was acknowledged.
    pub(super) const fn set_due(&mut self) {
        self.is_due = true;
    }
}

impl Connection {
    /// Gives the day's mark if a ballot was acknowledged, after the answer was sent.
    pub(super) fn give_day_mark(&mut self) {
        if !std::mem::take(&mut self.day_mark.is_due) {
            return;
        }
        let Some(census) = &self.shared.census else { return };
        let today = census.today();
        if self.day_mark.day != today {
            self.day_mark.day = today;
            census.count(&self.juror.sub, today);
        }
    }
}
