//! Settings: flags, variables, defaults and their checks; it reads no file and opens no connection.

mod limits;
mod log;
mod trust;
mod values;
mod variables;
mod witness;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use live_jury_court::LossShare;

use crate::auth::{self, KeySource};
use crate::key_file::check_ends;
use crate::pseudonym::BallotKey;

pub use limits::Limits;
pub use log::{LogSettings, ReceiptSetting};
pub use trust::{IdentityKeys, IdentityRefuse, IdentitySettings, Switch, TrustSettings};
pub use values::{AcceptLoss, AdminBind, Database, Origin, Proxy, RedisUrl, Secret, Timeout};
pub use variables::{hide_secret, unknown_variables, without_empty_variables};
pub use witness::WitnessSetting;

/// Connections of a node to PostgreSQL by default: one each for writing, reading and following the docket, and one for
/// reads of the API.
const DATABASE_CONNECTIONS: u32 = 4;
/// Fewest connections of a node to PostgreSQL. Reads of the API have one, and a step that waits must not stop the
/// others.
const DATABASE_CONNECTIONS_MIN: i64 = 3;
/// The part of the connections that reads of the API have, as a divisor. No step and no probe waits for them.
const READS_PART: u32 = 3;

/// Time between two readings of a JWK set. A withdrawn key stays valid for at most this time.
const JWKS_REFRESH: Timeout = Timeout(Duration::from_secs(15 * 60));

/// Time between two readings of the stores' settings. Openings end within it after a setting was weakened.
const DURABILITY_INTERVAL: Timeout = Timeout(Duration::from_secs(60));
/// Wait for a lost tally: an operator gives a store its data back within an hour, and viewers wait no longer.
const LOST_HOLD: Timeout = Timeout(Duration::from_secs(60 * 60));

/// Longest time until the expiry of a token. A stolen token ends within a day.
pub const TOKEN_LIFETIME_MAX: Timeout = Timeout(auth::TOKEN_LIFETIME_MAX);

