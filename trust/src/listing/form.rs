//! Forms of texts in which disguises are gone, each sign with its place in the text. It knows no term.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use unicode_normalization::char::is_combining_mark;

use crate::identity::form::{folded, skeleton};

/// Pairs of a traditional Chinese character and its simplified one: the first choice of OpenCC 1.4.2 (TSCharacters.txt,
/// Apache-2.0), in the order of the former.
const SIMPLIFIED: &str = include_str!("simplified.txt");

/// The first character of the pairs. None below it is looked up.
const FIRST_TRADITIONAL: char = '\u{3400}';

static PAIRS: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
    let signs: Vec<char> = SIMPLIFIED.chars().filter(|sign| *sign != '\n').collect();
    signs.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
});

/// The skeleton of each sign of ASCII. Most signs of most texts are among them.
static ASCII: LazyLock<Vec<String>> =
    LazyLock::new(|| (0..=0x7f_u8).map(|byte| skeleton(char::from(byte).encode_utf8(&mut [0; 4]))).collect());

/// The Chinese characters in one block. They have no case, and no other way to be written.
const CHINESE: std::ops::RangeInclusive<char> = '\u{4e00}'..='\u{9fff}';

/// What people see of each of them: itself but for a few, such as one that looks like a slash.
static CHINESE_SEEN: LazyLock<Vec<String>> =
    LazyLock::new(|| CHINESE.map(|sign| skeleton(sign.encode_utf8(&mut [0; 4]))).collect());

/// A text in a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// The form.
    pub text: String,
    /// The characters of the source that each byte comes of: the first, and the one after the last.
    places: Vec<[u32; 2]>,
}

impl Form {
    fn push(&mut self, sign: char, place: [u32; 2]) {
        self.text.push(sign);
        self.places.extend(std::iter::repeat_n(place, sign.len_utf8()));
    }

    /// The characters of the source that these bytes of the form come of.
    #[must_use]
    pub fn span(&self, start: usize, end: usize) -> [usize; 2] {
        let at = |byte: usize| self.places.get(byte).copied().unwrap_or_default();
        [at(start)[0] as usize, at(end.saturating_sub(1))[1] as usize]
    }
}

/// The form that people write: NFKC, cases folded, Chinese simplified.
#[must_use]
pub fn written(text: &str) -> Form {
    let mut form = Form::default();
    for (cluster, place) in clusters(text) {
        match (cluster.as_bytes(), chinese(cluster)) {
            ([byte], _) => form.push(char::from(byte.to_ascii_lowercase()), place),
            (_, Some(sign)) => form.push(simplified(sign), place),
            _ => folded(cluster).chars().for_each(|sign| form.push(simplified(sign), place)),
        }
    }
    form
}

/// The form that people see: signs that look alike are one, and signs between letters are none.
#[must_use]
pub fn seen(text: &str) -> Form {
    let mut form = Form::default();
    for (cluster, place) in clusters(text) {
        let mut push = |seen: &str| seen.chars().for_each(|sign| push_seen(&mut form, simplified(sign), place));
        match (cluster.as_bytes(), chinese(cluster)) {
            ([byte], _) => push(&ASCII[usize::from(*byte)]),
            (_, Some(sign)) => push(&CHINESE_SEEN[sign as usize - *CHINESE.start() as usize]),
            _ => push(&skeleton(cluster)),
        }
    }
    form
}

/// The Chinese character that a cluster is.
fn chinese(cluster: &str) -> Option<char> {
    let mut signs = cluster.chars();
    signs.next().filter(|sign| CHINESE.contains(sign) && signs.next().is_none())
}

/// Whether a text has a Chinese character.
#[must_use]
pub fn has_chinese(text: &str) -> bool {
    text.chars().any(|sign| CHINESE.contains(&sign))
}

/// The forms that people see of a text in its own letters, in small and in capital ones: an I looks like an l, and an i
/// does not.
#[must_use]
pub fn looks(text: &str) -> BTreeSet<String> {
    [seen(text), seen(&text.to_lowercase()), seen(&text.to_uppercase())].map(|form| form.text).into()
}

