//! Reports by viewers, and the buckets in which they are merged; none names a reporter.

use serde::{Deserialize, Serialize};

use crate::id::{CaseId, RoomId};

/// A report as a viewer sends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SendReport {
    /// The merchant, host and product concerned.
    pub subject: ReportSubject,
    /// The policy.
    pub policy: String,
    /// The viewer's words. Only moderators read them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The moment in the stream, in milliseconds from its start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_at_ms: Option<u64>,
    /// The order concerned. It counts if the viewer's token names it, and is not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// The language of the page, such as `zh-CN`: a draft is written in that of the first report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
}

/// The merchant, host and product that a report is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct ReportSubject {
    /// The merchant's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant: Option<String>,
    /// The host's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The product's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
}

/// The answer to a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportAnswer {
    /// `filed`: it is the first about its thing; `merged`: others did, too.
    pub status: String,
}

/// A viewer's own reports, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OwnReports {
    /// The last 20.
    pub items: Vec<OwnReport>,
}

/// A viewer's own report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OwnReport {
    /// The time, in Unix milliseconds.
    pub at_ms: u64,
    /// The policy.
    pub policy: String,
    /// The party and the product that it is about.
    pub subject: ReportSubject,
    /// `waiting`, `drafted`, `in_court`, `upheld`, `not_upheld` or `closed`.
    pub state: String,
    /// The case, once it was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
}

/// The buckets of a room that have not ended, those of most weight first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Buckets {
    /// The buckets.
    pub items: Vec<Bucket>,
}

/// Reports about one thing in one live session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Bucket {
    /// The id.
    pub id: String,
    /// The room.
    pub room: RoomId,
    /// The merchant, the host and the product. The product is left out if reports name several.
    pub subject: ReportSubject,
    /// The policy.
    pub policy: String,
    /// `open`, `drafted`, `queued`, `upheld`, `not_upheld` or `closed`.
    pub state: String,
    /// The draft or the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// Whether the case was opened.
    pub opened: bool,
    /// The version. It grows with each step, and `If-Match` compares it.
    pub version: u64,
    /// The number of reports.
    pub reports: u64,
    /// The number of reporters.
    pub reporters: u64,
    /// The number of reporters with a proven order.
    pub proven: u64,
    /// Whether ten reports came within ten seconds, or most from accounts younger than 7 days.
    pub burst: bool,
    /// The weight. From 3 on, or with a proven order, a bucket becomes a draft.
    pub score: f64,
    /// The time of the first report, in Unix milliseconds.
    pub first_at_ms: u64,
    /// The time of the last report, in Unix milliseconds.
    pub last_at_ms: u64,
    /// The words with which a moderator closed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

/// A bucket with its last reports, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BucketDetails {
    /// The bucket.
    pub bucket: Bucket,
    /// The last 100 reports.
    pub items: Vec<BucketReport>,
}

/// A report as a moderator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BucketReport {
    /// The reporter's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The moment in the stream, in milliseconds from its start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_at_ms: Option<u64>,
    /// Whether the reporter is proven to have placed the order.
    pub proven: bool,
    /// Whether the account was younger than 7 days.
    pub new_account: bool,
    /// The minute, in Unix milliseconds.
    pub at_ms: u64,
}

/// A moderator's closing of a bucket as unfounded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CloseBucket {
    /// The reason, 20 to 2,000 characters.
    pub words: String,
}
