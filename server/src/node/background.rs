//! The tasks of a node that run until it stops, besides its listeners, sockets and rooms.

use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::store_watch::StoreWatch;
use crate::admission::FORGET_INTERVAL;
use crate::log::LogSigner;
use crate::revocations;
use crate::state::AppState;
use crate::tally::TallyStore;
use crate::telemetry;
use crate::webhooks::Deliverer;

/// The time between two sweeps of the tally. Cases expire after a day at the earliest, so an hour more matters little.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// What these tasks need besides the values that all handlers share.
pub(super) struct Background {
    /// One for each target of webhooks.
    pub(super) deliverers: Vec<Deliverer>,
    /// The metrics to keep up, if there are any.
    pub(super) metrics: Option<PrometheusHandle>,
    /// Follows revoked tokens.
    pub(super) revocations: revocations::Follower,
    /// Signs the log of verdicts.
    pub(super) signer: LogSigner,
    /// Watches the stores.
    pub(super) watch: StoreWatch,
    /// The time between two readings of the stores' settings.
    pub(super) watch_interval: Duration,
}

impl Background {
    /// Starts the tasks. Each ends soon after `closed`.
    pub(super) fn start(self, app: &Arc<AppState>, closed: &CancellationToken) -> Vec<JoinHandle<()>> {
        let mut tasks = vec![
            tokio::spawn(sweep(app.lifecycle.tally.clone(), closed.clone())),
            tokio::spawn(forget_joins(app.clone(), closed.clone())),
            tokio::spawn(self.revocations.run(closed.clone())),
            tokio::spawn(self.signer.run(closed.clone())),
            tokio::spawn(app.logs.served().clone().keep(app.lifecycle.docket.clone(), closed.clone())),
            tokio::spawn(app.jurors.clone().count_panels(app.lifecycle.panel_recorded.clone(), closed.clone())),
            tokio::spawn(self.watch.run(self.watch_interval, closed.clone())),
        ];
        tasks.extend(self.deliverers.into_iter().map(|deliverer| tokio::spawn(deliverer.run(closed.clone()))));
        if let Some(metrics) = self.metrics {
            tasks.push(tokio::spawn(telemetry::keep_up(metrics, closed.clone())));
        }
        if let Some(trust) = app.trust.clone() {
            tasks.push(tokio::spawn(trust.clone().move_applications(closed.clone())));
            tasks.push(tokio::spawn(trust.clone().follow(app.lifecycle.clone(), closed.clone())));
            tasks.push(tokio::spawn(trust.run(closed.clone())));
        }
        if let Some(census) = app.census.clone() {
            tasks.push(tokio::spawn(census.keep(closed.clone())));
        }
        if let Some(reports) = app.reports.clone() {
            tasks.push(tokio::spawn(reports.run(closed.clone())));
        }
        let (current, until) = (app.lifecycle.store.clone(), closed.clone());
        tasks.push(tokio::spawn(async move { current.run(until).await }));
        let (lifecycle, until) = (app.lifecycle.clone(), closed.clone());
        tasks.push(tokio::spawn(async move { lifecycle.keep_ledger(until).await }));
        let (hub, until) = (app.hub.clone(), closed.clone());
        tasks.push(tokio::spawn(async move { hub.watch(until).await }));
        tasks
    }
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

/// Forgets each second who has joined or read long ago, until the node stops. After a crowd nobody may come for hours.
async fn forget_joins(app: Arc<AppState>, closed: CancellationToken) {
    let mut times = tokio::time::interval(FORGET_INTERVAL);
    while closed.run_until_cancelled(times.tick()).await.is_some() {
        let now = app.clock.instant();
        app.admission.forget_joins(now);
        app.reads.forget(now);
    }
}
