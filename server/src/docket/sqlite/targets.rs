//! The targets of webhooks in SQLite.

use async_trait::async_trait;
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::super::DocketError;
use super::super::targets::{self, Deliveries, HeldTarget, TargetState, TargetStore, WaitingDelivery};
use super::SqliteDocket;

targets::implement_targets_db!(SqliteConnection, "CAST(unixepoch('subsec') * 1000 AS INTEGER)", "");

#[async_trait]
impl TargetStore for SqliteDocket {
    async fn hold_target(&self, name: &str, node: Uuid) -> Result<Option<HeldTarget>, DocketError> {
        self.file.transaction(async |db| targets::hold(db, name, node).await).await
    }

    async fn release_target(&self, name: &str, node: Uuid) -> Result<(), DocketError> {
        self.file.transaction(async |db| targets::release(db, name, node).await).await
    }

    async fn due_deliveries(&self, name: &str, now_ms: u64, limit: u32) -> Result<Vec<WaitingDelivery>, DocketError> {
        targets::due(&mut *self.read.acquire().await?, name, now_ms, limit).await
    }

    async fn party_waits(&self, name: &str, party: &str) -> Result<bool, DocketError> {
        targets::party_waits(&mut *self.read.acquire().await?, name, party).await
    }

    async fn file_deliveries(&self, name: &str, node: Uuid, done: &Deliveries) -> Result<bool, DocketError> {
        self.file.transaction(async |db| targets::file(db, name, node, done).await).await
    }

    async fn replay(&self, name: &str, after: u64) -> Result<bool, DocketError> {
        self.file.transaction(async |db| targets::replay(db, name, after).await).await
    }

    async fn targets(&self) -> Result<Vec<TargetState>, DocketError> {
        targets::all(&mut *self.read.acquire().await?).await
    }
}
