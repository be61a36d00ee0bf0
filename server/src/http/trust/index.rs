//! The index of a merchant, and the published definitions behind it.

use axum::extract::Path;
use axum::response::Response;
use live_jury_protocol::trust::{
    DimensionPoints, IndexAnswer, IndexStep, PoliciesAnswer, PolicyDefinition, PolicyTitle, SignalDefinition,
    SignalPoints, SignalsAnswer,
};
use live_jury_trust::exposure::Step;
use live_jury_trust::index::{Contribution, Prior};
use live_jury_trust::policy::Policy;
use live_jury_trust::signal::{Dimension, Form, SIGNALS, Signal};
use live_jury_trust::turn::HOLD_DAYS;
use live_jury_trust::{Party, four_decimals, is_platform_id, three_decimals};
use serde::Deserialize;

use crate::http::extract::{PageQuery, TrustParty, TrustUser};
use crate::http::response::json;
use crate::http::{ApiError, ApiResult};
use crate::trust::{Assessed, MODEL};

/// Parameters of an index.
#[derive(Deserialize)]
pub struct IndexQuery {
    explain: Option<String>,
}

#[utoipa::path(get, path = "/trust/merchants/{merchant}/index", tag = "trust", operation_id = "readIndex",
    params(("merchant" = String, Path, description = "A merchant"),
           ("explain" = Option<bool>, Query, description = "Whether steps, dimensions and signals are told, too")),
    responses((status = 200, description = "The index", body = IndexAnswer), ApiError))]
/// The index of a merchant, with its exposure, for itself, the platform and moderators of all rooms. A merchant that no
/// fact has named is not found.
pub async fn index(
    TrustParty { caller, trust }: TrustParty,
    Path(id): Path<String>,
    PageQuery(query): PageQuery<IndexQuery>,
) -> ApiResult<Response> {
    let explain = match query.explain.as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(ApiError::field("explain", "must be true or false")),
    };
    let is_other = caller.party().is_some_and(|own| *own != Party::merchant(id.as_str()));
    if is_other || !is_platform_id(&id) {
        return Err(ApiError::not_found());
    }
    let assessed = trust.assess(&id).await?.ok_or_else(ApiError::not_found)?;
    Ok(json(&answer(&assessed, explain)))
}

fn answer(assessed: &Assessed, explain: bool) -> IndexAnswer {
    let (index, exposure) = (&assessed.index, &assessed.exposure);
    let mut answer = IndexAnswer {
        index: three_decimals(index.value),
        sd: three_decimals(index.sd),
        evidence: index.evidence().as_str().to_owned(),
        m: four_decimals(exposure.m),
        steps: Vec::new(),
        dimensions: Vec::new(),
        signals: Vec::new(),
    };
    if explain {
        let step = |(step, m): (Step, f64)| IndexStep {
            step: step.as_str().to_owned(),
            m: four_decimals(m),
            why: why(step, assessed),
            signals: if step == Step::Turn { turned(assessed) } else { Vec::new() },
        };
        answer.steps = exposure.steps.into_iter().map(step).collect();
        let dimension = |dimension: Dimension| DimensionPoints {
            id: dimension.as_str().to_owned(),
            points: three_decimals(index.points(dimension)),
        };
        answer.dimensions = Dimension::ALL.into_iter().map(dimension).collect();
        answer.signals = index.contributions.iter().map(|one| points(one, assessed.priors.of(one.id))).collect();
    }
    answer
}

/// The reason of a step, in words.
fn why(step: Step, assessed: &Assessed) -> String {
    let index = &assessed.index;
    match step {
        Step::Index => format!(
            "the index is between {} and {}; above 500 raises the exposure, and below lowers it",
            three_decimals(index.low()),
            three_decimals(index.high())
        ),
        Step::Promise => "no promise to buyers is active".to_owned(),
        Step::Range => "an exposure stays within 0.7 and 1.3".to_owned(),
        Step::DailyFall => "an exposure falls by at most 0.05 a day".to_owned(),
        Step::Turn if assessed.held_turn => format!("signals were much worse than before in the last {HOLD_DAYS} days"),
        Step::Turn if assessed.turns.is_empty() => "no signal is much worse than before".to_owned(),
        Step::Turn => format!("lately worse: {}", turned(assessed).join(", ")),
        Step::Measure => assessed.exposure.gate.map_or_else(
            || "no measure is in force".to_owned(),
            |gate| format!("the measure {} allows at most {}", gate.as_str(), gate.max()),
        ),
    }
}

/// The signals that show a turn, by name.
fn turned(assessed: &Assessed) -> Vec<String> {
    assessed.turns.iter().map(ToString::to_string).collect()
}

pub(super) fn points(one: &Contribution, prior: Prior) -> SignalPoints {
    let signal = one.id.signal();
    SignalPoints {
        id: signal.name.to_owned(),
        n: three_decimals(one.count.n),
        k: three_decimals(one.count.k),
        // A typical rate may be as small as 0.0002, so it has more decimals than points have.
        rate: one.rate.map(six_decimals),
        category_rate: six_decimals(prior.typical),
        points: three_decimals(one.points),
        points_max: three_decimals(signal.points_max()),
    }
}

fn six_decimals(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}

#[utoipa::path(get, path = "/trust/signals", tag = "trust", operation_id = "listSignals",
    responses((status = 200, description = "All signals", body = SignalsAnswer), ApiError))]
/// The definitions, weights and priors of all signals.
pub async fn signals(_: TrustUser) -> ApiResult<Response> {
    Ok(json(&SignalsAnswer { model: MODEL.to_owned(), items: SIGNALS.iter().map(definition).collect() }))
}

fn definition(signal: &Signal) -> SignalDefinition {
    let dimension = signal.dimension();
    SignalDefinition {
        id: signal.name.to_owned(),
        dimension: dimension.as_str().to_owned(),
        dimension_weight: dimension.weight(),
        what: signal.what.to_owned(),
        form: match signal.form {
            Form::Rate => "rate",
            Form::Exposure => "exposure",
            Form::State => "state",
        }
        .to_owned(),
        effect: if signal.sign() > 0.0 { "good" } else { "bad" }.to_owned(),
        half_life_days: u32::from(signal.half_life_days),
        prior: signal.prior,
        kappa: signal.kappa,
        weight: u32::from(signal.weight),
        source: signal.source.as_str().to_owned(),
    }
}

#[utoipa::path(get, path = "/trust/policies", tag = "trust", operation_id = "listPolicies",
    responses((status = 200, description = "All policies", body = PoliciesAnswer), ApiError))]
/// The policies that a merchant or a host can break.
pub async fn policies(TrustUser(trust): TrustUser) -> ApiResult<Response> {
    Ok(json(&PoliciesAnswer { items: trust.file.policies.iter().map(policy).collect() }))
}

fn policy(policy: &Policy) -> PolicyDefinition {
    PolicyDefinition {
        id: policy.id.clone(),
        title: PolicyTitle { en: policy.title.en.clone(), zh_cn: policy.title.zh_cn.clone() },
        clause: policy.clause.clone(),
        clause_url: policy.clause_url.clone(),
        points: policy.points,
        repeat: policy.repeat.map(f64::from).to_vec(),
        jury: policy.jury,
        reportable: policy.reportable,
        falls_on: policy.falls_on.as_str().to_owned(),
        min_ballots: policy.min_ballots,
        min_share: policy.min_share.into(),
        kind: policy.kind.clone(),
        category: policy.category.clone(),
        keywords: policy.keywords.clone(),
    }
}
