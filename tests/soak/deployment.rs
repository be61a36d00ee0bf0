//! The deployment of a run: nodes as processes, Redis and PostgreSQL, and a proxy between each node and each store;
//! faults are applied and ended here.

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
use uuid::Uuid;

use crate::faults::{Fault, ScheduledFault, Store};

/// The secret of the pseudonyms.
pub const BALLOT_SECRET: &str = "the ballot secret of the soak, long enough to be one";
/// Delay before a node is started again while its stores are unavailable.
const RESTART_DELAY: Duration = Duration::from_millis(200);
/// Redis's clock, in milliseconds.
const NOW_MS: &str = "local t = redis.call('TIME') return t[1] * 1000 + math.floor(t[2] / 1000)";

/// Nodes, stores, and the links between them.
pub struct Deployment {
    redis: Arc<Mutex<Redis>>,
    postgres: Arc<Mutex<Postgres>>,
    nodes: Vec<NodeSlot>,
    /// The database that the nodes share.
    pub database: String,
    wipes_ms: Mutex<Vec<u64>>,
}

/// A node's slot: its process is replaced, its links to the stores remain.
struct NodeSlot {
    redis: Proxy,
    postgres: Proxy,
    arguments: Vec<String>,
    program: AsyncMutex<Option<Program>>,
    /// The current address, while the node listens.
    address: Mutex<Option<SocketAddr>>,
    peak_kib: AtomicU64,
    log_lines: Mutex<Vec<String>>,
}

impl Deployment {
    /// Starts the stores and the nodes.
    pub async fn open(nodes: usize) -> Arc<Self> {
        let (redis, postgres) = tokio::task::spawn_blocking(|| (Redis::start(), Postgres::start())).await.unwrap();
        let database = postgres.fresh_database();
        let mut slots = Vec::new();
        for _ in 0..nodes {
            slots.push(NodeSlot::new(redis.address(), &database).await);
        }
        let (redis, postgres) = (Arc::new(Mutex::new(redis)), Arc::new(Mutex::new(postgres)));
        let deployment = Self { redis, postgres, nodes: slots, database, wipes_ms: Mutex::default() };
        for slot in &deployment.nodes {
            slot.start().await;
        }
        Arc::new(deployment)
    }

    /// The address of a random running node.
    pub fn any_address(&self, rng: &mut Rng) -> Option<SocketAddr> {
        rng.choice(self.addresses())
    }

    /// Addresses of the running nodes.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().filter_map(|slot| *slot.address.lock().unwrap()).collect()
    }

    /// Peak memory of each slot, in KiB.
    pub async fn peaks_kib(&self) -> Vec<u64> {
        let mut peaks = Vec::new();
        for slot in &self.nodes {
            slot.record(slot.program.lock().await.as_ref());
            peaks.push(slot.peak_kib.load(Relaxed));
        }
        peaks
    }

    /// Log lines of all nodes that contain this text.
    pub async fn log_lines_about(&self, what: &str) -> Vec<String> {
        let mut found = Vec::new();
        for (node, slot) in self.nodes.iter().enumerate() {
            let mut log_lines = slot.log_lines.lock().unwrap().clone();
            log_lines.extend(slot.program.lock().await.iter().flat_map(Program::log_lines));
            found.extend(
                log_lines.into_iter().filter(|line| line.contains(what)).map(|line| format!("node {node}: {line}")),
            );
        }
        found
    }

    /// Times at which Redis was wiped, by its own clock.
    pub fn wipes_ms(&self) -> Vec<u64> {
        self.wipes_ms.lock().unwrap().clone()
    }

    /// `PTTL` of the keys of each of these cases.
    pub async fn keys_left_ms(&self, cases: Vec<Uuid>) -> Vec<Vec<i64>> {
        let left = move |redis: &mut Redis| {
            let mut left_of = |key: String| redis.command(&["PTTL", &key]).parse().expect("a number");
            let keys = |case: &Uuid| [format!("lj:{{{case}}}:case"), format!("lj:{{{case}}}:ballots")];
            cases.iter().map(|case| keys(case).map(&mut left_of).to_vec()).collect()
        };
        blocking(&self.redis, left).await
    }

    /// Applies a fault for its duration and ends it. Lost sockets are the crowd's part.
    pub async fn apply(&self, scheduled: ScheduledFault) {
        match scheduled.fault {
            Fault::Kill(node) => self.nodes[node].restart("KILL", scheduled.duration).await,
            Fault::Stop(node) => self.nodes[node].restart("TERM", scheduled.duration).await,
            Fault::Pause(node) => self.nodes[node].pause(scheduled.duration).await,
            Fault::KillRedis => {
                blocking(&self.redis, Redis::kill).await;
                sleep(scheduled.duration).await;
                blocking(&self.redis, Redis::restart).await;
            }
            Fault::WipeRedis => {
                let wiped_ms = blocking(&self.redis, |redis| {
                    redis.flush();
                    redis.command(&["EVAL", NOW_MS, "0"]).parse().expect("a number")
                });
                let wiped_ms = wiped_ms.await;
                self.wipes_ms.lock().unwrap().push(wiped_ms);
            }
            Fault::KillPostgres => {
                blocking(&self.postgres, Postgres::stop).await;
                sleep(scheduled.duration).await;
                blocking(&self.postgres, Postgres::restart).await;
            }
            Fault::DropJurors(_) => {}
            Fault::Cut(store, node)
            | Fault::Refuse(store, node)
            | Fault::PauseLink(store, node)
            | Fault::PauseReplies(store, node)
            | Fault::Delay(store, node, _)
            | Fault::LoseReply(store, node, _)
            | Fault::CutRequest(store, node, _) => {
                let link = self.nodes[node].link(store);
                apply_to_link(link, scheduled.fault);
                sleep(scheduled.duration).await;
                link.restore();
            }
        }
    }
}

