//! Proofs about single ballots of a recorded case, from a few rows of the docket. They decide nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use live_jury_court::{Pseudonym, StoredBallot};
use live_jury_proof::Hash;
use live_jury_proof::merkle::{Levels, inclusion_path};
use live_jury_proof::row::{self, ROWS_PER_LEAF};
use live_jury_proof::seal::{CaseKey, SEAL_BYTES, seal_leaf};
use live_jury_proof::text::{base64, hex};
use live_jury_protocol::{BallotProof, CaseId, RowsProof, SealAnswer, SealInRecord, Stratum};
use tokio::time::Instant;

use super::{Logs, ProofError, shows_sides};
use crate::docket::{CaseProofs, DocketError, PanelSeats, RowForm, SEALS_PER_ROW, row_bytes, sealed_form, seats_of};

/// The bytes of hashes that a node keeps, for proofs about cases that many jurors check at once: 64 MiB, or 200 cases
/// of 450,000 ballots. Beyond it all of them are read again.
const KEPT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The time for which what all proofs of a case share is kept. After a verdict hundreds of devices ask for it in this
/// time. A new checkpoint is in their proofs as much later, at most, and a key that was erased is forgotten then.
const SHARED_FOR: Duration = Duration::from_secs(1);

/// The hashes of cases that were asked for lately.
#[derive(Default)]
pub(super) struct KeptProofs(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    cases: HashMap<CaseId, Arc<Parts>>,
    bytes: usize,
    /// With the time at which it was read.
    shared: HashMap<CaseId, (Instant, Arc<SharedProof>)>,
}

/// What the proofs of all ballots of a case share.
pub struct SharedProof {
    /// The statement.
    pub statement: String,
    /// The tlog-proof of its entry.
    pub proof: String,
    /// None if the docket holds no seals of the case.
    ballots: Option<SharedParts>,
}

struct SharedParts {
    seal_key: [u8; 32],
    with_sides: bool,
    parts: Arc<Parts>,
}

/// The columns of `case_proofs`, parsed, and the case's panel.
struct Parts {
    /// The number of seals.
    seals: u64,
    seal_firsts: Vec<Hash>,
    /// The tree above the rows of seals.
    seal_nodes: Levels,
    row_firsts: Vec<Pseudonym>,
    row_hashes: Levels,
    seats: Arc<PanelSeats>,
}

impl Parts {
    fn of(proofs: &CaseProofs, seals: u64, seats: PanelSeats) -> Self {
        let firsts = proofs.row_firsts.as_chunks().0;
        Self {
            seals,
            seal_firsts: proofs.seal_firsts.as_chunks().0.to_vec(),
            seal_nodes: Levels::new(proofs.seal_nodes.as_chunks().0.to_vec()),
            row_firsts: firsts.iter().map(|first| Pseudonym(*first)).collect(),
            row_hashes: Levels::new(proofs.row_hashes.as_chunks().0.to_vec()),
            seats: Arc::new(seats),
        }
    }

    /// A tree has about twice as many nodes as leaves.
    fn bytes(&self) -> usize {
        let hashes = self.seal_firsts.len() + 2 * (self.seal_nodes.leaves().len() + self.row_hashes.leaves().len());
        32 * hashes + 16 * self.row_firsts.len()
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

    fn shared(&self, id: CaseId, now: Instant) -> Option<Arc<SharedProof>> {
        let kept = self.lock();
        let (at, shared) = kept.shared.get(&id)?;
        is_fresh(*at, now).then(|| shared.clone())
    }

    fn share(&self, id: CaseId, shared: &Arc<SharedProof>, now: Instant) {
        let mut kept = self.lock();
        kept.shared.retain(|_, (at, _)| is_fresh(*at, now));
        kept.shared.insert(id, (now, shared.clone()));
    }
}

fn is_fresh(at: Instant, now: Instant) -> bool {
    now.saturating_duration_since(at) < SHARED_FOR
}

/// The row of seals that was read, with its number.
struct SealRow {
    row: usize,
    seals: Vec<Hash>,
}

impl Logs {
    /// What the proofs of all ballots of a case share, as it was within the last second; none of a case without a
    /// statement.
    ///
    /// # Errors
    /// The log is not signed up to the entry, the docket did not answer, or what it holds does not fit.
    pub async fn shared_proof(&self, id: CaseId, now: Instant) -> Result<Option<Arc<SharedProof>>, ProofError> {
        if let Some(shared) = self.kept.shared(id, now) {
            return Ok(Some(shared));
        }
        let Some(logged) = self.logged_case(id).await? else { return Ok(None) };
        let proof = self.proof(&logged).await?.to_string();
        let with_sides = shows_sides(&logged.parsed(id)?);
        let ballots = match (self.docket.attested(id).await?, self.parts(id).await?) {
            (Some(attested), Some(parts)) => Some(SharedParts { seal_key: attested.seal_key, with_sides, parts }),
            _ => None,
        };
        let shared = Arc::new(SharedProof { statement: logged.statement, proof, ballots });
        self.kept.share(id, &shared, now);
        Ok(Some(shared))
    }

