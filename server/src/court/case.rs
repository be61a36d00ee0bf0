//! A case and its life: `Draft → Open → Sealed → Decided`, or `Void`; each step takes the case and gives the next.

use live_jury_protocol::limits::DURATION_S_MAX;
use live_jury_protocol::{self as protocol, CaseId, CaseState, ClosedBy, Outcome, RoomId, Verdict};
use serde::{Deserialize, Serialize};

use super::{Brief, FieldError};

/// A case as the server knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The id.
    pub id: CaseId,
    /// The room it is judged in.
    pub room: RoomId,
    /// What the moderator wrote, checked.
    pub brief: Brief,
    /// Grows by one with every change.
    pub version: u64,
    /// When it was created, in Unix milliseconds.
    pub created_at_ms: u64,
    /// Where it stands, with what is true there.
    pub state: State,
}

/// Where a case stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Written, not shown.
    Draft,
    /// Takes ballots.
    Open(Open),
    /// Takes no more ballots; not recorded yet.
    Sealed(Sealed),
    /// Recorded with a verdict of the jury.
    Decided(Ended),
    /// Recorded without one.
    Void(Ended),
}

/// What is true of a case since it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Grows when the tally store lost its data; from 1.
    pub epoch: u64,
    /// When it was opened, by the tally store's clock.
    pub opened_at_ms: u64,
    /// When it closes, by the tally store's clock.
    pub closes_at_ms: u64,
    /// By how much it was extended in all, in seconds.
    pub extended_s: u64,
    /// The fingerprint of the ballot key.
    pub key: String,
}

/// What is true of a case since it was sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// What was true before.
    pub open: Open,
    /// Who sealed it.
    pub by: SealedBy,
    /// When, by the tally store's clock.
    pub sealed_at_ms: u64,
}

/// Who sealed a case, and to what end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum SealedBy {
    /// It closed by itself.
    Deadline,
    /// A moderator closed it.
    Moderator {
        /// The moderator.
        sub: String,
    },
    /// A moderator voided it.
    Void {
        /// The moderator.
        sub: String,
        /// Why, in words that the jurors read.
        reason: String,
    },
}

/// What is true of a case since it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// What was true before.
    pub sealed: Sealed,
    /// The result; `counts` are there unless the tally was lost.
    pub verdict: Verdict,
}

/// Who reads a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// A moderator: sees who is recused, and the counts of a void case.
    Moderator,
    /// Everybody else.
    Public,
}

/// A step that the case cannot take from where it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransitionError {
    /// It is no draft any more.
    #[error("the case is {state}, not a draft", state = .0.as_str())]
    NotADraft(CaseState),
    /// It is not open.
    #[error("the case is {state}, not open", state = .0.as_str())]
    NotOpen(CaseState),
    /// It is not sealed.
    #[error("the case is {state}, not sealed", state = .0.as_str())]
    NotSealed(CaseState),
}

impl Case {
    /// A new draft.
    #[must_use]
    pub fn draft(id: CaseId, room: RoomId, brief: Brief, created_at_ms: u64) -> Self {
        Self { id, room, brief, version: 1, created_at_ms, state: State::Draft }
    }

    fn next(self, state: State) -> Self {
        Self { version: self.version + 1, state, ..self }
    }

    /// The draft with another brief.
    ///
    /// # Errors
    /// It is no draft.
    pub fn edit(self, brief: Brief) -> Result<Self, TransitionError> {
        match self.state {
            State::Draft => Ok(Self { brief, ..self.next(State::Draft) }),
            state => Err(TransitionError::NotADraft(state.name())),
        }
    }

    /// Whether the case can still be written.
    ///
    /// # Errors
    /// It is no draft.
    pub fn check_draft(&self) -> Result<(), TransitionError> {
        match self.state {
            State::Draft => Ok(()),
            _ => Err(TransitionError::NotADraft(self.state.name())),
        }
    }

    /// The draft, opened in its first epoch.
    ///
    /// # Errors
    /// It is no draft.
    pub fn open(self, opened_at_ms: u64, closes_at_ms: u64, key: String) -> Result<Self, TransitionError> {
        match self.state {
            State::Draft => {
                let open = Open { epoch: 1, opened_at_ms, closes_at_ms, extended_s: 0, key };
                Ok(self.next(State::Open(open)))
            }
            _ => Err(TransitionError::NotADraft(self.state.name())),
        }
    }

