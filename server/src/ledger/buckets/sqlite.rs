//! Reports and buckets in a SQLite file, for one node.

use async_trait::async_trait;
use live_jury_protocol::{CaseId, RoomId};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::end::{self, EndDb};
use super::{
    Bucket, BucketEnd, BucketLedger, Closing, LedgerError, NewReport, OwnReport, ReportRefusal, ReportShown, Reported,
    add, read,
};
use crate::ledger::SqliteTrust;
use crate::reporter::Reporter;

#[async_trait]
impl BucketLedger for SqliteTrust {
    async fn add_report(&self, report: &NewReport) -> Result<Reported, LedgerError> {
        self.file.transaction(async |db: &mut SqliteConnection| add::add(db, report).await).await
    }

    async fn refusal(&self, report: &NewReport) -> Result<Option<ReportRefusal>, LedgerError> {
        add::refusal(&mut *self.file.trust_read.acquire().await?, report).await
    }

    async fn own_reports(&self, reporter: Reporter, limit: u32) -> Result<Vec<OwnReport>, LedgerError> {
        read::own_reports(&mut *self.file.trust_read.acquire().await?, reporter, limit).await
    }

    async fn buckets(&self, room: &RoomId, limit: u32) -> Result<Vec<Bucket>, LedgerError> {
        read::of_room(&mut *self.file.trust_read.acquire().await?, room, limit).await
    }

    async fn bucket(&self, id: Uuid) -> Result<Option<Bucket>, LedgerError> {
        read::one(&mut *self.file.trust_read.acquire().await?, id).await
    }

    async fn bucket_of(&self, case: CaseId) -> Result<Option<Bucket>, LedgerError> {
        read::of_case(&mut *self.file.trust_read.acquire().await?, case).await
    }

    async fn reports(&self, bucket: Uuid, limit: u32) -> Result<Vec<ReportShown>, LedgerError> {
        read::reports(&mut *self.file.trust_read.acquire().await?, bucket, limit).await
    }

    async fn undrafted(&self, limit: u32) -> Result<Vec<Bucket>, LedgerError> {
        read::undrafted(&mut *self.file.trust_read.acquire().await?, limit).await
    }

    async fn reserve(&self, id: Uuid, case: CaseId, version: Option<u64>) -> Result<Bucket, LedgerError> {
        self.file.transaction(async |db: &mut SqliteConnection| end::reserve(db, id, case, version).await).await
    }

    async fn set_drafted(&self, id: Uuid) -> Result<(), LedgerError> {
        self.file.transaction(async |db: &mut SqliteConnection| end::set_drafted(db, id).await).await
    }

    async fn dismiss(&self, id: Uuid, closing: &Closing<'_>) -> Result<Bucket, LedgerError> {
        self.file.transaction(async |db: &mut SqliteConnection| end::dismiss(db, id, closing).await).await
    }

    async fn set_opened(&self, case: CaseId, seq: u64) -> Result<(), LedgerError> {
        self.file.transaction(async |db: &mut SqliteConnection| end::set_opened(db, case, seq).await).await
    }

    async fn settle(&self, case: CaseId, seq: u64, end: BucketEnd, now_ms: u64) -> Result<bool, LedgerError> {
        self.file.transaction(async |db: &mut SqliteConnection| end::settle(db, case, seq, end, now_ms).await).await
    }

    async fn close_quiet(&self, since_ms: u64, now_ms: u64, limit: u32) -> Result<u64, LedgerError> {
        self.file
            .transaction(async |db: &mut SqliteConnection| end::close_quiet(db, since_ms, now_ms, limit).await)
            .await
    }

    async fn delete_old(&self, before_ms: u64, limit: u32) -> Result<u64, LedgerError> {
        self.file.transaction(async |db: &mut SqliteConnection| end::delete_old(db, before_ms, limit).await).await
    }

    async fn report_cursor(&self) -> Result<u64, LedgerError> {
        read::cursor(&mut *self.file.trust_read.acquire().await?).await
    }

    async fn move_report_cursor(&self, seq: u64) -> Result<(), LedgerError> {
        self.file.transaction(async |db: &mut SqliteConnection| end::move_cursor(db, seq).await).await
    }
}

// One writer needs no locks of rows.
impl EndDb for SqliteConnection {
    const LOCK_REPORTERS: &'static str = "SELECT reporter FROM trust_report WHERE bucket = $1 LIMIT 1";
}
