//! The log of verdicts: what anybody can check of a recorded case, with the public routes alone.

mod witnesses;

use std::path::Path;
use std::time::Duration;

use live_jury_proof::bundle::{Bundle, REST_BYTES};
use live_jury_proof::checkpoint::SignedCheckpoint;
use live_jury_proof::entry::Entry;
use live_jury_proof::merkle::{Tree, leaf_hash, root};
use live_jury_proof::note::VerifierKey;
use live_jury_proof::policy::Policy;
use live_jury_proof::row::{ROW_BYTES, parse_rows, row_leaves, row_tree};
use live_jury_proof::seal::{SealProof, is_absent};
use live_jury_proof::statement::{Outcome, Statement};
use live_jury_proof::text::{array_from_hex, from_base64, hash_from_base64, hex};
use live_jury_proof::tiles::parse_entry_bundle;
use live_jury_proof::tlog_proof::TlogProof;
use live_jury_proof::{Hash, sha256};
use live_jury_protocol::{AuditEntry, BallotProof, Case, CaseId, CaseProof, Page, Role, SealAnswer, SealInRecord};
use live_jury_tests::api::{Api, Reply, case};
use live_jury_tests::in_time;
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{self, viewer};
use live_jury_verify::{Known, verify};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

const ROOM: &str = "live-42";
/// The time between two questions whether the log is signed.
const SIGNED_RETRY: Duration = Duration::from_millis(100);

live_jury_tests::on_both! {
    anybody_can_check_a_verdict
    a_void_case_is_an_entry_too
    an_edit_names_its_fields_and_the_brief_that_came_of_it
    the_opening_is_for_an_auditor_alone
    a_case_that_is_not_recorded_has_no_proof
    a_log_that_was_put_back_is_not_signed
}

/// A node that signs its log, with a key in a file beside the stores.
pub async fn signing_node(stores: &Stores, folder: &Path) -> Node {
    numbered_node(stores, folder, 1).await
}

async fn numbered_node(stores: &Stores, folder: &Path, number: u32) -> Node {
    let key = folder.join("log-key");
    if !key.exists() {
        std::fs::write(&key, "0123456789abcdef".repeat(4)).unwrap();
    }
    stores
        .node_with(|settings| {
            settings.log.key = Some(key);
            settings.log.number = number;
        })
        .await
}

/// Asks until the log is signed up to the case.
pub async fn proof_of(api: &Api, id: CaseId) -> TlogProof {
    let path = format!("/cases/{id}/verdict.tlog-proof");
    let asking = async {
        loop {
            let reply = api.get(&path).await;
            if reply.status != 409 {
                break reply;
            }
            assert_eq!(reply.problem(409).0, "not_logged");
            tokio::time::sleep(SIGNED_RETRY).await;
        }
    };
    let reply: Reply = in_time("the log is signed", asking).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    TlogProof::parse(&reply.text).unwrap()
}

async fn text(api: &Api, path: &str) -> String {
    let reply = api.get(path).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    reply.text
}

/// The public key of the last log.
pub async fn last_key(anybody: &Api) -> VerifierKey {
    VerifierKey::parse(text(anybody, "/log/keys").await.lines().last().unwrap()).unwrap()
}

async fn wait_for_signed(node: &Node, signed: bool) {
    let admin = Api::new(node.admin, None);
    let asking = async {
        while serde_json::from_str::<Value>(&admin.get("/readyz").await.text).unwrap()["signed"] != signed {
            tokio::time::sleep(SIGNED_RETRY).await;
        }
    };
    in_time("the node says whether it signs", asking).await;
}

/// Checks a case's statement against the log, and returns it.
async fn checked(api: &Api, key: &VerifierKey, id: CaseId) -> (Statement, TlogProof) {
    let proof = proof_of(api, id).await;
    let statement = text(api, &format!("/cases/{id}/statement")).await;
    let entry = Entry::of_statement(id.0.as_bytes(), &statement).to_text();
    assert_eq!(proof.extra.as_deref(), Some(entry.as_bytes()));
    proof.verify(entry.as_bytes(), key, &[]).unwrap();
    (Statement::parse(&statement).unwrap(), proof)
}

