//! The arrows of ARCHITECTURE.md, compared with the sources and with each Cargo.toml; a test names every arrow that is
//! not allowed.

mod paths;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use self::paths::used_modules;
use super::read;

/// The word for all other crates.
const ALL: &str = "all";

/// The crates that each crate may depend on, as ARCHITECTURE.md shows them.
const CRATES: &[(&str, &[&str])] = &[
    ("protocol", &[]),
    ("court", &["protocol"]),
    ("proof", &[]),
    ("trust", &["protocol"]),
    ("check", &["proof"]),
    ("app", &["protocol", "check"]),
    ("verify", &["protocol", "court", "proof"]),
    ("server", &["protocol", "court", "proof", "trust", "verify"]),
    ("tests", &[ALL]),
    ("bench", &["protocol", "proof", "tests", "trust"]),
];

/// The level of each module of the server, as ARCHITECTURE.md shows it. A module uses modules of lower levels only;
/// modules of level 0 may use each other.
const LEVELS: &[(u32, &[&str])] = &[
    (11, &["main"]),
    (10, &["demo"]),
    (9, &["node", "offline", "follow"]),
    (8, &["http"]),
    (7, &["connection", "revocations"]),
    (6, &["state"]),
    (5, &["hub"]),
    (4, &["room", "trust", "reports"]),
    (3, &["lifecycle", "log", "jurors", "webhooks", "census"]),
    (2, &["tally", "docket", "ledger", "peers"]),
    (1, &["sql", "redis", "sqlite"]),
    (
        0,
        &[
            "auth",
            "authorities",
            "secure_url",
            "admission",
            "socket",
            "client_stream",
            "call_error",
            "health",
            "frame",
            "pseudonym",
            "reporter",
            "key_file",
            "entrant",
            "practice",
            "config",
            "clock",
            "telemetry",
            "migration",
        ],
    ),
];

/// The server's sources.
const SERVER: &str = "server/src";

/// A use of one part by another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Arrow {
    file: String,
    line: usize,
    from: String,
    to: String,
}

impl fmt::Display for Arrow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, from, to } = self;
        write!(f, "{file}:{line}: {from} → {to}")
    }
}

fn level(module: &str) -> Option<u32> {
    LEVELS.iter().find(|(_, modules)| modules.contains(&module)).map(|(level, _)| *level)
}

/// Whether a module may use another one. A module without a level may use none and be used by none.
fn may_use(from: &str, to: &str) -> bool {
    match (level(from), level(to)) {
        (Some(from), Some(to)) => to < from || (from == 0 && to == 0),
        _ => false,
    }
}

/// The top module of a file, by its path below the sources.
fn top_module(path: &str) -> &str {
    path.split('/').next().unwrap_or_default().trim_end_matches(".rs")
}

/// Arrows from a file of the server to other top modules.
fn module_arrows(path: &str, source: &str) -> Vec<Arrow> {
    let own = top_module(path);
    let used = used_modules(path, source).into_iter().filter(|(_, to)| to != own);
    let arrow = |(line, to)| Arrow { file: format!("{SERVER}/{path}"), line, from: own.to_owned(), to };
    used.map(arrow).collect()
}

/// Arrows from a crate to other crates of the workspace, by its Cargo.toml.
fn crate_arrows(name: &str, manifest: &str) -> Vec<Arrow> {
    let mut arrows = Vec::new();
    let mut in_dependencies = false;
    for (line, text) in (1..).zip(manifest.lines()) {
        let text = text.trim();
        // `[dependencies]`, `[dev-dependencies]`, `[target.….dependencies]`, and `[dependencies.live-jury-…]`.
        if let Some(section) = text.strip_prefix('[') {
            in_dependencies = section.trim_end_matches(']').rsplit('.').any(|part| part.ends_with("dependencies"));
        }
        let key = text.trim_start_matches('[').split_once("live-jury-").filter(|(before, _)| {
            before.is_empty() || before.ends_with("dependencies.") || before.trim_end().ends_with('"')
        });
        let Some((_, rest)) = key.filter(|_| in_dependencies && !text.starts_with('#')) else { continue };
        let to: String = rest.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect();
        arrows.push(Arrow { file: format!("{name}/Cargo.toml"), line, from: name.to_owned(), to });
    }
    arrows
}

