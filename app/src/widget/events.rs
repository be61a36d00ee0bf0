//! What the host page hears: events with public facts alone. The viewer's own choice is never among them.

use js_sys::{Function, Object, Reflect};
use leptos::prelude::*;
use serde::Serialize;
use wasm_bindgen::JsValue;

use super::Viewer;
use super::element::watch;
use crate::json::to_js;
use crate::jury::{Jury, News};
use crate::pages::connection_name;
use crate::socket::Connection;
use crate::thrown;

/// Hands events to the host page.
#[derive(Clone)]
pub(super) struct Emitter(Function);

impl Emitter {
    pub(super) fn new(emit: Function) -> Self {
        Self(emit)
    }

    fn emit(&self, name: &str, detail: &JsValue) {
        if let Err(error) = self.0.call2(&JsValue::UNDEFINED, &name.into(), detail) {
            leptos::logging::error!("live-jury: the page failed on {name}: {}", thrown::words(&error));
        }
    }
}

/// What an event says.
struct Detail(Object);

impl Detail {
    fn new() -> Self {
        Self(Object::new())
    }

    fn with<T: Serialize>(self, name: &str, value: &T) -> Self {
        // A plain object takes any property, and all that is told of is on the wire too.
        let _ = Reflect::set(&self.0, &name.into(), &to_js(value).unwrap_or(JsValue::NULL));
        self
    }
}

/// Turns news into events.
pub(super) fn tell_news(emitter: &Emitter, news: &News, jury: &Jury) {
    match news {
        News::Ready(role) => emitter.emit("jury:ready", &Detail::new().with("role", role).0),
        News::CaseOpened(id) => {
            let Some(case) = jury.case(*id) else { return };
            let detail = Detail::new().with("case", id).with("title", &case.title);
            emitter.emit("jury:case-opened", &detail.with("closes_at_ms", &case.closes_at_ms).0);
        }
        News::VoteAccepted(id, status) => {
            emitter.emit("jury:vote-accepted", &Detail::new().with("case", id).with("status", status).0);
        }
        News::VoteRefused(id, reason) => {
            emitter.emit("jury:vote-refused", &Detail::new().with("case", id).with("reason", reason).0);
        }
        News::Tallied(id) => {
            // A tally holds counts only where the server lets this viewer see them.
            let Some(tally) = jury.tally(*id) else { return };
            emitter.emit("jury:tally", &to_js(tally).unwrap_or(JsValue::NULL));
        }
        News::Ended(id) => {
            let Some(case) = jury.case(*id) else { return };
            let detail = Detail::new().with("case", id).with("title", &case.title).with("verdict", &case.verdict);
            let detail = detail.with("remedy", &case.remedy).with("closed_by", &case.closed_by);
            emitter.emit("jury:verdict", &detail.0);
        }
    }
}

/// Tells of the connection as it changes, and of errors with what to fix.
pub(super) fn tell_connection(viewer: Viewer, emitter: Emitter) {
    let connection = viewer.session.connection();
    watch(
        move || connection.get(),
        move |before, now| {
            let state = connection_name(now);
            if before.map(connection_name) != Some(state) {
                emitter.emit("jury:connection", &Detail::new().with("state", &state).0);
            }
            if let Connection::Failed(failure) = now {
                let message = failure.advice();
                leptos::logging::error!("live-jury: {message}");
                let detail = Detail::new().with("code", &failure.code()).with("message", &message);
                emitter.emit("jury:error", &detail.0);
            }
        },
    );
}
