//! What can be measured side by side: Live Jury, and what a team might take in its place; how each is started.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use clap::ValueEnum;
use live_jury_tests::redis::Redis;
use live_jury_tests::tokens;

use crate::dialect::Dialect;
use crate::house::{self, House, Node, changeable};
use crate::machine::Cores;
use crate::orders::Poll;

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
}

/// A subject that runs.
pub enum Running {
    /// Live Jury on its stores.
    Jury(House, Poll),
    /// A peer on its Redis.
    Peer(Node, Redis, Poll),
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
        }
    }

    /// In what words it is spoken to.
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::SocketIo | Self::Socketioxide => Dialect::SocketIo,
            _ => Dialect::Jury,
        }
    }

    fn command(self, cores: &Cores) -> Command {
        let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        let script = |runtime: PathBuf, file: &str| {
            let mut command = cores.command(&runtime);
            command.arg(peers.join(file));
            command
        };
        match self {
            Self::Bun => script(peers.join("node_modules/bun/bin/bun.exe"), "bun.mjs"),
            Self::SocketIo => script("node".into(), "socketio.mjs"),
            Self::Socketioxide => cores.command(&peers.join("rust/target/release/socketioxide")),
            Self::Axum => cores.command(&peers.join("rust/target/release/axum-echo")),
            Self::Ws | Self::LiveJury => script("node".into(), "ws.mjs"),
        }
    }

    /// Starts one process of it, with a case in which jurors may cast again and again.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start(self, program: &Path, cores: Cores) -> Result<Running> {
        if self == Self::LiveJury {
            let mut house = House::new(program, cores);
            house.serve(1)?;
            let (_, poll) = house.open(changeable(OPEN_S)).await;
            return Ok(Running::Jury(house, poll));
        }
        let redis = Redis::start();
        let variables = [
            ("REDIS_URL", redis.url()),
            ("CASE", PEER_CASE.to_owned()),
            ("OPTIONS", PEER_OPTIONS.to_owned()),
            ("TOKEN_SECRET", tokens::SECRET.to_owned()),
            ("ALLOW_CHANGE", "1".to_owned()),
        ];
        let node = Node::peer(self.command(&cores), &variables).context(self.name())?;
        let options = PEER_OPTIONS.split(',').map(str::to_owned).collect();
        Ok(Running::Peer(node, redis, Poll { case: PEER_CASE.to_owned(), options }))
    }
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
            Self::Peer(node, ..) => node,
        }
    }

    /// Its Redis does not wait for the disk any more.
    pub fn forget_the_disk(&self) {
        match self {
            Self::Jury(house, _) => house.forget_the_disk(),
            Self::Peer(_, redis, _) => house::forget_the_disk(redis),
        }
    }

    /// What is cast on.
    pub fn poll(&self) -> &Poll {
        match self {
            Self::Jury(_, poll) | Self::Peer(_, _, poll) => poll,
        }
    }
}
