//! The starts of a crowd: connections and casts, as many at a time as the command allows; it handles no answer.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use mio::Token;

use super::super::juror::Phase;
use super::super::task::Task;
use super::{Crowd, RETRY_US, TURN_MAX};
use crate::clock::now_us;
use crate::commands::{Command, Poll};
use crate::wire;

/// Jurors of one worker that connect or join at one time; the others wait. Several workers share a listener's queue,
/// which would overflow otherwise.
const ARRIVING_MAX: usize = 64;
/// Casts started in one turn; further casts wait until the received events are handled.
const CASTS_PER_TURN: usize = 256;
/// Shortest wait for a cast that is not due yet.
const WAIT_MIN: Duration = Duration::from_millis(1);
/// Source addresses of a worker's jurors: one address has some 28,000 ports, and the kernel finds a free one quickly
/// only while most of them are free.
const SOURCES: usize = 8;
/// Source addresses of visits: the port of a visit stays taken for a minute after its end.
const SOURCES_OF_VISITS: usize = 250;

impl Crowd {
    /// Starts what can start now. Returns the longest wait for events until the next start.
    pub(super) fn start_pending(&mut self) -> Duration {
        let Some(mut task) = self.task.take() else { return TURN_MAX };
        let now = now_us();
        task.requeue_due(now);
        let wait = match task.command.clone() {
            Command::Arrive { nodes, wave } => {
                self.connect_pending(&mut task, |number| nodes[wave.node_of(number, nodes.len())], usize::MAX)
            }
            Command::Return { to, .. } => self.connect_pending(&mut task, |_| to, usize::MAX),
            Command::Churn { at, visits, .. } => self.connect_pending(&mut task, |_| at, visits),
            Command::Rush(poll) => self.cast_all(&mut task, &poll, now),
            Command::Loop { poll, .. } if !task.is_over(now) => self.cast_all(&mut task, &poll, now),
            Command::Steady { poll, per_s, .. } if !task.is_over(now) => {
                self.start_due(&mut task, per_s, now, |crowd, task, juror, due_us| {
                    crowd.cast(task, &poll, juror, due_us)
                })
            }
            Command::Ask { case, per_s, .. } if !task.is_over(now) => {
                self.start_due(&mut task, per_s, now, |crowd, task, juror, due_us| {
                    crowd.ask(task, &case, juror, due_us)
                })
            }
            Command::Loop { .. }
            | Command::Steady { .. }
            | Command::Ask { .. }
            | Command::Publish { .. }
            | Command::Listen { .. }
            | Command::Leave => TURN_MAX,
        };
        self.task = Some(task);
        wait
    }

    fn connect_pending(&mut self, task: &mut Task, node_of: impl Fn(usize) -> SocketAddr, visits: usize) -> Duration {
        // A visit is in flight from its connection to its answer.
        let is_visit = matches!(task.command, Command::Churn { .. });
        let most = if is_visit { self.jurors.len() } else { ARRIVING_MAX };
        while task.in_flight < most {
            let Some(juror) = task.pending.pop_front() else { return TURN_MAX };
            if self.jurors[juror].number.is_none() && task.started == visits {
                continue;
            }
            if self.jurors[juror].number.is_none() {
                // Each visit has a number of its own, and keeps it when it is tried again.
                self.jurors[juror].number = Some(self.worker.first + task.started);
                self.jurors[juror].casts = 0;
                task.started += 1;
            }
            task.in_flight += 1;
            let number = self.jurors[juror].number.unwrap_or_default();
            let source = if is_visit { number % SOURCES_OF_VISITS } else { juror % SOURCES };
            let source = source_address(self.worker.source, source);
            let connecting = self.jurors[juror].connect(self.poll.registry(), Token(juror), source, node_of(number));
            if connecting.is_err() {
                self.retry_later(task, juror);
            }
        }
        TURN_MAX
    }

    pub(super) fn retry_later(&mut self, task: &mut Task, juror: usize) {
        task.in_flight -= 1;
        self.figures.again += 1;
        self.jurors[juror].close();
        task.retry_at(juror, now_us() + RETRY_US + fastrand::u64(0..RETRY_US));
    }

    fn cast_all(&mut self, task: &mut Task, poll: &Poll, now: u64) -> Duration {
        for _ in 0..CASTS_PER_TURN {
            let Some(juror) = task.pending.pop_front() else { return TURN_MAX };
            self.cast(task, poll, juror, now);
        }
        Duration::ZERO
    }

    /// Sends the casts or requests that are due. Their latency counts from the due time, not from the time of sending,
    /// so that it includes the wait for a slow answer before.
    fn start_due(
        &mut self,
        task: &mut Task,
        per_s: f64,
        now: u64,
        start: impl Fn(&mut Self, &mut Task, usize, u64),
    ) -> Duration {
        for _ in 0..CASTS_PER_TURN {
            let due_us = task.started_us + (task.started as f64 * 1e6 / per_s) as u64;
            if due_us > now {
                // A cast may be sent up to a millisecond late, and the delay counts. A shorter wait would take the
                // processor from the measured process.
                return Duration::from_micros(due_us - now).clamp(WAIT_MIN, TURN_MAX);
            }
            let Some(juror) = task.pending.pop_front() else { return TURN_MAX };
            task.started += 1;
            start(self, task, juror, due_us);
        }
        Duration::ZERO
    }

    pub(super) fn cast(&mut self, task: &mut Task, poll: &Poll, juror: usize, due_us: u64) {
        let choice = self.jurors[juror].number.unwrap_or_default() + self.jurors[juror].casts as usize;
        let option = &poll.options[choice % poll.options.len()];
        let text = self.worker.wire_format.cast(&poll.case, option, self.jurors[juror].casts);
        self.send(task, &text, juror, due_us);
    }

    fn ask(&mut self, task: &mut Task, case: &str, juror: usize, due_us: u64) {
        let text = self.worker.wire_format.receipt(case);
        self.send(task, &text, juror, due_us);
    }

    /// Sends what the juror awaits an answer to.
    fn send(&mut self, task: &mut Task, text: &str, juror: usize, due_us: u64) {
        let one = &mut self.jurors[juror];
        one.due_us = due_us;
        one.phase = Phase::Casting;
        task.in_flight += 1;
        if one.send(&wire::text(text.as_bytes())).is_err() {
            self.on_disconnect(Some(task), juror);
        }
    }
}

/// An address of a network (/24).
fn source_address(network: Ipv4Addr, index: usize) -> Ipv4Addr {
    let [a, b, c, _] = network.octets();
    Ipv4Addr::new(a, b, c, 2 + index as u8)
}