fn may_depend(from: &str, to: &str) -> bool {
    let allowed = CRATES.iter().find(|(name, _)| *name == from).map(|(_, allowed)| *allowed);
    let exists = CRATES.iter().any(|(name, _)| *name == to);
    exists && from != to && allowed.is_some_and(|allowed| allowed == [ALL] || allowed.contains(&to))
}

/// The rows of the table with this heading, without the heading's own two lines.
fn table<'p>(page: &'p str, heading: &str) -> Vec<Vec<&'p str>> {
    let mut lines = page.lines().skip_while(|line| *line != heading);
    assert!(lines.next().is_some(), "ARCHITECTURE.md has no table {heading}");
    let rows = lines.skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches(['|', ' ']).split(" | ").map(str::trim).collect()).collect()
}

/// The names in backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The server's sources without `lib.rs`, which only declares the modules: the path below the sources, and the text.
fn server_sources() -> Vec<(String, String)> {
    let (folder, mut sources, mut folders) = (root().join(SERVER), Vec::new(), vec![root().join(SERVER)]);
    while let Some(next) = folders.pop() {
        for path in std::fs::read_dir(next).expect("the sources are there").map(|entry| entry.expect("a file").path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") && path != folder.join("lib.rs") {
                let name = path.strip_prefix(&folder).expect("it is in the folder").to_str().expect("a path of UTF-8");
                sources.push((name.to_owned(), std::fs::read_to_string(&path).expect("a source")));
            }
        }
    }
    sources.sort();
    sources
}

#[test]
fn every_module_uses_lower_levels_only() {
    let sources = server_sources();
    let arrows = sources.iter().flat_map(|(path, source)| module_arrows(path, source));
    let wrong: Vec<String> = arrows
        .filter(|arrow| !may_use(&arrow.from, &arrow.to))
        .map(|arrow| format!("{arrow}: level {:?} uses level {:?}", level(&arrow.from), level(&arrow.to)))
        .collect();
    assert!(wrong.is_empty(), "{} arrows are not allowed: {wrong:#?}", wrong.len());
}

#[test]
fn every_module_has_a_level_and_every_level_its_modules() {
    let sources = server_sources();
    let found: BTreeSet<&str> = sources.iter().map(|(path, _)| top_module(path)).collect();
    let listed: BTreeSet<&str> = LEVELS.iter().flat_map(|(_, modules)| *modules).copied().collect();
    assert_eq!(found, listed, "left: modules of the server; right: modules with a level");
}

