//! A promise to buyers: its kinds and limits, its states, and the orders that it covers. It files nothing, and imposes
//! none.

#[cfg(test)]
mod tests;

use live_jury_protocol::text;
use serde::{Deserialize, Serialize};

use crate::ladder::Tier;
use crate::{DAY_MS, is_currency, wilson_low};

/// The time between a merchant's notice and the end of its promise, in milliseconds: 30 days.
pub const NOTICE_MS: u64 = 30 * DAY_MS;
/// The share of covered orders with a breach from which a promise is suspended: one in a hundred.
pub const BREACH_SHARE_MAX: f64 = 0.01;
/// The standard deviations of the lower bound that is compared with it: one in twenty honest shops is above by chance.
pub const BREACH_Z: f64 = 1.645;
/// The most hours of a promised shipment: 30 days, in which any order is made.
pub const SHIP_HOURS_MAX: u32 = 720;
/// The most times that the price is promised back.
pub const MULTIPLE_MAX: u32 = 10;
/// Limits the words of a promise, in characters: a page.
pub const TERMS_CHARS_MAX: usize = 2_000;
/// The days with which the claims of one day are compared.
pub const PEAK_DAYS: usize = 90;
/// The days before the end of a promise in which a peak of claims counts.
const PEAK_BEFORE_DAYS: usize = 30;
/// The fewest claims of a day with a peak.
const PEAK_CLAIMS_MIN: u64 = 5;
/// A peak has so many times the claims of a usual day.
const PEAK_FACTOR: f64 = 3.0;

/// A kind of promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromiseKind {
    /// Money back, and the goods stay with the buyer.
    RefundWithoutReturn,
    /// The merchant pays the postage of a return.
    FreeReturn,
    /// The goods leave in time.
    ShipWithin,
    /// The goods are genuine, or a multiple of the price comes back.
    Authentic,
}

impl PromiseKind {
    /// All kinds. Each is open to every category of goods.
    pub const ALL: [Self; 4] = [Self::RefundWithoutReturn, Self::FreeReturn, Self::ShipWithin, Self::Authentic];

    /// The name on the wire and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RefundWithoutReturn => "refund_without_return",
            Self::FreeReturn => "free_return",
            Self::ShipWithin => "ship_within",
            Self::Authentic => "authentic",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Whether a jury may judge a claim on it. Whether goods are genuine takes a brand's owner or a laboratory.
    #[must_use]
    pub const fn is_judged(self) -> bool {
        !matches!(self, Self::Authentic)
    }
}

/// The limits and the words of a promise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// The largest refund without return, in the smallest unit of the currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_minor: Option<u64>,
    /// The currency of that amount. None: the one of the shop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The hours from placing within which goods leave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<u32>,
    /// The multiple of the price that comes back for goods that are not genuine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multiple: Option<u32>,
    /// The words of the promise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms: Option<String>,
}

/// A wrong limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct LimitFault {
    /// The limit's name.
    pub field: &'static str,
    /// The fault.
    pub why: &'static str,
}

impl Limits {
    /// Checks that a kind has the limits that it needs, and no others.
    ///
    /// # Errors
    /// The first limit that is wrong.
    pub fn check(&self, kind: PromiseKind) -> Result<(), LimitFault> {
        use PromiseKind as K;
        let wrong = |field, why| Err(LimitFault { field, why });
        match self.max_minor {
            Some(max) if kind == K::RefundWithoutReturn && max > 0 && i64::try_from(max).is_ok() => {}
            None if kind != K::RefundWithoutReturn => {}
            _ => return wrong("max_minor", "must be a positive amount for refund_without_return, and for no other"),
        }
        if let Some(currency) = &self.currency
            && (!is_currency(currency) || self.max_minor.is_none())
        {
            return wrong("currency", "must be three capital letters beside max_minor");
        }
        match self.hours {
            Some(hours) if kind == K::ShipWithin && (1..=SHIP_HOURS_MAX).contains(&hours) => {}
            None if kind != K::ShipWithin => {}
            _ => return wrong("hours", "must be from 1 to 720 for ship_within, and for no other"),
        }
        match self.multiple {
            Some(multiple) if kind == K::Authentic && (1..=MULTIPLE_MAX).contains(&multiple) => {}
            None if kind != K::Authentic => {}
            _ => return wrong("multiple", "must be from 1 to 10 for authentic, and for no other"),
        }
        let fits = |terms: &String| !terms.is_empty() && text::check(terms, TERMS_CHARS_MAX).is_ok();
        if self.terms.as_ref().is_some_and(|terms| !fits(terms)) {
            return wrong("terms", "must have 1 to 2,000 characters that a reader sees, and no control characters");
        }
        Ok(())
    }
}

