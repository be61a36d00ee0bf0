//! Sends one test message to each target, for an operator who sets webhooks up; no event is delivered by it.

use std::io::{self, Write};

use serde_json::json;

use super::send::{ATTEMPT_TIMEOUT, Attempt, send};
use super::target::Target;
use crate::authorities::Authorities;
use crate::clock::Clock;
use crate::docket::uuid_at;

/// Sends a test message to each target and writes one line about each. Returns whether all have it.
///
/// # Errors
/// The lines cannot be written.
pub fn try_targets(
    targets: &[Target],
    authorities: &Authorities,
    clock: &dyn Clock,
    out: &mut impl Write,
) -> io::Result<bool> {
    let mut all = true;
    for target in targets {
        let now_ms = clock.now_ms();
        let timestamp = jiff::Timestamp::from_millisecond(now_ms.cast_signed()).unwrap_or_default().to_string();
        let body = json!({ "type": "webhook.test", "timestamp": timestamp, "data": { "target": target.name } });
        let agent = target.url.agent(authorities, ATTEMPT_TIMEOUT);
        let attempt = send(&agent, target, &uuid_at(now_ms).to_string(), now_ms / 1_000, &body.to_string());
        all &= attempt == Attempt::Delivered;
        match attempt {
            Attempt::Delivered => writeln!(out, "{}: has the message", target.name)?,
            Attempt::Gone => writeln!(out, "{}: says that it is gone (410)", target.name)?,
            Attempt::Failed { why, .. } => writeln!(out, "{}: {why}", target.name)?,
        }
    }
    Ok(all)
}
