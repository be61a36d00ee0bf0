//! The languages of `app/texts/`, compared with the types and the guide for integrators.

use std::collections::BTreeSet;
use std::path::Path;

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
