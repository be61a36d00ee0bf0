//! A worker: one process with one thread and thousands of jurors. It executes the conductor's commands, and keeps its
//! sockets alive between them.

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

use crate::commands::Command;
use crate::wire_format::WireFormat;
use crowd::Crowd;

/// The jurors of a worker.
#[derive(Args, Clone, Debug)]
pub struct Worker {
    /// The number of the first juror
    #[arg(long)]
    pub first: usize,
    /// The number of jurors
    #[arg(long)]
    pub count: usize,
    /// Their room
    #[arg(long)]
    pub room: String,
    /// The format of their messages
    #[arg(long = "dialect", value_enum)]
    pub wire_format: WireFormat,
    /// The network (/24) of their addresses
    #[arg(long)]
    pub source: Ipv4Addr,
    /// Each upgrade has an `X-Forwarded-For`
    #[arg(long)]
    pub forwarded: bool,
}

impl Worker {
    /// The viewer id of juror `n`.
    pub fn sub(n: usize) -> String {
        format!("juror-{n}")
    }

    /// The arguments of the worker's process.
    pub fn arguments(&self) -> Vec<String> {
        let wire_format = match self.wire_format {
            WireFormat::Jury => "jury",
            WireFormat::SocketIo => "socket-io",
            WireFormat::Listen => "listen",
        };
        let pairs = [
            ("--first", self.first.to_string()),
            ("--count", self.count.to_string()),
            ("--room", self.room.clone()),
            ("--dialect", wire_format.to_owned()),
            ("--source", self.source.to_string()),
        ];
        let words = pairs.into_iter().flat_map(|(name, value)| [name.to_owned(), value]);
        let forwarded = self.forwarded.then(|| "--forwarded".to_owned());
        std::iter::once("worker".to_owned()).chain(words).chain(forwarded).collect()
    }

    /// Executes commands until the input ends.
    ///
    /// # Errors
    /// A command cannot be parsed, or a system call fails.
    pub fn run(self) -> Result<()> {
        let (mut crowd, waker) = Crowd::new(self)?;
        let commands = read_commands(Arc::new(waker));
        let mut out = std::io::stdout().lock();
        writeln!(out, "ready")?;
        out.flush()?;
        loop {
            match commands.try_recv() {
                Ok(command) => crowd.start(command?),
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

/// Reads commands on a thread of its own, and wakes the crowd for each.
fn read_commands(waker: Arc<Waker>) -> mpsc::Receiver<Result<Command>> {
    let (sender, commands) = mpsc::channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let command = serde_json::from_str(&line).with_context(|| format!("not a command: {line}"));
            if sender.send(command).is_err() || waker.wake().is_err() {
                return;
            }
        }
        drop(sender);
        let _ = waker.wake();
    });
    commands
}
