//! Stores over TLS under an authority of the test's own: who is trusted, and that a whole case works.

use std::path::PathBuf;
use std::sync::Arc;

use live_jury_protocol::Outcome;
use live_jury_server::clock::SystemClock;
use live_jury_tests::api::{Api, case};
use live_jury_tests::authority::Authority;
use live_jury_tests::cluster::Cluster;
use live_jury_tests::node::Node;
use live_jury_tests::postgres::Postgres;
use live_jury_tests::program::Program;
use live_jury_tests::redis::Redis;
use live_jury_tests::stores::Stores;
use serde_json::json;

use super::platform::ROOM;

/// A node that trusts the authority judges a case from the opening to the verdict.
async fn a_case_is_judged(node: &Node) {
    let moderator = node.moderator(ROOM);
    let id = moderator.create(ROOM, case(json!({}))).await.id;
    let mut jurors = Vec::new();
    for sub in ["ann", "bob", "cem"] {
        let mut juror = node.viewer(ROOM, sub).await;
        juror.vote(id, "merchant").await;
        jurors.push(juror);
    }
    moderator.close(id).await;
    let verdict = jurors[0].wait_for_verdict(id).await;
    assert_eq!((verdict.outcome, verdict.ballots), (Outcome::Decided, 3));
}

/// The message of a node that does not start with this file of authorities.
async fn refusal(stores: &Stores, ca_file: Option<PathBuf>) -> String {
    let mut settings = stores.settings();
    settings.ca_file = ca_file;
    Node::try_start(settings, Arc::new(SystemClock)).await.err().expect("it does not start")
}

async fn only_its_authority_is_trusted(stores: Stores, authority: &Authority, setting: &str) {
    for ca_file in [None, Some(Authority::new().ca_file())] {
        let refused = refusal(&stores, ca_file).await;
        assert!(refused.starts_with(setting), "{refused}");
    }
    let node = stores.node_with(|settings| settings.ca_file = Some(authority.ca_file())).await;
    a_case_is_judged(&node).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_with_tls_is_trusted_by_its_authority() {
    let authority = Authority::new();
    let stores = Stores::of_servers(Redis::start_tls(authority.files()), Postgres::database());
    only_its_authority_is_trusted(stores, &authority, "--redis").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_with_tls_is_trusted_by_its_authority() {
    let authority = Authority::new();
    let stores = Stores::of_cluster(Cluster::start_tls(authority.files()).await, Postgres::database());
    only_its_authority_is_trusted(stores, &authority, "--redis").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_with_tls_is_trusted_by_its_authority() {
    let authority = Authority::new();
    let postgres = Postgres::start_tls(&authority.files());
    let database = format!("{}?sslmode=verify-full", postgres.fresh_database());
    let run = Program::run(&["migrate", "--check", "--database", &database]).await;
    assert_eq!(run.status.code(), Some(1), "{}", String::from_utf8_lossy(&run.stderr));
    let ca_file = authority.ca_file();
    let run = ["migrate", "--database", &database, "--ca-file", ca_file.to_str().unwrap()];
    assert!(Program::run(&run).await.status.success());
    only_its_authority_is_trusted(Stores::of_servers(Redis::start(), database), &authority, "--database").await;
}

/// `SSL_CERT_FILE` names the system's authorities, as for OpenSSL.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_systems_authorities_are_trusted_without_a_setting() {
    let authority = Authority::new();
    let postgres = Postgres::start_tls(&authority.files());
    let database = format!("{}?sslmode=verify-full", postgres.fresh_database());
    let stores = Stores::of_servers(Redis::start_tls(authority.files()), database);
    let ca_file = authority.ca_file();
    let words = stores.arguments();
    let words: Vec<&str> = std::iter::once("serve").chain(words.iter().map(String::as_str)).collect();
    let log = Program::try_start(&words, &[]).await.expect_err("no system trusts it");
    assert!(log.iter().any(|line| line.contains("--database")), "{log:?}");
    let node = Program::start_with(&words, &[("SSL_CERT_FILE", ca_file.to_str().unwrap())]).await;
    let moderator = Api::new(node.address, Some(&live_jury_tests::tokens::moderator(ROOM, "mod")));
    let id = moderator.create(ROOM, case(json!({}))).await.id;
    moderator.close(id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_authorities_is_checked_at_the_start() {
    let stores = Stores::embedded();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    assert!(refusal(&stores, Some(path.clone())).await.starts_with("--ca-file"), "it is not there");
    std::fs::write(&path, "").unwrap();
    assert!(refusal(&stores, Some(path)).await.starts_with("--ca-file"), "it is empty");
}
