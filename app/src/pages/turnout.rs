//! A case that takes ballots: what it is called, the time left, and ballots against the quorum.

use leptos::prelude::*;
use live_jury_protocol::{Case, Tally};

use super::prefs::{Texts, use_texts};
use crate::jury::Jury;
use crate::session::Session;
use crate::time::{clock_text, left_s, server_ms, ticking};

/// Seconds left from which the clock stands out.
const URGENT_S: u64 = 30;

/// What a case's kind is called; a platform's own kind as it is.
#[must_use]
pub fn kind_text(texts: Texts, kind: &str) -> String {
    (texts.viewer().kind)(kind).map_or_else(|| kind.to_owned(), str::to_owned)
}

/// The time left, on the server's clock.
#[component]
pub fn TimeLeft(session: Session, case: Memo<Option<Case>>) -> impl IntoView {
    let texts = use_texts();
    let now_ms = ticking();
    let left = Memo::new(move |_| {
        let offset_ms = session.jury().with(Jury::clock_offset_ms);
        case.with(|case| case.as_ref()?.closes_at_ms).map(|at_ms| left_s(at_ms, server_ms(now_ms.get(), offset_ms)))
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
            <span class="spoken">{move || texts.viewer().time_left}" "</span>
            {move || left.get().map(clock_text)}
        </span>
    }
}

/// Ballots against the quorum.
#[component]
pub fn Turnout(#[prop(into)] case: Signal<Option<Case>>, #[prop(into)] tally: Signal<Option<Tally>>) -> impl IntoView {
    let texts = use_texts();
    let ballots = Memo::new(move |_| tally.with(|tally| tally.as_ref().map_or(0, |tally| tally.ballots)));
    let quorum = Memo::new(move |_| case.with(|case| case.as_ref().map_or(1, |case| case.rules.quorum)));
    view! {
        <div class="turnout">
            <p>
                <span class="turnout-words">
                    <strong class="figure">{move || texts.lang().number(ballots.get())}</strong>
                    {move || (texts.pages().of_quorum)(texts.lang(), ballots.get(), quorum.get())}
                </span>
                <span class="turnout-met">{move || (ballots.get() >= quorum.get()).then(|| texts.pages().quorum_met)}</span>
            </p>
            <progress
                class="bar" class:bar-met=move || { ballots.get() >= quorum.get() }
                aria-label=texts.text(|t| t.turnout) max=move || quorum.get().to_string()
                value=move || ballots.get().min(quorum.get()).to_string()
            ></progress>
        </div>
    }
}
