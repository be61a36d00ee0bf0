//! Follows a log: compares its checkpoint with the last one that was kept, by the log's own tiles. It fetches nothing
//! by itself, and keeps nothing.

use std::collections::HashMap;

use live_jury_proof::Hash;
use live_jury_proof::checkpoint::Checkpoint;
use live_jury_proof::merkle::{Tree, range_root};
use live_jury_proof::note::Note;
use live_jury_proof::policy::Policy;
use live_jury_proof::tiles::{TILE_HASHES, Tile, parse_tile, subtree_root, tiles_of};

use crate::log::{signed, witnessed};
use crate::report::{Finding, Report};

/// Fetches a file below the log's URL. The error says why there is none.
pub type Fetch<'f> = &'f mut dyn FnMut(&str) -> Result<Vec<u8>, String>;

/// A checkpoint and its checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// The checks.
    pub report: Report,
    /// The checkpoint, to be kept if nothing failed.
    pub checkpoint: Checkpoint,
}

/// Checks the checkpoint of a log against the last one that was kept.
///
/// # Errors
/// The checkpoint is malformed, or a tile could not be fetched, so that nothing can be said.
pub fn follow(
    note: &str,
    kept: Option<&Checkpoint>,
    policy: Option<&Policy>,
    fetch: Fetch<'_>,
) -> Result<Followed, String> {
    let parsed = Note::parse(note).and_then(|parsed| Checkpoint::parse(&parsed.text));
    let checkpoint = parsed.map_err(|error| error.to_string())?;
    let mut report = Report::default();
    report.add("checkpoint", signed(policy, |policy| policy.open(note)));
    report.add("witnesses", witnessed(policy, |policy| policy.open(note)));
    report.add("growth", growth(&checkpoint, kept, fetch)?);
    Ok(Followed { report, checkpoint })
}

/// Whether the log begins with the entries that it had.
fn growth(new: &Checkpoint, kept: Option<&Checkpoint>, fetch: Fetch<'_>) -> Result<Finding, String> {
    let tree = new.tree;
    if let Some(kept) = kept {
        if kept.origin != new.origin {
            return Ok(Finding::Failed(format!("the log is {}, and {} was kept", new.origin, kept.origin)));
        }
        if kept.tree.size > tree.size {
            return Ok(Finding::Failed(format!("the log has {} entries, and had {}", tree.size, kept.tree.size)));
        }
    }
    let mut tiles = Tiles { size: tree.size, fetch, read: HashMap::new(), error: None };
    if tiles.root(tree.size)? != Some(tree.root) {
        return Ok(Finding::failed("the log's tiles have not the root of its checkpoint"));
    }
    // A log without entries is the beginning of every log.
    let Some(Tree { size, root }) = kept.map(|kept| kept.tree).filter(|kept| kept.size > 0) else {
        return Ok(Finding::Good(format!("the first checkpoint that is kept, of {} entries", tree.size)));
    };
    if tiles.root(size)? != Some(root) {
        return Ok(Finding::Failed(format!("the first {size} entries are not those that the log had")));
    }
    Ok(Finding::Good(format!("{size} entries became {}, and begin with the same", tree.size)))
}

/// The tiles of a log of this size, each fetched once.
struct Tiles<'f> {
    size: u64,
    fetch: Fetch<'f>,
    read: HashMap<(u8, u64), Vec<Hash>>,
    error: Option<String>,
}

impl Tiles<'_> {
    /// The root of the first `size` entries; none if the tiles have too few hashes.
    fn root(&mut self, size: u64) -> Result<Option<Hash>, String> {
        if size == 0 {
            return Ok(Some(live_jury_proof::merkle::empty_root()));
        }
        let root =
            range_root(0, size, &mut |from, to| subtree_root(from, to, &mut |level, index| self.read(level, index)));
        self.error.take().map_or(Ok(root), Err)
    }

    fn read(&mut self, level: u8, index: u64) -> Option<Vec<Hash>> {
        if let Some(hashes) = self.read.get(&(level, index)) {
            return Some(hashes.clone());
        }
        if self.error.is_some() {
            return None;
        }
        let (full, partial) = tiles_of(level, self.size);
        let width = match index.cmp(&full) {
            std::cmp::Ordering::Less => TILE_HASHES as u16,
            std::cmp::Ordering::Equal => partial,
            std::cmp::Ordering::Greater => 0,
        };
        if width == 0 {
            return None;
        }
        let path = Tile { level, index, width }.path();
        let tile = (self.fetch)(&path).and_then(|bytes| parse_tile(&bytes).map_err(|error| format!("{path}: {error}")));
        match tile {
            Ok(hashes) if hashes.len() == usize::from(width) => {
                self.read.insert((level, index), hashes.clone());
                Some(hashes)
            }
            Ok(hashes) => {
                self.error = Some(format!("{path}: it has {} hashes", hashes.len()));
                None
            }
            Err(error) => {
                self.error = Some(error);
                None
            }
        }
    }
}
