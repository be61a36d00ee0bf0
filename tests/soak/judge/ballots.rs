//! Ballots: each acknowledged ballot is recorded as acknowledged, and nothing else is recorded.

use std::collections::BTreeMap;

use super::{CaseCheck, pseudonym};
use crate::run_log::{CaseLog, Event, JurorLog};

/// Refusals that a juror may get at any time.
const RETRYABLE: [&str; 2] = ["busy", "unavailable"];
/// An option that no case has.
pub const NO_OPTION: &str = "no-such-option";

/// A recorded ballot.
#[derive(Clone, Copy, Debug)]
struct Recorded<'a> {
    option: &'a str,
    change: u32,
}

pub fn check(check: &mut CaseCheck) {
    let (run_log, record, options) = (check.run_log, check.record, check.options());
    let mut recorded: BTreeMap<&str, Recorded> = BTreeMap::new();
    for ballot in &record.ballots {
        let option = options.get(ballot.option).copied().unwrap_or("?");
        recorded.insert(&ballot.juror, Recorded { option, change: ballot.change });
    }
    let room = check.case()["room"].as_str().unwrap_or_default();
    for (sub, juror_log) in run_log.jurors.iter().filter(|(_, juror_log)| juror_log.room == room) {
        let ballot = recorded.remove(pseudonym(&run_log.ballot_secret, record.id, sub).as_str());
        let nothing = CaseLog::default();
        let case_log = juror_log.cases.get(&record.id).unwrap_or(&nothing);
        if let Some(ballot) = ballot {
            was_sent(check, sub, case_log, ballot);
        }
        if !check.is_gone() && !check.forgot_an_epoch() {
            acknowledged_is_recorded(check, sub, case_log, ballot);
            refused_is_not_recorded(check, sub, case_log, ballot);
        }
        no_ballot_is_lost_silently(check, sub, case_log, ballot);
        refusals_fit(check, sub, case_log);
        tallies_stay_below_the_verdict(check, sub, case_log);
    }
    for (juror, ballot) in recorded {
        check.report(None, format!("has a ballot for {} of {juror}, who is no juror of this room", ballot.option));
    }
    all_could_vote_after_recovery(check);
}

/// A juror whose ballot was acknowledged has one in the record, or the verdict names the ballots before a loss.
fn no_ballot_is_lost_silently(check: &mut CaseCheck, sub: &str, case_log: &CaseLog, ballot: Option<Recorded>) {
    let was_acknowledged = case_log.events.keys().any(|event| matches!(event, Event::Acknowledged { .. }));
    let is_named = check.verdict()["ballots_before_loss"].is_u64();
    if was_acknowledged && ballot.is_none() && !is_named {
        check.report(
            Some(sub),
            format!("an acknowledged ballot is lost, and the verdict names no loss: {}", check.verdict()),
        );
    }
}

fn was_sent(check: &mut CaseCheck, sub: &str, case_log: &CaseLog, ballot: Recorded) {
    let sent = if check.changes_allowed() {
        case_log.sent(ballot.option, ballot.change)
    } else {
        ballot.change == 0 && case_log.sent_any(ballot.option)
    };
    if !sent {
        check.report(Some(sub), format!("{ballot:?} is recorded, and was never cast"));
    }
}

/// An acknowledgement of the last epoch is recorded: with the same option, or in a later change where changes are
/// allowed. Two acknowledgements of one ballot name the same option.
fn acknowledged_is_recorded(check: &mut CaseCheck, sub: &str, case_log: &CaseLog, ballot: Option<Recorded>) {
    let (changes, last) = (check.changes_allowed(), check.record.epoch);
    let mut named: BTreeMap<(u64, u32), &str> = BTreeMap::new();
    for event in case_log.events.keys() {
        let Event::Acknowledged { status, option, epoch, change } = event else { continue };
        let before = *named.entry((*epoch, *change)).or_insert(option);
        if before != option {
            check.report(
                Some(sub),
                format!("ballot {change} of epoch {epoch} was acknowledged as {before} and {option}"),
            );
        }
        if !changes && (*change != 0 || status == "changed") {
            check.report(Some(sub), format!("{event:?} in a case without changes"));
        }
        if *epoch > last {
            check.report(Some(sub), format!("{event:?}, after the last epoch, {last}"));
        }
        if *epoch != last {
            continue;
        }
        let holds = ballot.is_some_and(|ballot| {
            let same = ballot.change == *change && ballot.option == option;
            same || (changes && ballot.change > *change)
        });
        if !holds {
            check.report(Some(sub), format!("{event:?}; recorded is {ballot:?}"));
        }
    }
}

