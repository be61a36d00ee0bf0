//! The spellings of numbers, hashes and ids in published texts. Each value has exactly one.
//!
//! A browser downloads what the check of a verdict calls of these functions. They are plain loops for that reason: the
//! searchers, iterators and formatters of the standard library are several times as many bytes.

use crate::Hash;

/// The digits of decimal and hexadecimal numbers.
const DIGITS: &str = "0123456789abcdef";
/// The letters of base64 by their values, and the padding.
const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
/// The place of the padding among them.
const PADDING: usize = 64;

/// The parts of a text before and after the first separator, which is not empty.
#[must_use]
pub fn cut<'t>(text: &'t str, separator: &str) -> Option<(&'t str, &'t str)> {
    let at = text.as_bytes().windows(separator.len()).position(|window| window == separator.as_bytes())?;
    Some((text.get(..at)?, text.get(at + separator.len()..)?))
}

/// The parts of a text between separators. A text without one is its only part.
#[derive(Clone, Debug)]
pub struct Parts<'t> {
    rest: Option<&'t str>,
    separator: &'static str,
}

/// The parts of a text between separators, which are not empty.
#[must_use]
pub fn parts<'t>(text: &'t str, separator: &'static str) -> Parts<'t> {
    Parts { rest: Some(text), separator }
}

impl<'t> Iterator for Parts<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let text = self.rest?;
        let (part, rest) = match cut(text, self.separator) {
            Some((part, rest)) => (part, Some(rest)),
            None => (text, None),
        };
        self.rest = rest;
        Some(part)
    }
}

/// Lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            push_one_of(&mut text, DIGITS, usize::from(digit));
        }
    }
    text
}

/// Appends one letter of an alphabet of ASCII.
fn push_one_of(text: &mut String, alphabet: &str, at: usize) {
    text.push_str(&alphabet[at..=at]);
}

/// The bytes of lower-case hexadecimal digits.
#[must_use]
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |letter: u8| match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    };
    let mut bytes = Vec::with_capacity(text.len() / 2);
    for pair in text.as_bytes().chunks(2) {
        let [high, low] = pair else { return None };
        bytes.push((digit(*high)? << 4) | digit(*low)?);
    }
    Some(bytes)
}

/// Exactly `N` bytes of lower-case hexadecimal digits.
#[must_use]
pub fn array_from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    from_hex(text)?.try_into().ok()
}

/// Padded base64 of RFC 4648.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| group.get(at).copied().unwrap_or(0);
        let bits = u32::from_be_bytes([0, byte(0), byte(1), byte(2)]);
        for at in 0..4 {
            let letter = if at > group.len() { PADDING } else { (bits >> (18 - 6 * at) & 63) as usize };
            push_one_of(&mut text, BASE64, letter);
        }
    }
    text
}

/// The bytes of padded base64. Unused bits must be 0.
#[must_use]
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    let (groups, rest) = text.as_bytes().as_chunks::<4>();
    let mut bytes = Vec::with_capacity(3 * groups.len());
    for (left, group) in (0..groups.len()).rev().zip(groups) {
        // Only the last group may be padded.
        let letters = match group.as_slice() {
            [letters @ .., b'=', b'='] if left == 0 => letters,
            [letters @ .., b'='] if left == 0 => letters,
            letters => letters,
        };
        let mut bits = 0;
        for letter in letters {
            let value = match letter {
                b'A'..=b'Z' => letter - b'A',
                b'a'..=b'z' => letter - b'a' + 26,
                b'0'..=b'9' => letter - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            bits = bits << 6 | u32::from(value);
        }
        let [_, three @ ..] = (bits << (6 * (4 - letters.len()))).to_be_bytes();
        let (used, unused) = three.split_at(letters.len() - 1);
        if unused.iter().any(|byte| *byte != 0) {
            return None;
        }
        bytes.extend_from_slice(used);
    }
    rest.is_empty().then_some(bytes)
}

/// A hash in base64.
#[must_use]
pub fn hash_from_base64(text: &str) -> Option<Hash> {
    from_base64(text)?.try_into().ok()
}

/// Hashes in base64.
#[must_use]
pub fn hashes_from_base64(parts: Parts<'_>) -> Option<Vec<Hash>> {
    let mut hashes = Vec::new();
    for part in parts {
        hashes.push(hash_from_base64(part)?);
    }
    Some(hashes)
}

/// A decimal number without a sign and without leading zeros.
#[must_use]
pub fn number(text: &str) -> Option<u64> {
    if text.is_empty() || (text.len() > 1 && text.starts_with('0')) {
        return None;
    }
    let mut number = 0;
    for letter in text.bytes() {
        let digit = u64::from(letter.checked_sub(b'0').filter(|digit| *digit < 10)?);
        if number > (u64::MAX - digit) / 10 {
            return None;
        }
        number = 10 * number + digit;
    }
    Some(number)
}

