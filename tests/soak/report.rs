//! What is told of a run in which a promise was not kept: what struck, and all that is known of the cases in question.

use crate::deployment::House;
use crate::faults::Strike;
use crate::judge::Violation;
use crate::plan::Plan;
use crate::run_log::Evidence;

/// Violations that are told with all that is known of them; the others follow from the same cause, mostly.
const TOLD_WHOLE: usize = 5;

/// All that helps to find the cause; nothing where nothing is wrong.
pub async fn tell(plan: &Plan, strikes: &[Strike], found: &[Violation], evidence: &Evidence, house: &House) -> String {
    if found.is_empty() {
        return String::new();
    }
    let mut text = format!("seed {}, {} nodes; what struck, since the start:\n", plan.seed, plan.nodes);
    for strike in strikes {
        text += &format!("  {strike}\n");
    }
    text += &format!("{} violations:\n", found.len());
    for (n, violation) in found.iter().enumerate() {
        text += &format!("- {violation}\n");
        if n < TOLD_WHOLE {
            text += &whole(violation, evidence, house).await;
        }
    }
    text
}

async fn whole(violation: &Violation, evidence: &Evidence, house: &House) -> String {
    let Some(case) = violation.case else { return String::new() };
    let mut text = String::new();
    if let Some(record) = evidence.cases.iter().find(|record| record.id == case) {
        for line in &record.audit {
            text += &format!("    {line:?}\n");
        }
        text += &format!("    {}\n", record.nodes.first().map_or(&record.verdict, |node| &node.case));
    }
    let witness = violation.juror.as_ref().and_then(|sub| evidence.jurors.get(sub));
    if let Some(account) = witness.and_then(|witness| witness.cases.get(&case)) {
        text += &account.to_string();
    }
    for line in house.said_of(&case.to_string()).await {
        text += &format!("    {line}\n");
    }
    text
}