/// The settings of `serve`.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    /// Public listener
    #[arg(long, env = "LIVE_JURY_BIND", default_value = "127.0.0.1:8080")]
    pub bind: SocketAddr,
    /// The server's own origin, as browsers see it behind TLS [default: http:// and the bind address]
    #[arg(long, env = "LIVE_JURY_PUBLIC_URL")]
    pub public_url: Option<Origin>,
    /// Listener of /metrics, /healthz and /readyz; `off` turns it off
    #[arg(long, env = "LIVE_JURY_ADMIN_BIND", default_value = "127.0.0.1:9090")]
    pub admin_bind: AdminBind,
    /// sqlite://FILE or postgres://…; created and migrated at the start
    #[arg(long, env = "LIVE_JURY_DATABASE", default_value = "sqlite://live-jury.db", hide_env_values = true)]
    pub database: Database,
    /// Largest number of connections of this node to PostgreSQL
    #[arg(long, env = "LIVE_JURY_DATABASE_CONNECTIONS", default_value_t = DATABASE_CONNECTIONS,
          value_parser = clap::value_parser!(u32).range(DATABASE_CONNECTIONS_MIN..=1_000))]
    pub database_connections: u32,
    /// Tally store: redis://… or redis+cluster://host:port,…, over TLS with rediss; without it, the SQLite file
    #[arg(long, env = "LIVE_JURY_REDIS", hide_env_values = true)]
    pub redis: Option<RedisUrl>,
    /// Whether cases open on stores that may lose acknowledged ballots: `no`; `unknown`: where a store does not tell
    /// its settings, the operator vouches for it; `yes`: always, and viewers are told
    #[arg(long, env = "LIVE_JURY_ACCEPT_LOSS", default_value_t = AcceptLoss::No)]
    pub accept_loss: AcceptLoss,
    /// Time between two readings of the settings on which the stores' durability depends
    #[arg(long, env = "LIVE_JURY_DURABILITY_INTERVAL", default_value_t = DURABILITY_INTERVAL)]
    pub durability_interval: Timeout,
    /// HS256 secret of the tokens, 32 bytes or more; its bytes are used as they are
    #[arg(long, env = "LIVE_JURY_TOKEN_SECRET", hide_env_values = true)]
    pub token_secret: Option<Secret>,
    /// JWK set (EdDSA, ES256, RS256): a file, an https: URL, or an http: URL of this machine
    #[arg(long, env = "LIVE_JURY_JWKS", value_parser = parse_key_source)]
    pub jwks: Option<KeySource>,
    /// Time between two readings of the JWK set; a withdrawn key stays valid for at most this time
    #[arg(long, env = "LIVE_JURY_JWKS_REFRESH", default_value_t = JWKS_REFRESH)]
    pub jwks_refresh: Timeout,
    /// File of certificate authorities in PEM form that Redis, PostgreSQL, witnesses and the JWK set's server may have,
    /// besides the system's
    #[arg(long, env = "LIVE_JURY_CA_FILE", value_parser = parse_path)]
    pub ca_file: Option<PathBuf>,
    /// If set, `iss` must match
    #[arg(long, env = "LIVE_JURY_TOKEN_ISSUER", value_parser = parse_text)]
    pub token_issuer: Option<String>,
    /// If set, `aud` must match
    #[arg(long, env = "LIVE_JURY_TOKEN_AUDIENCE", value_parser = parse_text)]
    pub token_audience: Option<String>,
    /// Longest time until a token's `exp`; overlays' tokens may last 31 days
    #[arg(long, env = "LIVE_JURY_MAX_TOKEN_LIFETIME", default_value_t = TOKEN_LIFETIME_MAX)]
    pub max_token_lifetime: Timeout,
    /// Key that turns a viewer id into a ballot's pseudonym, 32 bytes or more; needed
    #[arg(long, env = "LIVE_JURY_BALLOT_SECRET", hide_env_values = true)]
    pub ballot_secret: Option<Secret>,
    /// File of practice items for jurors, JSON [default: there is no practice]
    #[arg(long, value_name = "FILE", env = "LIVE_JURY_PRACTICE", value_parser = parse_path)]
    pub practice: Option<PathBuf>,
    /// Share of the ballots before a loss of the tally that must be cast again; with fewer the case is void
    #[arg(long, env = "LIVE_JURY_LOSS_SHARE", default_value_t = LossShare::default())]
    pub loss_share: LossShare,
    /// Longest wait of a closed case for a tally that its store has lost; after it the case is void
    #[arg(long, env = "LIVE_JURY_LOST_HOLD", default_value_t = LOST_HOLD)]
    pub lost_hold: Timeout,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc here would become the help's heading")]
    pub log: LogSettings,
    /// File of the servers that are told of cases and verdicts: JSON with `targets`
    #[arg(long, value_name = "FILE", env = "LIVE_JURY_WEBHOOKS", value_parser = parse_path)]
    pub webhooks: Option<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc here would become the help's heading")]
    pub trust: TrustSettings,
    /// Exact origins that may open a socket, call the API and frame the widget, in addition to the server's own
    #[arg(long, env = "LIVE_JURY_ALLOWED_ORIGINS", value_delimiter = ',')]
    pub allowed_origins: Vec<Origin>,
    /// Addresses or networks of proxies whose Forwarded or X-Forwarded-For names the client
    #[arg(long, env = "LIVE_JURY_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<Proxy>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc here would become the help's heading")]
    pub limits: Limits,
}

/// A text that is not empty and has no blank at either end. An empty issuer, say, would refuse every token.
///
/// # Errors
/// The text is empty, or has a blank or a line end at either end.
pub fn parse_text(text: &str) -> Result<String, String> {
    check_ends(text)?;
    if text.is_empty() { Err("must not be empty".to_owned()) } else { Ok(text.to_owned()) }
}

/// A file's path; it is not looked up here.
///
/// # Errors
/// As in [`parse_text`].
pub fn parse_path(text: &str) -> Result<PathBuf, String> {
    parse_text(text).map(PathBuf::from)
}

fn parse_key_source(text: &str) -> Result<KeySource, String> {
    parse_text(text)?.parse()
}

/// A setting that conflicts with others.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {reason}")]
pub struct SettingError {
    /// The flag's name.
    pub setting: &'static str,
    /// The reason.
    pub reason: String,
}

