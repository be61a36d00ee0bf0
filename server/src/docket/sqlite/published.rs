//! The published parts of recorded cases, the log, and erasure, in SQLite.

use async_trait::async_trait;
use live_jury_court::{Case, Pseudonym};
use live_jury_protocol::{AuditEntry, CaseId, ObjectionKind, RoomId};

use super::super::{
    AttestationStore, AttestedCase, CaseChecks, CaseProofs, CheckStore, DocketError, EraseStore, LogEdge, LogHead,
    LogNote, LogStore, LoggedCase, StatementInputs, attestation, checks, erasure, log,
};
use super::SqliteDocket;

/// Fills deleted content with zeros.
const OVERWRITE: &str = "PRAGMA secure_delete = ON";

#[async_trait]
impl AttestationStore for SqliteDocket {
    async fn statement_inputs(&self, id: CaseId) -> Result<StatementInputs, DocketError> {
        attestation::parse_inputs(&attestation::inputs(&mut *self.read.acquire().await?, id).await?)
    }

    async fn hashed_audit(&self, id: CaseId, lines: u32) -> Result<Vec<String>, DocketError> {
        attestation::parse_audit(&attestation::hashed_audit(&mut *self.read.acquire().await?, id, lines).await?)
    }

    async fn attested(&self, id: CaseId) -> Result<Option<AttestedCase>, DocketError> {
        attestation::parse_attested(attestation::attested(&mut *self.read.acquire().await?, id).await?.as_ref())
    }

    async fn case_proofs(&self, id: CaseId) -> Result<Option<CaseProofs>, DocketError> {
        attestation::proofs(&mut *self.read.acquire().await?, id).await
    }

    async fn case_seals(&self, id: CaseId, first: u64, limit: u32) -> Result<Vec<Vec<u8>>, DocketError> {
        attestation::seals(&mut *self.read.acquire().await?, id, first, limit).await
    }
}

#[async_trait]
impl CheckStore for SqliteDocket {
    async fn object(&self, id: CaseId, juror: &Pseudonym, kind: ObjectionKind) -> Result<(), DocketError> {
        self.file.transaction(async |db| checks::object(db, id, juror, kind).await).await
    }

    async fn add_proofs(&self, id: CaseId, proofs: u64) -> Result<(), DocketError> {
        self.file.transaction(async |db| checks::add_proofs(db, id, proofs).await).await
    }

    async fn checks(&self, id: CaseId) -> Result<CaseChecks, DocketError> {
        checks::checks(&mut *self.read.acquire().await?, id).await
    }
}

#[async_trait]
impl LogStore for SqliteDocket {
    async fn begin_log(&self, number: u64, origin: &str, first: Option<&str>) -> Result<LogHead, DocketError> {
        self.file.transaction(async |db| log::begin(db, number, origin, first).await).await
    }

    async fn sign_log_with(&self, number: u64, vkey: &str) -> Result<Option<String>, DocketError> {
        self.file.transaction(async |db| log::sign_with(db, number, vkey).await).await
    }

    async fn log_heads(&self) -> Result<Vec<LogHead>, DocketError> {
        log::heads(&mut *self.read.acquire().await?).await
    }

    async fn log_edge(&self, number: u64) -> Result<Option<LogEdge>, DocketError> {
        log::edge(&mut *self.read.acquire().await?, number).await
    }

    async fn log_tile(&self, number: u64, level: u8, n: u64) -> Result<Option<Vec<u8>>, DocketError> {
        log::tile(&mut *self.read.acquire().await?, number, level, n).await
    }

    async fn log_entries(&self, number: u64, first: u64, limit: u32) -> Result<Vec<String>, DocketError> {
        log::entries(&mut *self.read.acquire().await?, number, first, limit).await
    }

    async fn log_note(&self, number: u64) -> Result<Option<LogNote>, DocketError> {
        log::note(&mut *self.read.acquire().await?, number).await
    }

    async fn file_log_note(&self, number: u64, note: &LogNote) -> Result<(), DocketError> {
        self.file.transaction(async |db| log::file_note(db, number, note).await).await
    }

    async fn log_cosigned(&self, number: u64) -> Result<Option<LogNote>, DocketError> {
        log::cosigned(&mut *self.read.acquire().await?, number).await
    }

    async fn file_log_cosigned(&self, number: u64, note: &LogNote) -> Result<(), DocketError> {
        self.file.transaction(async |db| log::file_cosigned(db, number, note).await).await
    }

    async fn logged_case(&self, id: CaseId) -> Result<Option<LoggedCase>, DocketError> {
        log::logged_case(&mut *self.read.acquire().await?, id).await
    }
}

#[async_trait]
impl EraseStore for SqliteDocket {
    async fn erase(&self, case: &Case, entry: &AuditEntry) -> Result<(), DocketError> {
        // The pages of what is deleted are overwritten. It holds for the connection, which is the only one that writes.
        sqlx::query(OVERWRITE).execute(&self.file.write).await?;
        self.file.transaction(async |db| erasure::erase(db, case, entry).await).await?;
        Ok(self.file.empty_log().await?)
    }

    async fn erased_in(&self, id: CaseId) -> Result<Option<RoomId>, DocketError> {
        erasure::erased_in(&mut *self.read.acquire().await?, id).await
    }
}