    /// The open case with a later deadline, and, after a loss, a higher epoch.
    ///
    /// # Errors
    /// It is not open.
    pub fn reschedule(self, epoch: u64, closes_at_ms: u64) -> Result<Self, TransitionError> {
        let mut open = self.as_open()?.clone();
        open.extended_s += closes_at_ms.saturating_sub(open.closes_at_ms).div_ceil(1_000);
        open.closes_at_ms = closes_at_ms;
        open.epoch = epoch;
        Ok(self.next(State::Open(open)))
    }

    /// The open case, sealed.
    ///
    /// # Errors
    /// It is not open.
    pub fn seal(self, by: SealedBy, sealed_at_ms: u64) -> Result<Self, TransitionError> {
        let open = self.as_open()?.clone();
        Ok(self.next(State::Sealed(Sealed { open, by, sealed_at_ms })))
    }

    /// The sealed case with its result.
    ///
    /// # Errors
    /// It is not sealed.
    pub fn conclude(self, verdict: Verdict) -> Result<Self, TransitionError> {
        match self.state.clone() {
            State::Sealed(sealed) if verdict.outcome == Outcome::Void => {
                Ok(self.next(State::Void(Ended { sealed, verdict })))
            }
            State::Sealed(sealed) => Ok(self.next(State::Decided(Ended { sealed, verdict }))),
            _ => Err(TransitionError::NotSealed(self.state.name())),
        }
    }

    /// What is true of the case while it is open.
    ///
    /// # Errors
    /// It is not open.
    pub fn as_open(&self) -> Result<&Open, TransitionError> {
        match &self.state {
            State::Open(open) => Ok(open),
            _ => Err(TransitionError::NotOpen(self.state.name())),
        }
    }

    /// The case as `audience` reads it.
    #[must_use]
    pub fn to_wire(&self, audience: Audience) -> protocol::Case {
        let brief = protocol::NewCase::clone(&self.brief);
        let opened = self.state.opened();
        let sealed = self.state.sealed();
        let mut wire = protocol::Case {
            id: self.id,
            room: self.room.clone(),
            kind: brief.kind,
            title: brief.title,
            summary: brief.summary,
            subject: brief.subject,
            statements: Some(brief.statements),
            evidence: Some(brief.evidence),
            options: brief.options,
            rules: brief.rules,
            remedy: brief.remedy,
            state: self.state.name(),
            version: self.version,
            epoch: opened.map_or(0, |open| open.epoch),
            duration_s: brief.duration_s,
            created_at_ms: self.created_at_ms,
            opened_at_ms: opened.map(|open| open.opened_at_ms),
            closes_at_ms: opened.map_or(brief.closes_at_ms, |open| Some(open.closes_at_ms)),
            extended_s: opened.map_or(0, |open| open.extended_s),
            closed_by: sealed.map(|sealed| sealed.by.closed_by()),
            verdict: self.state.ended().map(|ended| ended.verdict.clone()),
        };
        match audience {
            Audience::Moderator => wire.rules.recused.get_or_insert_default(),
            Audience::Public => {
                wire.rules.recused = None;
                if let (State::Void(_), Some(verdict)) = (&self.state, &mut wire.verdict) {
                    verdict.counts = None;
                }
                return wire;
            }
        };
        wire
    }

    /// The case as a docket message carries it once it has ended: without statements and evidence.
    #[must_use]
    pub fn to_wire_short(&self, audience: Audience) -> protocol::Case {
        protocol::Case { statements: None, evidence: None, ..self.to_wire(audience) }
    }
}

