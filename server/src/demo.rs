//! `live-jury demo`: a server for this machine, with a room in each language, cases, simulated viewers and a platform
//! that is told what follows. It keeps no data.

mod claim;
mod comeback;
mod counterfeit;
mod edition;
mod jurors;
mod orders;
mod past;
mod platform;
mod program;
mod requests;
mod rooms;
mod routes;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Args;
use data_encoding::HEXLOWER;
use live_jury_protocol::Role;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::task::JoinSet;

use crate::auth::{RawClaims, TokenError, mint};
use crate::clock::{Clock, SystemClock};
use crate::config::{AdminBind, Secret};
use crate::node::{Extras, Node};
use crate::trust::Trust;
use claim::RoomClaim;
use jurors::Client;
use platform::Platform;
use requests::BodyRequest;
use rooms::{DemoRoom, ROOMS};

/// Lifetime of the demo's tokens, in seconds. Nobody renews the links in the terminal, so they last a day.
const TOKEN_S: u64 = 24 * 60 * 60;
/// Random bytes of each of the demo's secrets: 256 bits, as HS256 asks for.
const SECRET_BYTES: usize = 32;

/// The name of the database in the temporary folder.
const DATABASE: &str = "demo.db";

/// The items of practice, in the form of `--practice`.
const PRACTICE: &str = include_str!("demo/practice.json");

/// The settings of `demo`.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    /// Public listener: this machine only
    #[arg(long, env = "LIVE_JURY_BIND", default_value = "127.0.0.1:8080")]
    pub bind: SocketAddr,
    /// Listener of /metrics, /healthz and /readyz; `off` turns it off
    #[arg(long, default_value = "off")]
    pub admin_bind: AdminBind,
    /// Simulated viewers of each room; they vote through the public socket, with tokens, as any client. As many others
    /// come for a case with `raid: hang` only
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(0..=5_000))]
    pub viewers: u32,
    /// Time for which each case is open, in seconds
    #[arg(long, default_value_t = 150, value_parser = clap::value_parser!(u64).range(10..=3_600))]
    pub case_seconds: u64,
    /// Time for which a verdict is shown before the next case opens, in seconds
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(2..=3_600))]
    pub pause_seconds: u64,
}

/// Mints the demo's tokens.
#[derive(Clone)]
pub struct Mint {
    secret: Secret,
    clock: Arc<dyn Clock>,
}

impl Mint {
    /// A token of this role in a room of the demo; that of a host names the host of the room's shop.
    ///
    /// # Errors
    /// Signing failed.
    pub fn token(&self, room: DemoRoom, role: Role, sub: &str) -> Result<String, TokenError> {
        let host = room.shop().host.filter(|_| role == Role::Host);
        mint(self.secret.bytes(), &RawClaims { host, ..self.claims(room.name, role, sub) })
    }

    /// A token of this role for all rooms; that of a merchant names its shop.
    ///
    /// # Errors
    /// Signing failed.
    pub fn token_of_all(&self, role: Role, sub: &str, merchant: Option<String>) -> Result<String, TokenError> {
        mint(self.secret.bytes(), &RawClaims { merchant, ..self.claims("*", role, sub) })
    }

    fn claims(&self, room: &str, role: Role, sub: &str) -> RawClaims {
        let now_s = self.clock.now_ms() / 1_000;
        RawClaims {
            sub: sub.to_owned(),
            room: room.to_owned(),
            role: role.to_string(),
            exp: now_s + TOKEN_S,
            iat: Some(now_s),
            ..RawClaims::default()
        }
    }
}

