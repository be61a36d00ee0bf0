//! A shop of the market: how bad it is, and since when. It knows no index.

use live_jury_trust::signal::Form;

use super::chance::{Chance, Hits};
use super::trials::Trial;

/// The days of a market.
pub(super) const DAYS: u32 = 270;
/// The day from which figures are counted: until then most shops are new.
pub(super) const COUNTED_FROM: u32 = 60;
/// The last day on which a newcomer joins.
const LAST_JOIN: u32 = 229;
/// The days between which a shop turns bad.
const TURNS: (u32, u32) = (COUNTED_FROM, 240);
/// The bad share of a shop that has turned.
const TURNED_BAD_SHARE: f64 = 0.30;
/// The part of the good shops that turn.
const TURNING: f64 = 0.04;
/// The part of the good shops that a brigade reports.
const BRIGADED: f64 = 0.05;
/// The part of all shops that join later.
const NEWCOMERS: f64 = 0.25;
/// The spread of a signal's own factor, as a logarithm.
const OWN_SPREAD: f64 = 0.35;

/// The classes of shops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Most shops.
    Good,
    /// Shops with a tenth of bad orders.
    Mediocre,
    /// Shops with a third of bad orders.
    Bad,
}

impl Class {
    /// The part of all shops, the rest being good, and the parameters of the bad share's beta distribution.
    const fn draw(chance: f64) -> (Self, (u32, u32)) {
        if chance < 0.04 {
            (Self::Bad, (12, 24))
        } else if chance < 0.16 {
            (Self::Mediocre, (6, 54))
        } else {
            (Self::Good, (2, 60))
        }
    }
}

/// A shop.
#[derive(Clone, Debug)]
pub(super) struct Shop {
    /// The class in which it began.
    pub class: Class,
    /// The part of its orders that are bad, before it turns.
    bad_share: f64,
    /// The day on which it joins.
    pub joined: u32,
    /// The day on which it turns bad.
    pub turns: Option<u32>,
    /// How well it fits a buyer.
    pub relevance: f64,
    /// Whether a brigade reports it each day.
    pub brigaded: bool,
    /// A factor for each of the market's signals.
    own: Vec<f64>,
}

impl Shop {
    /// The shops of a market.
    pub fn draw_all(count: u32, trials: &[Trial], chance: &mut Chance) -> Vec<Self> {
        (0..count).map(|_| Self::draw(trials, chance)).collect()
    }

    fn draw(trials: &[Trial], chance: &mut Chance) -> Self {
        let (class, (a, b)) = Class::draw(chance.uniform());
        let bad_share = chance.beta(a, b);
        let joined = if chance.happens(NEWCOMERS) { chance.below(LAST_JOIN + 1) } else { 0 };
        let (turning, turn) = (chance.happens(TURNING), TURNS.0 + chance.below(TURNS.1 - TURNS.0 + 1));
        let (relevance, reported) = (chance.normal().exp(), chance.happens(BRIGADED));
        let own = trials.iter().map(|_| (OWN_SPREAD * chance.normal()).exp()).collect();
        let is_good = class == Class::Good;
        Self {
            class,
            bad_share,
            joined,
            turns: Some(turn.max(joined)).filter(|_| is_good && turning),
            relevance,
            brigaded: is_good && !turning && reported,
            own,
        }
    }

    /// The part of a day's orders that are bad.
    pub fn bad_share(&self, day: u32) -> f64 {
        if self.turns.is_some_and(|turns| turns <= day) { TURNED_BAD_SHARE } else { self.bad_share }
    }

    /// Whether it is there on a day.
    pub const fn is_open(&self, day: u32) -> bool {
        self.joined <= day
    }

    /// Whether it is good to the end, and left alone.
    pub fn is_plainly_good(&self) -> bool {
        self.class == Class::Good && self.turns.is_none() && !self.brigaded
    }

    /// The misses of its signals on a day.
    pub fn misses(&self, trials: &[Trial], day: u32) -> Vec<Misses> {
        let bad_share = self.bad_share(day);
        let of = |(trial, own): (&Trial, &f64)| Misses::of(trial, trial.misses(bad_share, *own));
        trials.iter().zip(&self.own).map(of).collect()
    }
}

/// The law of a signal's misses at one shop.
#[derive(Clone, Copy, Debug)]
pub(super) enum Misses {
    /// The misses among trials.
    Among(Hits),
    /// The mean of the events for each unit of exposure.
    Each(f64),
}

impl Misses {
    fn of(trial: &Trial, misses: f64) -> Self {
        match trial.id.signal().form {
            Form::Exposure => Self::Each(misses),
            Form::Rate | Form::State => Self::Among(Hits::with(misses)),
        }
    }

    /// The misses of a day.
    pub fn draw(self, trials: f64, chance: &mut Chance) -> u32 {
        match self {
            Self::Among(hits) => chance.hits(trials as u32, hits),
            Self::Each(mean) => chance.poisson(trials * mean),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_market_has_the_shops_of_its_description() {
        let shops = Shop::draw_all(20_000, &[], &mut Chance::new(1, 0));
        let part = |of: &dyn Fn(&Shop) -> bool| shops.iter().filter(|shop| of(shop)).count() as f64 / 20_000.0;
        // Four spreads of such a sample are 0.0104 at most.
        for (measured, expected) in [
            (part(&|shop| shop.class == Class::Good), 0.84),
            (part(&|shop| shop.class == Class::Bad), 0.04),
            (part(&|shop| shop.turns.is_some()), 0.84 * 0.04),
            (part(&|shop| shop.brigaded), 0.84 * 0.96 * 0.05),
            (part(&|shop| !shop.is_open(0)), 0.25 * 229.0 / 230.0),
            (part(&|shop| shop.relevance > 1.0), 0.5),
        ] {
            assert!((measured - expected).abs() < 0.0142, "{measured} and {expected}");
        }
        assert!(shops.iter().all(|shop| shop.is_open(LAST_JOIN)));
    }

    #[test]
    fn a_shop_that_turns_is_bad_from_that_day() {
        let shops = Shop::draw_all(2_000, &[], &mut Chance::new(1, 0));
        let turning = shops.iter().find(|shop| shop.turns.is_some()).unwrap();
        let day = turning.turns.unwrap();
        assert!((TURNS.0..=TURNS.1).contains(&day) && turning.bad_share(day - 1) < TURNED_BAD_SHARE);
        assert_eq!(turning.bad_share(day), TURNED_BAD_SHARE);
        assert!(!turning.is_plainly_good());
    }
}
