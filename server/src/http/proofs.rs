//! The routes by which a recorded case is checked: statement, brief, proofs, bundle and streams. They decide nothing.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};
use live_jury_court::{Case, Pseudonym};
use live_jury_proof::bundle::{Bundle, Opening, ROWS_MAX};
use live_jury_proof::text::array_from_hex;
use live_jury_protocol::{CaseId, CaseProof, Role, SealAnswer};
use serde::Deserialize;

use super::extract::{Caller, PageQuery, ReadableCase};
use super::response::json;
use super::{ApiError, ApiResult, App, file_body};
use crate::admission::FilePermit;
use crate::docket::{AttestedCase, DocketError, LoggedCase, RowForm, rest_bytes, row_bytes};
use crate::log::{ProofError, shows_sides};
use crate::state::AppState;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");
/// Rows of ballots that are read at a time for a stream or a bundle.
const PART_BALLOTS: u32 = 8_192;
/// Rows of seals that are read at a time for a stream: 256 KiB.
const PART_SEALS: u32 = 32;

/// Parameters of a bundle.
#[derive(Deserialize)]
pub struct BundleQuery {
    opening: Option<String>,
}

/// The path's case, which the caller may read and which is recorded.
pub struct RecordedCase {
    caller: Caller,
    case: Case,
}

impl FromRequestParts<Arc<AppState>> for RecordedCase {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        let ReadableCase { caller, case } = ReadableCase::from_request_parts(parts, app).await?;
        match case.state.ended() {
            Some(_) => Ok(Self { caller, case }),
            None => Err(ApiError::not_recorded()),
        }
    }
}

/// The same, or one that was erased after its record. The statement and its proof stay, as the log refers to them.
pub struct LoggedEntry {
    caller: Caller,
    id: CaseId,
    /// The case; none if it was erased.
    case: Option<Case>,
}

impl FromRequestParts<Arc<AppState>> for LoggedEntry {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        let id = Path::<String>::from_request_parts(parts, app).await;
        let Path(id) = id.map_err(|error| ApiError::malformed(error.body_text()))?;
        let caller = Caller::from_request_parts(parts, app).await?;
        match caller.readable_or_erased(app, &id).await? {
            Err(id) => Ok(Self { caller, id, case: None }),
            Ok(case) if case.state.ended().is_some() => Ok(Self { caller, id: case.id, case: Some(case) }),
            Ok(_) => Err(ApiError::not_recorded()),
        }
    }
}

#[utoipa::path(get, path = "/cases/{id}/statement", tag = "verdicts", operation_id = "getStatement",
    params(("id" = String, Path)),
    responses((status = 200, description = "The statement, lines of ASCII", body = String,
               content_type = "text/plain"), ApiError))]
/// The statement of a recorded case: all inputs to its verdict, and all that is shown of it.
pub async fn statement(State(app): App, entry: LoggedEntry) -> ApiResult<Response> {
    Ok(answer(TEXT, logged(&app, entry.id).await?.statement))
}

#[utoipa::path(get, path = "/cases/{id}/brief", tag = "verdicts", operation_id = "getBrief",
    params(("id" = String, Path)),
    responses((status = 200, description = "The public brief, in the bytes whose hash the statement has",
               body = serde_json::Value, content_type = "application/json"), ApiError))]
/// The brief of a recorded case as the public reads it.
pub async fn brief(State(app): App, recorded: RecordedCase) -> ApiResult<Response> {
    Ok(answer(JSON, attested(&app, recorded.case.id).await?.public_brief))
}

#[utoipa::path(get, path = "/cases/{id}/verdict.tlog-proof", tag = "verdicts", operation_id = "getLogProof",
    params(("id" = String, Path)),
    responses((status = 200, description = "The tlog-proof of the statement's entry", body = String,
               content_type = "text/plain"), ApiError))]
/// The proof that a recorded case is an entry of the signed log.
pub async fn tlog_proof(State(app): App, entry: LoggedEntry) -> ApiResult<Response> {
    let logged = logged(&app, entry.id).await?;
    Ok(answer(TEXT, app.logs.proof(&logged).await?.to_string()))
}

#[utoipa::path(get, path = "/cases/{id}/proof", tag = "verdicts", operation_id = "getProof",
    params(("id" = String, Path)),
    responses((status = 200, description = "What the caller's device checks", body = CaseProof), ApiError))]
