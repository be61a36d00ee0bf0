//! Calls the HTTP API for moderators and hosts, one method for each route; it never decides what to show.

#[cfg(feature = "details")]
mod practice;
#[cfg(feature = "details")]
pub mod trust;

use std::fmt;

use js_sys::Uint8Array;
use leptos::prelude::{GetUntracked, Signal};
use live_jury_protocol::limits::PAGE_ITEMS_MAX;
use live_jury_protocol::{
    AuditEntry, Case, CaseId, CaseState, Extend, NewCase, Page, Problem, RoomId, UnreadableCase, Void,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Blob, Headers, RequestInit, Response};

/// Limits a request's time, in milliseconds. A slower one counts as unreachable. The server's own store timeouts are
/// shorter.
const REQUEST_TIMEOUT_MS: u32 = 15_000;

/// The rules that a case leaves out while they are off.
const OPTIONAL_RULES: [&str; 8] =
    ["blind", "fixed_end", "two_sided", "hold_when_balanced", "bias_band", "raid", "panel", "reasons"];

/// The reason for which a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiError {
    /// The server refused the request and gave a reason.
    Problem(Box<Problem>),
    /// No response arrived. The request may have been executed.
    Unreachable,
    /// The response has a form that this version does not know.
    Unreadable,
}

impl ApiError {
    /// Whether another moderator or the deadline changed the case first.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        const CODES: [&str; 4] = ["version_mismatch", "conflict", "not_open", "not_a_draft"];
        matches!(self, ApiError::Problem(problem) if CODES.contains(&problem.code.as_str()))
    }

    /// Whether the server knows no such thing, or hides it from this token.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, ApiError::Problem(problem) if problem.status == 404)
    }

    /// The invalid field, if the problem concerns one field.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            ApiError::Problem(problem) => problem.field.as_deref(),
            ApiError::Unreachable | ApiError::Unreadable => None,
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ApiError::Problem(problem) => write!(f, "{} ({})", problem.detail, problem.code),
            ApiError::Unreachable => f.write_str("no answer"),
            ApiError::Unreadable => f.write_str("an answer that cannot be read"),
        }
    }
}

impl std::error::Error for ApiError {}

/// The API of the page's own server. Each call uses the newest token.
#[derive(Clone, Copy)]
pub struct Api {
    token: Signal<String>,
}

/// A request that was not sent yet.
struct Call {
    method: &'static str,
    path: String,
    body: Option<String>,
    version: Option<u64>,
    idempotency_key: Option<String>,
}

impl Call {
    fn get(path: String) -> Self {
        Self { method: "GET", path, body: None, version: None, idempotency_key: None }
    }

    fn post(path: String) -> Self {
        Self { method: "POST", ..Self::get(path) }
    }

    fn body<T: Serialize>(mut self, body: &T) -> Result<Self, ApiError> {
        self.body = Some(serde_json::to_string(body).map_err(|_| ApiError::Unreadable)?);
        Ok(self)
    }

    /// Guards the change: the server answers 412 if the case has another version.
    fn at_version(mut self, version: u64) -> Self {
        self.version = Some(version);
        self
    }
}

impl Api {
    /// Makes the API for the bearer of `token`.
    #[must_use]
    pub fn new(token: Signal<String>) -> Self {
        Self { token }
    }

