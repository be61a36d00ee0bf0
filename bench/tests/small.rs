//! The load generator at a size that fits any machine: it is the checker that must be content here, not the clock.
#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

use std::path::Path;
use std::process::{Command, Output};

/// The load generator's program.
const BENCH: &str = env!("CARGO_BIN_EXE_live-jury-bench");

fn bench(arguments: &[&str]) -> Output {
    // Beside it, as cargo builds the whole workspace.
    let program = Path::new(BENCH).with_file_name("live-jury");
    assert!(program.exists(), "build it first: cargo build --workspace");
    Command::new(BENCH).args(arguments).arg("--program").arg(program).output().expect("it starts")
}

fn figures(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

fn has(figures: &str, what: &str, value: &str) -> bool {
    figures.lines().any(|line| line.trim_start().starts_with(what) && line.split_whitespace().any(|word| word == value))
}

#[test]
fn what_two_thousand_jurors_were_told_on_two_nodes_is_what_is_recorded() {
    let figures = figures(&bench(&["rush", "--jurors", "2400", "--nodes", "2"]));
    assert!(has(&figures, "ballots recorded, each as acknowledged", "2,400"), "{figures}");
}

#[test]
fn what_jurors_were_told_on_a_cluster_is_what_is_recorded() {
    let figures = figures(&bench(&["rush", "--jurors", "1200", "--nodes", "2", "--cluster"]));
    assert!(has(&figures, "masters of Redis", "3"), "{figures}");
    assert!(has(&figures, "ballots recorded, each as acknowledged", "1,200"), "{figures}");
}

#[test]
fn jurors_who_come_and_leave_are_all_recorded() {
    let figures = figures(&bench(&["churn", "--visits", "1000"]));
    assert!(has(&figures, "visits", "1,000"), "{figures}");
}

#[test]
fn the_viewers_of_a_node_that_died_are_back_with_the_right_tally() {
    let figures = figures(&bench(&["storm", "--viewers", "1200"]));
    assert!(has(&figures, "viewers of the node that died", "1,200"), "{figures}");
}
