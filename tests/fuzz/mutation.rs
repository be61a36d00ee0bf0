//! Valid messages with damaged bytes or replaced values; it knows the meaning of no message.

use std::path::Path;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

/// Texts that parsers often handle wrongly.
const STUMBLING: [&str; 20] = [
    "null",
    "-1",
    "1e999",
    "18446744073709551616",
    "9007199254740993",
    "0.1",
    "\"\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "[]",
    "{}",
    "[[[[[[[[",
    "{\"type\":",
    "\u{feff}",
    "\u{202e}",
    ",",
    "\"type\"",
    "\\",
    "true",
    "\u{1f9d1}\u{200d}\u{2696}",
];

/// A change of a text.
#[derive(Clone, Debug)]
enum Damage {
    Flip(Index, u8),
    Cut(Index, Index),
    Repeat(Index, Index),
    Insert(Index, &'static str),
    Graft(Index, Index, Index),
}

/// The protocol's golden examples of all messages.
pub fn examples() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/tests/golden");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    // The order of a directory varies, and a seed must give the same input everywhere.
    paths.sort();
    paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

/// A message with damaged bytes.
pub fn damaged(examples: Vec<String>) -> impl Strategy<Value = String> {
    let damage = prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, by)| Damage::Flip(at, by)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Damage::Cut(from, to)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Damage::Repeat(from, to)),
        (any::<Index>(), select(&STUMBLING[..])).prop_map(|(at, text)| Damage::Insert(at, text)),
        (any::<Index>(), any::<Index>(), any::<Index>()).prop_map(|(at, other, from)| Damage::Graft(at, other, from)),
    ];
    (select(examples.clone()), prop::collection::vec(damage, 1..6)).prop_map(move |(example, damages)| {
        let text = damages.iter().fold(example.into_bytes(), |text, damage| apply(text, damage, &examples));
        String::from_utf8_lossy(&text).into_owned()
    })
}

fn apply(mut text: Vec<u8>, damage: &Damage, examples: &[String]) -> Vec<u8> {
    if text.is_empty() {
        return text;
    }
    let span = |from: &Index, to: &Index, length: usize| {
        let (from, to) = (from.index(length), to.index(length));
        from.min(to)..from.max(to)
    };
    match damage {
        Damage::Flip(at, by) => {
            let at = at.index(text.len());
            text[at] ^= by;
        }
        Damage::Cut(from, to) => drop(text.drain(span(from, to, text.len()))),
        Damage::Repeat(from, to) => {
            let again = text[span(from, to, text.len())].to_vec();
            text.extend(again);
        }
        Damage::Insert(at, what) => {
            let at = at.index(text.len());
            text.splice(at..at, what.bytes());
        }
        Damage::Graft(at, other, from) => {
            let other = examples[other.index(examples.len())].as_bytes();
            text.truncate(at.index(text.len()));
            text.extend(&other[from.index(other.len())..]);
        }
    }
    text
}

/// A JSON message with some values replaced.
pub fn distorted(examples: Vec<String>) -> impl Strategy<Value = Value> {
    let examples: Vec<Value> = examples.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    let parts = prop::collection::vec((any::<Index>(), anything()), 1..4);
    (select(examples), parts).prop_map(|(mut message, parts)| {
        for (place, part) in parts {
            let places = count(&message);
            replace(&mut message, &mut place.index(places), &part);
        }
        message
    })
}

/// Any JSON value.
pub fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(vec![0_u64, 1, 4, 5, 8, 60, 86_400, 86_401, 1_000_000_000, u64::MAX]).prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        select(vec!["buyer", "draft", "javascript:alert(1)", "https://x.example/", "=1+1", "\u{202e}", "*", ".."])
            .prop_map(Value::from),
        (1_usize..5_000).prop_map(|length| Value::from("x".repeat(length))),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map("[a-z_]{1,12}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Number of values in a message, including itself.
fn count(message: &Value) -> usize {
    1 + match message {
        Value::Array(parts) => parts.iter().map(count).sum(),
        Value::Object(parts) => parts.values().map(count).sum(),
        _ => 0,
    }
}

fn replace(message: &mut Value, place: &mut usize, part: &Value) -> bool {
    if *place == 0 {
        *message = part.clone();
        return true;
    }
    *place -= 1;
    match message {
        Value::Array(parts) => parts.iter_mut().any(|inner| replace(inner, place, part)),
        Value::Object(parts) => parts.values_mut().any(|inner| replace(inner, place, part)),
        _ => false,
    }
}
