//! The weight of what an applicant and a known party have in common, by tokens alone. It decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::token::{FieldTokens, Stored, Token, Tokens};
use super::weights::{Levels, Weights};
use super::{Field, Group, Level, Row};
use crate::pdq::{Hash, SAME_BITS_MAX};

/// The least weight of values that differ, in bits. One who comes back chooses to differ, so more would reward it.
const DIFFERS_MIN: f64 = -1.0;

/// The tokens of whole forms and those of close ones.
type WholeAndParts = (BTreeSet<Token>, BTreeSet<Token>);

/// What a ledger keeps of a party.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    fields: BTreeMap<Field, WholeAndParts>,
    logo: Option<Hash>,
}

impl Held {
    /// The same with the hash of a logo.
    #[must_use]
    pub fn with_logo(self, logo: Option<Hash>) -> Self {
        Self { logo, ..self }
    }

    /// The levels between two parties, of fields that both have. A ledger keeps no token by which exchanged names are
    /// known.
    #[must_use]
    pub fn levels(&self, other: &Self) -> Levels {
        let level = |(field, (whole, parts)): (&Field, &WholeAndParts)| {
            let (their_whole, their_parts) = other.fields.get(field)?;
            let is_close = || {
                !parts.is_disjoint(their_parts) || !parts.is_disjoint(their_whole) || !whole.is_disjoint(their_parts)
            };
            let level = match () {
                () if !whole.is_disjoint(their_whole) => Level::Equal,
                () if is_close() => Level::Close,
                () => Level::Differs,
            };
            Some((*field, level))
        };
        let logo = logos(self.logo, other.logo).map(|level| (Field::Logo, level));
        self.fields.iter().filter_map(level).chain(logo).collect()
    }
}

/// The level between two logos, if both sides have one.
fn logos(one: Option<Hash>, other: Option<Hash>) -> Option<Level> {
    let is_same = one?.distance(&other?) <= SAME_BITS_MAX;
    Some(if is_same { Level::Equal } else { Level::Differs })
}

impl FromIterator<Stored> for Held {
    fn from_iter<I: IntoIterator<Item = Stored>>(stored: I) -> Self {
        let mut held = Self::default();
        for one in stored {
            let Some(field) = one.field else { continue };
            let (whole, parts) = held.fields.entry(field).or_default();
            if one.whole {
                whole.insert(one.token)
            } else {
                parts.insert(one.token)
            };
        }
        held
    }
}

/// The parties that hold tokens of whole forms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holders {
    /// The stored parties.
    pub parties: u64,
    /// The parties that hold a token. One that is not here is held by one.
    pub of: BTreeMap<Token, u64>,
}

impl Holders {
    /// The probability that a stranger has this value: a dummy that many gave tells little.
    fn u2(&self, row: &Row, value: &BTreeSet<Token>) -> f64 {
        let holders: u64 = value.iter().filter_map(|token| self.of.get(token)).sum();
        let share = holders.saturating_sub(1) as f64 / self.parties.max(1) as f64;
        row.u2.max(share)
    }
}

/// An applicant compared with a party.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compared {
    /// The weight, in bits.
    pub weight: f64,
    /// The levels of fields that both have.
    pub levels: Levels,
}

impl Compared {
    /// The groups in which a value is equal.
    #[must_use]
    pub fn groups(&self) -> BTreeSet<Group> {
        let equal = self.levels.iter().filter(|(_, level)| **level == Level::Equal);
        equal.map(|(field, _)| field.group()).collect()
    }

    /// Whether a field's values are equal.
    #[must_use]
    pub fn is_equal(&self, field: Field) -> bool {
        self.levels.get(&field) == Some(&Level::Equal)
    }
}

/// The weight of a level, in bits.
#[must_use]
pub fn bits(row: &Row, level: Level, u2: f64) -> f64 {
    let [m2, m1, m0] = row.m;
    match level {
        Level::Equal => (m2 / u2).log2(),
        Level::Close => (m1 / row.u1).log2(),
        Level::Differs => (m0 / (1.0 - row.u2 - row.u1)).log2().max(DIFFERS_MIN),
    }
}

/// Compares an applicant with what is held of a party. A field that one side lacks has no weight.
#[must_use]
pub fn compare(own: &Tokens, held: &Held, holders: &Holders, weights: &Weights) -> Compared {
    let mut compared = Compared::default();
    let mut place: f64 = 0.0;
    let exchanged = names_exchanged(own, held);
    for (field, of) in &own.fields {
        let Some(theirs) = held.fields.get(field) else { continue };
        let row = weights.row(*field);
        let (level, u2) = level(*field, of, theirs, exchanged, |value| holders.u2(&row, value));
        let u2 = u2.unwrap_or(row.u2);
        let weight = bits(&row, level, u2);
        compared.levels.insert(*field, level);
        // Places hang together: one who ships from a house also lives there. The largest alone counts.
        if field.group() == Group::Place {
            place = place.max(weight);
        } else {
            compared.weight += weight;
        }
    }
    compared.weight += place;
    if let Some(level) = logos(own.logo, held.logo) {
        let row = weights.row(Field::Logo);
        compared.levels.insert(Field::Logo, level);
        compared.weight += bits(&row, level, row.u2);
    }
    compared
}

