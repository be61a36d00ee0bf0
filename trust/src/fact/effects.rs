//! The types of events, and the effects of each: the one place that says what an event counts for.

use super::fields::Fields;
use super::{Code, Effect, OrderStep, Refusal, notice, remedy};
use crate::counter::Count;
use crate::policy::TrustFile;
use crate::signal::SignalId as S;
use crate::{DAY_MS, PartyKind};

/// A thousandth: the unit of exposures that are counted in thousands.
const THOUSANDTH: f64 = 0.001;
/// The days after which a refund for quality also counts for e12.
const LATE_QUALITY_DAYS: u64 = 30;
/// The time for a first reply, in seconds.
const FIRST_REPLY_S_MAX: f64 = 180.0;
/// The time to decide a refund, in hours.
const REFUND_H_MAX: f64 = 48.0;
/// The time to inspect a return, in hours.
const INSPECTION_H_MAX: f64 = 72.0;
/// The time to answer a bad review, in days.
const REVIEW_ANSWER_D_MAX: f64 = 7.0;
/// The stars of a bad review, and those of a good one.
const STARS: (u64, u64) = (2, 4);

/// The effects of an event of this type, which takes its fields.
pub(super) fn of(
    kind: &str,
    fields: &mut Fields,
    has_product: bool,
    at_ms: u64,
    file: &TrustFile,
) -> Result<Vec<Effect>, Refusal> {
    let mut effects = Effects { at_ms, has_product, list: Vec::new() };
    match kind {
        "party.registered" => registered(fields, &mut effects),
        "order.placed" => placed(fields, &mut effects),
        "order.shipped" => shipped(fields, &mut effects),
        "order.delivered" => delivered(fields, &mut effects),
        "order.cancelled" => cancelled(fields, &mut effects),
        "order.completed" => completed(fields, &mut effects),
        "refund.requested" => refund_requested(fields, &mut effects),
        "refund.resolved" => refund_resolved(fields, &mut effects),
        "return.received" => return_received(fields, &mut effects),
        "return.inspected" => return_inspected(fields, &mut effects),
        "review.posted" => review_posted(fields, &mut effects),
        "review.answered" => review_answered(fields, &mut effects),
        "survey.answered" => survey(fields, &mut effects),
        "chat.ended" => chat(fields, &mut effects),
        "listing.live" => listing_live(fields, &mut effects),
        "listing.removed" => listing_removed(fields, &mut effects),
        "inspection.done" => inspection(fields, &mut effects),
        "live.ended" => live_ended(fields, &mut effects),
        "live.checked" => live_checked(fields, &mut effects),
        "licence.changed" => licences(fields, &mut effects),
        "deposit.changed" => deposit(fields, &mut effects),
        "follower.changed" => follower(fields, &mut effects),
        "brand.notice" => notice::brand(fields, &mut effects.list, at_ms),
        "authority.finding" => notice::finding(fields, &mut effects.list, file),
        "remedy.done" => remedy::done(fields, &mut effects.list),
        _ => Err(Refusal::at(Code::UnknownType, "type")),
    }?;
    Ok(effects.list)
}

/// The effects gathered so far.
struct Effects {
    at_ms: u64,
    has_product: bool,
    list: Vec<Effect>,
}

impl Effects {
    fn count(&mut self, signal: S, n: f64, k: f64) {
        self.count_at(signal, n, k, self.at_ms);
    }

    fn count_at(&mut self, signal: S, n: f64, k: f64, at_ms: u64) {
        self.list.push(Effect::Count { signal, count: Count::new(n, k), at_ms });
    }

    /// A trial, with or without a hit.
    fn trial(&mut self, signal: S, hit: bool) {
        self.count(signal, 1.0, f64::from(u8::from(hit)));
    }

    fn order(&mut self, order: String, what: OrderStep) {
        self.list.push(Effect::Order { order, what });
    }

    /// A trial whose hit, if there is one, is another event.
    fn trials<const N: usize>(&mut self, signals: [S; N]) {
        for signal in signals {
            self.count(signal, 1.0, 0.0);
        }
    }

    /// A hit whose trial was another event.
    fn hit(&mut self, signal: S, is_hit: bool) {
        if is_hit {
            self.count(signal, 0.0, 1.0);
        }
    }
}

type Done = Result<(), Refusal>;

fn registered(fields: &mut Fields, effects: &mut Effects) -> Done {
    let kind = [PartyKind::Merchant, PartyKind::Host][fields.choice("kind", &["merchant", "host"])?];
    effects.list.push(Effect::Registered(kind));
    Ok(())
}

fn placed(fields: &mut Fields, effects: &mut Effects) -> Done {
    let order = fields.id("order")?;
    fields.id("buyer")?;
    fields.whole("amount_minor")?;
    fields.currency("currency")?;
    let nth = fields.whole("buyer_nth")?;
    effects.trials([S::S03, S::P01]);
    effects.count(S::X03, THOUSANDTH, 0.0);
    effects.count(S::X08, THOUSANDTH, 0.0);
    match nth {
        0 => return Err(Refusal::at(Code::InvalidField, "buyer_nth")),
        1 => effects.count(S::E06, 1.0, 0.0),
        2 => effects.count(S::E06, 0.0, 1.0),
        _ => {}
    }
    effects.list.push(Effect::Placed);
    effects.order(order, OrderStep::Placed);
    Ok(())
}

