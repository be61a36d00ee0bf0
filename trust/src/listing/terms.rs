//! Terms: words that no listing, or few, may have. All are found in one pass over a text as it is written, and in one
//! over the text as it looks, for words in disguise. This file takes no measure.

use std::collections::BTreeMap;

use daachorse::CharwiseDoubleArrayAhoCorasick;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Outcome;
use super::form::{Form, is_of_word, looks, seen, written};
use super::gtin;
use super::list::{EntryFault, check_once, check_text, check_texts, read};

/// Limits a term and an exception, in characters.
const TERM_CHARS_MAX: usize = 100;
/// Limits the exceptions of a term.
const EXCEPTIONS_MAX: usize = 20;
/// The fewest characters of a term that is found in disguise. Shorter ones are parts of other words: `1:1` looks like
/// `ll`.
const SEEN_SIGNS_MIN: usize = 5;
/// The same for a term with a Chinese character, of which two make a word.
const SEEN_CHINESE_MIN: usize = 2;

/// A kind of term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Goods that nobody may sell.
    Prohibited,
    /// Words with which counterfeits are offered.
    CounterfeitPhrase,
    /// A claim that cannot be proved, such as *the best*.
    AbsoluteClaim,
    /// The domain of e-mail addresses that are used once and thrown away.
    DisposableEmail,
    /// The GTIN of goods that were recalled.
    RecalledGtin,
}

impl Kind {
    /// The name on the wire and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prohibited => "prohibited",
            Self::CounterfeitPhrase => "counterfeit_phrase",
            Self::AbsoluteClaim => "absolute_claim",
            Self::DisposableEmail => "disposable_email",
            Self::RecalledGtin => "recalled_gtin",
        }
    }

    /// The policy that a listing with it breaks, if the term names none.
    #[must_use]
    pub const fn policy(self) -> &'static str {
        match self {
            Self::Prohibited => "prohibited_goods",
            Self::CounterfeitPhrase => "counterfeit",
            Self::AbsoluteClaim => "false_advertising",
            Self::DisposableEmail => "off_platform",
            Self::RecalledGtin => "unsafe_goods",
        }
    }
}

/// A term.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// The kind.
    pub kind: Kind,
    /// The words, or a GTIN.
    pub text: String,
    /// The outcome of a listing that has it.
    pub then: Outcome,
    /// Longer words with the term that say something else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<String>,
    /// The policy that such a listing breaks; without it that of the kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
}

impl Term {
    /// A new term from JSON.
    ///
    /// # Errors
    /// The field that is wrong.
    pub fn parse(value: &Value) -> Result<Self, EntryFault> {
        let term: Self = read(value)?;
        check_text("text", &term.text, TERM_CHARS_MAX)?;
        check_texts("exceptions", &term.exceptions, EXCEPTIONS_MAX, TERM_CHARS_MAX)?;
        check_once("exceptions", term.exceptions.iter())?;
        Self::stored(value)
    }

    /// A term from JSON that a ledger holds. Its texts are not checked again: an earlier program took more, and a term
    /// that is left out finds nothing.
    ///
    /// # Errors
    /// The field without which nothing can be found.
    pub fn stored(value: &Value) -> Result<Self, EntryFault> {
        let term: Self = read(value)?;
        if term.then == Outcome::Pass {
            return Err(EntryFault::new("then", "must be review, hold or block"));
        }
        if term.kind == Kind::RecalledGtin {
            return match gtin::read(&term.text) {
                Some(_) => Ok(term),
                None => Err(EntryFault::new("text", "must be a GTIN")),
            };
        }
        let text = pattern(&term.text);
        if text.is_empty() {
            return Err(EntryFault::new("text", "must have a sign"));
        }
        match term.exceptions.iter().position(|exception| !pattern(exception).contains(&text)) {
            Some(n) => Err(EntryFault::new(format!("exceptions[{n}]"), "must have the term's text")),
            None => Ok(term),
        }
    }

    /// The policy that a listing with it breaks.
    #[must_use]
    pub fn policy(&self) -> &str {
        self.policy.as_deref().unwrap_or_else(|| self.kind.policy())
    }
}

fn pattern(text: &str) -> String {
    written(text.trim()).text
}

/// A term, or an exception of one.
#[derive(Clone, Copy, Debug)]
struct Meaning {
    term: usize,
    is_exception: bool,
}

