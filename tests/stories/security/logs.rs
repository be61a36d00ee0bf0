//! The log at its most verbose level, with hostile text in every field: one JSON object for each line, and no token,
//! secret or viewer in it.

use live_jury_protocol::ClientFrame;
use live_jury_tests::api::{Api, case};
use live_jury_tests::juror::Juror;
use live_jury_tests::program::Program;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{Claims, SECRET, claims, moderator, sign, viewer};
use serde_json::{Value, json};

use super::platform::{Key, KeyServer, KeySetResponse, ROOM};

const BALLOT_SECRET: &str = "another secret of the stories, for the ballots";
/// Text that tries to forge a log line and to colour it.
const LINE: &str = "x\r\n{\"level\":\"ERROR\",\"message\":\"forged\"}\n\u{1b}[31mforged\u{1b}[0m";

/// Causes log lines of all kinds. Returns the texts that must not be in the log.
async fn everything(server: &Program, key_server: &KeyServer) -> Vec<String> {
    let (mia, ann) = (moderator(ROOM, "mia"), viewer(ROOM, "kumquat-ann"));
    let mod_api = Api::new(server.address, Some(&mia));
    let id = mod_api.create(ROOM, case(json!({ "summary": "Two\nlines" }))).await.id;
    let mut juror = Juror::join(server.address, ROOM, &ann).await;
    juror.vote(id, "buyer").await;
    juror.renew(&ann).await;
    juror.send_text(LINE).await;
    juror.answer().await;
    juror.send_cast(LINE, LINE, None).await;
    juror.answer().await;

    for field in ["title", "kind", "remedy", "summary"] {
        mod_api.post(&format!("/rooms/{ROOM}/cases"), case(json!({ field: LINE, "open": false }))).await;
    }
    let odd = mod_api.create(ROOM, case(json!({ "title": "x\n{\"level\":\"ERROR\"}" }))).await.id;
    mod_api.void(odd, "because\r\n{\"level\":\"ERROR\"}").await;
    for path in ["/rooms/x%0d%0aforged/cases", "/cases/%1b[31mforged", "/verdicts?after=%0aforged", "/%0aforged"] {
        mod_api.get(path).await;
    }
    let headers = [("Idempotency-Key", "key \u{7f}"), ("Origin", "https://evil.example/\u{1b}")];
    for header in headers {
        let sent = tokio::time::timeout(live_jury_tests::WAIT_MAX, raw(server, header)).await;
        sent.expect("an answer");
    }
    let hostile = sign(&Claims { sub: format!("kumquat{LINE}"), ..claims(live_jury_protocol::Role::Viewer, ROOM, "") });
    let mut bad = vec![hostile, format!("{ann}x"), LINE.to_owned()];
    key_server.respond_with(KeySetResponse::Body(format!("{{\"keys\": {LINE}")));
    bad.push(Key::Ed25519.token("unknown", "kumquat-bob"));
    for token in &bad {
        let mut juror = Juror::connect(server.address, ROOM).await;
        juror.send(&ClientFrame::Join { token: token.clone() }).await;
        juror.closed_with().await;
    }
    mod_api.close(id).await;
    mod_api.ballots(id).await;
    let parts = [&mia, &ann, &bad[3]].map(|token| token.split('.').map(str::to_owned).collect::<Vec<_>>());
    // All tokens have the same header. Payloads name viewers, and signatures authenticate.
    let parts = parts.into_iter().flat_map(|parts| parts.into_iter().skip(1));
    parts.chain([SECRET, BALLOT_SECRET, "kumquat", &mia, &ann].map(str::to_owned)).collect()
}

async fn raw(server: &Program, (name, value): (&str, &str)) {
    let mut raw = super::raw::Raw::connect(server.address).await;
    raw.send(&format!("POST /api/v1/rooms/{ROOM}/cases HTTP/1.1\r\nHost: jury\r\n{name}: {value}\r\n\r\n")).await;
    raw.status().await;
}

async fn the_log_is_clean(stores: &Stores) {
    let key_server = KeyServer::start(&[Key::Ed25519.public("known")]).await;
    let variables =
        [("LIVE_JURY_LOG", "trace"), ("LIVE_JURY_BALLOT_SECRET", BALLOT_SECRET), ("LIVE_JURY_JWKS", &key_server.url)];
    let arguments = stores.arguments();
    let mut words = vec!["serve", "--jwks-refresh", "100ms"];
    words.extend(arguments.iter().map(String::as_str));
    let server = Program::start_with(&words, &variables).await;
    let secrets = everything(&server, &key_server).await;
    server.signal("TERM").await;
    let log = server.log_until_exit().await;
    assert!(log.len() > 2, "{log:?}");
    for line in &log {
        let record: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(record["timestamp"].is_string() && record["level"].is_string(), "{line}");
        assert!(!line.contains('\u{1b}'), "{line}");
        for secret in &secrets {
            assert!(!line.contains(secret.as_str()), "{secret} is in the log: {line}");
        }
    }
    let levels: Vec<_> = log.iter().filter(|line| line.contains("\"level\":\"ERROR\"")).collect();
    assert!(levels.is_empty(), "{levels:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_of_a_node_alone_holds_no_secret() {
    the_log_is_clean(&Stores::embedded()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_of_a_node_on_servers_holds_no_secret() {
    the_log_is_clean(&Stores::servers()).await;
}
