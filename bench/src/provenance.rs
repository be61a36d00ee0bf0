//! The provenance of figures: commit, command, and versions, read from the programs and files of the run. A part
//! without a version is left out; no figure is judged here.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::now_us;
use crate::machine;
use crate::target::{Target, baselines_folder};

/// Arguments that name the measured program or the file of figures. Runs that differ only in them are compared.
const IGNORED_ARGUMENTS: [&str; 3] = ["--subject", "--json", "--program"];
/// The same, for a flag without a value.
const IGNORED_FLAG: &str = "--publish";

/// The provenance of a run's figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The command line, without the ignored arguments.
    pub command: String,
    /// The checked-out commit, with a `+` if tracked files differ from it.
    pub commit: String,
    /// The end of the run, in Unix seconds.
    pub unix_s: u64,
    /// Processors, kernel, and the versions of all parts.
    pub versions: BTreeMap<String, String>,
}

/// A part of the run, by the source of its version.
#[derive(Clone, Copy)]
enum Part {
    /// A program on the path, and its argument that prints the version.
    Program(&'static str, &'static str),
    /// A package of the baselines in JavaScript.
    Npm(&'static str),
    /// A crate of the baselines in Rust.
    Crate(&'static str),
    /// A Debian package.
    Debian(&'static str),
}

const NODE: Part = Part::Program("node", "--version");
const REDIS: Part = Part::Program("redis-server", "--version");

impl Provenance {
    /// The provenance of figures of `target` that this process has just measured.
    pub fn here(target: Target, program: &Path) -> Self {
        let mut versions = of_machine();
        let mut insert =
            |name: &str, version: Option<String>| version.map(|version| versions.insert(name.to_owned(), version));
        if target == Target::LiveJury {
            insert("live-jury", version_printed_by(Command::new(program).arg("--version")));
        }
        for part in parts(target) {
            insert(part.name(), part.version());
        }
        let checkout = match target {
            Target::LiveJury => program.parent().unwrap_or(program).to_owned(),
            _ => baselines_folder(),
        };
        Self::at(&checkout, versions)
    }

    /// The provenance of figures that this program computed by itself.
    pub fn of_this_program() -> Self {
        Self::at(Path::new(env!("CARGO_MANIFEST_DIR")), of_machine())
    }

    fn at(checkout: &Path, versions: BTreeMap<String, String>) -> Self {
        let command = command(std::env::args().skip(1));
        Self { command, commit: commit(checkout), unix_s: now_us() / 1_000_000, versions }
    }
}

/// The machine's own parts.
fn of_machine() -> BTreeMap<String, String> {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").ok().map(|text| text.trim().to_owned());
    let parts = [("processors", machine::processors().map(|count| count.to_string())), ("kernel", kernel)];
    parts.into_iter().filter_map(|(name, version)| Some((name.to_owned(), version?))).collect()
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Program(name, _) | Self::Npm(name) | Self::Crate(name) | Self::Debian(name) => name,
        }
    }

    fn version(self) -> Option<String> {
        match self {
            Self::Program(name, argument) => version_printed_by(Command::new(name).arg(argument)),
            Self::Npm(name) => {
                let text =
                    std::fs::read_to_string(baselines_folder().join("node_modules").join(name).join("package.json"))
                        .ok()?;
                serde_json::from_str::<Value>(&text).ok()?["version"].as_str().map(str::to_owned)
            }
            Self::Crate(name) => {
                let text = std::fs::read_to_string(baselines_folder().join("rust/Cargo.lock")).ok()?;
                let (_, after) = text.split_once(&format!("name = \"{name}\"\nversion = \""))?;
                after.split('"').next().map(str::to_owned)
            }
            Self::Debian(name) => version_printed_by(Command::new("dpkg-query").args(["-W", "-f", "${Version}", name])),
        }
    }
}

/// The parts of a run on a target, other than Live Jury itself.
const fn parts(target: Target) -> &'static [Part] {
    match target {
        Target::LiveJury => &[REDIS, Part::Program("postgres", "--version")],
        Target::Ws => &[NODE, Part::Npm("ws"), Part::Npm("ioredis"), REDIS],
        Target::Bun => &[Part::Npm("bun"), Part::Npm("ioredis"), REDIS],
        Target::SocketIo => &[NODE, Part::Npm("socket.io"), Part::Npm("@socket.io/redis-adapter"), REDIS],
        Target::Socketioxide => &[Part::Crate("socketioxide"), Part::Crate("axum"), Part::Crate("redis"), REDIS],
        Target::Axum => &[Part::Crate("axum")],
        Target::Nchan => &[Part::Program("nginx", "-v"), Part::Debian("libnginx-mod-nchan")],
    }
}

/// The first word with a version in a program's output, standard or error.
fn version_printed_by(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    let text = [output.stdout, output.stderr].concat();
    version_in(&String::from_utf8_lossy(&text))
}

fn version_in(text: &str) -> Option<String> {
    let word =
        text.split_whitespace().find(|word| word.contains('.') && word.contains(|c: char| c.is_ascii_digit()))?;
    Some(word.trim_start_matches(|c: char| !c.is_ascii_digit()).to_owned())
}

fn command(arguments: impl Iterator<Item = String>) -> String {
    let (mut words, mut is_value) = (Vec::new(), false);
    for word in arguments {
        let name = word.split('=').next().unwrap_or_default().to_owned();
        if is_value || name == IGNORED_FLAG {
            is_value = false;
        } else if IGNORED_ARGUMENTS.contains(&name.as_str()) {
            is_value = name == word;
        } else {
            words.push(word);
        }
    }
    words.join(" ")
}

/// The checked-out commit of a folder. The files of figures change with each run, and do not count as changes.
fn commit(folder: &Path) -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok();
        let text = output.filter(|output| output.status.success()).map(|output| output.stdout);
        text.map(|text| String::from_utf8_lossy(&text).trim().to_owned())
    };
    let changed = git(&["status", "--porcelain", "-uno", "--", ":/", ":(top,exclude)bench/results"]);
    match git(&["rev-parse", "--short=10", "HEAD"]) {
        Some(commit) if changed.is_some_and(|files| files.is_empty()) => commit,
        Some(commit) => format!("{commit}+"),
        None => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_the_output_of_programs() {
        for (output, version) in [
            ("v20.20.2\n", "20.20.2"),
            ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64", "7.0.15"),
            ("nginx version: nginx/1.22.1", "1.22.1"),
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "15.18"),
            ("1:1.3.6+dfsg-2", "1:1.3.6+dfsg-2"),
        ] {
            assert_eq!(version_in(output).as_deref(), Some(version));
        }
        assert_eq!(version_in("nothing of that kind"), None);
    }

    #[test]
    fn compared_runs_have_the_same_command() {
        let run = |words: &str| command(words.split(' ').map(str::to_owned));
        let plain = run("crowd --for-s 8 --node-cores 0");
        assert_eq!(run("crowd --subject ws --for-s 8 --node-cores 0 --json full.jsonl"), plain);
        assert_eq!(run("crowd --subject=axum --publish --for-s 8 --node-cores 0 --program a"), plain);
        assert_ne!(run("crowd --for-s 9 --node-cores 0"), plain);
    }
}
