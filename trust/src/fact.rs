//! A fact: one counted thing that the platform tells, parsed from its line, with its effects on counters and states. It
//! stores nothing.

mod badge;
mod effects;
mod fields;
mod notice;
mod refusal;
mod remedy;
mod tally;
#[cfg(test)]
mod tests;

use serde_json::Value;

pub use badge::Badge;
pub use refusal::{Code, Refusal};
pub use tally::{Tally, day_of};

use crate::counter::Count;
use crate::policy::TrustFile;
use crate::signal::SignalId;
use crate::{DAY_MS, PartyKind};
use fields::Fields;

/// Limits a line, in bytes: the largest fact has a dozen fields of an id's length.
pub const LINE_BYTES_MAX: usize = 4 * 1024;
/// Limits the lines of a request, which is one transaction.
pub const LINES_MAX: usize = 1_000;
/// Limits a request, in bytes.
pub const REQUEST_BYTES_MAX: usize = 1024 * 1024;
/// The most by which a fact may be ahead of the server's clock, in milliseconds: clocks of servers differ by less.
const AHEAD_MS_MAX: u64 = 5 * 60 * 1_000;
/// The greatest age of a fact, in milliseconds: 400 days. Older ones weigh next to nothing.
const AGE_MS_MAX: u64 = 400 * DAY_MS;

/// A line of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// One event.
    Event(Box<Event>),
    /// A day's sum.
    Tally(Tally),
    /// A day's impressions and orders with the badge of a promise, or without it.
    Badge(Badge),
}

/// An event, which counts once.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The platform's id of the event.
    pub id: String,
    /// The time, in Unix milliseconds.
    pub at_ms: u64,
    /// The merchant. An event about a host alone has none.
    pub merchant: Option<String>,
    /// The host.
    pub host: Option<String>,
    /// The room.
    pub room: Option<String>,
    /// The product.
    pub product: Option<String>,
    /// The category of goods.
    pub category: Option<String>,
    /// The effects.
    pub effects: Vec<Effect>,
}

/// An effect of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// A signal counts.
    Count {
        /// The signal.
        signal: SignalId,
        /// The counts.
        count: Count,
        /// The time from which it counts, in Unix milliseconds; it may be later than the event's own.
        at_ms: u64,
    },
    /// A party is known from now on.
    Registered(PartyKind),
    /// An order was placed.
    Placed,
    /// An order was completed.
    Completed,
    /// A delivery; one that names its product counts for it.
    Delivered,
    /// A return; one that names its product counts for it.
    Returned,
    /// A live room ended; the host, if one is named, sold for the merchant.
    Live,
    /// Sessions of viewers of ten seconds or more, in a room that showed a product.
    Sessions(u64),
    /// A buyer was asked about after-sales service: the answer, if there was one.
    AfterSales(Option<bool>),
    /// Licences that the shop needs, and those that are verified and unexpired.
    Licences {
        /// The licences needed.
        needed: u32,
        /// Those verified.
        verified: u32,
    },
    /// The deposit, in the smallest unit of its currency.
    Deposit {
        /// The amount asked for.
        asked: u64,
        /// The amount paid.
        paid: u64,
    },
    /// An authority found a violation.
    Finding {
        /// The policy.
        policy: String,
        /// The authority's words.
        text: String,
    },
    /// A brand's owner or an authority found that goods are not genuine: those of the order, or the event's product.
    NotGenuine {
        /// The order.
        order: Option<String>,
    },
    /// Something happened to an order, which a promise may cover.
    Order {
        /// The order.
        order: String,
        /// What happened.
        what: OrderStep,
    },
    /// A promise covered the order at placing. No line says so: the ledger's versions do.
    Covered {
        /// The category of goods; empty if none is known.
        category: String,
    },
    /// A merchant or a host gave what a case or a claim owed.
    RemedyDone {
        /// The case or the claim.
        of: RemedyOf,
        /// Whether the buyer accepted it, if that is known.
        accepted: Option<bool>,
    },
}

/// A step of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderStep {
    /// It was placed.
    Placed,
    /// It left.
    Shipped,
    /// It was completed.
    Completed,
    /// Money was given back.
    Refunded,
}

/// The thing that owed a remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemedyOf {
    /// A case, by its id.
    Case(String),
    /// A claim, by the platform's id or by the server's.
    Claim(String),
}

