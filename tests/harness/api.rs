//! The HTTP API as an integrator's program calls it; it checks no more than that answers are of their form.

use std::net::SocketAddr;

use live_jury_protocol::{AuditEntry, Case, CaseId, Page, Problem, Tally};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::{HeaderMap, Method, Request};

use crate::WAIT_MAX;

/// One caller.
#[derive(Clone, Debug)]
pub struct Api {
    agent: Agent,
    address: SocketAddr,
    token: Option<String>,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
}

impl Api {
    /// A caller with this token, or none.
    #[must_use]
    pub fn new(address: SocketAddr, token: Option<&str>) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(WAIT_MAX))
            // A node that is started again must not meet the connections of the one before.
            .max_idle_connections(0)
            .build();
        Self { agent: Agent::new_with_config(config), address, token: token.map(str::to_owned) }
    }

    /// Any request. `path` is below `/api/v1` unless it is a page's.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Vec<u8>>) -> Reply {
        let answer = self.try_send(method, path, headers, body).await;
        answer.unwrap_or_else(|error| panic!("no answer to {path}: {error}"))
    }

    /// Any request, to a node that may be away.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Result<Reply, ureq::Error> {
        let base = if path.starts_with("/rooms") || path.starts_with("/cases") || path.starts_with("/verdicts") {
            "/api/v1"
        } else {
            ""
        };
        let method: Method = method.parse().expect("a method");
        let mut request = Request::builder().method(method).uri(format!("http://{}{base}{path}", self.address));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let agent = self.agent.clone();
        let call = move || match body {
            Some(body) => agent.run(request.body(body).expect("a request")),
            None => agent.run(request.body(()).expect("a request")),
        };
        let mut response = tokio::task::spawn_blocking(call).await.expect("the call does not panic")?;
        let text = response.body_mut().read_to_string()?;
        Ok(Reply { status: response.status().as_u16(), headers: response.headers().clone(), text })
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], None).await
    }

    /// `POST` of JSON.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.post_with(path, &[], body).await
    }

    /// `POST` of JSON, with headers.
    pub async fn post_with(&self, path: &str, headers: &[(&str, &str)], body: Value) -> Reply {
        self.send("POST", path, headers, Some(body.to_string().into_bytes())).await
    }

    /// `PATCH` with JSON.
    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send("PATCH", path, &[], Some(body.to_string().into_bytes())).await
    }

    /// `POST` without a body.
    pub async fn act(&self, case: CaseId, action: &str) -> Reply {
        self.send("POST", &format!("/cases/{case}/{action}"), &[], None).await
    }

    /// Creates a case.
    pub async fn create(&self, room: &str, new: Value) -> Case {
        self.post(&format!("/rooms/{room}/cases"), new).await.read(201)
    }

    /// Opens a draft.
    pub async fn open(&self, case: CaseId) -> Case {
        self.act(case, "open").await.read(200)
    }

    /// Closes an open case.
    pub async fn close(&self, case: CaseId) -> Case {
        self.act(case, "close").await.read(200)
    }

    /// Voids an open case.
    pub async fn void(&self, case: CaseId, reason: &str) -> Case {
        self.post(&format!("/cases/{case}/void"), json!({"reason": reason})).await.read(200)
    }

    /// Moves an open case's deadline.
    pub async fn extend(&self, case: CaseId, by_s: u64) -> Reply {
        self.post(&format!("/cases/{case}/extend"), json!({"by_s": by_s})).await
    }

    /// One case.
    pub async fn case(&self, case: CaseId) -> Case {
        self.get(&format!("/cases/{case}")).await.read(200)
    }

    /// A case's tally.
    pub async fn tally(&self, case: CaseId) -> Tally {
        self.get(&format!("/cases/{case}/tally")).await.read(200)
    }

    /// A case's audit trail, as `who action`.
    pub async fn audit(&self, case: CaseId) -> Vec<String> {
        let page: Page<AuditEntry> = self.get(&format!("/cases/{case}/audit")).await.read(200);
        page.items.into_iter().map(|entry| format!("{} {}", entry.by, entry.action)).collect()
    }

    /// A recorded case's ballots, a line each, without the heading.
    pub async fn ballots(&self, case: CaseId) -> Vec<String> {
        let reply = self.get(&format!("/cases/{case}/ballots.csv")).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, "text/csv; charset=utf-8"), "{}", reply.text);
        let mut lines = reply.text.lines().map(str::to_owned);
        assert_eq!(lines.next().as_deref(), Some("pseudonym,option,side,cast_at"));
        lines.collect()
    }
}

impl Reply {
    /// A header; empty if it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body, if the status is the one expected.
    #[must_use]
    pub fn read<T: DeserializeOwned>(&self, status: u16) -> T {
        assert_eq!(self.status, status, "{}", self.text);
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The problem, if it is one of this status: its code, and the field that is wrong, or nothing.
    #[must_use]
    pub fn problem(&self, status: u16) -> (String, String) {
        let problem: Problem = self.read(status);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(problem.status, status);
        assert!(!problem.title.is_empty() && !problem.detail.is_empty(), "{}", self.text);
        (problem.code, problem.field.unwrap_or_default())
    }
}

/// A case as a moderator writes it: to be decided between `buyer` and `merchant`, with `abstain`, by any number of
/// ballots, in ten minutes, open at once; changed by the fields of `change`.
#[must_use]
pub fn case(change: Value) -> Value {
    let mut case = json!({
        "title": "Is the “pure silk” claim misleading?",
        "duration_s": 600,
        "options": [
            { "id": "buyer", "label": "Support the buyer" },
            { "id": "merchant", "label": "Support the merchant" },
            { "id": "abstain", "label": "Cannot tell", "abstain": true },
        ],
        "rules": { "quorum": 1 },
        "open": true,
    });
    for (name, value) in change.as_object().expect("fields") {
        case[name] = value.clone();
    }
    case
}
