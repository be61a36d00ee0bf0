//! The texts of all languages: what the build accepts, what it writes, and what a reader sees.

use super::*;

#[path = "../../../build/texts.rs"]
mod source;

use source::{Language, faults, index, rust, served};

const EN: &str = r#"{"loader": "Sorry", "texts": {
    "name": "Jury", "at": "At {clock:text} of {label:isolated}",
    "votes": {"one": "{count:number} vote, {share:percent}", "other": "{count:number} votes, {share:percent}"}
}}"#;

fn language(tag: &str, texts: &str) -> Language {
    Language::parse(tag, &format!(r#"{{"loader": "x", "texts": {{{texts}}}}}"#)).unwrap()
}

/// The faults of a language beside a small English one.
fn faults_of(texts: &str) -> Vec<String> {
    faults(&[Language::parse("en", EN).unwrap(), language("de", texts)])
}

fn built() -> Vec<Language> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/texts");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let parse = |file: std::path::PathBuf| {
        let tag = file.file_stem().unwrap().to_str().unwrap().to_owned();
        Language::parse(&tag, &std::fs::read_to_string(file).unwrap()).unwrap()
    };
    files.map(parse).collect()
}

#[test]
fn a_further_language_with_all_keys_is_accepted() {
    let german = r#"
        "votes": {"one": "eine Stimme, {share:percent}", "other": "{share:percent}, {count:number} Stimmen"},
        "at": "{label:isolated} bei {clock:text}", "name": "Gericht""#;
    assert_eq!(faults_of(german), [""; 0]);
    let languages = [Language::parse("en", EN).unwrap(), language("de", german)];
    let file = served(&languages, &languages[1]);
    // The keys have English's order, and the placeholders its numbers.
    assert_eq!(file, "de\nGericht\n{1} bei {0}\n{1}, {0} Stimmen\tone\teine Stimme, {1}");
}

