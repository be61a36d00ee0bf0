//! The law of Live Jury as pure functions and state enums. It does no IO and reads neither clock nor chance.

mod appeal;
mod ballot;
mod brief;
mod case;
mod eligibility;
mod field;
mod gauge;
mod loss;
mod marks;
mod panel;
mod practice;
mod pseudonym;
mod state;
mod store_id;
mod sums;
mod terms;
mod verdict;
mod wire;

pub use appeal::{
    APPEAL_STEPS_MAX, AppealError, PanelSize, appeal_brief, check_appeal_edit, check_appealable, raise_bars,
};
pub use ballot::StoredBallot;
pub use brief::Brief;
#[cfg(feature = "brief")]
pub use brief::{
    EvidenceUrlPolicy, check_evidence_url, check_needed_text, check_subject, check_text, check_void_reason, check_words,
};
pub use case::{Case, TransitionError};
pub use eligibility::{Juror, admit, may_repeat, stratum_in_pool};
pub use field::FieldError;
#[cfg(feature = "brief")]
pub use live_jury_protocol::{ID_FORM, is_id};
pub use loss::{Loss, LossFound, LossShare, LossShareError, Missing};
pub use marks::{AccountAge, Marks, Remarks};
pub use panel::{Called, Candidate, Candidates, Draw, PanelSums, Stratum, expected_votes, is_settled, majority_right};
pub use practice::{Answers, ItemRecord, LEVEL_MAX, level};
pub use pseudonym::{PSEUDONYM_BYTES, Pseudonym};
pub use state::{Ended, Open, Sealed, SealedBy, State};
pub use store_id::StoreId;
pub use sums::{COHORT_BALLOTS_MIN, CohortSums, GROUP_BALLOTS_MIN, SideSums, Sums};
pub use terms::{Terms, check_policy, check_required, subject_key};
pub use verdict::{counts_by_option, judge, tally_lost, winner};
pub use wire::Audience;