/// All patterns of one form.
#[derive(Default)]
struct Patterns {
    automaton: Option<CharwiseDoubleArrayAhoCorasick<u32>>,
    meanings: Vec<Vec<Meaning>>,
}

impl std::fmt::Debug for Patterns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Patterns").field("patterns", &self.meanings.len()).finish_non_exhaustive()
    }
}

impl Patterns {
    fn new(patterns: BTreeMap<String, Vec<Meaning>>) -> Self {
        if patterns.is_empty() {
            return Self::default();
        }
        let (texts, meanings): (Vec<String>, Vec<Vec<Meaning>>) = patterns.into_iter().unzip();
        // It fails beyond four billion patterns, or with an equal or empty one. The map has none of them.
        let automaton = CharwiseDoubleArrayAhoCorasick::new(texts).ok();
        Self { automaton, meanings }
    }

    /// The terms and exceptions in a form, each with its place in the text.
    fn find<'p>(&'p self, form: &'p Form) -> impl Iterator<Item = (Meaning, [usize; 2])> + 'p {
        let found = self.automaton.iter().flat_map(|automaton| automaton.find_overlapping_iter(&form.text));
        found.flat_map(|one| {
            let span = form.span(one.start(), one.end());
            let meanings = self.meanings.get(one.value() as usize).into_iter().flatten();
            meanings.map(move |meaning| (*meaning, span))
        })
    }
}

/// A term in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The place of the term in the list.
    pub term: usize,
    /// The first character of the text, and the one after the last.
    pub span: [usize; 2],
}

/// All terms.
#[derive(Debug, Default)]
pub struct Terms {
    entries: Vec<(String, Term)>,
    written: Patterns,
    seen: Patterns,
    gtins: BTreeMap<String, usize>,
}

impl Terms {
    /// The terms with their ids.
    #[must_use]
    pub fn new(entries: Vec<(String, Term)>) -> Self {
        let (mut as_written, mut as_seen) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
        let mut gtins = BTreeMap::new();
        for (term, (_, entry)) in entries.iter().enumerate() {
            if entry.kind == Kind::RecalledGtin {
                gtins.extend(gtin::read(&entry.text).map(|number| (number, term)));
                continue;
            }
            let exceptions = entry.exceptions.iter().map(|text| (text, true));
            for (text, is_exception) in std::iter::once((&entry.text, false)).chain(exceptions) {
                let meaning = Meaning { term, is_exception };
                let pattern = pattern(text);
                if !pattern.is_empty() {
                    as_written.entry(pattern).or_default().push(meaning);
                }
                for look in looks(text).into_iter().filter(|look| is_found_in_disguise(look)) {
                    as_seen.entry(look).or_default().push(meaning);
                }
            }
        }
        Self { entries, written: Patterns::new(as_written), seen: Patterns::new(as_seen), gtins }
    }

    /// The entry at a place.
    #[must_use]
    pub fn entry(&self, place: usize) -> Option<&(String, Term)> {
        self.entries.get(place)
    }

    /// The term of a GTIN that was recalled.
    #[must_use]
    pub fn recalled(&self, number: &str) -> Option<usize> {
        self.gtins.get(number).copied()
    }

    /// The first place of each term in a text. A term within one of its exceptions does not count.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<Found> {
        let forms = [(&self.written, written(text)), (&self.seen, seen(text))];
        let (mut found, mut exceptions) = (BTreeMap::<usize, Vec<[usize; 2]>>::new(), Vec::new());
        let mut signs: Option<Vec<char>> = None;
        for (patterns, form) in &forms {
            for (meaning, span) in patterns.find(form) {
                let signs = signs.get_or_insert_with(|| text.chars().collect());
                if !is_whole(signs, span) {
                } else if meaning.is_exception {
                    exceptions.push((meaning.term, span));
                } else {
                    found.entry(meaning.term).or_default().push(span);
                }
            }
        }
        let is_excepted = |term: usize, [from, to]: [usize; 2]| {
            exceptions.iter().any(|(of, [first, last])| *of == term && *first <= from && to <= *last)
        };
        let first = |(term, spans): (usize, Vec<[usize; 2]>)| {
            let span = spans.into_iter().filter(|span| !is_excepted(term, *span)).min()?;
            Some(Found { term, span })
        };
        found.into_iter().filter_map(first).collect()
    }
}

fn is_found_in_disguise(pattern: &str) -> bool {
    let has_chinese = pattern.chars().any(|sign| !is_of_word(sign));
    pattern.chars().count() >= if has_chinese { SEEN_CHINESE_MIN } else { SEEN_SIGNS_MIN }
}

