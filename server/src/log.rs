//! The log of verdicts on a node: its name, the tiles that it serves, and its proofs. `signer` signs it, `witness`
//! asks others to; the docket holds it.

mod ballot;
mod key;
mod receipts;
mod served;
mod signer;
mod state;
mod tiles;
mod witness;

use std::sync::Arc;

use live_jury_court::{Pseudonym, StoredBallot};
use live_jury_proof::Hash;
use live_jury_proof::merkle::{inclusion_path_of, range_root};
use live_jury_proof::statement::Statement;
use live_jury_proof::tiles::{Tile, entry_bundle, subtree_root, tiles_of};
use live_jury_proof::tlog_proof::TlogProof;
use live_jury_protocol::{CaseId, LogPlace};

use self::ballot::KeptProofs;
pub use self::ballot::SharedProof;
pub use self::key::log_key;
pub use self::receipts::{ReceiptSigner, SealedIn};
pub use self::served::ServedProofs;
pub use self::signer::{LogKey, LogSigner, SignError, vkey};
pub use self::state::{StateError, StateFile};
use self::tiles::TileReader;
use self::witness::Witnesses;
use crate::docket::{AttestedCase, Docket, DocketError, LogEdge, LogNote, LoggedCase};

/// The entries of a full bundle.
const BUNDLE_ENTRIES: u64 = live_jury_proof::tiles::TILE_HASHES as u64;

/// The logs of the docket, as they are served: nothing beyond the last signed size.
#[derive(Clone)]
pub struct Logs {
    docket: Arc<dyn Docket>,
    tiles: Arc<TileReader>,
    kept: Arc<KeptProofs>,
    served: Arc<ServedProofs>,
}

/// Why a proof cannot be given.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The log is not signed up to this entry.
    #[error("the log is not signed up to this entry")]
    NotSigned,
    /// The docket failed, or its log is damaged.
    #[error(transparent)]
    Docket(#[from] DocketError),
}

impl Logs {
    /// The logs of this docket.
    #[must_use]
    pub fn new(docket: Arc<dyn Docket>) -> Self {
        Self { tiles: Arc::new(TileReader::new(docket.clone())), kept: Arc::default(), served: Arc::default(), docket }
    }

    /// The proofs that this node has served.
    #[must_use]
    pub fn served(&self) -> &Arc<ServedProofs> {
        &self.served
    }

