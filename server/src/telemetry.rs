//! Sets up logs and metrics once at the start; each module records its own.

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// Upper bounds of the buckets of durations, in seconds: from one script call to a stuck disk.
const SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
/// Filter of the logs without `LIVE_JURY_LOG`.
const DEFAULT_FILTER: &str = "info,sqlx=warn";

/// Starts logging to standard error: text at a terminal, JSON lines elsewhere.
///
/// A second call changes nothing.
pub fn start_logs(human: bool) {
    let filter = EnvFilter::try_from_env("LIVE_JURY_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = if human {
        builder.with_target(false).try_init().map_err(drop)
    } else {
        builder.json().flatten_event(true).try_init().map_err(drop)
    };
}

/// Starts collecting metrics for the whole process; none at a second call.
#[must_use]
pub fn start_metrics() -> Option<PrometheusHandle> {
    let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS);
    let handle = builder.ok()?.install_recorder().ok()?;
    metrics::describe_gauge!("live_jury_sockets", "Open sockets");
    metrics::describe_gauge!("live_jury_rooms", "Rooms with a socket or a live case");
    metrics::describe_gauge!("live_jury_tally_durable", "1 if acknowledged ballots survive a crash of the tally store");
    metrics::describe_gauge!("live_jury_unrecorded_cases", "Cases that are sealed and not recorded");
    metrics::describe_counter!("live_jury_casts_total", "Casts by answer");
    metrics::describe_counter!("live_jury_joins_total", "Joins by role");
    metrics::describe_counter!("live_jury_closes_total", "Sockets closed by the server, by code");
    metrics::describe_counter!("live_jury_turned_away_total", "Requests and sockets refused, by reason");
    metrics::describe_counter!("live_jury_verdicts_total", "Cases recorded, by outcome");
    metrics::describe_counter!("live_jury_tally_losses_total", "Cases whose tally the store lost");
    metrics::describe_counter!("live_jury_http_problems_total", "HTTP errors by code");
    metrics::describe_histogram!("live_jury_record_seconds", "Time of one batch in the tally store");
    Some(handle)
}