#[test]
fn a_fault_names_key_and_language() {
    let votes = r#""votes": {"one": "{count:number} {share:percent}", "other": "{count:number} {share:percent}"}"#;
    let at = r#""at": "{clock:text} {label:isolated}""#;
    let name = r#""name": "J""#;
    let wrong_votes = |forms: &str| format!(r#"{name}, {at}, "votes": {forms}"#);
    let wrong_at = |text: &str| format!(r#"{name}, "at": "{text}", {votes}"#);
    for (texts, fault) in [
        (format!("{at}, {votes}"), "`name` is missing"),
        (format!(r#"{name}, {at}, {votes}, "more": "m""#), "`more` is not a key of en.json"),
        (format!("{name}, {name}, {at}, {votes}"), "`name` appears twice"),
        (wrong_at("{clock:text}"), "`at` lacks the placeholder {label:isolated}"),
        (wrong_at("{clock:text} {label:text}"), "`at` lacks the placeholder {label:isolated}"),
        (wrong_at("{clock:text} {label:isolated} {who:text}"), "`at` has the placeholder {who:text}, unlike en.json"),
        (wrong_at("{clock:text} {label:bold}"), "`at` has the placeholder {label:bold}, which is not"),
        (wrong_at("{clock:text} {label:isolated"), "`at` has a brace that opens or closes nothing"),
        (wrong_at("{clock:text} {label:isolated}}"), "`at` has a brace that opens or closes nothing"),
        (wrong_at("{clock:text}\\n{label:isolated}"), "`at` has a control character"),
        (format!(r#"{at}, {votes}, "name": {{"other": "J"}}"#), "`name` has plural forms in one"),
        (wrong_votes(r#""{count:number} {share:percent}""#), "`votes` has plural forms in one"),
        (wrong_votes(r#"{"one": "{share:percent}"}"#), "`votes` lacks the plural form `other`"),
        (wrong_votes(r#"{"single": "{share:percent}", "other": "{count:number} {share:percent}"}"#), "`single`"),
        (
            wrong_votes(r#"{"one": "{count:number}", "other": "{count:number} {share:percent}"}"#),
            "lacks the placeholder",
        ),
    ] {
        let found = faults_of(&texts);
        let has = |of: &String| of.starts_with("app/texts/de.json: ") && of.contains(fault);
        assert!(found.iter().any(has), "{texts}: {found:?} has not {fault}");
    }
    assert_eq!(faults(&[language("de", name)]), ["app/texts/en.json is missing"]);
}

#[test]
fn a_key_becomes_typed_rust() {
    let code = rust(&[Language::parse("en", EN).unwrap()]);
    for part in [
        "const TEXT_COUNT: usize = 3;",
        "pub enum TextKey {\n    /// `Jury`\n    Name,\n}",
        "pub fn at(&self, clock: &str, label: &str) -> String",
        "fill(self.lines[1], &[clock, &isolated(label)])",
        "self.plural(2, count, &[&self.number(count), &self.percent(share)])",
        "pub const EN: Self = Self { tag: \"en\"",
    ] {
        assert!(code.contains(part), "{part} is not in\n{code}");
    }
}

#[test]
fn the_front_end_learns_notes_and_plural_forms() {
    let found = index(&[Language::parse("en", EN).unwrap()]);
    assert_eq!(found, r#"{"en":{"forms":{"votes":["one","other"]},"loader":"Sorry"}}"#);
}

#[test]
fn an_unknown_part_of_a_file_is_refused() {
    assert!(Language::parse("de", r#"{"loader": "x", "texts": {}, "text": {}}"#).is_err());
    assert!(Language::parse("de", r#"{"texts": {}}"#).is_err());
}

#[test]
fn each_language_is_read_from_its_file_as_the_build_holds_it() {
    let languages = built();
    assert_eq!(faults(&languages), [""; 0]);
    for (tag, texts) in [("en", &ViewerTexts::EN), ("zh-CN", &ViewerTexts::ZH_CN)] {
        let language = languages.iter().find(|language| language.tag == tag).unwrap();
        assert_eq!(ViewerTexts::read(served(&languages, language)), Some(texts));
    }
}

#[test]
fn the_file_of_another_build_is_refused() {
    let languages = built();
    let english = served(&languages, languages.iter().find(|language| language.tag == "en").unwrap());
    let other = english.replacen("en\n", "another\n", 1);
    let (shorter, _) = other.rsplit_once('\n').unwrap();
    assert_eq!(ViewerTexts::read(shorter.to_owned()), None);
    assert_eq!(ViewerTexts::read(format!("{other}\nmore")), None);
    assert_eq!(ViewerTexts::read(String::new()), None);
    assert!(ViewerTexts::read(other).is_some());
}

#[test]
fn a_language_is_kept_once() {
    let languages = built();
    let read = || ViewerTexts::read(served(&languages, &languages[0])).unwrap();
    assert!(std::ptr::eq(read(), read()));
}

#[test]
fn a_count_selects_its_plural_form() {
    let (en, zh) = (&ViewerTexts::EN, &ViewerTexts::ZH_CN);
    assert_eq!([0, 1, 2].map(|count| en.votes_in(count)), ["0 votes in", "1 vote in", "2 votes in"]);
    assert_eq!([1, 2].map(|count| zh.votes_in(count)), ["已投 1 票", "已投 2 票"]);
    assert_eq!(en.option_result(1, Some(0.25)), "25%, 1 vote");
    assert_eq!(en.option_result(2, None), "2 votes");
}

#[test]
fn placeholders_are_filled_and_peoples_text_is_isolated() {
    let en = &ViewerTexts::EN;
    assert_eq!(en.case_of(2, 3), "Case 2 of 3");
    assert_eq!(en.you_chose("{0} Yes"), "You chose “\u{2068}{0} Yes\u{2069}”.");
    assert_eq!(en.quorum(3, 30), "27 more needed for a result");
    assert_eq!(en.quorum(30, 30), "Enough votes for a result (30 needed)");
    assert_eq!([60, 90].map(|seconds| en.extended_by(seconds)), ["extended by 1 min", "extended by 90 s"]);
}
