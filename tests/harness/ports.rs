//! Ports for the servers that the harness starts; it never listens itself.

use std::net::TcpListener;
use std::ops::Range;

/// Below the range that Linux gives to outgoing connections by default. So no connection takes the port of a stopped
/// server before its restart.
const PORTS: Range<u16> = 10_000..32_768;

/// A port on 127.0.0.1 without a listener.
#[must_use]
pub fn free_port() -> u16 {
    loop {
        let port = fastrand::u16(PORTS);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
