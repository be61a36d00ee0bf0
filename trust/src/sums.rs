//! The sums of all facts of one party, and the bytes in which a ledger keeps them. It names no party.

use crate::counter::{Count, Counter, FAST_HALF_LIFE_DAYS};
use crate::signal::SignalId;
use crate::turn::TURN_SIGNALS;

/// The number of the form of the bytes. Other numbers are not read.
const FORMAT: u8 = 1;
/// The bytes of a sum: the key, then the trials and the hits, each a float with its lowest byte first.
const SUM_BYTES: usize = 2 + 2 * size_of::<f64>();
/// The bit in a key of the second counter of a signal, with a half-life of 7 days.
const FAST: u8 = 0x80;

/// The name of a sum: the letter of a signal and its number. A later program may know further ones; they are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SumKey([u8; 2]);

impl SumKey {
    /// The sum of a signal, or its second one with a half-life of 7 days.
    #[must_use]
    pub fn of(signal: SignalId, is_fast: bool) -> Self {
        let mut letters = signal.signal().name.bytes();
        let letter = letters.next().unwrap_or_default();
        let number = letters.fold(0_u8, |number, digit| number.wrapping_mul(10).wrapping_add(digit.wrapping_sub(b'0')));
        Self([letter, if is_fast { number | FAST } else { number }])
    }

    /// The name in texts: that of the signal, with `+7` for the second sum.
    #[must_use]
    pub fn name(self) -> String {
        let Self([letter, number]) = self;
        let (letter, number, is_fast) = (char::from(letter), number & !FAST, number & FAST != 0);
        if is_fast { format!("{letter}{number:02}+{FAST_HALF_LIFE_DAYS}") } else { format!("{letter}{number:02}") }
    }
}

/// Sums of a party, in the order of their keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sums(Vec<(SumKey, Counter)>);

impl Sums {
    /// Adds a fact to the sum of a signal, and to its second one if it has one.
    pub fn add_count(&mut self, signal: SignalId, count: Count, at_ms: u64) {
        self.add(SumKey::of(signal, false), Counter::of(count, at_ms, signal.signal().half_life_days));
        if TURN_SIGNALS.contains(&signal) {
            self.add(SumKey::of(signal, true), Counter::of(count, at_ms, FAST_HALF_LIFE_DAYS));
        }
    }

    fn add(&mut self, key: SumKey, sum: Counter) {
        match self.0.binary_search_by_key(&key, |(other, _)| *other) {
            Ok(place) => self.0[place].1.add(sum),
            Err(place) => self.0.insert(place, (key, sum)),
        }
    }

    /// Adds the sums of further facts.
    pub fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(key, sum)| self.add(*key, *sum));
    }

    /// Whether there is no sum.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All sums, in the order of their keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (SumKey, Counter)> {
        self.0.iter().copied()
    }

    /// Appends the bytes.
    pub fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.reserve(1 + self.0.len() * SUM_BYTES);
        bytes.push(FORMAT);
        for (SumKey(key), sum) in &self.0 {
            bytes.extend_from_slice(key);
            bytes.extend_from_slice(&sum.n.to_le_bytes());
            bytes.extend_from_slice(&sum.k.to_le_bytes());
        }
    }

    /// The sums in these bytes; none if they have another form.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (format, rest) = bytes.split_first()?;
        let (sums, left) = rest.as_chunks::<SUM_BYTES>();
        if *format != FORMAT || !left.is_empty() {
            return None;
        }
        let float = |bytes: &[u8]| bytes.try_into().ok().map(f64::from_le_bytes);
        let sum = |bytes: &[u8; SUM_BYTES]| {
            let counter = Counter { n: float(&bytes[2..10])?, k: float(&bytes[10..])? };
            Some((SumKey([bytes[0], bytes[1]]), counter))
        };
        let sums = sums.iter().map(sum).collect::<Option<Vec<_>>>()?;
        sums.is_sorted_by(|(one, _), (next, _)| one < next).then_some(Self(sums))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::DAY_MS;
    use crate::counter::LANDMARK_MS;

    const NOW_MS: u64 = LANDMARK_MS + 300 * DAY_MS;

    #[test]
    fn every_sum_has_a_key_and_a_name_of_its_own() {
        let keys: BTreeSet<SumKey> =
            SignalId::all().flat_map(|id| [SumKey::of(id, false), SumKey::of(id, true)]).collect();
        assert_eq!(keys.len(), 2 * SignalId::COUNT);
        for id in SignalId::all() {
            assert_eq!(SumKey::of(id, false).name(), id.signal().name);
            assert_eq!(SumKey::of(id, true).name(), format!("{id}+7"));
        }
    }

    #[test]
    fn bytes_hold_all_sums_also_those_that_this_program_does_not_know() {
        let mut sums = Sums::default();
        sums.add_count(SignalId::X08, Count::new(0.001, 0.0), NOW_MS);
        sums.add_count(SignalId::Q01, Count::new(1.0, 1.0), NOW_MS - 5 * DAY_MS);
        sums.add(SumKey([b'z', 99]), Counter { n: 1.5, k: -0.25 });
        let mut bytes = vec![7];
        sums.encode(&mut bytes);
        assert_eq!(bytes.len(), 2 + 4 * SUM_BYTES);
        assert_eq!(Sums::decode(&bytes[1..]), Some(sums.clone()));
        assert_eq!(Sums::decode(&bytes[1..bytes.len() - 1]), None, "a byte is missing");
        bytes[1] = 2;
        assert_eq!((Sums::decode(&bytes[1..]), Sums::decode(&[])), (None, None), "another form");
        let names: Vec<String> = sums.iter().map(|(key, _)| key.name()).collect();
        assert_eq!(names, ["q01", "q01+7", "x08", "z99"]);
    }

    #[test]
    fn merged_sums_are_those_of_all_facts() {
        let (mut one, mut other, mut both) = (Sums::default(), Sums::default(), Sums::default());
        for (place, signal) in [SignalId::Q01, SignalId::E12, SignalId::Q01].into_iter().enumerate() {
            let (count, at_ms) = (Count::new(1.0, 1.0), NOW_MS - place as u64 * DAY_MS);
            if place == 0 { &mut one } else { &mut other }.add_count(signal, count, at_ms);
            both.add_count(signal, count, at_ms);
        }
        one.merge(&other);
        assert_eq!(one, both);
    }
}