    /// Creates a case. A repeat with the same `key` and body gets the first response.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn create(self, room: &RoomId, case: &NewCase, key: &str) -> Result<Case, ApiError> {
        let mut call = Call::post(format!("/api/v1/rooms/{room}/cases")).body(case)?;
        call.idempotency_key = Some(key.to_owned());
        self.read(call).await
    }

    /// Reads a page of a room's cases, newest first.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn cases(
        self,
        room: &RoomId,
        state: Option<CaseState>,
        before: Option<&str>,
    ) -> Result<Page<Case>, ApiError> {
        let mut query = Vec::new();
        if let Some(state) = state {
            query.push(format!("state={}", state.as_str()));
        }
        if let Some(before) = before {
            query.push(format!("before={}", encode(before)));
        }
        self.read_cases(Call::get(format!("/api/v1/rooms/{room}/cases?{}", query.join("&")))).await
    }

    /// Reads one case.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn case(self, id: CaseId) -> Result<Case, ApiError> {
        self.read(Call::get(format!("/api/v1/cases/{id}"))).await
    }

    /// Replaces a draft as a whole. A field that `case` leaves out is removed from the draft.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn edit(self, id: CaseId, version: u64, case: &NewCase) -> Result<Case, ApiError> {
        let call = Call { method: "PATCH", ..Call::get(format!("/api/v1/cases/{id}")) };
        self.read(call.body(&whole(case)?)?.at_version(version)).await
    }

    /// Discards a draft, which then does not exist.
    ///
    /// # Errors
    /// As [`ApiError`] says.
    pub async fn discard(self, id: CaseId, version: u64) -> Result<(), ApiError> {
        let call = Call { method: "DELETE", ..Call::get(format!("/api/v1/cases/{id}")) };
        self.send(call.at_version(version)).await.map(drop)
    }

    /// Opens a draft.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn open(self, id: CaseId, version: u64) -> Result<Case, ApiError> {
        self.read(Call::post(format!("/api/v1/cases/{id}/open")).at_version(version)).await
    }

    /// Delays the closing time of an open case by `by_s` seconds.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn extend(self, id: CaseId, version: u64, by_s: u64) -> Result<Case, ApiError> {
        let call = Call::post(format!("/api/v1/cases/{id}/extend")).body(&Extend { by_s })?;
        self.read(call.at_version(version)).await
    }

    /// Closes an open case.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn close(self, id: CaseId, version: u64) -> Result<Case, ApiError> {
        self.read(Call::post(format!("/api/v1/cases/{id}/close")).at_version(version)).await
    }

    /// Ends a case without a verdict.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn void(self, id: CaseId, version: u64, reason: String) -> Result<Case, ApiError> {
        let call = Call::post(format!("/api/v1/cases/{id}/void")).body(&Void { reason })?;
        self.read(call.at_version(version)).await
    }

    /// Reads the ballots of a recorded case as a CSV file.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn ballots_csv(self, id: CaseId) -> Result<Blob, ApiError> {
        let response = self.send(Call::get(format!("/api/v1/cases/{id}/ballots.csv"))).await?;
        let body = response.blob().map_err(|_| ApiError::Unreadable)?;
        JsFuture::from(body).await.map_err(|_| ApiError::Unreachable)?.dyn_into().map_err(|_| ApiError::Unreadable)
    }

    /// Reads the whole audit trail of a case, page by page.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn audit(self, id: CaseId) -> Result<Vec<AuditEntry>, ApiError> {
        let (mut entries, mut after) = (Vec::new(), "0".to_owned());
        loop {
            let path = format!("/api/v1/cases/{id}/audit?limit={PAGE_ITEMS_MAX}&after={}", encode(&after));
            let page: Page<AuditEntry> = self.read(Call::get(path)).await?;
            entries.extend(page.items);
            match page.next {
                Some(next) => after = next,
                None => return Ok(entries),
            }
        }
    }

    /// Files the draft of an appeal against a case's verdict.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn appeal(self, id: CaseId) -> Result<Case, ApiError> {
        self.read(Call::post(format!("/api/v1/cases/{id}/appeal"))).await
    }

    /// Reads a page of a room's decided and void cases, newest first.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn verdicts(self, room: &RoomId, before: Option<&str>) -> Result<Page<Case>, ApiError> {
        let query = before.map(|before| format!("?before={}", encode(before))).unwrap_or_default();
        self.read_cases(Call::get(format!("/api/v1/rooms/{room}/verdicts{query}"))).await
    }

    /// Reads the text of a page of this server.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn page(self, path: &str) -> Result<String, ApiError> {
        text(&self.send(Call::get(path.to_owned())).await?).await
    }

    /// Reads a page of cases, without those that the server cannot read: a damaged one must hide no other.
    async fn read_cases(self, call: Call) -> Result<Page<Case>, ApiError> {
        let page: Page<Box<RawValue>> = self.read(call).await?;
        let mut items = Vec::with_capacity(page.items.len());
        for item in page.items {
            match serde_json::from_str(item.get()) {
                Ok(case) => items.push(case),
                Err(_) if serde_json::from_str::<UnreadableCase>(item.get()).is_ok() => {}
                Err(_) => return Err(ApiError::Unreadable),
            }
        }
        Ok(Page { items, next: page.next })
    }

    async fn read<T: DeserializeOwned>(self, call: Call) -> Result<T, ApiError> {
        let response = self.send(call).await?;
        serde_json::from_str(&text(&response).await?).map_err(|_| ApiError::Unreadable)
    }

    async fn send(self, call: Call) -> Result<Response, ApiError> {
        let headers = Headers::new().map_err(|_| ApiError::Unreadable)?;
        let mut set = vec![("Authorization", format!("Bearer {}", self.token.get_untracked()))];
        if call.body.is_some() {
            set.push(("Content-Type", "application/json".to_owned()));
        }
        set.extend(call.version.map(|version| ("If-Match", format!("\"{version}\""))));
        set.extend(call.idempotency_key.map(|key| ("Idempotency-Key", key)));
        for (name, value) in set {
            headers.set(name, &value).map_err(|_| ApiError::Unreadable)?;
        }
        let init = RequestInit::new();
        init.set_method(call.method);
        init.set_headers(&headers);
        init.set_signal(Some(&AbortSignal::timeout_with_u32(REQUEST_TIMEOUT_MS)));
        if let Some(body) = call.body {
            init.set_body(&JsValue::from_str(&body));
        }
        let window = web_sys::window().ok_or(ApiError::Unreachable)?;
        let answer = JsFuture::from(window.fetch_with_str_and_init(&call.path, &init)).await;
        let response: Response =
            answer.map_err(|_| ApiError::Unreachable)?.dyn_into().map_err(|_| ApiError::Unreadable)?;
        if response.ok() { Ok(response) } else { Err(problem(&response).await) }
    }
}

