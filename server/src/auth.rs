//! Verifies the tokens that the live platform signed, and mints some for `token` and `demo`; it stores none.

mod jwks;

use std::fmt;
use std::sync::Arc;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use live_jury_court::Juror;
use live_jury_protocol::{NameError, Role, RoomId, Side, limits};
use serde::{Deserialize, Serialize};

use crate::clock::Clock;

pub use jwks::{JwksError, KeySet};

/// Largest difference between the clocks of platform and server, in seconds. Beyond it a token counts as expired or as
/// not valid yet; 30 s covers servers that synchronise by NTP.
pub const LEEWAY_S: u64 = 30;

/// The claims of a valid token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The person and the role.
    pub identity: Juror,
    /// The rooms in which the token is valid.
    pub scope: Scope,
    /// Expiry in Unix milliseconds, without the leeway.
    pub expires_at_ms: u64,
}

/// The rooms in which a token is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One room.
    Room(RoomId),
    /// All rooms, `*`: moderators only.
    Everywhere,
}

impl Claims {
    /// Whether the token is valid in this room.
    #[must_use]
    pub fn allows(&self, room: &RoomId) -> bool {
        match &self.scope {
            Scope::Room(own) => own == room,
            Scope::Everywhere => true,
        }
    }
}

/// The claims as a token spells them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RawClaims {
    /// The viewer id.
    pub sub: String,
    /// The room, or `*`.
    pub room: String,
    /// The role.
    pub role: String,
    /// Expiry, in Unix seconds.
    pub exp: u64,
    /// Start of validity, in Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<u64>,
    /// Time of issue, in Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<u64>,
    /// The issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// The audience: one text or a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<Audiences>,
    /// Whether the viewer is anonymous and may only watch.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub anon: bool,
    /// The side of the market on which the person trades.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// Account creation, Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
}

impl RawClaims {
    /// Role and scope, whatever the time. `live-jury token` calls it before it mints.
    ///
    /// # Errors
    /// A claim that every server refuses.
    pub fn check_form(&self) -> Result<(Role, Scope), TokenError> {
        let wrong = |what: &str| TokenError::Invalid(what.to_owned());
        if !(1..=limits::SUB_BYTES_MAX).contains(&self.sub.len()) || self.sub.chars().any(char::is_control) {
            return Err(wrong("sub must be 1 to 128 bytes without control characters"));
        }
        let role: Role = self.role.parse().map_err(wrong)?;
        let scope = match self.room.as_str() {
            "*" if role == Role::Moderator => Scope::Everywhere,
            "*" => return Err(wrong("room * is for moderators")),
            room => Scope::Room(room.parse().map_err(|error: NameError| wrong(&error.to_string()))?),
        };
        Ok((role, scope))
    }
}

/// The audience of a token.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audiences {
    /// One audience.
    One(String),
    /// Several audiences; one of them must match.
    Many(Vec<String>),
}

/// Why a token was refused.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Its form, algorithm, key, signature or a claim is wrong.
    #[error("the token is not valid: {0}")]
    Invalid(String),
    /// It has expired.
    #[error("the token has expired")]
    Expired,
    /// Its `nbf` is in the future.
    #[error("the token is not valid yet")]
    Early,
    /// The JWK set could not be read, so the key is unknown.
    #[error("the token cannot be checked now: {0}")]
    Unchecked(#[from] JwksError),
}

/// Verifies tokens.
pub struct Verifier {
    secret: Option<DecodingKey>,
    keys: Option<KeySet>,
    issuer: Option<String>,
    audience: Option<String>,
    clock: Arc<dyn Clock>,
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
        Self { secret: secret.map(DecodingKey::from_secret), keys, issuer, audience, clock }
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
        validation.set_required_spec_claims(&["exp", "sub"]);
        Ok(jsonwebtoken::decode::<RawClaims>(token, key, &validation).map_err(invalid)?.claims)
    }

    fn check(&self, raw: RawClaims) -> Result<Claims, TokenError> {
        let wrong = |what: &str| Err(TokenError::Invalid(what.to_owned()));
        let now_s = self.clock.now_ms() / 1_000;
        if raw.exp.saturating_add(LEEWAY_S) <= now_s {
            return Err(TokenError::Expired);
        }
        if raw.nbf.is_some_and(|nbf| nbf > now_s + LEEWAY_S) {
            return Err(TokenError::Early);
        }
        if self.issuer.is_some() && raw.iss != self.issuer {
            return wrong("iss is not the one expected");
        }
        if let Some(expected) = &self.audience {
            let fits = match &raw.aud {
                Some(Audiences::One(one)) => one == expected,
                Some(Audiences::Many(many)) => many.contains(expected),
                None => false,
            };
            if !fits {
                return wrong("aud is not the one expected");
            }
        }
        let (role, scope) = raw.check_form()?;
        let identity = Juror { sub: raw.sub, role, anonymous: raw.anon, side: raw.side, since_s: raw.since };
        Ok(Claims { identity, scope, expires_at_ms: raw.exp.saturating_mul(1_000) })
    }
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
