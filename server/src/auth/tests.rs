//! Valid tokens, and tokens that must be refused.

use super::*;
use crate::authorities::Authorities;
use crate::clock::SystemClock;
use live_jury_protocol::Side;
use serde_json::{Value, json};

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

fn verifier() -> Verifier {
    Verifier::new(Some(SECRET), None, None, None, SystemClock::shared())
}

fn now_s() -> u64 {
    SystemClock.now_ms() / 1_000
}

fn signed(claims: &Value) -> String {
    let key = EncodingKey::from_secret(SECRET);
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
}

fn claims(change: Value) -> Value {
    let mut claims = json!({"sub": "ann", "room": "live-42", "role": "viewer", "exp": now_s() + 60});
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

#[tokio::test]
async fn a_valid_token_identifies_its_bearer() {
    let token = signed(&claims(json!({"side": "buyer", "since": 5, "anon": true, "more": 1})));
    let claims = verifier().verify(&token).await.unwrap();
    assert_eq!(claims.identity.sub, "ann");
    assert_eq!(
        (claims.identity.side, claims.identity.since_s, claims.identity.anonymous),
        (Some(Side::Buyer), Some(5), true)
    );
    assert!(claims.allows(&"live-42".parse().unwrap()));
    assert!(!claims.allows(&"live-43".parse().unwrap()));
}

#[tokio::test]
async fn a_bad_token_is_refused() {
    let now_s = now_s();
    for (why, change) in [
        ("expired", json!({"exp": now_s - 31})),
        ("early", json!({"nbf": now_s + 60})),
        ("no exp", json!({"exp": null})),
        ("exp as text", json!({"exp": "soon"})),
        ("no sub", json!({"sub": ""})),
        ("long sub", json!({"sub": "a".repeat(129)})),
        ("sub with NUL", json!({"sub": "a\u{0}"})),
        ("role", json!({"role": "admin"})),
        ("room", json!({"room": "a b"})),
        ("* for a viewer", json!({"room": "*"})),
        ("side", json!({"side": "left"})),
    ] {
        assert!(verifier().verify(&signed(&claims(change))).await.is_err(), "{why}");
    }
    assert!(verifier().verify(&signed(&claims(json!({"exp": now_s - 29})))).await.is_ok(), "leeway");
    assert!(verifier().verify(&signed(&claims(json!({"room": "*", "role": "moderator"})))).await.is_ok());
}

#[tokio::test]
async fn a_refusal_names_the_claim_and_not_its_value() {
    let now_s = now_s();
    for (change, reason) in [
        (json!({"sub": null}), "the token is not valid: sub"),
        (json!({"sub": ["kumquat"]}), "the token is not valid: sub"),
        (json!({"sub": "kumquat\n"}), "the token is not valid: sub"),
        (json!({"room": "kumquat kumquat"}), "the token is not valid: room"),
        (json!({"role": "kumquat"}), "the token is not valid: role"),
        (json!({"exp": "kumquat"}), "the token is not valid: exp"),
        (json!({"exp": -1}), "the token is not valid: exp"),
        (json!({"exp": now_s + 24 * 3_600 + 60}), "the token is not valid: exp"),
        (json!({"exp": now_s - 60}), "the token has expired: exp"),
        (json!({"nbf": now_s + 60}), "the token is not valid yet: nbf"),
        (json!({"iat": "kumquat"}), "the token is not valid: iat"),
        (json!({"anon": "kumquat"}), "the token is not valid: anon"),
        (json!({"side": "kumquat"}), "the token is not valid: side"),
        (json!({"since": {"kumquat": 1}}), "the token is not valid: since"),
        (json!({"level": 4}), "the token is not valid: level"),
        (json!({"level": "kumquat"}), "the token is not valid: level"),
        (json!({"session": "kumquat\n"}), "the token is not valid: session"),
        (json!({"session": "kumquat".repeat(10)}), "the token is not valid: session"),
        (json!({"orders": "kumquat"}), "the token is not valid: orders"),
        (json!({"orders": ["kumquat", ""]}), "the token is not valid: orders"),
        (json!({"orders": ["kumquat".repeat(10)]}), "the token is not valid: orders"),
        (json!({"orders": vec!["kumquat"; 9]}), "the token is not valid: orders"),
    ] {
        let error = verifier().verify(&signed(&claims(change.clone()))).await.unwrap_err();
        assert_eq!(error.as_close_reason(), reason, "{change}");
        assert!(!error.to_string().contains("kumquat"), "{error}");
    }
}

#[tokio::test]
async fn tokens_of_common_libraries_are_accepted() {
    let now_s = now_s();
    let fraction = |seconds: u64| json!(seconds as f64 + 0.5);
    for change in [
        json!({"exp": fraction(now_s + 60), "iat": fraction(now_s), "nbf": fraction(now_s)}),
        json!({"anon": null, "side": null, "since": null, "nbf": null, "iat": null, "iss": null, "aud": null}),
        json!({"session": null, "orders": null}),
        json!({"since": 5.25}),
    ] {
        let verified = verifier().verify(&signed(&claims(change.clone()))).await;
        assert!(!verified.unwrap().identity.anonymous, "{change}");
    }
    for end in ["\n", "\r\n", " "] {
        let token = signed(&claims(json!({}))) + end;
        assert!(verifier().verify(&token).await.is_ok(), "{end:?}");
    }
}

#[tokio::test]
async fn a_tokens_lifetime_is_limited() {
    let hours = |hours: u64| json!({"exp": now_s() + hours * 3_600});
    let overlay = |hours: u64| json!({"exp": now_s() + hours * 3_600, "role": "overlay"});
    let short = || verifier().with_lifetime_max(std::time::Duration::from_secs(3_600));
    for (verifier, change, accepted) in [
        (verifier(), hours(24), true),
        (verifier(), hours(25), false),
        (verifier(), overlay(31 * 24), true),
        (verifier(), overlay(31 * 24 + 1), false),
        (short(), hours(1), true),
        (short(), hours(2), false),
        (short(), overlay(31 * 24), true),
    ] {
        assert_eq!(verifier.verify(&signed(&claims(change.clone()))).await.is_ok(), accepted, "{change}");
    }
}

#[tokio::test]
async fn a_token_does_not_choose_its_algorithm() {
    let body = signed(&claims(json!({})));
    let parts: Vec<&str> = body.split('.').collect();
    // {"alg":"none","typ":"JWT"}
    let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", parts[1]);
    assert!(verifier().verify(&none).await.is_err());
    let key = EncodingKey::from_secret(SECRET);
    let hs512 = jsonwebtoken::encode(&Header::new(Algorithm::HS512), &claims(json!({})), &key).unwrap();
    assert!(verifier().verify(&hs512).await.is_err());
    let other = format!("{}.{}.AAAA", parts[0], parts[1]);
    assert!(verifier().verify(&other).await.is_err());
    let keyless = Verifier::new(None, None, None, None, SystemClock::shared());
    assert!(keyless.verify(&body).await.is_err());
}

#[tokio::test]
async fn a_configured_issuer_and_audience_must_match() {
    let verifier = Verifier::new(Some(SECRET), None, Some("shop".into()), Some("jury".into()), SystemClock::shared());
    assert!(verifier.verify(&signed(&claims(json!({})))).await.is_err());
    assert!(verifier.verify(&signed(&claims(json!({"iss": "shop", "aud": "other"})))).await.is_err());
    assert!(verifier.verify(&signed(&claims(json!({"iss": "shop", "aud": ["x", "jury"]})))).await.is_ok());
}

/// The key pair of RFC 8037, appendix A.
const ED25519_D: [u8; 32] = [
    0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5,
    0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
];
const ED25519_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

fn signed_by_platform(kid: &str) -> String {
    // PKCS #8 header of a bare Ed25519 key.
    let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    der.extend(ED25519_D);
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::EdDSA) };
    jsonwebtoken::encode(&header, &claims(json!({})), &EncodingKey::from_ed_der(&der)).unwrap()
}

