//! The crowd of a worker: its jurors, the order they are at, and the turns in which it begins, hears and notes; one thread,
//! no locks.

mod receive;
mod record;
mod start;

use std::time::Duration;

use anyhow::Result;
use live_jury_tests::tokens;
use mio::{Events, Token, Waker};

use super::Worker;
use super::juror::{Juror, Phase};
use super::publisher::{Publisher, Series};
use super::task::Task;
use crate::clock::now_us;
use crate::commands::{Figures, Order};
use crate::wire;

/// The waker's number; jurors' begin at 0.
const WAKER: Token = Token(usize::MAX);
/// Events taken at one time.
const EVENTS_MAX: usize = 1_024;
/// Bytes read at one time: more than any view.
const BUFFER_BYTES: usize = 256 * 1024;
/// Longest wait for an event.
const TURN: Duration = Duration::from_millis(20);
/// Wait before a join or a cast is tried again, in microseconds; as much again is added by chance.
const AGAIN_US: u64 = 500_000;

/// All jurors of a worker.
pub struct Crowd {
    who: Worker,
    poll: mio::Poll,
    events: Events,
    jurors: Vec<Juror>,
    tokens: Vec<String>,
    buffer: Vec<u8>,
    task: Option<Task>,
    figures: Figures,
    /// How many ballots there were before this task, and when each of it was acknowledged, or posted.
    acknowledged: (u64, Vec<u64>),
}

impl Crowd {
    /// A crowd without sockets, and what wakes it.
    pub fn new(who: Worker) -> Result<(Self, Waker)> {
        let poll = mio::Poll::new()?;
        let waker = Waker::new(poll.registry(), WAKER)?;
        let tokens = (who.first..who.first + who.count).map(|n| tokens::viewer(&who.room, &Worker::sub(n))).collect();
        let crowd = Self {
            jurors: (who.first..who.first + who.count).map(Juror::new).collect(),
            who,
            poll,
            events: Events::with_capacity(EVENTS_MAX),
            tokens,
            buffer: vec![0; BUFFER_BYTES],
            task: None,
            figures: Figures::default(),
            acknowledged: (0, Vec::new()),
        };
        Ok((crowd, waker))
    }

    /// Begins an order.
    pub fn begin(&mut self, order: Order) {
        let mut task = Task::new(order);
        self.acknowledged = (self.jurors.iter().map(|juror| juror.shown).max().unwrap_or(0), Vec::new());
        let joined = |crowd: &Self| (0..crowd.jurors.len()).filter(|at| crowd.jurors[*at].is_in()).collect();
        match &task.order {
            Order::Arrive { .. } => task.waiting = (0..self.jurors.len()).collect(),
            Order::Rush(_) | Order::Loop { .. } | Order::Steady { .. } => task.waiting = joined(self),
            Order::Churn { .. } => {
                self.jurors.iter_mut().for_each(|juror| juror.number = None);
                task.waiting = (0..self.jurors.len()).collect();
            }
            Order::Leave => self.jurors.iter_mut().for_each(|juror| {
                let _ = juror.send(&wire::goodbye());
                juror.close();
            }),
            // The node may have died before the order was read.
            Order::Return { .. } => {
                task.waiting = (0..self.jurors.len()).filter(|at| self.jurors[*at].phase == Phase::Away).collect();
            }
            Order::Publish { at, case, per_s, .. } => {
                let (at, case, per_s, base) = (*at, *case, *per_s, self.acknowledged.0);
                let until_us = task.until_us.unwrap_or(task.began_us);
                let series = Series { at, case, base, per_s, from_us: task.began_us, until_us };
                task.publisher = Some(Publisher::start(series));
            }
            Order::Listen { .. } => {}
        }
        // What was lost while nothing was ordered counts against what comes next.
        self.figures = Figures { failed: self.figures.failed, ..Figures::default() };
        self.figures.first_us = task.began_us;
        self.task = Some(task);
    }

    /// Begins what can begin, and hears what has come; the figures, once the order is done.
    pub fn turn(&mut self) -> Result<Option<Figures>> {
        let rest = self.push();
        self.poll.poll(&mut self.events, Some(rest)).or_else(interrupted)?;
        let mut events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        for event in &events {
            if event.token() != WAKER {
                self.hear(event.token().0, event.is_writable(), event.is_readable() || event.is_error());
            }
        }
        events.clear();
        self.events = events;
        if !self.is_done() {
            return Ok(None);
        }
        if let Some(publisher) = self.task.take().and_then(|task| task.publisher) {
            publisher.end()?;
            self.figures.done = self.acknowledged.1.len() as u64;
        }
        if self.figures.last_us == 0 {
            self.figures.last_us = now_us();
        }
        Ok(Some(std::mem::take(&mut self.figures)))
    }

    fn is_done(&self) -> bool {
        let Some(task) = &self.task else { return false };
        let all = self.jurors.len() as u64;
        match &task.order {
            Order::Arrive { .. } | Order::Return { .. } => self.figures.done == all,
            Order::Rush(_) => task.waiting.is_empty() && task.later.is_empty() && task.under_way == 0,
            Order::Loop { .. } | Order::Steady { .. } => task.is_over(now_us()) && task.under_way == 0,
            Order::Churn { visits, .. } => self.figures.done + self.figures.failed >= *visits as u64,
            Order::Publish { .. } => task.publisher.as_ref().is_none_or(Publisher::is_done),
            Order::Listen { .. } => task.is_over(now_us()),
            Order::Leave => true,
        }
    }
}

/// A signal is no event.
fn interrupted(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::Interrupted { Ok(()) } else { Err(error) }
}
