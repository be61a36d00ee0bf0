//! The items of practice, made-up cases with known answers, read from a file at the start; it files no answer.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use live_jury_court::{FieldError, check_needed_text};
use live_jury_protocol::limits::{
    LABEL_CHARS_MAX, OPTIONS_MAX, OPTIONS_MIN, PRACTICE_ITEMS_MAX, PRACTICE_WHY_CHARS_MAX, STATEMENT_CHARS_MAX,
    SUMMARY_CHARS_MAX, TITLE_CHARS_MAX,
};
use live_jury_protocol::{CaseOption, OptionId, PracticeItem, Statements};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::pseudonym::JurorProfile;

/// The largest file, in bytes: 64 items in two languages, each text as long as it may be. A larger one is refused, as
/// it would be kept in memory.
const FILE_BYTES_MAX: u64 = 4 * 1_024 * 1_024;

/// Why a file has no good items.
#[derive(Debug, thiserror::Error)]
pub enum PracticeError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The file is too large.
    #[error("{} is larger than {FILE_BYTES_MAX} bytes", .0.display())]
    TooLarge(PathBuf),
    /// A field is wrong, unknown or missing.
    #[error("{field}: {reason}")]
    Item {
        /// The field's path, such as `[3].texts.en.title`.
        field: String,
        /// The reason.
        reason: String,
    },
    /// An item stands where another one was.
    #[error("[{place}]: another item was at this place; append items, or empty their texts, and never move them")]
    Moved {
        /// The place.
        place: usize,
    },
}

impl From<FieldError> for PracticeError {
    fn from(error: FieldError) -> Self {
        Self::Item { field: error.field, reason: error.detail }
    }
}

fn wrong(field: impl Into<String>, reason: impl Into<String>) -> PracticeError {
    PracticeError::Item { field: field.into(), reason: reason.into() }
}

/// A language of the texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum PracticeLang {
    /// English.
    #[serde(rename = "en")]
    English,
    /// Simplified Chinese.
    #[serde(rename = "zh-CN")]
    Chinese,
}

/// The items, by place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PracticeItems(Vec<Item>);

/// An item of the file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    id: OptionId,
    /// The right option; an emptied item needs none.
    right: Option<OptionId>,
    /// The item in each of its languages. Without one it is asked of nobody, and keeps its place.
    #[serde(default)]
    texts: BTreeMap<PracticeLang, Texts>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    title: String,
    summary: String,
    buyer: String,
    merchant: String,
    options: Vec<Label>,
    why: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Label {
    id: OptionId,
    label: String,
}

/// The judgement of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The item's place.
    pub place: u8,
    /// The right option.
    pub right: OptionId,
    /// Why it is right.
    pub why: String,
}

/// Why an option was not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotJudged {
    /// No item has this id, or it has no text in this language.
    NoItem,
    /// The item has no such option.
    NoOption,
}

impl PracticeItems {
    /// Reads the items of a file.
    ///
    /// # Errors
    /// The file cannot be read, or a field is wrong; the error names it.
    pub fn read(path: &Path) -> Result<Self, PracticeError> {
        let failed = |source| PracticeError::Read { path: path.to_owned(), source };
        if std::fs::metadata(path).map_err(failed)?.len() > FILE_BYTES_MAX {
            return Err(PracticeError::TooLarge(path.to_owned()));
        }
        Self::parse(&std::fs::read(path).map_err(failed)?)
    }

    /// The items in a file's content.
    ///
    /// # Errors
    /// As in [`read`](Self::read).
    pub fn parse(content: &[u8]) -> Result<Self, PracticeError> {
        let mut json = serde_json::Deserializer::from_slice(content);
        let items: Vec<Item> = serde_path_to_error::deserialize(&mut json)
            .map_err(|error| wrong(error.path().to_string(), error.inner().to_string()))?;
        json.end().map_err(|error| wrong(".", error.to_string()))?;
        if items.is_empty() || items.len() > PRACTICE_ITEMS_MAX {
            return Err(wrong(".", format!("has {} items; 1 to {PRACTICE_ITEMS_MAX} fit", items.len())));
        }
        for (place, item) in items.iter().enumerate() {
            if items[..place].iter().any(|other| other.id == item.id) {
                return Err(wrong(format!("[{place}].id"), "is the id of an earlier item"));
            }
            item.check(&format!("[{place}]"))?;
        }
        Ok(Self(items))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ids, by place.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        self.0.iter().map(|item| item.id.to_string()).collect()
    }

