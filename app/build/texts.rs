//! The source form of the widget's texts: parsing, the check of all languages against English, and what the build
//! writes from them. It reads no file and knows no text.

use std::collections::HashSet;
use std::fmt::{self, Write};
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

/// The language whose keys and placeholders all others must have.
const REFERENCE: &str = "en";
/// The plural categories of Unicode's CLDR, which `Intl.PluralRules` selects.
const CATEGORIES: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];
/// The category that every language has.
const OTHER: &str = "other";
/// The most placeholders of a text: the program reads one digit.
const PLACEHOLDERS_MAX: usize = 10;
/// The kinds of a placeholder: its name, the type of its argument, and the expression that writes it.
const KINDS: [(&str, &str, &str); 6] = [
    ("text", "&str", "{}"),
    // People's text within a sentence, so that its direction does not change the rest.
    ("isolated", "&str", "&isolated({})"),
    ("number", "u64", "&self.number({})"),
    ("percent", "f64", "&self.percent({})"),
    ("time", "u64", "&self.time({})"),
    ("date_time", "u64", "&self.date_time({})"),
];

/// One language, as its file holds it.
pub struct Language {
    /// The tag, which is the file's name.
    pub tag: String,
    source: Source,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    /// The note that the loader shows without the widget. It is the one text that each viewer gets in all languages.
    loader: String,
    texts: Pairs<Text>,
}

/// One text, or its plural forms by category.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    One(String),
    Forms(Pairs<String>),
}

/// The members of an object in their order, also those with equal names.
struct Pairs<T>(Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Pairs<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Pairs<T>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<T>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Members(PhantomData))
    }
}

impl Text {
    /// The text that every language has.
    fn other(&self) -> &str {
        match self {
            Self::One(text) => text,
            Self::Forms(forms) => forms.0.iter().find(|(name, _)| name == OTHER).map_or("", |(_, form)| form),
        }
    }

    /// The plural forms besides `other`.
    fn further_forms(&self) -> impl Iterator<Item = (&str, &str)> {
        let forms = if let Self::Forms(forms) = self { forms.0.as_slice() } else { &[] };
        forms.iter().filter(|(name, _)| name != OTHER).map(|(name, form)| (name.as_str(), form.as_str()))
    }

    fn has_forms(&self) -> bool {
        matches!(self, Self::Forms(_))
    }
}

impl Language {
    /// Reads a language's file.
    pub fn parse(tag: &str, json: &str) -> Result<Self, serde_json::Error> {
        Ok(Self { tag: tag.to_owned(), source: serde_json::from_str(json)? })
    }

    fn text(&self, key: &str) -> Option<&Text> {
        self.source.texts.0.iter().find(|(name, _)| name == key).map(|(_, text)| text)
    }

    fn fault(&self, key: &str, what: impl fmt::Display) -> String {
        format!("app/texts/{}.json: `{key}` {what}", self.tag)
    }
}

/// A placeholder: `{ballots:number}`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Placeholder<'a> {
    name: &'a str,
    kind: &'a str,
}

impl fmt::Display for Placeholder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{{{}:{}}}", self.name, self.kind)
    }
}

/// The placeholders of a text, each once, in their order.
fn placeholders(text: &str) -> Result<Vec<Placeholder<'_>>, String> {
    let mut pieces = text.split('{');
    let mut found = Vec::new();
    let unpaired = || Err("has a brace that opens or closes nothing".to_owned());
    if pieces.next().is_some_and(|first| first.contains('}')) {
        return unpaired();
    }
    for piece in pieces {
        let Some((inner, rest)) = piece.split_once('}') else { return unpaired() };
        if rest.contains('}') {
            return unpaired();
        }
        let (name, kind) = inner.split_once(':').unwrap_or((inner, ""));
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if !is_name || !KINDS.iter().any(|(known, ..)| *known == kind) {
            return Err(format!("has the placeholder {{{inner}}}, which is not {{name:kind}} with a known kind"));
        }
        let placeholder = Placeholder { name, kind };
        if !found.contains(&placeholder) {
            found.push(placeholder);
        }
    }
    Ok(found)
}

/// The placeholder that selects the plural form: the only number.
fn counted<'a>(all: &[Placeholder<'a>]) -> Option<Placeholder<'a>> {
    let mut numbers = all.iter().filter(|placeholder| placeholder.kind == "number");
    numbers.next().copied().filter(|_| numbers.next().is_none())
}

