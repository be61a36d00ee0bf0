//! The platform's public keys: a JWK set from a file or a URL, read again when a token names a key it does not have.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Shortest time between two readings: tokens with made-up key ids do not become a flood on the platform.
const REREAD_AFTER: Duration = Duration::from_secs(10);
/// Time after which the set is read again even if every key is known: a withdrawn key must go.
const STALE_AFTER: Duration = Duration::from_secs(15 * 60);
/// How long a reading may take.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// Largest JWK set, in bytes.
const SET_BYTES_MAX: u64 = 256 * 1024;

/// Why a JWK set cannot be had.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the JWK set cannot be read: {0}")]
pub struct JwksError(String);

/// A JWK set that follows its source.
pub struct KeySet {
    source: Arc<str>,
    held: Mutex<Held>,
}

struct Held {
    keys: Vec<Key>,
    read_at: Option<Instant>,
}

#[derive(Clone)]
struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeySet({})", self.source)
    }
}

impl KeySet {
    /// The set at `source`, a path or an `http(s)` URL; read once now, so that a wrong setting stops the start.
    ///
    /// # Errors
    /// It cannot be read, or has no key of use.
    pub async fn open(source: &str) -> Result<Self, JwksError> {
        let set = Self { source: source.into(), held: Mutex::new(Held { keys: Vec::new(), read_at: None }) };
        let keys = set.read().await?;
        *set.held.lock().await = Held { keys, read_at: Some(Instant::now()) };
        Ok(set)
    }

    /// The keys that may have signed a token with this key id and algorithm.
    ///
    /// # Errors
    /// No key is known and the set cannot be read again.
    pub async fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<Vec<DecodingKey>, JwksError> {
        let mut held = self.held.lock().await;
        let found = held.fitting(id, algorithm);
        let age = held.read_at.map_or(Duration::MAX, |at| at.elapsed());
        let wanted = if found.is_empty() { REREAD_AFTER } else { STALE_AFTER };
        if age < wanted {
            return Ok(found);
        }
        held.read_at = Some(Instant::now());
        match self.read().await {
            Ok(keys) => held.keys = keys,
            Err(error) if found.is_empty() => return Err(error),
            Err(error) => tracing::warn!(%error, "the JWK set could not be read again; the old one stands"),
        }
        Ok(held.fitting(id, algorithm))
    }

    async fn read(&self) -> Result<Vec<Key>, JwksError> {
        let source = self.source.clone();
        let text = tokio::task::spawn_blocking(move || read_source(&source))
            .await
            .map_err(|error| JwksError(error.to_string()))??;
        let set: JwkSet = serde_json::from_str(&text).map_err(|error| JwksError(error.to_string()))?;
        let keys: Vec<Key> = set.keys.iter().filter_map(key_of).collect();
        if keys.is_empty() { Err(JwksError("it has no EdDSA, ES256 or RS256 key".to_owned())) } else { Ok(keys) }
    }
}

impl Held {
    fn fitting(&self, id: Option<&str>, algorithm: Algorithm) -> Vec<DecodingKey> {
        self.keys
            .iter()
            .filter(|key| key.algorithm == algorithm && (id.is_none() || key.id.as_deref() == id))
            .map(|key| key.key.clone())
            .collect()
    }
}

fn read_source(source: &str) -> Result<String, JwksError> {
    let failed = |error: &dyn fmt::Display| JwksError(error.to_string());
    if !source.starts_with("http://") && !source.starts_with("https://") {
        return std::fs::read_to_string(source).map_err(|error| failed(&error));
    }
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(READ_TIMEOUT)).build().into();
    let mut response = agent.get(source).call().map_err(|error| failed(&error))?;
    response.body_mut().with_config().limit(SET_BYTES_MAX).read_to_string().map_err(|error| failed(&error))
}

/// A key's algorithm follows from its type, never from a token.
fn key_of(jwk: &Jwk) -> Option<Key> {
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => Algorithm::ES256,
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => Algorithm::EdDSA,
        _ => return None,
    };
    let key = DecodingKey::from_jwk(jwk).ok()?;
    Some(Key { id: jwk.common.key_id.clone(), algorithm, key })
}
