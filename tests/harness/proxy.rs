//! A TCP proxy that a test pauses, slows and cuts, as a failing network would; it never interprets what it forwards.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

/// Bytes of one read. Larger reads would let a cut come too late.
const CHUNK_BYTES: usize = 16 * 1_024;
/// An unlimited budget.
const ALL_BYTES: u64 = u64::MAX;

/// A proxy. Dropping it closes its connections and its listener.
#[derive(Debug)]
pub struct Proxy {
    /// Address of the listener.
    pub address: SocketAddr,
    network: Arc<Network>,
    accepting: AbortHandle,
}

/// The state that all connections share.
#[derive(Debug)]
struct Network {
    /// The server to which new connections lead.
    target: Mutex<SocketAddr>,
    state: watch::Sender<LinkState>,
    /// Bytes that each direction still forwards before the connection is cut.
    left: [AtomicU64; 2],
    /// Number of connections cut by a used-up budget.
    cut_short: AtomicU64,
}

#[derive(Clone, Copy, Debug, Default)]
struct LinkState {
    /// Whether requests and replies are paused, in this order.
    paused: [bool; 2],
    delay: Duration,
    refuses: bool,
    /// Number of cuts. A connection ends when the number exceeds that of its start.
    cuts: u64,
}

/// A direction of a connection.
#[derive(Clone, Copy, Debug)]
enum Direction {
    Requests = 0,
    Replies = 1,
}

impl Proxy {
    /// Starts a proxy to `target` that forwards everything at once.
    pub async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("its number");
        let left = [AtomicU64::new(ALL_BYTES), AtomicU64::new(ALL_BYTES)];
        let target = Mutex::new(target);
        let network = Arc::new(Network { target, state: watch::Sender::default(), left, cut_short: AtomicU64::new(0) });
        let accepting = tokio::spawn(accept(listener, network.clone())).abort_handle();
        Self { address, network, accepting }
    }

    /// Leads new connections to another server, as a name does after a fail-over. Open connections stay where they are.
    pub fn lead_to(&self, target: SocketAddr) {
        *self.network.target.lock().expect("no panic") = target;
    }

    /// Closes every connection and loses the bytes in flight. New connections are accepted.
    pub fn cut(&self) {
        self.network.state.send_modify(|state| state.cuts += 1);
    }

    /// Closes every connection, and each new one at once.
    pub fn refuse(&self) {
        self.network.state.send_modify(|state| {
            state.refuses = true;
            state.cuts += 1;
        });
    }

    /// Pauses both directions without closing anything, as a broken cable would. [`Proxy::restore`] delivers the paused
    /// bytes, even if their sender has given up.
    pub fn pause(&self) {
        self.network.state.send_modify(|state| state.paused = [true; 2]);
    }

    /// Pauses replies: requests arrive and are carried out, and their sender gets no answer.
    pub fn pause_replies(&self) {
        self.network.state.send_modify(|state| state.paused[Direction::Replies as usize] = true);
    }

    /// Pauses requests.
    pub fn pause_requests(&self) {
        self.network.state.send_modify(|state| state.paused[Direction::Requests as usize] = true);
    }

    /// Delays every chunk by this time, in both directions.
    pub fn delay(&self, by: Duration) {
        self.network.state.send_modify(|state| state.delay = by);
    }

    /// Cuts one connection after this number of further bytes of requests.
    pub fn cut_requests_after(&self, bytes: u64) {
        self.network.left[Direction::Requests as usize].store(bytes, Ordering::SeqCst);
    }

    /// Cuts one connection after this number of further bytes of replies.
    pub fn cut_replies_after(&self, bytes: u64) {
        self.network.left[Direction::Replies as usize].store(bytes, Ordering::SeqCst);
    }

    /// Number of connections cut within a message.
    #[must_use]
    pub fn cut_short(&self) -> u64 {
        self.network.cut_short.load(Ordering::SeqCst)
    }

    /// Ends every disturbance. Paused bytes are delivered.
    pub fn restore(&self) {
        for left in &self.network.left {
            left.store(ALL_BYTES, Ordering::SeqCst);
        }
        self.network.state.send_modify(|state| *state = LinkState { cuts: state.cuts, ..LinkState::default() });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, network: Arc<Network>) {
    // Dropped with this task, which closes every connection.
    let mut connections = JoinSet::new();
    loop {
        let (near, _) = listener.accept().await.expect("a connection");
        let network = network.clone();
        connections.spawn(async move {
            let state = network.state.borrow().to_owned();
            let target = *network.target.lock().expect("no panic");
            // A stopped store refuses connections. The proxy closes the client's connection then.
            let (false, Ok(far)) = (state.refuses, TcpStream::connect(target).await) else { return };
            forward_both(near, far, &network, state.cuts).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

/// Forwards both directions until both have ended or the connection is cut.
async fn forward_both(near: TcpStream, far: TcpStream, network: &Network, cuts: u64) {
    for stream in [&near, &far] {
        stream.set_nodelay(true).expect("a socket");
    }
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    let directions = async {
        tokio::try_join!(
            network.forward(cuts, Direction::Requests, near_in, far_out),
            network.forward(cuts, Direction::Replies, far_in, near_out)
        )
    };
    let mut state = network.state.subscribe();
    // Each branch drops both sockets with their buffers.
    tokio::select! {
        _ = directions => {}
        _ = state.wait_for(|state| state.cuts > cuts) => {}
    }
}

/// The connection was cut within a message.
struct Cut;

impl Network {
    /// Forwards one direction of a connection that was made after this number of cuts.
    async fn forward(
        &self,
        cuts: u64,
        direction: Direction,
        mut from: OwnedReadHalf,
        mut to: OwnedWriteHalf,
    ) -> Result<(), Cut> {
        let mut state = self.state.subscribe();
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let taken = from.read(&mut chunk).await.unwrap_or(0);
            let delay = match state.wait_for(|state| !state.paused[direction as usize]).await {
                // A cut during a pause loses the paused bytes, also if the network is restored at once.
                Ok(state) if state.cuts == cuts => state.delay,
                Ok(_) | Err(_) => return Err(Cut),
            };
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            // A failed write means that the receiver is gone. The other direction still runs to its own end.
            if taken == 0 {
                let _ = to.shutdown().await;
                return Ok(());
            }
            let passed = self.spend(direction, taken);
            let _ = to.write_all(&chunk[..passed.unwrap_or(taken)]).await;
            if passed.is_some() {
                return Err(Cut);
            }
        }
    }

    /// Bytes of this chunk that are still forwarded, if the budget ends with it.
    fn spend(&self, direction: Direction, bytes: usize) -> Option<usize> {
        let take = |left: u64| match left {
            ALL_BYTES => None,
            _ if left <= bytes as u64 => Some(ALL_BYTES),
            _ => Some(left - bytes as u64),
        };
        let left = self.left[direction as usize].fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).ok()?;
        (left <= bytes as u64).then(|| {
            self.cut_short.fetch_add(1, Ordering::SeqCst);
            usize::try_from(left).unwrap_or(bytes)
        })
    }
}