/// Everything that is wrong in the texts. Each fault names the file and the key.
pub fn faults(languages: &[Language]) -> Vec<String> {
    let Some(reference) = languages.iter().find(|language| language.tag == REFERENCE) else {
        return vec![format!("app/texts/{REFERENCE}.json is missing")];
    };
    let mut faults = Vec::new();
    for language in languages {
        let mut known = HashSet::new();
        for (key, text) in &language.source.texts.0 {
            if !known.insert(key) {
                faults.push(language.fault(key, "appears twice"));
            }
            match reference.text(key) {
                None => faults.push(language.fault(key, format!("is not a key of {REFERENCE}.json"))),
                Some(model) => faults.extend(text_faults(text, model).map(|what| language.fault(key, what))),
            }
        }
        for (key, _) in &reference.source.texts.0 {
            if !known.contains(key) {
                faults.push(language.fault(key, "is missing"));
            }
        }
    }
    faults
}

/// The faults of one text, compared with the reference's.
fn text_faults(text: &Text, model: &Text) -> impl Iterator<Item = String> {
    let mut faults = Vec::new();
    if text.has_forms() != model.has_forms() {
        faults.push(format!("has plural forms in one of this file and {REFERENCE}.json only"));
    }
    // A fault of the reference itself is reported once, by the reference.
    let wanted = placeholders(model.other()).unwrap_or_default();
    let mut check = |form: &str, may_leave_out: Option<Placeholder>| match placeholders(form) {
        Err(fault) => faults.push(fault),
        Ok(found) => {
            let is_missing = |of: &&Placeholder| !found.contains(of) && Some(**of) != may_leave_out;
            let missing = wanted.iter().filter(is_missing).map(|of| format!("lacks the placeholder {of}"));
            let unknown = found.iter().filter(|of| !wanted.contains(of));
            faults
                .extend(missing.chain(unknown.map(|of| format!("has the placeholder {of}, unlike {REFERENCE}.json"))));
            if form.chars().any(char::is_control) {
                faults.push("has a control character".to_owned());
            }
        }
    };
    check(text.other(), None);
    let count = counted(&wanted);
    for (_, form) in text.further_forms() {
        // "One vote" may say its number in words.
        check(form, count);
    }
    if let Text::Forms(Pairs(forms)) = text {
        let names: HashSet<_> = forms.iter().map(|(name, _)| name.as_str()).collect();
        if !names.contains(OTHER) {
            faults.push(format!("lacks the plural form `{OTHER}`"));
        }
        if names.len() < forms.len() {
            faults.push("has a plural form twice".to_owned());
        }
        let unknown = names.iter().filter(|name| !CATEGORIES.contains(name));
        faults.extend(unknown.map(|name| format!("has the unknown plural form `{name}`")));
        if count.is_none() {
            faults.push("has plural forms, and not exactly one number".to_owned());
        }
    }
    if wanted.len() > PLACEHOLDERS_MAX {
        faults.push(format!("has more than {PLACEHOLDERS_MAX} placeholders"));
    }
    faults.into_iter()
}

/// The reference's keys in the order of the lines: texts without placeholders first.
fn ordered(languages: &[Language]) -> (Vec<&str>, Vec<(&str, &Text)>) {
    let reference = languages.iter().find(|language| language.tag == REFERENCE);
    let all = reference.map(|reference| reference.source.texts.0.as_slice()).unwrap_or_default();
    let is_fixed = |text: &Text| !text.has_forms() && !text.other().contains('{');
    let fixed = all.iter().filter(|(_, text)| is_fixed(text)).map(|(key, _)| key.as_str()).collect();
    let filled = all.iter().filter(|(_, text)| !is_fixed(text)).map(|(key, text)| (key.as_str(), text)).collect();
    (fixed, filled)
}

