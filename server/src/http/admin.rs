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

/// 200 while the node is not stopping, both stores answer, the tally store is the current one, and this node holds the
/// ballot key of every live case; else 503.
async fn ready(State(app): State<Arc<AppState>>) -> Response {
    let StoresReachable { tally, docket } = app.lifecycle.probe_stores().await;
    let key = app.hub.holds_all_keys();
    let stopping = app.is_stopping();
    let current = app.lifecycle.store.is_current();
    let ready = tally && docket && current && key && !stopping;
    let body = json!({
        "ready": ready,
        "stopping": stopping,
        "tally": tally,
        "docket": docket,
        "tally_current": current,
        "ballot_key": key,
        "unrecorded": app.hub.unrecorded(),
        "durable": app.health.is_durable(),
    });
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
