//! The route of the WebSocket: counts the socket by its client's address and hands it to a connection.

use std::time::Duration;

use axum::extract::{Extension, Path, Request, State};
use axum::response::Response;

use super::client_address::{client_address, is_proxied};
use super::listener::Peer;
use super::{ApiError, ApiResult, App, extract};
use crate::clock::Clock;
use crate::connection::{self, PendingSocket};
use crate::socket::Upgrade;

/// Shortest silence of a juror's connection after which the kernel probes it. Address translation forgets a connection
/// after some minutes.
const PROBE_AFTER: Duration = Duration::from_secs(75);
/// Longest time added to it, so that the connections of a crowd are not probed together.
const PROBE_SPREAD_MS: u64 = 30_000;

fn keep_alive(clock: &dyn Clock) -> Duration {
    PROBE_AFTER + Duration::from_millis(clock.jitter_ms(PROBE_SPREAD_MS))
}

/// `GET /rooms/{room}/socket`.
pub async fn open(
    State(app): App,
    Extension(Peer(peer)): Extension<Peer>,
    Path(room): Path<String>,
    request: Request,
) -> ApiResult<Response> {
    let room = extract::room_of(&room)?;
    let address = client_address(peer.ip(), request.headers(), &app.network.trusted_proxies);
    let proxied = is_proxied(peer.ip(), request.headers(), &app.network.trusted_proxies);
    let upgrade = Upgrade::of(request).ok_or_else(ApiError::upgrade_required)?;
    if app.is_stopping() {
        return Err(ApiError::unavailable());
    }
    let Some(waiting) = app.admission.acquire(address) else {
        metrics::counter!("live_jury_turned_away_total", "reason" => "sockets_per_address").increment(1);
        return Err(ApiError::too_many_sockets());
    };
    let (response, socket) = upgrade.accept(app.limits.byte_rate(), keep_alive(&*app.clock));
    let sockets = app.sockets.clone();
    let pending = Box::new(PendingSocket { shared: app, room, waiting, proxied });
    tokio::spawn(sockets.track_future(connection::run(socket, pending)));
    Ok(response)
}