/// The state of a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromiseState {
    /// It is not in force yet: points or a deposit are in the way.
    Applied,
    /// It is in force.
    Active,
    /// It covers no new order while points or breaches are too many.
    Suspended,
    /// It covers no new order any more.
    Ended,
}

impl PromiseState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Applied, Self::Active, Self::Suspended, Self::Ended];

    /// The name on the wire and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Ended => "ended",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// The facts about a merchant that its promises depend on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Conditions {
    /// The points in force.
    pub points: u32,
    /// The deposit asked for, and the one paid; none where none is asked for.
    pub deposit: Option<(u64, u64)>,
    /// Covered orders; old ones weigh less.
    pub covered: f64,
    /// Breaches; old ones weigh less.
    pub breaches: f64,
}

impl Conditions {
    /// The deposit asked for and the one paid, by what facts tell of a shop and what the programme asks of all. The
    /// larger request counts.
    #[must_use]
    pub fn deposit(told: Option<(u64, u64)>, of_all: Option<u64>) -> Option<(u64, u64)> {
        let asked = told.map(|(asked, _)| asked).max(of_all)?;
        Some((asked, told.map_or(0, |(_, paid)| paid)))
    }

    /// Whether a promise may stay in force.
    #[must_use]
    pub fn allow(&self) -> bool {
        let is_often = wilson_low(self.breaches, self.covered, BREACH_Z) > BREACH_SHARE_MAX;
        Tier::of(self.points) < Tier::Limited && !is_often
    }

    /// Whether a promise may come into force.
    #[must_use]
    pub fn admit(&self) -> bool {
        self.allow() && self.deposit.is_none_or(|(asked, paid)| paid >= asked)
    }
}

/// A version of a promise that was or is in force. It covers the orders that were placed meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The kind.
    pub kind: PromiseKind,
    /// The limits.
    pub limits: Limits,
    /// The first moment, in Unix milliseconds.
    pub from_ms: u64,
    /// The end, in Unix milliseconds; none while there is none.
    pub until_ms: Option<u64>,
}

impl Version {
    /// Whether it covers an order that was placed then.
    #[must_use]
    pub fn covers(&self, placed_ms: u64) -> bool {
        self.from_ms <= placed_ms && self.until_ms.is_none_or(|until_ms| placed_ms < until_ms)
    }
}

/// A change of the list of versions. Nothing that was in force before the present is ever changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// A further version is in force.
    Begin(Version),
    /// The version that began then ends, not before the present.
    End {
        /// The first moment of the version, in Unix milliseconds.
        from_ms: u64,
        /// The end, in Unix milliseconds.
        until_ms: u64,
    },
}

/// A promise of one kind, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programme {
    /// The kind.
    pub kind: PromiseKind,
    /// The state.
    pub state: PromiseState,
    /// The limits.
    pub limits: Limits,
    /// The time of the merchant's notice, in Unix milliseconds.
    pub notice_ms: Option<u64>,
    /// The end that follows from it, in Unix milliseconds.
    pub ends_ms: Option<u64>,
    /// The first moment of the last version, in Unix milliseconds; none before the first.
    pub since_ms: Option<u64>,
}

/// Notice was given: the promise neither changes nor stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("notice was given, and the promise ends with its terms")]
pub struct NoticeGiven;

impl Programme {
    /// A promise that a merchant applies for.
    #[must_use]
    pub const fn applied(kind: PromiseKind, limits: Limits) -> Self {
        Self { kind, state: PromiseState::Applied, limits, notice_ms: None, ends_ms: None, since_ms: None }
    }

