//! The numbers of goods (GTIN), and whose they are. It looks none up.

use serde::{Deserialize, Serialize};

/// The digits of a GTIN in its longest form.
pub const DIGITS: usize = 14;
/// The digits of a company's prefix.
pub const PREFIX_DIGITS: std::ops::RangeInclusive<usize> = 6..=12;

/// The state of a listing's GTIN.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// There is none.
    #[default]
    Missing,
    /// Its check digit is wrong, or it has another number of digits.
    Invalid,
    /// It is a GTIN.
    Valid,
    /// It is a GTIN of another brand.
    OtherBrand,
}

/// The 14 digits of a GTIN of 8, 12, 13 or 14 digits; none if its check digit is wrong. Blanks and hyphens part digits.
#[must_use]
pub fn read(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|sign| !matches!(sign, ' ' | '-')).collect();
    let fits = matches!(digits.len(), 8 | 12 | 13 | 14) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = format!("{digits:0>DIGITS$}");
    (fits && check_sum(&number).is_multiple_of(10) && number.bytes().any(|byte| byte != b'0')).then_some(number)
}

/// The sum of GS1: every other digit three times, from the first of fourteen.
fn check_sum(number: &str) -> u32 {
    number.bytes().enumerate().map(|(n, byte)| u32::from(byte - b'0') * if n % 2 == 0 { 3 } else { 1 }).sum()
}

/// The prefixes that a GTIN may have, the longest first. The first of fourteen digits tells the packing.
pub fn prefixes(number: &str) -> impl Iterator<Item = &str> {
    PREFIX_DIGITS.rev().filter_map(|digits| number.get(1..=digits))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_numbers_are_read() {
        // The examples of the GS1 General Specifications.
        for (text, number) in [
            ("9506000134352", Some("09506000134352")),
            ("6 14141 99999 6", Some("00614141999996")),
            ("96385074", Some("00000096385074")),
            ("1-0614141-00041-5", Some("10614141000415")),
            ("9506000134353", None),
            ("950600013435", None),
            ("00000000", None),
            ("95060001343x2", None),
            ("", None),
        ] {
            assert_eq!(read(text).as_deref(), number, "{text}");
        }
        let found: Vec<&str> = prefixes("09506000134352").collect();
        assert_eq!((found.len(), found[0], found[6]), (7, "950600013435", "950600"));
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_noticed(digits in "[0-9]{12}", place in 0..13_usize, add in 1..10_u8) {
            let sum = check_sum(&format!("0{digits}0"));
            let good = format!("{digits}{}", (10 - sum % 10) % 10);
            prop_assume!(good.bytes().any(|byte| byte != b'0'));
            prop_assert!(read(&good).is_some());
            let mut wrong = good.into_bytes();
            wrong[place] = b'0' + (wrong[place] - b'0' + add) % 10;
            prop_assert_eq!(read(std::str::from_utf8(&wrong).unwrap()), None);
        }
    }
}
