//! Verifies the tokens that the live platform signed, and mints some for `token` and `demo`; it stores none.

mod claims;
mod error;
mod jwks;
mod key_source;
mod revocations;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use live_jury_court::Juror;
use live_jury_protocol::Role;
use serde::de::IgnoredAny;

use crate::clock::Clock;

pub use claims::{Audiences, Claims, RawClaims, Scope};
pub use error::TokenError;
pub use jwks::{JwksError, KeySet};
pub use key_source::KeySource;
pub use revocations::{REVOCATION_KEPT_MS, Revocation, Revocations, TokenHash, TokenIds};

/// Largest difference between the clocks of platform and server, in seconds. Beyond it a token counts as expired or as
/// not valid yet; 30 s covers servers that synchronise by NTP.
pub const LEEWAY_S: u64 = 30;

/// Longest lifetime of an overlay's token; beyond it the token is refused. A stream's scene keeps its link for a month.
const OVERLAY_LIFETIME_MAX: Duration = Duration::from_secs(31 * 24 * 60 * 60);
/// Longest lifetime of other tokens by default; beyond it the token is refused. A stolen token ends within a day.
pub const TOKEN_LIFETIME_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Longest time from now until the expiry of a token of this role.
#[must_use]
pub fn lifetime_max(role: Role, others: Duration) -> Duration {
    if role == Role::Overlay { others.max(OVERLAY_LIFETIME_MAX) } else { others }
}

/// Verifies tokens.
pub struct Verifier {
    secret: Option<DecodingKey>,
    keys: Option<KeySet>,
    issuer: Option<String>,
    audience: Option<String>,
    lifetime_max: Duration,
    clock: Arc<dyn Clock>,
    refusals: RefusalLog,
    revocations: Revocations,
}

/// Logs refused tokens, at most one a second. Anybody can send wrong tokens, so a line for each would fill the disk.
#[derive(Debug, Default)]
struct RefusalLog {
    /// The second of the last line, in Unix time.
    logged_s: AtomicU64,
    /// Refusals since the last line.
    left_out: AtomicU64,
}

