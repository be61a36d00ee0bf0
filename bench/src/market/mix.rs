//! The mix of events of a market's shops, as lines that a platform sends. It sends nothing.

use super::chance::Chance;
use super::shop::Shop;

/// The lines of a full request.
pub(crate) const LINES: usize = 1_000;
/// The events of each order.
pub(crate) const OF_EACH: [&str; 4] = ["order.placed", "order.shipped", "order.delivered", "order.completed"];
/// The events of some orders, with the part of the orders that have them: the market's trials. Those of a day are for
/// ten orders a shop and day.
const OF_SOME: [(&[&str], f64); 10] = [
    (&["chat.ended"], 0.3),
    (&["follower.changed"], 0.2),
    (&["review.posted"], 0.12),
    (&["return.received", "return.inspected"], 0.08),
    (&["refund.requested", "refund.resolved"], 0.06),
    (&["listing.live"], 0.06),
    (&["survey.answered"], 0.01),
    (&["live.ended"], 0.07),
    (&["live.checked"], 0.005),
    (&["inspection.done"], 0.005),
];
/// The events that name no order.
const OF_SHOPS: [&str; 6] =
    ["chat.ended", "follower.changed", "listing.live", "live.ended", "live.checked", "inspection.done"];
/// The buyers of all shops.
pub(crate) const BUYERS: u32 = 1_000_000;
/// The part of the orders that are a buyer's second in a shop.
const REPEATED: f64 = 0.25;
/// The age up to which events are sent, in milliseconds: a platform sends within hours.
const AGE_MS_MAX: u32 = 6 * 60 * 60 * 1_000;

/// Events of many shops.
pub(crate) struct Mix {
    shops: Vec<Shop>,
    /// The sums of the shops' relevances up to each, by which a shop is drawn.
    up_to: Vec<f64>,
    chance: Chance,
    orders: u64,
    lines: Vec<String>,
    now_ms: u64,
}

impl Mix {
    /// The events of this many shops up to a time. The first ones register the shops.
    pub fn new(shops: u32, seed: u64, now_ms: u64) -> Self {
        let shops = Shop::draw_all(shops, &[], &mut Chance::new(seed, 0));
        let sum = |sum: &mut f64, shop: &Shop| {
            *sum += shop.relevance;
            Some(*sum)
        };
        let up_to = shops.iter().scan(0.0, sum).collect();
        let lines = (0..shops.len()).map(|place| registered(place, now_ms)).collect();
        Self { shops, up_to, chance: Chance::new(seed, 1), orders: 0, lines, now_ms }
    }

    /// The ids of the shops.
    pub fn merchants(&self) -> Vec<String> {
        (0..self.shops.len()).map(merchant).collect()
    }

    /// A full request of new events.
    pub fn request(&mut self) -> Vec<u8> {
        while self.lines.len() < LINES {
            self.order();
        }
        let mut body = String::new();
        for line in self.lines.drain(..LINES) {
            body.push_str(&line);
            body.push('\n');
        }
        body.into_bytes()
    }

    /// Adds the events of one order.
    fn order(&mut self) {
        let at = self.chance.uniform() * self.up_to.last().copied().unwrap_or_default();
        let place = self.up_to.partition_point(|up_to| *up_to <= at).min(self.shops.len() - 1);
        let order = Order {
            number: self.orders,
            merchant: merchant(place),
            at_ms: self.now_ms - u64::from(self.chance.below(AGE_MS_MAX)),
            buyer: self.chance.below(BUYERS),
            nth: 1 + u32::from(self.chance.happens(REPEATED)),
            is_bad: self.chance.happens(self.shops[place].bad_share(0)),
        };
        self.orders += 1;
        self.lines.extend(OF_EACH.map(|kind| order.line(kind)));
        for (kinds, rate) in OF_SOME {
            if self.chance.happens(rate) {
                self.lines.extend(kinds.iter().map(|kind| order.line(kind)));
            }
        }
    }
}

/// An order with all that happens to it.
pub(crate) struct Order {
    /// The number, which makes its id and those of its events.
    pub number: u64,
    /// The shop.
    pub merchant: String,
    /// The time of all its events, in Unix milliseconds.
    pub at_ms: u64,
    /// The buyer.
    pub buyer: u32,
    /// The buyer's orders in the shop so far, with this one.
    pub nth: u32,
    /// Whether the buyer is not content.
    pub is_bad: bool,
}

