//! The rooms of the console: their list, its tabs, and the view of all rooms. It never changes a case.

use std::str::FromStr;

use leptos::prelude::*;
use live_jury_protocol::{Case, RoomId};

use super::room_state::RoomState;
use super::running::Running;
use crate::api::Api;
use crate::dom::live_text;
use crate::jury::Jury;
use crate::pages::{ConnectionLine, ROOMS_KEY, connection_name, save_setting, saved_setting, use_texts};
use crate::time::{clock_text, left_s, ticking};
use crate::token::TokenSource;

/// A room on the console, with the reactive owner of its session.
#[derive(Clone)]
struct OpenRoom {
    state: RoomState,
    owner: Owner,
}

/// The rooms. Cheap to copy: every field is a handle.
#[derive(Clone, Copy)]
pub struct Rooms {
    open_rooms: RwSignal<Vec<OpenRoom>>,
    /// The shown room; none for all rooms.
    pub shown: RwSignal<Option<RoomId>>,
    /// Whether the moderator may add rooms, which needs a token for every room.
    pub may_add: bool,
    start_room: StoredValue<Box<dyn Fn(RoomId) -> RoomState + Send + Sync>>,
    /// The parent of every room's owner. It is the console, so that a room outlives the form that added it.
    owner: StoredValue<Owner>,
}

impl Rooms {
    /// The token's room. For a token of every room: the rooms that this browser saved.
    #[must_use]
    pub fn start(
        token_room: &str,
        api: Api,
        token: impl Fn() -> TokenSource + Copy + Send + Sync + 'static,
        on_ended: impl Fn(&RoomId, &Case) + Copy + Send + Sync + 'static,
    ) -> Self {
        let start_room = move |room| RoomState::start(room, api, token(), on_ended);
        let rooms = Self {
            open_rooms: RwSignal::new(Vec::new()),
            shown: RwSignal::new(None),
            may_add: token_room == "*",
            start_room: StoredValue::new(Box::new(start_room)),
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
        };
        if let Ok(room) = RoomId::from_str(token_room) {
            rooms.add(room);
        } else {
            let known = saved_setting(ROOMS_KEY).unwrap_or_default();
            for room in known.split(' ').filter_map(|room| room.parse().ok()) {
                rooms.add(room);
            }
            rooms.shown.set(None);
        }
        rooms
    }

    /// The rooms, in the order of the tabs.
    #[must_use]
    pub fn all(self) -> Vec<RoomState> {
        self.open_rooms.with(|open_rooms| open_rooms.iter().map(|open| open.state).collect())
    }

    /// The shown room. A single room is always shown.
    #[must_use]
    pub fn current(self) -> Option<RoomState> {
        let shown = self.shown.get();
        let rooms = self.all();
        match (shown, rooms.as_slice()) {
            (None, [only]) => Some(*only),
            (shown, rooms) => rooms.iter().copied().find(|room| Some(room.name()) == shown),
        }
    }

    /// Adds a room, unless it exists, and shows it.
    pub fn add(self, room: RoomId) {
        if !self.open_rooms.with_untracked(|open_rooms| open_rooms.iter().any(|open| open.state.name() == room)) {
            let owner = self.owner.with_value(Owner::child);
            let state = owner.with(|| self.start_room.with_value(|start_room| start_room(room.clone())));
            self.open_rooms.update(|open_rooms| open_rooms.push(OpenRoom { state, owner }));
            self.save_names();
        }
        self.shown.set(Some(room));
    }

    /// Shows a room, and adds it where the token is for it. Returns its state.
    pub fn show(self, room: RoomId) -> Option<RoomState> {
        if self.may_add {
            self.add(room.clone());
        }
        let state = untrack(|| self.all()).into_iter().find(|state| state.name() == room)?;
        self.shown.set(Some(room));
        Some(state)
    }

    /// Removes a room from the console. Its cases go on.
    pub fn remove(self, room: &RoomId) {
        let at =
            self.open_rooms.with_untracked(|open_rooms| open_rooms.iter().position(|open| open.state.name() == *room));
        let Some(at) = at else { return };
        self.shown.set(None);
        if let Some(removed) = self.open_rooms.try_update(|open_rooms| open_rooms.remove(at)) {
            // One frame later: the room's views are gone then, and read its signals until then.
            request_animation_frame(move || removed.owner.cleanup());
        }
        self.save_names();
    }

    fn save_names(self) {
        if self.may_add {
            let names: Vec<_> = untrack(|| self.all()).into_iter().map(|room| room.name().to_string()).collect();
            save_setting(ROOMS_KEY, &names.join(" "));
        }
    }
}

