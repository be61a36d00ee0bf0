//! The public report: figures with their definitions, and the editions in which they are frozen.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FigureText {
    /// English.
    pub en: String,
    /// Chinese.
    #[serde(rename = "zh-CN")]
    pub zh_cn: String,
}

/// A figure. One that is not known is left out of a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Figure {
    /// The id. What stands before the first dot is the id of the main figure.
    pub id: String,
    /// The name.
    pub name: FigureText,
    /// The value.
    pub value: f64,
    /// `count`, `a_day`, `share`, `per_10000`, `change`, `points`, `factor`, `minutes` or `hours`.
    pub unit: String,
    /// The first and the last day, as `2026-01-01/2026-12-31`.
    pub period: String,
    /// The definition.
    pub definition: FigureText,
    /// The version of the definition. Values of two versions are not compared.
    pub version: u32,
    /// The lower bound of a sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// The upper bound of a sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// The value of the edition before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<f64>,
    /// The difference from it, as a part of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<f64>,
    /// A remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<FigureText>,
}

/// The viewers who judged on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DayCount {
    /// The day, as `2026-01-01`.
    pub day: String,
    /// The number, estimated.
    pub n: u64,
}

/// The figures of a period, as they are now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Report {
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// The edition that the figures are compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compared_with: Option<Uuid>,
    /// The figures, in the order of the report.
    pub figures: Vec<Figure>,
    /// The viewers who judged on each day on which the census ran.
    pub participants: Vec<DayCount>,
}

/// The body of `POST /trust/editions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewEdition {
    /// The first day, as `2026-01-01`.
    pub from: String,
    /// The last day, which is over.
    pub to: String,
    /// The title: 1 to 120 characters.
    pub title: String,
}

/// An edition of the public report. It never changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Edition {
    /// The edition.
    pub id: Uuid,
    /// The title.
    pub title: String,
    /// The time of publication, in Unix milliseconds.
    pub published_at_ms: u64,
    /// The figures.
    #[serde(flatten)]
    pub report: Report,
}

/// An edition in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListedEdition {
    /// The edition.
    pub id: Uuid,
    /// The title.
    pub title: String,
    /// The time of publication, in Unix milliseconds.
    pub published_at_ms: u64,
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
}

/// A new edition of the public report, as events tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditionChange {
    /// The edition.
    pub edition: Uuid,
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
}
