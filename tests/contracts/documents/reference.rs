//! `docs/protocol.md` and `docs/operating.md`, compared with the code: examples, refusals, codes, settings and metrics.

use std::collections::BTreeSet;

use clap::{Args, Command};
use live_jury_protocol::{NewCase, NoReceipt, Problem, Refusal, RoomPolicy, Verdict};
use live_jury_server::config::Settings;
use serde_json::Value;

use super::{CLIENT_FRAMES, SERVER_FRAMES, assert_is_a_frame, close_codes, read};

/// Whether a table of the page has a row with these adjacent cells.
fn has_row(page: &str, cells: &[&str]) -> bool {
    page.lines().filter(|line| line.starts_with('|')).any(|line| {
        let found: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        found.windows(cells.len()).any(|window| window == cells)
    })
}

/// Code blocks of this language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    page.split(&fence).skip(1).filter_map(|rest| rest.split("\n```").next().map(str::to_owned)).collect()
}

#[test]
fn every_protocol_example_parses() {
    let page = read("docs/protocol.md");
    let (mut frames, mut others) = (Vec::new(), 0);
    for block in blocks(&page, "json") {
        let example: Value = serde_json::from_str(&block).unwrap_or_else(|error| panic!("{error}: {block}"));
        let is_frame = example["type"].as_str().is_some_and(|name| name != "about:blank");
        if is_frame {
            assert_is_a_frame(&example);
            frames.push(example["type"].as_str().unwrap_or_default().to_owned());
            continue;
        }
        let understood = if example.get("outcome").is_some() {
            serde_json::from_str::<Verdict>(&block).map(drop)
        } else if example.get("code").is_some() {
            serde_json::from_str::<Problem>(&block).map(drop)
        } else if example.get("counts_from").is_some() {
            serde_json::from_str::<RoomPolicy>(&block).map(drop)
        } else {
            serde_json::from_str::<NewCase>(&block).map(drop)
        };
        understood.unwrap_or_else(|error| panic!("{error}: {block}"));
        others += 1;
    }
    for name in CLIENT_FRAMES.iter().chain(SERVER_FRAMES) {
        assert!(frames.iter().any(|frame| frame == name), "{name} has no example");
        assert!(page.contains(&format!("\n#### `{name}`\n")), "{name} has no heading");
    }
    assert_eq!(others, 4, "a case, a policy, a verdict, a problem");
}

#[test]
fn every_reason_for_no_receipt_has_its_row() {
    let page = read("docs/protocol.md");
    for reason in NoReceipt::ALL {
        let row = format!("\n| `{reason}` | ");
        assert_eq!(page.matches(&row).count(), 1, "{reason}");
    }
}

#[test]
fn every_refusal_has_its_row_in_order() {
    let page = read("docs/protocol.md");
    for (place, reason) in (1..).zip(Refusal::ALL) {
        assert!(has_row(&page, &[&place.to_string(), &format!("`{reason}`")]), "{place} {reason}");
    }
}

#[test]
fn every_close_code_has_its_row() {
    let page = read("docs/protocol.md");
    for code in close_codes() {
        assert!(page.lines().any(|line| line.starts_with(&format!("| {code} | "))), "{code}");
    }
}

/// The list of codes is private to the server, whose own test compares it with its errors. So it is read as text.
#[test]
fn every_problem_has_its_row() {
    let page = read("docs/protocol.md");
    let source = read("server/src/http/error.rs");
    let (_, list) = source.split_once("const PROBLEM_CODES").expect("a list");
    let (list, _) = list.split_once("];").expect("its end");
    let codes: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    assert!(codes.contains(&"not_a_draft") && codes.contains(&"unavailable"), "{codes:?}");
    for code in codes {
        let found = page.lines().any(|line| is_status_row(line) && line.contains(&format!("`{code}`")));
        assert!(found, "{code} has no row");
    }
}

fn is_status_row(line: &str) -> bool {
    line.strip_prefix("| ").and_then(|rest| rest.get(..3)).is_some_and(|status| status.parse::<u16>().is_ok())
}

#[test]
fn every_setting_has_its_row_with_its_default() {
    let page = read("docs/operating.md");
    let serve = Settings::augment_args(Command::new("serve"));
    let mut settings = 0;
    for setting in serve.get_arguments() {
        let Some(flag) = setting.get_long() else { continue };
        let variable =
            setting.get_env().and_then(|name| name.to_str()).unwrap_or_else(|| panic!("--{flag} has no variable"));
        let default: Vec<&str> = setting.get_default_values().iter().filter_map(|value| value.to_str()).collect();
        let (flag, variable) = (format!("`--{flag}`"), format!("`{variable}`"));
        let found = match default.first() {
            Some(default) => has_row(&page, &[&flag, &variable, &format!("`{default}`")]),
            None => has_row(&page, &[&flag, &variable]),
        };
        assert!(found, "{flag} {variable} {default:?}");
        settings += 1;
    }
    let rows = page.lines().filter(|line| line.starts_with("| `--")).count();
    assert_eq!(rows, settings, "the page has a setting that there is not");
}

#[test]
fn every_metric_has_its_row() {
    let page = read("docs/operating.md");
    let source = read("server/src/telemetry.rs");
    let names: BTreeSet<&str> = source.split('"').filter(|text| text.starts_with("live_jury_")).collect();
    assert!(names.len() > 5, "{names:?}");
    for name in &names {
        assert!(has_row(&page, &[&format!("`{name}`")]), "{name}");
    }
    let rows = page.lines().filter(|line| line.starts_with("| `live_jury_")).count();
    assert_eq!(rows, names.len(), "the page has a metric that there is not");
}
