//! Witnesses of the log: an honest one, a slow one, and ones that lie or know more than the database.

use std::path::Path;

use live_jury_proof::note::{KeyKind, Signer, VerifierKey};
use live_jury_proof::policy::Policy;
use live_jury_proof::tlog_proof::TlogProof;
use live_jury_protocol::CaseId;
use live_jury_tests::api::Api;
use live_jury_tests::in_time;
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::witness::{Conduct, Witness};
use live_jury_verify::{Known, verify};

use super::{ROOM, SIGNED_RETRY, forget_log, log_mark, proof_of, recorded, text, wait_for_signed};

/// The log's public address, so that its name does not depend on a port.
const PUBLIC_URL: &str = "https://jury.example.com";
const ORIGIN: &str = "jury.example.com/log/1";

live_jury_tests::on_both! {
    a_witness_signs_what_continues_the_log
    a_slow_witness_delays_no_proof
    a_lying_witness_adds_nothing
    a_witness_that_knows_more_ends_the_signing
    a_witness_notices_another_log
}

fn log_key() -> VerifierKey {
    let seed = std::array::from_fn(|at| [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef][at % 8]);
    Signer::new(ORIGIN, KeyKind::Log, &seed).unwrap().verifier().clone()
}

async fn node(stores: &Stores, folder: &Path, witnesses: &[&Witness]) -> Node {
    let key = folder.join("log-key");
    std::fs::write(&key, "0123456789abcdef".repeat(4)).unwrap();
    let witnesses = witnesses.iter().map(|witness| witness.setting().parse().unwrap()).collect();
    stores
        .node_with(|settings| {
            settings.public_url = Some(PUBLIC_URL.parse().unwrap());
            settings.log.key = Some(key);
            settings.log.witnesses = witnesses;
        })
        .await
}

/// A policy that asks for all of these witnesses.
fn policy(witnesses: &[&Witness]) -> Policy {
    let names: Vec<String> = (0..witnesses.len()).map(|n| format!("w{n}")).collect();
    let lines = names.iter().zip(witnesses).map(|(name, witness)| format!("witness {name} {}\n", witness.key()));
    let lines: String = lines.collect();
    let text = format!("log {}\n{lines}group all all {}\nquorum all\n", log_key(), names.join(" "));
    Policy::parse(&text).unwrap()
}

fn is_signed_by_all(proof: &TlogProof, policy: &Policy) -> bool {
    policy.is_quorum(&policy.open(&proof.checkpoint).unwrap().cosigned)
}

/// Asks until the witnesses have signed the case's checkpoint.
async fn cosigned_proof(api: &Api, id: CaseId, witnesses: &[&Witness]) -> TlogProof {
    let policy = policy(witnesses);
    let asking = async {
        loop {
            let proof = proof_of(api, id).await;
            if is_signed_by_all(&proof, &policy) {
                break proof;
            }
            tokio::time::sleep(SIGNED_RETRY).await;
        }
    };
    in_time("the witnesses have signed", asking).await
}
async fn a_witness_signs_what_continues_the_log(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let witness = Witness::start("witness.example.com", 1, &log_key(), Conduct::Honest).await;
    let stranger = Witness::start("stranger.example.com", 2, &log_key(), Conduct::Honest).await;
    let first_node = node(&stores, folder.path(), &[&witness]).await;
    let first = recorded(&first_node).await;
    let moderator = first_node.moderator(ROOM);
    cosigned_proof(&moderator, first, &[&witness]).await;
    assert_eq!((witness.answers(), witness.known().size), (vec![200], 1), "the first entry continues nothing");
    let anybody = Api::new(first_node.address, None);
    let checkpoint = text(&anybody, "/log/1/checkpoint").await;
    assert!(policy(&[&witness]).is_quorum(&policy(&[&witness]).open(&checkpoint).unwrap().cosigned));
    let bundle = text(&moderator, &format!("/cases/{first}/bundle")).await;
    for (witnesses, exit) in [(&[&witness][..], 0), (&[&witness, &stranger], 1)] {
        let known = Known { policy: Some(policy(witnesses)), ..Known::default() };
        assert_eq!(verify(bundle.as_bytes(), &known).unwrap().exit_code(), exit);
    }
    first_node.stop().await;

    // A node that starts knows no size of the witness, and learns it.
    let second_node = node(&stores, folder.path(), &[&witness]).await;
    let second = recorded(&second_node).await;
    let proof = cosigned_proof(&second_node.moderator(ROOM), second, &[&witness]).await;
    assert_eq!((proof.index, witness.known().size), (1, 2));
    assert_eq!(witness.answers(), [200, 409, 200, 200]);
}