/// The statement with its proof, and the caller's own ballot in the record.
pub async fn proof(State(app): App, RecordedCase { caller, case }: RecordedCase) -> ApiResult<Response> {
    let identity = &caller.0.identity;
    if identity.role != Role::Viewer {
        return Err(ApiError::forbidden("this is for viewers"));
    }
    if !app.reads.may_prove(&identity.sub, app.clock.instant()) {
        return Err(ApiError::too_many_reads());
    }
    let shared = app.logs.shared_proof(case.id, app.clock.instant()).await?.ok_or_else(ApiError::never_logged)?;
    let ballot = match identity.anonymous {
        true => None,
        false => {
            let juror = app.lifecycle.attestor.key.pseudonym(case.id, &identity.sub);
            app.logs.ballot_proof(case.id, juror, &shared).await?
        }
    };
    app.logs.served().count(case.id);
    Ok(json(&CaseProof { statement: shared.statement.clone(), proof: shared.proof.clone(), ballot }))
}

#[utoipa::path(get, path = "/cases/{id}/seals/{seal}", tag = "verdicts", operation_id = "getSeal",
    params(("id" = String, Path), ("seal" = String, Path)),
    responses((status = 200, description = "The seal's place, or its neighbours", body = SealAnswer), ApiError))]
/// A seal's place in the record, or the two neighbours that prove that it is not there.
pub async fn seal(State(app): App, Path((id, seal)): Path<(String, String)>, caller: Caller) -> ApiResult<Response> {
    let case = caller.readable_case(&app, &id).await?;
    if case.state.ended().is_none() {
        return Err(ApiError::not_recorded());
    }
    let seal = array_from_hex(&seal).ok_or_else(|| ApiError::malformed("a seal is 64 hexadecimal digits"))?;
    Ok(json(&app.logs.seal_proof(case.id, &seal).await?.ok_or_else(ApiError::never_logged)?))
}

#[utoipa::path(get, path = "/cases/{id}/bundle", tag = "verdicts", operation_id = "getBundle",
    params(("id" = String, Path), ("opening" = Option<String>, Query)),
    responses((status = 200, description = "All that it takes to recount the case offline",
               body = serde_json::Value, content_type = "application/json"), ApiError))]
/// One file for `live-jury verify`. Moderators also get the audit lines. With `opening=1` a moderator of all rooms gets
/// the secrets of the seals, too, which prove how each juror voted; the audit trail then names the moderator. The file
/// of an erased case has neither brief nor rows.
pub async fn bundle(
    State(app): App,
    LoggedEntry { caller, id, case }: LoggedEntry,
    PageQuery(query): PageQuery<BundleQuery>,
) -> ApiResult<Response> {
    let with_opening = match query.opening.as_deref() {
        None | Some("0") => false,
        Some("1") if caller.is_moderator() && caller.is_machine() => true,
        Some("1") => return Err(ApiError::forbidden("the opening is for moderators of all rooms")),
        Some(_) => return Err(ApiError::field("opening", "must be 0 or 1")),
    };
    let ballots = case.as_ref().and_then(|case| case.state.ended()).map_or(0, |ended| ended.verdict.ballots);
    if ballots > ROWS_MAX as u64 {
        return Err(ApiError::too_large());
    }
    let permit = file_permit(&app, &caller)?;
    let logged = logged(&app, id).await?;
    let proof = app.logs.proof(&logged).await?.to_string();
    let statement = logged.parsed(id)?;
    let audit = match caller.reads_all() {
        true => Some(app.logs.hashed_audit(id, statement.audit.lines).await?),
        false => None,
    };
    let (mut brief, mut rows, mut opening) = (None, None, None);
    if let Some(case) = &case {
        let attested = attested(&app, id).await?;
        if statement.rows.is_some() {
            let form = app.logs.row_form(id, shows_sides(&statement)).await?;
            let read = all_rows(&app, id, &form, with_opening).await?;
            if with_opening {
                app.lifecycle.note_opened_seals(case, &caller.0.identity.sub).await?;
                opening = Some(Opening { key: attested.seal_key, rest: read.rest });
            }
            rows = Some(read.rows);
        }
        brief = Some(attested.public_brief);
    }
    let bundle = Bundle { statement: logged.statement, proof, brief, audit, rows, opening };
    let bundle = bundle.to_json().map_err(|_| ApiError::too_large())?;
    Ok(download(JSON, &format!("verdict-{id}.json"), file_body::whole(bundle, permit, app.clock.clone())))
}

#[utoipa::path(get, path = "/cases/{id}/rows.bin", tag = "verdicts", operation_id = "exportRows",
    params(("id" = String, Path)),
    responses((status = 200, description = "The rows, 19 bytes each, in order of pseudonym", body = String,
               content_type = "application/octet-stream"), ApiError))]