/// Whether a place is no part of a longer word.
fn is_whole(signs: &[char], [from, to]: [usize; 2]) -> bool {
    let is_of_word = |place: usize| signs.get(place).copied().is_some_and(is_of_word);
    let joined = |before: usize, after: usize| is_of_word(before) && is_of_word(after);
    let at_start = from.checked_sub(1).is_some_and(|before| joined(before, from));
    let at_end = to.checked_sub(1).is_some_and(|last| joined(last, to));
    !at_start && !at_end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn terms(given: &[(&str, &[&str])]) -> Terms {
        let entry = |(text, exceptions): &(&str, &[&str])| {
            let value =
                json!({ "kind": "counterfeit_phrase", "text": text, "then": "review", "exceptions": exceptions });
            ((*text).to_owned(), Term::parse(&value).unwrap())
        };
        Terms::new(given.iter().map(entry).collect())
    }

    fn found(terms: &Terms, text: &str) -> Vec<String> {
        let signs: Vec<char> = text.chars().collect();
        terms.find(text).iter().map(|one| signs[one.span[0]..one.span[1]].iter().collect()).collect()
    }

    #[test]
    fn terms_are_found_in_both_forms_as_whole_words() {
        let terms =
            terms(&[("replica", &["not a replica"]), ("1:1", &[]), ("高仿", &[]), ("A货", &[]), ("超A货", &[])]);
        for (text, expected) in [
            ("A Replica watch", &["Replica"][..]),
            ("a r-e-p-l-i-c-a!", &["r-e-p-l-i-c-a"]),
            ("a R.E.P.L.I.C.A!", &["R.E.P.L.I.C.A"]),
            ("rерliса bag", &["rерliса"]),
            ("replicas", &[]),
            ("this is not a replica.", &[]),
            ("not a replica, but a replica", &["replica"]),
            ("1:1 quality", &["1:1"]),
            ("11:10", &[]),
            ("all of it", &[]),
            ("這是高仿手表", &["高仿"]),
            ("高 仿", &["高 仿"]),
            ("超A货", &["A货", "超A货"]),
            ("", &[]),
        ] {
            let mut found = found(&terms, text);
            found.sort();
            let mut expected = expected.to_vec();
            expected.sort_unstable();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_recalled_gtin_is_no_text() {
        let value = json!({ "kind": "recalled_gtin", "text": "9506000134352", "then": "block" });
        let terms = Terms::new(vec![("recall".to_owned(), Term::parse(&value).unwrap())]);
        assert_eq!(terms.recalled("09506000134352"), Some(0));
        assert!(terms.find("9506000134352").is_empty());
        assert!(Terms::default().find("anything").is_empty());
    }

    #[test]
    fn a_wrong_entry_names_its_field() {
        let fault = |value| Term::parse(&value).unwrap_err().field;
        let term = |key: &str, value: Value| {
            let mut term = json!({ "kind": "prohibited", "text": "opium", "then": "block" });
            term[key] = value;
            term
        };
        assert_eq!(fault(term("text", json!(" "))), "text");
        assert_eq!(fault(term("text", json!("x".repeat(101)))), "text");
        assert_eq!(fault(term("text", json!("\u{200b}"))), "text");
        assert_eq!(fault(term("text", json!(5))), "text");
        assert_eq!(fault(term("exceptions", json!(["opium tea", "opium tea"]))), "exceptions[1]");
        assert!(Term::stored(&term("text", json!("opium\u{0}"))).is_ok(), "an earlier program took it");
        assert_eq!(fault(term("then", json!("pass"))), "then");
        assert_eq!(fault(term("exceptions", json!(["poppy"]))), "exceptions[0]");
        assert_eq!(fault(term("kind", json!("recalled_gtin"))), "text");
        assert_eq!(fault(term("weight", json!(1))), "weight");
        assert_eq!(fault(json!({ "kind": "prohibited", "then": "block" })), "text");
    }

    proptest! {
        #[test]
        fn a_term_between_blanks_is_found_wherever_it_is(before in "[a-z ]{0,20}", after in "[a-z ]{0,20}") {
            let terms = terms(&[("counterfeit", &[])]);
            let text = format!("{before} Counterfeit {after}");
            let found = terms.find(&text);
            prop_assert_eq!(found.len(), 1);
            prop_assert!(found[0].span[0] <= before.chars().count() + 1);
        }
    }
}
