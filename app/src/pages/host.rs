//! The host view: open cases, turnout, time left and verdicts, for the host on air. It changes nothing.

use std::rc::Rc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::{Case, CaseId, CaseState, Role, RoomId};

use crate::api::{Api, ApiError};
use crate::dom::{live_text, still_text};
use crate::i18n::TextKey;
use crate::jury::{Jury, JuryEvent};
use crate::pages::page_token::{TokenState, token_source, use_page_token};
use crate::pages::{
    AppealOf, CaseLabels, CaseList, CaseListFooter, CaseListKind, Choices, ConnectionLine, Hearing, LiveCase,
    OWN_STANDING_ID, PastRow, Prefs, RequireRole, SharesOnceTold, TallyMissing, TimeLeft, TokenNotice, Turnout,
    Verdict, error_text, origin, outcome_text, use_texts,
};
use crate::session::Session;
use crate::socket::SocketConfig;

/// The page.
#[component]
pub fn Host(
    /// The room.
    room: RoomId,
) -> impl IntoView {
    Prefs::provide();
    let token_state = use_page_token("host");
    view! {
        <RequireRole
            token_state needs=Role::Host room=room.clone()
            children=move |_| view! { <HostRoom token_state room=room.clone()/> }
        />
    }
}

#[component]
fn HostRoom(token_state: ReadSignal<TokenState>, room: RoomId) -> impl IntoView {
    let texts = use_texts();
    let announcement = RwSignal::new(String::new());
    let ended = RwSignal::new(None::<CaseId>);
    let on_news = Rc::new(move |_: Session, news: &JuryEvent, jury: &Jury| {
        if let JuryEvent::Ended(id) = news {
            ended.set(Some(*id));
            announcement.set(jury.case(*id).map(|case| untrack(|| outcome_text(texts, case))).unwrap_or_default());
        }
    });
    let config = SocketConfig { server: origin(), room: room.clone(), token: token_source(token_state) };
    let session = Session::start(config, on_news);
    let api = Api::new(Signal::derive(move || token_state.with(TokenState::jwt)));
    let past = CaseList::new(api, room.clone(), CaseListKind::Past);
    refresh_on_change(token_state, session, past);
    let name = room.clone();
    Effect::new(move || document().set_title(&format!("{} {name}", texts.pages().host_view)));
    view! {
        <TokenNotice token_state needs=Role::Host/>
        <header class="top">
            <h1 class="brand">{texts.live(|t| t.host_view)}" "<bdi>{room.to_string()}</bdi></h1>
            <ConnectionLine session/>
            <div class="top-end"><Choices/></div>
        </header>
        <main class="host">
            <OpenCases session ended/>
            <div class="host-aside">
                <OwnStanding api token_state/>
                <PastVerdicts past/>
            </div>
        </main>
        <p class="spoken" role="status" aria-live="polite">{live_text(move || announcement.get())}</p>
    }
}

/// The host's own standing. The program that draws it is loaded when it is first opened: few hosts look each time.
#[component]
fn OwnStanding(api: Api, token_state: ReadSignal<TokenState>) -> impl IntoView {
    let texts = use_texts();
    let (is_asked, error) = (RwSignal::new(false), RwSignal::new(None::<ApiError>));
    // A moderator who reads this page is no host.
    let is_host =
        move || token_state.with(|state| matches!(state, TokenState::Present(token) if token.role == Role::Host));
    let load = move |_| {
        if is_asked.get_untracked() {
            return;
        }
        is_asked.set(true);
        spawn_local(async move {
            let loaded = api.page("/trust/").await.and_then(|page| run_page(&page).ok_or(ApiError::Unreadable));
            if let Err(failure) = loaded {
                error.try_set(Some(failure));
                is_asked.try_set(false);
            }
        });
    };
    view! {
        <Show when=is_host>
            <details class="panel own-standing" on:toggle=load>
                <summary>{texts.live(|t| t.own_standing)}</summary>
                <div id=OWN_STANDING_ID class="host-standing"></div>
                <p class="note note-bad" role="alert" dir="auto">
                    {live_text(move || error.get().map(|error| error_text(texts, &error)).unwrap_or_default())}
                </p>
            </details>
        </Show>
    }
}

/// Starts the program that a page of this server names. Its start script looks for the script that names a program, and
/// the one of this page has done its work.
fn run_page(page: &str) -> Option<()> {
    let named = "script[data-js]";
    let read = document().create_element("div").ok()?;
    // Scripts that are set as text do not run.
    read.set_inner_html(page);
    let found = read.query_selector(named).ok()??;
    if let Some(own) = document().query_selector(named).ok().flatten() {
        own.remove_attribute("data-js").ok()?;
    }
    let script = document().create_element("script").ok()?;
    for name in ["type", "src", "data-js", "data-wasm"] {
        script.set_attribute(name, &found.get_attribute(name)?).ok()?;
    }
    document().body()?.append_child(&script).ok().map(drop)
}