    /// The next item in this language for a juror: the first in the juror's own order that is among `open`, which has a
    /// bit for each place.
    #[must_use]
    pub fn next(&self, juror: JurorProfile, lang: PracticeLang, open: u64) -> Option<PracticeItem> {
        let (_, item, texts) = self
            .0
            .iter()
            .enumerate()
            .filter(|(place, _)| open >> place & 1 == 1)
            .filter_map(|(_, item)| Some((order(juror, &item.id), item, item.texts.get(&lang)?)))
            .min_by_key(|(order, ..)| *order)?;
        Some(PracticeItem {
            id: item.id.clone(),
            title: texts.title.clone(),
            summary: texts.summary.clone(),
            statements: Statements { buyer: texts.buyer.clone(), merchant: texts.merchant.clone() },
            options: texts.options.iter().map(Label::to_wire).collect(),
        })
    }

    /// Judges an option of an item.
    ///
    /// # Errors
    /// There is no such item in this language, or it has no such option.
    pub fn judge(&self, id: &str, option: &OptionId, lang: PracticeLang) -> Result<Judged, NotJudged> {
        let place = self.0.iter().position(|item| item.id.as_str() == id).ok_or(NotJudged::NoItem)?;
        let item = &self.0[place];
        let (Some(texts), Some(right)) = (item.texts.get(&lang), &item.right) else { return Err(NotJudged::NoItem) };
        if !texts.has(option) {
            return Err(NotJudged::NoOption);
        }
        let place = u8::try_from(place).map_err(|_| NotJudged::NoItem)?;
        Ok(Judged { place, right: right.clone(), why: texts.why.clone() })
    }
}

/// The item's place in a juror's own order. It is no secret, and it is another one for each juror, so that neighbours
/// do not answer the same item at the same time.
fn order(juror: JurorProfile, id: &OptionId) -> [u8; 32] {
    Sha256::new().chain_update(juror.0).chain_update(id.as_str()).finalize().into()
}

impl Item {
    fn check(&self, path: &str) -> Result<(), PracticeError> {
        let Some((first, rest)) = self.texts.values().collect::<Vec<_>>().split_first().map(|(a, b)| (*a, b.to_vec()))
        else {
            return Ok(());
        };
        let right = self.right.as_ref().ok_or_else(|| wrong(format!("{path}.right"), "is needed"))?;
        for (lang, texts) in &self.texts {
            texts.check(&format!("{path}.texts.{}", lang.as_str()))?;
        }
        if !first.has(right) {
            return Err(wrong(format!("{path}.right"), "is no option"));
        }
        let ids = |texts: &Texts| texts.options.iter().map(|option| option.id.clone()).collect::<Vec<_>>();
        if rest.into_iter().any(|texts| ids(texts) != ids(first)) {
            return Err(wrong(format!("{path}.texts"), "must have the same options in each language"));
        }
        Ok(())
    }
}

impl Texts {
    fn check(&self, path: &str) -> Result<(), PracticeError> {
        check_needed_text(&format!("{path}.title"), &self.title, TITLE_CHARS_MAX)?;
        check_needed_text(&format!("{path}.summary"), &self.summary, SUMMARY_CHARS_MAX)?;
        check_needed_text(&format!("{path}.buyer"), &self.buyer, STATEMENT_CHARS_MAX)?;
        check_needed_text(&format!("{path}.merchant"), &self.merchant, STATEMENT_CHARS_MAX)?;
        check_needed_text(&format!("{path}.why"), &self.why, PRACTICE_WHY_CHARS_MAX)?;
        if !(OPTIONS_MIN..=OPTIONS_MAX).contains(&self.options.len()) {
            return Err(wrong(format!("{path}.options"), format!("must be {OPTIONS_MIN} to {OPTIONS_MAX}")));
        }
        for (index, option) in self.options.iter().enumerate() {
            let path = format!("{path}.options[{index}]");
            check_needed_text(&format!("{path}.label"), &option.label, LABEL_CHARS_MAX)?;
            if self.options[..index].iter().any(|other| other.id == option.id) {
                return Err(wrong(format!("{path}.id"), "is the id of an earlier option"));
            }
        }
        Ok(())
    }

    fn has(&self, option: &OptionId) -> bool {
        self.options.iter().any(|label| label.id == *option)
    }
}

impl Label {
    fn to_wire(&self) -> CaseOption {
        CaseOption { id: self.id.clone(), label: self.label.clone(), abstain: false, upholds: false }
    }
}

impl PracticeLang {
    /// All languages.
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// The language's name, as in the file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const DEMO: &[u8] = include_bytes!("demo/practice.json");

