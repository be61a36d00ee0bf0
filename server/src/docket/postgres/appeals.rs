//! Reads of appeals about earlier cases, in PostgreSQL.

use async_trait::async_trait;
use live_jury_court::Pseudonym;
use live_jury_protocol::CaseId;
use sqlx::PgConnection;

use super::super::DocketError;
use super::super::appeals::{self, AppealStore};
use super::PostgresDocket;
use crate::sql::pool::CALL_TIMEOUT;

#[async_trait]
impl AppealStore for PostgresDocket {
    async fn took_part(&self, id: CaseId, jurors: &[Pseudonym]) -> Result<Vec<bool>, DocketError> {
        // One look into the index for each juror, whatever the planner knows of the table.
        let sql = "SELECT found.juror FROM UNNEST($2) AS asked (juror) CROSS JOIN LATERAL \
                   (SELECT juror FROM ballots WHERE case_id = $1 AND ballots.juror = asked.juror \
                    UNION SELECT juror FROM panels WHERE case_id = $1 AND panels.juror = asked.juror) AS found \
                   WHERE EXISTS (SELECT 1 FROM cases WHERE id = $1 AND verdict_seq IS NOT NULL)";
        let names: Vec<&[u8]> = jurors.iter().map(|juror| &juror.0[..]).collect();
        let work = async |db: &mut PgConnection| {
            let found = sqlx::query(sql).bind(id.0).bind(names.clone()).fetch_all(db).await?;
            appeals::among(&found, jurors)
        };
        self.pool.call(CALL_TIMEOUT, work).await
    }
}
