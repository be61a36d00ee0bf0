//! Chooses and formats what the page says about an index. It words no sentence and computes no index.

use live_jury_protocol::trust::{IndexAnswer, IndexStep, SignalDefinition, SignalPoints};

/// Signals named as those that moved an index most. The page lists all others below.
const MOVERS: usize = 3;
/// Points that a page shows as none: it rounds to one decimal.
const NOTHING: f64 = 0.05;
/// Spreads between the index and either bound, as the exposure has them.
const SPREADS: f64 = 1.28;
/// From this many on, a count is shown without decimals.
const WHOLE_FROM: f64 = 10.0;

/// The signals that moved the index most, the strongest first.
#[must_use]
pub fn movers(signals: &[SignalPoints]) -> Vec<SignalPoints> {
    strongest(signals, |signal| signal.points.abs())
}

/// The signals with the most points to gain by being typical, the largest gain first.
#[must_use]
pub fn gains(signals: &[SignalPoints]) -> Vec<SignalPoints> {
    strongest(signals, |signal| -signal.points)
}

fn strongest(signals: &[SignalPoints], weight: impl Fn(&SignalPoints) -> f64) -> Vec<SignalPoints> {
    let mut found: Vec<SignalPoints> = signals.iter().filter(|signal| weight(signal) >= NOTHING).cloned().collect();
    // The sort is stable: equal ones keep the order of the table.
    found.sort_by(|one, other| weight(other).total_cmp(&weight(one)));
    found.truncate(MOVERS);
    found
}

/// The bounds between which the index is four times in five.
#[must_use]
pub fn bounds(index: &IndexAnswer) -> (f64, f64) {
    (index.index - SPREADS * index.sd, index.index + SPREADS * index.sd)
}

/// Whether a step changed the exposure. The first step starts from 1.
#[must_use]
pub fn changes(steps: &[IndexStep], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| steps.get(before)).map_or(1.0, |before| before.m);
    steps.get(at).is_some_and(|step| (step.m - before).abs() > f64::EPSILON)
}

/// The counts of a signal, as a page shows them.
#[derive(Clone, Debug, PartialEq)]
pub enum Counted {
    /// Nothing was counted, or no source has spoken.
    Nothing,
    /// Hits, trials and their share.
    Share {
        /// The hits.
        hits: String,
        /// The trials.
        trials: String,
        /// The share, in percent.
        share: String,
    },
    /// Events for each unit of an exposure.
    PerUnit {
        /// The events.
        events: String,
        /// The events for each unit.
        rate: String,
    },
    /// A state, in percent.
    State(String),
}

/// The counts of a signal, and what a typical shop has.
#[must_use]
pub fn counted(signal: &SignalPoints, definition: Option<&SignalDefinition>) -> (Counted, String) {
    let form = definition.map(|definition| definition.form.as_str()).unwrap_or_default();
    let typical = if form == "exposure" { decimal(signal.category_rate) } else { percent(signal.category_rate) };
    let is_known = signal.n > 0.0 || form == "state";
    let Some(rate) = signal.rate.filter(|_| is_known) else { return (Counted::Nothing, typical) };
    let counted = match form {
        "state" => Counted::State(percent(rate)),
        "exposure" => Counted::PerUnit { events: count(signal.k), rate: decimal(signal.k / signal.n) },
        _ => Counted::Share { hits: count(signal.k), trials: count(signal.n), share: percent(signal.k / signal.n) },
    };
    (counted, typical)
}

/// Points with their sign and one decimal.
#[must_use]
pub fn points(points: f64) -> String {
    if points.abs() < NOTHING {
        return "0.0".to_owned();
    }
    let sign = if points < 0.0 { '\u{2212}' } else { '+' };
    format!("{sign}{:.1}", points.abs())
}

