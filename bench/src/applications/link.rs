//! Links records by tokens alone, as the server compares identities: candidates share a rare token, and the weights are
//! estimated without labels. It reads no value after its tokens are made.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use live_jury_trust::identity::decide::SHARERS_MAX;
use live_jury_trust::identity::estimate::{Pattern, em, random};
use live_jury_trust::identity::form;
use live_jury_trust::identity::token::{IdentityKey, KEY_BYTES, Token};
use live_jury_trust::identity::{Field, Level};

use super::febrl::Record;

/// The pairs of records, drawn at random, from which the levels of strangers are counted.
const RANDOM_PAIRS: usize = 60_000;
/// The fields that may be exchanged, and the date that finds with them.
const NAMES: [&str; 2] = ["given_name", "surname"];
const DATE: &str = "date_of_birth";

/// A pair of records.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Linked {
    /// The weight, in bits.
    pub weight: f64,
    /// Whether both are one person.
    pub same: bool,
    /// The place of the known record.
    pub known: usize,
}

/// The tokens of a value.
#[derive(Clone, Debug, Default)]
struct Value {
    whole: Option<Token>,
    parts: BTreeSet<Token>,
    exchanged: Option<Token>,
}

/// The tokens of a record.
#[derive(Clone, Debug, Default)]
struct Tokens {
    fields: Vec<Value>,
    /// All by which it is found.
    finding: BTreeSet<Token>,
}

/// The pairs of records that share a rare token, the heaviest first.
pub(super) fn link(known: &[Record], applicants: &[Record], fields: &[&str]) -> Vec<Linked> {
    let key = IdentityKey::new([7; KEY_BYTES]);
    let of = |records: &[Record]| records.iter().map(|record| tokens(&key, record, fields)).collect::<Vec<_>>();
    let (theirs, own) = (of(known), of(applicants));
    let patterns: Vec<((usize, usize), Pattern)> =
        candidates(&theirs, &own).into_iter().map(|(n, m)| ((n, m), levels(&theirs[n], &own[m], fields))).collect();
    let mut counts: BTreeMap<Pattern, u64> = BTreeMap::new();
    for (_, pattern) in &patterns {
        *counts.entry(pattern.clone()).or_default() += 1;
    }
    let mut rng = fastrand::Rng::with_seed(1);
    let mut strangers: BTreeMap<Pattern, u64> = BTreeMap::new();
    for _ in 0..RANDOM_PAIRS {
        let pair = (&theirs[rng.usize(..theirs.len())], &own[rng.usize(..own.len())]);
        *strangers.entry(levels(pair.0, pair.1, fields)).or_default() += 1;
    }
    let (m, u) = (em(fields.len(), &counts), random(fields.len(), &strangers));
    let holders = holders(&theirs);
    let weight = |pattern: &Pattern, of: &Tokens| -> f64 {
        let term = |place: usize| match pattern[place] {
            None => 0.0,
            Some(Level::Equal) => {
                let holders = of.fields[place].whole.and_then(|token| holders.get(&token)).copied().unwrap_or(1);
                (m[place][0] / (holders as f64 / theirs.len() as f64)).log2()
            }
            Some(Level::Close) => (m[place][1] / u[place][1]).log2(),
            Some(Level::Differs) => (m[place][2] / u[place][2]).log2(),
        };
        (0..pattern.len()).map(term).sum()
    };
    let mut linked: Vec<Linked> = patterns
        .iter()
        .map(|((n, m), pattern)| Linked {
            weight: weight(pattern, &theirs[*n]),
            same: known[*n].person == applicants[*m].person,
            known: *n,
        })
        .collect();
    linked.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    linked
}

