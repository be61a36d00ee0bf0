//! The buttons of a running case: extend, close, void. Close and void ask for confirmation. It sends no request itself.

use leptos::html;
use leptos::prelude::*;
use live_jury_protocol::{Case, CaseId, CaseState, limits};

use super::room_state::{PendingVoid, RoomState};
use crate::dom::{live_text, still_text};
use crate::pages::{take_focus, use_texts};
use crate::time::{clock_text, left_s, ticking};

/// Offered extensions, in seconds.
const EXTEND_S: [u64; 3] = [30, 60, 300];

/// The open confirmation of a case's card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Confirmation {
    None,
    Close,
    Void,
}

/// The buttons of a running case.
#[component]
pub fn Actions(room: RoomState, id: CaseId, case: Memo<Option<Case>>) -> impl IntoView {
    let confirmation = RwSignal::new(Confirmation::None);
    // Whether the previous view was a confirmation or an undo. Its button had the focus and is gone.
    let had_prompt = StoredValue::new(false);
    let pending_void = Memo::new(move |_| room.pending_void(id));
    move || {
        let takes_focus = had_prompt.get_value();
        let (pending_void, confirmation_now) = (pending_void.get(), confirmation.get());
        had_prompt.set_value(pending_void.is_some() || confirmation_now != Confirmation::None);
        match (pending_void, confirmation_now) {
            (Some(pending_void), _) => view! { <UndoVoid room id pending_void/> }.into_any(),
            (None, Confirmation::None) => view! { <ActionButtons room id case confirmation takes_focus/> }.into_any(),
            (None, Confirmation::Close) => view! { <ConfirmClose room case confirmation/> }.into_any(),
            (None, Confirmation::Void) => view! { <ConfirmVoid room case confirmation/> }.into_any(),
        }
    }
}

#[component]
fn ActionButtons(
    room: RoomState,
    id: CaseId,
    case: Memo<Option<Case>>,
    confirmation: RwSignal<Confirmation>,
    takes_focus: bool,
) -> impl IntoView {
    let texts = use_texts();
    let close = NodeRef::<html::Button>::new();
    Effect::new(move || {
        if let Some(close) = close.get().filter(|_| takes_focus) {
            take_focus(close.into());
        }
    });
    let is_open = move || case.with(|case| case.as_ref().is_some_and(|case| case.state == CaseState::Open));
    let has_fixed_end = move || case.with(|case| case.as_ref().is_some_and(|case| case.rules.fixed_end));
    let is_disabled = move || room.is_busy(id) || !is_open() || has_fixed_end();
    view! {
        <div class="actions">
            <div class="chips" role="group" aria-label=texts.text(|t| t.extend)>
                {EXTEND_S.into_iter().map(|by_s| view! {
                    <button
                        type="button" disabled=is_disabled
                        on:click=move |_| {
                            case.with_untracked(|case| case.iter().for_each(|case| room.extend(case, by_s)));
                        }
                    >
                        {format!("+{}", clock_text(by_s))}
                    </button>
                }).collect_view()}
            </div>
            <button
                type="button" node_ref=close disabled=is_disabled
                on:click=move |_| confirmation.set(Confirmation::Close)
            >
                {texts.live(|t| t.close)}
            </button>
            <button
                type="button" class="danger" disabled=move || room.is_busy(id)
                on:click=move |_| confirmation.set(Confirmation::Void)
            >
                {texts.live(|t| t.void)}
            </button>
        </div>
    }
}

#[component]
fn ConfirmClose(room: RoomState, case: Memo<Option<Case>>, confirmation: RwSignal<Confirmation>) -> impl IntoView {
    let texts = use_texts();
    let close = move |_| {
        confirmation.set(Confirmation::None);
        case.with_untracked(|case| case.iter().for_each(|case| room.close(case)));
    };
    view! {
        <div class="asking" role="group" aria-label=texts.text(|t| t.close)>
            <p>{texts.live(|t| t.close_question)}</p>
            <div class="actions">
                <button type="button" class="primary" use:take_focus on:click=close>
                    {texts.live(|t| t.close_now)}
                </button>
                <button type="button" class="quiet" on:click=move |_| confirmation.set(Confirmation::None)>
                    {texts.live(|t| t.keep_open)}
                </button>
            </div>
        </div>
    }
}

#[component]
fn ConfirmVoid(room: RoomState, case: Memo<Option<Case>>, confirmation: RwSignal<Confirmation>) -> impl IntoView {
    let texts = use_texts();
    let reason = RwSignal::new(String::new());
    let used = move || reason.with(|reason| reason.trim().chars().count());
    let is_valid = move || (1..=limits::REASON_CHARS_MAX).contains(&used());
    let void = move |_| {
        confirmation.set(Confirmation::None);
        let reason = reason.get_untracked().trim().to_owned();
        case.with_untracked(|case| case.iter().for_each(|case| room.schedule_void(case, reason.clone())));
    };
    view! {
        <div class="asking">
            <label class="field">
                <span class="field-head">
                    <span>{texts.live(|t| t.void_reason)}</span>
                    <span class="counter" class:counter-over=move || { used() > limits::REASON_CHARS_MAX }>
                        {live_text(move || format!("{}/{}", used(), limits::REASON_CHARS_MAX))}
                    </span>
                </span>
                <textarea
                    rows="2" dir="auto" use:take_focus prop:value=move || reason.get()
                    on:input=move |event| reason.set(event_target_value(&event))
                ></textarea>
                <small class="hint">{texts.live(|t| t.void_hint)}</small>
            </label>
            <div class="actions">
                <button type="button" class="danger" disabled=move || !is_valid() on:click=void>
                    {texts.live(|t| t.void_now)}
                </button>
                <button type="button" class="quiet" on:click=move |_| confirmation.set(Confirmation::None)>
                    {texts.live(|t| t.cancel)}
                </button>
            </div>
        </div>
    }
}

/// A pending void or discard, with its countdown and its undo button.
#[component]
pub fn UndoVoid(room: RoomState, id: CaseId, pending_void: PendingVoid) -> impl IntoView {
    let texts = use_texts();
    let now_ms = ticking();
    let left = Memo::new(move |_| left_s(pending_void.acts_at_ms, now_ms.get()));
    let discards = pending_void.reason.is_none();
    let announcement = texts.live(if discards { |t| t.discarding } else { |t| t.voiding });
    let countdown = move || {
        let pages = texts.pages();
        (if discards { pages.discarding_in } else { pages.voiding_in })(left.get())
    };
    view! {
        <div class="asking undo">
            <p>
                <span class="spoken" role="alert">{announcement}</span>
                <strong aria-hidden="true">{live_text(countdown)}</strong>
                " "<span dir="auto">{still_text(pending_void.reason.unwrap_or_default())}</span>
            </p>
            <div class="actions">
                <button type="button" class="primary" use:take_focus on:click=move |_| room.cancel_void(id)>
                    {texts.live(|t| t.undo)}
                </button>
            </div>
        </div>
    }
}