/// The verifier finds nothing wrong in a bundle, and does in one with another count.
fn assert_verified(bundle: &str, key: &VerifierKey) {
    let known = Known { policy: Some(Policy::of_log(key.clone())), ..Known::default() };
    let report = verify(bundle.as_bytes(), &known).unwrap();
    assert_eq!(report.exit_code(), 0, "{report}");
    let forged = bundle.replacen("\\nballots ", "\\nballots 1", 1);
    assert!(verify(forged.as_bytes(), &known).map_or(true, |report| report.exit_code() == 1));
}

fn path(of: &[String]) -> Vec<Hash> {
    of.iter().map(|hash| hash_from_base64(hash).unwrap()).collect()
}

pub fn seal_proof(of: &SealInRecord) -> SealProof {
    SealProof { seal: array_from_hex(&of.seal).unwrap(), index: of.index, path: path(&of.path) }
}

async fn anybody_can_check_a_verdict(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let node = signing_node(&stores, folder.path()).await;
    let moderator = node.moderator(ROOM);
    let open = moderator.create(ROOM, case(json!({ "rules": { "quorum": 2, "recused": ["mallory"] } }))).await;
    for (sub, option) in [("ann", "buyer"), ("bob", "merchant"), ("cat", "buyer")] {
        node.viewer(ROOM, sub).await.vote(open.id, option).await;
    }
    moderator.close(open.id).await;
    let (ann, anybody) = (node.api(&viewer(ROOM, "ann")), Api::new(node.address, None));
    let key = {
        proof_of(&ann, open.id).await;
        last_key(&anybody).await
    };
    let (statement, proof) = checked(&ann, &key, open.id).await;

    assert_eq!((statement.outcome, statement.ballots), (Outcome::Decided(0), 3));
    let sums = statement.sums.as_ref().unwrap();
    assert_eq!(sums.counts, [2, 1, 0]);
    assert_eq!(statement.recused.as_ref().map(|recused| recused.count), Some(1));
    let brief = text(&ann, &format!("/cases/{}/brief", open.id)).await;
    assert_eq!(sha256(&[brief.as_bytes()]), statement.brief);
    assert!(brief.starts_with(r#"{"format":"live-jury/brief/v1","#) && !brief.contains("mallory"), "{brief}");

    // The log's own files, without a token.
    let checkpoint = text(&anybody, "/log/1/checkpoint").await;
    assert_eq!(checkpoint, proof.checkpoint);
    let signed = SignedCheckpoint::open(&checkpoint, &key, &[]).unwrap();
    assert_eq!(signed.checkpoint.tree.size, 1);
    let entries = anybody.bytes("/log/1/tile/entries/000.p/1").await;
    let entries = parse_entry_bundle(&entries).unwrap();
    assert_eq!(entries, [proof.extra.as_deref().unwrap()]);
    assert_eq!(anybody.bytes("/log/1/tile/0/000.p/1").await, leaf_hash(entries[0]));
    let beyond = anybody.get("/log/1/tile/0/000.p/2").await;
    assert_eq!(beyond.status, 404, "nothing is served beyond the signed size");
    assert_eq!(anybody.get("/log/2/checkpoint").await.status, 404);

    // Ann's own ballot.
    let own: CaseProof = ann.get(&format!("/cases/{}/proof", open.id)).await.read(200);
    let ballot: BallotProof = own.ballot.unwrap();
    let in_record = SealInRecord { seal: ballot.seal, index: ballot.index, size: ballot.size, path: ballot.path };
    assert!(seal_proof(&in_record).is_in(&statement.seals));
    assert_eq!(ballot.tracker, tokens::pseudonym(open.id, "ann"));
    let rows = ballot.rows.unwrap();
    let leaf = from_base64(&rows.bytes).unwrap();
    let of_ann = parse_rows(&leaf).unwrap()[usize::try_from(rows.place).unwrap()];
    assert_eq!((hex(&of_ann.pseudonym), of_ann.option), (ballot.tracker, 0));
    let leaves: Vec<Hash> = row_leaves(&leaf).collect();
    assert_eq!((statement.rows, rows.path.len()), (Some(Tree { size: 1, root: root(&leaves) }), 0));
    let stranger: CaseProof = node.api(&viewer(ROOM, "dan")).get(&format!("/cases/{}/proof", open.id)).await.read(200);
    assert_eq!(stranger.ballot, None);

    // A seal that nobody made lies between two others.
    let invented: Hash = [0x77; 32];
    let answer: SealAnswer = ann.get(&format!("/cases/{}/seals/{}", open.id, hex(&invented))).await.read(200);
    let SealAnswer::Absent { before, after } = answer else { panic!("{answer:?}") };
    let (before, after) = (before.as_ref().map(seal_proof), after.as_ref().map(seal_proof));
    assert!(is_absent(&invented, before.as_ref(), after.as_ref(), &statement.seals));
    let found: SealAnswer = ann.get(&format!("/cases/{}/seals/{}", open.id, in_record.seal)).await.read(200);
    assert_eq!(found, SealAnswer::Present(in_record));

    // One file for everything, and the verifier that reads it.
    let bundle = text(&ann, &format!("/cases/{}/bundle", open.id)).await;
    assert_verified(&bundle, &key);
    let bundle = Bundle::parse(bundle.as_bytes()).unwrap();
    let rows = bundle.rows.unwrap();
    assert_eq!((rows.len(), Some(row_tree(&rows))), (3 * ROW_BYTES, statement.rows));
    assert_eq!((bundle.audit, bundle.brief), (None, Some(brief)));
    assert_eq!(ann.bytes(&format!("/cases/{}/rows.bin", open.id)).await, rows);
    assert_eq!(ann.bytes(&format!("/cases/{}/seals.bin", open.id)).await.len(), 3 * 32);
    let full = text(&moderator, &format!("/cases/{}/bundle", open.id)).await;
    assert_verified(&full, &key);
    let full = Bundle::parse(full.as_bytes()).unwrap();
    let audit = full.audit.unwrap();
    assert_eq!(audit.lines().count() as u64, statement.audit.lines);
    assert_eq!(sha256(&[audit.as_bytes()]), statement.audit.hash);
    assert_eq!(full.opening, None);

    // The case itself names its entry.
    let shown: Case = ann.get(&format!("/cases/{}", open.id)).await.read(200);
    let place = shown.verdict.unwrap().log.unwrap();
    assert_eq!((place.origin.as_str(), place.index), (key.name(), proof.index));
}

async fn the_opening_is_for_an_auditor_alone(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let node = signing_node(&stores, folder.path()).await;
    let moderator = node.moderator(ROOM);
    let open = moderator.create(ROOM, case(json!({}))).await;
    node.viewer(ROOM, "ann").await.vote(open.id, "buyer").await;
    moderator.close(open.id).await;
    proof_of(&moderator, open.id).await;
    let key = last_key(&Api::new(node.address, None)).await;
    let path = format!("/cases/{}/bundle?opening=1", open.id);
    for caller in [&moderator, &node.api(&viewer(ROOM, "ann")), &node.api(&tokens::token(Role::Platform, "*", "shop"))]
    {
        assert_eq!(caller.get(&path).await.problem(403).0, "forbidden");
    }
    let unasked = moderator.get(&format!("/cases/{}/bundle?opening=yes", open.id)).await;
    assert_eq!(unasked.status, 422, "{}", unasked.text);
    let trail = |text: &str| text.matches("opened_seals").count();
    let audit = format!("/cases/{}/audit", open.id);
    assert_eq!(trail(&text(&moderator, &audit).await), 0);

    let bundle = text(&node.moderator("*"), &path).await;
    assert_verified(&bundle, &key);
    let bundle = Bundle::parse(bundle.as_bytes()).unwrap();
    assert_eq!(bundle.opening.unwrap().rest.len(), REST_BYTES);
    assert_eq!(trail(&text(&moderator, &audit).await), 1);
    // The line came after the record, so the statement still fits.
    assert_verified(&text(&moderator, &format!("/cases/{}/bundle", open.id)).await, &key);
}

async fn a_void_case_is_an_entry_too(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let node = signing_node(&stores, folder.path()).await;
    let moderator = node.moderator(ROOM);
    let open = moderator.create(ROOM, case(json!({}))).await;
    node.viewer(ROOM, "ann").await.vote(open.id, "buyer").await;
    moderator.void(open.id, "It was opened by mistake.").await;
    proof_of(&moderator, open.id).await;
    let key = last_key(&Api::new(node.address, None)).await;
    let (statement, _) = checked(&moderator, &key, open.id).await;
    assert_eq!((statement.outcome, statement.ballots, statement.rows), (Outcome::VoidByModerator, 1, None));
    assert_eq!(statement.seals.size, 1);
    assert_verified(&text(&moderator, &format!("/cases/{}/bundle", open.id)).await, &key);
    let own: CaseProof = node.api(&viewer(ROOM, "ann")).get(&format!("/cases/{}/proof", open.id)).await.read(200);
    assert_eq!(own.ballot.unwrap().rows, None);
    assert!(moderator.bytes(&format!("/cases/{}/rows.bin", open.id)).await.is_empty());
}

async fn an_edit_names_its_fields_and_the_brief_that_came_of_it(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let node = signing_node(&stores, folder.path()).await;
    let moderator = node.moderator(ROOM);
    let draft = moderator.create(ROOM, case(json!({ "open": false }))).await;
    let patch = json!({ "title": "Is it silk?", "rules": { "quorum": 3, "recused": ["u_7"] } });
    let _: Case = moderator.patch(&format!("/cases/{}", draft.id), patch).await.read(200);
    moderator.open(draft.id).await;
    moderator.void(draft.id, "It was opened by mistake.").await;
    proof_of(&moderator, draft.id).await;
    let brief = text(&moderator, &format!("/cases/{}/brief", draft.id)).await;
    let trail: Page<AuditEntry> = moderator.get(&format!("/cases/{}/audit", draft.id)).await.read(200);
    let hash = hex(&sha256(&[brief.as_bytes()]));
    let said = format!("fields: rules.quorum, rules.recused, title; brief: sha256 {hash}");
    assert_eq!(trail.items[1].detail, Some(said));
}

async fn a_case_that_is_not_recorded_has_no_proof(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let node = signing_node(&stores, folder.path()).await;
    let open = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
    let routes = ["statement", "brief", "verdict.tlog-proof", "proof", "bundle", "rows.bin", "seals.bin"];
    let seal = format!("seals/{}", "00".repeat(32));
    for route in routes.into_iter().chain([seal.as_str()]) {
        let path = format!("/cases/{}/{route}", open.id);
        assert_eq!(node.api(&viewer(ROOM, "ann")).get(&path).await.problem(409).0, "not_recorded", "{route}");
        assert_eq!(node.api(&viewer("live-43", "ann")).get(&path).await.status, 404, "{route}");
    }
    node.moderator(ROOM).close(open.id).await;
    let malformed = node.moderator(ROOM).get(&format!("/cases/{}/seals/77", open.id)).await;
    assert_eq!(malformed.problem(400).0, "malformed");
    let proof = node.moderator(ROOM).get(&format!("/cases/{}/proof", open.id)).await;
    assert_eq!(proof.problem(403).0, "forbidden", "a moderator has no ballot");
}

async fn recorded(node: &Node) -> CaseId {
    let moderator = node.moderator(ROOM);
    let open = moderator.create(ROOM, case(json!({}))).await;
    moderator.close(open.id).await;
    open.id
}

/// Puts the log back to its beginning, under no node.
async fn forget_log(stores: &Stores) {
    let sql = "DELETE FROM log_note; DELETE FROM log_entries; DELETE FROM log_tiles; \
               UPDATE log_head SET size = 0, frontier = ";
    match stores.try_database() {
        Some(url) => {
            let mut db = PgConnection::connect(url).await.unwrap();
            let sql = format!("{sql} decode('0000000000000000', 'hex')");
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut db).await.unwrap();
        }
        None => {
            let options = SqliteConnectOptions::new().filename(stores.file());
            let mut db = SqliteConnection::connect_with(&options).await.unwrap();
            let sql = format!("{sql} x'0000000000000000'");
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut db).await.unwrap();
        }
    }
}

