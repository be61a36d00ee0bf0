//! The trials behind each signal, and the rate of its misses for a shop. It draws nothing.

use live_jury_trust::signal::{self, Dimension, Effect, Form, SIGNALS, Signal, SignalId};

/// The bad share of a typical shop, at which each signal has its prior.
pub(super) const TYPICAL_BAD_SHARE: f64 = 0.045;
/// The share of misses that no shop exceeds.
const MISSES_MAX: f64 = 0.95;
/// The power of the bad share in signals that do not count bad orders themselves.
const WEAK_POWER: f64 = 0.3;
/// The signals whose misses grow with the bad share itself.
const STRONG: [&str; 29] = [
    "q01", "q02", "q03", "q04", "q05", "q06", "q16", "q17", "s06", "s11", "e01", "e02", "e03", "e04", "e05", "e06",
    "e07", "e09", "e10", "e11", "e12", "e13", "p03", "p04", "p08", "p09", "p13", "h01", "h03",
];
/// The same, for orders that viewers prove when they report.
const PROVEN: &str = "x08";
/// Hours of a live room, in hundreds.
const HUNDRED_HOURS_A_ROOM: f64 = 0.03;
/// The units of exposures that are counted in thousands.
const THOUSANDTH: f64 = 0.001;
/// The deciding votes of a case that count.
const VOTES_A_CASE: f64 = 100.0;

/// The sources of trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Each order: placed, due, shipped and delivered.
    Order,
    /// Buyers.
    Buyer,
    /// Orders that a promise covers.
    Covered,
    /// Chats.
    Chat,
    /// Followers.
    Follow,
    /// Reviews.
    Review,
    /// Returns.
    Return,
    /// Requests for a refund.
    RefundRequest,
    /// Listings.
    Listing,
    /// Claims on a promise.
    Claim,
    /// Live rooms.
    Room,
    /// Checks of live rooms and of goods.
    Check,
    /// Ten thousand hours of viewers.
    ViewerHours,
    /// Cases.
    Case,
    /// Everything else.
    Other,
}

impl Source {
    /// All sources.
    pub const ALL: [Self; 15] = [
        Self::Order,
        Self::Buyer,
        Self::Covered,
        Self::Chat,
        Self::Follow,
        Self::Review,
        Self::Return,
        Self::RefundRequest,
        Self::Listing,
        Self::Claim,
        Self::Room,
        Self::Check,
        Self::ViewerHours,
        Self::Case,
        Self::Other,
    ];

    /// The trials that come with each order, and those that come with each day.
    pub const fn rate(self) -> (f64, f64) {
        match self {
            Self::Order => (1.0, 0.0),
            Self::Buyer => (0.8, 0.0),
            Self::Covered => (0.4, 0.0),
            Self::Chat => (0.3, 0.0),
            Self::Follow => (0.2, 0.0),
            Self::Review => (0.12, 0.0),
            Self::Return => (0.08, 0.0),
            Self::RefundRequest => (0.06, 0.0),
            Self::Listing => (0.05, 0.1),
            Self::Claim | Self::Other => (0.01, 0.0),
            Self::Room => (0.0, 0.7),
            Self::Check | Self::ViewerHours => (0.0, 0.05),
            Self::Case => (0.0, 0.01),
        }
    }
}

/// A signal with the source of its trials.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial {
    /// The signal.
    pub id: SignalId,
    /// The source.
    pub source: Source,
    /// The trials, or the units of exposure, of one that the source gives.
    pub units: f64,
    /// The power with which the bad share enters its misses.
    pub power: f64,
}

impl Trial {
    /// All rates and exposures, in the order of the table. A market without `all` has none of listings, claims,
    /// promises and remedies.
    pub fn list(all: bool) -> Vec<Self> {
        let counted = |signal: &&Signal| signal.form != Form::State && (all || is_of_facts(signal.source));
        SIGNALS.iter().filter(counted).map(Self::of).collect()
    }

    fn of(signal: &Signal) -> Self {
        let source = source(signal.name);
        let strong = STRONG.contains(&signal.name) || signal.name == PROVEN;
        let units = match (source, signal.form) {
            (Source::Room, Form::Exposure) => HUNDRED_HOURS_A_ROOM,
            (Source::ViewerHours, _) => 1.0,
            (Source::Case, _) if signal.id == SignalId::X02 => VOTES_A_CASE,
            (_, Form::Exposure) => THOUSANDTH,
            _ => 1.0,
        };
        Self { id: signal.id, source, units, power: if strong { 1.0 } else { WEAK_POWER } }
    }

