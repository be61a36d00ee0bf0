//! A client of the HTTP API, as an integrator would write one; it checks the form of answers and never their meaning.

use std::net::SocketAddr;
use std::time::Duration;

use live_jury_protocol::{AuditEntry, Case, CaseId, Page, Problem, Tally};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::Instant;
use ureq::Agent;
use ureq::http::{HeaderMap, Method, Request};

use crate::WAIT_MAX;

/// Time between two requests to close a case after a loss.
const CLOSE_RETRY: Duration = Duration::from_millis(200);

/// A client with one token.
#[derive(Clone, Debug)]
pub struct Api {
    agent: Agent,
    address: SocketAddr,
    token: Option<String>,
}

/// An answer of any status.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; bytes that are no text are replaced.
    pub text: String,
    /// The body as it came.
    pub bytes: Vec<u8>,
}

impl Api {
    /// A client with this token, or without one.
    #[must_use]
    pub fn new(address: SocketAddr, token: Option<&str>) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(WAIT_MAX))
            // A restarted node must not be reached through a connection of the node before it.
            .max_idle_connections(0)
            .build();
        Self { agent: Agent::new_with_config(config), address, token: token.map(str::to_owned) }
    }

    /// Sends any request. A `path` of the API is relative to `/api/v1`; every other path is taken as it is, and so is
    /// that of the page of the public report.
    ///
    /// # Panics
    /// The node does not answer.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Vec<u8>>) -> Reply {
        let answer = self.try_send(method, path, headers, body).await;
        answer.unwrap_or_else(|error| panic!("no answer to {path}: {error}"))
    }

    /// Sends any request to a node that may be stopped.
    ///
    /// # Errors
    /// The node did not answer.
    pub async fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Result<Reply, ureq::Error> {
        let base = if ["/rooms", "/cases", "/verdicts", "/revocations", "/practice", "/jurors", "/trust"]
            .iter()
            .any(|route| path.starts_with(route) && !path.starts_with("/trust/report"))
        {
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
        let bytes = response.body_mut().read_to_vec()?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Reply { status: response.status().as_u16(), headers: response.headers().clone(), text, bytes })
    }

    /// Sends a `GET`.
    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], None).await
    }

    /// The bytes of a successful `GET`.
    pub async fn bytes(&self, path: &str) -> Vec<u8> {
        let reply = self.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        reply.bytes
    }

    /// Sends a `POST` with JSON.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.post_with(path, &[], body).await
    }

    /// Sends a `POST` with JSON and headers.
    pub async fn post_with(&self, path: &str, headers: &[(&str, &str)], body: Value) -> Reply {
        self.send("POST", path, headers, Some(body.to_string().into_bytes())).await
    }

    /// Sends a `PUT` with JSON.
    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.send("PUT", path, &[], Some(body.to_string().into_bytes())).await
    }

    /// Sends a `PATCH` with JSON.
    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send("PATCH", path, &[], Some(body.to_string().into_bytes())).await
    }

    /// Sends a `POST` without a body.
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

    /// Closes an open case after a loss, as soon as its jury has had the time to cast again.
    pub async fn close_after_loss(&self, case: CaseId) -> Case {
        let began = Instant::now();
        loop {
            let reply = self.act(case, "close").await;
            if reply.status != 409 || reply.problem(409).0 != "too_early" {
                return reply.read(200);
            }
            assert!(began.elapsed() < WAIT_MAX, "{}", reply.text);
            tokio::time::sleep(CLOSE_RETRY).await;
        }
    }

    /// Voids an open case.
    pub async fn void(&self, case: CaseId, reason: &str) -> Case {
        self.post(&format!("/cases/{case}/void"), json!({"reason": reason})).await.read(200)
    }

    /// Extends an open case's deadline.
    pub async fn extend(&self, case: CaseId, by_s: u64) -> Reply {
        self.post(&format!("/cases/{case}/extend"), json!({"by_s": by_s})).await
    }

    /// Reads one case, without its verdict's place in the log: no other answer about a case has that.
    pub async fn case(&self, case: CaseId) -> Case {
        let mut read: Case = self.get(&format!("/cases/{case}")).await.read(200);
        if let Some(verdict) = &mut read.verdict {
            verdict.log = None;
        }
        read
    }

    /// Reads a case's tally.
    pub async fn tally(&self, case: CaseId) -> Tally {
        self.get(&format!("/cases/{case}/tally")).await.read(200)
    }

    /// Reads a case's audit trail, each entry as `by action`.
    pub async fn audit(&self, case: CaseId) -> Vec<String> {
        let (mut lines, mut after) = (Vec::new(), "0".to_owned());
        loop {
            let page: Page<AuditEntry> = self.get(&format!("/cases/{case}/audit?after={after}")).await.read(200);
            lines.extend(page.items.into_iter().map(|entry| format!("{} {}", entry.by, entry.action)));
            let Some(next) = page.next else { return lines };
            after = next;
        }
    }

    /// Reads a recorded case's ballots: one line each, without the heading.
    pub async fn ballots(&self, case: CaseId) -> Vec<String> {
        let reply = self.get(&format!("/cases/{case}/ballots.csv")).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, "text/csv; charset=utf-8"), "{}", reply.text);
        let mut lines = reply.text.lines().map(str::to_owned);
        assert_eq!(lines.next().as_deref(), Some("pseudonym,option,side,cast_at,present,account_age,read"));
        lines.collect()
    }
}

impl Reply {
    /// A header's value; empty if the header is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// The status is another one, or the body has another form.
    #[must_use]
    pub fn read<T: DeserializeOwned>(&self, status: u16) -> T {
        assert_eq!(self.status, status, "{}", self.text);
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The problem's code, and its field or an empty text.
    ///
    /// # Panics
    /// The answer is not a problem of this status.
    #[must_use]
    pub fn problem(&self, status: u16) -> (String, String) {
        let problem: Problem = self.read(status);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(problem.status, status);
        assert!(!problem.title.is_empty() && !problem.detail.is_empty(), "{}", self.text);
        (problem.code, problem.field.unwrap_or_default())
    }
}

/// A new case with the options `buyer`, `merchant` and `abstain` and a quorum of 1. It is open for ten minutes from its
/// creation. The fields of `change` replace those of the case.
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
