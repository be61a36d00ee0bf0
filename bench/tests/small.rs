//! The load generator at a small size: the checker must pass; no figure of time or memory is judged.
#![expect(clippy::expect_used, reason = "a broken setup fails the test")]

use std::path::Path;
use std::process::{Command, Output};

/// The load generator's program.
const BENCH: &str = env!("CARGO_BIN_EXE_live-jury-bench");

fn bench(arguments: &[&str]) -> Output {
    // Cargo builds the whole workspace into one folder.
    let program = Path::new(BENCH).with_file_name("live-jury");
    assert!(program.exists(), "build it first: cargo build --workspace");
    Command::new(BENCH).args(arguments).arg("--program").arg(program).output().expect("it starts")
}

fn figures(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

fn has(figures: &str, what: &str, value: &str) -> bool {
    figures.lines().any(|line| line.trim_start().starts_with(what) && line.split_whitespace().any(|word| word == value))
}

#[test]
fn a_rush_on_two_nodes_is_recorded_as_acknowledged() {
    let figures = figures(&bench(&["rush", "--jurors", "2400", "--nodes", "2"]));
    assert!(has(&figures, "ballots recorded, each as acknowledged", "2,400"), "{figures}");
}

#[test]
fn a_rush_on_a_cluster_is_recorded_as_acknowledged() {
    let figures = figures(&bench(&["rush", "--jurors", "1200", "--nodes", "2", "--cluster"]));
    assert!(has(&figures, "masters of Redis", "3"), "{figures}");
    assert!(has(&figures, "ballots recorded, each as acknowledged", "1,200"), "{figures}");
}

#[test]
fn the_ballots_of_short_visits_are_recorded() {
    let figures = figures(&bench(&["churn", "--visits", "1000"]));
    assert!(has(&figures, "visits", "1,000"), "{figures}");
}

#[test]
fn the_viewers_of_a_dead_node_return_to_the_right_tally() {
    let figures = figures(&bench(&["storm", "--viewers", "1200"]));
    assert!(has(&figures, "viewers of the node that died", "1,200"), "{figures}");
}

#[test]
fn a_spread_rush_is_recorded_as_acknowledged() {
    let figures = figures(&bench(&["rush", "--jurors", "1200", "--nodes", "2", "--spread"]));
    assert!(has(&figures, "ballots recorded, each as acknowledged", "1,200"), "{figures}");
}

#[test]
fn a_rush_in_waves_beside_a_busy_processor_is_recorded_as_acknowledged() {
    let waves = ["--spread", "--waves", "2", "--pause-s", "1", "--busy-core", "0"];
    let figures = figures(&bench(&[&["rush", "--jurors", "1200", "--nodes", "2"], &waves[..]].concat()));
    assert!(has(&figures, "waves", "2"), "{figures}");
    assert!(has(&figures, "ballots recorded, each as acknowledged", "1,200"), "{figures}");
}

#[test]
fn an_overloaded_node_counts_ballots_and_admits_newcomers() {
    let figures = figures(&bench(&["overload", "--jurors", "1200", "--newcomers", "300", "--for-s", "1"]));
    assert!(has(&figures, "newcomers", "300"), "{figures}");
    assert!(has(&figures, "share of what it can", "%"), "{figures}");
}

#[test]
fn every_step_of_a_claim_is_filed() {
    let figures = figures(&bench(&["claim-steps", "--shops", "4", "--claims", "40", "--senders", "2"]));
    assert!(has(&figures, "open, number", "40") && has(&figures, "answer, number", "40"), "{figures}");
    assert!(has(&figures, "escalate, number", "20"), "{figures}");
}

#[test]
fn the_processor_time_of_silent_viewers_is_measured() {
    silent_viewers_are_measured(&[]);
}

#[test]
fn the_processor_time_of_silent_viewers_behind_a_proxy_is_measured() {
    silent_viewers_are_measured(&["--forwarded"]);
}

fn silent_viewers_are_measured(proxy: &[&str]) {
    let figures = figures(&bench(&[&["idle", "--jurors", "600", "--for-s", "1"], proxy].concat()));
    assert!(has(&figures, "jurors", "600"), "{figures}");
    assert!(has(&figures, "processor time a silent viewer and minute", "µs"), "{figures}");
}
