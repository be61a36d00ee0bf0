//! A WebSocket that reconnects by itself: token, join, renewal, silence check and back-off; it never reads a case.

mod browser;
mod failure;
mod watch;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::{TimeoutHandle, set_timeout_with_handle};
use live_jury_protocol::{ClientFrame, RoomId, ServerFrame, close, limits};
use wasm_bindgen::JsValue;

use crate::backoff::{backoff_ms, share};
use crate::time::local_ms;
use crate::token::{Claims, TOKEN_BYTES_MAX, TokenError, TokenSource};
use browser::{BrowserSocket, Listeners};
pub use failure::Failure;

/// The time between two checks of the connection, in milliseconds.
const WATCH_MS: u64 = 2_000;
/// The time that a connection has to last before the failure count restarts, in milliseconds. A server that closes each
/// new socket is thus not retried every half second.
const STEADY_MS: u64 = 10_000;

/// The target and the credentials of a connection.
#[derive(Clone)]
pub struct SocketConfig {
    /// The server's origin, such as `https://jury.example.com`.
    pub server: String,
    /// The room.
    pub room: RoomId,
    /// Provides a token for each connection and before the current one expires.
    pub token: TokenSource,
}

/// The state of the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    /// The first connection is being made.
    Connecting,
    /// The server sent its welcome.
    Live,
    /// The connection was lost and reconnects by itself.
    Lost(DisconnectCause),
    /// The connection does not reconnect by itself.
    Failed(Failure),
}

/// The cause that delays a reconnect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisconnectCause {
    /// The network or the server failed.
    Network,
    /// The token source failed.
    Token,
}

/// An event of the socket for its owner.
pub enum SocketEvent {
    /// The state of the connection changed.
    Connection(Connection),
    /// The claims of the token for the next join.
    Claims(Claims),
    /// A frame arrived.
    Frame(ServerFrame),
}

/// A reconnecting socket; dropping it closes it.
pub struct Socket(Rc<Inner>);

struct Inner {
    config: SocketConfig,
    on_event: Box<dyn Fn(SocketEvent)>,
    state: RefCell<State>,
    /// Numbers the connections. An event of an earlier one is ignored.
    generation: Cell<u32>,
    listeners: RefCell<Option<Listeners>>,
}

#[derive(Default)]
struct State {
    browser: Option<BrowserSocket>,
    connection: Option<Connection>,
    /// Attempts in a row that did not last.
    failures: u32,
    started_ms: u64,
    /// The time of the last request for a welcome.
    asked_ms: u64,
    welcomed_ms: Option<u64>,
    received_ms: u64,
    probed_ms: Option<u64>,
    watched_ms: u64,
    token: String,
    /// Whether a rejected token is asked for once more. A welcome allows it: a page that had a good token before may
    /// have given a bad one for a moment.
    may_ask_again: bool,
    token_fetched_ms: u64,
    token_ends_ms: u64,
    renewed_ms: u64,
    /// A draining node asked clients not to reconnect before this time.
    not_before_ms: u64,
    timer: Option<TimeoutHandle>,
}

impl State {
    /// Sends a frame that the server answers with a welcome.
    fn ask(&mut self, frame: &ClientFrame) {
        self.asked_ms = local_ms();
        if let Some(browser) = &self.browser {
            browser.send(frame);
        }
    }
}

impl Socket {
    /// Connects, and reconnects from then on.
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

    /// Sends a frame. Returns whether it was sent.
    pub fn send(&self, frame: &ClientFrame) -> bool {
        let state = self.0.state.borrow();
        state.connection == Some(Connection::Live) && state.browser.as_ref().is_some_and(|browser| browser.send(frame))
    }

    /// The browser's WebSocket, while the connection is live.
    #[must_use]
    pub fn browser(&self) -> Option<JsValue> {
        let state = self.0.state.borrow();
        state.browser.as_ref().filter(|_| state.connection == Some(Connection::Live)).map(BrowserSocket::value)
    }

    /// Reconnects now, even after a failure.
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
        if token.len() > TOKEN_BYTES_MAX {
            return self.fail(Failure::TokenTooLong);
        }
        {
            let mut state = self.state.borrow_mut();
            state.started_ms = local_ms();
            if state.token != token {
                state.token = token;
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
                // The server read its clock about half a round trip ago.
                welcome.server_time_ms += now_ms.saturating_sub(state.asked_ms) / 2;
                state.welcomed_ms.get_or_insert(now_ms);
                state.may_ask_again = true;
                // The expiry is kept on the local clock, so that a wrong local clock does not matter.
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
        let is_mendable = {
            let mut state = self.state.borrow_mut();
            let welcomed_ms = state.welcomed_ms.take();
            if welcomed_ms.is_some_and(|at_ms| local_ms().saturating_sub(at_ms) > STEADY_MS) {
                state.failures = 0;
            }
            state.browser = None;
            // A token that this socket was welcomed with has expired, and a fresh one may be accepted.
            let is_token = code == close::TOKEN_INVALID;
            is_token && (welcomed_ms.is_some() || std::mem::take(&mut state.may_ask_again))
        };
        match code {
            _ if is_mendable => self.reconnect_later(DisconnectCause::Network),
            code if close::should_reconnect(code) => self.reconnect_later(DisconnectCause::Network),
            code => self.fail(Failure::of_close(code)),
        }
    }

    fn fail(&self, failure: Failure) {
        self.next_generation();
        self.set_connection(Connection::Failed(failure));
    }

    /// Reconnects after the back-off delay.
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
        // A random addition of up to the same time spreads the node's sockets over the other nodes.
        let wait_ms =
            reconnect_after_ms + share(reconnect_after_ms.max(limits::BACKOFF_MIN_MS), js_sys::Math::random());
        self.state.borrow_mut().not_before_ms = local_ms() + wait_ms;
        self.connect_after(wait_ms);
    }
}
