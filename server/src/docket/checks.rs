//! Objections of jurors in the docket, and the proofs that nodes have served. It judges none.

use std::collections::BTreeMap;

use async_trait::async_trait;
use live_jury_court::Pseudonym;
use live_jury_protocol::{CaseId, ObjectionKind};

use super::DocketError;
use crate::sql::query::Db;
use crate::sql::row::{Columns, signed};
use crate::sql::statements as sql;

/// Checks of a recorded case by jurors' devices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseChecks {
    /// The proofs that nodes have served, without those of the last seconds.
    pub proofs: u64,
    /// The objections by kind. Those of a kind of a newer program are left out.
    pub objections: BTreeMap<ObjectionKind, u64>,
}

/// Objections, and the numbers of proofs.
#[async_trait]
pub trait CheckStore: Send + Sync {
    /// Files a juror's objection to a case. A juror has one in each case, and a later one changes nothing.
    async fn object(&self, id: CaseId, juror: &Pseudonym, kind: ObjectionKind) -> Result<(), DocketError>;

    /// Adds to the number of proofs that were served of a case.
    async fn add_proofs(&self, id: CaseId, proofs: u64) -> Result<(), DocketError>;

    /// Reads how many proofs and objections a case has.
    async fn checks(&self, id: CaseId) -> Result<CaseChecks, DocketError>;
}

pub(super) async fn object<D: Db>(
    db: &mut D,
    id: CaseId,
    juror: &Pseudonym,
    kind: ObjectionKind,
) -> Result<(), DocketError> {
    db.execute(sql::INSERT_OBJECTION, &[id.0.into(), juror.0[..].into(), kind.as_str().into()]).await?;
    Ok(())
}

pub(super) async fn add_proofs<D: Db>(db: &mut D, id: CaseId, proofs: u64) -> Result<(), DocketError> {
    db.execute(sql::ADD_PROOFS, &[id.0.into(), signed("proofs", proofs)?.into()]).await?;
    Ok(())
}

pub(super) async fn checks<D: Db>(db: &mut D, id: CaseId) -> Result<CaseChecks, DocketError> {
    let served = db.fetch_optional(sql::PROOFS_OF_CASE, &[id.0.into()]).await?;
    let proofs = served.map_or(Ok(0), |row| row.number("proofs"))?;
    let rows = db.fetch_all(sql::OBJECTIONS_OF_CASE, &[id.0.into()]).await?;
    let mut objections = BTreeMap::new();
    for row in &rows {
        // A kind that this program does not know is of a newer one, and hides no other.
        if let Some(kind) = kind_of(&row.text("kind")?) {
            objections.insert(kind, row.number("jurors")?);
        }
    }
    Ok(CaseChecks { proofs, objections })
}

/// The kind of this name.
fn kind_of(name: &str) -> Option<ObjectionKind> {
    ObjectionKind::ALL.into_iter().find(|kind| kind.as_str() == name)
}
