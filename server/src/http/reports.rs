//! The routes of reports by viewers and of their buckets; what becomes of them is decided elsewhere.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use live_jury_protocol::trust::{
    self as wire, BucketDetails, BucketReport, Buckets, CloseBucket, OwnReports, ReportAnswer, ReportSubject,
    SendReport,
};
use live_jury_trust::{PartyKind, three_decimals};
use uuid::Uuid;

use super::extract::{Caller, IfMatch, Json, NoFields, RoomReader};
use super::response::{json, json_text, versioned_json};
use super::{ApiError, ApiResult, App};
use crate::ledger::{Bucket, BucketState, OwnReport, ReportShown};
use crate::reports::Reports;
use crate::state::AppState;

/// Milliseconds in a minute. Moderators read the minute of a report: the second would tell who pressed a button.
const MINUTE_MS: u64 = 60_000;

/// The node's reports. Without trust there are no such routes.
fn reports_of(app: &AppState) -> ApiResult<Reports> {
    app.reports.clone().ok_or_else(ApiError::not_found)
}

/// The path's bucket, for a caller who reads what moderators of its room read.
pub struct ReadableBucket {
    caller: Caller,
    reports: Reports,
    bucket: Bucket,
}

impl FromRequestParts<Arc<AppState>> for ReadableBucket {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        let segment = <Path<String> as FromRequestParts<()>>::from_request_parts(parts, &()).await;
        let Path(segment) = segment.map_err(|error| ApiError::malformed(error.body_text()))?;
        let reports = reports_of(app)?;
        let caller = Caller::from_request_parts(parts, app).await?;
        if !caller.reads_all() {
            return Err(ApiError::forbidden("this is for moderators"));
        }
        let id: Uuid = segment.parse().map_err(|_| ApiError::not_found())?;
        let bucket = reports.ledger.bucket(id).await?;
        let bucket = bucket.filter(|bucket| caller.0.allows(&bucket.room)).ok_or_else(ApiError::not_found)?;
        Ok(Self { caller, reports, bucket })
    }
}

impl ReadableBucket {
    /// The moderator's `sub`; refuses the platform, which takes no such step.
    fn moderator(&self) -> ApiResult<&str> {
        match self.caller.is_moderator() {
            true => Ok(&self.caller.0.identity.sub),
            false => Err(ApiError::forbidden("this is for moderators")),
        }
    }
}

#[utoipa::path(post, path = "/rooms/{room}/reports", tag = "reports", operation_id = "sendReport",
    request_body = SendReport, params(("room" = String, Path)),
    responses((status = 201, description = "The report is the first about its thing", body = ReportAnswer),
        (status = 200, description = "The report was added to those of others", body = ReportAnswer), ApiError))]
/// Reports a breach of a policy: once a viewer, subject, policy and day, and at most five times a day.
pub async fn send(
    State(app): App,
    RoomReader { caller, room }: RoomReader,
    Json { value: report, .. }: Json<SendReport>,
) -> ApiResult<Response> {
    let is_first = reports_of(&app)?.file(&caller.0, room, report).await?;
    let (status, name) = if is_first { (StatusCode::CREATED, "filed") } else { (StatusCode::OK, "merged") };
    let answer = ReportAnswer { status: name.to_owned() };
    Ok(json_text(status, serde_json::to_string(&answer).unwrap_or_default()))
}

#[utoipa::path(get, path = "/reports", tag = "reports", operation_id = "listOwnReports",
    responses((status = 200, description = "The viewer's last 20 reports, newest first", body = OwnReports), ApiError))]
/// The caller's own last 20 reports, and what became of them.
pub async fn own(State(app): App, caller: Caller) -> ApiResult<Response> {
    let own = reports_of(&app)?.own(&caller.0).await?;
    Ok(json(&OwnReports { items: own.into_iter().map(own_report).collect() }))
}

