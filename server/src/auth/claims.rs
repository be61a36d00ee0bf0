//! The claims of a token: how they are spelled, which forms they take, and what they allow; it verifies no signature.

use live_jury_protocol::{NameError, Role, RoomId, Side, limits};
use live_jury_trust::{Party, is_platform_id, platform_id_form};
use serde::{Deserialize, Deserializer, Serialize};

use super::{TokenError, TokenIds};
use live_jury_court::{ID_FORM, Juror, is_id};

/// The claims of a valid token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The person and the role.
    pub identity: Juror,
    /// The rooms in which the token is valid.
    pub scope: Scope,
    /// Expiry in Unix milliseconds, without the leeway.
    pub expires_at_ms: u64,
    /// The token, as a revocation names it.
    pub ids: TokenIds,
    /// The live session that the person watches; none if the token names none.
    pub session: Option<String>,
    /// Orders that the person has placed, as the platform vouches.
    pub orders: Vec<String>,
    /// The party that the bearer acts for: a merchant's token has one, and a host's may.
    pub party: Option<Box<Party>>,
}

/// The rooms in which a token is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One room.
    Room(RoomId),
    /// All rooms, `*`: moderators and the platform only.
    Everywhere,
    /// No room: a merchant's token, which is for its own standing.
    NoRoom,
}

impl Claims {
    /// Whether the token is valid in this room.
    #[must_use]
    pub fn allows(&self, room: &RoomId) -> bool {
        match &self.scope {
            Scope::Room(own) => own == room,
            Scope::Everywhere => true,
            Scope::NoRoom => false,
        }
    }
}

/// The claims as a token spells them. Times may have a fraction, which RFC 7519 allows; it is cut.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RawClaims {
    /// The viewer id.
    pub sub: String,
    /// The room, or `*`.
    pub room: String,
    /// The role.
    pub role: String,
    /// Expiry, in Unix seconds.
    #[serde(deserialize_with = "seconds")]
    pub exp: u64,
    /// Start of validity, in Unix seconds.
    #[serde(default, deserialize_with = "optional_seconds", skip_serializing_if = "Option::is_none")]
    pub nbf: Option<u64>,
    /// Time of issue, in Unix seconds.
    #[serde(default, deserialize_with = "optional_seconds", skip_serializing_if = "Option::is_none")]
    pub iat: Option<u64>,
    /// The token's own id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// The issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// The audience: one text or a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<Audiences>,
    /// Whether the viewer is anonymous and may only watch.
    #[serde(default, deserialize_with = "flag", skip_serializing_if = "std::ops::Not::not")]
    pub anon: bool,
    /// The side of the market on which the person trades.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// Account creation, in Unix seconds.
    #[serde(default, deserialize_with = "optional_seconds", skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
    /// The level of a juror, 0 to 3. Panels may ask for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// The live session that the person watches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Orders that the person has placed. A report about one of them is proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orders: Option<Vec<String>>,
    /// The merchant that the bearer acts for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merchant: Option<String>,
    /// The id of the bearer as a host, as facts and cases name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
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

