//! The settings of the log of verdicts; it opens no file.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use super::{SettingError, WitnessSetting, parse_path};

/// The number of the first log of a docket.
const FIRST_LOG: u32 = 1;
/// Limits the witnesses of a log; more are refused. Each adds a line of some hundred bytes to each proof, and a note
/// has at most 32.
const WITNESSES_MAX: usize = 8;
/// The end of the name of a key's state, beside the key.
const STATE_END: &str = ".state";

/// The settings of the log of verdicts.
#[derive(Args, Clone, Debug)]
pub struct LogSettings {
    /// File of the key that signs the log of verdicts, 64 hexadecimal digits [default: with SQLite, one is made beside
    /// the database; with PostgreSQL, the log is not signed]
    #[arg(long = "log-key", id = "log-key", value_name = "FILE", env = "LIVE_JURY_LOG_KEY", value_parser = parse_path)]
    pub key: Option<PathBuf>,
    /// File that remembers the last signed checkpoint [default: the key's file + .state]
    #[arg(long = "log-state", id = "log-state", value_name = "FILE", env = "LIVE_JURY_LOG_STATE",
          value_parser = parse_path)]
    pub state: Option<PathBuf>,
    /// Number of the log that verdicts are written to; a docket that was put back needs the next one
    #[arg(long = "log-number", id = "log-number", value_name = "N", env = "LIVE_JURY_LOG_NUMBER",
          default_value_t = FIRST_LOG, value_parser = clap::value_parser!(u32).range(1..))]
    pub number: u32,
    /// Receipts that jurors' devices may ask for: `blind`: with a log key, each proves that a ballot was taken, and
    /// does not tell which; `off`: none
    #[arg(long, env = "LIVE_JURY_RECEIPTS", default_value_t = ReceiptSetting::Blind)]
    pub receipts: ReceiptSetting,
    /// Public key and address of a witness, VKEY=URL, which is asked to sign the log after each new entry; up to 8,
    /// with commas between them
    #[arg(long = "witness", id = "witness", value_name = "VKEY=URL", env = "LIVE_JURY_WITNESS", value_delimiter = ',')]
    pub witnesses: Vec<WitnessSetting>,
}

/// Which receipts a server gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptSetting {
    /// Receipts that tell nobody how a juror voted.
    Blind,
    /// No receipts.
    Off,
}

impl fmt::Display for ReceiptSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Blind => "blind",
            Self::Off => "off",
        })
    }
}

impl FromStr for ReceiptSetting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "blind" => Ok(Self::Blind),
            "off" => Ok(Self::Off),
            _ => Err("must be blind or off".to_owned()),
        }
    }
}

impl Default for LogSettings {
    fn default() -> Self {
        let receipts = ReceiptSetting::Blind;
        Self { key: None, state: None, number: FIRST_LOG, receipts, witnesses: Vec::new() }
    }
}

impl LogSettings {
    pub(super) fn check(&self) -> Result<(), SettingError> {
        let wrong = |reason: String| Err(SettingError { setting: "--witness", reason });
        let keys: Vec<_> = self.witnesses.iter().map(|witness| witness.key.key()).collect();
        if keys.len() > WITNESSES_MAX {
            return wrong(format!("there are at most {WITNESSES_MAX}"));
        }
        if (1..keys.len()).any(|at| keys[..at].contains(&keys[at])) {
            return wrong("a key is named twice".to_owned());
        }
        Ok(())
    }

    /// The file that remembers what this key signed.
    #[must_use]
    pub fn state_of(&self, key: PathBuf) -> PathBuf {
        self.state.clone().unwrap_or_else(|| {
            let mut name = key.into_os_string();
            name.push(STATE_END);
            name.into()
        })
    }
}
