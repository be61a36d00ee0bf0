//! A sound log of a run, and the ways in which the tests falsify it.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::judge::{judge, pseudonym};
use crate::run_log::{AuditLine, Ballot, CaseLog, Event, JurorLog, NodeView, Record, RunLog, SeenTally};

pub(super) const SECRET: &str = "a ballot secret of the judge's own tests";
pub(super) const ROOM: &str = "live-42";
pub(super) const JURORS: [(&str, &str); 3] = [("ann", "buyer"), ("bob", "buyer"), ("cat", "merchant")];
pub(super) const CREATED_MS: u64 = 1_800_000_000_000;
pub(super) const CLOSED_MS: u64 = CREATED_MS + 60_000;

pub(super) fn case_id() -> Uuid {
    Uuid::from_u128(0x01a2_03b5_27b4_7ec3_865e_b9e2_a7a1_b202)
}

pub(super) fn acknowledged(status: &str, option: &str, epoch: u64, change: u32) -> Event {
    Event::Acknowledged { status: status.to_owned(), option: option.to_owned(), epoch, change }
}

pub(super) fn sent(option: &str, change: Option<u32>) -> Event {
    Event::Sent { option: option.to_owned(), change }
}

pub(super) fn refused(option: &str, reason: &str) -> Event {
    Event::Refused { option: option.to_owned(), reason: reason.to_owned() }
}

pub(super) fn line(action: &str, version: u64, epoch: u64) -> AuditLine {
    AuditLine { at_ms: CLOSED_MS, by: "server".to_owned(), action: action.to_owned(), version, epoch }
}

/// A sound log: Ann and Bob vote for the buyer and Cat for the merchant, in the second epoch.
pub(super) fn sound() -> RunLog {
    let mut run_log = RunLog { ballot_secret: SECRET.to_owned(), wipes_ms: vec![CREATED_MS + 9], ..RunLog::default() };
    run_log.log = super::verdict_log::verdict_log();
    let verdict = json!({ "outcome": "decided", "option": "buyer", "reason": null, "ballots": 3,
        "counts": { "buyer": 2, "merchant": 1, "abstain": 0 }, "ballots_before_loss": 3, "decided_at_ms": CLOSED_MS });
    for (sub, option) in JURORS {
        let mut case_log = CaseLog::default();
        let events = [
            sent(option, None),
            acknowledged("counted", option, 1, 0),
            acknowledged("counted", option, 2, 0),
            acknowledged("duplicate", option, 2, 0),
        ];
        events.into_iter().for_each(|event| case_log.record(event, 5));
        case_log.record(Event::Verdict { text: verdict.to_string() }, 9);
        case_log.record_tally(2, SeenTally { rev: 3, ballots: 3, counts: None });
        let juror_log =
            JurorLog { room: ROOM.to_owned(), cases: [(case_id(), case_log)].into(), ..JurorLog::default() };
        run_log.jurors.insert(sub.to_owned(), juror_log);
    }
    let actions = [("created", 1, 1), ("opened", 1, 1), ("tally_lost", 2, 2), ("sealed", 3, 2), ("decided", 4, 2)];
    let mut record = Record {
        id: case_id(),
        state: "decided".to_owned(),
        version: 4,
        epoch: 2,
        created_at_ms: CREATED_MS,
        closes_at_ms: CLOSED_MS,
        loss: json!({ "share": 7_500, "ballots_before": 3 }),
        verdict: verdict.clone(),
        audit: actions.map(|(action, version, epoch)| line(action, version, epoch)).into(),
        keys_left_ms: vec![86_400_000, -2],
        ..Record::default()
    };
    for (sub, option) in JURORS {
        let juror = pseudonym(SECRET, case_id(), sub);
        record.ballots.push(Ballot { juror, option: usize::from(option == "merchant"), change: 0 });
    }
    record.ballots.sort_by(|a, b| a.juror.cmp(&b.juror));
    run_log.cases.push(record);
    publish(&mut run_log);
    run_log
}

/// Two nodes that publish the record, whatever it holds.
pub(super) fn publish(run_log: &mut RunLog) {
    let record = &mut run_log.cases[0];
    let options = ["buyer", "merchant", "abstain"];
    let mut csv = "pseudonym,option,side,cast_at,present,account_age,read\r\n".to_owned();
    for ballot in &record.ballots {
        csv +=
            &format!("{},{},,2027-01-15T08:00Z,yes,,none\r\n", ballot.juror, options.get(ballot.option).unwrap_or(&""));
    }
    let options = options.map(|id| json!({ "id": id, "label": id, "abstain": id == "abstain" }));
    let items: Vec<Value> =
        record.audit.iter().map(|line| json!({ "action": line.action, "version": line.version })).collect();
    let case = json!({ "id": record.id, "room": ROOM, "state": record.state, "version": record.version,
        "epoch": record.epoch, "closes_at_ms": record.closes_at_ms, "closed_by": "deadline", "options": options,
        "rules": { "quorum": 3, "threshold": 0.5, "allow_change": false, "recused": ["rex"] },
        "verdict": record.verdict });
    record.nodes = vec![NodeView { case, csv, audit: json!({ "items": items }) }; 2];
}

pub(super) fn record(run_log: &mut RunLog) -> &mut Record {
    &mut run_log.cases[0]
}

pub(super) fn case_log<'a>(run_log: &'a mut RunLog, sub: &str) -> &'a mut CaseLog {
    run_log.jurors.get_mut(sub).unwrap().cases.get_mut(&case_id()).unwrap()
}

pub(super) fn recount(record: &mut Record) {
    let count = |option| record.ballots.iter().filter(|ballot| ballot.option == option).count();
    record.verdict["counts"] = json!({ "buyer": count(0), "merchant": count(1), "abstain": count(2) });
    record.verdict["ballots"] = record.ballots.len().into();
}

pub(super) fn ballot_of<'a>(record: &'a mut Record, sub: &str) -> &'a mut Ballot {
    let juror = pseudonym(SECRET, case_id(), sub);
    record.ballots.iter_mut().find(|ballot| ballot.juror == juror).unwrap()
}

/// No juror was shown a verdict.
pub(super) fn forget_verdicts(run_log: &mut RunLog) {
    for case_log in run_log.jurors.values_mut().flat_map(|juror_log| juror_log.cases.values_mut()) {
        case_log.events.retain(|event, _| !matches!(event, Event::Verdict { .. }));
    }
}

/// Changes a rule of the case on all nodes.
pub(super) fn rule(run_log: &mut RunLog, name: &str, value: &Value) {
    record(run_log).nodes.iter_mut().for_each(|node| node.case["rules"][name] = value.clone());
}

/// Requires a violation with these words after the log was falsified.
#[track_caller]
pub(super) fn assert_reported(falsify: impl FnOnce(&mut RunLog), words: &str) {
    let mut run_log = sound();
    falsify(&mut run_log);
    let found: Vec<String> = judge(&run_log).iter().map(ToString::to_string).collect();
    assert!(found.iter().any(|violation| violation.contains(words)), "{words:?} is not in {found:#?}");
}

#[track_caller]
pub(super) fn assert_passes(change: impl FnOnce(&mut RunLog)) {
    let mut run_log = sound();
    change(&mut run_log);
    assert_eq!(judge(&run_log), []);
}
