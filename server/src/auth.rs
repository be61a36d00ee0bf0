//! Tokens: who somebody is and what they may do, as the live platform signed it; it mints only for `token` and `demo`.

mod jwks;

use std::fmt;
use std::sync::Arc;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use live_jury_court::Juror;
use live_jury_protocol::{NameError, Role, RoomId, Side, limits};
use serde::{Deserialize, Serialize};

use crate::clock::Clock;

pub use jwks::{JwksError, KeySet};

/// How far the clocks of platform and server may be apart, in seconds.
pub const LEEWAY_S: u64 = 30;

/// What a good token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Who it is.
    pub juror: Juror,
    /// Where the token is good.
    pub scope: Scope,
    /// When it ends, in Unix milliseconds, leeway not counted.
    pub expires_at_ms: u64,
}

/// Where a token is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One room.
    Room(RoomId),
    /// All rooms, `*`: moderators only.
    Everywhere,
}

impl Claims {
    /// Whether the token is good in this room.
    #[must_use]
    pub fn allows(&self, room: &RoomId) -> bool {
        match &self.scope {
            Scope::Room(own) => own == room,
            Scope::Everywhere => true,
        }
    }
}

/// The claims as they stand in a token.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RawClaims {
    /// The viewer id.
    pub sub: String,
    /// The room, or `*`.
    pub room: String,
    /// The role.
    pub role: String,
    /// Unix seconds.
    pub exp: u64,
    /// Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<u64>,
    /// Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<u64>,
    /// Who minted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Whom it is for: a text or a list of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<Audiences>,
    /// For watching only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub anon: bool,
    /// Which side of the market.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// Account creation, Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
}

impl RawClaims {
    /// Who this would be and where, whatever the time: also asked before a token is minted.
    ///
    /// # Errors
    /// The claim that no server would take.
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

/// Whom a token is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audiences {
    /// One.
    One(String),
    /// Any of these.
    Many(Vec<String>),
}

/// Why a token is not good.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// It does not hold: form, algorithm, key, signature or a claim.
    #[error("the token is not valid: {0}")]
    Invalid(String),
    /// It has ended.
    #[error("the token has ended")]
    Expired,
    /// It is not good yet.
    #[error("the token is not good yet")]
    Early,
    /// The JWK set that would tell cannot be had.
    #[error("the token cannot be checked now: {0}")]
    Unchecked(#[from] JwksError),
}

/// Checks tokens.
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

    /// What the token says, if it holds.
    ///
    /// The algorithm that the token names only picks among what the configuration allows: HS256 goes with the secret,
    /// the others with the JWK set, so that a public key is never used as an HMAC secret.
    ///
    /// # Errors
    /// [`TokenError`], which names what is wrong and nothing secret.
    pub async fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(invalid)?;
        if header.crit.is_some() {
            // RFC 7515, 4.1.11: what must be understood and is not makes the token invalid, and nothing is here.
            return Err(TokenError::Invalid("crit names what is not understood".to_owned()));
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
        // Times are checked below, by the injected clock.
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
        let juror = Juror { sub: raw.sub, role, anonymous: raw.anon, side: raw.side, since_s: raw.since };
        Ok(Claims { juror, scope, expires_at_ms: raw.exp.saturating_mul(1_000) })
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
/// The signing failed; with a secret of bytes it does not.
pub fn mint(secret: &[u8], claims: &RawClaims) -> Result<String, TokenError> {
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(secret)).map_err(invalid)
}

#[cfg(test)]
mod tests;
