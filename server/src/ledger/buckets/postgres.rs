//! Reports and buckets in PostgreSQL, for any number of nodes.

use async_trait::async_trait;
use live_jury_protocol::{CaseId, RoomId};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::end::{self, EndDb};
use super::{
    Bucket, BucketEnd, BucketLedger, Closing, LedgerError, NewReport, OwnReport, ReportRefusal, ReportShown, Reported,
    add, read,
};
use crate::ledger::PostgresTrust;
use crate::reporter::Reporter;
use crate::sql::pool::CALL_TIMEOUT;

/// Runs a call in a transaction, which is undone if the call fails.
macro_rules! in_transaction {
    ($ledger:ident, |$tx:ident| $call:expr) => {{
        let work = async |db: &mut PgConnection| {
            let mut transaction = db.begin().await?;
            let $tx = &mut *transaction;
            let done = $call.await?;
            transaction.commit().await?;
            Ok(done)
        };
        $ledger.write.call(CALL_TIMEOUT, work).await
    }};
}

#[async_trait]
impl BucketLedger for PostgresTrust {
    async fn add_report(&self, report: &NewReport) -> Result<Reported, LedgerError> {
        in_transaction!(self, |db| add::add(db, report))
    }

    async fn refusal(&self, report: &NewReport) -> Result<Option<ReportRefusal>, LedgerError> {
        self.read.call(CALL_TIMEOUT, async |db: &mut PgConnection| add::refusal(db, report).await).await
    }

    async fn own_reports(&self, reporter: Reporter, limit: u32) -> Result<Vec<OwnReport>, LedgerError> {
        self.read.call(CALL_TIMEOUT, async |db: &mut PgConnection| read::own_reports(db, reporter, limit).await).await
    }

    async fn buckets(&self, room: &RoomId, limit: u32) -> Result<Vec<Bucket>, LedgerError> {
        self.read.call(CALL_TIMEOUT, async |db: &mut PgConnection| read::of_room(db, room, limit).await).await
    }

    async fn bucket(&self, id: Uuid) -> Result<Option<Bucket>, LedgerError> {
        self.read.call(CALL_TIMEOUT, async |db: &mut PgConnection| read::one(db, id).await).await
    }

    async fn bucket_of(&self, case: CaseId) -> Result<Option<Bucket>, LedgerError> {
        self.read.call(CALL_TIMEOUT, async |db: &mut PgConnection| read::of_case(db, case).await).await
    }

    async fn reports(&self, bucket: Uuid, limit: u32) -> Result<Vec<ReportShown>, LedgerError> {
        self.read.call(CALL_TIMEOUT, async |db: &mut PgConnection| read::reports(db, bucket, limit).await).await
    }

    async fn undrafted(&self, limit: u32) -> Result<Vec<Bucket>, LedgerError> {
        self.read.call(CALL_TIMEOUT, async |db: &mut PgConnection| read::undrafted(db, limit).await).await
    }

    async fn reserve(&self, id: Uuid, case: CaseId, version: Option<u64>) -> Result<Bucket, LedgerError> {
        in_transaction!(self, |db| end::reserve(db, id, case, version))
    }

    async fn set_drafted(&self, id: Uuid) -> Result<(), LedgerError> {
        in_transaction!(self, |db| end::set_drafted(db, id))
    }

    async fn dismiss(&self, id: Uuid, closing: &Closing<'_>) -> Result<Bucket, LedgerError> {
        in_transaction!(self, |db| end::dismiss(db, id, closing))
    }

    async fn set_opened(&self, case: CaseId, seq: u64) -> Result<(), LedgerError> {
        in_transaction!(self, |db| end::set_opened(db, case, seq))
    }

    async fn settle(&self, case: CaseId, seq: u64, end: BucketEnd, now_ms: u64) -> Result<bool, LedgerError> {
        in_transaction!(self, |db| end::settle(db, case, seq, end, now_ms))
    }

    async fn close_quiet(&self, since_ms: u64, now_ms: u64, limit: u32) -> Result<u64, LedgerError> {
        in_transaction!(self, |db| end::close_quiet(db, since_ms, now_ms, limit))
    }

    async fn delete_old(&self, before_ms: u64, limit: u32) -> Result<u64, LedgerError> {
        in_transaction!(self, |db| end::delete_old(db, before_ms, limit))
    }

    async fn report_cursor(&self) -> Result<u64, LedgerError> {
        self.read.call(CALL_TIMEOUT, async |db: &mut PgConnection| read::cursor(db).await).await
    }

    async fn move_report_cursor(&self, seq: u64) -> Result<(), LedgerError> {
        in_transaction!(self, |db| end::move_cursor(db, seq))
    }
}

impl EndDb for PgConnection {
    const LOCK_REPORTERS: &'static str = "SELECT reporter FROM trust_reporter \
        WHERE reporter IN (SELECT reporter FROM trust_report WHERE bucket = $1) ORDER BY reporter FOR UPDATE";
}
