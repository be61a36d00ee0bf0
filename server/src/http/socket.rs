//! The route of the WebSocket: counts who knocks, and hands the socket to its connection.

use std::sync::Arc;

use axum::extract::{Extension, Path, Request, State};
use axum::response::Response;

use super::listener::Peer;
use super::client_address::client_address;
use super::{ApiError, ApiResult, extract};
use crate::connection::{self, PendingSocket};
use crate::socket::Upgrade;
use crate::state::AppState;

/// `GET /rooms/{room}/socket`.
pub async fn open(
    State(shared): State<Arc<AppState>>,
    Extension(Peer(peer)): Extension<Peer>,
    Path(room): Path<String>,
    request: Request,
) -> ApiResult<Response> {
    let room = extract::room(&room)?;
    let address = client_address(peer.ip(), request.headers(), &shared.network.trusted_proxies);
    let upgrade = Upgrade::of(request).ok_or_else(ApiError::upgrade_required)?;
    if shared.is_stopping() {
        return Err(ApiError::unavailable());
    }
    let Some(waiting) = shared.admission.acquire(address) else {
        metrics::counter!("live_jury_turned_away_total", "reason" => "sockets_per_address").increment(1);
        return Err(ApiError::too_many_sockets());
    };
    let (response, socket) = upgrade.accept();
    let sockets = shared.sockets.clone();
    let pending = Box::new(PendingSocket { shared, room, waiting });
    tokio::spawn(sockets.track_future(connection::run(socket, pending)));
    Ok(response)
}
