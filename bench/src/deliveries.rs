//! Tallies on their way to a crowd: when each came to its viewers, and how many a second while any was under way; it knows
//! nothing of what they show.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::seconds;
use crate::report::median;

/// One in as many viewers is left out at either end of a tally's way: some who vote hear it early or late, with the answer.
const EDGE: u64 = 100;

/// The tallies that came, by the ballots that they show.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Rounds(BTreeMap<u64, Round>);

/// One tally on its way.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Round {
    /// When the first had it, but for the edge; in Unix microseconds.
    first_us: u64,
    /// When the last had it, but for the edge.
    last_us: u64,
    /// How many had it.
    count: u64,
}

/// How tallies came.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Way {
    /// Deliveries a second, in the time in which one tally or several were under way.
    pub per_s: f64,
    /// That time, in seconds.
    pub seconds: f64,
    /// From a tally's first viewer to its last, but for the edges: the median of those that nearly all were shown, in seconds.
    pub whole_s: Option<f64>,
}

impl Rounds {
    /// One of `viewers` was shown this many ballots.
    pub fn told(&mut self, ballots: u64, now_us: u64, viewers: u64) {
        let round = self.0.entry(ballots).or_insert(Round { first_us: now_us, last_us: now_us, count: 0 });
        round.count += 1;
        if round.count <= before(viewers) {
            round.first_us = now_us;
        }
        if round.count <= viewers - viewers / EDGE {
            round.last_us = now_us;
        }
    }

    /// What others of the same crowd were told.
    pub fn add(&mut self, other: Self) {
        for (shown, round) in other.0 {
            self.0.entry(shown).and_modify(|known| known.add(round)).or_insert(round);
        }
    }

    /// How they came to `viewers`; none, if none came to more than the edge of them.
    ///
    /// Who sends the next tally only when the last has arrived, and who sends it though the last has not, are counted alike:
    /// what counts is the time in which there was something to deliver, and all that was delivered in it.
    pub fn way(&self, viewers: u64) -> Option<Way> {
        let mut under_way: Vec<&Round> = self.0.values().filter(|round| round.count > before(viewers)).collect();
        under_way.sort_by_key(|round| round.first_us);
        let (mut seen_us, mut taken_us, mut deliveries) = (0, 0, 0);
        for round in &under_way {
            taken_us += round.last_us.saturating_sub(round.first_us.max(seen_us));
            seen_us = seen_us.max(round.last_us);
            // The time begins with a delivery: it is not one of those that came in it.
            deliveries += round.count.min(viewers - viewers / EDGE) - before(viewers);
        }
        let whole = under_way.iter().filter(|round| round.count >= viewers - viewers / EDGE);
        let whole_s: Vec<f64> = whole.map(|round| seconds(round.first_us, round.last_us)).collect();
        let took_s = seconds(0, taken_us);
        (taken_us > 0).then(|| Way { per_s: deliveries as f64 / took_s, seconds: took_s, whole_s: median(&whole_s) })
    }
}

/// How many have a tally when its time begins.
const fn before(viewers: u64) -> u64 {
    viewers / EDGE + 1
}

impl Round {
    fn add(&mut self, other: Self) {
        self.first_us = self.first_us.min(other.first_us);
        self.last_us = self.last_us.max(other.last_us);
        self.count += other.count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tally that comes to `count` viewers from `from_us` on, one each `step_us`.
    fn sent(rounds: &mut Rounds, ballots: u64, count: u64, from_us: u64, step_us: u64) {
        (0..count).for_each(|nth| rounds.told(ballots, from_us + nth * step_us, 1_000));
    }

    fn way(rounds: &Rounds) -> Way {
        rounds.way(1_000).unwrap()
    }

    #[test]
    fn who_rests_between_tallies_is_as_fast_as_who_does_not() {
        let (mut resting, mut busy) = (Rounds::default(), Rounds::default());
        for round in 0..5 {
            sent(&mut resting, round, 1_000, round * 1_000_000, 10);
            sent(&mut busy, round, 1_000, round * 10_000, 10);
        }
        assert_eq!(way(&resting).per_s.round(), 100_000.0);
        assert!((way(&busy).per_s / way(&resting).per_s - 1.0).abs() < 0.03, "{busy:?}");
        assert_eq!(way(&resting).whole_s, Some(0.009_79));
    }

    #[test]
    fn two_tallies_at_once_take_their_time_once() {
        let mut rounds = Rounds::default();
        // Each viewer is at twice the distance, as the other tally is sent in between.
        sent(&mut rounds, 1, 1_000, 0, 20);
        sent(&mut rounds, 2, 1_000, 10, 20);
        let per_s = way(&rounds).per_s;
        assert!((99_000.0..101_000.0).contains(&per_s), "{per_s}");
    }

    #[test]
    fn tallies_that_are_overtaken_count_with_those_whom_they_reached() {
        let mut rounds = Rounds::default();
        sent(&mut rounds, 1, 500, 0, 10);
        sent(&mut rounds, 2, 1_000, 5_000, 10);
        let per_s = way(&rounds).per_s;
        assert!((97_000.0..103_000.0).contains(&per_s), "{per_s}");
    }

    #[test]
    fn one_who_is_told_early_and_one_who_is_told_late_change_nothing() {
        let mut rounds = Rounds::default();
        rounds.told(7, 0, 1_000);
        sent(&mut rounds, 7, 998, 1_000_000, 10);
        rounds.told(7, 9_000_000, 1_000);
        assert_eq!(way(&rounds).per_s.round(), 100_000.0);
    }

    #[test]
    fn nothing_is_made_up_of_nothing() {
        assert_eq!(Rounds::default().way(1_000), None);
        let mut rounds = Rounds::default();
        rounds.told(1, 5, 1_000);
        assert_eq!(rounds.way(1_000), None);
    }
}
