//! Practice and panels of jurors, in PostgreSQL.

use async_trait::async_trait;
use live_jury_court::{ItemRecord, Pseudonym};
use live_jury_protocol::CaseId;
use sqlx::{Connection, PgConnection};

use super::super::DocketError;
use super::super::jurors::{self, Answer, JurorDb, JurorRecord, JurorStore};
use super::super::serving::{self, ServingStore};
use super::PostgresDocket;
use crate::pseudonym::{JurorProfile, MaskedProfile};
use crate::sql::pool::CALL_TIMEOUT;
use crate::sql::statements::select_juror;

impl JurorDb for PgConnection {
    const LOCK_JUROR: &'static str = select_juror!(" FOR UPDATE");
    const COUNT_SERVED: &'static str = "INSERT INTO jurors (profile, answered, correct, served) \
        SELECT decode(value, 'hex'), 0, 0, 1 FROM json_array_elements_text(CAST($1 AS json)) AS counted (value) \
        ORDER BY 1 ON CONFLICT (profile) DO UPDATE SET served = jurors.served + 1";
}

#[async_trait]
impl JurorStore for PostgresDocket {
    async fn begin_practice(&self, items: &[String]) -> Result<Option<usize>, DocketError> {
        let work = async |db: &mut PgConnection| {
            let mut tx = db.begin().await?;
            let moved = jurors::begin_practice(&mut *tx, items).await?;
            tx.commit().await?;
            Ok(moved)
        };
        self.pool.call(CALL_TIMEOUT, work).await
    }

    async fn practice(&self) -> Result<Vec<ItemRecord>, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| jurors::practice(db).await).await
    }

    async fn jurors(&self, of: &[JurorProfile]) -> Result<Vec<JurorRecord>, DocketError> {
        // One look into the index for each juror, whatever the planner knows of the table.
        let sql = "SELECT found.profile, found.answered, found.correct, found.passed_at_min, found.served \
                   FROM UNNEST($1) AS asked (profile) CROSS JOIN LATERAL \
                   (SELECT * FROM jurors WHERE jurors.profile = asked.profile LIMIT 1) AS found";
        let work = async |db: &mut PgConnection| {
            let found = sqlx::query(sql).bind(names(of)).fetch_all(db).await?;
            Ok(jurors::by_profile(&found, of)?)
        };
        self.pool.call(CALL_TIMEOUT, work).await
    }

    async fn file_answer(&self, juror: JurorProfile, answer: Answer) -> Result<Option<JurorRecord>, DocketError> {
        let work = async |db: &mut PgConnection| {
            let mut tx = db.begin().await?;
            let filed = jurors::file_answer(&mut *tx, juror, answer).await?;
            tx.commit().await?;
            Ok(filed)
        };
        self.pool.call(CALL_TIMEOUT, work).await
    }

    async fn forget_juror(&self, juror: JurorProfile, called: &[(CaseId, Pseudonym)]) -> Result<bool, DocketError> {
        let work = async |db: &mut PgConnection| {
            let mut tx = db.begin().await?;
            let existed = jurors::forget(&mut *tx, juror, called).await?;
            tx.commit().await?;
            Ok(existed)
        };
        self.pool.call(CALL_TIMEOUT, work).await
    }
}

#[async_trait]
impl ServingStore for PostgresDocket {
    async fn cases_serving(&self) -> Result<Vec<CaseId>, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| serving::cases_serving(db).await).await
    }

    async fn recorded_serving(&self, key: &str, limit: usize) -> Result<Vec<CaseId>, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| serving::recorded_serving(db, key, limit).await).await
    }

    async fn serving(&self, id: CaseId) -> Result<Vec<(Pseudonym, MaskedProfile)>, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| serving::serving(db, id).await).await
    }

    async fn file_served(&self, id: CaseId, served: &[(Pseudonym, JurorProfile)]) -> Result<(), DocketError> {
        let work = async |db: &mut PgConnection| {
            let mut tx = db.begin().await?;
            serving::file_served(&mut *tx, id, served).await?;
            Ok(tx.commit().await?)
        };
        self.pool.call(CALL_TIMEOUT, work).await
    }
}

fn names(jurors: &[JurorProfile]) -> Vec<&[u8]> {
    jurors.iter().map(|juror| &juror.0[..]).collect()
}
