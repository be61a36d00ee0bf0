//! The checks over the small case with known answers, made with the crate proof.

mod draw;
#[cfg(feature = "files")]
mod files;

use live_jury_proof::checkpoint::Checkpoint;
use live_jury_proof::entry::Entry;
use live_jury_proof::merkle::{Frontier, Tree, inclusion_path, leaf_hash};
use live_jury_proof::note::{KeyKind, Signer};
use live_jury_proof::receipt::{BatchHead, sign_batch};
use live_jury_proof::row::{Row, row_tree};
use live_jury_proof::seal::{Ballot, CaseKey, seal_leaf, seal_tree};
use live_jury_proof::statement::{Audit, Outcome, Raid, Rule, SealedBy, StatedOption, Statement, Sums};
use live_jury_proof::text::{array_from_hex, base64, from_uuid, hex};
use live_jury_proof::tlog_proof::TlogProof;
use live_jury_proof::{CaseBytes, Hash, PseudonymBytes, sha256};

use super::check;

const BALLOT_SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
const CASE: &str = "01a203b5-27b4-7ec3-865e-b9e2a7a1b202";
/// RFC 8032, section 7.1, test 1.
const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
/// Pseudonyms of `u_1` and two others, with option, side and marks.
const BALLOTS: [(&str, u8, u8, u8); 3] = [
    ("15c0ed8afef5c2557db953cdfdf825b3", 0, 1, 9),
    ("25c0ed8afef5c2557db953cdfdf825b3", 1, 2, 25),
    ("35c0ed8afef5c2557db953cdfdf825b3", 0, 0, 0),
];

fn case() -> CaseBytes {
    from_uuid(CASE).unwrap()
}

fn log() -> Signer {
    Signer::new("jury.example.com/log/1", KeyKind::Log, &array_from_hex(SEED).unwrap()).unwrap()
}

/// A log of the same name with another key.
fn other_log() -> Signer {
    Signer::new("jury.example.com/log/1", KeyKind::Log, &[7; 32]).unwrap()
}

fn pseudonym(at: usize) -> PseudonymBytes {
    array_from_hex(BALLOTS[at].0).unwrap()
}

/// The seals in the order of the jurors.
fn seals() -> Vec<Hash> {
    let key = CaseKey::derive(BALLOT_SECRET, &case());
    let seal = |(at, (_, option, side, marks))| {
        key.seal(&case(), &Ballot { pseudonym: pseudonym(at), option, side, marks, change: 0 })
    };
    BALLOTS.into_iter().enumerate().map(seal).collect()
}

fn sorted_seals() -> Vec<Hash> {
    let mut seals = seals();
    seals.sort_unstable();
    seals
}

fn rows() -> Vec<u8> {
    let row = |at: usize| {
        Row { pseudonym: pseudonym(at), option: BALLOTS[at].1, side: 0, called: None, counted: false }.to_bytes()
    };
    (0..3).flat_map(row).collect()
}

fn statement(outcome: Outcome) -> String {
    let option = |id: &str, abstains| StatedOption { id: id.to_owned(), abstains };
    let has_sums = !outcome.is_void();
    let statement = Statement {
        case: case(),
        room: "live-42".to_owned(),
        brief: sha256(&[b"brief"]),
        recused: None,
        opened_ms: 1_795_358_533_556,
        sealed_ms: 1_795_358_833_556,
        sealed_by: if outcome == Outcome::VoidByModerator { SealedBy::Void } else { SealedBy::Deadline },
        extended_s: 0,
        epoch: 2,
        lost: None,
        audit: Audit { lines: 2, hash: sha256(&[b"a\nb\n"]) },
        key: array_from_hex("662fd7a2f7fa20e8").unwrap(),
        options: vec![option("buyer", false), option("merchant", false), option("none", true)],
        rule: Rule { quorum: 3, threshold: 5_000, band: 0, balanced: false, sides: None, panel: None, raid: Raid::Off },
        draw: None,
        beacon: None,
        called: vec![],
        outcome,
        ballots: 3,
        sums: has_sums.then(|| Sums { counts: vec![2, 1, 0], ..Sums::default() }),
        seals: seal_tree(&sorted_seals()).unwrap(),
        rows: has_sums.then(|| row_tree(&rows())),
        appeal_of: None,
    };
    statement.to_text().unwrap()
}

