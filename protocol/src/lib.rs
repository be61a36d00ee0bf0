//! The wire of Live Jury, shared by server and clients: types, limits and codes; it never does IO.
//!
//! Times are Unix milliseconds (`*_ms`). Durations name their unit (`*_s`, `*_ms`). Ids are UUIDv7 unless their type
//! says otherwise. Clients ignore unknown fields, so that the server may add some. Enums that clients read have a
//! catch-all, `Unknown`, so that the server may add values. The server refuses `Unknown` in a request, naming the
//! field, and never sends it.

mod audit;
mod case;
mod case_state;
pub mod close;
#[cfg(feature = "details")]
mod details;
mod dispute;
mod http;
mod id;
#[cfg(feature = "text")]
mod id_form;
pub mod limits;
mod objection;
mod panel;
mod policy;
#[cfg(feature = "details")]
mod practice;
mod proof;
mod receipt;
pub mod record;
mod refusal;
mod role;
mod rules;
mod side;
mod socket;
#[cfg(feature = "details")]
pub mod template;
#[cfg(feature = "text")]
pub mod text;
mod threshold;
#[cfg(feature = "trust")]
pub mod trust;
mod verdict;
mod webhook;
mod why;

pub use audit::{Actor, AuditAction, AuditEntry};
pub use case::{Case, CaseOption, NewCase, OTHER_KIND};
pub use case_state::{CaseState, ClosedBy};
#[cfg(feature = "details")]
pub use details::{Cohort, CohortBallots, Cohorts, Details, SideBallots, Sides};
#[cfg(feature = "details")]
pub use dispute::RemedyKind;
pub use dispute::{Evidence, EvidenceKind, Party, RemedyClock, RemedyState, Statements, Subject};
pub use http::{Extend, ListedCase, Page, Problem, Revoke, UnreadableCase, Void};
pub use id::{CaseId, NameError, OptionId, RoomId};
#[cfg(feature = "text")]
pub use id_form::{ID_FORM, has_visible_ends, is_id};
pub use objection::{Objection, ObjectionKind};
pub use panel::{CalledJurors, Draw, Panel, PanelBallots, Strata, Stratum};
pub use policy::{AskedStep, GuardedStep, PolicyChange, RequiredRule, RoomPolicy};
#[cfg(feature = "details")]
pub use practice::{ForgetJuror, Practice, PracticeAnswer, PracticeItem, PracticeResult};
pub use proof::{BallotProof, CaseProof, RowsProof, SealAnswer, SealInRecord};
pub use receipt::NoReceipt;
pub use refusal::Refusal;
pub use role::Role;
pub use rules::{Raid, Reason, Reveal, Rules, TwoSided};
pub use side::Side;
#[cfg(feature = "details")]
pub use side::SidesPresent;
pub use socket::{
    BallotStatus, ClientFrame, FrameError, OwnBallot, SUBPROTOCOL, ServerFrame, ServerFrameByType, Stats, Tally,
    Welcome,
};
pub use threshold::{Band, BandError, Threshold, ThresholdError};
#[cfg(feature = "details")]
pub use verdict::LogPlace;
pub use verdict::{Counts, Outcome, TALLY_LOST, Verdict, is_reserved_reason};
pub use webhook::{FiledEvent, ReplayWebhook, WebhookTarget, WebhookTargets};
pub use why::Why;
