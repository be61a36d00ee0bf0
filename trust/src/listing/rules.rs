//! Rules of the platform about what the other checks found. They only review and hold, and a poor one is demoted.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Outcome;
use super::brand::Likeness;
use super::gtin;
use super::list::{EntryFault, check_id, read};
use super::terms::Kind;
use crate::pdq::bank::Mark;
use crate::wilson_low;

/// Limits how deep `all`, `any` and `not` stand in each other. A deeper rule is not understood at sight.
pub const DEPTH_MAX: usize = 4;
/// Limits the conditions of `all` and `any`.
const CONDITIONS_MAX: usize = 20;
/// Limits the categories of a condition, as those of a brand.
const CATEGORIES_MAX: usize = 200;
/// The decisions of people below which a rule's precision is not judged.
pub const DECISIONS_MIN: u64 = 50;
/// The lower bound of the precision below which a rule is demoted: more of its hits are wrong than right.
pub const PRECISION_MIN: f64 = 0.5;
/// The standard deviations of that bound: 95 % of the interval.
const Z: f64 = 1.96;

/// A rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    when: Condition,
    /// The outcome of a listing that it hits: review or hold.
    pub then: Outcome,
    /// The policy that such a listing breaks.
    pub policy: String,
    /// Whether it is counted alone.
    pub shadow: bool,
}

/// A condition of a rule.
#[derive(Clone, Debug, PartialEq)]
enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    PriceBelow(f64),
    Term(Kind),
    Brand(Likeness),
    Gtin(gtin::State),
    Image(Mark),
    Shop(ShopState),
    Category(BTreeSet<String>),
    SignalAbove(String, f64),
}

/// A state of a shop that rules may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShopState {
    /// It is on probation.
    Probation,
    /// Its index is surely below 500.
    LowIndex,
    /// It is known for less than 30 days.
    New,
}

/// All that rules may ask about a listing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// The price as a part of the median of others.
    pub price: Option<f64>,
    /// The kinds of terms that it has.
    pub terms: BTreeSet<Kind>,
    /// How it is like brands that the shop may not sell.
    pub brands: BTreeSet<Likeness>,
    /// The state of its GTIN.
    pub gtin: gtin::State,
    /// The marks of known pictures that it has.
    pub images: BTreeSet<Mark>,
    /// The states of the shop.
    pub shop: BTreeSet<ShopState>,
    /// The category.
    pub category: String,
    /// The platform's own figures.
    pub signals: BTreeMap<String, f64>,
}

impl Rule {
    /// A new rule from JSON: `all`, `any` or `not`, with `then`, `policy` and perhaps `state`.
    ///
    /// # Errors
    /// The field that is wrong.
    pub fn parse(value: &Value) -> Result<Self, EntryFault> {
        let rule = Self::stored(value)?;
        rule.when.check_names("")?;
        Ok(rule)
    }

    /// A rule from JSON that a ledger holds. Its names are not checked again: an earlier program took more.
    ///
    /// # Errors
    /// The field that is wrong.
    pub fn stored(value: &Value) -> Result<Self, EntryFault> {
        let fields = value.as_object().ok_or_else(|| EntryFault::new("entry", "must be an object"))?;
        let known = ["all", "any", "not", "then", "policy", "state"];
        if let Some(name) = fields.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(EntryFault::new(name, "is no field of a rule"));
        }
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let then = text("then").and_then(Outcome::from_name);
        let then = then.filter(|then| matches!(then, Outcome::Review | Outcome::Hold));
        let shadow = match fields.get("state").map(Value::as_str) {
            None | Some(Some("live")) => false,
            Some(Some("shadow")) => true,
            Some(_) => return Err(EntryFault::new("state", "must be live or shadow")),
        };
        let mut combined = fields.iter().filter(|(name, _)| known[..3].contains(&name.as_str()));
        let (name, of) = combined.next().ok_or_else(|| EntryFault::new("all", "is missing, or any, or not"))?;
        if let Some((second, _)) = combined.next() {
            return Err(EntryFault::new(second, "stands beside another condition"));
        }
        Ok(Self {
            when: combine(name, of, name, 1)?,
            then: then.ok_or_else(|| EntryFault::new("then", "must be review or hold"))?,
            policy: text("policy").ok_or_else(|| EntryFault::new("policy", "must name a policy"))?.to_owned(),
            shadow,
        })
    }

    /// Whether it hits a listing.
    #[must_use]
    pub fn hits(&self, facts: &Facts) -> bool {
        self.when.holds(facts)
    }
}

