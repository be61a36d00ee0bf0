//! Trust files as C2SP describes them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use live_jury_proof::checkpoint::{Checkpoint, Cosigned};
use live_jury_proof::merkle::Tree;
use live_jury_proof::note::{KeyKind, Signer};
use live_jury_proof::policy::Policy;

fn signer(name: &str, kind: KeyKind) -> Signer {
    let mut seed = [0; 32];
    seed.iter_mut().zip(name.bytes()).for_each(|(seed, byte)| *seed = byte);
    Signer::new(name, kind, &seed).unwrap()
}

fn vkey(name: &str, kind: KeyKind) -> String {
    signer(name, kind).verifier().to_string()
}

/// The example of C2SP: two of three X and one of three Y.
fn example() -> String {
    let mut text = format!("# a comment\n\nlog {} https://log.example/\n", vkey("log", KeyKind::Log));
    for name in ["X1", "X2", "X3", "Y1", "Y2", "Y3"] {
        text += &format!("\twitness {name}  {}\n", vkey(name, KeyKind::Witness));
    }
    text + "group X 2 X1 X2 X3\ngroup Y any Y1 Y2 Y3\ngroup both all X Y\nquorum both\n"
}

#[test]
fn a_group_needs_its_threshold() {
    let policy = Policy::parse(&example()).unwrap();
    assert_eq!((policy.logs().len(), policy.witnesses().len()), (1, 6));
    let is_quorum = |witnesses: &[usize]| {
        let cosigned: Vec<_> = witnesses.iter().map(|witness| Cosigned { witness: *witness, time_s: 0 }).collect();
        policy.is_quorum(&cosigned)
    };
    for (witnesses, enough) in [
        (vec![], false),
        (vec![0, 1, 2], false),
        (vec![0, 3, 4, 5], false),
        (vec![0, 2, 4], true),
        (vec![0, 1, 2, 3, 4, 5], true),
    ] {
        assert_eq!(is_quorum(&witnesses), enough, "{witnesses:?}");
    }
}

#[test]
fn the_quorum_may_be_none_or_one_witness() {
    let head = format!("log {}\nwitness w {}\n", vkey("log", KeyKind::Log), vkey("w", KeyKind::Witness));
    let none = Policy::parse(&format!("{head}quorum none\n")).unwrap();
    assert!(!none.needs_witnesses() && none.is_quorum(&[]));
    let one = Policy::parse(&format!("{head}quorum w\n")).unwrap();
    assert!(!one.is_quorum(&[]) && one.is_quorum(&[Cosigned { witness: 0, time_s: 0 }]));
}

#[test]
fn a_policy_that_says_two_things_is_refused() {
    let (log, witness) = (vkey("log", KeyKind::Log), vkey("w", KeyKind::Witness));
    let other = vkey("v", KeyKind::Witness);
    for wrong in [
        String::new(),
        format!("log {log}\n"),
        format!("log {witness}\nquorum none\n"),
        format!("witness w {log}\nquorum none\n"),
        format!("log {log}\nlog {log}\nquorum none\n"),
        format!("witness w {witness}\nwitness v {witness}\nquorum none\n"),
        format!("witness w {witness}\nwitness w {other}\nquorum none\n"),
        format!("witness none {witness}\nquorum none\n"),
        "quorum none\nquorum none\n".to_owned(),
        format!("quorum w\nwitness w {witness}\n"),
        format!("witness w {witness}\ngroup g 2 w\nquorum g\n"),
        format!("witness w {witness}\ngroup g 0 w\nquorum g\n"),
        format!("witness w {witness}\ngroup g any\nquorum g\n"),
        format!("witness w {witness}\ngroup g any w w\nquorum g\n"),
        format!("witness w {witness}\ngroup g any w\ngroup h any w\nquorum h\n"),
        format!("witness w {witness}\ngroup g any g\nquorum g\n"),
        "quorum none\nhello\n".to_owned(),
        "quorum none\r\n".to_owned(),
        "quorum none more\n".to_owned(),
    ] {
        assert!(Policy::parse(&wrong).is_err(), "{wrong:?}");
    }
    assert!(Policy::parse("# quorum\n  quorum\t none \n").is_ok(), "spaces and comments are skipped");
    let many: String =
        (0..33).map(|n| format!("witness w{n} {}\n", vkey(&format!("w{n}"), KeyKind::Witness))).collect();
    assert!(Policy::parse(&format!("{many}quorum none\n")).is_err());
}

#[test]
fn the_log_of_a_policy_opens_its_own_checkpoints_alone() {
    let log = signer("log", KeyKind::Log);
    let policy = Policy::parse(&example()).unwrap();
    let text = |origin: &str| Checkpoint { origin: origin.to_owned(), tree: Tree { size: 1, root: [1; 32] } }.to_text();
    assert!(policy.open(&log.sign_note(&text("log")).to_string()).is_ok());
    assert!(policy.open(&log.sign_note(&text("other")).to_string()).is_err(), "the origin is another log's");
    assert!(policy.open(&signer("other", KeyKind::Log).sign_note(&text("other")).to_string()).is_err());
}
