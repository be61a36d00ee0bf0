//! Proofs about single ballots of a recorded case, from a few rows of the docket. They decide nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use live_jury_court::{Pseudonym, StoredBallot};
use live_jury_proof::Hash;
use live_jury_proof::merkle::inclusion_path;
use live_jury_proof::row::{self, ROWS_PER_LEAF};
use live_jury_proof::seal::{CaseKey, seal_leaf};
use live_jury_proof::text::{base64, hex};
use live_jury_protocol::{BallotProof, CaseId, RowsProof, SealAnswer, SealInRecord, Stratum};

use super::Logs;
use crate::docket::{CaseProofs, DocketError, PanelSeats, RowForm, SEALS_PER_ROW, row_bytes, sealed_form, seats_of};

/// The bytes of hashes that a node keeps, for proofs about cases that many jurors check at once: 64 MiB, or 300 cases
/// of 450,000 ballots. Beyond it all of them are read again.
const KEPT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The hashes of cases that were asked for lately.
#[derive(Default)]
pub(super) struct KeptProofs(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    cases: HashMap<CaseId, Arc<Parts>>,
    bytes: usize,
}

/// The columns of `case_proofs`, parsed, and the case's panel.
struct Parts {
    seal_firsts: Vec<Hash>,
    seal_nodes: Vec<Hash>,
    row_firsts: Vec<Pseudonym>,
    row_hashes: Vec<Hash>,
    seats: Arc<PanelSeats>,
}

impl Parts {
    fn of(proofs: &CaseProofs, seats: PanelSeats) -> Self {
        let firsts = proofs.row_firsts.as_chunks().0;
        Self {
            seal_firsts: proofs.seal_firsts.as_chunks().0.to_vec(),
            seal_nodes: proofs.seal_nodes.as_chunks().0.to_vec(),
            row_firsts: firsts.iter().map(|first| Pseudonym(*first)).collect(),
            row_hashes: proofs.row_hashes.as_chunks().0.to_vec(),
            seats: Arc::new(seats),
        }
    }

    fn bytes(&self) -> usize {
        32 * (self.seal_firsts.len() + self.seal_nodes.len() + self.row_hashes.len()) + 16 * self.row_firsts.len()
    }
}

impl KeptProofs {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, id: CaseId) -> Option<Arc<Parts>> {
        self.lock().cases.get(&id).cloned()
    }

    fn keep(&self, id: CaseId, parts: &Arc<Parts>) {
        let mut kept = self.lock();
        if kept.bytes + parts.bytes() > KEPT_BYTES_MAX {
            *kept = Kept::default();
        }
        if kept.cases.insert(id, parts.clone()).is_none() {
            kept.bytes += parts.bytes();
        }
    }
}

/// The row of seals that was read, with its number.
struct SealRow {
    row: usize,
    seals: Vec<Hash>,
}

impl Logs {
    /// The proof of a juror's recorded ballot; none if the record has none of this juror, or the case no statement. Its
    /// row has a side where the statement has them.
    ///
    /// # Errors
    /// The docket did not answer, or what it holds does not fit.
    pub async fn ballot_proof(
        &self,
        id: CaseId,
        juror: Pseudonym,
        with_sides: bool,
    ) -> Result<Option<BallotProof>, DocketError> {
        let (Some(attested), Some(parts)) = (self.docket.attested(id).await?, self.parts(id).await?) else {
            return Ok(None);
        };
        let Some(ballot) = self.docket.ballots_of(id, &[juror]).await?.into_iter().next().flatten() else {
            return Ok(None);
        };
        let seal = CaseKey::from_bytes(attested.seal_key).seal(id.0.as_bytes(), &sealed_form(&ballot));
        let found = self.find_seal(id, &parts, &seal).await?;
        let Ok(place) = found.seals.binary_search(&seal) else { return Err(unfit(id, "lacks the seal of a ballot")) };
        let SealInRecord { seal, index, size, path } = self.in_record(id, &parts, &found, place).await?;
        let rows = match parts.row_hashes.is_empty() {
            true => None,
            false => Some(self.rows_proof(id, &parts, &ballot, with_sides).await?),
        };
        let stratum = parts.seats.stratum_of(&juror).map(|stratum| match stratum {
            row::Stratum::Buyer => Stratum::Buyer,
            row::Stratum::Merchant => Stratum::Merchant,
            row::Stratum::Other => Stratum::Other,
        });
        Ok(Some(BallotProof { seal, index, size, path, tracker: juror.to_string(), rows, stratum }))
    }

    /// The columns of a recorded case's rows. They have sides if the statement has them.
    ///
    /// # Errors
    /// The docket did not answer, or what it holds does not fit.
    pub async fn row_form(&self, id: CaseId, with_sides: bool) -> Result<RowForm, DocketError> {
        let seats = self.parts(id).await?.map(|parts| parts.seats.clone()).unwrap_or_default();
        Ok(RowForm { with_sides, seats })
    }

