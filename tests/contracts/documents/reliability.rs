//! `docs/reliability.md`, compared with the stories: each row names a story, and each story of a fault has a row.

use super::read;
use super::security::stories_of;

/// Files with stories of faults, each with the prefix that the page gives to its stories. Stories of `faults/` have
/// none.
const FILES: [(&str, &str); 21] = [
    ("", "faults/both_stores"),
    ("", "faults/clocks"),
    ("", "faults/cluster"),
    ("", "faults/demoted"),
    ("", "faults/disk"),
    ("", "faults/docket"),
    ("", "faults/docket/put_back"),
    ("", "faults/leftovers"),
    ("", "faults/nodes"),
    ("", "faults/panels"),
    ("", "faults/redis"),
    ("", "faults/sockets"),
    ("", "faults/two_stores"),
    ("interrupted::", "interrupted"),
    ("loss::", "loss"),
    ("marks::", "marks"),
    ("panels::", "panels"),
    ("program::", "program"),
    ("readiness::", "readiness"),
    ("served::", "served"),
    ("two_nodes::", "two_nodes"),
];

#[test]
fn every_fault_names_a_story_and_every_story_is_named() {
    let page = read("docs/reliability.md");
    let rows = page.lines().filter(|line| line.starts_with("| "));
    let cells = rows.filter_map(|row| row.trim_end_matches([' ', '|']).rsplit(" | ").next());
    let named: Vec<&str> =
        cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).filter(|text| text.contains('_')).collect();
    let mut stories = Vec::new();
    for (prefix, file) in FILES {
        for name in stories_of(&read(&format!("tests/stories/{file}.rs"))) {
            let name = format!("{prefix}{name}");
            assert!(!prefix.is_empty() || named.contains(&name.as_str()), "{name} has no row");
            stories.push(name);
        }
    }
    for name in named.iter().filter(|name| name.matches('_').count() >= 3 && !name.contains('=')) {
        assert!(stories.iter().any(|story| story == name), "{name} is no story");
    }
    assert!(named.len() > 20, "the table is not read as it is written: {named:?}");
}