impl Fact {
    /// Parses a line. The signals of an event that tallies feed are left out.
    ///
    /// # Errors
    /// The first thing that is wrong with the line, with the field if there is one.
    pub fn parse(line: &[u8], file: &TrustFile, now_ms: u64) -> Result<Self, Refusal> {
        if line.len() > LINE_BYTES_MAX {
            return Err(Refusal::of(Code::TooLong));
        }
        let Ok(Value::Object(fields)) = serde_json::from_slice(line) else {
            return Err(Refusal::of(Code::Malformed));
        };
        let mut fields = Fields::new(fields);
        if fields.has("tally") {
            if fields.is(badge::NAME) {
                let badge = Badge::parse(&mut fields, now_ms)?;
                fields.end()?;
                return Ok(Self::Badge(badge));
            }
            let tally = Tally::parse(&mut fields, file, now_ms)?;
            fields.end()?;
            return Ok(Self::Tally(tally));
        }
        let event = Event::parse(&mut fields, file, now_ms)?;
        fields.end()?;
        Ok(Self::Event(Box::new(event)))
    }
}

impl Event {
    fn parse(fields: &mut Fields, file: &TrustFile, now_ms: u64) -> Result<Self, Refusal> {
        let id = fields.id("id")?;
        let kind = fields.text("type")?;
        let at_ms = fields.whole("at_ms")?;
        check_time("at_ms", at_ms, now_ms)?;
        let merchant = fields.maybe_id("merchant")?;
        let host = fields.maybe_id("host")?;
        let room = fields.maybe_id("room")?;
        let product = fields.maybe_id("product")?;
        let category = fields.maybe_id("category")?;
        if category.as_ref().is_some_and(|category| !file.has_category(category)) {
            return Err(Refusal::at(Code::InvalidField, "category"));
        }
        let mut effects = effects::of(&kind, fields, product.is_some(), at_ms, file)?;
        let is_of_host = effects.contains(&Effect::Registered(PartyKind::Host));
        if is_of_host && host.is_none() {
            return Err(Refusal::at(Code::MissingField, "host"));
        }
        // A host alone may owe a remedy.
        let is_remedy = effects.iter().any(|effect| matches!(effect, Effect::RemedyDone { .. }));
        if !is_of_host && merchant.is_none() && !(is_remedy && host.is_some()) {
            return Err(Refusal::at(Code::MissingField, "merchant"));
        }
        // A finding makes a violation, and it must fall on somebody.
        for effect in &effects {
            let Effect::Finding { policy, .. } = effect else { continue };
            let falls_on = file.policy(policy).map(|policy| policy.bearers(merchant.as_deref(), host.as_deref()));
            if falls_on.is_some_and(|parties| parties.is_empty()) {
                return Err(Refusal::at(Code::MissingField, "host"));
            }
        }
        effects.retain(|effect| match effect {
            Effect::Count { signal, .. } => signal.signal().source.is_fed() && !file.is_tallied(*signal),
            Effect::AfterSales(_) => !file.is_tallied(SignalId::P09),
            _ => true,
        });
        Ok(Self { id, at_ms, merchant, host, room, product, category, effects })
    }
}

impl Event {
    /// The order that was placed, if one was.
    #[must_use]
    pub fn placed(&self) -> Option<&str> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Order { order, what: OrderStep::Placed } => Some(order.as_str()),
            _ => None,
        })
    }

    /// Notes that a promise covers the order that was placed.
    pub fn cover(&mut self, category: Option<&str>) {
        let category = self.category.as_deref().or(category).unwrap_or_default().to_owned();
        self.effects.push(Effect::Covered { category });
        for (signal, n, k) in [(SignalId::P01, 0.0, 1.0), (SignalId::P04, 1.0, 0.0), (SignalId::P06, 1.0, 0.0)] {
            self.effects.push(Effect::Count { signal, count: Count::new(n, k), at_ms: self.at_ms });
        }
    }
}

/// Checks that a time is neither ahead nor too old.
fn check_time(field: &'static str, at_ms: u64, now_ms: u64) -> Result<(), Refusal> {
    if at_ms > now_ms.saturating_add(AHEAD_MS_MAX) {
        return Err(Refusal::at(Code::InFuture, field));
    }
    if at_ms < now_ms.saturating_sub(AGE_MS_MAX) {
        return Err(Refusal::at(Code::TooOld, field));
    }
    Ok(())
}
