//! The judge judged: sound evidence passes, and every kind of falsified evidence is caught.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{judge, pseudonym};
use crate::run_log::{Account, Ballot, Event, Evidence, Line, Published, Record, Rulings, Seen, Span, Witness};

const SECRET: &str = "a ballot secret of the judge's own tests";
const ROOM: &str = "live-42";
const JURORS: [(&str, &str); 3] = [("ann", "buyer"), ("bob", "buyer"), ("cat", "merchant")];
const CREATED_MS: u64 = 1_800_000_000_000;
const CLOSED_MS: u64 = CREATED_MS + 60_000;

fn case_id() -> Uuid {
    Uuid::from_u128(0x01a2_03b5_27b4_7ec3_865e_b9e2_a7a1_b202)
}

fn told(status: &str, option: &str, epoch: u64, change: u32) -> Event {
    Event::Told { status: status.to_owned(), option: option.to_owned(), epoch, change }
}

fn sent(option: &str, change: Option<u32>) -> Event {
    Event::Sent { option: option.to_owned(), change }
}

fn refused(option: &str, reason: &str) -> Event {
    Event::Refused { option: option.to_owned(), reason: reason.to_owned() }
}

fn line(action: &str, version: u64, epoch: u64) -> Line {
    Line { at_ms: CLOSED_MS, by: "server".to_owned(), action: action.to_owned(), version, epoch }
}

/// Ann and Bob for the buyer, Cat for the merchant, in the second epoch; all tell the same.
fn sound() -> Evidence {
    let mut evidence =
        Evidence { ballot_secret: SECRET.to_owned(), wipes_ms: vec![CREATED_MS + 9], ..Evidence::default() };
    let verdict = json!({ "outcome": "decided", "option": "buyer", "reason": null, "ballots": 3,
        "counts": { "buyer": 2, "merchant": 1, "abstain": 0 }, "decided_at_ms": CLOSED_MS });
    for (sub, option) in JURORS {
        let mut account = Account::default();
        let events = [
            sent(option, None),
            told("counted", option, 1, 0),
            told("counted", option, 2, 0),
            told("duplicate", option, 2, 0),
        ];
        events.into_iter().for_each(|event| account.note(event, 5));
        account.note(Event::Verdict { text: verdict.to_string() }, 9);
        account.saw(2, Seen { rev: 3, ballots: 3, counts: None });
        let witness = Witness { room: ROOM.to_owned(), cases: [(case_id(), account)].into(), ..Witness::default() };
        evidence.jurors.insert(sub.to_owned(), witness);
    }
    let actions = [("created", 1, 1), ("opened", 1, 1), ("tally_lost", 2, 2), ("sealed", 3, 2), ("decided", 4, 2)];
    let mut record = Record {
        id: case_id(),
        state: "decided".to_owned(),
        version: 4,
        epoch: 2,
        created_at_ms: CREATED_MS,
        closes_at_ms: CLOSED_MS,
        verdict: verdict.clone(),
        audit: actions.map(|(action, version, epoch)| line(action, version, epoch)).into(),
        ..Record::default()
    };
    for (sub, option) in JURORS {
        let juror = pseudonym(SECRET, case_id(), sub);
        record.ballots.push(Ballot { juror, option: usize::from(option == "merchant"), change: 0 });
    }
    record.ballots.sort_by(|a, b| a.juror.cmp(&b.juror));
    evidence.cases.push(record);
    publish(&mut evidence);
    evidence
}

/// Two nodes tell what is recorded, whatever it is.
fn publish(evidence: &mut Evidence) {
    let record = &mut evidence.cases[0];
    let options = ["buyer", "merchant", "abstain"];
    let mut csv = "pseudonym,option,side,cast_at\r\n".to_owned();
    for ballot in &record.ballots {
        csv += &format!("{},{},,2027-01-15T08:00Z\r\n", ballot.juror, options.get(ballot.option).unwrap_or(&""));
    }
    let options = options.map(|id| json!({ "id": id, "label": id, "abstain": id == "abstain" }));
    let items: Vec<Value> =
        record.audit.iter().map(|line| json!({ "action": line.action, "version": line.version })).collect();
    let case = json!({ "id": record.id, "room": ROOM, "state": record.state, "version": record.version,
        "epoch": record.epoch, "closes_at_ms": record.closes_at_ms, "closed_by": "deadline", "options": options,
        "rules": { "quorum": 3, "threshold": 0.5, "allow_change": false, "recused": ["rex"] },
        "verdict": record.verdict });
    record.nodes = vec![Published { case, csv, audit: json!({ "items": items }) }; 2];
}

