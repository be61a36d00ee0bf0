//! The form of an appeal: why it is wrong, and evidence. It says first what an appeal costs and until when it is open.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::trust::{AppealTarget, NewAppeal};
use web_sys::SubmitEvent;

use super::PartyState;
use crate::api::ApiError;
use crate::dom::live_text;
use crate::pages::{take_focus, use_texts};
use crate::time::local_ms;
use crate::trust::step::step_error;
use crate::trust::texts::party;

/// Limit of an appeal's text, in characters: the server refuses more.
const TEXT_CHARS_MAX: usize = 2_000;
/// Limit of an appeal's addresses of evidence: the server refuses more.
pub(super) const EVIDENCE_MAX: usize = 10;

/// The addresses typed, one a line.
pub(super) fn addresses(typed: &str) -> Vec<String> {
    typed.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// The end of a time for an appeal, if it is still ahead.
fn ahead(until_ms: Option<u64>, now_ms: u64) -> Option<u64> {
    until_ms.filter(|until_ms| *until_ms > now_ms)
}

/// The button and the form behind it; nothing once the time for an appeal is over.
#[component]
pub(super) fn AppealForm(
    state: PartyState,
    target: AppealTarget,
    jury_until_ms: Option<u64>,
    until_ms: u64,
) -> impl IntoView {
    let texts = use_texts();
    let now_ms = local_ms();
    let (jury_until_ms, until_ms) = (ahead(jury_until_ms, now_ms), ahead(Some(until_ms), now_ms));
    let is_open = RwSignal::new(false);
    let opener = NodeRef::<html::Button>::new();
    let target = StoredValue::new(target);
    let free = move |until_ms: u64| {
        let date = |at_ms: u64| texts.lang().date_time(at_ms);
        (texts.lang().party().appeal_free)(jury_until_ms.map(date).as_deref(), &date(until_ms))
    };
    let close = Callback::new(move |()| {
        is_open.set(false);
        if let Some(opener) = opener.get_untracked() {
            take_focus(opener.into());
        }
    });
    until_ms.map(|until_ms| {
        view! {
            <p>{live_text(move || free(until_ms))}</p>
            <div class="step-form">
                <button
                    type="button" node_ref=opener aria-expanded=move || is_open.get().to_string()
                    on:click=move |_| is_open.update(|open| *open = !*open)
                >
                    {party(texts, |t| t.appeal)}
                </button>
                {move || is_open.get().then(|| view! { <Fields state target close/> })}
            </div>
        }
    })
}

#[component]
fn Fields(state: PartyState, target: StoredValue<AppealTarget>, close: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let (text, evidence) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let is_busy = RwSignal::new(false);
    let error = RwSignal::new(None::<ApiError>);
    let used = move || text.with(|text| text.trim().chars().count());
    let is_valid =
        move || (1..=TEXT_CHARS_MAX).contains(&used()) && evidence.with(|typed| addresses(typed).len()) <= EVIDENCE_MAX;
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if is_busy.get_untracked() || !untrack(is_valid) {
            return;
        }
        is_busy.set(true);
        let appeal = NewAppeal {
            target: target.get_value(),
            text: text.with_untracked(|text| text.trim().to_owned()),
            evidence: evidence.with_untracked(|typed| addresses(typed)),
        };
        spawn_local(async move {
            let answer = state.api.file_appeal(&appeal).await;
            is_busy.try_set(false);
            match answer {
                Ok(_) => state.refresh(),
                Err(failure) => {
                    error.try_set(Some(failure));
                }
            }
        });
    };
    view! {
        <form class="asking" on:submit=submit>
            <p>{party(texts, |t| t.appeal_once)}</p>
            <label class="field">
                <span class="field-head">
                    <span>{party(texts, |t| t.appeal_text)}</span>
                    <span class="counter" class:counter-over=move || { used() > TEXT_CHARS_MAX }>
                        {live_text(move || format!("{}/{TEXT_CHARS_MAX}", used()))}
                    </span>
                </span>
                <textarea
                    rows="4" dir="auto" use:take_focus prop:value=move || text.get()
                    on:input=move |event| text.set(event_target_value(&event))
                ></textarea>
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
                <button type="submit" class="primary" disabled=move || is_busy.get() || !is_valid()>
                    {party(texts, |t| t.file_appeal)}
                </button>
                <button type="button" class="quiet" on:click=move |_| close.run(())>{texts.live(|t| t.cancel)}</button>
            </div>
            <p class="note note-bad" role="alert" dir="auto">
                {live_text(move || error.get().map(|error| step_error(texts, &error)).unwrap_or_default())}
            </p>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_the_lines_with_text() {
        assert_eq!(addresses(" https://a.example \n\n https://b.example"), ["https://a.example", "https://b.example"]);
        assert!(addresses(" \n").is_empty());
    }

    #[test]
    fn a_time_that_is_over_is_not_offered() {
        assert_eq!([ahead(Some(10), 9), ahead(Some(10), 10), ahead(None, 0)], [Some(10), None, None]);
    }
}
