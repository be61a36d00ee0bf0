//! Tests of the judge: it accepts a sound log and reports every kind of falsified one.

mod failures;
mod fixture;
mod verdict_log;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use self::fixture::*;
use super::pseudonym;
use crate::run_log::{Ballot, Event, JurorLog, ModeratorLog, RunLog, SeenTally, Span};

#[test]
fn a_sound_log_passes() {
    assert_passes(|_| {});
    // A cast without an answer need not be recorded. Acknowledgements of a lost epoch do not matter.
    assert_passes(|run_log| {
        let mut juror_log = JurorLog { room: ROOM.to_owned(), ..JurorLog::default() };
        let case_log = juror_log.cases.entry(case_id()).or_default();
        case_log.record(sent("buyer", None), 1);
        case_log.record(acknowledged("counted", "merchant", 1, 0), 2);
        case_log.record(refused("buyer", "unavailable"), 3);
        run_log.jurors.insert("dan".to_owned(), juror_log);
    });
}

#[test]
fn pseudonyms_match_a_known_value() {
    assert_eq!(pseudonym(SECRET, case_id(), "ann").len(), 32);
    assert_ne!(pseudonym(SECRET, case_id(), "ann"), pseudonym(SECRET, Uuid::from_u128(1), "ann"));
    // RFC 4231, test case 2. Its data is split after the 16 bytes that stand for the case.
    let case = Uuid::from_bytes(*b"what do ya want ");
    assert_eq!(pseudonym("Jefe", case, "for nothing?"), "5bdcc146bf60754e6a042426089575c7");
}

#[test]
fn a_missing_ballot_is_reported() {
    assert_reported(
        |run_log| {
            let juror = pseudonym(SECRET, case_id(), "bob");
            record(run_log).ballots.retain(|ballot| ballot.juror != juror);
            recount(record(run_log));
            publish(run_log);
        },
        r#"bob: Acknowledged { status: "counted", option: "buyer", epoch: 2, change: 0 }; recorded is None"#,
    );
}

#[test]
fn a_doubled_ballot_is_reported() {
    let double = |run_log: &mut RunLog| {
        let again = record(run_log).ballots[0].clone();
        record(run_log).ballots.insert(0, again);
        recount(record(run_log));
        publish(run_log);
    };
    assert_reported(double, "a juror has two ballots");
    assert_reported(
        |run_log| {
            let again = record(run_log).nodes[0].csv.lines().nth(1).unwrap().to_owned();
            record(run_log).nodes.iter_mut().for_each(|node| node.csv += &again);
        },
        "4 ballots are exported",
    );
}

#[test]
fn a_ballot_of_an_unknown_juror_is_reported() {
    assert_reported(
        |run_log| {
            let juror = pseudonym(SECRET, case_id(), "nobody");
            record(run_log).ballots.push(Ballot { juror, option: 0, change: 0 });
        },
        "who is no juror of this room",
    );
    let uncast = |event: &Event, _: &mut Span| !matches!(event, Event::Sent { .. });
    assert_reported(|run_log| case_log(run_log, "ann").events.retain(uncast), "was never cast");
}

#[test]
fn a_changed_option_is_reported() {
    assert_reported(
        |run_log| {
            ballot_of(record(run_log), "bob").option = 1;
            recount(record(run_log));
            publish(run_log);
        },
        r#"bob: Acknowledged { status: "counted", option: "buyer", epoch: 2, change: 0 }; recorded is Some"#,
    );
    assert_reported(
        |run_log| case_log(run_log, "ann").record(acknowledged("duplicate", "merchant", 2, 0), 1),
        "was acknowledged as buyer and",
    );
}

#[test]
fn wrong_counts_are_reported() {
    let miscount = |run_log: &mut RunLog| {
        record(run_log).verdict["counts"]["buyer"] = 3.into();
        publish(run_log);
    };
    assert_reported(miscount, "the ballots recorded add up to");
    let miscount = |run_log: &mut RunLog| {
        record(run_log).verdict["ballots"] = 4.into();
        publish(run_log);
    };
    assert_reported(miscount, "3 ballots are recorded, the verdict has 4");
}

#[test]
fn a_verdict_over_an_empty_tally_is_reported() {
    let empty = |run_log: &mut RunLog| {
        record(run_log).ballots.clear();
        recount(record(run_log));
        record(run_log).verdict["outcome"] = "no_quorum".into();
        record(run_log).verdict["option"] = Value::Null;
        publish(run_log);
    };
    assert_reported(empty, "recorded is None");
}

