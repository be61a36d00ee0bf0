//! The conductor's workers: started, ordered together, heard together; it speaks to no server.

use std::io::{BufRead, BufReader, Lines, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::commands::{Figures, Order};
use crate::machine::{self, Cores};
use crate::wire_format::Dialect;
use crate::worker::Worker;

/// Jurors of one worker, at most: a process has 20,000 files by a common limit, and some are its own.
pub const JURORS_PER_PROCESS_MAX: usize = 18_750;

/// Some workers, each with its node.
#[derive(Debug)]
pub struct Fleet {
    workers: Vec<Running>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    orders: ChildStdin,
    figures: Lines<BufReader<ChildStdout>>,
    node: SocketAddr,
    count: usize,
}

/// Who is to come.
#[derive(Clone, Debug)]
pub struct Crowd {
    /// How many.
    pub jurors: usize,
    /// The number of the first.
    pub first: usize,
    /// Their room.
    pub room: String,
    /// Their words.
    pub dialect: Dialect,
    /// The processors that they may use.
    pub cores: Cores,
}

impl Fleet {
    /// Starts as many workers as the crowd needs, spread evenly over the nodes, and waits until they are ready.
    ///
    /// # Errors
    /// A worker does not start.
    pub fn start(crowd: &Crowd, nodes: &[SocketAddr]) -> Result<Self> {
        let per_node = crowd.jurors.div_ceil(nodes.len()).min(JURORS_PER_PROCESS_MAX);
        let firsts = (0..crowd.jurors).step_by(per_node.max(1)).enumerate();
        let mut workers = firsts
            .map(|(place, first)| {
                let worker = Worker {
                    first: crowd.first + first,
                    count: per_node.min(crowd.jurors - first),
                    room: crowd.room.clone(),
                    dialect: crowd.dialect,
                    source: Ipv4Addr::new(127, 0, u8::try_from(place + 1)?, 0),
                };
                Running::start(&worker, nodes[place % nodes.len()], &crowd.cores)
            })
            .collect::<Result<Vec<_>>>()?;
        for worker in &mut workers {
            ensure!(worker.line()? == "ready", "a worker is not ready");
        }
        Ok(Self { workers })
    }

    /// Gives each worker the order that is for its node, all at once, and waits until all are done.
    ///
    /// # Errors
    /// A worker ended.
    pub fn all(&mut self, order: impl Fn(SocketAddr, usize) -> Order) -> Result<Figures> {
        self.tell(order)?;
        self.hear()
    }

    /// Gives the orders without waiting for what comes of them.
    ///
    /// # Errors
    /// A worker ended.
    pub fn tell(&mut self, order: impl Fn(SocketAddr, usize) -> Order) -> Result<()> {
        for worker in &mut self.workers {
            let order = serde_json::to_string(&order(worker.node, worker.count))?;
            writeln!(worker.orders, "{order}")?;
        }
        Ok(())
    }

    /// Waits until all are done.
    ///
    /// # Errors
    /// A worker ended.
    pub fn hear(&mut self) -> Result<Figures> {
        let figures = self.workers.iter_mut().map(|worker| {
            let line = worker.line()?;
            serde_json::from_str::<Figures>(&line).with_context(|| format!("no figures: {line}"))
        });
        Ok(Figures::sum(figures.collect::<Result<Vec<_>>>()?))
    }

    /// Processor time of all workers so far, in seconds.
    pub fn cpu_s(&self) -> f64 {
        self.workers.iter().map(|worker| machine::cpu_s(worker.child.id())).sum()
    }
}

impl Running {
    fn start(worker: &Worker, node: SocketAddr, cores: &Cores) -> Result<Self> {
        let program = std::env::current_exe()?;
        let mut command: Command = cores.command(&program);
        command.args(worker.arguments()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("a worker does not start")?;
        let orders = child.stdin.take().context("a worker has no input")?;
        let figures = BufReader::new(child.stdout.take().context("a worker has no output")?).lines();
        Ok(Self { child, orders, figures, node, count: worker.count })
    }

    fn line(&mut self) -> Result<String> {
        Ok(self.figures.next().context("a worker ended")??)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
