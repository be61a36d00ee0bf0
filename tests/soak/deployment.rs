//! Where a run happens: real nodes as processes, one Redis and one PostgreSQL behind a proxy for each node; faults strike
//! here, and are healed here.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use live_jury_tests::postgres::Postgres;
use live_jury_tests::program::Program;
use live_jury_tests::proxy::Proxy;
use live_jury_tests::redis::Redis;
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::sleep;

use crate::faults::{Fault, Store, Strike};

/// The key of the pseudonyms.
pub const BALLOT_SECRET: &str = "the ballot secret of the soak, long enough to be one";
/// Between two starts of a node whose stores are away.
const START_AGAIN_AFTER: Duration = Duration::from_millis(200);
/// Redis's clock, in milliseconds.
const NOW_MS: &str = "local t = redis.call('TIME') return t[1] * 1000 + math.floor(t[2] / 1000)";

/// All that serves jurors.
pub struct House {
    redis: Arc<Mutex<Redis>>,
    postgres: Arc<Mutex<Postgres>>,
    nodes: Vec<Place>,
    /// The database that the nodes share.
    pub database: String,
    wipes_ms: Mutex<Vec<u64>>,
}

/// A node's place: its program may change, its ways to the stores stay.
struct Place {
    redis: Proxy,
    postgres: Proxy,
    arguments: Vec<String>,
    program: AsyncMutex<Option<Program>>,
    /// Where it listens, while it does.
    address: Mutex<Option<SocketAddr>>,
    peak_kib: AtomicU64,
    said: Mutex<Vec<String>>,
}

impl House {
    /// Starts everything.
    pub async fn open(nodes: usize) -> Arc<Self> {
        let (redis, postgres) = tokio::task::spawn_blocking(|| (Redis::start(), Postgres::start())).await.unwrap();
        let database = postgres.fresh_database();
        let mut places = Vec::new();
        for _ in 0..nodes {
            places.push(Place::new(redis.address(), &database).await);
        }
        let (redis, postgres) = (Arc::new(Mutex::new(redis)), Arc::new(Mutex::new(postgres)));
        let house = Self { redis, postgres, nodes: places, database, wipes_ms: Mutex::default() };
        for place in &house.nodes {
            place.start().await;
        }
        Arc::new(house)
    }

    /// Where any node listens, of those that run.
    pub fn any_address(&self, rng: &mut Rng) -> Option<SocketAddr> {
        rng.choice(self.addresses())
    }

    /// Where the nodes listen.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().filter_map(|place| *place.address.lock().unwrap()).collect()
    }

    /// The most memory that each node's place has seen.
    pub async fn peaks_kib(&self) -> Vec<u64> {
        let mut peaks = Vec::new();
        for place in &self.nodes {
            place.note(place.program.lock().await.as_ref());
            peaks.push(place.peak_kib.load(Relaxed));
        }
        peaks
    }

    /// What a node's programs logged of this.
    pub async fn said_of(&self, what: &str) -> Vec<String> {
        let mut found = Vec::new();
        for (node, place) in self.nodes.iter().enumerate() {
            let mut said = place.said.lock().unwrap().clone();
            said.extend(place.program.lock().await.iter().flat_map(Program::said));
            found
                .extend(said.into_iter().filter(|line| line.contains(what)).map(|line| format!("node {node}: {line}")));
        }
        found
    }

    /// When Redis was wiped, by its own clock.
    pub fn wipes_ms(&self) -> Vec<u64> {
        self.wipes_ms.lock().unwrap().clone()
    }

    /// Lets a fault strike, last, and end. What a juror does about it is the jurors' matter.
    pub async fn suffer(&self, strike: Strike) {
        match strike.fault {
            Fault::Kill(node) => self.nodes[node].restart("KILL", strike.lasts).await,
            Fault::Stop(node) => self.nodes[node].restart("TERM", strike.lasts).await,
            Fault::Pause(node) => self.nodes[node].pause(strike.lasts).await,
            Fault::KillRedis => {
                blocking(&self.redis, Redis::kill).await;
                sleep(strike.lasts).await;
                blocking(&self.redis, Redis::restart).await;
            }
            Fault::WipeRedis => {
                let wiped_ms = blocking(&self.redis, |redis| {
                    redis.flush();
                    redis.ask(&["EVAL", NOW_MS, "0"]).parse().expect("a number")
                });
                let wiped_ms = wiped_ms.await;
                self.wipes_ms.lock().unwrap().push(wiped_ms);
            }
            Fault::KillPostgres => {
                blocking(&self.postgres, Postgres::stop).await;
                sleep(strike.lasts).await;
                blocking(&self.postgres, Postgres::start_again).await;
            }
            Fault::DropJurors(_) => {}
            Fault::Cut(store, node)
            | Fault::Refuse(store, node)
            | Fault::Hold(store, node)
            | Fault::HoldReplies(store, node)
            | Fault::Delay(store, node, _)
            | Fault::LoseReply(store, node, _)
            | Fault::CutRequest(store, node, _) => {
                let way = self.nodes[node].way(store);
                disturb(way, strike.fault);
                sleep(strike.lasts).await;
                way.heal();
            }
        }
    }
}

