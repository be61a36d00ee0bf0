//! WebSocket close codes. 4000 to 4499, 1012 and 1013 invite a client to reconnect; 4500 to 4999 do not.

/// The connection ended normally.
pub const NORMAL: u16 = 1000;
/// A frame exceeded [`crate::limits::FRAME_BYTES_MAX`].
pub const TOO_LARGE: u16 = 1009;
/// The node shuts down. Another node, or this one after a restart, takes over.
pub const RESTART: u16 = 1012;
/// The node is at its join limit, or its tally store does not answer.
pub const TRY_LATER: u16 = 1013;
/// The socket sent no `join` within [`crate::limits::JOIN_TIMEOUT_MS`].
pub const JOIN_TIMEOUT: u16 = 4408;
/// The socket exceeded the node's frame rate.
pub const TOO_MANY_FRAMES: u16 = 4429;
/// The token is invalid or has expired.
pub const TOKEN_INVALID: u16 = 4501;
/// The token is valid, but not for this room.
pub const NOT_ALLOWED: u16 = 4503;
/// The frame is not allowed at this point of the protocol.
pub const PROTOCOL: u16 = 4509;
/// A newer socket of the same juror replaced this one.
pub const REPLACED: u16 = 4510;

/// Whether a client should reconnect by itself after a close with `code`.
///
/// A lost connection has no code of its own; browsers report 1006. A client should reconnect.
#[must_use]
pub const fn should_reconnect(code: u16) -> bool {
    !matches!(code, NORMAL | TOO_LARGE | 4500..=4999)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_reconnects_only_after_codes_that_another_attempt_can_mend() {
        for code in [1001, 1006, 1011, RESTART, TRY_LATER, JOIN_TIMEOUT, TOO_MANY_FRAMES] {
            assert!(should_reconnect(code), "{code}");
        }
        for code in [NORMAL, TOO_LARGE, TOKEN_INVALID, NOT_ALLOWED, PROTOCOL, REPLACED] {
            assert!(!should_reconnect(code), "{code}");
        }
    }
}