    /// The proof of a juror's recorded ballot; none if the record has none of this juror. Its row has a side where the
    /// statement has them.
    ///
    /// # Errors
    /// The docket did not answer, or what it holds does not fit.
    pub async fn ballot_proof(
        &self,
        id: CaseId,
        juror: Pseudonym,
        shared: &SharedProof,
    ) -> Result<Option<BallotProof>, DocketError> {
        let Some(SharedParts { seal_key, with_sides, parts }) = &shared.ballots else { return Ok(None) };
        let leaf = self.rows_proof(id, parts, juror, *with_sides).await?;
        let (ballot, rows) = match leaf {
            Some((ballot, rows)) => (ballot, Some(rows)),
            None => match self.docket.ballots_of(id, &[juror]).await?.into_iter().next().flatten() {
                // A void case has no rows.
                Some(ballot) if parts.row_firsts.is_empty() => (ballot, None),
                Some(_) => return Err(unfit(id, "has a row in another leaf")),
                None => return Ok(None),
            },
        };
        let seal = CaseKey::from_bytes(*seal_key).seal(id.0.as_bytes(), &sealed_form(&ballot));
        let found = self.find_seal(id, parts, &seal).await?;
        let Ok(place) = found.seals.binary_search(&seal) else { return Err(unfit(id, "lacks the seal of a ballot")) };
        let SealInRecord { seal, index, size, path } = in_record(id, parts, &found, place)?;
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
        if parts.seal_firsts.is_empty() {
            return Ok(Some(SealAnswer::Absent { before: None, after: None }));
        }
        let found = self.find_seal(id, &parts, seal).await?;
        let place = match found.seals.binary_search(seal) {
            Ok(place) => return Ok(Some(SealAnswer::Present(in_record(id, &parts, &found, place)?))),
            Err(place) => place,
        };
        // The first seal of the row is smaller, unless it is the first of all.
        let before = match place.checked_sub(1) {
            Some(before) => Some(in_record(id, &parts, &found, before)?),
            None => None,
        };
        let after = if place < found.seals.len() {
            Some(in_record(id, &parts, &found, place)?)
        } else if found.row + 1 < parts.seal_firsts.len() {
            let next = self.seal_row(id, found.row + 1).await?;
            Some(in_record(id, &parts, &next, 0)?)
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
        let parts = Arc::new(Parts::of(&proofs, self.number_of_seals(id, &proofs).await?, seats));
        self.kept.keep(id, &parts);
        Ok(Some(parts))
    }

    /// The number of seals: all rows but the last are full.
    async fn number_of_seals(&self, id: CaseId, proofs: &CaseProofs) -> Result<u64, DocketError> {
        let Some(full) = (proofs.seal_firsts.len() / SEAL_BYTES).checked_sub(1) else { return Ok(0) };
        Ok((full * SEALS_PER_ROW + self.seal_row(id, full).await?.seals.len()) as u64)
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

    /// A juror's ballot, and the leaf with its row; none if the record has no rows, or none of this juror.
    async fn rows_proof(
        &self,
        id: CaseId,
        parts: &Parts,
        juror: Pseudonym,
        with_sides: bool,
    ) -> Result<Option<(StoredBallot, RowsProof)>, DocketError> {
        let leaf = parts.row_firsts.partition_point(|first| *first <= juror).checked_sub(1);
        let Some((leaf, first)) = leaf.and_then(|leaf| Some((leaf, parts.row_firsts.get(leaf)?))) else {
            return Ok(None);
        };
        // The first pseudonym of the leaf itself is read, too.
        let ballots = self.docket.ballots_after(id, first.before(), ROWS_PER_LEAF as u32).await?;
        let Some(place) = ballots.iter().position(|other| other.juror == juror) else { return Ok(None) };
        let path = parts.row_hashes.path(leaf).ok_or_else(|| unfit(id, "has no leaf for a row"))?;
        let rows = RowsProof {
            chunk: leaf as u64,
            chunks: parts.row_hashes.leaves().len() as u64,
            place: place as u64,
            bytes: base64(&row_bytes(&ballots, &RowForm { with_sides, seats: parts.seats.clone() })),
            path: path.iter().map(|hash| base64(hash)).collect(),
        };
        Ok(ballots.into_iter().nth(place).map(|ballot| (ballot, rows)))
    }
}

/// A seal of a row that was read, with its path.
fn in_record(id: CaseId, parts: &Parts, found: &SealRow, place: usize) -> Result<SealInRecord, DocketError> {
    let leaves: Vec<Hash> = found.seals.iter().map(seal_leaf).collect();
    let (Some(seal), Some(mut path), Some(above)) =
        (found.seals.get(place), inclusion_path(&leaves, place as u64), parts.seal_nodes.path(found.row))
    else {
        return Err(unfit(id, "has seals beyond their number"));
    };
    path.extend(above);
    Ok(SealInRecord {
        seal: hex(seal),
        index: (found.row * SEALS_PER_ROW + place) as u64,
        size: parts.seals,
        path: path.iter().map(|hash| base64(hash)).collect(),
    })
}

fn unfit(id: CaseId, why: &str) -> DocketError {
    DocketError::Malformed(format!("the record of case {id} {why}"))
}
