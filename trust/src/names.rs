//! The forms of what a platform names: ids of parties, buyers, orders and goods, and currencies. It knows no field.

use live_jury_protocol::{ID_FORM, is_id};

use crate::ID_BYTES_MAX;

/// The letters of a currency's code.
const CURRENCY_BYTES: usize = 3;
/// The rest of a sentence about a text that is no currency.
pub const CURRENCY_FORM: &str = "must be three capital letters";

/// Whether a text can be an id of the platform's. Ids are compared byte by byte, with each other and with those in
/// tokens, so that one with a blank at its end would name nobody.
#[must_use]
pub fn is_platform_id(text: &str) -> bool {
    text.len() <= ID_BYTES_MAX && is_id(text)
}

/// The rest of a sentence about a text that is no id.
#[must_use]
pub fn platform_id_form() -> String {
    format!("must be 1 to {ID_BYTES_MAX} bytes {ID_FORM}")
}

/// Whether a text is the code of a currency.
#[must_use]
pub fn is_currency(code: &str) -> bool {
    code.len() == CURRENCY_BYTES && code.bytes().all(|letter| letter.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_the_platforms_has_the_form_and_the_length_of_one() {
        for id in ["m-1", "order 7", "买家7", "a\u{200d}b", &"x".repeat(128)] {
            assert!(is_platform_id(id), "{id:?}");
        }
        for no_id in ["", "m-1 ", "\u{feff}m-1", "m-1\u{200b}", "m\u{0}1", &"x".repeat(129), &"字".repeat(43)] {
            assert!(!is_platform_id(no_id), "{no_id:?}");
        }
        assert!(platform_id_form().starts_with("must be 1 to 128 bytes without control characters"));
    }

    #[test]
    fn a_currency_has_three_capital_letters() {
        assert!(is_currency("CNY"));
        for no_currency in ["", "cny", "CN", "CNYX", "C Y", "ＣＮＹ", "CN\u{0}"] {
            assert!(!is_currency(no_currency), "{no_currency:?}");
        }
    }
}
