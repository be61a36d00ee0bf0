//! Clients that read nothing: sockets that have joined, and requests whose answers nobody takes; they keep no log.

use std::net::SocketAddr;

use live_jury_protocol::Role;
use live_jury_tests::tokens;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};

use crate::plan::room_name;

/// Bytes of the clients' receive buffers, so that nodes soon hold what these do not take.
const BUFFER_BYTES: u32 = 4_096;
/// Requests of one client that asks for pages.
const REQUESTS: usize = 50;

/// Connects clients to these nodes in turns. Dropping them disconnects them. A node may be down, and then has none.
pub async fn stall(nodes: &[SocketAddr], clients: usize) -> Vec<TcpStream> {
    let mut stalled = Vec::new();
    for (number, node) in nodes.iter().cycle().take(clients).enumerate() {
        let bytes = if number % 2 == 0 { join(number) } else { requests(number).into_bytes() };
        if let Ok(mut stream) = connect(*node).await
            && stream.write_all(&bytes).await.is_ok()
        {
            stalled.push(stream);
        }
    }
    stalled
}

async fn connect(node: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(BUFFER_BYTES)?;
    socket.connect(node).await
}

fn token(number: usize) -> String {
    tokens::token(Role::Viewer, &room_name(0), &format!("stalled-{number}"))
}

/// An upgrade with a join behind it.
fn join(number: usize) -> Vec<u8> {
    let mut bytes = format!(
        "GET /api/v1/rooms/{}/socket HTTP/1.1\r\nHost: jury\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: jury.v1.json\r\n\r\n",
        room_name(0)
    )
    .into_bytes();
    let text = json!({ "type": "join", "token": token(number) }).to_string();
    // A masked text frame with a length of two bytes; a mask of zeros changes nothing.
    bytes.extend([0x81, 0xfe]);
    bytes.extend(u16::try_from(text.len()).expect("a short token").to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(text.into_bytes());
    bytes
}

/// Many requests for pages, one behind the other.
fn requests(number: usize) -> String {
    let request = format!(
        "GET /api/v1/rooms/{}/cases?limit=100 HTTP/1.1\r\nHost: jury\r\nAuthorization: Bearer {}\r\n\r\n",
        room_name(0),
        token(number)
    );
    request.repeat(REQUESTS)
}
