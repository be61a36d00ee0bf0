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
    weather: watch::Sender<Weather>,
    /// Bytes that each direction still takes before it cuts the connection.
    left: [AtomicU64; 2],
    /// Connections cut so.
    cut_short: AtomicU64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Weather {
    /// Requests, then replies: whether they wait where they are.
    held: [bool; 2],
    delay: Duration,
    refuses: bool,
    /// Connections made before this many cuts are gone.
    cuts: u64,
}

/// A direction of a connection.
#[derive(Clone, Copy, Debug)]
enum Way {
    Requests = 0,
    Replies = 1,
}

impl Proxy {
    /// A proxy to `target`, through which everything passes at once.
    pub async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("its number");
        let left = [AtomicU64::new(ALL_BYTES), AtomicU64::new(ALL_BYTES)];
        let network = Arc::new(Network { weather: watch::Sender::default(), left, cut_short: AtomicU64::new(0) });
        let accepting = tokio::spawn(accept(listener, target, network.clone())).abort_handle();
        Self { address, network, accepting }
    }

    /// Ends every connection, with what was under way on it. New ones are taken.
    pub fn cut(&self) {
        self.network.weather.send_modify(|weather| weather.cuts += 1);
    }

    /// Ends every connection, and each new one at once.
    pub fn refuse(&self) {
        self.network.weather.send_modify(|weather| {
            weather.refuses = true;
            weather.cuts += 1;
        });
    }

    /// Holds up what goes either way: nobody is told, as where a cable is out. It goes on when the network heals, also
    /// if who sent it has given up by then.
    pub fn hold(&self) {
        self.network.weather.send_modify(|weather| weather.held = [true; 2]);
    }

    /// Holds up replies: requests arrive and are answered, and nobody hears it.
    pub fn hold_replies(&self) {
        self.network.weather.send_modify(|weather| weather.held[Way::Replies as usize] = true);
    }

    /// Holds up requests.
    pub fn hold_requests(&self) {
        self.network.weather.send_modify(|weather| weather.held[Way::Requests as usize] = true);
    }

    /// Lets everything take this much longer, either way.
    pub fn delay(&self, by: Duration) {
        self.network.weather.send_modify(|weather| weather.delay = by);
    }

    /// Ends the connection on which the last of so many bytes of requests passes, counted from now; once.
    pub fn cut_requests_after(&self, bytes: u64) {
        self.network.left[Way::Requests as usize].store(bytes, Ordering::SeqCst);
    }

    /// Ends the connection on which the last of so many bytes of replies passes, counted from now; once.
    pub fn cut_replies_after(&self, bytes: u64) {
        self.network.left[Way::Replies as usize].store(bytes, Ordering::SeqCst);
    }

    /// Connections that were cut in the middle of what passed.
    #[must_use]
    pub fn cut_short(&self) -> u64 {
        self.network.cut_short.load(Ordering::SeqCst)
    }

    /// Lets everything pass again. What was held goes on.
    pub fn heal(&self) {
        for left in &self.network.left {
            left.store(ALL_BYTES, Ordering::SeqCst);
        }
        self.network.weather.send_modify(|weather| *weather = Weather { cuts: weather.cuts, ..Weather::default() });
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
            let weather = network.weather.borrow().to_owned();
            // A store that is away does not take the connection; neither does its proxy then.
            let (false, Ok(far)) = (weather.refuses, TcpStream::connect(target).await) else { return };
            pass(near, far, &network, weather.cuts).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

/// Passes on both ways until both have ended, or the connection is cut.
async fn pass(near: TcpStream, far: TcpStream, network: &Network, cuts: u64) {
    for stream in [&near, &far] {
        stream.set_nodelay(true).expect("a socket");
    }
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    let ways = async {
        tokio::try_join!(network.carry(Way::Requests, near_in, far_out), network.carry(Way::Replies, far_in, near_out))
    };
    let mut weather = network.weather.subscribe();
    // Either one ends it, and drops both sockets with what they hold.
    tokio::select! {
        _ = ways => {}
        _ = weather.wait_for(|weather| weather.cuts > cuts) => {}
    }
}

/// The connection is cut in the middle of a message.
struct Cut;

impl Network {
    async fn carry(&self, way: Way, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> Result<(), Cut> {
        let mut weather = self.weather.subscribe();
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let taken = from.read(&mut chunk).await.unwrap_or(0);
            let delay = match weather.wait_for(|weather| !weather.held[way as usize]).await {
                Ok(weather) => weather.delay,
                Err(_) => return Err(Cut),
            };
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            // Who does not take it any more is gone, which is no reason to keep the other way from its end.
            if taken == 0 {
                let _ = to.shutdown().await;
                return Ok(());
            }
            let passed = self.spend(way, taken);
            let _ = to.write_all(&chunk[..passed.unwrap_or(taken)]).await;
            if passed.is_some() {
                return Err(Cut);
            }
        }
    }

    /// How many of these bytes still pass, if they are the last ones.
    fn spend(&self, way: Way, bytes: usize) -> Option<usize> {
        let take = |left: u64| match left {
            ALL_BYTES => None,
            _ if left <= bytes as u64 => Some(ALL_BYTES),
            _ => Some(left - bytes as u64),
        };
        let left = self.left[way as usize].fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).ok()?;
        (left <= bytes as u64).then(|| {
            self.cut_short.fetch_add(1, Ordering::SeqCst);
            usize::try_from(left).unwrap_or(bytes)
        })
    }
}
