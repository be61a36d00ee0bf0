//! Consistency: nodes, database, audit trail, and the answers to moderators and jurors agree on a case.

use std::collections::BTreeSet;

use serde_json::Value;

use super::CaseCheck;
use crate::run_log::Event;

/// Largest difference between a store's clock and an audit entry: two readings of one machine's clock.
const SLACK_MS: u64 = 2_000;

/// What `PTTL` says of a key that never expires.
const NO_EXPIRY: i64 = -1;

pub fn check(check: &mut CaseCheck) {
    nodes_agree(check);
    nodes_match_the_database(check);
    audit_is_complete(check);
    acknowledged_steps_took_effect(check);
    shown_verdicts_match(check);
    keys_expire(check);
}

fn nodes_agree(check: &mut CaseCheck) {
    let nodes = &check.record.nodes;
    let Some((first, others)) = nodes.split_first() else { return check.report(None, "no node has it") };
    for (place, other) in others.iter().enumerate() {
        let node = place + 1;
        check
            .require(first.case == other.case, || format!("nodes 0 and {node} tell {} and {}", first.case, other.case));
        check.require(first.csv == other.csv, || format!("nodes 0 and {node} export different ballots"));
        check.require(first.audit == other.audit, || format!("nodes 0 and {node} tell different audit trails"));
    }
}

fn nodes_match_the_database(check: &mut CaseCheck) {
    let (case, record) = (check.case(), check.record);
    check.require(case["id"] == record.id.to_string() && case["state"] == record.state.as_str(), || {
        format!("is {} in the database and {} on the nodes", record.state, case["state"])
    });
    let numbers = [("version", record.version), ("epoch", record.epoch), ("closes_at_ms", record.closes_at_ms)];
    for (name, number) in numbers {
        check.require(case[name] == number, || format!("{name} is {number} in the database, {} on nodes", case[name]));
    }
    check.require(case["verdict"] == record.verdict, || {
        format!("the verdict is {} in the database, {} on the nodes", record.verdict, case["verdict"])
    });
    let published = case_audit(check);
    let kept: Vec<(String, u64)> = record.audit.iter().map(|line| (line.action.clone(), line.version)).collect();
    check.require(published == kept, || {
        format!("the audit trail is {kept:?} in the database, {published:?} on the nodes")
    });
}

fn case_audit(check: &CaseCheck) -> Vec<(String, u64)> {
    let audit = check.record.nodes.first().map_or(&Value::Null, |node| &node.audit);
    let lines = audit["items"].as_array().into_iter().flatten();
    let entry =
        |line: &Value| (line["action"].as_str().unwrap_or("?").to_owned(), line["version"].as_u64().unwrap_or(0));
    lines.map(entry).collect()
}

/// Each version has an entry, in order. Each epoch but the first has one `tally_lost`, and there are no more of them
/// than losses.
fn audit_is_complete(check: &mut CaseCheck) {
    let record = check.record;
    // A case that was created open has two entries for its first version.
    let mut versions: Vec<u64> = record.audit.iter().map(|line| line.version).collect();
    let in_order = versions.is_sorted();
    versions.dedup();
    let whole = versions.last() == Some(&record.version) && versions.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    check.require(in_order && whole, || {
        format!("at version {}, the audit trail has {:?}", record.version, record.audit)
    });

    let raised: Vec<u64> =
        record.audit.iter().filter(|line| line.action == "tally_lost").map(|line| line.epoch).collect();
    let expected: Vec<u64> = (2..=record.epoch).collect();
    let is_whole = raised == expected || check.undone_since_ms().is_some();
    check.require(is_whole, || format!("in epoch {}, `tally_lost` was noted for {raised:?}", record.epoch));

    let ended_ms = record.audit.last().map_or(u64::MAX, |line| line.at_ms) + SLACK_MS;
    let lifetime = record.created_at_ms.saturating_sub(SLACK_MS)..=ended_ms;
    let wipes = check.run_log.wipes_ms.iter().filter(|wipe| lifetime.contains(wipe)).count();
    let missing = record.audit.iter().filter(|line| line.action == "tally_missing").count();
    check.require(raised.len() + missing <= wipes, || {
        format!("{} epochs were raised, and there were {wipes} wipes, with {missing} noted as missing", raised.len())
    });
    check.require(!check.is_gone() || raised.len() < wipes, || {
        format!("is void for a lost tally, and there were {wipes} wipes")
    });
}

fn acknowledged_steps_took_effect(check: &mut CaseCheck) {
    if check.undone_since_ms().is_some() {
        return;
    }
    let Some(moderator_log) = check.run_log.moderator_logs.get(&check.record.id) else { return };
    let (verdict, case) = (check.verdict(), check.case());
    check.require(!moderator_log.acknowledged_void || verdict["outcome"] == "void", || {
        format!("a void was acknowledged, and the verdict is {verdict}")
    });
    check.require(!moderator_log.acknowledged_closed || case["closed_by"] == "moderator", || {
        format!("a close was acknowledged, and it was closed by {}", case["closed_by"])
    });
    check.require(moderator_log.acknowledged_closes_at_ms <= check.record.closes_at_ms, || {
        format!("the acknowledged deadline {} is later than the deadline", moderator_log.acknowledged_closes_at_ms)
    });
}

/// A verdict never changes after it was told. A docket that was put back gives the same one again, unless the tally was
/// lost or a moderator voids the case. Only moderators see the counts of a void case, and no docket carries details.
fn shown_verdicts_match(check: &mut CaseCheck) {
    let voids = check.run_log.moderator_logs.get(&check.record.id).is_some_and(|log| !log.voids.is_empty());
    if check.forgot_an_epoch() || (voids && check.undone_since_ms().is_some()) {
        return;
    }
    let mut shown = check.verdict().clone();
    let is_void = shown["outcome"] == "void";
    if let Some(fields) = shown.as_object_mut() {
        fields.remove("details");
        if is_void {
            fields.remove("counts");
        }
    }
    let run_log = check.run_log;
    for (sub, juror_log) in &run_log.jurors {
        let Some(case_log) = juror_log.cases.get(&check.record.id) else { continue };
        let verdicts: BTreeSet<&str> = case_log
            .events
            .keys()
            .filter_map(|event| if let Event::Verdict { text } = event { Some(text.as_str()) } else { None })
            .collect();
        for text in verdicts {
            let mut received: Value = serde_json::from_str(text).unwrap_or_default();
            if received["counts"].is_null()
                && let Some(fields) = received.as_object_mut()
            {
                fields.remove("counts");
            }
            if received != shown {
                check.report(Some(sub), format!("was shown the verdict {received}; it is {shown}"));
            }
        }
    }
}

/// What is left of an ended case in Redis goes by itself, whoever released it or did not.
fn keys_expire(check: &mut CaseCheck) {
    let kept = check.record.keys_left_ms.iter().filter(|left_ms| **left_ms == NO_EXPIRY).count();
    check.require(kept == 0, || format!("has ended, and {kept} of its keys live without an expiry"));
}