/// Runs the demo until `stop`.
///
/// # Errors
/// The address is not a loopback address or is taken, or the temporary folder was not created.
pub async fn run(
    settings: Settings,
    metrics: Option<PrometheusHandle>,
    stop: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    if !settings.bind.ip().is_loopback() {
        bail!("--bind: the demo hands out tokens, so it listens on a loopback address only (127.0.0.1 or [::1])");
    }
    let clock = SystemClock::shared();
    let secret = new_secret()?;
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let mint = Mint { secret: secret.clone(), clock: clock.clone() };
    let practice = folder.path().join("practice.json");
    std::fs::write(&practice, PRACTICE).context("the temporary folder is not writable")?;
    let mut serve = serve_settings(&settings, &secret, new_secret()?, folder.path());
    serve.practice = Some(practice);
    let targets = folder.path().join("webhooks.json");
    let (platform, taking_messages) = Platform::listen(clock.clone(), &targets).await?;
    serve.webhooks = Some(targets);
    let mut tasks = JoinSet::new();
    tasks.spawn(taking_messages);
    let now_ms = clock.now_ms();
    past::make(&folder.path().join(DATABASE), now_ms).await.context("the demo's past was not filed")?;
    let extras = Extras { routes: Some(routes::router(mint.clone(), platform.clone())), demo: true, hour: claim::HOUR };
    let node = Node::start(serve, clock.clone(), metrics, extras).await?;
    print_links(node.address, &mint)?;
    tasks.spawn(tell_month(node.address, mint.clone(), now_ms, node.trust().cloned(), platform.clone()));
    for room in ROOMS {
        tasks.spawn(comeback::run(node.address, room, mint.clone()));
        tasks.spawn(counterfeit::run(node.address, room, mint.clone()));
        let times = program::Times { case_s: settings.case_seconds, pause_s: settings.pause_seconds };
        let client = Client { address: node.address, room, mint: mint.clone(), clock: clock.clone() };
        let claim = RoomClaim::new(client.clone());
        tasks.spawn(claim.clone().settle(platform.clone()));
        tasks.spawn(program::run(node.lifecycle().clone(), room, origin_of(node.address), times, claim));
        tasks.spawn(jurors::run(client, settings.viewers));
    }
    let stopped = stop.await;
    tasks.shutdown().await;
    node.stop().await;
    stopped
}

/// Tells the month of all shops, and publishes its reports.
async fn tell_month(address: SocketAddr, mint: Mint, now_ms: u64, trust: Option<Trust>, platform: Platform) {
    for room in ROOMS {
        tell_orders(address, room, mint.clone(), now_ms).await;
    }
    if let Err(error) = edition::tell_badges(address, &mint, now_ms).await {
        tracing::warn!(%error, "the demo's badges were not taken");
    }
    if let Some(trust) = trust {
        edition::keep(trust, platform).await;
    }
}

/// Sends a month of the room's shop's orders, as its platform would have done day by day.
async fn tell_orders(address: SocketAddr, room: DemoRoom, mint: Mint, now_ms: u64) {
    let Some(merchant) = room.shop().merchant else { return };
    for body in orders::month_of_orders(&merchant, now_ms) {
        let sent = async {
            let token = mint.token_of_all(Role::Platform, "demo-platform", None)?;
            let url = format!("http://{address}/api/v1/trust/facts");
            requests::post(BodyRequest { url, token, content_type: "application/x-ndjson", body }).await
        };
        if let Err(error) = sent.await {
            tracing::warn!(%error, room = room.name, "the orders of the demo's shop were not taken");
        }
    }
}

fn new_secret() -> anyhow::Result<Secret> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).context("the system gave no random bytes")?;
    HEXLOWER.encode(&bytes).parse().map_err(anyhow::Error::msg)
}

fn serve_settings(
    settings: &Settings,
    secret: &Secret,
    ballot_secret: Secret,
    folder: &std::path::Path,
) -> crate::config::Settings {
    let mut serve = crate::config::Settings::with_secrets(secret.clone(), ballot_secret);
    serve.bind = settings.bind;
    serve.admin_bind = settings.admin_bind;
    serve.database = crate::config::Database::Sqlite(folder.join(DATABASE));
    // Simulated viewers, the newcomer's tabs and the tests share one address.
    serve.limits.max_sockets_per_address = 0;
    serve.limits.max_connections_per_address = 0;
    serve
}

/// Prints the links, the first lines on standard output.
fn print_links(address: SocketAddr, mint: &Mint) -> anyhow::Result<()> {
    use std::io::Write;
    let origin = origin_of(address);
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n  Live Jury demo. Simulated viewers are voting; your own vote is real.\n")?;
    writeln!(out, "  viewer     {origin}/")?;
    for (name, link) in routes::links(mint, ROOMS[0])? {
        writeln!(out, "  {name:<10} {origin}{link}")?;
    }
    for room in &ROOMS[1..] {
        writeln!(out, "  {:<10} {origin}/?lang={}", room.lang, room.lang)?;
    }
    writeln!(out, "  gallery    {origin}{}   every state of the widget", routes::GALLERY)?;
    writeln!(out, "\n  Ctrl-C stops it; nothing is kept.\n")?;
    out.flush()?;
    Ok(())
}

/// The origin of the links. Browsers treat these two hosts as secure without TLS.
fn origin_of(address: SocketAddr) -> String {
    match address.ip() {
        IpAddr::V4(_) => format!("http://127.0.0.1:{}", address.port()),
        IpAddr::V6(_) => format!("http://[::1]:{}", address.port()),
    }
}
