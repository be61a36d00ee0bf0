//! A platform's server that receives webhooks on a free port and checks their signatures by code of its own.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use data_encoding::BASE64;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::{WAIT_MAX, in_time};

/// The time for which a node that was killed keeps a target from the others, as docs/webhooks.md says.
const LEASE: Duration = Duration::from_secs(30);
/// The bytes of the secret that the receiver shares with the server.
const SECRET: [u8; 32] = [7; 32];

/// A delivery as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The header `webhook-id`.
    pub id: String,
    /// The body.
    pub body: Value,
    /// The status of the answer.
    pub status: u16,
}

/// The status that a receiver answers to a body.
type Answer = Box<dyn Fn(&Value) -> u16 + Send>;

/// A running receiver. Dropping it ends it.
pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: JoinHandle<()>,
}

struct Shared {
    answer: Mutex<Answer>,
    received: Mutex<Vec<Received>>,
    changed: Notify,
}

impl Shared {
    fn received(&self) -> MutexGuard<'_, Vec<Received>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Receiver {
    /// Starts a receiver that accepts everything.
    pub async fn start() -> Self {
        let answer: Answer = Box::new(|_| 204);
        let shared =
            Arc::new(Shared { answer: Mutex::new(answer), received: Mutex::default(), changed: Notify::new() });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let of_task = shared.clone();
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, of_task.clone()));
            }
        });
        Self { address, shared, listening }
    }

    /// Answers later deliveries with the status that `answer` gives for their bodies.
    pub fn answer(&self, answer: impl Fn(&Value) -> u16 + Send + 'static) {
        *self.shared.answer.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(answer);
    }

    /// A file of targets that names this receiver alone, for all events.
    #[must_use]
    pub fn targets_file(&self, name: &str) -> String {
        let secret = format!("whsec_{}", BASE64.encode(&SECRET));
        let url = format!("http://{}/hooks", self.address);
        json!({ "targets": [{ "name": name, "url": url, "secrets": [secret], "events": ["*"] }] }).to_string()
    }

    /// All deliveries so far.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.shared.received().clone()
    }

    /// The bodies that were accepted.
    #[must_use]
    pub fn accepted(&self) -> Vec<Value> {
        let received = self.received().into_iter();
        received.filter(|received| received.status < 300).map(|received| received.body).collect()
    }

    /// Waits until this holds for the deliveries.
    pub async fn wait_until(&self, what: &str, holds: impl Fn(&[Received]) -> bool) {
        in_time(what, self.holding(holds)).await;
    }

    /// The same after a node was killed that served the target: another one does so once its lease is over.
    ///
    /// # Panics
    /// The time is up.
    pub async fn wait_after_kill(&self, what: &str, holds: impl Fn(&[Received]) -> bool) {
        let waiting = tokio::time::timeout(WAIT_MAX + LEASE, self.holding(holds));
        waiting.await.unwrap_or_else(|_| panic!("waited {:?} for {what}", WAIT_MAX + LEASE));
    }

    async fn holding(&self, holds: impl Fn(&[Received]) -> bool) {
        loop {
            let changed = self.shared.changed.notified();
            if holds(&self.shared.received()) {
                break;
            }
            changed.await;
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let Some((id, body)) = read(&mut stream).await else { return };
    let status = (shared.answer.lock().unwrap_or_else(PoisonError::into_inner))(&body);
    shared.received().push(Received { id, body, status });
    shared.changed.notify_waiters();
    let head = format!("HTTP/1.1 {status} .\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// The id and the body of a delivery.
///
/// # Panics
/// The signature is wrong.
async fn read(stream: &mut TcpStream) -> Option<(String, Value)> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    let (mut id, mut timestamp, mut signature) = (String::new(), String::new(), String::new());
    reader.read_line(&mut line).await.ok()?;
    assert!(line.starts_with("POST /hooks "), "{line}");
    while line != "\r\n" {
        line.clear();
        reader.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim().to_owned();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "webhook-id" => id = value,
            "webhook-timestamp" => timestamp = value,
            "webhook-signature" => signature = value,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await.ok()?;
    let body = String::from_utf8(body).expect("text");
    let mut mac = Hmac::<Sha256>::new_from_slice(&SECRET).expect("a key of any length");
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    let must = format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()));
    assert_eq!(signature, must, "the signature of {body}");
    Some((id, serde_json::from_str(&body).expect("JSON")))
}
