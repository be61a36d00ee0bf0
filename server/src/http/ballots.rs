//! The export of a recorded case's ballots as CSV, one part after the other; it holds one part in memory.

use std::fmt::Write;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};
use live_jury_protocol::Side;
use tokio::sync::OwnedSemaphorePermit;

use super::extract::DisclosedCase;
use super::{ApiError, ApiResult, App};
use crate::lifecycle::LifecycleError;
use crate::state::AppState;
use live_jury_court::{AccountAge, Case, Marks, Pseudonym, StoredBallot};

/// The names of the columns. Further ones come at the end.
const HEADER: &str = "pseudonym,option,side,cast_at,present,account_age,read";
/// Ballots are dated by the minute.
const SECONDS_PER_MINUTE: u64 = 60;
/// Ballots that are read at a time: 200 KB of text. Each part takes a connection for some milliseconds.
const PART_BALLOTS: u32 = 2_000;

#[utoipa::path(get, path = "/cases/{id}/ballots.csv", tag = "verdicts", operation_id = "exportBallots",
    params(("id" = String, Path)),
    responses((status = 200, description = "One line per ballot, with a header line", body = String,
               content_type = "text/csv"), ApiError))]
/// A recorded case's ballots, in order of pseudonym.
pub async fn ballots(State(app): App, DisclosedCase(case): DisclosedCase) -> ApiResult<Response> {
    if case.state.ended().is_none() {
        return Err(ApiError::not_recorded());
    }
    let permit = app.reads.acquire_export().ok_or_else(ApiError::too_many_exports)?;
    let name = format!("attachment; filename=\"ballots-{}.csv\"", case.id);
    let mut export = Export { app, case, after: None, done: false, _permit: permit };
    // The first part is read before the answer begins, so that a store that does not answer gives a 503.
    let first = format!("{HEADER}\r\n{}", export.next().await?);
    let parts = stream::iter([Ok(first)]);
    let mut response = Body::from_stream(stream::StreamExt::chain(parts, export.rest())).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// An export that goes on after a ballot. Its permit ends with it.
struct Export {
    app: Arc<AppState>,
    case: Case,
    after: Option<Pseudonym>,
    done: bool,
    _permit: OwnedSemaphorePermit,
}

impl Export {
    /// The lines of the next part.
    async fn next(&mut self) -> Result<String, LifecycleError> {
        let ballots = self.app.lifecycle.read_ballots(self.case.id, self.after, PART_BALLOTS).await?;
        self.done = ballots.len() < PART_BALLOTS as usize;
        self.after = ballots.last().map(|ballot| ballot.juror);
        Ok(lines(&self.case, &ballots))
    }

    /// The parts that are left. An error breaks the answer off, so that no client takes a part for the whole.
    fn rest(self) -> impl Stream<Item = Result<String, LifecycleError>> {
        stream::try_unfold(self, async |mut export| {
            if export.done {
                return Ok(None);
            }
            let part = export.next().await.inspect_err(|error| {
                crate::telemetry::log_limited!(error, %error, "an export broke off");
            })?;
            Ok(Some((part, export)))
        })
    }
}

fn lines(case: &Case, ballots: &[StoredBallot]) -> String {
    let mut text = String::with_capacity(100 * ballots.len());
    for ballot in ballots {
        let option = case.brief.options.get(usize::from(ballot.option)).map_or("", |option| option.id.as_str());
        let side = ballot.side.map_or("", Side::as_str);
        let cast_at = utc_minute(ballot.cast_at_min);
        // Writing to a String does not fail.
        let _ = write!(text, "{},{},{side},{cast_at},", ballot.juror, as_cell(option));
        text.push_str(&marks_cells(ballot.marks).join(","));
        text.push_str("\r\n");
    }
    text
}

/// The cells of a ballot's marks: whether the juror was there before the opening, the account's age, the statements
/// that were read.
const fn marks_cells(marks: Marks) -> [&'static str; 3] {
    let present = if marks.is_present() { "yes" } else { "no" };
    let age = match marks.age() {
        AccountAge::Unknown => "",
        AccountAge::Days => "days",
        AccountAge::Months => "months",
        AccountAge::Years => "years",
    };
    let read = match (marks.has_read(Side::Buyer), marks.has_read(Side::Merchant)) {
        (false, false) => "none",
        (true, false) => "buyer",
        (false, true) => "merchant",
        (true, true) => "both",
    };
    [present, age, read]
}

/// An option's id as a cell of text. A spreadsheet reads a leading `-` as a formula; ids start with no other such sign.
fn as_cell(id: &str) -> String {
    if id.starts_with('-') { format!("'{id}") } else { id.to_owned() }
}

/// A minute since 1970 as `2026-05-04T09:30Z`; empty beyond the calendar's range.
fn utc_minute(minute: u64) -> String {
    let second = i64::try_from(minute.saturating_mul(SECONDS_PER_MINUTE)).unwrap_or(i64::MAX);
    let time = jiff::Timestamp::from_second(second);
    time.map(|time| time.strftime("%Y-%m-%dT%H:%MZ").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_dates() {
        assert_eq!(utc_minute(0), "1970-01-01T00:00Z");
        assert_eq!(utc_minute(1_582_934_400 / 60), "2020-02-29T00:00Z");
        assert_eq!(utc_minute(1_798_761_599 / 60), "2026-12-31T23:59Z");
        assert_eq!(utc_minute(951_827_400 / 60), "2000-02-29T12:30Z");
    }

    #[test]
    fn each_mark_has_a_cell() {
        assert_eq!(marks_cells(Marks::default()), ["no", "", "none"]);
        assert_eq!(marks_cells(Marks::new(true, AccountAge::Days, 1, 0)), ["yes", "days", "buyer"]);
        assert_eq!(marks_cells(Marks::new(false, AccountAge::Months, 2, 0)), ["no", "months", "merchant"]);
        assert_eq!(marks_cells(Marks::new(true, AccountAge::Years, 3, 6)), ["yes", "years", "both"]);
    }

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(as_cell("-1"), "'-1");
        assert_eq!(as_cell("buyer"), "buyer");
    }
}
