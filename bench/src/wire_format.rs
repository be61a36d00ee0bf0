//! What is said over a socket, in the words of Live Jury or in those of socket.io, and how an answer is known; it reads
//! no more of a frame than it must, so that reading is never what is measured.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// Whose words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// The project's protocol.
    Jury,
    /// The same messages as events of socket.io.
    SocketIo,
    /// Nothing is said: who has a socket is in, and is sent what is published.
    Listen,
}

/// What was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Socket.io's transport is open: the next word is the client's.
    Open,
    /// The socket may join now.
    MayJoin,
    /// It has joined.
    Welcome,
    /// The room's cases.
    Docket,
    /// A ballot is in; whether it changed anything.
    Ballot {
        /// It was not in before, or not with this option.
        new: bool,
    },
    /// A ballot does not count; whether it may be sent again.
    Refused {
        /// After a while.
        again: bool,
    },
    /// A tally, with the ballots that it shows.
    Tally(u64),
    /// Socket.io asks whether anybody is there.
    Ping,
    /// Something else.
    Other,
}

impl Dialect {
    /// The path of a room's socket.
    pub fn path(self, room: &str) -> String {
        match self {
            Self::Jury | Self::Listen => format!("/api/v1/rooms/{room}/socket"),
            Self::SocketIo => "/socket.io/?EIO=4&transport=websocket".to_owned(),
        }
    }

    /// A join.
    pub fn join(self, token: &str) -> String {
        match self {
            Self::Jury | Self::Listen => format!(r#"{{"type":"join","token":"{token}"}}"#),
            Self::SocketIo => format!(r#"42["join",{{"token":"{token}"}}]"#),
        }
    }

    /// A cast, the juror's `change`-th.
    pub fn cast(self, case: &str, option: &str, change: u32) -> String {
        match self {
            Self::Jury | Self::Listen => {
                format!(r#"{{"type":"cast","case":"{case}","option":"{option}","change":{change}}}"#)
            }
            Self::SocketIo => format!(r#"42["cast",{{"case":"{case}","option":"{option}","change":{change}}}]"#),
        }
    }

    /// What a text means.
    pub fn hear(self, text: &[u8]) -> Heard {
        match self {
            Self::Jury | Self::Listen => match text.strip_prefix(br#"{"type":""#) {
                Some(rest) => event(rest),
                None => Heard::Other,
            },
            Self::SocketIo => match text {
                [b'0', ..] => Heard::Open,
                [b'4', b'0', ..] => Heard::MayJoin,
                [b'2'] => Heard::Ping,
                _ => text.strip_prefix(br#"42[""#).map_or(Heard::Other, event),
            },
        }
    }
}

/// What the event means whose name `rest` begins with.
fn event(rest: &[u8]) -> Heard {
    if rest.starts_with(b"ballot\"") {
        // Between the name and the status stand a case's and an option's id.
        Heard::Ballot { new: !contains(rest, br#""status":"duplicate""#) }
    } else if rest.starts_with(b"tally\"") {
        Heard::Tally(number_after(rest, br#""ballots":"#).unwrap_or(0))
    } else if rest.starts_with(b"refused\"") {
        Heard::Refused { again: contains(rest, br#""retry_after_ms":"#) }
    } else if rest.starts_with(b"welcome\"") {
        Heard::Welcome
    } else if rest.starts_with(b"docket\"") {
        Heard::Docket
    } else {
        Heard::Other
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
    use live_jury_protocol::{BallotStatus, CaseId, Refusal, ServerFrame, Tally};

    fn hear(frame: &ServerFrame) -> Heard {
        Dialect::Jury.hear(serde_json::to_string(frame).unwrap().as_bytes())
    }

    #[test]
    fn the_protocols_own_frames_are_known() {
        let case: CaseId = "0190f3c2-7b1a-7cc1-9a53-3f1f6f5b2a10".parse().unwrap();
        let ballot = |status| ServerFrame::Ballot {
            case,
            option: "buyer".parse().unwrap(),
            status,
            epoch: 1,
            change: 0,
            request: None,
        };
        assert_eq!(hear(&ballot(BallotStatus::Counted)), Heard::Ballot { new: true });
        assert_eq!(hear(&ballot(BallotStatus::Duplicate)), Heard::Ballot { new: false });
        let refused = |retry_after_ms| ServerFrame::Refused {
            case: case.to_string(),
            option: "buyer".to_owned(),
            reason: Refusal::Busy,
            request: None,
            retry_after_ms,
        };
        assert_eq!(hear(&refused(Some(700))), Heard::Refused { again: true });
        assert_eq!(hear(&refused(None)), Heard::Refused { again: false });
        let tally = ServerFrame::Tally(Tally { case, epoch: 1, rev: 7, ballots: 4_512, counts: None });
        assert_eq!(hear(&tally), Heard::Tally(4_512));
        assert_eq!(hear(&ServerFrame::Presence { viewers: 3 }), Heard::Other);
        assert_eq!(hear(&ServerFrame::Docket { rev: 1, cases: Vec::new() }), Heard::Docket);
    }

    #[test]
    fn socket_io_says_the_same_as_events() {
        let io = Dialect::SocketIo;
        assert_eq!(io.hear(br#"0{"sid":"x"}"#), Heard::Open);
        assert_eq!(io.hear(br#"40{"sid":"x"}"#), Heard::MayJoin);
        assert_eq!(io.hear(br#"42["tally",{"case":"c","ballots":12}]"#), Heard::Tally(12));
        assert_eq!(io.hear(b"2"), Heard::Ping);
    }
}
