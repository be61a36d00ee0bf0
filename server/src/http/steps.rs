//! Runs each request that may change something in a task of its own, to its end, whether or not its client stays.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{ApiError, App};

/// Runs the handler of a request. A step of a case calls several stores: dropped between two of them with its
/// connection, it would leave one of them without the other's half.
pub async fn run_to_the_end(State(app): App, request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    match app.step_tasks.spawn(next.run(request)).await {
        Ok(response) => response,
        Err(ended) => match ended.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => ApiError::unavailable().into_response(),
        },
    }
}
