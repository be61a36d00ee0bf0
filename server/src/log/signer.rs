//! Signs the log's checkpoints, each once it is remembered in the docket's mark and in a file. A docket that is older
//! than one of them is not signed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use live_jury_proof::checkpoint::{Checkpoint, SignedCheckpoint};
use live_jury_proof::entry::Entry;
use live_jury_proof::merkle::Tree;
use live_jury_proof::note::{KeyKind, SEED_BYTES, Signer};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::receipts::ReceiptSigner;
use super::state::{StateError, StateFile};
use super::witness::{Asked, Objection};
use super::{Logs, Witnesses, damaged};
use crate::authorities::Authorities;
use crate::config::WitnessSetting;
use crate::docket::{Docket, DocketError, DocketMark, LogEdge, LogNote, MarkError};
use crate::health::Health;
use crate::telemetry::log_limited;

/// The time between two looks at the log, for entries of other nodes. A node that records a case looks at once.
const INTERVAL: Duration = Duration::from_secs(2);

/// The log's secret key as it is configured.
pub struct LogKey {
    /// The secret.
    pub seed: [u8; SEED_BYTES],
    /// The file that remembers what was signed.
    pub state: StateFile,
}

/// The log's secret key under the log's origin.
struct SigningKey {
    signer: Arc<Signer>,
    state: StateFile,
}

/// Signs one log.
pub struct LogSigner {
    log: u64,
    origin: String,
    key: Option<SigningKey>,
    docket: Arc<dyn Docket>,
    docket_id: Uuid,
    mark: DocketMark,
    logs: Logs,
    appended: Arc<Notify>,
    noted: Arc<Notify>,
    witnesses: Option<Witnesses>,
    objection: Arc<Objection>,
    health: Arc<Health>,
    /// Whether the log must not be signed with this key.
    is_refused: Arc<AtomicBool>,
}

