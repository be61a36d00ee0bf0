//! What a moderator may do with a running case: extend it, close it, void it. Each that cannot be undone asks first.

use leptos::html;
use leptos::prelude::*;
use live_jury_protocol::{Case, CaseId, CaseState, limits};

use super::room_state::{Desk, Voiding};
use crate::pages::{take_focus, use_say};
use crate::time::{clock_text, left_s, ticking};

/// Extensions offered, in seconds.
const EXTEND_S: [u64; 3] = [30, 60, 300];

/// What is being asked before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asking {
    Nothing,
    Close,
    Void,
}

/// The buttons of a running case.
#[component]
pub fn Actions(desk: Desk, id: CaseId, case: Memo<Option<Case>>) -> impl IntoView {
    let asking = RwSignal::new(Asking::Nothing);
    // Whether what is drawn anew takes the place of a control that had the focus.
    let was_asked = StoredValue::new(false);
    let voiding = Memo::new(move |_| desk.voiding(id));
    move || {
        let takes_focus = was_asked.get_value();
        let (voiding, asked) = (voiding.get(), asking.get());
        was_asked.set_value(voiding.is_some() || asked != Asking::Nothing);
        match (voiding, asked) {
            (Some(voiding), _) => view! { <Undo desk id voiding/> }.into_any(),
            (None, Asking::Nothing) => view! { <Offers desk id case asking takes_focus/> }.into_any(),
            (None, Asking::Close) => view! { <AskClose desk case asking/> }.into_any(),
            (None, Asking::Void) => view! { <AskVoid desk case asking/> }.into_any(),
        }
    }
}

#[component]
fn Offers(
    desk: Desk,
    id: CaseId,
    case: Memo<Option<Case>>,
    asking: RwSignal<Asking>,
    takes_focus: bool,
) -> impl IntoView {
    let say = use_say();
    let close = NodeRef::<html::Button>::new();
    Effect::new(move || {
        if let Some(close) = close.get().filter(|_| takes_focus) {
            take_focus(close.into());
        }
    });
    let is_open = move || case.with(|case| case.as_ref().is_some_and(|case| case.state == CaseState::Open));
    let cannot = move || desk.is_busy(id) || !is_open();
    view! {
        <div class="actions">
            <div class="chips" role="group" aria-label=say.text(|t| t.extend)>
                {EXTEND_S.into_iter().map(|by_s| view! {
                    <button
                        type="button" disabled=cannot
                        on:click=move |_| case.with_untracked(|case| case.iter().for_each(|case| desk.extend(case, by_s)))
                    >
                        {format!("+{}", clock_text(by_s))}
                    </button>
                }).collect_view()}
            </div>
            <button type="button" node_ref=close disabled=cannot on:click=move |_| asking.set(Asking::Close)>{say.text(|t| t.close)}</button>
            <button
                type="button" class="danger" disabled=move || desk.is_busy(id)
                on:click=move |_| asking.set(Asking::Void)
            >
                {say.text(|t| t.void)}
            </button>
        </div>
    }
}

#[component]
fn AskClose(desk: Desk, case: Memo<Option<Case>>, asking: RwSignal<Asking>) -> impl IntoView {
    let say = use_say();
    let close = move |_| {
        asking.set(Asking::Nothing);
        case.with_untracked(|case| case.iter().for_each(|case| desk.close(case)));
    };
    view! {
        <div class="asking" role="group" aria-label=say.text(|t| t.close)>
            <p>{say.text(|t| t.close_question)}</p>
            <div class="actions">
                <button type="button" class="primary" use:take_focus on:click=close>{say.text(|t| t.close_now)}</button>
                <button type="button" class="quiet" on:click=move |_| asking.set(Asking::Nothing)>
                    {say.text(|t| t.keep_open)}
                </button>
            </div>
        </div>
    }
}

#[component]
fn AskVoid(desk: Desk, case: Memo<Option<Case>>, asking: RwSignal<Asking>) -> impl IntoView {
    let say = use_say();
    let reason = RwSignal::new(String::new());
    let used = move || reason.with(|reason| reason.trim().chars().count());
    let is_fit = move || (1..=limits::REASON_CHARS_MAX).contains(&used());
    let void = move |_| {
        asking.set(Asking::Nothing);
        let reason = reason.get_untracked().trim().to_owned();
        case.with_untracked(|case| case.iter().for_each(|case| desk.void_soon(case, reason.clone())));
    };
    view! {
        <div class="asking">
            <label class="field">
                <span class="field-head">
                    <span>{say.text(|t| t.void_reason)}</span>
                    <span class="counter" class:counter-over=move || { used() > limits::REASON_CHARS_MAX }>
                        {move || format!("{}/{}", used(), limits::REASON_CHARS_MAX)}
                    </span>
                </span>
                <textarea
                    rows="2" dir="auto" use:take_focus prop:value=move || reason.get()
                    on:input=move |event| reason.set(event_target_value(&event))
                ></textarea>
                <small class="hint">{say.text(|t| t.void_hint)}</small>
            </label>
            <div class="actions">
                <button type="button" class="danger" disabled=move || !is_fit() on:click=void>{say.text(|t| t.void_now)}</button>
                <button type="button" class="quiet" on:click=move |_| asking.set(Asking::Nothing)>
                    {say.text(|t| t.cancel)}
                </button>
            </div>
        </div>
    }
}

/// A void that waits: the time in which it can be taken back.
#[component]
pub fn Undo(desk: Desk, id: CaseId, voiding: Voiding) -> impl IntoView {
    let say = use_say();
    let now_ms = ticking();
    let left = Memo::new(move |_| left_s(voiding.acts_ms, now_ms.get()));
    view! {
        <div class="asking undo">
            <p>
                <span class="spoken" role="alert">{say.text(|t| t.voiding)}</span>
                <strong aria-hidden="true">{move || (say.desk().voiding_in)(left.get())}</strong>
                " "<span dir="auto">{voiding.reason}</span>
            </p>
            <div class="actions">
                <button type="button" class="primary" use:take_focus on:click=move |_| desk.undo_void(id)>
                    {say.text(|t| t.undo)}
                </button>
            </div>
        </div>
    }
}
