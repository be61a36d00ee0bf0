//! Practice: when a juror has shown to judge better than most, and the level that follows. No vote in a real case is
//! scored.

/// The chance of a right answer of a juror who judges well, and of one who does not, as 17 : 12 for a right answer and
/// 3 : 8 for a wrong one: 0.85 / 0.6 and 0.15 / 0.4.
const RIGHT: (u64, u64) = (17, 12);
const WRONG: (u64, u64) = (3, 8);
/// The evidence with which practice is passed. Somebody right in 60 % or less passes with a chance of at most one in so
/// many, however long they try.
const PASSED_EVIDENCE: u64 = 10;

/// The highest level. Only a token's claim gives it.
pub const LEVEL_MAX: u8 = live_jury_protocol::limits::LEVEL_MAX;
/// The panels that a juror of level 2 has served: enough to know what a case is like.
const SERVED_FOR_LEVEL_2: u32 = 5;

/// The answers of passed jurors from which an item is judged itself.
const ITEM_ANSWERS_MIN: u64 = 20;
/// The share of right answers below which an item counts for nobody, in hundredths: it is too hard, or wrong.
const ITEM_RIGHT_PERCENT_MIN: u64 = 60;
/// The upheld disputes from which an item counts for nobody.
const ITEM_DISPUTES_MAX: u64 = 3;

/// The practice answers of a juror. A bit is an item's place in the list of items, which has at most 64.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// The items that the juror has answered.
    pub answered: u64,
    /// Those that were answered rightly.
    pub correct: u64,
}

/// The answers to an item of practice by jurors who have passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ItemRecord {
    /// The answers of passed jurors.
    pub answers: u64,
    /// Those that were right.
    pub correct: u64,
    /// The disputes of jurors that a moderator upheld.
    pub upheld: u64,
}

impl ItemRecord {
    /// Whether the item counts.
    #[must_use]
    pub fn counts(self) -> bool {
        let right = u128::from(self.correct) * 100 >= u128::from(self.answers) * u128::from(ITEM_RIGHT_PERCENT_MIN);
        self.upheld < ITEM_DISPUTES_MAX && (self.answers < ITEM_ANSWERS_MIN || right)
    }
}

impl Answers {
    /// The right and the wrong answers to the items that count.
    fn right_and_wrong(self, counting: u64) -> (u32, u32) {
        let answered = self.answered & counting;
        let right = (answered & self.correct).count_ones();
        (right, answered.count_ones() - right)
    }

    /// Whether the answers to the items that count show that the juror judges well. Once that was so, later answers
    /// change nothing: the caller keeps it.
    #[must_use]
    pub fn pass(self, counting: u64) -> bool {
        let (right, wrong) = self.right_and_wrong(counting);
        let product = |right_factor: u64, wrong_factor: u64, first: u64| {
            let factors = std::iter::repeat_n(right_factor, right as usize);
            factors.chain(std::iter::repeat_n(wrong_factor, wrong as usize)).fold(Wide::from(first), Wide::times)
        };
        product(RIGHT.0, WRONG.0, 1) >= product(RIGHT.1, WRONG.1, PASSED_EVIDENCE)
    }

    /// The evidence of the answers to the items that count, to be shown.
    #[must_use]
    pub fn evidence(self, counting: u64) -> f64 {
        let (right, wrong) = self.right_and_wrong(counting);
        let ratio = |(well, badly): (u64, u64), answers: u32| (well as f64 / badly as f64).powi(answers.cast_signed());
        ratio(RIGHT, right) * ratio(WRONG, wrong)
    }
}

/// The level of a juror: 1 after practice, 2 after practice and five panels, or what the token claims, if that is
/// higher.
#[must_use]
pub fn level(passed: bool, served: u32, claimed: u8) -> u8 {
    let earned = match (passed, served >= SERVED_FOR_LEVEL_2) {
        (false, _) => 0,
        (true, false) => 1,
        (true, true) => 2,
    };
    claimed.min(LEVEL_MAX).max(earned)
}

/// The words of a number that holds 10 · 17⁶⁴.
const WIDE_WORDS: usize = 5;

/// A whole number, the highest word first, so that comparison is by value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Wide([u64; WIDE_WORDS]);

impl From<u64> for Wide {
    fn from(number: u64) -> Self {
        let mut words = [0; WIDE_WORDS];
        words[WIDE_WORDS - 1] = number;
        Self(words)
    }
}

impl Wide {
    fn times(mut self, factor: u64) -> Self {
        let mut carry = 0_u128;
        for word in self.0.iter_mut().rev() {
            carry += u128::from(*word) * u128::from(factor);
            *word = carry as u64;
            carry >>= u64::BITS;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers by their number, right and wrong.
    fn answers(right: u32, wrong: u32) -> Answers {
        let bits = |count: u32| if count == 64 { u64::MAX } else { (1_u64 << count) - 1 };
        Answers { answered: bits(right + wrong), correct: bits(right) }
    }

    fn passes(right: u32, wrong: u32) -> bool {
        answers(right, wrong).pass(u64::MAX)
    }

    #[test]
    fn the_fewest_right_answers_are_known() {
        for (right, of) in [(7, 7), (10, 11), (13, 15), (16, 19)] {
            assert!(passes(right, of - right), "{right} of {of}");
            assert!(!passes(right - 1, of - right), "{} of {}", right - 1, of - 1);
        }
        assert!((answers(6, 0).evidence(u64::MAX) - 8.08).abs() < 0.005);
        assert!(passes(64, 0) && !passes(0, 64) && !passes(0, 0));
    }

    #[test]
    fn the_comparison_in_integers_is_that_of_the_evidence() {
        for right in 0..=64 {
            for wrong in 0..=64 - right {
                let evidence = answers(right, wrong).evidence(u64::MAX);
                assert!((evidence - 10.0).abs() > 1e-9, "no answers come so near");
                assert_eq!(passes(right, wrong), evidence >= 10.0, "{right} right, {wrong} wrong");
            }
        }
    }

    #[test]
    fn a_juror_right_in_three_of_five_passes_in_one_of_ten_at_most() {
        // The chance of each number of right answers, of those who have not passed before.
        let (mut chances, mut passed) = (vec![1.0_f64], 0.0);
        for answered in 1..=64_u32 {
            let mut next = vec![0.0; answered as usize + 1];
            for (right, chance) in chances.iter().enumerate() {
                next[right] += chance * 0.4;
                next[right + 1] += chance * 0.6;
            }
            for (right, chance) in next.iter_mut().enumerate() {
                if passes(right as u32, answered - right as u32) {
                    passed += std::mem::take(chance);
                }
            }
            chances = next;
        }
        assert!((0.01..=0.1).contains(&passed), "{passed}");
    }

    #[test]
    fn an_item_that_counts_for_nobody_gives_no_evidence() {
        let all_right = answers(8, 0);
        assert!(all_right.pass(0b0111_1111) && !all_right.pass(0b0011_1111));
        let item = |answers, correct, upheld| ItemRecord { answers, correct, upheld }.counts();
        assert!(item(19, 0, 2) && item(20, 12, 0) && !item(20, 11, 0));
        assert!(!item(0, 0, 3));
    }

    #[test]
    fn the_higher_of_claim_and_record_counts() {
        assert_eq!([level(false, 9, 0), level(true, 4, 0), level(true, 5, 0)], [0, 1, 2]);
        assert_eq!([level(false, 0, 2), level(true, 5, 1), level(true, 5, 3), level(true, 0, 9)], [2, 2, 3, 3]);
    }
}