fn disturb(way: &Proxy, fault: Fault) {
    match fault {
        Fault::Cut(..) => way.cut(),
        Fault::Refuse(..) => way.refuse(),
        Fault::Hold(..) => way.hold(),
        Fault::HoldReplies(..) => way.hold_replies(),
        Fault::Delay(_, _, ms) => way.delay(Duration::from_millis(ms)),
        Fault::LoseReply(_, _, bytes) => way.cut_replies_after(bytes),
        Fault::CutRequest(_, _, bytes) => way.cut_requests_after(bytes),
        _ => unreachable!("{fault:?} is none of the network's"),
    }
}

impl Place {
    async fn new(redis: SocketAddr, database: &str) -> Self {
        let (redis, postgres) = (Proxy::to(redis).await, Proxy::to(address_of(database)).await);
        let name = Path::new(database).file_name().and_then(|name| name.to_str()).expect("a database's name");
        let database = format!("postgres://postgres@{}/{name}", postgres.address);
        let store = format!("redis://{}", redis.address);
        let arguments = [
            ["--bind", "127.0.0.1:0"],
            ["--admin-bind", "off"],
            ["--database", &database],
            ["--redis", &store],
            ["--ballot-secret", BALLOT_SECRET],
            // All jurors come from one address, and cast as fast as they are answered.
            ["--max-sockets-per-address", "0"],
            ["--max-frames-per-second", "1000"],
            ["--max-frames-burst", "2000"],
        ];
        let arguments = std::iter::once("serve").chain(arguments.concat()).map(str::to_owned).collect();
        Self {
            redis,
            postgres,
            arguments,
            program: AsyncMutex::default(),
            address: Mutex::default(),
            peak_kib: AtomicU64::new(0),
            said: Mutex::default(),
        }
    }

    fn way(&self, store: Store) -> &Proxy {
        match store {
            Store::Redis => &self.redis,
            Store::Postgres => &self.postgres,
        }
    }

    /// Starts the program as often as it takes, as a supervisor does: without its stores it ends.
    async fn start(&self) {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let program = loop {
            match Program::try_start(&arguments, &[]).await {
                Ok(program) => break program,
                Err(said) => self.said.lock().unwrap().extend(said),
            }
            sleep(START_AGAIN_AFTER).await;
        };
        *self.address.lock().unwrap() = Some(program.address);
        *self.program.lock().await = Some(program);
    }

    async fn restart(&self, signal: &str, after: Duration) {
        let program = self.program.lock().await.take().expect("one fault of processes at a time");
        self.note(Some(&program));
        *self.address.lock().unwrap() = None;
        program.signal(signal).await;
        let said = program.log_to_its_end().await;
        self.said.lock().unwrap().extend(said);
        sleep(after).await;
        self.start().await;
    }

    async fn pause(&self, lasts: Duration) {
        let program = self.program.lock().await;
        let program = program.as_ref().expect("one fault of processes at a time");
        program.signal("STOP").await;
        sleep(lasts).await;
        program.signal("CONT").await;
    }

    fn note(&self, program: Option<&Program>) {
        if let Some(program) = program {
            self.peak_kib.fetch_max(program.peak_memory_kib(), Relaxed);
        }
    }
}

/// `scheme://[user@]address[/…]`
fn address_of(url: &str) -> SocketAddr {
    let (_, rest) = url.split_once("://").expect("a URL");
    let (place, _) = rest.split_once('/').unwrap_or((rest, ""));
    place.rsplit('@').next().expect("a place").parse().expect("an address")
}

async fn blocking<S: Send + 'static, T: Send + 'static>(
    server: &Arc<Mutex<S>>,
    work: impl FnOnce(&mut S) -> T + Send + 'static,
) -> T {
    let server = server.clone();
    let working = move || work(&mut server.lock().unwrap());
    tokio::task::spawn_blocking(working).await.expect("the server does as it is told")
}
