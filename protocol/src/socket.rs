//! The frames of the WebSocket. Each is one JSON object in a text frame, with its variant in `type`.

#[cfg(feature = "details")]
use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

use crate::case::Case;
use crate::id::{CaseId, OptionId, RoomId};
#[cfg(feature = "details")]
use crate::receipt::NoReceipt;
use crate::refusal::Refusal;
use crate::role::Role;
use crate::verdict::Counts;

/// The name of the WebSocket subprotocol.
pub const SUBPROTOCOL: &str = "jury.v1.json";

/// A frame from a client. The server ignores unknown fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame {
    /// The first frame. Its token proves the juror's identity.
    Join {
        /// The token (JWT).
        token: String,
    },
    /// A ballot. The juror is the one that the token proved; no juror id is on the wire.
    Cast {
        /// The case's id. It is text, so that an invalid id is answered instead of closing the socket.
        case: String,
        /// The option's id.
        option: String,
        /// An id of the client's own, echoed in the answer; at most [`crate::limits::REQUEST_BYTES_MAX`] bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<String>,
        /// The number of the ballot among this juror's ballots in the case: 0, 1, …
        #[serde(default, skip_serializing_if = "Option::is_none")]
        change: Option<u32>,
        /// Which statements the juror has read: 1 for the buyer's, 2 for the merchant's, 3 for both. Any other value
        /// counts as none, and refuses no ballot.
        #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
        read: Option<u8>,
        /// The number of the juror's reason among those of the case, from 1. Any other value counts as none.
        #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
        reason: Option<u8>,
    },
    /// A new token for the same `sub`, room and role.
    Renew {
        /// The token (JWT).
        token: String,
    },
    /// A request for a receipt of the juror's ballot in a case that is not recorded yet. A script sends the widget's.
    #[cfg(feature = "details")]
    Receipt {
        /// The case's id, as text for the reason told at `cast`.
        case: String,
        /// An id of the client's own, echoed in the answer; at most [`crate::limits::REQUEST_BYTES_MAX`] bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<String>,
    },
}

/// A small number; none for any other value, so that a wrong one costs nobody the ballot.
fn lenient<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Lenient {
        Number(u8),
        Other(IgnoredAny),
    }
    Ok(match Lenient::deserialize(deserializer)? {
        Lenient::Number(number) => Some(number),
        Lenient::Other(_) => None,
    })
}

/// A frame from the server. A client ignores [`ServerFrame::Unknown`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// The join or the renewal was accepted.
    Welcome(Welcome),
    /// The whole view of the room's cases.
    Docket {
        /// The view's number. It only grows, and is the same on all nodes.
        rev: u64,
        /// Open and sealed cases in full, then the last decided and void ones without statements and evidence.
        cases: Vec<Case>,
    },
    /// The answer to a cast whose ballot is recorded and survives a crash.
    Ballot {
        /// The case's id.
        case: CaseId,
        /// The stored option.
        option: OptionId,
        /// The effect of the cast.
        status: BallotStatus,
        /// The tally's epoch.
        epoch: u64,
        /// The number of the stored ballot.
        change: u32,
        /// The cast's `request`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<String>,
    },
    /// The answer to a cast that did not count.
    Refused {
        /// The case id as it was sent.
        case: String,
        /// The option id as it was sent.
        option: String,
        /// The reason.
        reason: Refusal,
        /// The cast's `request`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<String>,
        /// The delay after which the same cast may be sent again, if that can help.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
    /// The answer to a request for a receipt: the log's signature that the seal of the juror's ballot was taken.
    #[cfg(feature = "details")]
    Receipt {
        /// The case's id.
        case: CaseId,
        /// The epoch of the ballot.
        epoch: u64,
        /// The number of the ballot.
        change: u32,
        /// The receipt's bytes in base64.
        receipt: String,
        /// The request's `request`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<String>,
    },
    /// The answer to a request that got no receipt.
    #[cfg(feature = "details")]
    NoReceipt {
        /// The case id as it was sent.
        case: String,
        /// The reason.
        reason: NoReceipt,
        /// The delay after which the client may ask again, if that can help.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
        /// The request's `request`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<String>,
    },
    /// The whole tally of a case.
    Tally(Tally),
    /// The juror is called to a case's panel.
    Called {
        /// The case.
        case: CaseId,
        /// The juror's place among the called of the stratum, from 1: the lowest ticket is first.
        place: u64,
        /// The side of the stratum; left out for the stratum of jurors of no known side.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        side: Option<crate::side::Side>,
    },
    /// The number of viewers over all nodes.
    Presence {
        /// Viewers connected to this room.
        viewers: u64,
    },
    /// Operating figures, for moderators.
    Stats(Stats),
    /// The node shuts down.
    Draining {
        /// The delay after which the client should reconnect, in milliseconds.
        reconnect_after_ms: u64,
    },
    /// The server did not understand the last frame.
    Error {
        /// The error for programs.
        code: FrameError,
        /// The error for people.
        detail: String,
    },
    /// A frame of a later version.
    #[serde(other)]
    Unknown,
}

