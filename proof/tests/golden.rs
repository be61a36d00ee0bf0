//! One small case with known answers for every published byte. The answers were computed by another program.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use hmac::{Hmac, Mac};
use live_jury_proof::checkpoint::{Checkpoint, SignedCheckpoint};
use live_jury_proof::entry::Entry;
use live_jury_proof::merkle::{Frontier, Tree, leaf_hash, root};
use live_jury_proof::note::{KeyKind, Signer, is_signed};
use live_jury_proof::receipt::{BatchHead, Receipt, sign_batch};
use live_jury_proof::row::{Row, row_tree};
use live_jury_proof::seal::{Ballot, CaseKey, seal_tree};
use live_jury_proof::statement::{Audit, Outcome, Raid, Rule, SealedBy, StatedOption, Statement, Sums};
use live_jury_proof::text::{array_from_hex, base64, from_hex, from_uuid, hex};
use live_jury_proof::ticket::{commitment, seed, ticket};
use live_jury_proof::tlog_proof::TlogProof;
use live_jury_proof::{CaseBytes, Hash, PseudonymBytes, sha256};
use sha2::Sha256;

const BALLOT_SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
const CASE: &str = "01a203b5-27b4-7ec3-865e-b9e2a7a1b202";
/// RFC 8032, section 7.1, test 1.
const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const KEY: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
/// Jurors with option, side and marks.
const BALLOTS: [(&str, u8, u8, u8); 3] = [("u_1", 0, 1, 9), ("u_2", 1, 2, 25), ("u_3", 0, 0, 0)];

fn case() -> CaseBytes {
    from_uuid(CASE).unwrap()
}

fn signer() -> Signer {
    Signer::new("jury.example.com/log/1", KeyKind::Log, &array_from_hex(SEED).unwrap()).unwrap()
}

/// The pseudonym that the server gives a juror.
fn pseudonym(sub: &str) -> PseudonymBytes {
    let mac = Hmac::<Sha256>::new_from_slice(BALLOT_SECRET).unwrap();
    let digest = mac.chain_update(case()).chain_update(sub).finalize().into_bytes();
    digest[..16].try_into().unwrap()
}

/// The seals, in the order of the jurors.
fn seals() -> Vec<Hash> {
    let key = CaseKey::derive(BALLOT_SECRET, &case());
    let seal = |(sub, option, side, marks)| {
        key.seal(&case(), &Ballot { pseudonym: pseudonym(sub), option, side, marks, change: 0 })
    };
    BALLOTS.into_iter().map(seal).collect()
}

fn statement() -> Statement {
    let mut seals = seals();
    seals.sort_unstable();
    let row = |(sub, option, ..): (&str, u8, u8, u8)| Row {
        pseudonym: pseudonym(sub),
        option,
        side: 0,
        called: None,
        counted: false,
    };
    let mut rows: Vec<Row> = BALLOTS.into_iter().map(row).collect();
    rows.sort_unstable_by_key(|row| row.pseudonym);
    let rows: Vec<u8> = rows.iter().flat_map(Row::to_bytes).collect();
    let option = |id: &str| StatedOption { id: id.to_owned(), abstains: false };
    Statement {
        case: case(),
        room: "live-42".to_owned(),
        brief: sha256(&[b"brief"]),
        recused: None,
        opened_ms: 1_795_358_533_556,
        sealed_ms: 1_795_358_833_556,
        sealed_by: SealedBy::Deadline,
        extended_s: 0,
        epoch: 1,
        lost: None,
        audit: Audit { lines: 2, hash: sha256(&[b"a\nb\n"]) },
        key: array_from_hex("662fd7a2f7fa20e8").unwrap(),
        options: vec![option("buyer"), option("merchant")],
        rule: Rule { quorum: 3, threshold: 5_000, band: 0, balanced: false, sides: None, panel: None, raid: Raid::Off },
        draw: None,
        beacon: None,
        called: vec![],
        outcome: Outcome::Decided(0),
        ballots: 3,
        sums: Some(Sums { counts: vec![2, 1], ..Sums::default() }),
        seals: seal_tree(&seals).unwrap(),
        rows: Some(row_tree(&rows)),
        appeal_of: None,
    }
}

#[test]
fn seals_and_rows_are_those_of_the_golden_case() {
    assert_eq!(hex(&pseudonym("u_1")), "15c0ed8afef5c2557db953cdfdf825b3");
    assert_eq!(hex(&seals()[0]), "f184dbd3f4f1ce6b6545b7b861a5d82d08cc5cfdf94582b8c17124c29e8feabb");
    let statement = statement();
    assert_eq!(base64(&statement.seals.root), "mHlfi65apCqHKnGc/rYIrfsPIOUOY7CiNrwKunrZhU4=");
    assert_eq!(base64(&statement.rows.unwrap().root), "chRkACc8hX72xWm28BwgMhPhNjiafu8lWeo5cfyjAlQ=");
}

