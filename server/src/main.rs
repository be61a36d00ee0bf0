//! The program `live-jury`: reads the command line, runs the command and stops it in order.

use std::ffi::OsStr;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use live_jury_protocol::{Role, Side};
use live_jury_server::auth::{self, Audiences, RawClaims, mint};
use live_jury_server::clock::{Clock, SystemClock};
use live_jury_server::config::{self, Database, Origin, Secret, Settings, Timeout};
use live_jury_server::log;
use live_jury_server::node::{self, Extras, Node};
use live_jury_server::offline::{self, EraseSettings, ForgetSettings, RosterSettings, WebhooksCommand};
use live_jury_server::secure_url::SecureUrl;
use live_jury_server::{demo, follow, http, key_file, telemetry};
use live_jury_verify::program::{self, Request};
use live_jury_verify::{FAILED, GOOD, UNREADABLE};
use tokio::signal::unix::{SignalKind, signal};

/// Exit code of `migrate --check` if steps are missing. 1 and 2 are errors.
const STEPS_MISSING: u8 = 3;

// Returns the memory of a burst, which the system's allocator keeps (docs/decisions/0016-memory-of-an-idle-socket.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Fair, public judgement inside live rooms.
#[derive(Parser)]
#[command(name = "live-jury", version)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve(Box<Settings>),
    /// Run a demo on this machine; it needs no set-up and keeps no data
    Demo(demo::Settings),
    /// Print a token signed with the configured secret
    Token(TokenSettings),
    /// Migrate the database to the current schema and exit
    Migrate(MigrateSettings),
    /// Print the OpenAPI document of the HTTP API
    Openapi(OpenapiSettings),
    /// Print the built-in file of policies, as --trust-file takes it
    TrustFile,
    /// Make a key that signs the log of verdicts, and print its public key
    LogKey(LogKeySettings),
    /// List the targets of webhooks, try them, or make one begin again
    #[command(subcommand)]
    Webhooks(WebhooksCommand),
    /// Recount a recorded case from its bundle; exits with 0 if all holds, 1 if a check failed, 2 if the bundle is not
    /// readable, 3 if all holds and no key was given
    Verify(VerifySettings),
    /// Compare the recorded ballots of a case with a list of viewer ids; exits with 0 if each is of somebody in the
    /// list, 1 if one is of nobody, 2 if the case or the list cannot be read
    Roster(RosterSettings),
    /// Erase a recorded case: its texts, ballots, seals and key. Its entry in the log and its audit trail stay
    Erase(EraseSettings),
    /// Delete what the ledger of trust holds of a party, a buyer or a reporter. Decisions about a party stay
    Forget(ForgetSettings),
}

#[derive(clap::Args)]
struct TokenSettings {
    /// viewer, moderator, host, overlay, platform or merchant
    #[arg(long)]
    role: Role,
    /// The room; * for a moderator of all rooms, a merchant and the platform
    #[arg(long)]
    room: String,
    /// The viewer id
    #[arg(long)]
    sub: String,
    /// Its lifetime: 90s, 15m, 2h, 30d
    #[arg(long, default_value = "15m", value_parser = humantime::parse_duration)]
    ttl: Duration,
    /// The longest lifetime that the server accepts; overlays' tokens may last 31 days
    #[arg(long, env = "LIVE_JURY_MAX_TOKEN_LIFETIME", default_value_t = config::TOKEN_LIFETIME_MAX)]
    max_token_lifetime: Timeout,
    /// The juror's side of the market: buyer or merchant
    #[arg(long)]
    side: Option<Side>,
    /// Creation of the account, in Unix seconds
    #[arg(long)]
    since: Option<u64>,
    /// The juror's level, 0 to 3, that the platform vouches for
    #[arg(long)]
    level: Option<u8>,
    /// The merchant that the bearer acts for; role merchant needs one
    #[arg(long)]
    merchant: Option<String>,
    /// The id of the bearer as a host, as facts and cases name it
    #[arg(long)]
    host: Option<String>,
    /// HS256 secret of the tokens
    #[arg(long, env = "LIVE_JURY_TOKEN_SECRET", hide_env_values = true)]
    token_secret: Secret,
    /// The `iss` that the server expects
    #[arg(long, env = "LIVE_JURY_TOKEN_ISSUER", value_parser = config::parse_text)]
    token_issuer: Option<String>,
    /// The `aud` that the server expects
    #[arg(long, env = "LIVE_JURY_TOKEN_AUDIENCE", value_parser = config::parse_text)]
    token_audience: Option<String>,
}

