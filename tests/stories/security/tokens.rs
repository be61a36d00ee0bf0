//! Forged, excessive and expired tokens: the API and the socket refuse them alike.

use jsonwebtoken::crypto::sign;
use jsonwebtoken::{Algorithm, EncodingKey};
use live_jury_protocol::{Actor, AuditEntry, ClientFrame, Page, close};
use live_jury_tests::api::case;
use live_jury_tests::juror::Juror;
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{self, SECRET, now_s};
use serde_json::{Value, json};

use super::platform::{self, Key, ROOM, claims};

/// JSON in base64url without padding, written here so that the forged parts are exact.
fn part(value: &Value) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bytes = value.to_string().into_bytes();
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let all = three.iter().fold(0_u32, |all, byte| all << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for digit in 0..=three.len() {
            text.push(char::from(DIGITS[(all >> (18 - 6 * digit)) as usize & 63]));
        }
    }
    text
}

/// A token with any header, signed with HMAC-SHA256.
fn token_with(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let signature = sign(message.as_bytes(), &EncodingKey::from_secret(secret), Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

fn hs256(claims: &Value) -> String {
    token_with(&json!({ "alg": "HS256", "typ": "JWT" }), claims, SECRET.as_bytes())
}

/// Ann's claims with one changed; `null` removes it.
fn ann(name: &str, value: Value) -> Value {
    let mut claims = claims("ann");
    claims[name] = value;
    if claims[name].is_null() {
        claims.as_object_mut().unwrap().remove(name);
    }
    claims
}

async fn assert_accepted(node: &Node, token: &str) {
    let reply = node.api(token).get(&format!("/rooms/{ROOM}/cases")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    Juror::join(node.address, ROOM, token).await;
}

async fn assert_refused(node: &Node, token: &str, why: &str) {
    let reply = node.api(token).get(&format!("/rooms/{ROOM}/cases")).await;
    assert_eq!(reply.status, 401, "{why}: {}", reply.text);
    assert_eq!(reply.problem(401).0, "token_invalid", "{why}");
    assert!(!reply.text.contains(SECRET) && !reply.text.contains(token), "{why}: {}", reply.text);
    let mut juror = Juror::connect(node.address, ROOM).await;
    juror.send(&ClientFrame::Join { token: token.to_owned() }).await;
    assert_eq!(juror.closed_with().await, close::TOKEN_INVALID, "{why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_with_invalid_claims_is_rejected() {
    let stores = Stores::embedded();
    let node = stores.node().await;
    let now_s = now_s();
    assert_accepted(&node, &hs256(&claims("ann"))).await;
    assert_accepted(&node, &hs256(&ann("sub", json!("x".repeat(128))))).await;
    for (why, claims) in [
        ("it has ended", ann("exp", json!(now_s - 31))),
        ("it has no end", ann("exp", Value::Null)),
        ("its end is no number", ann("exp", json!("tomorrow"))),
        ("its end is before all time", ann("exp", json!(-1))),
        ("it is not good yet", ann("nbf", json!(now_s + 60))),
        ("its beginning is no number", ann("nbf", json!("now"))),
        ("it is nobody's", ann("sub", Value::Null)),
        ("its subject is empty", ann("sub", json!(""))),
        ("its subject is too long", ann("sub", json!("x".repeat(129)))),
        ("its subject is too long in bytes", ann("sub", json!("字".repeat(43)))),
        ("its subject has a line end", ann("sub", json!("ann\nmod"))),
        ("its subject ends with a blank", ann("sub", json!("ann "))),
        ("its subject begins with a mark of byte order", ann("sub", json!("\u{feff}ann"))),
        ("its subject is a list", ann("sub", json!(["ann"]))),
        ("it has no room", ann("room", Value::Null)),
        ("it is for all rooms", ann("room", json!("*"))),
        ("its room is no name", ann("room", json!("../live-42"))),
        ("its room is a list", ann("room", json!([ROOM]))),
        ("it has no role", ann("role", Value::Null)),
        ("its role is not known", ann("role", json!("admin"))),
        ("its role is in another case", ann("role", json!("Moderator"))),
        ("its role is a list", ann("role", json!(["viewer", "moderator"]))),
        ("its id is empty", ann("jti", json!(""))),
        ("its id is too long", ann("jti", json!("x".repeat(129)))),
        ("its id is a number", ann("jti", json!(7))),
        ("its id ends with a blank", ann("jti", json!("t-1 "))),
        ("its side is not known", ann("side", json!("judge"))),
        ("its merchant is too long", ann("merchant", json!("x".repeat(129)))),
        ("its host is a number", ann("host", json!(7))),
        ("it is a merchant's for a room", {
            let mut claims = ann("merchant", json!("m-1"));
            claims["role"] = json!("merchant");
            claims
        }),
    ] {
        assert_refused(&node, &hs256(&claims), why).await;
    }
    assert_refused(&node, &hs256(&ann("exp", json!(now_s + 25 * 3_600))), "it lasts too long").await;
    let mut overlay = ann("exp", json!(now_s + 31 * 24 * 3_600));
    overlay["role"] = json!("overlay");
    assert_accepted(&node, &hs256(&overlay)).await;
    let mut in_a_room = claims("shop");
    in_a_room["role"] = json!("platform");
    assert_refused(&node, &hs256(&in_a_room), "the platform is in no room").await;
    for role in ["viewer", "host", "overlay"] {
        let mut everywhere = ann("room", json!("*"));
        everywhere["role"] = json!(role);
        assert_refused(&node, &hs256(&everywhere), role).await;
    }
}

/// The audit trail names the kind of actor beside the name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_moderator_named_server_is_a_moderator() {
    let stores = Stores::embedded();
    let node = stores.node().await;
    let moderator = node.api(&tokens::moderator(ROOM, "server"));
    let id = moderator.create(ROOM, case(json!({}))).await.id;
    moderator.close(id).await;
    let trail: Page<AuditEntry> = moderator.get(&format!("/cases/{id}/audit")).await.read(200);
    let lines: Vec<_> = trail.items.iter().map(|line| (line.action.as_str(), line.by.as_str(), line.by_kind)).collect();
    let must = [
        ("created", "server", Actor::Moderator),
        ("opened", "server", Actor::Moderator),
        ("closed", "server", Actor::Moderator),
        ("decided", "server", Actor::Server),
    ];
    assert_eq!(lines, must);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_of_common_libraries_are_accepted() {
    let stores = Stores::embedded();
    let node = stores.node().await;
    for claims in [
        ann("exp", json!(now_s() as f64 + 60.5)),
        ann("iat", json!(now_s() as f64 - 0.5)),
        ann("nbf", json!(now_s() as f64 - 0.5)),
    ] {
        assert_accepted(&node, &hs256(&claims)).await;
    }
    let mut named = claims("ann");
    named["anon"] = Value::Null;
    assert_accepted(&node, &hs256(&named)).await;
    // On the socket alone: a header ends at its line's end.
    Juror::join(node.address, ROOM, &format!("{}\n", hs256(&claims("ann")))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_of_another_room_cannot_join() {
    let stores = Stores::embedded();
    let node = stores.node().await;
    let token = hs256(&ann("room", json!("live-43")));
    let reply = node.api(&token).get(&format!("/rooms/{ROOM}/cases")).await;
    assert_eq!(reply.problem(403).0, "forbidden");
    let mut juror = Juror::connect(node.address, ROOM).await;
    juror.send(&ClientFrame::Join { token }).await;
    assert_eq!(juror.closed_with().await, close::NOT_ALLOWED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_with_a_wrong_signature_is_rejected() {
    let stores = Stores::embedded();
    let node = stores.node().await;
    let good = hs256(&claims("ann"));
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("{good}") };
    let moderator = part(&ann("role", json!("moderator")));
    let last = if signature.ends_with('A') { "B" } else { "A" };
    for (why, token) in [
        ("a tampered payload", format!("{header}.{moderator}.{signature}")),
        ("a tampered signature", format!("{header}.{payload}.{}{last}", &signature[..signature.len() - 1])),
        ("a cut signature", format!("{header}.{payload}.{}", &signature[..20])),
        ("an empty signature", format!("{header}.{payload}.")),
        ("no signature", format!("{header}.{payload}")),
        ("one part too many", format!("{good}.{signature}")),
        ("padding", format!("{good}=")),
        ("no header", format!(".{payload}.{signature}")),
        ("no payload", format!("{header}..{signature}")),
        ("dots", "..".to_owned()),
        ("not Base64", "a!b.c?d.e*f".to_owned()),
        ("another secret", token_with(&json!({ "alg": "HS256" }), &claims("ann"), &[b'x'; 32])),
        ("an empty secret", token_with(&json!({ "alg": "HS256" }), &claims("ann"), b"")),
    ] {
        assert_refused(&node, &token, why).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_cannot_choose_its_algorithm() {
    let stores = Stores::embedded();
    let node = stores.node().await;
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let bare = format!("{}.{}.", part(&json!({ "alg": alg })), part(&claims("ann")));
        assert_refused(&node, &bare, alg).await;
        assert_refused(&node, &token_with(&json!({ "alg": alg }), &claims("ann"), SECRET.as_bytes()), alg).await;
    }
    for header in [
        json!({ "alg": "hs256" }),
        json!({ "alg": "Hs256" }),
        json!({ "alg": "HS256 " }),
        json!({ "alg": "HS384" }),
        json!({ "alg": "HS512" }),
        json!({ "alg": "RS256" }),
        json!({ "alg": ["HS256"] }),
        json!({ "alg": null }),
        json!({ "typ": "JWT" }),
        json!({ "alg": "HS256", "crit": ["exp"] }),
        json!({ "alg": "HS256", "crit": ["b64"], "b64": false }),
    ] {
        let token = token_with(&header, &claims("ann"), SECRET.as_bytes());
        assert_refused(&node, &token, &header.to_string()).await;
    }
    // A key inside a token verifies nothing.
    for key in Key::ALL {
        let header = jsonwebtoken::Header {
            jwk: Some(serde_json::from_value(key.public("own")).unwrap()),
            ..jsonwebtoken::Header::new(key.algorithm())
        };
        let token = jsonwebtoken::encode(&header, &claims("ann"), &key.private()).unwrap();
        assert_refused(&node, &token, "its own key").await;
    }
}

/// A server with public keys must not accept one as an HMAC secret, in any of its forms.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_public_key_is_not_accepted_as_a_secret() {
    let public: Vec<Value> = Key::ALL.iter().map(|key| key.public(key.id())).collect();
    let (_folder, path) = platform::file(&public);
    let jwks = Some(path.to_str().unwrap().parse().unwrap());
    let both = Stores::embedded();
    let both = (both.node_with(|settings| settings.jwks = jwks.clone()).await, both);
    let alone = Stores::embedded();
    let keys_alone = alone.node_with(|settings| {
        (settings.jwks, settings.token_secret) = (jwks.clone(), None);
        settings.ballot_secret = Some(SECRET.parse().unwrap());
    });
    let alone = (keys_alone.await, alone);
    for key in Key::ALL {
        assert_accepted(&both.0, &key.token(key.id(), "ann")).await;
        assert_accepted(&alone.0, &key.token(key.id(), "ann")).await;
    }
    assert_accepted(&both.0, &hs256(&claims("ann"))).await;
    assert_refused(&alone.0, &hs256(&claims("ann")), "there is no secret").await;
    for key in Key::ALL {
        let jwk = key.public(key.id());
        let mut forms = vec![jwk.to_string(), platform::set(&public)];
        for name in ["n", "x", "y", "e", "kid"] {
            forms.extend(jwk.get(name).and_then(Value::as_str).map(str::to_owned));
        }
        for form in forms {
            for header in [json!({ "alg": "HS256" }), json!({ "alg": "HS256", "kid": key.id() })] {
                let forged = token_with(&header, &claims("ann"), form.as_bytes());
                assert_refused(&alone.0, &forged, &form).await;
                assert_refused(&both.0, &forged, &form).await;
            }
        }
        // A key's signature under another key's id, and an HMAC under a key's id.
        for other in Key::ALL.into_iter().filter(|other| *other != key) {
            assert_refused(&both.0, &key.token(other.id(), "ann"), "a key has one algorithm").await;
            let header = json!({ "alg": format!("{:?}", other.algorithm()), "kid": other.id() });
            assert_refused(&both.0, &token_with(&header, &claims("ann"), SECRET.as_bytes()), "HMAC under a key's name")
                .await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_of_another_issuer_or_audience_is_rejected() {
    let stores = Stores::embedded();
    let node = stores
        .node_with(|settings| {
            settings.token_issuer = Some("https://shop.example.com".to_owned());
            settings.token_audience = Some("jury".to_owned());
        })
        .await;
    let issued = |iss: Value, aud: Value| {
        let mut claims = ann("iss", iss);
        claims["aud"] = aud;
        hs256(&claims)
    };
    let ours = json!("https://shop.example.com");
    assert_accepted(&node, &issued(ours.clone(), json!("jury"))).await;
    assert_accepted(&node, &issued(ours.clone(), json!(["chat", "jury"]))).await;
    for (iss, aud) in [
        (Value::Null, json!("jury")),
        (json!("https://evil.example"), json!("jury")),
        (json!("https://shop.example.com/"), json!("jury")),
        (json!(["https://shop.example.com"]), json!("jury")),
        (ours.clone(), Value::Null),
        (ours.clone(), json!("chat")),
        (ours.clone(), json!([])),
        (ours, json!(["jury2", "JURY"])),
    ] {
        assert_refused(&node, &issued(iss.clone(), aud.clone()), &format!("{iss} {aud}")).await;
    }
}