#[test]
fn the_statement_is_that_of_the_golden_case() {
    let text = statement().to_text().unwrap();
    assert_eq!(text.len(), 511, "{text}");
    assert_eq!(hex(&sha256(&[text.as_bytes()])), "2983d078ae85ab60e4ae2cbfa2ef09dfdf902db0cddc788777b391c76ebfa4a0");
    assert_eq!(Statement::parse(&text), Ok(statement()));
}

#[test]
fn the_checkpoint_is_that_of_the_golden_case() {
    let entry = Entry::of_statement(&case(), &statement().to_text().unwrap()).to_text();
    assert_eq!(entry.len(), 151);
    let mut log = Frontier::default();
    log.push(leaf_hash(entry.as_bytes()));
    let tree = Tree { size: log.size(), root: log.root() };
    let checkpoint = Checkpoint { origin: "jury.example.com/log/1".to_owned(), tree };
    let note = signer().sign_note(&checkpoint.to_text()).to_string();
    assert_eq!(note.len(), 191, "{note}");
    assert_eq!(hex(&sha256(&[note.as_bytes()])), "e231abb47c1f5ecf0ba322fdf00468cdfba54a552c15c6063b8ebcc7b3c6720e");

    let opened = SignedCheckpoint::open(&note, signer().verifier(), &[]).unwrap();
    assert_eq!(opened.checkpoint, checkpoint);
    let extra = Some(entry.clone().into_bytes());
    let proof = TlogProof { extra, index: 0, path: vec![], checkpoint: note };
    assert_eq!(
        TlogProof::parse(&proof.to_string()).unwrap().verify(entry.as_bytes(), signer().verifier(), &[]),
        Ok(opened)
    );
}

#[test]
fn the_receipt_is_that_of_the_golden_case() {
    let head = BatchHead { case: case(), epoch: 1, node: 0x0102_0304_0506_0708, batch: 0, changes_allowed: false };
    let receipts = sign_batch(&signer(), head, &seals()).unwrap();
    let bytes = receipts[1].to_bytes();
    assert_eq!(bytes.len(), 210);
    assert_eq!(hex(&sha256(&[&bytes])), "3ebaccfa0e3d072de949c6937d9651b911cfc56dfa54973859dc38cdec218454");
    assert_eq!(Receipt::parse(&bytes).unwrap().verify(signer().verifier()), Ok(()));
}

#[test]
fn the_draw_is_that_of_the_golden_case() {
    let nonce = [7; 32];
    let seed = seed(&nonce, &case(), &[]);
    assert_eq!(hex(&seed), "b660a874b786e62621004f63199c70304b8ffee30a29194eb023924f1e6b1faf");
    let tickets = ["u_1", "u_3", "u_2"].map(|sub| hex(&ticket(&seed, &pseudonym(sub)).to_be_bytes()));
    assert_eq!(tickets, ["236b92047e9fcd43", "77d109d2bd5a3682", "c5be6561d079e52b"]);
    assert_eq!(commitment(&nonce), sha256(&[b"live-jury commit v1\n", &nonce]));
}

#[test]
fn the_key_signs_as_rfc_8032_says() {
    let signature = signer().sign(b"");
    assert_eq!(
        hex(&signature),
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595b\
         be24655141438e7a100b"
    );
    assert_eq!(hex(signer().verifier().key()), KEY);
    assert!(is_signed(&array_from_hex(KEY).unwrap(), b"", &signature));
    assert!(!is_signed(&array_from_hex(KEY).unwrap(), b"a", &signature));
}

#[test]
fn a_known_tree_has_its_known_root() {
    let leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    let leaves: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(&from_hex(leaf).unwrap())).collect();
    assert_eq!(hex(&root(&leaves)), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
}

#[test]
fn a_checkpoint_passes_for_no_receipt() {
    // Both are signed by one key. The second line of a receipt is never a size, and that of a checkpoint always is.
    let text = statement().to_text().unwrap();
    let head = BatchHead { case: case(), epoch: 1, node: 1, batch: 0, changes_allowed: false };
    let receipt = live_jury_proof::receipt::batch_text(&head, 1, &sha256(&[text.as_bytes()]));
    assert!(Checkpoint::parse(&receipt).is_err() && receipt.starts_with("live-jury/receipt/v1\ncase "));
}
