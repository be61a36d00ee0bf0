//! The sockets of a crowd: from received bytes to frames to the next step of the conversation; it judges no answer.

use std::net::Ipv4Addr;

use super::super::Worker;
use super::super::juror::Phase;
use super::super::task::Task;
use super::Crowd;
use crate::commands::Command;
use crate::wire::{self, Frame};
use crate::wire_format::{Message, WireFormat};
use live_jury_tests::tokens;

impl Crowd {
    /// Handles an event of one juror's socket.
    pub(super) fn receive(&mut self, at: usize, writable: bool, readable: bool) {
        let mut task = self.task.take();
        if self.on_event(&mut task, at, writable, readable).is_err() {
            self.on_disconnect(task.as_mut(), at);
        }
        self.task = task;
    }

    fn on_event(&mut self, task: &mut Option<Task>, at: usize, writable: bool, readable: bool) -> std::io::Result<()> {
        if self.jurors[at].phase == Phase::Connecting && writable && self.jurors[at].connected()? {
            self.jurors[at].phase = Phase::Upgrading;
            let path = self.worker.wire_format.path(&self.worker.room);
            let forwarded_for = self.worker.forwarded.then(|| forwarded_address(self.worker.first + at));
            self.jurors[at].send(&wire::upgrade("live-jury.test", &path, forwarded_for))?;
        } else if writable {
            self.jurors[at].flush()?;
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let result = if readable { self.read(task, at, &mut buffer) } else { Ok(()) };
        self.buffer = buffer;
        result
    }

    fn read(&mut self, task: &mut Option<Task>, at: usize, buffer: &mut [u8]) -> std::io::Result<()> {
        loop {
            let Some((length, more)) = self.jurors[at].read(buffer)? else {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            };
            let mut bytes = &buffer[..length];
            if self.jurors[at].phase == Phase::Upgrading
                && let Some((accepted, taken)) = wire::upgrade_answer(bytes)
            {
                if !accepted {
                    return Err(std::io::ErrorKind::ConnectionRefused.into());
                }
                bytes = &bytes[taken..];
                self.on_upgraded(task, at)?;
            }
            while self.jurors[at].phase != Phase::Upgrading
                && let Some((frame, taken)) = wire::next_frame(bytes)
            {
                bytes = &bytes[taken..];
                match frame {
                    Frame::Text(text) => self.on_message(task, at, self.worker.wire_format.parse(text))?,
                    Frame::Ping(payload) => {
                        self.figures.keep_alives += 1;
                        self.jurors[at].send(&wire::pong(payload))?;
                    }
                    Frame::Pong => self.figures.keep_alives += 1,
                    Frame::Close(_) => return Err(std::io::ErrorKind::ConnectionAborted.into()),
                    Frame::Other => {}
                }
                if self.jurors[at].phase == Phase::Disconnected {
                    return Ok(());
                }
            }
            self.jurors[at].keep_partial(bytes);
            if !more {
                return Ok(());
            }
        }
    }

    fn on_upgraded(&mut self, task: &mut Option<Task>, at: usize) -> std::io::Result<()> {
        match self.worker.wire_format {
            WireFormat::Jury => self.join(task, at),
            WireFormat::SocketIo => {
                self.jurors[at].phase = Phase::Opening;
                Ok(())
            }
            WireFormat::Listen => {
                self.jurors[at].phase = Phase::Joining;
                self.on_message(task, at, Message::Docket)
            }
        }
    }

    fn join(&mut self, task: &Option<Task>, at: usize) -> std::io::Result<()> {
        self.jurors[at].phase = Phase::Joining;
        // The tokens of the crowd were signed at its start; a visit's token is signed here.
        let number = self.jurors[at].number.unwrap_or_default();
        let token = match task {
            Some(Task { command: Command::Churn { .. }, .. }) => {
                &tokens::viewer(&self.worker.room, &Worker::sub(number))
            }
            _ => &self.tokens[at],
        };
        let join = self.worker.wire_format.join(token);
        self.jurors[at].send(&wire::text(join.as_bytes()))
    }

    fn on_message(&mut self, task: &mut Option<Task>, at: usize, message: Message) -> std::io::Result<()> {
        match (message, self.jurors[at].phase) {
            (Message::Open, Phase::Opening) => self.jurors[at].send(&wire::text(b"40")),
            (Message::MayJoin, Phase::Opening) => self.join(task, at),
            (Message::Ping, _) => self.jurors[at].send(&wire::text(b"3")),
            (Message::Docket, Phase::Joining) => {
                self.jurors[at].phase = Phase::Joined;
                self.on_joined(task, at);
                Ok(())
            }
            (Message::Ballot { new }, Phase::Casting) => {
                self.on_ballot(task, at, new);
                Ok(())
            }
            (Message::Receipt, Phase::Casting) => {
                self.on_receipt(task, at);
                Ok(())
            }
            (Message::Refused { retry }, Phase::Casting) => {
                self.on_refused(task, at, retry);
                Ok(())
            }
            (Message::Tally(ballots), _) => {
                self.on_tally(task, at, ballots);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// The address of a juror behind a proxy, from the network for benchmarks (198.18.0.0/15, RFC 2544).
fn forwarded_address(number: usize) -> Ipv4Addr {
    const NETWORK: u32 = u32::from_be_bytes([198, 18, 0, 0]);
    const HOSTS: usize = 1 << 17;
    Ipv4Addr::from_bits(NETWORK + (number % HOSTS) as u32)
}