/// The tabs, each with its running cases, time left and connection.
#[component]
pub fn RoomTabs(rooms: Rooms) -> impl IntoView {
    let texts = use_texts();
    let is_many = move || rooms.open_rooms.with(|open_rooms| open_rooms.len() > 1);
    let is_all = move || rooms.current().is_none();
    view! {
        <nav class="tabs" aria-label=texts.text(|t| t.rooms)>
            <Show when=is_many>
                <button
                    type="button" class="tab" aria-current=move || is_all().then_some("true")
                    on:click=move |_| rooms.shown.set(None)
                >
                    {texts.live(|t| t.all_rooms)}
                </button>
            </Show>
            <For each=move || rooms.all() key=|room| room.name() children=move |room| view! { <RoomTab rooms room/> }/>
            <Show when=move || rooms.may_add><AddRoom rooms/></Show>
        </nav>
    }
}

#[component]
fn RoomTab(rooms: Rooms, room: RoomState) -> impl IntoView {
    let texts = use_texts();
    let name = StoredValue::new(room.name());
    let is_current = move || rooms.current().is_some_and(|current| current.name() == name.get_value());
    let running = Memo::new(move |_| room.running().len());
    let now_ms = ticking();
    let left = Memo::new(move |_| {
        room.session.jury().with(|jury| {
            let next =
                jury.cases().iter().filter(|case| case.verdict.is_none()).filter_map(|case| case.closes_at_ms).min()?;
            Some(left_s(next, jury.server_ms(now_ms.get())))
        })
    });
    let connection = room.session.connection();
    let viewers = move || room.session.jury().with(Jury::viewers).map(|viewers| texts.viewer().viewers(viewers));
    let remove_label = move || (texts.pages().remove_room)(&name.get_value().to_string());
    view! {
        <span class="tab-place">
            <button
                type="button" class="tab" aria-current=move || is_current().then_some("true") title=viewers
                data-connection=move || connection.with(connection_name)
                on:click=move |_| rooms.shown.set(Some(name.get_value()))
            >
                <span class="dot" aria-hidden="true"></span>
                <bdi>{name.get_value().to_string()}</bdi>
                <Show when=move || { running.get() > 0 }>
                    <span class="badge">
                        {live_text(move || texts.lang().number(running.get() as u64))}
                        <span class="spoken">" "{texts.live(|t| t.running)}</span>
                    </span>
                    <span class="tab-clock">{live_text(move || left.get().map(clock_text).unwrap_or_default())}</span>
                </Show>
            </button>
            <Show when=move || rooms.may_add && is_current()>
                <button
                    type="button" class="quiet tab-remove" aria-label=remove_label title=remove_label
                    on:click=move |_| rooms.remove(&name.get_value())
                >
                    "✕"
                </button>
            </Show>
        </span>
    }
}

#[component]
fn AddRoom(rooms: Rooms) -> impl IntoView {
    let texts = use_texts();
    let name = RwSignal::new(String::new());
    let is_wrong = RwSignal::new(false);
    let add = move || match name.get_untracked().trim().parse::<RoomId>() {
        Ok(room) => {
            is_wrong.set(false);
            name.set(String::new());
            rooms.add(room);
        }
        Err(_) => is_wrong.set(true),
    };
    view! {
        <form class="add-room" on:submit=move |event| { event.prevent_default(); add(); }>
            <input
                type="text" dir="ltr" autocomplete="off" aria-label=texts.text(|t| t.add_room)
                placeholder=texts.text(|t| t.add_room) aria-invalid=move || is_wrong.get().then_some("true")
                prop:value=move || name.get() on:input=move |event| name.set(event_target_value(&event))
            />
            <button type="submit" class="quiet" aria-label=texts.text(|t| t.add_room)>"+"</button>
            <Show when=move || is_wrong.get()>
                <small class="fault" role="alert">{texts.live(|t| t.room_form)}</small>
            </Show>
        </form>
    }
}

/// The running cases of every room, in columns.
#[component]
pub fn AllRooms(rooms: Rooms) -> impl IntoView {
    let texts = use_texts();
    view! {
        <div class="columns">
            <For
                each=move || rooms.all() key=|room| room.name()
                children=move |room| view! {
                    <section class="panel column" aria-label=room.name().to_string()>
                        <div class="panel-head">
                            <h2><bdi>{room.name().to_string()}</bdi></h2>
                            <button type="button" class="quiet" on:click=move |_| rooms.shown.set(Some(room.name()))>
                                {texts.live(|t| t.show_room)}
                            </button>
                        </div>
                        <ConnectionLine session=room.session/>
                        <Running room/>
                    </section>
                }
            />
        </div>
        <Show when=move || rooms.all().is_empty()>
            <p class="empty empty-large">{texts.live(|t| t.no_rooms)}</p>
        </Show>
    }
}
