//! Lines 5 to 11 of the decision, each as one comparison of integers.

use live_jury_protocol::limits::THRESHOLD_SCALE;
use live_jury_protocol::{NewCase, Raid, Why};

use crate::sums::{GROUP_BALLOTS_MIN, deciding};
use crate::{PanelSums, Sums};

/// The ballots that decide: the panel's where there is one, else all.
pub(super) struct Votes {
    /// By option.
    pub counts: Vec<u64>,
    by_panel: bool,
    /// Those that do not abstain.
    all: u64,
    buyers: Side,
    merchants: Side,
}

/// The ballots of one side, or of one stratum of a panel.
struct Side {
    deciding: u64,
    counts: Vec<u64>,
}

impl Side {
    fn of_option(&self, option: usize) -> u64 {
        self.counts.get(option).copied().unwrap_or(0)
    }
}

/// A product that is held at its maximum. No jury has such counts, and a reader of forged ones reaches no verdict.
fn product<const N: usize>(factors: [u64; N]) -> u128 {
    factors.iter().fold(1, |product: u128, factor| product.saturating_mul(u128::from(*factor)))
}

const SCALE: u64 = THRESHOLD_SCALE as u64;

/// Line 5: the only option that leads, if its share of the deciding ballots exceeds the threshold.
#[must_use]
pub fn winner(case: &NewCase, counts: &[u64]) -> Option<usize> {
    let options = || case.options.iter().zip(counts).enumerate().filter(|(_, (option, _))| !option.abstain);
    let most = options().map(|(_, (_, count))| *count).max()?;
    let mut leaders = options().filter(|(_, (_, count))| **count == most);
    let (first, second) = (leaders.next(), leaders.next());
    let passes = product([most, SCALE]) > product([deciding(case, counts), case.rules.threshold.parts().into()]);
    first.filter(|_| second.is_none() && passes).map(|(index, _)| index)
}

/// Line 11: the gauge is raised, and the jurors who were there before the opening decide otherwise. It applies only
/// where they are published: a reader of the verdict judges by the same numbers.
pub(super) fn late_cohort(case: &NewCase, sums: &Sums, winner: usize) -> Option<Why> {
    let differs = case.rules.raid == Raid::Hang
        && sums.shows_cohort(case, &sums.present)
        && sums.is_raised(case)
        && self::winner(case, &sums.present.counts) != Some(winner);
    differs.then_some(Why::LateCohort)
}

impl Votes {
    pub fn of(case: &NewCase, sums: &Sums, panel: Option<&PanelSums>) -> Self {
        let (counts, buyers, merchants) = match panel {
            None => {
                let side = |side: &crate::SideSums| Side { deciding: side.deciding, counts: side.counts.clone() };
                (sums.counts.clone(), side(&sums.buyers), side(&sums.merchants))
            }
            Some(panel) => {
                let side = |counts: &[u64]| Side { deciding: deciding(case, counts), counts: counts.to_vec() };
                (panel.counts(), side(&panel.buyer.counts), side(&panel.merchant.counts))
            }
        };
        Self { all: deciding(case, &counts), counts, by_panel: panel.is_some(), buyers, merchants }
    }

    /// Lines 6 to 10: the first rule of the case that option `winner` does not meet.
    pub fn objection(&self, case: &NewCase, winner: usize) -> Option<Why> {
        let rules = &case.rules;
        let (b, m) = (self.buyers.deciding, self.merchants.deciding);
        let sides_are_known = 2 * u128::from(b) + 2 * u128::from(m) >= u128::from(self.all);
        if (rules.two_sided.is_some() || rules.hold_when_balanced) && !sides_are_known {
            return Some(Why::SidesUnknown);
        }
        let fewest_of_side = b.min(m);
        // A stratum of a panel has few seats, and the rule's own number would hang every case.
        let per_side = |two_sided: u64| if self.by_panel { GROUP_BALLOTS_MIN } else { two_sided };
        if rules.two_sided.is_some_and(|rule| fewest_of_side < per_side(rule.min_per_side))
            || rules.hold_when_balanced && fewest_of_side < GROUP_BALLOTS_MIN
        {
            return Some(Why::SidesShort);
        }
        let passes =
            |side: &Side, parts: u32| product([side.of_option(winner), SCALE]) > product([side.deciding, parts.into()]);
        if rules.two_sided.is_some_and(|rule| {
            let parts = rule.threshold.parts();
            !passes(&self.buyers, parts) || !passes(&self.merchants, parts)
        }) {
            return Some(Why::SidesDisagree);
        }
        if rules.hold_when_balanced && !self.is_won_when_balanced(case, winner) {
            return Some(Why::NotBalanced);
        }
        (!rules.bias_band.is_zero() && self.is_explained_by_sides(case, winner)).then_some(Why::ThinMargin)
    }

    /// Line 9, the other way round: the option leads and passes the threshold if both sides weigh the same. The weight
    /// of an option is the sum of its shares of both sides, times b·m.
    fn is_won_when_balanced(&self, case: &NewCase, winner: usize) -> bool {
        let (b, m) = (self.buyers.deciding, self.merchants.deciding);
        let weight = |option: usize| {
            let (of_buyers, of_merchants) = (self.buyers.of_option(option), self.merchants.of_option(option));
            product([of_buyers, m]).saturating_add(product([of_merchants, b]))
        };
        let own = weight(winner);
        let rivals = case.options.iter().enumerate().filter(|(index, option)| *index != winner && !option.abstain);
        own.saturating_mul(SCALE.into()) > product([2, case.rules.threshold.parts().into(), b, m])
            && rivals.map(|(index, _)| weight(index)).all(|weight| weight < own)
    }

    /// Line 10: the lead is no larger than a favour of `bias_band` for one's own side explains, with the mix of sides
    /// that voted. The mix may be the most uneven one if the side of most is not known.
    fn is_explained_by_sides(&self, case: &NewCase, winner: usize) -> bool {
        let (b, m, all) = (self.buyers.deciding, self.merchants.deciding, self.all);
        let band: u64 = case.rules.bias_band.parts().into();
        let most = self.counts.get(winner).copied().unwrap_or(0);
        let lead = product([most, SCALE]).saturating_sub(product([all, case.rules.threshold.parts().into()]));
        let known = u128::from(b) + u128::from(m);
        if 2 * known < u128::from(all) {
            return lead.saturating_mul(2) <= product([band, all]);
        }
        let unevenness = u128::from(b.abs_diff(m));
        lead.saturating_mul(2 * known) <= product([band, all]).saturating_mul(unevenness)
    }
}
