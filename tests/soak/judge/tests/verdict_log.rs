//! Falsified logs of verdicts, each reported.

use live_jury_proof::checkpoint::Checkpoint;
use live_jury_proof::entry::Entry;
use live_jury_proof::merkle::{Tree, leaf_hash, root};
use live_jury_proof::note::{KeyKind, Signer};

use super::fixture::{case_id, sound};
use crate::judge::judge;
use crate::run_log::{LogEntry, RunLog, VerdictLog};

const STATEMENT: &str = "a statement\n";

fn signer(seed: u8) -> Signer {
    Signer::new("jury.example.com/log/1", KeyKind::Log, &[seed; 32]).unwrap()
}

fn note(seed: u8, size: u64, root: [u8; 32]) -> String {
    let checkpoint = Checkpoint { origin: "jury.example.com/log/1".to_owned(), tree: Tree { size, root } };
    signer(seed).sign_note(&checkpoint.to_text()).to_string()
}

/// The log of a run with one recorded case.
pub fn verdict_log() -> VerdictLog {
    let entry = Entry::of_statement(case_id().as_bytes(), STATEMENT).to_text();
    let checkpoint = note(1, 1, root(&[leaf_hash(entry.as_bytes())]));
    let entry = LogEntry { case: case_id(), entry, statement: STATEMENT.to_owned() };
    VerdictLog { vkey: Some(signer(1).verifier().to_string()), entries: vec![entry], checkpoints: vec![checkpoint] }
}

fn assert_reported(change: impl FnOnce(&mut RunLog), what: &str) {
    let mut run_log = sound();
    change(&mut run_log);
    let found = judge(&run_log);
    assert!(found.iter().any(|violation| violation.what.contains(what)), "{what}: {found:?}");
}

#[test]
fn each_falsified_log_is_reported() {
    assert_reported(|run| run.log.entries.clear(), "has 0 entries in the log");
    assert_reported(|run| run.log.entries.push(run.log.entries[0].clone()), "has 2 entries in the log");
    assert_reported(|run| run.log.entries[0].statement.push('x'), "has an entry of something else");
    assert_reported(|run| run.log.entries[0].case = uuid::Uuid::nil(), "has an entry in the log, and is not recorded");
    assert_reported(|run| run.log.checkpoints[0] = note(2, 1, [7; 32]), "does not verify");
    assert_reported(|run| run.log.checkpoints.push(note(1, 1, [7; 32])), "was signed twice at size 1");
    assert_reported(|run| run.log.checkpoints = vec![note(1, 1, [7; 32])], "is not of the log's 1 entries");
    assert_reported(|run| run.log.checkpoints.push(note(1, 2, [7; 32])), "is not of the log's 1 entries");
    assert_reported(|run| run.log.checkpoints.clear(), "the last checkpoint has 0 of 1 entries");
    assert_reported(|run| run.log.vkey = None, "the log has no key");
}

#[test]
fn a_log_that_was_put_back_shows_one_root_at_each_size() {
    let put_back = crate::run_log::PutBack { copied_ms: 0, put_back_ms: 1 };
    let mut run_log = sound();
    run_log.put_backs.push(put_back);
    run_log.log.checkpoints.push(note(1, 2, [7; 32]));
    assert_eq!(judge(&run_log), []);
    run_log.log.checkpoints.push(note(1, 2, [8; 32]));
    assert!(judge(&run_log).iter().any(|violation| violation.what.contains("signed twice at size 2")));
}
