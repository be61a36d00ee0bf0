//! `market`: made-up shops sell for nine months, and the crate `trust` decides how far each is shown. It measures what
//! the index changes, and needs neither a server nor a store.

mod brigade;
mod chance;
mod figures;
mod method;
pub(crate) mod mix;
mod record;
mod run;
mod shop;
#[cfg(test)]
mod tests;
mod trials;

use std::ops::RangeInclusive;
use std::str::FromStr;

use clap::{Args, ValueEnum};

use crate::report::Outcome;
use figures::{Figures, mean, median_of_days};
use method::Method;
use run::{Setup, run};

/// `market`
#[derive(Args, Clone, Debug)]
pub struct Market {
    /// Seeds, one market each: FIRST..LAST, the last included
    #[arg(long, default_value = "1..5")]
    seeds: Seeds,
    /// Shops
    #[arg(long, default_value_t = 2_000)]
    merchants: u32,
    /// Days; the first 60 are not counted
    #[arg(long, default_value_t = shop::DAYS)]
    days: u32,
    /// Orders of a shop and day
    #[arg(long = "orders", value_delimiter = ',', default_value = "3,10,30")]
    loads: Vec<f64>,
    /// The signals that have counts
    #[arg(long, value_enum, default_value_t = Signals::All)]
    signals: Signals,
    /// The typical shop
    #[arg(long, value_enum, default_value_t = Typical::Category)]
    priors: Typical,
}

/// The signals that have counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Signals {
    /// Those of facts, verdicts and standing: what a platform has that sends no listing and no application, and whose
    /// shops promise nothing
    Facts,
    /// All 90: the server feeds each
    All,
}

/// The typical shop that others are measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Typical {
    /// The market's own, counted each night
    Category,
    /// The table's
    Table,
}

/// A range of seeds.
#[derive(Clone, Debug)]
struct Seeds(RangeInclusive<u64>);

impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let parse = |text: &str| text.parse::<u64>().map_err(|_| format!("{text} is no seed"));
        match parse(first)?..=parse(last)? {
            seeds if seeds.is_empty() => Err("the first seed is above the last".to_owned()),
            seeds => Ok(Self(seeds)),
        }
    }
}

impl Market {
    /// Runs all markets, and returns the figures of each load.
    pub fn run(&self) -> Vec<Outcome> {
        self.loads.iter().map(|load| self.outcome(*load)).collect()
    }

    fn outcome(&self, load: f64) -> Outcome {
        let setup = Setup {
            merchants: self.merchants,
            days: self.days,
            load,
            all_signals: self.signals == Signals::All,
            table_priors: self.priors == Typical::Table,
        };
        let of = |method: Method| {
            let mut figures = Figures::default();
            self.seeds.0.clone().for_each(|seed| figures.add(run(setup, seed, method)));
            figures
        };
        let [index, without, others @ ..] = Method::ALL.map(|method| (method, of(method)));
        let compared: Vec<&(Method, Figures)> = std::iter::once(&index).chain(&others).collect();
        let mut outcome = Outcome::new(&format!("market, {load} orders a shop and day"), "trust");
        outcome.add("bad orders, no index", without.1.bad_share() * 100.0, "%");
        for (method, figures) in &compared {
            let fewer = 1.0 - figures.bad_share() / without.1.bad_share();
            outcome.add(&format!("bad orders fewer, {}", method.name()), fewer * 100.0, "%");
        }
        outcome.add_some("AUC at 20 to 200 orders, index", mean(&index.1.auc), "");
        outcome.add_some("AUC at 20 to 200 orders, stars", mean(&index.1.auc_of_stars), "");
        for (method, figures) in &compared {
            let what = format!("good shops below 0.9, {}", method.name());
            outcome.add_some(&what, figures.good.share().map(|share| share * 100.0), "%");
        }
        outcome.add_some("m of brigaded shops", index.1.brigaded.share(), "");
        for (method, figures) in [&index, &without] {
            let (name, days) = (method.name(), &figures.newcomers);
            outcome.add_some(&format!("newcomer's days to 50 orders, median, {name}"), median_of_days(days), "d");
            outcome.add(&format!("newcomers who never have them, {name}"), never(days), "");
        }
        add_turns(&mut outcome, &index.1);
        outcome.add_some("200 bought orders raise m by, mean", mean(&index.1.bought), "");
        outcome.add_some("200 bought orders raise m by, most", index.1.bought.iter().copied().reduce(f64::max), "");
        outcome
    }
}

fn add_turns(outcome: &mut Outcome, figures: &Figures) {
    let turns = &figures.turns;
    let seen: Vec<Option<u32>> = turns.iter().copied().filter(Option::is_some).collect();
    outcome.add_some("days to the flag of a turn, median of all", median_of_days(turns), "d");
    outcome.add_some("days to the flag of a turn, median of those flagged", median_of_days(&seen), "d");
    outcome.add("turns without a flag", never(turns) / turns.len().max(1) as f64 * 100.0, "%");
    outcome.add_some("good shops flagged, a month", figures.flagged.share().map(|share| share * 100.0), "%");
}

/// The number of those that never came.
fn never(days: &[Option<u32>]) -> f64 {
    days.iter().filter(|days| days.is_none()).count() as f64
}
