//! The rooms on the console: which there are, the tabs that lead to them, and all of them at a glance.

use std::str::FromStr;

use leptos::prelude::*;
use live_jury_protocol::{Case, RoomId};

use super::room_state::Desk;
use super::running::Running;
use crate::api::Api;
use crate::jury::Jury;
use crate::pages::{ConnectionLine, connection_name, keep, kept, use_say};
use crate::time::{clock_text, left_s, server_ms, ticking};
use crate::token::TokenSource;

const KEY: &str = "live-jury.rooms";

/// A room on the console, with the reactive owner its session lives under.
#[derive(Clone)]
struct Place {
    desk: Desk,
    owner: Owner,
}

/// The rooms. Copy it freely.
#[derive(Clone, Copy)]
pub struct Rooms {
    places: RwSignal<Vec<Place>>,
    /// The room that is shown; none for all of them.
    pub shown: RwSignal<Option<RoomId>>,
    /// Whether rooms can be added: the token is for every room.
    pub is_free: bool,
    open: StoredValue<Box<dyn Fn(RoomId) -> Desk + Send + Sync>>,
    /// What every room lives under: the console, not the button that added it.
    home: StoredValue<Owner>,
}

impl Rooms {
    /// The room of the token, or, where it is for every room, those that were open in this browser before.
    #[must_use]
    pub fn start(
        pass_room: &str,
        api: Api,
        token: impl Fn() -> TokenSource + Copy + Send + Sync + 'static,
        on_ended: impl Fn(&RoomId, &Case) + Copy + Send + Sync + 'static,
    ) -> Self {
        let open = move |room| Desk::start(room, api, token(), on_ended);
        let rooms = Self {
            places: RwSignal::new(Vec::new()),
            shown: RwSignal::new(None),
            is_free: pass_room == "*",
            open: StoredValue::new(Box::new(open)),
            home: StoredValue::new(Owner::current().unwrap_or_default()),
        };
        if let Ok(room) = RoomId::from_str(pass_room) {
            rooms.add(room);
        } else {
            let known = kept(KEY).unwrap_or_default();
            for room in known.split(' ').filter_map(|room| room.parse().ok()) {
                rooms.add(room);
            }
            rooms.shown.set(None);
        }
        rooms
    }

    /// The desks, in the order of the tabs.
    #[must_use]
    pub fn desks(self) -> Vec<Desk> {
        self.places.with(|places| places.iter().map(|place| place.desk).collect())
    }

    /// The desk that is shown; the only one, where there is one.
    #[must_use]
    pub fn current(self) -> Option<Desk> {
        let shown = self.shown.get();
        let desks = self.desks();
        match (shown, desks.as_slice()) {
            (None, [only]) => Some(*only),
            (shown, desks) => desks.iter().copied().find(|desk| Some(desk.name()) == shown),
        }
    }

    /// Adds a room and shows it; one that is there already is shown.
    pub fn add(self, room: RoomId) {
        if !self.places.with_untracked(|places| places.iter().any(|place| place.desk.name() == room)) {
            let owner = self.home.with_value(Owner::child);
            let desk = owner.with(|| self.open.with_value(|open| open(room.clone())));
            self.places.update(|places| places.push(Place { desk, owner }));
            self.keep();
        }
        self.shown.set(Some(room));
    }

    /// Takes a room off the console; what runs there runs on.
    pub fn remove(self, room: &RoomId) {
        let at = self.places.with_untracked(|places| places.iter().position(|place| place.desk.name() == *room));
        let Some(at) = at else { return };
        self.shown.set(None);
        if let Some(place) = self.places.try_update(|places| places.remove(at)) {
            // After its views are gone: they still read its signals.
            request_animation_frame(move || place.owner.cleanup());
        }
        self.keep();
    }

    fn keep(self) {
        if self.is_free {
            let names: Vec<_> = untrack(|| self.desks()).into_iter().map(|desk| desk.name().to_string()).collect();
            keep(KEY, &names.join(" "));
        }
    }
}

