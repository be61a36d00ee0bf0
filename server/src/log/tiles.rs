//! Reads the tiles of logs from the docket, and keeps full ones, which never change. It computes no hash.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use live_jury_proof::Hash;
use live_jury_proof::tiles::parse_tile;

use super::{damaged, is_full};
use crate::docket::{Docket, DocketError};

/// Full tiles that a node keeps: 32 MiB, the leaves of a million verdicts. Beyond it all of them are read again.
const TILES_KEPT_MAX: usize = 4_096;

/// The level and the index of a tile of a log.
type Place = (u64, u8, u64);

/// Reads tiles.
pub(super) struct TileReader {
    docket: Arc<dyn Docket>,
    full: Mutex<HashMap<Place, Arc<Vec<Hash>>>>,
}

impl TileReader {
    pub fn new(docket: Arc<dyn Docket>) -> Self {
        Self { docket, full: Mutex::default() }
    }

    /// The hashes of a tile, as many as it has; none if it has none.
    pub async fn read(&self, log: u64, level: u8, index: u64) -> Result<Option<Arc<Vec<Hash>>>, DocketError> {
        let place = (log, level, index);
        if let Some(kept) = self.lock().get(&place).cloned() {
            return Ok(Some(kept));
        }
        let Some(found) = self.docket.log_edge(log).await? else { return Ok(None) };
        let size = found.edge.size();
        if !is_full(level, index, size) {
            let is_last = index == live_jury_proof::tiles::tiles_of(level, size).0;
            let partial = if is_last { found.edge.partial(level) } else { &[] };
            return Ok((!partial.is_empty()).then(|| Arc::new(partial.to_vec())));
        }
        let bytes = self.docket.log_tile(log, level, index).await?.ok_or_else(|| damaged(log))?;
        let hashes = Arc::new(parse_tile(&bytes).map_err(|_| damaged(log))?);
        let mut full = self.lock();
        if full.len() >= TILES_KEPT_MAX {
            full.clear();
        }
        full.insert(place, hashes.clone());
        Ok(Some(hashes))
    }

    /// Runs `compute` until it has the tiles that it asks for. None is its own answer with all of them.
    pub async fn compute<T>(
        &self,
        log: u64,
        mut compute: impl FnMut(&mut dyn FnMut(u8, u64) -> Option<Vec<Hash>>) -> Option<T>,
    ) -> Result<Option<T>, DocketError> {
        let mut known: HashMap<(u8, u64), Option<Arc<Vec<Hash>>>> = HashMap::new();
        loop {
            let mut missing = None;
            let computed = compute(&mut |level, index| match known.get(&(level, index)) {
                Some(tile) => tile.as_ref().map(|hashes| hashes.to_vec()),
                None => {
                    missing = Some((level, index));
                    None
                }
            });
            match (computed, missing) {
                (Some(computed), _) => return Ok(Some(computed)),
                (None, None) => return Ok(None),
                (None, Some((level, index))) => {
                    known.insert((level, index), self.read(log, level, index).await?);
                }
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Place, Arc<Vec<Hash>>>> {
        self.full.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