    /// The promise with other limits, for orders from now on. One that has ended is applied for again.
    ///
    /// # Errors
    /// Notice was given.
    pub fn change(self, limits: Limits, now_ms: u64) -> Result<(Self, Vec<Edit>), NoticeGiven> {
        if self.state == PromiseState::Ended {
            return Ok((Self { since_ms: self.since_ms, ..Self::applied(self.kind, limits) }, Vec::new()));
        }
        if self.ends_ms.is_some() {
            return Err(NoticeGiven);
        }
        if self.limits == limits || self.state != PromiseState::Active {
            return Ok((Self { limits, ..self }, Vec::new()));
        }
        let last = self.since_ms;
        let (changed, begin) = Self { limits, ..self }.begin(now_ms);
        let end = last.zip(changed.since_ms).map(|(from_ms, until_ms)| Edit::End { from_ms, until_ms });
        Ok((changed, end.into_iter().chain([begin]).collect()))
    }

    /// The promise after the merchant's notice. One that was never in force ends at once.
    #[must_use]
    pub fn give_notice(self, now_ms: u64) -> (Self, Vec<Edit>) {
        match self.state {
            PromiseState::Ended => (self, Vec::new()),
            _ if self.ends_ms.is_some() => (self, Vec::new()),
            PromiseState::Applied => {
                let (notice_ms, ends_ms) = (Some(now_ms), Some(now_ms));
                (Self { state: PromiseState::Ended, notice_ms, ends_ms, ..self }, Vec::new())
            }
            state => {
                let ends_ms = now_ms.saturating_add(NOTICE_MS);
                let end = |from_ms| Edit::End { from_ms, until_ms: ends_ms };
                let edits = self.since_ms.filter(|_| state == PromiseState::Active).map(end);
                let edits = edits.into_iter().collect();
                (Self { notice_ms: Some(now_ms), ends_ms: Some(ends_ms), ..self }, edits)
            }
        }
    }

    /// The promise under these conditions at this time.
    #[must_use]
    pub fn step(self, conditions: &Conditions, now_ms: u64) -> (Self, Vec<Edit>) {
        if self.state == PromiseState::Ended {
            return (self, Vec::new());
        }
        if self.ends_ms.is_some_and(|ends_ms| ends_ms <= now_ms) {
            return (Self { state: PromiseState::Ended, ..self }, Vec::new());
        }
        match self.state {
            PromiseState::Applied if conditions.admit() => self.in_force(now_ms),
            PromiseState::Suspended if conditions.allow() => self.in_force(now_ms),
            PromiseState::Active if !conditions.allow() => {
                // An order of this very moment keeps its cover.
                let end = |from_ms: u64| Edit::End { from_ms, until_ms: from_ms.max(now_ms.saturating_add(1)) };
                let edits = self.since_ms.map(end).into_iter().collect();
                (Self { state: PromiseState::Suspended, ..self }, edits)
            }
            _ => (self, Vec::new()),
        }
    }

    fn in_force(self, now_ms: u64) -> (Self, Vec<Edit>) {
        let (programme, begin) = Self { state: PromiseState::Active, ..self }.begin(now_ms);
        (programme, vec![begin])
    }

    /// Begins a version at the next moment, later than any before it.
    fn begin(self, now_ms: u64) -> (Self, Edit) {
        let from_ms = now_ms.max(self.since_ms.unwrap_or(0)).saturating_add(1);
        let version = Version { kind: self.kind, limits: self.limits.clone(), from_ms, until_ms: self.ends_ms };
        (Self { since_ms: Some(from_ms), ..self }, Edit::Begin(version))
    }
}

/// Whether the claims of the last days, the newest last, had a peak: a promise that ends after one leaves buyers alone.
#[must_use]
pub fn had_peak(claims_by_day: &[u64]) -> bool {
    let days = &claims_by_day[claims_by_day.len().saturating_sub(PEAK_DAYS)..];
    let mean = days.iter().sum::<u64>() as f64 / PEAK_DAYS as f64;
    let last = &days[days.len().saturating_sub(PEAK_BEFORE_DAYS)..];
    last.iter().any(|claims| *claims >= PEAK_CLAIMS_MIN && *claims as f64 >= PEAK_FACTOR * mean)
}
