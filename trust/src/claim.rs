//! A claim of a buyer on a promise: its states, its clocks, and what the terms alone grant. It denies nothing by itself
//! and files nothing.

mod clock;
mod counts;
#[cfg(test)]
mod tests;

pub use clock::{
    ANSWER_MS, COURT_MS, ESCALATE_MS, FULFIL_MS, Hour, REVIEW_MS, START_MS, TOLD_LATE_MS_MAX, due_told_ms,
    due_untold_ms,
};
pub use counts::{Transition, counts};

use crate::promise::{Limits, PromiseKind};
use crate::wilson_low;
use clock::HOUR_MS;

/// The days of which a buyer's claims count.
pub const BUYER_DAYS: u64 = 90;
/// The most claims of a buyer on one kind of promise in that time that the terms alone grant.
pub const BUYER_CLAIMS_MAX: u64 = 3;
/// The open claims that an order may have. More tell nothing new.
pub const OPEN_OF_ORDER_MAX: u64 = 4;

/// A buyer's share of granted claims is held against so many times the category's.
const SHARE_FACTOR: f64 = 5.0;
/// The standard deviations of the lower bound of a buyer's share.
const SHARE_Z: f64 = 1.645;
/// The claims and orders that are added to those that were, so that one claim of a new buyer proves nothing.
const SHARE_PRIOR: (f64, f64) = (1.0, 21.0);

/// The subject of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The quality of the goods.
    Quality,
    /// A batch or a label that does not fit.
    Batch,
    /// Something else.
    Other,
}

impl About {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Quality, Self::Batch, Self::Other];

    /// The name on the wire and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quality => "quality",
            Self::Batch => "batch",
            Self::Other => "other",
        }
    }

    /// The one with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|about| about.as_str() == name)
    }
}

/// The state of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClaimState {
    /// The merchant is to answer.
    Open,
    /// The merchant owes what was promised.
    Granted,
    /// The merchant has refused, and the buyer may escalate.
    Refused,
    /// The buyer has escalated, and nobody has it yet.
    Escalated,
    /// A jury judges it.
    InCourt,
    /// A moderator decides on it.
    InReview,
    /// A jury or a moderator has denied it.
    Denied,
    /// The buyer has left a refusal as it was.
    Closed,
    /// The merchant has given what was promised.
    Fulfilled,
    /// The merchant has not given it in time.
    Breached,
    /// It was given after a breach.
    FulfilledByPlatform,
    /// The buyer has taken it back.
    Withdrawn,
}

/// The reason for which a claim was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantedBy {
    /// The terms of the promise, at once.
    Terms,
    /// The merchant's silence.
    Silence,
    /// The merchant.
    Merchant,
    /// A jury.
    Jury,
    /// A moderator of all rooms.
    Moderator,
    /// The notice of a brand's owner, or an authority's finding.
    Notice,
}

impl GrantedBy {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Terms, Self::Silence, Self::Merchant, Self::Jury, Self::Moderator, Self::Notice];

    /// The name on the wire and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Terms => "terms",
            Self::Silence => "silence",
            Self::Merchant => "merchant",
            Self::Jury => "jury",
            Self::Moderator => "moderator",
            Self::Notice => "notice",
        }
    }

    /// The one with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.as_str() == name)
    }
}

/// A step of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Somebody or something grants it.
    Grant(GrantedBy),
    /// The merchant refuses.
    Refuse,
    /// The buyer escalates.
    Escalate,
    /// The time to escalate is over.
    Close,
    /// The case of a jury was opened.
    Court,
    /// A moderator is to decide.
    Review,
    /// A jury or a moderator denies it.
    Deny,
    /// The buyer has got what was promised.
    Fulfil,
    /// The time to give it is over.
    Breach,
    /// The buyer takes it back.
    Withdraw,
}

impl ClaimState {
    /// All states.
    pub const ALL: [Self; 12] = [
        Self::Open,
        Self::Granted,
        Self::Refused,
        Self::Escalated,
        Self::InCourt,
        Self::InReview,
        Self::Denied,
        Self::Closed,
        Self::Fulfilled,
        Self::Breached,
        Self::FulfilledByPlatform,
        Self::Withdrawn,
    ];

    /// The name on the wire and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Granted => "granted",
            Self::Refused => "refused",
            Self::Escalated => "escalated",
            Self::InCourt => "in_court",
            Self::InReview => "in_review",
            Self::Denied => "denied",
            Self::Closed => "closed",
            Self::Fulfilled => "fulfilled",
            Self::Breached => "breached",
            Self::FulfilledByPlatform => "fulfilled_by_platform",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// The state after a step; none if the step is not possible now.
    #[must_use]
    pub const fn after(self, step: Step) -> Option<Self> {
        use GrantedBy::{Jury, Merchant, Moderator, Notice, Silence, Terms};
        match (self, step) {
            (Self::Open, Step::Grant(Terms | Silence | Merchant))
            | (Self::InCourt, Step::Grant(Jury))
            | (Self::InReview, Step::Grant(Moderator))
            | (Self::Open | Self::Refused | Self::InReview, Step::Grant(Notice)) => Some(Self::Granted),
            (Self::Open, Step::Refuse) => Some(Self::Refused),
            (Self::Refused, Step::Escalate) => Some(Self::Escalated),
            (Self::Refused, Step::Close) => Some(Self::Closed),
            (Self::Escalated, Step::Court) => Some(Self::InCourt),
            (Self::Escalated | Self::InCourt, Step::Review) => Some(Self::InReview),
            (Self::InCourt | Self::InReview, Step::Deny) => Some(Self::Denied),
            (Self::Granted, Step::Fulfil) => Some(Self::Fulfilled),
            (Self::Granted, Step::Breach) => Some(Self::Breached),
            (Self::Breached, Step::Fulfil) => Some(Self::FulfilledByPlatform),
            (Self::Open | Self::Refused | Self::Escalated | Self::InCourt | Self::InReview, Step::Withdraw) => {
                Some(Self::Withdrawn)
            }
            _ => None,
        }
    }

