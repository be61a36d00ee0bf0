//! Ports for the servers that the harness starts.

use std::net::TcpListener;
use std::ops::Range;

/// Below the ports that Linux gives to outgoing connections, as it is set up by itself: while a server is down, none of
/// them takes its port, and it can be started again.
const PORTS: Range<u16> = 10_000..32_768;

/// A port on 127.0.0.1 that nobody listens on now.
#[must_use]
pub fn free_port() -> u16 {
    loop {
        let port = fastrand::u16(PORTS);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
