//! The client's half of a WebSocket over bytes: the upgrade, text frames, whole frames out of what came; it does no IO.

use live_jury_protocol::SUBPROTOCOL;

/// Ends the head of an HTTP message.
const HEAD_END: &[u8] = b"\r\n\r\n";
/// How the answer to an upgrade begins that is granted.
const GRANTED: &[u8] = b"HTTP/1.1 101";

/// The most that a payload may have whose length stands in one byte, in two, and where the longer forms are told.
const SHORT_MAX: usize = 125;
const LENGTH_IN_2: u8 = 126;
const LENGTH_IN_8: u8 = 127;

/// A frame that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A text.
    Text(&'a [u8]),
    /// A ping, to be answered with the same.
    Ping(&'a [u8]),
    /// The end, with its code.
    Close(u16),
    /// Anything else, which asks for nothing.
    Other,
}

/// The request for a socket at `path`. The key is always the same: nobody caches between the two.
pub fn upgrade(host: &str, path: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n"
    )
    .into_bytes()
}

/// The answer to an upgrade: whether it is granted, and how many bytes it took; none while it is not whole.
pub fn answer(bytes: &[u8]) -> Option<(bool, usize)> {
    let end = bytes.windows(HEAD_END.len()).position(|window| window == HEAD_END)?;
    Some((bytes.starts_with(GRANTED), end + HEAD_END.len()))
}

/// A text frame. Masked, as a client's must be, with zeros, which change nothing and cost nothing.
pub fn text(payload: &[u8]) -> Vec<u8> {
    frame(0x81, payload)
}

/// The answer to a ping.
pub fn pong(payload: &[u8]) -> Vec<u8> {
    frame(0x8a, payload)
}

/// A goodbye, of the code for a page that is left.
pub fn goodbye() -> Vec<u8> {
    frame(0x88, &1001_u16.to_be_bytes())
}

fn frame(head: u8, payload: &[u8]) -> Vec<u8> {
    const MASKED: u8 = 0x80;
    let mut bytes = Vec::with_capacity(payload.len() + 8);
    bytes.push(head);
    match u8::try_from(payload.len()) {
        Ok(short) if payload.len() <= SHORT_MAX => bytes.push(MASKED | short),
        // Nothing longer than 64 KiB is ever said here.
        _ => {
            bytes.push(MASKED | LENGTH_IN_2);
            bytes.extend(u16::try_from(payload.len()).unwrap_or(u16::MAX).to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

/// The first frame of `bytes`, and how many of them it took; none while it is not whole.
pub fn next(bytes: &[u8]) -> Option<(Frame<'_>, usize)> {
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
        _ => Frame::Other,
    };
    Some((frame, start + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_where_they_end() {
        let mut came = vec![0x81, 3];
        came.extend(b"abc");
        came.extend([0x89, 0, 0x88, 2, 0x03, 0xf4]);
        assert_eq!(next(&came), Some((Frame::Text(b"abc"), 5)));
        assert_eq!(next(&came[5..]), Some((Frame::Ping(b""), 2)));
        assert_eq!(next(&came[7..]), Some((Frame::Close(1012), 4)));
        assert_eq!(next(&came[..4]), None);

        let long = vec![b'x'; 300];
        let mut came = vec![0x81, 126, 1, 44];
        came.extend(&long);
        assert_eq!(next(&came), Some((Frame::Text(&long), 304)));
        assert_eq!(next(&came[..303]), None);
    }

    #[test]
    fn what_is_said_is_masked() {
        assert_eq!(text(b"ab"), [0x81, 0x82, 0, 0, 0, 0, b'a', b'b']);
        let long = text(&[b'x'; 200]);
        assert_eq!((long[1], &long[2..4], long.len()), (0xfe, &[0, 200][..], 208));
    }

    #[test]
    fn an_upgrade_is_granted_or_not() {
        assert_eq!(answer(b"HTTP/1.1 101 Switching Protocols\r\na: b\r\n\r\nrest"), Some((true, 42)));
        assert_eq!(answer(b"HTTP/1.1 503 No\r\n\r\n"), Some((false, 19)));
        assert_eq!(answer(b"HTTP/1.1 101 Switching\r\n"), None);
    }
}
