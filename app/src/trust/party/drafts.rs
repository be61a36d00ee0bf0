//! The drafts about a shop, with the form for its side. It tells neither who drafted nor who reported.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::limits::STATEMENT_CHARS_MAX;
use live_jury_protocol::trust::PartyDraft;
use web_sys::SubmitEvent;

use super::{PartyState, Section, title_in};
use crate::api::ApiError;
use crate::dom::{live_text, still_text};
use crate::pages::use_texts;
use crate::trust::step::step_error;
use crate::trust::texts::party;

/// The drafts about the shop; nothing where there are none.
#[component]
pub(super) fn Drafts(state: PartyState) -> impl IntoView {
    let drafts = Memo::new(move |_| {
        state.standing.with(|standing| standing.as_ref().map(|one| one.drafts.clone()).unwrap_or_default())
    });
    let is_empty = Memo::new(move |_| drafts.with(Vec::is_empty));
    move || {
        (!is_empty.get()).then(|| {
            view! {
                <Section id="drafts-title" title=|t| t.drafts>
                    <ul class="queue">
                        <For
                            each=move || drafts.get() key=|draft| (draft.case, draft.version)
                            children=move |draft| view! { <DraftItem state draft/> }
                        />
                    </ul>
                </Section>
            }
        })
    }
}

/// A draft, with the statement that it has and the form for another one.
#[component]
fn DraftItem(state: PartyState, draft: PartyDraft) -> impl IntoView {
    let texts = use_texts();
    let (title, product) = (draft.title, draft.product);
    let about = move || {
        let title = title.as_ref().map(|title| title_in(texts.lang(), title));
        (texts.lang().party().draft)(title)
    };
    let product = product.map(|product| {
        view! { <p class="hint">{party(texts, |t| t.draft_product)}" "<bdi>{still_text(product)}</bdi></p> }
    });
    let case = draft.case;
    let text = RwSignal::new(draft.statement.clone());
    let given = StoredValue::new(draft.statement);
    let is_busy = RwSignal::new(false);
    let error = RwSignal::new(None::<ApiError>);
    let field = NodeRef::<html::Textarea>::new();
    let used = move || text.with(|text| text.trim().chars().count());
    let is_new = move || text.with(|text| given.with_value(|given| text.trim() != given));
    let is_valid = move || (1..=STATEMENT_CHARS_MAX).contains(&used()) && is_new();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if is_busy.get_untracked() || !untrack(is_valid) {
            return;
        }
        is_busy.set(true);
        let side = text.with_untracked(|text| text.trim().to_owned());
        spawn_local(async move {
            let answer = state.api.put_statement(case, &side).await;
            is_busy.try_set(false);
            match answer {
                Ok(_) => state.refresh(),
                Err(failure) => {
                    error.try_set(Some(failure));
                }
            }
        });
    };
    let state_text = move || {
        let is_given = given.with_value(|given| !given.is_empty());
        if is_given { texts.lang().party().draft_given } else { "" }
    };
    view! {
        <li class="case" data-draft=case.to_string()>
            <h3>{live_text(about)}</h3>
            {product}
            <form class="asking" on:submit=submit>
                <label class="field">
                    <span class="field-head">
                        <span>{party(texts, |t| t.draft_side)}</span>
                        <span class="counter" class:counter-over=move || { used() > STATEMENT_CHARS_MAX }>
                            {live_text(move || format!("{}/{STATEMENT_CHARS_MAX}", used()))}
                        </span>
                    </span>
                    <textarea
                        rows="4" dir="auto" node_ref=field prop:value=move || text.get()
                        on:input=move |event| text.set(event_target_value(&event))
                    ></textarea>
                </label>
                <div class="actions">
                    <button type="submit" class="primary" disabled=move || is_busy.get() || !is_valid()>
                        {party(texts, |t| t.draft_send)}
                    </button>
                </div>
                <p class="hint" role="status">{live_text(move || state_text().to_owned())}</p>
                <p class="note note-bad" role="alert" dir="auto">
                    {live_text(move || error.get().map(|error| step_error(texts, &error)).unwrap_or_default())}
                </p>
            </form>
        </li>
    }
}
