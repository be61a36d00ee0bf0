//! The settings of trust; a file of policies is read here, and its meaning is the crate's.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context;
use clap::Args;
use live_jury_court::{EvidenceUrlPolicy, check_evidence_url};
use live_jury_proof::text::array_from_hex;
use live_jury_trust::identity::decide::RefuseBy;
use live_jury_trust::identity::token::IdentityKey;
use live_jury_trust::policy::TrustFile;

use super::parse_path;
use crate::key_file::{self, KeyError, check_ends};
use crate::reporter::ReporterKey;

/// The end of the name of a reporter key beside a SQLite database.
const KEY_BESIDE_DATABASE: &str = ".reporter-key";
/// The end of the name of an identity key beside a SQLite database.
const IDENTITY_KEY_BESIDE_DATABASE: &str = ".identity-key";
/// Limits the identity keys. A rotation has two; a third one lets the next begin before every node has ended it.
const IDENTITY_KEYS_MAX: usize = 3;

/// Limits the days for which facts are kept: no older one counts.
const KEEP_FACTS_DAYS_MAX: i64 = 400;

/// Whether a part of the server runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Switch {
    /// It runs.
    #[default]
    On,
    /// It does not run.
    Off,
}

impl fmt::Display for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::On => "on",
            Self::Off => "off",
        })
    }
}

impl FromStr for Switch {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            _ => Err("must be on or off"),
        }
    }
}

/// The setting of what the machine may refuse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IdentityRefuse(pub RefuseBy);

impl fmt::Display for IdentityRefuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            RefuseBy::Number => "number",
            RefuseBy::Never => "never",
        })
    }
}

impl FromStr for IdentityRefuse {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "number" => Ok(Self(RefuseBy::Number)),
            "never" => Ok(Self(RefuseBy::Never)),
            _ => Err("must be number or never"),
        }
    }
}

/// The keys of tokens, and what the machine may refuse.
#[derive(Clone, Debug, Default)]
pub struct IdentitySettings {
    /// The keys: the first writes, and all are looked up. Without one there are no applications.
    pub keys: Vec<IdentityKey>,
    /// The numbers that let the machine refuse.
    pub refuse_by: RefuseBy,
}

/// The keys of identities' tokens. `Debug` shows none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityKeys(pub Vec<IdentityKey>);

impl FromStr for IdentityKeys {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',').try_for_each(check_ends)?;
        let key = |text: &str| array_from_hex(text).map(IdentityKey::new);
        let keys: Option<Vec<IdentityKey>> = text.split(',').map(key).collect();
        let is_repeated = |keys: &[IdentityKey]| keys.iter().enumerate().any(|(n, key)| keys[..n].contains(key));
        keys.filter(|keys| keys.len() <= IDENTITY_KEYS_MAX && !is_repeated(keys))
            .map(Self)
            .ok_or_else(|| "must be 1 to 3 different keys of 64 hexadecimal digits, parted by commas alone".to_owned())
    }
}

/// The settings of trust.
#[derive(Args, Clone, Debug, Default)]
pub struct TrustSettings {
    /// Whether the server takes facts and computes exposures; with `off` its routes answer 404
    #[arg(long = "trust", id = "trust", env = "LIVE_JURY_TRUST", default_value_t = Switch::On)]
    pub trust: Switch,
    /// File of policies in JSON, in the form that `live-jury trust-file` prints [default: that one]
    #[arg(long = "trust-file", id = "trust-file", value_name = "FILE", env = "LIVE_JURY_TRUST_FILE",
          value_parser = parse_path)]
    pub file: Option<PathBuf>,
    /// Days for which facts are kept one by one, for a recount; 0: only their sums are
    #[arg(long = "trust-keep-facts", id = "trust-keep-facts", value_name = "DAYS", env = "LIVE_JURY_TRUST_KEEP_FACTS",
          default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=KEEP_FACTS_DAYS_MAX))]
    pub keep_facts: u16,
    /// Key of the names under which viewers' reports are kept, 64 hexadecimal digits [default: with SQLite, one is made
    /// beside the database; with PostgreSQL, viewers cannot report]
    #[arg(
        long = "reporter-key",
        id = "reporter-key",
        value_name = "HEX",
        env = "LIVE_JURY_REPORTER_KEY",
        hide_env_values = true
    )]
    pub reporter_key: Option<ReporterKey>,
    /// Keys of the tokens of applicants' identities, 64 hexadecimal digits each, 1 to 3 with commas: the first writes,
    /// and all are looked up [default: with SQLite, one is made beside the database; with PostgreSQL, there are no
    /// applications]
    #[arg(
        long = "identity-key",
        id = "identity-key",
        value_name = "HEX",
        env = "LIVE_JURY_IDENTITY_KEY",
        hide_env_values = true
    )]
    pub identity_keys: Option<IdentityKeys>,
    /// Whether an equal identity or company number lets the server refuse an application: `number`; with `never` a
    /// person decides
    #[arg(long = "identity-refuse", id = "identity-refuse", env = "LIVE_JURY_IDENTITY_REFUSE",
          default_value_t = IdentityRefuse::default())]
    pub identity_refuse: IdentityRefuse,
}

impl TrustSettings {
    /// Reads and checks the file; without one, the built-in file.
    ///
    /// # Errors
    /// The file cannot be read, or something in it is wrong; the message names it.
    pub fn load(&self) -> anyhow::Result<TrustFile> {
        let Some(path) = &self.file else { return Ok(TrustFile::builtin()) };
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let file = TrustFile::parse(&text).with_context(|| format!("{}", path.display()))?;
        for policy in &file.policies {
            // Parties follow it as a link, as viewers do that of evidence.
            let field = format!("policy {}: clause_url", policy.id);
            let url = policy.clause_url.as_deref();
            url.map_or(Ok(()), |url| check_evidence_url(&field, url, EvidenceUrlPolicy::Https))
                .with_context(|| format!("{}", path.display()))?;
        }
        Ok(file)
    }

