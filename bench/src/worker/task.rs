//! The command that a crowd executes: the jurors that have not started, and its end; it touches no socket.

use std::collections::VecDeque;

use super::publisher::Publisher;
use crate::clock::now_us;
use crate::commands::Command;

/// A command in execution.
#[derive(Debug)]
pub struct Task {
    /// The command.
    pub command: Command,
    /// The end by the clock, in Unix microseconds, if the command has one.
    pub until_us: Option<u64>,
    /// The start.
    pub started_us: u64,
    /// Casts or visits that were started.
    pub started: usize,
    /// Jurors that have not started.
    pub pending: VecDeque<usize>,
    /// Jurors that try again, and the time from which they may.
    pub retries: VecDeque<(u64, usize)>,
    /// Jurors that must be done before the command is, if it counts jurors.
    pub expected: u64,
    /// Jurors that have started and not finished.
    pub in_flight: usize,
    /// The publisher of tallies, if the command has one.
    pub publisher: Option<Publisher>,
}

impl Task {
    /// Starts a command now.
    pub fn new(command: Command) -> Self {
        let started_us = now_us();
        let for_s = match &command {
            Command::Loop { for_s, .. }
            | Command::Steady { for_s, .. }
            | Command::Ask { for_s, .. }
            | Command::Publish { for_s, .. }
            | Command::Listen { for_s } => Some(*for_s),
            _ => None,
        };
        let until_us = for_s.map(|for_s| started_us + (for_s * 1e6) as u64);
        let (pending, retries) = (VecDeque::new(), VecDeque::new());
        Self { command, until_us, started_us, started: 0, pending, retries, expected: 0, in_flight: 0, publisher: None }
    }

    /// Whether its time has passed; never, if it has no end by the clock.
    pub fn is_over(&self, now_us: u64) -> bool {
        self.until_us.is_some_and(|until_us| now_us >= until_us)
    }

    /// Schedules a juror to try again.
    pub fn retry_at(&mut self, juror: usize, at_us: u64) {
        self.retries.push_back((at_us, juror));
    }

    /// Makes the jurors pending whose time to try again has come.
    pub fn requeue_due(&mut self, now_us: u64) {
        let due = self.retries.iter().filter(|(at_us, _)| *at_us <= now_us).count();
        if due > 0 {
            let (ready, later) = self.retries.drain(..).partition::<Vec<_>, _>(|(at_us, _)| *at_us <= now_us);
            self.retries = later.into();
            self.pending.extend(ready.into_iter().map(|(_, juror)| juror));
        }
    }
}
