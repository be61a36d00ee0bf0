//! Shows a party the remedies that verdicts ordered of it and that are not given yet. It reports none as given: the
//! platform does.

use leptos::prelude::*;
use live_jury_protocol::RemedyState;
use live_jury_protocol::trust::PartyRemedy;

use super::{PartyState, left_ms};
use crate::dom::{live_text, still_text};
use crate::i18n::Lang;
use crate::pages::use_texts;
use crate::time::local_ms;
use crate::trust::texts::owed;

/// The remedies, those due first first; nothing where none is owed.
#[component]
pub(super) fn OwedRemedies(state: PartyState) -> impl IntoView {
    let texts = use_texts();
    let remedies = Memo::new(move |_| {
        state.standing.with(|standing| standing.as_ref().map(|one| one.remedies.clone()).unwrap_or_default())
    });
    move || {
        let remedies = remedies.get();
        (!remedies.is_empty()).then(|| {
            view! {
                <section class="panel" aria-labelledby="owed-title">
                    <h2 id="owed-title">{owed(texts, |t| t.title)}</h2>
                    <p class="hint">{owed(texts, |t| t.hint)}</p>
                    <ul class="queue">
                        {remedies.into_iter().map(|one| view! { <OwedRemedy one/> }).collect_view()}
                    </ul>
                </section>
            }
        })
    }
}

#[component]
fn OwedRemedy(one: PartyRemedy) -> impl IntoView {
    let texts = use_texts();
    let (state, now_ms) = (one.clock.state.as_str(), local_ms());
    let class = if one.clock.state == RemedyState::Late { "note note-bad" } else { "note" };
    let (title, room) = (one.title.clone(), one.room.clone());
    view! {
        <li class="case" data-clock=state>
            <p class=class><strong dir="auto">{live_text(move || clock_text(texts.lang(), &one, now_ms))}</strong></p>
            <p dir="auto">{still_text(title)}</p>
            <p class="hint">{live_text(move || (texts.lang().trust().of_case)(room.as_str()))}</p>
        </li>
    }
}

/// The remedy with its clock: the time left, or that the time is over.
fn clock_text(lang: Lang, one: &PartyRemedy, now_ms: u64) -> String {
    let (words, due_ms) = (lang.owed(), one.clock.due_ms);
    let due = lang.date_time(due_ms);
    if one.clock.state == RemedyState::Late {
        (words.late)(&due, &one.remedy)
    } else {
        (words.due)(&due, &one.remedy, &(lang.party().left)(lang, left_ms(due_ms, now_ms)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: u64 = 60 * 60 * 1_000;

    fn remedy(state: &str) -> PartyRemedy {
        serde_json::from_value(serde_json::json!({
            "case": "01a203b5-27b4-7ec3-865e-b9e2a7a1b202", "room": "live-42", "title": "Is it silk?",
            "remedy": "Refund", "clock": {"kind": "refund", "due_ms": 30 * HOUR_MS, "state": state}
        }))
        .unwrap()
    }

    #[test]
    fn an_owed_remedy_tells_its_time_left_and_a_late_one_that_it_can_still_be_done() {
        let told = |lang, state| clock_text(lang, &remedy(state), 3 * HOUR_MS);
        assert_eq!(told(Lang::En, "owed"), "Due by date and time 108000000: \u{2068}Refund\u{2069} (27 hours left).");
        assert_eq!(
            told(Lang::ZhCn, "owed"),
            "应于 date and time 108000000 前完成：\u{2068}Refund\u{2069}（还剩 27 小时）。"
        );
        assert_eq!(
            told(Lang::En, "late"),
            "Not done by date and time 108000000: \u{2068}Refund\u{2069}. The platform knows. It can still be done."
        );
        assert_eq!(
            told(Lang::ZhCn, "late"),
            "date and time 108000000 前未完成：\u{2068}Refund\u{2069}。已通知平台，仍可补办。"
        );
    }
}
