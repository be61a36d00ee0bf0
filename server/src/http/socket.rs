//! The route of the WebSocket: counts who knocks, and hands the socket to its connection.

use std::sync::Arc;

use axum::extract::{Extension, Path, Request, State};
use axum::response::Response;

use super::serve::Peer;
use super::{ApiError, ApiResult, body, gate};
use crate::connection::{self, Caller};
use crate::socket::Upgrade;
use crate::state::Shared;

/// `GET /rooms/{room}/socket`.
pub async fn open(
    State(shared): State<Arc<Shared>>,
    Extension(Peer(peer)): Extension<Peer>,
    Path(room): Path<String>,
    request: Request,
) -> ApiResult<Response> {
    let room = body::room(&room)?;
    let address = gate::client_address(peer.ip(), request.headers(), &shared.outside.trusted_proxies);
    let upgrade = Upgrade::of(request).ok_or_else(ApiError::upgrade_required)?;
    if shared.is_stopping() {
        return Err(ApiError::unavailable());
    }
    let Some(waiting) = shared.door.knock(address) else {
        metrics::counter!("live_jury_turned_away_total", "reason" => "sockets_per_address").increment(1);
        return Err(ApiError::too_many_sockets());
    };
    let (response, socket) = upgrade.grant();
    let sockets = shared.sockets.clone();
    let caller = Box::new(Caller { shared, room, waiting });
    tokio::spawn(sockets.track_future(connection::run(socket, caller)));
    Ok(response)
}
