//! The targets of a measurement, Live Jury and the baselines: how each starts, and what it accepts; it measures
//! nothing.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::ValueEnum;
use live_jury_tests::redis::Redis;
use live_jury_tests::tokens;

use crate::commands::Poll;
use crate::deployment::{self, Deployment, changeable};
use crate::machine::Cores;
use crate::node::Node;
use crate::wire_format::WireFormat;

/// The case's id at a baseline, which has no docket.
const BASELINE_CASE: &str = "0190f3c2-7b1a-7cc1-9a53-3f1f6f5b2a10";
/// The options of that case.
const BASELINE_OPTIONS: &str = "buyer,merchant,abstain";
/// Seconds for which the case is open: longer than any scenario takes.
const OPEN_S: u64 = 3_600;

/// A measured target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Target {
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

/// A running target.
pub enum Running {
    /// Live Jury on its stores.
    Jury(Deployment, Poll),
    /// A baseline on its Redis.
    Baseline(Node, Redis, Poll),
    /// A baseline that stores nothing and accepts no cast.
    FanOut(Node, Poll),
}

impl Target {
    /// The name in figures and tables.
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

    /// The format of its messages.
    pub const fn wire_format(self) -> WireFormat {
        match self {
            Self::SocketIo | Self::Socketioxide => WireFormat::SocketIo,
            Self::Nchan => WireFormat::Listen,
            _ => WireFormat::Jury,
        }
    }

    /// Whether a tally can be posted for all its viewers.
    pub const fn takes_tallies(self) -> bool {
        matches!(self, Self::Axum | Self::Nchan)
    }

    /// Whether it accepts casts.
    pub const fn takes_casts(self) -> bool {
        !matches!(self, Self::Nchan)
    }

    /// Starts one process, with a case in which jurors may change their ballots.
    ///
    /// # Errors
    /// The process does not start.
    pub async fn start(self, program: &Path, cores: Cores) -> Result<Running> {
        let folder = baselines_folder();
        let script = |runtime: PathBuf, file: &str| {
            let mut command = cores.command(&runtime);
            command.arg(folder.join(file));
            command
        };
        let command = match self {
            Self::LiveJury => return live_jury(program, cores).await,
            Self::Nchan => {
                return Ok(Running::FanOut(Node::nginx(&cores, &folder.join("nchan.conf"))?, baseline_poll()));
            }
            Self::Ws => script("node".into(), "ws.mjs"),
            Self::Bun => script(folder.join("node_modules/bun/bin/bun.exe"), "bun.mjs"),
            Self::SocketIo => script("node".into(), "socketio.mjs"),
            Self::Socketioxide => cores.command(&folder.join("rust/target/release/socketioxide")),
            Self::Axum => cores.command(&folder.join("rust/target/release/axum-echo")),
        };
        let redis = Redis::start();
        let variables = [
            ("REDIS_URL", redis.url()),
            ("CASE", BASELINE_CASE.to_owned()),
            ("OPTIONS", BASELINE_OPTIONS.to_owned()),
            ("TOKEN_SECRET", tokens::SECRET.to_owned()),
            ("ALLOW_CHANGE", "1".to_owned()),
        ];
        Ok(Running::Baseline(Node::baseline(command, &variables).context(self.name())?, redis, baseline_poll()))
    }
}

async fn live_jury(program: &Path, cores: Cores) -> Result<Running> {
    let mut deployment = Deployment::new(program, cores);
    deployment.serve(1)?;
    let (_, poll) = deployment.open(changeable(OPEN_S)).await;
    Ok(Running::Jury(deployment, poll))
}

fn baseline_poll() -> Poll {
    Poll { case: BASELINE_CASE.to_owned(), options: BASELINE_OPTIONS.split(',').map(str::to_owned).collect() }
}

/// The folder of the baselines.
pub fn baselines_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("baselines")
}

impl Running {
    /// The address at which it listens.
    pub fn address(&self) -> SocketAddr {
        self.node().address
    }

    /// The measured process.
    pub fn node(&self) -> &Node {
        match self {
            Self::Jury(deployment, _) => &deployment.nodes()[0],
            Self::Baseline(node, ..) | Self::FanOut(node, _) => node,
        }
    }

    /// Turns off the sync of its Redis after each write.
    pub fn disable_fsync(&self) {
        match self {
            Self::Jury(deployment, _) => deployment.disable_fsync(),
            Self::Baseline(_, redis, _) => deployment::disable_fsync(redis),
            Self::FanOut(..) => {}
        }
    }

    /// The case to cast on.
    pub fn poll(&self) -> &Poll {
        match self {
            Self::Jury(_, poll) | Self::Baseline(_, _, poll) | Self::FanOut(_, poll) => poll,
        }
    }
}