fn combine(name: &str, of: &Value, path: &str, depth: usize) -> Result<Condition, EntryFault> {
    if depth > DEPTH_MAX {
        return Err(EntryFault::new(path, format!("stands deeper than {DEPTH_MAX}")));
    }
    if name == "not" {
        return Ok(Condition::Not(Box::new(condition(of, path, depth)?)));
    }
    let conditions = of.as_array().filter(|list| (1..=CONDITIONS_MAX).contains(&list.len()));
    let conditions =
        conditions.ok_or_else(|| EntryFault::new(path, format!("must have 1 to {CONDITIONS_MAX} conditions")))?;
    let list = conditions.iter().enumerate().map(|(n, one)| condition(one, &format!("{path}[{n}]"), depth));
    let list: Vec<Condition> = list.collect::<Result<_, _>>()?;
    Ok(if name == "all" { Condition::All(list) } else { Condition::Any(list) })
}

fn condition(value: &Value, path: &str, depth: usize) -> Result<Condition, EntryFault> {
    let fault = |why: &str| EntryFault::new(path, why);
    let fault_at = |name: &str, why: &str| EntryFault::new(format!("{path}.{name}"), why);
    let fields = value.as_object().ok_or_else(|| fault("must be an object"))?;
    if let Some((name, of)) = fields.iter().find(|(name, _)| matches!(name.as_str(), "all" | "any" | "not")) {
        return match fields.len() {
            1 => combine(name, of, &format!("{path}.{name}"), depth + 1),
            _ => Err(fault("has a condition beside all, any or not")),
        };
    }
    let check = fields.get("check").and_then(Value::as_str).ok_or_else(|| fault_at("check", "is missing"))?;
    let (names, built): (&[&str], _) = match check {
        "price" => (&["below"], number(fields.get("below"), path, "below").map(Condition::PriceBelow)),
        "term" => (&["kind"], kind(fields.get("kind"), path, "kind").map(Condition::Term)),
        "brand" => (&["like"], kind(fields.get("like"), path, "like").map(Condition::Brand)),
        "gtin" => (&["is"], kind(fields.get("is"), path, "is").map(Condition::Gtin)),
        "image" => (&["mark"], kind(fields.get("mark"), path, "mark").map(Condition::Image)),
        "shop" => (&["is"], kind(fields.get("is"), path, "is").map(Condition::Shop)),
        "category" => (&["in"], kind(fields.get("in"), path, "in").map(Condition::Category)),
        "signal" => {
            let name = fields.get("name").and_then(Value::as_str).ok_or_else(|| fault_at("name", "is missing"))?;
            let above = number(fields.get("above"), path, "above");
            (&["name", "above"], above.map(|above| Condition::SignalAbove(name.to_owned(), above)))
        }
        _ => return Err(fault_at("check", "names no check")),
    };
    match fields.keys().find(|name| *name != "check" && !names.contains(&name.as_str())) {
        Some(name) => Err(EntryFault::new(format!("{path}.{name}"), "is no field of this check")),
        None => built,
    }
}

fn number(value: Option<&Value>, path: &str, name: &str) -> Result<f64, EntryFault> {
    let number = value.and_then(Value::as_f64).filter(|number| number.is_finite());
    number.ok_or_else(|| EntryFault::new(format!("{path}.{name}"), "must be a number"))
}