impl Open {
    /// When the case would close if it were extended by `by_s` seconds.
    ///
    /// # Errors
    /// It would be open longer than a case may.
    pub fn would_extend_to_ms(&self, by_s: u64) -> Result<u64, FieldError> {
        let latest_ms = self.opened_at_ms + DURATION_S_MAX * 1_000;
        match by_s.checked_mul(1_000).and_then(|by_ms| self.closes_at_ms.checked_add(by_ms)) {
            _ if by_s == 0 => Err(FieldError::new("by_s", "must be 1 or more")),
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

    /// What is true since the case was opened, if it was.
    #[must_use]
    pub const fn opened(&self) -> Option<&Open> {
        match self {
            State::Draft => None,
            State::Open(open) => Some(open),
            State::Sealed(sealed) => Some(&sealed.open),
            State::Decided(ended) | State::Void(ended) => Some(&ended.sealed.open),
        }
    }

    /// What is true since the case was sealed, if it was.
    #[must_use]
    pub const fn sealed(&self) -> Option<&Sealed> {
        match self {
            State::Draft | State::Open(_) => None,
            State::Sealed(sealed) => Some(sealed),
            State::Decided(ended) | State::Void(ended) => Some(&ended.sealed),
        }
    }

    /// What is true since the case was recorded, if it was.
    #[must_use]
    pub const fn ended(&self) -> Option<&Ended> {
        match self {
            State::Decided(ended) | State::Void(ended) => Some(ended),
            _ => None,
        }
    }
}

impl SealedBy {
    /// Who that is to the public.
    #[must_use]
    pub const fn closed_by(&self) -> ClosedBy {
        match self {
            SealedBy::Deadline => ClosedBy::Deadline,
            SealedBy::Moderator { .. } | SealedBy::Void { .. } => ClosedBy::Moderator,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::court::EvidenceUrlPolicy;
    use uuid::Uuid;

    pub const NOW_MS: u64 = 1_800_000_000_000;

    pub fn draft() -> Case {
        let new = serde_json::from_value(serde_json::json!({
            "title": "Is it silk?", "duration_s": 60,
            "options": [{"id": "buyer", "label": "Buyer"}, {"id": "merchant", "label": "Merchant"}]
        }))
        .unwrap();
        let brief = Brief::new(new, EvidenceUrlPolicy::Https).unwrap();
        Case::draft(CaseId(Uuid::from_u128(1)), "live-42".parse().unwrap(), brief, NOW_MS)
    }

    pub fn open_case() -> Case {
        let draft = draft();
        let closes_at_ms = draft.brief.would_close_at_ms(NOW_MS).unwrap();
        draft.open(NOW_MS, closes_at_ms, "key".into()).unwrap()
    }

    #[test]
    fn a_case_goes_one_way() {
        let case = open_case();
        assert_eq!(case.version, 2);
        assert_eq!(case.clone().edit(case.brief.clone()), Err(TransitionError::NotADraft(CaseState::Open)));
        let sealed = case.seal(SealedBy::Deadline, NOW_MS + 60_000).unwrap();
        assert_eq!(sealed.as_open(), Err(TransitionError::NotOpen(CaseState::Sealed)));
        let verdict = crate::court::decide(&sealed.brief, &[1, 0], NOW_MS + 60_001);
        let decided = sealed.conclude(verdict.clone()).unwrap();
        assert_eq!(decided.state.name(), CaseState::Decided);
        assert_eq!(decided.conclude(verdict), Err(TransitionError::NotSealed(CaseState::Decided)));
    }

    #[test]
    fn extensions_end_after_a_day() {
        let case = open_case();
        let open = case.as_open().unwrap();
        assert_eq!(open.would_extend_to_ms(30), Ok(NOW_MS + 90_000));
        assert!(open.would_extend_to_ms(0).is_err());
        assert!(open.would_extend_to_ms(DURATION_S_MAX).is_err());
        assert!(open.would_extend_to_ms(u64::MAX).is_err());
        let extended = case.reschedule(1, NOW_MS + 90_000).unwrap();
        assert_eq!(extended.as_open().unwrap().extended_s, 30);
    }

    #[test]
    fn the_public_is_not_shown_what_moderators_are() {
        let mut case = open_case();
        case.brief = case.brief.with_rules(|rules| rules.recused = Some(vec!["u_7".into()]));
        let by = SealedBy::Void { sub: "mod".into(), reason: "wrong product".into() };
        let mut verdict = crate::court::decide(&case.brief, &[3, 1], NOW_MS);
        verdict.outcome = Outcome::Void;
        let void = case.seal(by, NOW_MS).unwrap().conclude(verdict).unwrap();
        let (all, some) = (void.to_wire(Audience::Moderator), void.to_wire(Audience::Public));
        assert_eq!(all.rules.recused, Some(vec!["u_7".into()]));
        assert!(all.verdict.unwrap().counts.is_some());
        assert_eq!(some.rules.recused, None);
        assert!(some.verdict.unwrap().counts.is_none());
    }
}