fn own_report(report: OwnReport) -> wire::OwnReport {
    let (merchant, host) = match report.party.kind {
        PartyKind::Merchant => (Some(report.party.id), None),
        PartyKind::Host => (None, Some(report.party.id)),
    };
    let state = match report.state {
        BucketState::Open | BucketState::Queued => "waiting",
        BucketState::Drafted if report.opened => "in_court",
        other => other.as_str(),
    };
    wire::OwnReport {
        at_ms: report.at_ms,
        policy: report.policy,
        subject: ReportSubject { merchant, host, product: report.product },
        state: state.to_owned(),
        case: report.case.filter(|_| report.opened),
    }
}

#[utoipa::path(get, path = "/rooms/{room}/buckets", tag = "reports", operation_id = "listBuckets",
    params(("room" = String, Path)),
    responses((status = 200, description = "At most 200 buckets, those of most weight first", body = Buckets),
        ApiError))]
/// A room's buckets of reports that have not ended, for moderators.
pub async fn buckets(State(app): App, RoomReader { caller, room }: RoomReader) -> ApiResult<Response> {
    let reports = reports_of(&app)?;
    if !caller.reads_all() {
        return Err(ApiError::forbidden("this is for moderators"));
    }
    let items = reports.buckets(&room).await?;
    Ok(json(&Buckets { items: items.into_iter().map(wire_bucket).collect() }))
}

#[utoipa::path(get, path = "/trust/buckets/{id}", tag = "reports", operation_id = "readBucket",
    params(("id" = String, Path)),
    responses((status = 200, description = "The bucket with its last 100 reports", body = BucketDetails), ApiError))]
/// A bucket with its reports. Nothing tells who reported.
pub async fn bucket(readable: ReadableBucket) -> ApiResult<Response> {
    let ReadableBucket { reports, bucket, .. } = readable;
    let items = reports.shown(&bucket).await?.into_iter().map(report).collect();
    let version = bucket.version;
    Ok(versioned_json(version, &BucketDetails { bucket: wire_bucket(bucket), items }))
}

fn report(report: ReportShown) -> BucketReport {
    BucketReport {
        text: report.text,
        stream_at_ms: report.stream_at_ms,
        proven: report.proven,
        new_account: report.new_account,
        at_ms: report.at_ms - report.at_ms % MINUTE_MS,
    }
}

#[utoipa::path(post, path = "/trust/buckets/{id}/draft", tag = "reports", operation_id = "draftBucket",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, description = "The bucket, with its draft", body = wire::Bucket), ApiError))]
/// Files the draft of a bucket that waits.
pub async fn draft(readable: ReadableBucket, IfMatch(version): IfMatch, _: NoFields) -> ApiResult<Response> {
    let by = readable.moderator()?;
    let bucket = readable.reports.draft_for(readable.bucket.id, by, version).await?;
    Ok(versioned_json(bucket.version, &wire_bucket(bucket)))
}

#[utoipa::path(post, path = "/trust/buckets/{id}/close", tag = "reports", operation_id = "closeBucket",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)), request_body = CloseBucket,
    responses((status = 200, description = "The closed bucket", body = wire::Bucket), ApiError))]
/// Closes a bucket that waits as unfounded. This step counts against its reporters.
pub async fn close(
    readable: ReadableBucket,
    IfMatch(version): IfMatch,
    Json { value: CloseBucket { words }, .. }: Json<CloseBucket>,
) -> ApiResult<Response> {
    let by = readable.moderator()?;
    let bucket = readable.reports.close(readable.bucket.id, by, &words, version).await?;
    Ok(versioned_json(bucket.version, &wire_bucket(bucket)))
}

fn wire_bucket(bucket: Bucket) -> wire::Bucket {
    let sums = bucket.sums;
    wire::Bucket {
        id: bucket.id.to_string(),
        room: bucket.room,
        subject: ReportSubject { merchant: bucket.merchant, host: bucket.host, product: bucket.product },
        policy: bucket.policy,
        state: bucket.state.as_str().to_owned(),
        // A case that is named before it is filed cannot be read yet.
        case: bucket.case.filter(|_| !bucket.state.waits()),
        opened: bucket.opened,
        version: bucket.version,
        reports: bucket.reports,
        reporters: sums.reporters,
        proven: sums.proven,
        burst: sums.is_burst(),
        score: three_decimals(sums.score),
        first_at_ms: bucket.first_ms,
        last_at_ms: bucket.last_ms,
        words: bucket.words,
    }
}
