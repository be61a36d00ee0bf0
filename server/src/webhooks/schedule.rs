//! When a delivery that failed is tried again; it reads no clock.

use std::time::Duration;

/// The pauses between attempts, as the standard proposes them: ten attempts in three days. A target that was down for
/// two days still gets everything.
const PAUSES: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 60 * 60),
    Duration::from_secs(5 * 60 * 60),
    Duration::from_secs(10 * 60 * 60),
    Duration::from_secs(14 * 60 * 60),
    Duration::from_secs(20 * 60 * 60),
    Duration::from_secs(24 * 60 * 60),
];
/// The part by which a pause is shorter or longer, so that many deliveries that failed together come apart.
const SPREAD: f64 = 0.2;
/// Longest pause that a target may ask for; a longer one is not kept, as it would outlast the schedule's own.
const ASKED_MAX: Duration = Duration::from_secs(60 * 60);

/// The pause after this many failed attempts; none if no attempt is left. `chance` is from 0 to 1. A target may ask for
/// a longer pause and for no shorter one: a proxy that says `Retry-After: 1` would use up all attempts in ten seconds.
pub(super) fn pause(attempts: u32, asked: Option<Duration>, chance: f64) -> Option<Duration> {
    let planned = PAUSES.get(usize::try_from(attempts).ok()?.checked_sub(1)?)?;
    let asked = asked.filter(|asked| *asked <= ASKED_MAX);
    let planned = planned.mul_f64(1.0 - SPREAD + 2.0 * SPREAD * chance.clamp(0.0, 1.0));
    Some(asked.map_or(planned, |asked| asked.max(planned)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_attempts_are_made_in_three_days() {
        let pauses: Vec<Duration> = (1..).map_while(|attempts| pause(attempts, None, 0.5)).collect();
        assert_eq!(pauses.len() + 1, 10);
        assert_eq!(pauses[..2], [Duration::from_secs(5), Duration::from_secs(300)]);
        let hours = pauses.iter().sum::<Duration>().as_secs() / 3_600;
        assert_eq!(hours, 75);
    }

    #[test]
    fn a_pause_differs_by_a_fifth_at_most() {
        assert_eq!(pause(1, None, 0.0), Some(Duration::from_secs(4)));
        assert_eq!(pause(1, None, 1.0), Some(Duration::from_secs(6)));
    }

    #[test]
    fn a_target_that_asks_for_a_second_gets_three_days_of_attempts() {
        for asked in [Duration::ZERO, Duration::from_secs(1)] {
            let sum: Duration = (1..).map_while(|attempts| pause(attempts, Some(asked), 0.5)).sum();
            assert_eq!(sum.as_secs() / 3_600, 75);
        }
    }

    #[test]
    fn a_target_may_ask_for_an_hour() {
        let hour = Duration::from_secs(3_600);
        assert_eq!(pause(1, Some(hour), 0.5), Some(hour));
        assert_eq!(pause(1, Some(hour + Duration::from_secs(1)), 0.5), Some(Duration::from_secs(5)));
        assert_eq!(pause(10, Some(hour), 0.5), None, "no attempt is left");
    }
}
