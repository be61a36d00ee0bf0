//! One juror of a crowd: a socket, how far it is, and what of its bytes is not whole yet; it decides nothing.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use socket2::{Domain, Socket, Type};

/// How far a juror is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// No socket.
    Away,
    /// The connection is under way.
    Connecting,
    /// The upgrade was asked for.
    Upgrading,
    /// The transport's own greeting is awaited.
    Opening,
    /// The join is on its way.
    Joining,
    /// Joined.
    In,
    /// Joined, and a cast is on its way.
    Casting,
}

/// One juror.
#[derive(Debug)]
pub struct Juror {
    stream: Option<TcpStream>,
    /// Who it is; nobody, between two visits.
    pub number: Option<usize>,
    /// How far it is.
    pub phase: Phase,
    /// When the current step was due, in Unix microseconds.
    pub since_us: u64,
    /// Casts so far.
    pub casts: u32,
    /// Ballots that it was last shown.
    pub shown: u64,
    held: Vec<u8>,
    unsent: Vec<u8>,
}

impl Juror {
    /// One without a socket.
    pub fn new(number: usize) -> Self {
        Self {
            stream: None,
            number: Some(number),
            phase: Phase::Away,
            since_us: 0,
            casts: 0,
            shown: 0,
            held: Vec::new(),
            unsent: Vec::new(),
        }
    }

    /// Starts to connect.
    pub fn connect(
        &mut self,
        registry: &Registry,
        token: Token,
        from: Ipv4Addr,
        to: SocketAddr,
    ) -> std::io::Result<()> {
        self.close();
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        socket.bind(&SocketAddr::from((from, 0)).into())?;
        match socket.connect(&to.into()) {
            Err(error) if error.raw_os_error() != Some(IN_PROGRESS) => return Err(error),
            _ => {}
        }
        let mut stream = TcpStream::from_std(socket.into());
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        self.stream = Some(stream);
        self.phase = Phase::Connecting;
        Ok(())
    }

    /// Whether the connection stands; an error if it cannot.
    pub fn connected(&self) -> std::io::Result<bool> {
        let Some(stream) = &self.stream else { return Ok(false) };
        if let Some(error) = stream.take_error()? {
            return Err(error);
        }
        match stream.peer_addr() {
            Ok(_) => stream.set_nodelay(true).map(|()| true),
            Err(error) if error.kind() == ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Sends bytes, or keeps what the kernel does not take until it does.
    pub fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if !self.unsent.is_empty() {
            self.unsent.extend(bytes);
            return self.flush();
        }
        let Some(stream) = &mut self.stream else { return Ok(()) };
        let sent = match stream.write(bytes) {
            Ok(sent) => sent,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(error) => return Err(error),
        };
        self.unsent.extend(&bytes[sent..]);
        Ok(())
    }

    /// Sends what was kept.
    pub fn flush(&mut self) -> std::io::Result<()> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        while !self.unsent.is_empty() {
            match stream.write(&self.unsent) {
                Ok(sent) => drop(self.unsent.drain(..sent)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        // Most never keep anything, and a crowd is many.
        self.unsent = Vec::new();
        Ok(())
    }

    /// Reads into `buffer`, behind what is kept of the last time; how many bytes there are then, and whether there may be
    /// more; none at the end.
    pub fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<Option<(usize, bool)>> {
        let Some(stream) = &mut self.stream else { return Ok(None) };
        let kept = self.held.len();
        buffer[..kept].copy_from_slice(&self.held);
        match stream.read(&mut buffer[kept..]) {
            Ok(0) => Ok(None),
            Ok(came) => {
                self.held = Vec::new();
                Ok(Some((kept + came, kept + came == buffer.len())))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Some((0, false))),
            Err(error) => Err(error),
        }
    }

    /// Keeps what is no whole frame yet.
    pub fn hold(&mut self, rest: &[u8]) {
        if !rest.is_empty() {
            self.held = rest.to_vec();
        }
    }

    /// Lets go of the socket.
    pub fn close(&mut self) {
        self.stream = None;
        self.phase = Phase::Away;
        self.held = Vec::new();
        self.unsent = Vec::new();
        self.shown = 0;
    }

    /// Whether it has joined.
    pub const fn is_in(&self) -> bool {
        matches!(self.phase, Phase::In | Phase::Casting)
    }
}

/// `EINPROGRESS`, on Linux: how a connection begins that does not wait.
const IN_PROGRESS: i32 = 115;
