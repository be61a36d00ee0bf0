//! The form of the ids that a platform gives: of viewers, parties, goods and orders. It knows no field and no length.

use crate::text::{is_blank, is_mark};

/// The rest of a sentence about an id without this form.
pub const ID_FORM: &str = "without control characters, and without a blank or an invisible character at either end";

/// Whether a text begins and ends with something visible. A mark may end it: it belongs to the letter or the picture
/// before it.
#[must_use]
pub fn has_visible_ends(text: &str) -> bool {
    let is_end = |c: Option<char>| c.is_some_and(|c| !is_blank(c) || is_mark(c));
    is_end(text.chars().next()) && is_end(text.chars().next_back())
}

/// Whether a text can be an id. Tokens and lists of ids are held to the same form, since ids are compared byte by byte:
/// a viewer `u_3` is not on a list that says `u_3` and a blank.
///
/// Inside an id all else is allowed.
#[must_use]
pub fn is_id(text: &str) -> bool {
    has_visible_ends(text) && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_no_blank_at_its_ends_and_no_control_character() {
        for id in ["u_3", "Ann Lee", "ann@example.com", "买家7", "👩‍👩‍👧", "ann❤️", "a\u{200d}b", "=1+1"]
        {
            assert!(is_id(id), "{id:?}");
        }
        for no_id in [
            "",
            " ",
            "u_3 ",
            " u_3",
            "u_3\n",
            "\tu_3",
            "u\u{0}3",
            "u_3\u{a0}",
            "u_3\u{3000}",
            "u_3\u{200b}",
            "\u{feff}u_3",
            "u_3\u{2060}",
            "u_3\u{ad}",
            "\u{3164}",
            "u_3\u{2800}",
            "u\n3",
            "u_3\u{202e}",
        ] {
            assert!(!is_id(no_id), "{no_id:?}");
        }
    }
}
