//! Hostile text: no formula in an export, only plain HTTPS URLs, no request to any URL, no unreadable or equal texts,
//! and no id that no viewer can have.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use live_jury_protocol::{CaseId, ClientFrame, Refusal, close};
use live_jury_tests::api::{Api, case};
use live_jury_tests::demo::{self, Demo};
use live_jury_tests::juror::Juror;
use live_jury_tests::stores::Stores;
use live_jury_tests::{WAIT_MAX, tokens};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::platform::ROOM;

/// Cells that a spreadsheet takes for a formula or for several cells.
const FORMULAS: [&str; 9] =
    ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\tx", "\rx", "x,y", "\"x\"", "=HYPERLINK(\"http://x\")"];

/// Texts that are no address of evidence: of another scheme, of no whole URL, with a user name, or read as another
/// address by another reader.
const NO_EVIDENCE_URLS: [&str; 45] = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "javascript://example.com/%0aalert(1)",
    "\u{1}javascript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:image/svg+xml;base64,AAAA",
    "vbscript:x",
    "blob:https://example.com/1",
    "file:///etc/passwd",
    "http://example.com/a",
    "http://localhost/a",
    "http://127.0.0.1/a",
    "ftp://example.com/a",
    "ws://example.com/a",
    "//example.com/a",
    "/a",
    "a",
    "",
    "https:",
    "https:example.com/a",
    "https:/example.com/a",
    "https:///example.com/a",
    "https:\\\\example.com\\a",
    "https://example.com\\@evil.example/",
    "https://user:pass@example.com/a",
    "https://user@example.com/a",
    "https://@example.com/a",
    "https://:@example.com/a",
    " https://example.com/a",
    "https://example.com/a ",
    "https://example.com/a b",
    "https://exam\nple.com/a",
    "ht\ntps://example.com/a",
    "https://example.com/\u{0}",
    "https://example.com/\u{7f}",
    "https://example.com/\u{a0}",
    "https://example.com/\u{202e}gpj.exe",
    "https://example.com/\u{200b}a",
    "https://ex\u{430}mple.com/",
    "https://example\u{ff0e}com/",
    "https://example.com\u{2044}@evil.example/",
    "https://exa mple.com/",
    "https://[::1/",
    "https://example.com:99999/",
];

live_jury_tests::on_both! {
    the_ballot_export_holds_no_formula
    evidence_is_a_plain_https_url_or_refused
    the_sha256_of_evidence_is_filed_with_the_case
    an_id_that_no_token_could_hold_is_refused
    every_text_shows_something_and_labels_are_told_apart
}

/// All texts that are no address of evidence, with one that is too long.
pub(super) fn no_evidence_urls() -> impl Iterator<Item = String> {
    let long = format!("https://example.com/{}", "x".repeat(2_048));
    NO_EVIDENCE_URLS.into_iter().map(str::to_owned).chain([long])
}

fn options(ids: [&str; 3]) -> Value {
    // A label may be any text, as it is not in the export.
    ids.iter().zip(FORMULAS).map(|(id, label)| json!({ "id": id, "label": label })).collect()
}

async fn the_ballot_export_holds_no_formula(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    for formula in FORMULAS {
        let new = case(json!({ "options": options([formula, "b", "c"]) }));
        let reply = moderator.post(&format!("/rooms/{ROOM}/cases"), new).await;
        assert_eq!(reply.problem(422), ("invalid_field".to_owned(), "options[0].id".to_owned()), "{formula}");
    }
    let ids = ["-2-3", "--", "-x"];
    let id =
        moderator.create(ROOM, case(json!({ "options": options(ids), "title": "=1+1", "summary": "@x" }))).await.id;
    for option in ids {
        node.viewer(ROOM, &format!("=kumquat{option}")).await.vote(id, option).await;
    }
    moderator.close(id).await;
    let reply = moderator.get(&format!("/cases/{id}/ballots.csv")).await;
    assert_eq!(reply.header("content-disposition"), format!("attachment; filename=\"ballots-{id}.csv\""));
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    let cells: Vec<&str> = reply.text.lines().flat_map(|line| line.split(',')).collect();
    assert_eq!(cells.len(), 4 * 7, "a heading and three ballots, seven cells each: {}", reply.text);
    for cell in cells {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '"']), "{cell:?}");
    }
    for option in ids {
        assert!(reply.text.contains(&format!(",'{option},")), "{}", reply.text);
    }
}

