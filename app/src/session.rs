//! Joins socket, state and storage of one room into signals, and performs the state's effects; it never draws.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use live_jury_protocol::{CaseId, OptionId, ServerFrame, Tally};
use wasm_bindgen::JsValue;

use crate::backoff::share;
use crate::jury::{ByCase, Effect, Jury, JuryEvent, SavedBallots, Wait, keep_newest};
use crate::socket::{Connection, Socket, SocketConfig, SocketEvent};
use crate::storage;
use crate::time::local_ms;
use crate::token::Claims;

/// The shortest time between two counts on the screen, in milliseconds. Tallies between are replaced by the newest.
/// More than four changes a second flicker.
const TALLY_SHOWN_MS: u64 = 250;

/// Receives each event after the state has changed.
pub type JuryListener = Rc<dyn Fn(Session, &JuryEvent, &Jury)>;

/// A followed room. Copies share it; it ends with the reactive owner under which it was started.
#[derive(Clone, Copy)]
pub struct Session {
    jury: RwSignal<Jury>,
    connection: RwSignal<Connection>,
    claims: RwSignal<Claims>,
    inner: StoredValue<Rc<Inner>, LocalStorage>,
}

struct Inner {
    server: String,
    room: String,
    socket: RefCell<Option<Socket>>,
    on_event: JuryListener,
    saved: RefCell<SavedBallots>,
    /// Tallies to show next, the newest of each case.
    tallies: RefCell<ByCase<Tally>>,
    tallied_ms: Cell<u64>,
}

impl Session {
    /// Connects and follows the room.
    #[must_use]
    pub fn start(config: SocketConfig, on_event: JuryListener) -> Self {
        Self::open(config, on_event, |session, event| session.on_socket(event))
    }

    /// Follows the room with every socket event handled `delay` later. An overlay uses this to stay in step with a
    /// stream that is itself delayed.
    #[must_use]
    pub fn start_behind(config: SocketConfig, delay: Duration, on_event: JuryListener) -> Self {
        if delay.is_zero() {
            return Self::start(config, on_event);
        }
        // Timeouts of equal length fire in the order in which they were set.
        Self::open(config, on_event, move |session, event| set_timeout(move || session.on_socket(event), delay))
    }

    fn open(config: SocketConfig, on_event: JuryListener, handle: impl Fn(Self, SocketEvent) + 'static) -> Self {
        let inner = Rc::new(Inner {
            server: config.server.clone(),
            room: config.room.to_string(),
            socket: RefCell::new(None),
            on_event,
            saved: RefCell::default(),
            tallies: RefCell::default(),
            tallied_ms: Cell::new(0),
        });
        let session = Self {
            jury: RwSignal::new(Jury::default()),
            connection: RwSignal::new(Connection::Connecting),
            claims: RwSignal::new(Claims::default()),
            inner: StoredValue::new_local(inner.clone()),
        };
        let socket = Socket::open(config, move |event| handle(session, event));
        *inner.socket.borrow_mut() = Some(socket);
        session
    }

    /// Makes a room without a connection from given facts, for a snapshot of the widget.
    #[must_use]
    pub fn still(jury: RwSignal<Jury>, connection: Connection, claims: Claims) -> Self {
        let inner = Inner {
            server: String::new(),
            room: String::new(),
            socket: RefCell::new(None),
            on_event: Rc::new(|_, _, _| {}),
            saved: RefCell::default(),
            tallies: RefCell::default(),
            tallied_ms: Cell::new(0),
        };
        Self {
            jury,
            connection: RwSignal::new(connection),
            claims: RwSignal::new(claims),
            inner: StoredValue::new_local(Rc::new(inner)),
        }
    }

    /// The room's state.
    #[must_use]
    pub fn jury(&self) -> ReadSignal<Jury> {
        self.jury.read_only()
    }

    /// The browser's WebSocket, while the connection is live.
    #[must_use]
    pub fn browser_socket(&self) -> Option<JsValue> {
        self.inner.try_with_value(|inner| inner.socket.borrow().as_ref()?.browser())?
    }

    /// The state of the connection.
    #[must_use]
    pub fn connection(&self) -> ReadSignal<Connection> {
        self.connection.read_only()
    }

    /// The token's claims, as far as a client can read them.
    #[must_use]
    pub fn claims(&self) -> ReadSignal<Claims> {
        self.claims.read_only()
    }

