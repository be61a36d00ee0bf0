//! The drafts that name a merchant, by their ids. The docket tells what a draft says.

use live_jury_protocol::CaseId;
use live_jury_protocol::record::EventRecord;

use super::StandingError;
use crate::sql::query::Db;
use crate::sql::row::{Columns, text};

/// `$1` case, `$2` merchant.
const PUT: &str = "INSERT INTO trust_draft (case_id, merchant) VALUES ($1, $2) \
    ON CONFLICT (case_id) DO UPDATE SET merchant = excluded.merchant";
const DELETE: &str = "DELETE FROM trust_draft WHERE case_id = $1";
/// `$1` merchant, `$2` limit.
const OF_MERCHANT: &str = "SELECT case_id FROM trust_draft WHERE merchant = $1 ORDER BY case_id DESC LIMIT $2";

/// A draft was filed or edited.
pub(super) async fn put<D: Db>(db: &mut D, record: &EventRecord) -> Result<(), StandingError> {
    match record.subject.merchant.as_deref() {
        Some(merchant) => {
            db.execute(PUT, &[record.case.0.into(), text("merchant", merchant)?.into()]).await?;
            Ok(())
        }
        None => delete(db, record.case).await,
    }
}

/// A draft was opened or discarded.
pub(super) async fn delete<D: Db>(db: &mut D, case: CaseId) -> Result<(), StandingError> {
    db.execute(DELETE, &[case.0.into()]).await?;
    Ok(())
}

/// The newest drafts of a merchant.
pub(in crate::ledger) async fn drafts_of<D: Db>(
    db: &mut D,
    merchant: &str,
    limit: u32,
) -> Result<Vec<CaseId>, StandingError> {
    let found = db.fetch_all(OF_MERCHANT, &[merchant.into(), i64::from(limit).into()]).await?;
    found.iter().map(|row| Ok(CaseId(row.uuid("case_id")?))).collect()
}
