//! The browser's side of a socket: one WebSocket and the page's events, with their listeners; it never decides.

use std::time::Duration;

use leptos::prelude::{IntervalHandle, document, set_interval_with_handle, window};
use live_jury_protocol::{ClientFrame, RoomId, SUBPROTOCOL, ServerFrame};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};
use web_sys::{CloseEvent, Event, EventTarget, MessageEvent, VisibilityState, WebSocket};

use crate::{json, thrown};

/// What one WebSocket reports.
pub(super) enum BrowserSocketEvent {
    Open,
    Frame(ServerFrame),
    Closed(u16),
}

/// One WebSocket; dropping it closes it without a further event.
pub(super) struct BrowserSocket {
    socket: WebSocket,
    _on_open: Closure<dyn Fn()>,
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_close: Closure<dyn Fn(CloseEvent)>,
}

impl BrowserSocket {
    pub(super) fn open(
        server: &str,
        room: &RoomId,
        on_event: impl Fn(BrowserSocketEvent) + Clone + 'static,
    ) -> Result<Self, String> {
        let Some(rest) = server.strip_prefix("http") else { return Err(format!("{server} is no http(s) origin")) };
        let url = format!("ws{}/api/v1/rooms/{room}/socket", rest.trim_end_matches('/'));
        let socket = WebSocket::new_with_str(&url, SUBPROTOCOL)
            .map_err(|error| format!("{url}: {}", thrown::message(&error)))?;
        let notify = on_event.clone();
        let on_open = Closure::<dyn Fn()>::new(move || notify(BrowserSocketEvent::Open));
        let notify = on_event.clone();
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let Some(text) = event.data().as_string() else { return };
            match json::frame(&text) {
                Ok(frame) => notify(BrowserSocketEvent::Frame(frame)),
                // A newer server may say what this page does not know.
                Err(error) => leptos::logging::warn!("live-jury: a frame was not understood: {error}"),
            }
        });
        let on_close = Closure::<dyn Fn(CloseEvent)>::new(move |event: CloseEvent| {
            on_event(BrowserSocketEvent::Closed(event.code()))
        });
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Ok(Self { socket, _on_open: on_open, _on_message: on_message, _on_close: on_close })
    }

    /// Sends a frame; whether it went out.
    pub(super) fn send(&self, frame: &ClientFrame) -> bool {
        self.socket.ready_state() == WebSocket::OPEN
            && json::to_text(frame).is_ok_and(|text| self.socket.send_with_str(&text).is_ok())
    }
}

impl Drop for BrowserSocket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        // Closing twice is harmless, and an error here has nobody to tell.
        let _ = self.socket.close();
    }
}

/// The event of a network that is back.
const ONLINE: &str = "online";

/// Why a connection is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WakeReason {
    /// It is time.
    Clock,
    /// The page came into view.
    Visible,
    /// The device found a network, whether or not the page is in view.
    Online,
}

/// The page's events that make a connection worth a look, and a slow clock; dropping it removes them.
pub(super) struct Listeners {
    on_wake: Closure<dyn Fn(Event)>,
    clock: Option<IntervalHandle>,
}

impl Listeners {
    /// Calls `look` when the page comes online or into view, and every `every_ms`.
    pub(super) fn new(every_ms: u64, wake: impl Fn(WakeReason) + Clone + 'static) -> Self {
        let on_clock = wake.clone();
        let on_wake = Closure::<dyn Fn(Event)>::new(move |event: Event| {
            if event.type_() == ONLINE {
                wake(WakeReason::Online);
            } else if document().visibility_state() == VisibilityState::Visible {
                wake(WakeReason::Visible);
            }
        });
        for (target, event) in Self::targets() {
            let added: Result<(), JsValue> =
                target.add_event_listener_with_callback(event, on_wake.as_ref().unchecked_ref());
            if added.is_err() {
                leptos::logging::warn!("live-jury: cannot listen for {event}");
            }
        }
        let clock = set_interval_with_handle(move || on_clock(WakeReason::Clock), Duration::from_millis(every_ms)).ok();
        Self { on_wake, clock }
    }

    fn targets() -> [(EventTarget, &'static str); 3] {
        [(window().into(), ONLINE), (document().into(), "visibilitychange"), (window().into(), "pageshow")]
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        for (target, event) in Self::targets() {
            let _ = target.remove_event_listener_with_callback(event, self.on_wake.as_ref().unchecked_ref());
        }
        if let Some(clock) = self.clock.take() {
            clock.clear();
        }
    }
}
