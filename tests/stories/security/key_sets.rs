//! A platform's JWK set, in a file and by URL: keys that come and go, and a place that is away, slow, huge or talks nonsense.

use std::time::Duration;

use live_jury_protocol::{ClientFrame, close};
use live_jury_server::config::{Settings, Timeout};
use live_jury_tests::PATIENCE;
use live_jury_tests::api::Reply;
use live_jury_tests::juror::Juror;
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::SECRET;
use serde_json::json;
use tokio::time::Instant;

use super::platform::{self, Key, Manner, Publisher, ROOM};

/// Longest time that a server waits for a JWK set, and what a slow machine adds.
const ANSWERED_IN: Duration = Duration::from_secs(8);
/// So soon a server with a key at hand answers, whatever its source of keys does.
const AT_ONCE: Duration = Duration::from_secs(2);

fn with(settings: &mut Settings, source: &str) {
    (settings.jwks, settings.token_secret) = (Some(source.to_owned()), None);
    settings.ballot_secret = Some(SECRET.parse().unwrap());
    settings.jwks_refresh = Timeout(Duration::from_millis(200));
}

async fn listing(node: &Node, token: &str) -> Reply {
    node.api(token).get(&format!("/rooms/{ROOM}/cases")).await
}

async fn join_is_closed_with(node: &Node, token: &str) -> u16 {
    let mut juror = Juror::connect(node.address, ROOM).await;
    juror.say(&ClientFrame::Join { token: token.to_owned() }).await;
    juror.closed_with().await
}

/// Asks until the answer is this: a set is read again by and by.
async fn comes_to_answer(node: &Node, token: &str, status: u16) {
    let asking = async { while listing(node, token).await.status != status {} };
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("never answered with {status}"));
}

