//! Frames of a socket, parsed without the server's types; only the fields that a juror uses.

use std::collections::BTreeMap;
use std::collections::hash_map::{DefaultHasher, HashMap};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use tokio::sync::watch;
use uuid::Uuid;

/// Any frame. Fields of other frames have their default.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Frame {
    #[serde(rename = "type")]
    pub kind: String,
    pub case: Option<Uuid>,
    pub option: Option<String>,
    pub status: Option<String>,
    pub reason: Option<String>,
    pub request: Option<String>,
    pub retry_after_ms: Option<u64>,
    pub epoch: u64,
    pub change: u32,
    pub rev: u64,
    /// A number in a tally, and a list in a welcome.
    pub ballots: Value,
    pub counts: Option<BTreeMap<String, u64>>,
    /// Parsed once for all jurors of a room, see [`Dockets`].
    pub cases: IgnoredAny,
}

/// A room's docket.
#[derive(Debug, Default, Deserialize)]
pub struct Docket {
    pub rev: u64,
    pub cases: Vec<Case>,
}

/// A case of a docket.
#[derive(Debug, Deserialize)]
pub struct Case {
    pub id: Uuid,
    pub state: String,
    pub epoch: u64,
    pub options: Vec<Choice>,
    pub rules: Rules,
    pub verdict: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub struct Choice {
    pub id: String,
}

#[derive(Debug, Deserialize)]
pub struct Rules {
    pub reveal: String,
    pub allow_change: bool,
}

impl Docket {
    pub fn case(&self, id: Uuid) -> Option<&Case> {
        self.cases.iter().find(|case| case.id == id)
    }
}

impl Case {
    pub fn is_open(&self) -> bool {
        self.state == "open"
    }
}

/// Dockets, each with the hash of its text.
type Texts = Vec<(u64, Arc<Docket>)>;

/// The dockets of a room. Each text is parsed once. A rev has one text on every socket, and one more each time that the
/// docket was put back to an older state.
#[derive(Debug, Default)]
pub struct Dockets {
    /// The texts of each rev.
    read: Mutex<HashMap<u64, Texts>>,
    latest: watch::Sender<Arc<Docket>>,
}

impl Dockets {
    /// The docket with this text, after so many times that the docket was put back.
    ///
    /// # Errors
    /// The text is not a docket, or is one too many of the same rev.
    pub fn read(&self, rev: u64, text: &str, put_backs: usize) -> Result<Arc<Docket>, String> {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let hash = hasher.finish();
        let mut read = self.read.lock().unwrap();
        let texts = read.entry(rev).or_default();
        if let Some((_, known)) = texts.iter().find(|(known, _)| *known == hash) {
            return Ok(known.clone());
        }
        if texts.len() > put_backs {
            return Err(format!("{} dockets have the rev {rev}; one is {text}", texts.len() + 1));
        }
        let docket: Docket = serde_json::from_str(text).map_err(|error| format!("{error}: {text}"))?;
        let docket = Arc::new(docket);
        texts.push((hash, docket.clone()));
        drop(read);
        self.latest.send_if_modified(|latest| {
            let newer = latest.rev < docket.rev;
            if newer {
                latest.clone_from(&docket);
            }
            newer
        });
        Ok(docket)
    }

    /// The newest docket that any juror received.
    pub fn latest(&self) -> watch::Receiver<Arc<Docket>> {
        self.latest.subscribe()
    }
}