impl RefusalLog {
    fn record(&self, error: &TokenError, now_s: u64) {
        if self.logged_s.swap(now_s, Ordering::Relaxed) == now_s {
            self.left_out.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let left_out = self.left_out.swap(0, Ordering::Relaxed);
        tracing::info!(reason = error.as_close_reason(), left_out, "a token was refused");
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl Verifier {
    /// A verifier of tokens signed with `secret` (HS256), or with a key of `keys` (EdDSA, ES256, RS256).
    #[must_use]
    pub fn new(
        secret: Option<&[u8]>,
        keys: Option<KeySet>,
        issuer: Option<String>,
        audience: Option<String>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let secret = secret.map(DecodingKey::from_secret);
        let (lifetime_max, refusals) = (TOKEN_LIFETIME_MAX, RefusalLog::default());
        let revocations = Revocations::new(&[]);
        Self { secret, keys, issuer, audience, lifetime_max, clock, refusals, revocations }
    }

    /// The same with this key for the hashes of revoked tokens. All nodes have the same one.
    #[must_use]
    pub fn with_revocation_key(self, key: &[u8]) -> Self {
        Self { revocations: Revocations::new(key), ..self }
    }

    /// The revoked tokens that are refused.
    #[must_use]
    pub fn revocations(&self) -> &Revocations {
        &self.revocations
    }

    /// The same with another longest lifetime of tokens; overlays' tokens may always last 31 days.
    #[must_use]
    pub fn with_lifetime_max(self, lifetime_max: Duration) -> Self {
        Self { lifetime_max, ..self }
    }

    /// Reads the JWK set again now; none without one.
    pub async fn reload_keys(&self) -> Option<Result<usize, JwksError>> {
        Some(self.keys.as_ref()?.reload().await)
    }

    /// The token's claims.
    ///
    /// The token's algorithm selects only among the configured keys. HS256 uses the secret, the others use the JWK set:
    /// a public key is never an HMAC secret.
    ///
    /// # Errors
    /// The reason of the refusal. It holds nothing secret.
    pub async fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        // Files and shells add a line end after a token.
        let verified = self.verify_trimmed(token.trim_end()).await;
        if let Err(error) = &verified
            && !matches!(error, TokenError::Unchecked(_))
        {
            self.refusals.record(error, self.clock.now_ms() / 1_000);
        }
        verified
    }

    async fn verify_trimmed(&self, token: &str) -> Result<Claims, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(invalid)?;
        if header.crit.is_some() {
            // RFC 7515, 4.1.11: a critical extension that is not understood makes the token invalid. None is here.
            return Err(TokenError::Invalid("crit names an extension that is not understood".to_owned()));
        }
        let raw = match header.alg {
            Algorithm::HS256 => {
                let secret = self.secret.as_ref().ok_or_else(|| unexpected(header.alg))?;
                self.decode(token, header.alg, secret)?
            }
            Algorithm::EdDSA | Algorithm::ES256 | Algorithm::RS256 => {
                let keys = self.keys.as_ref().ok_or_else(|| unexpected(header.alg))?;
                let found = keys.find(header.kid.as_deref(), header.alg).await?;
                let mut last = TokenError::Invalid("no key of the JWK set fits".to_owned());
                let mut good = None;
                for key in found {
                    match self.decode(token, header.alg, &key) {
                        Ok(raw) => good = Some(raw),
                        Err(error) => last = error,
                    }
                }
                good.ok_or(last)?
            }
            other => return Err(unexpected(other)),
        };
        self.check(raw)
    }

    fn decode(&self, token: &str, algorithm: Algorithm, key: &DecodingKey) -> Result<RawClaims, TokenError> {
        let mut validation = Validation::new(algorithm);
        // `check` compares the times with the injected clock.
        validation.validate_exp = false;
        validation.validate_aud = false;
        // `RawClaims::parse` requires the claims, and names the one that is missing.
        validation.required_spec_claims.clear();
        // The signature comes first. jsonwebtoken then fails on a claim of another type, and repeats its value.
        match jsonwebtoken::decode::<IgnoredAny>(token, key, &validation) {
            Ok(_) => parse_payload(token),
            Err(error) => match error.kind() {
                ErrorKind::Json(_) => Err(parse_payload(token).err().unwrap_or_else(|| invalid(error))),
                _ => Err(invalid(error)),
            },
        }
    }

    fn check(&self, mut raw: RawClaims) -> Result<Claims, TokenError> {
        let wrong = |claim, reason: &str| Err(TokenError::Claim { claim, reason: reason.to_owned() });
        let now_s = self.clock.now_ms() / 1_000;
        if raw.exp.saturating_add(LEEWAY_S) <= now_s {
            return Err(TokenError::Expired);
        }
        if raw.nbf.is_some_and(|nbf| nbf > now_s + LEEWAY_S) {
            return Err(TokenError::Early);
        }
        if self.issuer.is_some() && raw.iss != self.issuer {
            return wrong("iss", "iss is not the expected issuer");
        }
        if let Some(expected) = &self.audience {
            let fits = match &raw.aud {
                Some(Audiences::One(one)) => one == expected,
                Some(Audiences::Many(many)) => many.contains(expected),
                None => false,
            };
            if !fits {
                return wrong("aud", "aud lacks the expected audience");
            }
        }
        let (role, scope) = raw.check_form()?;
        let lifetime_max = lifetime_max(role, self.lifetime_max).as_secs();
        if raw.exp > now_s.saturating_add(lifetime_max).saturating_add(LEEWAY_S) {
            return wrong("exp", "exp is further ahead than --max-token-lifetime");
        }
        let party = raw.party(role);
        let identity = Juror {
            sub: raw.sub,
            role,
            anonymous: raw.anon,
            side: raw.side,
            since_s: raw.since,
            level: raw.level.unwrap_or(0),
        };
        let ids = self.revocations.ids(raw.jti.as_deref(), &identity.sub, raw.iat);
        if self.revocations.covers(&ids) {
            return Err(TokenError::Revoked);
        }
        let (session, orders) = (raw.session, raw.orders.unwrap_or_default());
        Ok(Claims { identity, scope, expires_at_ms: raw.exp.saturating_mul(1_000), ids, session, orders, party })
    }
}

fn parse_payload(token: &str) -> Result<RawClaims, TokenError> {
    let payload = BASE64URL_NOPAD.decode(token.split('.').nth(1).unwrap_or_default().as_bytes());
    RawClaims::parse(&payload.map_err(|_| TokenError::Invalid("the claims are not base64url".to_owned()))?)
}

fn invalid(error: jsonwebtoken::errors::Error) -> TokenError {
    TokenError::Invalid(error.to_string())
}

fn unexpected(algorithm: Algorithm) -> TokenError {
    TokenError::Invalid(format!("{algorithm:?} is not among the configured algorithms"))
}

/// Mints a token signed with the secret (HS256).
///
/// # Errors
/// Signing failed, which a secret of bytes does not cause.
pub fn mint(secret: &[u8], claims: &RawClaims) -> Result<String, TokenError> {
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(secret)).map_err(invalid)
}

#[cfg(test)]
mod tests;
