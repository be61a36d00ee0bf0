//! One running server: opens the stores, listens, follows the docket and stops in order; it handles no request.

mod background;
mod store_watch;
mod stores;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context, bail};
use axum::Router;
use live_jury_court::EvidenceUrlPolicy;
use live_jury_trust::claim::Hour;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::background::Background;
use self::store_watch::StoreWatch;
use self::stores::{authorities, open_stores};
pub use self::stores::{migrate, missing_migrations};
use crate::admission::{Admission, PerAddress, Reads, Steps};
use crate::auth;
use crate::census::Census;
use crate::clock::Clock;
use crate::config::{AdminBind, Origin, ReceiptSetting, Settings, Switch};
use crate::health::Health;
use crate::http::{self, admin, assets, listener};
use crate::hub::Hub;
use crate::jurors::Jurors;
use crate::lifecycle::{Attestor, CurrentTally, Lifecycle, LossPolicy};
use crate::log::{self, LogKey, LogSigner, Logs, StateFile};
use crate::practice::PracticeItems;
use crate::reports::Reports;
use crate::revocations;
use crate::room::PollIntervals;
use crate::sqlite::Sqlite;
use crate::state::{AppState, NetworkPolicy};
use crate::tally::{SeenTallies, SteadyTally};
use crate::trust::screening::Screening;
use crate::trust::{CLAIM_OPENED, KeptFacts, Trust};
use crate::webhooks::{Deliverer, read_targets};

/// Interval at which nodes report the presence of viewers and moderators to each other.
const PRESENCE_INTERVAL: Duration = Duration::from_millis(live_jury_protocol::limits::PRESENCE_INTERVAL_MS);
/// Longest time a stopping node waits for its sockets; beyond it they are cut. Draining spreads the closes over less.
const LAST_SOCKETS_TIMEOUT: Duration = Duration::from_secs(16);
/// Longest time a stopping node waits for steps whose clients have gone; beyond it they are cut, and another node
/// finishes what they began. The listeners have waited as long for all others.
const LAST_STEPS_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest time a stopping node waits for the last calls to its SQLite file; beyond it they are cut.
const LAST_CALLS_TIMEOUT: Duration = Duration::from_secs(5);

/// A running server.
pub struct Node {
    /// Address of the public listener.
    pub address: SocketAddr,
    /// Address of the admin listener, if there is one.
    pub admin_address: Option<SocketAddr>,
    /// The server's own origin, as browsers see it.
    pub public_url: Origin,
    app: Arc<AppState>,
    /// Cancelled after the sockets have closed: ends the listeners and the docket's follower.
    closed: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
    /// The file of the embedded stores, closed at the end of a stop.
    file: Option<Sqlite>,
}

/// Additions of a demo to a node.
#[derive(Default)]
pub struct Extras {
    /// Further routes on the public listener.
    pub routes: Option<Router>,
    /// Whether the node is a demo.
    pub demo: bool,
    /// The length of an hour on the clocks of claims and remedies.
    pub hour: Hour,
}

