//! The figures of the public report: from plain counts to values with definitions. Nothing is typed in, and a value
//! that is not known is absent.

mod counts;
pub mod csv;
mod definition;
mod definitions;
pub mod dsa;
pub mod sketch;
#[cfg(test)]
mod tests;

pub use counts::{
    AppealCounts, BanCounts, ClaimCounts, Counts, Decile, InterceptedCounts, JuryCounts, MeasureGroup, NewcomerCounts,
    Participants, PolicyReports, RefusalCounts, ReportingCounts, RuleCounts, SurveyCounts,
};
pub use definition::{Definition, Text, Unit, definition};
pub use definitions::DEFINITIONS;

use crate::counter::Count;
use crate::{wilson_high, wilson_low};

/// The standard deviations on each side of an interval: 95 % of samples are within.
const Z: f64 = 1.96;
/// The decimals of a value: a share as small as 0.07 % has four digits that count.
const DECIMALS: f64 = 1e6;
/// The exposures of which there is a decile each. With fewer shops there are none.
const DECILES: usize = 10;
/// Milliseconds of a minute and of an hour.
const MINUTE_MS: f64 = 60_000.0;
const HOUR_MS: f64 = 60.0 * MINUTE_MS;

/// A figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The definition.
    pub definition: &'static Definition,
    /// The part of the definition's set, such as a decile or a rule.
    pub of: Option<String>,
    /// The value.
    pub value: f64,
    /// The lower and the upper bound, where it is a sample.
    pub interval: Option<(f64, f64)>,
    /// A remark, in both languages.
    pub note: Option<(String, String)>,
}

impl Figure {
    /// The id: that of the definition, and the part.
    #[must_use]
    pub fn id(&self) -> String {
        match &self.of {
            Some(of) => format!("{}.{of}", self.definition.id),
            None => self.definition.id.to_owned(),
        }
    }
}

/// A value of an earlier edition, with the version of its definition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Earlier {
    /// The value.
    pub value: f64,
    /// The version.
    pub version: u32,
}

/// The change since an earlier edition: the earlier value, and the difference as a part of it. There is none between
/// versions, and no part of 0.
#[must_use]
pub fn change(value: f64, version: u32, earlier: Option<Earlier>) -> (Option<f64>, Option<f64>) {
    let Some(earlier) = earlier.filter(|earlier| earlier.version == version) else { return (None, None) };
    let change = (earlier.value != 0.0).then(|| decimals(value / earlier.value - 1.0));
    (Some(earlier.value), change)
}

/// The figures that are known, in the order of the definitions.
#[must_use]
pub fn figures(counts: &Counts, days: u64) -> Vec<Figure> {
    let mut made = Figures::default();
    made.goods_and_sellers(counts, days);
    made.viewers(counts, days);
    made.orders(counts);
    made.index(counts);
    made.court(counts);
    made.machine(&counts.rules);
    let place = |figure: &Figure| DEFINITIONS.iter().position(|one| one.id == figure.definition.id);
    made.0.sort_by_key(place);
    made.0
}

/// Rounded as values are shown.
fn decimals(value: f64) -> f64 {
    (value * DECIMALS).round() / DECIMALS
}

/// Figures that are gathered.
#[derive(Default)]
struct Figures(Vec<Figure>);

impl Figures {
    fn add(&mut self, id: &str, value: f64) -> Option<&mut Figure> {
        let definition = definition(id)?;
        self.0.push(Figure { definition, of: None, value: decimals(value), interval: None, note: None });
        self.0.last_mut()
    }

    fn add_of(&mut self, id: &str, of: &str, value: f64) {
        if let Some(figure) = self.add(id, value) {
            figure.of = Some(of.to_owned());
        }
    }

    /// A share with its interval; nothing where nothing was counted.
    fn share(&mut self, id: &str, k: f64, n: f64) -> Option<&mut Figure> {
        if n <= 0.0 {
            return None;
        }
        let interval = Some((decimals(wilson_low(k, n, Z)), decimals(wilson_high(k, n, Z))));
        let figure = self.add(id, k / n)?;
        figure.interval = interval;
        Some(figure)
    }

