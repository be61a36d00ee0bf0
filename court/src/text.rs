//! Tells whether a text shows a reader anything, and whether two texts look alike; it knows no field.

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