fn kind<T: serde::de::DeserializeOwned>(value: Option<&Value>, path: &str, name: &str) -> Result<T, EntryFault> {
    let field = || format!("{path}.{name}");
    let value = value.ok_or_else(|| EntryFault::new(field(), "is missing"))?;
    read(value).map_err(|fault| EntryFault::new(field(), fault.why))
}

impl Condition {
    /// Checks the categories and the figures that it names. `path` is its own place.
    fn check_names(&self, path: &str) -> Result<(), EntryFault> {
        let field = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let all = |name: &str, list: &[Self]| {
            let path = field(name);
            list.iter().enumerate().try_for_each(|(n, one)| one.check_names(&format!("{path}[{n}]")))
        };
        match self {
            Self::All(list) => all("all", list),
            Self::Any(list) => all("any", list),
            Self::Not(one) => one.check_names(&field("not")),
            Self::Category(among) if !(1..=CATEGORIES_MAX).contains(&among.len()) => {
                Err(EntryFault::new(field("in"), format!("must have 1 to {CATEGORIES_MAX} categories")))
            }
            Self::Category(among) => among.iter().try_for_each(|category| check_id(&field("in"), category)),
            Self::SignalAbove(name, _) => check_id(&field("name"), name),
            _ => Ok(()),
        }
    }

    fn holds(&self, facts: &Facts) -> bool {
        match self {
            Self::All(list) => list.iter().all(|one| one.holds(facts)),
            Self::Any(list) => list.iter().any(|one| one.holds(facts)),
            Self::Not(one) => !one.holds(facts),
            Self::PriceBelow(below) => facts.price.is_some_and(|price| price < *below),
            Self::Term(kind) => facts.terms.contains(kind),
            Self::Brand(likeness) => facts.brands.contains(likeness),
            Self::Gtin(state) => facts.gtin == *state,
            Self::Image(mark) => facts.images.contains(mark),
            Self::Shop(state) => facts.shop.contains(state),
            Self::Category(among) => among.contains(&facts.category),
            Self::SignalAbove(name, above) => facts.signals.get(name).is_some_and(|signal| signal > above),
        }
    }
}

/// How right the hits of an entry were.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Precision {
    /// The share of its decided hits that people confirmed.
    pub share: f64,
    /// The lower end of Wilson's interval of it.
    pub low: f64,
}

/// The precision of an entry; none before the first decision.
#[must_use]
pub fn precision(confirmed: u64, overturned: u64) -> Option<Precision> {
    let (confirmed, decided) = (confirmed as f64, (confirmed + overturned) as f64);
    (decided > 0.0).then(|| Precision { share: confirmed / decided, low: wilson_low(confirmed, decided, Z) })
}