#[test]
fn a_wrong_outcome_is_reported() {
    assert_reported(
        |run_log| {
            record(run_log).verdict["option"] = "merchant".into();
            publish(run_log);
        },
        "should be decided for",
    );
    assert_reported(|run_log| rule(run_log, "quorum", &json!(4)), "should be no_quorum");
    assert_reported(|run_log| rule(run_log, "threshold", &json!(0.6667)), "should be hung");
    assert_passes(|run_log| rule(run_log, "threshold", &json!(0.6666)));
}

#[test]
fn nodes_that_disagree_are_reported() {
    assert_reported(|run_log| record(run_log).nodes[1].csv.push('x'), "export different ballots");
    assert_reported(|run_log| record(run_log).nodes[1].case["title"] = "another".into(), "nodes 0 and 1 tell");
    assert_reported(|run_log| record(run_log).nodes[1].audit = json!({}), "different audit trails");
    assert_reported(|run_log| record(run_log).version = 5, "version is 5 in the database");
    assert_reported(|run_log| record(run_log).verdict["decided_at_ms"] = 1.into(), "the verdict is");
    assert_reported(|run_log| record(run_log).state = "sealed".to_owned(), "long after every fault had ended");
    assert_reported(|run_log| run_log.cases.clear(), "is not in the database");
}

#[test]
fn an_unrequested_void_is_reported() {
    let void = |run_log: &mut RunLog| {
        for juror_log in run_log.jurors.values_mut() {
            let case_log = juror_log.cases.get_mut(&case_id()).unwrap();
            case_log.events.retain(|event, _| !matches!(event, Event::Verdict { .. }));
        }
        record(run_log).state = "void".to_owned();
        record(run_log).verdict["outcome"] = "void".into();
        record(run_log).verdict["reason"] = "wrong product".into();
        record(run_log).verdict["option"] = Value::Null;
        publish(run_log);
    };
    assert_reported(void, "which no moderator asked for");
    assert_passes(|run_log| {
        void(run_log);
        let voids = BTreeSet::from(["wrong product".to_owned()]);
        run_log.moderator_logs.insert(case_id(), ModeratorLog { voids, ..ModeratorLog::default() });
    });
    let lost = |run_log: &mut RunLog| {
        void(run_log);
        record(run_log).ballots.clear();
        record(run_log).verdict =
            json!({ "outcome": "void", "reason": "tally_lost", "ballots": 0, "ballots_before_loss": 3 });
        publish(run_log);
    };
    assert_reported(lost, "there were 1 wipes");
    assert_passes(|run_log| {
        lost(run_log);
        run_log.wipes_ms.push(CLOSED_MS);
    });
}

#[test]
fn a_verdict_of_those_who_are_left_is_reported() {
    let before = |run_log: &mut RunLog, ballots: u64| {
        let record = record(run_log);
        record.loss["ballots_before"] = ballots.into();
        record.verdict["ballots_before_loss"] = ballots.into();
        publish(run_log);
        forget_verdicts(run_log);
    };
    let watched = |run_log: &mut RunLog| {
        for number in 0..10 {
            let mut juror_log = JurorLog { room: ROOM.to_owned(), ..JurorLog::default() };
            let sent = Event::Sent { option: "buyer".to_owned(), change: None };
            juror_log.cases.entry(case_id()).or_default().record(sent, 0);
            run_log.jurors.insert(format!("left-{number}"), juror_log);
        }
    };
    let void = |run_log: &mut RunLog| {
        record(run_log).state = "void".to_owned();
        record(run_log).verdict["outcome"] = "void".into();
        record(run_log).verdict["reason"] = "tally_lost".into();
        record(run_log).verdict["option"] = Value::Null;
        publish(run_log);
    };
    assert_reported(|run_log| before(run_log, 4), "jurors cast 3 times");
    let few_left = |run_log: &mut RunLog| {
        before(run_log, 5);
        watched(run_log);
    };
    assert_reported(few_left, "too few ballots came again after a loss");
    assert_passes(|run_log| {
        few_left(run_log);
        void(run_log);
    });
    let enough_left = |run_log: &mut RunLog| {
        before(run_log, 4);
        watched(run_log);
    };
    assert_passes(enough_left);
    assert_reported(
        |run_log| {
            enough_left(run_log);
            void(run_log);
        },
        "enough ballots came again",
    );
    assert_reported(|run_log| record(run_log).loss["ballots_before"] = 2.into(), "3 ballots before a loss, with");
    let unnamed = |run_log: &mut RunLog| {
        record(run_log).verdict.as_object_mut().unwrap().remove("ballots_before_loss");
        record(run_log).loss["ballots_before"] = Value::Null;
        publish(run_log);
    };
    assert_reported(unnamed, "null ballots before a loss, with");
}