const QUARTER: std::time::Duration = std::time::Duration::from_secs(15 * 60);

fn key_set(kid: &str) -> String {
    json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": ED25519_X}]}).to_string()
}

#[tokio::test(start_paused = true)]
async fn a_changed_jwk_set_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    std::fs::write(&path, key_set("old")).unwrap();
    let keys = KeySet::open(KeySource::File(path.clone()), Authorities::system(), QUARTER).await.unwrap();
    let verifier = Verifier::new(None, Some(keys), None, None, SystemClock::shared());
    assert_eq!(verifier.verify(&signed_by_platform("old")).await.unwrap().identity.sub, "ann");
    assert!(verifier.verify(&signed_by_platform("new")).await.is_err(), "an unknown key");
    std::fs::write(&path, key_set("new")).unwrap();
    tokio::time::advance(std::time::Duration::from_secs(11)).await;
    assert!(verifier.verify(&signed_by_platform("new")).await.is_ok(), "a new key");
    assert!(verifier.verify(&signed_by_platform("old")).await.is_err(), "a withdrawn key");
    std::fs::write(&path, key_set("newest")).unwrap();
    assert_eq!(verifier.reload_keys().await.unwrap().unwrap(), 1, "a reading on demand does not wait");
    assert!(verifier.verify(&signed_by_platform("newest")).await.is_ok());
    // The public key as an HMAC secret is the first attempt of every forger.
    let forged = EncodingKey::from_secret(ED25519_X.as_bytes());
    let forged = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims(json!({})), &forged).unwrap();
    assert!(verifier.verify(&forged).await.is_err(), "a public key is no secret");
}
