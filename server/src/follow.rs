//! `live-jury verify --follow`: fetches a log's checkpoint and tiles, and keeps the last checkpoint in a file. The
//! checks are those of the crate `verify`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use live_jury_proof::note::NOTE_BYTES_MAX;
use live_jury_verify::program::{policy_of, print};
use live_jury_verify::{FAILED, Report, follow};
use ureq::Agent;

use crate::authorities::Authorities;
use crate::log::StateFile;
use crate::secure_url::SecureUrl;

/// Longest time of one request; beyond it the log counts as not readable. A tile has at most 8 KiB.
const FETCH_TIMEOUT: Duration = Duration::from_secs(30);

/// The log to follow, and the keys to believe.
#[derive(Clone, Debug)]
pub struct Request {
    /// The log's URL.
    pub url: SecureUrl,
    /// The file of the last checkpoint.
    pub state: PathBuf,
    /// The file of a policy.
    pub policy: Option<PathBuf>,
    /// The vkey of a log, in place of a policy.
    pub log: Option<String>,
    /// The file of further certificate authorities.
    pub ca_file: Option<PathBuf>,
    /// Whether to print JSON.
    pub json: bool,
}

/// Follows the log, prints the report and returns the exit code. The checkpoint is kept unless a check failed.
///
/// # Errors
/// The report could not be printed.
pub fn run(request: &Request, out: &mut dyn Write) -> io::Result<u8> {
    print(report(request), request.json, out)
}

fn report(request: &Request) -> Result<Report, String> {
    // An error means that it was set before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let policy = policy_of(request.policy.as_deref(), request.log.as_deref())?;
    let authorities = request.ca_file.as_deref().map_or_else(|| Ok(Authorities::system()), Authorities::with_file);
    let agent = request.url.agent(&authorities.map_err(|error| error.to_string())?, FETCH_TIMEOUT);
    let state = StateFile::new(request.state.clone());
    let kept = state.read().map_err(|error| error.to_string())?;
    let base = request.url.as_str().trim_end_matches('/');
    let mut fetch = |path: &str| fetch(&agent, &format!("{base}/{path}"));
    let note = String::from_utf8(fetch("checkpoint")?).map_err(|_| "the checkpoint is not UTF-8".to_owned())?;
    let followed = follow(&note, kept.as_ref(), policy.as_ref(), &mut fetch)?;
    if followed.report.exit_code() != FAILED && kept.as_ref() != Some(&followed.checkpoint) {
        state.write(&followed.checkpoint).map_err(|error| error.to_string())?;
    }
    Ok(followed.report)
}

fn fetch(agent: &Agent, url: &str) -> Result<Vec<u8>, String> {
    let named = |error: &dyn std::fmt::Display| format!("{url}: {error}");
    let mut response = agent.get(url).call().map_err(|error| named(&error))?;
    if response.status() != 200 {
        return Err(named(&format!("the answer is {}", response.status())));
    }
    response.body_mut().with_config().limit(NOTE_BYTES_MAX as u64).read_to_vec().map_err(|error| named(&error))
}
