//! An operator's commands, run as programs: `erase`, `roster` and `verify --follow`.

use std::path::Path;

use live_jury_protocol::CaseId;
use live_jury_tests::api::{Api, case};
use live_jury_tests::in_time;
use live_jury_tests::node::Node;
use live_jury_tests::program::Program;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{self, BALLOT_SECRET, viewer};
use live_jury_verify::{Known, verify};
use serde_json::json;

const ROOM: &str = "live-42";
/// The ballots of the story's case.
const JURORS: [&str; 3] = ["ann", "bob", "cat"];

live_jury_tests::on_both! {
    an_erased_case_is_gone_and_its_entry_stays
    a_ballot_of_nobody_is_found_by_the_roster
    whoever_follows_the_log_notices_another_one
}

async fn signing_node(stores: &Stores, folder: &Path) -> Node {
    let key = folder.join("log-key");
    std::fs::write(&key, "0123456789abcdef".repeat(4)).unwrap();
    stores.node_with(|settings| settings.log.key = Some(key)).await
}

async fn recorded(node: &Node) -> CaseId {
    let moderator = node.moderator(ROOM);
    let open = moderator.create(ROOM, case(json!({ "title": "A scarf of silk", "rules": { "quorum": 2 } }))).await;
    for sub in JURORS {
        node.viewer(ROOM, sub).await.vote(open.id, "buyer").await;
    }
    moderator.close(open.id).await;
    node.wait_for_verdict(&open).await;
    open.id
}

/// Waits until the log is signed up to the case.
async fn wait_for_proof(api: &Api, id: CaseId) {
    let path = format!("/cases/{id}/verdict.tlog-proof");
    in_time("the log is signed", async { while api.get(&path).await.status != 200 {} }).await;
}

/// The stores as arguments of a command, without the listeners.
fn store_arguments(stores: &Stores, with_redis: bool) -> Vec<String> {
    let is_of_a_store = |word: &String| word != "--reporter-key";
    let arguments = stores.arguments().into_iter().skip_while(|word| word != "--database").take_while(is_of_a_store);
    let arguments: Vec<String> = arguments.collect();
    let count = if with_redis { arguments.len() } else { 2 };
    arguments[..count].to_vec()
}

