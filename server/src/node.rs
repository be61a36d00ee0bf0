//! One running server: opens the stores, listens, follows the docket, and stops in order.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use live_jury_court::EvidenceUrlPolicy;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::admission::{Admission, PerAddress};
use crate::auth;
use crate::clock::Clock;
use crate::config::{AdminBind, Database, Origin, Settings};
use crate::docket::{Docket, PostgresDocket, SqliteDocket};
use crate::http::{self, admin, assets, listener};
use crate::hub::Hub;
use crate::lifecycle::Lifecycle;
use crate::peers::{NoPeers, Peers, RedisPeers};
use crate::room::PollIntervals;
use crate::sqlite::Sqlite;
use crate::state::{AppState, Health, NetworkPolicy};
use crate::tally::{Durability, RedisTally, SqliteTally, TallyStore};

/// How often a room looks at its cases' tallies where other nodes count, too: as often as a tally is shown.
const POLL_SHARED: Duration = Duration::from_millis(250);
/// How often where this node counts alone: its own answers tell it all but a loss.
const POLL_SINGLE_NODE: Duration = Duration::from_millis(1_000);
/// How often a moderator's and everybody's presence goes round.
const PRESENCE_INTERVAL: Duration = Duration::from_millis(live_jury_protocol::limits::PRESENCE_INTERVAL_MS);
/// Longest time a stopping node waits for its sockets; past it they are cut.
const LAST_SOCKETS_TIMEOUT: Duration = Duration::from_secs(16);
/// The time between two sweeps of the tally. Cases expire after a day at the earliest, so an hour more matters little.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// A running server.
pub struct Node {
    /// Where the public listener is.
    pub address: SocketAddr,
    /// Where the admin listener is, if there is one.
    pub admin_address: Option<SocketAddr>,
    /// How browsers reach it.
    pub public_url: Origin,
    shared: Arc<AppState>,
    /// Cancelled when the listeners and the docket's follower are to end: after the sockets.
    closed: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

/// What a demo adds to a node.
#[derive(Default)]
pub struct Extras {
    /// Further routes on the public listener.
    pub routes: Option<Router>,
    /// Whether this is the demo.
    pub demo: bool,
}

struct Stores {
    tally: Arc<dyn TallyStore>,
    docket: Arc<dyn Docket>,
    peers: Arc<dyn Peers>,
    durable: bool,
    poll: Duration,
}

impl Node {
    /// Starts a server.
    ///
    /// # Errors
    /// A setting is wrong, a store cannot be opened, or an address cannot be listened on; the message names it.
    pub async fn start(
        settings: Settings,
        clock: Arc<dyn Clock>,
        metrics: Option<PrometheusHandle>,
        extras: Extras,
    ) -> anyhow::Result<Self> {
        settings.check()?;
        let key = settings.ballot_key().context("--ballot-secret: is needed")?;
        let keys = match &settings.jwks {
            Some(source) => Some(auth::KeySet::open(source, settings.jwks_refresh.0).await.context("--jwks")?),
            None => None,
        };
        let listener = listen("--bind", settings.bind).await?;
        let address = listener.local_addr()?;
        let public_url = settings.public_url.clone().unwrap_or_else(|| Origin::of(address));
        let stores = open_stores(&settings, clock.clone()).await?;
        metrics::gauge!("live_jury_tally_durable").set(f64::from(u8::from(stores.durable)));
        let lifecycle = Lifecycle {
            tally: stores.tally,
            docket: stores.docket,
            peers: stores.peers,
            clock: clock.clone(),
            key: key.fingerprint(),
            policy: if extras.demo { EvidenceUrlPolicy::HttpsAndLoopback } else { EvidenceUrlPolicy::Https },
        };
        let intervals = PollIntervals { poll: stores.poll, report_presence: PRESENCE_INTERVAL };
        let mut origins: Vec<String> =
            settings.allowed_origins.iter().map(|origin| origin.as_str().to_owned()).collect();
        let policy = assets::AssetPolicy {
            allowed_origins: origins.clone(),
            public_url: public_url.as_str().to_owned(),
            demo: extras.demo,
        };
        origins.push(public_url.as_str().to_owned());
        let limits = &settings.limits;
        let shared = Arc::new(AppState {
            verifier: auth::Verifier::new(
                settings.token_secret.as_ref().map(crate::config::Secret::bytes),
                keys,
                settings.token_issuer.clone(),
                settings.token_audience.clone(),
                clock.clone(),
            ),
            hub: Hub::new(lifecycle.clone(), key, intervals, limits.max_rooms),
            lifecycle,
            clock,
            admission: Admission::new(limits),
            network: NetworkPolicy {
                origins,
                trusted_proxies: settings.trusted_proxies.iter().map(|proxy| proxy.0).collect(),
                demo: extras.demo,
            },
            limits: limits.clone(),
            health: Health { durable: AtomicBool::new(stores.durable) },
            stopping: AtomicBool::new(false),
            sockets: TaskTracker::new(),
        });
        let closed = CancellationToken::new();
        let routes = http::router(shared.clone(), policy, extras.routes);
        let limits = listener::ListenerLimits {
            headers_timeout: limits.headers_timeout.0,
            connections: PerAddress::new(limits.max_connections_per_address),
            proxies: shared.network.trusted_proxies.clone(),
        };
        let mut tasks = vec![tokio::spawn(listener::run(listener, routes, limits.clone(), closed.clone()))];
        tasks.push(tokio::spawn(sweep(shared.lifecycle.tally.clone(), closed.clone())));
        let watcher = (shared.hub.clone(), closed.clone());
        tasks.push(tokio::spawn(async move { watcher.0.watch(watcher.1).await }));
        let admin_address = match settings.admin_bind {
            AdminBind::Off => None,
            AdminBind::At(address) => {
                let listener = listen("--admin-bind", address).await?;
                let address = listener.local_addr()?;
                let routes = admin::router(shared.clone(), metrics);
                // Whoever crowds the public listener from this machine must not keep its operator out.
                let limits = listener::ListenerLimits { connections: PerAddress::new(0), ..limits };
                tasks.push(tokio::spawn(listener::run(listener, routes, limits, closed.clone())));
                Some(address)
            }
        };
        let admin = admin_address.map(tracing::field::display);
        tracing::info!(%address, admin_address = admin, public_url = public_url.as_str(), "listening");
        Ok(Self { address, admin_address, public_url, shared, closed, tasks })
    }