fn record(evidence: &mut Evidence) -> &mut Record {
    &mut evidence.cases[0]
}

fn account<'a>(evidence: &'a mut Evidence, sub: &str) -> &'a mut Account {
    evidence.jurors.get_mut(sub).unwrap().cases.get_mut(&case_id()).unwrap()
}

fn recount(record: &mut Record) {
    let count = |option| record.ballots.iter().filter(|ballot| ballot.option == option).count();
    record.verdict["counts"] = json!({ "buyer": count(0), "merchant": count(1), "abstain": count(2) });
    record.verdict["ballots"] = record.ballots.len().into();
}

fn ballot_of<'a>(record: &'a mut Record, sub: &str) -> &'a mut Ballot {
    let juror = pseudonym(SECRET, case_id(), sub);
    record.ballots.iter_mut().find(|ballot| ballot.juror == juror).unwrap()
}

/// The rules of the case, on all nodes.
fn rule(evidence: &mut Evidence, name: &str, value: &Value) {
    record(evidence).nodes.iter_mut().for_each(|node| node.case["rules"][name] = value.clone());
}

/// What the judge says of the evidence after it was falsified.
#[track_caller]
fn caught(falsify: impl FnOnce(&mut Evidence), words: &str) {
    let mut evidence = sound();
    falsify(&mut evidence);
    let found: Vec<String> = judge(&evidence).iter().map(ToString::to_string).collect();
    assert!(found.iter().any(|violation| violation.contains(words)), "{words:?} is not in {found:#?}");
}

#[track_caller]
fn passes(change: impl FnOnce(&mut Evidence)) {
    let mut evidence = sound();
    change(&mut evidence);
    assert_eq!(judge(&evidence), []);
}

#[test]
fn sound_evidence_passes() {
    passes(|_| {});
    // Not answered, and not recorded: that may be. Nor may it matter what a lost epoch was told.
    passes(|evidence| {
        let mut witness = Witness { room: ROOM.to_owned(), ..Witness::default() };
        let account = witness.cases.entry(case_id()).or_default();
        account.note(sent("buyer", None), 1);
        account.note(told("counted", "merchant", 1, 0), 2);
        account.note(refused("buyer", "unavailable"), 3);
        evidence.jurors.insert("dan".to_owned(), witness);
    });
}

#[test]
fn pseudonyms_are_what_they_were_when_this_was_written() {
    assert_eq!(pseudonym(SECRET, case_id(), "ann").len(), 32);
    assert_ne!(pseudonym(SECRET, case_id(), "ann"), pseudonym(SECRET, Uuid::from_u128(1), "ann"));
    // RFC 4231, test case 2, whose data is cut after the 16 bytes that stand for the case.
    let case = Uuid::from_bytes(*b"what do ya want ");
    assert_eq!(pseudonym("Jefe", case, "for nothing?"), "5bdcc146bf60754e6a042426089575c7");
}

#[test]
fn a_missing_ballot_is_caught() {
    caught(
        |evidence| {
            let juror = pseudonym(SECRET, case_id(), "bob");
            record(evidence).ballots.retain(|ballot| ballot.juror != juror);
            recount(record(evidence));
            publish(evidence);
        },
        r#"bob: Told { status: "counted", option: "buyer", epoch: 2, change: 0 }; recorded is None"#,
    );
}

#[test]
fn a_doubled_ballot_is_caught() {
    let double = |evidence: &mut Evidence| {
        let again = record(evidence).ballots[0].clone();
        record(evidence).ballots.insert(0, again);
        recount(record(evidence));
        publish(evidence);
    };
    caught(double, "a juror has two ballots");
    caught(
        |evidence| {
            let again = record(evidence).nodes[0].csv.lines().nth(1).unwrap().to_owned();
            record(evidence).nodes.iter_mut().for_each(|node| node.csv += &again);
        },
        "4 ballots are exported",
    );
}

#[test]
fn a_ballot_of_nobody_is_caught() {
    caught(
        |evidence| {
            let juror = pseudonym(SECRET, case_id(), "nobody");
            record(evidence).ballots.push(Ballot { juror, option: 0, change: 0 });
        },
        "who is no juror of this room",
    );
    let uncast = |event: &Event, _: &mut Span| !matches!(event, Event::Sent { .. });
    caught(|evidence| account(evidence, "ann").events.retain(uncast), "was never cast");
}

