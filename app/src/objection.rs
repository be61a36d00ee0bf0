//! Sends a juror's objection over HTTP; it never waits for the answer, and it shows nothing.

use leptos::prelude::window;
use leptos::task::spawn_local;
use live_jury_protocol::CaseId;
use serde::Serialize;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

use crate::json::to_js;

/// The options of `fetch`.
#[derive(Serialize)]
struct Init {
    method: &'static str,
    headers: Headers,
    body: &'static str,
}

#[derive(Serialize)]
struct Headers {
    authorization: String,
    #[serde(rename = "content-type")]
    content_type: &'static str,
}

/// Objects that the server no longer has a ballot that it acknowledged. An objection that does not arrive is lost: the
/// receipt's absence stays with the juror.
pub fn send_dropped(server: &str, case: CaseId, token: &str) {
    let headers = Headers { authorization: format!("Bearer {token}"), content_type: "application/json" };
    let Ok(init) = to_js(&Init { method: "POST", headers, body: r#"{"kind":"dropped"}"# }) else { return };
    let url = format!("{}/api/v1/cases/{case}/objections", server.trim_end_matches('/'));
    let answer = window().fetch_with_str_and_init(&url, init.unchecked_ref());
    spawn_local(async move {
        let _ = JsFuture::from(answer).await;
    });
}
