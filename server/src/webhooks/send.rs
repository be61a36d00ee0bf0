//! One attempt to deliver a message: a signed request, and what its answer means. It tries nothing twice.

use std::fmt::Display;
use std::time::Duration;

use ureq::Agent;
use ureq::http::StatusCode;

use super::target::Target;

/// Longest time of one attempt; beyond it the attempt has failed.
pub(super) const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
/// Most characters of a failure's reason that are kept.
const WHY_CHARS_MAX: usize = 200;

/// The result of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// The target has the message.
    Delivered,
    /// The target does not have it.
    Failed {
        /// The reason.
        why: String,
        /// The pause that the target asks for.
        asked: Option<Duration>,
    },
    /// The target said that it is gone (410).
    Gone,
}

impl Attempt {
    /// An attempt that failed for this reason.
    pub fn failed(why: &dyn Display) -> Self {
        Self::Failed { why: why.to_string().chars().take(WHY_CHARS_MAX).collect(), asked: None }
    }
}

/// Sends a message once. It blocks for [`ATTEMPT_TIMEOUT`] at most, and follows no redirect: a signed message is for
/// the address in the operator's file alone.
pub(super) fn send(agent: &Agent, target: &Target, id: &str, at_s: u64, body: &str) -> Attempt {
    let signatures = target.secrets.iter().map(|secret| secret.sign(id, at_s, body));
    let signatures = signatures.collect::<Vec<_>>().join(" ");
    let request = agent.post(target.url.as_str()).config().max_redirects(0).build();
    let request = request.header("content-type", "application/json").header("webhook-id", id);
    let request = request.header("webhook-timestamp", at_s.to_string()).header("webhook-signature", signatures);
    match request.send(body) {
        Ok(answer) if answer.status().is_success() => Attempt::Delivered,
        Ok(answer) if answer.status() == StatusCode::GONE => Attempt::Gone,
        Ok(answer) => {
            let asked = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
            let asked = asked.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
            Attempt::Failed { why: format!("the answer is {}", answer.status()), asked }
        }
        Err(error) => Attempt::failed(&error),
    }
}
