//! The report of a run with violations: its faults, and everything known about the affected cases.

use crate::deployment::Deployment;
use crate::faults::ScheduledFault;
use crate::judge::Violation;
use crate::plan::Plan;
use crate::run_log::RunLog;

/// Number of violations with full details. Further ones mostly have the same cause.
const DETAILED_MAX: usize = 5;

/// The report; empty without violations.
pub async fn write(
    plan: &Plan,
    schedule: &[ScheduledFault],
    found: &[Violation],
    run_log: &RunLog,
    deployment: &Deployment,
) -> String {
    if found.is_empty() {
        return String::new();
    }
    let mut text = format!("seed {}, {} nodes; what applied, since the start:\n", plan.seed, plan.nodes);
    for scheduled in schedule {
        text += &format!("  {scheduled}\n");
    }
    text += &format!("{} violations:\n", found.len());
    for (n, violation) in found.iter().enumerate() {
        text += &format!("- {violation}\n");
        if n < DETAILED_MAX {
            text += &details(violation, run_log, deployment).await;
        }
    }
    text
}

async fn details(violation: &Violation, run_log: &RunLog, deployment: &Deployment) -> String {
    let Some(case) = violation.case else { return String::new() };
    let mut text = String::new();
    if let Some(record) = run_log.cases.iter().find(|record| record.id == case) {
        for line in &record.audit {
            text += &format!("    {line:?}\n");
        }
        text += &format!("    {}\n", record.nodes.first().map_or(&record.verdict, |node| &node.case));
    }
    let juror_log = violation.juror.as_ref().and_then(|sub| run_log.jurors.get(sub));
    if let Some(case_log) = juror_log.and_then(|juror_log| juror_log.cases.get(&case)) {
        text += &case_log.to_string();
    }
    for line in deployment.log_lines_about(&case.to_string()).await {
        text += &format!("    {line}\n");
    }
    text
}
