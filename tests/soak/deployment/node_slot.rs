//! A node's slot in the deployment: its process is replaced, its links to the stores remain. Faults of one process or
//! one link are applied and ended here.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use live_jury_tests::program::Program;
use live_jury_tests::proxy::Proxy;
use tempfile::TempDir;
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::sleep;

use super::BALLOT_SECRET;
use crate::faults::{Fault, ScheduledFault, Store};

/// Delay before a node is started again while its stores are unavailable.
const RESTART_DELAY: Duration = Duration::from_millis(200);

/// A quarter of the log's secret key, which all nodes share.
const LOG_KEY: &str = "0123456789abcdef";

/// A node's slot: its process is replaced, its links to the stores remain.
pub struct NodeSlot {
    pub redis: Link,
    pub postgres: Link,
    arguments: Vec<String>,
    /// Holds the log's key, and the state of this node alone.
    _folder: TempDir,
    pub program: AsyncMutex<Option<Program>>,
    /// The current address, while the node listens.
    pub address: Mutex<Option<SocketAddr>>,
    pub peak_kib: AtomicU64,
    pub log_lines: Mutex<Vec<String>>,
}

/// The way from a node to a store.
pub struct Link {
    pub proxy: Proxy,
    /// Held by the fault that is on the link.
    pub turn: AsyncMutex<()>,
}

impl NodeSlot {
    pub async fn new(redis: SocketAddr, database: &str) -> Self {
        let (redis, postgres) = (Link::to(redis).await, Link::to(address_of(database)).await);
        let name = Path::new(database).file_name().and_then(|name| name.to_str()).expect("a database's name");
        let database = format!("postgres://postgres@{}/{name}", postgres.proxy.address);
        let store = format!("redis://{}", redis.proxy.address);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let log_key = folder.path().join("log-key");
        std::fs::write(&log_key, LOG_KEY.repeat(4)).expect("the folder takes a file");
        let arguments = [
            ["--bind", "127.0.0.1:0"],
            ["--public-url", "https://jury.example.com"],
            ["--log-key", log_key.to_str().expect("a path of UTF-8")],
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
            _folder: folder,
            program: AsyncMutex::default(),
            address: Mutex::default(),
            peak_kib: AtomicU64::new(0),
            log_lines: Mutex::default(),
        }
    }

    pub fn link(&self, store: Store) -> &Link {
        match store {
            Store::Redis => &self.redis,
            Store::Postgres => &self.postgres,
        }
    }

    /// Starts the program until it stays up, as a supervisor does. It exits without its stores.
    pub async fn start(&self) {
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

    pub async fn restart(&self, signal: &str, after: Duration) {
        let program = self.program.lock().await.take().expect("one fault of processes at a time");
        self.record(Some(&program));
        *self.address.lock().unwrap() = None;
        program.signal(signal).await;
        let log_lines = program.log_until_exit().await;
        self.log_lines.lock().unwrap().extend(log_lines);
        sleep(after).await;
        self.start().await;
    }

    pub async fn pause(&self, duration: Duration) {
        let program = self.program.lock().await;
        let program = program.as_ref().expect("one fault of processes at a time");
        program.signal("STOP").await;
        sleep(duration).await;
        program.signal("CONT").await;
    }

    pub fn record(&self, program: Option<&Program>) {
        if let Some(program) = program {
            self.peak_kib.fetch_max(program.peak_memory_kib(), Relaxed);
        }
    }
}

impl Link {
    async fn to(target: SocketAddr) -> Self {
        Self { proxy: Proxy::to(target).await, turn: AsyncMutex::default() }
    }

    /// Applies a fault of the network for its duration, once no other fault is on this link.
    pub async fn apply(&self, scheduled: ScheduledFault) {
        let _turn = self.turn.lock().await;
        match scheduled.fault {
            Fault::Cut(..) => self.proxy.cut(),
            Fault::Refuse(..) => self.proxy.refuse(),
            Fault::PauseLink(..) => self.proxy.pause(),
            Fault::PauseReplies(..) => self.proxy.pause_replies(),
            Fault::Delay(_, _, ms) => self.proxy.delay(Duration::from_millis(ms)),
            Fault::LoseReply(_, _, bytes) => self.proxy.cut_replies_after(bytes),
            Fault::CutRequest(_, _, bytes) => self.proxy.cut_requests_after(bytes),
            fault => unreachable!("{fault:?} is none of the network's"),
        }
        sleep(scheduled.duration).await;
        self.proxy.restore();
    }
}

/// `scheme://[user@]address[/…]`
fn address_of(url: &str) -> SocketAddr {
    let (_, rest) = url.split_once("://").expect("a URL");
    let (authority, _) = rest.split_once('/').unwrap_or((rest, ""));
    authority.rsplit('@').next().expect("a host").parse().expect("an address")
}
