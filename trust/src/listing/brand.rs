//! Protected brands: which of them a name is, or is like. It decides nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use live_jury_protocol::text::look_alike;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::form::{looks, name, seen, written};
use super::gtin::{PREFIX_DIGITS, prefixes};
use super::list::{EntryFault, check_ids, check_once, check_text, check_texts, read};

/// Limits a name, in characters.
const NAME_CHARS_MAX: usize = 100;
/// Limits the other names of a brand.
const ALIASES_MAX: usize = 20;
/// Limits the categories and the prefixes of a brand.
const FEW_MAX: usize = 200;
/// Limits the shops that may sell a brand. A request of 64 KiB has no room for more.
const AUTHORISED_MAX: usize = 5_000;
/// The signs from which a brand has names that are close to it. A shorter one has too many neighbours.
const CLOSE_SIGNS_MIN: usize = 6;
/// The signs of a name of which one may be missing. A longer one has no more such keys, which are its cost.
const DELETIONS_MAX: usize = 40;
/// The words of a title that may be a brand.
const WORDS_MAX: usize = 4;

/// A protected brand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brand {
    /// The name.
    pub name: String,
    /// Other names, such as the one in another script.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// The categories of its goods; all, without one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// The shops that may sell it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorised: Vec<String>,
    /// The prefixes of its GTINs: 6 to 12 digits, as in a GTIN of 13.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gtin_prefixes: Vec<String>,
}

impl Brand {
    /// A new brand from JSON.
    ///
    /// # Errors
    /// The field that is wrong.
    pub fn parse(value: &Value) -> Result<Self, EntryFault> {
        let brand = Self::stored(value)?;
        check_text("name", &brand.name, NAME_CHARS_MAX)?;
        check_texts("aliases", &brand.aliases, ALIASES_MAX, NAME_CHARS_MAX)?;
        check_once("aliases", brand.aliases.iter())?;
        check_ids("categories", &brand.categories, FEW_MAX)?;
        check_ids("authorised", &brand.authorised, AUTHORISED_MAX)?;
        check_texts("gtin_prefixes", &brand.gtin_prefixes, FEW_MAX, *PREFIX_DIGITS.end())?;
        check_once("gtin_prefixes", brand.gtin_prefixes.iter())?;
        Ok(brand)
    }

    /// A brand from JSON that a ledger holds. Its texts and ids are not checked again: an earlier program took more,
    /// and a brand that is left out protects nobody.
    ///
    /// # Errors
    /// The field without which nothing can be compared.
    pub fn stored(value: &Value) -> Result<Self, EntryFault> {
        let brand: Self = read(value)?;
        let is_prefix = |text: &String| PREFIX_DIGITS.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if let Some(n) = brand.gtin_prefixes.iter().position(|text| !is_prefix(text)) {
            return Err(EntryFault::new(format!("gtin_prefixes[{n}]"), "must have 6 to 12 digits"));
        }
        if let Some(n) = brand.names().position(|name| seen(name).text.is_empty()) {
            let field = n.checked_sub(1).map_or("name".to_owned(), |n| format!("aliases[{n}]"));
            return Err(EntryFault::new(field, "must have a letter or a digit"));
        }
        Ok(brand)
    }

    fn names(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.name).chain(&self.aliases)
    }

    /// Whether a shop may sell it.
    #[must_use]
    pub fn authorises(&self, merchant: &str) -> bool {
        self.authorised.iter().any(|one| one == merchant)
    }

    /// Whether a reader may take two brands for one: their names look alike, and a category may have goods of both. One
    /// name may be of two brands whose goods have nothing in common.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let shares_goods = self.categories.is_empty() || other.categories.is_empty();
        (shares_goods || self.categories.iter().any(|category| other.is_in(category)))
            && look_alike(&self.name, &other.name)
    }

    /// Whether its goods may be in a category.
    #[must_use]
    pub fn is_in(&self, category: &str) -> bool {
        self.categories.is_empty() || self.categories.iter().any(|one| one == category)
    }
}

/// How much a name is like a brand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Likeness {
    /// It is the brand's name.
    Equal,
    /// It looks the same and is written in another way.
    Look,
    /// One letter is missing, added, replaced, or exchanged with its neighbour.
    Close,
}

impl Likeness {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Look => "look",
            Self::Close => "close",
        }
    }
}

