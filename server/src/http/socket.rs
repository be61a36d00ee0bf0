//! The route of the WebSocket: counts the socket by its client's address and hands it to a connection.

use axum::extract::{Extension, Path, Request, State};
use axum::response::Response;

use super::client_address::client_address;
use super::listener::Peer;
use super::{ApiError, ApiResult, App, extract};
use crate::connection::{self, PendingSocket};
use crate::socket::Upgrade;

/// `GET /rooms/{room}/socket`.
pub async fn open(
    State(app): App,
    Extension(Peer(peer)): Extension<Peer>,
    Path(room): Path<String>,
    request: Request,
) -> ApiResult<Response> {
    let room = extract::room_of(&room)?;
    let address = client_address(peer.ip(), request.headers(), &app.network.trusted_proxies);
    let upgrade = Upgrade::of(request).ok_or_else(ApiError::upgrade_required)?;
    if app.is_stopping() {
        return Err(ApiError::unavailable());
    }
    let Some(waiting) = app.admission.acquire(address) else {
        metrics::counter!("live_jury_turned_away_total", "reason" => "sockets_per_address").increment(1);
        return Err(ApiError::too_many_sockets());
    };
    let (response, socket) = upgrade.accept(app.limits.byte_rate());
    let sockets = app.sockets.clone();
    let pending = Box::new(PendingSocket { shared: app, room, waiting });
    tokio::spawn(sockets.track_future(connection::run(socket, pending)));
    Ok(response)
}
