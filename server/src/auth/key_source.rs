//! The place of a JWK set, and its reading: a file, an `https:` URL, or an `http:` URL of this machine; it parses no
//! key.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use crate::authorities::Authorities;
use crate::secure_url::SecureUrl;

/// Longest time of one reading; beyond it the reading fails. A JWK set is a few kilobytes.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// Largest JWK set, in bytes; a larger one is cut and fails to parse. It holds hundreds of RSA keys.
const SET_BYTES_MAX: u64 = 256 * 1024;

/// The place of a JWK set. Somebody who can change it on its way can sign tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// A file.
    File(PathBuf),
    /// A server.
    Url(SecureUrl),
}

impl FromStr for KeySource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !text.contains("://") {
            return Ok(Self::File(text.into()));
        }
        text.parse().map(Self::Url)
    }
}

impl KeySource {
    /// Reads the set. A redirect is followed from `https:` to `https:` only.
    ///
    /// # Errors
    /// The reason.
    pub(super) fn read(&self, authorities: &Authorities) -> Result<String, String> {
        match self {
            Self::File(path) => read_file(path).map_err(|error| error.to_string()),
            Self::Url(url) => fetch(&url.agent(authorities, READ_TIMEOUT), url),
        }
    }
}

fn read_file(path: &Path) -> std::io::Result<String> {
    let mut set = String::new();
    std::fs::File::open(path)?.take(SET_BYTES_MAX).read_to_string(&mut set)?;
    Ok(set)
}

fn fetch(agent: &ureq::Agent, url: &SecureUrl) -> Result<String, String> {
    let text = |error: ureq::Error| error.to_string();
    let mut response = agent.get(url.as_str()).call().map_err(text)?;
    if !response.status().is_success() {
        return Err(format!("the answer is {}; redirects are followed from https: to https: only", response.status()));
    }
    response.body_mut().with_config().limit(SET_BYTES_MAX).read_to_string().map_err(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_a_scheme_is_a_file() {
        for file in ["keys.json", "/etc/live-jury/keys.json", "C:keys.json"] {
            assert_eq!(file.parse(), Ok(KeySource::File(file.into())));
        }
        assert!(matches!("https://keys.example.com/set".parse(), Ok(KeySource::Url(_))));
        assert!("http://keys.example.com/set".parse::<KeySource>().is_err());
    }
}