#[test]
fn ballots_before_a_loss_without_its_line_are_reported_but_in_a_void_case() {
    // The tally was lost, and no new epoch was filed for it: the jurors heard of the first one only.
    let unlined = |run_log: &mut RunLog, action: &str| {
        let case = record(run_log);
        case.audit[2].action = action.to_owned();
        case.epoch = 1;
        case.audit.iter_mut().for_each(|line| line.epoch = 1);
        publish(run_log);
        forget_verdicts(run_log);
        for case_log in run_log.jurors.values_mut().flat_map(|juror_log| juror_log.cases.values_mut()) {
            case_log.events.retain(|event, _| !matches!(event, Event::Acknowledged { epoch: 2, .. }));
            case_log.tallies.clear();
        }
    };
    assert_reported(|run_log| unlined(run_log, "extended"), "3 ballots before a loss, with");
    assert_reported(|run_log| unlined(run_log, "voided"), "3 ballots before a loss, with");
    assert_passes(|run_log| {
        unlined(run_log, "voided");
        let case = record(run_log);
        case.state = "void".to_owned();
        case.verdict["outcome"] = "void".into();
        case.verdict["reason"] = "wrong product".into();
        case.verdict["option"] = Value::Null;
        publish(run_log);
        let voids = BTreeSet::from(["wrong product".to_owned()]);
        run_log.moderator_logs.insert(case_id(), ModeratorLog { voids, ..ModeratorLog::default() });
    });
}

#[test]
fn an_acknowledged_step_without_effect_is_reported() {
    let acknowledged =
        |log: ModeratorLog| move |run_log: &mut RunLog| drop(run_log.moderator_logs.insert(case_id(), log));
    assert_reported(
        acknowledged(ModeratorLog { acknowledged_void: true, ..ModeratorLog::default() }),
        "a void was acknowledged",
    );
    assert_reported(
        acknowledged(ModeratorLog { acknowledged_closed: true, ..ModeratorLog::default() }),
        "a close was acknowledged",
    );
    assert_reported(
        acknowledged(ModeratorLog { acknowledged_closes_at_ms: CLOSED_MS + 1, ..ModeratorLog::default() }),
        "is later than the deadline",
    );
    assert_passes(acknowledged(ModeratorLog { acknowledged_closes_at_ms: CLOSED_MS, ..ModeratorLog::default() }));
}

#[test]
fn an_audit_trail_with_a_gap_is_reported() {
    assert_reported(|run_log| drop(record(run_log).audit.remove(3)), "the audit trail has");
    assert_reported(
        |run_log| {
            record(run_log).audit[2].action = "repaired".to_owned();
            publish(run_log);
        },
        "in epoch 2, `tally_lost` was noted for []",
    );
    assert_reported(|run_log| run_log.wipes_ms.clear(), "1 epochs were raised, and there were 0 wipes");
    assert_reported(|run_log| run_log.wipes_ms = vec![CLOSED_MS + 60_000], "there were 0 wipes");
}

#[test]
fn a_key_without_an_expiry_is_reported() {
    assert_reported(|run_log| record(run_log).keys_left_ms[1] = -1, "1 of its keys live without an expiry");
    // Of the second Redis, to which nodes do not come back.
    assert_reported(|run_log| record(run_log).keys_left_ms.extend([-1, -1]), "2 of its keys live without an expiry");
}

