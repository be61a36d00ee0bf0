//! What is told of a run in which a promise was not kept: what applied, and all that is known of the cases in question.

use crate::deployment::Deployment;
use crate::faults::ScheduledFault;
use crate::judge::Violation;
use crate::plan::Plan;
use crate::run_log::RunLog;

/// Violations that are told with all that is known of them; the others follow from the same cause, mostly.
const TOLD_WHOLE: usize = 5;

/// All that helps to find the cause; nothing where nothing is wrong.
pub async fn tell(
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
        if n < TOLD_WHOLE {
            text += &whole(violation, run_log, deployment).await;
        }
    }
    text
}

async fn whole(violation: &Violation, run_log: &RunLog, deployment: &Deployment) -> String {
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
