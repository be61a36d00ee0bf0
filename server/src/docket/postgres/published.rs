//! The published parts of recorded cases, the log, and erasure, in PostgreSQL.

use async_trait::async_trait;
use live_jury_court::{Case, Pseudonym};
use live_jury_protocol::{AuditEntry, CaseId, ObjectionKind, RoomId};
use sqlx::{Connection, PgConnection};

use super::super::{
    AttestationStore, AttestedCase, CaseChecks, CaseProofs, CheckStore, DocketError, EraseStore, LogEdge, LogHead,
    LogNote, LogStore, LoggedCase, StatementInputs, attestation, checks, erasure, log,
};
use super::{BALLOTS_TIMEOUT, PostgresDocket};
use crate::sql::pool::CALL_TIMEOUT;

#[async_trait]
impl AttestationStore for PostgresDocket {
    async fn statement_inputs(&self, id: CaseId) -> Result<StatementInputs, DocketError> {
        let found = self.pool.call(CALL_TIMEOUT, async |db| attestation::inputs(db, id).await).await?;
        attestation::parse_inputs(&found)
    }

    async fn hashed_audit(&self, id: CaseId, lines: u32) -> Result<Vec<String>, DocketError> {
        let work = async |db: &mut PgConnection| attestation::hashed_audit(db, id, lines).await;
        attestation::parse_audit(&self.pool.call(CALL_TIMEOUT, work).await?)
    }

    async fn attested(&self, id: CaseId) -> Result<Option<AttestedCase>, DocketError> {
        let found = self.pool.call(CALL_TIMEOUT, async |db| attestation::attested(db, id).await).await?;
        attestation::parse_attested(found.as_ref())
    }

    async fn case_proofs(&self, id: CaseId) -> Result<Option<CaseProofs>, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| attestation::proofs(db, id).await).await
    }

    async fn case_seals(&self, id: CaseId, first: u64, limit: u32) -> Result<Vec<Vec<u8>>, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| attestation::seals(db, id, first, limit).await).await
    }
}

#[async_trait]
impl CheckStore for PostgresDocket {
    async fn object(&self, id: CaseId, juror: &Pseudonym, kind: ObjectionKind) -> Result<(), DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| checks::object(db, id, juror, kind).await).await
    }

    async fn add_proofs(&self, id: CaseId, proofs: u64) -> Result<(), DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| checks::add_proofs(db, id, proofs).await).await
    }

    async fn checks(&self, id: CaseId) -> Result<CaseChecks, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| checks::checks(db, id).await).await
    }
}

#[async_trait]
impl LogStore for PostgresDocket {
    async fn begin_log(&self, number: u64, origin: &str, first: Option<&str>) -> Result<LogHead, DocketError> {
        let work = async |db: &mut PgConnection| {
            let mut tx = db.begin().await?;
            let head = log::begin(&mut *tx, number, origin, first).await?;
            tx.commit().await?;
            Ok(head)
        };
        self.pool.call(CALL_TIMEOUT, work).await
    }

    async fn sign_log_with(&self, number: u64, vkey: &str) -> Result<Option<String>, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| log::sign_with(db, number, vkey).await).await
    }

    async fn log_heads(&self) -> Result<Vec<LogHead>, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| log::heads(db).await).await
    }

    async fn log_edge(&self, number: u64) -> Result<Option<LogEdge>, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| log::edge(db, number).await).await
    }

    async fn log_tile(&self, number: u64, level: u8, n: u64) -> Result<Option<Vec<u8>>, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| log::tile(db, number, level, n).await).await
    }

    async fn log_entries(&self, number: u64, first: u64, limit: u32) -> Result<Vec<String>, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| log::entries(db, number, first, limit).await).await
    }

    async fn log_note(&self, number: u64) -> Result<Option<LogNote>, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| log::note(db, number).await).await
    }

    async fn file_log_note(&self, number: u64, note: &LogNote) -> Result<(), DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| log::file_note(db, number, note).await).await
    }

    async fn log_cosigned(&self, number: u64) -> Result<Option<LogNote>, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| log::cosigned(db, number).await).await
    }

    async fn file_log_cosigned(&self, number: u64, note: &LogNote) -> Result<(), DocketError> {
        let work = async |db: &mut PgConnection| {
            let mut tx = db.begin().await?;
            log::file_cosigned(&mut *tx, number, note).await?;
            tx.commit().await?;
            Ok(())
        };
        self.pool.call(CALL_TIMEOUT, work).await
    }

    async fn logged_case(&self, id: CaseId) -> Result<Option<LoggedCase>, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| log::logged_case(db, id).await).await
    }
}

#[async_trait]
impl EraseStore for PostgresDocket {
    async fn erase(&self, case: &Case, entry: &AuditEntry) -> Result<(), DocketError> {
        let work = async |db: &mut PgConnection| {
            let mut tx = db.begin().await?;
            erasure::erase(&mut *tx, case, entry).await?;
            Ok(tx.commit().await?)
        };
        self.pool.call(BALLOTS_TIMEOUT, work).await
    }

    async fn erased_in(&self, id: CaseId) -> Result<Option<RoomId>, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| erasure::erased_in(db, id).await).await
    }
}
