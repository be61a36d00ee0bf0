//! The languages of `app/texts/`, compared with the types and the guide for integrators.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::read;

fn languages() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../app/texts");
    let files = std::fs::read_dir(folder).expect("the folder of texts").map(|file| file.expect("a file").path());
    files.map(|file| file.file_stem().expect("a name").to_str().expect("a tag").to_owned()).collect()
}

/// The tags between `quote`s in a line.
fn tags(line: &str, quote: char) -> BTreeSet<String> {
    line.split(quote).skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_types_name_each_language_of_the_widget() {
    let types = read("public/live-jury.d.ts");
    let line = types.lines().find(|line| line.starts_with("export type JuryLang")).expect("the type of a language");
    assert_eq!(tags(line, '\''), languages());
}

#[test]
fn the_guide_names_each_language_of_the_widget() {
    let guide = read("docs/embedding.md");
    let row = guide.lines().find(|line| line.starts_with("| `lang` |")).expect("the row of `lang`");
    let values = row.split(" | ").nth(1).expect("the values");
    assert_eq!(tags(values, '`'), languages());
}

/// The answers to a viewer's report, and the states of own reports, are plain text to the module that shows them.
#[test]
fn the_form_of_a_report_has_words_for_each_answer_and_state_in_each_language() {
    let (states, errors) = (read("server/src/http/reports.rs"), read("server/src/http/error.rs"));
    for tag in languages() {
        let texts: Value = serde_json::from_str(&read(&format!("public/report/texts/{tag}.json"))).expect("JSON");
        for answer in ["filed", "merged", "repeated", "too_many", "anonymous", "not_a_juror", "no_subject"] {
            let quoted = format!("\"{answer}\"");
            assert!(states.contains(&quoted) || errors.contains(&quoted), "the server gives no {answer}");
            assert!(texts["said"][answer].is_string(), "{tag}: {answer}");
        }
        for state in ["waiting", "drafted", "in_court", "upheld", "not_upheld", "closed"] {
            assert!(texts["states"][state].is_string(), "{tag}: {state}");
        }
    }
}
