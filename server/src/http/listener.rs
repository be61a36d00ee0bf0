//! Accepts connections within their limits and serves the routes on hyper's loop until the stop; it knows no route.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::admission::{PerAddress, Permit};
use crate::client_stream::{AnswerClock, ClientStream, HeadClock};

/// Largest request line and headers, in bytes; beyond it the connection ends with 431. A token takes a few kilobytes,
/// and proxies add some.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Pause after a failed accept. It fails when the process has no file descriptor left; one may be free by then.
const ACCEPT_RETRY_AFTER: Duration = Duration::from_millis(50);
/// Longest time a stopping listener waits for requests in progress; beyond it they are cut. A request takes up to 5 s.
const LAST_REQUESTS_TIMEOUT: Duration = Duration::from_secs(5);

/// Most unsent bytes that the kernel buffers for a slow client; beyond it the socket is not writable. Buffered views
/// are out of date when they are sent, and the newest view waits in this process. Bytes in flight do not count.
const UNSENT_BYTES_MAX: u32 = 16 * 1_024;

/// The address of the connection's other end.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Limits on a listener's connections.
#[derive(Clone, Debug)]
pub struct ListenerLimits {
    /// Longest time for a request's headers, from their first byte; beyond it the connection ends. A new connection's
    /// time starts at once.
    pub headers_timeout: Duration,
    /// Longest time between two requests of a connection; beyond it the connection ends.
    pub idle_timeout: Duration,
    /// Longest time in which a client takes little or nothing of a pending answer; beyond it the connection ends.
    pub body_timeout: Duration,
    /// Connections of each address that are not upgraded.
    pub connections: PerAddress,
    /// Trusted proxies. Their connections carry many clients and are not counted.
    pub proxies: Vec<IpNet>,
}

impl ListenerLimits {
    /// Admits one more connection of this address: with a permit, or without one for a trusted proxy.
    fn admit(&self, address: IpAddr) -> Option<Option<Permit>> {
        if self.proxies.iter().any(|net| net.contains(&address.to_canonical())) {
            return Some(None);
        }
        self.connections.count(address).map(Some)
    }
}

/// Serves `router` on `listener` until `stop`, and then lets requests in progress end.
pub async fn run(listener: TcpListener, router: Router, limits: ListenerLimits, stop: CancellationToken) {
    let requests = TaskTracker::new();
    loop {
        let (stream, peer) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    crate::telemetry::log_limited!(warn, %error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_RETRY_AFTER).await;
                    continue;
                }
            },
        };
        let Some(permit) = limits.admit(peer.ip()) else {
            count_refused("connections_per_address");
            continue;
        };
        requests.spawn(serve_one(stream, peer, permit, router.clone(), limits.clone(), stop.clone()));
    }
    drop(listener);
    requests.close();
    let _ = tokio::time::timeout(LAST_REQUESTS_TIMEOUT, requests.wait()).await;
}

fn count_refused(reason: &'static str) {
    metrics::counter!("live_jury_turned_away_total", "reason" => reason).increment(1);
}

/// Serves one connection until it ends or becomes a socket. Its permit ends with it, and before the answer of an
/// upgrade is sent: a client that has read that answer may open its next connection. The socket has a permit of its own
/// by then.
async fn serve_one(
    stream: TcpStream,
    peer: SocketAddr,
    permit: Option<Permit>,
    router: Router,
    limits: ListenerLimits,
    stop: CancellationToken,
) {
    // Frames are small, and each is answered: waiting for a full packet only delays them.
    let _ = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let _ = socket2::SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT_BYTES_MAX);
    // A layer of the router would wrap every route again for each connection.
    let (heads, answers) = (HeadClock::start(), Arc::new(AnswerClock::default()));
    let (ended, answered) = (heads.clone(), heads.clone());
    let service = router.map_request(move |mut request: hyper::Request<Incoming>| {
        ended.head_ended();
        request.extensions_mut().insert(Peer(peer));
        request
    });
    let permit = Arc::new(Mutex::new(permit));
    let service = TowerToHyperService::new(service.map_response(move |response: Response| {
        answered.answered();
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            drop(permit.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
        response
    }));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        // hyper counts the time before the head as well; `heads` limits the head itself.
        .header_read_timeout(limits.idle_timeout)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(ClientStream::new(stream, heads.clone(), answers.clone())), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let served = tokio::select! {
        done = connection.as_mut() => done,
        () = heads.overdue(limits.headers_timeout) => return count_refused("headers_timeout"),
        () = answers.overdue(limits.body_timeout) => return count_refused("slow_reader"),
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    // Other errors end this client's connection only.
    match served {
        Err(error) if error.is_parse_too_large() => count_refused("headers_too_large"),
        Err(error) if error.is_timeout() && heads.is_in_head() => count_refused("headers_timeout"),
        _ => {}
    }
}