    fn goods_and_sellers(&mut self, counts: &Counts, days: u64) {
        if let Some(found) = &counts.intercepted {
            self.add("intercepted", found.listings as f64);
            self.add("intercepted.confirmed", found.confirmed as f64);
            self.add("intercepted.overturned", found.overturned as f64);
            self.add("intercepted.before_sale", found.before_sale as f64);
        }
        let bans = &counts.bans;
        self.add("banned", bans.bans as f64);
        self.add("banned.parties", bans.parties as f64);
        self.add("banned.measures", bans.measures as f64);
        self.add("banned.overturned", bans.overturned as f64);
        if let Some(refusals) = &counts.refusals {
            self.add("reregistration", refusals.refused as f64);
            self.add("reregistration.overturned", refusals.overturned as f64);
            self.add("reregistration_a_day", refusals.refused as f64 / days.max(1) as f64);
        }
    }

    fn viewers(&mut self, counts: &Counts, days: u64) {
        let reporting = &counts.reporting;
        if reporting.sessions > 0 {
            self.add("report_rate", 10_000.0 * reporting.reporters as f64 / reporting.sessions as f64);
        }
        let known = counts.participants.len();
        if known > 0 {
            let sum: f64 = counts.participants.iter().map(|day| day.viewers as f64).sum();
            if let Some(figure) = self.add("participants_a_day", sum / known as f64).filter(|_| known as u64 != days) {
                let en = format!("The census ran on {known} of {days} days.");
                figure.note = Some((en, format!("统计覆盖 {days} 天中的 {known} 天。")));
            }
        }
    }

    fn orders(&mut self, counts: &Counts) {
        if let Some(covered) = counts.covered_orders {
            self.add("covered_orders", covered as f64);
        }
        if let Some((value, low, high)) = willingness(counts.with_badge, counts.without_badge)
            && let Some(figure) = self.add("willingness", value)
        {
            figure.interval = Some((decimals(low), decimals(high)));
        }
        let survey = &counts.after_sales;
        self.share("satisfaction", survey.yes, survey.answered);
        if let Some(asked) = survey.asked {
            self.share("satisfaction.answered", survey.answered, asked);
        }
        if let Some(claims) = &counts.claims {
            self.share("intervention", claims.escalated as f64, claims.covered_completed as f64);
            self.share("intervention.of_claims", claims.escalated as f64, claims.claims as f64);
        }
    }

    fn index(&mut self, counts: &Counts) {
        let is_whole = counts.deciles.len() == DECILES;
        for (place, decile) in counts.deciles.iter().enumerate().filter(|_| is_whole) {
            if place > 0 {
                self.add_of("index.decile", &place.to_string(), decile.low);
            }
            self.add_of("index.exposure", &(place + 1).to_string(), decile.exposure);
        }
        let newcomers = &counts.newcomers;
        if newcomers.shops > 0 {
            self.add("index.newcomers", newcomers.newcomers as f64 / newcomers.shops as f64);
        }
        if let Some(auc) = counts.auc {
            self.add("index.auc", auc);
        }
    }

    fn court(&mut self, counts: &Counts) {
        let jury = &counts.jury;
        self.add("jury", jury.cases as f64);
        self.share("jury.hung", jury.hung as f64, (jury.hung + jury.decided) as f64);
        for (id, median) in
            [("jury.ballots", jury.median_ballots), ("jury.minutes", jury.median_ms.map(|ms| ms / MINUTE_MS))]
        {
            if let Some(median) = median {
                self.add(id, median);
            }
        }
        let appeals = &counts.appeals;
        self.add("appeals", appeals.filed as f64);
        self.add("appeals.overturned", appeals.overturned as f64);
        if let Some(ms) = appeals.median_ms {
            self.add("appeals.hours", ms / HOUR_MS);
        }
    }

    fn machine(&mut self, rules: &[RuleCounts]) {
        for rule in rules {
            self.add_of("machine.hits", &rule.name, rule.hits as f64);
            let decided = rule.confirmed + rule.overturned;
            if let Some(figure) = self.share("machine.precision", rule.confirmed as f64, decided as f64) {
                figure.of = Some(rule.name.clone());
            }
            self.add_of("machine.overturned", &rule.name, rule.overturned as f64);
        }
    }
}

/// By how much an order is likelier with the badge, with the bounds that follow from both shares' intervals. There is
/// none without both arms of a random badge, nor where nobody ordered without it.
fn willingness(with: Count, without: Count) -> Option<(f64, f64, f64)> {
    if with.n <= 0.0 || without.n <= 0.0 || without.k <= 0.0 {
        return None;
    }
    let ratio = |over: f64, under: f64| over / under - 1.0;
    let low = |count: Count| wilson_low(count.k, count.n, Z);
    let high = |count: Count| wilson_high(count.k, count.n, Z);
    let value = ratio(with.k / with.n, without.k / without.n);
    Some((value, ratio(low(with), high(without)), ratio(high(with), low(without))))
}
