//! The revoked tokens that this node knows, as keyed hashes; it reads no store and closes no socket.

use std::collections::HashMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::OVERLAY_LIFETIME_MAX;

/// Bytes of a hash. At 128 bits two of a billion tokens practically never share one.
const HASH_BYTES: usize = 16;
/// The time for which a revocation is kept, in milliseconds. No token lasts longer.
pub const REVOCATION_KEPT_MS: u64 = OVERLAY_LIFETIME_MAX.as_secs() * 1_000;

/// The keyed hash of a `jti` or of a `sub`. Without the key it names nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; HASH_BYTES]);

/// A token, as a revocation names it. Each joined socket has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenIds {
    jti: Option<TokenHash>,
    sub: TokenHash,
    /// 0 for a token without `iat`: every revocation is later.
    iat_s: u64,
}

/// The end of one token, or of all that a person has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// The hash of the token's `jti`, or of the `sub`.
    pub hash: TokenHash,
    /// The time of the revocation, in Unix milliseconds. Tokens of the `sub` that were issued later are good.
    pub revoked_at_ms: u64,
}

/// The revoked tokens that this node knows.
pub struct Revocations {
    key: Hmac<Sha256>,
    /// The time of the revocation by hash, in Unix milliseconds.
    revoked: RwLock<HashMap<TokenHash, u64>>,
}

impl fmt::Debug for Revocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Revocations(hidden)")
    }
}

impl Revocations {
    /// No revocations, hashed with this key.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        let key = Hmac::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"));
        Self { key, revoked: RwLock::default() }
    }

    /// The hash of one token's `jti`.
    #[must_use]
    pub fn hash_of_jti(&self, jti: &str) -> TokenHash {
        self.hash(b"jti", jti)
    }

    /// The hash of a person's `sub`.
    #[must_use]
    pub fn hash_of_sub(&self, sub: &str) -> TokenHash {
        self.hash(b"sub", sub)
    }

    /// A token with these claims.
    #[must_use]
    pub fn ids(&self, jti: Option<&str>, sub: &str, iat_s: Option<u64>) -> TokenIds {
        TokenIds { jti: jti.map(|jti| self.hash_of_jti(jti)), sub: self.hash_of_sub(sub), iat_s: iat_s.unwrap_or(0) }
    }

    fn hash(&self, claim: &[u8], value: &str) -> TokenHash {
        let mut mac = self.key.clone();
        mac.update(claim);
        mac.update(&[0]);
        mac.update(value.as_bytes());
        let mut cut = [0; HASH_BYTES];
        cut.copy_from_slice(&mac.finalize().into_bytes()[..HASH_BYTES]);
        TokenHash(cut)
    }

    /// Whether the token was revoked. One of a `sub` without `iat`, or with one not later, counts as issued before.
    #[must_use]
    pub fn covers(&self, token: &TokenIds) -> bool {
        let revoked = self.revoked.read().unwrap_or_else(PoisonError::into_inner);
        if revoked.is_empty() {
            return false;
        }
        let is_issued_later = |revoked_at_ms: u64| token.iat_s > revoked_at_ms / 1_000;
        token.jti.is_some_and(|jti| revoked.contains_key(&jti))
            || revoked.get(&token.sub).is_some_and(|revoked_at_ms| !is_issued_later(*revoked_at_ms))
    }

    /// Adds revocations, and forgets those whose tokens have all ended by `now_ms`.
    pub fn add(&self, found: &[Revocation], now_ms: u64) {
        let mut revoked = self.revoked.write().unwrap_or_else(PoisonError::into_inner);
        for Revocation { hash, revoked_at_ms } in found {
            let latest = revoked.entry(*hash).or_default();
            *latest = (*latest).max(*revoked_at_ms);
        }
        revoked.retain(|_, revoked_at_ms| revoked_at_ms.saturating_add(REVOCATION_KEPT_MS) > now_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_800_000_000_500;
    const NOW_S: u64 = NOW_MS / 1_000;

    #[test]
    fn a_revocation_covers_one_token_or_a_persons_until_now() {
        let known = Revocations::new(&[7; 32]);
        let of = |jti, sub, iat_s| known.covers(&known.ids(jti, sub, iat_s));
        assert!(!of(Some("t1"), "ann", None));
        known.add(&[Revocation { hash: known.hash_of_jti("t1"), revoked_at_ms: NOW_MS }], NOW_MS);
        assert!(of(Some("t1"), "ann", Some(NOW_S + 60)));
        assert!(!of(Some("t2"), "ann", None) && !of(None, "t1", None));
        known.add(&[Revocation { hash: known.hash_of_sub("ann"), revoked_at_ms: NOW_MS }], NOW_MS);
        assert!(of(None, "ann", None) && of(Some("t2"), "ann", Some(NOW_S)));
        assert!(!of(None, "ann", Some(NOW_S + 1)) && !of(Some("ann"), "bob", None));
        known.add(&[], NOW_MS + REVOCATION_KEPT_MS);
        assert!(!of(Some("t1"), "ann", None));
    }
}