/// The database is a copy of an earlier state, whose last checkpoint the witness has signed. The node's own file is
/// gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_was_put_back_is_not_signed_once_more() {
    let (stores, folder) = (Stores::embedded(), tempfile::tempdir().unwrap());
    let witness = Witness::start("witness.example.com", 1, &log_key(), Conduct::Honest).await;
    let backup = folder.path().join("backup");
    for is_backup in [true, false] {
        let node = node(&stores, folder.path(), &[&witness]).await;
        let case = recorded(&node).await;
        cosigned_proof(&node.moderator(ROOM), case, &[&witness]).await;
        node.stop().await;
        if is_backup {
            std::fs::copy(stores.file(), &backup).unwrap();
        }
    }
    std::fs::copy(&backup, stores.file()).unwrap();
    std::fs::remove_file(folder.path().join("log-key.state")).unwrap();

    let answers = witness.answers().len();
    let node = node(&stores, folder.path(), &[&witness]).await;
    let third = recorded(&node).await;
    witness.wait_for_answers(answers + 1).await;
    wait_for_signed(&node, false).await;
    let refused = node.moderator(ROOM).get(&format!("/cases/{third}/verdict.tlog-proof")).await;
    assert_eq!(refused.problem(409).0, "not_logged");
    assert_eq!(Api::new(node.address, None).get("/log/1/tile/0/000.p/2").await.status, 404, "nothing more is signed");
}

async fn a_slow_witness_delays_no_proof(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let slow = Witness::start("slow.example.com", 1, &log_key(), Conduct::Slow).await;
    let honest = Witness::start("witness.example.com", 2, &log_key(), Conduct::Honest).await;
    let node = node(&stores, folder.path(), &[&slow, &honest]).await;
    let case = recorded(&node).await;
    slow.wait_for_questions(1).await;
    let moderator = node.moderator(ROOM);
    assert_eq!(moderator.get(&format!("/cases/{case}/verdict.tlog-proof")).await.status, 200);
    assert!(slow.answers().is_empty(), "it is still being asked");
    cosigned_proof(&moderator, case, &[&honest]).await;
    wait_for_signed(&node, true).await;
}

async fn a_lying_witness_adds_nothing(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let forger = Witness::start("forger.example.com", 1, &log_key(), Conduct::Forges).await;
    let liar = Witness::start("liar.example.com", 2, &log_key(), Conduct::SignsAnother).await;
    let honest = Witness::start("witness.example.com", 3, &log_key(), Conduct::Honest).await;
    let node = node(&stores, folder.path(), &[&forger, &liar, &honest]).await;
    let case = recorded(&node).await;
    let proof = cosigned_proof(&node.moderator(ROOM), case, &[&honest]).await;
    assert_eq!((forger.answers(), liar.answers()), (vec![200], vec![200]));
    for name in ["forger.example.com", "liar.example.com"] {
        assert!(!proof.checkpoint.contains(name), "{}", proof.checkpoint);
    }
    wait_for_signed(&node, true).await;
}

/// A witness may err. Its operator's word, or another start without it, ends that.
async fn a_witness_that_knows_more_ends_the_signing(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let witness = Witness::start("witness.example.com", 1, &log_key(), Conduct::Claims(9)).await;
    let asked = node(&stores, folder.path(), &[&witness]).await;
    let first = recorded(&asked).await;
    proof_of(&asked.moderator(ROOM), first).await;
    witness.wait_for_answers(1).await;
    wait_for_signed(&asked, false).await;
    let second = recorded(&asked).await;
    let refused = asked.moderator(ROOM).get(&format!("/cases/{second}/verdict.tlog-proof")).await;
    assert_eq!(refused.problem(409).0, "not_logged");
    let admin = Api::new(asked.admin, None).get("/readyz").await;
    assert_eq!(admin.status, 200, "verdicts are recorded all the same: {}", admin.text);
    asked.stop().await;
    let alone = node(&stores, folder.path(), &[]).await;
    proof_of(&alone.moderator(ROOM), second).await;
}

/// The database is put back, and the node's own file and the mark in Redis are gone, too.
async fn a_witness_notices_another_log(mut stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let witness = Witness::start("witness.example.com", 1, &log_key(), Conduct::Honest).await;
    let before = node(&stores, folder.path(), &[&witness]).await;
    let first = recorded(&before).await;
    cosigned_proof(&before.moderator(ROOM), first, &[&witness]).await;
    before.stop().await;
    forget_log(&stores).await;
    std::fs::remove_file(folder.path().join("log-key.state")).unwrap();
    if stores.try_database().is_some() {
        let mark = log_mark(&stores).await;
        stores.redis().command(&["DEL", &mark]);
    }

    let known = witness.known();
    let after = node(&stores, folder.path(), &[&witness]).await;
    let answers = witness.answers().len();
    recorded(&after).await;
    // The first tells the size, the second that the root of this size is another one.
    witness.wait_for_answers(answers + 2).await;
    assert_eq!(witness.answers()[answers..], [409, 409]);
    wait_for_signed(&after, false).await;
    let second = recorded(&after).await;
    let refused = after.moderator(ROOM).get(&format!("/cases/{second}/verdict.tlog-proof")).await;
    assert_eq!(refused.problem(409).0, "not_logged");
    assert_eq!(witness.known(), known, "it signs no second log");
}
