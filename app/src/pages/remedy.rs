//! Draws the remedy of a verdict and its clock for pages. It neither orders a remedy nor moves a clock.

use leptos::prelude::*;
use live_jury_protocol::{Case, RemedyClock, RemedyState};

use super::prefs::{Texts, use_texts};
use crate::dom::{live_text, still_text};
use crate::i18n::{Lang, TextKey};
use crate::verdict::VerdictView;

/// The state of a clock with its time; none for a state of a later version.
fn clock_text(lang: Lang, clock: RemedyClock) -> Option<String> {
    let words = lang.remedy();
    let due = || lang.date_time(clock.due_ms);
    match clock.state {
        RemedyState::Owed => Some((words.owed)(&due())),
        RemedyState::Done => Some((words.done)(&lang.date_time(clock.done_ms?))),
        RemedyState::Late => Some((words.late)(&due())),
        RemedyState::Waived => Some(words.waived.to_owned()),
        RemedyState::Unknown => None,
    }
}

/// The clock of a case's remedy in one line, for a list; empty without one.
#[must_use]
pub fn clock_line(texts: Texts, clock: Option<RemedyClock>) -> String {
    clock.and_then(|clock| clock_text(texts.lang(), clock)).unwrap_or_default()
}

/// The remedy of a verdict with its clock. A case without a winner has none, and one that was waived keeps its clock
/// alone.
#[component]
pub fn Remedy(case: Case) -> impl IntoView {
    let texts = use_texts();
    let clock = case.remedy_clock;
    let remedy = VerdictView::of(&case).and_then(VerdictView::remedy).map(str::to_owned);
    let state = clock.map(|clock| clock.state.as_str());
    let class = if state == Some("late") { "note note-bad" } else { "hint" };
    let remedy = remedy.map(|remedy| {
        view! {
            <p>
                <span class="hint">{live_text(move || texts.viewer().get(TextKey::Remedy))}</span>" "
                <strong dir="auto">{still_text(remedy)}</strong>
            </p>
        }
    });
    view! {
        {remedy}
        {clock.map(|_| view! {
            <p class=class data-clock=state>{live_text(move || clock_line(texts, clock))}</p>
        })}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(state: RemedyState, done_ms: Option<u64>) -> RemedyClock {
        RemedyClock {
            #[cfg(feature = "details")]
            kind: live_jury_protocol::RemedyKind::Refund,
            due_ms: 9,
            state,
            done_ms,
        }
    }

    #[test]
    fn each_state_is_told_with_its_own_time() {
        for (state, done_ms, en, zh) in [
            (RemedyState::Owed, None, "Remedy owed until date and time 9.", "处理应于 date and time 9 前完成。"),
            (RemedyState::Done, Some(8), "Remedy given date and time 8.", "处理已于 date and time 8 完成。"),
            (
                RemedyState::Late,
                None,
                "Remedy not given by date and time 9; the platform was told.",
                "处理未在 date and time 9 前完成，已通知平台。",
            ),
            (
                RemedyState::Waived,
                None,
                "Remedy waived: an appeal took the verdict back.",
                "处理已免除：申诉推翻了原裁定。",
            ),
        ] {
            assert_eq!(clock_text(Lang::En, clock(state, done_ms)).as_deref(), Some(en));
            assert_eq!(clock_text(Lang::ZhCn, clock(state, done_ms)).as_deref(), Some(zh));
        }
    }

    #[test]
    fn a_state_of_a_later_version_is_not_told() {
        assert_eq!(clock_text(Lang::En, clock(RemedyState::Unknown, Some(8))), None);
        assert_eq!(clock_text(Lang::En, clock(RemedyState::Done, None)), None, "a time that is missing is not made up");
    }
}
