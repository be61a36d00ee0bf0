//! What a crowd takes note of: who has arrived, which cast was answered, what was shown, and whose socket ended.

use super::super::juror::Phase;
use super::super::publisher::Publisher;
use super::super::task::Task;
use super::{AGAIN_US, Crowd};
use crate::clock::now_us;
use crate::commands::Order;
use crate::wire;

impl Crowd {
    pub(super) fn arrived(&mut self, task: &mut Option<Task>, at: usize) -> std::io::Result<()> {
        let Some(task) = task else { return Ok(()) };
        match task.order.clone() {
            Order::Arrive { .. } => {
                task.under_way -= 1;
                self.done(now_us());
            }
            // Under way until its cast is answered.
            Order::Churn { poll, .. } => {
                task.under_way -= 1;
                self.cast(task, &poll, at, now_us());
            }
            Order::Return { .. } => task.under_way -= 1,
            _ => {}
        }
        Ok(())
    }

    fn done(&mut self, now: u64) {
        self.figures.done += 1;
        self.figures.last_us = now;
    }

    pub(super) fn answered(&mut self, task: &mut Option<Task>, at: usize, new: bool) {
        let now = now_us();
        self.figures.duplicates += u64::from(!new);
        self.done(now);
        let juror = &mut self.jurors[at];
        juror.phase = Phase::In;
        juror.casts += 1;
        self.figures.latency.record(now.saturating_sub(juror.since_us));
        let Some(task) = task else { return };
        task.under_way -= 1;
        match &task.order {
            Order::Loop { .. } => task.waiting.push_back(at),
            Order::Steady { .. } => {
                task.waiting.push_back(at);
                self.acknowledged.1.push(now);
            }
            Order::Churn { .. } => {
                let _ = juror.send(&wire::goodbye());
                juror.close();
                juror.number = None;
                task.waiting.push_back(at);
            }
            _ => {}
        }
    }

    pub(super) fn refused(&mut self, task: &mut Option<Task>, at: usize, again: bool) {
        self.jurors[at].phase = Phase::In;
        let Some(task) = task else { return };
        task.under_way -= 1;
        if again {
            self.figures.again += 1;
            task.put_off(at, now_us() + AGAIN_US + fastrand::u64(0..AGAIN_US));
        } else {
            self.figures.failed += 1;
        }
    }

    pub(super) fn shown(&mut self, task: &Option<Task>, at: usize, ballots: u64) {
        let now = now_us();
        let before = std::mem::replace(&mut self.jurors[at].shown, ballots);
        let Some(task) = task else { return };
        self.figures.deliveries += 1;
        match &task.order {
            Order::Return { ballots: right, .. } if before < *right && ballots >= *right => self.done(now),
            Order::Steady { .. } | Order::Publish { .. } | Order::Listen { .. } => {
                self.acknowledged.1.extend(task.publisher.iter().flat_map(Publisher::posted));
                let (base, acknowledged) = &self.acknowledged;
                if let Some(oldest) = before.checked_sub(*base).and_then(|at| acknowledged.get(at as usize)) {
                    self.figures.staleness.record(now.saturating_sub(*oldest));
                }
                self.figures.rounds.told(ballots, now, self.jurors.len() as u64);
            }
            _ => {}
        }
    }

    /// A socket ended that this end did not close.
    pub(super) fn lost(&mut self, task: Option<&mut Task>, at: usize) {
        let phase = self.jurors[at].phase;
        self.jurors[at].close();
        let Some(task) = task else {
            self.figures.failed += u64::from(phase != Phase::Away);
            return;
        };
        match (&task.order, phase) {
            (_, Phase::Away) => {}
            (Order::Return { .. }, Phase::In | Phase::Casting) => {
                // As the widget does: at a random time within the shortest back-off.
                task.put_off(at, now_us() + fastrand::u64(0..AGAIN_US));
            }
            (Order::Arrive { .. } | Order::Return { .. } | Order::Churn { .. }, phase) if phase != Phase::In => {
                self.put_off(task, at);
            }
            (_, Phase::Casting) => {
                task.under_way -= 1;
                self.figures.failed += 1;
            }
            _ => self.figures.failed += 1,
        }
    }
}
