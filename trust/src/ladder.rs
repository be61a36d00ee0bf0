//! The ladder: from the list of a party's violations to points, tier and measures. It is computed anew each time and
//! never patched, so a violation that is void is as if it had never been.

mod reconcile;
mod violation;

use serde::Serialize;

use crate::DAY_MS;
use crate::exposure::Gate;
use crate::policy::{POLICY_POINTS_MAX, points_after};

pub use reconcile::{Difference, Taken, reconcile};
pub use violation::{State, Violation};

/// The time for which points count and repeats are repeats, in milliseconds.
pub const POINTS_KEPT_MS: u64 = 180 * DAY_MS;
/// The points from which a person may ban.
pub const BAN_POINTS_MIN: u32 = POLICY_POINTS_MAX;
/// The time between a ban and the end of the account, in milliseconds, unless the policy ends it at once: the 30 days
/// of Article 4 of Regulation (EU) 2019/1150.
pub const ACCOUNT_NOTICE_MS: u64 = 30 * DAY_MS;

/// A step of the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Nothing, or little.
    Clear,
    /// The party is told how close it is.
    Notice,
    /// No boost.
    Warned,
    /// Shown less, and nothing new listed.
    Limited,
    /// Not shown.
    Suspended,
    /// A person decides whether to ban.
    BanProposed,
}

impl Tier {
    /// The tier of these points.
    #[must_use]
    pub const fn of(points: u32) -> Self {
        match points {
            0..7 => Self::Clear,
            7..12 => Self::Notice,
            12..24 => Self::Warned,
            24..36 => Self::Limited,
            36..BAN_POINTS_MIN => Self::Suspended,
            _ => Self::BanProposed,
        }
    }

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Notice => "notice",
            Self::Warned => "warned",
            Self::Limited => "limited",
            Self::Suspended => "suspended",
            Self::BanProposed => "ban_proposed",
        }
    }

    /// The measure that a violation starts in this tier, and its days. A ban itself is never started here.
    #[must_use]
    pub const fn measure(self) -> Option<(Gate, u64)> {
        match self {
            Self::Clear | Self::Notice => None,
            Self::Warned => Some((Gate::NoBoost, 7)),
            Self::Limited => Some((Gate::Limit, 7)),
            Self::Suspended | Self::BanProposed => Some((Gate::Suspend, 28)),
        }
    }
}

/// A measure that a violation started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Measure {
    /// The violation that started it.
    pub violation: String,
    /// The measure.
    pub kind: Gate,
    /// The points that led to it.
    pub points: u32,
    /// The first moment, in Unix milliseconds.
    pub from_ms: u64,
    /// The end, in Unix milliseconds.
    pub until_ms: u64,
}

impl Measure {
    /// Whether it is in force.
    #[must_use]
    pub const fn is_in_force(&self, now_ms: u64) -> bool {
        self.from_ms <= now_ms && now_ms < self.until_ms
    }
}

/// A violation with the points that it has among the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// The violation's id.
    pub violation: String,
    /// Its points, with the factor of a repeat.
    pub points: u32,
    /// Whether its points still count.
    pub counts: bool,
}

/// The standing of a party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The points that count now.
    pub points: u32,
    /// The tier that they make.
    pub tier: Tier,
    /// The violations, the oldest first.
    pub violations: Vec<Counted>,
    /// All measures that violations started, the oldest first.
    pub measures: Vec<Measure>,
}

impl Standing {
    /// The standing by all violations of one party, in any order.
    #[must_use]
    pub fn of(violations: &[Violation], now_ms: u64) -> Self {
        let mut in_order: Vec<&Violation> = violations.iter().filter(|violation| violation.state.counts()).collect();
        in_order.sort_by(|a, b| (a.decided_at_ms, &a.id).cmp(&(b.decided_at_ms, &b.id)));
        let mut counted: Vec<(&Violation, u32)> = Vec::with_capacity(in_order.len());
        let mut measures = Vec::new();
        for violation in in_order {
            let at_ms = violation.decided_at_ms;
            let is_earlier =
                |(earlier, _): &&(&Violation, u32)| earlier.policy == violation.policy && earlier.is_fresh(at_ms);
            let repeats = counted.iter().filter(is_earlier).count();
            counted.push((violation, points_after(violation.base_points, violation.repeat, repeats)));
            // An open appeal holds back its own points from measures that start after it was filed.
            let held = |earlier: &Violation| earlier.state.appealed_at_ms().is_some_and(|filed_ms| filed_ms <= at_ms);
            let points = sum(counted.iter().filter(|(earlier, _)| earlier.is_fresh(at_ms) && !held(earlier)));
            if let Some((kind, days)) = Tier::of(points).measure() {
                let until_ms = at_ms.saturating_add(days * DAY_MS);
                measures.push(Measure { violation: violation.id.clone(), kind, points, from_ms: at_ms, until_ms });
            }
        }
        let points = sum(counted.iter().filter(|(violation, _)| violation.is_fresh(now_ms)));
        let row = |(violation, points): &(&Violation, u32)| Counted {
            violation: violation.id.clone(),
            points: *points,
            counts: violation.is_fresh(now_ms),
        };
        Self { points, tier: Tier::of(points), violations: counted.iter().map(row).collect(), measures }
    }

    /// The strongest measure in force.
    #[must_use]
    pub fn gate(&self, now_ms: u64) -> Option<Gate> {
        self.measures.iter().filter(|measure| measure.is_in_force(now_ms)).map(|measure| measure.kind).max()
    }

    /// The end of the last suspension that has begun.
    #[must_use]
    pub fn suspended_until_ms(&self, now_ms: u64) -> Option<u64> {
        let begun = self.measures.iter().filter(|measure| measure.kind == Gate::Suspend && measure.from_ms <= now_ms);
        begun.map(|measure| measure.until_ms).max()
    }
}

fn sum<'a, 'v: 'a>(violations: impl Iterator<Item = &'a (&'v Violation, u32)>) -> u32 {
    violations.fold(0, |sum, (_, points)| sum.saturating_add(*points))
}

#[cfg(test)]
mod tests;
