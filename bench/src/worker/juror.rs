//! One juror of a crowd: its socket, its phase, and bytes that are not complete frames yet; it decides nothing.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use socket2::{Domain, Socket, Type};

/// The phase of a juror.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It has no socket.
    Disconnected,
    /// The connection is not established yet.
    Connecting,
    /// The upgrade was requested.
    Upgrading,
    /// The transport's own opening message is expected.
    Opening,
    /// The join was sent.
    Joining,
    /// It has joined.
    Joined,
    /// It has joined, and a cast or a request for a receipt was sent.
    Casting,
}

/// One juror.
#[derive(Debug)]
pub struct Juror {
    stream: Option<TcpStream>,
    /// Its number; none between two visits.
    pub number: Option<usize>,
    /// Its phase.
    pub phase: Phase,
    /// When its current cast was due, in Unix microseconds.
    pub due_us: u64,
    /// Casts so far.
    pub casts: u32,
    /// The ballots of the last tally that it received.
    pub shown: u64,
    partial: Vec<u8>,
    unsent: Vec<u8>,
}

impl Juror {
    /// A juror without a socket.
    pub fn new(number: usize) -> Self {
        Self {
            stream: None,
            number: Some(number),
            phase: Phase::Disconnected,
            due_us: 0,
            casts: 0,
            shown: 0,
            partial: Vec::new(),
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

    /// Whether the connection is established.
    ///
    /// # Errors
    /// The connection failed.
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

    /// Sends bytes. Bytes that the kernel does not accept yet are kept for [`Juror::flush`].
    ///
    /// # Errors
    /// The socket failed.
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

    /// Sends the kept bytes.
    ///
    /// # Errors
    /// The socket failed.
    pub fn flush(&mut self) -> std::io::Result<()> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        while !self.unsent.is_empty() {
            match stream.write(&self.unsent) {
                Ok(sent) => drop(self.unsent.drain(..sent)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        // A crowd is large, and few of its jurors ever keep bytes: the buffer is freed.
        self.unsent = Vec::new();
        Ok(())
    }

    /// Reads into `buffer`, behind the incomplete frame of the last read. Returns the length and whether more bytes may
    /// be available; none at the end of the stream.
    ///
    /// # Errors
    /// The socket failed.
    pub fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<Option<(usize, bool)>> {
        let Some(stream) = &mut self.stream else { return Ok(None) };
        let kept = self.partial.len();
        buffer[..kept].copy_from_slice(&self.partial);
        match stream.read(&mut buffer[kept..]) {
            Ok(0) => Ok(None),
            Ok(read) => {
                self.partial = Vec::new();
                Ok(Some((kept + read, kept + read == buffer.len())))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Some((0, false))),
            Err(error) => Err(error),
        }
    }

    /// Keeps the bytes of an incomplete frame.
    pub fn keep_partial(&mut self, rest: &[u8]) {
        if !rest.is_empty() {
            self.partial = rest.to_vec();
        }
    }

    /// Closes the socket.
    pub fn close(&mut self) {
        self.stream = None;
        self.phase = Phase::Disconnected;
        self.partial = Vec::new();
        self.unsent = Vec::new();
        self.shown = 0;
    }

    /// Whether it has joined.
    pub const fn has_joined(&self) -> bool {
        matches!(self.phase, Phase::Joined | Phase::Casting)
    }
}

/// `EINPROGRESS` on Linux: a non-blocking connection has started.
const IN_PROGRESS: i32 = 115;