/// Why a log is not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The docket is older than it was, or another one.
    #[error(
        "log {log} has {size} entries, which do not continue the {known} that were signed; a docket that was put back \
         needs the next --log-number"
    )]
    Forked {
        /// The log.
        log: u64,
        /// Its entries.
        size: u64,
        /// The entries of the checkpoint that is known.
        known: u64,
    },
    /// A witness knows a larger log than the docket's, or another one.
    #[error(
        "the witness {witness} has signed entries of log {log} that the docket does not have; a docket that was put \
         back needs the next --log-number, and a witness that errs must be taken out"
    )]
    Witness {
        /// The log.
        log: u64,
        /// The witness's name.
        witness: String,
    },
    /// The public URL gives no name for a log.
    #[error("--public-url: {0} is no name for a log")]
    Origin(String),
    /// The last checkpoint is another key's.
    #[error("log {0} was signed with another --log-key; a new key needs the next --log-number")]
    OtherKey(u64),
    /// The file failed.
    #[error("--log-state: {0}")]
    State(#[from] StateError),
    /// The docket failed.
    #[error(transparent)]
    Docket(#[from] DocketError),
    /// The docket's mark failed.
    #[error(transparent)]
    Mark(#[from] MarkError),
}

/// The public key of a seed under a log's origin, as others name it.
///
/// # Errors
/// The origin is no name for a log.
pub fn vkey(origin: &str, seed: &[u8; SEED_BYTES]) -> Result<String, SignError> {
    Ok(signer(origin, seed)?.verifier().to_string())
}

fn signer(origin: &str, seed: &[u8; SEED_BYTES]) -> Result<Signer, SignError> {
    Signer::new(origin, KeyKind::Log, seed).map_err(|_| SignError::Origin(origin.to_owned()))
}

impl LogSigner {
    /// Begins the log if it is new, and returns the one who signs it. A log that goes on for another one says so in its
    /// first entry.
    ///
    /// # Errors
    /// The docket or the file failed.
    pub async fn begin(
        log: u64,
        origin: &str,
        key: Option<LogKey>,
        docket: Arc<dyn Docket>,
        mark: DocketMark,
        health: Arc<Health>,
    ) -> Result<Self, SignError> {
        let known = key.as_ref().map(|key| key.state.read()).transpose()?.flatten();
        let earlier = known.filter(|known| known.origin != origin);
        let first = earlier.map(|known| Entry::Continues { origin: known.origin, tree: known.tree }.to_text());
        let head = docket.begin_log(log, origin, first.as_deref()).await?;
        let key = match key {
            Some(LogKey { seed, state }) => {
                let signer = Arc::new(signer(&head.origin, &seed)?);
                Some(SigningKey { signer, state })
            }
            None => None,
        };
        let (logs, docket_id) = (Logs::new(docket.clone()), docket.history().await?.docket_id());
        Ok(Self {
            log,
            origin: head.origin,
            key,
            docket,
            docket_id,
            mark,
            logs,
            appended: Arc::default(),
            noted: Arc::default(),
            witnesses: None,
            objection: Arc::default(),
            health,
            is_refused: Arc::default(),
        })
    }

    /// Adds the witnesses of the log. A log without a key has nothing to show them.
    #[must_use]
    pub fn with_witnesses(self, witnesses: &[WitnessSetting], authorities: &Authorities) -> Self {
        let (docket, noted) = (self.docket.clone(), self.noted.clone());
        let witnesses = Witnesses::new(self.log, witnesses, authorities, docket, noted);
        let objection = witnesses.objection();
        Self { witnesses: self.key.is_some().then_some(witnesses), objection, ..self }
    }

    /// Wakes the signer after an entry was appended.
    #[must_use]
    pub fn appended(&self) -> Arc<Notify> {
        self.appended.clone()
    }

    /// The key as others name it; none if the log is not signed.
    #[must_use]
    pub fn vkey(&self) -> Option<String> {
        self.key.as_ref().map(|key| key.signer.verifier().to_string())
    }

    /// The signer of receipts, with the same key; none if the log is not signed.
    ///
    /// # Errors
    /// The system gave no random bytes.
    pub fn receipts(&self) -> Result<Option<ReceiptSigner>, getrandom::Error> {
        let signer = |key: &SigningKey| ReceiptSigner::new(key.signer.clone(), self.is_refused.clone());
        self.key.as_ref().map(signer).transpose()
    }

    /// Signs what is appended until the node stops, and asks the witnesses. They are asked once before, about the last
    /// checkpoint: a docket that was put back, without the file, is not signed then.
    pub async fn run(self, closed: CancellationToken) {
        match &self.witnesses {
            None => self.keep_signed(&closed).await,
            Some(witnesses) => {
                witnesses.round(Asked::All, &closed).await;
                tokio::join!(self.keep_signed(&closed), witnesses.run(&self.appended, &closed));
            }
        }
    }

    async fn keep_signed(&self, closed: &CancellationToken) {
        let mut times = tokio::time::interval(INTERVAL);
        loop {
            tokio::select! {
                () = closed.cancelled() => return,
                () = self.appended.notified() => {}
                _ = times.tick() => {}
            }
            let signed = match self.sign().await {
                Ok(signed) => signed,
                // The stores are asked again soon, and say nothing about what was signed.
                Err(error @ (SignError::Docket(_) | SignError::Mark(_))) => {
                    log_limited!(warn, %error, "the log was not signed");
                    continue;
                }
                Err(error) => {
                    log_limited!(error, %error, "the log is not signed");
                    self.is_refused.store(true, Ordering::Relaxed);
                    false
                }
            };
            if signed {
                self.is_refused.store(false, Ordering::Relaxed);
            }
            self.health.set_signed(signed);
        }
    }

    /// Signs the log at its present size, unless it is signed there. Returns whether the log has a key.
    ///
    /// # Errors
    /// The log does not continue what was signed, or the docket or the file failed.
    pub async fn sign(&self) -> Result<bool, SignError> {
        let Some(SigningKey { signer, state }) = &self.key else { return Ok(false) };
        if let Some(witness) = self.objection.witness() {
            return Err(SignError::Witness { log: self.log, witness });
        }
        let vkey = signer.verifier().to_string();
        if self.docket.sign_log_with(self.log, &vkey).await?.as_deref() != Some(&*vkey) {
            return Err(SignError::OtherKey(self.log));
        }
        // All before the edge: meanwhile the log only grows.
        let note = self.docket.log_note(self.log).await?;
        let marked = self.mark.signed(self.docket_id, self.log).await?;
        let known = read(state).await?.filter(|known| known.origin == self.origin).map(|known| known.tree);
        let edge = self.docket.log_edge(self.log).await?.ok_or_else(|| damaged(self.log))?;
        let noted = match &note {
            Some(note) => {
                let signed = SignedCheckpoint::open(&note.note, signer.verifier(), &[]);
                Some(signed.map_err(|_| SignError::OtherKey(self.log))?.checkpoint.tree)
            }
            None => None,
        };
        for signed in [known, marked, noted].into_iter().flatten() {
            self.check_continues(&edge, &signed).await?;
        }
        let size_of = |tree: Option<Tree>| tree.map_or(0, |tree| tree.size);
        let tree = Tree { size: edge.edge.size(), root: edge.edge.root() };
        let is_new = tree.size > size_of(noted);
        // The largest that is signed, or is about to be. A node that was stopped since then, and a Redis that lost its
        // memory, learn it from the others.
        let largest = [known, marked, noted].into_iter().flatten().max_by_key(|signed| signed.size);
        let Some(largest) = is_new.then_some(tree).or(largest) else { return Ok(true) };
        if size_of(marked) < largest.size {
            let marked = self.mark.sign(self.docket_id, self.log, largest).await?;
            match marked.size.cmp(&largest.size) {
                std::cmp::Ordering::Equal if marked.root == largest.root => {}
                // Another node signs more of the log.
                std::cmp::Ordering::Greater => return Ok(true),
                _ => return Err(self.forked(&edge, &marked)),
            }
        }
        if size_of(known) < largest.size {
            write(state, self.checkpoint(largest)).await?;
        }
        if is_new {
            let note = signer.sign_note(&self.checkpoint(tree).to_text()).to_string();
            self.docket.file_log_note(self.log, &LogNote { size: tree.size, note }).await?;
            self.noted.notify_one();
        }
        Ok(true)
    }

    fn checkpoint(&self, tree: Tree) -> Checkpoint {
        Checkpoint { origin: self.origin.clone(), tree }
    }

    /// Checks that the log begins with the entries of a tree that was signed.
    async fn check_continues(&self, edge: &LogEdge, known: &Tree) -> Result<(), SignError> {
        match self.logs.root_at(edge, known.size).await? {
            Some(root) if root == known.root => Ok(()),
            _ => Err(self.forked(edge, known)),
        }
    }

    fn forked(&self, edge: &LogEdge, known: &Tree) -> SignError {
        SignError::Forked { log: self.log, size: edge.edge.size(), known: known.size }
    }
}

async fn read(state: &StateFile) -> Result<Option<Checkpoint>, StateError> {
    let state = state.clone();
    blocking(move || state.read()).await
}

async fn write(state: &StateFile, checkpoint: Checkpoint) -> Result<(), StateError> {
    let state = state.clone();
    blocking(move || state.write(&checkpoint)).await
}

/// Runs work on a file outside of the runtime's own threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StateError> + Send + 'static,
) -> Result<T, StateError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