    /// The step that its time takes; none where nothing happens by time. Time never denies, and the silence of the
    /// platform decides nothing.
    #[must_use]
    pub const fn by_time(self) -> Option<Step> {
        match self {
            Self::Open => Some(Step::Grant(GrantedBy::Silence)),
            Self::Refused => Some(Step::Close),
            Self::Escalated => Some(Step::Review),
            Self::Granted => Some(Step::Breach),
            _ => None,
        }
    }

    /// The time that a claim in this state has, from its beginning; none without a clock.
    #[must_use]
    pub const fn time_ms(self) -> Option<u64> {
        match self {
            Self::Open => Some(ANSWER_MS),
            Self::Refused => Some(ESCALATE_MS),
            Self::Escalated => Some(COURT_MS),
            Self::InReview => Some(REVIEW_MS),
            Self::Granted => Some(FULFIL_MS),
            _ => None,
        }
    }

    /// The due time of a claim that gets into this state now, in Unix milliseconds.
    #[must_use]
    pub fn due_ms(self, now_ms: u64, hour: Hour) -> Option<u64> {
        self.time_ms().map(|time_ms| now_ms.saturating_add(hour.scale(time_ms)))
    }

    /// Whether nothing happens to it any more.
    #[must_use]
    pub const fn is_ended(self) -> bool {
        matches!(self, Self::Denied | Self::Closed | Self::Fulfilled | Self::FulfilledByPlatform | Self::Withdrawn)
    }
}

/// The facts that the terms of a promise look at.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// The kind of promise.
    pub kind: PromiseKind,
    /// The limits in force at placing.
    pub limits: &'a Limits,
    /// The amount, in the smallest unit of the currency.
    pub amount_minor: u64,
    /// The currency.
    pub currency: &'a str,
    /// The time of placing, in Unix milliseconds.
    pub placed_ms: u64,
    /// The buyer.
    pub buyer: Buyer,
    /// The known facts of the shipment; none for an order that no fact has named.
    pub shipped: Option<Shipped>,
}

/// A buyer's claims of the last 90 days, as far as they are known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Buyer {
    /// The claims on this kind of promise before this one.
    pub claims: u64,
    /// The granted claims of any kind.
    pub granted: u64,
    /// The orders; none if the platform does not tell.
    pub orders: Option<u64>,
    /// The share of covered orders of the category with a granted claim.
    pub category_share: f64,
}

/// A shipment, as facts tell of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shipped {
    /// It has not left.
    NotYet,
    /// It left then, in Unix milliseconds.
    At(u64),
}

/// The share of a category with so many granted claims and covered orders.
#[must_use]
pub fn category_share(granted: u64, covered: u64) -> f64 {
    (SHARE_PRIOR.0 + granted as f64) / (SHARE_PRIOR.1 + covered as f64)
}

impl Asked<'_> {
    /// Whether the terms alone grant the claim. Else the merchant is asked: nothing is denied by machine.
    #[must_use]
    pub fn is_granted(&self, now_ms: u64) -> bool {
        match self.kind {
            PromiseKind::RefundWithoutReturn => self.is_small() && self.buyer.is_usual(),
            PromiseKind::ShipWithin => self.is_late(now_ms),
            PromiseKind::FreeReturn | PromiseKind::Authentic => false,
        }
    }

    fn is_small(&self) -> bool {
        let same_currency = self.limits.currency.as_deref().is_none_or(|currency| currency == self.currency);
        same_currency && self.limits.max_minor.is_some_and(|max| self.amount_minor <= max)
    }

    fn is_late(&self, now_ms: u64) -> bool {
        let Some(hours) = self.limits.hours else { return false };
        let due_ms = self.placed_ms.saturating_add(u64::from(hours) * HOUR_MS);
        match self.shipped {
            Some(Shipped::At(at_ms)) => at_ms > due_ms,
            Some(Shipped::NotYet) => now_ms > due_ms,
            None => false,
        }
    }
}

impl Buyer {
    /// Whether the buyer claims no more than others do, as far as that can be told.
    fn is_usual(&self) -> bool {
        let is_rare = self.claims < BUYER_CLAIMS_MAX;
        let is_even = self.orders.is_none_or(|orders| {
            let (granted, orders) = (SHARE_PRIOR.0 + self.granted as f64, SHARE_PRIOR.1 + orders as f64);
            wilson_low(granted, orders, SHARE_Z) <= SHARE_FACTOR * self.category_share
        });
        is_rare && is_even
    }
}
