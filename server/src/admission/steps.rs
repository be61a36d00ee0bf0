//! The limit on a moderator's edits and extensions; it changes no case.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use super::lock;

/// Edits and extensions of one `sub` on a node in any minute. A person makes a few. Each is a row for good, and each
/// extension sends the room's docket to all of its viewers.
const PER_MINUTE: usize = 60;
/// The time in which they count.
const WINDOW: Duration = Duration::from_secs(60);

/// Edits and extensions of the last minute, by the moderator's `sub`. Others are forgotten.
#[derive(Debug, Default)]
pub struct Steps {
    taken: Mutex<HashMap<String, VecDeque<Instant>>>,
}

impl Steps {
    /// Counts an edit or an extension at `now`.
    ///
    /// # Errors
    /// The moderator has made as many as a minute may have. The next one is counted after this time.
    pub fn take(&self, sub: &str, now: Instant) -> Result<(), Duration> {
        let mut taken = lock(&self.taken);
        taken.retain(|_, times| {
            while times.front().is_some_and(|time| now.saturating_duration_since(*time) >= WINDOW) {
                times.pop_front();
            }
            !times.is_empty()
        });
        let times = taken.entry(sub.to_owned()).or_default();
        match times.front() {
            Some(first) if times.len() >= PER_MINUTE => {
                Err(WINDOW.saturating_sub(now.saturating_duration_since(*first)))
            }
            _ => {
                times.push_back(now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, SystemClock};

    #[test]
    fn any_minute_has_sixty_steps_of_a_moderator() {
        let (steps, start) = (Steps::default(), SystemClock.instant());
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!((0..40).filter(|_| steps.take("mia", after(0)).is_ok()).count(), 40);
        assert_eq!((0..40).filter(|_| steps.take("mia", after(30)).is_ok()).count(), 20);
        assert_eq!(steps.take("mia", after(45)), Err(Duration::from_secs(15)));
        assert_eq!(steps.take("max", after(45)), Ok(()), "each moderator has a minute of their own");
        assert_eq!((0..99).filter(|_| steps.take("mia", after(60)).is_ok()).count(), 40);
        assert_eq!(steps.take("max", after(200)), Ok(()));
        assert_eq!(lock(&steps.taken).len(), 1, "the others are forgotten");
    }
}
