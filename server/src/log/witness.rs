//! Asks witnesses to sign the log's last checkpoint, and files their signatures beside the log's. It signs nothing, and
//! no verdict waits for it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use live_jury_proof::Hash;
use live_jury_proof::checkpoint::{Checkpoint, parse_witness_answer, witness_request};
use live_jury_proof::merkle::{Tree, consistency_path_of};
use live_jury_proof::note::{NOTE_BYTES_MAX, Note, NoteSignature, SIGNATURES_MAX, VerifierKey};
use live_jury_proof::text::number;
use live_jury_proof::tiles::subtree_root;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use ureq::Agent;

use super::{Logs, damaged};
use crate::authorities::Authorities;
use crate::config::WitnessSetting;
use crate::docket::{Docket, DocketError, LogNote};
use crate::telemetry::log_limited;

/// Shortest time between two rounds of questions. A witness serves many logs, and an entry may wait this long for one.
const ROUND_INTERVAL: Duration = Duration::from_secs(10);
/// Longest time of one question; beyond it the witness counts as silent until the next round.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Questions to one witness in a round: one with the size that this node remembers, and one with the witness's own.
const QUESTIONS_MAX: usize = 2;

/// The witnesses of one log.
pub struct Witnesses {
    log: u64,
    witnesses: Vec<Witness>,
    docket: Arc<dyn Docket>,
    logs: Logs,
    noted: Arc<Notify>,
    objection: Arc<Objection>,
}

/// A witness, with what this node knows of it.
struct Witness {
    key: VerifierKey,
    url: String,
    agent: Agent,
    /// The size that it knows; 0 before its first answer.
    size: AtomicU64,
    /// Whether it knows another log than the docket's.
    objects: AtomicBool,
}

/// The objection of a witness: it knows a larger log than the docket's, or another one. While there is one, nothing is
/// signed.
#[derive(Debug, Default)]
pub(super) struct Objection {
    witness: Mutex<Option<String>>,
}

impl Objection {
    /// The name of a witness that objects.
    pub fn witness(&self) -> Option<String> {
        self.lock().clone()
    }

