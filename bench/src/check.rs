//! The checker: compares the acknowledged ballots with the record, one by one; it uses no code of the server.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hmac::{Hmac, Mac};
use live_jury_protocol::{Case, CaseId, CaseState};
use live_jury_tests::tokens;
use sha2::Sha256;
use ureq::Agent;

use crate::clock::now_us;
use crate::deployment::{BALLOT_SECRET, ROOM};
use crate::worker::Worker;

/// Longest wait for a verdict or an export, beyond which the run fails: 450,000 ballots take some 2 s.
const VERDICT_WAIT_MAX: Duration = Duration::from_secs(120);
/// Pause between two requests for the verdict.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Largest export that is read, in bytes, beyond which the run fails: more than ten million ballots.
const EXPORT_BYTES_MAX: u64 = 1 << 30;

/// Waits for a case's verdict and compares it with the acknowledged ballots. The jurors are numbered from 0 and have
/// one ballot each; juror n's is for option n modulo the number of options.
///
/// # Errors
/// A ballot is missing, duplicated or different, or the counts do not add up.
pub fn verdict(node: SocketAddr, case: CaseId, jurors: u64) -> Result<()> {
    let case = decided(node, case)?;
    let verdict = case.verdict.context("a decided case has a verdict")?;
    ensure!(verdict.ballots == jurors, "{} ballots in the verdict, {jurors} acknowledged", verdict.ballots);
    let options: Vec<String> = case.options.iter().map(|option| option.id.to_string()).collect();
    let mut expected: HashMap<String, &str> = HashMap::new();
    let mut counts: HashMap<&str, u64> = HashMap::new();
    for n in 0..jurors as usize {
        let option = options[n % options.len()].as_str();
        expected.insert(pseudonym(case.id, &Worker::sub(n)), option);
        *counts.entry(option).or_default() += 1;
    }
    let export = get(node, &format!("/api/v1/cases/{}/ballots.csv", case.id))?;
    let mut lines = 0;
    for line in export.lines().skip(1) {
        let mut fields = line.split(',');
        let (juror, option) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        let acknowledged =
            expected.remove(juror).with_context(|| format!("not acknowledged, or recorded twice: {line}"))?;
        ensure!(acknowledged == option, "{juror}: {acknowledged} was acknowledged, and {option} is recorded");
        lines += 1;
    }
    ensure!(expected.is_empty(), "{} acknowledged ballots are not recorded", expected.len());
    ensure!(lines == jurors, "{lines} lines for {jurors} ballots");
    for (option, count) in verdict.counts.iter().flatten() {
        let cast = counts.get(option.as_str()).copied().unwrap_or(0);
        ensure!(cast == *count, "{option} has {count} ballots in the verdict, and {cast} were acknowledged");
    }
    Ok(())
}

/// Waits until a case is decided.
///
/// # Errors
/// The case has no verdict within the longest wait.
pub fn decided(node: SocketAddr, case: CaseId) -> Result<Case> {
    let until_us = now_us() + VERDICT_WAIT_MAX.as_micros() as u64;
    loop {
        let found: Case = serde_json::from_str(&get(node, &format!("/api/v1/cases/{case}"))?)?;
        if found.state == CaseState::Decided {
            return Ok(found);
        }
        ensure!(now_us() < until_us, "no verdict in {VERDICT_WAIT_MAX:?}");
        std::thread::sleep(POLL_INTERVAL);
    }
}

fn get(node: SocketAddr, path: &str) -> Result<String> {
    let config = Agent::config_builder().proxy(None).timeout_global(Some(VERDICT_WAIT_MAX)).build();
    let token = tokens::moderator(ROOM, "mia");
    let request = Agent::new_with_config(config)
        .get(format!("http://{node}{path}"))
        .header("Authorization", format!("Bearer {token}"));
    let mut answer = request.call().with_context(|| path.to_owned())?;
    Ok(answer.body_mut().with_config().limit(EXPORT_BYTES_MAX).read_to_string()?)
}

/// The juror's pseudonym in the record: the first 16 bytes of `HMAC-SHA256(ballot secret, case ‖ sub)`.
pub fn pseudonym(case: CaseId, sub: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(BALLOT_SECRET.as_bytes())
        .unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"));
    mac.update(case.0.as_bytes());
    mac.update(sub.as_bytes());
    data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes()[..16])
}
