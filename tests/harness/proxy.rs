//! A network between a node and a store that a story can hold up, slow down and cut; it never looks at what passes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

/// Bytes passed on in one go.
const CHUNK_BYTES: usize = 16 * 1_024;
/// A budget of bytes that is never used up.
const ALL_BYTES: u64 = u64::MAX;

/// A proxy. Dropping it cuts what passes through it, and nobody can connect any more.
#[derive(Debug)]
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    network: Arc<Network>,
    accepting: AbortHandle,
}

/// What a connection's two directions obey.
#[derive(Debug)]
struct Network {
    state: watch::Sender<LinkState>,
    /// Bytes that each direction still takes before it cuts the connection.
    left: [AtomicU64; 2],
    /// Connections cut so.
    cut_short: AtomicU64,
}

#[derive(Clone, Copy, Debug, Default)]
struct LinkState {
    /// Requests, then replies: whether they wait where they are.
    paused: [bool; 2],
    delay: Duration,
    refuses: bool,
    /// Connections made before this many cuts are gone.
    cuts: u64,
}

/// A direction of a connection.
#[derive(Clone, Copy, Debug)]
enum Direction {
    Requests = 0,
    Replies = 1,
}

impl Proxy {
    /// A proxy to `target`, through which everything passes at once.
    pub async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("its number");
        let left = [AtomicU64::new(ALL_BYTES), AtomicU64::new(ALL_BYTES)];
        let network = Arc::new(Network { state: watch::Sender::default(), left, cut_short: AtomicU64::new(0) });
        let accepting = tokio::spawn(accept(listener, target, network.clone())).abort_handle();
        Self { address, network, accepting }
    }

    /// Ends every connection, with what was under direction on it. New ones are taken.
    pub fn cut(&self) {
        self.network.state.send_modify(|state| state.cuts += 1);
    }

    /// Ends every connection, and each new one at once.
    pub fn refuse(&self) {
        self.network.state.send_modify(|state| {
            state.refuses = true;
            state.cuts += 1;
        });
    }

    /// Holds up what goes either direction: nobody is told, as where a cable is out. It goes on when the network heals, also
    /// if who sent it has given up by then.
    pub fn pause(&self) {
        self.network.state.send_modify(|state| state.paused = [true; 2]);
    }

    /// Holds up replies: requests arrive and are answered, and nobody hears it.
    pub fn pause_replies(&self) {
        self.network.state.send_modify(|state| state.paused[Direction::Replies as usize] = true);
    }

    /// Holds up requests.
    pub fn pause_requests(&self) {
        self.network.state.send_modify(|state| state.paused[Direction::Requests as usize] = true);
    }

    /// Lets everything take this much longer, either direction.
    pub fn delay(&self, by: Duration) {
        self.network.state.send_modify(|state| state.delay = by);
    }

    /// Ends the connection on which the last of so many bytes of requests passes, counted from now; once.
    pub fn cut_requests_after(&self, bytes: u64) {
        self.network.left[Direction::Requests as usize].store(bytes, Ordering::SeqCst);
    }

    /// Ends the connection on which the last of so many bytes of replies passes, counted from now; once.
    pub fn cut_replies_after(&self, bytes: u64) {
        self.network.left[Direction::Replies as usize].store(bytes, Ordering::SeqCst);
    }

    /// Connections that were cut in the middle of what passed.
    #[must_use]
    pub fn cut_short(&self) -> u64 {
        self.network.cut_short.load(Ordering::SeqCst)
    }

    /// Lets everything forward_both again. What was paused goes on.
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

async fn accept(listener: TcpListener, target: SocketAddr, network: Arc<Network>) {
    // Dropped with this task, and with it what passes.
    let mut connections = JoinSet::new();
    loop {
        let (near, _) = listener.accept().await.expect("a connection");
        let network = network.clone();
        connections.spawn(async move {
            let state = network.state.borrow().to_owned();
            // A store that is away does not take the connection; neither does its proxy then.
            let (false, Ok(far)) = (state.refuses, TcpStream::connect(target).await) else { return };
            forward_both(near, far, &network, state.cuts).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

/// Passes on both directions until both have ended, or the connection is cut.
async fn forward_both(near: TcpStream, far: TcpStream, network: &Network, cuts: u64) {
    for stream in [&near, &far] {
        stream.set_nodelay(true).expect("a socket");
    }
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    let directions = async {
        tokio::try_join!(
            network.forward(Direction::Requests, near_in, far_out),
            network.forward(Direction::Replies, far_in, near_out)
        )
    };
    let mut state = network.state.subscribe();
    // Either one ends it, and drops both sockets with what they hold.
    tokio::select! {
        _ = directions => {}
        _ = state.wait_for(|state| state.cuts > cuts) => {}
    }
}

/// The connection is cut in the middle of a message.
struct Cut;

impl Network {
    async fn forward(&self, direction: Direction, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> Result<(), Cut> {
        let mut state = self.state.subscribe();
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let taken = from.read(&mut chunk).await.unwrap_or(0);
            let delay = match state.wait_for(|state| !state.paused[direction as usize]).await {
                Ok(state) => state.delay,
                Err(_) => return Err(Cut),
            };
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            // Who does not take it any more is gone, which is no reason to keep the other direction from its end.
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

    /// How many of these bytes still forward_both, if they are the last ones.
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
