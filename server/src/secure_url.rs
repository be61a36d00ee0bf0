//! Addresses of other servers that this program asks: `https:`, or plain `http:` of this machine. It sends nothing by
//! itself.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::TlsConfig;
use url::{Host, Url};

use crate::authorities::Authorities;

/// The address of another server. Plain HTTP is for this machine alone, since anybody on the way can change its
/// answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecureUrl {
    /// An `https:` URL.
    Https(Url),
    /// An `http:` URL of this machine.
    Loopback(Url),
}

impl SecureUrl {
    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let (Self::Https(url) | Self::Loopback(url)) = self;
        url.as_str()
    }

    /// A client for this address. An answer may have any status. A redirect is followed from `https:` to `https:` only.
    pub(crate) fn agent(&self, authorities: &Authorities, timeout: Duration) -> Agent {
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(timeout));
        Agent::new_with_config(match self {
            Self::Https(_) => {
                let tls = TlsConfig::builder().root_certs(authorities.for_http()).build();
                config.https_only(true).tls_config(tls).build()
            }
            // A proxy of the environment would be another machine.
            Self::Loopback(_) => config.max_redirects(0).proxy(None).build(),
        })
    }
}

impl fmt::Display for SecureUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SecureUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
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
            _ => Err("must be an https: URL, or an http: URL of this machine: whoever is on the way of another could \
                      change the answer"
                .to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine() {
        for url in ["https://keys.example.com/set", "HTTPS://keys.example.com/", "https://10.0.0.1:8443/"] {
            assert!(matches!(url.parse(), Ok(SecureUrl::Https(_))), "{url}");
        }
        for url in ["http://localhost:3000/k", "http://127.0.0.1/", "http://127.8.9.1/", "http://[::1]:80/"] {
            assert!(matches!(url.parse(), Ok(SecureUrl::Loopback(_))), "{url}");
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
            "keys.json",
            "https://",
            "://",
        ] {
            assert!(url.parse::<SecureUrl>().is_err(), "{url}");
        }
    }
}