fn apply_to_link(link: &Proxy, fault: Fault) {
    match fault {
        Fault::Cut(..) => link.cut(),
        Fault::Refuse(..) => link.refuse(),
        Fault::PauseLink(..) => link.pause(),
        Fault::PauseReplies(..) => link.pause_replies(),
        Fault::Delay(_, _, ms) => link.delay(Duration::from_millis(ms)),
        Fault::LoseReply(_, _, bytes) => link.cut_replies_after(bytes),
        Fault::CutRequest(_, _, bytes) => link.cut_requests_after(bytes),
        _ => unreachable!("{fault:?} is none of the network's"),
    }
}

impl NodeSlot {
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
            // A wiped Redis does not get its data back, and a run waits for every verdict.
            ["--lost-hold", "1s"],
            // All jurors have one address, and cast as fast as they get answers.
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
            log_lines: Mutex::default(),
        }
    }

    fn link(&self, store: Store) -> &Proxy {
        match store {
            Store::Redis => &self.redis,
            Store::Postgres => &self.postgres,
        }
    }

    /// Starts the program until it stays up, as a supervisor does. It exits without its stores.
    async fn start(&self) {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let program = loop {
            match Program::try_start(&arguments, &[]).await {
                Ok(program) => break program,
                Err(log_lines) => self.log_lines.lock().unwrap().extend(log_lines),
            }
            sleep(RESTART_DELAY).await;
        };
        *self.address.lock().unwrap() = Some(program.address);
        *self.program.lock().await = Some(program);
    }

    async fn restart(&self, signal: &str, after: Duration) {
        let program = self.program.lock().await.take().expect("one fault of processes at a time");
        self.record(Some(&program));
        *self.address.lock().unwrap() = None;
        program.signal(signal).await;
        let log_lines = program.log_until_exit().await;
        self.log_lines.lock().unwrap().extend(log_lines);
        sleep(after).await;
        self.start().await;
    }

    async fn pause(&self, duration: Duration) {
        let program = self.program.lock().await;
        let program = program.as_ref().expect("one fault of processes at a time");
        program.signal("STOP").await;
        sleep(duration).await;
        program.signal("CONT").await;
    }

    fn record(&self, program: Option<&Program>) {
        if let Some(program) = program {
            self.peak_kib.fetch_max(program.peak_memory_kib(), Relaxed);
        }
    }
}

/// `scheme://[user@]address[/…]`
fn address_of(url: &str) -> SocketAddr {
    let (_, rest) = url.split_once("://").expect("a URL");
    let (authority, _) = rest.split_once('/').unwrap_or((rest, ""));
    authority.rsplit('@').next().expect("a host").parse().expect("an address")
}

async fn blocking<S: Send + 'static, T: Send + 'static>(
    server: &Arc<Mutex<S>>,
    work: impl FnOnce(&mut S) -> T + Send + 'static,
) -> T {
    let server = server.clone();
    let working = move || work(&mut server.lock().unwrap());
    tokio::task::spawn_blocking(working).await.expect("the work on a server does not panic")
}