/// An exposure as a factor.
#[must_use]
pub fn factor(m: f64) -> String {
    format!("{m:.3}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A whole number of points.
#[must_use]
pub fn whole(number: f64) -> String {
    format!("{number:.0}")
}

/// A share in percent, with the decimals that tell small shares apart.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{}%", decimal(share * 100.0))
}

/// A number with two figures below 10 and no needless zeros.
#[must_use]
pub fn decimal(number: f64) -> String {
    let size = number.abs();
    let decimals = if size >= WHOLE_FROM || size == 0.0 {
        0
    } else if size >= 1.0 {
        1
    } else if size >= 0.1 {
        2
    } else if size >= 0.01 {
        3
    } else {
        4
    };
    let text = format!("{number:.decimals$}");
    if decimals == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

/// A count by age. It need not be whole, so small ones have a decimal.
fn count(number: f64) -> String {
    if number >= WHOLE_FROM { grouped(number) } else { format!("{number:.1}").trim_end_matches(".0").to_owned() }
}

/// A whole number in groups of three digits, which both languages separate by a comma.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signal(id: &str, points: f64) -> SignalPoints {
        let id = id.to_owned();
        SignalPoints { id, n: 1_000.0, k: 12.0, rate: Some(0.0133), category_rate: 0.02, points, points_max: 15.0 }
    }

    fn definition(form: &str) -> SignalDefinition {
        serde_json::from_value(serde_json::json!({
            "id": "q01", "dimension": "goods", "dimension_weight": 0.25, "what": "w", "form": form, "effect": "bad",
            "half_life_days": 60, "prior": 0.02, "kappa": 200.0, "weight": 12, "source": "facts"
        }))
        .unwrap()
    }

    fn step(m: f64) -> IndexStep {
        IndexStep { step: "index".to_owned(), m, why: String::new(), signals: Vec::new() }
    }

    #[test]
    fn the_three_strongest_signals_come_first_and_those_without_points_not_at_all() {
        let all = [signal("a", 0.01), signal("b", -3.0), signal("c", 2.0), signal("d", 0.5), signal("e", -4.0)];
        let ids = |found: Vec<SignalPoints>| found.into_iter().map(|signal| signal.id).collect::<Vec<_>>();
        assert_eq!(ids(movers(&all)), ["e", "b", "c"]);
        assert_eq!(ids(gains(&all)), ["e", "b"]);
        assert_eq!(ids(movers(&all[..1])), Vec::<String>::new());
    }

    #[test]
    fn a_rate_is_hits_of_trials_and_an_exposure_is_events_a_unit() {
        let share = Counted::Share { hits: "12".into(), trials: "1,000".into(), share: "1.2%".into() };
        assert_eq!(counted(&signal("q01", 3.0), Some(&definition("rate"))), (share, "2%".to_owned()));
        let events = Counted::PerUnit { events: "12".into(), rate: "0.012".into() };
        assert_eq!(counted(&signal("q15", 3.0), Some(&definition("exposure"))), (events, "0.02".to_owned()));
    }

    #[test]
    fn nothing_counted_is_no_share() {
        let mut silent = signal("q01", 0.0);
        silent.n = 0.0;
        assert_eq!(counted(&silent, Some(&definition("rate"))).0, Counted::Nothing);
        assert_eq!(counted(&silent, Some(&definition("state"))).0, Counted::State("1.3%".to_owned()));
        silent.rate = None;
        assert_eq!(counted(&silent, Some(&definition("state"))).0, Counted::Nothing);
    }

    #[test]
    fn a_step_changes_the_exposure_or_leaves_it() {
        let steps = [step(1.0), step(1.05), step(1.05), step(0.85)];
        assert_eq!([0, 1, 2, 3, 4].map(|at| changes(&steps, at)), [false, true, false, true, false]);
        assert!(changes(&[step(0.9)], 0));
    }

    #[test]
    fn numbers_show_what_tells_them_apart() {
        assert_eq!([3.049, -3.049, 0.01, -0.01].map(points), ["+3.0", "\u{2212}3.0", "0.0", "0.0"]);
        assert_eq!([1.0, 1.1658, 0.85, 0.0].map(factor), ["1", "1.166", "0.85", "0"]);
        assert_eq!([0.0, 0.02, 0.0005, 0.0133, 0.95].map(percent), ["0%", "2%", "0.05%", "1.3%", "95%"]);
        assert_eq!([3.25, 12.0, 1_234_567.4].map(count), ["3.2", "12", "1,234,567"]);
        let index: IndexAnswer =
            serde_json::from_value(serde_json::json!({"index": 522.91, "sd": 45.102, "evidence": "new", "m": 1.0}))
                .unwrap();
        let (low, high) = bounds(&index);
        assert_eq!([low, high].map(whole), ["465", "581"]);
    }
}
