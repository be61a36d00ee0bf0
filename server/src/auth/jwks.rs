//! The platform's public keys: a JWK set from a file or a URL, read again when a token names a key it does not have.

use std::fmt;
use std::io::Read;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

/// Shortest time between two readings: tokens with made-up key ids do not become a flood on the platform.
const REREAD_AFTER: Duration = Duration::from_secs(10);
/// How long a reading may take.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// Largest JWK set, in bytes.
const SET_BYTES_MAX: u64 = 256 * 1024;

/// Why a JWK set cannot be had.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the JWK set cannot be read: {0}")]
pub struct JwksError(String);

/// A JWK set that follows its source: on a clock of its own, and when a token names a key that it does not have.
pub struct KeySet {
    source: Arc<Source>,
    _following: AbortOnDropHandle<()>,
}

struct Source {
    scope: String,
    held: Mutex<CachedKeys>,
    /// Held by the one who reads. Who knows the key never waits for it.
    reading: AsyncMutex<()>,
    refresh: Duration,
}

struct CachedKeys {
    keys: Vec<Key>,
    tried_at: Instant,
    /// Why the last reading failed, if it did.
    failed: Option<JwksError>,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

#[derive(Clone)]
struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeySet({})", self.source.scope)
    }
}

impl KeySet {
    /// The set at `scope`, a path or an `http(s)` URL; read once now, so that a wrong setting stops the start, and again
    /// every `refresh`.
    ///
    /// # Errors
    /// It cannot be read, or has no key of use.
    pub async fn open(scope: &str, refresh: Duration) -> Result<Self, JwksError> {
        let keys = read(scope).await?;
        if keys.is_empty() {
            return Err(JwksError("it has no EdDSA, ES256 or RS256 key".to_owned()));
        }
        let held = Mutex::new(CachedKeys { keys, tried_at: Instant::now(), failed: None });
        let source = Arc::new(Source { scope: scope.to_owned(), held, reading: AsyncMutex::new(()), refresh });
        let following = tokio::spawn(follow(source.clone()));
        Ok(Self { source, _following: AbortOnDropHandle::new(following) })
    }

    /// The keys that may have signed a token with this key id and algorithm; none if there are none.
    ///
    /// # Errors
    /// No such key is known, and whether there is one cannot be found out now.
    pub async fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<Vec<DecodingKey>, JwksError> {
        let known = self.source.held().fitting(id, algorithm);
        if !known.is_empty() {
            return Ok(known);
        }
        self.source.reread().await;
        let held = self.source.held();
        match (held.fitting(id, algorithm), &held.failed) {
            (found, Some(error)) if found.is_empty() => Err(error.clone()),
            (found, _) => Ok(found),
        }
    }
}

/// A withdrawn key must go, whether or not anybody asks for a key.
async fn follow(source: Arc<Source>) {
    loop {
        tokio::time::sleep(source.refresh).await;
        source.reread().await;
    }
}

impl Source {
    /// What is behind this lock is whole between any two statements, so a panic elsewhere does not spoil it.
    fn held(&self) -> MutexGuard<'_, CachedKeys> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the set again, unless that was tried a moment ago. Who comes while another reads waits for what comes of it.
    async fn reread(&self) {
        let _reading = self.reading.lock().await;
        if self.held().tried_at.elapsed() < REREAD_AFTER.min(self.refresh) {
            return;
        }
        let read = read(&self.scope).await;
        let mut held = self.held();
        held.tried_at = Instant::now();
        held.failed = match read {
            Ok(keys) => {
                // None, too, is an answer: a platform that withdraws its last key means it.
                if keys.is_empty() {
                    tracing::warn!("the JWK set has no key left that is of use; no token is good");
                }
                held.keys = keys;
                None
            }
            Err(error) => {
                tracing::warn!(%error, "the JWK set could not be read again; the old one stands");
                Some(error)
            }
        };
    }
}

impl CachedKeys {
    fn fitting(&self, id: Option<&str>, algorithm: Algorithm) -> Vec<DecodingKey> {
        self.keys
            .iter()
            .filter(|key| key.algorithm == algorithm && (id.is_none() || key.id.as_deref() == id))
            .map(|key| key.key.clone())
            .collect()
    }
}

async fn read(scope: &str) -> Result<Vec<Key>, JwksError> {
    let scope = scope.to_owned();
    let text = tokio::task::spawn_blocking(move || read_text(&scope))
        .await
        .map_err(|error| JwksError(error.to_string()))??;
    let set: Set = serde_json::from_str(&text).map_err(|error| JwksError(error.to_string()))?;
    Ok(set.keys.into_iter().filter_map(key_of).collect())
}

fn read_text(source: &str) -> Result<String, JwksError> {
    let failed = |error: &dyn fmt::Display| JwksError(error.to_string());
    if !source.starts_with("http://") && !source.starts_with("https://") {
        let mut text = String::new();
        let file = std::fs::File::open(source).map_err(|error| failed(&error))?;
        file.take(SET_BYTES_MAX).read_to_string(&mut text).map_err(|error| failed(&error))?;
        return Ok(text);
    }
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(READ_TIMEOUT)).build().into();
    let mut response = agent.get(source).call().map_err(|error| failed(&error))?;
    response.body_mut().with_config().limit(SET_BYTES_MAX).read_to_string().map_err(|error| failed(&error))
}

/// A key's algorithm follows from its type, never from a token; what is no key of use here is left out, as RFC 7517
/// asks for: a set may have keys for others.
fn key_of(jwk: Value) -> Option<Key> {
    let for_algorithm = jwk.get("alg").and_then(Value::as_str).map(str::to_owned);
    let jwk: Jwk = serde_json::from_value(jwk).ok()?;
    let (algorithm, names) = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => (Algorithm::RS256, &["RS256"][..]),
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, &["ES256"][..])
        }
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
            (Algorithm::EdDSA, &["EdDSA", "Ed25519"][..])
        }
        _ => return None,
    };
    let is_for_signatures = jwk.common.public_key_use.as_ref().is_none_or(|of| *of == PublicKeyUse::Signature);
    if !is_for_signatures || for_algorithm.is_some_and(|name| !names.contains(&name.as_str())) {
        return None;
    }
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    Some(Key { id: jwk.common.key_id.clone(), algorithm, key })
}
