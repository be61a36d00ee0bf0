//! The states of a case, each with the facts that are known from then on.

use live_jury_protocol::limits::{DURATION_S_MAX, EXTENSION_S_MIN};
use live_jury_protocol::{CaseState, ClosedBy, Verdict};
use serde::{Deserialize, Serialize};

use crate::{FieldError, Loss, Missing, StoreId, Terms};

/// The state of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Written, and shown to moderators only.
    Draft,
    /// Takes ballots.
    Open(Open),
    /// Takes no more ballots, and is not recorded yet.
    Sealed(Sealed),
    /// Recorded with a verdict of the jury.
    Decided(Ended),
    /// Recorded without a verdict of the jury.
    Void(Ended),
}

/// The facts known since a case was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// The epoch, from 1. Each loss in the tally store raises it by one.
    pub epoch: u64,
    /// The time of the opening by the tally store's clock.
    pub opened_at_ms: u64,
    /// The deadline by the tally store's clock.
    pub closes_at_ms: u64,
    /// The sum of all extensions, in seconds.
    pub extended_s: u64,
    /// The fingerprint of the ballot key.
    pub key: String,
    /// The tally store that took the epoch's ballots; none in a case that an earlier version filed.
    pub store: Option<StoreId>,
    /// The losses of the tally.
    pub loss: Loss,
    /// The terms of the opening.
    pub terms: Terms,
}

/// The facts known since a case was sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The facts of the open case.
    pub open: Open,
    /// The cause of the seal.
    pub by: SealedBy,
    /// The time of the seal by the tally store's clock.
    pub sealed_at_ms: u64,
}

/// The cause of a seal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum SealedBy {
    /// Its deadline passed.
    Deadline,
    /// A moderator closed it.
    Moderator {
        /// The moderator's `sub`.
        sub: String,
    },
    /// The result of its panel could no longer change.
    Settled,
    /// A moderator voided it.
    Void {
        /// The moderator's `sub`.
        sub: String,
        /// The reason that the jurors read.
        reason: String,
    },
}

/// The facts known since a case was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The facts of the sealed case.
    pub sealed: Sealed,
    /// The result. It has `counts` unless the tally was lost.
    pub verdict: Verdict,
}

impl Open {
    /// The deadline after an extension by `by_s` seconds.
    ///
    /// # Errors
    /// The extension is too short, or the case would be open longer than a case may be.
    pub fn would_extend_to_ms(&self, by_s: u64) -> Result<u64, FieldError> {
        let latest_ms = self.opened_at_ms + DURATION_S_MAX * 1_000;
        match by_s.checked_mul(1_000).and_then(|by_ms| self.closes_at_ms.checked_add(by_ms)) {
            _ if by_s < EXTENSION_S_MIN => Err(FieldError::new("by_s", format!("must be {EXTENSION_S_MIN} or more"))),
            Some(closes_at_ms) if closes_at_ms <= latest_ms => Ok(closes_at_ms),
            _ => Err(FieldError::new("by_s", "a case is open for at most 86400 s, extensions included")),
        }
    }
}

impl State {
    /// The state's name on the wire.
    #[must_use]
    pub const fn name(&self) -> CaseState {
        match self {
            State::Draft => CaseState::Draft,
            State::Open(_) => CaseState::Open,
            State::Sealed(_) => CaseState::Sealed,
            State::Decided(_) => CaseState::Decided,
            State::Void(_) => CaseState::Void,
        }
    }

    /// The facts known since the opening, if the case was opened.
    #[must_use]
    pub const fn opened(&self) -> Option<&Open> {
        match self {
            State::Draft => None,
            State::Open(open) => Some(open),
            State::Sealed(sealed) => Some(&sealed.open),
            State::Decided(ended) | State::Void(ended) => Some(&ended.sealed.open),
        }
    }

    /// The facts known since the seal, if the case was sealed.
    #[must_use]
    pub const fn sealed(&self) -> Option<&Sealed> {
        match self {
            State::Draft | State::Open(_) => None,
            State::Sealed(sealed) => Some(sealed),
            State::Decided(ended) | State::Void(ended) => Some(&ended.sealed),
        }
    }

    /// The case's wait for a lost tally, if it takes no ballots and is not recorded.
    #[must_use]
    pub const fn missing(&self) -> Option<Missing> {
        match self {
            State::Open(open) | State::Sealed(Sealed { open, .. }) => open.loss.missing,
            _ => None,
        }
    }

    /// The facts known since the record, if the case was recorded.
    #[must_use]
    pub const fn ended(&self) -> Option<&Ended> {
        match self {
            State::Decided(ended) | State::Void(ended) => Some(ended),
            _ => None,
        }
    }
}

impl SealedBy {
    /// The cause, as the public reads it.
    #[must_use]
    pub const fn closed_by(&self) -> ClosedBy {
        match self {
            SealedBy::Deadline => ClosedBy::Deadline,
            SealedBy::Settled => ClosedBy::Settled,
            SealedBy::Moderator { .. } | SealedBy::Void { .. } => ClosedBy::Moderator,
        }
    }
}
