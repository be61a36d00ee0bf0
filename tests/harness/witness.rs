//! A witness of the log on a free port, as C2SP's tlog-witness describes one. It shares no code with the server's
//! questions, and may also be slow or lie.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use live_jury_proof::Hash;
use live_jury_proof::checkpoint::SignedCheckpoint;
use live_jury_proof::merkle::{Tree, verify_consistency};
use live_jury_proof::note::{KeyKind, Signer, VerifierKey};
use live_jury_proof::text::{hash_from_base64, number};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::in_time;

/// The time that a witness states, in Unix seconds.
const TIME_S: u64 = 1_795_358_533;

/// The behaviour of a witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// It signs what continues the log that it knows.
    Honest,
    /// It never answers.
    Slow,
    /// It signs with another key under its own name and id.
    Forges,
    /// It signs a text of its own.
    SignsAnother,
    /// It says that it knows this size.
    Claims(u64),
}

/// A running witness. Dropping it ends it.
pub struct Witness {
    address: SocketAddr,
    key: VerifierKey,
    shared: Arc<Shared>,
    listening: JoinHandle<()>,
}

struct Shared {
    signer: Signer,
    log: VerifierKey,
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    conduct: Conduct,
    known: Tree,
    answers: Vec<u16>,
    questions: usize,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, body: &str) -> (u16, String) {
        let (conduct, known) = {
            let state = self.lock();
            (state.conduct, state.known)
        };
        let Some((old, path, note)) = question(body) else { return (400, String::new()) };
        let Ok(signed) = SignedCheckpoint::open(note, &self.log, &[]) else { return (403, String::new()) };
        let (checkpoint, size) = (signed.checkpoint, |size: u64| (409, format!("{size}\n")));
        if let Conduct::Claims(claimed) = conduct {
            return size(claimed);
        }
        if old > checkpoint.tree.size {
            return (400, String::new());
        }
        if old != known.size || (old == checkpoint.tree.size && known.root != checkpoint.tree.root) {
            return size(known.size);
        }
        let continues = match old {
            0 => path.is_empty(),
            _ => verify_consistency(&known, &checkpoint.tree, &path),
        };
        if !continues {
            return (422, String::new());
        }
        self.lock().known = checkpoint.tree;
        let text = checkpoint.to_text();
        let line = match conduct {
            Conduct::Forges => {
                let other = Signer::new("other", KeyKind::Witness, &[99; 32]).expect("a name");
                let mut line = self.signer.sign_text(&text, TIME_S);
                line.bytes = other.sign_text(&text, TIME_S).bytes;
                line
            }
            Conduct::SignsAnother => self.signer.sign_text("another\n1\ntext\n", TIME_S),
            _ => self.signer.sign_text(&text, TIME_S),
        };
        (200, line.to_string())
    }
}

/// The parts of a question: the old size, the path and the note.
fn question(body: &str) -> Option<(u64, Vec<Hash>, &str)> {
    let (head, note) = body.split_once("\n\n")?;
    let mut lines = head.split('\n');
    let old = number(lines.next()?.strip_prefix("old ")?)?;
    Some((old, lines.map(hash_from_base64).collect::<Option<_>>()?, note))
}

impl Witness {
    /// Starts a witness of this log, which knows no entry of it.
    pub async fn start(name: &str, seed: u8, log: &VerifierKey, conduct: Conduct) -> Self {
        let signer = Signer::new(name, KeyKind::Witness, &[seed; 32]).expect("a name");
        let key = signer.verifier().clone();
        let state = State { conduct, known: Tree { size: 0, root: [0; 32] }, answers: Vec::new(), questions: 0 };
        let shared = Arc::new(Shared { signer, log: log.clone(), state: Mutex::new(state), changed: Notify::new() });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let of_task = shared.clone();
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, of_task.clone()));
            }
        });
        Self { address, key, shared, listening }
    }

    /// Its public key.
    #[must_use]
    pub const fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// The setting of a node that asks it.
    #[must_use]
    pub fn setting(&self) -> String {
        format!("{}=http://{}/of-tests", self.key, self.address)
    }

    /// The tree that it has signed.
    #[must_use]
    pub fn known(&self) -> Tree {
        self.shared.lock().known
    }

    /// The status of each answer.
    #[must_use]
    pub fn answers(&self) -> Vec<u16> {
        self.shared.lock().answers.clone()
    }

    /// Waits until it was asked as often.
    pub async fn wait_for_questions(&self, questions: usize) {
        self.wait_until("the witness is asked", |state| state.questions >= questions).await;
    }

    /// Waits until it has answered as often.
    pub async fn wait_for_answers(&self, answers: usize) {
        self.wait_until("the witness answers", |state| state.answers.len() >= answers).await;
    }

    async fn wait_until(&self, what: &str, holds: impl Fn(&State) -> bool) {
        in_time(what, async {
            loop {
                let changed = self.shared.changed.notified();
                if holds(&self.shared.lock()) {
                    break;
                }
                changed.await;
            }
        })
        .await;
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let Some(body) = read(&mut stream).await else { return };
    shared.lock().questions += 1;
    shared.changed.notify_waiters();
    if shared.lock().conduct == Conduct::Slow {
        return std::future::pending().await;
    }
    let (status, text) = shared.answer(&body);
    shared.lock().answers.push(status);
    let head = format!("HTTP/1.1 {status} .\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", text.len());
    let _ = stream.write_all((head + &text).as_bytes()).await;
    let _ = stream.shutdown().await;
    shared.changed.notify_waiters();
}

/// The body of a request to `/of-tests/add-checkpoint`.
async fn read(stream: &mut TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    reader.read_line(&mut line).await.ok()?;
    if !line.starts_with("POST /of-tests/add-checkpoint ") {
        return None;
    }
    while line != "\r\n" {
        line.clear();
        reader.read_line(&mut line).await.ok()?;
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await.ok()?;
    String::from_utf8(body).ok()
}
