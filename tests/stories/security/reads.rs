//! Reads over HTTP: how many a node answers at a time, and how much of an answer it holds.

use live_jury_court::{Marks, Pseudonym};
use live_jury_server::tally::Cast;
use live_jury_tests::WAIT_MAX;
use live_jury_tests::api::{Api, case};
use live_jury_tests::program::Program;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{moderator, viewer};
use serde_json::json;

use super::limited_server::Server;
use super::platform::ROOM;
use super::raw::Raw;

/// Reads of one moderator at a time, as docs/protocol.md says.
const PER_MODERATOR: usize = 8;
/// Ballots of the export: 4 MB of text.
const BALLOTS: u32 = 60_000;

fn request(path: &str, token: &str) -> String {
    format!("GET /api/v1{path} HTTP/1.1\r\nHost: jury\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n")
}

/// Requests whose answers nobody reads beyond their first bytes. With those the read is counted; before, a read of the
/// same person might take its place.
async fn silent(server: std::net::SocketAddr, request: &str, number: usize) -> Vec<Raw> {
    let mut connections = Vec::new();
    for _ in 0..number {
        let mut raw = Raw::connect_unread(server).await;
        raw.send(request).await;
        assert!(raw.receive().await > 0, "an answer");
        connections.push(raw);
    }
    connections
}

/// Asks until the answer has this status, and returns the last one's `Retry-After`.
async fn until(api: &Api, path: &str, status: u16) -> String {
    let asking = async {
        loop {
            let reply = api.get(path).await;
            if reply.status == status {
                return reply.header("retry-after").to_owned();
            }
        }
    };
    tokio::time::timeout(WAIT_MAX, asking).await.unwrap_or_else(|_| panic!("{path} is never answered with {status}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_counts_until_its_answer_is_taken() {
    let server = Server::start(&[]).await;
    let token = moderator(ROOM, "mod");
    let api = Api::new(server.address, Some(&token));
    let statement = "It is not what was shown. ".repeat(70);
    let evidence: Vec<_> = (0..4).map(|_| json!({ "type": "text", "text": statement, "by": "buyer" })).collect();
    let mut last = None;
    for _ in 0..40 {
        last = Some(api.create(ROOM, case(json!({ "open": false, "evidence": evidence }))).await.id);
    }
    let (page, one) = (format!("/rooms/{ROOM}/cases?limit=100"), format!("/cases/{}", last.unwrap()));
    let silent = silent(server.address, &request(&page, &token), PER_MODERATOR).await;
    let retry_after = until(&api, &one, 429).await;
    assert!(retry_after.parse::<u64>().is_ok_and(|seconds| seconds > 0), "{retry_after}");
    assert_eq!(api.get(&one).await.problem(429).0, "too_many_requests");
    let others = [moderator(ROOM, "mia"), moderator("*", "mod-of-all")];
    for other in others.map(|token| Api::new(server.address, Some(&token))) {
        assert_eq!(other.get(&one).await.status, 200, "others read");
    }
    // A change is no read, and a caller who may not read is refused as such.
    api.create(ROOM, case(json!({ "open": false }))).await;
    drop(silent);
    until(&api, &one, 200).await;
    let elsewhere = Api::new(server.address, Some(&viewer("live-43", "ann")));
    assert_eq!(elsewhere.get(&page).await.problem(403).0, "forbidden");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exports_are_streamed_and_two_at_a_time() {
    let stores = Stores::embedded();
    let node = stores.node().await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
    node.kill().await;
    let (tally, docket) = stores.open().await;
    let cast = |n: u32| {
        let (juror, marks) = (Pseudonym(u128::from(n).to_be_bytes()), Marks::default());
        Cast { juror, option: 0, side: None, marks, change: 0 }
    };
    for first in (0..BALLOTS).step_by(1_000) {
        let batch: Vec<Cast> = (first..first + 1_000).map(cast).collect();
        tally.record(opened.id, 1.into(), 0, &batch).await.unwrap();
    }
    drop((tally, docket));
    let program = Program::serve(&stores, &[]).await;
    let token = moderator(ROOM, "mod");
    let api = Api::new(program.address, Some(&token));
    api.close(opened.id).await;
    let path = format!("/cases/{}/ballots.csv", opened.id);
    let whole = api.get(&path).await.text;
    assert_eq!(whole.lines().count(), 1 + BALLOTS as usize);
    let pseudonyms: Vec<&str> = whole.lines().skip(1).map(|line| &line[..32]).collect();
    assert!(pseudonyms.is_sorted_by(|a, b| a < b), "in order, and each once");

    let before_kib = program.memory_kib();
    let silent = silent(program.address, &request(&path, &token), 2).await;
    until(&api, &path, 429).await;
    let grown_kib = program.memory_kib().saturating_sub(before_kib);
    assert!(grown_kib < whole.len() as u64 / 1_024, "{grown_kib} KiB for two exports");
    drop(silent);
    until(&api, &path, 200).await;
}
