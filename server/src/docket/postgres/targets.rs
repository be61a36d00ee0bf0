//! The targets of webhooks in PostgreSQL.

use async_trait::async_trait;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::super::DocketError;
use super::super::targets::{self, Deliveries, HeldTarget, TargetState, TargetStore, WaitingDelivery};
use super::PostgresDocket;
use crate::sql::pool::CALL_TIMEOUT;

targets::implement_targets_db!(
    PgConnection,
    "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
    " FOR UPDATE"
);

#[async_trait]
impl TargetStore for PostgresDocket {
    async fn hold_target(&self, name: &str, node: Uuid) -> Result<Option<HeldTarget>, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| targets::hold(db, name, node).await).await
    }

    async fn release_target(&self, name: &str, node: Uuid) -> Result<(), DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| targets::release(db, name, node).await).await
    }

    async fn due_deliveries(&self, name: &str, now_ms: u64, limit: u32) -> Result<Vec<WaitingDelivery>, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| targets::due(db, name, now_ms, limit).await).await
    }

    async fn party_waits(&self, name: &str, party: &str) -> Result<bool, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| targets::party_waits(db, name, party).await).await
    }

    async fn file_deliveries(&self, name: &str, node: Uuid, done: &Deliveries) -> Result<bool, DocketError> {
        let work = async |db: &mut PgConnection| {
            let mut tx = db.begin().await?;
            let filed = targets::file(&mut *tx, name, node, done).await?;
            tx.commit().await?;
            Ok(filed)
        };
        self.pool.call(CALL_TIMEOUT, work).await
    }

    async fn replay(&self, name: &str, after: u64) -> Result<bool, DocketError> {
        let work = async |db: &mut PgConnection| {
            let mut tx = db.begin().await?;
            let found = targets::replay(&mut *tx, name, after).await?;
            tx.commit().await?;
            Ok(found)
        };
        self.pool.call(CALL_TIMEOUT, work).await
    }

    async fn targets(&self) -> Result<Vec<TargetState>, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| targets::all(db).await).await
    }
}
