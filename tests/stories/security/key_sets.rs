//! A platform's JWK set from a file or a URL: changed keys, and a source that fails, hangs, or sends too much or
//! nonsense.

use std::sync::Arc;
use std::time::Duration;

use live_jury_protocol::{ClientFrame, close};
use live_jury_server::clock::SystemClock;
use live_jury_server::config::{Settings, Timeout};
use live_jury_tests::WAIT_MAX;
use live_jury_tests::api::Reply;
use live_jury_tests::authority::Authority;
use live_jury_tests::juror::Juror;
use live_jury_tests::node::Node;
use live_jury_tests::program::Program;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::SECRET;
use serde_json::json;
use tokio::time::Instant;

use super::platform::{self, Key, KeyServer, KeySetResponse, ROOM};

/// Limit for an answer while the key set cannot be loaded: the server's own limit, and some time for a slow machine.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(8);
/// Limit for an answer with a known key, while the key set cannot be loaded.
const KNOWN_KEY_TIME_MAX: Duration = Duration::from_secs(2);

fn use_keys_of(settings: &mut Settings, source: &str) {
    (settings.jwks, settings.token_secret) = (Some(source.parse().unwrap()), None);
    settings.ballot_secret = Some(SECRET.parse().unwrap());
    settings.jwks_refresh = Timeout(Duration::from_millis(200));
}

async fn listing(node: &Node, token: &str) -> Reply {
    node.api(token).get(&format!("/rooms/{ROOM}/cases")).await
}

async fn join_close_code(node: &Node, token: &str) -> u16 {
    let mut juror = Juror::connect(node.address, ROOM).await;
    juror.send(&ClientFrame::Join { token: token.to_owned() }).await;
    juror.closed_with().await
}

/// Polls until the answer has this status, as the set is reloaded periodically.
async fn wait_for_status(node: &Node, token: &str, status: u16) {
    let asking = async { while listing(node, token).await.status != status {} };
    tokio::time::timeout(WAIT_MAX, asking).await.unwrap_or_else(|_| panic!("never answered use_keys_of {status}"));
}

