//! The law of Live Jury as pure functions and state enums. It does no IO and reads neither clock nor chance.

mod ballot;
mod brief;
mod case;
mod eligibility;
mod field;
#[cfg(feature = "brief")]
mod id;
mod loss;
mod marks;
mod pseudonym;
mod state;
mod store_id;
mod terms;
#[cfg(feature = "brief")]
mod text;
mod verdict;
mod wire;

pub use ballot::StoredBallot;
pub use brief::Brief;
#[cfg(feature = "brief")]
pub use brief::{EvidenceUrlPolicy, check_needed_text};
pub use case::{Case, TransitionError};
pub use eligibility::{Juror, admit, may_repeat};
pub use field::FieldError;
#[cfg(feature = "brief")]
pub use id::{ID_FORM, is_id};
pub use loss::{Loss, LossFound, LossShare, LossShareError, Missing};
pub use marks::{AccountAge, Marks};
pub use pseudonym::{PSEUDONYM_BYTES, Pseudonym};
pub use state::{Ended, Open, Sealed, SealedBy, State};
pub use store_id::StoreId;
pub use terms::{Terms, check_policy, check_required, subject_key};
pub use verdict::{ballots_agree, counts_by_option, decide, tally_lost};
pub use wire::Audience;
