//! Whether every ballot that was acknowledged is recorded as it was acknowledged, and no other.

use std::collections::BTreeMap;

use super::{Bench, pseudonym};
use crate::run_log::{Account, Event, Witness};

/// Refusals that a juror of the case may meet at any time.
const PASSING: [&str; 2] = ["busy", "unavailable"];
/// The option that no case has.
pub const NO_OPTION: &str = "no-such-option";

/// A ballot as it is recorded.
#[derive(Clone, Copy, Debug)]
struct Recorded<'a> {
    option: &'a str,
    change: u32,
}

pub fn check(bench: &mut Bench) {
    let (evidence, record, options) = (bench.evidence, bench.record, bench.options());
    let mut recorded: BTreeMap<&str, Recorded> = BTreeMap::new();
    for ballot in &record.ballots {
        let option = options.get(ballot.option).copied().unwrap_or("?");
        recorded.insert(&ballot.juror, Recorded { option, change: ballot.change });
    }
    let room = bench.case()["room"].as_str().unwrap_or_default();
    for (sub, witness) in evidence.jurors.iter().filter(|(_, witness)| witness.room == room) {
        let ballot = recorded.remove(pseudonym(&evidence.ballot_secret, record.id, sub).as_str());
        let nothing = Account::default();
        let account = witness.cases.get(&record.id).unwrap_or(&nothing);
        if let Some(ballot) = ballot {
            was_sent(bench, sub, account, ballot);
        }
        if !bench.is_lost() {
            acknowledged_is_recorded(bench, sub, account, ballot);
            refused_is_not_recorded(bench, sub, account, ballot);
        }
        refusals_fit(bench, sub, account);
        tallies_come_to_the_verdict(bench, sub, account);
    }
    for (juror, ballot) in recorded {
        bench.object(None, format!("has a ballot for {} of {juror}, who is no juror of this room", ballot.option));
    }
    after_healing_all_could_vote(bench);
}

fn was_sent(bench: &mut Bench, sub: &str, account: &Account, ballot: Recorded) {
    let sent = if bench.changes_allowed() {
        account.sent(ballot.option, ballot.change)
    } else {
        ballot.change == 0 && account.sent_any(ballot.option)
    };
    if !sent {
        bench.object(Some(sub), format!("{ballot:?} is recorded, and was never cast"));
    }
}

/// An acknowledgement of the last epoch holds: with the option it named or, where changes are allowed, that or a later
/// ballot. Two acknowledgements of one ballot name the same option.
fn acknowledged_is_recorded(bench: &mut Bench, sub: &str, account: &Account, ballot: Option<Recorded>) {
    let (changes, last) = (bench.changes_allowed(), bench.record.epoch);
    let mut named: BTreeMap<(u64, u32), &str> = BTreeMap::new();
    for event in account.events.keys() {
        let Event::Told { status, option, epoch, change } = event else { continue };
        let before = *named.entry((*epoch, *change)).or_insert(option);
        if before != option {
            bench.object(Some(sub), format!("ballot {change} of epoch {epoch} was said to be {before} and {option}"));
        }
        if !changes && (*change != 0 || status == "changed") {
            bench.object(Some(sub), format!("{event:?} in a case without changes"));
        }
        if *epoch > last {
            bench.object(Some(sub), format!("{event:?}, after the last epoch, {last}"));
        }
        if *epoch != last {
            continue;
        }
        let holds = ballot.is_some_and(|ballot| {
            let same = ballot.change == *change && ballot.option == option;
            same || (changes && ballot.change > *change)
        });
        if !holds {
            bench.object(Some(sub), format!("{event:?}; recorded is {ballot:?}"));
        }
    }
}

/// Who was told that the case is closed to this ballot, or that another one is in, has not this one in. A loss
/// in between opens the case again: then it may be.
fn refused_is_not_recorded(bench: &mut Bench, sub: &str, account: &Account, ballot: Option<Recorded>) {
    if bench.changes_allowed() || bench.record.epoch > 1 {
        return;
    }
    for event in account.events.keys() {
        let Event::Refused { option, reason } = event else { continue };
        let fits = match reason.as_str() {
            "closed" => ballot.is_none_or(|ballot| ballot.option != option),
            "already_voted" => ballot.is_some_and(|ballot| ballot.option != option),
            _ => true,
        };
        if !fits {
            bench.object(Some(sub), format!("{event:?}; recorded is {ballot:?}"));
        }
    }
}

fn refusals_fit(bench: &mut Bench, sub: &str, account: &Account) {
    let options = bench.options();
    let recused = bench.case()["rules"]["recused"].as_array().into_iter().flatten().any(|name| *name == *sub);
    for event in account.events.keys() {
        let fits = match event {
            Event::Refused { reason, .. } if PASSING.contains(&reason.as_str()) => true,
            Event::Refused { option, reason } => match reason.as_str() {
                "closed" => true,
                "recused" => recused && options.contains(&option.as_str()),
                "unknown_option" => option == NO_OPTION,
                "already_voted" => !bench.changes_allowed() && !recused && options.contains(&option.as_str()),
                _ => false,
            },
            Event::Told { option, .. } => !recused && option != NO_OPTION,
            Event::Sent { .. } | Event::Verdict { .. } => true,
        };
        if !fits {
            bench.object(Some(sub), format!("{event:?} does not fit the case"));
        }
    }
}

/// A tally of the last epoch is never above what is recorded, unless the store lost it all.
fn tallies_come_to_the_verdict(bench: &mut Bench, sub: &str, account: &Account) {
    let (record, last) = (bench.record, bench.record.epoch);
    if let Some((epoch, _)) = account.tallies.last_key_value().filter(|(epoch, _)| **epoch > last) {
        bench.object(Some(sub), format!("was shown a tally of epoch {epoch}; the last one is {last}"));
    }
    let Some(seen) = account.tallies.get(&last).filter(|_| !bench.is_lost()) else { return };
    let final_of = |option: &str| record.verdict["counts"][option].as_u64().unwrap_or(0);
    let counts_fit = seen.counts.iter().flatten().all(|(option, count)| *count <= final_of(option));
    if seen.ballots > record.ballots.len() as u64 || !(counts_fit || bench.changes_allowed()) {
        bench.object(Some(sub), format!("was shown {seen:?}; the verdict is {}", record.verdict));
    }
}

fn after_healing_all_could_vote(bench: &mut Bench) {
    let evidence = bench.evidence;
    let Some(expected) = evidence.healed.get(&bench.record.id) else { return };
    for sub in expected {
        let told = |witness: &Witness| {
            let account = witness.cases.get(&bench.record.id);
            account.is_some_and(|account| account.events.keys().any(|event| matches!(event, Event::Told { .. })))
        };
        if !evidence.jurors.get(sub).is_some_and(told) {
            bench.object(Some(sub), "could not vote, after everything was healed");
        }
    }
}