impl Node {
    /// Starts a server.
    ///
    /// # Errors
    /// A setting is wrong, a store did not open, or an address is not available; the message names the setting.
    pub async fn start(
        settings: Settings,
        clock: Arc<dyn Clock>,
        metrics: Option<PrometheusHandle>,
        extras: Extras,
    ) -> anyhow::Result<Self> {
        settings.check()?;
        // The JWK set, Redis and PostgreSQL share one TLS back end. An error means that it was set before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let authorities = authorities(settings.ca_file.as_deref())?;
        let key = settings.ballot_key().context("--ballot-secret: is needed")?;
        let keys = match &settings.jwks {
            Some(source) => {
                let keys = auth::KeySet::open(source.clone(), authorities.clone(), settings.jwks_refresh.0);
                Some(keys.await.context("--jwks")?)
            }
            None => None,
        };
        let targets = match &settings.webhooks {
            Some(file) => read_targets(file).context("--webhooks")?,
            None => Vec::new(),
        };
        let listener = listen("--bind", settings.bind).await?;
        let address = listener.local_addr()?;
        let public_url = settings.public_url.clone().unwrap_or_else(|| Origin::of(address));
        let stores = open_stores(&settings, &authorities, clock.clone(), extras.hour).await?;
        let health = Arc::new(Health::new(settings.accept_loss));
        let node = stores.node;
        let watch = StoreWatch::start(stores.tally_health, stores.docket.clone(), health.clone(), node).await?;
        let steady = Arc::new(SteadyTally::new(stores.tally, clock.clone()));
        let log_key = log::log_key(settings.log.key.as_deref(), settings.database.file()).context("--log-key")?;
        let log_key = log_key.map(|(seed, file)| LogKey { seed, state: StateFile::new(settings.log.state_of(file)) });
        let number = u64::from(settings.log.number);
        let origin = public_url.log_origin(number);
        let mark = stores.mark.clone();
        let signer = LogSigner::begin(number, &origin, log_key, stores.docket.clone(), mark, health.clone());
        let signer = signer.await.context("--log-key")?.with_witnesses(&settings.log.witnesses, &authorities);
        match signer.vkey() {
            Some(vkey) => tracing::info!(vkey, "the log of verdicts is signed with this key"),
            None => tracing::warn!("the log of verdicts is not signed: there is no --log-key"),
        }
        let receipts = match settings.log.receipts {
            ReceiptSetting::Blind => signer.receipts().context("--receipts")?.map(Arc::new),
            ReceiptSetting::Off => None,
        };
        let attestor = Attestor { log: number, key: key.clone(), appended: signer.appended() };
        let logs = Logs::new(stores.reads.clone());
        let jurors = Jurors::new(stores.docket.clone(), stores.reads.clone(), key.clone(), clock.clone());
        let jurors = match &settings.practice {
            Some(file) => {
                let items = PracticeItems::read(file).context("--practice")?;
                jurors.practising(items).await.context("--practice")?
            }
            None => jurors,
        };
        let file = Arc::new(settings.trust.load().context("--trust-file")?);
        let reporter_key = settings.trust.reporter_key(settings.database.file()).context("--reporter-key")?;
        let kept_facts = match (settings.trust.keep_facts, &reporter_key) {
            (0, _) => None,
            (days, Some(key)) => Some(KeptFacts { days: days.into(), key: key.clone() }),
            (_, None) => bail!("--trust-keep-facts: needs --reporter-key, under which buyers are kept"),
        };
        let identity = Arc::new(settings.trust.identity(settings.database.file()).context("--identity-key")?);
        let told_of_claims = targets.iter().filter(|target| target.wants(CLAIM_OPENED));
        let trust = Trust {
            ledger: stores.trust,
            file: file.clone(),
            identity,
            screening: Screening::default(),
            kept_facts,
            reporter_key: reporter_key.clone(),
            claim_targets: told_of_claims.map(|target| target.name.clone()).collect(),
            started_ms: clock.monotonic_ms(),
            clock: clock.clone(),
        };
        let trust = Some(trust).filter(|_| settings.trust.trust == Switch::On);
        let seen = Arc::new(SeenTallies::new(Arc::new(CurrentTally::new(steady, stores.current.clone()))));
        let lifecycle = Lifecycle {
            tally: seen.clone(),
            seen,
            store: stores.current.clone(),
            ledger: stores.ledger,
            docket: stores.docket,
            mark: stores.mark,
            reads: stores.reads,
            peers: stores.peers,
            health: health.clone(),
            clock: clock.clone(),
            key: key.fingerprint(),
            attestor,
            panel_recorded: Arc::default(),
            loss: LossPolicy { share: settings.loss_share, hold: settings.lost_hold.0 },
            policy: if extras.demo { EvidenceUrlPolicy::HttpsAndLoopback } else { EvidenceUrlPolicy::Https },
        };
        let census = match (&trust, &reporter_key) {
            (Some(trust), Some(key)) => Some(Census::new(key.clone(), trust.ledger.clone(), clock.clone())),
            _ => None,
        };
        let reports = Reports {
            ledger: stores.buckets,
            lifecycle: lifecycle.clone(),
            file,
            key: reporter_key,
            clock: clock.clone(),
        };
        let reports = Some(reports).filter(|_| settings.trust.trust == Switch::On);
        if let Err(error) = lifecycle.follow_incarnation().await {
            tracing::warn!(%error, "the docket was not compared with its mark; trying again");
        }
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
        let revocation_key = key.revocation_key();
        let app = Arc::new(AppState {
            verifier: auth::Verifier::new(
                settings.token_secret.as_ref().map(crate::config::Secret::bytes),
                keys,
                settings.token_issuer.clone(),
                settings.token_audience.clone(),
                clock.clone(),
            )
            .with_lifetime_max(settings.max_token_lifetime.0)
            .with_revocation_key(&revocation_key),
            hub: Hub::new(lifecycle.clone(), key, receipts, intervals, limits.max_rooms),
            lifecycle,
            logs,
            jurors,
            trust,
            reports,
            census,
            clock,
            admission: Admission::new(limits),
            reads: Reads::default(),
            steps: Steps::default(),
            network: NetworkPolicy {
                origins,
                trusted_proxies: settings.trusted_proxies.iter().map(|proxy| proxy.0).collect(),
                demo: extras.demo,
            },
            limits: limits.clone(),
            health,
            stopping: AtomicBool::new(false),
            sockets: TaskTracker::new(),
            step_tasks: TaskTracker::new(),
        });
        let revocations = revocations::Follower::start(app.clone()).await.context("--database")?;
        let closed = CancellationToken::new();
        let routes = http::router(app.clone(), policy, extras.routes);
        let limits = listener::ListenerLimits {
            headers_timeout: limits.headers_timeout.0,
            idle_timeout: limits.idle_timeout.0,
            body_timeout: limits.body_timeout.0,
            connections: PerAddress::new(limits.max_connections_per_address),
            proxies: app.network.trusted_proxies.clone(),
        };
        let deliverer =
            |target| Deliverer::new(target, &authorities, node, app.lifecycle.reads.clone(), app.clock.clone());
        let background = Background {
            deliverers: targets.into_iter().map(deliverer).collect(),
            metrics: metrics.clone(),
            revocations,
            signer,
            watch,
            watch_interval: settings.durability_interval.0,
        };
        let mut tasks = vec![tokio::spawn(listener::run(listener, routes, limits.clone(), closed.clone()))];
        tasks.extend(background.start(&app, &closed));
        let admin_address = match settings.admin_bind {
            AdminBind::Off => None,
            AdminBind::At(address) => {
                let listener = listen("--admin-bind", address).await?;
                let address = listener.local_addr()?;
                let routes = admin::router(app.clone(), metrics);
                // A crowd from this machine on the public listener must not lock its operator out.
                let limits = listener::ListenerLimits { connections: PerAddress::new(0), ..limits };
                tasks.push(tokio::spawn(listener::run(listener, routes, limits, closed.clone())));
                Some(address)
            }
        };
        let admin = admin_address.map(tracing::field::display);
        tracing::info!(%address, admin_address = admin, public_url = public_url.as_str(), "listening");
        Ok(Self { address, admin_address, public_url, app, closed, tasks, file: stores.file })
    }