#[test]
fn views_are_compared_with_the_record() {
    assert_reported(
        |run_log| case_log(run_log, "ann").record(Event::Verdict { text: "{}".to_owned() }, 1),
        "was shown the verdict",
    );
    // A docket carries no details of a verdict.
    assert_passes(|run_log| {
        record(run_log).verdict["details"] = json!({ "cohorts": {} });
        publish(run_log);
    });
    let more = SeenTally { rev: 4, ballots: 4, counts: None };
    assert_reported(|run_log| case_log(run_log, "ann").record_tally(2, more), "was shown SeenTally");
    let other = SeenTally { rev: 3, ballots: 3, counts: Some([("merchant".to_owned(), 2)].into()) };
    assert_reported(|run_log| case_log(run_log, "ann").record_tally(2, other), "was shown SeenTally");
    let later = SeenTally { rev: 1, ballots: 0, counts: None };
    assert_reported(|run_log| case_log(run_log, "ann").record_tally(3, later), "a tally of epoch 3");
    assert_reported(
        |run_log| case_log(run_log, "ann").record(acknowledged("counted", "buyer", 3, 0), 1),
        "after the last epoch",
    );
    let wrong = BTreeSet::from(["went back".to_owned()]);
    assert_reported(|run_log| run_log.jurors.get_mut("bob").unwrap().wrong = wrong, "bob: went back");
    assert_reported(|run_log| run_log.wrong.push("no case was taken".to_owned()), "no case was taken");
}

#[test]
fn wrong_refusals_are_reported() {
    for (option, reason) in [
        ("buyer", "unknown_case"),
        ("buyer", "recused"),
        ("buyer", "unknown_option"),
        ("buyer", "not_open"),
        ("no-such-option", "already_voted"),
    ] {
        assert_reported(|run_log| case_log(run_log, "ann").record(refused(option, reason), 1), "does not fit the case");
    }
    assert_reported(|run_log| rule(run_log, "recused", &json!(["ann"])), "ann: Acknowledged");
    // Without a loss, a refused ballot cannot have counted.
    let first_epoch = |run_log: &mut RunLog| {
        for case_log in run_log.jurors.values_mut().flat_map(|juror_log| juror_log.cases.values_mut()) {
            case_log.events.retain(|event, _| !matches!(event, Event::Acknowledged { epoch: 2, .. }));
            case_log.tallies.clear();
        }
        let record = record(run_log);
        record.epoch = 1;
        record.audit[2].action = "repaired".to_owned();
        record.loss["ballots_before"] = Value::Null;
        record.verdict.as_object_mut().unwrap().remove("ballots_before_loss");
        publish(run_log);
        forget_verdicts(run_log);
    };
    assert_passes(first_epoch);
    for reason in ["closed", "already_voted"] {
        let refuse = |run_log: &mut RunLog| {
            first_epoch(run_log);
            case_log(run_log, "bob").record(refused("buyer", reason), 1);
        };
        assert_reported(refuse, "bob: Refused");
    }
}

#[test]
fn change_numbers_only_grow() {
    let changed = |run_log: &mut RunLog| {
        rule(run_log, "allow_change", &json!(true));
        for (sub, option) in JURORS {
            case_log(run_log, sub).record(sent(option, Some(0)), 1);
        }
        let case_log = case_log(run_log, "bob");
        case_log.record(sent("merchant", Some(1)), 2);
        case_log.record(acknowledged("changed", "merchant", 2, 1), 3);
    };
    assert_reported(
        changed,
        r#"bob: Acknowledged { status: "changed", option: "merchant", epoch: 2, change: 1 }; recorded is"#,
    );
    let recorded = |run_log: &mut RunLog, change| {
        *ballot_of(record(run_log), "bob") = Ballot { change, option: 1, ..ballot_of(record(run_log), "bob").clone() };
        record(run_log).verdict["outcome"] = "decided".into();
        record(run_log).verdict["option"] = "merchant".into();
        recount(record(run_log));
        publish(run_log);
        for sub in ["ann", "bob", "cat"] {
            case_log(run_log, sub).events.retain(|event, _| !matches!(event, Event::Verdict { .. }));
        }
        changed(run_log);
    };
    assert_passes(|run_log| recorded(run_log, 1));
    assert_reported(|run_log| recorded(run_log, 2), "was never cast");
    // A later change that was sent and never answered may be recorded.
    assert_passes(|run_log| {
        recorded(run_log, 2);
        case_log(run_log, "bob").record(sent("merchant", Some(2)), 4);
    });
    assert_passes(|run_log| {
        recorded(run_log, 2);
        case_log(run_log, "bob").record(sent("merchant", None), 4);
    });
}

#[test]
fn a_juror_who_cannot_vote_after_recovery_is_reported() {
    assert_reported(
        |run_log| drop(run_log.after_recovery.insert(case_id(), BTreeSet::from(["ann".to_owned(), "eve".to_owned()]))),
        "eve: could not vote",
    );
    assert_passes(|run_log| drop(run_log.after_recovery.insert(case_id(), BTreeSet::from(["ann".to_owned()]))));
}