#[derive(clap::Args)]
struct MigrateSettings {
    /// sqlite://FILE or postgres://…
    #[arg(long, env = "LIVE_JURY_DATABASE", default_value = "sqlite://live-jury.db", hide_env_values = true)]
    database: Database,
    /// File of certificate authorities in PEM form that PostgreSQL may have, besides the system's
    #[arg(long, env = "LIVE_JURY_CA_FILE", value_parser = config::parse_path)]
    ca_file: Option<PathBuf>,
    /// Change nothing; exit with 3 if steps are missing
    #[arg(long)]
    check: bool,
    /// Give a role of PostgreSQL the rights of a server, and no others
    #[arg(long, value_name = "ROLE", value_parser = config::parse_text, conflicts_with = "check")]
    grant_to: Option<String>,
}

#[derive(clap::Args)]
struct OpenapiSettings {
    /// The server's own origin, as browsers see it
    #[arg(long, env = "LIVE_JURY_PUBLIC_URL", default_value = "http://127.0.0.1:8080")]
    public_url: Origin,
}

#[derive(clap::Args)]
struct VerifySettings {
    /// The file from GET /cases/{id}/bundle
    #[arg(value_name = "BUNDLE", required_unless_present = "follow")]
    bundle: Option<PathBuf>,
    /// Follow the log at this URL instead: compare its checkpoint with the one in --state, and keep the new one there
    #[arg(long, value_name = "URL", requires = "state",
          conflicts_with_all = ["bundle", "seals", "receipt", "evidence", "minted"])]
    follow: Option<SecureUrl>,
    /// File of the last checkpoint of the log that is followed; need not exist
    #[arg(long, value_name = "FILE", value_parser = config::parse_path, requires = "follow")]
    state: Option<PathBuf>,
    /// File of certificate authorities in PEM form that the log's server may have, besides the system's
    #[arg(long, value_name = "FILE", value_parser = config::parse_path, requires = "follow")]
    ca_file: Option<PathBuf>,
    /// File of a tlog-policy: the logs and witnesses to believe
    #[arg(long, value_name = "FILE", conflicts_with = "log")]
    policy: Option<PathBuf>,
    /// Public key of the log to believe
    #[arg(long, value_name = "VKEY")]
    log: Option<String>,
    /// The file from GET /cases/{id}/seals.bin
    #[arg(long, value_name = "FILE")]
    seals: Option<PathBuf>,
    /// A receipt to look up; may be given several times
    #[arg(long, value_name = "FILE")]
    receipt: Vec<PathBuf>,
    /// A file of evidence to compare with the brief; may be given several times
    #[arg(long, value_name = "FILE")]
    evidence: Vec<PathBuf>,
    /// Number of tokens that the platform minted for the room
    #[arg(long, value_name = "N")]
    minted: Option<u64>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct LogKeySettings {
    /// The key's file; a key that is there already is kept
    #[arg(long, value_name = "FILE", value_parser = config::parse_path)]
    file: PathBuf,
    /// The server's own origin, as browsers see it: its host is in the log's name
    #[arg(long, env = "LIVE_JURY_PUBLIC_URL")]
    public_url: Origin,
    /// The number of the log
    #[arg(long, env = "LIVE_JURY_LOG_NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    log_number: u32,
}

