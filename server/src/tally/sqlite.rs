//! The embedded tally, in the server's own SQLite file: one transaction for each call. It serves one node only.

mod offers;
mod rows;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use live_jury_court::{Pseudonym, SealedBy, StoreId, StoredBallot};
use live_jury_protocol::CaseId;
use sqlx::SqliteConnection;
use uuid::Uuid;

use self::rows::{CaseRow, malformed};
use super::{
    Cast, EraseTally, Extension, OpenParams, RELEASED_KEPT_MS, RENEWED_AFTER_MS, RecordResult, Recorded, Seal,
    SealTerms, StoreEpoch, StoredBallotAt, TallyError, TallyHealth, TallyState, TallyStore, UNRECORDED_KEPT_MS,
};
use crate::clock::Clock;
use crate::entrant::Entrants;
use crate::health::FoundDurability;
use crate::sqlite::Sqlite;

/// The number of ballots of released cases that one transaction deletes. Live cases wait
/// for it, a few milliseconds.
const SWEEP_BALLOTS: u32 = 5_000;
/// Milliseconds of a minute: the unit of a ballot's time.
const MINUTE_MS: u64 = 60_000;

/// Counts ballots in the server's SQLite file. Each answer is given after a synced commit, so the tally is durable.
#[derive(Clone)]
pub struct SqliteTally {
    sqlite: Sqlite,
    clock: Arc<dyn Clock>,
}

impl SqliteTally {
    /// A tally in this file, with this clock as the store's.
    #[must_use]
    pub fn new(sqlite: Sqlite, clock: Arc<dyn Clock>) -> Self {
        Self { sqlite, clock }
    }

    /// Runs the one transaction that writes. A clock read after its start is never behind an earlier answer's.
    async fn transaction<T>(
        &self,
        work: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, TallyError>,
    ) -> Result<T, TallyError> {
        self.sqlite.transaction(work).await
    }
}

#[async_trait]
impl TallyStore for SqliteTally {
    async fn now_ms(&self) -> Result<u64, TallyError> {
        Ok(self.clock.now_ms())
    }

    async fn now_ms_of(&self, _case: CaseId) -> Result<u64, TallyError> {
        self.now_ms().await
    }

    async fn store_id(&self) -> Result<StoreId, TallyError> {
        self.transaction(async |db| rows::store_id(db, StoreId(Uuid::now_v7())).await).await
    }

    async fn restore(&self, case: CaseId, params: &OpenParams) -> Result<TallyState, TallyError> {
        let work = async |db: &mut SqliteConnection| {
            let row = match CaseRow::read(db, case).await? {
                Some(row) if row.epoch > params.epoch => row,
                Some(row) if row.epoch == params.epoch && !row.yields_to(params) => row,
                _ => rows::put_case(db, case, params, self.clock.now_ms()).await?,
            };
            Ok(row.state(self.clock.now_ms()))
        };
        self.transaction(work).await
    }

    async fn record(
        &self,
        case: CaseId,
        epoch: StoreEpoch,
        seen_rev: u64,
        ballots: &[Cast],
    ) -> Result<Recorded, TallyError> {
        let work = async |db: &mut SqliteConnection| {
            let row = CaseRow::known(db, case, epoch, seen_rev).await?;
            let stored = rows::ballots_of(db, case, ballots.iter().map(|cast| cast.juror)).await?;
            let mut batch = Batch::new(row, stored, self.clock.now_ms());
            let results = ballots.iter().map(|cast| batch.apply(cast)).collect::<Result<_, _>>()?;
            if !batch.touched.is_empty() {
                batch.row.rev += 1;
                let touched = batch.touched.iter().filter_map(|juror| batch.stored.get(juror));
                rows::put_ballots(db, case, touched, batch.now_ms / MINUTE_MS).await?;
                rows::put_counts(db, case, &batch.row).await?;
            }
            Ok(Recorded { state: batch.row.state(batch.now_ms), results })
        };
        self.transaction(work).await
    }

