//! The fields of a line, taken one by one, so that the rest is known to be unknown.

use live_jury_protocol::text::{self, TextFault};
use serde_json::{Map, Value};

use super::{Code, Refusal};
use crate::{ID_BYTES_MAX, is_currency, is_platform_id};

/// Limits the name of an unknown field in an answer, in characters.
const NAME_CHARS_MAX: usize = 64;
/// The greatest count in an event. A billion of anything in one event is a mistake of the sender, and 9 billion such
/// events still fit the signed 64 bits of a database.
pub(super) const COUNT_MAX: u64 = 1_000_000_000;
/// The greatest number with a fraction, and the greatest count of a whole day. A thousand billion fits the minutes of
/// all viewers of a room, and the impressions of all shops.
pub(super) const NUMBER_MAX: f64 = 1e12;

/// Fields that nobody has taken yet.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    pub const fn new(fields: Map<String, Value>) -> Self {
        Self(fields)
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether the line is a tally of this name.
    pub fn is(&self, tally: &str) -> bool {
        self.0.get("tally").and_then(Value::as_str) == Some(tally)
    }

    /// Ends the line: what is left is unknown.
    pub fn end(&self) -> Result<(), Refusal> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(Refusal::at(Code::UnknownField, name.chars().take(NAME_CHARS_MAX).collect::<String>())),
        }
    }

    fn take(&mut self, name: &'static str) -> Result<Value, Refusal> {
        self.0.remove(name).ok_or_else(|| Refusal::at(Code::MissingField, name))
    }

    pub fn text(&mut self, name: &'static str) -> Result<String, Refusal> {
        match self.take(name)? {
            Value::String(text) => Ok(text),
            _ => Err(invalid(name)),
        }
    }

    /// A text of at most so many characters, of which a reader sees something.
    pub fn words(&mut self, name: &'static str, chars_max: usize) -> Result<String, Refusal> {
        let words = self.text(name)?;
        match text::check(&words, chars_max) {
            Err(TextFault::TooLong(_)) => Err(Refusal::at(Code::TooLong, name)),
            Ok(()) if !words.is_empty() => Ok(words),
            _ => Err(invalid(name)),
        }
    }

    /// The code of a currency.
    pub fn currency(&mut self, name: &'static str) -> Result<(), Refusal> {
        if is_currency(&self.text(name)?) { Ok(()) } else { Err(invalid(name)) }
    }

    pub fn id(&mut self, name: &'static str) -> Result<String, Refusal> {
        let id = self.text(name)?;
        if id.len() > ID_BYTES_MAX {
            return Err(Refusal::at(Code::TooLong, name));
        }
        if is_platform_id(&id) { Ok(id) } else { Err(invalid(name)) }
    }

    pub fn maybe_id(&mut self, name: &'static str) -> Result<Option<String>, Refusal> {
        if self.has(name) { self.id(name).map(Some) } else { Ok(None) }
    }

    pub fn flag(&mut self, name: &'static str) -> Result<bool, Refusal> {
        self.take(name)?.as_bool().ok_or_else(|| invalid(name))
    }

    pub fn maybe_flag(&mut self, name: &'static str) -> Result<Option<bool>, Refusal> {
        if self.has(name) { self.flag(name).map(Some) } else { Ok(None) }
    }

    /// A whole number, 0 or more, that also fits the signed numbers of a database: a time or an amount of money, which
    /// nothing adds up.
    pub fn whole(&mut self, name: &'static str) -> Result<u64, Refusal> {
        self.take(name)?.as_i64().and_then(|number| u64::try_from(number).ok()).ok_or_else(|| invalid(name))
    }

    /// A whole number of at most [`COUNT_MAX`], so that sums of many fit a database.
    pub fn count(&mut self, name: &'static str) -> Result<u32, Refusal> {
        let count = u32::try_from(self.whole(name)?).ok().filter(|count| u64::from(*count) <= COUNT_MAX);
        count.ok_or_else(|| invalid(name))
    }

    /// A number from 0 to [`NUMBER_MAX`]; a duration may have a fraction.
    pub fn number(&mut self, name: &'static str) -> Result<f64, Refusal> {
        let number = self.take(name)?.as_f64().filter(|number| (0.0..=NUMBER_MAX).contains(number));
        number.ok_or_else(|| invalid(name))
    }

    pub fn maybe_number(&mut self, name: &'static str) -> Result<Option<f64>, Refusal> {
        if self.has(name) { self.number(name).map(Some) } else { Ok(None) }
    }

    /// One of these words, by its place.
    pub fn choice(&mut self, name: &'static str, words: &[&str]) -> Result<usize, Refusal> {
        let text = self.text(name)?;
        words.iter().position(|word| *word == text).ok_or_else(|| invalid(name))
    }

    /// Some of these words, each at most once, by whether it is there.
    pub fn choices<const N: usize>(&mut self, name: &'static str, words: [&str; N]) -> Result<[bool; N], Refusal> {
        let Value::Array(items) = self.take(name)? else { return Err(invalid(name)) };
        let mut found = [false; N];
        for item in items {
            let place = item.as_str().and_then(|text| words.iter().position(|word| *word == text));
            match place {
                Some(place) if !found[place] => found[place] = true,
                _ => return Err(invalid(name)),
            }
        }
        Ok(found)
    }
}

fn invalid(name: &'static str) -> Refusal {
    Refusal::at(Code::InvalidField, name)
}
