//! The client's side of a WebSocket, as bytes: the upgrade, frames to send, and received frames; it does no IO.

use std::net::Ipv4Addr;

use live_jury_protocol::SUBPROTOCOL;

/// Ends the head of an HTTP message.
const HEAD_END: &[u8] = b"\r\n\r\n";
/// The start of the answer to an accepted upgrade.
const ACCEPTED: &[u8] = b"HTTP/1.1 101";

/// The longest payload whose length has one byte, and the marks of lengths in two and in eight bytes (RFC 6455, 5.2).
const SHORT_MAX: usize = 125;
const LENGTH_IN_2: u8 = 126;
const LENGTH_IN_8: u8 = 127;

/// A received frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A text.
    Text(&'a [u8]),
    /// A ping, to be answered by a pong with the same payload.
    Ping(&'a [u8]),
    /// A close, with its code.
    Close(u16),
    /// A pong, also an unsolicited one; it needs no answer.
    Pong,
    /// Any other frame; it needs no answer.
    Other,
}

/// The request for a socket at `path`, with an `X-Forwarded-For` as a proxy sends it, if there is an address for it.
/// The key is constant: no cache is between client and server.
pub fn upgrade(host: &str, path: &str, forwarded_for: Option<Ipv4Addr>) -> Vec<u8> {
    let forwarded = forwarded_for.map(|address| format!("X-Forwarded-For: {address}\r\n")).unwrap_or_default();
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n{forwarded}\r\n"
    )
    .into_bytes()
}

/// Parses the answer to an upgrade: whether it is accepted, and its length in bytes; none while it is incomplete.
pub fn upgrade_answer(bytes: &[u8]) -> Option<(bool, usize)> {
    let end = bytes.windows(HEAD_END.len()).position(|window| window == HEAD_END)?;
    Some((bytes.starts_with(ACCEPTED), end + HEAD_END.len()))
}

/// A text frame. A client's frames must be masked; a mask of zeros leaves the payload as it is.
pub fn text(payload: &[u8]) -> Vec<u8> {
    frame(0x81, payload)
}

/// A pong, the answer to a ping.
pub fn pong(payload: &[u8]) -> Vec<u8> {
    frame(0x8a, payload)
}

/// A close with code 1001, as of a page that the viewer leaves.
pub fn close_going_away() -> Vec<u8> {
    frame(0x88, &1001_u16.to_be_bytes())
}

fn frame(head: u8, payload: &[u8]) -> Vec<u8> {
    const MASKED: u8 = 0x80;
    let mut bytes = Vec::with_capacity(payload.len() + 8);
    bytes.push(head);
    match u8::try_from(payload.len()) {
        Ok(short) if payload.len() <= SHORT_MAX => bytes.push(MASKED | short),
        // No frame of this client is longer than 64 KiB.
        _ => {
            bytes.push(MASKED | LENGTH_IN_2);
            bytes.extend(u16::try_from(payload.len()).unwrap_or(u16::MAX).to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

/// Parses the first frame of `bytes` and its length; none while it is incomplete.
pub fn next_frame(bytes: &[u8]) -> Option<(Frame<'_>, usize)> {
    let (head, length) = (*bytes.first()?, *bytes.get(1)?);
    let (length, start) = match length {
        LENGTH_IN_2 => (usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)), 4),
        LENGTH_IN_8 => (usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?, 10),
        short => (usize::from(short), 2),
    };
    let payload = bytes.get(start..start + length)?;
    let frame = match head & 0x0f {
        0x1 => Frame::Text(payload),
        0x8 => Frame::Close(payload.get(..2).map_or(1005, |code| u16::from_be_bytes([code[0], code[1]]))),
        0x9 => Frame::Ping(payload),
        0xa => Frame::Pong,
        _ => Frame::Other,
    };
    Some((frame, start + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_parsed_once_it_is_complete() {
        let mut bytes = vec![0x81, 3];
        bytes.extend(b"abc");
        bytes.extend([0x89, 0, 0x88, 2, 0x03, 0xf4, 0x8a, 0]);
        assert_eq!(next_frame(&bytes), Some((Frame::Text(b"abc"), 5)));
        assert_eq!(next_frame(&bytes[5..]), Some((Frame::Ping(b""), 2)));
        assert_eq!(next_frame(&bytes[7..]), Some((Frame::Close(1012), 4)));
        assert_eq!(next_frame(&bytes[11..]), Some((Frame::Pong, 2)));
        assert_eq!(next_frame(&bytes[..4]), None);

        let long = vec![b'x'; 300];
        let mut bytes = vec![0x81, 126, 1, 44];
        bytes.extend(&long);
        assert_eq!(next_frame(&bytes), Some((Frame::Text(&long), 304)));
        assert_eq!(next_frame(&bytes[..303]), None);
    }

    #[test]
    fn an_upgrade_names_the_address_behind_a_proxy() {
        let request = |forwarded_for| String::from_utf8(upgrade("host", "/path", forwarded_for)).unwrap();
        assert!(!request(None).contains("X-Forwarded-For"));
        assert!(request(None).ends_with("\r\n\r\n"));
        assert!(request(Some(Ipv4Addr::new(198, 18, 0, 7))).ends_with("\r\nX-Forwarded-For: 198.18.0.7\r\n\r\n"));
    }

    #[test]
    fn sent_frames_are_masked() {
        assert_eq!(text(b"ab"), [0x81, 0x82, 0, 0, 0, 0, b'a', b'b']);
        let long = text(&[b'x'; 200]);
        assert_eq!((long[1], &long[2..4], long.len()), (0xfe, &[0, 200][..], 208));
    }

    #[test]
    fn an_upgrade_is_accepted_or_refused() {
        assert_eq!(upgrade_answer(b"HTTP/1.1 101 Switching Protocols\r\na: b\r\n\r\nrest"), Some((true, 42)));
        assert_eq!(upgrade_answer(b"HTTP/1.1 503 No\r\n\r\n"), Some((false, 19)));
        assert_eq!(upgrade_answer(b"HTTP/1.1 101 Switching\r\n"), None);
    }
}
