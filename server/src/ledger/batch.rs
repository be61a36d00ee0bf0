//! The sums of a request's facts, so that each row of the ledger changes once. It reads and writes nothing.

use std::collections::BTreeMap;

use live_jury_trust::counter::{Count, Counter, FAST_HALF_LIFE_DAYS};
use live_jury_trust::fact::{Effect, Event, OrderStep, Tally};
use live_jury_trust::product::Returns;
use live_jury_trust::signal::{Dimension, SignalId};
use live_jury_trust::sums::Sums;
use live_jury_trust::{DAY_MS, Party, PartyKind};
use serde_json::{Value, json};

use super::daily::{self, Daily};

/// The name of a tally of completed orders.
pub(super) const COMPLETED: &str = "completed";

/// Sums by the rows that they change. The maps are in the order of the rows' keys, so that two nodes lock alike.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// The parties of each kind, in the order of the kinds.
    parties: [BTreeMap<String, PartyChange>; PartyKind::ALL.len()],
    later: BTreeMap<(String, String, u64), Counter>,
    /// Deliveries and returns of a merchant's product on a day.
    products: BTreeMap<(String, String, u64), Returns>,
    /// The last time at which a host sold for a merchant.
    hosts: BTreeMap<(String, String), u64>,
    /// Orders of merchants with promises.
    orders: BTreeMap<(String, String), OrderChange>,
    /// The covered orders of a category on a day.
    cover: BTreeMap<(String, u64), u64>,
    daily: Daily,
}

/// The rows to add. Lists are JSON, and one without rows is empty.
#[derive(Debug)]
pub(super) struct Rows {
    /// The columns of a party, in the order of the table.
    pub parties: String,
    /// The sums of parties, by kind and id.
    pub sums: Vec<(PartyKind, BTreeMap<String, Sums>)>,
    /// Merchant, counter, day, n, k.
    pub later: Vec<Value>,
    /// Merchant, product, day, sold, returned.
    pub products: Vec<Value>,
    /// Merchant, host, time.
    pub hosts: Vec<Value>,
    /// Merchant, order, product, time of placing, whether a promise covers it, times of shipment and completion.
    pub orders: Vec<Value>,
    /// Category, day, covered orders, granted claims.
    pub cover: Vec<Value>,
    /// Plain counts of days.
    pub daily: Daily,
}

/// A change of an order's row.
#[derive(Debug, Default)]
struct OrderChange {
    product: Option<String>,
    placed_ms: Option<u64>,
    shipped_ms: Option<u64>,
    completed_ms: Option<u64>,
    covered: bool,
}

/// A change of a party's row.
#[derive(Debug, Default)]
struct PartyChange {
    sums: Sums,
    since_ms: Option<u64>,
    category: Option<String>,
    completed: i64,
    /// The last day with an order, and its orders.
    placed: (u64, u64),
    licences: (u64, u64, u64),
    deposit: (u64, u64, u64),
    finding_at_ms: u64,
}

/// The name of a signal's counter with a half-life of 7 days.
pub(crate) fn fast_counter(signal: SignalId) -> String {
    format!("{signal}+{FAST_HALF_LIFE_DAYS}")
}

impl Batch {
    /// Adds an event.
    pub fn add_event(&mut self, event: &Event, now_ms: u64) {
        self.add_to_day(event);
        if let Some(merchant) = &event.merchant {
            self.add_of_merchant(merchant, event, now_ms);
        }
        let Some(host) = &event.host else { return };
        let change = self.party(PartyKind::Host, host);
        change.seen_at(event.at_ms);
        for effect in &event.effects {
            match effect {
                Effect::Count { signal, count, at_ms } if signal.signal().dimension() == Dimension::Host => {
                    change.sums.add_count(*signal, *count, *at_ms);
                }
                _ => {}
            }
        }
        if let Some(merchant) = event.merchant.as_ref().filter(|_| event.effects.contains(&Effect::Live)) {
            let last_ms = self.hosts.entry((merchant.clone(), host.clone())).or_default();
            *last_ms = event.at_ms.max(*last_ms);
        }
    }

