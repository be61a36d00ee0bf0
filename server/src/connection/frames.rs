//! Decodes a client's messages: a frame of the protocol, a heartbeat, or the end of the socket; it answers nothing.

use std::io;

use live_jury_protocol::{ClientFrame, FrameError, close, limits};
use serde::Deserialize;

use super::End;
use crate::admission::{Bucket, Rate};
use crate::clock::Clock;
use crate::socket::{Error, Message, Socket};

/// A message of the client.
pub enum Input {
    /// A frame of the protocol.
    Frame(ClientFrame),
    /// A text that is no frame of the protocol, with the error to send.
    NotUnderstood(FrameError, String),
    /// A ping or pong, which is only a sign of life.
    Heartbeat,
    /// The end of the socket.
    End(End),
}

/// The next message of the client.
pub async fn next(socket: &mut Socket) -> Input {
    match socket.next().await {
        Some(Ok(Message::Text(text))) => decode(&text),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Input::Heartbeat,
        Some(Ok(Message::Binary(_) | Message::Frame(_))) => Input::End(End::Close(close::PROTOCOL, "frames are text")),
        Some(Ok(Message::Close(_))) | None => Input::End(End::Lost),
        Some(Err(error)) => Input::End(end_of(&error)),
    }
}

/// The first frame. Any other message but a heartbeat ends the socket, and so do more heartbeats than `rate` allows.
pub async fn first(
    socket: &mut Socket,
    bucket: &mut Bucket,
    rate: Rate,
    clock: &dyn Clock,
) -> Result<ClientFrame, End> {
    loop {
        let input = next(socket).await;
        if !bucket.take(1, rate, clock.instant()) {
            return Err(too_many());
        }
        match input {
            Input::Frame(frame) => return Ok(frame),
            Input::Heartbeat => {}
            Input::NotUnderstood(..) => return Err(End::Close(close::PROTOCOL, "the first frame must be a join")),
            Input::End(end) => return Err(end),
        }
    }
}

/// The end of a socket that sends too many frames.
pub fn too_many() -> End {
    End::Close(close::TOO_MANY_FRAMES, "too many frames")
}

/// The error for a second join.
pub fn already_joined() -> (FrameError, String) {
    (FrameError::AlreadyJoined, "this socket has joined; a new token comes with renew".to_owned())
}

fn end_of(error: &Error) -> End {
    match error {
        Error::Capacity(_) => End::Close(close::TOO_LARGE, "a frame is at most 4 KiB"),
        Error::Io(error) if error.kind() == io::ErrorKind::QuotaExceeded => too_many(),
        Error::Utf8(_) => End::Close(close::PROTOCOL, "frames are UTF-8"),
        _ => End::Lost,
    }
}

fn decode(text: &str) -> Input {
    match serde_json::from_str::<ClientFrame>(text) {
        Ok(ClientFrame::Cast { request: Some(request), .. } | ClientFrame::Receipt { request: Some(request), .. })
            if request.len() > limits::REQUEST_BYTES_MAX =>
        {
            let detail = format!("request is at most {} bytes", limits::REQUEST_BYTES_MAX);
            Input::NotUnderstood(FrameError::TooLong, detail)
        }
        Ok(frame) => Input::Frame(frame),
        Err(error) => explain(text, &error),
    }
}

/// The error for a text that is no frame: an unknown type, which a newer client may send, or a malformed text.
fn explain(text: &str, error: &serde_json::Error) -> Input {
    #[derive(Deserialize)]
    struct Tagged {
        r#type: String,
    }
    const KNOWN: [&str; 4] = ["join", "cast", "renew", "receipt"];
    match serde_json::from_str::<Tagged>(text) {
        Ok(tagged) if !KNOWN.contains(&tagged.r#type.as_str()) => {
            Input::NotUnderstood(FrameError::UnknownType, "type must be join, cast, renew or receipt".to_owned())
        }
        _ => Input::NotUnderstood(FrameError::Malformed, error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Option<FrameError> {
        match decode(text) {
            Input::NotUnderstood(code, _) => Some(code),
            _ => None,
        }
    }

    #[test]
    fn an_error_names_its_cause() {
        assert_eq!(code(r#"{"type":"cast","case":"c","option":"o","more":[1]}"#), None);
        for remark in [r#""read":4"#, r#""read":-1"#, r#""read":"3""#, r#""reason":[null,1e300]"#, r#""reason":null"#] {
            assert_eq!(code(&format!(r#"{{"type":"cast","case":"c","option":"o",{remark}}}"#)), None, "{remark}");
        }
        assert_eq!(code("{"), Some(FrameError::Malformed));
        assert_eq!(code("[]"), Some(FrameError::Malformed));
        assert_eq!(code(r#"{"type":"cast","case":"c"}"#), Some(FrameError::Malformed));
        assert_eq!(code(r#"{"type":"cast","case":"c","option":"o","change":-1}"#), Some(FrameError::Malformed));
        assert_eq!(code(r#"{"type":"shout"}"#), Some(FrameError::UnknownType));
        let long = format!(r#"{{"type":"cast","case":"c","option":"o","request":"{}"}}"#, "x".repeat(65));
        assert_eq!(code(&long), Some(FrameError::TooLong));
        assert_eq!(code(r#"{"type":"receipt"}"#), Some(FrameError::Malformed));
        let long = format!(r#"{{"type":"receipt","case":"c","request":"{}"}}"#, "x".repeat(65));
        assert_eq!(code(&long), Some(FrameError::TooLong));
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in ".{0,200}") {
            let _ = decode(&text);
        }
    }
}
