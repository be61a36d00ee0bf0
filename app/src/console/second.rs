//! A step that waits for a second moderator: who asked for it, the time left, and one button that confirms it. It sends
//! no request itself.

use leptos::prelude::*;
use live_jury_protocol::{AskedStep, Case, CaseId, GuardedStep, limits};

use super::notices::asked_text;
use super::room_state::RoomState;
use crate::dom::live_text;
use crate::pages::use_texts;
use crate::time::{clock_text, left_s, ticking};

/// The step that waits, until it is taken or its time is over.
#[component]
pub fn SecondModerator(room: RoomState, id: CaseId, case: Memo<Option<Case>>) -> impl IntoView {
    let now_ms = ticking();
    let asked = Memo::new(move |_| case.with(|case| case.as_ref()?.asked.clone()));
    let left = Memo::new(move |_| {
        let server_ms = room.session.jury().with(|jury| jury.server_ms(now_ms.get()));
        let ends_at_ms = asked.with(|asked| Some(asked.as_ref()?.at_ms + limits::ASKED_FOR_MS))?;
        Some(left_s(ends_at_ms, server_ms)).filter(|left_s| *left_s > 0)
    });
    let waits = Memo::new(move |_| left.with(Option::is_some));
    move || {
        let asked = asked.get().filter(|_| waits.get())?;
        Some(view! { <WaitingStep room id case asked left/> })
    }
}

#[component]
fn WaitingStep(
    room: RoomState,
    id: CaseId,
    case: Memo<Option<Case>>,
    asked: AskedStep,
    left: Memo<Option<u64>>,
) -> impl IntoView {
    let texts = use_texts();
    let claims = room.session.claims();
    let by = asked.by.clone();
    // A step of a later version has no button here.
    let is_known = asked.step != GuardedStep::Unknown;
    let may_confirm = Memo::new(move |_| is_known && claims.with(|claims| claims.sub != by));
    let text = {
        let asked = asked.clone();
        move || asked_text(texts, &asked)
    };
    let left_text = move || left.get().map(|left_s| (texts.pages().asked_left)(&clock_text(left_s)));
    let asked = StoredValue::new(asked);
    let confirm = move |_| {
        case.with_untracked(|case| case.iter().for_each(|case| asked.with_value(|asked| room.confirm(case, asked))));
    };
    view! {
        <div class="asking">
            <p role="status" dir="auto">{live_text(text)}</p>
            <p class="hint">{live_text(move || left_text().unwrap_or_default())}</p>
            <Show when=move || may_confirm.get()>
                <div class="actions">
                    <button type="button" class="primary" disabled=move || room.is_busy(id) on:click=confirm>
                        {texts.live(|t| t.confirm)}
                    </button>
                </div>
            </Show>
        </div>
    }
}
