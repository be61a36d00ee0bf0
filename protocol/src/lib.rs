//! What both ends of Live Jury say to each other: wire types, their limits and their codes; it never does IO.
//!
//! Times are Unix milliseconds (`*_ms`), durations name their unit (`*_s`, `*_ms`), ids are UUIDv7 unless said
//! otherwise. Types that a client reads ignore fields they do not know, so that the server may add some.

mod audit;
mod case;
pub mod close;
mod http;
mod id;
pub mod limits;
pub mod record;
mod refusal;
mod role;
mod socket;
mod threshold;
mod verdict;

pub use audit::{Actor, AuditAction, AuditEntry};
pub use case::{
    Case, CaseOption, CaseState, ClosedBy, Evidence, EvidenceKind, NewCase, Party, Reveal, Rules, Side, Statements,
    Subject,
};
pub use http::{Extend, ListedCase, Page, Problem, UnreadableCase, Void};
pub use id::{CaseId, NameError, OptionId, RoomId};
pub use refusal::Refusal;
pub use role::Role;
pub use socket::{
    BallotStatus, ClientFrame, FrameError, OwnBallot, SUBPROTOCOL, ServerFrame, ServerFrameByType, Stats, Tally,
    Welcome,
};
pub use threshold::{Threshold, ThresholdError};
pub use verdict::{Counts, Outcome, TALLY_LOST, Verdict};
