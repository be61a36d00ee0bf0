//! Where figures come from: the commit, the command, the versions of what took part; it asks the programs and files that were
//! used, and what does not answer is left out.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::now_us;
use crate::machine;
use crate::target::{Subject, peers};

/// Arguments that say what is measured, or where the figures go: runs that differ in them alone are compared.
const NOT_THE_COMMAND: [&str; 3] = ["--subject", "--json", "--program"];
/// The same, without a value.
const NOT_THE_COMMAND_EITHER: &str = "--publish";

/// Where figures come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// What was run, but for what it was run on.
    pub command: String,
    /// The commit that was checked out; with a `+` if files had been changed since.
    pub commit: String,
    /// When it had ended, in Unix seconds.
    pub unix_s: u64,
    /// Processors, kernel, and the versions of what took part.
    pub versions: BTreeMap<String, String>,
}

/// Something that took part, and who knows its version.
#[derive(Clone, Copy)]
enum Part {
    /// A program on the path.
    Program(&'static str, &'static str),
    /// A package of the peers in JavaScript.
    Npm(&'static str),
    /// A crate of the peers in Rust.
    Crate(&'static str),
    /// A package of Debian.
    Debian(&'static str),
}

const NODE: Part = Part::Program("node", "--version");
const REDIS: Part = Part::Program("redis-server", "--version");

impl Origin {
    /// Of figures that this process has just come to, of `subject`.
    pub fn here(subject: Subject, program: &Path) -> Self {
        let mut versions = BTreeMap::new();
        let mut known =
            |name: &str, version: Option<String>| version.map(|version| versions.insert(name.to_owned(), version));
        known("processors", machine::processors().map(|count| count.to_string()));
        known("kernel", std::fs::read_to_string("/proc/sys/kernel/osrelease").ok().map(|text| text.trim().to_owned()));
        if subject == Subject::LiveJury {
            known("live-jury", said_by(Command::new(program).arg("--version")));
        }
        for part in parts(subject) {
            known(part.name(), part.version());
        }
        let checkout = match subject {
            Subject::LiveJury => program.parent().unwrap_or(program).to_owned(),
            _ => peers(),
        };
        let command = command(std::env::args().skip(1));
        Self { command, commit: commit(&checkout), unix_s: now_us() / 1_000_000, versions }
    }
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Program(name, _) | Self::Npm(name) | Self::Crate(name) | Self::Debian(name) => name,
        }
    }

    fn version(self) -> Option<String> {
        match self {
            Self::Program(name, argument) => said_by(Command::new(name).arg(argument)),
            Self::Npm(name) => {
                let text =
                    std::fs::read_to_string(peers().join("node_modules").join(name).join("package.json")).ok()?;
                serde_json::from_str::<Value>(&text).ok()?["version"].as_str().map(str::to_owned)
            }
            Self::Crate(name) => {
                let text = std::fs::read_to_string(peers().join("rust/Cargo.lock")).ok()?;
                let (_, after) = text.split_once(&format!("name = \"{name}\"\nversion = \""))?;
                after.split('"').next().map(str::to_owned)
            }
            Self::Debian(name) => said_by(Command::new("dpkg-query").args(["-W", "-f", "${Version}", name])),
        }
    }
}

/// What took part beside the subject itself.
const fn parts(subject: Subject) -> &'static [Part] {
    match subject {
        Subject::LiveJury => &[REDIS, Part::Program("postgres", "--version")],
        Subject::Ws => &[NODE, Part::Npm("ws"), Part::Npm("ioredis"), REDIS],
        Subject::Bun => &[Part::Npm("bun"), Part::Npm("ioredis"), REDIS],
        Subject::SocketIo => &[NODE, Part::Npm("socket.io"), Part::Npm("@socket.io/redis-adapter"), REDIS],
        Subject::Socketioxide => &[Part::Crate("socketioxide"), Part::Crate("axum"), Part::Crate("redis"), REDIS],
        Subject::Axum => &[Part::Crate("axum")],
        Subject::Nchan => &[Part::Program("nginx", "-v"), Part::Debian("libnginx-mod-nchan")],
    }
}

/// The first word with a version in it that a program says, on whichever output.
fn said_by(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    let said = [output.stdout, output.stderr].concat();
    version_in(&String::from_utf8_lossy(&said))
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
        if is_value || name == NOT_THE_COMMAND_EITHER {
            is_value = false;
        } else if NOT_THE_COMMAND.contains(&name.as_str()) {
            is_value = name == word;
        } else {
            words.push(word);
        }
    }
    words.join(" ")
}

/// The commit that is checked out around a folder. The figures themselves are files of it, and change with each run.
fn commit(folder: &Path) -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok();
        let said = output.filter(|output| output.status.success()).map(|output| output.stdout);
        said.map(|said| String::from_utf8_lossy(&said).trim().to_owned())
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
    fn versions_are_found_in_what_programs_say() {
        for (said, version) in [
            ("v20.20.2\n", "20.20.2"),
            ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64", "7.0.15"),
            ("nginx version: nginx/1.22.1", "1.22.1"),
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "15.18"),
            ("1:1.3.6+dfsg-2", "1:1.3.6+dfsg-2"),
        ] {
            assert_eq!(version_in(said).as_deref(), Some(version));
        }
        assert_eq!(version_in("nothing of that kind"), None);
    }

    #[test]
    fn runs_that_are_compared_have_the_same_command() {
        let run = |words: &str| command(words.split(' ').map(str::to_owned));
        let plain = run("crowd --for-s 8 --node-cores 0");
        assert_eq!(run("crowd --subject ws --for-s 8 --node-cores 0 --json full.jsonl"), plain);
        assert_eq!(run("crowd --subject=axum --publish --for-s 8 --node-cores 0 --program a"), plain);
        assert_ne!(run("crowd --for-s 9 --node-cores 0"), plain);
    }
}
