//! Violations: listed, filed by a moderator, confirmed, dismissed and withdrawn.

use axum::extract::Path;
use axum::response::Response;
use live_jury_protocol::Page;
use live_jury_protocol::trust::{NewViolation, StepWords, Violation};
use live_jury_trust::statement::FACTS_CHARS_MAX;

use super::parties::{ListQuery, created};
use super::words::{before, check_id, check_text, check_words, id_of, state};
use crate::http::extract::{self, IdempotencyKey, IfMatch, Json, PageQuery, TrustModerator, TrustReader};
use crate::http::page::{Listed, page};
use crate::http::response::json;
use crate::http::{ApiError, ApiResult};
use crate::ledger::standing::{FileViolation, Page as Part, StepKind, ViolationRow, ViolationStep};
use crate::trust::Trust;
use crate::trust::standing::party_of;

/// The states of violations that a list can be asked for.
const STATES: [&str; 5] = ["proposed", "active", "appealed", "expired", "void"];
/// The least characters of the facts of a violation: a sentence.
const FACTS_CHARS_MIN: usize = 20;

#[utoipa::path(get, path = "/trust/violations", tag = "trust", operation_id = "listViolations",
    params(("state" = Option<String>, Query, description = "proposed, active, appealed, expired or void"),
           ("before" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = Page<Violation>,
        description = "A page of violations, newest first. An unreadable one is `{id, unreadable: true}`"), ApiError))]
/// The violations of all parties, newest first.
pub async fn list(TrustReader(trust): TrustReader, PageQuery(query): PageQuery<ListQuery>) -> ApiResult<Response> {
    let limit = extract::limit(query.limit.as_deref())?;
    let state = state(query.state.as_deref(), &STATES)?;
    let part = Part { state, before: before(query.before.as_deref())?, limit };
    let found = trust.ledger.violations(&part, trust.clock.now_ms()).await?;
    let readable: Vec<ViolationRow> = found.iter().filter_map(|listed| listed.row.clone()).collect();
    let mut shown = trust.shown(&readable).await?.into_iter();
    // They come in the order of the rows.
    let items = found.iter().filter_map(|listed| match &listed.row {
        None => Some(Listed::of(listed, |_: &ViolationRow| None::<Violation>)),
        Some(_) => shown.next().map(|violation| (Listed::Item(Some(violation)), Some(listed.id.to_string()))),
    });
    Ok(json(&page(items, limit)))
}

#[utoipa::path(post, path = "/trust/violations", tag = "trust", operation_id = "createViolation",
    request_body = NewViolation, params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, description = "The violation", body = Violation), ApiError))]
/// Files a violation that no jury judged. It counts at once, and the party may appeal.
pub async fn create(
    TrustModerator { sub, trust }: TrustModerator,
    key: Option<IdempotencyKey>,
    Json { value: new, .. }: Json<NewViolation>,
) -> ApiResult<Response> {
    check_id("party.id", &new.party.id)?;
    let party = party_of(&new.party.kind, &new.party.id)
        .ok_or_else(|| ApiError::field("party.kind", "must be merchant or host"))?;
    check_text("facts", &new.facts, FACTS_CHARS_MIN..=FACTS_CHARS_MAX)?;
    let policy = trust.file.policy(&new.policy).ok_or_else(|| ApiError::unknown_policy("policy"))?.clone();
    let (merchant, host) = (Some(party.id.as_str()), Some(party.id.as_str()));
    if !policy.bearers(merchant, host).iter().any(|bearer| bearer.kind == party.kind) {
        return Err(ApiError::field("party", "violations of the policy do not fall on it"));
    }
    let request = key.map(|IdempotencyKey(key)| format!("{sub} {key}"));
    let NewViolation { facts, authority, .. } = new;
    let filing = FileViolation { party, policy, facts, authority, by: sub, request };
    let filed = trust.ledger.file_violation(&filing, trust.clock.now_ms()).await?;
    Ok(created(shown(&trust, filed).await?))
}

/// A path with the id of a violation, and the words about a step.
macro_rules! step {
    ($(#[$doc:meta])* $name:ident, $path:literal, $id:literal, $what:literal, $kind:expr) => {
        #[utoipa::path(post, path = $path, tag = "trust", operation_id = $id, request_body = StepWords,
            params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
            responses((status = 200, description = $what, body = Violation), ApiError))]
        $(#[$doc])*
        pub async fn $name(
            moderator: TrustModerator,
            Path(id): Path<String>,
            if_match: IfMatch,
            words: Json<StepWords>,
        ) -> ApiResult<Response> {
            take(moderator, &id, $kind, if_match, words.value).await
        }
    };
}

step!(
    /// Confirms a proposed violation. Its points count from now on.
    confirm,
    "/trust/violations/{id}/confirm",
    "confirmViolation",
    "The violation, which counts",
    StepKind::Confirm
);
step!(
    /// Dismisses a proposed violation.
    dismiss,
    "/trust/violations/{id}/dismiss",
    "dismissViolation",
    "The violation, which is void",
    StepKind::Dismiss
);
step!(
    /// Withdraws a violation that counts. All is as if it had never been.
    withdraw,
    "/trust/violations/{id}/withdraw",
    "withdrawViolation",
    "The violation, which is void",
    StepKind::Withdraw
);

async fn take(
    TrustModerator { sub, trust }: TrustModerator,
    id: &str,
    kind: StepKind,
    IfMatch(version): IfMatch,
    StepWords { words }: StepWords,
) -> ApiResult<Response> {
    let id = id_of(id)?;
    check_words(&words)?;
    let step = ViolationStep { id, kind, by: sub, words, version };
    let filed = trust.ledger.step_violation(&step, trust.clock.now_ms()).await?;
    shown(&trust, filed).await
}

async fn shown(trust: &Trust, row: ViolationRow) -> ApiResult<Response> {
    let shown = trust.shown(std::slice::from_ref(&row)).await?;
    Ok(json(shown.first().ok_or_else(ApiError::not_found)?))
}
