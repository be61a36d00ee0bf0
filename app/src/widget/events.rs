//! What the host page hears: events with public facts alone. The viewer's own choice is never among them.

use js_sys::{Function, JSON};
use leptos::prelude::*;
use serde_json::{Value, json};
use wasm_bindgen::JsValue;

use super::Viewer;
use crate::jury::{Jury, News};
use crate::page::connection_name;
use crate::socket::Connection;

/// Hands events to the host page.
#[derive(Clone)]
pub(super) struct Emitter(Function);

impl Emitter {
    pub(super) fn new(emit: Function) -> Self {
        Self(emit)
    }

    fn emit(&self, name: &str, detail: &Value) {
        let detail = JSON::parse(&detail.to_string()).unwrap_or(JsValue::NULL);
        if let Err(error) = self.0.call2(&JsValue::UNDEFINED, &name.into(), &detail) {
            leptos::logging::error!("live-jury: the page failed on {name}: {error:?}");
        }
    }
}

/// Turns news into events.
pub(super) fn tell_news(emitter: &Emitter, news: &News, jury: &Jury) {
    match news {
        News::Ready(role) => emitter.emit("jury:ready", &json!({ "role": role })),
        News::CaseOpened(id) => {
            let Some(case) = jury.case(*id) else { return };
            let detail = json!({ "case": id, "title": case.title, "closes_at_ms": case.closes_at_ms });
            emitter.emit("jury:case-opened", &detail);
        }
        News::VoteAccepted(id, status) => {
            emitter.emit("jury:vote-accepted", &json!({ "case": id, "status": status }));
        }
        News::VoteRefused(id, reason) => {
            emitter.emit("jury:vote-refused", &json!({ "case": id, "reason": reason }));
        }
        News::Tallied(id) => {
            // A tally holds counts only where the server lets this viewer see them.
            let Some(tally) = jury.tally(*id) else { return };
            emitter.emit("jury:tally", &json!(tally));
        }
        News::Ended(id) => {
            let Some(case) = jury.case(*id) else { return };
            let detail = json!({
                "case": id, "title": case.title, "verdict": case.verdict,
                "remedy": case.remedy, "closed_by": case.closed_by,
            });
            emitter.emit("jury:verdict", &detail);
        }
    }
}

/// Tells of the connection as it changes, and of errors with what to fix.
pub(super) fn tell_connection(viewer: Viewer, emitter: Emitter) {
    let connection = viewer.session.connection();
    Effect::new(move |before: Option<&'static str>| {
        let connection = connection.get();
        let state = connection_name(&connection);
        if before != Some(state) {
            emitter.emit("jury:connection", &json!({ "state": state }));
        }
        if let Connection::Failed(failure) = connection {
            let message = failure.advice();
            leptos::logging::error!("live-jury: {message}");
            emitter.emit("jury:error", &json!({ "code": failure.code(), "message": message }));
        }
        state
    });
}
