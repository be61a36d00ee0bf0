//! The jurors who were called to panels, in the docket; it draws nobody.

use async_trait::async_trait;
use live_jury_court::{Candidate, Candidates, Case, Pseudonym};
use live_jury_protocol::{AuditEntry, CaseId, Stratum};

use super::form::PanelSeats;
use super::write::{self, WriteDb};
use super::{Docket, DocketError};
use crate::entrant::{Entrant, Entrants};
use crate::sql::query::Db;
use crate::sql::row::{Columns, Malformed, json};
use crate::sql::statements as sql;

/// The called jurors of cases.
#[async_trait]
pub trait PanelStore: Send + Sync {
    /// Files the call of a case's panel: the next version, its audit entry and the called jurors with their masked
    /// profiles, all or nothing.
    ///
    /// # Errors
    /// [`DocketError::Conflict`] unless the version filed before is `case.version - 1`; nothing is changed then.
    async fn call(&self, case: &Case, entry: &AuditEntry, called: &Entrants) -> Result<(), DocketError>;

    /// Reads the called jurors of a case, in order of ticket; none before the call.
    async fn panel(&self, id: CaseId) -> Result<Candidates, DocketError>;
}

/// Files the call of a case's panel.
pub(super) async fn call<D: WriteDb>(
    db: &mut D,
    case: &Case,
    entry: &AuditEntry,
    called: &Entrants,
) -> Result<(), DocketError> {
    write::file(db, case, entry).await?;
    for (stratum, called) in Stratum::ALL.into_iter().zip(called) {
        let pair = |one: &Entrant| (format!("{:016x}", one.candidate.ticket), one.candidate.juror.to_string());
        let pairs = json("called", &called.iter().map(pair).collect::<Vec<_>>())?;
        db.execute(D::INSERT_CALLED, &[case.id.0.into(), stratum.as_str().into(), pairs.as_str().into()]).await?;
        let pair = |one: &Entrant| (one.candidate.juror.to_string(), one.profile.to_string());
        let pairs = json("serving", &called.iter().map(pair).collect::<Vec<_>>())?;
        db.execute(D::INSERT_SERVING, &[case.id.0.into(), pairs.as_str().into()]).await?;
    }
    Ok(())
}

/// The rows of [`parse`].
pub(super) async fn of_case<D: Db>(db: &mut D, id: CaseId) -> Result<Vec<D::Row>, DocketError> {
    Ok(db.fetch_all(sql::PANEL_OF_CASE, &[id.0.into()]).await?)
}

/// The panel of a recorded case, with the ballots that are counted on it.
///
/// # Errors
/// The docket did not answer.
pub async fn seats_of(docket: &dyn Docket, case: &Case) -> Result<PanelSeats, DocketError> {
    let called = docket.panel(case.id).await?;
    let jurors: Vec<Pseudonym> = called.iter().flatten().map(|candidate| candidate.juror).collect();
    if jurors.is_empty() {
        return Ok(PanelSeats::default());
    }
    let mut ballots: Vec<_> = docket.ballots_of(case.id, &jurors).await?.into_iter().flatten().collect();
    ballots.sort_unstable_by_key(|ballot| ballot.juror);
    Ok(PanelSeats::of(&case.brief, &called, &ballots))
}

pub(super) fn parse(rows: &[impl Columns]) -> Result<Candidates, DocketError> {
    let mut called = Candidates::default();
    for row in rows {
        let name = row.text("stratum")?;
        let stratum = Stratum::ALL.iter().position(|stratum| stratum.as_str() == name);
        let stratum = stratum.ok_or_else(|| Malformed::new("stratum", "is unknown"))?;
        let ticket = row.bytes("ticket")?.try_into().map_err(|why| Malformed::new("ticket", why))?;
        let juror = row.bytes("juror")?.try_into().map_err(|why| Malformed::new("juror", why))?;
        called[stratum].push(Candidate { ticket: u64::from_be_bytes(ticket), juror: Pseudonym(juror) });
    }
    Ok(called)
}
