//! The crowd of a worker: begins what is ordered, hears what comes, and takes note of it; one thread, no locks.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Result;
use live_jury_tests::tokens;
use mio::{Events, Token, Waker};

use super::Worker;
use super::juror::{Juror, Phase};
use super::task::Task;
use crate::clock::now_us;
use crate::dialect::{Dialect, Heard};
use crate::orders::{Figures, Order, Poll, Round};
use crate::wire::{self, Frame};

/// The waker's number; jurors' begin at 0.
const WAKER: Token = Token(usize::MAX);
/// Events taken at one time.
const EVENTS_MAX: usize = 1_024;
/// Jurors of one worker that are on their way in at one time: what a listener's queue holds is shared by some workers.
const ARRIVING_MAX: usize = 64;
/// Casts begun between two looks at what came.
const CASTS_PER_TURN: usize = 256;
/// Bytes read at one time: more than any view.
const BUFFER_BYTES: usize = 256 * 1024;
/// Addresses that the jurors of a worker come from.
const SOURCES: usize = 8;
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
    /// How many ballots there were before this task, and when each of it was acknowledged.
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
            Order::Listen { .. } => {}
        }
        // What was lost while nothing was ordered counts against what comes next.
        self.figures = Figures { failed: self.figures.failed, ..Figures::default() };
        self.acknowledged = (self.jurors.iter().map(|juror| juror.shown).max().unwrap_or(0), Vec::new());
        self.figures.first_us = task.began_us;
        self.task = Some(task);
    }

    /// Begins what can begin, and hears what has come; the figures, once the order is done.
    pub fn turn(&mut self) -> Result<Option<Figures>> {
        let busy = self.push();
        self.poll.poll(&mut self.events, Some(if busy { Duration::ZERO } else { TURN })).or_else(interrupted)?;
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
        self.task = None;
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
            Order::Listen { .. } => task.is_over(now_us()),
            Order::Leave => true,
        }
    }

    /// Begins what can begin; whether there is more to begin at once.
    fn push(&mut self) -> bool {
        let Some(mut task) = self.task.take() else { return false };
        let now = now_us();
        task.take_up(now);
        let busy = match task.order.clone() {
            Order::Arrive { at } | Order::Return { to: at, .. } => self.let_in(&mut task, at, usize::MAX),
            Order::Churn { at, visits, .. } => self.let_in(&mut task, at, visits),
            Order::Rush(poll) => self.cast_all(&mut task, &poll, now),
            Order::Loop { poll, .. } => !task.is_over(now) && self.cast_all(&mut task, &poll, now),
            Order::Steady { poll, per_s, .. } => !task.is_over(now) && self.cast_due(&mut task, &poll, per_s, now),
            Order::Listen { .. } | Order::Leave => false,
        };
        self.task = Some(task);
        busy
    }

    fn let_in(&mut self, task: &mut Task, at: SocketAddr, visits: usize) -> bool {
        while task.under_way < ARRIVING_MAX {
            let Some(juror) = task.waiting.pop_front() else { return false };
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
            let source = source_of(self.who.source, juror);
            let connecting = self.jurors[juror].connect(self.poll.registry(), Token(juror), source, at);
            if connecting.is_err() {
                self.put_off(task, juror);
            }
        }
        false
    }

    fn put_off(&mut self, task: &mut Task, juror: usize) {
        task.under_way -= 1;
        self.figures.again += 1;
        self.jurors[juror].close();
        task.put_off(juror, now_us() + AGAIN_US + fastrand::u64(0..AGAIN_US));
    }

    fn cast_all(&mut self, task: &mut Task, poll: &Poll, now: u64) -> bool {
        for _ in 0..CASTS_PER_TURN {
            let Some(juror) = task.waiting.pop_front() else { return false };
            self.cast(task, poll, juror, now);
        }
        true
    }

    /// Casts that are due by now. The time they were due counts, not the time they were sent: one that had to wait for a
    /// slow answer has waited.
    fn cast_due(&mut self, task: &mut Task, poll: &Poll, per_s: f64, now: u64) -> bool {
        for _ in 0..CASTS_PER_TURN {
            let due_us = task.began_us + (task.begun as f64 * 1e6 / per_s) as u64;
            if due_us > now {
                // Sleeping would be later than due; the next one is a fraction of a millisecond away.
                return true;
            }
            let Some(juror) = task.waiting.pop_front() else { return false };
            task.begun += 1;
            self.cast(task, poll, juror, due_us);
        }
        true
    }

    fn cast(&mut self, task: &mut Task, poll: &Poll, juror: usize, due_us: u64) {
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

    /// Hears one juror's socket out.
    fn hear(&mut self, at: usize, writable: bool, readable: bool) {
        let mut task = self.task.take();
        if self.hear_socket(&mut task, at, writable, readable).is_err() {
            self.lost(task.as_mut(), at);
        }
        self.task = task;
    }

    fn hear_socket(
        &mut self,
        task: &mut Option<Task>,
        at: usize,
        writable: bool,
        readable: bool,
    ) -> std::io::Result<()> {
        if self.jurors[at].phase == Phase::Connecting && writable && self.jurors[at].connected()? {
            self.jurors[at].phase = Phase::Upgrading;
            let path = self.who.dialect.path(&self.who.room);
            self.jurors[at].send(&wire::upgrade("live-jury.test", &path))?;
        } else if writable {
            self.jurors[at].flush()?;
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let heard = if readable { self.read(task, at, &mut buffer) } else { Ok(()) };
        self.buffer = buffer;
        heard
    }

    fn read(&mut self, task: &mut Option<Task>, at: usize, buffer: &mut [u8]) -> std::io::Result<()> {
        loop {
            let Some((length, more)) = self.jurors[at].read(buffer)? else {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            };
            let mut bytes = &buffer[..length];
            if self.jurors[at].phase == Phase::Upgrading
                && let Some((granted, taken)) = wire::answer(bytes)
            {
                if !granted {
                    return Err(std::io::ErrorKind::ConnectionRefused.into());
                }
                bytes = &bytes[taken..];
                self.upgraded(task, at)?;
            }
            while self.jurors[at].phase != Phase::Upgrading
                && let Some((frame, taken)) = wire::next(bytes)
            {
                bytes = &bytes[taken..];
                match frame {
                    Frame::Text(text) => self.told(task, at, self.who.dialect.hear(text))?,
                    Frame::Ping(payload) => self.jurors[at].send(&wire::pong(payload))?,
                    Frame::Close(_) => return Err(std::io::ErrorKind::ConnectionAborted.into()),
                    Frame::Other => {}
                }
                if self.jurors[at].phase == Phase::Away {
                    return Ok(());
                }
            }
            self.jurors[at].hold(bytes);
            if !more {
                return Ok(());
            }
        }
    }

    fn upgraded(&mut self, task: &mut Option<Task>, at: usize) -> std::io::Result<()> {
        match self.who.dialect {
            Dialect::Jury => self.join(task, at),
            Dialect::SocketIo => {
                self.jurors[at].phase = Phase::Opening;
                Ok(())
            }
            Dialect::Listen => {
                self.jurors[at].phase = Phase::Joining;
                self.told(task, at, Heard::Docket)
            }
        }
    }

    fn join(&mut self, task: &Option<Task>, at: usize) -> std::io::Result<()> {
        self.jurors[at].phase = Phase::Joining;
        // One of this crowd from the start has its token ready.
        let number = self.jurors[at].number.unwrap_or_default();
        let token = match task {
            Some(Task { order: Order::Churn { .. }, .. }) => &tokens::viewer(&self.who.room, &Worker::sub(number)),
            _ => &self.tokens[at],
        };
        let join = self.who.dialect.join(token);
        self.jurors[at].send(&wire::text(join.as_bytes()))
    }

    fn told(&mut self, task: &mut Option<Task>, at: usize, heard: Heard) -> std::io::Result<()> {
        match (heard, self.jurors[at].phase) {
            (Heard::Open, Phase::Opening) => self.jurors[at].send(&wire::text(b"40")),
            (Heard::MayJoin, Phase::Opening) => self.join(task, at),
            (Heard::Ping, _) => self.jurors[at].send(&wire::text(b"3")),
            (Heard::Docket, Phase::Joining) => {
                self.jurors[at].phase = Phase::In;
                self.arrived(task, at)
            }
            (Heard::Ballot { new }, Phase::Casting) => {
                self.answered(task, at, new);
                Ok(())
            }
            (Heard::Refused { again }, Phase::Casting) => {
                self.refused(task, at, again);
                Ok(())
            }
            (Heard::Tally(ballots), _) => {
                self.shown(task, at, ballots);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn arrived(&mut self, task: &mut Option<Task>, at: usize) -> std::io::Result<()> {
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

    fn answered(&mut self, task: &mut Option<Task>, at: usize, new: bool) {
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
            Order::Steady { .. } => self.acknowledged.1.push(now),
            Order::Churn { .. } => {
                let _ = juror.send(&wire::goodbye());
                juror.close();
                juror.number = None;
                task.waiting.push_back(at);
            }
            _ => {}
        }
    }

    fn refused(&mut self, task: &mut Option<Task>, at: usize, again: bool) {
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

    fn shown(&mut self, task: &Option<Task>, at: usize, ballots: u64) {
        let now = now_us();
        let before = std::mem::replace(&mut self.jurors[at].shown, ballots);
        let Some(task) = task else { return };
        self.figures.deliveries += 1;
        match &task.order {
            Order::Return { ballots: right, .. } if before < *right && ballots >= *right => self.done(now),
            Order::Steady { .. } | Order::Listen { .. } => {
                let (base, acknowledged) = &self.acknowledged;
                if let Some(oldest) = before.checked_sub(*base).and_then(|at| acknowledged.get(at as usize)) {
                    self.figures.staleness.record(now.saturating_sub(*oldest));
                }
                let round = Round { first_us: now, last_us: now, count: 0 };
                let round = self.figures.rounds.entry(ballots).or_insert(round);
                round.last_us = now;
                round.count += 1;
            }
            _ => {}
        }
    }

    /// A socket ended that this end did not close.
    fn lost(&mut self, task: Option<&mut Task>, at: usize) {
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

/// The address that a juror comes from. The kernel finds a free port quickly while most of an address's are free.
fn source_of(network: Ipv4Addr, juror: usize) -> Ipv4Addr {
    let [a, b, c, _] = network.octets();
    Ipv4Addr::new(a, b, c, 2 + (juror % SOURCES) as u8)
}

/// A signal is no event.
fn interrupted(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::Interrupted { Ok(()) } else { Err(error) }
}
