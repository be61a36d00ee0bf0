//! Called jurors whose panel is not counted yet, and the count of panels served; it knows no `sub`.

use std::collections::HashSet;

use async_trait::async_trait;
use live_jury_court::Pseudonym;
use live_jury_protocol::CaseId;

use super::DocketError;
use super::jurors::JurorDb;
use crate::pseudonym::{JurorProfile, MaskedProfile};
use crate::sql::query::{Db, Value};
use crate::sql::row::{Columns, Malformed, count, json};
use crate::sql::statements as sql;

/// The masked profiles of called jurors, from the call of their panel until it is counted.
#[async_trait]
pub trait ServingStore: Send + Sync {
    /// Reads the cases that have any, in any state.
    async fn cases_serving(&self) -> Result<Vec<CaseId>, DocketError>;

    /// Reads at most `limit` recorded cases that have any, and were opened with the ballot key of this fingerprint.
    async fn recorded_serving(&self, key: &str, limit: usize) -> Result<Vec<CaseId>, DocketError>;

    /// Reads the masked profiles of a case.
    async fn serving(&self, id: CaseId) -> Result<Vec<(Pseudonym, MaskedProfile)>, DocketError>;

    /// Counts one more panel for each of these jurors of a case, and deletes the case's masked profiles, all or
    /// nothing. Only those whose masked profile was there are counted, so a repeat counts nobody.
    async fn file_served(&self, id: CaseId, served: &[(Pseudonym, JurorProfile)]) -> Result<(), DocketError>;
}

fn juror(row: &impl Columns) -> Result<Pseudonym, Malformed> {
    Ok(Pseudonym(row.bytes("juror")?.try_into().map_err(|why| Malformed::new("juror", why))?))
}

fn cases(rows: &[impl Columns]) -> Result<Vec<CaseId>, DocketError> {
    Ok(rows.iter().map(|row| row.uuid("case_id").map(CaseId)).collect::<Result<_, _>>()?)
}

pub(super) async fn cases_serving<D: Db>(db: &mut D) -> Result<Vec<CaseId>, DocketError> {
    cases(&db.fetch_all(sql::CASES_SERVING, &[]).await?)
}

pub(super) async fn recorded_serving<D: Db>(db: &mut D, key: &str, limit: usize) -> Result<Vec<CaseId>, DocketError> {
    cases(&db.fetch_all(sql::RECORDED_SERVING, &[key.into(), count(limit).into()]).await?)
}

pub(super) async fn serving<D: Db>(db: &mut D, id: CaseId) -> Result<Vec<(Pseudonym, MaskedProfile)>, DocketError> {
    let found = db.fetch_all(sql::SERVING_OF_CASE, &[id.0.into()]).await?;
    let one = |row: &D::Row| {
        let profile = row.bytes("profile")?.try_into().map_err(|why| Malformed::new("profile", why))?;
        Ok((juror(row)?, MaskedProfile(profile)))
    };
    Ok(found.iter().map(one).collect::<Result<_, Malformed>>()?)
}

pub(super) async fn file_served<D: JurorDb>(
    db: &mut D,
    id: CaseId,
    served: &[(Pseudonym, JurorProfile)],
) -> Result<(), DocketError> {
    // Another node that counts the same case waits here, and then finds nobody.
    let waited = db.fetch_all(sql::DELETE_SERVING, &[id.0.into()]).await?;
    let waited: HashSet<Pseudonym> = waited.iter().map(juror).collect::<Result<_, _>>()?;
    let counted = served.iter().filter(|(juror, _)| waited.contains(juror)).map(|(_, profile)| *profile);
    // In their order: no two statements that lock several rows wait for each other.
    let mut counted: Vec<JurorProfile> = counted.collect();
    counted.sort_unstable();
    if counted.is_empty() {
        return Ok(());
    }
    let names = json("served", &counted.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    db.execute(D::COUNT_SERVED, &[names.as_str().into()]).await?;
    Ok(())
}

/// Deletes the masked profile of a juror in each of these cases, and returns whether there was one.
pub(super) async fn forget<D: Db>(db: &mut D, called: &[(CaseId, Pseudonym)]) -> Result<bool, DocketError> {
    let mut deleted = 0;
    for (id, juror) in called {
        deleted += db.execute(sql::FORGET_SERVING, &[id.0.into(), Value::Bytes(&juror.0)]).await?;
    }
    Ok(deleted > 0)
}
