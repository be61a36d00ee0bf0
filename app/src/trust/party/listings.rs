//! Shows a shop its listings that were stopped: what was found, in words, since when, and the appeal. It names no list
//! of the platform.

use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::trust::{AppealTarget, Listing};

use super::appeal_form::AppealForm;
use super::{PartyState, Reader};
use crate::api::ApiError;
use crate::dom::{live_text, still_text};
use crate::pages::{Texts, use_texts};
use crate::trust::listings::{Hits, jury_text, taken_for};
use crate::trust::step::step_error;
use crate::trust::texts::{listing, party};

/// The states in which a listing is kept from buyers, what waits for a person first.
const STOPPED: [&str; 3] = ["held", "blocked", "removed"];

/// The listings, those that wait for a person first.
#[component]
pub(super) fn OwnListings(state: PartyState, merchant: String) -> impl IntoView {
    let texts = use_texts();
    let (read, error) = (RwSignal::new(None::<Vec<Listing>>), RwSignal::new(None::<ApiError>));
    let merchant = StoredValue::new(merchant);
    // An appeal has the standing read again, and the listings with it.
    Effect::new(move || {
        if state.standing.with(Option::is_none) {
            return;
        }
        spawn_local(async move {
            let merchant = merchant.get_value();
            let answer = async {
                let mut stopped = Vec::new();
                for name in STOPPED {
                    stopped.extend(state.api.listings_of(&merchant, name).await?);
                }
                Ok(stopped)
            };
            match answer.await {
                Ok(found) => {
                    error.try_set(None);
                    if read.try_with_untracked(|known| known.as_ref() != Some(&found)) == Some(true) {
                        read.try_set(Some(found));
                    }
                }
                Err(failure) => drop(error.try_set(Some(failure))),
            }
        });
    });
    view! {
        <section class="panel" aria-labelledby="own-listings-title">
            <h2 id="own-listings-title">{listing(texts, |t| t.own)}</h2>
            <p class="note note-bad" role="alert" dir="auto">
                {live_text(move || error.get().map(|error| step_error(texts, &error)).unwrap_or_default())}
            </p>
            {move || read.get().map(|stopped| {
                let is_empty = stopped.is_empty();
                view! {
                    {is_empty.then(|| view! { <p class="empty">{listing(texts, |t| t.none_own)}</p> })}
                    <ul class="queue">
                        {stopped.into_iter().map(|one| view! { <OwnListing state one/> }).collect_view()}
                    </ul>
                }
            })}
        </section>
    }
}

/// A listing that was stopped.
#[component]
fn OwnListing(state: PartyState, one: Listing) -> impl IntoView {
    let texts = use_texts();
    let appeal_until_ms = one.appeal_until_ms.filter(|_| may_appeal(state, &one));
    let target = AppealTarget { kind: "listing".to_owned(), id: one.screening };
    let (jury, words, name) = (one.jury.clone(), one.words.clone(), one.state.clone());
    let (hits, title, description) = (one.hits.clone(), one.title.clone(), one.description.clone());
    let (heading, id) = (title.clone(), one.listing.clone());
    view! {
        <li class="case" data-listing=id data-state=name>
            <h3 dir="auto">{still_text(heading)}</h3>
            <p><strong>{live_text(move || state_text(texts, &one))}</strong></p>
            <Hits hits title description/>
            {jury.map(|jury| view! { <p>{live_text(move || jury_text(texts, &jury))}</p> })}
            {words.map(|words| view! {
                <p class="quoted" dir="auto">{party(texts, |t| t.moderators_words)}": "{still_text(words)}</p>
            })}
            {appeal_until_ms.map(|until_ms| view! { <AppealForm state target jury_until_ms=None until_ms/> })}
        </li>
    }
}

/// Whether the owner may appeal. A confirmed listing and its violation have one appeal in all.
fn may_appeal(state: PartyState, one: &Listing) -> bool {
    let is_violation_appealed = state.standing.with_untracked(|standing| {
        let violations = standing.iter().flat_map(|standing| &standing.violations);
        violations.filter(|violation| Some(violation.id) == one.violation).any(|violation| violation.appeal.is_some())
    });
    state.reader == Reader::Owner && one.appeal.is_none() && !is_violation_appealed
}

/// The state with its time. A listing that is held for its name says whose name it is like.
fn state_text(texts: Texts, one: &Listing) -> String {
    let (lang, words) = (texts.lang(), texts.lang().listing());
    let since = lang.date_time(one.decided_at_ms.unwrap_or(one.at_ms));
    let state = (words.own_state)(&one.state, &since).unwrap_or_else(|| one.state.clone());
    match one.hits.iter().find_map(taken_for).filter(|_| one.state == "held") {
        Some(brand) => format!("{} {state}", (words.held_for)(brand)),
        None => state,
    }
}
