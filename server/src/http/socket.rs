//! The route of the WebSocket: counts who knocks, and hands the socket to its connection.

use std::sync::Arc;

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Extension, Path, State, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::Response;
use live_jury_protocol::{SUBPROTOCOL, limits};

use super::serve::Peer;
use super::{ApiError, ApiResult, body, gate};
use crate::connection;
use crate::state::Shared;

/// A connection's read buffer, in bytes. The library's default of 128 KiB would be most of what a viewer costs.
const READ_BUFFER_BYTES: usize = 512;
/// A connection's write buffer, in bytes: what is gathered before the kernel is asked.
const WRITE_BUFFER_BYTES: usize = 4 * 1_024;
/// What may wait for a socket that takes nothing, in bytes: some of the largest views.
const WRITE_BUFFER_BYTES_MAX: usize = 512 * 1_024;

/// `GET /rooms/{room}/socket`.
pub async fn open(
    State(shared): State<Arc<Shared>>,
    Extension(Peer(peer)): Extension<Peer>,
    Path(room): Path<String>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> ApiResult<Response> {
    let room = body::room(&room)?;
    let upgrade = upgrade.map_err(|_| ApiError::upgrade_required())?;
    if shared.is_stopping() {
        return Err(ApiError::unavailable());
    }
    let address = gate::client_address(peer.ip(), &headers, &shared.outside.trusted_proxies);
    let Some(waiting) = shared.door.knock(address) else {
        metrics::counter!("live_jury_turned_away_total", "reason" => "sockets_per_address").increment(1);
        return Err(ApiError::too_many_sockets());
    };
    let sockets = shared.sockets.clone();
    Ok(upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX)
        .max_message_size(limits::FRAME_BYTES_MAX)
        .max_frame_size(limits::FRAME_BYTES_MAX)
        .on_upgrade(move |socket| sockets.track_future(connection::run(Box::new(socket), shared, room, waiting))))
}
