//! An appeal: the panel that judges a case again, which is larger than what decided before. It files nothing.

use live_jury_protocol::NewCase;

use crate::Sums;
use crate::sums::deciding;

/// The time after a verdict in which it can be appealed, in milliseconds: three days, so that a weekend fits.
pub const APPEAL_WINDOW_MS: u64 = 72 * 60 * 60 * 1_000;
/// The appeals that may follow one another. After two, the third panel has the last word.
pub const APPEAL_STEPS_MAX: usize = 2;
/// The most seats of a stratum. A larger panel is no more often right by a share that matters.
const SEATS_MAX: u32 = 101;
/// The seats of buyers, and of merchants, after an open vote in which most sides were known.
const SEATS_OF_SIDE: u32 = 31;
/// The seats after an open vote in which most sides were not known: one more than two sides have, so that they are odd.
const SEATS_OF_ALL: u32 = 63;
/// The highest level that an appeal raises. Level 3 is a claim of few tokens, and would leave a panel empty.
const RAISED_LEVEL_MAX: u8 = 2;

/// The seats of a panel and the level that its jurors need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PanelSize {
    /// The seats of buyers.
    pub buyer: u32,
    /// The seats of merchants.
    pub merchant: u32,
    /// The seats of jurors of no known side.
    pub other: u32,
    /// The level that a juror needs.
    pub min_level: u8,
}

impl PanelSize {
    /// The panel of an appeal against the verdict of this panel.
    #[must_use]
    pub fn after_panel(self) -> Self {
        // A stratum without seats stays so.
        let seats = |seats: u32| if seats == 0 { 0 } else { seats.saturating_mul(2).saturating_add(1).min(SEATS_MAX) };
        let raised = (1..=RAISED_LEVEL_MAX).contains(&self.min_level);
        Self {
            buyer: seats(self.buyer),
            merchant: seats(self.merchant),
            other: seats(self.other),
            min_level: self.min_level + u8::from(raised),
        }
    }

    /// The panel of an appeal against the verdict of an open vote.
    #[must_use]
    pub fn after_vote(case: &NewCase, sums: &Sums) -> Self {
        let known = u128::from(sums.buyers.deciding) + u128::from(sums.merchants.deciding);
        if 2 * known >= u128::from(deciding(case, &sums.counts)) {
            Self { buyer: SEATS_OF_SIDE, merchant: SEATS_OF_SIDE, ..Self::default() }
        } else {
            Self { other: SEATS_OF_ALL, ..Self::default() }
        }
    }

    /// Whether this panel is no smaller than `least` and asks for no lower level.
    #[must_use]
    pub fn is_at_least(&self, least: &Self) -> bool {
        self.buyer >= least.buyer
            && self.merchant >= least.merchant
            && self.other >= least.other
            && self.min_level >= least.min_level
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SideSums;

    #[test]
    fn an_appeal_after_a_panel_doubles_each_stratum() {
        let first = PanelSize { buyer: 15, merchant: 7, other: 0, min_level: 1 };
        let second = PanelSize { buyer: 31, merchant: 15, other: 0, min_level: 2 };
        assert_eq!(first.after_panel(), second);
        assert_eq!(second.after_panel().after_panel().buyer, 101);
        let level = |min_level| PanelSize { min_level, ..first }.after_panel().min_level;
        assert_eq!([level(0), level(1), level(2), level(3)], [0, 2, 3, 3]);
        assert!(second.is_at_least(&first) && !first.is_at_least(&second));
        assert!(!PanelSize { merchant: 14, ..second }.is_at_least(&second));
        assert!(!PanelSize { min_level: 1, ..second }.is_at_least(&second));
    }

    #[test]
    fn an_appeal_after_an_open_vote_has_sides_where_most_are_known() {
        let case: NewCase = serde_json::from_value(serde_json::json!({
            "title": "t", "options": [{"id": "a", "label": "a"}, {"id": "b", "label": "b"},
                                      {"id": "n", "label": "n", "abstain": true}]
        }))
        .unwrap();
        let side = |deciding| SideSums { deciding, counts: Vec::new() };
        let size = |buyers, merchants| {
            let sums = Sums { buyers: side(buyers), merchants: side(merchants), ..Sums::of_counts(&[60, 40, 500]) };
            PanelSize::after_vote(&case, &sums)
        };
        assert_eq!(size(45, 5), PanelSize { buyer: 31, merchant: 31, ..PanelSize::default() });
        assert_eq!(size(45, 4), PanelSize { other: 63, ..PanelSize::default() });
    }
}
