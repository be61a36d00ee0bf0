//! Listens and serves until told to stop: axum's routes on hyper's own loop, which bounds how long headers may take.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::admission::{PerAddress, Permit};

/// Bytes of a request's line and headers together, at most: a token of some kilobytes, and what proxies add.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Rest after a failed accept: it fails when the process is out of files, and some may be free then.
const ACCEPT_RETRY_AFTER: Duration = Duration::from_millis(50);
/// Longest time a stopping listener waits for requests under way.
const LAST_REQUESTS_TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes that wait in the kernel for a client that takes nothing: what waits there is old when it is taken, and the
/// newest view waits here. What is on its way already does not count, so this slows nobody down.
const UNSENT_BYTES_MAX: u32 = 16 * 1_024;

/// The other end's address.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// On what terms connections are taken.
#[derive(Clone, Debug)]
pub struct ListenerLimits {
    /// How long a client may take over its headers, from the answer before: slow ones hold connections for nothing.
    pub headers_timeout: Duration,
    /// How many connections an address may have that are not upgraded.
    pub connections: PerAddress,
    /// Proxies, whose connections carry many clients and are not counted.
    pub proxies: Vec<IpNet>,
}

impl ListenerLimits {
    /// Whether one more may come from this address: counted, or not to be counted.
    fn admit(&self, address: IpAddr) -> Option<Option<Permit>> {
        if self.proxies.iter().any(|net| net.contains(&address.to_canonical())) {
            return Some(None);
        }
        self.connections.count(address).map(Some)
    }
}

/// Serves `router` on `listener` until `stop`; then lets requests under way end.
pub async fn run(listener: TcpListener, router: Router, limits: ListenerLimits, stop: CancellationToken) {
    let requests = TaskTracker::new();
    loop {
        let (stream, peer) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_RETRY_AFTER).await;
                    continue;
                }
            },
        };
        let Some(counted) = limits.admit(peer.ip()) else {
            turned_away("connections_per_address");
            continue;
        };
        let serving = serve_one(stream, peer, router.clone(), limits.headers_timeout, stop.clone());
        requests.spawn(async move {
            serving.await;
            // An upgraded one ends here, too, and is counted by the door from before on.
            drop(counted);
        });
    }
    drop(listener);
    requests.close();
    let _ = tokio::time::timeout(LAST_REQUESTS_TIMEOUT, requests.wait()).await;
}

fn turned_away(reason: &'static str) {
    metrics::counter!("live_jury_turned_away_total", "reason" => reason).increment(1);
}

async fn serve_one(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    headers_timeout: Duration,
    stop: CancellationToken,
) {
    // Frames are small and answered one by one: waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let _ = socket2::SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT_BYTES_MAX);
    // Not as a layer of the router, which would wrap each of its routes anew for each connection.
    let service = TowerToHyperService::new(router.map_request(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        request
    }));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(headers_timeout)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let served = tokio::select! {
        done = connection.as_mut() => done,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    // What goes wrong here is the client's connection, and it is gone with it.
    match served {
        Err(error) if error.is_parse_too_large() => turned_away("headers_too_large"),
        Err(error) if error.is_timeout() => turned_away("headers_timeout"),
        _ => {}
    }
}
