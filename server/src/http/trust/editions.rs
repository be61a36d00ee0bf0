//! The public report: previewed and published by those of all rooms, and read by anybody.

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use live_jury_protocol::Page;
use live_jury_protocol::trust::{Edition, Figure, ListedEdition, NewEdition, Report};
use live_jury_trust::figure::csv::csv;
use live_jury_trust::figure::dsa::PARTS;
use serde::Deserialize;

use super::words::{before, id_of};
use crate::http::extract::{self, IdempotencyKey, Json, PageQuery, ReaderOfAllRooms, TrustAnybody, TrustReader};
use crate::http::page::page;
use crate::http::response::{json, json_text};
use crate::http::{ApiError, ApiResult};
use crate::ledger::editions::{EditionPage, EditionRow};
use crate::trust::{Days, edition, listed_edition};

/// The columns of figures, in their order.
const COLUMNS: [&str; 11] =
    ["id", "name", "value", "unit", "period", "definition", "version", "low", "high", "previous", "change"];

/// Parameters of a period.
#[derive(Deserialize)]
pub struct PeriodQuery {
    from: Option<String>,
    to: Option<String>,
}

/// Parameters of the list of editions.
#[derive(Deserialize)]
pub struct EditionsQuery {
    before: Option<String>,
    limit: Option<String>,
}

/// Parameters of an edition.
#[derive(Deserialize)]
pub struct FormatQuery {
    format: Option<String>,
    part: Option<String>,
}

#[utoipa::path(get, path = "/trust/report", tag = "trust", operation_id = "getReport",
    params(("from" = String, Query, description = "The first day, as 2026-01-01"),
           ("to" = String, Query, description = "The last day")),
    responses((status = 200, description = "The figures", body = Report), ApiError))]
/// The figures of a period, as they are now. What is not known is left out.
pub async fn preview(TrustReader(trust): TrustReader, PageQuery(query): PageQuery<PeriodQuery>) -> ApiResult<Response> {
    let days = Days::parse(query.from.as_deref().unwrap_or_default(), query.to.as_deref().unwrap_or_default())?;
    Ok(json(&trust.report(days).await?))
}

#[utoipa::path(post, path = "/trust/editions", tag = "trust", operation_id = "createEdition",
    request_body = NewEdition, params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, description = "The edition, which never changes", body = Edition), ApiError))]
/// Publishes an edition: the figures of a period that is over, with their definitions, as they are now.
pub async fn create(
    by: ReaderOfAllRooms,
    TrustReader(trust): TrustReader,
    key: Option<IdempotencyKey>,
    Json { value: new, .. }: Json<NewEdition>,
) -> ApiResult<Response> {
    let days = Days::parse(&new.from, &new.to)?;
    let request = key.map(|IdempotencyKey(key)| format!("{} {key}", by.sub));
    let published = trust.publish(days, &new.title, &by.sub, request).await?;
    let answer = serde_json::to_string(&edition(published)).unwrap_or_default();
    Ok(json_text(StatusCode::CREATED, answer))
}

#[utoipa::path(get, path = "/trust/editions", tag = "trust", operation_id = "listEditions", security(()),
    params(("before" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, description = "A page of editions", body = Page<ListedEdition>), ApiError))]
/// The editions, newest first. Anybody reads them.
pub async fn list(
    TrustAnybody(trust): TrustAnybody,
    PageQuery(query): PageQuery<EditionsQuery>,
) -> ApiResult<Response> {
    let limit = extract::limit(query.limit.as_deref())?;
    let part = EditionPage { before: before(query.before.as_deref())?, limit };
    let found = trust.ledger.editions(part).await?;
    Ok(json(&page(found.iter().map(|row| (listed_edition(row), Some(row.id.to_string()))), limit)))
}

#[utoipa::path(get, path = "/trust/editions/{id}", tag = "trust", operation_id = "getEdition", security(()),
    params(("id" = String, Path),
           ("format" = Option<String>, Query, description = "json, csv, html or dsa"),
           ("part" = Option<String>, Query, description = "With dsa: the part of a transparency report")),
    responses((status = 200, description = "The edition",
               content((Edition = "application/json"), (String = "text/csv"))),
              (status = 303, description = "The page of the edition, with format html"), ApiError))]
/// An edition. Anybody reads it. With `format=dsa`, one of the eleven parts of a transparency report under (EU)
/// 2024/2835.
pub async fn read(
    TrustAnybody(trust): TrustAnybody,
    Path(id): Path<String>,
    PageQuery(query): PageQuery<FormatQuery>,
) -> ApiResult<Response> {
    let found = trust.edition(Some(id_of(&id)?)).await?.ok_or_else(ApiError::not_found)?;
    match query.format.as_deref().unwrap_or("json") {
        "json" => Ok(json(&edition(found))),
        "csv" => Ok(as_csv(&format!("report-{id}"), rows(&found.report.figures))),
        "html" => Ok(Redirect::to(&format!("/trust/report?edition={}", found.id)).into_response()),
        "dsa" => part(&found, query.part.as_deref()),
        _ => Err(ApiError::field("format", "must be json, csv, html or dsa")),
    }
}

/// A part of a transparency report.
fn part(edition: &EditionRow, name: Option<&str>) -> ApiResult<Response> {
    let place = PARTS.iter().position(|part| Some(*part) == name);
    let found = place.and_then(|place| Some((PARTS[place], edition.parts.get(place)?)));
    let (name, rows) = found.ok_or_else(|| ApiError::field("part", format!("must be {}", PARTS.join(", "))))?;
    Ok(as_csv(name, rows.iter().map(|row| row.iter().map(String::as_str).collect())))
}

/// The rows of figures. Their texts are English; JSON has both languages.
fn rows(figures: &[Figure]) -> Vec<Vec<String>> {
    let number = |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
    let row = |figure: &Figure| {
        vec![
            figure.id.clone(),
            figure.name.en.clone(),
            figure.value.to_string(),
            figure.unit.clone(),
            figure.period.clone(),
            figure.definition.en.clone(),
            figure.version.to_string(),
            number(figure.low),
            number(figure.high),
            number(figure.previous),
            number(figure.change),
        ]
    };
    std::iter::once(COLUMNS.map(str::to_owned).to_vec()).chain(figures.iter().map(row)).collect()
}

fn as_csv<C: AsRef<str>>(name: &str, rows: impl IntoIterator<Item = Vec<C>>) -> Response {
    let mut response = csv(rows).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.csv\"")) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}
