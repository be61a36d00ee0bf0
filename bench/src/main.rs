//! The program `live-jury-bench`: runs a scenario and prints its figures, or prints those of earlier runs; it measures
//! nothing itself.

use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};
use live_jury_bench::applications::Applications;
use live_jury_bench::busy::{Busy, BusyCore};
use live_jury_bench::listings::Listings;
use live_jury_bench::market::Market;
use live_jury_bench::provenance::Provenance;
use live_jury_bench::report::Outcome;
use live_jury_bench::scenarios::{RunContext, Scenario};
use live_jury_bench::tables::Report;
use live_jury_bench::worker::Worker;

/// Loads Live Jury, or a baseline, with jurors, and checks the verdicts
#[derive(Parser, Debug)]
struct Cli {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    context: RunContext,
    /// A file to which the figures are appended, as a line of JSON
    #[arg(long, global = true)]
    json: Option<PathBuf>,
}

#[derive(Subcommand, Clone, Debug)]
enum Action {
    #[command(flatten)]
    Scenario(Scenario),
    /// Made-up shops sell for nine months: what the index of trust changes; needs no server
    Market(Market),
    /// People with typos in their records are found again by tokens alone; needs no server
    Applications(Applications),
    /// Squatted names and copied photos are found by the screening of listings; needs no server
    Listings(Listings),
    /// Medians and spreads of recorded runs
    Report(Report),
    /// One process of the load generator; the conductor starts it
    #[command(hide = true)]
    Worker(Worker),
    /// One busy loop; the conductor starts it
    #[command(hide = true)]
    Busy(Busy),
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    match cli.action {
        Action::Worker(worker) => worker.run(),
        Action::Busy(busy) => {
            busy.run();
            Ok(())
        }
        Action::Report(report) => {
            print!("{}", report.run()?);
            Ok(())
        }
        Action::Applications(applications) => append(applications.run()?, cli.json.as_deref()),
        Action::Listings(listings) => append(listings.run()?, cli.json.as_deref()),
        Action::Market(market) => {
            for mut outcome in market.run() {
                print!("{}", outcome.table());
                if let Some(path) = &cli.json {
                    outcome.provenance = Some(Provenance::of_this_program());
                    outcome.append_to(path)?;
                }
            }
            Ok(())
        }
        Action::Scenario(scenario) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let busy = cli.context.busy_core.map(BusyCore::start).transpose()?;
            let mut outcome = runtime.block_on(scenario.run(&cli.context))?;
            drop(busy);
            print!("{}", outcome.table());
            if let Some(path) = cli.json {
                outcome.provenance = Some(Provenance::here(scenario.target(), &cli.context.program));
                outcome.append_to(&path)?;
            }
            Ok(())
        }
    }
}

/// Appends the figures of a run without a server to a file, if one is named.
fn append(mut outcome: Outcome, path: Option<&Path>) -> anyhow::Result<()> {
    let Some(path) = path else { return Ok(()) };
    outcome.provenance = Some(Provenance::of_this_program());
    outcome.append_to(path)?;
    Ok(())
}