/// The tabs, each with what is going on in its room.
#[component]
pub fn RoomTabs(rooms: Rooms) -> impl IntoView {
    let say = use_say();
    let is_many = move || rooms.places.with(|places| places.len() > 1);
    let is_all = move || rooms.current().is_none();
    view! {
        <nav class="tabs" aria-label=say.text(|t| t.rooms)>
            <Show when=is_many>
                <button
                    type="button" class="tab" aria-current=move || is_all().then_some("true")
                    on:click=move |_| rooms.shown.set(None)
                >
                    {say.text(|t| t.all_rooms)}
                </button>
            </Show>
            <For each=move || rooms.desks() key=|desk| desk.name() children=move |desk| view! { <RoomTab rooms desk/> }/>
            <Show when=move || rooms.is_free><AddRoom rooms/></Show>
        </nav>
    }
}

#[component]
fn RoomTab(rooms: Rooms, desk: Desk) -> impl IntoView {
    let say = use_say();
    let room = StoredValue::new(desk.name());
    let is_current = move || rooms.current().is_some_and(|current| current.name() == room.get_value());
    let running = Memo::new(move |_| desk.running().len());
    let now_ms = ticking();
    let left = Memo::new(move |_| {
        desk.session.jury().with(|jury| {
            let next =
                jury.cases().iter().filter(|case| case.verdict.is_none()).filter_map(|case| case.closes_at_ms).min()?;
            Some(left_s(next, server_ms(now_ms.get(), jury.clock_offset_ms())))
        })
    });
    let connection = desk.session.connection();
    let viewers =
        move || desk.session.jury().with(Jury::viewers).map(|viewers| (say.viewer().viewers)(say.lang(), viewers));
    let remove_label = move || (say.desk().remove_room)(&room.get_value().to_string());
    view! {
        <span class="tab-place">
            <button
                type="button" class="tab" aria-current=move || is_current().then_some("true") title=viewers
                data-connection=move || connection.with(connection_name)
                on:click=move |_| rooms.shown.set(Some(room.get_value()))
            >
                <span class="dot" aria-hidden="true"></span>
                <bdi>{room.get_value().to_string()}</bdi>
                <Show when=move || { running.get() > 0 }>
                    <span class="badge">
                        {move || say.lang().number(running.get() as u64)}
                        <span class="spoken">" "{say.text(|t| t.running)}</span>
                    </span>
                    <span class="tab-clock">{move || left.get().map(clock_text)}</span>
                </Show>
            </button>
            <Show when=move || rooms.is_free && is_current()>
                <button
                    type="button" class="quiet tab-remove" aria-label=remove_label title=remove_label
                    on:click=move |_| rooms.remove(&room.get_value())
                >
                    "✕"
                </button>
            </Show>
        </span>
    }
}

#[component]
fn AddRoom(rooms: Rooms) -> impl IntoView {
    let say = use_say();
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
                type="text" dir="ltr" autocomplete="off" aria-label=say.text(|t| t.add_room)
                placeholder=say.text(|t| t.add_room) aria-invalid=move || is_wrong.get().then_some("true")
                prop:value=move || name.get() on:input=move |event| name.set(event_target_value(&event))
            />
            <button type="submit" class="quiet" aria-label=say.text(|t| t.add_room)>"+"</button>
            <Show when=move || is_wrong.get()><small class="fault" role="alert">{say.text(|t| t.room_form)}</small></Show>
        </form>
    }
}

/// What runs in every room, side by side.
#[component]
pub fn AllRooms(rooms: Rooms) -> impl IntoView {
    let say = use_say();
    view! {
        <div class="columns">
            <For
                each=move || rooms.desks() key=|desk| desk.name()
                children=move |desk| view! {
                    <section class="panel column" aria-label=desk.name().to_string()>
                        <div class="panel-head">
                            <h2><bdi>{desk.name().to_string()}</bdi></h2>
                            <button type="button" class="quiet" on:click=move |_| rooms.shown.set(Some(desk.name()))>
                                {say.text(|t| t.show_room)}
                            </button>
                        </div>
                        <ConnectionLine session=desk.session/>
                        <Running desk/>
                    </section>
                }
            />
        </div>
        <Show when=move || rooms.desks().is_empty()>
            <p class="empty empty-large">{say.text(|t| t.no_rooms)}</p>
        </Show>
    }
}
