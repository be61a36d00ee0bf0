//! Facts of a platform, one a line.

use axum::response::Response;
use live_jury_protocol::trust::{FactsAnswer, RefusedLine};

use crate::http::extract::{Lines, TrustPlatform};
use crate::http::response::json;
use crate::http::{ApiError, ApiResult};
use crate::trust::LineRefused;

#[utoipa::path(post, path = "/trust/facts", tag = "trust", operation_id = "addFacts",
    request_body(content = String, content_type = "application/x-ndjson",
        description = "At most 1,000 lines of at most 4 KiB, each an event or a tally; at most 1 MiB"),
    responses((status = 200, description = "What became of the lines; accepted ones are stored", body = FactsAnswer),
        ApiError))]
/// Adds facts. All accepted lines are stored in one transaction; a refused line spoils no other.
pub async fn add(TrustPlatform { trust, .. }: TrustPlatform, Lines(body): Lines) -> ApiResult<Response> {
    let ingested = trust.ingest(&body).await?;
    let refused = |LineRefused { line, refusal }: LineRefused| RefusedLine {
        line,
        code: refusal.code.as_str().to_owned(),
        field: refusal.field.map(std::borrow::Cow::into_owned),
    };
    Ok(json(&FactsAnswer {
        accepted: ingested.accepted,
        duplicate: ingested.duplicate,
        refused: ingested.refused.into_iter().map(refused).collect(),
    }))
}
