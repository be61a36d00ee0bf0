//! A connection that says what no client would: bytes, by and by, from an address of its own.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use live_jury_tests::WAIT_MAX;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Between two looks at what comes.
const CLOSE_WAIT: Duration = Duration::from_millis(20);

/// One connection.
pub struct Raw {
    stream: TcpStream,
}

impl Raw {
    pub async fn connect(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap() }
    }

    /// From one of the machine's own addresses, 127.0.0.0/8.
    pub async fn connect_from(own: IpAddr, address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((own, 0).into()).unwrap();
        Self { stream: socket.connect(address).await.unwrap() }
    }

    /// Says it; that the other end has hung up is found out by what it answered.
    pub async fn send(&mut self, text: &str) {
        let _ = self.stream.write_all(text.as_bytes()).await;
    }

    /// The same, of bytes.
    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        let _ = self.try_send(bytes).await;
    }

    /// Says it, and tells whether the other end still listened.
    pub async fn try_send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok()
    }

    /// How many bytes come next, at most a buffer full; 0 at the end.
    pub async fn receive(&mut self) -> usize {
        let mut bytes = [0; 1_024];
        let reading = self.stream.read(&mut bytes);
        tokio::time::timeout(WAIT_MAX, reading).await.expect("something, or the end").unwrap_or_default()
    }

    /// Whether the other end has hung up, as far as is known within a moment.
    pub async fn is_closed(&mut self) -> bool {
        let mut byte = [0];
        let reading = self.stream.read(&mut byte);
        matches!(tokio::time::timeout(CLOSE_WAIT, reading).await, Ok(Ok(0) | Err(_)))
    }

    /// Asks for a socket in `room`, with more headers, each with its line end.
    pub async fn upgrade(&mut self, room: &str, headers: &str) -> u16 {
        self.send(&format!(
            "GET /api/v1/rooms/{room}/socket HTTP/1.1\r\nHost: jury\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
        ))
        .await;
        self.status().await
    }

    /// The status of the answer, when its headers are there; 0 if there is no answer.
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

    /// All that comes until the other end hangs up.
    pub async fn read_to_end(&mut self) -> String {
        let mut bytes = Vec::new();
        // A connection that is reset has ended, too.
        let reading = self.stream.read_to_end(&mut bytes);
        let _ = tokio::time::timeout(WAIT_MAX, reading).await.expect("the other end hangs up");
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
