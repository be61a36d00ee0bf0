//! One market from its first day to its last, under one method.

use live_jury_trust::counter::Count;
use live_jury_trust::exposure::{Circumstances, explores};
use live_jury_trust::index::{Index, Observations, Prior, Priors};
use live_jury_trust::signal::{Form, SIGNALS};

use super::brigade::Brigade;
use super::chance::Chance;
use super::figures::{Figures, Sample, auc};
use super::method::{Method, by_stars, by_truth};
use super::record::{Record, Sources, night_ms, noon_ms};
use super::shop::{COUNTED_FROM, Misses, Shop};
use super::trials::{Trial, is_of_orders};

/// The part of all orders that come from slots for explorers.
const EXPLORERS_PART: f64 = 0.05;
/// The days of a month: good shops with a flag are counted by months, and an AUC is taken at the end of each.
const MONTH: u32 = 30;
/// The bad share from which a shop is to be found.
const BAD: f64 = 0.10;
/// The orders of shops among which an AUC is taken: with fewer nobody knows anything, and with more everybody does.
const AUC_ORDERS: std::ops::RangeInclusive<u64> = 20..=200;
/// The exposure below which a good shop is wronged.
const GOOD_MIN: f64 = 0.9;
/// The orders after which a newcomer is none.
const NEWCOMER_ORDERS: u64 = 50;
/// The orders that a bad shop buys.
const BOUGHT: f64 = 200.0;

/// The settings of a market.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setup {
    /// The shops.
    pub merchants: u32,
    /// The days.
    pub days: u32,
    /// The orders of a shop and day.
    pub load: f64,
    /// Whether signals of listings, claims, promises and remedies count.
    pub all_signals: bool,
    /// Whether the priors are the table's, for all time.
    pub table_priors: bool,
}

/// A running market.
struct Market {
    setup: Setup,
    method: Method,
    trials: Vec<Trial>,
    sources: Sources,
    shops: Vec<Place>,
    chance: Chance,
    figures: Figures,
    samples: (Vec<Sample>, Vec<Sample>),
}

/// A shop with its record and exposure.
struct Place {
    shop: Shop,
    misses: Vec<Misses>,
    record: Record,
    brigade: Option<Brigade>,
    m: f64,
    kept: Option<f64>,
    /// The last day on which its signals showed a turn.
    turned_on: Option<u32>,
    /// The month whose flag is counted.
    flagged_in: Option<u32>,
    flagged_after: Option<u32>,
    newcomer_after: Option<u32>,
}

/// Runs a market with one seed.
pub(super) fn run(setup: Setup, seed: u64, method: Method) -> Figures {
    let trials = Trial::list(setup.all_signals);
    let shops = Shop::draw_all(setup.merchants, &trials, &mut Chance::new(seed, 0));
    let place = |shop: Shop| Place {
        misses: shop.misses(&trials, 0),
        record: Record::default(),
        brigade: shop.brigaded.then(Brigade::default),
        m: 1.0,
        kept: None,
        turned_on: None,
        flagged_in: None,
        flagged_after: None,
        newcomer_after: None,
        shop,
    };
    let shops = shops.into_iter().map(place).collect();
    let mut market = Market {
        setup,
        method,
        sources: Sources::default(),
        shops,
        chance: Chance::new(seed, 1),
        figures: Figures::default(),
        samples: Default::default(),
        trials,
    };
    for day in 0..setup.days {
        market.sell(day);
        market.count_facts(day);
        market.assess(day);
        market.measure(day);
    }
    market.end()
}

impl Market {
    /// Buyers order: each by relevance and exposure, or from a slot for explorers.
    fn sell(&mut self, day: u32) {
        let open = self.shops.iter().filter(|place| place.shop.is_open(day)).count();
        let total = self.setup.load * open as f64;
        for place in &mut self.shops {
            place.record.placed_today = 0;
        }
        if self.method.has_index() {
            let slots = self.chance.poisson(total * EXPLORERS_PART);
            let filled = self.sell_to_explorers(day, slots);
            // An empty slot goes to the next candidate.
            self.sell_by_exposure(day, total * (1.0 - EXPLORERS_PART) + f64::from(slots - filled));
        } else {
            self.sell_by_exposure(day, total);
        }
    }

