//! Practice on the wire: an item to judge, its answer, and what it gave; nothing here counts in a case.

use serde::{Deserialize, Serialize};

use crate::case::CaseOption;
use crate::dispute::Statements;
use crate::id::OptionId;

/// The answer to `GET /practice`: the next item, and how far the juror is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Practice {
    /// The item to judge; null once the juror has answered all that there are in this language.
    pub item: Option<PracticeItem>,
    /// The items that the juror has answered, and that count.
    pub answered: u64,
    /// The evidence of these answers. From 10 on practice is passed.
    pub e: f64,
    /// The juror's level, 0 to 3: the higher of what was earned and what the token claims.
    pub level: u8,
}

/// A made-up case with a known answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PracticeItem {
    /// The item's id.
    pub id: OptionId,
    /// The question.
    pub title: String,
    /// The facts in brief.
    pub summary: String,
    /// The statements of both sides.
    pub statements: Statements,
    /// The options, in the order shown.
    pub options: Vec<CaseOption>,
}

/// The body of `POST /practice/{item}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PracticeAnswer {
    /// The chosen option.
    pub option: OptionId,
}

/// The answer to `POST /practice/{item}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PracticeResult {
    /// The right option.
    pub right: OptionId,
    /// The reason why it is right.
    pub why: String,
    /// The evidence of all answers of the juror. From 10 on practice is passed.
    pub e: f64,
    /// The juror's level from now on.
    pub level: u8,
}

/// The body of `POST /jurors/forget`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForgetJuror {
    /// The viewer id whose practice and panels are forgotten.
    pub sub: String,
}