/// A node's own file remembers what was signed, so a copy of the log that is older is not signed again.
async fn a_log_that_was_put_back_is_not_signed(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let node = signing_node(&stores, folder.path()).await;
    let first = recorded(&node).await;
    let key = {
        proof_of(&node.moderator(ROOM), first).await;
        last_key(&Api::new(node.address, None)).await
    };
    let known = text(&Api::new(node.address, None), "/log/1/checkpoint").await;
    node.stop().await;
    // What a backup of before the first record would hold.
    forget_log(&stores).await;

    let node = signing_node(&stores, folder.path()).await;
    let anybody = Api::new(node.address, None);
    let second = recorded(&node).await;
    let refused = node.moderator(ROOM).get(&format!("/cases/{second}/verdict.tlog-proof")).await;
    assert_eq!(refused.problem(409).0, "not_logged");
    assert_eq!(anybody.get("/log/1/checkpoint").await.status, 404, "another tree of the same size is not signed");
    node.stop().await;

    let node = numbered_node(&stores, folder.path(), 2).await;
    let anybody = Api::new(node.address, None);
    let third = recorded(&node).await;
    proof_of(&node.moderator(ROOM), third).await;
    let next = last_key(&anybody).await;
    assert_eq!((next.key(), next.name().ends_with("/log/2")), (key.key(), true));
    let entries = anybody.bytes("/log/2/tile/entries/000.p/2").await;
    let old = SignedCheckpoint::open(&known, &key, &[]).unwrap().checkpoint;
    let continues = Entry::Continues { origin: old.origin, tree: old.tree }.to_text();
    assert_eq!(parse_entry_bundle(&entries).unwrap()[0], continues.as_bytes());
}