/// The proof of a statement in a log of two entries.
fn proof(statement: &str) -> String {
    let entry = Entry::of_statement(&case(), statement).to_text();
    let leaves = [leaf_hash(b"an earlier entry"), leaf_hash(entry.as_bytes())];
    let mut frontier = Frontier::default();
    leaves.into_iter().for_each(|leaf| frontier.push(leaf));
    let tree = Tree { size: frontier.size(), root: frontier.root() };
    let checkpoint = Checkpoint { origin: "jury.example.com/log/1".to_owned(), tree };
    let checkpoint = log().sign_note(&checkpoint.to_text()).to_string();
    TlogProof { extra: None, index: 1, path: inclusion_path(&leaves, 1).unwrap(), checkpoint }.to_string()
}

fn receipt(signer: &Signer, case: CaseBytes, epoch: u64, of: usize) -> String {
    let head = BatchHead { case, epoch, node: 1, batch: 0, changes_allowed: false };
    format!("receipt {}\n", base64(&sign_batch(signer, head, &seals()).unwrap()[of].to_bytes()))
}

/// The lines about what the page shows.
fn shown() -> String {
    let key = log().verifier().to_string();
    format!(
        "key {key}\ncase {CASE}\nroom live-42\noutcome decided buyer\nballots 3\n\
         counts none=0 buyer=2 merchant=1\n"
    )
}

/// The lines of the server's answer about the ballot of the first juror.
fn ballot() -> String {
    let (seals, seal) = (sorted_seals(), seals()[0]);
    let index = seals.iter().position(|other| *other == seal).unwrap() as u64;
    let leaves: Vec<Hash> = seals.iter().map(seal_leaf).collect();
    let path: Vec<String> = inclusion_path(&leaves, index).unwrap().iter().map(|hash| base64(hash)).collect();
    format!(
        "seal {}\nindex {index}\npath {}\ntracker {}\nchunk 0\nplace 0\nbytes {}\nrows \n",
        hex(&seal),
        path.join(" "),
        hex(&pseudonym(0)),
        base64(&rows())
    )
}

fn decided(request: &str) -> String {
    let statement = statement(Outcome::Decided(0));
    check(&statement, &proof(&statement), "", request)
}

/// The result of each step, in order.
fn results(report: &str) -> Vec<&str> {
    report.lines().filter_map(|line| line.split_once(' ')).map(|(_, result)| result).collect()
}

#[test]
fn a_good_record_passes_every_step() {
    let request = shown() + &ballot() + "option buyer\n";
    assert_eq!(decided(&request), "signature pass\nlog pass\nshown pass\nseal pass\nline pass\ndraw none\n");
    let request = request + &receipt(&log(), case(), 2, 0);
    assert_eq!(results(&decided(&request)), ["pass", "pass", "pass", "receipt", "pass", "none"]);
}

#[test]
fn another_key_signs_nothing() {
    let key = log().verifier().to_string();
    let other = other_log().verifier().to_string();
    let request = shown().replace(&key, &other) + &ballot() + "option buyer\n";
    assert_eq!(results(&decided(&request)), ["fail", "fail", "pass", "pass", "pass", "none"]);
    let both = shown().replace(&key, &format!("{other} {key}"));
    assert_eq!(results(&decided(&both))[..2], ["pass", "pass"]);
}

#[test]
fn a_statement_that_was_changed_is_in_no_log() {
    let stated = statement(Outcome::Decided(0));
    let changed = stated.replace("counts 2 1 0", "counts 1 2 0");
    let report = check(&changed, &proof(&stated), "", &shown());
    assert_eq!(results(&report), ["pass", "fail", "fail", "none", "none", "none"]);
    let other_case = shown().replace("01a203b5", "01a203b6");
    assert_eq!(results(&check(&stated, &proof(&stated), "", &other_case))[..3], ["pass", "fail", "fail"]);
}