    async fn poll(&self, case: CaseId, epoch: StoreEpoch, seen_rev: u64) -> Result<TallyState, TallyError> {
        let row = CaseRow::known(&mut *self.sqlite.read.acquire().await?, case, epoch, seen_rev).await?;
        let now_ms = self.clock.now_ms();
        if row.must_be_renewed(now_ms, UNRECORDED_KEPT_MS - RENEWED_AFTER_MS) {
            let expires_at_ms = now_ms.max(row.closes_at_ms) + UNRECORDED_KEPT_MS;
            self.transaction(async |db| rows::renew(db, case, expires_at_ms).await).await?;
        }
        Ok(row.state(now_ms))
    }

    async fn ballots_of(&self, case: CaseId, jurors: &[Pseudonym]) -> Result<Vec<Option<StoredBallotAt>>, TallyError> {
        let mut tx = self.sqlite.read.begin().await?;
        let Some(CaseRow { epoch, .. }) = CaseRow::read(&mut tx, case).await? else {
            return Ok(vec![None; jurors.len()]);
        };
        let found = by_juror(rows::ballots_of(&mut tx, case, jurors.iter().copied()).await?);
        Ok(jurors
            .iter()
            .map(|juror| found.get(juror).map(|ballot| StoredBallotAt { epoch, ballot: *ballot }))
            .collect())
    }

    async fn offer(&self, case: CaseId, epoch: StoreEpoch, offers: &Entrants) -> Result<(), TallyError> {
        let work = async |db: &mut SqliteConnection| {
            CaseRow::known(db, case, epoch, 0).await?;
            if offers::are_drawn(db, case).await? { Ok(()) } else { offers::put(db, case, offers).await }
        };
        self.transaction(work).await
    }

    async fn draw(&self, case: CaseId, epoch: StoreEpoch, most: [usize; 3]) -> Result<Entrants, TallyError> {
        let work = async |db: &mut SqliteConnection| {
            CaseRow::known(db, case, epoch, 0).await?;
            offers::freeze(db, case).await?;
            offers::lowest(db, case, most).await
        };
        self.transaction(work).await
    }

    async fn extend(&self, case: CaseId, epoch: StoreEpoch, extension: &Extension) -> Result<TallyState, TallyError> {
        let work = async |db: &mut SqliteConnection| {
            let mut row = CaseRow::known(db, case, epoch, 0).await?;
            let now_ms = self.clock.now_ms();
            if row.is_open(now_ms) && row.closes_at_ms == extension.from_ms {
                row.closes_at_ms = extension.to_ms;
                row.expires_at_ms = extension.to_ms + UNRECORDED_KEPT_MS;
                rows::put_extension(db, case, &row, extension).await?;
            }
            Ok(row.state(now_ms))
        };
        self.transaction(work).await
    }

    async fn extension(&self, case: CaseId) -> Result<Option<Extension>, TallyError> {
        rows::extension(&mut *self.sqlite.read.acquire().await?, case).await
    }

    async fn seal_on(
        &self,
        case: CaseId,
        epoch: StoreEpoch,
        by: &SealedBy,
        terms: &SealTerms,
    ) -> Result<TallyState, TallyError> {
        let work = async |db: &mut SqliteConnection| {
            let mut row = CaseRow::known(db, case, epoch, 0).await?;
            let now_ms = self.clock.now_ms();
            let at_ms = terms.clock.clamp(now_ms);
            let is_open = at_ms < row.closes_at_ms;
            let by = if is_open { by } else { &SealedBy::Deadline };
            // A clock that has stepped past the deadline seals nothing, for nobody.
            let is_early = is_open && (*by == SealedBy::Deadline || now_ms >= row.closes_at_ms);
            if row.seal.is_none() && terms.are_met(row.closes_at_ms) && !is_early {
                let seal = Seal { by: by.clone(), at_ms };
                rows::put_seal(db, case, &seal).await?;
                row.seal = Some(seal);
            }
            Ok(row.state(now_ms))
        };
        self.transaction(work).await
    }

    async fn ballots(&self, case: CaseId, epoch: StoreEpoch) -> Result<Vec<StoredBallot>, TallyError> {
        let mut tx = self.sqlite.read.begin().await?;
        let row = CaseRow::known(&mut tx, case, epoch, 0).await?;
        if row.seal.is_none() {
            return Err(malformed("the case is not sealed"));
        }
        let ballots = rows::all_ballots(&mut tx, case).await?;
        let counted: u64 = row.counts.iter().sum();
        if ballots.len() as u64 == counted { Ok(ballots) } else { Err(TallyError::Lost(case)) }
    }

