//! Receipts: a juror's own device can prove that a ballot was taken, and nobody learns from it how the juror voted.
//! Tested through the public surface only, except that stories change Redis behind the server's back.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use live_jury_proof::Hash;
use live_jury_proof::note::VerifierKey;
use live_jury_proof::policy::Policy;
use live_jury_proof::receipt::{RECEIPT_BYTES_MAX, Receipt};
use live_jury_proof::seal::is_absent;
use live_jury_proof::statement::Statement;
use live_jury_proof::text::{from_base64, hex};
use live_jury_protocol::{BallotStatus, CaseId, ClientFrame, NoReceipt, Role, SealAnswer};
use live_jury_server::config::ReceiptSetting;
use live_jury_tests::api::{Api, case};
use live_jury_tests::juror::{Answer, Juror};
use live_jury_tests::node::Node;
use live_jury_tests::receipts::OwnReceipt;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{self, pseudonym, viewer};
use live_jury_verify::{Known, verify};
use serde_json::json;

use crate::faults::crowd;
use crate::verdict_log::{last_key, proof_of, seal_proof, signing_node};

const ROOM: &str = "live-42";
/// Jurors who ask at the same time.
const CROWD: usize = 40;
/// The bytes of a receipt before its seal: version, flags, case, epoch, node, batch, index and size. None is about a
/// juror.
const HEAD_BYTES: usize = 1 + 1 + 16 + 8 + 8 + 8 + 4 + 4;

/// Puts a ballot of nobody in the place of a juror's, or gives the juror's another option and mends the counts.
/// ARGV: the pseudonym in hexadecimal digits, and the one that takes its place, or nothing.
const FORGE: &str = "
local function bytes(hex) return (hex:gsub('..', function(two) return string.char(tonumber(two, 16)) end)) end
local juror, other = bytes(ARGV[1]), bytes(ARGV[2])
local ballot = redis.call('HGET', KEYS[2], juror)
if other ~= '' then
  redis.call('HDEL', KEYS[2], juror)
  return redis.call('HSET', KEYS[2], other, ballot)
