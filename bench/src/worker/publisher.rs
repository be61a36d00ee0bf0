//! One who posts tallies over HTTP, where nobody votes: each when it is due and the last one is taken; it listens to none.

use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use live_jury_protocol::{CaseId, ServerFrame, Tally};
use ureq::Agent;

use crate::clock::now_us;

/// Longest wait for an answer.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// Somebody who posts, on a thread of their own.
#[derive(Debug)]
pub struct Publisher {
    posted: Receiver<u64>,
    thread: JoinHandle<Result<()>>,
}

/// What is posted, and how often.
#[derive(Clone, Copy, Debug)]
pub struct Series {
    /// The node.
    pub at: SocketAddr,
    /// The case's id.
    pub case: CaseId,
    /// Ballots that were shown before.
    pub base: u64,
    /// Tallies a second.
    pub per_s: f64,
    /// When to begin, in Unix microseconds.
    pub from_us: u64,
    /// When to end.
    pub until_us: u64,
}

impl Publisher {
    /// Begins to post.
    pub fn start(series: Series) -> Self {
        let (sender, posted) = mpsc::channel();
        Self { posted, thread: std::thread::spawn(move || series.post(&sender)) }
    }

    /// When those were posted that have been since this was last asked, in Unix microseconds.
    pub fn posted(&self) -> impl Iterator<Item = u64> {
        self.posted.try_iter()
    }

    /// Whether it has posted the last.
    pub fn is_done(&self) -> bool {
        self.thread.is_finished()
    }

    /// What came of it.
    ///
    /// # Errors
    /// A tally was not taken.
    pub fn end(self) -> Result<()> {
        self.thread.join().map_err(|_| anyhow!("the publisher broke down"))?
    }
}

impl Series {
    fn post(self, posted: &Sender<u64>) -> Result<()> {
        let config = Agent::config_builder().proxy(None).timeout_global(Some(ANSWER_MAX)).build();
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
            // Before it is on its way: who is shown it must find when that was.
            let _ = posted.send(now);
            agent.post(&address).send(&text).with_context(|| address.clone())?;
            // As a peer's own clock does: what could not be said in time is not said later.
            due_us = (due_us + every_us).max(now_us());
        }
        Ok(())
    }
}
