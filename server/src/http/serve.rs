//! Listens and serves until told to stop: axum's routes on hyper's own loop, which bounds how long headers may take.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Longest time a client may take over its headers: slow ones are a way to hold sockets for nothing.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(10);
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

/// Serves `router` on `listener` until `stop`; then lets requests under way end.
pub async fn run(listener: TcpListener, router: Router, stop: CancellationToken) {
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
        requests.spawn(serve_one(stream, peer, router.clone(), stop.clone()));
    }
    drop(listener);
    requests.close();
    let _ = tokio::time::timeout(LAST_REQUESTS_TIMEOUT, requests.wait()).await;
}

async fn serve_one(stream: TcpStream, peer: SocketAddr, router: Router, stop: CancellationToken) {
    // Frames are small and answered one by one: waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let _ = socket2::SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT_BYTES_MAX);
    let service = TowerToHyperService::new(router.layer(axum::Extension(Peer(peer))));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    // What goes wrong here is the client's connection, and it is gone with it.
    let _ = tokio::select! {
        done = connection.as_mut() => done,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
}
