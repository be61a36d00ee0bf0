//! Outcomes: a verdict follows from the recorded ballots by quorum, lead and threshold, computed here a second time.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{CaseCheck, TALLY_LOST};
use crate::run_log::CaseLog;

/// A threshold has four decimals.
const SCALE: u128 = 10_000;

pub fn check(check: &mut CaseCheck) {
    let options = check.options();
    let record = check.record;
    let mut counts: BTreeMap<&str, u64> = options.iter().map(|option| (*option, 0)).collect();
    for ballot in &record.ballots {
        match options.get(ballot.option) {
            Some(option) => *counts.entry(option).or_default() += 1,
            None => check.report(None, format!("has a ballot for option {}, of {}", ballot.option, options.len())),
        }
    }
    export_matches_the_ballots(check, &options);
    let verdict = check.verdict();
    losses_are_named(check);
    void_was_requested(check);
    if check.is_gone() {
        let empty = record.ballots.is_empty() && verdict["ballots"] == 0;
        return check.require(empty, || format!("the tally was lost, and there are ballots: {verdict}"));
    }
    check.require(verdict["ballots"] == record.ballots.len(), || {
        format!("{} ballots are recorded, the verdict has {}", record.ballots.len(), verdict["ballots"])
    });
    check.require(verdict["counts"] == json!(counts), || {
        format!("the ballots recorded add up to {counts:?}, the verdict has {}", verdict["counts"])
    });
    let too_few_left = leaves_too_few(check);
    if verdict["reason"] == TALLY_LOST {
        check.require(too_few_left, || format!("is void for a loss, and enough ballots came again: {verdict}"));
    } else if verdict["outcome"] != "void" {
        check.require(!too_few_left, || format!("too few ballots came again after a loss: {verdict}"));
        let (outcome, winner) = decide(check.case(), &counts);
        check.require(verdict["outcome"] == outcome && verdict["option"] == json!(winner), || {
            format!("is {} for {}, and should be {outcome} for {winner:?}", verdict["outcome"], verdict["option"])
        });
    }
}

/// The verdict of a case whose tally was lost names the ballots before the loss, which are of this room's jurors. A
/// docket that was put back may have lost the lines that tell so, and knows the ballots from the nodes.
///
/// The nodes add up what they answered as counted. A store of an older copy counts a juror's second cast in the same
/// epoch, so that the sum may have that juror twice. No sum has more than was cast.
///
/// A case that a moderator voided waits for no tally. If its ballots are gone by then, the verdict names them, and no
/// line of a loss is filed.
fn losses_are_named(check: &mut CaseCheck) {
    let (record, run_log, verdict) = (check.record, check.run_log, check.verdict());
    let was_lost = record.audit.iter().any(|line| matches!(line.action.as_str(), "tally_lost" | "tally_missing"));
    let before = &verdict["ballots_before_loss"];
    let was_voided = record.audit.iter().any(|line| line.action == "voided") && verdict["outcome"] == "void";
    let is_named = if before.is_null() { !was_lost } else { was_lost || was_voided };
    let is_named = is_named || check.undone_since_ms().is_some();
    check.require(is_named && *before == record.loss["ballots_before"], || {
        format!("{before} ballots before a loss, with {} and {:?}", record.loss, record.audit)
    });
    let room = check.case()["room"].as_str().unwrap_or_default();
    let case_id = &check.record.id;
    let logs = run_log.jurors.values().filter(|juror_log| juror_log.room == room);
    let sent: u64 = logs.filter_map(|juror_log| juror_log.cases.get(case_id)).map(CaseLog::times_sent).sum();
    check.require(before.as_u64().unwrap_or(0) <= sent, || {
        format!("{before} ballots before a loss, and the room's jurors cast {sent} times")
    });
}

/// Whether the recorded ballots are fewer than the share of those before a loss that must come again.
fn leaves_too_few(check: &CaseCheck) -> bool {
    let before = check.verdict()["ballots_before_loss"].as_u64().unwrap_or(0);
    let share = check.record.loss["share"].as_u64().unwrap_or(0);
    (check.record.ballots.len() as u128) * SCALE < u128::from(before) * u128::from(share)
}

/// The export has one line for each ballot, sorted by pseudonym, and equals the database.
fn export_matches_the_ballots(check: &mut CaseCheck, options: &[&str]) {
    let Some(node) = check.record.nodes.first() else { return };
    let exported: Vec<(&str, &str)> = node.csv.lines().skip(1).filter_map(juror_and_option).collect();
    let kept: BTreeSet<(&str, &str)> = check
        .record
        .ballots
        .iter()
        .map(|ballot| (ballot.juror.as_str(), options.get(ballot.option).copied().unwrap_or("?")))
        .collect();
    let one_each = kept.iter().map(|(juror, _)| juror).collect::<BTreeSet<_>>().len() == check.record.ballots.len();
    check.require(one_each, || "a juror has two ballots in the database".to_owned());
    check.require(exported.is_sorted() && exported.iter().copied().eq(kept.iter().copied()), || {
        format!("{} ballots are exported, and they are not the {} of the database", exported.len(), kept.len())
    });
}

fn juror_and_option(line: &str) -> Option<(&str, &str)> {
    let mut cells = line.split(',');
    Some((cells.next()?, cells.next()?))
}

fn void_was_requested(check: &mut CaseCheck) {
    let verdict = check.verdict();
    if verdict["outcome"] == "void" && verdict["reason"] != TALLY_LOST {
        let asked = check.run_log.moderator_logs.get(&check.record.id);
        let asked = asked.is_some_and(|asked| asked.voids.contains(verdict["reason"].as_str().unwrap_or("?")));
        check.require(asked, || format!("is void for {}, which no moderator asked for", verdict["reason"]));
    }
}

/// Below the quorum there is no verdict. Otherwise the only leader wins, if its share of the ballots without
/// abstentions exceeds the threshold.
pub fn decide<'a>(case: &Value, counts: &BTreeMap<&'a str, u64>) -> (&'static str, Option<&'a str>) {
    let rules = &case["rules"];
    let quorum = rules["quorum"].as_u64().expect("a quorum");
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1, times 10,000")]
    let threshold = (rules["threshold"].as_f64().expect("a threshold") * SCALE as f64).round() as u128;
    if counts.values().sum::<u64>() < quorum {
        return ("no_quorum", None);
    }
    let abstains = |id: &str| {
        let mut options = case["options"].as_array().into_iter().flatten();
        options.any(|option| option["id"] == id && option["abstain"] == true)
    };
    let deciding: Vec<(&str, u64)> = counts.iter().filter(|(id, _)| !abstains(id)).map(|(id, n)| (*id, *n)).collect();
    let all: u64 = deciding.iter().map(|(_, ballots)| ballots).sum();
    let most = deciding.iter().map(|(_, ballots)| *ballots).max().unwrap_or(0);
    let leaders: Vec<&str> = deciding.iter().filter(|(_, ballots)| *ballots == most).map(|(id, _)| *id).collect();
    match leaders[..] {
        [winner] if u128::from(most) * SCALE > u128::from(all) * threshold => ("decided", Some(winner)),
        _ => ("hung", None),
    }
}
