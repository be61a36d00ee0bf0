//! What a crowd hears: bytes become frames, frames a step in the conversation; what came of it is noted elsewhere.

use super::super::Worker;
use super::super::juror::Phase;
use super::super::task::Task;
use super::Crowd;
use crate::commands::Order;
use crate::wire::{self, Frame};
use crate::wire_format::{Dialect, Heard};
use live_jury_tests::tokens;

impl Crowd {
    /// Hears one juror's socket out.
    pub(super) fn hear(&mut self, at: usize, writable: bool, readable: bool) {
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
}
