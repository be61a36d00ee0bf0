//! What a crowd begins: arrivals and casts, as many at a time as its order says; it hears nothing.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use mio::Token;

use super::super::juror::Phase;
use super::super::task::Task;
use super::{AGAIN_US, Crowd, TURN};
use crate::clock::now_us;
use crate::commands::{Order, Poll};
use crate::wire;

/// Jurors of one worker that are on their way in at one time: what a listener's queue holds is shared by some workers.
const ARRIVING_MAX: usize = 64;
/// Casts begun between two looks at what came.
const CASTS_PER_TURN: usize = 256;
/// Shortest rest between casts that are due.
const REST_MIN: Duration = Duration::from_millis(1);
/// Addresses that the jurors of a worker come from.
const SOURCES: usize = 8;
/// Addresses that visits come from. Who has left has a port for a minute more, and an address has some 28,000 of them.
const SOURCES_OF_VISITS: usize = 250;

impl Crowd {
    /// Begins what can begin; how long it may rest then, if nothing comes.
    pub(super) fn push(&mut self) -> Duration {
        let Some(mut task) = self.task.take() else { return TURN };
        let now = now_us();
        task.take_up(now);
        let rest = match task.order.clone() {
            Order::Arrive { at } | Order::Return { to: at, .. } => self.let_in(&mut task, at, usize::MAX),
            Order::Churn { at, visits, .. } => self.let_in(&mut task, at, visits),
            Order::Rush(poll) => self.cast_all(&mut task, &poll, now),
            Order::Loop { poll, .. } if !task.is_over(now) => self.cast_all(&mut task, &poll, now),
            Order::Steady { poll, per_s, .. } if !task.is_over(now) => self.cast_due(&mut task, &poll, per_s, now),
            Order::Loop { .. } | Order::Steady { .. } | Order::Publish { .. } | Order::Listen { .. } | Order::Leave => {
                TURN
            }
        };
        self.task = Some(task);
        rest
    }

    fn let_in(&mut self, task: &mut Task, at: SocketAddr, visits: usize) -> Duration {
        // Who only visits is under way all the time.
        let most = if matches!(task.order, Order::Churn { .. }) { self.jurors.len() } else { ARRIVING_MAX };
        while task.under_way < most {
            let Some(juror) = task.waiting.pop_front() else { return TURN };
            if self.jurors[juror].number.is_none() && task.begun == visits {
                continue;
            }
            if self.jurors[juror].number.is_none() {
                // Each visit is somebody else's; one that is put off is still the same one's.
                self.jurors[juror].number = Some(self.who.first + task.begun);
                self.jurors[juror].casts = 0;
                task.begun += 1;
            }
            task.under_way += 1;
            let source = match (&task.order, self.jurors[juror].number) {
                (Order::Churn { .. }, Some(visit)) => source_of(self.who.source, visit % SOURCES_OF_VISITS),
                _ => source_of(self.who.source, juror % SOURCES),
            };
            let connecting = self.jurors[juror].connect(self.poll.registry(), Token(juror), source, at);
            if connecting.is_err() {
                self.put_off(task, juror);
            }
        }
        TURN
    }

    pub(super) fn put_off(&mut self, task: &mut Task, juror: usize) {
        task.under_way -= 1;
        self.figures.again += 1;
        self.jurors[juror].close();
        task.put_off(juror, now_us() + AGAIN_US + fastrand::u64(0..AGAIN_US));
    }

    fn cast_all(&mut self, task: &mut Task, poll: &Poll, now: u64) -> Duration {
        for _ in 0..CASTS_PER_TURN {
            let Some(juror) = task.waiting.pop_front() else { return TURN };
            self.cast(task, poll, juror, now);
        }
        Duration::ZERO
    }

    /// Casts that are due by now. The time they were due counts, not the time they were sent: one that had to wait for a
    /// slow answer has waited.
    fn cast_due(&mut self, task: &mut Task, poll: &Poll, per_s: f64, now: u64) -> Duration {
        for _ in 0..CASTS_PER_TURN {
            let due_us = task.began_us + (task.begun as f64 * 1e6 / per_s) as u64;
            if due_us > now {
                // Up to a millisecond late, which counts: a generator that stays awake takes the processor from what it measures.
                return Duration::from_micros(due_us - now).clamp(REST_MIN, TURN);
            }
            let Some(juror) = task.waiting.pop_front() else { return TURN };
            task.begun += 1;
            self.cast(task, poll, juror, due_us);
        }
        Duration::ZERO
    }

    pub(super) fn cast(&mut self, task: &mut Task, poll: &Poll, juror: usize, due_us: u64) {
        let place = self.jurors[juror].number.unwrap_or_default() + self.jurors[juror].casts as usize;
        let option = &poll.options[place % poll.options.len()];
        let text = self.who.dialect.cast(&poll.case, option, self.jurors[juror].casts);
        let one = &mut self.jurors[juror];
        one.since_us = due_us;
        one.phase = Phase::Casting;
        task.under_way += 1;
        if one.send(&wire::text(text.as_bytes())).is_err() {
            self.lost(Some(task), juror);
        }
    }
}

/// One of the addresses of a network. The kernel finds a free port quickly while most of an address's are free.
fn source_of(network: Ipv4Addr, place: usize) -> Ipv4Addr {
    let [a, b, c, _] = network.octets();
    Ipv4Addr::new(a, b, c, 2 + place as u8)
}
