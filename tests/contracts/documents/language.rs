//! The language of the sources: retired names do not return, and lines are at most 120 columns wide.

use std::path::{Path, PathBuf};

/// Limit for a line, in letters. `rustfmt` wraps code there, and wraps no comment and no text.
const COLUMNS_MAX: usize = 120;

/// Names that were replaced by standard terms, with the folders from which they are gone. Each is distinctive: none is
/// a word of an ordinary sentence. ARCHITECTURE.md has a glossary of the current terms.
const RETIRED: &[(&[&str], &[&str])] = &[
    // Rooms.
    (&["server/src"], &["Seats", "Greeting"]),
    (&["server/src/room"], &["letters"]),
    (&["server/src"], &["inquire", "turn_away", "leave_to_another", "SECOND_HAND_AFTER", "BATCHES_AWAY_MAX"]),
    (&["server/src"], &["PostedTally", "FanOut", "fan_out", "PATIENCE", "REST_FACTOR_MAX", "ATTENDANCE_FACTOR"]),
    // Steps of a case.
    (&["server/src", "tests"], &["Proceedings", "ProceedingError", "Mover", "stand_open", "stand_again", "let_go"]),
    // A ruling is what a verdict means for parties; no step of a case is one.
    (&["server/src/lifecycle", "server/src/room", "server/src/docket", "server/src/tally"], &["Ruling"]),
    // Stores and peers.
    (&["server/src", "tests"], &["Attendance", "RedisNodes", "TURNS_BEYOND"]),
    // Sockets, tokens, the court.
    (&["server/src"], &["say_goodbye", "admits_to"]),
    (&["server/src", "court", "tests"], &["SchemePolicy", "check_standing"]),
    (&["server/src", "app/src", "protocol"], &["is_passing", "may_return"]),
    // The front end.
    (&["app/src"], &["ShutDoor", "Shelf", "keep_shelves", "Holding"]),
    // Tests and load generator.
    (&["server/src", "tests"], &["hang_up", "StoryClock", "Weather", "SqliteLab", "Sitting", "Rulings"]),
    (&["bench/src"], &["Urn", "House"]),
];

/// Folders and files of this project's own texts.
const ROOTS: &[&str] = &[
    "app",
    "bench",
    "court",
    "docs",
    "examples",
    "proof",
    "protocol",
    "public",
    "server",
    "style",
    "tests",
    "tools",
    "trust",
    "verify",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
];
/// Folders that hold no source: built, installed or generated.
const GENERATED: &[&str] = &["target", "node_modules", "dist", "approved", "results"];
/// Folders of scripts whose code no formatter wraps; only their comments are checked. In the browser's tests, a row of
/// test data stays on one line. The baselines follow the layout of the frameworks' own examples.
const UNFORMATTED: &[&str] = &["tests/browser/", "bench/baselines/"];
/// Kinds of scripts.
const SCRIPTS: &[&str] = &["sh", "mjs", "js", "lua"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All texts of these kinds, by their path from the root.
fn texts(kinds: &[&str]) -> Vec<(String, String)> {
    let (root, mut found) = (root(), Vec::new());
    let mut paths: Vec<PathBuf> = ROOTS.iter().map(|path| root.join(path)).filter(|path| path.exists()).collect();
    while let Some(path) = paths.pop() {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !GENERATED.contains(&name) && !name.starts_with('.') {
                paths.extend(std::fs::read_dir(&path).expect("a folder").map(|entry| entry.expect("a file").path()));
            }
        } else if kinds.iter().any(|kind| path.extension().is_some_and(|own| own == *kind)) {
            let path = path.strip_prefix(&root).expect("it is below the root");
            let text = std::fs::read_to_string(root.join(path)).expect("text of UTF-8");
            found.push((path.to_str().expect("a path of UTF-8").to_owned(), text));
        }
    }
    found.sort();
    found
}

/// Retired names in a text, each with its line.
fn retired_in(path: &str, text: &str) -> Vec<(usize, &'static str)> {
    let is_in = |folders: &[&str]| folders.iter().any(|folder| path.starts_with(&format!("{folder}/")));
    let names: Vec<&str> =
        RETIRED.iter().filter(|(folders, _)| is_in(folders)).flat_map(|(_, names)| *names).copied().collect();
    let mut found = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        found.extend(words.filter_map(|word| names.iter().find(|name| **name == word)).map(|name| (line, *name)));
    }
    found
}