/// A ballot that was refused as closed or as already voted is not recorded. A loss in between reopens the case, so only
/// the first epoch is checked.
fn refused_is_not_recorded(check: &mut CaseCheck, sub: &str, case_log: &CaseLog, ballot: Option<Recorded>) {
    if check.changes_allowed() || check.record.epoch > 1 {
        return;
    }
    for event in case_log.events.keys() {
        let Event::Refused { option, reason } = event else { continue };
        let fits = match reason.as_str() {
            "closed" => ballot.is_none_or(|ballot| ballot.option != option),
            "already_voted" => ballot.is_some_and(|ballot| ballot.option != option),
            _ => true,
        };
        if !fits {
            check.report(Some(sub), format!("{event:?}; recorded is {ballot:?}"));
        }
    }
}

fn refusals_fit(check: &mut CaseCheck, sub: &str, case_log: &CaseLog) {
    let options = check.options();
    let recused = check.case()["rules"]["recused"].as_array().into_iter().flatten().any(|name| *name == *sub);
    for event in case_log.events.keys() {
        let fits = match event {
            Event::Refused { reason, .. } if RETRYABLE.contains(&reason.as_str()) => true,
            Event::Refused { option, reason } => match reason.as_str() {
                "closed" => true,
                "recused" => recused && options.contains(&option.as_str()),
                "unknown_option" => option == NO_OPTION,
                "already_voted" => !check.changes_allowed() && !recused && options.contains(&option.as_str()),
                _ => false,
            },
            Event::Acknowledged { option, .. } => !recused && option != NO_OPTION,
            Event::Sent { .. } | Event::Verdict { .. } => true,
        };
        if !fits {
            check.report(Some(sub), format!("{event:?} does not fit the case"));
        }
    }
}

/// A tally of the last epoch never exceeds the record, unless the tally was lost.
fn tallies_stay_below_the_verdict(check: &mut CaseCheck, sub: &str, case_log: &CaseLog) {
    if check.forgot_an_epoch() {
        return;
    }
    let (record, last) = (check.record, check.record.epoch);
    if let Some((epoch, _)) = case_log.tallies.last_key_value().filter(|(epoch, _)| **epoch > last) {
        check.report(Some(sub), format!("was shown a tally of epoch {epoch}; the last one is {last}"));
    }
    let Some(seen) = case_log.tallies.get(&last).filter(|_| !check.is_gone()) else { return };
    let final_of = |option: &str| record.verdict["counts"][option].as_u64().unwrap_or(0);
    let counts_fit = seen.counts.iter().flatten().all(|(option, count)| *count <= final_of(option));
    if seen.ballots > record.ballots.len() as u64 || !(counts_fit || check.changes_allowed()) {
        check.report(Some(sub), format!("was shown {seen:?}; the verdict is {}", record.verdict));
    }
}

fn all_could_vote_after_recovery(check: &mut CaseCheck) {
    let run_log = check.run_log;
    let Some(expected) = run_log.after_recovery.get(&check.record.id) else { return };
    for sub in expected {
        let has_voted = |juror_log: &JurorLog| {
            let case_log = juror_log.cases.get(&check.record.id);
            case_log
                .is_some_and(|case_log| case_log.events.keys().any(|event| matches!(event, Event::Acknowledged { .. })))
        };
        if !run_log.jurors.get(sub).is_some_and(has_voted) {
            check.report(Some(sub), "could not vote after every fault had ended");
        }
    }
}
