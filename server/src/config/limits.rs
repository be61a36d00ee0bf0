//! Settings that limit connections, requests and frames, with their defaults.

use std::time::Duration;

use clap::Args;
use live_jury_protocol::limits;

use super::Timeout;
use crate::admission::Rate;

/// Bytes on the wire of a client's largest frame: 4 KiB, and a header with a length of two bytes and a mask.
const FRAME_WIRE_BYTES_MAX: u32 = limits::FRAME_BYTES_MAX as u32 + 8;

/// Shortest silence timeout; shorter ones are refused. Pings are a third of it apart, at most one a second.
const SILENCE_TIMEOUT_MIN: Timeout = Timeout(Duration::from_secs(3));
/// Shortest keep-alive time; shorter ones are refused. Each costs a write for each quiet socket.
const KEEP_ALIVE_MIN: Timeout = Timeout(Duration::from_secs(1));

/// Limits on incoming connections, requests and frames.
#[derive(Args, Clone, Debug)]
pub struct Limits {
    /// Connections of one address (IPv6: /64) that are not joined sockets; 0: no limit. Trusted proxies have none
    #[arg(long, env = "LIVE_JURY_MAX_CONNECTIONS_PER_ADDRESS",
          default_value_t = Limits::default().max_connections_per_address)]
    pub max_connections_per_address: usize,
    /// Longest time for a request's headers
    #[arg(long, env = "LIVE_JURY_HEADERS_TIMEOUT", default_value_t = Limits::default().headers_timeout)]
    pub headers_timeout: Timeout,
    /// Longest idle time of a connection between two requests; it should exceed the balancer's
    #[arg(long, env = "LIVE_JURY_IDLE_TIMEOUT", default_value_t = Limits::default().idle_timeout)]
    pub idle_timeout: Timeout,
    /// Longest time for a request's body (408), and in which a client takes less than 16 KiB of an answer
    #[arg(long, env = "LIVE_JURY_BODY_TIMEOUT", default_value_t = Limits::default().body_timeout)]
    pub body_timeout: Timeout,
    /// Largest body of a request, in bytes (413)
    #[arg(long, env = "LIVE_JURY_MAX_BODY_BYTES", default_value_t = Limits::default().max_body_bytes,
          value_parser = parse_positive)]
    pub max_body_bytes: usize,
    /// Longest time until a new socket joins (4408)
    #[arg(long, env = "LIVE_JURY_JOIN_TIMEOUT", default_value_t = Limits::default().join_timeout)]
    pub join_timeout: Timeout,
    /// Frames per second from one socket, and 4 KiB for each; more closes it (4429)
    #[arg(long, env = "LIVE_JURY_MAX_FRAMES_PER_SECOND", default_value_t = Limits::default().max_frames_per_second,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub max_frames_per_second: u32,
    /// Frames from one socket in a burst
    #[arg(long, env = "LIVE_JURY_MAX_FRAMES_BURST", default_value_t = Limits::default().max_frames_burst,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub max_frames_burst: u32,
    /// Sockets of one address (IPv6: /64) that have not joined; 0: no limit
    #[arg(long, env = "LIVE_JURY_MAX_SOCKETS_PER_ADDRESS", default_value_t = Limits::default().max_sockets_per_address)]
    pub max_sockets_per_address: usize,
    /// Joined sockets of one viewer's or moderator's `sub` on this node; one more closes the oldest (4510)
    #[arg(long, env = "LIVE_JURY_MAX_SOCKETS_PER_JUROR", default_value_t = Limits::default().max_sockets_per_juror,
          value_parser = parse_positive)]
    pub max_sockets_per_juror: usize,
    /// Joined sockets of one host's or overlay's `sub` on this node; one more closes the oldest (4510)
    #[arg(long, env = "LIVE_JURY_MAX_SOCKETS_PER_MACHINE", default_value_t = Limits::default().max_sockets_per_machine,
          value_parser = parse_positive)]
    pub max_sockets_per_machine: usize,
    /// Joins per second on this node; 0: no limit; more are closed with 1013
    #[arg(long, env = "LIVE_JURY_MAX_JOINS_PER_SECOND", default_value_t = Limits::default().max_joins_per_second)]
    pub max_joins_per_second: u32,
    /// Silence after which a socket is dropped; a silent one is pinged every third of it
    #[arg(long, env = "LIVE_JURY_SILENCE_TIMEOUT", default_value_t = Limits::default().silence_timeout,
          value_parser = parse_silence)]
    pub silence_timeout: Timeout,
    /// Longest time without a frame on a socket that came through a proxy; it should stay below the proxy's idle time
    #[arg(long, env = "LIVE_JURY_KEEP_ALIVE", default_value_t = Limits::default().keep_alive,
          value_parser = parse_keep_alive)]
    pub keep_alive: Timeout,
    /// Rooms with a socket on this node; sockets for more are closed with 1013
    #[arg(long, env = "LIVE_JURY_MAX_ROOMS", default_value_t = Limits::default().max_rooms,
          value_parser = parse_positive)]
    pub max_rooms: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // 256 sockets that have not joined, and the requests of the pages around them.
            max_connections_per_address: 1_024,
            headers_timeout: Timeout(Duration::from_secs(10)),
            // Common balancers keep idle connections for 60 to 75 s. One that the server ends first loses a request.
            idle_timeout: Timeout(Duration::from_secs(90)),
            body_timeout: Timeout(Duration::from_secs(10)),
            max_body_bytes: limits::BODY_BYTES_MAX,
            join_timeout: Timeout(Duration::from_millis(limits::JOIN_TIMEOUT_MS)),
            max_frames_per_second: 20,
            max_frames_burst: 60,
            // A school or an office behind one address may join at once; each join takes a moment.
            max_sockets_per_address: 256,
            max_sockets_per_juror: 8,
            // One link may be in every scene of a stream, and on each screen of a studio.
            max_sockets_per_machine: 256,
            max_joins_per_second: 2_000,
            max_rooms: 10_000,
            // Common proxies end a connection after 60 s without a frame.
            keep_alive: Timeout(Duration::from_secs(55)),
            silence_timeout: Timeout(Duration::from_millis(limits::SILENCE_MAX_MS)),
        }
    }
}

impl Limits {
    /// Frames from one socket.
    #[must_use]
    pub fn frame_rate(&self) -> Rate {
        Rate { per_s: self.max_frames_per_second, burst: self.max_frames_burst }
    }

    /// Bytes from one socket: as many as those frames have at their largest, so that only fragments exceed it.
    #[must_use]
    pub fn byte_rate(&self) -> Rate {
        let bytes = |frames: u32| frames.saturating_mul(FRAME_WIRE_BYTES_MAX);
        Rate { per_s: bytes(self.max_frames_per_second), burst: bytes(self.max_frames_burst) }
    }
}

fn parse_silence(text: &str) -> Result<Timeout, String> {
    let silence: Timeout = text.parse()?;
    if silence < SILENCE_TIMEOUT_MIN { Err(format!("must be {SILENCE_TIMEOUT_MIN} or more")) } else { Ok(silence) }
}

fn parse_keep_alive(text: &str) -> Result<Timeout, String> {
    let keep_alive: Timeout = text.parse()?;
    if keep_alive < KEEP_ALIVE_MIN { Err(format!("must be {KEEP_ALIVE_MIN} or more")) } else { Ok(keep_alive) }
}

fn parse_positive(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "must be 1 or more".to_owned())
}