    /// Casts the own ballot, with a reason if the viewer chose one.
    pub fn cast(&self, case: CaseId, option: &OptionId, reason: Option<&OptionId>) {
        self.change(|jury| jury.cast(case, option, reason));
    }

    /// Records that the viewer has read a statement of a case: 1 is the buyer's, 2 the merchant's.
    pub fn read(&self, case: CaseId, statement: u64) {
        self.change(|jury| {
            jury.read(case, statement);
            Vec::new()
        });
    }

    /// Reconnects now, even after a failure.
    pub fn retry(&self) {
        self.inner.try_with_value(|inner| {
            if let Some(socket) = inner.socket.borrow().as_ref() {
                socket.retry();
            }
        });
    }

    fn on_socket(&self, event: SocketEvent) {
        match event {
            SocketEvent::Claims(claims) => self.identified(claims),
            SocketEvent::Connection(connection) => {
                if connection != Connection::Live {
                    self.change(|jury| {
                        jury.disconnected();
                        Vec::new()
                    });
                }
                self.connection.try_set(connection);
            }
            SocketEvent::Frame(ServerFrame::Tally(tally)) => self.tallied(tally),
            SocketEvent::Frame(frame) => self.change(|jury| jury.apply(frame, local_ms())),
        }
    }

    /// Restores the ballots of the token's viewer. Another viewer in the same tab does not inherit them.
    fn identified(&self, claims: Claims) {
        let known = self.claims.try_get_untracked().unwrap_or_default().sub;
        if !claims.sub.is_empty() && claims.sub != known {
            let saved = self.inner.try_with_value(|inner| storage::load(&inner.server, &inner.room, &claims.sub));
            self.jury.try_update(|jury| jury.restore(saved.unwrap_or_default()));
        }
        self.claims.try_set(claims);
    }

    fn tallied(&self, tally: Tally) {
        let Some(inner) = self.inner.try_get_value() else { return };
        let waits = !inner.tallies.borrow().is_empty();
        keep_newest(&mut inner.tallies.borrow_mut(), tally);
        if waits {
            return;
        }
        let wait_ms = (inner.tallied_ms.get() + TALLY_SHOWN_MS).saturating_sub(local_ms());
        let session = *self;
        set_timeout(move || session.show_tallies(), Duration::from_millis(wait_ms.min(TALLY_SHOWN_MS)));
    }

    fn show_tallies(&self) {
        let Some(inner) = self.inner.try_get_value() else { return };
        inner.tallied_ms.set(local_ms());
        let tallies = std::mem::take(&mut *inner.tallies.borrow_mut());
        self.change(|jury| {
            let frames = tallies.into_iter().map(|(_, tally)| ServerFrame::Tally(tally));
            frames.flat_map(|frame| jury.apply(frame, local_ms())).collect()
        });
    }

    /// Changes the state, saves the ballots, then performs the effects.
    fn change(&self, change: impl FnOnce(&mut Jury) -> Vec<Effect>) {
        let Some(effects) = self.jury.try_update(change) else { return };
        self.save();
        for effect in effects {
            self.perform(effect);
        }
    }

    fn save(&self) {
        let Some(saved) = self.jury.try_with_untracked(|jury| jury.ballots().to_save()) else { return };
        let Some(sub) = self.claims.try_with_untracked(|claims| claims.sub.clone()) else { return };
        self.inner.try_with_value(|inner| {
            if !sub.is_empty() && *inner.saved.borrow() != saved {
                storage::save(&inner.server, &inner.room, &sub, &saved);
                *inner.saved.borrow_mut() = saved;
            }
        });
    }

    fn perform(&self, effect: Effect) {
        match effect {
            Effect::Send(frame) => {
                self.inner.try_with_value(|inner| {
                    if let Some(socket) = inner.socket.borrow().as_ref() {
                        // A frame that cannot be sent now is sent again at the next welcome.
                        socket.send(&frame);
                    }
                });
            }
            Effect::Wake { case, attempt, wait } => {
                let wait_ms = match wait {
                    Wait::Ms(ms) => ms,
                    Wait::RandomUpToMs(ms) => share(ms, js_sys::Math::random()),
                };
                let session = *self;
                let due = move || session.change(|jury| jury.due(case, attempt));
                set_timeout(due, Duration::from_millis(wait_ms));
            }
            Effect::Emit(event) => {
                let Some(inner) = self.inner.try_get_value() else { return };
                self.jury.try_with_untracked(|jury| (inner.on_event)(*self, &event, jury));
            }
        }
    }
}
