//! Reads of appeals about earlier cases, in SQLite.

use async_trait::async_trait;
use live_jury_court::Pseudonym;
use live_jury_protocol::CaseId;

use super::super::DocketError;
use super::super::appeals::{self, AppealStore};
use super::{SqliteDocket, list};

#[async_trait]
impl AppealStore for SqliteDocket {
    async fn took_part(&self, id: CaseId, jurors: &[Pseudonym]) -> Result<Vec<bool>, DocketError> {
        let sql = "SELECT asked.juror AS juror FROM (SELECT unhex(value) AS juror FROM json_each($2)) AS asked \
                   WHERE (EXISTS (SELECT 1 FROM ballots WHERE case_id = $1 AND ballots.juror = asked.juror) \
                   OR EXISTS (SELECT 1 FROM panels WHERE case_id = $1 AND panels.juror = asked.juror)) \
                   AND EXISTS (SELECT 1 FROM cases WHERE id = $1 AND verdict_seq IS NOT NULL)";
        let found = sqlx::query(sql).bind(id.0).bind(list(jurors)).fetch_all(&self.read).await?;
        appeals::among(&found, jurors)
    }
}