impl RawClaims {
    /// The claims in a token's payload. An error names the claim and never its value.
    pub(super) fn parse(payload: &[u8]) -> Result<Self, TokenError> {
        let mut json = serde_json::Deserializer::from_slice(payload);
        serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let path = error.path().to_string();
            let text = error.inner().to_string();
            let is_named = |claim: &str| {
                path.split(['.', '[']).next() == Some(claim)
                    || ["missing", "duplicate"].iter().any(|what| text.starts_with(&format!("{what} field `{claim}`")))
            };
            match TokenError::CLAIMS.into_iter().find(|claim| is_named(claim)) {
                Some(claim) => TokenError::Claim { claim, reason: format!("{claim} is missing, or not of its type") },
                None => TokenError::Invalid("the claims are not a JSON object".to_owned()),
            }
        })
    }

    /// Role and scope, whatever the time. `live-jury token` calls it before it mints.
    ///
    /// # Errors
    /// A claim that every server refuses.
    pub fn check_form(&self) -> Result<(Role, Scope), TokenError> {
        let wrong = |claim: &'static str, reason: &str| TokenError::Claim { claim, reason: reason.to_owned() };
        if self.sub.len() > limits::SUB_BYTES_MAX || !is_id(&self.sub) {
            return Err(wrong("sub", &format!("sub must be 1 to {} bytes {ID_FORM}", limits::SUB_BYTES_MAX)));
        }
        if self.jti.as_ref().is_some_and(|jti| jti.len() > limits::JTI_BYTES_MAX || !is_id(jti)) {
            return Err(wrong("jti", &format!("jti must be 1 to {} bytes {ID_FORM}", limits::JTI_BYTES_MAX)));
        }
        if self.level.is_some_and(|level| level > limits::LEVEL_MAX) {
            return Err(wrong("level", &format!("level must be 0 to {}", limits::LEVEL_MAX)));
        }
        if self.session.as_ref().is_some_and(|session| session.len() > limits::SESSION_BYTES_MAX || !is_id(session)) {
            let form = format!("session must be 1 to {} bytes {ID_FORM}", limits::SESSION_BYTES_MAX);
            return Err(wrong("session", &form));
        }
        let orders = self.orders.as_deref().unwrap_or_default();
        let is_order = |order: &String| order.len() <= limits::ORDER_BYTES_MAX && is_id(order);
        if orders.len() > limits::ORDERS_MAX || !orders.iter().all(is_order) {
            let (count, bytes) = (limits::ORDERS_MAX, limits::ORDER_BYTES_MAX);
            return Err(wrong("orders", &format!("orders must be at most {count} of 1 to {bytes} bytes {ID_FORM}")));
        }
        for (claim, id) in [("merchant", &self.merchant), ("host", &self.host)] {
            if id.as_ref().is_some_and(|id| !is_platform_id(id)) {
                return Err(wrong(claim, &format!("{claim} {}", platform_id_form())));
            }
        }
        let role: Role = self.role.parse().map_err(|error: &str| wrong("role", error))?;
        let scope = match self.room.as_str() {
            "*" if matches!(role, Role::Moderator | Role::Platform) => Scope::Everywhere,
            "*" if role == Role::Merchant => Scope::NoRoom,
            "*" => return Err(wrong("room", "room * is for moderators, merchants and the platform")),
            _ if matches!(role, Role::Platform | Role::Merchant) => {
                return Err(wrong("room", "the room of a merchant or of the platform is *"));
            }
            room => Scope::Room(room.parse().map_err(|error: NameError| wrong("room", &error.to_string()))?),
        };
        if role == Role::Merchant && self.merchant.is_none() {
            return Err(wrong("merchant", "merchant is missing: a merchant's token names it"));
        }
        Ok((role, scope))
    }

    /// The party that a bearer of this role acts for.
    pub(super) fn party(&mut self, role: Role) -> Option<Box<Party>> {
        match role {
            Role::Merchant => self.merchant.take().map(|id| Box::new(Party::merchant(id))),
            Role::Host => self.host.take().map(|id| Box::new(Party::host(id))),
            _ => None,
        }
    }
}

/// A time as a JSON number, with or without a fraction.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Whole(u64),
    Fraction(f64),
}

impl Seconds {
    fn cut<E: serde::de::Error>(self) -> Result<u64, E> {
        match self {
            Self::Whole(seconds) => Ok(seconds),
            // The cast cuts the fraction, and saturates beyond the range of u64.
            Self::Fraction(seconds) if seconds >= 0.0 => Ok(seconds as u64),
            Self::Fraction(_) => Err(E::custom("a time before 1970")),
        }
    }
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Seconds::deserialize(deserializer)?.cut()
}

fn optional_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Option::<Seconds>::deserialize(deserializer)?.map(Seconds::cut).transpose()
}

/// A flag whose `null` means that it is not set.
fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::<bool>::deserialize(deserializer)?.unwrap_or_default())
}
