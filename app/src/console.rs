//! The moderator's console: several rooms, their cases, and what a moderator does with them.

mod actions;
mod ballot_rate;
mod case_editor;
mod case_form;
mod composer;
mod dialog;
mod entry;
mod lists;
mod notices;
mod room;
mod room_state;
mod rooms;
mod running;
mod shortcuts;
mod templates;
mod top_bar;
mod verdict;

use leptos::prelude::*;
use live_jury_protocol::{Case, Role, RoomId};
use wasm_bindgen::JsCast;

use crate::api::Api;
use crate::pages::page_token::{Holding, hold, source};
use crate::pages::{Gate, PassNotice, Prefs, outcome_text, use_say};
use rooms::{AllRooms, Rooms};
use shortcuts::{Command, ShortcutList, Shortcuts};
use templates::TEMPLATES;
use top_bar::TopBar;

/// The whole console.
#[component]
pub fn Console() -> impl IntoView {
    Prefs::provide();
    let holding = hold("console");
    view! {
        <Gate holding needs=Role::Moderator children=move |room| view! { <Desks holding pass_room=room/> }/>
    }
}

/// The rooms of a moderator who was let in.
#[component]
fn Desks(holding: ReadSignal<Holding>, pass_room: String) -> impl IntoView {
    let say = use_say();
    let api = Api::new(Signal::derive(move || holding.with(Holding::token)));
    let spoken = RwSignal::new(String::new());
    let on_ended = move |room: &RoomId, case: &Case| {
        spoken.set(untrack(|| format!("{room}: {}. {}", outcome_text(say, case), case.title)));
    };
    let rooms = Rooms::start(&pass_room, api, move || source(holding), on_ended);
    retry_with_new_token(holding, rooms);
    warn_before_leaving(rooms);
    name_page(rooms);
    Shortcuts::provide(move |command| run(rooms, say, command));
    view! {
        <PassNotice holding needs=Role::Moderator/>
        <TopBar rooms/>
        <main class="console">
            {move || match rooms.current() {
                Some(desk) => view! { <room::Room desk/> }.into_any(),
                None => view! { <AllRooms rooms/> }.into_any(),
            }}
        </main>
        <ShortcutList/>
        <p class="spoken" role="status" aria-live="polite">{move || spoken.get()}</p>
    }
}

/// A socket that a spent token ended comes back when a new one is given; one that lives takes it over at its renewal.
fn retry_with_new_token(holding: ReadSignal<Holding>, rooms: Rooms) {
    Effect::new(move |before: Option<String>| {
        let token = holding.with(Holding::token);
        if before.is_some_and(|before| before != token) {
            for desk in untrack(|| rooms.desks()) {
                desk.session.retry();
            }
        }
        token
    });
}

/// A void that waits, and a case that is being written, would be lost with the page: the browser asks.
fn warn_before_leaving(rooms: Rooms) {
    let listener = window_event_listener(leptos::ev::beforeunload, move |event| {
        if untrack(|| rooms.desks().into_iter().any(|desk| desk.has_voiding() || desk.writing.is_dirty())) {
            event.prevent_default();
        }
    });
    on_cleanup(move || listener.remove());
}

/// The tab of the browser says how much is running: a moderator looks at it from elsewhere.
fn name_page(rooms: Rooms) {
    let say = use_say();
    Effect::new(move || {
        let running: usize = rooms.desks().into_iter().map(|desk| desk.running().len()).sum();
        let name = say.desk().console;
        document().set_title(&if running > 0 { format!("({running}) {name}") } else { name.to_owned() });
    });
}

fn run(rooms: Rooms, say: crate::pages::Say, command: Command) {
    untrack(|| match command {
        Command::New => {
            if let Some(desk) = rooms.current() {
                desk.writing.begin(TEMPLATES[0].brief(say.lang()), None);
            }
        }
        Command::AllRooms => rooms.shown.set(None),
        Command::Room(at) => {
            if let Some(desk) = rooms.desks().get(at) {
                rooms.shown.set(Some(desk.name()));
            }
        }
        Command::Search => {
            let field = document().query_selector("input[type=search]").ok().flatten();
            if let Some(field) = field.and_then(|field| field.dyn_into::<web_sys::HtmlElement>().ok()) {
                // A field that cannot take the focus is one that nobody sees.
                let _ = field.focus();
            }
        }
        Command::Help => {}
    });
}