/// Reads past verdicts again when a case ends or its remedy moves, and reconnects when a new token comes.
fn refresh_on_change(token_state: ReadSignal<TokenState>, session: Session, past: CaseList) {
    let ended_cases = Memo::new(move |_| {
        let is_over = |case: &&Case| matches!(case.state, CaseState::Decided | CaseState::Void);
        let step = |case: &Case| (case.id, case.version);
        session.jury().with(|jury| jury.cases().iter().filter(is_over).map(step).collect::<Vec<_>>())
    });
    Effect::new(move || {
        // The memo must be read: tracking alone does not make it compute.
        ended_cases.with(|_| ());
        past.refresh();
    });
    Effect::new(move |before: Option<String>| {
        let token = token_state.with(TokenState::jwt);
        if before.is_some_and(|before| before != token) {
            session.retry();
        }
        token
    });
}

/// Open cases, then the verdict of the case that ended last since the page was opened.
#[component]
fn OpenCases(session: Session, ended: RwSignal<Option<CaseId>>) -> impl IntoView {
    let texts = use_texts();
    let live = Memo::new(move |_| {
        let is_live = |case: &&Case| matches!(case.state, CaseState::Open | CaseState::Sealed);
        session.jury().with(|jury| jury.cases().iter().filter(is_live).map(|case| case.id).collect::<Vec<_>>())
    });
    let latest = Memo::new(move |_| ended.get().and_then(|id| session.jury().with(|jury| jury.case(id).cloned())));
    let is_idle = move || live.with(Vec::is_empty) && latest.with(Option::is_none);
    let idle_text = move || {
        let is_known = session.jury().with(Jury::has_docket);
        if is_known { texts.pages().nothing_against_you } else { texts.viewer().get(TextKey::Connecting) }
    };
    view! {
        <div class="host-cases">
            <For each=move || live.get() key=|id| *id children=move |id| view! { <OpenCase session id/> }/>
            {move || latest.get().map(|case| view! {
                <article class="case host-verdict">
                    <header class="case-head">
                        <span class="kind">{texts.live(|t| t.latest_verdict)}</span>
                        <button
                            type="button" class="quiet" aria-label=texts.text(|t| t.put_away)
                            title=texts.text(|t| t.put_away) on:click=move |_| ended.set(None)
                        >
                            "✕"
                        </button>
                    </header>
                    <h2 dir="auto">{still_text(case.title.clone())}</h2>
                    <Verdict case=case.clone()/>
                </article>
            })}
            <Show when=is_idle>
                <p class="empty empty-large">
                    {live_text(idle_text)}
                </p>
            </Show>
        </div>
    }
}

#[component]
fn OpenCase(session: Session, id: CaseId) -> impl IntoView {
    let live = LiveCase::follow(session, id);
    view! {
        <article class="case host-open">
            <header class="case-head"><CaseLabels live/></header>
            <h2 dir="auto">{live.title()}</h2>
            <p class="host-clock"><TimeLeft live/></p>
            <Hearing live/>
            <AppealOf live/>
            <Turnout live/>
            <TallyMissing live/>
            <SharesOnceTold live/>
            <Sides case=live.case/>
        </article>
    }
}

/// Both statements, collapsed.
#[component]
fn Sides(case: Memo<Option<Case>>) -> impl IntoView {
    let texts = use_texts();
    let statements = Memo::new(move |_| case.with(|case| case.as_ref().and_then(|case| case.statements.clone())));
    move || {
        statements.get().map(|statements| {
            view! {
                <details class="group">
                    <summary>{texts.live(|t| t.statements)}</summary>
                    <h3>{live_text(move || texts.viewer().get(TextKey::BuyerSays))}</h3>
                    <p dir="auto">{still_text(statements.buyer)}</p>
                    <h3>{live_text(move || texts.viewer().get(TextKey::MerchantSays))}</h3>
                    <p dir="auto">{still_text(statements.merchant)}</p>
                </details>
            }
        })
    }
}

#[component]
fn PastVerdicts(past: CaseList) -> impl IntoView {
    let texts = use_texts();
    let chosen = RwSignal::new(None::<Case>);
    view! {
        <section class="panel" aria-labelledby="past-title">
            <h2 id="past-title">{texts.live(|t| t.past)}</h2>
            <ul class="list">
                <For
                    each=move || past.items.get() key=|case| (case.id, case.version)
                    children=move |case| {
                        let id = case.id;
                        let shown = Memo::new(move |_| {
                            chosen.with(|chosen| chosen.as_ref().is_some_and(|chosen| chosen.id == id))
                        });
                        let choose = Callback::new(move |case: Case| {
                            let again = shown.get_untracked();
                            chosen.set(Some(case).filter(|_| !again));
                        });
                        view! {
                            <PastRow case=case.clone() choose/>
                            {move || shown.get().then(|| view! { <li><Verdict case=case.clone()/></li> })}
                        }
                    }
                />
            </ul>
            <Show when=move || past.items.with(Vec::is_empty)><p class="empty">{texts.live(|t| t.no_past)}</p></Show>
            <CaseListFooter list=past/>
        </section>
    }
}
