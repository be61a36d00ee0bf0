//! `live-jury webhooks`: lists the targets of webhooks, tries them, and makes one begin again. It delivers no event.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, bail};

use super::DatabaseSettings;
use crate::authorities::Authorities;
use crate::clock::SystemClock;
use crate::config;
use crate::docket::TargetState;
use crate::webhooks::{read_targets, try_targets};

/// The commands on webhooks.
#[derive(clap::Subcommand, Clone, Debug)]
pub enum WebhooksCommand {
    /// Print how far each target is, and what waits for it
    List(DatabaseSettings),
    /// Send a signed test message to each target of a file; exits with 1 if one does not take it
    Test(TestSettings),
    /// Deliver the events after a place in the outbox to a target once more
    Replay(ReplaySettings),
}

/// The settings of `webhooks test`.
#[derive(clap::Args, Clone, Debug)]
pub struct TestSettings {
    /// File of the servers that are told of cases and verdicts
    #[arg(long, value_name = "FILE", env = "LIVE_JURY_WEBHOOKS", value_parser = config::parse_path)]
    pub webhooks: PathBuf,
    /// File of certificate authorities in PEM form that they may have, besides the system's
    #[arg(long, env = "LIVE_JURY_CA_FILE", value_parser = config::parse_path)]
    pub ca_file: Option<PathBuf>,
}

/// The settings of `webhooks replay`.
#[derive(clap::Args, Clone, Debug)]
pub struct ReplaySettings {
    /// The target's name
    pub name: String,
    /// The `seq` of the last event that the target is to keep; 0 for all that are there
    #[arg(long, value_name = "SEQ")]
    pub after: u64,
    #[command(flatten)]
    pub database: DatabaseSettings,
}

/// Runs a command and prints what it found. Returns whether all is well.
///
/// # Errors
/// The database did not answer, a file cannot be read, or there is no such target.
pub async fn webhooks(command: &WebhooksCommand, out: &mut (impl Write + Send)) -> anyhow::Result<bool> {
    match command {
        WebhooksCommand::List(database) => {
            let targets = database.open().await?.docket.targets().await?;
            for target in &targets {
                writeln!(out, "{}", line(target)).context("the targets could not be printed")?;
            }
            if targets.is_empty() {
                writeln!(out, "no node has served a target yet").context("the result could not be printed")?;
            }
            Ok(true)
        }
        WebhooksCommand::Test(settings) => test(settings, out),
        WebhooksCommand::Replay(ReplaySettings { name, after, database }) => {
            if !database.open().await?.docket.replay(name, *after).await? {
                bail!("there is no target {name}: `live-jury webhooks list` prints all");
            }
            writeln!(out, "{name} begins again after {after}").context("the result could not be printed")?;
            Ok(true)
        }
    }
}

fn test(settings: &TestSettings, out: &mut impl Write) -> anyhow::Result<bool> {
    let targets = read_targets(&settings.webhooks).context("--webhooks")?;
    let authorities = match &settings.ca_file {
        Some(file) => Authorities::with_file(file).context("--ca-file")?,
        None => Authorities::system(),
    };
    try_targets(&targets, &authorities, &SystemClock, out).context("the results could not be printed")
}

fn line(target: &TargetState) -> String {
    let TargetState { name, cursor, waiting, failed, stopped_at_ms } = target;
    let stopped = if stopped_at_ms.is_some() { ", stopped: it said that it is gone" } else { "" };
    format!("{name}: has the events up to {cursor}, {waiting} wait, {failed} were given up{stopped}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_a_target_is_and_whether_it_stopped() {
        let target = TargetState { name: "shop".into(), cursor: 7, waiting: 2, failed: 1, stopped_at_ms: None };
        assert_eq!(line(&target), "shop: has the events up to 7, 2 wait, 1 were given up");
        let stopped = TargetState { stopped_at_ms: Some(5), ..target };
        assert!(line(&stopped).ends_with("1 were given up, stopped: it said that it is gone"));
    }
}
