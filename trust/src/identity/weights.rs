//! Probabilities of levels: those of the table, moved by pairs on which people decided. It reads no store.

use std::collections::BTreeMap;

use super::weigh::Held;
use super::{Field, Level, Row};

/// The decided pairs from which on the table's probabilities move. Fewer tell more about chance than about people.
pub const DECIDED_MIN: u64 = 200;
/// The pairs for which the table counts beside decided ones.
pub const TABLE_PAIRS: f64 = 50.0;
/// The least pairs of strangers: an equal value of one in 10,000 is then met four times.
pub const RANDOM_PAIRS: usize = 40_000;
/// The parties of whom these pairs are made. Each is compared with its next 20.
pub const SAMPLE_MAX: usize = 2_000;
/// The largest probability that two strangers' values are equal, and that they are close. Values that more have in
/// common would make differing ones a wonder.
const STRANGERS_MAX: f64 = 0.45;

/// The levels of one pair, of fields that both sides have.
pub type Levels = BTreeMap<Field, Level>;
/// The probabilities of a field: equal, close and different values of one who comes back, then equal and close values
/// of strangers.
pub type Moved = ([f64; 3], f64, f64);

/// The probabilities of levels by field. A field that no estimate has moved has those of the table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights(BTreeMap<Field, Row>);

impl Weights {
    /// The row of a field.
    #[must_use]
    pub fn row(&self, field: Field) -> Row {
        self.0.get(&field).copied().unwrap_or_else(|| field.row())
    }

    /// The fields that were moved, with their rows.
    pub fn moved(&self) -> impl Iterator<Item = (Field, Row)> {
        self.0.iter().map(|(field, row)| (*field, *row))
    }
}

impl FromIterator<(Field, Moved)> for Weights {
    fn from_iter<I: IntoIterator<Item = (Field, Moved)>>(moved: I) -> Self {
        Self(moved.into_iter().map(|(field, (m, u2, u1))| (field, Row { m, u2, u1, ..field.row() })).collect())
    }
}

/// The pairs that have each level, by field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<Field, [u64; 3]>);

impl Counts {
    /// Adds a pair.
    pub fn add(&mut self, levels: &Levels) {
        for (field, level) in levels {
            self.0.entry(*field).or_default()[level.place()] += 1;
        }
    }

    /// The pairs of a field by level, and all of them.
    fn of(&self, field: Field) -> ([f64; 3], f64) {
        let counts = self.0.get(&field).copied().unwrap_or_default().map(|count| count as f64);
        (counts, counts.iter().sum())
    }
}

/// The levels of strangers, from parties in a random order: each is compared with those that follow it. None if they
/// are too few for [`RANDOM_PAIRS`] different pairs.
#[must_use]
pub fn strangers(parties: &[Held]) -> Option<Counts> {
    let following = RANDOM_PAIRS.div_ceil(parties.len().max(1));
    // A pair would count twice from half of all parties on.
    if following > parties.len().saturating_sub(1) / 2 {
        return None;
    }
    let mut counts = Counts::default();
    for (place, one) in parties.iter().enumerate() {
        for other in parties.iter().cycle().skip(place + 1).take(following) {
            counts.add(&one.levels(other));
        }
    }
    Some(counts)
}

