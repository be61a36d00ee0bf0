//! The answer of a shop to a claim: words, evidence, and grant or refusal. It says first what each of them means.

use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::trust::{AnswerClaim, Claim};

use super::PartyState;
use super::appeal_form::{EVIDENCE_MAX, addresses};
use crate::api::ApiError;
use crate::dom::live_text;
use crate::pages::use_texts;
use crate::trust::step::{Done, WORDS_CHARS_MAX, WORDS_CHARS_MIN, is_over, step_error};
use crate::trust::texts::{claim, party};

/// The form. A grant needs no words, and a refusal needs a sentence that buyer and jury can weigh.
#[component]
pub(super) fn AnswerForm(state: PartyState, one: Claim, done: Done) -> impl IntoView {
    let texts = use_texts();
    let (id, version) = (one.claim, one.version);
    let (words, evidence) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (is_busy, error) = (RwSignal::new(false), RwSignal::new(None::<ApiError>));
    let used = move || words.with(|words| words.trim().chars().count());
    let fits = move || used() <= WORDS_CHARS_MAX && evidence.with(|typed| addresses(typed).len()) <= EVIDENCE_MAX;
    let may_refuse = move || fits() && used() >= WORDS_CHARS_MIN;
    let send = move |answer: &'static str| {
        if is_busy.get_untracked() {
            return;
        }
        is_busy.set(true);
        let answer = AnswerClaim {
            answer: answer.to_owned(),
            words: words.with_untracked(|words| words.trim().to_owned()),
            evidence: evidence.with_untracked(|typed| addresses(typed)),
        };
        spawn_local(async move {
            let sent = state.api.answer_claim(id, version, &answer).await;
            // The page may have been left meanwhile.
            is_busy.try_set(false);
            match sent {
                Ok(()) => done.try_run(None).unwrap_or_default(),
                Err(failure) if is_over(&failure) => done.try_run(Some(failure)).unwrap_or_default(),
                Err(failure) => error.try_set(Some(failure)).map(drop).unwrap_or_default(),
            }
        });
    };
    view! {
        <div class="asking">
            <p>{claim(texts, |t| t.own_grant_effect)}" "{claim(texts, |t| t.own_refuse_effect)}</p>
            <label class="field">
                <span class="field-head">
                    <span>{claim(texts, |t| t.own_words)}</span>
                    <span class="counter" class:counter-over=move || { used() > WORDS_CHARS_MAX }>
                        {live_text(move || format!("{}/{WORDS_CHARS_MAX}", used()))}
                    </span>
                </span>
                <textarea
                    rows="3" dir="auto" prop:value=move || words.get()
                    on:input=move |event| words.set(event_target_value(&event))
                ></textarea>
                <small class="hint">{claim(texts, |t| t.own_words_hint)}</small>
            </label>
            <label class="field">
                <span class="field-head">{party(texts, |t| t.appeal_evidence)}</span>
                <textarea
                    rows="2" spellcheck="false" prop:value=move || evidence.get()
                    on:input=move |event| evidence.set(event_target_value(&event))
                ></textarea>
                <small class="hint">{party(texts, |t| t.appeal_evidence_hint)}</small>
            </label>
            <div class="actions">
                <button
                    type="button" class="primary" disabled=move || is_busy.get() || !fits()
                    on:click=move |_| send("grant")
                >
                    {claim(texts, |t| t.own_grant)}
                </button>
                <button
                    type="button" disabled=move || is_busy.get() || !may_refuse() on:click=move |_| send("refuse")
                >
                    {claim(texts, |t| t.own_refuse)}
                </button>
            </div>
            <p class="note note-bad" role="alert" dir="auto">
                {live_text(move || error.get().map(|error| step_error(texts, &error)).unwrap_or_default())}
            </p>
        </div>
    }
}
