//! The program `live-jury-bench`: reads what to run, runs it, and prints what came of it, or of earlier runs.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use live_jury_bench::provenance::Origin;
use live_jury_bench::scenarios::{Place, Scenario};
use live_jury_bench::tables::Report;
use live_jury_bench::worker::Worker;

/// Loads Live Jury, and what a team might take in its place, with jurors, and checks the verdicts
#[derive(Parser, Debug)]
struct Bench {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    place: Place,
    /// A file to which the figures are added, a line of JSON
    #[arg(long, global = true)]
    json: Option<PathBuf>,
}

#[derive(Subcommand, Clone, Debug)]
enum What {
    #[command(flatten)]
    Scenario(Scenario),
    /// Medians and spreads of runs whose figures were kept
    Report(Report),
    /// One process of the load generator; started by the others
    #[command(hide = true)]
    Worker(Worker),
}

fn main() -> anyhow::Result<()> {
    let bench = Bench::parse();
    match bench.what {
        What::Worker(worker) => worker.run(),
        What::Report(report) => {
            print!("{}", report.run()?);
            Ok(())
        }
        What::Scenario(scenario) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let mut outcome = runtime.block_on(scenario.run(&bench.place))?;
            print!("{}", outcome.table());
            if let Some(path) = bench.json {
                outcome.origin = Some(Origin::here(scenario.subject(), &bench.place.program));
                outcome.append_to(&path)?;
            }
            Ok(())
        }
    }
}
