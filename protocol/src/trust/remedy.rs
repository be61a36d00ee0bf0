//! Remedies that verdicts ordered, as the merchant or host of the case reads them. Nothing here orders one.

use serde::{Deserialize, Serialize};

use crate::dispute::RemedyClock;
use crate::id::{CaseId, RoomId};

/// A remedy that a verdict ordered and that is not given yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PartyRemedy {
    /// The case.
    pub case: CaseId,
    /// The case's room.
    pub room: RoomId,
    /// The question that the jury answered.
    pub title: String,
    /// The remedy, in the words of the case.
    pub remedy: String,
    /// Its clock: `owed` or `late`.
    pub clock: RemedyClock,
}
