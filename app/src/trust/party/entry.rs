//! Shows a shop its own application: the state, what it has in common with a closed shop, and the decision. It names
//! nobody else.

use leptos::prelude::*;
use live_jury_protocol::trust::Application;

use super::PartyState;
use crate::dom::{live_text, still_text};
use crate::pages::{Texts, use_texts};
use crate::trust::applications::{reason_text, weight_text};
use crate::trust::texts::{application, party};

/// The time from which a state holds.
fn since_ms(own: &Application) -> u64 {
    own.decided_at_ms.unwrap_or(own.at_ms)
}

/// The application; nothing for a shop that never applied.
#[component]
pub(super) fn OwnApplication(state: PartyState) -> impl IntoView {
    let texts = use_texts();
    let own =
        Memo::new(move |_| state.standing.with(|standing| standing.as_ref().and_then(|one| one.application.clone())));
    move || {
        own.get().map(|own| {
            view! {
                <section class="panel" aria-labelledby="application-title">
                    <h2 id="application-title">{application(texts, |t| t.own)}</h2>
                    <Told own/>
                </section>
            }
        })
    }
}

#[component]
fn Told(own: Application) -> impl IntoView {
    let texts = use_texts();
    let is_held = own.state == "held";
    let weight = (!own.reasons.is_empty()).then(|| weight_text(&own));
    let (words, measured) = (own.words.clone(), own.state == "refused" || own.state == "probation");
    let reason = {
        let reasons = own.reasons.clone();
        move || reason_text(texts.lang(), &reasons)
    };
    let state = move || state_text(texts, &own);
    view! {
        <p><strong>{live_text(state)}</strong></p>
        {weight.map(|weight| view! {
            <p>
                {live_text(reason)}" "
                {is_held.then(|| application(texts, |t| t.a_person_looks))}
            </p>
            <p class="hint">{live_text(move || weight(texts.lang()))}" "{application(texts, |t| t.weight_hint)}</p>
        })}
        {words.map(|words| view! {
            <p class="quoted" dir="auto">{party(texts, |t| t.moderators_words)}": "{still_text(words)}</p>
        })}
        {measured.then(|| view! { <p class="hint">{application(texts, |t| t.own_letter)}</p> })}
    }
}

/// The state, and for a held one the time at which the hold ends by itself.
fn state_text(texts: Texts, own: &Application) -> String {
    let (lang, words) = (texts.lang(), texts.lang().application());
    let state = (words.own_state)(&own.state, &lang.date_time(since_ms(own))).unwrap_or_else(|| own.state.clone());
    match own.due_ms.filter(|_| own.state == "held") {
        Some(due_ms) => format!("{state} {}", (words.own_due)(&lang.date_time(due_ms))),
        None => state,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_holds_since_its_decision_or_the_application() {
        let own = |decided_at_ms: Option<u64>| -> Application {
            serde_json::from_value(serde_json::json!({
                "application": "01a203b5-27b4-7ec3-865e-b9e2a7a1b202", "version": 1, "at_ms": 5,
                "party": {"kind": "merchant", "id": "m"}, "state": "held", "outcome": "hold", "weight": 23.1,
                "threshold": 12.0, "groups": [], "reasons": [], "decided_at_ms": decided_at_ms
            }))
            .unwrap()
        };
        assert_eq!([since_ms(&own(None)), since_ms(&own(Some(9)))], [5, 9]);
    }
}