    async fn release(&self, case: CaseId) -> Result<(), TallyError> {
        let now_ms = self.clock.now_ms();
        self.transaction(async |db| rows::release(db, case, now_ms, now_ms + RELEASED_KEPT_MS).await).await?;
        self.sweep().await
    }

    /// Deletes expired cases, then their ballots in small transactions.
    async fn sweep(&self) -> Result<(), TallyError> {
        let now_ms = self.clock.now_ms();
        let work = async |db: &mut SqliteConnection| {
            rows::delete_expired(db, now_ms).await?;
            offers::delete_orphans(db).await
        };
        self.transaction(work).await?;
        while self.transaction(async |db| rows::delete_some_orphans(db, SWEEP_BALLOTS).await).await? {}
        Ok(())
    }
}

#[async_trait]
impl EraseTally for SqliteTally {
    async fn erase(&self, case: CaseId) -> Result<(), TallyError> {
        self.transaction(async |db| rows::delete_case(db, case).await).await?;
        self.sweep().await
    }
}

#[async_trait]
impl TallyHealth for SqliteTally {
    async fn probe(&self) -> Result<(), TallyError> {
        Ok(self.sqlite.probe().await?)
    }

    async fn durability(&self) -> Result<FoundDurability, TallyError> {
        Ok(Sqlite::durability())
    }

    async fn memory_share(&self) -> Result<Option<f64>, TallyError> {
        Ok(None)
    }
}

fn by_juror(ballots: Vec<StoredBallot>) -> HashMap<Pseudonym, StoredBallot> {
    ballots.into_iter().map(|ballot| (ballot.juror, ballot)).collect()
}

/// A batch that is applied in memory before it is written.
struct Batch {
    row: CaseRow,
    /// The ballots of the batch's jurors, as they are after each cast.
    stored: HashMap<Pseudonym, StoredBallot>,
    /// The jurors whose ballots must be written.
    touched: HashSet<Pseudonym>,
    now_ms: u64,
}

impl Batch {
    fn new(row: CaseRow, stored: Vec<StoredBallot>, now_ms: u64) -> Self {
        Self { row, stored: by_juror(stored), touched: HashSet::new(), now_ms }
    }

    /// Applies the rule of [`RecordResult`] to one cast.
    fn apply(&mut self, cast: &Cast) -> Result<RecordResult, TallyError> {
        let open = self.row.is_open(self.now_ms);
        let Some(stored) = self.stored.get(&cast.juror).copied() else {
            if !open {
                return Ok(RecordResult::Closed);
            }
            let change = if self.row.allow_change { cast.change } else { 0 };
            self.put(cast, change)?;
            return Ok(RecordResult::Counted { option: cast.option, change });
        };
        let StoredBallot { option, change, .. } = stored;
        if !self.row.allow_change {
            return Ok(match open {
                _ if option == cast.option => RecordResult::Duplicate { option, change },
                true => RecordResult::AlreadyVoted { option, change },
                false => RecordResult::Closed,
            });
        }
        if open && change.checked_add(1) == Some(cast.change) {
            *self.count_of(option)? -= 1;
            self.put(cast, cast.change)?;
            return Ok(RecordResult::Changed { option: cast.option, change: cast.change });
        }
        Ok(if open || cast.change <= change {
            RecordResult::Duplicate { option, change }
        } else {
            RecordResult::Closed
        })
    }

    fn put(&mut self, cast: &Cast, change: u32) -> Result<(), TallyError> {
        *self.count_of(cast.option)? += 1;
        let Cast { juror, option, side, marks, .. } = *cast;
        let ballot = StoredBallot { juror, option, side, marks, change, cast_at_min: self.now_ms / MINUTE_MS };
        self.stored.insert(juror, ballot);
        self.touched.insert(juror);
        Ok(())
    }

    fn count_of(&mut self, option: u8) -> Result<&mut u64, TallyError> {
        self.row.counts.get_mut(usize::from(option)).ok_or_else(|| malformed("the case lacks this option"))
    }
}
