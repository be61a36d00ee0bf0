//! The targets of webhooks, from the operator's file: no route of the API adds one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::message::kinds as known_kinds;
use super::sign::WebhookSecret;
use crate::secure_url::SecureUrl;

/// Most targets of a file. Each costs a look at the outbox a second.
const TARGETS_MAX: usize = 8;
/// Most secrets of a target: two while one takes the other's place.
const SECRETS_MAX: usize = 2;
/// Most bytes of a target's name.
const NAME_BYTES_MAX: usize = 64;
/// Stands for all events.
const ALL_EVENTS: &str = "*";

/// A server that is told what was filed.
#[derive(Clone, Debug)]
pub struct Target {
    /// The name, under which its progress is kept. A new name begins anew.
    pub name: String,
    /// The address.
    pub url: SecureUrl,
    /// The secrets. Each signs, so that either may be the one that the target knows.
    pub secrets: Vec<WebhookSecret>,
    events: Events,
}

#[derive(Clone, Debug)]
enum Events {
    All,
    Some(BTreeSet<String>),
}

impl Target {
    /// Whether the target wants events of this kind.
    #[must_use]
    pub fn wants(&self, kind: &str) -> bool {
        match &self.events {
            Events::All => true,
            Events::Some(kinds) => kinds.contains(kind),
        }
    }
}

/// Why a file of targets cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TargetsError {
    /// The file cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason.
        error: std::io::Error,
    },
    /// The file is not the JSON that is expected. The message does not repeat the file, as it has secrets.
    #[error("line {line} is wrong: it must be {{\"targets\": [{{\"name\", \"url\", \"secrets\", \"events\"}}]}}")]
    Malformed {
        /// The line.
        line: usize,
    },
    /// A target is wrong.
    #[error("{field}: {why}")]
    Wrong {
        /// The field, as a path.
        field: String,
        /// The reason.
        why: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetsFile {
    targets: Vec<TargetEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetEntry {
    name: String,
    url: String,
    secrets: Vec<String>,
    events: Vec<String>,
}

/// Reads the targets of a file.
///
/// # Errors
/// The file cannot be read, or a target in it is wrong; the message names the field.
pub fn read_targets(path: &Path) -> Result<Vec<Target>, TargetsError> {
    let text =
        std::fs::read_to_string(path).map_err(|error| TargetsError::Unreadable { path: path.to_owned(), error })?;
    parse(&text)
}

fn parse(text: &str) -> Result<Vec<Target>, TargetsError> {
    let file: TargetsFile =
        serde_json::from_str(text).map_err(|error| TargetsError::Malformed { line: error.line() })?;
    if file.targets.len() > TARGETS_MAX {
        return Err(wrong("targets".to_owned(), format!("has more than {TARGETS_MAX}")));
    }
    let mut names = BTreeSet::new();
    let mut targets = Vec::new();
    for (n, entry) in file.targets.into_iter().enumerate() {
        let field = |name: &str| format!("targets[{n}].{name}");
        let is_name = |name: &str| {
            let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(known)
        };
        if !is_name(&entry.name) {
            return Err(wrong(field("name"), format!("must be 1 to {NAME_BYTES_MAX} of A-Z a-z 0-9 _ -")));
        }
        if !names.insert(entry.name.clone()) {
            return Err(wrong(field("name"), "is another target's, too".to_owned()));
        }
        if entry.secrets.is_empty() || entry.secrets.len() > SECRETS_MAX {
            return Err(wrong(field("secrets"), format!("must have 1 to {SECRETS_MAX}")));
        }
        let secret = |(n, text): (usize, &String)| {
            text.parse::<WebhookSecret>().map_err(|why| wrong(field(&format!("secrets[{n}]")), why))
        };
        let secrets: Vec<WebhookSecret> = entry.secrets.iter().enumerate().map(secret).collect::<Result<_, _>>()?;
        if secrets.iter().enumerate().any(|(n, secret)| secrets[..n].contains(secret)) {
            return Err(wrong(field("secrets"), "has one twice".to_owned()));
        }
        targets.push(Target {
            url: entry.url.parse().map_err(|why| wrong(field("url"), why))?,
            secrets,
            events: events(entry.events).map_err(|why| wrong(field("events"), why))?,
            name: entry.name,
        });
    }
    Ok(targets)
}

fn events(kinds: Vec<String>) -> Result<Events, String> {
    if kinds.iter().any(|kind| kind == ALL_EVENTS) {
        return Ok(Events::All);
    }
    if let Some(unknown) = kinds.iter().find(|kind| !known_kinds().any(|known| known == kind.as_str())) {
        return Err(format!(
            "`{unknown}` is no event; the events are {}",
            known_kinds().collect::<Vec<_>>().join(", ")
        ));
    }
    if kinds.is_empty() {
        Err("must name an event, or *".to_owned())
    } else {
        Ok(Events::Some(kinds.into_iter().collect()))
    }
}

fn wrong(field: String, why: String) -> TargetsError {
    TargetsError::Wrong { field, why }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn file(change: impl FnOnce(&mut Value)) -> String {
        let mut target =
            json!({ "name": "shop", "url": "https://shop.example.com/hooks", "secrets": [SECRET], "events": ["*"] });
        change(&mut target);
        json!({ "targets": [target] }).to_string()
    }

    #[test]
    fn a_target_wants_what_its_file_names() {
        let all = parse(&file(|_| ())).unwrap();
        assert!(all[0].wants("case.recorded") && all[0].wants("case.drafted"));
        let some = parse(&file(|target| target["events"] = json!(["case.recorded"]))).unwrap();
        assert!(some[0].wants("case.recorded") && !some[0].wants("case.drafted"));
    }

    #[test]
    fn what_is_wrong_in_a_file_is_named() {
        let long = "n".repeat(NAME_BYTES_MAX + 1);
        for (field, value, named) in [
            ("name", json!(""), "targets[0].name"),
            ("name", json!(long), "targets[0].name"),
            ("name", json!("a shop"), "targets[0].name"),
            ("url", json!("http://shop.example.com"), "targets[0].url"),
            ("url", json!("shop"), "targets[0].url"),
            ("secrets", json!([]), "targets[0].secrets"),
            ("secrets", json!([SECRET, SECRET, SECRET]), "targets[0].secrets"),
            ("secrets", json!(["whsec_c2hvcnQ="]), "targets[0].secrets[0]"),
            ("secrets", json!([SECRET, format!("{SECRET}\n")]), "targets[0].secrets[1]"),
            ("secrets", json!([SECRET, SECRET]), "targets[0].secrets"),
            ("events", json!([]), "targets[0].events"),
            ("events", json!(["case.blessed"]), "`case.blessed` is no event"),
            ("other", json!(1), "line 1"),
        ] {
            let error = parse(&file(|target| target[field] = value)).unwrap_err().to_string();
            assert!(error.contains(named) && !error.contains("whsec_c2hvcnQ="), "{error}");
        }
        let twice = format!(
            "{{\"targets\":[{0},{0}]}}",
            json!({ "name": "shop", "url": "http://localhost/", "secrets": [SECRET], "events": ["*"] })
        );
        assert!(parse(&twice).unwrap_err().to_string().contains("targets[1].name"));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = read_targets(Path::new("no-such-file.json")).unwrap_err().to_string();
        assert!(error.starts_with("no-such-file.json: "), "{error}");
    }
}
