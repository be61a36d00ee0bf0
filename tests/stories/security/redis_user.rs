//! The user of Redis that docs/operating.md describes: a server works under it, and nothing else does.

use live_jury_protocol::Outcome;
use live_jury_tests::api::case;
use live_jury_tests::cluster::Cluster;
use live_jury_tests::node::Node;
use live_jury_tests::postgres::Postgres;
use live_jury_tests::redis::Redis;
use live_jury_tests::stores::Stores;
use serde_json::{Value, json};

use super::platform::ROOM;

const PAGE: &str = include_str!("../../../docs/operating.md");
/// The word of the page that an operator replaces.
const PLACEHOLDER: &str = "PASSWORD";
const PASSWORD: &str = "a-password-of-the-stories";
/// The name in the page.
const USER: &str = "live-jury";

/// The words of the page's line `user live-jury …`, as `ACL SETUSER` takes them.
fn rules() -> Vec<String> {
    let mut lines = PAGE.lines().filter_map(|line| line.strip_prefix("    user "));
    let line = lines.next().expect("the page has the line");
    let words: Vec<String> = line.split(' ').map(|word| word.replace(PLACEHOLDER, PASSWORD)).collect();
    assert!(words[0] == USER && words.contains(&format!(">{PASSWORD}")), "{line}");
    words
}

/// The URL of a Redis with the user's login.
fn with_login(url: &str) -> String {
    let (scheme, hosts) = url.split_once("://").expect("a URL");
    format!("{scheme}://{USER}:{PASSWORD}@{hosts}")
}

fn set_user(command: impl Fn(&[&str]) -> String) {
    let rules = rules();
    let words: Vec<&str> = ["ACL", "SETUSER"].into_iter().chain(rules.iter().map(String::as_str)).collect();
    assert_eq!(command(&words), "OK");
}

/// A case from the opening to the verdict, with all that goes through Redis meanwhile.
async fn a_case_is_judged(node: &Node) {
    let moderator = node.moderator(ROOM);
    let id = moderator.create(ROOM, case(json!({}))).await.id;
    let mut ann = node.viewer(ROOM, "ann").await;
    ann.vote(id, "merchant").await;
    moderator.extend(id, 30).await;
    moderator.close(id).await;
    assert_eq!(ann.wait_for_verdict(id).await.outcome, Outcome::Decided);
    let ready: Value = live_jury_tests::api::Api::new(node.admin, None).get("/readyz").await.read(200);
    assert_eq!((&ready["durable"], &ready["ready"]), (&json!(true), &json!(true)), "its settings are read: {ready}");
}

/// The refusal of a command that the user sends.
fn refused(url: &str, words: &[&str]) -> String {
    let mut command = std::process::Command::new("redis-cli");
    let output = command.args(["--no-auth-warning", "-u", url]).args(words).output().expect("redis-cli runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_works_under_the_documented_user_of_redis() {
    let redis = Redis::start();
    set_user(|words| redis.command(words));
    let url = with_login(&redis.url());
    let mut stores = Stores::of_servers(redis, Postgres::database());
    let node = stores.node_with(|settings| settings.redis = Some(url.parse().unwrap())).await;
    a_case_is_judged(&node).await;
    assert_eq!(stores.redis().command(&["ACL", "LOG"]), "0", "nothing was refused");
    for forbidden in [
        &["FLUSHALL"][..],
        &["FLUSHDB"],
        &["KEYS", "*"],
        &["GET", "another"],
        &["SET", "another", "1"],
        &["EVAL", "return redis.call('GET', 'another')", "0"],
        &["PUBLISH", "another", "x"],
        &["CONFIG", "SET", "appendfsync", "no"],
        &["ACL", "LIST"],
        &["SHUTDOWN"],
        &["REPLICAOF", "127.0.0.1", "1"],
        &["CLIENT", "KILL", "TYPE", "normal"],
        &["SCRIPT", "FLUSH"],
    ] {
        let answer = refused(&url, forbidden);
        let is_refused = ["NOPERM", "can't access at least one of the keys"].iter().any(|text| answer.contains(text));
        assert!(is_refused, "{forbidden:?}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_works_under_the_documented_user_of_a_cluster() {
    let cluster = Cluster::start().await;
    cluster.hosts().for_each(|host| set_user(|words| cluster.command(host, words)));
    let url = with_login(&cluster.url());
    let mut stores = Stores::of_cluster(cluster, Postgres::database());
    let node = stores.node_with(|settings| settings.redis = Some(url.parse().unwrap())).await;
    a_case_is_judged(&node).await;
    let cluster = stores.cluster();
    for host in cluster.hosts() {
        assert_eq!(cluster.command(host, &["ACL", "LOG"]), "0", "nothing was refused");
    }
}
