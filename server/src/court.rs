//! The law: pure functions and state enums that say what may happen; no IO, no clock, no chance.

mod ballot;
mod brief;
mod case;
mod eligibility;
mod verdict;

pub use ballot::StoredBallot;
pub(crate) use brief::check_text;
pub use brief::{Brief, EvidenceUrlPolicy, FieldError};
pub use case::{Audience, Case, Ended, Open, Sealed, SealedBy, State, TransitionError};
pub use eligibility::{Juror, admit, may_repeat};
pub use verdict::{ballots_agree, counts_by_option, decide};