    /// The seal's place in the record, or its neighbours; none if the case has no statement.
    ///
    /// # Errors
    /// The docket did not answer, or what it holds does not fit.
    pub async fn seal_proof(&self, id: CaseId, seal: &Hash) -> Result<Option<SealAnswer>, DocketError> {
        let Some(parts) = self.parts(id).await? else { return Ok(None) };
        if parts.seal_nodes.is_empty() {
            return Ok(Some(SealAnswer::Absent { before: None, after: None }));
        }
        let found = self.find_seal(id, &parts, seal).await?;
        let place = match found.seals.binary_search(seal) {
            Ok(place) => return Ok(Some(SealAnswer::Present(self.in_record(id, &parts, &found, place).await?))),
            Err(place) => place,
        };
        // The first seal of the row is smaller, unless it is the first of all.
        let before = match place.checked_sub(1) {
            Some(before) => Some(self.in_record(id, &parts, &found, before).await?),
            None => None,
        };
        let after = if place < found.seals.len() {
            Some(self.in_record(id, &parts, &found, place).await?)
        } else if found.row + 1 < parts.seal_nodes.len() {
            let next = self.seal_row(id, found.row + 1).await?;
            Some(self.in_record(id, &parts, &next, 0).await?)
        } else {
            None
        };
        Ok(Some(SealAnswer::Absent { before, after }))
    }

    async fn parts(&self, id: CaseId) -> Result<Option<Arc<Parts>>, DocketError> {
        if let Some(kept) = self.kept.get(id) {
            return Ok(Some(kept));
        }
        let Some(proofs) = self.docket.case_proofs(id).await? else { return Ok(None) };
        let seats = match self.docket.case(id).await? {
            Some(case) => seats_of(&*self.docket, &case).await?,
            None => PanelSeats::default(),
        };
        let parts = Arc::new(Parts::of(&proofs, seats));
        self.kept.keep(id, &parts);
        Ok(Some(parts))
    }

    /// The row of seals in which this one is, or would be.
    async fn find_seal(&self, id: CaseId, parts: &Parts, seal: &Hash) -> Result<SealRow, DocketError> {
        let row = parts.seal_firsts.partition_point(|first| first <= seal).saturating_sub(1);
        self.seal_row(id, row).await
    }

    async fn seal_row(&self, id: CaseId, row: usize) -> Result<SealRow, DocketError> {
        let found = self.docket.case_seals(id, row as u64, 1).await?.pop().unwrap_or_default();
        let seals: Vec<Hash> = found.as_chunks().0.to_vec();
        if seals.is_empty() { Err(unfit(id, "lacks a row of seals")) } else { Ok(SealRow { row, seals }) }
    }

    async fn in_record(
        &self,
        id: CaseId,
        parts: &Parts,
        found: &SealRow,
        place: usize,
    ) -> Result<SealInRecord, DocketError> {
        let rows = parts.seal_nodes.len();
        let in_last =
            if found.row + 1 == rows { found.seals.len() } else { self.seal_row(id, rows - 1).await?.seals.len() };
        let leaves: Vec<Hash> = found.seals.iter().map(seal_leaf).collect();
        let (Some(seal), Some(mut path), Some(above)) = (
            found.seals.get(place),
            inclusion_path(&leaves, place as u64),
            inclusion_path(&parts.seal_nodes, found.row as u64),
        ) else {
            return Err(unfit(id, "has seals beyond their number"));
        };
        path.extend(above);
        Ok(SealInRecord {
            seal: hex(seal),
            index: (found.row * SEALS_PER_ROW + place) as u64,
            size: ((rows - 1) * SEALS_PER_ROW + in_last) as u64,
            path: path.iter().map(|hash| base64(hash)).collect(),
        })
    }

    /// The leaf with a ballot's row.
    async fn rows_proof(
        &self,
        id: CaseId,
        parts: &Parts,
        ballot: &StoredBallot,
        with_sides: bool,
    ) -> Result<RowsProof, DocketError> {
        let leaf = parts.row_firsts.partition_point(|first| *first <= ballot.juror).saturating_sub(1);
        let (Some(first), Some(path)) = (parts.row_firsts.get(leaf), inclusion_path(&parts.row_hashes, leaf as u64))
        else {
            return Err(unfit(id, "has no leaf for a row"));
        };
        // The first pseudonym of the leaf itself is read, too.
        let before = first.before();
        let ballots = self.docket.ballots_after(id, before, ROWS_PER_LEAF as u32).await?;
        let place = ballots.iter().position(|other| other.juror == ballot.juror);
        Ok(RowsProof {
            chunk: leaf as u64,
            chunks: parts.row_hashes.len() as u64,
            place: place.ok_or_else(|| unfit(id, "has a row in another leaf"))? as u64,
            bytes: base64(&row_bytes(&ballots, &RowForm { with_sides, seats: parts.seats.clone() })),
            path: path.iter().map(|hash| base64(hash)).collect(),
        })
    }
}

fn unfit(id: CaseId, why: &str) -> DocketError {
    DocketError::Malformed(format!("the record of case {id} {why}"))
}