    fn set(&self, witness: Option<String>) {
        *self.lock() = witness;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.witness.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which witnesses a round asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// All, to learn whether one knows more than the docket.
    All,
    /// Those that have not signed the last checkpoint, or object.
    Missing,
}

/// Why a witness did not sign.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("it knows another log, or more of this one: {0}")]
    Objects(&'static str),
    #[error("{0}")]
    Failed(String),
    #[error(transparent)]
    Docket(#[from] DocketError),
}

/// An answer to a question.
enum Answer {
    Signed(String),
    /// It knows this size, and not the one that the question began with.
    Knows(u64),
    Inconsistent,
    Other(u16),
}

impl Witnesses {
    pub(super) fn new(
        log: u64,
        settings: &[WitnessSetting],
        authorities: &Authorities,
        docket: Arc<dyn Docket>,
        noted: Arc<Notify>,
    ) -> Self {
        let witness = |setting: &WitnessSetting| Witness {
            key: setting.key.clone(),
            url: format!("{}/add-checkpoint", setting.url),
            agent: setting.url.agent(authorities, ANSWER_TIMEOUT),
            size: AtomicU64::new(0),
            objects: AtomicBool::new(false),
        };
        let witnesses = settings.iter().map(witness).collect();
        Self { log, witnesses, logs: Logs::new(docket.clone()), docket, noted, objection: Arc::default() }
    }

    pub(super) fn objection(&self) -> Arc<Objection> {
        self.objection.clone()
    }

    /// Asks after each new checkpoint until the node stops. `heard` is woken after each round.
    pub(super) async fn run(&self, heard: &Notify, closed: &CancellationToken) {
        while !self.witnesses.is_empty() {
            tokio::select! {
                () = closed.cancelled() => return,
                () = self.noted.notified() => {}
                // A witness may have been silent, and another node may have signed.
                () = tokio::time::sleep(ROUND_INTERVAL) => {}
            }
            if self.round(Asked::Missing, closed).await {
                heard.notify_one();
                if closed.run_until_cancelled(tokio::time::sleep(ROUND_INTERVAL)).await.is_none() {
                    return;
                }
            }
        }
    }

    /// Asks witnesses about the last checkpoint. Returns whether one was asked.
    pub(super) async fn round(&self, whom: Asked, closed: &CancellationToken) -> bool {
        if self.witnesses.is_empty() {
            return false;
        }
        match closed.run_until_cancelled(self.ask_all(whom)).await {
            Some(Ok(asked)) => asked,
            Some(Err(error)) => {
                log_limited!(warn, %error, "no witness was asked");
                false
            }
            None => false,
        }
    }

    /// The lines of a round are filed together. So a note with few witnesses never takes the place of one with more
    /// while others are still asked.
    async fn ask_all(&self, whom: Asked) -> Result<bool, DocketError> {
        let Some(last) = self.docket.log_note(self.log).await? else { return Ok(false) };
        let filed = self.docket.log_cosigned(self.log).await?.filter(|filed| filed.size == last.size);
        let mut note = Note::parse(&filed.as_ref().unwrap_or(&last).note).map_err(|_| damaged(self.log))?;
        let tree = Checkpoint::parse(&note.text).map_err(|_| damaged(self.log))?.tree;
        let has_signed = |witness: &Witness| {
            let signed = note.verify(std::slice::from_ref(&witness.key));
            signed.is_ok_and(|signed| !signed.is_empty()) && !witness.objects.load(Ordering::Relaxed)
        };
        let is_asked = |witness: &&Witness| whom == Asked::All || !has_signed(witness);
        let asked: Vec<&Witness> = self.witnesses.iter().filter(is_asked).collect();
        let answers = join_all(asked.iter().map(|witness| self.ask(witness, &last.note, &note.text, &tree))).await;
        let mut objecting = None;
        let signatures_before = note.signatures.len();
        for (witness, answer) in asked.iter().zip(answers) {
            let name = witness.key.name();
            // A witness that is silent neither objects nor takes an objection back.
            match answer {
                Ok(line) => {
                    witness.objects.store(false, Ordering::Relaxed);
                    // A witness that signs once more states another time.
                    let is_new = note.signatures.iter().all(|other| other.name != line.name || other.id != line.id);
                    if is_new && note.signatures.len() < SIGNATURES_MAX {
                        note.signatures.push(line);
                    }
                }
                Err(Refusal::Objects(why)) => {
                    witness.objects.store(true, Ordering::Relaxed);
                    tracing::error!(witness = name, why, "a witness knows another log than the docket's");
                }
                Err(error) => tracing::warn!(witness = name, %error, "a witness did not sign the log"),
            }
            if witness.objects.load(Ordering::Relaxed) {
                objecting = Some(name.to_owned());
            }
        }
        self.objection.set(objecting);
        if note.signatures.len() > signatures_before {
            let note = LogNote { size: tree.size, note: note.to_string() };
            self.docket.file_log_cosigned(self.log, &note).await?;
        }
        Ok(!asked.is_empty())
    }

    /// The line with which a witness signs the text of a note.
    async fn ask(&self, witness: &Witness, note: &str, text: &str, tree: &Tree) -> Result<NoteSignature, Refusal> {
        let mut old = witness.size.load(Ordering::Relaxed);
        if old > tree.size {
            old = 0;
        }
        for _ in 0..QUESTIONS_MAX {
            let path = self.path(old, tree.size).await?;
            match witness.post(witness_request(old, &path, note)).await.map_err(Refusal::Failed)? {
                Answer::Signed(lines) => {
                    let line = own_line(&witness.key, text, &lines).map_err(Refusal::Failed)?;
                    witness.size.store(tree.size, Ordering::Relaxed);
                    return Ok(line);
                }
                Answer::Knows(size) if size > tree.size => return Err(self.larger(witness, size).await?),
                // The trees are of one size, and so they have two roots.
                Answer::Knows(size) if size == old && size == tree.size => return Err(OTHER_ROOT),
                Answer::Knows(size) if size == old => {
                    return Err(Refusal::Failed("it refuses the size that it names".to_owned()));
                }
                Answer::Knows(size) => {
                    witness.size.store(size, Ordering::Relaxed);
                    old = size;
                }
                Answer::Inconsistent => return Err(OTHER_ROOT),
                Answer::Other(status) => return Err(Refusal::Failed(format!("its answer is {status}"))),
            }
        }
        Err(Refusal::Failed("its size changes from question to question".to_owned()))
    }

    /// The refusal of a witness that knows more entries than the note has. Another node may have signed more meanwhile.
    async fn larger(&self, witness: &Witness, size: u64) -> Result<Refusal, DocketError> {
        let edge = self.docket.log_edge(self.log).await?.ok_or_else(|| damaged(self.log))?;
        if size > edge.edge.size() {
            return Ok(Refusal::Objects("it has signed more entries than the docket has"));
        }
        witness.size.store(size, Ordering::Relaxed);
        Ok(Refusal::Failed("it has signed a later checkpoint already".to_owned()))
    }

    /// The path from a size to a later one; none from 0 and from the size itself.
    async fn path(&self, old: u64, new: u64) -> Result<Vec<Hash>, DocketError> {
        if old == 0 || old == new {
            return Ok(Vec::new());
        }
        let path = self
            .logs
            .tiles
            .compute(self.log, |read| consistency_path_of(old, new, &mut |from, to| subtree_root(from, to, read)));
        path.await?.ok_or_else(|| damaged(self.log))
    }
}

const OTHER_ROOT: Refusal = Refusal::Objects("it has signed another root");

impl Witness {
    /// Asks once. The client blocks, so it has a thread of its own meanwhile.
    async fn post(&self, body: String) -> Result<Answer, String> {
        let (agent, url) = (self.agent.clone(), self.url.clone());
        let posted = tokio::task::spawn_blocking(move || post(&agent, &url, &body)).await;
        posted.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
    }
}

fn post(agent: &Agent, url: &str, body: &str) -> Result<Answer, ureq::Error> {
    let mut response = agent.post(url).send(body)?;
    let status = response.status().as_u16();
    let mut text = || response.body_mut().with_config().limit(NOTE_BYTES_MAX as u64).read_to_string();
    Ok(match status {
        200 => Answer::Signed(text()?),
        409 => number(text()?.trim_end_matches('\n')).map_or(Answer::Other(status), Answer::Knows),
        422 => Answer::Inconsistent,
        _ => Answer::Other(status),
    })
}

/// The line of a witness's answer that is by its key. Lines of other keys are skipped.
fn own_line(key: &VerifierKey, text: &str, answer: &str) -> Result<NoteSignature, String> {
    let mut lines = parse_witness_answer(answer).map_err(|error| error.to_string())?.into_iter();
    let is_own = |line: &NoteSignature| line.name == key.name() && line.id == *key.id();
    let line = lines.find(is_own).ok_or("its answer has no line of its key")?;
    let note = Note { text: text.to_owned(), signatures: vec![line.clone()] };
    note.verify(std::slice::from_ref(key)).map_err(|error| error.to_string())?;
    Ok(line)
}

#[cfg(test)]
mod tests {
    use live_jury_proof::note::{KeyKind, Signer};

    use super::*;

    #[test]
    fn only_a_good_line_of_the_witness_itself_is_taken() {
        let signer = |seed| Signer::new("witness", KeyKind::Witness, &[seed; 32]).unwrap();
        let (own, other) = (signer(1), signer(2));
        let (text, key) = ("log\n1\nroot\n", own.verifier());
        let line = |signer: &Signer, text| signer.sign_text(text, 1_795_358_533).to_string();
        let good = line(&own, text);
        assert_eq!(own_line(key, text, &(line(&other, text) + &good)).unwrap().to_string(), good);
        let forged = NoteSignature { id: *key.id(), ..other.sign_text(text, 1_795_358_533) }.to_string();
        for wrong in [line(&other, text), forged, line(&own, "log\n2\nroot\n"), String::new(), "yes\n".to_owned()] {
            assert!(own_line(key, text, &wrong).is_err(), "{wrong}");
        }
    }
}
