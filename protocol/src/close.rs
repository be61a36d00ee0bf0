//! WebSocket close codes: 4000 to 4499, 1012 and 1013 mean come back later, 4500 to 4999 do not come back as you are.

/// Normal end.
pub const NORMAL: u16 = 1000;
/// A frame was larger than [`crate::limits::FRAME_BYTES_MAX`].
pub const TOO_LARGE: u16 = 1009;
/// The node is going away; another one, or this one restarted, takes over.
pub const RESTART: u16 = 1012;
/// The node takes no more joins now, or its tally store is away.
pub const TRY_LATER: u16 = 1013;
/// No `join` within [`crate::limits::JOIN_TIMEOUT_MS`].
pub const JOIN_TIMEOUT: u16 = 4408;
/// More frames a second than the node takes from one socket.
pub const TOO_MANY_FRAMES: u16 = 4429;
/// The token is invalid or has ended.
pub const TOKEN_INVALID: u16 = 4501;
/// The token is good, but not for this room.
pub const NOT_ALLOWED: u16 = 4503;
/// A frame that this protocol does not have at this place.
pub const PROTOCOL: u16 = 4509;
/// A newer socket of the same juror took this one's place.
pub const REPLACED: u16 = 4510;

/// Whether a client that was closed with `code` should connect again by itself.
///
/// A lost connection has no code of its own (browsers say 1006) and is worth another try.
#[must_use]
pub const fn should_reconnect(code: u16) -> bool {
    !matches!(code, NORMAL | TOO_LARGE | 4500..=4999)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_another_try_can_mend_is_tried_again() {
        for code in [1001, 1006, 1011, RESTART, TRY_LATER, JOIN_TIMEOUT, TOO_MANY_FRAMES] {
            assert!(should_reconnect(code), "{code}");
        }
        for code in [NORMAL, TOO_LARGE, TOKEN_INVALID, NOT_ALLOWED, PROTOCOL, REPLACED] {
            assert!(!should_reconnect(code), "{code}");
        }
    }
}
