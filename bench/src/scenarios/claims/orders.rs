//! Covered orders and what happens to them, as lines that a platform sends. It sends nothing.

use crate::market::mix::{BUYERS, LINES, OF_EACH, Order};

use super::takers::{ClaimedOrder, shop_id};

/// Covered orders for each claim. The typical shop of the table of signals has 0.07 % of its covered orders escalated
/// (p04), and settles 90 % of its claims without (p03): 0.7 % of its orders are claimed on. This is more.
const ORDERS_A_CLAIM: u64 = 100;
/// Claims for each that is refused, escalated and decided. The typical shop has ten (p03). This is more.
const CLAIMS_A_REFUSAL: u64 = 4;
/// Refusals for each that a moderator overturns.
const REFUSALS_AN_OVERTURN: u64 = 2;
/// Covered orders for each that is refunded without a claim: 6 %, as in the market.
const ORDERS_A_REFUND: u64 = 16;
/// The events of a refund without a claim.
const OF_REFUND: [&str; 2] = ["refund.requested", "refund.resolved"];
/// The event that fulfils a granted claim.
const FULFILS: &str = OF_REFUND[1];
/// Orders after which all shares are whole.
const CYCLE: u64 = ORDERS_A_CLAIM * CLAIMS_A_REFUSAL * REFUSALS_AN_OVERTURN;
/// Spreads the numbers of orders over the shops: the golden ratio in 32 bits.
const SPREAD: u64 = 2_654_435_769;
/// The bits of it that choose nothing.
const SPREAD_BITS: u32 = 16;

/// What becomes of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The shop grants it, and the buyer gets the money.
    Granted,
    /// The shop refuses it, a moderator grants it, and the buyer gets the money.
    Overturned,
    /// The shop refuses it, and a moderator denies it.
    Denied,
}

impl End {
    /// The end of a claim by its number.
    pub fn of(claim: u64) -> Self {
        let refusal = claim / CLAIMS_A_REFUSAL;
        match (claim.is_multiple_of(CLAIMS_A_REFUSAL), refusal.is_multiple_of(REFUSALS_AN_OVERTURN)) {
            (false, _) => Self::Granted,
            (true, true) => Self::Overturned,
            (true, false) => Self::Denied,
        }
    }

    /// The state in which it ends.
    pub const fn state(self) -> &'static str {
        match self {
            Self::Granted | Self::Overturned => "fulfilled",
            Self::Denied => "denied",
        }
    }

    /// Its steps.
    const fn steps(self) -> u64 {
        match self {
            // Opened, answered.
            Self::Granted => 2,
            // The same, escalated, decided.
            Self::Overturned | Self::Denied => 4,
        }
    }
}

/// The orders of shops with promises, one every few hundred microseconds.
pub(super) struct Orders {
    shops: usize,
    /// An order, and the time at which it is placed, in Unix milliseconds.
    begin: (u64, u64),
    /// Orders a second.
    per_s: f64,
    next: u64,
    lines: Vec<String>,
}

/// A request of facts.
pub(super) struct Request {
    /// The body.
    pub body: Vec<u8>,
    /// Its lines.
    pub lines: usize,
    /// The time at which its last order is placed, in Unix milliseconds.
    pub due_ms: u64,
}

impl Orders {
    /// The orders from a time on, at which so many events a second happen to them and to their claims.
    pub fn new(shops: usize, begun_ms: u64, events_per_s: f64) -> Self {
        let per_s = events_per_s * CYCLE as f64 / events_of_cycle() as f64;
        Self { shops, begin: (0, begun_ms), per_s, next: 0, lines: Vec::new() }
    }

    /// Has the next order placed at this time, once all before it is sent.
    pub const fn go_on(&mut self, at_ms: u64) {
        self.begin = (self.next, at_ms);
    }

    /// Whether the next order is placed at this time or later.
    pub fn are_placed_until(&self, until_ms: u64) -> bool {
        self.at_ms(self.next) >= until_ms
    }

    /// The number of orders so far.
    pub const fn placed(&self) -> u64 {
        self.next
    }

    /// The order that a claim is on, by the claim's number.
    pub fn claimed(&self, claim: u64) -> ClaimedOrder {
        let order = self.order(claim * ORDERS_A_CLAIM);
        let (claim, shop) = (format!("c-{}", order.number), self.shop(order.number));
        ClaimedOrder { claim, order: order.id(), shop, placed_ms: order.at_ms }
    }

    /// The number of claims on orders so far.
    pub const fn claims(&self) -> u64 {
        self.next.div_ceil(ORDERS_A_CLAIM)
    }

    /// A full request, with the money for these claims.
    pub fn request(&mut self, granted: &[u64]) -> Request {
        self.refund(granted);
        while self.lines.len() < LINES {
            self.place();
        }
        self.take(LINES)
    }

    /// A request with all that is left, and with the money for these claims.
    pub fn rest(&mut self, granted: &[u64]) -> Request {
        self.refund(granted);
        self.take(self.lines.len())
    }