/// Two nodes with a state file each. The second one has seen no checkpoint when the database is put back, as one that
/// was stopped meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_missed_a_checkpoint_learns_it_from_redis() {
    let mut stores = Stores::servers();
    let (first_folder, second_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let node = signing_node(&stores, first_folder.path()).await;
    let first = recorded(&node).await;
    proof_of(&node.moderator(ROOM), first).await;
    let mark = log_mark(&stores).await;
    let marked = stores.redis().command(&["HGET", &mark, "root"]);
    assert_eq!((stores.redis().command(&["HGET", &mark, "size"]), marked.len()), ("1".to_owned(), 64));
    // A Redis that lost its memory gets it back from a node that has its own.
    stores.redis().command(&["DEL", &mark]);
    in_time("the log's mark", async {
        while stores.redis().command(&["HGET", &mark, "root"]) != marked {
            tokio::time::sleep(SIGNED_RETRY).await;
        }
    })
    .await;
    node.stop().await;
    forget_log(&stores).await;

    let node = signing_node(&stores, second_folder.path()).await;
    let second = recorded(&node).await;
    wait_for_signed(&node, false).await;
    let refused = node.moderator(ROOM).get(&format!("/cases/{second}/verdict.tlog-proof")).await;
    assert_eq!(refused.problem(409).0, "not_logged");
    assert_eq!(Api::new(node.address, None).get("/log/1/checkpoint").await.status, 404, "no second root is signed");
    assert!(!second_folder.path().join("log-key.state").exists(), "the file remembers what is signed alone");
}

/// The key of the first log's mark in Redis.
async fn log_mark(stores: &Stores) -> String {
    let mut db = PgConnection::connect(stores.database()).await.unwrap();
    let id = "SELECT id::text FROM incarnations WHERE number = 1";
    let docket: String = sqlx::query_scalar(id).fetch_one(&mut db).await.unwrap();
    format!("lj:docket:{{{docket}}}:log:1")
}
