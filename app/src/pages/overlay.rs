//! The overlay for streaming software: the open case with time left and turnout, then its verdict, then nothing.

mod layout;
mod source;

use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use live_jury_protocol::{Case, CaseId, CaseState, Role, RoomId};

use crate::dom::{live_text, still_text};
use crate::i18n::TextKey;
use crate::jury::{Jury, JuryEvent};
use crate::pages::page_token::{TokenState, token_source, use_page_token};
use crate::pages::{
    Hearing, LiveCase, Prefs, RequireRole, Shares, SharesOnceTold, TimeLeft, TokenNotice, Turnout, origin,
    outcome_text, use_texts,
};
use crate::session::Session;
use crate::socket::{Connection, Failure, SocketConfig};
use layout::{Layout, delay};
use source::BrowserSource;

/// Time after the first view in which plates appear without animation, in milliseconds. They are not new to the stream.
const SETTLED_AFTER_MS: u64 = 1_000;
/// Time a verdict stays, in milliseconds. It is enough to read the verdict aloud.
const VERDICT_SHOWN_MS: u64 = 12_000;

/// The page.
#[component]
pub fn Overlay(
    /// The room.
    room: RoomId,
) -> impl IntoView {
    Prefs::provide_for_overlay();
    let token_state = use_page_token("overlay");
    Layout::from_address().apply();
    view! {
        <RequireRole
            token_state needs=Role::Overlay room=room.clone()
            children=move |_| view! { <RoomOverlay token_state room=room.clone()/> }
        />
    }
}

/// The plate to show.
#[derive(Clone, Debug, PartialEq, Eq)]
enum OverlayState {
    Nothing,
    Open(CaseId),
    Verdict(CaseId),
}

#[component]
fn RoomOverlay(token_state: ReadSignal<TokenState>, room: RoomId) -> impl IntoView {
    // Only a case that ends while the overlay runs shows its verdict. Earlier verdicts are no news to the stream.
    let verdict = RwSignal::new(None::<CaseId>);
    let on_news = Rc::new(move |_: Session, news: &JuryEvent, _: &Jury| {
        if let JuryEvent::Ended(id) = news {
            let id = *id;
            verdict.set(Some(id));
            let leave = move || {
                verdict.try_update(|verdict| {
                    if *verdict == Some(id) {
                        *verdict = None;
                    }
                });
            };
            set_timeout(leave, Duration::from_millis(VERDICT_SHOWN_MS));
        }
    });
    let config = SocketConfig { server: origin(), room, token: token_source(token_state) };
    let session = Session::start_behind(config, delay(), on_news);
    let source = BrowserSource::watch();
    let may_animate = entrance_animation(session, source);
    Effect::new(move |before: Option<String>| {
        let token = token_state.with(TokenState::jwt);
        if before.is_some_and(|before| before != token) {
            session.retry();
        }
        token
    });
    let is_failed = move || session.connection().with(|connection| matches!(connection, Connection::Failed(_)));
    let texts = use_texts();
    let is_replaced =
        move || session.connection().with(|connection| *connection == Connection::Failed(Failure::Replaced));
    let state = Memo::new(move |_| match verdict.get() {
        _ if !source.is_visible() => OverlayState::Nothing,
        Some(id) => OverlayState::Verdict(id),
        // A stale case must not go out on a stream.
        None if is_failed() => OverlayState::Nothing,
        None => session.jury().with(next_to_close).map_or(OverlayState::Nothing, OverlayState::Open),
    });
    view! {
        <main class="overlay-stage">
            <TokenNotice token_state needs=Role::Overlay/>
            // A replaced overlay stays empty, also for the verdict. Whoever runs the stream must see why.
            {move || is_replaced().then(|| view! {
                <div class="banner banner-bad" role="alert">
                    <strong>{live_text(move || (texts.pages().failure)(&Failure::Replaced))}</strong>
                </div>
            })}
            {move || {
                let state = state.get();
                let is_animated = may_animate.get_untracked();
                match state {
                    OverlayState::Nothing => None,
                    OverlayState::Open(id) => Some(view! { <OpenPlate session id is_animated/> }.into_any()),
                    OverlayState::Verdict(id) => Some(view! { <VerdictPlate session id is_animated/> }.into_any()),
                }
            }}
        </main>
    }
}