/// The rows of a recorded case: how each pseudonym voted. A void case has none.
pub async fn rows(State(app): App, RecordedCase { caller, case }: RecordedCase) -> ApiResult<Response> {
    let permit = file_permit(&app, &caller)?;
    let statement = logged(&app, case.id).await?.parsed(case.id)?;
    let done = statement.rows.is_none();
    let form = app.logs.row_form(case.id, shows_sides(&statement)).await?;
    let clock = app.clock.clone();
    let parts = RowParts { app, id: case.id, form, after: None, done };
    Ok(download(BYTES, &format!("rows-{}.bin", case.id), file_body::streamed(parts.stream(), permit, clock)))
}

#[utoipa::path(get, path = "/cases/{id}/seals.bin", tag = "verdicts", operation_id = "exportSeals",
    params(("id" = String, Path)),
    responses((status = 200, description = "The seals, 32 bytes each, ascending", body = String,
               content_type = "application/octet-stream"), ApiError))]
/// The seals of a recorded case.
pub async fn seals(State(app): App, RecordedCase { caller, case }: RecordedCase) -> ApiResult<Response> {
    let permit = file_permit(&app, &caller)?;
    logged(&app, case.id).await?;
    let (id, clock) = (case.id, app.clock.clone());
    let parts = stream::try_unfold(Some(0_u64), move |first| {
        let app = app.clone();
        async move {
            let Some(first) = first else { return Ok::<_, DocketError>(None) };
            let rows = app.logs.seals(id, first, PART_SEALS).await?;
            let next = (rows.len() == PART_SEALS as usize).then(|| first + u64::from(PART_SEALS));
            Ok(Some((rows.concat(), next)))
        }
    });
    Ok(download(BYTES, &format!("seals-{id}.bin"), file_body::streamed(parts, permit, clock)))
}

/// Rows that are read in parts.
struct RowParts {
    app: Arc<AppState>,
    id: CaseId,
    form: RowForm,
    after: Option<Pseudonym>,
    done: bool,
}

impl RowParts {
    fn stream(self) -> impl Stream<Item = Result<Vec<u8>, DocketError>> {
        stream::try_unfold(self, async |mut parts| {
            if parts.done {
                return Ok(None);
            }
            let ballots = parts.app.logs.ballots_after(parts.id, parts.after, PART_BALLOTS).await?;
            parts.done = ballots.len() < PART_BALLOTS as usize;
            parts.after = ballots.last().map(|ballot| ballot.juror);
            Ok(Some((row_bytes(&ballots, &parts.form), parts)))
        })
    }
}

/// The rows of a case, and what its ballots have beside them.
#[derive(Default)]
struct AllRows {
    rows: Vec<u8>,
    rest: Vec<u8>,
}

/// All rows of a case at once. The rest is empty unless it is asked for.
async fn all_rows(app: &AppState, id: CaseId, form: &RowForm, with_rest: bool) -> ApiResult<AllRows> {
    let (mut all, mut after) = (AllRows::default(), None);
    loop {
        let ballots = app.logs.ballots_after(id, after, PART_BALLOTS).await?;
        all.rows.extend(row_bytes(&ballots, form));
        if with_rest {
            all.rest.extend(rest_bytes(&ballots));
        }
        after = ballots.last().map(|ballot| ballot.juror);
        if ballots.len() < PART_BALLOTS as usize {
            return Ok(all);
        }
    }
}

/// The permit for a bundle or a stream.
fn file_permit(app: &AppState, caller: &Caller) -> ApiResult<FilePermit> {
    let permit = app.reads.acquire_file(&caller.0.identity.sub, caller.is_machine(), app.clock.instant());
    permit.ok_or_else(ApiError::too_many_exports)
}

async fn logged(app: &AppState, id: CaseId) -> ApiResult<LoggedCase> {
    app.logs.logged_case(id).await?.ok_or_else(ApiError::never_logged)
}

async fn attested(app: &AppState, id: CaseId) -> ApiResult<AttestedCase> {
    app.logs.attested(id).await?.ok_or_else(ApiError::never_logged)
}

fn answer(kind: HeaderValue, body: String) -> Response {
    ([(header::CONTENT_TYPE, kind)], body).into_response()
}

fn download(kind: HeaderValue, name: &str, body: Body) -> Response {
    let mut response = ([(header::CONTENT_TYPE, kind)], body).into_response();
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(HeaderName::from_static("content-disposition"), name);
    }
    response
}

impl From<ProofError> for ApiError {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::NotSigned => Self::not_logged(),
            ProofError::Docket(error) => error.into(),
        }
    }
}
