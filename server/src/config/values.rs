//! The types of settings and their spelling; each names what is wrong with a text, and none looks at another setting.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use url::Url;

use crate::key_file::check_ends;
use crate::pseudonym::SECRET_BYTES_MIN;

/// A duration that is longer than zero, written as `10s`, `500ms` or `1m 30s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timeout(pub Duration);

impl fmt::Display for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(self.0).fmt(f)
    }
}

impl FromStr for Timeout {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let duration = humantime::parse_duration(text).map_err(|error| error.to_string())?;
        if duration.is_zero() { Err("must be longer than zero".to_owned()) } else { Ok(Self(duration)) }
    }
}

/// A secret. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

impl FromStr for Secret {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        check_ends(text)?;
        if text.len() < SECRET_BYTES_MIN {
            return Err(format!("a secret is {SECRET_BYTES_MIN} bytes or more"));
        }
        Ok(Self(text.as_bytes().to_vec()))
    }
}

/// An exact origin: scheme, host and port, nothing more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// The origin in the spelling of browsers.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The origin of an address over plain HTTP.
    #[must_use]
    pub fn of(address: SocketAddr) -> Self {
        Self(format!("http://{address}").trim_end_matches(":80").to_owned())
    }

    /// The name of this server's log with a number, which is also the log's URL without the scheme.
    #[must_use]
    pub fn log_origin(&self, number: u64) -> String {
        let host = self.0.split_once("://").map_or(self.0.as_str(), |(_, host)| host);
        format!("{host}/log/{number}")
    }
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if matches!(text, "*" | "null") {
            return Err(format!("`{text}` would let every page in; name the origins"));
        }
        if text.contains('*') {
            return Err(format!("`{text}` has a wildcard, which matches no page; name each origin"));
        }
        let url = Url::parse(text).map_err(|error| format!("`{text}` is no origin: {error}"))?;
        let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        let named = url.host_str().is_some() && url.username().is_empty() && url.password().is_none();
        if !matches!(url.scheme(), "http" | "https") || !bare || !named {
            return Err(format!("`{text}` is no origin: it must be like https://shop.example.com"));
        }
        Ok(Self(url.origin().ascii_serialization()))
    }
}

/// The stores that the operator accepts though they may lose acknowledged ballots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptLoss {
    /// No case opens on such a store.
    No,
    /// The operator vouches for a store that does not tell its settings.
    Unknown,
    /// Cases open all the same, and viewers are told.
    Yes,
}

impl fmt::Display for AcceptLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::No => "no",
            Self::Unknown => "unknown",
            Self::Yes => "yes",
        })
    }
}

impl FromStr for AcceptLoss {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "no" => Ok(Self::No),
            "unknown" => Ok(Self::Unknown),
            "yes" => Ok(Self::Yes),
            _ => Err("must be no, unknown or yes".to_owned()),
        }
    }
}

/// The address of the admin listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminBind {
    /// There is no admin listener.
    Off,
    /// It listens on this address.
    At(SocketAddr),
}

impl FromStr for AdminBind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            _ => text.parse().map(Self::At).map_err(|_| "must be an address with a port, or off".to_owned()),
        }
    }
}

/// The database of the docket.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// The URL of a PostgreSQL database.
    Postgres(String),
}

impl Database {
    /// The SQLite file; none for PostgreSQL.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "Sqlite({})", path.display()),
            // The URL may hold a password.
            Self::Postgres(_) => f.write_str("Postgres(hidden)"),
        }
    }
}

impl FromStr for Database {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        check_ends(text)?;
        match text.split_once("://") {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(text.to_owned())),
            _ => Err("must be sqlite://FILE or postgres://…".to_owned()),
        }
    }
}

/// The URL of Redis. `Debug` hides it, as it may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisUrl(String);

impl RedisUrl {
    /// The URL as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisUrl(hidden)")
    }
}

impl FromStr for RedisUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        check_ends(text)?;
        match text.split_once("://") {
            Some(("redis" | "rediss" | "redis+cluster" | "rediss+cluster", _)) => Ok(Self(text.to_owned())),
            _ => Err("must be redis://… or redis+cluster://host:port,…, or over TLS rediss://… or \
                      rediss+cluster://host:port,…"
                .to_owned()),
        }
    }
}

/// The address of a proxy, or a network of proxies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proxy(pub IpNet);

impl FromStr for Proxy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let one = text.parse::<std::net::IpAddr>().map(IpNet::from);
        one.or_else(|_| text.parse()).map(Self).map_err(|_| format!("`{text}` is no address and no network"))
    }
}
