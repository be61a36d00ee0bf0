//! Why a token was refused; no text holds a claim's value.

use super::JwksError;

/// Why a token was refused.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Its form, algorithm, key or signature is wrong.
    #[error("the token is not valid: {0}")]
    Invalid(String),
    /// A claim is missing, of another type, or not accepted.
    #[error("the token is not valid: {reason}")]
    Claim {
        /// The claim's name.
        claim: &'static str,
        /// The reason: it repeats the claim's name and not its value.
        reason: String,
    },
    /// It has expired.
    #[error("the token has expired")]
    Expired,
    /// It was revoked, or all tokens of its `sub` were.
    #[error("the token was revoked")]
    Revoked,
    /// Its `nbf` is in the future.
    #[error("the token is not valid yet")]
    Early,
    /// The JWK set could not be read, so the key is unknown.
    #[error("the token cannot be checked now: {0}")]
    Unchecked(#[from] JwksError),
}

impl TokenError {
    /// The names of all claims that are read.
    pub(super) const CLAIMS: [&str; 17] = [
        "sub", "room", "role", "exp", "nbf", "iat", "jti", "iss", "aud", "anon", "side", "since", "level", "session",
        "orders", "merchant", "host",
    ];

    /// The reason as a fixed text, short enough for a close frame (123 bytes).
    #[must_use]
    pub fn as_close_reason(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "the token is not valid: its form, algorithm, key or signature",
            Self::Claim { claim, .. } => match *claim {
                "sub" => "the token is not valid: sub",
                "room" => "the token is not valid: room",
                "role" => "the token is not valid: role",
                "exp" => "the token is not valid: exp",
                "nbf" => "the token is not valid: nbf",
                "iat" => "the token is not valid: iat",
                "jti" => "the token is not valid: jti",
                "iss" => "the token is not valid: iss",
                "aud" => "the token is not valid: aud",
                "anon" => "the token is not valid: anon",
                "side" => "the token is not valid: side",
                "since" => "the token is not valid: since",
                "level" => "the token is not valid: level",
                "session" => "the token is not valid: session",
                "orders" => "the token is not valid: orders",
                "merchant" => "the token is not valid: merchant",
                "host" => "the token is not valid: host",
                _ => "the token is not valid",
            },
            Self::Expired => "the token has expired: exp",
            Self::Revoked => "the token was revoked",
            Self::Early => "the token is not valid yet: nbf",
            Self::Unchecked(_) => "the token cannot be checked now",
        }
    }
}
