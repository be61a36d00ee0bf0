//! The routes of practice, and of what is kept of a juror; what an answer gives is the jurors' module's.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use live_jury_court::{ID_FORM, is_id};
use live_jury_protocol::{ForgetJuror, Practice, PracticeAnswer, PracticeResult, Role, limits};
use serde::Deserialize;

use super::extract::{Caller, Json, PageQuery, Platform};
use super::response::json;
use super::{ApiError, ApiResult, App};
use crate::jurors::{AnswerError, NamedJuror};
use crate::practice::PracticeLang;

/// The parameter of both routes of practice.
#[derive(Deserialize)]
pub struct LangQuery {
    lang: Option<String>,
}

impl LangQuery {
    fn lang(&self) -> ApiResult<PracticeLang> {
        let Some(name) = &self.lang else { return Ok(PracticeLang::English) };
        let found = PracticeLang::ALL.into_iter().find(|lang| lang.as_str() == name);
        found.ok_or_else(|| ApiError::field("lang", "must be en or zh-CN"))
    }
}

#[utoipa::path(get, path = "/practice", tag = "jurors", operation_id = "getPractice",
    params(("lang" = Option<String>, Query, description = "The language of the item; English by default")),
    responses((status = 200, description = "The next item, and how far the juror is", body = Practice), ApiError))]
/// The next item of practice: a made-up case with a known answer. It has nothing to do with a room.
pub async fn next(State(app): App, caller: Caller, PageQuery(query): PageQuery<LangQuery>) -> ApiResult<Response> {
    let juror = juror(&caller)?;
    if !app.jurors.has_practice() {
        return Err(ApiError::not_found());
    }
    Ok(json(&app.jurors.practice(juror, query.lang()?).await?))
}

#[utoipa::path(post, path = "/practice/{item}", tag = "jurors", operation_id = "answerPractice",
    request_body = PracticeAnswer,
    params(("item" = String, Path),
           ("lang" = Option<String>, Query, description = "The language of the reason; English by default")),
    responses((status = 200, description = "The right option, and the juror's level from now on",
               body = PracticeResult), ApiError))]
/// Answers an item of practice, once.
pub async fn answer(
    State(app): App,
    Path(item): Path<String>,
    caller: Caller,
    PageQuery(query): PageQuery<LangQuery>,
    Json { value: PracticeAnswer { option }, .. }: Json<PracticeAnswer>,
) -> ApiResult<Response> {
    let juror = juror(&caller)?;
    app.steps.take(juror.sub, app.clock.instant()).map_err(ApiError::too_many_steps)?;
    Ok(json(&app.jurors.answer(juror, &item, &option, query.lang()?).await?))
}

#[utoipa::path(post, path = "/jurors/forget", tag = "jurors", operation_id = "forgetJuror", request_body = ForgetJuror,
    responses((status = 204, description = "Nothing is kept of the juror's practice and panels"), ApiError))]
/// Deletes what is kept of a juror: answers to practice, when it was passed, and the number of panels served. Ballots
/// have another name and stay.
pub async fn forget(
    State(app): App,
    Platform { sub: by }: Platform,
    Json { value: ForgetJuror { sub }, .. }: Json<ForgetJuror>,
) -> ApiResult<Response> {
    if sub.len() > limits::SUB_BYTES_MAX || !is_id(&sub) {
        return Err(ApiError::field("sub", format!("must be 1 to {} bytes {ID_FORM}", limits::SUB_BYTES_MAX)));
    }
    let existed = app.jurors.forget(&sub).await?;
    tracing::info!(by, existed, "a juror was forgotten");
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The caller as a juror. An anonymous viewer is no person that could practise.
fn juror(caller: &Caller) -> ApiResult<NamedJuror<'_>> {
    let identity = &caller.0.identity;
    match identity.role {
        Role::Viewer if !identity.anonymous => Ok(NamedJuror { sub: &identity.sub, claimed: identity.level }),
        _ => Err(ApiError::forbidden("this is for viewers who are not anonymous")),
    }
}

impl From<AnswerError> for ApiError {
    fn from(error: AnswerError) -> Self {
        match error {
            AnswerError::NoItem => Self::not_found(),
            AnswerError::NoOption => Self::field("option", error.to_string()),
            AnswerError::Answered => Self::answered(),
            AnswerError::Docket(error) => error.into(),
        }
    }
}
