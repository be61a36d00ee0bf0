//! `live-jury erase`: deletes what the stores have of a recorded case. Its entry in the log and its audit trail stay.

use std::sync::Arc;

use anyhow::{Context, bail};
use live_jury_protocol::{Actor, AuditAction, AuditEntry, CaseId};

use super::DatabaseSettings;
use crate::clock::{Clock, SystemClock};
use crate::config::RedisUrl;
use crate::tally::{EraseTally, RedisTally, SqliteTally};

/// The settings of `erase`.
#[derive(clap::Args, Clone, Debug)]
pub struct EraseSettings {
    /// The id of the recorded case
    #[arg(long = "case", value_name = "ID")]
    pub case: CaseId,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc here would become the help's heading")]
    pub database: DatabaseSettings,
    /// The tally store, where the server has one; it may still have the case's ballots
    #[arg(long, env = "LIVE_JURY_REDIS", hide_env_values = true)]
    pub redis: Option<RedisUrl>,
}

/// Erases a case. A case that was erased before is deleted from the tally store again, as the first time may have
/// failed there.
///
/// # Errors
/// The case is not recorded, an appeal against it is not recorded yet, or a store did not answer.
pub async fn erase(settings: &EraseSettings) -> anyhow::Result<()> {
    let opened = settings.database.open().await?;
    let (docket, id) = (&opened.docket, settings.case);
    let tally: Arc<dyn EraseTally> = match (&settings.redis, opened.sqlite) {
        (Some(url), _) => {
            let tally = RedisTally::connect_with(url.as_str(), &opened.authorities).await;
            Arc::new(tally.context("--redis")?)
        }
        (None, Some(sqlite)) => Arc::new(SqliteTally::new(sqlite, SystemClock::shared())),
        (None, None) => bail!("--redis: is needed with a postgres:// database: it may still have the case's ballots"),
    };
    match docket.case(id).await? {
        Some(case) => {
            let case = case.erase()?;
            let entry = AuditEntry {
                at_ms: SystemClock.now_ms(),
                by: Actor::Server.as_str().to_owned(),
                by_kind: Actor::Server,
                action: AuditAction::Erased,
                detail: Some("the operator's command erase".to_owned()),
                version: case.version,
                epoch: case.state.opened().map_or(0, |open| open.epoch),
            };
            docket.erase(&case, &entry).await?;
        }
        None if docket.erased_in(id).await?.is_some() => {}
        None => bail!("--case: there is no case {id}"),
    }
    tally.erase(id).await.context("the docket has erased the case, and the tally store has not; run it again")
}
