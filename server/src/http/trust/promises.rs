//! Promises of a merchant: read, and set by the merchant alone.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::response::Response;
use live_jury_protocol::Actor;
use live_jury_protocol::trust::{
    NewPromise, PolicyTitle, Promise, PromiseDeposit, PromiseLimits, PromiseVersion, Promises, SetPromises,
};
use live_jury_trust::policy::Title;
use live_jury_trust::promise::{Conditions, Limits, PromiseKind};
use live_jury_trust::{Party, PartyKind};

use crate::http::extract::{Caller, Json, TrustParty};
use crate::http::response::json;
use crate::http::{ApiError, ApiResult};
use crate::ledger::promises::{self, ProgrammeRow};
use crate::ledger::standing::By;
use crate::trust::Trust;
use crate::trust::standing::party_of;

#[utoipa::path(get, path = "/trust/merchants/{id}/promises", tag = "trust", operation_id = "getPromises",
    params(("id" = String, Path)),
    responses((status = 200, description = "The promises", body = Promises), ApiError))]
/// What a merchant promises, with all versions, for itself, the platform and moderators of all rooms.
pub async fn get(TrustParty { caller, trust }: TrustParty, Path(id): Path<String>) -> ApiResult<Response> {
    let merchant = merchant_of(&caller, &id)?;
    if caller.party().is_none() && !trust.ledger.knows(&merchant).await? {
        return Err(ApiError::not_found());
    }
    answer(&trust, &merchant.id, &trust.ledger.promises_of(&merchant.id).await?).await
}

#[utoipa::path(put, path = "/trust/merchants/{id}/promises", tag = "trust", operation_id = "setPromises",
    request_body = SetPromises, params(("id" = String, Path)),
    responses((status = 200, description = "The promises", body = Promises), ApiError))]
/// Sets what the merchant promises to buyers. A kind that is left out ends after a notice of 30 days, and orders that
/// were placed before keep their cover.
pub async fn put(
    TrustParty { caller, trust }: TrustParty,
    Path(id): Path<String>,
    Json { value: SetPromises { promises }, .. }: Json<SetPromises>,
) -> ApiResult<Response> {
    let merchant = merchant_of(&caller, &id)?;
    if caller.party().is_none() {
        return Err(ApiError::forbidden("a merchant makes its promises itself"));
    }
    let mut wanted = BTreeMap::new();
    for (place, new) in promises.into_iter().enumerate() {
        let (kind, limits) = checked(place, new)?;
        if wanted.insert(kind, limits).is_some() {
            return Err(ApiError::field(format!("promises[{place}].kind"), "is another promise's, too"));
        }
    }
    let by = By { kind: Actor::Merchant, who: merchant.id.clone() };
    let deposit_minor = trust.file.programme.deposit_minor;
    let new = promises::SetPromises { merchant: merchant.id.clone(), promises: wanted, deposit_minor, by };
    let rows = trust.ledger.set_promises(&new, trust.clock.now_ms()).await?;
    answer(&trust, &merchant.id, &rows).await
}

/// The promises with the programme's name, and the deposit that the merchant is asked for.
async fn answer(trust: &Trust, merchant: &str, rows: &[ProgrammeRow]) -> ApiResult<Response> {
    let programme = &trust.file.programme;
    let known = trust.ledger.merchants(&[merchant], trust.clock.now_ms()).await?;
    let told = known.first().and_then(|known| known.attributes.deposit);
    let deposit = Conditions::deposit(told, programme.deposit_minor);
    let title = |name: &Title| PolicyTitle { en: name.en.clone(), zh_cn: name.zh_cn.clone() };
    Ok(json(&Promises {
        programme: programme.name.as_ref().map(title),
        deposit: deposit.map(|(asked_minor, paid_minor)| PromiseDeposit { asked_minor, paid_minor }),
        ..shown(merchant, rows)
    }))
}

/// The merchant in a path, if the caller may read about it.
fn merchant_of(caller: &Caller, id: &str) -> ApiResult<Party> {
    let party = party_of(PartyKind::Merchant.as_str(), id).ok_or_else(ApiError::not_found)?;
    match caller.party() {
        Some(own) if *own != party => Err(ApiError::not_found()),
        _ => Ok(party),
    }
}

fn checked(place: usize, new: NewPromise) -> ApiResult<(PromiseKind, Limits)> {
    let field = |name: &str| format!("promises[{place}].{name}");
    let kind = PromiseKind::from_name(&new.kind).ok_or_else(|| {
        ApiError::field(field("kind"), "must be refund_without_return, free_return, ship_within or authentic")
    })?;
    let PromiseLimits { max_minor, currency, hours, multiple } = new.limits;
    let limits = Limits { max_minor, currency, hours, multiple, terms: new.terms };
    limits.check(kind).map_err(|fault| {
        let name = if fault.field == "terms" { field(fault.field) } else { field(&format!("limits.{}", fault.field)) };
        ApiError::field(name, fault.why)
    })?;
    Ok((kind, limits))
}

/// The limits on the wire.
pub(super) fn limits(of: &Limits) -> PromiseLimits {
    PromiseLimits { max_minor: of.max_minor, currency: of.currency.clone(), hours: of.hours, multiple: of.multiple }
}

fn shown(merchant: &str, rows: &[ProgrammeRow]) -> Promises {
    let version = |one: &live_jury_trust::promise::Version| PromiseVersion {
        limits: limits(&one.limits),
        terms: one.limits.terms.clone(),
        from_ms: one.from_ms,
        until_ms: one.until_ms,
    };
    let promise = |row: &ProgrammeRow| Promise {
        kind: row.programme.kind.as_str().to_owned(),
        state: row.programme.state.as_str().to_owned(),
        limits: limits(&row.programme.limits),
        terms: row.programme.limits.terms.clone(),
        applied_at_ms: row.applied_ms,
        changed_at_ms: row.changed_ms,
        notice_at_ms: row.programme.notice_ms,
        ends_at_ms: row.programme.ends_ms,
        versions: row.versions.iter().map(version).collect(),
    };
    let promises: Vec<Promise> = rows.iter().map(promise).collect();
    let assured = promises.iter().any(|promise| promise.state == "active");
    Promises { merchant: merchant.to_owned(), programme: None, assured, deposit: None, promises }
}