/// All protected brands.
#[derive(Debug, Default)]
pub struct Brands {
    entries: Vec<(String, Brand)>,
    ids: HashMap<String, u32>,
    written: HashMap<String, Vec<u32>>,
    seen: HashMap<String, Vec<u32>>,
    /// The hashes of forms that people see, whole and with one sign less. A hash that two share costs a comparison.
    close: HashMap<u64, Vec<u32>>,
    prefixes: HashMap<String, Vec<u32>>,
}

impl Brands {
    /// The brands with their ids.
    #[must_use]
    pub fn new(entries: Vec<(String, Brand)>) -> Self {
        let mut brands = Self::default();
        for (place, (id, brand)) in entries.iter().enumerate() {
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            brands.ids.insert(id.clone(), place);
            for text in brand.names() {
                push(&mut brands.written, name(text), place);
                for form in looks(text) {
                    if form.chars().count() >= CLOSE_SIGNS_MIN {
                        close_keys(&form).into_iter().for_each(|key| push(&mut brands.close, key, place));
                    }
                    push(&mut brands.seen, form, place);
                }
            }
            brand.gtin_prefixes.iter().for_each(|prefix| push(&mut brands.prefixes, prefix.clone(), place));
        }
        Self { entries, ..brands }
    }

    /// The brand with this id.
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<&Brand> {
        let place = self.ids.get(id)?;
        self.entries.get(*place as usize).map(|(_, brand)| brand)
    }

    /// Another brand than this id's that a reader may take for the brand.
    #[must_use]
    pub fn taken_for(&self, id: &str, brand: &Brand) -> Option<&str> {
        let forms = looks(&brand.name);
        let places = forms.iter().filter_map(|form| self.seen.get(form)).flatten();
        let mut others = places.filter_map(|place| self.entries.get(*place as usize));
        others.find(|(other, known)| other != id && known.is_like(brand)).map(|(other, _)| other.as_str())
    }

    /// The entry at a place.
    #[must_use]
    pub fn entry(&self, place: usize) -> Option<&(String, Brand)> {
        self.entries.get(place)
    }

    /// The brands that a name is, or is like. A protected name is like no other.
    #[must_use]
    pub fn like(&self, text: &str) -> Vec<(usize, Likeness)> {
        let found = |places: &[u32], likeness| places.iter().map(|place| (*place as usize, likeness)).collect();
        if let Some(places) = self.written.get(&name(text)) {
            return found(places, Likeness::Equal);
        }
        let form = seen(text).text;
        if let Some(places) = self.seen.get(&form) {
            return found(places, Likeness::Look);
        }
        if form.chars().count() + 1 < CLOSE_SIGNS_MIN {
            return Vec::new();
        }
        let candidates: BTreeSet<u32> =
            close_keys(&form).iter().filter_map(|key| self.close.get(key)).flatten().copied().collect();
        let is_close = |place: &u32| {
            let names = self.entries.get(*place as usize).into_iter().flat_map(|(_, brand)| brand.names());
            names
                .flat_map(|name| looks(name))
                .any(|look| look.chars().count() >= CLOSE_SIGNS_MIN && is_one_apart(&form, &look))
        };
        found(&candidates.into_iter().filter(is_close).collect::<Vec<_>>(), Likeness::Close)
    }

    /// The brands that a title names, or disguises with signs of other scripts or with digits, with the first place.
    #[must_use]
    pub fn in_title(&self, title: &str) -> Vec<(usize, Likeness, [usize; 2])> {
        let mut found: BTreeMap<usize, (Likeness, [usize; 2])> = BTreeMap::new();
        let words = words(title);
        for first in 0..words.len() {
            for run in (1..=WORDS_MAX).filter_map(|count| words.get(first..first + count)) {
                let (Some(start), Some(end)) = (run.first(), run.last()) else { continue };
                let span = [start.span[0], end.span[1]];
                let text = run.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
                let form = || run.iter().map(|word| word.seen.as_str()).collect::<String>();
                let (places, likeness) = match self.written.get(&text) {
                    Some(places) => (Some(places), Likeness::Equal),
                    None if run.iter().any(|word| word.is_disguised) => (self.seen.get(&form()), Likeness::Look),
                    None => (None, Likeness::Equal),
                };
                for place in places.into_iter().flatten() {
                    found.entry(*place as usize).or_insert((likeness, span));
                }
            }
        }
        found.into_iter().map(|(place, (likeness, span))| (place, likeness, span)).collect()
    }

    /// The brands whose prefix a GTIN has: those of the longest one.
    #[must_use]
    pub fn of_gtin(&self, number: &str) -> &[u32] {
        prefixes(number).find_map(|prefix| self.prefixes.get(prefix)).map_or(&[], Vec::as_slice)
    }
}

