//! Tokens as a live platform mints them; it knows the secret and nothing else of the server.

use live_jury_protocol::{CaseId, Role};
use live_jury_server::auth::{RawClaims, mint};
use live_jury_server::clock::{Clock, SystemClock};
use live_jury_server::pseudonym::BallotKey;

/// The secret that the stories' servers and platform share.
pub const SECRET: &str = "a secret of the stories, long enough to be one";
/// The ballot secret of the stories' servers.
pub const BALLOT_SECRET: &str = "a ballot secret of the stories, long enough to be one";
/// Lifetime of a story's tokens, in seconds: the longest that a server accepts, as stories set their clock ahead.
const TTL_S: u64 = 24 * 60 * 60;

/// What a token of this kind says.
#[must_use]
pub fn claims(role: Role, room: &str, sub: &str) -> RawClaims {
    RawClaims {
        sub: sub.to_owned(),
        room: room.to_owned(),
        role: role.to_string(),
        exp: now_s() + TTL_S,
        ..RawClaims::default()
    }
}

/// The machine's time, in Unix seconds.
#[must_use]
pub fn now_s() -> u64 {
    SystemClock.now_ms() / 1_000
}

/// These claims, signed.
#[must_use]
pub fn sign(claims: &RawClaims) -> String {
    mint(SECRET.as_bytes(), claims).expect("claims can be signed")
}

/// The viewer's pseudonym in a case, as the export has it.
#[must_use]
pub fn pseudonym(case: CaseId, sub: &str) -> String {
    BallotKey::new(BALLOT_SECRET.as_bytes()).pseudonym(case, sub).to_string()
}

/// A token of this kind.
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