/// A number in decimal digits, as `to_string` spells it.
#[must_use]
pub fn decimal(number: u64) -> String {
    let mut text = if number < 10 { String::new() } else { decimal(number / 10) };
    push_one_of(&mut text, DIGITS, (number % 10) as usize);
    text
}

/// A decimal number that may be negative. There is no `-0`.
#[must_use]
pub fn signed_number(text: &str) -> Option<i64> {
    match text.strip_prefix('-') {
        Some("0") => None,
        Some(digits) => number(digits).and_then(|_| text.parse().ok()),
        None => number(text)?.try_into().ok(),
    }
}

/// Lines, each with its end. A program for browsers that never calls `format!` is smaller by all of that code.
pub(crate) fn lines(lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// A UUID with hyphens, in lower case.
#[must_use]
pub fn uuid(bytes: &[u8; 16]) -> String {
    let mut text = String::new();
    for (at, pair) in bytes.chunks(2).enumerate() {
        if (2..=5).contains(&at) {
            text.push('-');
        }
        text.push_str(&hex(pair));
    }
    text
}

/// The bytes of a UUID with hyphens, in lower case.
#[must_use]
pub fn from_uuid(text: &str) -> Option<[u8; 16]> {
    let mut digits = String::new();
    for part in parts(text, "-") {
        digits.push_str(part);
    }
    let bytes = array_from_hex(&digits)?;
    (uuid(&bytes) == text).then_some(bytes)
}

/// Whether a text is a room's or an option's name: letters, digits, `_` and `-`.
#[must_use]
pub fn is_name(text: &str, bytes_max: usize) -> bool {
    let is_letter = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'_' || letter == b'-';
    (1..=bytes_max).contains(&text.len()) && text.bytes().all(is_letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_another_crate() {
        use base64ct::{Base64, Encoding};
        let letters = BASE64.as_bytes();
        for length in 0..40 {
            for _ in 0..500 {
                let bytes: Vec<u8> = (0..length).map(|_| fastrand::u8(..)).collect();
                let text = base64(&bytes);
                assert_eq!(text, Base64::encode_string(&bytes));
                assert_eq!(from_base64(&text), Some(bytes));
                // Another letter, and any letters.
                let mut other = text.into_bytes();
                if length > 0 {
                    let at = fastrand::usize(..other.len());
                    other[at] = letters[fastrand::usize(..letters.len())];
                }
                let any: Vec<u8> = (0..length).map(|_| letters[fastrand::usize(..letters.len())]).collect();
                for text in [other, any] {
                    let text = String::from_utf8(text).unwrap();
                    assert_eq!(from_base64(&text), Base64::decode_vec(&text).ok(), "{text}");
                }
            }
        }
    }

    #[test]
    fn the_parts_of_a_text_are_those_of_the_standard_library() {
        for text in ["", "\n", "a", "a\n", "\na", "a\n\nb", "ä\n\n\nö\n", "— \n —"] {
            for separator in ["\n", "\n\n", " "] {
                assert!(parts(text, separator).eq(text.split(separator)), "{text:?} at {separator:?}");
                assert_eq!(cut(text, separator), text.split_once(separator));
            }
        }
        for number in [0, 9, 10, 99, 100, 1_234_567_890, u64::MAX] {
            assert_eq!(decimal(number), number.to_string());
        }
    }

    #[test]
    fn each_value_has_one_spelling() {
        assert_eq!(from_base64("AA=="), Some(vec![0]));
        for wrong in ["AB==", "AA=", "AA", "AA==\n", " AA==", "A===", "AA-_"] {
            assert_eq!(from_base64(wrong), None, "{wrong:?}");
        }
        assert_eq!(from_hex("00ff"), Some(vec![0, 255]));
        for wrong in ["00FF", "0", "0g", "é0"] {
            assert_eq!(from_hex(wrong), None, "{wrong:?}");
        }
        assert_eq!((number("0"), number("18446744073709551615")), (Some(0), Some(u64::MAX)));
        for wrong in
            ["", "00", "01", "+1", "-1", " 1", "1 ", "1/", "1:", "18446744073709551616", "99999999999999999999", "١"]
        {
            assert_eq!(number(wrong), None, "{wrong:?}");
        }
        assert_eq!((signed_number("-12"), signed_number("0")), (Some(-12), Some(0)));
        for wrong in ["-0", "--1", "-", "-01", "+1"] {
            assert_eq!(signed_number(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_uuid_has_its_hyphens_and_lower_case() {
        let text = "01a203b5-27b4-7ec3-865e-b9e2a7a1b202";
        assert_eq!(from_uuid(text).map(|bytes| uuid(&bytes)).as_deref(), Some(text));
        for wrong in [&text.to_uppercase(), &text.replace('-', ""), &format!("{text}-"), ""] {
            assert_eq!(from_uuid(wrong), None, "{wrong:?}");
        }
    }
}