async fn keys_come_and_go(node: &Node, publish: impl Fn(&[serde_json::Value])) {
    for key in Key::ALL {
        Juror::join(node.address, ROOM, &key.token("old", "ann")).await;
        assert_eq!(join_is_closed_with(node, &key.token("new", "ann")).await, close::TOKEN_INVALID, "unknown");
        assert_eq!(listing(node, &key.token("new", "ann")).await.problem(401).0, "token_invalid");
    }
    let set =
        |names: &[&str]| -> Vec<_> { names.iter().flat_map(|name| Key::ALL.map(|key| key.public(name))).collect() };
    publish(&set(&["old", "new"]));
    for key in Key::ALL {
        comes_to_answer(node, &key.token("new", "ann"), 200).await;
        assert_eq!(listing(node, &key.token("old", "ann")).await.status, 200, "both are good meanwhile");
    }
    publish(&set(&["new"]));
    for key in Key::ALL {
        comes_to_answer(node, &key.token("old", "ann"), 401).await;
        assert_eq!(join_is_closed_with(node, &key.token("old", "ann")).await, close::TOKEN_INVALID);
        Juror::join(node.address, ROOM, &key.token("new", "ann")).await;
    }
    publish(&[]);
    comes_to_answer(node, &Key::Ed25519.token("new", "ann"), 401).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_come_and_go_in_a_file() {
    let stores = Stores::embedded();
    let (folder, path) = platform::file(&Key::ALL.map(|key| key.public("old")));
    let node = stores.node_with(|settings| with(settings, path.to_str().unwrap())).await;
    // Moved into its place, as whoever writes such a file should do it.
    let next = folder.path().join("next.json");
    keys_come_and_go(&node, |keys| {
        std::fs::write(&next, platform::set(keys)).unwrap();
        std::fs::rename(&next, &path).unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_come_and_go_at_a_url() {
    let stores = Stores::embedded();
    let publisher = Publisher::start(&Key::ALL.map(|key| key.public("old"))).await;
    let node = stores.node_with(|settings| with(settings, &publisher.url)).await;
    keys_come_and_go(&node, |keys| publisher.now(Manner::Says(platform::set(keys)))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_for_another_use_opens_nothing() {
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
    let node = stores.node_with(|settings| with(settings, path.to_str().unwrap())).await;
    Juror::join(node.address, ROOM, &key.token("good", "ann")).await;
    for id in ["sealing", "other", "strange", "broken", "oct"] {
        assert_eq!(join_is_closed_with(&node, &key.token(id, "ann")).await, close::TOKEN_INVALID, "{id}");
    }
    let secret = jsonwebtoken::EncodingKey::from_secret(b"secretsecretsecretsecretsecret");
    let header = jsonwebtoken::Header { kid: Some("oct".to_owned()), ..Default::default() };
    let forged = jsonwebtoken::encode(&header, &platform::claims("ann"), &secret).unwrap();
    assert_eq!(listing(&node, &forged).await.problem(401).0, "token_invalid", "a published secret is none");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_keys_cannot_be_had_who_is_known_comes_in_and_others_are_asked_to_wait() {
    let stores = Stores::embedded();
    let publisher = Publisher::start(&[Key::P256.public("known")]).await;
    let node = stores.node_with(|settings| with(settings, &publisher.url)).await;
    let (known, unknown) = (Key::P256.token("known", "ann"), Key::P256.token("unknown", "bob"));
    for manner in [
        Manner::HangsUp,
        Manner::Fails(500),
        Manner::Fails(404),
        Manner::IsEndless,
        Manner::Says("no JSON".to_owned()),
        Manner::Says("[]".to_owned()),
        Manner::IsSilent,
    ] {
        publisher.now(Manner::Says(platform::set(&[Key::P256.public("known")])));
        comes_to_answer(&node, &unknown, 401).await;
        publisher.now(manner.clone());
        comes_to_answer(&node, &unknown, 503).await;
        let began = Instant::now();
        let (code, reply) =
            futures_util::future::join(join_is_closed_with(&node, &unknown), listing(&node, &unknown)).await;
        assert_eq!(code, close::TRY_LATER, "{manner:?}");
        assert_eq!((reply.problem(503).0.as_str(), reply.header("retry-after")), ("unavailable", "2"), "{manner:?}");
        assert!(began.elapsed() < ANSWERED_IN, "{manner:?}: {:?}", began.elapsed());
        let began = Instant::now();
        Juror::join(node.address, ROOM, &known).await;
        assert!(began.elapsed() < AT_ONCE, "{manner:?}: {:?}", began.elapsed());
    }
    publisher.now(Manner::Says(platform::set(&[Key::P256.public("unknown")])));
    comes_to_answer(&node, &unknown, 200).await;
    comes_to_answer(&node, &known, 401).await;
}

/// Tokens with made-up keys must not become a flood on the platform.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn made_up_keys_do_not_flood_the_platform() {
    let stores = Stores::embedded();
    let publisher = Publisher::start(&[Key::Ed25519.public("known")]).await;
    let node = stores
        .node_with(|settings| {
            with(settings, &publisher.url);
            settings.jwks_refresh = Timeout(Duration::from_secs(15 * 60));
        })
        .await;
    let before = publisher.asked();
    let forged: Vec<_> = (0..60).map(|n| Key::Ed25519.token(&format!("made-up-{n}"), "ann")).collect();
    for token in &forged {
        assert_eq!(listing(&node, token).await.problem(401).0, "token_invalid");
    }
    assert!(publisher.asked() - before <= 1, "asked {} times", publisher.asked() - before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_does_not_start_without_its_keys() {
    let stores = Stores::embedded();
    let publisher = Publisher::start(&[]).await;
    for manner in [Manner::Says(platform::set(&[])), Manner::Fails(503), Manner::HangsUp, Manner::IsEndless] {
        publisher.now(manner);
        let mut settings = stores.settings();
        with(&mut settings, &publisher.url);
        let refused = Node::try_start(settings, std::sync::Arc::new(live_jury_server::clock::SystemClock)).await;
        let said = refused.err().expect("it does not start");
        assert!(said.starts_with("--jwks"), "{said}");
    }
}