fn shipped(fields: &mut Fields, effects: &mut Effects) -> Done {
    let order = fields.id("order")?;
    effects.trial(S::S01, fields.flag("in_time")?);
    effects.trial(S::S02, fields.flag("tracking_valid")?);
    effects.trials([S::S05]);
    effects.order(order, OrderStep::Shipped);
    Ok(())
}

fn delivered(fields: &mut Fields, effects: &mut Effects) -> Done {
    fields.id("order")?;
    effects.trial(S::S04, fields.flag("in_time")?);
    effects.trials([S::Q01, S::Q02, S::Q03, S::Q04, S::Q16, S::S06, S::S16, S::E01, S::E07]);
    effects.count_at(S::E12, 1.0, 0.0, effects.at_ms + LATE_QUALITY_DAYS * DAY_MS);
    effects.count(S::Q15, THOUSANDTH, 0.0);
    effects.list.push(Effect::Delivered);
    Ok(())
}

fn cancelled(fields: &mut Fields, effects: &mut Effects) -> Done {
    fields.id("order")?;
    let by = fields.choice("by", &["merchant", "buyer", "platform"])?;
    effects.hit(S::S03, by == 0);
    Ok(())
}

fn completed(fields: &mut Fields, effects: &mut Effects) -> Done {
    let order = fields.id("order")?;
    match fields.choice("invoice", &["none", "in_time", "late"])? {
        0 => {}
        invoice => effects.trial(S::S13, invoice == 1),
    }
    effects.list.push(Effect::Completed);
    effects.order(order, OrderStep::Completed);
    Ok(())
}

fn refund_requested(fields: &mut Fields, effects: &mut Effects) -> Done {
    fields.id("order")?;
    effects.trials([S::S10]);
    Ok(())
}

fn refund_resolved(fields: &mut Fields, effects: &mut Effects) -> Done {
    /// The reasons, with the signal that counts each.
    const REASONS: [(&str, Option<S>); 7] = [
        ("quality", Some(S::Q01)),
        ("not_as_described", Some(S::Q02)),
        ("defective", Some(S::Q03)),
        ("wrong_item", Some(S::S06)),
        ("damaged", Some(S::S16)),
        ("late", None),
        ("other", None),
    ];
    let order = fields.id("order")?;
    let granted = fields.flag("granted")?;
    let reason = REASONS[fields.choice("reason", &REASONS.map(|(name, _)| name))?].1;
    let within_h = fields.number("within_h")?;
    let days = fields.maybe_number("days_since_delivery")?;
    let refused_before = fields.maybe_flag("refused_before")?.unwrap_or(false);
    if let Some(signal) = reason.filter(|_| granted) {
        effects.hit(signal, true);
        let is_late = days.is_some_and(|days| days > LATE_QUALITY_DAYS as f64);
        effects.hit(S::E12, signal == S::Q01 && is_late);
    }
    effects.hit(S::S10, within_h <= REFUND_H_MAX);
    if refused_before {
        effects.trial(S::S11, granted);
    }
    if granted {
        effects.order(order, OrderStep::Refunded);
    }
    Ok(())
}

fn return_received(fields: &mut Fields, effects: &mut Effects) -> Done {
    fields.id("order")?;
    effects.hit(S::E07, !fields.flag("fault")?);
    effects.trial(S::E08, fields.flag("unopened")?);
    effects.trials([S::S14]);
    effects.list.push(Effect::Returned);
    Ok(())
}

fn return_inspected(fields: &mut Fields, effects: &mut Effects) -> Done {
    fields.id("order")?;
    effects.hit(S::S14, fields.number("within_h")? <= INSPECTION_H_MAX);
    Ok(())
}

fn review_posted(fields: &mut Fields, effects: &mut Effects) -> Done {
    fields.id("order")?;
    let stars = fields.whole("stars")?;
    if !(1..=5).contains(&stars) {
        return Err(Refusal::at(Code::InvalidField, "stars"));
    }
    let verified = fields.flag("verified")?;
    let named = fields.choices("tags", ["quality", "fit", "sense"])?;
    let (photo, follow_up, turned_bad) = (fields.flag("photo")?, fields.flag("follow_up")?, fields.flag("turned_bad")?);
    effects.hit(S::E01, stars <= STARS.0);
    if verified {
        for (signal, named) in [S::E02, S::E03, S::E04].into_iter().zip(named) {
            effects.trial(signal, named);
        }
    }
    if follow_up {
        effects.trial(S::E09, turned_bad);
    }
    if photo {
        effects.trial(S::E10, stars >= STARS.1);
    }
    if stars <= STARS.0 {
        effects.trials([S::X11]);
    }
    effects.count(S::X09, THOUSANDTH, 0.0);
    Ok(())
}

fn review_answered(fields: &mut Fields, effects: &mut Effects) -> Done {
    fields.id("order")?;
    effects.hit(S::X11, fields.number("within_d")? <= REVIEW_ANSWER_D_MAX);
    Ok(())
}

