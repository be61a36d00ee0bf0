//! The admin listener's routes: metrics, liveness and readiness; it changes nothing.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;

use crate::lifecycle::StoresReachable;
use crate::state::AppState;

/// The admin listener's routes.
pub fn router(app: Arc<AppState>, metrics: Option<PrometheusHandle>) -> Router {
    let render = move || {
        let text = metrics.as_ref().map(PrometheusHandle::render).unwrap_or_default();
        async move { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text) }
    };
    Router::new()
        .route("/metrics", get(render))
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready))
        .with_state(app)
}

/// 200 while the node is not stopping, the tally store answers and is the current one, the docket was read once, no
/// other node can write where this one cannot, and this node holds the ballot key of every live case; else 503.
async fn ready(State(app): State<Arc<AppState>>) -> Response {
    let StoresReachable { tally, docket } = app.lifecycle.probe_stores().await;
    let key = app.hub.holds_all_keys();
    let stopping = app.is_stopping();
    let current = app.lifecycle.store.is_current();
    let health = &app.health;
    // Ballots need the tally alone, so a node that knows its rooms goes on without the docket.
    let stores = tally && (docket || health.has_read_docket()) && !health.do_others_write();
    let ready = stores && current && key && !stopping;
    let body = json!({
        "ready": ready,
        "stopping": stopping,
        "tally": tally,
        "docket": docket,
        "tally_writable": tally && health.is_tally_writable(),
        "docket_writable": docket && health.is_docket_writable(),
        "tally_current": current,
        "ballot_key": key,
        "unrecorded": app.hub.unrecorded(),
        "durable": health.is_durable(),
        "signed": health.is_signed(),
    });
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
