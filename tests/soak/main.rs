//! The soak: jurors on several nodes during a seeded schedule of faults. A judge without the server's code compares
//! their acknowledgements with the record.

mod crowd;
mod deployment;
mod faults;
mod frames;
mod judge;
mod juror_model;
mod moderator;
mod plan;
mod records;
mod report;
mod run;
mod run_log;
mod session;
mod statistics;

use plan::Plan;
use statistics::Summary;

/// Short by default. `make soak` runs it longer and with many seeds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_ballots_match_the_record() {
    let plans = Plan::from_environment();
    let (mut totals, mut failed) = (Summary::default(), Vec::new());
    for plan in &plans {
        println!("SEED={}", plan.seed);
        let run = run::run(plan).await;
        let (seed, summary, wrong) = (run.plan.seed, &run.summary, run.violations.len());
        println!(
            "seed {seed}: {wrong} violations; {} casts in {:.0} s, {} cases, {} ballots, {} epochs raised",
            summary.casts, summary.seconds, summary.cases, summary.ballots, summary.epochs_raised
        );
        print!("{}", run.report);
        totals += summary;
        if wrong > 0 {
            failed.push(seed);
        }
    }
    println!("{} runs in all:\n{totals}", plans.len());
    assert!(failed.is_empty(), "promises were not kept; SEED: {failed:?}");
}
