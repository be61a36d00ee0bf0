//! The embedded tally's lists from which panels are drawn.

use live_jury_protocol::{CaseId, Stratum};
use sqlx::SqliteConnection;

use super::rows::{key, malformed};
use crate::entrant::{Entrant, Entrants};
use crate::sql::row::{Columns, json};
use crate::tally::TallyError;
use crate::tally::offer::{from_bytes, to_bytes};

const PUT: &str = "
    INSERT OR IGNORE INTO tally_offer (case_id, stratum, offer) SELECT ?1, ?2, unhex(value) FROM json_each(?3)";

/// The lowest offers of a list. A juror who is in an earlier list, too, is not in this one. Strata sort by name as they
/// do by rank.
const LOWEST: &str = "
    SELECT offer FROM tally_offer AS own WHERE case_id = ?1 AND stratum = ?2 AND NOT EXISTS (
        SELECT 1 FROM tally_offer AS earlier
        WHERE earlier.case_id = ?1 AND earlier.stratum < ?2 AND earlier.offer = own.offer
    ) ORDER BY offer LIMIT ?3";

/// Whether the lists of a case are frozen.
pub(super) async fn are_drawn(db: &mut SqliteConnection, case: CaseId) -> Result<bool, TallyError> {
    let sql = "SELECT drawn FROM tally_case WHERE id = ?1";
    Ok(sqlx::query_scalar::<_, bool>(sql).bind(key(&case)).fetch_optional(db).await?.unwrap_or_default())
}

/// Freezes the lists of a case.
pub(super) async fn freeze(db: &mut SqliteConnection, case: CaseId) -> Result<(), TallyError> {
    sqlx::query("UPDATE tally_case SET drawn = 1 WHERE id = ?1").bind(key(&case)).execute(db).await?;
    Ok(())
}

/// Adds to the lists of a case.
pub(super) async fn put(db: &mut SqliteConnection, case: CaseId, offers: &Entrants) -> Result<(), TallyError> {
    for (stratum, offers) in Stratum::ALL.into_iter().zip(offers) {
        let hex = |offer: &Entrant| live_jury_proof::text::hex(&to_bytes(offer));
        let offers: Vec<String> = offers.iter().map(hex).collect();
        sqlx::query(PUT)
            .bind(key(&case))
            .bind(stratum.as_str())
            .bind(json("offers", &offers)?)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// Reads the lowest offers of each list, at most so many of each.
pub(super) async fn lowest(db: &mut SqliteConnection, case: CaseId, most: [usize; 3]) -> Result<Entrants, TallyError> {
    let mut lists = Entrants::default();
    for ((stratum, most), list) in Stratum::ALL.into_iter().zip(most).zip(&mut lists) {
        let most = i64::try_from(most).map_err(malformed)?;
        let rows = sqlx::query(LOWEST).bind(key(&case)).bind(stratum.as_str()).bind(most).fetch_all(&mut *db).await?;
        for row in &rows {
            let offer = row.bytes("offer")?.try_into().map_err(malformed)?;
            list.push(from_bytes(offer));
        }
    }
    Ok(lists)
}

/// Deletes the lists of cases that do not exist any more.
pub(super) async fn delete_orphans(db: &mut SqliteConnection) -> Result<(), TallyError> {
    sqlx::query("DELETE FROM tally_offer WHERE case_id NOT IN (SELECT id FROM tally_case)").execute(db).await?;
    Ok(())
}