#[test]
fn everything_that_is_shown_is_stated() {
    for (from, to) in [
        ("decided buyer", "decided merchant"),
        ("decided buyer", "hung - thin_margin"),
        ("ballots 3", "ballots 4"),
        ("buyer=2", "buyer=1"),
        (" merchant=1", ""),
        ("none=0", "other=0"),
        ("room live-42", "room live-43"),
    ] {
        assert_eq!(results(&decided(&shown().replace(from, to)))[2], "fail", "{from} → {to}");
    }
    let hidden = shown().replace("counts none=0 buyer=2 merchant=1\n", "");
    assert_eq!(results(&decided(&hidden))[2], "pass", "the page shows no counts");
}

#[test]
fn the_brief_is_the_one_whose_hash_is_stated() {
    let stated = statement(Outcome::Decided(0));
    for (brief, result) in [("brief", "brief pass"), ("brief ", "brief fail")] {
        assert!(check(&stated, &proof(&stated), brief, &shown()).contains(result), "{brief:?}");
    }
}

#[test]
fn a_ballot_that_is_not_there_is_missed() {
    assert_eq!(results(&decided(&shown()))[3..], ["none", "none", "none"], "a viewer who did not vote");
    let voted = shown() + "option buyer\n";
    assert_eq!(results(&decided(&voted))[3..], ["missing", "none", "none"]);
    let kept = shown() + &receipt(&log(), case(), 2, 0);
    assert_eq!(
        results(&decided(&kept))[3..],
        ["missing", "none", "none"],
        "the receipt alone tells that the viewer voted"
    );
}

#[test]
fn a_receipt_of_this_epoch_names_the_seal() {
    let request = shown() + &ballot() + "option buyer\n";
    for (receipt, result) in [
        (receipt(&log(), case(), 2, 1), "other"),
        (receipt(&log(), case(), 1, 1), "pass"),
        (receipt(&log(), case(), 3, 0), "fail"),
        (receipt(&other_log(), case(), 2, 0), "fail"),
        (receipt(&log(), [1; 16], 2, 0), "fail"),
        ("receipt AAAA\n".to_owned(), "fail"),
    ] {
        assert_eq!(results(&decided(&(request.clone() + &receipt)))[3], result);
    }
}

/// The log got a new number and key between the receipt and the record.
#[test]
fn a_receipt_may_be_of_another_log_of_the_page() {
    let (key, earlier) = (log().verifier().to_string(), other_log().verifier().to_string());
    let request = shown() + &ballot() + "option buyer\n" + &receipt(&other_log(), case(), 2, 0);
    assert_eq!(results(&decided(&request))[3], "fail");
    for keys in [format!("{key} {earlier}"), format!("{earlier} {key}")] {
        assert_eq!(results(&decided(&request.replace(&key, &keys)))[3], "receipt");
    }
}

#[test]
fn the_own_line_has_the_option_that_the_tab_pressed() {
    let request = shown() + &ballot();
    assert_eq!(results(&decided(&request))[4], "unknown");
    assert_eq!(results(&decided(&(request.clone() + "option merchant\n")))[4], "other");
    // Another juror's line, and a line that was changed.
    for (from, to) in [("place 0", "place 2"), ("place 0", "place 3"), ("chunk 0", "chunk 1")] {
        assert_eq!(results(&decided(&(request.replace(from, to) + "option buyer\n")))[4], "fail", "{from} → {to}");
    }
    let mut changed = rows();
    changed[16] = 1;
    let changed = request.replace(&base64(&rows()), &base64(&changed)) + "option merchant\n";
    assert_eq!(results(&decided(&changed))[4], "fail");
}

#[test]
fn a_seal_is_looked_up_in_the_stated_tree() {
    let request = shown() + &ballot() + "option buyer\n";
    let seal = hex(&seals()[0]);
    assert_eq!(results(&decided(&request.replace(&seal, &hex(&[9; 32]))))[3], "fail");
    assert_eq!(results(&decided(&request.replace("path ", "path AAAA ")))[3], "fail");
}

#[test]
fn a_void_case_has_seals_and_no_lines() {
    let stated = statement(Outcome::VoidByModerator);
    let request =
        shown().replace("decided buyer", "void - moderator").replace("counts none=0 buyer=2 merchant=1\n", "");
    let report = check(&stated, &proof(&stated), "", &(request + &ballot() + "option buyer\n"));
    assert_eq!(results(&report), ["pass", "pass", "pass", "pass", "none", "none"]);
}
