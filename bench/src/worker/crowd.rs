//! The crowd of a worker: its jurors, and the turns in which it starts casts and joins and handles events. It has one
//! thread and no locks.

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
use crate::commands::{Command, Figures};
use crate::wire;

/// The waker's token; those of jurors start at 0.
const WAKER: Token = Token(usize::MAX);
/// Events handled in one turn; further events wait for the next turn.
const EVENTS_MAX: usize = 1_024;
/// Bytes of one read: more than any view, so that a frame is complete after one read in most cases.
const BUFFER_BYTES: usize = 256 * 1024;
/// Longest wait for an event: retries and ends by the clock are checked at least this often.
const TURN_MAX: Duration = Duration::from_millis(20);
/// Wait before a join or a cast is tried again, in microseconds. A random time of up to the same length is added, so
/// that a refused crowd does not return at once.
const RETRY_US: u64 = 500_000;

/// All jurors of a worker.
pub struct Crowd {
    worker: Worker,
    poll: mio::Poll,
    events: Events,
    jurors: Vec<Juror>,
    tokens: Vec<String>,
    buffer: Vec<u8>,
    task: Option<Task>,
    figures: Figures,
    acknowledged: Acknowledged,
}

/// The ballots of the current command, or its posted tallies.
#[derive(Default)]
struct Acknowledged {
    /// Ballots of the case before the command.
    base: u64,
    /// When each further ballot was acknowledged, in Unix microseconds.
    at_us: Vec<u64>,
}

impl Crowd {
    /// A crowd without sockets, and its waker.
    pub fn new(worker: Worker) -> Result<(Self, Waker)> {
        let poll = mio::Poll::new()?;
        let waker = Waker::new(poll.registry(), WAKER)?;
        let numbers = worker.first..worker.first + worker.count;
        let crowd = Self {
            jurors: numbers.clone().map(Juror::new).collect(),
            tokens: numbers.map(|n| tokens::viewer(&worker.room, &Worker::sub(n))).collect(),
            worker,
            poll,
            events: Events::with_capacity(EVENTS_MAX),
            buffer: vec![0; BUFFER_BYTES],
            task: None,
            figures: Figures::default(),
            acknowledged: Acknowledged::default(),
        };
        Ok((crowd, waker))
    }

    /// Starts a command.
    pub fn start(&mut self, command: Command) {
        let mut task = Task::new(command);
        let base = self.jurors.iter().map(|juror| juror.shown).max().unwrap_or(0);
        self.acknowledged = Acknowledged { base, at_us: Vec::new() };
        let matching = |crowd: &Self, is: fn(&Juror) -> bool| {
            (0..crowd.jurors.len()).filter(|index| is(&crowd.jurors[*index])).collect()
        };
        match &task.command {
            Command::Arrive { wave, .. } => {
                let numbers = self.worker.first..;
                let jurors = (0..self.jurors.len()).zip(numbers).filter(|(_, number)| wave.has(*number));
                task.pending = jurors.map(|(index, _)| index).collect();
                task.expected = task.pending.len() as u64;
            }
            Command::Rush(_) | Command::Loop { .. } | Command::Steady { .. } | Command::Ask { .. } => {
                task.pending = matching(self, Juror::has_joined);
            }
            Command::Churn { .. } => {
                self.jurors.iter_mut().for_each(|juror| juror.number = None);
                task.pending = (0..self.jurors.len()).collect();
            }
            Command::Leave => self.jurors.iter_mut().for_each(|juror| {
                let _ = juror.send(&wire::close_going_away());
                juror.close();
            }),
            // The node may have died before the command was read.
            Command::Return { .. } => {
                task.pending = matching(self, |juror| juror.phase == Phase::Disconnected);
                task.expected = self.jurors.len() as u64;
            }
            Command::Publish { at, case, per_s, .. } => {
                let until_us = task.until_us.unwrap_or(task.started_us);
                let series = Series { at: *at, case: *case, base, per_s: *per_s, from_us: task.started_us, until_us };
                task.publisher = Some(Publisher::start(series));
            }
            Command::Listen { .. } => {}
        }
        // Sockets that ended between two commands count as failures of the next one.
        self.figures = Figures { failed: self.figures.failed, ..Figures::default() };
        self.figures.first_us = task.started_us;
        self.task = Some(task);
    }

    /// Starts what is pending and handles events. Returns the figures once the command is done.
    pub fn turn(&mut self) -> Result<Option<Figures>> {
        let wait = self.start_pending();
        self.poll.poll(&mut self.events, Some(wait)).or_else(ignore_signal)?;
        let mut events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        for event in &events {
            if event.token() != WAKER {
                self.receive(event.token().0, event.is_writable(), event.is_readable() || event.is_error());
            }
        }
        events.clear();
        self.events = events;
        if !self.is_done() {
            return Ok(None);
        }
        if let Some(publisher) = self.task.take().and_then(|task| task.publisher) {
            publisher.end()?;
            self.figures.done = self.acknowledged.at_us.len() as u64;
        }
        if self.figures.last_us == 0 {
            self.figures.last_us = now_us();
        }
        Ok(Some(std::mem::take(&mut self.figures)))
    }

    fn is_done(&self) -> bool {
        let Some(task) = &self.task else { return false };
        match &task.command {
            Command::Arrive { .. } | Command::Return { .. } => self.figures.done == task.expected,
            Command::Rush(_) => task.pending.is_empty() && task.retries.is_empty() && task.in_flight == 0,
            Command::Loop { .. } | Command::Steady { .. } | Command::Ask { .. } => {
                task.is_over(now_us()) && task.in_flight == 0
            }
            Command::Churn { visits, .. } => self.figures.done + self.figures.failed >= *visits as u64,
            Command::Publish { .. } => task.publisher.as_ref().is_none_or(Publisher::is_done),
            Command::Listen { .. } => task.is_over(now_us()),
            Command::Leave => true,
        }
    }
}

/// A signal interrupts the wait for events, and is no error.
fn ignore_signal(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::Interrupted { Ok(()) } else { Err(error) }
}
