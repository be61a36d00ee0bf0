//! Nodes of Live Jury on real stores, started for one scenario and stopped with it; it loads nothing.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use live_jury_protocol::{Case, CaseId};
use live_jury_tests::api::{Api, case};
use live_jury_tests::cluster::Cluster;
use live_jury_tests::postgres::Postgres;
use live_jury_tests::redis::Redis;
use live_jury_tests::tokens;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::commands::Poll;
use crate::machine::Cores;
use crate::node::Node;

/// The room of all scenarios.
pub const ROOM: &str = "stadium";
/// The secret of the nodes' pseudonyms. The checker computes the same pseudonyms from it.
pub const BALLOT_SECRET: &str = "the secret of the ballots of a measurement";
/// The key of identities' tokens, in hexadecimal digits. A scenario fills a ledger with tokens of its own.
pub const IDENTITY_KEY: &str = "8899aabbccddeeff00112233445566778899aabbccddeeff0011223344556677";
/// The name of the file of the log's key.
const LOG_KEY: &str = "log-key";
/// The key of buyers' names.
const REPORTER_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// The beginning of the URL of a SQLite file.
const SQLITE: &str = "sqlite://";
/// Settings without limits for single clients: all jurors of a run come from few addresses.
const NO_CLIENT_LIMITS: [&str; 16] = [
    "--max-connections-per-address",
    "0",
    "--max-sockets-per-address",
    "0",
    "--max-joins-per-second",
    "0",
    "--max-frames-per-second",
    "1000000",
    "--max-frames-burst",
    "1000000",
    "--join-timeout",
    "60s",
    "--headers-timeout",
    "60s",
    "--max-sockets-per-juror",
    "8",
];

/// The store that counts ballots.
enum TallyBackend {
    Redis(Redis),
    Cluster(Cluster),
    /// The node's own SQLite file.
    Embedded,
}

impl TallyBackend {
    /// Turns off the disk's sync after each write.
    fn disable_fsync(&self) {
        match self {
            Self::Redis(redis) => disable_fsync(redis),
            // Scenarios on a cluster or on a file measure durable writes only.
            Self::Cluster(_) | Self::Embedded => {}
        }
    }

    fn url(&self) -> Option<String> {
        match self {
            Self::Redis(redis) => Some(redis.url()),
            Self::Cluster(cluster) => Some(cluster.url()),
            Self::Embedded => None,
        }
    }
}

/// Turns off a Redis's sync after each write.
pub fn disable_fsync(redis: &Redis) {
    redis.command(&["CONFIG", "SET", "appendfsync", "no"]);
}