impl Settings {
    /// The defaults with these secrets; the environment is ignored.
    #[must_use]
    pub fn with_secrets(token_secret: Secret, ballot_secret: Secret) -> Self {
        Self {
            bind: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
            admin_bind: AdminBind::Off,
            database: Database::Sqlite("live-jury.db".into()),
            database_connections: DATABASE_CONNECTIONS,
            redis: None,
            accept_loss: AcceptLoss::No,
            durability_interval: DURABILITY_INTERVAL,
            token_secret: Some(token_secret),
            jwks: None,
            jwks_refresh: JWKS_REFRESH,
            ca_file: None,
            token_issuer: None,
            token_audience: None,
            max_token_lifetime: TOKEN_LIFETIME_MAX,
            ballot_secret: Some(ballot_secret),
            practice: None,
            loss_share: LossShare::default(),
            lost_hold: LOST_HOLD,
            log: LogSettings::default(),
            webhooks: None,
            trust: TrustSettings::default(),
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            limits: Limits::default(),
        }
    }

    /// Checks the settings against each other.
    ///
    /// # Errors
    /// A setting is missing, or conflicts with another.
    pub fn check(&self) -> Result<(), SettingError> {
        let wrong = |setting, reason: &str| Err(SettingError { setting, reason: reason.to_owned() });
        if self.token_secret.is_none() && self.jwks.is_none() {
            return wrong("--token-secret", "is needed, or --jwks: without one no token can be checked");
        }
        if matches!(self.database, Database::Postgres(_)) && self.redis.is_none() {
            return wrong(
                "--redis",
                "is needed with a postgres:// database: the embedded tally lives in a SQLite file",
            );
        }
        if self.ballot_secret.is_none() {
            return wrong(
                "--ballot-secret",
                "is needed: the platform knows the token secret, and must not find out who cast a ballot",
            );
        }
        self.log.check()
    }

    /// The connections to PostgreSQL of the steps of cases, and those of the API's reads.
    #[must_use]
    pub fn connections_of_lifecycle_and_reads(&self) -> (u32, u32) {
        let reads = (self.database_connections / READS_PART).max(1);
        (self.database_connections.saturating_sub(reads).max(1), reads)
    }