    /// Adds to the plain counts of the event's day.
    fn add_to_day(&mut self, event: &Event) {
        let day = event.at_ms / DAY_MS;
        for effect in &event.effects {
            match effect {
                Effect::Sessions(sessions) => self.daily.count(day, daily::SESSIONS, *sessions, 0),
                Effect::AfterSales(answer) => {
                    self.daily.count(day, daily::AFTER_SALES_ASKED, 1, 0);
                    if let Some(is_yes) = answer {
                        self.daily.count(day, daily::AFTER_SALES, 1, u64::from(*is_yes));
                    }
                }
                _ => {}
            }
        }
    }

    fn add_of_merchant(&mut self, merchant: &str, event: &Event, now_ms: u64) {
        let change = self.parties[PartyKind::Merchant as usize].entry(merchant.to_owned()).or_default();
        change.seen_at(event.at_ms);
        if let Some(category) = &event.category {
            change.category = Some(category.clone());
        }
        for effect in &event.effects {
            match effect {
                Effect::Count { signal, count, at_ms } if *at_ms > now_ms.max(event.at_ms) => {
                    let sum = Counter::of(*count, *at_ms, signal.signal().half_life_days);
                    let key = (merchant.to_owned(), signal.to_string(), at_ms / DAY_MS);
                    self.later.entry(key).or_default().add(sum);
                }
                Effect::Count { signal, count, at_ms } => change.sums.add_count(*signal, *count, *at_ms),
                Effect::Delivered | Effect::Returned => {
                    let Some(product) = &event.product else { continue };
                    let key = (merchant.to_owned(), product.clone(), event.at_ms / DAY_MS);
                    let returned = u64::from(*effect == Effect::Returned);
                    self.products.entry(key).or_default().add(Returns { sold: 1 - returned, returned });
                }
                Effect::Order { order, what } => {
                    let order = self.orders.entry((merchant.to_owned(), order.clone())).or_default();
                    order.add(*what, event);
                }
                Effect::Covered { category } => {
                    *self.cover.entry((category.clone(), event.at_ms / DAY_MS)).or_default() += 1;
                }
                other => change.add(other, event.at_ms),
            }
        }
    }

    /// Adds the row of a party, so that it exists, is locked and is computed anew.
    pub fn touch(&mut self, party: &Party, now_ms: u64) {
        self.party(party.kind, &party.id).seen_at(now_ms);
    }

    /// Adds to the sum of a party's signal.
    pub fn count_of(&mut self, party: &Party, signal: SignalId, count: Count, at_ms: u64) {
        self.party(party.kind, &party.id).sums.add_count(signal, count, at_ms);
    }

    /// Adds the difference between a tally and the one that it replaces.
    pub fn replace_tally(&mut self, tally: &Tally, before: Count) {
        let difference = Count::new(tally.count.n - before.n, tally.count.k - before.k);
        let change = self.party(PartyKind::Merchant, &tally.merchant);
        change.seen_at(tally.at_ms());
        match tally.signal {
            Some(signal) => change.sums.add_count(signal, difference, tally.at_ms()),
            // Each count is rounded before the difference: rounded differences add up to another number, even below 0.
            None => change.completed += tally.count.n.round() as i64 - before.n.round() as i64,
        }
    }

    fn party(&mut self, kind: PartyKind, id: &str) -> &mut PartyChange {
        self.parties[kind as usize].entry(id.to_owned()).or_default()
    }

    /// All rows that change.
    pub fn rows(self, now_ms: u64) -> Rows {
        let parties = self.parties(now_ms);
        let later =
            self.later.into_iter().map(|((merchant, name, day), sum)| json!([merchant, name, day, sum.n, sum.k]));
        let product = |((merchant, product, day), one): ((String, String, u64), Returns)| {
            json!([merchant, product, day, one.sold, one.returned])
        };
        let host = |((merchant, host), last_ms): ((String, String), u64)| json!([merchant, host, last_ms]);
        let order = |((merchant, order), one): ((String, String), OrderChange)| {
            let (placed_ms, shipped_ms, completed_ms) = (one.placed_ms, one.shipped_ms, one.completed_ms);
            json!([merchant, order, one.product, placed_ms, u8::from(one.covered), shipped_ms, completed_ms])
        };
        let sums = |changes: BTreeMap<String, PartyChange>| -> BTreeMap<String, Sums> {
            let sums = changes.into_iter().map(|(id, change)| (id, change.sums));
            sums.filter(|(_, sums)| !sums.is_empty()).collect()
        };
        Rows {
            parties,
            sums: PartyKind::ALL.into_iter().zip(self.parties.map(sums)).collect(),
            later: later.collect(),
            products: self.products.into_iter().map(product).collect(),
            hosts: self.hosts.into_iter().map(host).collect(),
            orders: self.orders.into_iter().map(order).collect(),
            cover: self.cover.into_iter().map(|((category, day), n)| json!([category, day, n, 0])).collect(),
            daily: self.daily,
        }
    }

