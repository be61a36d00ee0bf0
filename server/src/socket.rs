//! A WebSocket of the server: accepts the upgrade of a request, reads messages, writes encoded frames; it knows
//! nothing of the protocol.

mod counted_stream;

use std::io::{self, IoSlice};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::SEC_WEBSOCKET_PROTOCOL;
use axum::http::{self, HeaderMap, HeaderValue};
use axum::response::Response;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, SinkExt, StreamExt};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use live_jury_protocol::{SUBPROTOCOL, limits};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
pub use tokio_tungstenite::tungstenite::{Error, Message};

use crate::admission::Rate;
use crate::client_stream::ClientStream;
use crate::frame::EncodedFrame;
pub use counted_stream::CountedStream;

/// Bytes read at one time: a cast and more. Longer frames take several reads. The library's default of 128 KiB would
/// be most of a viewer's memory.
const READ_BUFFER_BYTES: usize = 512;
/// Frames passed to the kernel in one call, at most. More take further calls. A join rarely sends more.
const FRAMES_PER_WRITE: usize = 8;
/// Bytes of frames that are copied into one buffer before they are written, at most. Larger ones are passed to the
/// kernel as separate pieces. For small frames the copy costs less than the further pieces do.
const COPIED_BYTES_MAX: usize = 1_024;

/// Receive buffer of a socket in the kernel, which doubles it and uses half for its own records. Six of the largest
/// frames fit. A client that sends more waits: its frames stay in its own memory. The default grows to some megabytes,
/// and a node has tens of thousands of clients. With 16 KiB a proxy on the same machine, whose segments are large,
/// waits for its timers.
const RECEIVE_BUFFER_BYTES: usize = 6 * limits::FRAME_BYTES_MAX;

/// Time between two of the kernel's probes of a client that does not answer.
const PROBE_INTERVAL: Duration = Duration::from_secs(15);
/// Longest time without an acknowledgement of data or of probes; beyond it the kernel ends the connection. The first
/// probe comes within 105 s, and three more may get lost.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(150);

/// The socket after its upgrade; none if the client has gone.
pub type UpgradedSocket = BoxFuture<'static, Option<Socket>>;

/// A request for a WebSocket that is not answered yet.
#[derive(Debug)]
pub struct Upgrade {
    response: http::Response<Body>,
    upgrading: OnUpgrade,
}

impl Upgrade {
    /// The upgrade that `request` asks for; none if it asks for no WebSocket, or its connection cannot become one.
    pub fn of(request: Request) -> Option<Self> {
        let (mut parts, _) = request.into_parts();
        let upgrading = parts.extensions.remove::<OnUpgrade>()?;
        let request = http::Request::from_parts(parts, ());
        let mut response = create_response(&request).ok()?.map(|()| Body::empty());
        if offers_ours(request.headers()) {
            response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
        }
        Some(Self { response, upgrading })
    }

    /// Accepts the upgrade. Returns the response, and the socket that opens once the response is sent and takes bytes
    /// at this rate. The kernel probes its client after `keep_alive` of silence.
    pub fn accept(self, bytes: Rate, keep_alive: Duration) -> (Response, UpgradedSocket) {
        let Self { response, upgrading } = self;
        let socket = async move {
            let parts = upgrading.await.ok()?.downcast::<TokioIo<ClientStream>>().ok()?;
            let already_read = parts.read_buf.to_vec();
            let stream = parts.io.into_inner().into_inner();
            notice_dead_peer(&stream, keep_alive);
            bound_received(&stream);
            let stream = CountedStream::new(stream, bytes);
            Some(Socket::new(stream, already_read).await)
        };
        // Boxed, because the task that waits for it would keep half a kilobyte for it until the socket closes.
        (response, socket.boxed())
    }
}

/// Has the kernel notice a client that has gone without a word. An error leaves that to the pings.
fn notice_dead_peer(stream: &TcpStream, keep_alive: Duration) {
    let stream = SockRef::from(stream);
    let _ = stream.set_tcp_keepalive(&TcpKeepalive::new().with_time(keep_alive).with_interval(PROBE_INTERVAL));
    #[cfg(target_os = "linux")]
    let _ = stream.set_tcp_user_timeout(Some(UNACKNOWLEDGED_MAX));
}

/// Bounds the bytes that a client sends before they are read. An error leaves the kernel's own bound. Bytes that the
/// client sent with its request stay.
fn bound_received(stream: &TcpStream) {
    let _ = SockRef::from(stream).set_recv_buffer_size(RECEIVE_BUFFER_BYTES);
}

fn offers_ours(headers: &HeaderMap) -> bool {
    let offers = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|offer| offer.to_str().ok());
    offers.flat_map(|offer| offer.split(',')).any(|offer| offer.trim() == SUBPROTOCOL)
}

/// An open socket.
///
/// tungstenite reads, and writes the pongs and closes that the standard asks for. All other frames bypass it: it
/// would copy each one into a buffer of this socket, and keep that buffer at the size of the largest frame.
#[derive(Debug)]
pub struct Socket(Box<WebSocketStream<CountedStream>>);

