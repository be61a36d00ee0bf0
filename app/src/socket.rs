//! One WebSocket that comes back by itself: token, join, renewal, silence, back-off; it never looks into a case.

mod browser;
mod failure;
mod watch;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::{TimeoutHandle, set_timeout_with_handle};
use live_jury_protocol::{ClientFrame, RoomId, ServerFrame, close, limits};

use crate::backoff::{backoff_ms, share};
use crate::time::local_ms;
use crate::token::{Claims, TokenError, TokenSource};
use browser::{BrowserSocket, Listeners};
pub use failure::Failure;

/// How often the state of the connection is looked at, in milliseconds.
const WATCH_MS: u64 = 2_000;
/// Time a connection has to hold before the count of failures starts anew, in milliseconds.
const STEADY_MS: u64 = 10_000;

/// Where to connect, and as whom.
#[derive(Clone)]
pub struct SocketConfig {
    /// The server's origin, such as `https://jury.example.com`.
    pub server: String,
    /// The room.
    pub room: RoomId,
    /// Asked for a token at every connection and before one ends.
    pub token: TokenSource,
}

/// How the connection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    /// The first connection is being made.
    Connecting,
    /// Welcomed.
    Live,
    /// Lost; it is coming back by itself.
    Lost(DisconnectCause),
    /// It will not come back by itself.
    Failed(Failure),
}

/// What keeps a connection from coming back at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisconnectCause {
    /// The line, or the server behind it.
    Network,
    /// The page has no token to give this time.
    Token,
}

/// What the socket tells its owner.
pub enum SocketEvent {
    /// The connection changed.
    Connection(Connection),
    /// This is the person we are about to join as.
    Claims(Claims),
    /// A frame came.
    Frame(ServerFrame),
}

/// A reconnecting socket; dropping it closes it.
pub struct Socket(Rc<Inner>);

struct Inner {
    config: SocketConfig,
    on_event: Box<dyn Fn(SocketEvent)>,
    state: RefCell<State>,
    /// Counts connections: an event of an earlier one is ignored.
    generation: Cell<u32>,
    listeners: RefCell<Option<Listeners>>,
}

#[derive(Default)]
struct State {
    browser: Option<BrowserSocket>,
    connection: Option<Connection>,
    /// Tries in a row that did not hold.
    failures: u32,
    started_ms: u64,
    /// When a welcome was last asked for.
    asked_ms: u64,
    welcomed_ms: Option<u64>,
    received_ms: u64,
    probed_ms: Option<u64>,
    watched_ms: u64,
    token: String,
    /// The token in use was accepted once, so a rejection only means that its time is over.
    token_was_good: bool,
    token_fetched_ms: u64,
    token_ends_ms: u64,
    renewed_ms: u64,
    /// A draining node asked not to come back before this.
    not_before_ms: u64,
    timer: Option<TimeoutHandle>,
}

impl State {
    /// Sends what a welcome answers.
    fn ask(&mut self, frame: &ClientFrame) {
        self.asked_ms = local_ms();
        if let Some(browser) = &self.browser {
            browser.send(frame);
        }
    }
}

impl Socket {
    /// Connects, and stays connected.
    pub fn open(config: SocketConfig, on_event: impl Fn(SocketEvent) + 'static) -> Self {
        let inner = Rc::new(Inner {
            config,
            on_event: Box::new(on_event),
            state: RefCell::new(State { watched_ms: local_ms(), ..State::default() }),
            generation: Cell::new(0),
            listeners: RefCell::new(None),
        });
        let weak = Rc::downgrade(&inner);
        *inner.listeners.borrow_mut() = Some(Listeners::new(WATCH_MS, move |reason| {
            if let Some(inner) = weak.upgrade() {
                inner.check(reason);
            }
        }));
        inner.connect();
        Self(inner)
    }

    /// Sends a frame; whether it went out.
    pub fn send(&self, frame: &ClientFrame) -> bool {
        let state = self.0.state.borrow();
        state.connection == Some(Connection::Live) && state.browser.as_ref().is_some_and(|browser| browser.send(frame))
    }

    /// Tries again at once, also after a failure.
    pub fn retry(&self) {
        self.0.state.borrow_mut().failures = 0;
        self.0.connect();
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.0.generation.set(self.0.generation.get().wrapping_add(1));
        self.0.listeners.borrow_mut().take();
        let mut state = self.0.state.borrow_mut();
        state.browser = None;
        if let Some(timer) = state.timer.take() {
            timer.clear();
        }
    }
}

impl Inner {
    fn set_connection(&self, connection: Connection) {
        let changed = self.state.borrow().connection.as_ref() != Some(&connection);
        if changed {
            self.state.borrow_mut().connection = Some(connection.clone());
            (self.on_event)(SocketEvent::Connection(connection));
        }
    }

    fn next_generation(&self) -> u32 {
        let generation = self.generation.get().wrapping_add(1);
        self.generation.set(generation);
        let mut state = self.state.borrow_mut();
        state.browser = None;
        state.welcomed_ms = None;
        state.probed_ms = None;
        if let Some(timer) = state.timer.take() {
            timer.clear();
        }
        generation
    }