/// The precision of a rule that is to be demoted; none of one that may stay.
#[must_use]
pub fn demoted(confirmed: u64, overturned: u64) -> Option<Precision> {
    precision(confirmed, overturned).filter(|one| confirmed + overturned >= DECISIONS_MIN && one.low < PRECISION_MIN)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn rule(when: Value) -> Result<Rule, EntryFault> {
        let mut value = json!({ "then": "hold", "policy": "counterfeit" });
        value.as_object_mut().unwrap().extend(when.as_object().unwrap().clone());
        Rule::parse(&value)
    }

    fn cheap_and_branded() -> Facts {
        Facts {
            price: Some(0.2),
            brands: BTreeSet::from([Likeness::Equal]),
            category: "watches".into(),
            signals: BTreeMap::from([("model_x".to_owned(), 0.93)]),
            ..Facts::default()
        }
    }

    #[test]
    fn a_rule_joins_conditions() {
        let facts = cheap_and_branded();
        for (when, expected) in [
            (json!({ "all": [{ "check": "price", "below": 0.3 }, { "check": "brand", "like": "equal" }] }), true),
            (json!({ "all": [{ "check": "price", "below": 0.2 }, { "check": "brand", "like": "equal" }] }), false),
            (json!({ "any": [{ "check": "price", "below": 0.1 }, { "check": "category", "in": ["watches"] }] }), true),
            (json!({ "not": { "check": "gtin", "is": "missing" } }), false),
            (json!({ "all": [{ "check": "signal", "name": "model_x", "above": 0.9 }] }), true),
            (json!({ "all": [{ "check": "signal", "name": "model_y", "above": 0.9 }] }), false),
            (json!({ "any": [{ "check": "term", "kind": "prohibited" }, { "check": "shop", "is": "new" }] }), false),
            (json!({ "any": [{ "not": { "check": "image", "mark": "counterfeit" } }] }), true),
        ] {
            assert_eq!(rule(when.clone()).unwrap().hits(&facts), expected, "{when}");
        }
        let shadow = rule(json!({ "not": { "check": "gtin", "is": "valid" }, "state": "shadow" })).unwrap();
        assert!(shadow.shadow && shadow.then == Outcome::Hold);
    }

    #[test]
    fn a_wrong_rule_names_its_field() {
        let fault = |when: Value| rule(when).unwrap_err().field;
        assert_eq!(fault(json!({})), "all");
        assert_eq!(fault(json!({ "all": [] })), "all");
        assert_eq!(fault(json!({ "all": [{ "check": "gtin", "is": "valid" }], "any": [] })), "any");
        assert_eq!(fault(json!({ "all": [{ "check": "smell" }] })), "all[0].check");
        assert_eq!(fault(json!({ "all": [{ "is": "valid" }] })), "all[0].check");
        assert_eq!(fault(json!({ "all": [{ "check": "price", "below": "low" }] })), "all[0].below");
        assert_eq!(fault(json!({ "all": [{ "check": "price", "below": 0.3, "above": 0.1 }] })), "all[0].above");
        assert_eq!(fault(json!({ "any": [{ "not": { "check": "gtin", "is": "odd" } }] })), "any[0].not.is");
        assert_eq!(fault(json!({ "all": [{ "check": "gtin", "is": "valid" }], "then": "block" })), "then");
        assert_eq!(fault(json!({ "all": [{ "check": "gtin", "is": "valid" }], "state": "off" })), "state");
        assert_eq!(fault(json!({ "all": [{ "check": "category", "in": [] }] })), "all[0].in");
        for no_id in ["", "watches ", "a\u{0}", "\u{200b}"] {
            let category = json!({ "any": [{ "not": { "check": "category", "in": ["watches", no_id] } }] });
            assert_eq!(fault(category), "any[0].not.in", "{no_id:?}");
            assert_eq!(
                fault(json!({ "not": { "check": "signal", "name": no_id, "above": 1 } })),
                "not.name",
                "{no_id:?}"
            );
        }
        assert_eq!(fault(json!({ "all": [{ "check": "gtin", "is": "valid" }], "colour": 1 })), "colour");
        let nested =
            |depth| (1..depth).fold(json!({ "check": "gtin", "is": "valid" }), |inner, _| json!({ "not": inner }));
        assert!(rule(json!({ "not": nested(4) })).is_ok());
        assert_eq!(fault(json!({ "not": nested(5) })), "not.not.not.not.not");
    }

    #[test]
    fn a_rule_is_demoted_from_fifty_decisions_on() {
        assert_eq!(precision(0, 0), None);
        assert!(demoted(0, 49).is_none());
        assert!(demoted(31, 19).is_some(), "0.62 with a lower bound of 0.48");
        assert!(demoted(33, 17).is_none(), "0.66 with a lower bound of 0.52");
        assert!((precision(31, 19).unwrap().low - 0.481_5).abs() < 1e-3);
    }

    proptest! {
        #[test]
        fn a_rule_and_its_contrary_never_agree(price in 0.0..2.0_f64, below in 0.0..2.0_f64) {
            let facts = Facts { price: Some(price), ..Facts::default() };
            let one = json!({ "check": "price", "below": below });
            let hits = |when| rule(when).unwrap().hits(&facts);
            prop_assert_ne!(hits(json!({ "all": [one] })), hits(json!({ "not": one })));
            prop_assert_eq!(hits(json!({ "any": [one, one] })), hits(json!({ "not": { "not": one } })));
        }
    }
}