async fn run(words: &[&str], more: &[String]) -> (i32, String, String) {
    let words: Vec<&str> = words.iter().copied().chain(more.iter().map(String::as_str)).collect();
    let output = Program::run(&words).await;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

async fn an_erased_case_is_gone_and_its_entry_stays(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let before = signing_node(&stores, folder.path()).await;
    let (id, other) = (recorded(&before).await, recorded(&before).await);
    wait_for_proof(&before.moderator(ROOM), other).await;
    let statement = before.moderator(ROOM).get(&format!("/cases/{id}/statement")).await.text;
    before.stop().await;
    let arguments = store_arguments(&stores, true);
    let wanted = id.to_string();
    let (code, out, error) = run(&["erase", "--case", &wanted], &arguments).await;
    assert_eq!((code, out), (0, format!("erased case {id}\n")), "{error}");
    assert_eq!(run(&["erase", "--case", &wanted], &arguments).await.0, 0, "a second time changes nothing");
    let unknown = CaseId(uuid::Uuid::now_v7()).to_string();
    let (code, _, error) = run(&["erase", "--case", &unknown], &arguments).await;
    assert!(code == 1 && error.contains("there is no case"), "{code}: {error}");

    let node = signing_node(&stores, folder.path()).await;
    let (moderator, ann) = (node.moderator(ROOM), node.api(&viewer(ROOM, "ann")));
    let seal = format!("seals/{}", "00".repeat(32));
    for route in ["", "/brief", "/proof", "/rows.bin", "/seals.bin", &format!("/{seal}")] {
        let refused = ann.get(&format!("/cases/{id}{route}")).await;
        assert_eq!(refused.problem(410).0, "erased", "{route}");
        assert_eq!(node.api(&viewer("live-43", "ann")).get(&format!("/cases/{id}{route}")).await.status, 404);
    }
    for route in ["/ballots.csv", "/tally"] {
        assert_eq!(moderator.get(&format!("/cases/{id}{route}")).await.problem(410).0, "erased", "{route}");
    }
    assert_eq!(moderator.act(id, "close").await.problem(410).0, "erased");
    assert!(moderator.audit(id).await.last().unwrap().contains("erased"));
    let lists =
        [moderator.get(&format!("/rooms/{ROOM}/cases")).await, moderator.get(&format!("/rooms/{ROOM}/verdicts")).await];
    for list in lists {
        assert!(list.status == 200 && !list.text.contains(&wanted) && list.text.contains(&other.to_string()));
    }

    assert_eq!(ann.get(&format!("/cases/{id}/statement")).await.text, statement);
    wait_for_proof(&ann, id).await;
    let bundle = ann.get(&format!("/cases/{id}/bundle")).await;
    assert!(bundle.status == 200 && !bundle.text.contains("silk"), "{}", bundle.text);
    let report = verify(bundle.text.as_bytes(), &Known::default()).unwrap();
    assert_eq!(report.exit_code(), 3, "{report}");
    assert!(report.to_string().contains("erased, not recounted"), "{report}");
    assert!(ann.get(&format!("/cases/{other}/brief")).await.text.contains("silk"), "another case stays");
}

async fn a_ballot_of_nobody_is_found_by_the_roster(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let node = stores.node().await;
    let id = recorded(&node).await;
    let open = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
    node.stop().await;
    let list = |subs: &[&str]| {
        let path = folder.path().join("subs");
        std::fs::write(&path, subs.join("\n")).unwrap();
        path.display().to_string()
    };
    let arguments = store_arguments(&stores, false);
    let roster = async |id: CaseId, subs: &[&str], secret: &str| {
        let words = ["roster", "--case", &id.to_string(), "--subs", &list(subs), "--ballot-secret", secret];
        run(&words, &arguments).await
    };
    let (code, out, error) = roster(id, &["ann", "bob", "cat", "dan"], BALLOT_SECRET).await;
    assert_eq!((code, out.as_str()), (0, "3 ballots, 3 of the 4 in the list, 0 of nobody\n"), "{error}");
    let (code, out, _) = roster(id, &["ann", "dan"], BALLOT_SECRET).await;
    assert_eq!((code, out.as_str()), (1, "3 ballots, 1 of the 2 in the list, 2 of nobody\n"));
    let (code, _, error) = roster(open.id, &["ann"], BALLOT_SECRET).await;
    assert!(code == 2 && error.contains("its ballots are not recorded yet"), "{code}: {error}");
    let (code, _, error) = roster(id, &["ann"], tokens::SECRET).await;
    assert!(code == 2 && error.contains("--ballot-secret"), "{code}: {error}");
}

async fn whoever_follows_the_log_notices_another_one(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let node = signing_node(&stores, folder.path()).await;
    let url = format!("http://{}/log/1", node.address);
    let state = folder.path().join("kept");
    let (file, moderator) = (state.display().to_string(), node.moderator(ROOM));
    let vkey = async || Api::new(node.address, None).get("/log/keys").await.text.trim().to_owned();
    let words = ["verify", "--follow", &url, "--state", &file];
    let follow = async |log: &str| run(&[&words[..], &["--log", log]].concat(), &[]).await;
    assert_eq!(run(&words, &[]).await.0, 2, "nothing is signed yet");

    wait_for_proof(&moderator, recorded(&node).await).await;
    let log = vkey().await;
    let (code, out, _) = follow(&log).await;
    assert!(code == 0 && out.contains("the first checkpoint that is kept, of 1 entries"), "{code}: {out}");
    let first = std::fs::read_to_string(&state).unwrap();
    wait_for_proof(&moderator, recorded(&node).await).await;
    let (code, out, _) = follow(&log).await;
    assert!(code == 0 && out.contains("1 entries became 2, and begin with the same"), "{code}: {out}");
    let second = std::fs::read_to_string(&state).unwrap();
    assert_ne!(first, second);
    assert_eq!(run(&words, &[]).await.0, 3, "no key was given");

    // Somebody was shown another log.
    for (kept, said) in [
        (second.replace("\n2\n", "\n3\n"), "the log has 2 entries, and had 3"),
        (second.replace("/log/1\n", "/log/2\n"), "was kept"),
        (format!("{}AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", &first[..first.len() - 45]), "are not those"),
    ] {
        std::fs::write(&state, &kept).unwrap();
        let (code, out, _) = follow(&log).await;
        assert!(code == 1 && out.contains(said), "{code}: {out}");
        assert_eq!(std::fs::read_to_string(&state).unwrap(), kept, "what was known stays known");
    }
    std::fs::write(&state, "something else").unwrap();
    assert_eq!(follow(&log).await.0, 2);
}