#[test]
fn another_option_is_caught() {
    caught(
        |evidence| {
            ballot_of(record(evidence), "bob").option = 1;
            recount(record(evidence));
            publish(evidence);
        },
        r#"bob: Told { status: "counted", option: "buyer", epoch: 2, change: 0 }; recorded is Some"#,
    );
    caught(
        |evidence| account(evidence, "ann").note(told("duplicate", "merchant", 2, 0), 1),
        "was said to be buyer and",
    );
}

#[test]
fn counts_off_by_one_are_caught() {
    let miscount = |evidence: &mut Evidence| {
        record(evidence).verdict["counts"]["buyer"] = 3.into();
        publish(evidence);
    };
    caught(miscount, "the ballots recorded add up to");
    let miscount = |evidence: &mut Evidence| {
        record(evidence).verdict["ballots"] = 4.into();
        publish(evidence);
    };
    caught(miscount, "3 ballots are recorded, the verdict has 4");
}

#[test]
fn a_verdict_of_nothing_is_caught() {
    let empty = |evidence: &mut Evidence| {
        record(evidence).ballots.clear();
        recount(record(evidence));
        record(evidence).verdict["outcome"] = "no_quorum".into();
        record(evidence).verdict["option"] = Value::Null;
        publish(evidence);
    };
    caught(empty, "recorded is None");
}

#[test]
fn another_outcome_is_caught() {
    caught(
        |evidence| {
            record(evidence).verdict["option"] = "merchant".into();
            publish(evidence);
        },
        "should be decided for",
    );
    caught(|evidence| rule(evidence, "quorum", &json!(4)), "should be no_quorum");
    caught(|evidence| rule(evidence, "threshold", &json!(0.6667)), "should be hung");
    passes(|evidence| rule(evidence, "threshold", &json!(0.6666)));
}

#[test]
fn nodes_that_differ_are_caught() {
    caught(|evidence| record(evidence).nodes[1].csv.push('x'), "export different ballots");
    caught(|evidence| record(evidence).nodes[1].case["title"] = "another".into(), "nodes 0 and 1 tell");
    caught(|evidence| record(evidence).nodes[1].audit = json!({}), "different audit trails");
    caught(|evidence| record(evidence).version = 5, "version is 5 in the database");
    caught(|evidence| record(evidence).verdict["decided_at_ms"] = 1.into(), "the verdict is");
    caught(|evidence| record(evidence).state = "sealed".to_owned(), "long after everything was healed");
    caught(|evidence| evidence.cases.clear(), "is not in the database");
}

#[test]
fn a_void_that_nobody_asked_for_is_caught() {
    let void = |evidence: &mut Evidence| {
        for witness in evidence.jurors.values_mut() {
            let account = witness.cases.get_mut(&case_id()).unwrap();
            account.events.retain(|event, _| !matches!(event, Event::Verdict { .. }));
        }
        record(evidence).state = "void".to_owned();
        record(evidence).verdict["outcome"] = "void".into();
        record(evidence).verdict["reason"] = "wrong product".into();
        record(evidence).verdict["option"] = Value::Null;
        publish(evidence);
    };
    caught(void, "which no moderator asked for");
    passes(|evidence| {
        void(evidence);
        let voids = BTreeSet::from(["wrong product".to_owned()]);
        evidence.rulings.insert(case_id(), Rulings { voids, ..Rulings::default() });
    });
    let lost = |evidence: &mut Evidence| {
        void(evidence);
        record(evidence).ballots.clear();
        record(evidence).verdict = json!({ "outcome": "void", "reason": "tally_lost", "ballots": 0 });
        publish(evidence);
    };
    caught(lost, "1 wipes struck");
    passes(|evidence| {
        lost(evidence);
        evidence.wipes_ms.push(CLOSED_MS);
    });
}

#[test]
fn a_ruling_that_was_told_and_not_done_is_caught() {
    let told = |rulings: Rulings| move |evidence: &mut Evidence| drop(evidence.rulings.insert(case_id(), rulings));
    caught(told(Rulings { told_void: true, ..Rulings::default() }), "told that it is void");
    caught(told(Rulings { told_closed: true, ..Rulings::default() }), "told that it is closed");
    caught(told(Rulings { told_closes_at_ms: CLOSED_MS + 1, ..Rulings::default() }), "later than it did");
    passes(told(Rulings { told_closes_at_ms: CLOSED_MS, ..Rulings::default() }));
}

#[test]
fn an_audit_trail_with_a_hole_is_caught() {
    caught(|evidence| drop(record(evidence).audit.remove(3)), "the audit trail has");
    caught(
        |evidence| {
            record(evidence).audit[2].action = "repaired".to_owned();
            publish(evidence);
        },
        "in epoch 2, `tally_lost` was noted for []",
    );
    caught(|evidence| evidence.wipes_ms.clear(), "1 epochs were raised, and 0 wipes struck");
    caught(|evidence| evidence.wipes_ms = vec![CLOSED_MS + 60_000], "0 wipes struck");
}

