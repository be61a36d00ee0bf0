//! Reads of applications. They change nothing.

use live_jury_trust::Party;
use uuid::Uuid;

use super::rows::{self, select_applications};
use super::{ApplicationRow, Page, StandingError};
use crate::sql::query::Db;

const ONE: &str = select_applications!("WHERE id = $1");
const OF_PARTY: &str = select_applications!("WHERE kind = $1 AND party = $2 AND again = 0");
/// `$1` state or NULL, `$2` id before which or NULL, `$3` limit.
const LIST: &str = select_applications!(
    "WHERE (CAST($1 AS TEXT) IS NULL OR state = $1) AND (CAST($2 AS UUID) IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"
);

pub(in crate::ledger) async fn application<D: Db>(
    db: &mut D,
    id: Uuid,
) -> Result<Option<ApplicationRow>, StandingError> {
    let found = db.fetch_optional(ONE, &[id.into()]).await?;
    Ok(found.as_ref().map(rows::application).transpose()?)
}

pub(in crate::ledger) async fn application_of<D: Db>(
    db: &mut D,
    party: &Party,
) -> Result<Option<ApplicationRow>, StandingError> {
    let values = [party.kind.as_str().into(), party.id.as_str().into()];
    let found = db.fetch_optional(OF_PARTY, &values).await?;
    Ok(found.as_ref().map(rows::application).transpose()?)
}

pub(in crate::ledger) async fn applications<D: Db>(
    db: &mut D,
    page: &Page<'_>,
) -> Result<Vec<ApplicationRow>, StandingError> {
    let values = [page.state.into(), page.before.into(), i64::from(page.limit).into()];
    let found = db.fetch_all(LIST, &values).await?;
    found.iter().map(|row| Ok(rows::application(row)?)).collect()
}
