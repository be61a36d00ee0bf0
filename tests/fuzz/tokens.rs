//! Generated tokens: a token with a wrong signature or with invalid claims is always rejected.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use live_jury_protocol::{Role, limits};
use live_jury_server::auth::{Claims, LEEWAY_S, RawClaims, Verifier};
use live_jury_server::clock::SystemClock;
use live_jury_tests::tokens::{SECRET, claims, now_s, sign};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use crate::mutation::anything;
use crate::runner;

fn verify(verifier: &Verifier, token: &str) -> Option<Claims> {
    // The keys are local, so the verification never waits.
    futures_util::FutureExt::now_or_never(verifier.verify(token)).expect("an answer at once").ok()
}

fn verifier() -> Verifier {
    Verifier::new(Some(SECRET.as_bytes()), None, None, None, SystemClock::shared())
}

#[test]
fn a_changed_token_is_rejected() {
    let (verifier, good) = (verifier(), sign(&claims(Role::Viewer, "live-42", "ann")));
    let believed = verify(&verifier, &good).unwrap();
    let change = (any::<Index>(), any::<char>(), any::<bool>(), any::<Index>());
    runner(10)
        .run(&prop::collection::vec(change, 1..4), |changes| {
            let mut text: Vec<char> = good.chars().collect();
            for (at, with, insert, to) in changes {
                let at = at.index(text.len());
                if insert {
                    text.insert(at, with)
                } else {
                    text[at] = with
                }
                let to = to.index(text.len());
                text.swap(at, to);
            }
            let changed: String = text.into_iter().collect();
            // The last letter of a signature has unused bits. A change of those changes neither the claims nor the
            // signature.
            if let Some(claims) = verify(&verifier, &changed) {
                prop_assert_eq!(&claims, &believed);
                prop_assert_eq!(changed.rsplit_once('.').unwrap().0, good.rsplit_once('.').unwrap().0);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn text_that_is_not_a_token_is_rejected() {
    let verifier = verifier();
    let texts = prop_oneof![".{0,300}", "[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,40}"];
    runner(10)
        .run(&texts, |text| {
            prop_assert_eq!(verify(&verifier, &text), None);
            Ok(())
        })
        .unwrap();
}

/// The signature is valid, and the claims are arbitrary. Accepted claims must still obey the rules.
#[test]
fn invalid_claims_are_rejected() {
    let verifier = verifier();
    let good = serde_json::to_value(claims(Role::Viewer, "live-42", "ann")).unwrap();
    let names = select(vec![
        "sub", "room", "role", "exp", "nbf", "iat", "jti", "iss", "aud", "anon", "side", "since", "level", "session",
        "orders", "more",
    ]);
    let likely = select(vec![
        json!("*"),
        json!("moderator"),
        json!("viewer"),
        json!("king"),
        json!("x".repeat(128)),
        json!("x".repeat(129)),
        json!(""),
        json!("a b"),
        json!(0),
        json!(now_s() - 31),
        json!(now_s() + 60),
        json!(u64::MAX),
        json!(-1),
        json!(1.5),
        json!(true),
        json!(["a"]),
    ]);
    let changes = prop::collection::vec((names, prop_oneof![likely, anything()]), 1..5);
    runner(10)
        .run(&changes, |changes| {
            let mut claims = good.clone();
            for (name, value) in changes {
                claims[name] = value;
            }
            let Some(believed) = verify(&verifier, &sign_anything(&claims)) else { return Ok(()) };
            let raw: RawClaims = serde_json::from_value(claims).expect("what is believed has its form");
            prop_assert!((1..=limits::SUB_BYTES_MAX).contains(&raw.sub.len()));
            prop_assert!(raw.exp.saturating_add(LEEWAY_S) >= now_s(), "it has not ended");
            prop_assert!(raw.nbf.is_none_or(|nbf| nbf <= now_s() + LEEWAY_S), "it has begun");
            prop_assert!(
                (raw.room == "*") == matches!(believed.identity.role, Role::Moderator | Role::Platform)
                    || believed.identity.role == Role::Moderator
            );
            prop_assert_eq!(believed.identity.role.as_str(), raw.role.as_str());
            prop_assert_eq!(believed.identity.sub.as_str(), raw.sub.as_str());
            Ok(())
        })
        .unwrap();
}

fn sign_anything(claims: &Value) -> String {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key).expect("claims can be signed")
}