fn survey(fields: &mut Fields, effects: &mut Effects) -> Done {
    const QUESTIONS: [(&str, S); 5] = [
        ("as_described", S::E05),
        ("buy_again", S::E11),
        ("good_state", S::E14),
        ("notes_met", S::S12),
        ("after_sales", S::P09),
    ];
    fields.id("order")?;
    let signal = QUESTIONS[fields.choice("question", &QUESTIONS.map(|(name, _)| name))?].1;
    let answer = match fields.choice("answer", &["yes", "no", "none"])? {
        2 => None,
        answer => Some(answer == 0),
    };
    if let Some(is_yes) = answer {
        effects.trial(signal, is_yes);
    }
    if signal == S::P09 {
        effects.list.push(Effect::AfterSales(answer));
    }
    Ok(())
}

fn chat(fields: &mut Fields, effects: &mut Effects) -> Done {
    let open_hours = fields.flag("open_hours")?;
    let first_reply_s = fields.number("first_reply_s")?;
    if open_hours {
        effects.trial(S::S07, first_reply_s <= FIRST_REPLY_S_MAX);
    }
    effects.trial(S::S08, fields.flag("replied_24h")?);
    match fields.choice("rating", &["good", "bad", "none"])? {
        2 => {}
        rating => effects.trial(S::S09, rating == 1),
    }
    effects.count(S::S15, THOUSANDTH, 0.0);
    Ok(())
}

fn listing_live(fields: &mut Fields, effects: &mut Effects) -> Done {
    need_product(effects)?;
    effects.trial(S::Q18, fields.flag("complete")?);
    effects.trials([S::Q09]);
    effects.count(S::X14, THOUSANDTH, 0.0);
    Ok(())
}

fn listing_removed(fields: &mut Fields, effects: &mut Effects) -> Done {
    need_product(effects)?;
    let by = fields.choice("by", &["merchant", "platform"])?;
    effects.hit(S::Q09, by == 1);
    Ok(())
}

fn need_product(effects: &Effects) -> Done {
    if effects.has_product { Ok(()) } else { Err(Refusal::at(Code::MissingField, "product")) }
}

fn inspection(fields: &mut Fields, effects: &mut Effects) -> Done {
    let signal = [S::Q05, S::Q06][fields.choice("kind", &["sample", "mystery"])?];
    effects.trial(signal, !fields.flag("passed")?);
    Ok(())
}

fn live_ended(fields: &mut Fields, effects: &mut Effects) -> Done {
    /// A minute of ten thousand viewer-hours, and one of a hundred live hours.
    const UNITS: (f64, f64) = (1.0 / (60.0 * 10_000.0), 1.0 / (60.0 * 100.0));
    fields.id("session")?;
    let (minutes, viewer_minutes) = (fields.number("minutes")?, fields.number("viewer_minutes")?);
    // Their sum fits the signed numbers of a database.
    let (sessions, product_shown) = (fields.count("sessions_10s")?, fields.flag("product_shown")?);
    let (reporters, muted) = (fields.count("reporters")?, fields.count("muted")?);
    if muted > reporters {
        return Err(Refusal::at(Code::BadCount, "muted"));
    }
    effects.count(S::H10, f64::from(reporters), f64::from(muted));
    effects.trial(S::H13, fields.flag("cut")?);
    effects.count(S::H01, viewer_minutes * UNITS.0, 0.0);
    for signal in [S::H03, S::H04, S::H05, S::H06] {
        effects.count(signal, minutes * UNITS.1, 0.0);
    }
    effects.list.push(Effect::Live);
    if product_shown {
        effects.list.push(Effect::Sessions(u64::from(sessions)));
    }
    Ok(())
}

fn live_checked(fields: &mut Fields, effects: &mut Effects) -> Done {
    effects.trial(S::H07, fields.flag("passed")?);
    let (claims, matching) = (fields.count("claims")?, fields.count("claims_matching")?);
    if matching > claims {
        return Err(Refusal::at(Code::BadCount, "claims_matching"));
    }
    effects.count(S::H08, f64::from(claims), f64::from(matching));
    Ok(())
}

fn licences(fields: &mut Fields, effects: &mut Effects) -> Done {
    let (needed, verified) = (fields.count("needed")?, fields.count("verified")?);
    if verified > needed {
        return Err(Refusal::at(Code::BadCount, "verified"));
    }
    effects.list.push(Effect::Licences { needed, verified });
    Ok(())
}

fn deposit(fields: &mut Fields, effects: &mut Effects) -> Done {
    let (asked, paid) = (fields.whole("asked_minor")?, fields.whole("paid_minor")?);
    effects.list.push(Effect::Deposit { asked, paid });
    Ok(())
}

fn follower(fields: &mut Fields, effects: &mut Effects) -> Done {
    fields.id("buyer")?;
    let (follows, within_7d) = (fields.flag("follows")?, fields.flag("within_7d")?);
    if follows {
        effects.trials([S::X07]);
    }
    effects.hit(S::X07, !follows && within_7d);
    Ok(())
}