impl Order {
    /// The id.
    pub fn id(&self) -> String {
        format!("o-{}", self.number)
    }

    /// The line of one event.
    pub fn line(&self, kind: &str) -> String {
        let Self { number, merchant, at_ms, buyer, nth, is_bad } = self;
        let in_time = !is_bad;
        let fields = match kind {
            "order.placed" => {
                format!(r#""buyer":"b-{buyer}","amount_minor":4900,"currency":"CNY","buyer_nth":{nth}"#)
            }
            "order.shipped" => format!(r#""in_time":{in_time},"tracking_valid":true"#),
            "order.delivered" => format!(r#""in_time":{in_time}"#),
            "order.completed" => r#""invoice":"none""#.to_owned(),
            "refund.resolved" => {
                let reason = if *is_bad { "quality" } else { "other" };
                format!(r#""granted":true,"reason":"{reason}","within_h":20"#)
            }
            "return.received" => format!(r#""fault":{is_bad},"unopened":false"#),
            "return.inspected" => r#""within_h":20"#.to_owned(),
            "review.posted" => {
                let (stars, tags) = if *is_bad { (1, r#"["quality"]"#) } else { (5, "[]") };
                let rest = r#""photo":true,"follow_up":false,"turned_bad":false"#;
                format!(r#""stars":{stars},"verified":true,"tags":{tags},{rest}"#)
            }
            "survey.answered" => r#""question":"buy_again","answer":"yes""#.to_owned(),
            "chat.ended" => r#""open_hours":true,"first_reply_s":40,"replied_24h":true,"rating":"none""#.to_owned(),
            "follower.changed" => format!(r#""buyer":"b-{buyer}","follows":true,"within_7d":false"#),
            "listing.live" => format!(r#""product":"p-{number}","complete":true"#),
            "live.ended" => {
                let counts = r#""sessions_10s":90,"reporters":1,"muted":0"#;
                let rest = r#""minutes":120,"viewer_minutes":6000,"product_shown":true,"cut":false"#;
                format!(r#""session":"s-{number}",{counts},{rest}"#)
            }
            "live.checked" => format!(r#""passed":{in_time},"claims":3,"claims_matching":3"#),
            "inspection.done" => format!(r#""kind":"sample","passed":{in_time}"#),
            _ => String::new(),
        };
        let of_order = if OF_SHOPS.contains(&kind) { String::new() } else { format!(r#","order":"o-{number}""#) };
        let separator = if fields.is_empty() { "" } else { "," };
        format!(r#"{{"id":"{number}-{kind}","type":"{kind}","at_ms":{at_ms},"merchant":"{merchant}"{of_order}"#)
            + separator
            + &fields
            + "}"
    }
}

/// The line that makes a shop known.
fn registered(place: usize, at_ms: u64) -> String {
    let (kind, merchant) = ("party.registered", merchant(place));
    format!(r#"{{"id":"{merchant}","type":"{kind}","at_ms":{at_ms},"merchant":"{merchant}","kind":"merchant"}}"#)
}

fn merchant(place: usize) -> String {
    format!("shop-{place:05}")
}

#[cfg(test)]
mod tests {
    use live_jury_trust::DAY_MS;
    use live_jury_trust::counter::LANDMARK_MS;
    use live_jury_trust::fact::{Fact, REQUEST_BYTES_MAX};
    use live_jury_trust::policy::TrustFile;

    use super::*;

    #[test]
    fn a_request_is_full_of_good_facts_with_ids_of_their_own() {
        let now_ms = LANDMARK_MS + 300 * DAY_MS;
        let mut mix = Mix::new(50, 1, now_ms);
        let mut ids = std::collections::BTreeSet::new();
        for _ in 0..3 {
            let body = mix.request();
            assert!(body.len() <= REQUEST_BYTES_MAX);
            let lines: Vec<&[u8]> = body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
            assert_eq!(lines.len(), LINES);
            for line in lines {
                let fact = Fact::parse(line, &TrustFile::builtin(), now_ms);
                let Ok(Fact::Event(event)) = fact else { panic!("{fact:?} of {}", String::from_utf8_lossy(line)) };
                assert!(ids.insert(event.id));
            }
        }
    }
}