#[test]
fn every_crate_depends_on_its_allowed_crates_only() {
    let members = read("Cargo.toml");
    let members = members.lines().find_map(|line| line.strip_prefix("members = ")).expect("a list of members");
    let members: BTreeSet<&str> = members.split('"').skip(1).step_by(2).collect();
    let listed: BTreeSet<&str> = CRATES.iter().map(|(name, _)| *name).collect();
    assert_eq!(members, listed, "left: members of the workspace; right: crates with a row");

    let arrows = members.iter().flat_map(|name| crate_arrows(name, &read(&format!("{name}/Cargo.toml"))));
    let wrong: Vec<String> =
        arrows.filter(|arrow| !may_depend(&arrow.from, &arrow.to)).map(|arrow| arrow.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_architecture_shows_the_same_arrows() {
    let page = read("ARCHITECTURE.md");
    let levels = table(&page, "| level | modules | contents |");
    let shown: Vec<(u32, BTreeSet<&str>)> =
        levels.iter().map(|row| (row[0].parse().expect("a level"), quoted(row[1]).into_iter().collect())).collect();
    let listed: Vec<(u32, BTreeSet<&str>)> =
        LEVELS.iter().map(|(level, modules)| (*level, modules.iter().copied().collect())).collect();
    assert_eq!(shown, listed, "left: ARCHITECTURE.md; right: LEVELS");

    let crates = table(&page, "| crate | may depend on |");
    let shown: BTreeSet<(&str, BTreeSet<&str>)> = crates
        .iter()
        .map(|row| {
            let allowed = if row[1] == ALL { vec![ALL] } else { quoted(row[1]) };
            (quoted(row[0])[0], allowed.into_iter().collect())
        })
        .collect();
    let listed = CRATES.iter().map(|(name, allowed)| (*name, allowed.iter().copied().collect())).collect();
    assert_eq!(shown, listed, "left: ARCHITECTURE.md; right: CRATES");
}

/// Arrows of a made-up file that are not allowed, each as its line and its target.
fn wrong(path: &str, source: &str) -> Vec<(usize, String)> {
    let arrows = module_arrows(path, source).into_iter().filter(|arrow| !may_use(&arrow.from, &arrow.to));
    arrows.map(|arrow| (arrow.line, arrow.to)).collect()
}

#[test]
fn an_arrow_that_goes_up_is_found_in_every_form() {
    for (source, line) in [
        ("use crate::http;", 1),
        ("\nuse crate::http::error::Problem;", 2),
        ("use crate::{clock::Clock,\n    http::{error, log}};", 2),
        ("fn f() {\n    let x = crate::http::error::text();\n}", 2),
        ("pub(super) use super::super::http::error;", 1),
        ("use super::{view, super::{http as web, clock}};", 1),
        ("mod tests {\n    use super::super::super::http;\n}", 2),
        ("const QUOTE: char = '\"'; use crate::http;", 1),
        ("fn f<'a>(x: &'a str) -> &'a str { x }\nuse crate::http;", 2),
        ("const RAW: &str = r#\"\"#;\nuse crate::http;", 2),
    ] {
        assert_eq!(wrong("room/actor.rs", source), [(line, "http".to_owned())], "{source}");
    }
    assert_eq!(wrong("main.rs", "use live_jury_server::http;"), []);
    assert_eq!(wrong("tally.rs", "use crate::docket::Docket;"), [(1, "docket".to_owned())], "one level");
    assert_eq!(wrong("clock.rs", "use crate::sql::pool;"), [(1, "sql".to_owned())], "from the lowest level");
    assert_eq!(wrong("room.rs", "use crate::gossip;"), [(1, "gossip".to_owned())], "a module without a level");
    assert_eq!(wrong("gossip.rs", "use crate::clock;"), [(1, "clock".to_owned())], "a module without a level");
    let display = module_arrows("room/view.rs", "\n\nuse crate::http;")[0].to_string();
    assert_eq!(display, "server/src/room/view.rs:3: room → http");
}

#[test]
fn text_and_lower_levels_are_no_wrong_arrows() {
    for source in [
        "// use crate::http;",
        "/* use crate::http; /* nested */ crate::http */",
        "const TEXT: &str = \"crate::http \\\" crate::http\";",
        "const RAW: &str = r#\"crate::http\"#;",
        "use crate::{clock::Clock, tally::{Answer, redis}, room::view};",
        "use super::view::http;",
        "use other::http;",
        "pub(crate) fn http() {}",
        "macro_rules! http { () => { $crate::http } }",
    ] {
        assert_eq!(wrong("room/actor.rs", source), [], "{source}");
    }
    assert_eq!(wrong("auth/jwks.rs", "use crate::clock::Clock;"), [], "level 0 uses level 0");
}

#[test]
fn a_wrong_dependency_is_found_in_every_section() {
    for manifest in [
        "[dependencies]\nlive-jury-server = { path = \"../server\" }",
        "[dev-dependencies]\nlive-jury-server.workspace = true",
        "[target.'cfg(unix)'.build-dependencies]\nlive-jury-server.workspace = true",
        "[package]\n[dependencies.live-jury-server]",
        "[dependencies]\nserver = { package = \"live-jury-server\", path = \"../server\" }",
    ] {
        let arrows = crate_arrows("app", manifest);
        assert_eq!(arrows.iter().map(ToString::to_string).collect::<Vec<_>>(), ["app/Cargo.toml:2: app → server"]);
        assert!(!may_depend(&arrows[0].from, &arrows[0].to) && may_depend("tests", "server"));
    }
    let none = "[package]\nname = \"live-jury-app\"\n[features]\na = [\"dep:live-jury-server\"]\n# live-jury-server";
    assert_eq!(crate_arrows("app", none), []);
    assert!(!may_depend("app", "gossip") && !may_depend("gossip", "protocol") && !may_depend("app", "app"));
}
