//! The records of a crowd: joins, answers, tallies and ended sockets become figures; it reads no bytes.

use super::super::juror::Phase;
use super::super::publisher::Publisher;
use super::super::task::Task;
use super::{Crowd, RETRY_US};
use crate::clock::now_us;
use crate::commands::Command;
use crate::wire;

impl Crowd {
    pub(super) fn on_joined(&mut self, task: &mut Option<Task>, at: usize) {
        let Some(task) = task else { return };
        match task.command.clone() {
            Command::Arrive { .. } => {
                task.in_flight -= 1;
                self.count_done(now_us());
            }
            // The visit stays in flight: `cast` counts it again.
            Command::Churn { poll, .. } => {
                task.in_flight -= 1;
                self.cast(task, &poll, at, now_us());
            }
            Command::Return { .. } => task.in_flight -= 1,
            _ => {}
        }
    }

    fn count_done(&mut self, now: u64) {
        self.figures.done += 1;
        self.figures.last_us = now;
    }

    pub(super) fn on_ballot(&mut self, task: &mut Option<Task>, at: usize, new: bool) {
        let now = now_us();
        self.figures.duplicates += u64::from(!new);
        self.count_done(now);
        let juror = &mut self.jurors[at];
        juror.phase = Phase::Joined;
        juror.casts += 1;
        self.figures.latency.record(now.saturating_sub(juror.due_us));
        let Some(task) = task else { return };
        task.in_flight -= 1;
        match &task.command {
            Command::Loop { .. } => task.pending.push_back(at),
            Command::Steady { .. } => {
                task.pending.push_back(at);
                self.acknowledged.at_us.push(now);
            }
            Command::Churn { .. } => {
                let _ = juror.send(&wire::close_going_away());
                juror.close();
                juror.number = None;
                task.pending.push_back(at);
            }
            _ => {}
        }
    }

    pub(super) fn on_receipt(&mut self, task: &mut Option<Task>, at: usize) {
        let now = now_us();
        self.count_done(now);
        let juror = &mut self.jurors[at];
        juror.phase = Phase::Joined;
        self.figures.latency.record(now.saturating_sub(juror.due_us));
        let Some(task) = task else { return };
        task.in_flight -= 1;
        task.pending.push_back(at);
    }

    pub(super) fn on_refused(&mut self, task: &mut Option<Task>, at: usize, retry: bool) {
        self.jurors[at].phase = Phase::Joined;
        let Some(task) = task else { return };
        task.in_flight -= 1;
        if retry {
            self.figures.again += 1;
            task.retry_at(at, now_us() + RETRY_US + fastrand::u64(0..RETRY_US));
        } else {
            self.figures.failed += 1;
        }
    }

    pub(super) fn on_tally(&mut self, task: &Option<Task>, at: usize, ballots: u64) {
        let now = now_us();
        let before = std::mem::replace(&mut self.jurors[at].shown, ballots);
        let Some(task) = task else { return };
        self.figures.tallies += 1;
        match &task.command {
            Command::Return { ballots: right, .. } if before < *right && ballots >= *right => self.count_done(now),
            Command::Steady { .. } | Command::Publish { .. } | Command::Listen { .. } => {
                self.acknowledged.at_us.extend(task.publisher.iter().flat_map(Publisher::posted));
                let new = before.checked_sub(self.acknowledged.base);
                if let Some(oldest) = new.and_then(|index| self.acknowledged.at_us.get(index as usize)) {
                    self.figures.staleness.record(now.saturating_sub(*oldest));
                }
                self.figures.deliveries.record(ballots, now, self.jurors.len() as u64);
            }
            _ => {}
        }
    }

    /// Handles the end of a socket that this side did not close.
    pub(super) fn on_disconnect(&mut self, task: Option<&mut Task>, at: usize) {
        let phase = self.jurors[at].phase;
        self.jurors[at].close();
        let Some(task) = task else {
            self.figures.failed += u64::from(phase != Phase::Disconnected);
            return;
        };
        match (&task.command, phase) {
            (_, Phase::Disconnected) => {}
            (Command::Return { .. }, Phase::Joined | Phase::Casting) => {
                // The widget reconnects at a random time within its shortest back-off, too.
                task.retry_at(at, now_us() + fastrand::u64(0..RETRY_US));
            }
            (Command::Arrive { .. } | Command::Return { .. } | Command::Churn { .. }, phase)
                if phase != Phase::Joined =>
            {
                self.retry_later(task, at);
            }
            (_, Phase::Casting) => {
                task.in_flight -= 1;
                self.figures.failed += 1;
            }
            _ => self.figures.failed += 1,
        }
    }
}