/// The best level over all values, with the smallest probability among equal ones, if there are any.
fn level(
    field: Field,
    own: &FieldTokens,
    (whole, parts): &WholeAndParts,
    exchanged: bool,
    u2: impl Fn(&BTreeSet<Token>) -> f64,
) -> (Level, Option<f64>) {
    let equal = own.values.iter().filter(|value| !value.is_disjoint(whole)).map(u2).min_by(f64::total_cmp);
    if equal.is_some() {
        return (Level::Equal, equal);
    }
    let all = || own.values.iter().flatten().chain(&own.parts);
    let is_close = all().any(|token| parts.contains(token)) || own.parts.iter().any(|token| whole.contains(token));
    let is_name = matches!(field, Field::GivenName | Field::FamilyName);
    let level = if is_close || (is_name && exchanged) { Level::Close } else { Level::Differs };
    (level, None)
}

/// Whether each name is the other's.
fn names_exchanged(own: &Tokens, held: &Held) -> bool {
    let is_other = |field: Field, other: Field| {
        let (Some(own), Some((whole, _))) = (own.fields.get(&field), held.fields.get(&other)) else { return false };
        !own.exchanged.is_disjoint(whole)
    };
    is_other(Field::GivenName, Field::FamilyName) && is_other(Field::FamilyName, Field::GivenName)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::token::{Fields, IdentityKey, KEY_BYTES};

    fn tokens(given: &[(&str, &str)]) -> Tokens {
        let map = given.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()])).collect();
        Tokens::of(&Fields::parse(&map).unwrap(), &[IdentityKey::new([7; KEY_BYTES])]).unwrap()
    }

    fn compared(own: &[(&str, &str)], theirs: &[(&str, &str)]) -> Compared {
        compare(&tokens(own), &tokens(theirs).stored().into_iter().collect(), &Holders::default(), &Weights::default())
    }

    fn level(field: &str, own: &str, theirs: &str) -> Level {
        compared(&[(field, own)], &[(field, theirs)]).levels[&Field::from_name(field).unwrap()]
    }

    /// The printed bits of the documentation: equal, close, different; a dash where a level does not exist.
    const PRINTED: [(Field, &str); 16] = [
        (Field::IdNumber, "11.2 6.6 -0.4"),
        (Field::CompanyNumber, "11.2 6.6 -0.4"),
        (Field::GivenName, "6.7 5.3 -0.7"),
        (Field::FamilyName, "6.8 6.3 -0.9"),
        (Field::BirthDate, "11.9 2.5 -0.7"),
        (Field::Phone, "11.0 - -0.3"),
        (Field::Email, "11.0 - -0.3"),
        (Field::PayoutAccount, "11.9 - -0.7"),
        (Field::Device, "12.2 - -0.9"),
        (Field::Ip, "10.0 - -1.0"),
        (Field::Address, "11.7 8.5 -0.8"),
        (Field::ShipFrom, "12.6 8.2 -1.0"),
        (Field::ReturnAddress, "12.6 8.2 -1.0"),
        (Field::StoreName, "12.0 9.0 -0.9"),
        (Field::CompanyName, "11.6 9.6 -0.7"),
        (Field::Logo, "11.6 - -0.5"),
    ];

    #[test]
    fn each_level_has_the_printed_bits() {
        for (field, printed) in PRINTED {
            let row = field.row();
            let close = if row.u1 > 0.0 { format!("{:.1}", bits(&row, Level::Close, row.u2)) } else { "-".to_owned() };
            let [equal, differs] = [Level::Equal, Level::Differs].map(|level| bits(&row, level, row.u2));
            assert_eq!(format!("{equal:.1} {close} {differs:.1}"), printed, "{field}");
        }
    }

    #[test]
    fn a_letter_a_part_of_a_date_or_an_exchange_of_names_is_close() {
        for (field, own, theirs, expected) in [
            ("given_name", "Xiaoming", "小明", Level::Equal),
            ("given_name", "Xiaoming", "Xiaomin", Level::Close),
            ("given_name", "Xiaomin", "Xiaoming", Level::Close),
            ("given_name", "Xiaoming", "Xioaming", Level::Close),
            ("given_name", "Xiaoming", "Xiaoning", Level::Close),
            ("given_name", "Xiaoming", "Dawei", Level::Differs),
            ("birth_date", "1990-02-03", "1990-02-03", Level::Equal),
            ("birth_date", "1990-02-03", "1990-02-13", Level::Close),
            ("birth_date", "1990-02-03", "1991-02-03", Level::Close),
            ("birth_date", "1990-02-03", "1991-03-04", Level::Differs),
            ("phone", "+8613800138000", "+8613800138001", Level::Differs),
            ("id_number", "11010519491231002X", "11010519491231003X", Level::Close),
        ] {
            assert_eq!(level(field, own, theirs), expected, "{own} {theirs}");
        }
        let exchanged = compared(
            &[("given_name", "Wang"), ("family_name", "Li")],
            &[("given_name", "Li"), ("family_name", "Wang")],
        );
        assert_eq!(exchanged.levels.into_values().collect::<Vec<_>>(), [Level::Close, Level::Close]);
        let half = compared(
            &[("given_name", "Wang"), ("family_name", "Li")],
            &[("given_name", "Li"), ("family_name", "Zhao")],
        );
        assert_eq!(half.levels[&Field::GivenName], Level::Differs);
    }

    #[test]
    fn of_places_the_largest_positive_weight_counts_alone() {
        let one = [("ip", "203.0.113.7"), ("address", "12 Main St"), ("ship_from", "1 Dock Rd")];
        let all = compared(&one, &one);
        assert!((all.weight - bits(&Field::ShipFrom.row(), Level::Equal, 1e-4)).abs() < 1e-9);
        assert_eq!(all.groups(), BTreeSet::from([Group::Place]));
        let other = [("ip", "198.51.100.7"), ("address", "9 Hill Ave"), ("ship_from", "77 Quay")];
        assert_eq!(compared(&one, &other).weight, 0.0);
    }

    #[test]
    fn a_missing_field_has_no_weight_and_a_common_value_little() {
        let own = [("phone", "+8613800138000")];
        assert_eq!(compared(&own, &[("device", "d")]), Compared::default());
        let own = tokens(&own);
        let held: Held = own.stored().into_iter().collect();
        let token = *own.fields[&Field::Phone].values[0].first().unwrap();
        let weight = |of: u64, parties| {
            let holders = Holders { parties, of: BTreeMap::from([(token, of)]) };
            compare(&own, &held, &holders, &Weights::default()).weight
        };
        assert_eq!(weight(1, 10), weight(1, 1_000_000), "a pair weighs the same in any store");
        assert_eq!(weight(2, 1_000_000), weight(1, 1_000_000), "less than the least share");
        assert!((weight(101, 1_000) - (0.2_f64 / 0.1).log2()).abs() < 1e-9);
    }

    #[test]
    fn the_best_of_several_values_counts() {
        let given = |values: &[&str]| {
            let values = values.iter().map(|value| (*value).to_owned()).collect();
            let fields = Fields::parse(&BTreeMap::from([("phone".to_owned(), values)])).unwrap();
            Tokens::of(&fields, &[IdentityKey::new([7; KEY_BYTES])]).unwrap()
        };
        let (own, theirs) = (given(&["+4915100000001", "+4915100000002"]), given(&["+4915100000002"]));
        let theirs: Held = theirs.stored().into_iter().collect();
        assert!(compare(&own, &theirs, &Holders::default(), &Weights::default()).is_equal(Field::Phone));
    }

    #[test]
    fn logos_within_31_bits_are_equal_and_weigh_by_themselves() {
        let hash = Hash([1, 2, 3, 4]);
        let with = |bits: u32| Hash([1 ^ ((1 << bits) - 1), 2, 3, 4]);
        let weigh = |own: Option<Hash>, theirs: Option<Hash>| {
            let (own, held) = (Tokens { logo: own, ..Tokens::default() }, Held::default().with_logo(theirs));
            let compared = compare(&own, &held, &Holders::default(), &Weights::default());
            assert_eq!(Held::default().with_logo(own.logo).levels(&held), compared.levels);
            (compared.levels.get(&Field::Logo).copied(), (compared.weight * 10.0).round() / 10.0)
        };
        assert_eq!(weigh(Some(hash), Some(with(31))), (Some(Level::Equal), 11.6));
        assert_eq!(weigh(Some(hash), Some(with(32))), (Some(Level::Differs), -0.5));
        assert_eq!(weigh(Some(hash), None), (None, 0.0));
    }

    #[test]
    fn two_stored_parties_have_the_levels_of_an_applicant() {
        let one = [("given_name", "Xiaoming"), ("birth_date", "1990-02-03"), ("phone", "+8613800138000")];
        for other in [
            [("given_name", "Xiaomin"), ("birth_date", "1990-02-13"), ("phone", "+8613800138000")],
            [("given_name", "Dawei"), ("birth_date", "1990-02-03"), ("email", "a@shop.example")],
        ] {
            let held = |given: &[(&str, &str)]| tokens(given).stored().into_iter().collect::<Held>();
            assert_eq!(held(&one).levels(&held(&other)), compared(&one, &other).levels);
        }
    }

    #[test]
    fn an_estimate_moves_the_weight() {
        let own = [("device", "one")];
        let moved = Weights::from_iter([(Field::Device, ([0.9, 0.0, 0.1], 2e-4, 0.0))]);
        let held: Held = tokens(&own).stored().into_iter().collect();
        let compared = compare(&tokens(&own), &held, &Holders::default(), &moved);
        assert!((compared.weight - (0.9_f64 / 2e-4).log2()).abs() < 1e-9);
    }
}
