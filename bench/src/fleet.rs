//! The conductor's workers: starts them, sends them commands and collects their results; it speaks to no server.

use std::io::{BufRead, BufReader, Lines, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use anyhow::{Context, Result, ensure};

use crate::commands::{Command, Figures, Poll};
use crate::deployment::ROOM;
use crate::machine::{self, Cores};
use crate::wire_format::WireFormat;
use crate::worker::Worker;

/// Jurors of one worker, at most. A process has 20,000 files by a common limit, and some of them are not sockets.
pub const JURORS_PER_PROCESS_MAX: usize = 18_750;

/// Some workers, each with its node.
#[derive(Debug)]
pub struct Fleet {
    workers: Vec<WorkerProcess>,
}

#[derive(Debug)]
struct WorkerProcess {
    child: Child,
    commands: ChildStdin,
    figures: Lines<BufReader<ChildStdout>>,
    node: SocketAddr,
    count: usize,
}

/// The jurors that a fleet has.
#[derive(Clone, Debug)]
pub struct FleetSpec {
    /// Their number.
    pub jurors: usize,
    /// The first juror's number.
    pub first: usize,
    /// Their room.
    pub room: String,
    /// The format of their messages.
    pub wire_format: WireFormat,
    /// The processors that the workers may use.
    pub cores: Cores,
    /// Whether each upgrade has an `X-Forwarded-For`, as behind a proxy.
    pub forwarded: bool,
}

impl FleetSpec {
    /// Jurors from number 0 on in the room of all scenarios, without a proxy.
    pub fn new(jurors: usize, wire_format: WireFormat, cores: Cores) -> Self {
        Self { jurors, first: 0, room: ROOM.to_owned(), wire_format, cores, forwarded: false }
    }
}

impl Fleet {
    /// Starts the workers, distributed evenly over the nodes, and waits until they are ready.
    ///
    /// # Errors
    /// A worker does not start.
    pub fn start(spec: &FleetSpec, nodes: &[SocketAddr]) -> Result<Self> {
        let per_worker = spec.jurors.div_ceil(nodes.len()).min(JURORS_PER_PROCESS_MAX);
        let firsts = (0..spec.jurors).step_by(per_worker.max(1)).enumerate();
        let mut workers = firsts
            .map(|(index, first)| {
                let worker = Worker {
                    first: spec.first + first,
                    count: per_worker.min(spec.jurors - first),
                    room: spec.room.clone(),
                    wire_format: spec.wire_format,
                    forwarded: spec.forwarded,
                    source: Ipv4Addr::new(127, 0, u8::try_from(index + 1)?, 0),
                };
                WorkerProcess::start(&worker, nodes[index % nodes.len()], &spec.cores)
            })
            .collect::<Result<Vec<_>>>()?;
        for worker in &mut workers {
            ensure!(worker.line()? == "ready", "a worker is not ready");
        }
        Ok(Self { workers })
    }

    /// Sends each worker the command for its node and its number of jurors, all at once, and waits for the results.
    ///
    /// # Errors
    /// A worker ended.
    pub fn run(&mut self, command: impl Fn(SocketAddr, usize) -> Command) -> Result<Figures> {
        self.send(command)?;
        self.collect()
    }

    /// Sends the commands without waiting for the results.
    ///
    /// # Errors
    /// A worker ended.
    pub fn send(&mut self, command: impl Fn(SocketAddr, usize) -> Command) -> Result<()> {
        for worker in &mut self.workers {
            let command = serde_json::to_string(&command(worker.node, worker.count))?;
            writeln!(worker.commands, "{command}")?;
        }
        Ok(())
    }

    /// Waits for the results of all workers.
    ///
    /// # Errors
    /// A worker ended.
    pub fn collect(&mut self) -> Result<Figures> {
        let figures = self.workers.iter_mut().map(|worker| {
            let line = worker.line()?;
            serde_json::from_str::<Figures>(&line).with_context(|| format!("not a worker's figures: {line}"))
        });
        Ok(Figures::sum(figures.collect::<Result<Vec<_>>>()?))
    }

    /// The number of workers.
    pub fn workers(&self) -> usize {
        self.workers.len()
    }

    /// Processor time of all workers so far, in seconds.
    pub fn cpu_s(&self) -> f64 {
        self.workers.iter().map(|worker| machine::cpu_s(worker.child.id())).sum()
    }
}

/// Lets these jurors cast a ballot each on a node's case, a process of them after the other, and leave.
///
/// # Errors
/// A worker ended, or a cast failed.
pub fn fill(jurors: Range<usize>, poll: &Poll, cores: &Cores, nodes: &[SocketAddr]) -> Result<()> {
    for first in jurors.clone().step_by(JURORS_PER_PROCESS_MAX) {
        let now = JURORS_PER_PROCESS_MAX.min(jurors.end - first);
        let spec = FleetSpec { first, ..FleetSpec::new(now, WireFormat::Jury, cores.clone()) };
        let mut fleet = Fleet::start(&spec, nodes)?;
        fleet.run(|at, _| Command::arrive(at))?;
        let voted = fleet.run(|_, _| Command::Rush(poll.clone()))?;
        ensure!(voted.failed == 0, "{} casts failed", voted.failed);
        fleet.run(|_, _| Command::Leave)?;
    }
    Ok(())
}

impl WorkerProcess {
    fn start(worker: &Worker, node: SocketAddr, cores: &Cores) -> Result<Self> {
        let mut command = cores.command(&std::env::current_exe()?);
        command.args(worker.arguments()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("a worker does not start")?;
        let commands = child.stdin.take().context("a worker has no input")?;
        let figures = BufReader::new(child.stdout.take().context("a worker has no output")?).lines();
        Ok(Self { child, commands, figures, node, count: worker.count })
    }

    fn line(&mut self) -> Result<String> {
        Ok(self.figures.next().context("a worker ended")??)
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
