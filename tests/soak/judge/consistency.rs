//! Whether all tell the same of a case: every node, the database, the audit trail, and what was said to whom.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Bench;
use crate::run_log::Event;

/// How far the clocks of the store and of an audit line may be apart: one machine's, asked at two moments.
const SLACK_MS: u64 = 2_000;

pub fn check(bench: &mut Bench) {
    nodes_agree(bench);
    nodes_tell_the_record(bench);
    audit_is_whole(bench);
    moderators_were_told_true(bench);
    jurors_were_shown_the_verdict(bench);
}

fn nodes_agree(bench: &mut Bench) {
    let nodes = &bench.record.nodes;
    let Some((first, others)) = nodes.split_first() else { return bench.object(None, "no node tells of it") };
    for (place, other) in others.iter().enumerate() {
        let node = place + 1;
        bench.demand(first.case == other.case, || format!("nodes 0 and {node} tell {} and {}", first.case, other.case));
        bench.demand(first.csv == other.csv, || format!("nodes 0 and {node} export different ballots"));
        bench.demand(first.audit == other.audit, || format!("nodes 0 and {node} tell different audit trails"));
    }
}

fn nodes_tell_the_record(bench: &mut Bench) {
    let (case, record) = (bench.case(), bench.record);
    bench.demand(case["id"] == record.id.to_string() && case["state"] == record.state.as_str(), || {
        format!("is {} in the database and {} on the nodes", record.state, case["state"])
    });
    let numbers = [("version", record.version), ("epoch", record.epoch), ("closes_at_ms", record.closes_at_ms)];
    for (name, number) in numbers {
        bench.demand(case[name] == number, || format!("{name} is {number} in the database, {} on nodes", case[name]));
    }
    bench.demand(case["verdict"] == record.verdict, || {
        format!("the verdict is {} in the database, {} on the nodes", record.verdict, case["verdict"])
    });
    let told = case_audit(bench);
    let kept: Vec<(String, u64)> = record.audit.iter().map(|line| (line.action.clone(), line.version)).collect();
    bench.demand(told == kept, || format!("the audit trail is {kept:?} in the database, {told:?} on the nodes"));
}

fn case_audit(bench: &Bench) -> Vec<(String, u64)> {
    let audit = bench.record.nodes.first().map_or(&Value::Null, |node| &node.audit);
    let lines = audit["items"].as_array().into_iter().flatten();
    let told =
        |line: &Value| (line["action"].as_str().unwrap_or("?").to_owned(), line["version"].as_u64().unwrap_or(0));
    lines.map(told).collect()
}

/// One line a version, in order; one `tally_lost` for each epoch but the first, and no more of them than losses.
fn audit_is_whole(bench: &mut Bench) {
    let record = bench.record;
    // A case that is created open has two lines of its first steps.
    let mut versions: Vec<u64> = record.audit.iter().map(|line| line.version).collect();
    let in_order = versions.is_sorted();
    versions.dedup();
    let whole = versions.last() == Some(&record.version) && versions.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    bench
        .demand(in_order && whole, || format!("at version {}, the audit trail has {:?}", record.version, record.audit));

    let raised: Vec<u64> =
        record.audit.iter().filter(|line| line.action == "tally_lost").map(|line| line.epoch).collect();
    let expected: Vec<u64> = (2..=record.epoch).collect();
    bench.demand(raised == expected, || format!("in epoch {}, `tally_lost` was noted for {raised:?}", record.epoch));

    let ended_ms = record.audit.last().map_or(u64::MAX, |line| line.at_ms) + SLACK_MS;
    let lived = record.created_at_ms.saturating_sub(SLACK_MS)..=ended_ms;
    let wipes = bench.evidence.wipes_ms.iter().filter(|wipe| lived.contains(wipe)).count();
    bench.demand(raised.len() <= wipes, || format!("{} epochs were raised, and {wipes} wipes struck", raised.len()));
    let lost = usize::from(bench.is_lost());
    bench.demand(raised.len() + lost <= wipes || lost == 0, || {
        format!("is void for a lost tally, and {wipes} wipes struck")
    });
}

fn moderators_were_told_true(bench: &mut Bench) {
    let Some(rulings) = bench.evidence.rulings.get(&bench.record.id) else { return };
    let (verdict, case) = (bench.verdict(), bench.case());
    bench.demand(!rulings.told_void || verdict["outcome"] == "void", || {
        format!("a moderator was told that it is void, and the verdict is {verdict}")
    });
    bench.demand(!rulings.told_closed || case["closed_by"] == "moderator", || {
        format!("a moderator was told that it is closed, and it was by {}", case["closed_by"])
    });
    bench.demand(rulings.told_closes_at_ms <= bench.record.closes_at_ms, || {
        format!("a moderator was told that it closes at {}, later than it did", rulings.told_closes_at_ms)
    });
}

/// Of a void case, only moderators see the counts.
fn jurors_were_shown_the_verdict(bench: &mut Bench) {
    let mut shown = bench.verdict().clone();
    if shown["outcome"] == "void"
        && let Some(fields) = shown.as_object_mut()
    {
        fields.remove("counts");
    }
    let evidence = bench.evidence;
    for (sub, witness) in &evidence.jurors {
        let Some(account) = witness.cases.get(&bench.record.id) else { continue };
        let verdicts: BTreeSet<&str> = account
            .events
            .keys()
            .filter_map(|event| if let Event::Verdict { text } = event { Some(text.as_str()) } else { None })
            .collect();
        for text in verdicts {
            let mut told: Value = serde_json::from_str(text).unwrap_or_default();
            if told["counts"].is_null()
                && let Some(fields) = told.as_object_mut()
            {
                fields.remove("counts");
            }
            if told != shown {
                bench.object(Some(sub), format!("was shown the verdict {told}; it is {shown}"));
            }
        }
    }
}
