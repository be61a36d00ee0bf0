//! A live platform with its own keys: it signs tokens and serves its JWK set, correctly or not.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use live_jury_tests::authority::Authority;
use live_jury_tests::tokens::now_s;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

pub const ROOM: &str = "live-42";
/// Keys made for these stories only.
const PUBLIC: &str = include_str!("keys/public.json");
/// More than a server reads of a JWK set.
const HUGE_BYTES: usize = 1024 * 1024;

/// A key of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Rsa,
    P256,
    Ed25519,
}

impl Key {
    pub const ALL: [Self; 3] = [Self::Rsa, Self::P256, Self::Ed25519];

    /// The key's id in the set.
    pub fn id(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::P256 => "p256",
            Self::Ed25519 => "ed25519",
        }
    }

    pub fn algorithm(self) -> Algorithm {
        match self {
            Self::Rsa => Algorithm::RS256,
            Self::P256 => Algorithm::ES256,
            Self::Ed25519 => Algorithm::EdDSA,
        }
    }

    pub fn private(self) -> EncodingKey {
        match self {
            Self::Rsa => EncodingKey::from_rsa_der(include_bytes!("keys/rsa.der")),
            Self::P256 => EncodingKey::from_ec_der(include_bytes!("keys/p256.der")),
            Self::Ed25519 => EncodingKey::from_ed_der(include_bytes!("keys/ed25519.der")),
        }
    }

    /// The public key as a JWK with this id.
    pub fn public(self, id: &str) -> Value {
        let set: Value = serde_json::from_str(PUBLIC).unwrap();
        let keys = set["keys"].as_array().unwrap();
        let mut key = keys.iter().find(|key| key["kid"] == self.id()).unwrap().clone();
        key["kid"] = json!(id);
        key
    }

    /// A viewer's token, signed with this key under this id.
    pub fn token(self, id: &str, sub: &str) -> String {
        let header = Header { kid: Some(id.to_owned()), ..Header::new(self.algorithm()) };
        jsonwebtoken::encode(&header, &claims(sub), &self.private()).unwrap()
    }
}

/// A viewer's claims.
pub fn claims(sub: &str) -> Value {
    json!({ "sub": sub, "room": ROOM, "role": "viewer", "exp": now_s() + 3_600 })
}

/// A JWK set of these keys.
pub fn set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

/// The answer to a request for the JWK set.
#[derive(Clone, Debug)]
pub enum KeySetResponse {
    /// A 200 with this body.
    Body(String),
    /// An empty answer with this status.
    Status(u16),
    /// A redirect to this URL.
    Redirect(String),
    /// No answer.
    Hang,
    /// A body above the server's limit.
    Endless,
    /// A closed connection.
    Close,
}

/// The server of the platform's JWK set.
pub struct KeyServer {
    pub url: String,
    response: Arc<Mutex<KeySetResponse>>,
    requests: Arc<AtomicUsize>,
    listening: JoinHandle<()>,
}

impl KeyServer {
    pub async fn start(keys: &[Value]) -> Self {
        Self::listen(keys, None).await
    }

    /// The same over TLS, with the authority's certificate.
    pub async fn start_tls(keys: &[Value], authority: &Authority) -> Self {
        let chain = CertificateDer::pem_slice_iter(authority.certificate.as_bytes()).map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_slice(authority.key.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap();
        Self::listen(keys, Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn listen(keys: &[Value], tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}/keys.json", listener.local_addr().unwrap());
        let response = Arc::new(Mutex::new(KeySetResponse::Body(set(keys))));
        let requests = Arc::new(AtomicUsize::new(0));
        let (current, counted) = (response.clone(), requests.clone());
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let response = current.lock().unwrap().clone();
                let tls = tls.clone();
                tokio::spawn(async move {
                    match tls {
                        // A client that does not trust the certificate ends the handshake.
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                answer(stream, response).await;
                            }
                        }
                        None => answer(stream, response).await,
                    }
                });
            }
        });
        Self { url, response, requests, listening }
    }

    pub fn respond_with(&self, response: KeySetResponse) {
        *self.response.lock().unwrap() = response;
    }

    /// Number of requests received.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

impl Drop for KeyServer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, response: KeySetResponse) {
    let mut request = [0; 1_024];
    let _ = stream.read(&mut request).await;
    let with = |status: u16, body: &str| {
        format!("HTTP/1.1 {status} .\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
    };
    let text = match response {
        KeySetResponse::Body(text) => with(200, &text),
        KeySetResponse::Status(status) => with(status, ""),
        KeySetResponse::Redirect(to) => {
            format!("HTTP/1.1 302 .\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
        KeySetResponse::Endless => with(200, &" ".repeat(HUGE_BYTES)),
        KeySetResponse::Hang => return std::future::pending().await,
        KeySetResponse::Close => return,
    };
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// A JWK set in a file.
pub fn file(keys: &[Value]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    std::fs::write(&path, set(keys)).unwrap();
    (folder, path)
}