/// The lines of a language: its texts, with each placeholder as a digit in braces. Plural forms follow after tabs.
fn lines<'a>(languages: &'a [Language], language: &'a Language) -> Vec<String> {
    let (fixed, filled) = ordered(languages);
    let text = |key: &str| language.text(key).map_or("", Text::other).to_owned();
    let numbered = |model: &Text, form: &str| {
        let all = placeholders(model.other()).unwrap_or_default();
        all.iter()
            .enumerate()
            .fold(form.to_owned(), |form, (at, of)| form.replace(&of.to_string(), &format!("{{{at}}}")))
    };
    let line = |(key, model): (&str, &Text)| {
        let mut line = numbered(model, &text(key));
        for (category, form) in language.text(key).into_iter().flat_map(Text::further_forms) {
            let _ = write!(line, "\t{category}\t{}", numbered(model, form));
        }
        line
    };
    fixed.into_iter().map(text).chain(filled.into_iter().map(line)).collect()
}

/// The file that a browser fetches: the tag, then one line for each text.
pub fn served(languages: &[Language], language: &Language) -> String {
    format!("{}\n{}", language.tag, lines(languages, language).join("\n"))
}

/// The part for the front end's build: the plural forms, which it checks, and the loader's notes.
pub fn index(languages: &[Language]) -> String {
    let entry = |language: &Language| {
        let with_forms = language.source.texts.0.iter().filter(|(_, text)| text.has_forms());
        let forms = with_forms.map(|(key, text)| {
            let names = text.further_forms().map(|(name, _)| name).chain([OTHER]);
            (key.clone(), names.collect::<Vec<_>>().into())
        });
        let forms: serde_json::Map<_, serde_json::Value> = forms.collect();
        (language.tag.clone(), serde_json::json!({ "loader": language.source.loader, "forms": forms }))
    };
    languages
        .iter()
        .map(entry)
        .collect::<serde_json::Map<_, _>>()
        .into_iter()
        .collect::<serde_json::Value>()
        .to_string()
}

/// The Rust side: `TextKey`, a function for each text with placeholders, and each language as a constant.
pub fn rust(languages: &[Language]) -> String {
    let (fixed, filled) = ordered(languages);
    let count = fixed.len() + filled.len();
    let reference = languages.iter().find(|language| language.tag == REFERENCE);
    let english = |key: &str| reference.and_then(|reference| reference.text(key)).map_or("", Text::other);
    let keys: String =
        fixed.iter().map(|key| format!("    /// `{}`\n    {},\n", english(key), camel_case(key))).collect();
    let functions: String = (fixed.len()..).zip(&filled).map(|(at, (key, text))| function(at, key, text)).collect();
    let constants: String = languages.iter().map(|language| constant(languages, language)).collect();
    format!(
        "/// The number of texts.\nconst TEXT_COUNT: usize = {count};\n\n/// A text without placeholders, by its key.\n\
         #[derive(Clone, Copy, Debug, PartialEq, Eq)]\npub enum TextKey {{\n{keys}}}\n\n\
         impl ViewerTexts {{\n{functions}{constants}}}\n"
    )
}

fn function(at: usize, key: &str, text: &Text) -> String {
    let all = placeholders(text.other()).unwrap_or_default();
    let kind_of = |of: &Placeholder| KINDS.into_iter().find(|(kind, ..)| *kind == of.kind).unwrap_or(KINDS[0]);
    let arguments: String = all.iter().map(|of| format!(", {}: {}", of.name, kind_of(of).1)).collect();
    let values: Vec<_> = all.iter().map(|of| kind_of(of).2.replace("{}", of.name)).collect();
    let values = values.join(", ");
    let body = match counted(&all).filter(|_| text.has_forms()) {
        Some(of) => format!("self.plural({at}, {}, &[{values}])", of.name),
        None => format!("fill(self.lines[{at}], &[{values}])"),
    };
    format!(
        "    /// `{}`\n    #[must_use]\n    pub fn {key}(&self{arguments}) -> String {{\n        {body}\n    }}\n\n",
        text.other()
    )
}

fn constant(languages: &[Language], language: &Language) -> String {
    let name = language.tag.to_ascii_uppercase().replace('-', "_");
    let (tag, lines) = (&language.tag, lines(languages, language));
    format!(
        "    /// The texts of `{tag}`, for programs that hold more than one language.\n\
             pub const {name}: Self = Self {{ tag: {tag:?}, lines: {lines:?} }};\n\n"
    )
}

/// `vote_is_in` becomes `VoteIsIn`.
fn camel_case(key: &str) -> String {
    let part = |part: &str| part.get(..1).unwrap_or_default().to_ascii_uppercase() + part.get(1..).unwrap_or_default();
    key.split('_').map(part).collect()
}
