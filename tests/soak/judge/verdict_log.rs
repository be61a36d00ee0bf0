//! The log of verdicts: each recorded case is one entry, and no checkpoint that a node showed is taken back.

use std::collections::BTreeMap;

use live_jury_proof::checkpoint::SignedCheckpoint;
use live_jury_proof::merkle::{leaf_hash, root};
use live_jury_proof::note::VerifierKey;
use live_jury_proof::sha256;
use live_jury_proof::text::hex;
use uuid::Uuid;

use super::Violation;
use crate::run_log::RunLog;

/// The first line of a case's entry.
const FORMAT: &str = "live-jury/verdict/v1";

pub fn check(run_log: &RunLog, found: &mut Vec<Violation>) {
    let mut report = |case: Option<Uuid>, what: String| found.push(Violation { case, juror: None, what });
    let mut entries: BTreeMap<Uuid, u32> = BTreeMap::new();
    for entry in &run_log.log.entries {
        *entries.entry(entry.case).or_default() += 1;
        let lines: Vec<&str> = entry.entry.split('\n').collect();
        let hash = |pieces: &[&[u8]]| hex(&sha256(pieces));
        let case = hash(&[b"live-jury case v1\n", entry.case.as_bytes()]);
        let statement = hash(&[entry.statement.as_bytes()]);
        if lines != [FORMAT, &case, &statement, ""] {
            report(Some(entry.case), format!("has an entry of something else: {:?}", entry.entry));
        }
    }
    let is_recorded = |state: &str| state == "decided" || state == "void";
    for record in run_log.cases.iter().filter(|record| is_recorded(&record.state)) {
        let times = entries.remove(&record.id).unwrap_or(0);
        if times != 1 {
            report(Some(record.id), format!("is recorded, and has {times} entries in the log"));
        }
    }
    for case in entries.into_keys() {
        report(Some(case), "has an entry in the log, and is not recorded".to_owned());
    }
    for what in checkpoints(run_log) {
        report(None, what);
    }
}

/// The faults in the checkpoints that nodes showed.
fn checkpoints(run_log: &RunLog) -> Vec<String> {
    let log = &run_log.log;
    let Some(vkey) = &log.vkey else { return vec!["the log has no key".to_owned()] };
    let Ok(key) = VerifierKey::parse(vkey) else { return vec![format!("the log's key is none: {vkey}")] };
    let leaves: Vec<_> = log.entries.iter().map(|entry| leaf_hash(entry.entry.as_bytes())).collect();
    let (mut wrong, mut roots, mut last) = (Vec::new(), BTreeMap::new(), 0);
    for note in &log.checkpoints {
        let tree = match SignedCheckpoint::open(note, &key, &[]) {
            Ok(signed) => signed.checkpoint.tree,
            Err(error) => {
                wrong.push(format!("a checkpoint does not verify: {error}: {note:?}"));
                continue;
            }
        };
        if *roots.entry(tree.size).or_insert(tree.root) != tree.root {
            wrong.push(format!("the log was signed twice at size {}, with two roots", tree.size));
        }
        last = last.max(tree.size);
        // A log that was put back has lost entries. It must not be signed any more, so it showed one root at each size.
        if !run_log.put_backs.is_empty() {
            continue;
        }
        let first = usize::try_from(tree.size).ok().and_then(|size| leaves.get(..size));
        if first.map(root) != Some(tree.root) {
            wrong.push(format!("the checkpoint of size {} is not of the log's {} entries", tree.size, leaves.len()));
        }
    }
    if run_log.put_backs.is_empty() && last != leaves.len() as u64 {
        wrong.push(format!("the last checkpoint has {last} of {} entries", leaves.len()));
    }
    wrong
}