    fn connect(self: &Rc<Self>) {
        let generation = self.next_generation();
        let connection = {
            let mut state = self.state.borrow_mut();
            state.started_ms = local_ms();
            match state.connection {
                None | Some(Connection::Connecting | Connection::Failed(_)) => Connection::Connecting,
                Some(Connection::Live) => Connection::Lost(DisconnectCause::Network),
                Some(Connection::Lost(cause)) => Connection::Lost(cause),
            }
        };
        self.set_connection(connection);
        let weak = Rc::downgrade(self);
        let asked = (self.config.token)();
        leptos::task::spawn_local(async move {
            let answer = asked.await;
            let Some(inner) = weak.upgrade().filter(|inner| inner.generation.get() == generation) else { return };
            match answer {
                Ok(token) => inner.open_socket(token, generation),
                Err(TokenError::Missing(why)) => inner.fail(Failure::NoToken(why)),
                Err(TokenError::Failed(why)) => {
                    leptos::logging::warn!("live-jury: no token: {why}");
                    inner.reconnect_later(DisconnectCause::Token);
                }
            }
        });
    }

    fn open_socket(self: &Rc<Self>, token: String, generation: u32) {
        {
            let mut state = self.state.borrow_mut();
            state.started_ms = local_ms();
            if state.token != token {
                state.token = token;
                state.token_was_good = false;
                state.token_fetched_ms = local_ms();
            }
        }
        let claims = Claims::peek(&self.state.borrow().token).unwrap_or_default();
        (self.on_event)(SocketEvent::Claims(claims));
        let weak = Rc::downgrade(self);
        let browser = BrowserSocket::open(&self.config.server, &self.config.room, move |event| {
            if let Some(inner) = weak.upgrade().filter(|inner| inner.generation.get() == generation) {
                inner.on_browser_event(event);
            }
        });
        match browser {
            Ok(browser) => self.state.borrow_mut().browser = Some(browser),
            Err(why) => self.fail(Failure::BadAddress(why)),
        }
    }

    fn on_browser_event(self: &Rc<Self>, event: browser::BrowserSocketEvent) {
        match event {
            browser::BrowserSocketEvent::Open => {
                let mut state = self.state.borrow_mut();
                let token = state.token.clone();
                state.ask(&ClientFrame::Join { token });
            }
            browser::BrowserSocketEvent::Frame(frame) => self.on_frame(frame),
            browser::BrowserSocketEvent::Closed(code) => self.on_closed(code),
        }
    }

    fn on_frame(self: &Rc<Self>, mut frame: ServerFrame) {
        let now_ms = local_ms();
        {
            let mut state = self.state.borrow_mut();
            state.received_ms = now_ms;
            state.probed_ms = None;
        }
        match &mut frame {
            ServerFrame::Welcome(welcome) => {
                let mut state = self.state.borrow_mut();
                // The server looked at its clock about half the way there and back ago.
                welcome.server_time_ms += now_ms.saturating_sub(state.asked_ms) / 2;
                state.welcomed_ms.get_or_insert(now_ms);
                state.token_was_good = true;
                // On the local clock, so that a wrong one does not matter.
                state.token_ends_ms = now_ms + welcome.token_expires_at_ms.saturating_sub(welcome.server_time_ms);
                drop(state);
                self.set_connection(Connection::Live);
            }
            ServerFrame::Draining { reconnect_after_ms } => self.drain(*reconnect_after_ms),
            ServerFrame::Error { code, detail } => leptos::logging::warn!("live-jury: {code:?}: {detail}"),
            _ => {}
        }
        (self.on_event)(SocketEvent::Frame(frame));
    }

    fn on_closed(self: &Rc<Self>, code: u16) {
        let (held, token_was_good) = {
            let mut state = self.state.borrow_mut();
            let held = state.welcomed_ms.take().is_some_and(|at_ms| local_ms().saturating_sub(at_ms) > STEADY_MS);
            state.browser = None;
            (held, state.token_was_good)
        };
        if held {
            self.state.borrow_mut().failures = 0;
        }
        match code {
            // It was good before, so only its time is over: a fresh one is another try worth making.
            close::TOKEN_INVALID if token_was_good => {
                self.state.borrow_mut().token_was_good = false;
                self.reconnect_later(DisconnectCause::Network);
            }
            code if close::should_reconnect(code) => self.reconnect_later(DisconnectCause::Network),
            code => self.fail(Failure::of_close(code)),
        }
    }

    fn fail(&self, failure: Failure) {
        self.next_generation();
        self.set_connection(Connection::Failed(failure));
    }

    /// Waits as long as manners ask, then connects.
    fn reconnect_later(self: &Rc<Self>, cause: DisconnectCause) {
        self.next_generation();
        let wait_ms = {
            let mut state = self.state.borrow_mut();
            let wait_ms = backoff_ms(state.failures, js_sys::Math::random());
            state.failures = state.failures.saturating_add(1);
            wait_ms.max(state.not_before_ms.saturating_sub(local_ms()))
        };
        self.connect_after(wait_ms);
        self.set_connection(Connection::Lost(cause));
    }

    fn connect_after(self: &Rc<Self>, wait_ms: u64) {
        let weak = Rc::downgrade(self);
        let connect = move || {
            if let Some(inner) = weak.upgrade() {
                inner.connect();
            }
        };
        let timer = set_timeout_with_handle(connect, Duration::from_millis(wait_ms)).ok();
        if let Some(old) = std::mem::replace(&mut self.state.borrow_mut().timer, timer) {
            old.clear();
        }
    }

    fn drain(self: &Rc<Self>, reconnect_after_ms: u64) {
        // Spread over as much again, so that a node's sockets do not all arrive at the next one together.
        let wait_ms =
            reconnect_after_ms + share(reconnect_after_ms.max(limits::BACKOFF_MIN_MS), js_sys::Math::random());
        self.state.borrow_mut().not_before_ms = local_ms() + wait_ms;
        self.connect_after(wait_ms);
    }
}