#[test]
fn what_was_shown_is_held_against_the_record() {
    caught(
        |evidence| account(evidence, "ann").note(Event::Verdict { text: "{}".to_owned() }, 1),
        "was shown the verdict",
    );
    let more = Seen { rev: 4, ballots: 4, counts: None };
    caught(|evidence| account(evidence, "ann").saw(2, more), "was shown Seen");
    let other = Seen { rev: 3, ballots: 3, counts: Some([("merchant".to_owned(), 2)].into()) };
    caught(|evidence| account(evidence, "ann").saw(2, other), "was shown Seen");
    let later = Seen { rev: 1, ballots: 0, counts: None };
    caught(|evidence| account(evidence, "ann").saw(3, later), "a tally of epoch 3");
    caught(|evidence| account(evidence, "ann").note(told("counted", "buyer", 3, 0), 1), "after the last epoch");
    let wrong = BTreeSet::from(["went back".to_owned()]);
    caught(|evidence| evidence.jurors.get_mut("bob").unwrap().wrong = wrong, "bob: went back");
    caught(|evidence| evidence.wrong.push("no case was taken".to_owned()), "no case was taken");
}

#[test]
fn refusals_that_do_not_fit_are_caught() {
    for (option, reason) in [
        ("buyer", "unknown_case"),
        ("buyer", "recused"),
        ("buyer", "unknown_option"),
        ("buyer", "not_open"),
        ("no-such-option", "already_voted"),
    ] {
        caught(|evidence| account(evidence, "ann").note(refused(option, reason), 1), "does not fit the case");
    }
    caught(|evidence| rule(evidence, "recused", &json!(["ann"])), "ann: Told");
    // Nothing was lost: then what was refused cannot have counted.
    let first_epoch = |evidence: &mut Evidence| {
        for account in evidence.jurors.values_mut().flat_map(|witness| witness.cases.values_mut()) {
            account.events.retain(|event, _| !matches!(event, Event::Told { epoch: 2, .. }));
            account.tallies.clear();
        }
        let record = record(evidence);
        record.epoch = 1;
        record.audit[2].action = "repaired".to_owned();
        publish(evidence);
    };
    passes(first_epoch);
    for reason in ["closed", "already_voted"] {
        let refuse = |evidence: &mut Evidence| {
            first_epoch(evidence);
            account(evidence, "bob").note(refused("buyer", reason), 1);
        };
        caught(refuse, "bob: Refused");
    }
}

#[test]
fn changes_only_go_on() {
    let changed = |evidence: &mut Evidence| {
        rule(evidence, "allow_change", &json!(true));
        for (sub, option) in JURORS {
            account(evidence, sub).note(sent(option, Some(0)), 1);
        }
        let account = account(evidence, "bob");
        account.note(sent("merchant", Some(1)), 2);
        account.note(told("changed", "merchant", 2, 1), 3);
    };
    caught(changed, r#"bob: Told { status: "changed", option: "merchant", epoch: 2, change: 1 }; recorded is"#);
    let recorded = |evidence: &mut Evidence, change| {
        *ballot_of(record(evidence), "bob") =
            Ballot { change, option: 1, ..ballot_of(record(evidence), "bob").clone() };
        record(evidence).verdict["outcome"] = "decided".into();
        record(evidence).verdict["option"] = "merchant".into();
        recount(record(evidence));
        publish(evidence);
        for sub in ["ann", "bob", "cat"] {
            account(evidence, sub).events.retain(|event, _| !matches!(event, Event::Verdict { .. }));
        }
        changed(evidence);
    };
    passes(|evidence| recorded(evidence, 1));
    caught(|evidence| recorded(evidence, 2), "was never cast");
    // A later one that was sent and never answered may be in.
    passes(|evidence| {
        recorded(evidence, 2);
        account(evidence, "bob").note(sent("merchant", Some(2)), 4);
    });
    passes(|evidence| {
        recorded(evidence, 2);
        account(evidence, "bob").note(sent("merchant", None), 4);
    });
}

#[test]
fn whoever_cannot_vote_after_healing_is_named() {
    caught(
        |evidence| drop(evidence.healed.insert(case_id(), BTreeSet::from(["ann".to_owned(), "eve".to_owned()]))),
        "eve: could not vote",
    );
    passes(|evidence| drop(evidence.healed.insert(case_id(), BTreeSet::from(["ann".to_owned()]))));
}
