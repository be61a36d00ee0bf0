//! The platform's public keys: a JWK set from a file or a URL, read again at intervals and for an unknown key id.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use super::KeySource;
use crate::authorities::Authorities;

/// Shortest time between two readings. Within it an unknown key id is refused without a reading, so that tokens with
/// invented key ids cannot flood the platform.
const REREAD_AFTER: Duration = Duration::from_secs(10);

/// Why a JWK set could not be read.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the JWK set could not be read: {0}")]
pub struct JwksError(String);

/// A JWK set that follows its source: it is read again at intervals, and when a token names an unknown key.
pub struct KeySet {
    reader: Arc<Reader>,
    _refresher: AbortOnDropHandle<()>,
}

struct Reader {
    source: KeySource,
    authorities: Authorities,
    cached: Mutex<CachedKeys>,
    /// Held during a reading. A token with a cached key never waits for it.
    reading: AsyncMutex<()>,
    refresh: Duration,
}

struct CachedKeys {
    keys: Vec<Key>,
    tried_at: Instant,
    /// The error of the last reading, if it failed.
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

impl KeySet {
    /// Reads the set at `source`, and reads it again every `refresh`. The first reading happens here, so that a wrong
    /// setting stops the start.
    ///
    /// # Errors
    /// The set could not be read, or has no key for a supported algorithm.
    pub async fn open(source: KeySource, authorities: Authorities, refresh: Duration) -> Result<Self, JwksError> {
        let keys = read(&source, &authorities).await?;
        if keys.is_empty() {
            return Err(JwksError("it has no EdDSA, ES256 or RS256 key".to_owned()));
        }
        let cached = Mutex::new(CachedKeys { keys, tried_at: Instant::now(), failed: None });
        let reader = Arc::new(Reader { source, authorities, cached, reading: AsyncMutex::new(()), refresh });
        let refresher = tokio::spawn(refresh_periodically(reader.clone()));
        Ok(Self { reader, _refresher: AbortOnDropHandle::new(refresher) })
    }

    /// Reads the set again now, however recent the last reading is. Returns the number of its supported keys.
    ///
    /// # Errors
    /// The set could not be read; the cached one stays in use.
    pub async fn reload(&self) -> Result<usize, JwksError> {
        let _reading = self.reader.reading.lock().await;
        self.reader.read().await
    }

    /// The keys with this key id and algorithm; without an id, all of the algorithm.
    ///
    /// # Errors
    /// No cached key fits, and the last reading failed.
    pub async fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<Vec<DecodingKey>, JwksError> {
        let known = self.reader.cached().matching(id, algorithm);
        if !known.is_empty() {
            return Ok(known);
        }
        self.reader.reread().await;
        let cached = self.reader.cached();
        match (cached.matching(id, algorithm), &cached.failed) {
            (found, Some(error)) if found.is_empty() => Err(error.clone()),
            (found, _) => Ok(found),
        }
    }
}

/// Drops a withdrawn key even if no token names an unknown one.
async fn refresh_periodically(reader: Arc<Reader>) {
    loop {
        tokio::time::sleep(reader.refresh).await;
        reader.reread().await;
    }
}

impl Reader {
    /// The cached keys. They are consistent between any two statements, so a poisoned lock does no harm.
    fn cached(&self) -> MutexGuard<'_, CachedKeys> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the set again, unless the last reading is recent. A concurrent caller waits for the same reading.
    async fn reread(&self) {
        let _reading = self.reading.lock().await;
        if self.cached().tried_at.elapsed() < REREAD_AFTER.min(self.refresh) {
            return;
        }
        // The error is cached, and logged already.
        let _ = self.read().await;
    }

    /// Replaces the cached keys. The caller holds `reading`.
    async fn read(&self) -> Result<usize, JwksError> {
        let read = read(&self.source, &self.authorities).await;
        let mut cached = self.cached();
        cached.tried_at = Instant::now();
        match read {
            Ok(keys) => {
                // An empty set is an answer, too: the platform withdrew its last key.
                if keys.is_empty() {
                    tracing::warn!("the JWK set has no supported key left; every token is refused");
                }
                (cached.keys, cached.failed) = (keys, None);
                Ok(cached.keys.len())
            }
            Err(error) => {
                tracing::warn!(%error, "the JWK set could not be read again; the cached one stays in use");
                cached.failed = Some(error.clone());
                Err(error)
            }
        }
    }
}

impl CachedKeys {
    fn matching(&self, id: Option<&str>, algorithm: Algorithm) -> Vec<DecodingKey> {
        self.keys
            .iter()
            .filter(|key| key.algorithm == algorithm && (id.is_none() || key.id.as_deref() == id))
            .map(|key| key.key.clone())
            .collect()
    }
}

async fn read(source: &KeySource, authorities: &Authorities) -> Result<Vec<Key>, JwksError> {
    let (source, authorities) = (source.clone(), authorities.clone());
    let text = tokio::task::spawn_blocking(move || source.read(&authorities))
        .await
        .map_err(|error| JwksError(error.to_string()))?
        .map_err(JwksError)?;
    let set: Set = serde_json::from_str(&text).map_err(|error| JwksError(error.to_string()))?;
    Ok(set.keys.into_iter().filter_map(key_of).collect())
}

/// A key whose algorithm follows from its type, never from a token. Keys of other kinds are left out, as RFC 7517 asks:
/// a set may hold keys for other receivers.
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