/// Lines that are too wide, each with its width. Code blocks, tables and the targets of links are no prose.
fn wide_prose(text: &str) -> Vec<(usize, usize)> {
    let (mut found, mut is_code) = (Vec::new(), false);
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        if is_code || line.starts_with("    ") || line.trim_start().starts_with('|') {
            continue;
        }
        let mut width = line.chars().count();
        for target in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            width -= target.chars().count();
        }
        if width > COLUMNS_MAX {
            found.push((number, width));
        }
    }
    found
}

/// Lines of code or, of unformatted code, of comments that are too wide, each with its width.
fn wide_code(path: &str, text: &str) -> Vec<(usize, usize)> {
    let comments_only = UNFORMATTED.iter().any(|folder| path.starts_with(folder));
    let is_comment = |line: &str| line.trim_start().starts_with(['/', '*', '#']);
    let widths = (1..).zip(text.lines()).filter(|(_, line)| !comments_only || is_comment(line));
    widths.map(|(number, line)| (number, line.chars().count())).filter(|(_, width)| *width > COLUMNS_MAX).collect()
}

#[test]
fn retired_names_stay_out_of_the_sources() {
    let kinds = [&["rs", "toml"], SCRIPTS].concat();
    let sources = texts(&kinds).into_iter().filter(|(path, _)| !path.ends_with("documents/language.rs"));
    let found: Vec<String> = sources
        .flat_map(|(path, text)| {
            let retired = retired_in(&path, &text);
            retired.into_iter().map(move |(line, name)| format!("{path}:{line}: {name}"))
        })
        .collect();
    assert!(found.is_empty(), "{} retired names: {found:#?}", found.len());
}

#[test]
fn no_line_is_wider_than_120_columns() {
    let code = [&["rs"], SCRIPTS].concat();
    let code = texts(&code).into_iter().map(|(path, text)| (wide_code(&path, &text), path));
    let prose = texts(&["md"]).into_iter().map(|(path, text)| (wide_prose(&text), path));
    let found: Vec<String> = code
        .chain(prose)
        .flat_map(|(lines, path)| lines.into_iter().map(move |(line, width)| format!("{path}:{line}: {width}")))
        .collect();
    assert!(found.is_empty(), "{} lines are wider than {COLUMNS_MAX} columns: {found:#?}", found.len());
}

#[test]
fn a_retired_name_is_found_as_a_whole_word_in_its_folder() {
    let text = "use a::Proceedings;\n// The Proceedings of a room.\nlet proceedings_of = ProceedingsOf;";
    assert_eq!(retired_in("server/src/room.rs", text), [(1, "Proceedings"), (2, "Proceedings")]);
    assert_eq!(retired_in("app/src/room.rs", text), []);
    assert_eq!(retired_in("server/src/room/actor.rs", "self.letters.send(letter)"), [(1, "letters")]);
}

#[test]
fn a_wide_line_is_found_and_links_tables_and_code_are_not_counted() {
    let wide = "x".repeat(COLUMNS_MAX + 1);
    assert_eq!(wide_code("server/src/room.rs", &format!("//\n// {wide}")), [(2, COLUMNS_MAX + 4)]);
    assert_eq!(wide_code("server/src/room.rs", &"字".repeat(COLUMNS_MAX)), [], "letters count, not bytes");
    assert_eq!(wide_code("tests/browser/a.mjs", &wide), []);
    assert_eq!(wide_code("tests/browser/a.mjs", &format!("  // {wide}")), [(1, COLUMNS_MAX + 6)]);
    assert_eq!(wide_prose(&format!("short\n{wide}")), [(2, COLUMNS_MAX + 1)]);
    for text in [
        format!("```sh\n{wide}\n```\n"),
        format!("| {wide} |"),
        format!("    {wide}"),
        format!("[text](https://jury.example/{wide})"),
    ] {
        assert_eq!(wide_prose(&text), [], "{text}");
    }
}
