//! A worker: one process, one thread, as many jurors as a process may have files; it does what it is ordered to, and keeps
//! its sockets alive in between.

mod crowd;
mod juror;
mod publisher;
mod task;

use std::io::{BufRead, Write};
use std::net::Ipv4Addr;
use std::sync::{Arc, mpsc};

use anyhow::{Context, Result};
use clap::Args;
use mio::Waker;

use crate::commands::Order;
use crate::wire_format::Dialect;
use crowd::Crowd;

/// Who a worker's jurors are.
#[derive(Args, Clone, Debug)]
pub struct Worker {
    /// The number of the first juror
    #[arg(long)]
    pub first: usize,
    /// How many there are
    #[arg(long)]
    pub count: usize,
    /// Their room
    #[arg(long)]
    pub room: String,
    /// Their words
    #[arg(long, value_enum)]
    pub dialect: Dialect,
    /// The network (/24) that they come from
    #[arg(long)]
    pub source: Ipv4Addr,
}

impl Worker {
    /// The viewer id of juror `n`.
    pub fn sub(n: usize) -> String {
        format!("juror-{n}")
    }

    /// The arguments that make a process this worker.
    pub fn arguments(&self) -> Vec<String> {
        let dialect = match self.dialect {
            Dialect::Jury => "jury",
            Dialect::SocketIo => "socket-io",
            Dialect::Listen => "listen",
        };
        let pairs = [
            ("--first", self.first.to_string()),
            ("--count", self.count.to_string()),
            ("--room", self.room.clone()),
            ("--dialect", dialect.to_owned()),
            ("--source", self.source.to_string()),
        ];
        let words = pairs.into_iter().flat_map(|(name, value)| [name.to_owned(), value]);
        std::iter::once("worker".to_owned()).chain(words).collect()
    }

    /// Works until its input ends.
    pub fn run(self) -> Result<()> {
        let (mut crowd, waker) = Crowd::new(self)?;
        let orders = listen(Arc::new(waker));
        let mut out = std::io::stdout().lock();
        writeln!(out, "ready")?;
        out.flush()?;
        loop {
            match orders.try_recv() {
                Ok(order) => crowd.begin(order?),
                Err(mpsc::TryRecvError::Empty) => {}
                Err(mpsc::TryRecvError::Disconnected) => return Ok(()),
            }
            if let Some(figures) = crowd.turn()? {
                writeln!(out, "{}", serde_json::to_string(&figures)?)?;
                out.flush()?;
            }
        }
    }
}

/// Reads orders on a thread of its own, and wakes the crowd for each.
fn listen(waker: Arc<Waker>) -> mpsc::Receiver<Result<Order>> {
    let (sender, orders) = mpsc::channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let order = serde_json::from_str(&line).with_context(|| format!("no order: {line}"));
            if sender.send(order).is_err() || waker.wake().is_err() {
                return;
            }
        }
        drop(sender);
        let _ = waker.wake();
    });
    orders
}