    /// The share of misses, or the events for each unit, of a shop with this bad share and this factor of its own.
    pub fn misses(&self, bad_share: f64, own: f64) -> f64 {
        let signal = self.id.signal();
        let prior = if signal.form == Form::Rate { signal.misses(signal.prior) } else { signal.prior };
        let misses = prior * (bad_share / TYPICAL_BAD_SHARE).powf(self.power) * own;
        if signal.form == Form::Rate { misses.min(MISSES_MAX) } else { misses }
    }

    /// The hits that the counter gets for this many misses.
    pub fn hits(&self, trials: f64, misses: f64) -> f64 {
        match self.id.signal().effect {
            Effect::Good => trials - misses,
            Effect::Bad => misses,
        }
    }
}

/// Whether a platform that sends facts and holds trials feeds a signal's source, even if nobody uses the rest.
const fn is_of_facts(source: signal::Source) -> bool {
    matches!(
        source,
        signal::Source::Facts | signal::Source::Verdicts | signal::Source::Standing | signal::Source::Cases
    )
}

/// The source of a signal's trials.
fn source(name: &str) -> Source {
    match name {
        "q05" | "q06" | "h07" | "h08" => Source::Check,
        "q07" | "q08" | "q09" | "q10" | "q11" | "q12" | "q13" | "q14" | "q18" | "x14" => Source::Listing,
        "s07" | "s08" | "s09" | "s15" => Source::Chat,
        "s10" => Source::RefundRequest,
        "s14" | "e08" => Source::Return,
        "h01" => Source::ViewerHours,
        "h02" | "h12" | "x01" | "x02" => Source::Case,
        "h03" | "h04" | "h05" | "h06" | "h13" => Source::Room,
        "e02" | "e03" | "e04" | "e10" | "x09" => Source::Review,
        "e06" => Source::Buyer,
        "p03" | "p05" | "p07" | "p08" | "p10" | "p13" | "p14" => Source::Claim,
        "p04" | "p06" => Source::Covered,
        "x07" => Source::Follow,
        "q17" | "s11" | "s12" | "s13" | "h09" | "h10" | "h11" | "h14" | "e05" | "e09" | "e11" | "e13" | "e14"
        | "p09" | "p12" | "x11" | "x13" => Source::Other,
        _ => Source::Order,
    }
}

/// Whether a signal counts all over the shop's orders, so that a bought order feeds it.
pub(super) fn is_of_orders(trial: &Trial) -> bool {
    trial.source.rate().0 > 0.0 && trial.id.signal().dimension() != Dimension::Host
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typical_shop_has_the_misses_of_the_table() {
        for trial in Trial::list(true) {
            let (signal, misses) = (trial.id.signal(), trial.misses(TYPICAL_BAD_SHARE, 1.0));
            let prior = if signal.form == Form::Rate { signal.misses(signal.prior) } else { signal.prior };
            assert!((misses - prior).abs() < 1e-12, "{}", signal.name);
        }
    }

    #[test]
    fn strong_signals_are_signals_and_grow_with_the_bad_share() {
        for name in STRONG {
            assert!(SignalId::from_name(name).is_some(), "{name}");
        }
        let q01 = Trial::of(SignalId::Q01.signal());
        assert!((q01.misses(0.09, 1.0) - 0.04).abs() < 1e-12);
        let s01 = Trial::of(SignalId::S01.signal());
        assert!((s01.misses(0.09, 1.0) - 0.05 * 2_f64.powf(0.3)).abs() < 1e-12);
        assert_eq!(s01.hits(30.0, 2.0), 28.0);
        assert_eq!(Trial::of(SignalId::E06.signal()).misses(0.3, 2.0), MISSES_MAX);
    }

    #[test]
    fn a_market_of_facts_leaves_out_what_a_platform_may_leave_unused() {
        let (all, facts) = (Trial::list(true), Trial::list(false));
        assert_eq!(all.len(), SIGNALS.iter().filter(|signal| signal.form != Form::State).count());
        assert!(facts.len() < all.len() && facts.iter().all(|trial| is_of_facts(trial.id.signal().source)));
    }
}
