//! What can be measured side by side: Live Jury, and what a team might take in its place; how each is started.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::ValueEnum;
use live_jury_tests::redis::Redis;
use live_jury_tests::tokens;

use crate::commands::Poll;
use crate::deployment::{self, House, changeable};
use crate::machine::Cores;
use crate::node::Node;
use crate::wire_format::Dialect;

/// A case's id where there is no docket.
const PEER_CASE: &str = "0190f3c2-7b1a-7cc1-9a53-3f1f6f5b2a10";
/// Its options.
const PEER_OPTIONS: &str = "buyer,merchant,abstain";
/// How long a case is open that is measured: longer than any scenario takes.
const OPEN_S: u64 = 3_600;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Subject {
    /// Live Jury
    LiveJury,
    /// Node.js, `ws` and ioredis
    Ws,
    /// Bun and ioredis
    Bun,
    /// socket.io with its Redis adapter
    SocketIo,
    /// socketioxide, Rust
    Socketioxide,
    /// axum's WebSockets alone, without any store
    Axum,
    /// nginx and nchan: fan-out alone
    Nchan,
}

/// A subject that runs.
pub enum Running {
    /// Live Jury on its stores.
    Jury(House, Poll),
    /// A peer on its Redis.
    Peer(Node, Redis, Poll),
    /// A peer that stores nothing and hears no cast.
    FanOut(Node, Poll),
}

impl Subject {
    /// Its name, as its folder and the tables have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LiveJury => "live-jury",
            Self::Ws => "ws",
            Self::Bun => "bun",
            Self::SocketIo => "socket.io",
            Self::Socketioxide => "socketioxide",
            Self::Axum => "axum echo",
            Self::Nchan => "nchan",
        }
    }

    /// In what words it is spoken to.
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::SocketIo | Self::Socketioxide => Dialect::SocketIo,
            Self::Nchan => Dialect::Listen,
            _ => Dialect::Jury,
        }
    }

    /// Whether a tally can be posted to it, for all to see.
    pub const fn takes_tallies(self) -> bool {
        matches!(self, Self::Axum | Self::Nchan)
    }

    /// Whether jurors can cast.
    pub const fn takes_casts(self) -> bool {
        !matches!(self, Self::Nchan)
    }

    /// Starts one process of it, with a case in which jurors may cast again and again.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start(self, program: &Path, cores: Cores) -> Result<Running> {
        let peers = peers();
        let script = |runtime: PathBuf, file: &str| {
            let mut command = cores.command(&runtime);
            command.arg(peers.join(file));
            command
        };
        let command = match self {
            Self::LiveJury => return live_jury(program, cores).await,
            Self::Nchan => return Ok(Running::FanOut(Node::nginx(&cores, &peers.join("nchan.conf"))?, peers_poll())),
            Self::Ws => script("node".into(), "ws.mjs"),
            Self::Bun => script(peers.join("node_modules/bun/bin/bun.exe"), "bun.mjs"),
            Self::SocketIo => script("node".into(), "socketio.mjs"),
            Self::Socketioxide => cores.command(&peers.join("rust/target/release/socketioxide")),
            Self::Axum => cores.command(&peers.join("rust/target/release/axum-echo")),
        };
        let redis = Redis::start();
        let variables = [
            ("REDIS_URL", redis.url()),
            ("CASE", PEER_CASE.to_owned()),
            ("OPTIONS", PEER_OPTIONS.to_owned()),
            ("TOKEN_SECRET", tokens::SECRET.to_owned()),
            ("ALLOW_CHANGE", "1".to_owned()),
        ];
        Ok(Running::Peer(Node::peer(command, &variables).context(self.name())?, redis, peers_poll()))
    }
}

async fn live_jury(program: &Path, cores: Cores) -> Result<Running> {
    let mut house = House::new(program, cores);
    house.serve(1)?;
    let (_, poll) = house.open(changeable(OPEN_S)).await;
    Ok(Running::Jury(house, poll))
}

fn peers_poll() -> Poll {
    Poll { case: PEER_CASE.to_owned(), options: PEER_OPTIONS.split(',').map(str::to_owned).collect() }
}

/// Where the peers are.
pub fn peers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("baselines")
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.node().address
    }

    /// Its process.
    pub fn node(&self) -> &Node {
        match self {
            Self::Jury(house, _) => &house.nodes()[0],
            Self::Peer(node, ..) | Self::FanOut(node, _) => node,
        }
    }

    /// Its Redis does not wait for the disk any more.
    pub fn forget_the_disk(&self) {
        match self {
            Self::Jury(house, _) => house.forget_the_disk(),
            Self::Peer(_, redis, _) => deployment::forget_the_disk(redis),
            Self::FanOut(..) => {}
        }
    }

    /// What is cast on.
    pub fn poll(&self) -> &Poll {
        match self {
            Self::Jury(_, poll) | Self::Peer(_, _, poll) | Self::FanOut(_, poll) => poll,
        }
    }
}
