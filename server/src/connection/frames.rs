//! What a socket says, decoded: a frame of the protocol, a heartbeat, or why it ends; it answers nothing.

use live_jury_protocol::{ClientFrame, FrameError, close, limits};
use serde::Deserialize;
use tokio::time::Instant;

use super::End;
use crate::admission::Bucket;
use crate::socket::{Error, Message, Socket};

/// What came in.
pub enum Input {
    /// A frame of the protocol.
    Frame(ClientFrame),
    /// A text that is none, why, and how to say so.
    NotUnderstood(FrameError, String),
    /// A ping or pong: somebody is there.
    Heartbeat,
    /// The end.
    End(End),
}

/// The next thing that comes in.
pub async fn next(socket: &mut Socket) -> Input {
    match socket.next().await {
        Some(Ok(Message::Text(text))) => decode(&text),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Input::Heartbeat,
        Some(Ok(Message::Binary(_) | Message::Frame(_))) => Input::End(End::Close(close::PROTOCOL, "frames are text")),
        Some(Ok(Message::Close(_))) | None => Input::End(End::Lost),
        Some(Err(error)) => Input::End(end_of(&error)),
    }
}

/// The first frame; what is none ends the socket, and so do more heartbeats than the bucket holds.
pub async fn first(socket: &mut Socket, bucket: &mut Bucket) -> Result<ClientFrame, End> {
    loop {
        let input = next(socket).await;
        if !bucket.take(Instant::now()) {
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

/// How a socket ends that says more than it may.
pub fn too_many() -> End {
    End::Close(close::TOO_MANY_FRAMES, "too many frames")
}

/// What to say to a second join.
pub fn already_joined() -> (FrameError, String) {
    (FrameError::AlreadyJoined, "this socket has joined; a new token comes with renew".to_owned())
}

fn end_of(error: &Error) -> End {
    match error {
        Error::Capacity(_) => End::Close(close::TOO_LARGE, "a frame is at most 4 KiB"),
        Error::Utf8(_) => End::Close(close::PROTOCOL, "frames are UTF-8"),
        _ => End::Lost,
    }
}

fn decode(text: &str) -> Input {
    match serde_json::from_str::<ClientFrame>(text) {
        Ok(ClientFrame::Cast { request: Some(request), .. }) if request.len() > limits::REQUEST_BYTES_MAX => {
            let detail = format!("request is at most {} bytes", limits::REQUEST_BYTES_MAX);
            Input::NotUnderstood(FrameError::TooLong, detail)
        }
        Ok(frame) => Input::Frame(frame),
        Err(error) => explain(text, &error),
    }
}

/// Tells a frame of another version from one that is broken.
fn explain(text: &str, error: &serde_json::Error) -> Input {
    #[derive(Deserialize)]
    struct Tagged {
        r#type: String,
    }
    const KNOWN: [&str; 3] = ["join", "cast", "renew"];
    match serde_json::from_str::<Tagged>(text) {
        Ok(tagged) if !KNOWN.contains(&tagged.r#type.as_str()) => {
            Input::NotUnderstood(FrameError::UnknownType, "type must be join, cast or renew".to_owned())
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
    fn what_is_not_understood_says_why() {
        assert_eq!(code(r#"{"type":"cast","case":"c","option":"o","more":[1]}"#), None);
        assert_eq!(code("{"), Some(FrameError::Malformed));
        assert_eq!(code("[]"), Some(FrameError::Malformed));
        assert_eq!(code(r#"{"type":"cast","case":"c"}"#), Some(FrameError::Malformed));
        assert_eq!(code(r#"{"type":"cast","case":"c","option":"o","change":-1}"#), Some(FrameError::Malformed));
        assert_eq!(code(r#"{"type":"shout"}"#), Some(FrameError::UnknownType));
        let long = format!(r#"{{"type":"cast","case":"c","option":"o","request":"{}"}}"#, "x".repeat(65));
        assert_eq!(code(&long), Some(FrameError::TooLong));
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(text in ".{0,200}") {
            let _ = decode(&text);
        }
    }
}
