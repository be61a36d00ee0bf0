//! The lists of a room's drafts and past cases. It draws them and starts the moderator's actions.

use leptos::prelude::*;
use live_jury_protocol::{Case, Outcome};

use super::actions::UndoVoid;
use super::case_form::CaseForm;
use super::dialog::Dialog;
use super::notices::notice_text;
use super::room_state::RoomState;
use super::verdict::Records;
use crate::dom::{live_text, still_text};
use crate::pages::{CaseListFooter, PastRow, Texts, Verdict, kind_text, use_texts};

/// The drafts of a room.
#[component]
pub fn Drafts(room: RoomState) -> impl IntoView {
    let texts = use_texts();
    let is_empty = move || room.drafts.items.with(Vec::is_empty);
    view! {
        <section class="panel" aria-labelledby="drafts-title">
            <h2 id="drafts-title">{texts.live(|t| t.drafts)}</h2>
            <ul class="list">
                <For
                    each=move || room.drafts.items.get() key=|case| (case.id, case.version)
                    children=move |case| view! { <DraftRow room case/> }
                />
            </ul>
            <Show when=is_empty><p class="empty">{texts.live(|t| t.no_drafts)}</p></Show>
            <CaseListFooter list=room.drafts/>
        </section>
    }
}

#[component]
fn DraftRow(room: RoomState, case: Case) -> impl IntoView {
    let texts = use_texts();
    let id = case.id;
    let (edited, opened, discarded) = (case.clone(), case.clone(), case.clone());
    let edit = move |_| room.editor.begin(CaseForm::of(&edited), Some((id, room.version(&edited))));
    let notice = Memo::new(move |_| room.notice(id));
    let pending_void = Memo::new(move |_| room.pending_void(id));
    let discard = move |_| room.schedule_discard(&discarded);
    let kind = case.kind;
    let is_appeal = case.appeal_of.is_some();
    view! {
        <li class="list-row">
            <div class="list-text">
                <strong dir="auto">{still_text(case.title)}</strong>
                {is_appeal.then(|| view! {
                    <span class="hint">{live_text(move || texts.lang().standing().is_appeal)}</span>
                })}
                <span class="hint">
                    {live_text(move || kind_text(texts, &kind))}" · "
                    {live_text(move || texts.lang().date_time(case.created_at_ms))}
                </span>
            </div>
            {move || match pending_void.get() {
                Some(pending_void) => view! { <UndoVoid room id pending_void/> }.into_any(),
                None => view! {
                    <div class="actions">
                        <button type="button" class="primary" disabled=move || room.is_busy(id) on:click={
                            let opened = opened.clone();
                            move |_| room.open(&opened)
                        }>
                            {texts.live(|t| t.open)}
                        </button>
                        <button type="button" on:click=edit.clone()>{texts.live(|t| t.edit)}</button>
                        <button type="button" class="quiet" on:click=discard.clone()>
                            {texts.live(|t| t.discard)}
                        </button>
                    </div>
                }.into_any(),
            }}
            <p class="note note-bad" role="status" dir="auto">
                {live_text(move || notice_text(texts, notice.get().as_ref()))}
            </p>
        </li>
    }
}

/// A search reads further pages until it has this many results, which fill the list, or until there are no more pages.
const RESULTS_MIN: usize = 10;

/// Whether a case has this outcome. No outcome matches every case.
fn has_outcome(case: &Case, outcome: Option<Outcome>) -> bool {
    outcome.is_none_or(|outcome| case.verdict.as_ref().is_some_and(|verdict| verdict.outcome == outcome))
}

/// Whether a case's texts contain the search text, or its id equals it. Kinds are compared as the reader sees them.
fn matches_search(texts: Texts, case: &Case, search: &str) -> bool {
    let search = search.trim().to_lowercase();
    let subject = [&case.subject.merchant, &case.subject.host, &case.subject.product, &case.subject.order];
    let kind = kind_text(texts, &case.kind);
    let searched = [&case.title, &case.summary, &kind].into_iter().chain(subject.into_iter().flatten());
    search.is_empty()
        || searched.into_iter().any(|text| text.to_lowercase().contains(&search))
        || case.id.to_string() == search
}

/// The past cases of a room, with an outcome filter and a text search. Both read further pages if results are few.
#[component]
pub fn Past(room: RoomState) -> impl IntoView {
    let texts = use_texts();
    let search = RwSignal::new(String::new());
    let outcome = RwSignal::new(None::<Outcome>);
    let chosen = RwSignal::new(None::<Case>);
    let is_shown = RwSignal::new(false);
    let found = Memo::new(move |_| {
        let (search, outcome) = (search.get(), outcome.get());
        room.past.items.with(|items| {
            let fits = |case: &&Case| has_outcome(case, outcome) && matches_search(texts, case, &search);
            items.iter().filter(fits).cloned().collect::<Vec<_>>()
        })
    });
    Effect::new(move || {
        let is_searched = outcome.get().is_some() || search.with(|search| !search.trim().is_empty());
        // Runs again for each page that arrives.
        room.past.items.track();
        if is_searched && room.past.more.get() && found.with(Vec::len) < RESULTS_MIN {
            room.past.read_more();
        }
    });
    let choose = Callback::new(move |case| {
        chosen.set(Some(case));
        is_shown.set(true);
    });
    view! {
        <section class="panel" aria-labelledby="past-title">
            <div class="panel-head">
                <h2 id="past-title">{texts.live(|t| t.past)}</h2>
                <input
                    type="search" class="search" dir="auto" aria-label=texts.text(|t| t.search)
                    placeholder=texts.text(|t| t.search) prop:value=move || search.get()
                    on:input=move |event| search.set(event_target_value(&event))
                />
                <select
                    aria-label=texts.text(|t| t.filter)
                    on:change=move |event| {
                        let name = event_target_value(&event);
                        outcome.set(Outcome::ALL.into_iter().find(|known| known.as_str() == name));
                    }
                >
                    <option value="" selected=move || outcome.get().is_none()>{texts.live(|t| t.all_outcomes)}</option>
                    {Outcome::ALL.into_iter().map(|known| view! {
                        <option value=known.as_str() selected=move || { outcome.get() == Some(known) }>
                            {live_text(move || texts.viewer().outcome(known))}
                        </option>
                    }).collect_view()}
                </select>
            </div>
            <ul class="list">
                <For
                    each=move || found.get() key=|case| (case.id, case.version)
                    children=move |case| view! { <PastRow case choose/> }
                />
            </ul>
            <Show when=move || found.with(Vec::is_empty)><p class="empty">{texts.live(|t| t.no_past)}</p></Show>
            <CaseListFooter list=room.past/>
        </section>
        <Dialog open=is_shown label=texts.text(|t| t.case_record)>
            {move || chosen.get().map(|case| view! {
                <h3 dir="auto">{still_text(case.title.clone())}</h3>
                <p dir="auto">{still_text(case.summary.clone())}</p>
                <Verdict case=case.clone()/>
                <Records room case/>
            })}
        </Dialog>
    }
}
