//! A WebSocket as the server speaks it: granted by axum's request, heard by tungstenite, spoken to in words that are framed
//! once for all who hear them; it knows nothing of the protocol.

use std::io::{self, IoSlice};

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::SEC_WEBSOCKET_PROTOCOL;
use axum::http::{self, HeaderMap, HeaderValue};
use axum::response::Response;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, SinkExt, StreamExt};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use live_jury_protocol::{SUBPROTOCOL, limits};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
pub use tokio_tungstenite::tungstenite::{Error, Message};

use crate::client_stream::ClientStream;

/// What is read at one time, in bytes: a cast and more. The library's default of 128 KiB would be most of what a viewer costs.
const READ_BUFFER_BYTES: usize = 512;
/// Words that the kernel is given at one time; a join's are as many.
const FRAMES_PER_WRITE: usize = 8;
/// Words that take no more than this together, in bytes, are copied into one: the kernel takes one piece faster than several, by more
/// than the copy costs.
const COPIED_BYTES_MAX: usize = 1_024;

/// Something to say, framed: the same bytes go to all whom it is for.
#[derive(Clone, Debug, Default)]
pub struct EncodedFrame(Bytes);

impl EncodedFrame {
    /// A text message.
    #[must_use]
    pub fn text(text: String) -> Self {
        Self::framed(Frame::message(text, OpCode::Data(Data::Text), true))
    }

    /// A question whether somebody is there.
    #[must_use]
    pub fn ping() -> Self {
        Self::framed(Frame::ping(Bytes::new()))
    }

    fn framed(frame: Frame) -> Self {
        let mut bytes = Vec::with_capacity(frame.len());
        // Memory takes all that is written to it.
        let _ = frame.format(&mut bytes);
        Self(bytes.into())
    }
}

/// A socket on its way.
pub type UpgradedSocket = BoxFuture<'static, Option<Socket>>;

/// The WebSocket that a request asks for.
#[derive(Debug)]
pub struct Upgrade {
    response: http::Response<Body>,
    upgrading: OnUpgrade,
}

impl Upgrade {
    /// What a request asks for; none if it is not a WebSocket, or not on a connection that can become one.
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

    /// Grants it: the answer, and the socket once the answer is sent, if the client is still there.
    pub fn accept(self) -> (Response, UpgradedSocket) {
        let Self { response, upgrading } = self;
        let socket = async {
            let parts = upgrading.await.ok()?.downcast::<TokioIo<ClientStream>>().ok()?;
            let said = parts.read_buf.to_vec();
            Some(Socket::new(parts.io.into_inner().into_inner(), said).await)
        };
        // Boxed: whoever waits for it would keep half a kilobyte for it as long as the socket lives.
        (response, socket.boxed())
    }
}

fn offers_ours(headers: &HeaderMap) -> bool {
    let offers = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|offer| offer.to_str().ok());
    offers.flat_map(|offer| offer.split(',')).any(|offer| offer.trim() == SUBPROTOCOL)
}

/// An open socket.
///
/// tungstenite reads, and says what the standard asks for by itself: pongs and closes. All else goes past it to the kernel: it
/// would copy each frame into a buffer of the socket's own, and keep the room for the largest as long as the socket lives.
#[derive(Debug)]
pub struct Socket(Box<WebSocketStream<TcpStream>>);

impl Socket {
    async fn new(stream: TcpStream, said: Vec<u8>) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_message_size(Some(limits::FRAME_BYTES_MAX))
            .max_frame_size(Some(limits::FRAME_BYTES_MAX));
        Self(Box::new(WebSocketStream::from_partially_read(stream, said, Role::Server, Some(config)).await))
    }

    /// The next that the other end says; none at the end.
    pub async fn next(&mut self) -> Option<Result<Message, Error>> {
        self.0.next().await
    }

    /// Says these, with as few calls into the kernel as they take. One that is dropped before it is done has said a part: the
    /// socket is of no use then.
    ///
    /// # Errors
    /// The other end is gone.
    pub async fn send(&mut self, frames: &[EncodedFrame]) -> Result<(), Error> {
        // A pong that is half out comes first.
        self.0.flush().await?;
        let stream = self.0.get_mut();
        if let [frame] = frames {
            return Ok(stream.write_all(&frame.0).await?);
        }
        let bytes = frames.iter().map(|frame| frame.0.len()).sum();
        if bytes <= COPIED_BYTES_MAX {
            let mut together = Vec::with_capacity(bytes);
            frames.iter().for_each(|frame| together.extend_from_slice(&frame.0));
            return Ok(stream.write_all(&together).await?);
        }
        for frames in frames.chunks(FRAMES_PER_WRITE) {
            let mut slices = [IoSlice::new(&[]); FRAMES_PER_WRITE];
            for (slice, frame) in slices.iter_mut().zip(frames) {
                *slice = IoSlice::new(&frame.0);
            }
            write_all(stream, &mut slices[..frames.len()]).await?;
        }
        Ok(())
    }

    /// Says that this is the end, and why.
    ///
    /// # Errors
    /// The other end is gone.
    pub async fn close(&mut self, code: u16, reason: &'static str) -> Result<(), Error> {
        self.0.as_mut().close(Some(CloseFrame { code: code.into(), reason: reason.into() })).await
    }
}

async fn write_all(stream: &mut TcpStream, mut slices: &mut [IoSlice<'_>]) -> io::Result<()> {
    // Lets go of those that are empty.
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

    async fn pair() -> (Socket, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let there = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (here, _) = listener.accept().await.unwrap();
        (Socket::new(here, Vec::new()).await, there)
    }

    #[test]
    fn a_word_is_a_whole_unmasked_frame() {
        assert_eq!(&EncodedFrame::text("ab".to_owned()).0[..], b"\x81\x02ab");
        assert_eq!(&EncodedFrame::text("x".repeat(200)).0[..4], b"\x81\x7e\x00\xc8");
        assert_eq!(&EncodedFrame::ping().0[..], b"\x89\x00");
    }

    #[tokio::test]
    async fn words_arrive_whole_and_in_order_however_slowly_they_are_taken() {
        let (mut socket, mut there) = pair().await;
        let frames: Vec<EncodedFrame> = (0..100).map(|at| EncodedFrame::text(at.to_string().repeat(10_000))).collect();
        let all: Vec<u8> = frames.iter().flat_map(|frame| frame.0.to_vec()).collect();
        let said = tokio::spawn(async move { socket.send(&frames).await.map(|()| socket) });
        let mut came = vec![0; all.len()];
        for part in came.chunks_mut(9_999) {
            there.read_exact(part).await.unwrap();
        }
        assert!(came == all, "they differ");
        said.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_pong_comes_before_what_is_said_after_it() {
        let (mut socket, mut there) = pair().await;
        there.write_all(b"\x89\x80\0\0\0\0").await.unwrap();
        assert!(matches!(socket.next().await, Some(Ok(Message::Ping(_)))));
        socket.send(&[EncodedFrame::default(), EncodedFrame::text("ab".to_owned())]).await.unwrap();
        let mut came = [0; 6];
        there.read_exact(&mut came).await.unwrap();
        assert_eq!(&came, b"\x8a\x00\x81\x02ab");
    }
}
