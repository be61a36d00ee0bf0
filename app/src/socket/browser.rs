//! Wraps the browser's WebSocket and the page's wake-up events; it never decides when to connect.

use std::time::Duration;

use leptos::prelude::{IntervalHandle, document, set_interval_with_handle, window};
use live_jury_protocol::{ClientFrame, RoomId, SUBPROTOCOL, ServerFrame};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};
use web_sys::{CloseEvent, Event, EventTarget, MessageEvent, VisibilityState, WebSocket};

use crate::{json, thrown};

/// An event of one WebSocket.
pub(super) enum BrowserSocketEvent {
    Open,
    Frame(ServerFrame),
    Closed(u16),
}

/// One WebSocket. Dropping it closes it without a further event.
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
                // A newer server may send a frame that this page does not know.
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

    /// The browser's object.
    pub(super) fn value(&self) -> JsValue {
        self.socket.clone().into()
    }

    /// Sends a frame. Returns whether the browser accepted it.
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
        // A second close does nothing, and nobody needs the error.
        let _ = self.socket.close();
    }
}

/// The browser's event for a restored network.
const ONLINE: &str = "online";

/// The reason for a check of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WakeReason {
    /// The interval elapsed.
    Clock,
    /// The page became visible.
    Visible,
    /// The device found a network, even while the page is hidden.
    Online,
}

/// Listeners and an interval that trigger a check of the connection. Dropping it removes them.
pub(super) struct Listeners {
    on_wake: Closure<dyn Fn(Event)>,
    clock: Option<IntervalHandle>,
}

impl Listeners {
    /// Calls `wake` when the page gets a network or becomes visible, and every `every_ms`.
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