end
redis.call('HSET', KEYS[2], juror, string.char(1 - ballot:byte(1)) .. ballot:sub(2))
local counts = {}
for count in redis.call('HGET', KEYS[1], 'counts'):gmatch('%d+') do counts[#counts + 1] = tonumber(count) end
local from = ballot:byte(1) + 1
counts[from], counts[3 - from] = counts[from] - 1, counts[3 - from] + 1
return redis.call('HSET', KEYS[1], 'counts', table.concat(counts, ','))
";

live_jury_tests::on_both! {
    a_receipt_names_a_seal_of_the_record
    jurors_who_ask_together_share_a_signature
    a_changed_ballot_is_replaced_as_allowed
    a_request_without_a_receipt_has_its_reason
    a_server_that_is_told_so_gives_no_receipts
    nothing_in_a_receipt_leads_to_a_juror
    a_receipt_and_a_cast_are_answered_in_their_order
}

fn parsed(receipt: &OwnReceipt) -> Receipt {
    let bytes = from_base64(&receipt.receipt).unwrap();
    assert!(bytes.len() <= RECEIPT_BYTES_MAX);
    let parsed = Receipt::parse(&bytes).unwrap();
    assert_eq!((&parsed.head.case, parsed.head.epoch), (receipt.case.0.as_bytes(), receipt.epoch));
    parsed
}

/// The log's key, once the log is signed.
async fn key_of(node: &Node, recorded: CaseId) -> VerifierKey {
    proof_of(&node.moderator(ROOM), recorded).await;
    last_key(&Api::new(node.address, None)).await
}

async fn statement(node: &Node, id: CaseId) -> Statement {
    let reply = node.moderator(ROOM).get(&format!("/cases/{id}/statement")).await;
    Statement::parse(&reply.text).unwrap()
}

/// Whether the record has this seal; the answer's proof is checked.
async fn is_recorded(node: &Node, id: CaseId, seal: &Hash) -> bool {
    let stated = statement(node, id).await.seals;
    let anybody = node.api(&viewer(ROOM, "anybody"));
    match anybody.get(&format!("/cases/{id}/seals/{}", hex(seal))).await.read(200) {
        SealAnswer::Present(found) => {
            let found = seal_proof(&found);
            assert!(found.is_in(&stated) && found.seal == *seal);
            true
        }
        SealAnswer::Absent { before, after } => {
            let (before, after) = (before.as_ref().map(seal_proof), after.as_ref().map(seal_proof));
            assert!(is_absent(seal, before.as_ref(), after.as_ref(), &stated));
            false
        }
    }
}

/// The verifier's words about a receipt.
async fn verdict_on(node: &Node, key: &VerifierKey, receipt: &OwnReceipt) -> String {
    // A viewer gets few files a minute.
    let anybody = node.api(&viewer(ROOM, &format!("{}-{}", receipt.epoch, hex(&parsed(receipt).seal))));
    let known = Known {
        policy: Some(Policy::of_log(key.clone())),
        seals: Some(anybody.bytes(&format!("/cases/{}/seals.bin", receipt.case)).await),
        receipts: vec![from_base64(&receipt.receipt).unwrap()],
        ..Known::default()
    };
    let bundle = anybody.bytes(&format!("/cases/{}/bundle", receipt.case)).await;
    let report = verify(&bundle, &known).unwrap().to_string();
    report.lines().find(|line| line.contains(" receipts ")).unwrap().to_owned()
}

async fn a_receipt_names_a_seal_of_the_record(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let node = signing_node(&stores, folder.path()).await;
    let moderator = node.moderator(ROOM);
    let open = moderator.create(ROOM, case(json!({}))).await.id;
    let mut ann = node.viewer(ROOM, "ann").await;
    let ballot = ann.vote(open, "buyer").await;
    let receipt = ann.receipt(open).await;
    assert_eq!((receipt.case, receipt.epoch, receipt.change), (open, ballot.epoch, ballot.change));
    let found = parsed(&receipt);
    assert!(!found.head.changes_allowed);

    node.viewer(ROOM, "bob").await.vote(open, "merchant").await;
    moderator.close(open).await;
    ann.wait_for_verdict(open).await;
    assert_eq!(ann.expect_no_receipt(&open.to_string(), NoReceipt::Ended).await, None);
    let key = key_of(&node, open).await;
    found.verify(&key).unwrap();
    assert!(is_recorded(&node, open, &found.seal).await);
    let told = verdict_on(&node, &key, &receipt).await;
    assert!(told.starts_with("good") && told.ends_with("in the verdict"), "{told}");
}

async fn jurors_who_ask_together_share_a_signature(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let node = signing_node(&stores, folder.path()).await;
    let open = node.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
    let mut jurors = crowd(node.address, open, CROWD).await;
    join_all(jurors.iter_mut().map(|juror| juror.vote(open, "buyer"))).await;
    let receipts = join_all(jurors.iter_mut().map(|juror| juror.receipt(open))).await;

    let receipts: Vec<Receipt> = receipts.iter().map(parsed).collect();
    let mut batches: BTreeMap<(u64, u64), (u32, BTreeSet<u32>)> = BTreeMap::new();
    for receipt in &receipts {
        let head = receipt.head;
        let batch = batches.entry((head.node, head.batch)).or_insert((receipt.size, BTreeSet::new()));
        assert!(batch.0 == receipt.size && batch.1.insert(receipt.index), "{receipt:?}");
    }
    assert!(batches.values().all(|(size, places)| places.len() == *size as usize), "{batches:?}");
    assert!(batches.len() < CROWD / 2, "they gather: {batches:?}");
    let seals: BTreeSet<Hash> = receipts.iter().map(|receipt| receipt.seal).collect();
    assert_eq!(seals.len(), CROWD, "each ballot has a seal of its own");
    node.moderator(ROOM).close(open).await;
    let key = key_of(&node, open).await;
    receipts.iter().for_each(|receipt| receipt.verify(&key).unwrap());
}

async fn a_changed_ballot_is_replaced_as_allowed(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let node = signing_node(&stores, folder.path()).await;
    let moderator = node.moderator(ROOM);
    let open = moderator
        .create(ROOM, case(json!({ "rules": { "quorum": 1, "reveal": "after_close", "allow_change": true } })))
        .await
        .id;
    let mut ann = node.viewer(ROOM, "ann").await;
    ann.vote(open, "buyer").await;
    let first = ann.receipt(open).await;
    assert!(matches!(ann.cast_change(open, "merchant", 1).await, Answer::Recorded(BallotStatus::Changed, _)));
    let second = ann.receipt(open).await;
    assert_eq!((first.change, second.change), (0, 1));
    assert!(parsed(&first).head.changes_allowed && parsed(&second).head.changes_allowed);

    moderator.close(open).await;
    let key = key_of(&node, open).await;
    assert!(!is_recorded(&node, open, &parsed(&first).seal).await);
    assert!(is_recorded(&node, open, &parsed(&second).seal).await);
    for (receipt, end) in [(&first, "replaced: allowed"), (&second, "in the verdict")] {
        let told = verdict_on(&node, &key, receipt).await;
        assert!(told.starts_with("good") && told.ends_with(end), "{told}");
    }
}

async fn a_request_without_a_receipt_has_its_reason(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let node = signing_node(&stores, folder.path()).await;
    let moderator = node.moderator(ROOM);
    let open = moderator.create(ROOM, case(json!({}))).await.id;
    let draft = moderator.create(ROOM, case(json!({ "open": false }))).await.id;
    let elsewhere = node.moderator("live-43").create("live-43", case(json!({}))).await.id;
    let mut ann = node.viewer(ROOM, "ann").await;
    ann.wait_for_case(open, |_| true).await;
    let never = CaseId(uuid::Uuid::now_v7());
    for (id, reason) in [
        (open.to_string(), NoReceipt::NoBallot),
        (draft.to_string(), NoReceipt::NoBallot),
        (elsewhere.to_string(), NoReceipt::UnknownCase),
        (never.to_string(), NoReceipt::UnknownCase),
        ("nonsense".to_owned(), NoReceipt::UnknownCase),
    ] {
        assert_eq!(ann.expect_no_receipt(&id, reason).await, None, "{id}");
    }
    for role in [Role::Moderator, Role::Host, Role::Overlay] {
        let mut other = node.join_as(role, ROOM).await;
        other.expect_no_receipt(&open.to_string(), NoReceipt::NotAJuror).await;
    }
    let mut watching = tokens::claims(Role::Viewer, ROOM, "eve");
    watching.anon = true;
    let mut eve = Juror::join(node.address, ROOM, &tokens::sign(&watching)).await;
    eve.expect_no_receipt(&open.to_string(), NoReceipt::NotAJuror).await;
}

async fn a_server_that_is_told_so_gives_no_receipts(stores: Stores) {
    let node = stores.node_with(|settings| settings.log.receipts = ReceiptSetting::Off).await;
    let open = node.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
    let mut ann = node.viewer(ROOM, "ann").await;
    ann.vote(open, "buyer").await;
    assert_eq!(ann.expect_no_receipt(&open.to_string(), NoReceipt::Off).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_a_log_key_gives_no_receipts() {
    // With PostgreSQL nothing makes a key.
    let stores = Stores::servers();
    let node = stores.node().await;
    let open = node.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
    let mut ann = node.viewer(ROOM, "ann").await;
    ann.vote(open, "buyer").await;
    assert_eq!(ann.expect_no_receipt(&open.to_string(), NoReceipt::Off).await, None);
}

async fn nothing_in_a_receipt_leads_to_a_juror(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let node = signing_node(&stores, folder.path()).await;
    let mut ann = node.viewer(ROOM, "ann").await;
    let mut tails: Vec<Vec<u8>> = Vec::new();
    for _ in 0..2 {
        let open = node.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
        ann.vote(open, "buyer").await;
        let receipt = ann.receipt(open).await;
        let bytes = from_base64(&receipt.receipt).unwrap();
        let own = pseudonym(open, "ann");
        assert!(!hex(&bytes).contains(&own) && !ann.texts.last().unwrap().contains(&own));
        tails.push(bytes[HEAD_BYTES..].to_vec());
    }
    let [first, second] = &tails[..] else { panic!("there are two receipts") };
    let pieces: BTreeSet<&[u8]> = first.windows(8).collect();
    assert!(second.windows(8).all(|piece| !pieces.contains(piece)), "two receipts of one juror have a part in common");
}

async fn a_receipt_and_a_cast_are_answered_in_their_order(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let node = signing_node(&stores, folder.path()).await;
    let open = node
        .moderator(ROOM)
        .create(ROOM, case(json!({ "rules": { "reveal": "after_close", "allow_change": true } })))
        .await
        .id;
    let mut ann = node.viewer(ROOM, "ann").await;
    ann.vote(open, "buyer").await;
    let request = Some("r7".to_owned());
    ann.send(&ClientFrame::Receipt { case: open.to_string(), request: request.clone() }).await;
    ann.send_cast(&open.to_string(), "merchant", Some(1)).await;
    ann.send_receipt_request(&open.to_string()).await;
    let Answer::Receipt(first) = ann.answer().await else { panic!("the receipt comes first") };
    assert_eq!((first.change, first.request), (0, request));
    assert!(matches!(ann.answer().await, Answer::Recorded(BallotStatus::Changed, _)));
    let Answer::Receipt(second) = ann.answer().await else { panic!("the second receipt comes last") };
    assert_eq!((second.change, second.request), (1, None));
}

/// The owner of Redis takes out a ballot and puts one of nobody in its place, and changes another one. The counts fit,
/// and so do the numbers of ballots that nodes have acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_proves_that_a_ballot_was_removed_or_changed() {
    let mut stores = Stores::servers();
    let folder = tempfile::tempdir().unwrap();
    let node = signing_node(&stores, folder.path()).await;
    let open = node.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
    let mut receipts = Vec::new();
    for (sub, option) in [("ann", "buyer"), ("bob", "buyer"), ("cid", "merchant")] {
        let mut juror = node.viewer(ROOM, sub).await;
        juror.vote(open, option).await;
        receipts.push(juror.receipt(open).await);
    }
    let keys = [format!("lj:{{{open}}}:case"), format!("lj:{{{open}}}:ballots")];
    let mut forge = |sub: &str, other: &str| {
        stores.redis().command(&["EVAL", FORGE, "2", &keys[0], &keys[1], &pseudonym(open, sub), other]);
    };
    forge("ann", &"77".repeat(16));
    forge("bob", "");

    let ended = node.moderator(ROOM).close(open).await;
    let verdict = ended.verdict.unwrap();
    assert_eq!((ended.epoch, verdict.ballots), (1, 3), "nobody noticed");
    let key = key_of(&node, open).await;
    let [ann, bob, cid] = &receipts[..] else { panic!("there are three receipts") };
    for receipt in [ann, bob] {
        parsed(receipt).verify(&key).unwrap();
        assert!(!is_recorded(&node, open, &parsed(receipt).seal).await);
        let told = verdict_on(&node, &key, receipt).await;
        assert!(told.starts_with("FAILED") && told.ends_with("is not in the verdict"), "{told}");
    }
    assert!(is_recorded(&node, open, &parsed(cid).seal).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_of_a_lost_epoch_is_told_as_such() {
    let mut stores = Stores::servers();
    let folder = tempfile::tempdir().unwrap();
    let node = signing_node(&stores, folder.path()).await;
    let open = node.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
    let mut ann = node.viewer(ROOM, "ann").await;
    ann.vote(open, "buyer").await;
    let lost = ann.receipt(open).await;
    stores.redis().flush();
    ann.wait_for_case(open, |case| case.epoch > 1).await;
    ann.cast_until_recorded(open, "buyer").await;
    let again = ann.receipt(open).await;
    assert_eq!((lost.epoch, again.epoch), (1, 2));
    node.moderator(ROOM).close_after_loss(open).await;
    let key = key_of(&node, open).await;
    // The seal is the same in both epochs, so the ballot is in the record: the epoch alone tells them apart.
    for (receipt, end) in [(&lost, "of a lost epoch"), (&again, "in the verdict")] {
        let told = verdict_on(&node, &key, receipt).await;
        assert!(told.starts_with("good") && told.ends_with(end), "{told}");
    }
}

/// A store that has lost the case knows nothing about a ballot. It must not say that there is none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_store_that_is_away_says_that_there_is_no_ballot() {
    let mut stores = Stores::servers();
    let (proxy, redis) = stores.redis_proxy().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("log-key"), "0123456789abcdef".repeat(4)).unwrap();
    let node = stores
        .node_with(|settings| {
            settings.redis = Some(redis);
            settings.log.key = Some(folder.path().join("log-key"));
        })
        .await;
    let open = node.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
    let mut ann = node.viewer(ROOM, "ann").await;
    ann.vote(open, "buyer").await;
    proxy.refuse();
    let retry_after_ms = ann.expect_no_receipt(&open.to_string(), NoReceipt::Unavailable).await;
    assert!(retry_after_ms.is_some());
    proxy.restore();
    let receipt = loop {
        ann.send_receipt_request(&open.to_string()).await;
        match ann.answer().await {
            Answer::Receipt(receipt) => break receipt,
            Answer::NoReceipt(NoReceipt::Unavailable, Some(_)) => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(receipt.epoch, 1);

    // Until the loss is filed, the answer is not that there is no ballot.
    stores.redis().flush();
    ann.send_receipt_request(&open.to_string()).await;
    match ann.answer().await {
        Answer::NoReceipt(NoReceipt::Unavailable, Some(_)) => {}
        // The next epoch was quicker, and has no ballots yet.
        Answer::NoReceipt(NoReceipt::NoBallot, None) => {
            ann.wait_for_case(open, |case| case.epoch > 1).await;
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_node_gives_a_receipt_of_a_ballot() {
    let stores = Stores::servers();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let here = signing_node(&stores, folders[0].path()).await;
    let there = signing_node(&stores, folders[1].path()).await;
    let open = here.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
    let mut ann = here.viewer(ROOM, "ann").await;
    ann.vote(open, "buyer").await;
    let mut elsewhere = there.viewer(ROOM, "ann").await;
    elsewhere.wait_for_case(open, |_| true).await;
    let receipts = [ann.receipt(open).await, elsewhere.receipt(open).await];
    here.moderator(ROOM).close(open).await;
    let key = key_of(&here, open).await;
    let [first, second] = receipts.map(|receipt| parsed(&receipt));
    for receipt in [&first, &second] {
        receipt.verify(&key).unwrap();
        assert!(is_recorded(&there, open, &receipt.seal).await);
    }
    assert_eq!(first.seal, second.seal, "there is one ballot");
    assert_ne!(first.head.node, second.head.node, "each start of a node has its own number");
}
