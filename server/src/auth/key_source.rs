//! The place of a JWK set, and its reading: a file, an `https:` URL, or an `http:` URL of this machine; it parses no
//! key.

use std::fmt::Display;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use ureq::tls::TlsConfig;
use url::{Host, Url};

use crate::authorities::Authorities;

/// Longest time of one reading; beyond it the reading fails. A JWK set is a few kilobytes.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// Largest JWK set, in bytes; a larger one is cut and fails to parse. It holds hundreds of RSA keys.
const SET_BYTES_MAX: u64 = 256 * 1024;

/// Where a JWK set is. Whoever can change it on its way can sign tokens, so plain HTTP is for this machine alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// A file.
    File(PathBuf),
    /// An `https:` URL.
    Https(Url),
    /// An `http:` URL of this machine.
    Loopback(Url),
}

impl FromStr for KeySource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !text.contains("://") {
            return Ok(Self::File(text.into()));
        }
        let url = Url::parse(text).map_err(|error| format!("is no URL: {error}"))?;
        let is_loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        match url.scheme() {
            "https" => Ok(Self::Https(url)),
            "http" if is_loopback => Ok(Self::Loopback(url)),
            _ => Err("must be a file, an https: URL, or an http: URL of this machine: whoever is on the way of \
                      another could sign tokens"
                .to_owned()),
        }
    }
}

impl KeySource {
    /// Reads the set. A redirect is followed from `https:` to `https:` only.
    ///
    /// # Errors
    /// The reason.
    pub(super) fn read(&self, authorities: &Authorities) -> Result<String, String> {
        match self {
            Self::File(path) => read_file(path).map_err(text),
            Self::Https(url) => {
                let tls = TlsConfig::builder().root_certs(authorities.for_http()).build();
                let config = ureq::Agent::config_builder().https_only(true).tls_config(tls);
                fetch(config.timeout_global(Some(READ_TIMEOUT)).build(), url)
            }
            Self::Loopback(url) => {
                // A proxy of the environment would be another machine.
                let config = ureq::Agent::config_builder().max_redirects(0).proxy(None);
                fetch(config.timeout_global(Some(READ_TIMEOUT)).build(), url)
            }
        }
    }
}

fn read_file(path: &Path) -> std::io::Result<String> {
    let mut set = String::new();
    std::fs::File::open(path)?.take(SET_BYTES_MAX).read_to_string(&mut set)?;
    Ok(set)
}

fn fetch(config: ureq::config::Config, url: &Url) -> Result<String, String> {
    let mut response = ureq::Agent::new_with_config(config).get(url.as_str()).call().map_err(text)?;
    if !response.status().is_success() {
        return Err(format!("the answer is {}; redirects are followed from https: to https: only", response.status()));
    }
    response.body_mut().with_config().limit(SET_BYTES_MAX).read_to_string().map_err(text)
}

fn text(error: impl Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine() {
        for file in ["keys.json", "/etc/live-jury/keys.json", "C:keys.json"] {
            assert_eq!(file.parse(), Ok(KeySource::File(file.into())));
        }
        for url in ["https://keys.example.com/set", "HTTPS://keys.example.com/", "https://10.0.0.1:8443/"] {
            assert!(matches!(url.parse(), Ok(KeySource::Https(_))), "{url}");
        }
        for url in ["http://localhost:3000/k", "http://127.0.0.1/", "http://127.8.9.1/", "http://[::1]:80/"] {
            assert!(matches!(url.parse(), Ok(KeySource::Loopback(_))), "{url}");
        }
        for url in [
            "http://keys.example.com/set",
            "HTTP://keys.example.com/set",
            "http://localhost.example.com/",
            "http://127.0.0.1.example.com/",
            "http://127.0.0.1@keys.example.com/",
            "http://10.0.0.1/",
            "http://0.0.0.0/",
            "http://[::]/",
            "http:///keys.json",
            "ftp://keys.example.com/set",
            "file:///etc/keys.json",
            "ws://localhost/",
            "https://",
            "://",
        ] {
            assert!(url.parse::<KeySource>().is_err(), "{url}");
        }
    }
}