fn push<K: Eq + Hash>(map: &mut HashMap<K, Vec<u32>>, key: K, place: u32) {
    let places = map.entry(key).or_default();
    if places.last() != Some(&place) {
        places.push(place);
    }
}

/// Whether two forms are one letter apart.
///
/// An r and an n that meet are one sign of a form. A letter that parts them, or brings others together, changes two
/// signs: so the forms are also compared with both letters in the place of each m.
fn is_one_apart(form: &str, look: &str) -> bool {
    strsim::osa_distance(form, look) == 1 || strsim::osa_distance(&parted(form), &parted(look)) == 1
}

/// A form with an r and an n in the place of each m.
fn parted(form: &str) -> String {
    form.replace('m', "rn")
}

/// The hashes by which forms that are one letter apart find each other.
fn close_keys(form: &str) -> BTreeSet<u64> {
    [form, &parted(form)].into_iter().flat_map(keys).collect()
}

/// The hashes of a form and of the form without each of its signs.
fn keys(form: &str) -> Vec<u64> {
    let hash = |text: &str| {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        hasher.finish()
    };
    let without = |(place, sign): (usize, char)| hash(&[&form[..place], &form[place + sign.len_utf8()..]].concat());
    let mut keys: Vec<u64> =
        std::iter::once(hash(form)).chain(form.char_indices().take(DELETIONS_MAX).map(without)).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// A word of a title.
struct Word {
    text: String,
    seen: String,
    span: [usize; 2],
    /// Whether it looks like Latin letters alone, and is written with other signs.
    is_disguised: bool,
}

/// The words of a title with their places, in characters.
fn words(title: &str) -> Vec<Word> {
    let (mut words, mut from, mut text) = (Vec::new(), 0, String::new());
    for (place, sign) in title.chars().chain([' ']).enumerate() {
        if sign.is_alphanumeric() || matches!(sign, '\'' | '’' | '&' | '-' | '.') {
            if text.is_empty() {
                from = place;
            }
            text.push(sign);
        } else if !text.is_empty() {
            let (plain, look) = (written(&text).text, seen(&text).text);
            let is_latin = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase());
            let bare: String = plain.chars().filter(|sign| sign.is_alphanumeric()).collect();
            let has_letter = bare.chars().any(char::is_alphabetic);
            let is_disguised = has_letter && is_latin(&look) && !is_latin(&bare);
            words.push(Word { text: plain, seen: look, span: [from, place], is_disguised });
            text.clear();
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn brands(names: &[&str]) -> Brands {
        let entry = |name: &&str| ((*name).to_owned(), Brand::parse(&json!({ "name": name })).unwrap());
        Brands::new(names.iter().map(entry).collect())
    }

    fn like(brands: &Brands, name: &str) -> Option<Likeness> {
        brands.like(name).first().map(|(_, likeness)| *likeness)
    }

    #[test]
    fn each_squat_of_a_name_is_like_it() {
        let brands = brands(&["Samsung", "Coca-Cola", "Nike", "李宁", "Samsara", "Northern"]);
        for (name, expected) in [
            ("SAMSUNG", Some(Likeness::Equal)),
            ("Sаmsung", Some(Likeness::Look)),
            ("5am5ung", Some(Likeness::Look)),
            ("Sam-sung", Some(Likeness::Look)),
            ("CocaCola", Some(Likeness::Look)),
            ("N1ke", Some(Likeness::Look)),
            ("Nіke", Some(Likeness::Look)),
            ("李 寧", Some(Likeness::Look)),
            ("Smasung", Some(Likeness::Close)),
            ("Samsng", Some(Likeness::Close)),
            ("Samsunng", Some(Likeness::Close)),
            ("Samsing", Some(Likeness::Close)),
            ("Northenr", Some(Likeness::Close)),
            ("Northexn", Some(Likeness::Close)),
            ("Northe n", Some(Likeness::Close)),
            ("Northem", Some(Likeness::Look)),
            ("Samsara", Some(Likeness::Equal)),
            ("Nikee", None),
            ("Sony", None),
            ("", None),
        ] {
            assert_eq!(like(&brands, name), expected, "{name}");
        }
    }

    #[test]
    fn a_title_names_a_brand_or_disguises_it() {
        let brands = brands(&["Samsung", "The North Face", "Modem"]);
        let found = |title: &str| {
            let found = brands.in_title(title);
            found
                .into_iter()
                .map(|(place, likeness, span)| (brands.entries[place].0.clone(), likeness, span))
                .collect::<Vec<_>>()
        };
        assert_eq!(found("New Samsung TV"), [("Samsung".to_owned(), Likeness::Equal, [4, 11])]);
        assert_eq!(found("the north face jacket"), [("The North Face".to_owned(), Likeness::Equal, [0, 14])]);
        assert_eq!(found("New 5amsung TV"), [("Samsung".to_owned(), Likeness::Look, [4, 11])]);
        assert!(found("a modern chair").is_empty(), "a word that only looks like a name is none");
        assert!(found("").is_empty());
    }

    #[test]
    fn a_gtin_has_the_brand_of_its_longest_prefix() {
        let entry = |name: &str, prefix: &str| {
            (name.to_owned(), Brand::parse(&json!({ "name": name, "gtin_prefixes": [prefix] })).unwrap())
        };
        let brands = Brands::new(vec![entry("a", "950600"), entry("b", "95060001")]);
        assert_eq!(brands.of_gtin("09506000134352"), [1]);
        assert_eq!(brands.of_gtin("09506009999999"), [0]);
        assert!(brands.of_gtin("00614141999996").is_empty());
        let wrong = json!({ "name": "a", "gtin_prefixes": ["95060x"] });
        assert_eq!(Brand::parse(&wrong).unwrap_err().field, "gtin_prefixes[0]");
        assert_eq!(Brand::parse(&json!({ "name": "!!" })).unwrap_err().field, "name");
    }

    #[test]
    fn each_text_and_id_of_a_new_brand_is_checked() {
        let fault = |change: Value| {
            let mut brand = json!({ "name": "Silkworm" });
            brand.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            Brand::parse(&brand).unwrap_err().field
        };
        for no_id in ["", "m-1 ", "\u{feff}m-1", "m-1\u{200b}", "m\u{0}1", &"x".repeat(129)] {
            assert_eq!(fault(json!({ "authorised": ["m-1", no_id] })), "authorised[1]", "{no_id:?}");
            assert_eq!(fault(json!({ "categories": [no_id] })), "categories[0]", "{no_id:?}");
        }
        assert_eq!(fault(json!({ "authorised": ["m-1", "m-2", "m-1"] })), "authorised[2]");
        assert_eq!(fault(json!({ "aliases": ["丝虫", "\u{200b}"] })), "aliases[1]");
        assert_eq!(fault(json!({ "aliases": ["丝虫", "丝虫"] })), "aliases[1]");
        assert_eq!(fault(json!({ "name": "\u{200b}" })), "name");
        assert_eq!(fault(json!({ "name": "Silk\u{0}worm" })), "name");
        assert_eq!(fault(json!({ "authorised": [5] })), "authorised[0]");
        assert_eq!(fault(json!({ "colour": "red" })), "colour");
    }

    #[test]
    fn a_brand_of_an_earlier_program_still_protects() {
        let old = json!({ "name": "Silkworm", "authorised": ["m-1 ", "m-1 "], "aliases": ["\u{200b}丝虫"] });
        assert!(Brand::parse(&old).is_err());
        assert!(Brand::stored(&old).is_ok_and(|brand| brand.authorises("m-1 ")));
    }

    #[test]
    fn a_brand_is_taken_for_another_of_the_same_goods() {
        let brand =
            |name: &str, categories: &[&str]| Brand::parse(&json!({ "name": name, "categories": categories })).unwrap();
        let known = Brands::new(vec![("b-1".to_owned(), brand("Silkworm", &["silk", "wool"]))]);
        for (name, categories, taken) in [
            ("SILK WORM", &[][..], Some("b-1")),
            ("Silkw\u{43e}rm", &["tools", "wool"], Some("b-1")),
            ("Silkworm", &["tools"], None),
            ("Silkmoth", &[], None),
        ] {
            assert_eq!(known.taken_for("b-2", &brand(name, categories)), taken, "{name} {categories:?}");
        }
        assert_eq!(known.taken_for("b-1", &brand("silkworm", &[])), None, "its own name");
    }

    proptest! {
        #[test]
        fn close_names_are_those_at_a_distance_of_one(one in "[a-f]{6,9}", other in "[a-f]{5,10}") {
            let (one_form, form) = (seen(&one).text, seen(&other).text);
            prop_assume!(one_form != form);
            let expected = strsim::osa_distance(&form, &one_form) == 1 && one_form.chars().count() >= CLOSE_SIGNS_MIN;
            prop_assert_eq!(like(&brands(&[&one]), &other) == Some(Likeness::Close), expected);
        }
    }
}
