//! The frames of the WebSocket: one JSON object a text frame, told apart by `type`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::id::{CaseId, OptionId, RoomId};
use crate::refusal::Refusal;
use crate::role::Role;
use crate::verdict::Counts;

/// The WebSocket subprotocol's name.
pub const SUBPROTOCOL: &str = "jury.v1.json";

/// What a client sends. Fields the server does not know are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame {
    /// The first frame: proves who is there.
    Join {
        /// The token (JWT).
        token: String,
    },
    /// One ballot. Who casts it is what the token proved; no juror id is on the wire.
    Cast {
        /// The case's id; text, so that one that is no id is answered, not cut off.
        case: String,
        /// The option's id.
        option: String,
        /// Echoed in the answer; at most [`crate::limits::REQUEST_BYTES_MAX`] bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<String>,
        /// The ballot's number among this juror's ballots in this case: 0, 1, …
        #[serde(default, skip_serializing_if = "Option::is_none")]
        change: Option<u32>,
    },
    /// A new token for the same `sub`, room and role.
    Renew {
        /// The token (JWT).
        token: String,
    },
}

/// What the server sends. A client ignores [`ServerFrame::Unknown`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// The join, or the renewal, was accepted.
    Welcome(Welcome),
    /// The whole view of the room's cases.
    Docket {
        /// The room's number for this view: only grows, the same on all nodes.
        rev: u64,
        /// Open and sealed cases whole, then the last decided or void ones without statements and evidence.
        cases: Vec<Case>,
    },
    /// The answer to a cast that is recorded and will survive a crash.
    Ballot {
        /// The case's id.
        case: CaseId,
        /// The option that is stored.
        option: OptionId,
        /// What the cast did.
        status: BallotStatus,
        /// The tally's epoch.
        epoch: u64,
        /// The number of the ballot that is stored.
        change: u32,
        /// The cast's `request`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<String>,
    },
    /// The answer to a cast that did not count.
    Refused {
        /// The case, as it was sent.
        case: String,
        /// The option, as it was sent.
        option: String,
        /// Why.
        reason: Refusal,
        /// The cast's `request`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<String>,
        /// After how long the same cast may be sent again, where that can help.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
    /// The whole tally of one case.
    Tally(Tally),
    /// How many watch, over all nodes.
    Presence {
        /// Viewers connected to this room.
        viewers: u64,
    },
    /// For moderators.
    Stats(Stats),
    /// The node is going away.
    Draining {
        /// After how long to connect again, in milliseconds.
        reconnect_after_ms: u64,
    },
    /// The last frame was not understood.
    Error {
        /// What was wrong, for programs.
        code: FrameError,
        /// What was wrong, for people.
        detail: String,
    },
    /// A frame of a later version.
    #[serde(other)]
    Unknown,
}

/// [`ServerFrame`] for a reader that can look at `type` before the rest and hands it over as serde's enums come that carry
/// their tag outside: then no frame is copied into a buffer first, which is most of what a decoder weighs in a browser.
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
        request: Option<String>,
    },
    Refused {
        case: String,
        option: String,
        reason: Refusal,
        request: Option<String>,
        retry_after_ms: Option<u64>,
    },
    Tally(Tally),
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

/// The room as it greets a juror.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The room.
    pub room: RoomId,
    /// What the token allows.
    pub role: Role,
    /// The tally store's clock, in Unix milliseconds.
    pub server_time_ms: u64,
    /// When the token ends, in Unix milliseconds.
    pub token_expires_at_ms: u64,
    /// This juror's recorded ballots in open and sealed cases.
    pub ballots: Vec<OwnBallot>,
}

/// A recorded ballot of the juror who is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnBallot {
    /// The case.
    pub case: CaseId,
    /// The option that is stored.
    pub option: OptionId,
    /// The tally's epoch.
    pub epoch: u64,
    /// The ballot's number.
    pub change: u32,
}

/// What a recorded cast did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BallotStatus {
    /// It is this juror's first ballot and now counts.
    Counted,
    /// It, or a later one, was recorded before; nothing changed.
    Duplicate,
    /// It took the place of this juror's earlier ballot.
    Changed,
}

/// All that is known of a case's count; a higher (`epoch`, `rev`) replaces a lower one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tally {
    /// The case.
    pub case: CaseId,
    /// Grows when the tally store lost its data.
    pub epoch: u64,
    /// Grows with every ballot batch.
    pub rev: u64,
    /// Ballots in, abstentions among them.
    pub ballots: u64,
    /// Ballots by option; left out while hidden from this reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<std::collections::HashMap<String, u64>>))]
    pub counts: Option<Counts>,
}

/// What a moderator sees of the machinery.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Viewers connected to this room, over all nodes.
    pub viewers: u64,
    /// Nodes that answer.
    pub nodes: u64,
    /// Ballots recorded in this room in the last second or so, over all nodes.
    pub ballots_per_s: u64,
    /// Casts refused in this room since the nodes started, by reason, over all nodes.
    pub refused: BTreeMap<Refusal, u64>,
}

/// Why a frame was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrameError {
    /// Not a JSON object with a `type`, or a field is missing or of the wrong kind.
    Malformed,
    /// No such `type`.
    UnknownType,
    /// `join` came twice.
    AlreadyJoined,
    /// A field is over its limit.
    TooLong,
    /// A code of a later version.
    #[serde(other)]
    Unknown,
}