    fn take(&mut self, lines: usize) -> Request {
        let body = self.lines.drain(..lines).map(|line| line + "\n").collect::<String>().into_bytes();
        Request { body, lines, due_ms: self.at_ms(self.next) }
    }

    /// Gives buyers what granted claims promise.
    fn refund(&mut self, granted: &[u64]) {
        let line = |claim: &u64| self.order(claim * ORDERS_A_CLAIM).line(FULFILS);
        let lines: Vec<String> = granted.iter().map(line).collect();
        self.lines.splice(0..0, lines);
    }

    fn place(&mut self) {
        let order = self.order(self.next);
        self.lines.extend(OF_EACH.map(|kind| order.line(kind)));
        if is_refunded(self.next) {
            self.lines.extend(OF_REFUND.map(|kind| order.line(kind)));
        }
        self.next += 1;
    }

    fn order(&self, number: u64) -> Order {
        let (merchant, at_ms) = (shop_id(self.shop(number)), self.at_ms(number));
        let buyer = (number % u64::from(BUYERS)) as u32;
        Order { number, merchant, at_ms, buyer, nth: 1, is_bad: false }
    }

    const fn shop(&self, number: u64) -> usize {
        (number.wrapping_mul(SPREAD) >> SPREAD_BITS) as usize % self.shops
    }

    /// The time at which an order is placed.
    fn at_ms(&self, number: u64) -> u64 {
        let (first, begun_ms) = self.begin;
        begun_ms + (number.saturating_sub(first) as f64 / self.per_s * 1e3) as u64
    }
}

/// Whether an order is refunded without a claim. Orders with a claim are not.
const fn is_refunded(number: u64) -> bool {
    number % ORDERS_A_REFUND == 1
}

/// The events of a cycle: facts of its orders, and steps of its claims with the money that they give.
fn events_of_cycle() -> u64 {
    let refunds = (0..CYCLE).filter(|number| is_refunded(*number)).count() as u64;
    let claims = (0..CYCLE / ORDERS_A_CLAIM).map(End::of);
    let of_claims: u64 = claims.map(|end| end.steps() + u64::from(end != End::Denied)).sum();
    CYCLE * OF_EACH.len() as u64 + refunds * OF_REFUND.len() as u64 + of_claims
}

#[cfg(test)]
mod tests {
    use live_jury_trust::counter::LANDMARK_MS;
    use live_jury_trust::fact::{Fact, REQUEST_BYTES_MAX};
    use live_jury_trust::policy::TrustFile;

    use super::*;

    const NOW_MS: u64 = LANDMARK_MS + 1_000_000_000;

    #[test]
    fn a_second_has_as_many_events_as_are_asked_for() {
        let mut orders = Orders::new(50, NOW_MS, 3_327.0);
        assert_eq!(events_of_cycle(), 800 * 4 + 50 * 2 + 6 * 2 + 2 * 4 + 7);
        while orders.placed() < CYCLE {
            orders.place();
        }
        assert_eq!(orders.at_ms(CYCLE), NOW_MS + 1_000);
        assert_eq!(orders.claims(), 8);
        let ends: Vec<End> = (0..8).map(End::of).collect();
        assert_eq!(ends.iter().filter(|end| **end == End::Granted).count(), 6);
        assert_eq!((ends[0], ends[4]), (End::Overturned, End::Denied));
    }

    #[test]
    fn requests_are_full_of_good_facts_with_ids_of_their_own_and_money_comes_first() {
        let mut orders = Orders::new(50, NOW_MS, 3_200.0);
        let mut ids = std::collections::BTreeSet::new();
        let mut requests = vec![orders.request(&[]), orders.request(&[0, 1])];
        assert!(requests[0].due_ms < requests[1].due_ms);
        assert!(String::from_utf8_lossy(&requests[1].body).starts_with(r#"{"id":"0-refund.resolved""#));
        requests.push(orders.rest(&[2]));
        for request in requests {
            assert!(request.body.len() <= REQUEST_BYTES_MAX);
            let lines: Vec<&[u8]> = request.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
            assert_eq!(lines.len(), request.lines);
            for line in lines {
                let fact = Fact::parse(line, &TrustFile::builtin(), NOW_MS + 60_000);
                let Ok(Fact::Event(event)) = fact else { panic!("{fact:?} of {}", String::from_utf8_lossy(line)) };
                assert!(ids.insert(event.id));
            }
        }
        assert!(orders.lines.is_empty());
    }

    #[test]
    fn claims_and_orders_are_spread_over_the_shops() {
        let orders = Orders::new(50, NOW_MS, 3_200.0);
        let mut claims = [0; 50];
        (0..500).for_each(|claim| claims[orders.claimed(claim).shop] += 1);
        assert!(claims.iter().all(|claims| (1..=30).contains(claims)), "{claims:?}");
    }
}