    /// The trust of this node, if it has any; a demo publishes reports of its own.
    #[must_use]
    pub fn trust(&self) -> Option<&Trust> {
        self.app.trust.as_ref()
    }

    /// The steps of cases; a demo opens cases of its own.
    #[must_use]
    pub fn lifecycle(&self) -> &Lifecycle {
        &self.app.lifecycle
    }

    /// Reads the JWK set again and logs the result. A node without a JWK set has nothing to read.
    pub async fn reload_keys(&self) {
        match self.app.verifier.reload_keys().await {
            Some(Ok(keys)) => tracing::info!(keys, "the JWK set was read again"),
            // The reading has logged its error.
            Some(Err(_)) => {}
            None => tracing::info!("there is no JWK set to read again"),
        }
    }

    /// Stops in order: readiness ends first, then every socket is notified and closed, then the listeners end, then the
    /// embedded file is closed.
    pub async fn stop(self) {
        self.app.start_stopping();
        self.app.sockets.close();
        if tokio::time::timeout(LAST_SOCKETS_TIMEOUT, self.app.sockets.wait()).await.is_err() {
            tracing::warn!(left = self.app.sockets.len(), "sockets were cut off");
        }
        self.closed.cancel();
        for task in self.tasks {
            let _ = task.await;
        }
        self.app.step_tasks.close();
        if tokio::time::timeout(LAST_STEPS_TIMEOUT, self.app.step_tasks.wait()).await.is_err() {
            tracing::warn!(left = self.app.step_tasks.len(), "requests whose clients have gone were cut off");
        }
        if let Some(file) = self.file
            && tokio::time::timeout(LAST_CALLS_TIMEOUT, file.close()).await.is_err()
        {
            tracing::warn!("calls to the database were cut off");
        }
    }
}

async fn listen(setting: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("{setting}: cannot listen on {address}"))
}