    /// The last signed note of a log.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn checkpoint(&self, log: u64) -> Result<Option<LogNote>, DocketError> {
        self.docket.log_note(log).await
    }

    /// The public keys of all signed logs, by number.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn vkeys(&self) -> Result<Vec<String>, DocketError> {
        Ok(self.docket.log_heads().await?.into_iter().filter_map(|head| head.vkey).collect())
    }

    /// The bytes of a tile; none beyond the signed size.
    ///
    /// # Errors
    /// The docket did not answer, or its log is damaged.
    pub async fn tile(&self, log: u64, tile: Tile) -> Result<Option<Vec<u8>>, DocketError> {
        let Some(note) = self.docket.log_note(log).await? else { return Ok(None) };
        if !tile.exists_at(note.size) {
            return Ok(None);
        }
        let hashes = self.hashes(log, tile.level, tile.index).await?;
        let hashes = hashes.get(..usize::from(tile.width)).ok_or_else(|| damaged(log))?;
        Ok(Some(hashes.as_flattened().to_vec()))
    }

    /// A bundle of entries; none beyond the signed size.
    ///
    /// # Errors
    /// The docket did not answer, or its log is damaged.
    pub async fn entries(&self, log: u64, index: u64, width: u16) -> Result<Option<Vec<u8>>, DocketError> {
        let Some(note) = self.docket.log_note(log).await? else { return Ok(None) };
        if !(Tile { level: 0, index, width }).exists_at(note.size) {
            return Ok(None);
        }
        let entries = self.docket.log_entries(log, index * BUNDLE_ENTRIES, u32::from(width)).await?;
        if entries.len() != usize::from(width) {
            return Err(damaged(log));
        }
        let bundle = entry_bundle(entries.iter().map(String::as_bytes));
        Ok(Some(bundle.map_err(|why| DocketError::Malformed(format!("log {log}: {why}")))?))
    }

    /// The entry of a case; none if it is not recorded, or was recorded before there was a log.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn logged_case(&self, id: CaseId) -> Result<Option<LoggedCase>, DocketError> {
        self.docket.logged_case(id).await
    }

    /// The place of a case's entry in its log; none of a case without a statement.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn place(&self, id: CaseId) -> Result<Option<LogPlace>, DocketError> {
        let Some(logged) = self.docket.logged_case(id).await? else { return Ok(None) };
        let head = self.docket.log_heads().await?.into_iter().find(|head| head.log == logged.log);
        Ok(head.map(|head| LogPlace { origin: head.origin, index: logged.index }))
    }

    /// The stored texts of a recorded case; none of a case without a statement.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn attested(&self, id: CaseId) -> Result<Option<AttestedCase>, DocketError> {
        self.docket.attested(id).await
    }

    /// The audit lines that a statement is about, each with its end.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn hashed_audit(&self, id: CaseId, lines: u64) -> Result<String, DocketError> {
        let lines = self.docket.hashed_audit(id, u32::try_from(lines).unwrap_or(u32::MAX)).await?;
        Ok(lines.into_iter().map(|line| line + "\n").collect())
    }

    /// The next ballots of a recorded case in order of pseudonym.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn ballots_after(
        &self,
        id: CaseId,
        after: Option<Pseudonym>,
        limit: u32,
    ) -> Result<Vec<StoredBallot>, DocketError> {
        self.docket.ballots_after(id, after, limit).await
    }

    /// Rows of seals of a recorded case, ascending.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn seals(&self, id: CaseId, first: u64, limit: u32) -> Result<Vec<Vec<u8>>, DocketError> {
        self.docket.case_seals(id, first, limit).await
    }

    /// The last checkpoint that proves an entry: the last one that witnesses signed, if the entry is in it.
    async fn note_with(&self, log: u64, index: u64) -> Result<Option<LogNote>, DocketError> {
        if let Some(note) = self.docket.log_cosigned(log).await?.filter(|note| note.size > index) {
            return Ok(Some(note));
        }
        Ok(self.docket.log_note(log).await?.filter(|note| note.size > index))
    }

    /// The proof that a case's entry is in the signed log.
    ///
    /// # Errors
    /// The log is not signed up to the entry, or the docket did not answer.
    pub async fn proof(&self, logged: &LoggedCase) -> Result<TlogProof, ProofError> {
        let note = self.note_with(logged.log, logged.index).await?.ok_or(ProofError::NotSigned)?;
        let (index, size) = (logged.index, note.size);
        let path = self
            .tiles
            .compute(logged.log, |read| inclusion_path_of(index, size, &mut |from, to| subtree_root(from, to, read)));
        Ok(TlogProof {
            extra: Some(logged.entry.clone().into_bytes()),
            index,
            path: path.await?.ok_or_else(|| damaged(logged.log))?,
            checkpoint: note.note,
        })
    }

    /// The root of a log's first `size` entries; none if it has fewer.
    async fn root_at(&self, edge: &LogEdge, size: u64) -> Result<Option<Hash>, DocketError> {
        if size > edge.edge.size() {
            return Ok(None);
        }
        if size == edge.edge.size() {
            return Ok(Some(edge.edge.root()));
        }
        let root =
            self.tiles.compute(edge.head.log, |read| range_root(0, size, &mut |from, to| subtree_root(from, to, read)));
        Ok(Some(root.await?.ok_or_else(|| damaged(edge.head.log))?))
    }

    /// The hashes of a tile, as many as it has.
    async fn hashes(&self, log: u64, level: u8, index: u64) -> Result<Arc<Vec<Hash>>, DocketError> {
        Ok(self.tiles.read(log, level, index).await?.unwrap_or_default())
    }
}

/// Whether rows have the sides of their jurors.
#[must_use]
pub fn shows_sides(statement: &Statement) -> bool {
    statement.sums.as_ref().is_some_and(|sums| sums.side.is_some())
}

/// The error of a log whose tiles do not fit its size.
fn damaged(log: u64) -> DocketError {
    DocketError::Malformed(format!("the tiles of log {log} do not fit its size"))
}

/// Whether a level of a log of `size` entries has this tile in full.
fn is_full(level: u8, index: u64, size: u64) -> bool {
    index < tiles_of(level, size).0
}
