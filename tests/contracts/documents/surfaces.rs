//! `docs/surfaces.md`, compared with the tests: each promise names a test that exists.

use super::read;

/// The tests of a row: `file`: words of its name; and so on.
fn shown_by(row: &str) -> impl Iterator<Item = (&str, &str)> {
    let cell = row.trim_end_matches([' ', '|']).rsplit(" | ").next().unwrap_or_default();
    cell.split("; ").filter_map(|shown| shown.strip_prefix('`')?.split_once("`: "))
}

#[test]
fn every_promise_names_a_test_that_exists() {
    let page = read("docs/surfaces.md");
    let mut named = 0;
    for row in
        page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---") && !line.contains("shown by"))
    {
        let before = named;
        for (file, name) in shown_by(row) {
            let folder = if file.ends_with(".rs") { "stories" } else { "browser" };
            assert!(read(&format!("tests/{folder}/{file}")).contains(name), "{file} has no test {name}");
            named += 1;
        }
        assert!(named > before, "nothing shows: {row}");
    }
    assert!(named > 50, "the tables are not read as they are written: {named}");
}
