//! The card of a running case: time left, turnout, shares, ballot rate, and its buttons. It sends no request itself.

use leptos::prelude::*;
use live_jury_protocol::{CalledJurors, Case, CaseId, CaseState};

use super::actions::Actions;
use super::ballot_rate::{SECONDS_SHOWN, curve};
use super::notices::notice_text;
use super::room_state::RoomState;
use super::second::SecondModerator;
use crate::dom::live_text;
use crate::i18n::TextKey;
use crate::jury::Jury;
use crate::pages::{
    AppealOf, CaseLabels, Hearing, LiveCase, Shares, TallyMissing, Texts, TimeLeft, Turnout, use_texts,
};

/// The running cases of a room, the next deadline first, then cases that ended since the page was opened.
#[component]
pub fn Running(room: RoomState) -> impl IntoView {
    let texts = use_texts();
    let running = Memo::new(move |_| room.running());
    let idle_text = move || {
        let is_known = room.session.jury().with(Jury::has_docket);
        if is_known { texts.pages().nothing_running } else { texts.viewer().get(TextKey::Connecting) }
    };
    let is_idle = Memo::new(move |_| running.with(Vec::is_empty) && room.ended.with(Vec::is_empty));
    view! {
        <div class="running">
            <For each=move || running.get() key=|id| *id children=move |id| view! { <RunningCase room id/> }/>
            <For
                each=move || room.ended.get() key=|id| *id
                children=move |id| view! { <super::verdict::EndedCase room id/> }
            />
            <Show when=move || is_idle.get()>
                <p class="empty">
                    {live_text(idle_text)}
                </p>
            </Show>
        </div>
    }
}

#[component]
fn RunningCase(room: RoomState, id: CaseId) -> impl IntoView {
    let texts = use_texts();
    let live = LiveCase::follow(room.session, id);
    let notice = Memo::new(move |_| room.notice(id));
    let is_problem =
        move || notice.with(|notice| !matches!(notice, None | Some(super::room_state::CaseNotice::Extended(_))));
    let (title_id, labelled_by) = (format!("case-{id}"), format!("case-{id}"));
    view! {
        <article class="case" aria-labelledby=labelled_by>
            <header class="case-head">
                <CaseLabels live/>
                <TimeLeft live/>
            </header>
            <h3 id=title_id dir="auto">{live.title()}</h3>
            <Hearing live/>
            <AppealOf live/>
            <Turnout live/>
            <TallyMissing live/>
            {move || live.case.get().map(|case| view! { <Shares case counts=live.counts()/> })}
            <RuleNotes live/>
            <RateChart room id/>
            <p class="note" class:notice-bad=is_problem role="status" dir="auto">
                {live_text(move || notice_text(texts, notice.get().as_ref()))}
            </p>
            <SecondModerator room id case=live.case/>
            <Actions room id case=live.case/>
        </article>
    }
}

/// The state of a case's panel, in words; none without one.
fn panel_text(texts: Texts, case: &Case) -> Option<String> {
    let seats = case.rules.panel?.seats();
    let called = case.draw.as_ref()?.called;
    Some(match called {
        None => (texts.pages().panel_drawing)(texts.lang(), seats),
        Some(CalledJurors { buyer, merchant, other }) => {
            (texts.pages().panel_called)(texts.lang(), buyer + merchant + other, seats)
        }
    })
}

/// The reason for which nobody sees counts of an open case, and that its end is fixed.
#[component]
fn RuleNotes(live: LiveCase) -> impl IntoView {
    let texts = use_texts();
    let rules = Memo::new(move |_| {
        live.case.with(|case| {
            let case = case.as_ref().filter(|case| case.state == CaseState::Open);
            case.map(|case| (case.rules.blind, case.rules.fixed_end)).unwrap_or_default()
        })
    });
    let has_no_counts = move || live.tally.with(|tally| tally.as_ref().is_some_and(|tally| tally.counts.is_none()));
    let hidden = move || match rules.get() {
        (true, _) => texts.pages().counts_blind,
        (false, _) if !live.is_sealed() && has_no_counts() => texts.pages().counts_few,
        _ => "",
    };
    let panel = Memo::new(move |_| live.case.with(|case| case.as_ref().and_then(|case| panel_text(texts, case))));
    let fixed = move || if rules.get().1 { texts.pages().fixed_end_hint } else { "" };
    view! {
        <p class="note">{live_text(hidden)}</p>
        <p class="note">{live_text(fixed)}</p>
        <p class="note">{live_text(move || panel.get().unwrap_or_default())}</p>
    }
}

/// Ballots per second over the last minute.
#[component]
fn RateChart(room: RoomState, id: CaseId) -> impl IntoView {
    /// The chart's height, in units of its view box.
    const HEIGHT: f64 = 16.0;
    let texts = use_texts();
    let rate = Memo::new(move |_| room.rate(id));
    let text = move || {
        let (now, peak) = rate.with(|rate| (rate.current(), rate.peak()));
        (texts.pages().ballot_rate)(texts.lang(), now, peak)
    };
    let view_box = format!("0 0 {SECONDS_SHOWN} {HEIGHT}");
    view! {
        <figure class="pace">
            <svg viewBox=view_box preserveAspectRatio="none" aria-hidden="true" focusable="false">
                <path d=move || rate.with(|rate| curve(&rate.per_second(), HEIGHT))></path>
            </svg>
            <figcaption>{live_text(text)}</figcaption>
        </figure>
    }
}
