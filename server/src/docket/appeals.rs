//! Reads of appeals about the cases before them: who took part in them. It decides nothing.

use async_trait::async_trait;
use live_jury_court::Pseudonym;
use live_jury_protocol::CaseId;

use super::DocketError;
use crate::sql::row::{Columns, Malformed};

/// The most jurors of one call. The draw of a panel asks for as many at a time.
pub const JURORS_ASKED_MAX: usize = 256;

/// Reads of appeals about earlier cases.
#[async_trait]
pub trait AppealStore: Send + Sync {
    /// Tells which of at most [`JURORS_ASKED_MAX`] jurors took part in a recorded case, by their pseudonyms in it: they
    /// were called to its panel, or voted.
    async fn took_part(&self, id: CaseId, jurors: &[Pseudonym]) -> Result<Vec<bool>, DocketError>;
}

/// Whether each of `jurors` is among the rows, in their order.
pub(super) fn among(rows: &[impl Columns], jurors: &[Pseudonym]) -> Result<Vec<bool>, DocketError> {
    let juror = |row| -> Result<Pseudonym, Malformed> {
        Ok(Pseudonym(Columns::bytes(row, "juror")?.try_into().map_err(|why| Malformed::new("juror", why))?))
    };
    let mut found: Vec<Pseudonym> = rows.iter().map(juror).collect::<Result<_, _>>()?;
    found.sort_unstable();
    Ok(jurors.iter().map(|juror| found.binary_search(juror).is_ok()).collect())
}