    fn sell_by_exposure(&mut self, day: u32, orders: f64) {
        let weight = |place: &Place| if place.shop.is_open(day) { place.shop.relevance * place.m } else { 0.0 };
        let all: f64 = self.shops.iter().map(weight).sum();
        for place in &mut self.shops {
            let expected = orders * weight(place) / all;
            place.record.placed_today += u64::from(self.chance.poisson(expected));
        }
    }

    /// Fills slots for explorers, and returns how many found one.
    fn sell_to_explorers(&mut self, day: u32, slots: u32) -> u32 {
        let is_explorer = |place: &Place| {
            let record = &place.record;
            place.shop.is_open(day)
                && place.m > 0.0
                && explores(record.completed, record.placed_today, place.gated(day))
        };
        let mut explorers: Vec<usize> = (0..self.shops.len()).filter(|at| is_explorer(&self.shops[*at])).collect();
        let mut all: f64 = explorers.iter().map(|at| self.shops[*at].shop.relevance).sum();
        for slot in 0..slots {
            let mut left = self.chance.uniform() * all;
            let drawn = explorers.iter().position(|at| {
                left -= self.shops[*at].shop.relevance;
                left < 0.0
            });
            let Some(drawn) = drawn.or(explorers.len().checked_sub(1)) else { return slot };
            let place = &mut self.shops[explorers[drawn]];
            place.record.placed_today += 1;
            if !explores(place.record.completed, place.record.placed_today, false) {
                all -= place.shop.relevance;
                explorers.swap_remove(drawn);
            }
        }
        slots
    }

    fn count_facts(&mut self, day: u32) {
        let Self { trials, sources, shops, chance, figures, .. } = self;
        for place in shops.iter_mut().filter(|place| place.shop.is_open(day)) {
            if place.shop.turns == Some(day) {
                place.misses = place.shop.misses(trials, day);
            }
            let orders = place.record.placed_today as f64;
            place.record.add_day((trials, &place.misses), sources, day, chance);
            if let Some(brigade) = &mut place.brigade {
                brigade.pass(&mut place.record, day, place.kept.unwrap_or(1.0), chance);
            }
            if day >= COUNTED_FROM {
                figures.orders += orders;
                figures.bad_orders += orders * place.shop.bad_share(day);
            }
            let days = day - place.shop.joined + 1;
            if place.newcomer_after.is_none() && place.record.completed >= NEWCOMER_ORDERS {
                place.newcomer_after = Some(days);
            }
        }
    }

    /// Sets the exposures of the next day.
    fn assess(&mut self, day: u32) {
        match self.method {
            Method::NoIndex => {}
            Method::Stars => self.shops.iter_mut().for_each(|place| place.m = by_stars(&place.record)),
            Method::Truth => self.shops.iter_mut().for_each(|place| place.m = by_truth(place.shop.bad_share(day + 1))),
            Method::Index | Method::PointEstimate => self.assess_by_index(day),
        }
    }

    fn assess_by_index(&mut self, day: u32) {
        let now_ms = night_ms(day);
        let (known, priors) = self.known(day);
        for (place, known) in self.shops.iter_mut().zip(known) {
            let Some(known) = known else { continue };
            let turn = place.shows_turn(&known, &priors, day);
            let circumstances = Circumstances {
                assured: false,
                last_day: place.kept,
                before_reversal: place.brigade.as_ref().and_then(|brigade| brigade.before_reversal),
                turn,
                gate: place.brigade.as_ref().and_then(|brigade| brigade.gate(now_ms)),
            };
            let index = Index::of(&known, &priors);
            let score = index.value;
            let exposure = self.method.exposure(index, &circumstances);
            (place.m, place.kept) = (exposure.m, Some(exposure.kept));
            place.notice_flag(turn, day);
            if day >= COUNTED_FROM && (day + 1).is_multiple_of(MONTH) && AUC_ORDERS.contains(&place.record.completed) {
                let is_bad = place.shop.bad_share(day) > BAD;
                self.samples.0.push((score, is_bad));
                self.samples.1.extend(place.record.stars().map(|stars| (stars, is_bad)));
            }
        }
    }