/// The docket's database. Dropping it ends it.
enum Database {
    Postgres(#[expect(dead_code, reason = "it runs while it is held")] Postgres),
    File(#[expect(dead_code, reason = "it exists while it is held")] TempDir),
}

/// One Redis or a cluster, PostgreSQL, and the nodes on them; or one node on a SQLite file.
pub struct Deployment {
    // The first field is dropped first: no node survives its stores.
    nodes: Vec<Node>,
    tally: TallyBackend,
    _database: Database,
    database_url: String,
    program: PathBuf,
    cores: Cores,
    /// The folder of the log's key and of what each node has signed; none where the log is not signed.
    log: Option<TempDir>,
    /// Whether nodes keep buyers under names.
    names_buyers: bool,
}

impl Deployment {
    /// Starts the stores, and no node.
    pub fn new(program: &Path, cores: Cores) -> Self {
        Self::on(TallyBackend::Redis(Redis::start()), program, cores)
    }

    /// The same, with a Redis Cluster of three masters and three replicas.
    pub async fn clustered(program: &Path, cores: Cores) -> Self {
        Self::on(TallyBackend::Cluster(Cluster::start().await), program, cores)
    }

    fn on(tally: TallyBackend, program: &Path, cores: Cores) -> Self {
        let postgres = Postgres::start();
        let url = postgres.fresh_database();
        Self::with(tally, Database::Postgres(postgres), url, program, cores)
    }

    /// Makes a folder for a SQLite file, on which one node counts and records by itself.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn embedded(program: &Path, cores: Cores) -> Result<Self> {
        let folder = TempDir::new()?;
        let url = format!("{SQLITE}{}", folder.path().join("jury.db").display());
        Ok(Self::with(TallyBackend::Embedded, Database::File(folder), url, program, cores))
    }

    fn with(tally: TallyBackend, database: Database, database_url: String, program: &Path, cores: Cores) -> Self {
        let program = program.to_owned();
        Self {
            nodes: Vec::new(),
            tally,
            _database: database,
            database_url,
            program,
            cores,
            log: None,
            names_buyers: false,
        }
    }

    /// The SQLite file of a deployment that has one.
    ///
    /// # Errors
    /// Its database is a server.
    pub fn file(&self) -> Result<&Path> {
        self.database_url.strip_prefix(SQLITE).map(Path::new).context("the database is no file")
    }

    /// Gives later nodes a key that signs the log of verdicts, and receipts.
    ///
    /// # Errors
    /// The key cannot be written.
    pub fn sign_log(&mut self) -> Result<()> {
        let folder = TempDir::new()?;
        std::fs::write(folder.path().join(LOG_KEY), "0123456789abcdef".repeat(4))?;
        self.log = Some(folder);
        Ok(())
    }

    /// Gives later nodes a key under which they keep buyers: claims need it. A SQLite file has one beside it.
    pub const fn name_buyers(&mut self) {
        self.names_buyers = true;
    }

    /// Starts further nodes.
    ///
    /// # Errors
    /// A node does not start to listen.
    pub fn serve(&mut self, nodes: usize) -> Result<()> {
        for left in (1..=nodes).rev() {
            let mut command = self.cores.command(&self.program);
            command.args(["serve", "--bind", "127.0.0.1:0", "--admin-bind", "off"]);
            command.args(["--database", &self.database_url]);
            if let Some(url) = self.tally.url() {
                command.args(["--redis", &url]);
            }
            // Some scenarios turn off the disk's sync, and open cases all the same.
            command.args(["--accept-loss", "yes"]);
            command.args(["--token-secret", tokens::SECRET, "--ballot-secret", BALLOT_SECRET]).args(NO_CLIENT_LIMITS);
            command.args(["--identity-key", IDENTITY_KEY]);
            command.env("LIVE_JURY_LOG", "info");
            if self.names_buyers {
                command.args(["--reporter-key", REPORTER_KEY]);
            }
            if let Some(folder) = self.log.as_ref().map(TempDir::path) {
                let state = format!("state-{}", self.nodes.len());
                command.arg("--log-key").arg(folder.join(LOG_KEY)).arg("--log-state").arg(folder.join(state));
            }
            if self.nodes.len() + left > Cores::count()? {
                // More threads than processors only compete for them.
                command.env("TOKIO_WORKER_THREADS", "1");
            }
            self.nodes.push(Node::listening(command)?);
        }
        Ok(())
    }

    /// Turns off the sync of Redis after each write.
    pub fn disable_fsync(&self) {
        self.tally.disable_fsync();
    }

    /// The addresses of the nodes.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(|node| node.address).collect()
    }

    /// The number of Redis hosts that count ballots.
    pub fn masters(&self) -> usize {
        match &self.tally {
            TallyBackend::Redis(_) => 1,
            TallyBackend::Embedded => 0,
            TallyBackend::Cluster(cluster) => cluster.masters().len(),
        }
    }

    /// The nodes.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Kills a node.
    pub fn kill(&mut self, index: usize) {
        drop(self.nodes.remove(index));
    }

    /// The API of the first node, with a moderator's token.
    pub fn moderator_api(&self) -> Api {
        Api::new(self.nodes[0].address, Some(&tokens::moderator(ROOM, "mia")))
    }

    /// Opens a case with the fields of `change`, and returns its id and its options to cast on.
    pub async fn open(&self, change: Value) -> (CaseId, Poll) {
        let opened: Case = self.moderator_api().create(ROOM, case(change)).await;
        let options = opened.options.iter().map(|option| option.id.to_string()).collect();
        (opened.id, Poll { case: opened.id.to_string(), options })
    }

    /// Processor time of all nodes so far, in seconds.
    pub fn cpu_s(&self) -> f64 {
        self.nodes.iter().map(Node::cpu_s).sum()
    }

    /// Resident memory of all nodes, in KiB.
    pub fn memory_kib(&self) -> u64 {
        self.nodes.iter().map(Node::memory_kib).sum()
    }

    /// The sum of the nodes' largest resident memories so far, in KiB.
    pub fn peak_memory_kib(&self) -> u64 {
        self.nodes.iter().map(Node::peak_memory_kib).sum()
    }
}

/// Fields of a case that is open for a time and is decided by any number of ballots.
pub fn open_for(duration_s: u64) -> Value {
    json!({ "duration_s": duration_s })
}

/// The same, and jurors may change their ballots.
pub fn changeable(duration_s: u64) -> Value {
    json!({ "duration_s": duration_s, "rules": { "quorum": 1, "reveal": "after_close", "allow_change": true } })
}