fn main() -> anyhow::Result<ExitCode> {
    let program = parse();
    refuse_unknown_variables()?;
    let command = match program.command {
        Command::Token(settings) => return print_token(settings).map(|()| ExitCode::SUCCESS),
        Command::Openapi(settings) => return print_openapi(&settings).map(|()| ExitCode::SUCCESS),
        Command::LogKey(settings) => return print_log_key(&settings).map(|()| ExitCode::SUCCESS),
        Command::Verify(settings) => return verify(settings),
        Command::TrustFile => return print_trust_file().map(|()| ExitCode::SUCCESS),
        command => command,
    };
    telemetry::start_logs(std::io::stderr().is_terminal());
    // Redis and PostgreSQL share one TLS back end. An error means that it was set before, which is harmless.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime did not start")?;
    let done = runtime.block_on(async {
        match command {
            Command::Serve(settings) => serve(*settings).await?,
            Command::Demo(settings) => {
                demo::run(settings, telemetry::start_metrics(&http::PROBLEM_CODES), stop_signal(true)).await?
            }
            Command::Migrate(settings) => return migrate(&settings).await,
            Command::Roster(settings) => return Ok(print_roster(&settings).await),
            Command::Webhooks(command) => {
                let all_well = offline::webhooks(&command, &mut std::io::stdout()).await?;
                return Ok(if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE });
            }
            Command::Erase(settings) => {
                offline::erase(&settings).await?;
                writeln!(std::io::stdout(), "erased case {}", settings.case)
                    .context("the result could not be printed")?;
            }
            Command::Forget(settings) => {
                let deleted = offline::forget(&settings).await?;
                writeln!(std::io::stdout(), "deleted {deleted} rows").context("the result could not be printed")?;
            }
            Command::Token(_) | Command::Openapi(_) | Command::LogKey(_) | Command::Verify(_) | Command::TrustFile => {}
        }
        Ok(ExitCode::SUCCESS)
    });
    // A hanging blocking call, such as a name look-up, must not keep a stopped server alive.
    runtime.shutdown_timeout(Duration::from_secs(1));
    done
}

fn parse() -> Program {
    let is_empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    let command = config::without_empty_variables(Program::command(), &is_empty);
    let matches = command.try_get_matches().unwrap_or_else(|error| config::hide_secret(error).exit());
    Program::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

fn refuse_unknown_variables() -> anyhow::Result<()> {
    let variables = std::env::vars_os();
    let variables =
        variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())));
    match config::unknown_variables(&Program::command(), variables).as_slice() {
        [] => Ok(()),
        unknown => bail!("no setting of live-jury has this variable: {}", unknown.join(", ")),
    }
}

async fn serve(settings: Settings) -> anyhow::Result<()> {
    let mut stop = std::pin::pin!(stop_signal(false));
    let mut hangup = signal(SignalKind::hangup()).context("no handler for SIGHUP")?;
    let node =
        Node::start(settings, SystemClock::shared(), telemetry::start_metrics(&http::PROBLEM_CODES), Extras::default())
            .await?;
    loop {
        tokio::select! {
            stopped = &mut stop => break stopped?,
            _ = hangup.recv() => node.reload_keys().await,
        }
    }
    tracing::info!("stopping");
    node.stop().await;
    tracing::info!("stopped");
    Ok(())
}

/// Prints the steps that it ran, or with `--check` the ones that are missing.
async fn migrate(settings: &MigrateSettings) -> anyhow::Result<ExitCode> {
    let (ca_file, role) = (settings.ca_file.as_deref(), settings.grant_to.as_deref());
    let (steps, verb) = match settings.check {
        true => (node::missing_migrations(&settings.database, ca_file).await?, "missing"),
        false => (node::migrate(&settings.database, ca_file, role).await?, "ran"),
    };
    let mut out = std::io::stdout().lock();
    for step in &steps {
        writeln!(out, "{verb} {step}").context("the steps could not be printed")?;
    }
    if steps.is_empty() {
        writeln!(out, "the schema is current").context("the result could not be printed")?;
    }
    if let Some(role) = role {
        writeln!(out, "granted the rights of a server to {role}").context("the result could not be printed")?;
    }
    let failed = settings.check && !steps.is_empty();
    Ok(if failed { ExitCode::from(STEPS_MISSING) } else { ExitCode::SUCCESS })
}

