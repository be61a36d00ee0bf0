//! What jurors have practised and served, in PostgreSQL.

use async_trait::async_trait;
use live_jury_court::ItemRecord;
use sqlx::{Connection, PgConnection};

use super::super::DocketError;
use super::super::jurors::{self, Answer, JurorDb, JurorRecord, JurorStore};
use super::PostgresDocket;
use crate::pseudonym::JurorProfile;
use crate::sql::pool::CALL_TIMEOUT;
use crate::sql::statements::select_juror;

impl JurorDb for PgConnection {
    const LOCK_JUROR: &'static str = select_juror!(" FOR UPDATE");
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

    async fn file_served(&self, of: &[JurorProfile]) -> Result<(), DocketError> {
        let sql = "INSERT INTO jurors (profile, answered, correct, served) \
                   SELECT profile, 0, 0, 1 FROM UNNEST($1) AS counted (profile) ORDER BY profile \
                   ON CONFLICT (profile) DO UPDATE SET served = jurors.served + 1";
        let of = jurors::distinct(of);
        let work = async |db: &mut PgConnection| {
            sqlx::query(sql).bind(names(&of)).execute(db).await?;
            Ok(())
        };
        self.pool.call(CALL_TIMEOUT, work).await
    }

    async fn forget_juror(&self, juror: JurorProfile) -> Result<bool, DocketError> {
        self.pool.call(CALL_TIMEOUT, async |db| jurors::forget(db, juror).await).await
    }
}

fn names(jurors: &[JurorProfile]) -> Vec<&[u8]> {
    jurors.iter().map(|juror| &juror.0[..]).collect()
}
