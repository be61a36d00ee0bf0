//! A publisher that posts tallies over HTTP, each when it is due and the one before was accepted; it reads no tally.

use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use live_jury_protocol::{CaseId, ServerFrame, Tally};
use ureq::Agent;

use crate::clock::now_us;

/// Longest wait for an answer, beyond which the run fails.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(20);

/// A publisher on a thread of its own.
#[derive(Debug)]
pub struct Publisher {
    posted: Receiver<u64>,
    thread: JoinHandle<Result<()>>,
}

/// The tallies to post.
#[derive(Clone, Copy, Debug)]
pub struct Series {
    /// The node.
    pub at: SocketAddr,
    /// The case's id.
    pub case: CaseId,
    /// The ballots of the last tally before the series.
    pub base: u64,
    /// Tallies a second.
    pub per_s: f64,
    /// The start, in Unix microseconds.
    pub from_us: u64,
    /// The end.
    pub until_us: u64,
}

impl Publisher {
    /// Starts to post.
    pub fn start(series: Series) -> Self {
        let (sender, posted) = mpsc::channel();
        Self { posted, thread: std::thread::spawn(move || series.post(&sender)) }
    }

    /// The times of the posts since the last call, in Unix microseconds.
    pub fn posted(&self) -> impl Iterator<Item = u64> {
        self.posted.try_iter()
    }

    /// Whether the last tally was posted.
    pub fn is_done(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// A tally was not accepted.
    pub fn end(self) -> Result<()> {
        self.thread.join().map_err(|_| anyhow!("the publisher panicked"))?
    }
}

impl Series {
    fn post(self, posted: &Sender<u64>) -> Result<()> {
        let config = Agent::config_builder().proxy(None).timeout_global(Some(ANSWER_WAIT_MAX)).build();
        let (agent, address) = (Agent::new_with_config(config), format!("http://{}/publish", self.at));
        let every_us = (1e6 / self.per_s) as u64;
        let mut due_us = self.from_us;
        for ballots in self.base + 1.. {
            std::thread::sleep(Duration::from_micros(due_us.saturating_sub(now_us())));
            let now = now_us();
            if now >= self.until_us {
                break;
            }
            let tally = Tally { case: self.case, epoch: 1, rev: ballots, ballots, counts: None };
            let text = serde_json::to_string(&ServerFrame::Tally(tally))?;
            // The time is sent before the request: a viewer that receives the tally must find it.
            let _ = posted.send(now);
            agent.post(&address).send(&text).with_context(|| address.clone())?;
            // A late tally delays the next ones, as the timer of a baseline does: missed ones are not caught up on.
            due_us = (due_us + every_us).max(now_us());
        }
        Ok(())
    }
}
