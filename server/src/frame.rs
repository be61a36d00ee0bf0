//! A message to clients, encoded and framed once for all its receivers; it does no IO.

use axum::body::Bytes;
use live_jury_protocol::ServerFrame;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

/// A whole WebSocket frame. Clones share its bytes, so that a broadcast holds them once.
#[derive(Clone, Debug, Default)]
pub struct EncodedFrame(Bytes);

impl EncodedFrame {
    /// A text frame with the message as JSON. Encoding cannot fail: the types have no map whose keys are not text.
    #[must_use]
    pub fn encode(frame: &ServerFrame) -> Self {
        Self::text(serde_json::to_string(frame).unwrap_or_default())
    }

    /// A text frame.
    #[must_use]
    pub fn text(text: String) -> Self {
        Self::framed(Frame::message(text, OpCode::Data(Data::Text), true))
    }

    /// A ping without a payload. The client answers it.
    #[must_use]
    pub fn ping() -> Self {
        Self(Bytes::from_static(b"\x89\x00"))
    }

    /// A pong that nobody asked for: a sign of life, which no client answers (RFC 6455, 5.5.3).
    #[must_use]
    pub fn pong() -> Self {
        Self(Bytes::from_static(b"\x8a\x00"))
    }

    /// The frame's bytes on the wire: header and payload, not masked.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn framed(frame: Frame) -> Self {
        let mut bytes = Vec::with_capacity(frame.len());
        // Writing to memory cannot fail.
        let _ = frame.format(&mut bytes);
        Self(bytes.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_whole_and_unmasked() {
        assert_eq!(EncodedFrame::text("ab".to_owned()).bytes(), b"\x81\x02ab");
        assert_eq!(EncodedFrame::text("x".repeat(200)).bytes()[..4], *b"\x81\x7e\x00\xc8");
        assert_eq!(EncodedFrame::ping().bytes(), EncodedFrame::framed(Frame::ping(Bytes::new())).bytes());
        assert_eq!(EncodedFrame::pong().bytes(), EncodedFrame::framed(Frame::pong(Bytes::new())).bytes());
    }
}
