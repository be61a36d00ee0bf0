//! The appeal of a recorded verdict on the console: what it means, and one button that files the draft. It opens none.

use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::{Case, Outcome, limits};

use super::room_state::RoomState;
use crate::api::ApiError;
use crate::dom::live_text;
use crate::pages::{error_text, use_texts};
use crate::time::ticking;

/// Seats of a stratum of the appeal's panel, after a panel with these.
fn seats_after(seats: u64) -> u64 {
    if seats == 0 { 0 } else { (2 * seats + 1).min(limits::PANEL_SEATS_MAX) }
}

/// Whether a jury's verdict may still be appealed.
fn may_appeal(case: &Case, now_ms: u64) -> bool {
    case.verdict.as_ref().is_some_and(|verdict| {
        matches!(verdict.outcome, Outcome::Decided | Outcome::Hung)
            && now_ms <= verdict.decided_at_ms + limits::APPEAL_WINDOW_MS
    })
}

/// The button, and the question behind it.
#[component]
pub fn Appeal(room: RoomState, case: Case) -> impl IntoView {
    let texts = use_texts();
    let now_ms = ticking();
    let (asks, is_busy) = (RwSignal::new(false), RwSignal::new(false));
    let done = RwSignal::new(None::<Result<(), ApiError>>);
    let (id, panel) = (case.id, case.rules.panel);
    let case = StoredValue::new(case);
    let shown = Memo::new(move |_| {
        let server_ms = room.session.jury().with(|jury| jury.server_ms(now_ms.get()));
        case.with_value(|case| may_appeal(case, server_ms))
    });
    let file = move |_| {
        is_busy.set(true);
        spawn_local(async move {
            let filed = room.api.appeal(id).await;
            if filed.is_ok() {
                room.drafts.refresh();
                asks.try_set(false);
            }
            is_busy.try_set(false);
            done.try_set(Some(filed.map(drop)));
        });
    };
    let panel_text = move || match panel {
        Some(panel) => {
            (texts.lang().standing().appeal_panel)([panel.buyer, panel.merchant, panel.other].map(seats_after))
        }
        None => texts.lang().standing().appeal_of_vote.to_owned(),
    };
    let outcome = move || {
        done.get().map(|done| match done {
            Ok(()) => texts.lang().standing().appeal_filed.to_owned(),
            Err(error) => error_text(texts, &error),
        })
    };
    view! {
        <Show when=move || shown.get()>
            <div class="actions">
                <button
                    type="button" aria-expanded=move || asks.get().to_string()
                    on:click=move |_| asks.update(|asks| *asks = !*asks)
                >
                    {live_text(move || texts.lang().standing().appeal)}
                </button>
            </div>
            <Show when=move || asks.get()>
                <div class="asking">
                    <p>{live_text(move || texts.lang().standing().appeal_question)}</p>
                    <p>{live_text(panel_text)}</p>
                    <p class="hint">{live_text(move || texts.lang().standing().appeal_excludes)}</p>
                    <button type="button" class="primary" disabled=move || is_busy.get() on:click=file>
                        {live_text(move || texts.lang().standing().file_appeal)}
                    </button>
                </div>
            </Show>
        </Show>
        <p class="note" role="status" dir="auto">{live_text(move || outcome().unwrap_or_default())}</p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_appeals_panel_is_larger_and_has_an_end() {
        assert_eq!([0, 7, 31, 50, 101].map(seats_after), [0, 15, 63, 101, 101]);
    }
}