async fn evidence_is_a_plain_https_url_or_refused(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let path = format!("/rooms/{ROOM}/cases");
    let with = |url: &str| case(json!({ "evidence": [{ "type": "link", "url": url, "by": "buyer" }], "open": false }));
    for url in no_evidence_urls() {
        let reply = moderator.post(&path, with(&url)).await;
        assert_eq!(reply.problem(422), ("invalid_field".to_owned(), "evidence[0].url".to_owned()), "{url:?}");
    }
    for url in [
        "https://cdn.example.com/label.jpg?size=2&at=@x#part",
        "HTTPS://cdn.example.com/%E5%9B%BE.jpg",
        "https://xn--fiqs8s.example:8443/",
        "https://[2001:db8::7]/a",
    ] {
        let made = moderator.create(ROOM, with(url)).await;
        assert_eq!(made.evidence.unwrap()[0].url.as_deref(), Some(url));
        let patch = json!({ "evidence": [{ "type": "image", "url": "javascript:alert(1)", "by": "buyer" }] });
        let reply = moderator.patch(&format!("/cases/{}", made.id), patch).await;
        assert_eq!(reply.problem(422).1, "evidence[0].url", "an edit is no way around");
    }
}

/// A moderator with a draft, who is refused a change as a new case and as an edit.
struct Writer {
    moderator: Api,
    draft: CaseId,
}

impl Writer {
    async fn new(moderator: Api) -> Self {
        let draft = moderator.create(ROOM, case(json!({ "open": false }))).await.id;
        Self { moderator, draft }
    }

    async fn is_refused(&self, change: Value, field: &str) {
        let refused = ("invalid_field".to_owned(), field.to_owned());
        let reply = self.moderator.post(&format!("/rooms/{ROOM}/cases"), case(change.clone())).await;
        assert_eq!(reply.problem(422), refused, "{change}");
        let reply = self.moderator.patch(&format!("/cases/{}", self.draft), change.clone()).await;
        assert_eq!(reply.problem(422), refused, "an edit is no way around: {change}");
    }
}

async fn the_sha256_of_evidence_is_filed_with_the_case(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let writer = Writer::new(node.moderator(ROOM)).await;
    let digits = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let with = |sha256: &str| {
        let piece = json!({ "type": "image", "url": "https://a.example/x.jpg", "sha256": sha256, "by": "buyer" });
        json!({ "evidence": [piece] })
    };
    for wrong in ["", "9f86d0", &digits[1..], &format!("{digits}0"), &format!("{}g", &digits[1..])] {
        writer.is_refused(with(wrong), "evidence[0].sha256").await;
    }
    let text = json!({ "type": "text", "text": "x", "sha256": digits, "by": "buyer" });
    writer.is_refused(json!({ "evidence": [text] }), "evidence[0].sha256").await;
    let id = moderator.create(ROOM, case(with(digits))).await.id;
    let mut ann = node.viewer(ROOM, "ann").await;
    let shown = ann.wait_for_case(id, |_| true).await;
    assert_eq!(shown.evidence.unwrap()[0].sha256.as_deref(), Some(digits), "viewers read it");
    moderator.close(id).await;
    let recorded = node.api(&tokens::viewer(ROOM, "ann")).case(id).await;
    assert_eq!(recorded.evidence.unwrap()[0].sha256.as_deref(), Some(digits), "it is filed");
}

