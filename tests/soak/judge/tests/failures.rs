//! Logs of runs in which stores fail: ballots lost without a word, verdicts that change, and a docket that goes back.

use super::*;
use crate::run_log::PutBack;

/// Dan's ballot of the first epoch was acknowledged, and did not come again.
fn lose_a_ballot(run_log: &mut RunLog) {
    let mut juror_log = JurorLog { room: ROOM.to_owned(), ..JurorLog::default() };
    let case_log = juror_log.cases.entry(case_id()).or_default();
    case_log.record(sent("buyer", None), 1);
    case_log.record(acknowledged("counted", "buyer", 1, 0), 2);
    run_log.jurors.insert("dan".to_owned(), juror_log);
}

#[test]
fn a_ballot_that_is_lost_without_a_word_is_reported() {
    assert_passes(lose_a_ballot);
    let unnamed = |run_log: &mut RunLog| {
        lose_a_ballot(run_log);
        record(run_log).verdict.as_object_mut().unwrap().remove("ballots_before_loss");
        publish(run_log);
    };
    assert_reported(unnamed, "dan: an acknowledged ballot is lost, and the verdict names no loss");
}

/// The docket was put back at this time, to its state of 30 s before.
fn put_back(run_log: &mut RunLog, put_back_ms: u64) {
    run_log.put_backs.push(PutBack { copied_ms: put_back_ms - 30_000, put_back_ms });
}

#[test]
fn a_verdict_that_changes_after_it_was_told_is_reported() {
    let tell_another = |run_log: &mut RunLog| {
        let mut other = record(run_log).verdict.clone();
        other["option"] = "merchant".into();
        case_log(run_log, "ann").record(Event::Verdict { text: other.to_string() }, 1);
    };
    assert_reported(tell_another, "ann: was shown the verdict");
    // A docket that was put back gives the same verdict again.
    let tell_another_and_put_back = |run_log: &mut RunLog| {
        tell_another(run_log);
        put_back(run_log, CLOSED_MS + 10_000);
    };
    assert_reported(tell_another_and_put_back, "ann: was shown the verdict");
    // Unless the ballots were lost meanwhile, or a void was undone.
    assert_passes(|run_log| {
        tell_another_and_put_back(run_log);
        run_log.wipes_ms.push(CLOSED_MS);
    });
    assert_passes(|run_log| {
        tell_another_and_put_back(run_log);
        let voids = BTreeSet::from(["wrong product".to_owned()]);
        run_log.moderator_logs.insert(case_id(), ModeratorLog { voids, ..ModeratorLog::default() });
    });
    // A case that ended long before is not touched.
    assert_reported(
        |run_log| {
            tell_another(run_log);
            put_back(run_log, CLOSED_MS + 60_000);
            run_log.wipes_ms.push(CLOSED_MS + 60_000);
        },
        "ann: was shown the verdict",
    );
}

#[test]
fn a_case_is_gone_only_with_a_docket_that_was_put_back() {
    // The first 48 bits of an id are its time.
    let created_ms = u64::try_from(case_id().as_u128() >> 80).unwrap();
    let gone = |run_log: &mut RunLog, put_back_ms| {
        run_log.cases.clear();
        run_log.log.entries.clear();
        put_back(run_log, put_back_ms);
    };
    assert_passes(|run_log| gone(run_log, created_ms + 20_000));
    assert_reported(|run_log| gone(run_log, created_ms + 60_000), "is not in the database");
    assert_reported(|run_log| gone(run_log, created_ms - 20_000), "is not in the database");
}

#[test]
fn a_step_undone_by_a_docket_that_was_put_back_is_no_violation() {
    let acknowledge = |run_log: &mut RunLog| {
        let log = ModeratorLog { acknowledged_closed: true, ..ModeratorLog::default() };
        run_log.moderator_logs.insert(case_id(), log);
    };
    assert_reported(acknowledge, "a close was acknowledged");
    assert_passes(|run_log| {
        acknowledge(run_log);
        put_back(run_log, CLOSED_MS);
    });
}

#[test]
fn a_node_that_grows_is_reported() {
    assert_passes(|run_log| run_log.peaks_kib = vec![40_000, 120_000]);
    assert_reported(|run_log| run_log.peaks_kib = vec![40_000, 140_000], "a node had 140000 KiB");
}
