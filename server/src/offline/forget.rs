//! `live-jury forget`: deletes what the ledger of trust holds of one party, buyer or reporter. Decisions about a party
//! stay.

use std::str::FromStr;
use std::sync::Arc;

use anyhow::Context;
use live_jury_trust::{Party, PartyKind};

use super::DatabaseSettings;
use crate::clock::{Clock, SystemClock};
use crate::config::{Database, TrustSettings};
use crate::ledger::forget::ForgetStore;
use crate::ledger::{PostgresTrust, SqliteTrust};
use crate::reporter::ReporterKey;

/// The settings of `forget`.
#[derive(clap::Args, Clone, Debug)]
pub struct ForgetSettings {
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc here would become the help's heading")]
    pub who: Who,
    /// The server's reporter key, for --buyer and --reporter [default: the one beside the SQLite database]
    #[arg(long, value_name = "HEX", env = "LIVE_JURY_REPORTER_KEY", hide_env_values = true)]
    pub reporter_key: Option<ReporterKey>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc here would become the help's heading")]
    pub database: DatabaseSettings,
}

/// The one to forget.
#[derive(clap::Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub struct Who {
    /// A party, as merchant/ID or host/ID
    #[arg(long, value_name = "KIND/ID")]
    pub party: Option<PartyName>,
    /// A buyer's id, as facts name it
    #[arg(long, value_name = "ID")]
    pub buyer: Option<String>,
    /// The viewer id of somebody who reported
    #[arg(long, value_name = "SUB")]
    pub reporter: Option<String>,
}

/// A party as the command line names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartyName(pub Party);

/// The form of a party's name.
const FORM: &str = "must be merchant/ID or host/ID";

impl FromStr for PartyName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Not by the form that ids have now: an earlier program took others, and what it holds of them can be deleted.
        let (kind, id) = text.split_once('/').filter(|(_, id)| !id.is_empty()).ok_or(FORM)?;
        let kind = PartyKind::from_name(kind).ok_or(FORM)?;
        Ok(Self(Party { kind, id: id.to_owned() }))
    }
}

/// Forgets somebody, and returns the number of rows that were deleted. A second time deletes nothing.
///
/// # Errors
/// The key is missing, or the database did not answer.
pub async fn forget(settings: &ForgetSettings) -> anyhow::Result<u64> {
    let opened = settings.database.open().await?;
    let ledger: Arc<dyn ForgetStore> = match (&settings.database.database, opened.sqlite) {
        (Database::Postgres(url), _) => Arc::new(PostgresTrust::open(url, &opened.authorities).context("--database")?),
        (_, Some(sqlite)) => Arc::new(SqliteTrust::new(sqlite)),
        (Database::Sqlite(_), None) => anyhow::bail!("--database: the file is not open"),
    };
    let key = || -> anyhow::Result<ReporterKey> {
        let trust = TrustSettings { reporter_key: settings.reporter_key.clone(), ..TrustSettings::default() };
        let key = trust.reporter_key(settings.database.database.file()).context("--reporter-key")?;
        key.context("--reporter-key: is needed with a postgres:// database")
    };
    let Who { party, buyer, reporter } = &settings.who;
    let deleted = match (party, buyer, reporter) {
        (Some(PartyName(party)), _, _) => ledger.forget_party(party, SystemClock.now_ms()).await?,
        (None, Some(buyer), _) => ledger.forget_buyer(key()?.buyer(buyer)).await?,
        (None, None, Some(reporter)) => ledger.forget_reporter(key()?.name(reporter)).await?,
        (None, None, None) => anyhow::bail!("one of --party, --buyer and --reporter is needed"),
    };
    Ok(deleted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_is_named_by_its_kind_and_id() {
        assert_eq!("merchant/a/b".parse(), Ok(PartyName(Party::merchant("a/b"))));
        assert_eq!("host/ann".parse::<PartyName>().map(|name| name.0.kind), Ok(PartyKind::Host));
        assert_eq!("merchant/m-1\u{200b}".parse(), Ok(PartyName(Party::merchant("m-1\u{200b}"))), "of old facts");
        for no_party in ["ann", "buyer/ann", "host/", ""] {
            assert!(no_party.parse::<PartyName>().is_err(), "{no_party}");
        }
    }
}