    /// The steps of cases, for a demo that conducts its own.
    #[must_use]
    pub fn lifecycle(&self) -> &Lifecycle {
        &self.shared.lifecycle
    }

    /// Stops in order: not ready first, then every socket is told and closed, then the listeners end.
    pub async fn stop(self) {
        self.shared.go_away();
        self.shared.sockets.close();
        if tokio::time::timeout(LAST_SOCKETS_TIMEOUT, self.shared.sockets.wait()).await.is_err() {
            tracing::warn!(left = self.shared.sockets.len(), "sockets were cut off");
        }
        self.closed.cancel();
        for task in self.tasks {
            let _ = task.await;
        }
    }
}

async fn listen(setting: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("{setting}: cannot listen on {address}"))
}

/// Deletes expired cases from the tally at the start and hourly, until the node stops.
async fn sweep(tally: Arc<dyn TallyStore>, closed: CancellationToken) {
    let mut times = tokio::time::interval(SWEEP_INTERVAL);
    loop {
        tokio::select! {
            () = closed.cancelled() => return,
            _ = times.tick() => {}
        }
        if let Err(error) = tally.sweep().await {
            tracing::warn!(%error, "expired cases were not deleted");
        }
    }
}

async fn open_stores(settings: &Settings, clock: Arc<dyn Clock>) -> anyhow::Result<Stores> {
    let sqlite = match &settings.database {
        Database::Sqlite(path) => Some(Sqlite::open(Path::new(path)).await.context("--database")?),
        Database::Postgres(_) => None,
    };
    let docket: Arc<dyn Docket> = match (&settings.database, &sqlite) {
        (Database::Postgres(url), _) => {
            Arc::new(PostgresDocket::connect(url, settings.database_connections).await.context("--database")?)
        }
        (Database::Sqlite(_), Some(sqlite)) => Arc::new(SqliteDocket::new(sqlite.clone())),
        (Database::Sqlite(_), None) => anyhow::bail!("--database: the SQLite file is not open"),
    };
    if let Some(url) = &settings.redis {
        let tally = RedisTally::connect(url.as_str()).await.context("--redis")?;
        let durable = tally.durability().await.context("--redis")?;
        warn_of(&durable);
        let node_id = uuid::Uuid::now_v7().to_string();
        let peers = Arc::new(RedisPeers::connect(url.as_str(), node_id).await.context("--redis")?);
        return Ok(Stores { tally: Arc::new(tally), docket, peers, durable: durable.is_durable(), poll: POLL_SHARED });
    }
    let sqlite = sqlite.context("--redis: is needed with a postgres:// database")?;
    let tally = Arc::new(SqliteTally::new(sqlite, clock));
    Ok(Stores { tally, docket, peers: Arc::new(NoPeers::new()), durable: true, poll: POLL_SINGLE_NODE })
}

/// Tells an operator of what Redis may lose, or may refuse.
fn warn_of(found: &Durability) {
    if !found.is_durable() {
        tracing::warn!(
            ?found,
            "Redis may lose acknowledged ballots in a crash; set appendonly yes, appendfsync always, \
                       maxmemory-policy noeviction, and give the masters of a cluster replicas"
        );
    } else if let Some(hosts) = found.cluster.filter(|hosts| hosts.alone > 0) {
        tracing::warn!(
            ?hosts,
            "masters of the Redis Cluster have no replica: what they keep takes no ballots until they have"
        );
    }
}

/// Brings a database to the current schema.
///
/// # Errors
/// It cannot be opened, or is newer than this program.
pub async fn migrate(database: &Database) -> anyhow::Result<()> {
    match database {
        Database::Sqlite(path) => drop(Sqlite::open(path).await.context("--database")?),
        Database::Postgres(url) => PostgresDocket::migrate(url).await.context("--database")?,
    }
    Ok(())
}