/// The probabilities that follow from decided pairs and from strangers. `same` counts the decided pairs that are one
/// party. Without strangers the table's probabilities of strangers stay.
#[must_use]
pub fn estimate(decided: u64, same: &Counts, strangers: Option<&Counts>) -> Weights {
    if decided < DECIDED_MIN {
        return Weights::default();
    }
    let of_field = |field: Field| {
        let row = field.row();
        let (counts, pairs) = same.of(field);
        let m = |place: usize| (TABLE_PAIRS * row.m[place] + counts[place]) / (TABLE_PAIRS + pairs);
        let share = |level: Level| {
            let (counts, pairs) = strangers.map(|strangers| strangers.of(field)).unwrap_or_default();
            if pairs > 0.0 { (counts[level.place()] / pairs).min(STRANGERS_MAX) } else { 0.0 }
        };
        // Never below the table: a rare value proves no more than it did.
        let (u2, u1) = (row.u2.max(share(Level::Equal)), row.u1.max(share(Level::Close)));
        (field, (std::array::from_fn(m), u2, u1))
    };
    Field::ALL.into_iter().map(of_field).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::token::{Fields, IdentityKey, KEY_BYTES, Tokens};

    fn counts(of: &[(Field, Level, u64)]) -> Counts {
        let mut counts = Counts::default();
        for (field, level, pairs) in of {
            (0..*pairs).for_each(|_| counts.add(&Levels::from([(*field, *level)])));
        }
        counts
    }

    fn held(given: &[(&str, String)]) -> Held {
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), vec![value.clone()])).collect();
        let key = IdentityKey::new([7; KEY_BYTES]);
        Tokens::of(&Fields::parse(&given).unwrap(), &[key]).unwrap().stored().into_iter().collect()
    }

    #[test]
    fn decided_pairs_move_m_as_if_the_table_were_fifty_pairs() {
        let same = counts(&[(Field::Device, Level::Equal, 90), (Field::Device, Level::Differs, 60)]);
        let moved = estimate(DECIDED_MIN, &same, None);
        // (50 × .47 + 90) / (50 + 150), and (50 × .53 + 60) / (50 + 150).
        let m = moved.row(Field::Device).m;
        assert!((m[0] - 0.5675).abs() < 1e-12 && m[1] == 0.0 && (m[2] - 0.4325).abs() < 1e-12, "{m:?}");
        assert_eq!((moved.row(Field::Device).u2, moved.row(Field::Phone)), (1e-4, Field::Phone.row()));
        assert_eq!(estimate(DECIDED_MIN - 1, &same, None), Weights::default(), "199 pairs move nothing");
        for field in Field::ALL {
            let sum: f64 = moved.row(field).m.iter().sum();
            assert!((sum - 1.0).abs() < 1e-12, "{field}: {sum}");
        }
    }

    #[test]
    fn strangers_raise_u_and_never_lower_it() {
        let seen = counts(&[
            (Field::Ip, Level::Equal, 40),
            (Field::Ip, Level::Differs, 39_960),
            (Field::GivenName, Level::Close, 400),
            (Field::GivenName, Level::Differs, 39_600),
            (Field::Device, Level::Equal, 40_000),
        ]);
        let moved = estimate(DECIDED_MIN, &Counts::default(), Some(&seen));
        assert!((moved.row(Field::Ip).u2 - 1e-3).abs() < 1e-12, "twice the table's");
        let name = moved.row(Field::GivenName);
        assert_eq!(name.u2, Field::GivenName.row().u2, "none was equal, and the table stays");
        assert!((name.u1 - 0.01).abs() < 1e-12);
        assert_eq!(moved.row(Field::Device).u2, STRANGERS_MAX);
        assert_eq!(moved.row(Field::Ip).m, Field::Ip.row().m);
    }

    #[test]
    fn forty_thousand_pairs_are_drawn_and_none_twice() {
        let party = |n: usize| held(&[("device", format!("device-{}", n % 142)), ("phone", format!("+4915{n:09}"))]);
        let parties: Vec<Held> = (0..284).map(party).collect();
        let found = strangers(&parties).unwrap();
        let (equal, pairs) = found.of(Field::Device);
        assert_eq!((equal, pairs), ([0.0, 0.0, 284.0 * 141.0], 284.0 * 141.0), "two of one device are 142 apart");
        assert!(pairs >= RANDOM_PAIRS as f64);
        assert_eq!(strangers(&parties[..283]), None, "283 parties have fewer pairs than 40,000");
        assert_eq!(strangers(&[]), None);
        let alike: Vec<Held> = (0..300).map(|n| held(&[("device", format!("{}", n % 3))])).collect();
        let (counts, pairs) = strangers(&alike).unwrap().of(Field::Device);
        assert!((counts[0] / pairs - 1.0 / 3.0).abs() < 0.01, "{counts:?}");
    }
}
