//! Emits public facts as events to the embedding page; it never emits the viewer's own choice.

use js_sys::{Function, Object, Reflect};
use leptos::prelude::*;
use serde::Serialize;
use wasm_bindgen::JsValue;

use super::{Viewer, receipts};
use crate::dom::watch;
use crate::json::to_js;
use crate::jury::{Jury, JuryEvent};
use crate::pages::connection_name;
use crate::socket::Connection;
use crate::thrown;

/// Passes events to the embedding page.
#[derive(Clone)]
pub(super) struct Emitter(Function);

impl Emitter {
    pub(super) fn new(emit: Function) -> Self {
        Self(emit)
    }

    fn emit(&self, name: &str, detail: &JsValue) {
        if let Err(error) = self.0.call2(&JsValue::UNDEFINED, &name.into(), detail) {
            leptos::logging::error!("live-jury: the page failed on {name}: {}", thrown::message(&error));
        }
    }
}

/// The detail of an event.
pub(super) struct Detail(Object);

impl Detail {
    pub(super) fn new() -> Self {
        Self(Object::new())
    }

    pub(super) fn with<T: Serialize>(self, name: &str, value: &T) -> Self {
        // A plain object accepts any property, and every value here has a form in JSON.
        let _ = Reflect::set(&self.0, &name.into(), &to_js(value).unwrap_or(JsValue::NULL));
        self
    }

    /// The object.
    pub(super) fn value(&self) -> &JsValue {
        &self.0
    }
}

/// Emits an event of the room.
pub(super) fn emit_jury_event(emitter: &Emitter, event: &JuryEvent, jury: &Jury) {
    match event {
        JuryEvent::Ready(role) => emitter.emit("jury:ready", &Detail::new().with("role", role).0),
        JuryEvent::CaseOpened(id) => {
            let Some(case) = jury.case(*id) else { return };
            let detail = Detail::new().with("case", id).with("title", &case.title);
            emitter.emit("jury:case-opened", &detail.with("closes_at_ms", &case.closes_at_ms).0);
        }
        JuryEvent::VoteAccepted(id, status) => {
            emitter.emit("jury:vote-accepted", &Detail::new().with("case", id).with("status", status).0);
        }
        JuryEvent::VoteRefused(id, reason) => {
            emitter.emit("jury:vote-refused", &Detail::new().with("case", id).with("reason", reason).0);
        }
        JuryEvent::Tallied(id) => {
            // A tally holds counts only if the server lets this viewer see them.
            let Some(tally) = jury.tally(*id) else { return };
            emitter.emit("jury:tally", &to_js(tally).unwrap_or(JsValue::NULL));
        }
        JuryEvent::Ended(id) => {
            let Some(case) = jury.case(*id) else { return };
            let detail = Detail::new().with("case", id).with("title", &case.title).with("verdict", &case.verdict);
            let detail = detail.with("remedy", &case.remedy).with("closed_by", &case.closed_by);
            emitter.emit("jury:verdict", &detail.0);
        }
    }
}

/// Emits changes of the connection, and failures with advice. A new socket is lent to the module of receipts, which
/// `load` loads.
pub(super) fn emit_connection(viewer: Viewer, emitter: Emitter, load: Function) {
    let connection = viewer.session.connection();
    watch(
        move || connection.get(),
        move |before, now| {
            let state = connection_name(now);
            if *now == Connection::Live {
                receipts::tell(&load, viewer.session, &viewer.session.jury().read_untracked());
            }
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
