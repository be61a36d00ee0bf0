//! A TCP connection that sends arbitrary bytes, from any loopback address; it implements no protocol.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use live_jury_tests::WAIT_MAX;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Wait for a close before a connection counts as open.
const CLOSE_WAIT: Duration = Duration::from_millis(20);

/// The receive buffer of a client that takes nothing. The kernel lets a buffer that is set grow no further, and a large
/// one would take an answer for the client.
const SMALL_BUFFER_BYTES: u32 = 16 * 1_024;

/// One connection.
pub struct Raw {
    stream: TcpStream,
}

impl Raw {
    pub async fn connect(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap() }
    }

    /// Connects with a small receive buffer, so that an answer waits in the server until it is read.
    pub async fn connect_unread(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(SMALL_BUFFER_BYTES).unwrap();
        Self { stream: socket.connect(address).await.unwrap() }
    }

    /// Connects from one of the machine's addresses in 127.0.0.0/8.
    pub async fn connect_from(own: IpAddr, address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((own, 0).into()).unwrap();
        Self { stream: socket.connect(address).await.unwrap() }
    }

    /// Sends a text. A closed connection is found by reading.
    pub async fn send(&mut self, text: &str) {
        let _ = self.stream.write_all(text.as_bytes()).await;
    }

    /// Sends bytes. A closed connection is found by reading.
    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        let _ = self.try_send(bytes).await;
    }

    /// Sends bytes and returns whether the connection was still open.
    pub async fn try_send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok()
    }

    /// Number of the next bytes, up to a buffer's size; 0 at the end.
    pub async fn receive(&mut self) -> usize {
        let mut bytes = [0; 1_024];
        let reading = self.stream.read(&mut bytes);
        tokio::time::timeout(WAIT_MAX, reading).await.expect("something, or the end").unwrap_or_default()
    }

    /// Whether the other end closes the connection within [`CLOSE_WAIT`].
    pub async fn is_closed(&mut self) -> bool {
        let mut byte = [0];
        let reading = self.stream.read(&mut byte);
        matches!(tokio::time::timeout(CLOSE_WAIT, reading).await, Ok(Ok(0) | Err(_)))
    }

    /// Requests a socket in `room`, with further headers, each with its line end. Returns the status.
    pub async fn upgrade(&mut self, room: &str, headers: &str) -> u16 {
        self.send(&format!(
            "GET /api/v1/rooms/{room}/socket HTTP/1.1\r\nHost: jury\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
        ))
        .await;
        self.status().await
    }

    /// The status of the answer after its headers; 0 without an answer.
    pub async fn status(&mut self) -> u16 {
        let mut head = Vec::new();
        let mut byte = [0];
        let reading = async {
            while !head.ends_with(b"\r\n\r\n") {
                match self.stream.read(&mut byte).await {
                    Ok(1) => head.push(byte[0]),
                    _ => break,
                }
            }
        };
        tokio::time::timeout(WAIT_MAX, reading).await.expect("an answer, or the end");
        let text = String::from_utf8_lossy(&head);
        text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    /// Everything until the other end closes the connection.
    pub async fn read_to_end(&mut self) -> String {
        let mut bytes = Vec::new();
        // A reset connection has ended, too.
        let reading = self.stream.read_to_end(&mut bytes);
        let _ = tokio::time::timeout(WAIT_MAX, reading).await.expect("the other end hangs up");
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