    fn item(id: &str) -> Value {
        let texts = json!({
            "title": "t", "summary": "s", "buyer": "b", "merchant": "m", "why": "w",
            "options": [{"id": "yes", "label": "Yes"}, {"id": "no", "label": "No"}]
        });
        json!({ "id": id, "right": "yes", "texts": { "en": texts } })
    }

    fn refused(items: Value) -> String {
        PracticeItems::parse(items.to_string().as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn the_example_has_enough_items_to_pass_in_both_languages() {
        let items = PracticeItems::parse(DEMO).unwrap();
        let juror = JurorProfile([7; 16]);
        for lang in PracticeLang::ALL {
            let (mut open, mut ids) = (u64::MAX, Vec::new());
            while let Some(item) = items.next(juror, lang, open) {
                let place = items.ids().iter().position(|id| id == item.id.as_str()).unwrap();
                open &= !(1 << place);
                let right = items.judge(item.id.as_str(), &item.options[0].id, lang).unwrap().right;
                assert!(item.options.iter().any(|option| option.id == right), "{}", item.id);
                ids.push(place);
            }
            assert!(ids.len() >= 12, "{lang:?} has {} items", ids.len());
            assert_ne!(ids, (0..ids.len()).collect::<Vec<_>>(), "each juror has an own order");
        }
        // A guess that is always the same must not pass.
        let firsts = items.0.iter().filter(|item| {
            item.right.as_ref() == item.texts.values().next().and_then(|texts| texts.options.first()).map(|o| &o.id)
        });
        let (firsts, all) = (firsts.count(), items.0.len());
        assert!(firsts * 5 <= all * 3 && firsts * 5 >= all * 2, "{firsts} of {all}");
    }

    #[test]
    fn a_wrong_field_is_named() {
        let with = |pointer: &str, value: Value| {
            let mut item = item("a");
            *item.pointer_mut(pointer).unwrap() = value;
            refused(json!([item]))
        };
        assert!(with("/id", json!("no blank")).starts_with("[0].id"));
        assert!(with("/right", json!("maybe")).starts_with("[0].right: is no option"));
        assert!(with("/texts/en/title", json!("")).starts_with("[0].texts.en.title: is needed"));
        assert!(with("/texts/en/why", json!("w".repeat(601))).starts_with("[0].texts.en.why: is longer"));
        assert!(with("/texts/en/options", json!([])).starts_with("[0].texts.en.options: must be"));
        assert!(with("/texts/en/options/1/id", json!("yes")).starts_with("[0].texts.en.options[1].id"));
        assert!(with("/texts/en/options/1/label", json!("\u{7}")).starts_with("[0].texts.en.options[1].label"));
        assert!(refused(json!([item("a"), item("a")])).starts_with("[1].id: is the id of an earlier item"));
        assert!(refused(json!([{ "id": "a", "right": "x", "more": 1 }])).contains("unknown field `more`"));
        assert!(refused(json!([])).contains("0 items"));
        assert!(refused(Value::from((0..65).map(|n| item(&n.to_string())).collect::<Vec<_>>())).contains("65 items"));
        let mut two = item("a");
        two["texts"]["zh-CN"] = item("b")["texts"]["en"].clone();
        two["texts"]["zh-CN"]["options"][0]["id"] = json!("ja");
        assert!(refused(json!([two])).starts_with("[0].texts: must have the same options"));
        two["texts"]["fr"] = json!({});
        assert!(refused(json!([two])).contains("unknown variant `fr`"));
        let missing = PracticeItems::read(Path::new("/no/such/file")).unwrap_err().to_string();
        assert!(missing.starts_with("cannot read /no/such/file"), "{missing}");
    }

    #[test]
    fn an_emptied_item_keeps_its_place_and_is_asked_of_nobody() {
        let items = json!([{ "id": "a" }, item("b")]);
        let items = PracticeItems::parse(items.to_string().as_bytes()).unwrap();
        let (juror, lang) = (JurorProfile([0; 16]), PracticeLang::English);
        assert_eq!(items.next(juror, lang, u64::MAX).unwrap().id.as_str(), "b");
        assert_eq!(items.next(juror, lang, !0b10), None);
        let option = "no".parse().unwrap();
        assert_eq!(items.judge("b", &option, lang).unwrap().place, 1);
        assert_eq!(items.judge("a", &option, lang), Err(NotJudged::NoItem));
        assert_eq!(items.judge("b", &"maybe".parse().unwrap(), lang), Err(NotJudged::NoOption));
        assert_eq!(items.judge("b", &option, PracticeLang::Chinese), Err(NotJudged::NoItem));
    }
}