    /// The rows of counters: kind, party, name, n, k.
    pub fn counters(&self) -> String {
        let mut rows = Vec::new();
        for (kind, changes) in PartyKind::ALL.into_iter().zip(&self.parties) {
            for (party, change) in changes {
                let row = |(key, sum): (live_jury_trust::sums::SumKey, Counter)| {
                    json!([kind.as_str(), party, key.name(), sum.n, sum.k])
                };
                rows.extend(change.sums.iter().map(row));
            }
        }
        Value::Array(rows).to_string()
    }

    /// The rows of parties.
    pub fn parties(&self, now_ms: u64) -> String {
        let row = |(kind, (id, change)): (PartyKind, (&String, &PartyChange))| {
            let (licences, deposit) = (change.licences, change.deposit);
            json!([
                kind.as_str(),
                id,
                change.since_ms.unwrap_or(now_ms),
                change.category,
                change.completed,
                change.placed.0,
                change.placed.1,
                licences.0,
                licences.1,
                licences.2,
                deposit.0,
                deposit.1,
                deposit.2,
                change.finding_at_ms,
                now_ms,
            ])
        };
        let of_kind = |(kind, changes): (PartyKind, _)| std::iter::repeat(kind).zip(changes);
        Value::Array(PartyKind::ALL.into_iter().zip(&self.parties).flat_map(of_kind).map(row).collect()).to_string()
    }
}

impl OrderChange {
    fn add(&mut self, what: OrderStep, event: &Event) {
        match what {
            OrderStep::Placed => {
                self.placed_ms = Some(event.at_ms);
                self.product.clone_from(&event.product);
                self.covered = event.effects.iter().any(|effect| matches!(effect, Effect::Covered { .. }));
            }
            OrderStep::Shipped => self.shipped_ms = Some(event.at_ms),
            OrderStep::Completed => self.completed_ms = Some(event.at_ms),
            // Claims keep it.
            OrderStep::Refunded => {}
        }
    }
}

impl PartyChange {
    fn seen_at(&mut self, at_ms: u64) {
        self.since_ms = Some(self.since_ms.map_or(at_ms, |since_ms| since_ms.min(at_ms)));
    }

    fn add(&mut self, effect: &Effect, at_ms: u64) {
        match effect {
            Effect::Completed => self.completed += 1,
            Effect::Placed => {
                let day = at_ms / DAY_MS;
                match day.cmp(&self.placed.0) {
                    std::cmp::Ordering::Greater => self.placed = (day, 1),
                    std::cmp::Ordering::Equal => self.placed.1 += 1,
                    std::cmp::Ordering::Less => {}
                }
            }
            Effect::Licences { needed, verified } if at_ms >= self.licences.2 => {
                self.licences = (u64::from(*needed), u64::from(*verified), at_ms);
            }
            Effect::Deposit { asked, paid } if at_ms >= self.deposit.2 => self.deposit = (*asked, *paid, at_ms),
            Effect::Finding { .. } => self.finding_at_ms = self.finding_at_ms.max(at_ms),
            // Told before what is known, or counted elsewhere. The row of a registered party is there by itself.
            Effect::Licences { .. } | Effect::Deposit { .. } | Effect::Count { .. } | Effect::Registered(_) => {}
            Effect::Delivered | Effect::Returned | Effect::Live => {}
            Effect::Order { .. } | Effect::Covered { .. } | Effect::RemedyDone { .. } | Effect::NotGenuine { .. } => {}
            Effect::Sessions(_) | Effect::AfterSales(_) => {}
        }
    }
}
