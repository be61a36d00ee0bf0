//! The worked example of docs/verifying.md: its commands are run, and print what the page shows.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fixture::{Spec, log_key, plain, record};
use live_jury_proof::bundle::Bundle;
use live_jury_verify::program::{Request, run};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn page() -> String {
    std::fs::read_to_string(root().join("docs/verifying.md")).unwrap()
}

/// The blocks of a language on the page.
fn blocks<'p>(page: &'p str, language: &str) -> Vec<&'p str> {
    let start = format!("```{language}\n");
    page.split(&start).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

fn example() -> Vec<u8> {
    std::fs::read(root().join("docs/verifying/case.bundle")).unwrap()
}

#[test]
fn the_example_is_the_recorded_case_of_the_fixtures() {
    let recorded = record(&Spec { ballots: 47, rule: plain(), opening: false, first: 60 });
    assert_eq!(Bundle::parse(&example()).as_ref(), Ok(&recorded.bundle));
    assert!(page().contains(&log_key().verifier().to_string()));
    assert_eq!(blocks(&page(), "statement"), [recorded.bundle.statement]);
}

#[test]
fn the_commands_of_the_page_print_what_it_shows() {
    let page = page();
    let (commands, printed) = (blocks(&page, "sh"), blocks(&page, "text"));
    assert_eq!((commands.len(), printed.len()), (3, 3));
    let folder = tempfile::tempdir().unwrap();
    let changed = folder.path().join("changed.bundle");
    let mut codes = Vec::new();
    for (command, printed) in commands.into_iter().zip(printed) {
        let command = command.replace("target/changed.bundle", changed.to_str().unwrap());
        let output = Command::new("sh").args(["-c", &command]).current_dir(root()).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), printed, "{command}");
        codes.push(output.status.code().unwrap());
    }
    assert_eq!(codes, [0, 2, 1]);
}

#[test]
fn the_first_verifier_prints_the_same() {
    let request = Request {
        bundle: root().join("docs/verifying/case.bundle"),
        log: Some(log_key().verifier().to_string()),
        ..Request::default()
    };
    let mut printed = Vec::new();
    assert_eq!(run(&request, &mut printed).unwrap(), 0);
    assert_eq!(String::from_utf8(printed).unwrap(), blocks(&page(), "text")[0]);
}

#[test]
fn the_page_explains_every_check_and_every_line() {
    let page = page();
    let names = ["form", "sums", "law", "brief", "audit", "proof", "checkpoint", "witnesses", "rows", "draw"];
    let more = ["opening", "seals", "stream", "receipts", "minted", "growth"];
    for name in names.into_iter().chain(more) {
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
    let statement = Bundle::parse(&example()).unwrap().statement;
    for name in statement.lines().skip(1).filter_map(|line| line.split(' ').next()) {
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
}