async fn keys_come_and_go(node: &Node, publish: impl Fn(&[serde_json::Value])) {
    for key in Key::ALL {
        Juror::join(node.address, ROOM, &key.token("old", "ann")).await;
        assert_eq!(join_close_code(node, &key.token("new", "ann")).await, close::TOKEN_INVALID, "unknown");
        assert_eq!(listing(node, &key.token("new", "ann")).await.problem(401).0, "token_invalid");
    }
    let set =
        |names: &[&str]| -> Vec<_> { names.iter().flat_map(|name| Key::ALL.map(|key| key.public(name))).collect() };
    publish(&set(&["old", "new"]));
    for key in Key::ALL {
        wait_for_status(node, &key.token("new", "ann"), 200).await;
        assert_eq!(listing(node, &key.token("old", "ann")).await.status, 200, "both are good meanwhile");
    }
    publish(&set(&["new"]));
    for key in Key::ALL {
        wait_for_status(node, &key.token("old", "ann"), 401).await;
        assert_eq!(join_close_code(node, &key.token("old", "ann")).await, close::TOKEN_INVALID);
        Juror::join(node.address, ROOM, &key.token("new", "ann")).await;
    }
    publish(&[]);
    wait_for_status(node, &Key::Ed25519.token("new", "ann"), 401).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changed_keys_of_a_file_are_loaded() {
    let stores = Stores::embedded();
    let (folder, path) = platform::file(&Key::ALL.map(|key| key.public("old")));
    let node = stores.node_with(|settings| use_keys_of(settings, path.to_str().unwrap())).await;
    // The file is replaced by a rename, as a platform should do it.
    let next = folder.path().join("next.json");
    keys_come_and_go(&node, |keys| {
        std::fs::write(&next, platform::set(keys)).unwrap();
        std::fs::rename(&next, &path).unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changed_keys_of_a_url_are_loaded() {
    let stores = Stores::embedded();
    let key_server = KeyServer::start(&Key::ALL.map(|key| key.public("old"))).await;
    let node = stores.node_with(|settings| use_keys_of(settings, &key_server.url)).await;
    keys_come_and_go(&node, |keys| key_server.respond_with(KeySetResponse::Body(platform::set(keys)))).await;
}

/// A server of keys on the way of others could sign tokens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_come_over_https_only() {
    for url in ["http://keys.example.com/keys.json", "http://10.0.0.1/keys.json", "ftp://localhost/keys.json"] {
        let run = Program::run(&["serve", "--jwks", url]).await;
        let log = String::from_utf8(run.stderr).unwrap();
        assert_eq!(run.status.code(), Some(2), "{log}");
        assert!(log.contains("--jwks") && log.contains("https:"), "{log}");
    }
    let (authority, stranger) = (Authority::new(), Authority::new());
    let key_server = KeyServer::start_tls(&[Key::P256.public("known")], &authority).await;
    for ca_file in [None, Some(stranger.ca_file())] {
        let stores = Stores::embedded();
        let mut settings = stores.settings();
        use_keys_of(&mut settings, &key_server.url);
        settings.ca_file = ca_file;
        let refused = Node::try_start(settings, Arc::new(SystemClock)).await.err().expect("it does not start");
        assert!(refused.starts_with("--jwks"), "{refused}");
    }
    let stores = Stores::embedded();
    let start = |settings: &mut Settings| {
        use_keys_of(settings, &key_server.url);
        settings.ca_file = Some(authority.ca_file());
    };
    let node = stores.node_with(start).await;
    assert_eq!(listing(&node, &Key::P256.token("known", "ann")).await.status, 200);
    key_server.respond_with(KeySetResponse::Body(platform::set(&[Key::P256.public("new")])));
    wait_for_status(&node, &Key::P256.token("new", "ann"), 200).await;
    wait_for_status(&node, &Key::P256.token("known", "ann"), 401).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirect_to_http_is_refused() {
    let authority = Authority::new();
    let (known, forged) = (Key::P256.public("known"), Key::P256.public("forged"));
    let plain = KeyServer::start(std::slice::from_ref(&forged)).await;
    let other = KeyServer::start_tls(std::slice::from_ref(&forged), &authority).await;
    for key_server in [
        KeyServer::start_tls(std::slice::from_ref(&known), &authority).await,
        KeyServer::start(std::slice::from_ref(&known)).await,
    ] {
        let stores = Stores::embedded();
        let use_server = |settings: &mut Settings| {
            use_keys_of(settings, &key_server.url);
            settings.ca_file = Some(authority.ca_file());
        };
        let node = stores.node_with(use_server).await;
        key_server.respond_with(KeySetResponse::Redirect(plain.url.clone()));
        wait_for_status(&node, &Key::P256.token("forged", "ann"), 503).await;
        assert_eq!(plain.requests(), 0, "{}: the redirect is not followed", key_server.url);
        assert_eq!(listing(&node, &Key::P256.token("known", "ann")).await.status, 200, "known keys stay good");
        let mut settings = Stores::embedded().settings();
        use_server(&mut settings);
        let refused = Node::try_start(settings, Arc::new(SystemClock)).await.err().expect("it does not start");
        assert!(refused.starts_with("--jwks") && refused.contains("http"), "{refused}");
    }
    // A redirect from `https:` to `https:` is one of the platform's own.
    let key_server = KeyServer::start_tls(&[], &authority).await;
    key_server.respond_with(KeySetResponse::Redirect(other.url.clone()));
    let stores = Stores::embedded();
    let use_server = |settings: &mut Settings| {
        use_keys_of(settings, &key_server.url);
        settings.ca_file = Some(authority.ca_file());
    };
    let node = stores.node_with(use_server).await;
    assert_eq!(listing(&node, &Key::P256.token("forged", "ann")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_of_another_use_verifies_nothing() {
    let stores = Stores::embedded();
    let key = Key::Ed25519;
    let (mut sealing, mut other) = (key.public("sealing"), key.public("other"));
    sealing["use"] = json!("enc");
    other["alg"] = json!("ES256");
    let symmetric =
        json!({ "kty": "oct", "kid": "oct", "alg": "HS256", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0" });
    let strange = json!({ "kty": "AKP", "kid": "strange", "alg": "ML-DSA-44", "pub": "AAAA" });
    let broken = json!({ "kty": "RSA", "kid": "broken" });
    let (_folder, path) = platform::file(&[strange, broken, symmetric, sealing, other, key.public("good")]);
    let node = stores.node_with(|settings| use_keys_of(settings, path.to_str().unwrap())).await;
    Juror::join(node.address, ROOM, &key.token("good", "ann")).await;
    for id in ["sealing", "other", "strange", "broken", "oct"] {
        assert_eq!(join_close_code(&node, &key.token(id, "ann")).await, close::TOKEN_INVALID, "{id}");
    }
    let secret = jsonwebtoken::EncodingKey::from_secret(b"secretsecretsecretsecretsecret");
    let header = jsonwebtoken::Header { kid: Some("oct".to_owned()), ..Default::default() };
    let forged = jsonwebtoken::encode(&header, &platform::claims("ann"), &secret).unwrap();
    assert_eq!(listing(&node, &forged).await.problem(401).0, "token_invalid", "a published secret is none");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn known_keys_still_verify_while_the_key_server_fails() {
    let stores = Stores::embedded();
    let key_server = KeyServer::start(&[Key::P256.public("known")]).await;
    let node = stores.node_with(|settings| use_keys_of(settings, &key_server.url)).await;
    let (known, unknown) = (Key::P256.token("known", "ann"), Key::P256.token("unknown", "bob"));
    for response in [
        KeySetResponse::Close,
        KeySetResponse::Status(500),
        KeySetResponse::Status(404),
        KeySetResponse::Endless,
        KeySetResponse::Body("no JSON".to_owned()),
        KeySetResponse::Body("[]".to_owned()),
        KeySetResponse::Hang,
    ] {
        key_server.respond_with(KeySetResponse::Body(platform::set(&[Key::P256.public("known")])));
        wait_for_status(&node, &unknown, 401).await;
        key_server.respond_with(response.clone());
        wait_for_status(&node, &unknown, 503).await;
        let began = Instant::now();
        let (code, reply) =
            futures_util::future::join(join_close_code(&node, &unknown), listing(&node, &unknown)).await;
        assert_eq!(code, close::TRY_LATER, "{response:?}");
        assert_eq!((reply.problem(503).0.as_str(), reply.header("retry-after")), ("unavailable", "2"), "{response:?}");
        assert!(began.elapsed() < ANSWER_TIME_MAX, "{response:?}: {:?}", began.elapsed());
        let began = Instant::now();
        Juror::join(node.address, ROOM, &known).await;
        assert!(began.elapsed() < KNOWN_KEY_TIME_MAX, "{response:?}: {:?}", began.elapsed());
    }
    key_server.respond_with(KeySetResponse::Body(platform::set(&[Key::P256.public("unknown")])));
    wait_for_status(&node, &unknown, 200).await;
    wait_for_status(&node, &known, 401).await;
}

/// Tokens with unknown key ids must not cause a request each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_key_ids_do_not_flood_the_platform() {
    let stores = Stores::embedded();
    let key_server = KeyServer::start(&[Key::Ed25519.public("known")]).await;
    let node = stores
        .node_with(|settings| {
            use_keys_of(settings, &key_server.url);
            settings.jwks_refresh = Timeout(Duration::from_secs(15 * 60));
        })
        .await;
    let before = key_server.requests();
    let forged: Vec<_> = (0..60).map(|n| Key::Ed25519.token(&format!("made-up-{n}"), "ann")).collect();
    for token in &forged {
        assert_eq!(listing(&node, token).await.problem(401).0, "token_invalid");
    }
    assert!(key_server.requests() - before <= 1, "asked {} times", key_server.requests() - before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_does_not_start_without_its_keys() {
    let stores = Stores::embedded();
    let key_server = KeyServer::start(&[]).await;
    for response in [
        KeySetResponse::Body(platform::set(&[])),
        KeySetResponse::Status(503),
        KeySetResponse::Close,
        KeySetResponse::Endless,
    ] {
        key_server.respond_with(response);
        let mut settings = stores.settings();
        use_keys_of(&mut settings, &key_server.url);
        let refused = Node::try_start(settings, Arc::new(SystemClock)).await;
        let message = refused.err().expect("it does not start");
        assert!(message.starts_with("--jwks"), "{message}");
    }
}
