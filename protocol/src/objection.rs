//! What a juror's device found wrong with a verdict, in a word; it never says how the juror voted.

use serde::{Deserialize, Serialize};

/// The part of a verdict that a juror's device could not confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ObjectionKind {
    /// The statement is not in the signed log.
    Statement,
    /// The outcome or the counts are not those that were shown.
    Shown,
    /// The seal of the ballot is not in the record.
    Seal,
    /// The own row has another option.
    Line,
    /// The juror was passed over in the draw.
    Draw,
    /// There was no ballot when the device asked for a receipt. Anybody can claim this.
    Dropped,
    /// A kind of a later version. It is refused in a request.
    #[serde(other)]
    #[cfg_attr(feature = "openapi", serde(skip_serializing))]
    Unknown,
}

impl ObjectionKind {
    /// All known kinds.
    pub const ALL: [ObjectionKind; 6] = [
        ObjectionKind::Statement,
        ObjectionKind::Shown,
        ObjectionKind::Seal,
        ObjectionKind::Line,
        ObjectionKind::Draw,
        ObjectionKind::Dropped,
    ];

    /// The kind's name on the wire and in the docket.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ObjectionKind::Statement => "statement",
            ObjectionKind::Shown => "shown",
            ObjectionKind::Seal => "seal",
            ObjectionKind::Line => "line",
            ObjectionKind::Draw => "draw",
            ObjectionKind::Dropped => "dropped",
            ObjectionKind::Unknown => "unknown",
        }
    }
}

/// The body of `POST /cases/{id}/objections`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Objection {
    /// What the device could not confirm.
    pub kind: ObjectionKind,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_one_name_on_the_wire_and_in_the_docket() {
        for kind in ObjectionKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
