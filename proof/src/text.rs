//! The spellings of numbers, hashes and ids in published texts. Each value has exactly one.

use base64ct::{Base64, Encoding};

/// Lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// The bytes of lower-case hexadecimal digits.
#[must_use]
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |letter: u8| match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some((digit(*pair.first()?)? << 4) | digit(*pair.get(1)?)?)).collect()
}

/// Exactly `N` bytes of lower-case hexadecimal digits.
#[must_use]
pub fn array_from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    from_hex(text)?.try_into().ok()
}

/// Padded base64 of RFC 4648.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// The bytes of padded base64. Unused bits must be 0.
#[must_use]
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    Base64::decode_vec(text).ok()
}

/// A hash in base64.
#[must_use]
pub fn hash_from_base64(text: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    (Base64::decode(text, &mut hash).ok()?.len() == hash.len()).then_some(hash)
}

/// A decimal number without a sign and without leading zeros.
#[must_use]
pub fn number(text: &str) -> Option<u64> {
    let digits = text.as_bytes();
    let one_spelling = digits == b"0" || !digits.starts_with(b"0");
    if one_spelling && digits.iter().all(u8::is_ascii_digit) { text.parse().ok() } else { None }
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
    lines.iter().flat_map(|line| [*line, "\n"]).collect()
}

/// A UUID with hyphens, in lower case.
#[must_use]
pub fn uuid(bytes: &[u8; 16]) -> String {
    let digits = hex(bytes);
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    parts.join("-")
}

/// The bytes of a UUID with hyphens, in lower case.
#[must_use]
pub fn from_uuid(text: &str) -> Option<[u8; 16]> {
    let bytes = array_from_hex(&text.replace('-', ""))?;
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
        for wrong in ["", "00", "01", "+1", "-1", " 1", "1 ", "18446744073709551616", "١"] {
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
