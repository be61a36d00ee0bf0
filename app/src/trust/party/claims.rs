//! Shows a shop its own claims with the answer and its clock, and its promises to buyers. It imposes no promise, and
//! decides no claim.

use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::trust::{Claim, Promise, Promises};

use super::claim_form::AnswerForm;
use super::{PartyState, Reader, left_ms};
use crate::api::ApiError;
use crate::dom::{live_text, still_text};
use crate::pages::{Texts, use_texts};
use crate::time::local_ms;
use crate::trust::claims::{ClaimText, kind_text};
use crate::trust::listings::amount_text;
use crate::trust::step::{Done, step_error};
use crate::trust::texts::claim;

/// Whether a claim waits for its merchant.
fn waits(one: &Claim) -> bool {
    matches!(one.state.as_str(), "open" | "granted" | "breached")
}

/// The claims and the promises of a shop.
#[derive(Clone, Debug, Default, PartialEq)]
struct Read {
    claims: Vec<Claim>,
    promises: Vec<Promise>,
}

/// The claims, those due first first, and the promises.
#[component]
pub(super) fn OwnClaims(state: PartyState, merchant: String) -> impl IntoView {
    let texts = use_texts();
    let (read, error) = (RwSignal::new(None::<Read>), RwSignal::new(None::<ApiError>));
    let merchant = StoredValue::new(merchant);
    let refresh = move || {
        spawn_local(async move {
            let merchant = merchant.get_value();
            let answer = async {
                let mut claims = state.api.claims_of(&merchant).await?;
                claims.sort_by_key(|one| (one.due_ms.unwrap_or(u64::MAX), one.at_ms));
                let Promises { promises, .. } = state.api.promises(&merchant).await?;
                Ok(Read { claims, promises })
            };
            match answer.await {
                Ok(found) => {
                    error.try_set(None);
                    read.try_set(Some(found));
                }
                Err(failure) => drop(error.try_set(Some(failure))),
            }
        });
    };
    refresh();
    let done: Done = Callback::new(move |failure| {
        error.set(failure);
        refresh();
    });
    let is_owner = state.reader == Reader::Owner;
    view! {
        <section class="panel" aria-labelledby="own-claims-title">
            <h2 id="own-claims-title">{claim(texts, |t| t.own)}</h2>
            <p class="note note-bad" role="alert" dir="auto">
                {live_text(move || error.get().map(|error| step_error(texts, &error)).unwrap_or_default())}
            </p>
            {move || read.get().map(|read| {
                let (open, past): (Vec<_>, Vec<_>) = read.claims.into_iter().partition(waits);
                let (is_empty, has_past) = (open.is_empty(), !past.is_empty());
                view! {
                    {is_empty.then(|| view! { <p class="empty">{claim(texts, |t| t.none_own)}</p> })}
                    <ul class="queue">
                        {open.into_iter().map(|one| view! { <OwnClaim state one done is_owner/> }).collect_view()}
                    </ul>
                    {has_past.then(|| view! {
                        <details>
                            <summary>{claim(texts, |t| t.past)}</summary>
                            <ul>{past.into_iter().map(|one| view! { <PastClaim one/> }).collect_view()}</ul>
                        </details>
                    })}
                }
            })}
        </section>
        <section class="panel" aria-labelledby="promises-title">
            <h2 id="promises-title">{claim(texts, |t| t.promises)}</h2>
            {move || read.get().map(|read| {
                let is_empty = read.promises.is_empty();
                view! {
                    {is_empty.then(|| view! { <p class="empty">{claim(texts, |t| t.none_promised)}</p> })}
                    <ul>{read.promises.into_iter().map(|one| view! { <OwnPromise one/> }).collect_view()}</ul>
                }
            })}
        </section>
    }
}

/// A claim that waits for the shop, with its clock. An open one has the two answers.
#[component]
fn OwnClaim(state: PartyState, one: Claim, done: Done, is_owner: bool) -> impl IntoView {
    let texts = use_texts();
    let due_ms = one.due_ms;
    let (is_open, name, now_ms) = (one.state == "open", one.state.clone(), local_ms());
    let is_granted = one.state == "granted";
    let clock = move || {
        let (lang, words) = (texts.lang(), texts.lang().claim());
        match due_ms {
            Some(due_ms) if is_open || is_granted => {
                let left = (lang.party().left)(lang, left_ms(due_ms, now_ms));
                (if is_open { words.answer_by } else { words.fulfil_by })(&lang.date_time(due_ms), &left)
            }
            _ => (words.state)(&name).unwrap_or(&name).to_owned(),
        }
    };
    let (form, id) = ((is_open && is_owner).then(|| one.clone()), one.id.clone());
    view! {
        <li class="case" data-claim=id>
            <p><strong>{live_text(clock)}</strong></p>
            <ClaimText one/>
            {form.map(|one| view! { <AnswerForm state one done/> })}
        </li>
    }
}

/// A claim that waits for nobody here, in one line.
#[component]
fn PastClaim(one: Claim) -> impl IntoView {
    let texts = use_texts();
    let Claim { kind, order, amount_minor, currency, state, words, .. } = one;
    let amount = amount_text(amount_minor, &currency);
    let what = move || {
        let words = texts.lang().claim();
        format!("{}: {}", kind_text(texts, &kind), (words.concerns)(&amount, &order))
    };
    let state = move || (texts.lang().claim().state)(&state).unwrap_or(&state).to_owned();
    view! {
        <li class="past">
            <span>{live_text(what)}</span>
            <small class="hint">{live_text(state)}</small>
            {words.map(|words| view! { <small class="quoted" dir="auto">{still_text(words)}</small> })}
        </li>
    }
}

#[component]
fn OwnPromise(one: Promise) -> impl IntoView {
    let texts = use_texts();
    let kind = one.kind.clone();
    let terms = one.terms.clone();
    view! {
        <li class="past">
            <strong>{live_text(move || kind_text(texts, &kind))}</strong>
            <span>{live_text(move || promise_text(texts, &one))}</span>
            {terms.map(|terms| view! { <span class="quoted" dir="auto">{still_text(terms)}</span> })}
        </li>
    }
}

/// State and limits of a promise. One whose end is set says when.
fn promise_text(texts: Texts, one: &Promise) -> String {
    let (lang, words) = (texts.lang(), texts.lang().claim());
    let (state, at_ms) = match one.ends_at_ms {
        Some(ends_ms) => ("ended", ends_ms),
        None => (one.state.as_str(), one.changed_at_ms),
    };
    let limits = &one.limits;
    let amount = limits.max_minor.map(|max| amount_text(max, limits.currency.as_deref().unwrap_or_default()));
    let parts = [
        (words.promise_state)(state, &lang.date_time(at_ms)).or_else(|| Some(one.state.clone())),
        amount.and_then(|amount| (words.limit)("max_minor", &amount)),
        limits.hours.and_then(|hours| (words.limit)("hours", &hours.to_string())),
        limits.multiple.and_then(|multiple| (words.limit)("multiple", &multiple.to_string())),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
