//! Tokens as a live platform mints them; it uses no code of the server.

use std::time::SystemTime;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use hmac::{Hmac, Mac};
use live_jury_protocol::{CaseId, Role, Side};
use serde::Serialize;
use serde_json::json;
use sha2::Sha256;

/// The secret that the tests' servers and platform share.
pub const SECRET: &str = "a secret of the stories, long enough to be one";
/// The ballot secret of the tests' servers.
pub const BALLOT_SECRET: &str = "a ballot secret of the stories, long enough to be one";
/// Lifetime of a test's token, in seconds: the longest that a server accepts, as tests set their clock ahead.
const TTL_S: u64 = 24 * 60 * 60;
/// Bytes of a pseudonym, as docs/protocol.md says.
const PSEUDONYM_BYTES: usize = 16;

/// The claims of a token, as docs/operating.md lists them.
#[derive(Clone, Debug, Serialize)]
pub struct Claims {
    /// The viewer id.
    pub sub: String,
    /// The room, or `*`.
    pub room: String,
    /// The role.
    pub role: String,
    /// End of validity, in Unix seconds.
    pub exp: u64,
    /// Time of issue, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<u64>,
    /// The token's own id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// Start of validity, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nbf: Option<u64>,
    /// Whether the viewer may only watch.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub anon: bool,
    /// The side of the market.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// Account creation, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
    /// The level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// The live session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Orders that the person has placed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub orders: Vec<String>,
    /// The merchant that the bearer acts for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant: Option<String>,
    /// The id of the bearer as a host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// Valid claims of a role in a room.
#[must_use]
pub fn claims(role: Role, room: &str, sub: &str) -> Claims {
    Claims {
        sub: sub.to_owned(),
        room: room.to_owned(),
        role: role.to_string(),
        exp: now_s() + TTL_S,
        iat: None,
        jti: None,
        nbf: None,
        anon: false,
        side: None,
        since: None,
        level: None,
        session: None,
        orders: Vec::new(),
        merchant: None,
        host: None,
    }
}

/// The machine's time, in Unix seconds.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "a platform has a clock of its own")]
pub fn now_s() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("the machine's date is after 1970").as_secs()
}

/// A token of these claims, signed with [`SECRET`].
#[must_use]
pub fn sign(claims: &Claims) -> String {
    sign_with(SECRET.as_bytes(), claims)
}

/// A token of these claims, signed with another secret.
#[must_use]
pub fn sign_with(secret: &[u8], claims: &Claims) -> String {
    let part = |json: String| BASE64URL_NOPAD.encode(json.as_bytes());
    let header = json!({ "alg": "HS256", "typ": "JWT" });
    let claims = serde_json::to_string(claims).expect("claims are JSON");
    let signed = format!("{}.{}", part(header.to_string()), part(claims));
    let signature = BASE64URL_NOPAD.encode(&hmac(secret, &[signed.as_bytes()]));
    format!("{signed}.{signature}")
}

/// The pseudonym that the export shows for a viewer.
#[must_use]
pub fn pseudonym(case: CaseId, sub: &str) -> String {
    let whole = hmac(BALLOT_SECRET.as_bytes(), &[case.0.as_bytes(), sub.as_bytes()]);
    HEXLOWER.encode(&whole[..PSEUDONYM_BYTES])
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

/// A valid token of this role.
#[must_use]
pub fn token(role: Role, room: &str, sub: &str) -> String {
    sign(&claims(role, room, sub))
}

/// A viewer's token.
#[must_use]
pub fn viewer(room: &str, sub: &str) -> String {
    token(Role::Viewer, room, sub)
}

/// A moderator's token.
#[must_use]
pub fn moderator(room: &str, sub: &str) -> String {
    token(Role::Moderator, room, sub)
}

/// The token of a merchant with this id.
#[must_use]
pub fn merchant(id: &str) -> String {
    let role = "merchant".to_owned();
    let claims = claims(Role::Platform, "*", &format!("owner-of-{id}"));
    sign(&Claims { role, merchant: Some(id.to_owned()), ..claims })
}