async fn text(response: &Response) -> Result<String, ApiError> {
    let body = response.text().map_err(|_| ApiError::Unreadable)?;
    JsFuture::from(body).await.map_err(|_| ApiError::Unreachable)?.as_string().ok_or(ApiError::Unreadable)
}

/// Reads the problem in a response. A proxy may answer without a problem document; its status then becomes the code.
async fn problem(response: &Response) -> ApiError {
    let body = text(response).await.unwrap_or_default();
    let problem = serde_json::from_str(&body).unwrap_or_else(|_| Problem {
        kind: "about:blank".to_owned(),
        title: response.status_text(),
        status: response.status(),
        code: format!("http_{}", response.status()),
        detail: response.status_text(),
        field: None,
        next: None,
    });
    ApiError::Problem(Box::new(problem))
}

/// The draft as a patch that leaves nothing of the stored one. A rule that is off is not written in a case, so the
/// patch says `null`.
fn whole(case: &NewCase) -> Result<Value, ApiError> {
    let mut whole = serde_json::to_value(case).map_err(|_| ApiError::Unreadable)?;
    let absent = |fields: Option<&mut Value>, names: &[&str]| {
        if let Some(fields) = fields.and_then(Value::as_object_mut) {
            for name in names {
                fields.entry(*name).or_insert(Value::Null);
            }
        }
    };
    absent(whole.get_mut("rules"), &OPTIONAL_RULES);
    absent(Some(&mut whole), &["remedy", "policy", "remedy_kind", "remedy_due_h", "duration_s", "closes_at_ms"]);
    Ok(whole)
}

fn encode(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}

/// Makes an `Idempotency-Key` of 128 random bits. `randomUUID` is not used, since it needs a secure context.
#[must_use]
pub fn idempotency_key() -> String {
    let mut bytes = [0u8; 16];
    if let Some(crypto) = web_sys::window().and_then(|window| window.crypto().ok()) {
        let view = Uint8Array::new_with_length(16);
        if crypto.get_random_values_with_array_buffer_view(&view).is_ok() {
            view.copy_to(&mut bytes);
        }
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_turns_off_every_rule_that_the_draft_does_not_have() {
        let case = |rules: Value| {
            let options = serde_json::json!([{"id": "a", "label": "A"}, {"id": "b", "label": "B"}]);
            serde_json::from_value(serde_json::json!({"title": "t", "options": options, "rules": rules})).unwrap()
        };
        let off = whole(&case(serde_json::json!({}))).unwrap();
        let on = serde_json::json!({
            "reveal": "after_close", "blind": true, "fixed_end": true, "two_sided": {}, "hold_when_balanced": true,
            "bias_band": 0.1, "raid": "off", "panel": {"other": 7}, "reasons": [{"id": "a", "label": "A"}]
        });
        let on = whole(&case(on)).unwrap();
        for (name, value) in on["rules"].as_object().unwrap() {
            assert!(!value.is_null() || name == "recused", "{name}");
            assert!(off["rules"].get(name).is_some(), "{name} would stay as it was");
        }
        assert_eq!((&off["rules"]["blind"], &off["remedy"]), (&Value::Null, &Value::Null));
        for name in ["policy", "remedy_kind", "remedy_due_h"] {
            assert_eq!(off.get(name), Some(&Value::Null), "{name}");
        }
    }
}