/// Completes at SIGTERM or Ctrl-C, and with `on_hangup` at SIGHUP, too.
fn stop_signal(on_hangup: bool) -> impl Future<Output = anyhow::Result<()>> {
    let term = signal(SignalKind::terminate());
    let hangup = on_hangup.then(|| signal(SignalKind::hangup()));
    async move {
        let mut term = term.context("no handler for SIGTERM")?;
        let mut hangup = hangup.transpose().context("no handler for SIGHUP")?;
        let hung_up = async {
            match &mut hangup {
                Some(hangup) => drop(hangup.recv().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = term.recv() => {}
            () = hung_up => {}
            done = tokio::signal::ctrl_c() => done.context("no handler for Ctrl-C")?,
        }
        Ok(())
    }
}

fn print_openapi(settings: &OpenapiSettings) -> anyhow::Result<()> {
    let document = http::document(settings.public_url.as_str());
    writeln!(std::io::stdout(), "{document:#}").context("the document could not be printed")
}

fn print_trust_file() -> anyhow::Result<()> {
    write!(std::io::stdout(), "{}", live_jury_trust::policy::BUILTIN).context("the file could not be printed")
}

fn verify(settings: VerifySettings) -> anyhow::Result<ExitCode> {
    let VerifySettings {
        bundle,
        follow: url,
        state,
        ca_file,
        policy,
        log,
        seals,
        receipt: receipts,
        evidence,
        minted,
        json,
    } = settings;
    let out = &mut std::io::stdout().lock();
    let printed = match (url, state, bundle) {
        (Some(url), Some(state), _) => follow::run(&follow::Request { url, state, policy, log, ca_file, json }, out),
        (_, _, bundle) => {
            let bundle = bundle.unwrap_or_default();
            program::run(&Request { bundle, policy, log, seals, receipts, evidence, minted, json }, out)
        }
    };
    Ok(ExitCode::from(printed.context("the report could not be printed")?))
}

/// Prints the comparison, or why there is none.
async fn print_roster(settings: &RosterSettings) -> ExitCode {
    match offline::roster(settings).await {
        Ok(roster) => {
            // A closed pipe changes nothing about the result.
            let _ = writeln!(std::io::stdout(), "{roster}");
            ExitCode::from(if roster.of_nobody() == 0 { GOOD } else { FAILED })
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::from(UNREADABLE)
        }
    }
}

fn print_log_key(settings: &LogKeySettings) -> anyhow::Result<()> {
    let seed = key_file::made_key(&settings.file).context("--file")?;
    let origin = settings.public_url.log_origin(settings.log_number.into());
    let vkey = log::vkey(&origin, &seed).context("--public-url")?;
    writeln!(std::io::stdout(), "{vkey}").context("the key could not be printed")
}

fn print_token(settings: TokenSettings) -> anyhow::Result<()> {
    let lifetime_max = auth::lifetime_max(settings.role, settings.max_token_lifetime.0);
    if settings.ttl > lifetime_max {
        bail!("--ttl: a {} token lasts at most {}", settings.role, Timeout(lifetime_max));
    }
    let now_s = SystemClock.now_ms() / 1_000;
    let claims = RawClaims {
        sub: settings.sub,
        room: settings.room,
        role: settings.role.to_string(),
        exp: now_s + settings.ttl.as_secs(),
        iat: Some(now_s),
        jti: Some(uuid::Uuid::now_v7().to_string()),
        iss: settings.token_issuer,
        aud: settings.token_audience.map(Audiences::One),
        side: settings.side,
        since: settings.since,
        level: settings.level,
        merchant: settings.merchant,
        host: settings.host,
        ..RawClaims::default()
    };
    claims.check_form().context("this token would be refused")?;
    let token = mint(settings.token_secret.bytes(), &claims)?;
    writeln!(std::io::stdout(), "{token}").context("the token could not be printed")
}