    /// The key of the ballots' pseudonyms; none without a secret.
    #[must_use]
    pub fn ballot_key(&self) -> Option<BallotKey> {
        self.ballot_secret.as_ref().map(|secret| BallotKey::new(secret.bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser, Debug)]
    struct Program {
        #[command(flatten)]
        settings: Settings,
    }

    fn parse(args: &[&str]) -> Result<Settings, String> {
        let args = std::iter::once("live-jury").chain(args.iter().copied());
        Program::try_parse_from(args).map(|program| program.settings).map_err(|error| error.to_string())
    }

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn a_bad_setting_is_named() {
        for (args, named) in [
            (&["--bind", "nowhere"][..], "--bind"),
            (&["--token-secret", "short"], "--token-secret"),
            (&["--allowed-origins", "*"], "--allowed-origins"),
            (&["--allowed-origins", "null"], "--allowed-origins"),
            (&["--allowed-origins", "https://a.example/path"], "--allowed-origins"),
            (&["--allowed-origins", "https://*.shop.example.com"], "`https://*.shop.example.com` has a wildcard"),
            (&["--allowed-origins", "https://a.example,https://b.example:*"], "`https://b.example:*` has a wildcard"),
            (&["--public-url", "https://*.example"], "--public-url"),
            (&["--database", "mysql://x"], "--database"),
            (&["--redis", "http://x"], "--redis"),
            (&["--accept-loss", "maybe"], "--accept-loss"),
            (&["--durability-interval", "0s"], "--durability-interval"),
            (&["--admin-bind", "on"], "--admin-bind"),
            (&["--trusted-proxies", "10.0.0.0/99"], "--trusted-proxies"),
            (&["--database-connections", "2"], "--database-connections"),
            (&["--loss-share", "75"], "--loss-share"),
            (&["--lost-hold", "0s"], "--lost-hold"),
            (&["--receipts", "open"], "--receipts"),
            (&["--silence-timeout", "1s"], "--silence-timeout"),
            (&["--keep-alive", "10ms"], "--keep-alive"),
            (&["--headers-timeout", "0s"], "--headers-timeout"),
            (&["--join-timeout", "5"], "--join-timeout"),
            (&["--max-body-bytes", "0"], "--max-body-bytes"),
            (&["--token-issuer", ""], "--token-issuer"),
            (&["--token-issuer", "shop\n"], "--token-issuer"),
            (&["--jwks", " keys.json"], "--jwks"),
            (&["--jwks", "http://keys.example.com/"], "--jwks"),
            (&["--ca-file", ""], "--ca-file"),
            (&["--practice", ""], "--practice"),
            (&["--reporter-key", "0123"], "--reporter-key"),
            (&["--webhooks", ""], "--webhooks"),
            (&["--redis", "redis+tls://h"], "--redis"),
            (&["--redis", "redis://h\r\n"], "--redis"),
            (&["--database", "postgres://u@h/d\n"], "--database"),
            (&["--token-audience", ""], "--token-audience"),
            (&["--jwks", ""], "--jwks"),
            (&["--allowed-origins", ""], "--allowed-origins"),
            (&["--redis", ""], "--redis"),
        ] {
            let error = parse(args).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn a_secret_with_a_blank_at_either_end_is_refused_and_not_shown() {
        let (key, other) = (SECRET.repeat(2), "0".repeat(64));
        for (flag, good) in [
            ("--token-secret", SECRET.to_owned()),
            ("--ballot-secret", SECRET.to_owned()),
            ("--reporter-key", key.clone()),
            ("--identity-key", key.clone()),
            ("--identity-key", format!("{other},{key}")),
        ] {
            assert!(Program::try_parse_from(["live-jury", flag, &good]).is_ok(), "{flag}");
            for secret in ["\n", "\r\n", " ", "\t", "\0", "\u{feff}", "\u{200b}"]
                .map(|end| [format!("{good}{end}"), format!("{end}{good}")])
                .concat()
            {
                let error = Program::try_parse_from(["live-jury", flag, &secret]).unwrap_err();
                let text = hide_secret(error).to_string();
                assert!(text.contains(flag) && text.contains("at its start or end"), "{secret:?}: {text}");
                assert!(!text.contains(&good) && !text.contains(&key), "{text}");
            }
        }
        assert!(parse(&["--token-secret", "a secret with blanks inside, long enough"]).is_ok());
    }

    #[test]
    fn a_wrong_reporter_key_is_named_and_not_shown() {
        let wrong = format!("{}x", &SECRET.repeat(2)[1..]);
        let error = Program::try_parse_from(["live-jury", "--reporter-key", &wrong]).unwrap_err();
        let text = hide_secret(error).to_string();
        assert!(text.contains("--reporter-key") && text.contains("64 hexadecimal digits"), "{text}");
        assert!(!text.contains(&wrong), "{text}");
    }

    #[test]
    fn settings_must_fit_each_other() {
        let check = |args: &[&str]| parse(args).unwrap().check().map_err(|error| error.setting);
        assert_eq!(check(&[]), Err("--token-secret"));
        assert_eq!(check(&["--jwks", "keys.json"]), Err("--ballot-secret"));
        assert_eq!(check(&["--token-secret", SECRET]), Err("--ballot-secret"));
        let both = ["--token-secret", SECRET, "--ballot-secret", SECRET];
        assert_eq!(check(&both), Ok(()));
        assert_eq!(check(&[&both[..], &["--database", "postgres://x"]].concat()), Err("--redis"));
    }

    #[test]
    fn debug_output_hides_secrets() {
        let args = [
            "--token-secret",
            SECRET,
            "--redis",
            "redis://:hunter2@h",
            "--database",
            "postgres://u:hunter2@h/d",
            "--reporter-key",
            &SECRET.repeat(2),
        ];
        let shown = format!("{:?}", parse(&args).unwrap());
        assert!(!shown.contains(SECRET) && !shown.contains("hunter2"), "{shown}");
    }
}
