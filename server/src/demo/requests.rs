//! Requests that the demo's people and its platform send to the public routes, as any client does.

use std::time::Duration;

use anyhow::{Context, bail};
use ureq::typestate::WithBody;
use ureq::{Agent, RequestBuilder};

/// Longest time of one request.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A request with a body.
pub struct BodyRequest {
    /// The address.
    pub url: String,
    /// The token.
    pub token: String,
    /// The type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

/// Posts a request, and returns the body of the answer.
///
/// # Errors
/// There was no answer, or it is an error.
pub async fn post(request: BodyRequest) -> anyhow::Result<String> {
    send(request, Agent::post).await
}

/// Puts a request, and returns the body of the answer.
///
/// # Errors
/// There was no answer, or it is an error.
pub async fn put(request: BodyRequest) -> anyhow::Result<String> {
    send(request, Agent::put).await
}

/// A method whose requests have a body.
type Method = fn(&Agent, String) -> RequestBuilder<WithBody>;

async fn send(request: BodyRequest, method: Method) -> anyhow::Result<String> {
    let sent = tokio::task::spawn_blocking(move || {
        let agent: Agent =
            Agent::config_builder().timeout_global(Some(TIMEOUT)).http_status_as_error(false).build().into();
        let sending = method(&agent, request.url).header("authorization", format!("Bearer {}", request.token));
        let mut answer = sending.header("content-type", request.content_type).send(request.body)?;
        let body = answer.body_mut().read_to_string();
        if !answer.status().is_success() {
            bail!("{}: {}", answer.status(), body.unwrap_or_default());
        }
        Ok(body?)
    });
    sent.await.context("the request was cut off")?
}
