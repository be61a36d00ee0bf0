//! Tells whether a text shows a reader anything, and whether two texts look alike; it knows no field.

use std::fmt;

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup};
use icu_properties::{CodePointMapData, CodePointSetData};
use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton;

/// The Braille pattern without a dot: a symbol to Unicode, a blank to a reader.
const BLANK_BRAILLE: char = '\u{2800}';

/// Whether the character takes at most room: blanks, control characters, and those that Unicode asks not to draw.
pub(crate) fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || c == BLANK_BRAILLE
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Whether the character is drawn on the one before it: an accent, or the choice of a picture's form.
pub(crate) fn is_mark(c: char) -> bool {
    GeneralCategoryGroup::Mark.contains(category(c))
}

/// Whether a reader sees something: at least one character that is drawn by itself and that fonts have.
#[must_use]
pub fn is_visible(text: &str) -> bool {
    let unseen = GeneralCategoryGroup::Other.union(GeneralCategoryGroup::Mark).union(GeneralCategoryGroup::Separator);
    text.chars().any(|c| !is_blank(c) && !unseen.contains(category(c)))
}

/// What is wrong with a text, as the rest of a sentence about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFault {
    /// It has more characters than this.
    TooLong(usize),
    /// It has a control character that is neither a line end nor a tab.
    Control,
    /// It has characters, and a reader sees none of them.
    Unseen,
}

impl fmt::Display for TextFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(chars_max) => write!(f, "is longer than {chars_max} characters"),
            Self::Control => f.write_str("has a control character"),
            Self::Unseen => f.write_str("has no character that a reader sees"),
        }
    }
}

/// Checks text that people wrote: its length in characters, that it has no control characters but line ends and tabs,
/// and that a reader sees something of it. An empty text is none.
///
/// # Errors
/// The first fault.
pub fn check(text: &str, chars_max: usize) -> Result<(), TextFault> {
    if text.chars().count() > chars_max {
        return Err(TextFault::TooLong(chars_max));
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t' | '\r')) {
        return Err(TextFault::Control);
    }
    if text.is_empty() || is_visible(text) { Ok(()) } else { Err(TextFault::Unseen) }
}

/// The characters of a text that a reader reads: those between its first and its last visible one, without those that
/// Unicode asks not to draw.
#[must_use]
pub fn readable_chars(text: &str) -> usize {
    let text = text.trim_matches(is_blank);
    text.chars().filter(|c| c.is_whitespace() || !is_blank(*c)).count()
}

/// Whether a reader may take two texts for the same. Blanks, invisible characters and case do not count, and neither do
/// compatibility forms (NFKC) and letters of another script with the same look (Unicode TS 39).
#[must_use]
pub fn look_alike(one: &str, other: &str) -> bool {
    let (one, other) = (shown(one), shown(other));
    // Case changes the look: `I` is taken for `l`, and `i` is not.
    skeleton(&one).eq(skeleton(&other)) || skeleton(&folded(&one)).eq(skeleton(&folded(&other)))
}

/// The text in its compatibility form, without all that shows nothing.
fn shown(text: &str) -> String {
    text.nfkc().filter(|c| !is_blank(*c)).collect()
}

/// The text without differences of case. Capitals first: `ß` has one spelling among them, `SS`.
fn folded(text: &str) -> String {
    text.to_uppercase().to_lowercase()
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_and_invisible_characters_show_nothing() {
        for text in [
            "",
            " ",
            "\n\t",
            "\u{a0}",
            "\u{3000}",
            "\u{200b}",
            "\u{200b} \u{feff}",
            "\u{2060}",
            "\u{ad}",
            "\u{3164}",
            "\u{115f}\u{1160}",
            "\u{ffa0}",
            "\u{2800}",
            "\u{180e}",
            "\u{202e}\u{202c}",
            "\u{fe0f}",
            "\u{e0020}",
            "\u{301}",
            "\u{e000}",
            "\u{378}",
        ] {
            assert!(!is_visible(text), "{text:?}");
        }
        for text in ["a", "?", "=1+1", " a ", "字", "👍", "☐", "e\u{301}", "\u{200b}a", "١", "−"] {
            assert!(is_visible(text), "{text:?}");
        }
    }

    #[test]
    fn a_fault_of_a_text_is_named() {
        assert_eq!([check("", 1), check("字", 1), check("a\nb\tc\r", 6)], [Ok(()); 3]);
        assert_eq!(check("ab", 1), Err(TextFault::TooLong(1)));
        for control in ["a\u{0}", "\u{7f}a", "a\u{85}b", "\u{1b}[1m"] {
            assert_eq!(check(control, 9), Err(TextFault::Control), "{control:?}");
        }
        for nothing in [" ", "\u{200b}\u{200b}", "\u{3164}", "\u{202e}"] {
            assert_eq!(check(nothing, 9), Err(TextFault::Unseen), "{nothing:?}");
        }
    }

    #[test]
    fn invisible_characters_are_not_read() {
        for (text, chars) in [
            ("", 0),
            ("  a b  ", 3),
            ("a\u{200b}\u{200b}b", 2),
            ("\u{200b}\u{feff}", 0),
            ("字 字\n字", 5),
            ("e\u{301}", 2),
            ("a\u{3164}\u{2800}b", 2),
        ] {
            assert_eq!(readable_chars(text), chars, "{text:?}");
        }
    }

    #[test]
    fn texts_that_look_the_same_are_found() {
        for other in [
            "Support",
            "support",
            "SUPPORT",
            " Support",
            "Support\u{a0}",
            "Sup port",
            "Sup\u{200b}port",
            "Support\u{feff}",
            "Ｓｕｐｐｏｒｔ",
            "𝐒upport",
            "Suppo\u{ad}rt",
            "Support\u{2800}",
            "\u{405}upport",
            "Supp\u{43e}rt",
            "supp\u{3bf}rt",
        ] {
            assert!(look_alike("Support", other), "{other:?}");
            assert!(look_alike(other, "Support"), "{other:?}");
        }
        for (one, other) in [
            ("é", "e\u{301}"),
            ("Straße", "STRASSE"),
            ("ﬁt", "fit"),
            ("①", "1"),
            ("I", "l"),
            ("Ａ", "a"),
            ("㍿", "株式会社"),
        ] {
            assert!(look_alike(one, other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn texts_that_differ_are_told_apart() {
        for (one, other) in [
            ("Support the buyer", "Support the merchant"),
            ("Yes", "No"),
            ("支持买家", "支持卖家"),
            ("A", "B"),
            ("e", "é"),
            ("1", "2"),
            ("👍", "👎"),
            ("是", "否"),
            ("Refund", "Refund 50 %"),
            ("+1", "-1"),
            ("对", "不对"),
        ] {
            assert!(!look_alike(one, other), "{one:?} {other:?}");
        }
    }
}
