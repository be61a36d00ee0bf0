//! Nodes of Live Jury on real stores, started for one scenario and gone with it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Result;
use live_jury_protocol::{Case, CaseId};
use live_jury_tests::api::{Api, case};
use live_jury_tests::cluster::Cluster;
use live_jury_tests::postgres::Postgres;
use live_jury_tests::redis::Redis;
use live_jury_tests::tokens;
use serde_json::{Value, json};

use crate::commands::Poll;
use crate::machine::Cores;
use crate::node::Node;

/// The room of all scenarios.
pub const ROOM: &str = "stadium";
/// The secret under which ballots stand in the record: the checker holds it, too.
pub const BALLOT_SECRET: &str = "the secret of the ballots of a measurement";
/// Limits that keep single clients in check, all of whom are one here.
const OPEN_DOORS: [&str; 16] = [
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

/// Where ballots are counted.
enum Urn {
    Redis(Redis),
    Cluster(Cluster),
}

impl Urn {
    /// No write waits for the disk any more.
    fn forget_the_disk(&self) {
        match self {
            Self::Redis(redis) => forget_the_disk(redis),
            // A cluster's scenarios are about what it keeps.
            Self::Cluster(_) => {}
        }
    }

    fn url(&self) -> String {
        match self {
            Self::Redis(redis) => redis.url(),
            Self::Cluster(cluster) => cluster.url(),
        }
    }
}

/// No write of this Redis waits for the disk any more.
pub fn forget_the_disk(redis: &Redis) {
    redis.ask(&["CONFIG", "SET", "appendfsync", "no"]);
}

/// Redis or a cluster of them, PostgreSQL, and the nodes on them.
pub struct House {
    // First, so that no node is left to miss its stores.
    nodes: Vec<Node>,
    urn: Urn,
    _postgres: Postgres,
    database: String,
    program: PathBuf,
    cores: Cores,
}

impl House {
    /// Stores, and no node yet.
    pub fn new(program: &Path, cores: Cores) -> Self {
        Self::on(Urn::Redis(Redis::start()), program, cores)
    }

    /// The same, with a Redis Cluster of three masters and three replicas.
    pub async fn clustered(program: &Path, cores: Cores) -> Self {
        Self::on(Urn::Cluster(Cluster::start().await), program, cores)
    }

    fn on(urn: Urn, program: &Path, cores: Cores) -> Self {
        let postgres = Postgres::start();
        let database = postgres.fresh_database();
        Self { nodes: Vec::new(), urn, _postgres: postgres, database, program: program.to_owned(), cores }
    }

    /// Starts some nodes more.
    ///
    /// # Errors
    /// One does not listen.
    pub fn serve(&mut self, nodes: usize) -> Result<()> {
        for left in (1..=nodes).rev() {
            let mut command = self.cores.command(&self.program);
            command.args(["serve", "--bind", "127.0.0.1:0", "--admin-bind", "off"]);
            command.args(["--database", &self.database, "--redis", &self.urn.url()]);
            command.args(["--token-secret", tokens::SECRET, "--ballot-secret", BALLOT_SECRET]).args(OPEN_DOORS);
            command.env("LIVE_JURY_LOG", "info");
            if self.nodes.len() + left > Cores::count()? {
                // More threads than processors only get in each other's way.
                command.env("TOKIO_WORKER_THREADS", "1");
            }
            self.nodes.push(Node::listening(command)?);
        }
        Ok(())
    }

    /// Redis does not wait for its disk any more.
    pub fn forget_the_disk(&self) {
        self.urn.forget_the_disk();
    }

    /// Where the nodes listen.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(|node| node.address).collect()
    }

    /// How many hosts count ballots.
    pub fn masters(&self) -> usize {
        match &self.urn {
            Urn::Redis(_) => 1,
            Urn::Cluster(cluster) => cluster.masters().len(),
        }
    }

    /// The nodes.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Kills a node.
    ///
    /// # Errors
    /// It is not there.
    pub fn kill(&mut self, place: usize) -> Result<()> {
        drop(self.nodes.remove(place));
        Ok(())
    }

    /// The API of the first node, for a moderator.
    pub fn desk(&self) -> Api {
        Api::new(self.nodes[0].address, Some(&tokens::moderator(ROOM, "mia")))
    }

    /// Opens a case, changed by the fields of `change`, and gives it with what is cast on it.
    pub async fn open(&self, change: Value) -> (CaseId, Poll) {
        let opened: Case = self.desk().create(ROOM, case(change)).await;
        let options = opened.options.iter().map(|option| option.id.to_string()).collect();
        (opened.id, Poll { case: opened.id.to_string(), options })
    }

    /// Processor time of all nodes so far, in seconds.
    pub fn cpu_s(&self) -> f64 {
        self.nodes.iter().map(Node::cpu_s).sum()
    }

    /// Memory of all nodes, in KiB.
    pub fn memory_kib(&self) -> u64 {
        self.nodes.iter().map(Node::memory_kib).sum()
    }

    /// The most memory that the nodes have held, in KiB.
    pub fn peak_memory_kib(&self) -> u64 {
        self.nodes.iter().map(Node::peak_memory_kib).sum()
    }
}

/// A case that is open for a while and is decided by any number of ballots.
pub fn open_for(duration_s: u64) -> Value {
    json!({ "duration_s": duration_s })
}

/// The same, in which a juror may cast again and again.
pub fn changeable(duration_s: u64) -> Value {
    json!({ "duration_s": duration_s, "rules": { "quorum": 1, "reveal": "after_close", "allow_change": true } })
}
