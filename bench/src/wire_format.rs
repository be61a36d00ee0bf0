//! The messages on a socket, in the format of Live Jury or of socket.io. It parses only the needed part of a frame, so
//! that parsing never dominates a measurement.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// The format of a target's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum WireFormat {
    /// The project's protocol.
    Jury,
    /// The same messages as events of socket.io.
    SocketIo,
    /// Receive only: an open socket counts as joined, and receives the published tallies.
    Listen,
}

/// A received message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// Socket.io's transport is open: the client must answer.
    Open,
    /// The socket may join now.
    MayJoin,
    /// The socket has joined.
    Welcome,
    /// The room's cases.
    Docket,
    /// A cast was acknowledged.
    Ballot {
        /// The ballot was not recorded before, or with another option.
        new: bool,
    },
    /// A cast was refused, or there is no receipt.
    Refused {
        /// The same may be sent again later.
        retry: bool,
    },
    /// A receipt was given.
    Receipt,
    /// A tally, with its number of ballots.
    Tally(u64),
    /// Socket.io's ping, to be answered.
    Ping,
    /// Any other message.
    Other,
}

impl WireFormat {
    /// The path of a room's socket.
    pub fn path(self, room: &str) -> String {
        match self {
            Self::Jury | Self::Listen => format!("/api/v1/rooms/{room}/socket"),
            Self::SocketIo => "/socket.io/?EIO=4&transport=websocket".to_owned(),
        }
    }

    /// A message that joins.
    pub fn join(self, token: &str) -> String {
        match self {
            Self::Jury | Self::Listen => format!(r#"{{"type":"join","token":"{token}"}}"#),
            Self::SocketIo => format!(r#"42["join",{{"token":"{token}"}}]"#),
        }
    }

    /// A message that casts, for the juror's `change`-th change.
    pub fn cast(self, case: &str, option: &str, change: u32) -> String {
        match self {
            Self::Jury | Self::Listen => {
                format!(r#"{{"type":"cast","case":"{case}","option":"{option}","change":{change}}}"#)
            }
            Self::SocketIo => format!(r#"42["cast",{{"case":"{case}","option":"{option}","change":{change}}}]"#),
        }
    }

    /// A message that asks for a receipt. No baseline gives one.
    pub fn receipt(self, case: &str) -> String {
        format!(r#"{{"type":"receipt","case":"{case}"}}"#)
    }

    /// Parses a message.
    pub fn parse(self, text: &[u8]) -> Message {
        match self {
            Self::Jury | Self::Listen => match text.strip_prefix(br#"{"type":""#) {
                Some(rest) => event(rest),
                None => Message::Other,
            },
            Self::SocketIo => match text {
                [b'0', ..] => Message::Open,
                [b'4', b'0', ..] => Message::MayJoin,
                [b'2'] => Message::Ping,
                _ => text.strip_prefix(br#"42[""#).map_or(Message::Other, event),
            },
        }
    }
}

/// Parses an event from its name on.
fn event(rest: &[u8]) -> Message {
    if rest.starts_with(b"ballot\"") {
        // The ids of case and option are between name and status.
        Message::Ballot { new: !contains(rest, br#""status":"duplicate""#) }
    } else if rest.starts_with(b"tally\"") {
        Message::Tally(number_after(rest, br#""ballots":"#).unwrap_or(0))
    } else if rest.starts_with(b"receipt\"") {
        Message::Receipt
    } else if rest.starts_with(b"refused\"") || rest.starts_with(b"no_receipt\"") {
        Message::Refused { retry: contains(rest, br#""retry_after_ms":"#) }
    } else if rest.starts_with(b"welcome\"") {
        Message::Welcome
    } else if rest.starts_with(b"docket\"") {
        Message::Docket
    } else {
        Message::Other
    }
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

fn number_after(text: &[u8], word: &[u8]) -> Option<u64> {
    let at = text.windows(word.len()).position(|window| window == word)? + word.len();
    let digits = text[at..].iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use live_jury_protocol::{BallotStatus, CaseId, NoReceipt, Refusal, ServerFrame, Tally};

    fn parse(frame: &ServerFrame) -> Message {
        WireFormat::Jury.parse(serde_json::to_string(frame).unwrap().as_bytes())
    }

    #[test]
    fn frames_of_the_protocol_are_parsed() {
        let case: CaseId = "0190f3c2-7b1a-7cc1-9a53-3f1f6f5b2a10".parse().unwrap();
        let ballot = |status| ServerFrame::Ballot {
            case,
            option: "buyer".parse().unwrap(),
            status,
            epoch: 1,
            change: 0,
            request: None,
        };
        assert_eq!(parse(&ballot(BallotStatus::Counted)), Message::Ballot { new: true });
        assert_eq!(parse(&ballot(BallotStatus::Duplicate)), Message::Ballot { new: false });
        let refused = |retry_after_ms| ServerFrame::Refused {
            case: case.to_string(),
            option: "buyer".to_owned(),
            reason: Refusal::Busy,
            request: None,
            retry_after_ms,
        };
        assert_eq!(parse(&refused(Some(700))), Message::Refused { retry: true });
        assert_eq!(parse(&refused(None)), Message::Refused { retry: false });
        let receipt = ServerFrame::Receipt { case, epoch: 1, change: 0, receipt: String::new(), request: None };
        assert_eq!(parse(&receipt), Message::Receipt);
        let none = |reason, retry_after_ms| {
            parse(&ServerFrame::NoReceipt { case: case.to_string(), reason, retry_after_ms, request: None })
        };
        assert_eq!(none(NoReceipt::Busy, Some(700)), Message::Refused { retry: true });
        assert_eq!(none(NoReceipt::Off, None), Message::Refused { retry: false });
        let tally = ServerFrame::Tally(Tally { case, epoch: 1, rev: 7, ballots: 4_512, counts: None });
        assert_eq!(parse(&tally), Message::Tally(4_512));
        assert_eq!(parse(&ServerFrame::Presence { viewers: 3 }), Message::Other);
        assert_eq!(parse(&ServerFrame::Docket { rev: 1, cases: Vec::new() }), Message::Docket);
    }

    #[test]
    fn events_of_socket_io_are_parsed_to_the_same_messages() {
        let io = WireFormat::SocketIo;
        assert_eq!(io.parse(br#"0{"sid":"x"}"#), Message::Open);
        assert_eq!(io.parse(br#"40{"sid":"x"}"#), Message::MayJoin);
        assert_eq!(io.parse(br#"42["tally",{"case":"c","ballots":12}]"#), Message::Tally(12));
        assert_eq!(io.parse(b"2"), Message::Ping);
    }
}
