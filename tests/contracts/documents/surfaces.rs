//! `docs/surfaces.md`, compared with the tests: each promise names a test that exists. The console's texts, compared
//! with the server's problems.

use live_jury_server::http::PROBLEM_CODES;

use super::read;
use super::security::stories_of;

/// The tests of a row. Its last cell lists them as `` `file`: name; `file`: name ``.
fn tests_of(row: &str) -> impl Iterator<Item = (&str, &str)> {
    let cell = row.trim_end_matches([' ', '|']).rsplit(" | ").next().unwrap_or_default();
    cell.split("; ").filter_map(|shown| shown.strip_prefix('`')?.split_once("`: "))
}

/// The names of the tests in a browser test file. A name is a list of its fixed parts: one for a plain name, several
/// for a template with parameters.
fn browser_tests(source: &str) -> Vec<Vec<String>> {
    let calls = source.split("test(").skip(1).filter_map(|rest| {
        let quote = rest.chars().next().filter(|quote| ['\'', '"', '`'].contains(quote))?;
        Some(parts_of(&rest[1..], quote))
    });
    calls.collect()
}

fn parts_of(text: &str, quote: char) -> Vec<String> {
    let (mut parts, mut depth, mut escaped) = (vec![String::new()], 0, false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            _ if depth > 0 => match letter {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            },
            _ if escaped => {
                escaped = false;
                parts.last_mut().expect("a part").push(letter);
            }
            '\\' => escaped = true,
            '$' if quote == '`' && letters.next_if_eq(&'{').is_some() => {
                depth = 1;
                parts.push(String::new());
            }
            _ if letter == quote => break,
            _ => parts.last_mut().expect("a part").push(letter),
        }
    }
    parts
}

/// Whether a browser test has this name. Of a template, the name is one fixed part, or the value of the parameter that
/// the template begins with.
fn has_browser_test(source: &str, name: &str) -> bool {
    browser_tests(source).iter().any(|parts| match &parts[..] {
        [plain] => plain == name,
        [first, ..] => {
            let is_part = parts.iter().any(|part| part.trim_matches([' ', ',', ':']) == name);
            is_part || (first.is_empty() && source.contains(&format!("'{name}'")))
        }
        [] => false,
    })
}

fn has_test(file: &str, name: &str) -> bool {
    if file.ends_with(".rs") {
        return stories_of(&read(&format!("tests/stories/{file}"))).contains(&name);
    }
    has_browser_test(&read(&format!("tests/browser/{file}")), name)
}

/// A problem of one field is told in the words of that field.
#[test]
fn every_problem_has_words_on_the_console_in_each_language() {
    for lang in ["en", "zh_cn"] {
        let texts = read(&format!("app/src/pages/texts/{lang}.rs"));
        for code in PROBLEM_CODES.into_iter().filter(|code| *code != "invalid_field") {
            assert!(texts.contains(&format!("\"{code}\"")), "{lang}: {code}");
        }
    }
}

#[test]
fn every_promise_names_a_test_that_exists() {
    let page = read("docs/surfaces.md");
    let (mut named, mut missing) = (0, Vec::new());
    let rows = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    for row in rows.filter(|row| !row.contains("shown by")) {
        let before = named;
        for (file, name) in tests_of(row) {
            if !has_test(file, name) {
                missing.push(format!("{file} has no test {name:?}"));
            }
            named += 1;
        }
        assert!(named > before, "no test is named: {row}");
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(named > 50, "the tables have another form: {named} tests are named");
}

#[test]
fn a_browser_test_is_found_by_its_whole_name_only() {
    let source = r#"
        test('a vote arrives', async () => {});
        test(`a page shows ${state ? `a ${kind}` : 'nothing'}, at ${width}`, async () => {});
        for (const what of ['no token', 'no room']) test(`${what} is reported`, () => {});
        // test of words: a comment
    "#;
    for name in ["a vote arrives", "a page shows", "at", "is reported", "no token"] {
        assert!(has_browser_test(source, name), "{name}");
    }
    for name in ["a vote", "vote arrives", "a comment", "a page", "shows", "no", "no tokens"] {
        assert!(!has_browser_test(source, name), "{name}");
    }
}
