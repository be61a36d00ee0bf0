//! The law: pure functions and state enums that say what may happen; no IO, no clock, no chance.

mod ballot;
mod case;
mod eligibility;
mod rules;
mod verdict;

pub use ballot::StoredBallot;
pub use case::{Audience, Case, Ended, Open, Sealed, SealedBy, State, TransitionError};
pub use eligibility::{Juror, admit, may_repeat};
pub(crate) use rules::check_text;
pub use rules::{Brief, FieldError, SchemePolicy};
pub use verdict::{ballots_agree, decide, named};
