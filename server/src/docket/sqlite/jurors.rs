//! Practice and panels of jurors, in SQLite.

use async_trait::async_trait;
use live_jury_court::{ItemRecord, Pseudonym};
use live_jury_protocol::CaseId;
use sqlx::SqliteConnection;

use super::super::DocketError;
use super::super::jurors::{self, Answer, JurorDb, JurorRecord, JurorStore};
use super::super::serving::{self, ServingStore};
use super::{SqliteDocket, list};
use crate::pseudonym::{JurorProfile, MaskedProfile};
use crate::sql::statements::select_juror;

// SQLite has one writer, and needs no lock of a row.
impl JurorDb for SqliteConnection {
    const LOCK_JUROR: &'static str = select_juror!("");
    const COUNT_SERVED: &'static str = "INSERT INTO jurors (profile, answered, correct, served) \
        SELECT unhex(value), 0, 0, 1 FROM json_each($1) WHERE true \
        ON CONFLICT (profile) DO UPDATE SET served = served + 1";
}

#[async_trait]
impl JurorStore for SqliteDocket {
    async fn begin_practice(&self, items: &[String]) -> Result<Option<usize>, DocketError> {
        self.file.transaction(async |db| jurors::begin_practice(db, items).await).await
    }

    async fn practice(&self) -> Result<Vec<ItemRecord>, DocketError> {
        jurors::practice(&mut *self.read.acquire().await?).await
    }

    async fn jurors(&self, of: &[JurorProfile]) -> Result<Vec<JurorRecord>, DocketError> {
        let sql = "SELECT profile, answered, correct, passed_at_min, served FROM jurors \
                   WHERE profile IN (SELECT unhex(value) FROM json_each($1))";
        let found = sqlx::query(sql).bind(list(of)).fetch_all(&self.read).await?;
        Ok(jurors::by_profile(&found, of)?)
    }

    async fn file_answer(&self, juror: JurorProfile, answer: Answer) -> Result<Option<JurorRecord>, DocketError> {
        self.file.transaction(async |db| jurors::file_answer(db, juror, answer).await).await
    }

    async fn forget_juror(&self, juror: JurorProfile, called: &[(CaseId, Pseudonym)]) -> Result<bool, DocketError> {
        self.file.transaction(async |db| jurors::forget(db, juror, called).await).await
    }
}

#[async_trait]
impl ServingStore for SqliteDocket {
    async fn cases_serving(&self) -> Result<Vec<CaseId>, DocketError> {
        serving::cases_serving(&mut *self.read.acquire().await?).await
    }

    async fn recorded_serving(&self, key: &str, limit: usize) -> Result<Vec<CaseId>, DocketError> {
        serving::recorded_serving(&mut *self.read.acquire().await?, key, limit).await
    }

    async fn serving(&self, id: CaseId) -> Result<Vec<(Pseudonym, MaskedProfile)>, DocketError> {
        serving::serving(&mut *self.read.acquire().await?, id).await
    }

    async fn file_served(&self, id: CaseId, served: &[(Pseudonym, JurorProfile)]) -> Result<(), DocketError> {
        self.file.transaction(async |db| serving::file_served(db, id, served).await).await
    }
}
