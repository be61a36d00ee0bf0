//! The sums of a request's facts, so that each row of the ledger changes once. It reads and writes nothing.

use std::collections::BTreeMap;

use live_jury_trust::counter::{Count, Counter, FAST_HALF_LIFE_DAYS};
use live_jury_trust::fact::{Effect, Event, Tally};
use live_jury_trust::signal::SignalId;
use live_jury_trust::turn::TURN_SIGNALS;
use live_jury_trust::{DAY_MS, Party, PartyKind};
use serde_json::{Value, json};

/// The name of a tally of completed orders.
pub(super) const COMPLETED: &str = "completed";

/// Sums by the rows that they change. The maps are in the order of the rows' keys, so that two nodes lock alike.
#[derive(Debug, Default)]
pub(super) struct Batch {
    counters: BTreeMap<(PartyKind, String, String), Counter>,
    later: BTreeMap<(String, String, u64), Counter>,
    parties: BTreeMap<(PartyKind, String), PartyChange>,
}

/// The rows to add, as JSON.
#[derive(Debug)]
pub(super) struct Rows {
    /// Kind, party, counter, n, k.
    pub counters: String,
    /// Merchant, counter, day, n, k.
    pub later: String,
    /// The columns of a party, in the order of the table.
    pub parties: String,
}

/// A change of a party's row.
#[derive(Debug, Default)]
struct PartyChange {
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
        for (kind, id) in [(PartyKind::Merchant, &event.merchant), (PartyKind::Host, &event.host)] {
            if let Some(id) = id {
                self.party(kind, id).seen_at(event.at_ms);
            }
        }
        if let (Some(merchant), Some(category)) = (&event.merchant, &event.category) {
            self.party(PartyKind::Merchant, merchant).category = Some(category.clone());
        }
        for effect in &event.effects {
            match effect {
                Effect::Count { signal, count, at_ms } => self.count(event, *signal, *count, *at_ms, now_ms),
                // Its row is there, and its time is in it.
                Effect::Registered(_) => {}
                other => {
                    if let Some(merchant) = &event.merchant {
                        self.party(PartyKind::Merchant, merchant).add(other, event.at_ms);
                    }
                }
            }
        }
    }

    /// Adds the row of a party, so that it exists, is locked and is computed anew.
    pub fn touch(&mut self, party: &Party, now_ms: u64) {
        self.party(party.kind, &party.id).seen_at(now_ms);
    }

    /// Adds to the sum of a party's signal.
    pub fn count_of(&mut self, party: &Party, signal: SignalId, count: Count, at_ms: u64) {
        self.add_count(party.kind, &party.id, signal, count, at_ms);
    }

    fn count(&mut self, event: &Event, signal: SignalId, count: Count, at_ms: u64, now_ms: u64) {
        if let Some(merchant) = &event.merchant {
            if at_ms > now_ms.max(event.at_ms) {
                let sum = Counter::of(count, at_ms, signal.signal().half_life_days);
                self.later.entry((merchant.clone(), signal.to_string(), at_ms / DAY_MS)).or_default().add(sum);
            } else {
                self.add_count(PartyKind::Merchant, merchant, signal, count, at_ms);
            }
        }
        let is_of_host = signal.signal().dimension() == live_jury_trust::signal::Dimension::Host;
        if let Some(host) = event.host.as_ref().filter(|_| is_of_host) {
            self.add_count(PartyKind::Host, host, signal, count, at_ms);
        }
    }

    fn add_count(&mut self, kind: PartyKind, party: &str, signal: SignalId, count: Count, at_ms: u64) {
        let sum = Counter::of(count, at_ms, signal.signal().half_life_days);
        self.counters.entry((kind, party.to_owned(), signal.to_string())).or_default().add(sum);
        if TURN_SIGNALS.contains(&signal) {
            let sum = Counter::of(count, at_ms, FAST_HALF_LIFE_DAYS);
            self.counters.entry((kind, party.to_owned(), fast_counter(signal))).or_default().add(sum);
        }
    }

    /// Adds the difference between a tally and the one that it replaces.
    pub fn replace_tally(&mut self, tally: &Tally, before: Count) {
        let difference = Count::new(tally.count.n - before.n, tally.count.k - before.k);
        self.party(PartyKind::Merchant, &tally.merchant).seen_at(tally.at_ms());
        match tally.signal {
            Some(signal) => {
                self.add_count(PartyKind::Merchant, &tally.merchant, signal, difference, tally.at_ms());
            }
            None => self.party(PartyKind::Merchant, &tally.merchant).completed += difference.n.round() as i64,
        }
    }

    fn party(&mut self, kind: PartyKind, id: &str) -> &mut PartyChange {
        self.parties.entry((kind, id.to_owned())).or_default()
    }

    /// All rows that change.
    pub fn rows(&self, now_ms: u64) -> Rows {
        Rows { counters: self.counters(), later: self.later(), parties: self.parties(now_ms) }
    }

    pub fn counters(&self) -> String {
        let row = |((kind, party, name), sum): (&(PartyKind, String, String), &Counter)| {
            json!([kind.as_str(), party, name, sum.n, sum.k])
        };
        array(self.counters.iter().map(row))
    }

    fn later(&self) -> String {
        let row = |((merchant, name, day), sum): (&(String, String, u64), &Counter)| {
            json!([merchant, name, day, sum.n, sum.k])
        };
        array(self.later.iter().map(row))
    }

    pub fn parties(&self, now_ms: u64) -> String {
        let row = |((kind, id), change): (&(PartyKind, String), &PartyChange)| {
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
        array(self.parties.iter().map(row))
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
            Effect::Licences { .. } | Effect::Deposit { .. } | Effect::Count { .. } | Effect::Registered(_) => {}
        }
    }
}

fn array(rows: impl Iterator<Item = Value>) -> String {
    Value::Array(rows.collect()).to_string()
}