fn tokens(key: &IdentityKey, record: &Record, fields: &[&str]) -> Tokens {
    let mut tokens = Tokens::default();
    for name in fields {
        let Some(form) = record.values.get(*name).and_then(|value| form_of(name, value)) else {
            tokens.fields.push(Value::default());
            continue;
        };
        let other = NAMES.iter().position(|one| one == name).map(|place| NAMES[1 - place]);
        let value = Value {
            whole: Some(key.token(name, &form.whole)),
            parts: form.parts.iter().map(|part| key.token(name, part)).collect(),
            exchanged: other.map(|other| key.token(other, &form.whole)),
        };
        tokens.finding.extend(value.whole.iter().chain(&value.parts).chain(&value.exchanged));
        tokens.fields.push(value);
    }
    let of = |name: &str| record.values.get(name).and_then(|value| form_of(name, value));
    if let Some(date) = of(DATE) {
        for name in NAMES.iter().filter_map(|name| of(name)) {
            tokens
                .finding
                .extend(date.parts.iter().map(|part| key.token("name+part", &format!("{}\u{1f}{part}", name.whole))));
        }
    }
    tokens
}

/// Letters and digits of a text, or the parts of a date. A date that is none is a text.
fn form_of(name: &str, value: &str) -> Option<form::Form> {
    let as_text = || form::of(Field::Address, value).ok();
    if name == DATE { form::of(Field::BirthDate, value).ok().or_else(as_text) } else { as_text() }
}

/// The pairs that share a token of few known records.
fn candidates(theirs: &[Tokens], own: &[Tokens]) -> BTreeSet<(usize, usize)> {
    let mut by_token: HashMap<Token, Vec<usize>> = HashMap::new();
    for (place, tokens) in theirs.iter().enumerate() {
        for token in &tokens.finding {
            by_token.entry(*token).or_default().push(place);
        }
    }
    let mut pairs = BTreeSet::new();
    for (place, tokens) in own.iter().enumerate() {
        for sharers in tokens.finding.iter().filter_map(|token| by_token.get(token)) {
            if sharers.len() as u64 <= SHARERS_MAX {
                pairs.extend(sharers.iter().map(|known| (*known, place)));
            }
        }
    }
    pairs
}

fn holders(theirs: &[Tokens]) -> HashMap<Token, u64> {
    let mut holders = HashMap::new();
    for token in theirs.iter().flat_map(|tokens| &tokens.fields).filter_map(|value| value.whole) {
        *holders.entry(token).or_default() += 1;
    }
    holders
}

fn levels(theirs: &Tokens, own: &Tokens, fields: &[&str]) -> Pattern {
    let place = |name: &str| fields.iter().position(|field| *field == name);
    let is_exchanged = || {
        let (Some(given), Some(family)) = (place(NAMES[0]), place(NAMES[1])) else { return false };
        let is_other = |one: &Value, other: &Value| one.exchanged.is_some() && one.exchanged == other.whole;
        is_other(&own.fields[given], &theirs.fields[family]) && is_other(&own.fields[family], &theirs.fields[given])
    };
    let level = |(place, (theirs, own)): (usize, (&Value, &Value))| {
        let (one, other) = (theirs.whole?, own.whole?);
        if one == other {
            return Some(Level::Equal);
        }
        let is_close = own.parts.contains(&one) || theirs.parts.contains(&other);
        let is_close = is_close || !own.parts.is_disjoint(&theirs.parts);
        let is_close = is_close || (NAMES.contains(&fields[place]) && is_exchanged());
        Some(if is_close { Level::Close } else { Level::Differs })
    };
    theirs.fields.iter().zip(&own.fields).enumerate().map(level).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(person: usize, given: &str, family: &str, date: &str) -> Record {
        let values = [("given_name", given), ("surname", family), ("date_of_birth", date)];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Record { person: person.to_string(), values }
    }

    #[test]
    fn people_with_errors_are_above_strangers() {
        let name = |n: usize, more: &str| format!("{}{}{more}", ["ann", "bob", "cleo", "dan"][n % 4], n * 7919 % 977);
        let date = |n: usize| format!("19{:02}{:02}{:02}", n % 90, 1 + n % 12, 1 + n % 28);
        let people = |more: &str| (0..300).map(|n| record(n, &name(n, more), &name(n + 5, ""), &date(n))).collect();
        let (known, applicants): (Vec<Record>, Vec<Record>) = (people(""), people("x"));
        let linked = link(&known, &applicants, &["given_name", "surname", "date_of_birth"]);
        assert!(linked[..300].iter().all(|pair| pair.same), "all 300 come first");
        assert!(linked.len() > 300 && !linked[300].same);
    }
}