    /// The key of reporters' names: the one given, or else the one beside the SQLite database, which is made once.
    /// PostgreSQL has none then.
    ///
    /// # Errors
    /// The file beside the database cannot be read or made, or holds no key.
    pub fn reporter_key(&self, sqlite: Option<&Path>) -> Result<Option<ReporterKey>, KeyError> {
        match (&self.reporter_key, sqlite) {
            (Some(key), _) => Ok(Some(key.clone())),
            (None, Some(database)) => {
                let path = key_file::beside(database, KEY_BESIDE_DATABASE);
                key_file::made_key(&path).map(|key| Some(ReporterKey::new(key)))
            }
            (None, None) => Ok(None),
        }
    }
}

impl TrustSettings {
    /// The keys of identities' tokens, and what the machine may refuse. Without a key, one beside the SQLite database
    /// is made once. PostgreSQL has none then.
    ///
    /// # Errors
    /// The file beside the database cannot be read or made, or holds no key.
    pub fn identity(&self, sqlite: Option<&Path>) -> Result<IdentitySettings, KeyError> {
        let keys = match (&self.identity_keys, sqlite) {
            (Some(IdentityKeys(keys)), _) => keys.clone(),
            (None, Some(database)) => {
                let path = key_file::beside(database, IDENTITY_KEY_BESIDE_DATABASE);
                vec![IdentityKey::new(key_file::made_key(&path)?)]
            }
            (None, None) => Vec::new(),
        };
        Ok(IdentitySettings { keys, refuse_by: self.identity_refuse.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_keys_are_one_to_three_different_ones() {
        let [one, two] = ["1", "2"].map(|digit| digit.repeat(64));
        let parse = |text: &str| text.parse::<IdentityKeys>().map(|keys| keys.0.len());
        assert_eq!(parse(&one), Ok(1));
        assert_eq!(parse(&format!("{one},{two}")), Ok(2));
        for text in [format!("{one}\n"), format!("{one}, {two}"), format!("{one}\n,{two}"), format!("\u{feff}{one}")] {
            assert!(parse(&text).unwrap_err().contains("at its start or end"), "{text:?}");
        }
        for text in ["", "12", &format!("{one},{one}"), &format!("{one},"), &[one.as_str(); 4].join(",")] {
            assert!(parse(text).is_err(), "{text}");
        }
        let keys: IdentityKeys = one.parse().unwrap();
        assert_eq!(format!("{keys:?}"), "IdentityKeys([IdentityKey(hidden)])");
        assert_eq!(
            ["number", "never"].map(|text| text.parse::<IdentityRefuse>().unwrap().to_string()),
            ["number", "never"]
        );
        assert!("always".parse::<IdentityRefuse>().is_err());
    }

    #[test]
    fn an_identity_key_is_given_or_made_beside_the_database() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("jury.db");
        let settings = TrustSettings::default();
        assert!(settings.identity(None).unwrap().keys.is_empty());
        let made = settings.identity(Some(&database)).unwrap().keys;
        assert_eq!((made.len(), settings.identity(Some(&database)).unwrap().keys), (1, made));
        assert!(folder.path().join("jury.db.identity-key").exists());
    }

    #[test]
    fn a_switch_is_on_or_off() {
        assert_eq!(
            ["on", "off"].map(|text| text.parse::<Switch>().map(|switch| switch.to_string())),
            [Ok("on".to_owned()), Ok("off".to_owned())]
        );
        assert!("yes".parse::<Switch>().is_err());
    }

    #[test]
    fn a_reporter_key_is_given_or_made_beside_the_database() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("jury.db");
        let settings = TrustSettings::default();
        assert_eq!(settings.reporter_key(None).unwrap(), None);
        let made = settings.reporter_key(Some(&database)).unwrap();
        assert!(made.is_some());
        assert_eq!(settings.reporter_key(Some(&database)).unwrap(), made, "made once");
        let given = Some(ReporterKey::new([7; 32]));
        let settings = TrustSettings { reporter_key: given.clone(), ..TrustSettings::default() };
        assert_eq!(settings.reporter_key(Some(&database)).unwrap(), given);
        std::fs::write(folder.path().join("jury.db.reporter-key"), "no key").unwrap();
        assert!(TrustSettings::default().reporter_key(Some(&database)).is_err());
    }

    #[test]
    fn a_bad_file_is_named_with_its_fault() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trust.json");
        let settings = TrustSettings { file: Some(path.clone()), ..TrustSettings::default() };
        assert!(format!("{:#}", settings.load().unwrap_err()).contains("cannot read"));
        std::fs::write(&path, "{\"policies\": []}").unwrap();
        let error = format!("{:#}", settings.load().unwrap_err());
        assert!(error.contains("trust.json") && error.contains("1 to 64 policies"), "{error}");
        let builtin = live_jury_trust::policy::BUILTIN;
        let linked = |url: &str| builtin.replacen("\"points\"", &format!("\"clause_url\": \"{url}\", \"points\""), 1);
        std::fs::write(&path, linked("https://user@example.com/rules")).unwrap();
        let error = format!("{:#}", settings.load().unwrap_err());
        assert!(error.contains("clause_url") && error.contains("user name"), "{error}");
        std::fs::write(&path, linked("https://example.com/rules")).unwrap();
        assert!(settings.load().is_ok());
        std::fs::write(&path, builtin).unwrap();
        assert_eq!(settings.load().unwrap(), TrustSettings::default().load().unwrap());
    }
}
