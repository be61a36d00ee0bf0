//! The admin listener: metrics, and whether the node is alive and ready.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;

use crate::state::AppState;

/// The admin listener's routes.
pub fn router(shared: Arc<AppState>, metrics: Option<PrometheusHandle>) -> Router {
    let render = move || {
        let text = metrics.as_ref().map(PrometheusHandle::render).unwrap_or_default();
        async move { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text) }
    };
    Router::new()
        .route("/metrics", get(render))
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready))
        .with_state(shared)
}

/// Ready means: not stopping, both stores answer, and this node holds the ballot key of every live case.
async fn ready(State(shared): State<Arc<AppState>>) -> Response {
    let tally = shared.lifecycle.tally.now_ms().await;
    let docket = shared.lifecycle.docket.ping().await;
    let key = shared.hub.holds_all_keys();
    let stopping = shared.is_stopping();
    let ready = tally.is_ok() && docket.is_ok() && key && !stopping;
    let body = json!({
        "ready": ready,
        "stopping": stopping,
        "tally": tally.is_ok(),
        "docket": docket.is_ok(),
        "ballot_key": key,
        "unrecorded": shared.hub.unrecorded(),
        "durable": shared.is_durable(),
    });
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
