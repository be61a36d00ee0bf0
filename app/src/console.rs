//! The moderators' console: the page frame, its tab title, and its keyboard commands. It sends no request of its own.

mod actions;
mod appeal;
mod ballot_rate;
mod buckets;
mod case_editor;
mod case_form;
mod composer;
mod dialog;
mod entry;
mod lists;
mod notices;
mod presets;
mod room;
mod room_state;
mod rooms;
mod running;
mod second;
mod shortcuts;
mod templates;
mod top_bar;
mod verdict;

use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::template::TEMPLATES;
use live_jury_protocol::{Case, CaseState, Role, RoomId};
use wasm_bindgen::JsCast;

use crate::api::Api;
use crate::dom::live_text;
use crate::pages::page_token::{TokenState, token_source, use_page_token};
use crate::pages::{Prefs, RequireRole, TokenNotice, outcome_text, query, use_texts};
use case_form::CaseForm;
use rooms::{AllRooms, Rooms};
use shortcuts::{Command, ShortcutList, Shortcuts};
use top_bar::TopBar;

/// The console.
#[component]
pub fn Console() -> impl IntoView {
    Prefs::provide();
    let token_state = use_page_token("console");
    view! {
        <RequireRole
            token_state needs=Role::Moderator
            children=move |room| view! { <ModeratedRooms token_state token_room=room/> }
        />
    }
}

/// The console after the role check.
#[component]
fn ModeratedRooms(token_state: ReadSignal<TokenState>, token_room: String) -> impl IntoView {
    let texts = use_texts();
    let api = Api::new(Signal::derive(move || token_state.with(TokenState::jwt)));
    let announcement = RwSignal::new(String::new());
    let on_ended = move |room: &RoomId, case: &Case| {
        announcement.set(untrack(|| format!("{room}: {}. {}", outcome_text(texts, case), case.title)));
    };
    let rooms = Rooms::start(&token_room, api, move || token_source(token_state), on_ended);
    follow_link(rooms);
    retry_with_new_token(token_state, rooms);
    warn_before_leaving(rooms);
    set_page_title(rooms);
    Shortcuts::provide(move |command| run_command(rooms, texts, command));
    view! {
        <TokenNotice token_state needs=Role::Moderator/>
        <TopBar rooms/>
        <main class="console">
            {move || match rooms.current() {
                Some(room) => view! { <room::Room room/> }.into_any(),
                None => view! { <AllRooms rooms/> }.into_any(),
            }}
        </main>
        <ShortcutList/>
        <p class="spoken" role="status" aria-live="polite">{live_text(move || announcement.get())}</p>
    }
}

/// Shows the room and the draft that the address names: the trust desk links to them. A draft that was opened or
/// discarded meanwhile is not shown.
fn follow_link(rooms: Rooms) {
    let Some(state) = query("room").and_then(|room| rooms.show(room.parse().ok()?)) else { return };
    let Some(draft) = query("draft").and_then(|id| id.parse().ok()) else { return };
    spawn_local(async move {
        if let Ok(case) = state.api.case(draft).await
            && case.state == CaseState::Draft
            && case.room == state.name()
        {
            state.editor.begin(CaseForm::of(&case), Some((draft, case.version)));
        }
    });
}

/// Reconnects sockets whose token has expired as soon as the page gets a new token. A live socket renews by itself.
fn retry_with_new_token(token_state: ReadSignal<TokenState>, rooms: Rooms) {
    Effect::new(move |before: Option<String>| {
        let token = token_state.with(TokenState::jwt);
        if before.is_some_and(|before| before != token) {
            for room in untrack(|| rooms.all()) {
                room.session.retry();
            }
        }
        token
    });
}

/// Asks the browser to confirm leaving while a void is pending or a form is unsaved. Both exist in this page alone.
fn warn_before_leaving(rooms: Rooms) {
    let listener = window_event_listener(leptos::ev::beforeunload, move |event| {
        if untrack(|| rooms.all().into_iter().any(|room| room.has_pending_void() || room.editor.is_dirty())) {
            event.prevent_default();
        }
    });
    on_cleanup(move || listener.remove());
}

/// Puts the number of running cases into the tab's title, which a moderator sees from other tabs.
fn set_page_title(rooms: Rooms) {
    let texts = use_texts();
    Effect::new(move || {
        let running: usize = rooms.all().into_iter().map(|room| room.running().len()).sum();
        let name = texts.pages().console;
        document().set_title(&if running > 0 { format!("({running}) {name}") } else { name.to_owned() });
    });
}

fn run_command(rooms: Rooms, texts: crate::pages::Texts, command: Command) {
    untrack(|| match command {
        Command::New => {
            if let Some(room) = rooms.current() {
                room.editor.begin(templates::form(&TEMPLATES[0], texts.lang()), None);
            }
        }
        Command::AllRooms => rooms.shown.set(None),
        Command::Room(at) => {
            if let Some(room) = rooms.all().get(at) {
                rooms.shown.set(Some(room.name()));
            }
        }
        Command::Search => {
            let field = document().query_selector("input[type=search]").ok().flatten();
            if let Some(field) = field.and_then(|field| field.dyn_into::<web_sys::HtmlElement>().ok()) {
                // A hidden field takes no focus; the command then does nothing.
                let _ = field.focus();
            }
        }
        Command::Help => {}
    });
}