/// Viewer ids are compared byte by byte, so a list with `ann` and a blank would recuse nobody.
async fn an_id_that_no_token_could_hold_is_refused(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let writer = Writer::new(node.moderator(ROOM)).await;
    for no_id in ["", " ", "ann ", " ann", "ann\n", "ann\u{a0}", "ann\u{200b}", "\u{feff}ann", "a\u{0}nn", "字\u{3000}"]
    {
        writer.is_refused(json!({ "rules": { "recused": ["rex", no_id] } }), "rules.recused[1]").await;
        for name in ["merchant", "host", "product", "order"] {
            let field = format!("subject.{name}");
            writer.is_refused(json!({ "subject": { name: no_id } }), &field).await;
        }
        let mut juror = Juror::connect(node.address, ROOM).await;
        juror.send(&ClientFrame::Join { token: tokens::viewer(ROOM, no_id) }).await;
        assert_eq!(juror.closed_with().await, close::TOKEN_INVALID, "no token holds {no_id:?}");
    }
    let long = "字".repeat(43);
    writer.is_refused(json!({ "rules": { "recused": [long] } }), "rules.recused[0]").await;
    // All of these are ids, and tokens hold them.
    let ids = ["u_3", "Ann Lee", "ann@example.com", "买家7", "=1+1", "ann❤️"];
    let rules = json!({ "quorum": 1, "recused": ids });
    let id = moderator.create(ROOM, case(json!({ "rules": rules, "subject": { "order": "o 7" } }))).await.id;
    for recused in ids {
        let mut juror = node.viewer(ROOM, recused).await;
        juror.expect_refused(&id.to_string(), "buyer", Refusal::Recused).await;
    }
}

async fn every_text_shows_something_and_labels_are_told_apart(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let writer = Writer::new(node.moderator(ROOM)).await;
    let with = |other: &str| json!({ "options": [{ "id": "a", "label": "Support" }, { "id": "b", "label": other }] });
    for nothing in [" ", "\u{200b}", "\u{feff}\n", "\u{3164}", "\u{2800}", "\u{301}"] {
        let piece = |name: &str| json!({ "evidence": [{ "type": "text", "by": "buyer", "text": "x", name: nothing }] });
        for (change, field) in [
            (json!({ "title": nothing }), "title"),
            (json!({ "summary": nothing }), "summary"),
            (json!({ "remedy": nothing }), "remedy"),
            (json!({ "statements": { "buyer": nothing } }), "statements.buyer"),
            (json!({ "statements": { "merchant": nothing } }), "statements.merchant"),
            (piece("text"), "evidence[0].text"),
            (piece("caption"), "evidence[0].caption"),
            (with(nothing), "options[1].label"),
        ] {
            writer.is_refused(change, field).await;
        }
        let id = moderator.create(ROOM, case(json!({}))).await.id;
        let reply = moderator.post(&format!("/cases/{id}/void"), json!({ "reason": nothing })).await;
        assert_eq!(reply.problem(422), ("invalid_field".to_owned(), "reason".to_owned()), "{nothing:?}");
        moderator.close(id).await;
    }
    for alike in ["Support", "SUPPORT", " Support", "Sup\u{200b}port", "Sup port", "Ｓｕｐｐｏｒｔ", "\u{405}upport"]
    {
        writer.is_refused(with(alike), "options[1].label").await;
    }
    for other in ["Oppose", "Support both", "支持", "?", "👍"] {
        moderator.close(moderator.create(ROOM, case(with(other))).await.id).await;
    }
}

/// The demo allows evidence from this machine, and still requests no URL.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_never_fetches_evidence() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let there = listener.local_addr().unwrap();
    let visitors = Arc::new(AtomicUsize::new(0));
    let counted = visitors.clone();
    let listening = tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let demo = Demo::start(&["--viewers", "5", "--case-seconds", "60"]).await;
    let mod_api = demo.api("moderator");
    let kinds = ["image", "video", "link", "text"];
    let evidence: Vec<_> = kinds
        .map(|kind| json!({ "type": kind, "url": format!("http://{there}/{kind}"), "text": "x", "by": "buyer" }))
        .into();
    let id = mod_api.create(demo::ROOM, case(json!({ "evidence": evidence }))).await.id;
    let mut ann = demo.join(demo::ROOM, "ann").await;
    // The case is shown, voted on, closed and recorded.
    ann.vote(id, "buyer").await;
    mod_api.close(id).await;
    ann.wait_for_verdict(id).await;
    mod_api.case(id).await;
    assert_eq!(visitors.load(Ordering::SeqCst), 0);
    tokio::net::TcpStream::connect(there).await.unwrap();
    let counted = async {
        while visitors.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(WAIT_MAX, counted).await.expect("a visitor is counted");
    listening.abort();
}
