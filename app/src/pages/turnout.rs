//! Draws an open case's kind, time left and turnout for pages; it never closes a case.

use leptos::prelude::*;

use super::live_case::LiveCase;
use super::prefs::{Texts, use_texts};
use crate::dom::live_text;
use crate::i18n::TextKey;
use crate::shares;
use crate::time::{clock_text, left_s, ticking};

/// The clock is highlighted from this many seconds left: time for one more call to vote.
const URGENT_S: u64 = 30;

/// The name of a case's kind; a kind of the platform's own is shown as it was written.
#[must_use]
pub fn kind_text(texts: Texts, kind: &str) -> String {
    texts.viewer().kind(kind).map_or_else(|| kind.to_owned(), str::to_owned)
}

/// The time left, on the server's clock.
#[component]
pub fn TimeLeft(live: LiveCase) -> impl IntoView {
    let LiveCase { session, case, .. } = live;
    let texts = use_texts();
    let now_ms = ticking();
    let left = Memo::new(move |_| {
        let server_ms = session.jury().with(|jury| jury.server_ms(now_ms.get()));
        case.with(|case| case.as_ref()?.closes_at_ms).map(|at_ms| left_s(at_ms, server_ms))
    });
    let closes = move || {
        let at_ms = case.with(|case| case.as_ref().and_then(|case| case.closes_at_ms));
        at_ms.map(|at_ms| (texts.pages().closes_at)(texts.lang(), at_ms))
    };
    view! {
        <span
            class="clock" role="timer" title=closes
            class:clock-urgent=move || left.get().is_some_and(|left_s| left_s <= URGENT_S)
        >
            <span class="spoken">{live_text(move || texts.viewer().get(TextKey::TimeLeft))}" "</span>
            {live_text(move || left.get().map(clock_text).unwrap_or_default())}
        </span>
    }
}

/// Ballots against the quorum.
#[component]
pub fn Turnout(live: LiveCase) -> impl IntoView {
    let LiveCase { case, tally, .. } = live;
    let texts = use_texts();
    let turnout =
        Memo::new(move |_| case.with(|case| tally.with(|tally| shares::Turnout::of(case.as_ref(), tally.as_ref()))));
    let of_quorum = move || {
        let shares::Turnout { ballots, quorum } = turnout.get();
        (texts.pages().of_quorum)(texts.lang(), ballots, quorum)
    };
    let met = move || if turnout.get().is_met() { texts.pages().quorum_met } else { "" };
    view! {
        <div class="turnout">
            <p>
                <span class="turnout-words">
                    <strong class="figure">{live_text(move || texts.lang().number(turnout.get().ballots))}</strong>
                    <span>{live_text(of_quorum)}</span>
                </span>
                <span class="turnout-met">{live_text(met)}</span>
            </p>
            <progress
                class="bar" class:bar-met=move || turnout.get().is_met()
                aria-label=texts.text(|t| t.turnout) max=move || turnout.get().quorum.to_string()
                value=move || turnout.get().ballots.min(turnout.get().quorum).to_string()
            ></progress>
        </div>
    }
}