    /// The knowledge of each open shop at the end of a day, and the priors of them all.
    fn known(&self, day: u32) -> (Vec<Option<Observations>>, Priors) {
        let observed = |place: &Place| {
            let is_open = place.shop.is_open(day);
            is_open.then(|| place.record.observed(&self.trials, place.shop.joined, night_ms(day)))
        };
        let known: Vec<Option<Observations>> = self.shops.iter().map(observed).collect();
        let mut priors = Priors::default();
        for signal in SIGNALS.iter().filter(|signal| signal.form != Form::State && !self.setup.table_priors) {
            let counts: Vec<Count> = known.iter().flatten().map(|known| known.count(signal.id)).collect();
            priors.set(signal.id, Prior::of_category(signal, &counts));
        }
        (known, priors)
    }

    fn measure(&mut self, day: u32) {
        if day < COUNTED_FROM {
            return;
        }
        for place in self.shops.iter().filter(|place| place.shop.is_open(day)) {
            if place.shop.is_plainly_good() {
                self.figures.good.count(f64::from(u8::from(place.m < GOOD_MIN)));
            }
            if place.shop.brigaded {
                self.figures.brigaded.count(place.m);
            }
            if place.shop.is_plainly_good() && (day + 1).is_multiple_of(MONTH) {
                let month = day / MONTH;
                self.figures.flagged.count(f64::from(u8::from(place.flagged_in == Some(month))));
            }
        }
    }

    fn end(mut self) -> Figures {
        let is_newcomer = |place: &&Place| place.shop.joined > 0 && place.shop.is_plainly_good();
        self.figures.newcomers = self.shops.iter().filter(is_newcomer).map(|place| place.newcomer_after).collect();
        let turned = self.shops.iter().filter(|place| place.shop.turns.is_some());
        self.figures.turns = turned.map(|place| place.flagged_after).collect();
        self.figures.auc.extend(auc(&mut self.samples.0));
        self.figures.auc_of_stars.extend(auc(&mut self.samples.1));
        if self.method == Method::Index {
            self.figures.bought = self.bought();
        }
        self.figures
    }

    /// The gain of each bad shop that buys good orders on the last day.
    fn bought(&self) -> Vec<f64> {
        let last = self.setup.days - 1;
        let (known, priors) = self.known(last);
        let m = |record: &Record, known: &Observations, turned_on: Option<u32>| {
            let turn = record.turn(known, &priors, night_ms(last)).limits(days_since(turned_on, last));
            let circumstances = Circumstances { turn, ..Circumstances::default() };
            self.method.exposure(Index::of(known, &priors), &circumstances).m
        };
        let gain = |(place, known): (&Place, &Option<Observations>)| {
            let known = known.as_ref().filter(|_| place.shop.bad_share(last) > BAD)?;
            let mut record = place.record.clone();
            for trial in self.trials.iter().filter(|trial| is_of_orders(trial)) {
                let n = BOUGHT * trial.source.rate().0 * trial.units;
                record.add(trial.id, Count::new(n, trial.hits(n, 0.0)), noon_ms(last));
            }
            let after = record.observed(&self.trials, place.shop.joined, night_ms(last));
            Some(m(&record, &after, place.turned_on) - m(&place.record, known, place.turned_on))
        };
        self.shops.iter().zip(&known).filter_map(gain).collect()
    }
}

impl Place {
    /// Whether a measure is in force.
    fn gated(&self, day: u32) -> bool {
        self.brigade.as_ref().is_some_and(|brigade| brigade.gate(noon_ms(day)).is_some())
    }

    /// Whether a turn limits the exposure after a day: the counters show it, or did so on one of the last days.
    fn shows_turn(&mut self, known: &Observations, priors: &Priors, day: u32) -> bool {
        let turn = self.record.turn(known, priors, night_ms(day));
        if turn.shows() {
            self.turned_on = Some(day);
        }
        turn.limits(days_since(self.turned_on, day))
    }

    /// Counts a flag: of a shop that has turned, the first one; of a good shop, one a month.
    fn notice_flag(&mut self, turn: bool, day: u32) {
        if !turn {
            return;
        }
        self.flagged_in = Some(day / MONTH);
        if let Some(turned) = self.shop.turns.filter(|turned| *turned <= day && self.flagged_after.is_none()) {
            self.flagged_after = Some(day - turned + 1);
        }
    }
}

/// The days from a day to another one, if there was one.
fn days_since(day: Option<u32>, now: u32) -> Option<u64> {
    day.map(|day| u64::from(now - day))
}