impl Socket {
    /// A socket on a connection whose upgrade is done. `already_read` are bytes that the client sent after its request.
    pub async fn new(stream: CountedStream, already_read: Vec<u8>) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_message_size(Some(limits::FRAME_BYTES_MAX))
            .max_frame_size(Some(limits::FRAME_BYTES_MAX));
        Self(Box::new(WebSocketStream::from_partially_read(stream, already_read, Role::Server, Some(config)).await))
    }

    /// The next message of the client; none after the end.
    pub async fn next(&mut self) -> Option<Result<Message, Error>> {
        self.0.next().await
    }

    /// Sends frames, with few calls into the kernel. If the future is dropped before it completes, a frame may be
    /// half sent: then the socket can only be dropped, too.
    ///
    /// # Errors
    /// The client has gone.
    pub async fn send(&mut self, frames: &[EncodedFrame]) -> Result<(), Error> {
        // A pong may be half written; its rest comes first.
        self.0.flush().await?;
        let stream = self.0.get_mut();
        if let [frame] = frames {
            return Ok(stream.write_all(frame.bytes()).await?);
        }
        let bytes = frames.iter().map(|frame| frame.bytes().len()).sum();
        if bytes <= COPIED_BYTES_MAX {
            let mut together = Vec::with_capacity(bytes);
            frames.iter().for_each(|frame| together.extend_from_slice(frame.bytes()));
            return Ok(stream.write_all(&together).await?);
        }
        for frames in frames.chunks(FRAMES_PER_WRITE) {
            let mut slices = [IoSlice::new(&[]); FRAMES_PER_WRITE];
            for (slice, frame) in slices.iter_mut().zip(frames) {
                *slice = IoSlice::new(frame.bytes());
            }
            write_all(stream, &mut slices[..frames.len()]).await?;
        }
        Ok(())
    }

    /// Sends a close frame with a code and a reason.
    ///
    /// # Errors
    /// The client has gone.
    pub async fn close(&mut self, code: u16, reason: &'static str) -> Result<(), Error> {
        self.0.as_mut().close(Some(CloseFrame { code: code.into(), reason: reason.into() })).await
    }

    /// Reads and drops the rest of a client that sent too many bytes. It returns at once for any other client.
    pub async fn discard_excess(&mut self) {
        self.0.get_mut().discard_excess().await;
    }
}

async fn write_all(stream: &mut CountedStream, mut slices: &mut [IoSlice<'_>]) -> io::Result<()> {
    // Skips leading empty slices, which would look like a closed socket.
    IoSlice::advance_slices(&mut slices, 0);
    while !slices.is_empty() {
        let written = stream.write_vectored(slices).await?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        IoSlice::advance_slices(&mut slices, written);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    use super::*;

    /// Bytes that both ends' buffers hold for a client that is not read, at most. Without the bound they hold
    /// 85 KB, and megabytes once the client was read for a while.
    const UNREAD_BYTES_MAX: usize = 72 * 1_024;

    async fn pair() -> (Socket, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let rate = Rate { per_s: 1, burst: 1_024 * 1_024 };
        (Socket::new(CountedStream::new(server, rate), Vec::new()).await, client)
    }

    #[tokio::test]
    async fn frames_arrive_whole_and_in_order_at_a_slow_reader() {
        let (mut socket, mut client) = pair().await;
        let frames: Vec<EncodedFrame> = (0..100).map(|at| EncodedFrame::text(at.to_string().repeat(10_000))).collect();
        let all: Vec<u8> = frames.iter().flat_map(|frame| frame.bytes().to_vec()).collect();
        let sending = tokio::spawn(async move { socket.send(&frames).await.map(|()| socket) });
        let mut received = vec![0; all.len()];
        for part in received.chunks_mut(9_999) {
            client.read_exact(part).await.unwrap();
        }
        assert!(received == all, "they differ");
        sending.await.unwrap().unwrap();
    }

    /// A masked text message of this many bytes.
    fn message(bytes: usize) -> Vec<u8> {
        let mut frame = vec![0x81, 0xfe];
        frame.extend(u16::try_from(bytes).unwrap().to_be_bytes());
        frame.extend([0; 4]);
        frame.resize(frame.len() + bytes, b'x');
        frame
    }

    #[tokio::test]
    async fn a_client_that_is_not_read_soon_waits_and_its_largest_frames_pass() {
        let (mut socket, client) = pair().await;
        bound_received(socket.0.get_ref().stream());
        SockRef::from(&client).set_send_buffer_size(2 * limits::FRAME_BYTES_MAX).unwrap();
        let frame = message(limits::FRAME_BYTES_MAX);
        let mut sent = 0;
        client.writable().await.unwrap();
        while let Ok(bytes) = client.try_write(&frame[sent % frame.len()..]) {
            sent += bytes;
        }
        assert!(sent > frame.len() && sent < UNREAD_BYTES_MAX, "{sent} bytes were taken");
        let (whole, rest) = (sent / frame.len(), sent % frame.len());
        let mut client = client;
        let sending = tokio::spawn(async move {
            client.write_all(&frame[rest..]).await.unwrap();
            client.write_all(&frame).await.unwrap();
            client
        });
        for _ in 0..whole + 2 {
            let Some(Ok(Message::Text(text))) = socket.next().await else { panic!("a message is lost") };
            assert_eq!(text.len(), limits::FRAME_BYTES_MAX);
        }
        sending.await.unwrap();
    }

    #[tokio::test]
    async fn a_pong_is_sent_before_later_frames() {
        let (mut socket, mut client) = pair().await;
        client.write_all(b"\x89\x80\0\0\0\0").await.unwrap();
        assert!(matches!(socket.next().await, Some(Ok(Message::Ping(_)))));
        socket.send(&[EncodedFrame::default(), EncodedFrame::text("ab".to_owned())]).await.unwrap();
        let mut received = [0; 6];
        client.read_exact(&mut received).await.unwrap();
        assert_eq!(&received, b"\x8a\x00\x81\x02ab");
    }
}
