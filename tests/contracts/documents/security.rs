//! `docs/security.md`, compared with the tests: each named test exists, and each story of `security/` is named.

use std::path::Path;

use super::read;

/// Names of the functions in a file.
fn tests_of(source: &str) -> Vec<&str> {
    let lines = source.lines().map(|line| line.trim_start().trim_start_matches("pub "));
    let functions = lines.filter_map(|line| line.trim_start_matches("async ").strip_prefix("fn ")?.split('(').next());
    functions.filter(|name| name.contains('_')).collect()
}

#[test]
fn every_named_test_exists() {
    let page = read("docs/security.md");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stories/security");
    let entries = std::fs::read_dir(&folder).expect("the stories are there").flatten();
    let own: Vec<String> = entries
        .filter(|entry| entry.path().extension().is_some_and(|kind| kind == "rs"))
        .map(|entry| std::fs::read_to_string(entry.path()).expect("a source"))
        .collect();
    let mut named = 0;
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        let Some(cell) = row.trim_end_matches([' ', '|']).rsplit(" | ").next() else { continue };
        let quoted: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        let others: Vec<String> = quoted.iter().filter(|text| text.ends_with(".rs")).map(|path| read(path)).collect();
        for name in quoted.iter().filter(|text| text.matches('_').count() >= 3 && !text.contains(['.', '='])) {
            let found = own.iter().chain(&others).any(|source| tests_of(source).contains(name));
            assert!(found, "{name} is no test");
            named += 1;
        }
    }
    assert!(named > 30, "the tables are not read as they are written: {named}");
}

#[test]
fn every_security_story_is_named() {
    let page = read("docs/security.md");
    for file in [
        "connections",
        "crowding",
        "expiry",
        "floods",
        "inputs",
        "key_sets",
        "logs",
        "pages",
        "reads",
        "redis_user",
        "revocations",
        "secrecy",
        "text",
        "tls",
        "tokens",
    ] {
        for name in stories_of(&read(&format!("tests/stories/security/{file}.rs"))) {
            assert!(page.contains(&format!("`{name}`")), "{name} has no row");
        }
    }
}

/// Names of the stories in a file: tests of their own, and those of `on_both!`.
pub(super) fn stories_of(source: &str) -> Vec<&str> {
    let attributed =
        source.split("#[tokio::test").skip(1).filter_map(|rest| rest.split("fn ").nth(1)?.split('(').next());
    let on_both = source.split("on_both! {").nth(1).and_then(|rest| rest.split('}').next()).unwrap_or_default();
    attributed.chain(on_both.split_whitespace()).collect()
}