/// [`ServerFrame`] for a decoder that reads `type` first and passes the rest as an externally tagged enum.
///
/// Serde's internally tagged enums copy each frame into a buffer before they decode it. That buffer would be most of
/// the decoder's size in a browser. For the same reason it leaves out what no page uses: every `request`, and a
/// called juror's place and side.
#[derive(Deserialize)]
#[serde(remote = "ServerFrame", rename_all = "snake_case")]
#[expect(missing_docs, reason = "field by field it is the frame's own form, and the compiler sees to that")]
pub enum ServerFrameByType {
    Welcome(Welcome),
    Docket {
        rev: u64,
        cases: Vec<Case>,
    },
    Ballot {
        case: CaseId,
        option: OptionId,
        status: BallotStatus,
        epoch: u64,
        change: u32,
        #[serde(skip)]
        request: Option<String>,
    },
    Refused {
        case: String,
        option: String,
        reason: Refusal,
        #[serde(skip)]
        request: Option<String>,
        retry_after_ms: Option<u64>,
    },
    #[cfg(feature = "details")]
    Receipt {
        case: CaseId,
        epoch: u64,
        change: u32,
        receipt: String,
        #[serde(skip)]
        request: Option<String>,
    },
    #[cfg(feature = "details")]
    NoReceipt {
        case: String,
        reason: NoReceipt,
        retry_after_ms: Option<u64>,
        #[serde(skip)]
        request: Option<String>,
    },
    Tally(Tally),
    Called {
        case: CaseId,
        #[serde(skip)]
        place: u64,
        #[serde(skip)]
        side: Option<crate::side::Side>,
    },
    Presence {
        viewers: u64,
    },
    Stats(Stats),
    Draining {
        reconnect_after_ms: u64,
    },
    Error {
        code: FrameError,
        detail: String,
    },
    #[serde(other)]
    Unknown,
}

/// The server's first answer to a juror.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The room.
    pub room: RoomId,
    /// The role that the token gives.
    pub role: Role,
    /// The tally store's clock, in Unix milliseconds.
    pub server_time_ms: u64,
    /// The expiry of the token, in Unix milliseconds.
    pub token_expires_at_ms: u64,
    /// The juror's recorded ballots in open and sealed cases.
    pub ballots: Vec<OwnBallot>,
    /// Whether a recorded ballot survives a crash of the stores. It is left out where it does.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub durable: bool,
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_yes(value: &bool) -> bool {
    *value
}

/// A recorded ballot, as its own juror sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnBallot {
    /// The case.
    pub case: CaseId,
    /// The stored option.
    pub option: OptionId,
    /// The tally's epoch.
    pub epoch: u64,
    /// The number of the ballot.
    pub change: u32,
}

/// The effect of a recorded cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BallotStatus {
    /// The juror's first ballot was recorded and counts.
    Counted,
    /// This ballot or a later one was recorded before. Nothing changed.
    Duplicate,
    /// The ballot replaced an earlier one of this juror.
    Changed,
    /// A value of a later version.
    #[serde(other)]
    Unknown,
}

/// The whole count of a case. A higher (`epoch`, `rev`) replaces a lower one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tally {
    /// The case.
    pub case: CaseId,
    /// The epoch. It grows each time the tally store loses its data.
    pub epoch: u64,
    /// The revision. It grows with every batch of ballots.
    pub rev: u64,
    /// The ballots in, abstentions among them.
    pub ballots: u64,
    /// The ballots by option; left out while hidden from this reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<std::collections::HashMap<String, u64>>))]
    pub counts: Option<Counts>,
}

/// Operating figures of a room, for moderators.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// The viewers connected to this room, over all nodes.
    pub viewers: u64,
    /// The nodes that answer.
    #[cfg(feature = "details")]
    pub nodes: u64,
    /// The ballots recorded in this room in the last second, over all nodes.
    #[cfg(feature = "details")]
    pub ballots_per_s: u64,
    /// The casts refused in this room since the nodes started, by reason, over all nodes.
    #[cfg(feature = "details")]
    pub refused: BTreeMap<Refusal, u64>,
    /// The viewers by side, over all nodes; left out by a server that does not count them.
    #[cfg(feature = "details")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sides: Option<crate::side::SidesPresent>,
}

/// The reason for which a frame was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrameError {
    /// The frame is not a JSON object with a `type`, or a field is missing or of the wrong type.
    Malformed,
    /// The `type` is unknown.
    UnknownType,
    /// The socket had joined before.
    AlreadyJoined,
    /// A field exceeds its limit.
    TooLong,
    /// A code of a later version.
    #[serde(other)]
    Unknown,
}