/// Whether a new plate is animated. A plate of the first view, or of a source that is shown again, is not.
fn entrance_animation(session: Session, source: BrowserSource) -> ReadSignal<bool> {
    let (may_animate, allow) = signal(false);
    let has_docket = Memo::new(move |_| session.jury().with(Jury::has_docket));
    Effect::new(move |waiting: Option<Option<TimeoutHandle>>| {
        if let Some(Some(waiting)) = waiting {
            waiting.clear();
        }
        source.track();
        allow.set(false);
        let is_seen = has_docket.get() && source.is_visible();
        let allow_animation = move || allow.set(true);
        is_seen
            .then(|| set_timeout_with_handle(allow_animation, Duration::from_millis(SETTLED_AFTER_MS)).ok())
            .flatten()
    });
    may_animate
}

/// The open or sealed case with the earliest deadline. A sealed case stays until its verdict.
fn next_to_close(jury: &Jury) -> Option<CaseId> {
    let live = jury.cases().iter().filter(|case| matches!(case.state, CaseState::Open | CaseState::Sealed));
    live.min_by_key(|case| (case.closes_at_ms, case.id)).map(|case| case.id)
}

#[component]
fn OpenPlate(session: Session, id: CaseId, is_animated: bool) -> impl IntoView {
    let texts = use_texts();
    let live = LiveCase::follow(session, id);
    let call = move || if live.is_sealed() { texts.viewer().get(TextKey::Sealed) } else { texts.pages().vote_now };
    view! {
        <article class="plate" class:plate-moving=is_animated>
            <header class="plate-head">
                <span class="plate-call">{live_text(call)}</span>
                <Show when=move || !live.is_sealed()><TimeLeft live/></Show>
            </header>
            <h1 dir="auto">{live.title()}</h1>
            <Hearing live/>
            <Turnout live/>
            <SharesOnceTold live/>
        </article>
    }
}

#[component]
fn VerdictPlate(session: Session, id: CaseId, is_animated: bool) -> impl IntoView {
    let texts = use_texts();
    let live = LiveCase::follow(session, id);
    // The clock of a remedy, which starts within seconds, does not draw the plate again.
    let recorded = Memo::new(move |_| {
        live.case.with(|case| case.clone().map(|case| Case { version: 0, remedy_clock: None, ..case }))
    });
    move || {
        recorded.get().and_then(|case| {
            let verdict = case.verdict.clone()?;
            let headline = {
                let case = case.clone();
                move || outcome_text(texts, &case)
            };
            let why = verdict.why.filter(|why| texts.viewer().why(*why).is_some());
            let why = why.map(|why| move || texts.viewer().why(why).unwrap_or_default());
            let remedy = case.remedy.clone().filter(|_| verdict.option.is_some());
            let counts = Signal::stored(verdict.counts.clone());
            let shows_counts = verdict.counts.is_some();
            Some(view! {
                <article
                    class="plate plate-verdict" class:plate-moving=is_animated data-outcome=verdict.outcome.as_str()
                    role="status"
                >
                    <header class="plate-head">
                        <span class="plate-call">{live_text(move || texts.viewer().get(TextKey::Verdict))}</span>
                        <span>{live_text(move || texts.viewer().votes_in(verdict.ballots))}</span>
                    </header>
                    <h1 dir="auto">{live_text(headline)}</h1>
                    <p dir="auto">{live.title()}</p>
                    {why.map(|why| view! { <p class="plate-why">{live_text(why)}</p> })}
                    <Hearing live/>
                    {shows_counts.then(|| view! { <Shares case counts/> })}
                    {remedy.map(|remedy| view! { <p class="plate-remedy" dir="auto">{still_text(remedy)}</p> })}
                </article>
            })
        })
    }
}