/// An r and an n that meet look like an m.
fn push_seen(form: &mut Form, sign: char, place: [u32; 2]) {
    if sign == 'n' && form.text.ends_with('r') {
        form.text.pop();
        let first = form.places.pop().unwrap_or(place);
        form.push('m', [first[0], place[1]]);
    } else {
        form.push(sign, place);
    }
}

/// The words of a text in the form that people write, with one blank between them: equal names are one.
#[must_use]
pub fn name(text: &str) -> String {
    written(text).text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The simplified character.
fn simplified(sign: char) -> char {
    if sign < FIRST_TRADITIONAL {
        return sign;
    }
    PAIRS.binary_search_by_key(&sign, |(traditional, _)| *traditional).map_or(sign, |place| PAIRS[place].1)
}

/// Whether it is a letter or a digit of a script that parts words. Chinese, Japanese and Korean texts do not.
#[must_use]
pub fn is_of_word(sign: char) -> bool {
    sign.is_alphanumeric() && !matches!(sign, '\u{2e80}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..)
}

/// The characters with the marks that follow them, each with its place.
fn clusters(text: &str) -> impl Iterator<Item = (&str, [u32; 2])> {
    let mut signs = text.char_indices().peekable();
    let mut place = 0;
    std::iter::from_fn(move || {
        let (start, first) = signs.next()?;
        let (mut end, from) = (start + first.len_utf8(), place);
        place += 1;
        while let Some((at, mark)) = signs.next_if(|(_, sign)| !sign.is_ascii() && is_combining_mark(*sign)) {
            end = at + mark.len_utf8();
            place += 1;
        }
        Some((&text[start..end], [from, place]))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    #[test]
    fn two_ways_to_write_one_text_have_one_form() {
        for (one, other, form) in [
            ("ＮＩＫＥ", "nike", "nike"),
            ("高仿", "高仿", "高仿"),
            ("國家級", "国家级", "国家级"),
            ("Ｇｒｏß", "gross", "gross"),
        ] {
            assert_eq!((written(one).text.as_str(), written(other).text.as_str()), (form, form));
        }
        for (disguised, form) in [
            ("N1k е", "nlke"),
            ("r e p-l i c a", "replica"),
            ("modern", "modem"),
            ("Gо0gle", "google"),
            ("高-仿", "高仿"),
        ] {
            assert_eq!(seen(disguised).text, form, "{disguised}");
        }
        assert_eq!(name("  Coca\u{3000} COLA "), "coca cola");
    }

    #[test]
    fn a_span_names_the_characters_of_the_text() {
        let text = "a g\u{301}o\u{301}od m, 高 仿";
        let form = seen(text);
        let start = form.text.find("高仿").unwrap();
        assert_eq!(form.span(start, start + "高仿".len()), [12, 15]);
        let signs: Vec<char> = text.chars().collect();
        assert_eq!(signs[12..15].iter().collect::<String>(), "高 仿");
        let good = form.text.find("good").unwrap();
        assert_eq!(form.span(good, good + 4), [2, 8]);
        assert_eq!(Form::default().span(0, 0), [0, 0]);
    }

    #[test]
    fn the_pairs_are_in_order_and_end_at_the_simplified_one() {
        assert!(PAIRS.len() > 3_000 && PAIRS.is_sorted_by_key(|(traditional, _)| *traditional));
        assert!(PAIRS.first().is_some_and(|(first, _)| *first >= FIRST_TRADITIONAL));
        assert_eq!(['貨', '國', '愛', '货', 'a'].map(simplified), ['货', '国', '爱', '货', 'a']);
    }

    proptest! {
        #[test]
        fn the_form_that_people_see_is_that_of_store_names(text in "[ -~а-яA-Zrn01345678àéñ\u{300}-\u{308}]{0,40}") {
            prop_assert_eq!(seen(&text).text, skeleton(&text));
        }

        #[test]
        fn a_form_is_stable_and_its_spans_are_within_the_text(text in "\\PC{0,40}") {
            let chars = text.chars().count();
            for form in [written(&text), seen(&text)] {
                prop_assert_eq!(form.places.len(), form.text.len());
                prop_assert!(form.places.iter().all(|[from, to]| from < to && *to as usize <= chars));
            }
            let once = written(&text).text;
            let composed: String = once.nfkc().collect();
            prop_assert_eq!(written(&once).text.nfkc().collect::<String>(), composed);
        }
    }
}
