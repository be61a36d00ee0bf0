//! A case and its steps. Each step takes a case and returns the next one, never an earlier state.

use live_jury_protocol::{AskedStep, CalledJurors, CaseId, CaseState, Outcome, RemedyClock, RoomId, Verdict};

use crate::{Brief, Draw, Ended, Loss, LossFound, LossShare, Missing, Open, Sealed, SealedBy, State, StoreId, Terms};

/// A case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The id.
    pub id: CaseId,
    /// The room that judges it.
    pub room: RoomId,
    /// The text and the rules.
    pub brief: Brief,
    /// The version. Every step raises it by one.
    pub version: u64,
    /// The time of the creation, in Unix milliseconds.
    pub created_at_ms: u64,
    /// The draw of the panel; none without one.
    pub draw: Option<Draw>,
    /// The case whose verdict this one is an appeal against.
    pub appeal_of: Option<CaseId>,
    /// The clock of the remedy that its verdict ordered, once it is filed.
    pub remedy_clock: Option<RemedyClock>,
    /// The state, with the facts that are known in it.
    pub state: State,
}

/// A step that the case's state does not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransitionError {
    /// The step needs a draft.
    #[error("the case is {state}, not a draft", state = .0.as_str())]
    NotADraft(CaseState),
    /// The step needs an open case.
    #[error("the case is {state}, not open", state = .0.as_str())]
    NotOpen(CaseState),
    /// The step needs a sealed case.
    #[error("the case is {state}, not sealed", state = .0.as_str())]
    NotSealed(CaseState),
    /// The step needs a recorded case.
    #[error("the case is {state}, not recorded", state = .0.as_str())]
    NotRecorded(CaseState),
}

impl Case {
    /// A new draft, at version 1.
    #[must_use]
    pub fn draft(id: CaseId, room: RoomId, brief: Brief, created_at_ms: u64) -> Self {
        let (draw, appeal_of, remedy_clock) = (None, None, None);
        Self { id, room, brief, version: 1, created_at_ms, draw, appeal_of, remedy_clock, state: State::Draft }
    }

    fn next(self, state: State) -> Self {
        Self { version: self.version + 1, state, ..self }
    }

    /// Checks that the case is a draft.
    ///
    /// # Errors
    /// It is no draft.
    pub fn check_draft(&self) -> Result<(), TransitionError> {
        match self.state {
            State::Draft => Ok(()),
            _ => Err(TransitionError::NotADraft(self.state.name())),
        }
    }

    /// The facts of an open case that takes ballots.
    ///
    /// # Errors
    /// It is not open, or its tally is missing.
    pub fn as_voting(&self) -> Result<&Open, TransitionError> {
        match self.as_open()? {
            open if open.loss.missing.is_none() => Ok(open),
            _ => Err(TransitionError::NotOpen(CaseState::Sealed)),
        }
    }

    /// The facts of an open case.
    ///
    /// # Errors
    /// It is not open.
    pub fn as_open(&self) -> Result<&Open, TransitionError> {
        match &self.state {
            State::Open(open) => Ok(open),
            _ => Err(TransitionError::NotOpen(self.state.name())),
        }
    }

    /// The same case with this draw. It is set with the draft, and with an edit that adds the panel.
    #[must_use]
    pub fn drawn(self, draw: Option<Draw>) -> Self {
        Self { draw, ..self }
    }

    /// The draft, as an appeal against the verdict of another case.
    #[must_use]
    pub fn appealing(self, case: CaseId) -> Self {
        Self { appeal_of: Some(case), ..self }
    }

    /// The open case, whose panel is called.
    ///
    /// # Errors
    /// It is not open, or waits for a lost tally.
    pub fn call(self, called: CalledJurors) -> Result<Self, TransitionError> {
        self.as_voting()?;
        let draw = self.draw.map(|draw| Draw { called: Some(called), ..draw });
        let state = self.state.clone();
        Ok(Self { draw, ..self.next(state) })
    }

    /// The draft with another brief.
    ///
    /// # Errors
    /// It is no draft.
    pub fn edit(self, brief: Brief) -> Result<Self, TransitionError> {
        self.check_draft()?;
        Ok(Self { brief, ..self.next(State::Draft) })
    }

    /// The draft at its last version, for the record of its discarding.
    ///
    /// # Errors
    /// It is no draft.
    pub fn discard(self) -> Result<Self, TransitionError> {
        self.check_draft()?;
        Ok(self.next(State::Draft))
    }

    /// The recorded case, whose remedy has this clock.
    ///
    /// # Errors
    /// It is not recorded.
    pub fn owe(self, clock: RemedyClock) -> Result<Self, TransitionError> {
        if self.state.ended().is_none() {
            return Err(TransitionError::NotRecorded(self.state.name()));
        }
        let state = self.state.clone();
        Ok(Self { remedy_clock: Some(clock), ..self.next(state) })
    }

    /// The recorded case, to be erased.
    ///
    /// # Errors
    /// It is not recorded.
    pub fn erase(self) -> Result<Self, TransitionError> {
        if self.state.ended().is_none() {
            return Err(TransitionError::NotRecorded(self.state.name()));
        }
        let state = self.state.clone();
        Ok(self.next(state))
    }

    /// The draft, opened in epoch 1.
    ///
    /// # Errors
    /// It is no draft.
    pub fn open(
        self,
        opened_at_ms: u64,
        closes_at_ms: u64,
        key: String,
        share: LossShare,
    ) -> Result<Self, TransitionError> {
        self.check_draft()?;
        let (loss, terms) = (Loss::none(share), Terms::default());
        let open = Open { epoch: 1, opened_at_ms, closes_at_ms, extended_s: 0, key, store: None, loss, terms };
        Ok(self.next(State::Open(open)))
    }

    /// The facts of a case that a moderator may still end: it is open, or its tally is missing.
    ///
    /// # Errors
    /// It is neither.
    pub fn as_endable(&self) -> Result<&Open, TransitionError> {
        match &self.state {
            State::Open(open) => Ok(open),
            State::Sealed(Sealed { open, .. }) if open.loss.missing.is_some() => Ok(open),
            _ => Err(TransitionError::NotOpen(self.state.name())),
        }
    }

    /// The open case under these terms, at the same version. They are set with the opening, and with an extension.
    #[must_use]
    pub fn under(mut self, terms: Terms) -> Self {
        if let State::Open(open) = &mut self.state {
            open.terms = terms;
        }
        self
    }

    /// The case for which a moderator asks for a step that needs two.
    ///
    /// # Errors
    /// It is neither open, nor is its tally missing.
    pub fn ask(self, asked: AskedStep) -> Result<Self, TransitionError> {
        self.as_endable()?;
        let mut state = self.state.clone();
        if let State::Open(open) | State::Sealed(Sealed { open, .. }) = &mut state {
            open.terms.asked = Some(asked);
        }
        Ok(self.next(state))
    }

    /// Whether nobody may see counts now, with this number of ballots: the case is blind, or its policy wants more.
    #[must_use]
    pub fn hides_counts(&self, ballots: u64) -> bool {
        match &self.state {
            State::Open(open) => self.brief.rules.blind || ballots < open.terms.policy.counts_from,
            _ => false,
        }
    }

    /// The same case, whose epoch's ballots this tally store takes. Only an open case has one.
    #[must_use]
    pub fn in_store(mut self, store: StoreId) -> Self {
        if let State::Open(open) = &mut self.state {
            open.store = Some(store);
        }
        self
    }

    /// The open case in its next epoch, after its tally of `ballots_before` ballots was lost. `now_ms` is the tally
    /// store's clock.
    ///
    /// # Errors
    /// It is not open.
    pub fn reopen(self, ballots_before: u64, closes_at_ms: u64, now_ms: u64) -> Result<Self, TransitionError> {
        let epoch = self.as_open()?.epoch + 1;
        let mut case = self.reschedule(epoch, closes_at_ms)?;
        if let State::Open(open) = &mut case.state {
            open.loss.add(ballots_before);
            open.loss.reopened_at_ms = Some(now_ms);
        }
        Ok(case)
    }

    /// The open case in the tally store's epoch, which the docket has forgotten: it was put back to a state from before
    /// a loss of `ballots_before` ballots. `now_ms` is the tally store's clock. The epoch began earlier, nobody knows
    /// when, and jurors get as much time to cast again as after a loss.
    ///
    /// # Errors
    /// It is not open.
    pub fn catch_up(
        self,
        epoch: u64,
        closes_at_ms: u64,
        ballots_before: u64,
        now_ms: u64,
    ) -> Result<Self, TransitionError> {
        let mut case = self.reschedule(epoch, closes_at_ms)?;
        if let State::Open(open) = &mut case.state {
            open.loss.add(ballots_before);
            open.loss.reopened_at_ms = Some(now_ms);
        }
        Ok(case)
    }

    /// The open or sealed case that waits from `now_ms` on, by the tally store's clock, for a tally that is lost.
    ///
    /// # Errors
    /// It is neither open nor sealed.
    pub fn miss_tally(self, ballots_before: u64, now_ms: u64) -> Result<Self, TransitionError> {
        let mut state = self.state.clone();
        let (loss, found) = match &mut state {
            State::Open(open) => (&mut open.loss, LossFound::Late),
            State::Sealed(sealed) => (&mut sealed.open.loss, LossFound::Gone),
            other => return Err(TransitionError::NotSealed(other.name())),
        };
        loss.add(ballots_before);
        loss.missing = Some(Missing { since_ms: now_ms, found });
        Ok(self.next(state))
    }

    /// The sealed case, whose tally lacks some of so many ballots. It is no step by itself: the record files it.
    #[must_use]
    pub fn lack_ballots(mut self, ballots_before: u64) -> Self {
        if let State::Sealed(sealed) = &mut self.state {
            sealed.open.loss.add(ballots_before);
        }
        self
    }

    /// The open case with another deadline and, after a loss, a higher epoch.
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
        let State::Sealed(sealed) = self.state.clone() else {
            return Err(TransitionError::NotSealed(self.state.name()));
        };
        let is_void = verdict.outcome == Outcome::Void;
        let ended = Ended { sealed, verdict };
        Ok(self.next(if is_void { State::Void(ended) } else { State::Decided(ended) }))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use live_jury_protocol::GuardedStep;
    use live_jury_protocol::limits::DURATION_S_MAX;
    use uuid::Uuid;

    use super::*;
    use crate::{Audience, Sums};

    pub const NOW_MS: u64 = 1_800_000_000_000;

    pub fn draft() -> Case {
        let new = serde_json::from_value(serde_json::json!({
            "title": "Is it silk?", "duration_s": 60,
            "options": [{"id": "buyer", "label": "Buyer"}, {"id": "merchant", "label": "Merchant"}]
        }))
        .unwrap();
        Case::draft(CaseId(Uuid::from_u128(1)), "live-42".parse().unwrap(), Brief::stored(new), NOW_MS)
    }

    pub fn open_case() -> Case {
        let draft = draft();
        let closes_at_ms = draft.brief.would_close_at_ms(NOW_MS).unwrap();
        draft.open(NOW_MS, closes_at_ms, "key".into(), LossShare::default()).unwrap()
    }

    #[test]
    fn a_case_goes_one_way() {
        let case = open_case();
        assert_eq!(case.version, 2);
        assert_eq!(case.clone().edit(case.brief.clone()), Err(TransitionError::NotADraft(CaseState::Open)));
        let sealed = case.seal(SealedBy::Deadline, NOW_MS + 60_000).unwrap();
        assert_eq!(sealed.as_open(), Err(TransitionError::NotOpen(CaseState::Sealed)));
        let verdict = crate::judge(&sealed.brief, &Sums::of_counts(&[1, 0]), None, &Loss::default(), NOW_MS + 60_001);
        let decided = sealed.conclude(verdict.clone()).unwrap();
        assert_eq!(decided.state.name(), CaseState::Decided);
        assert_eq!(decided.conclude(verdict), Err(TransitionError::NotSealed(CaseState::Decided)));
    }

    #[test]
    fn a_case_is_open_for_a_day_at_most() {
        let case = open_case();
        let open = case.as_open().unwrap();
        assert_eq!(open.would_extend_to_ms(30), Ok(NOW_MS + 90_000));
        assert!(open.would_extend_to_ms(9).is_err());
        assert_eq!(open.would_extend_to_ms(10), Ok(NOW_MS + 70_000));
        assert!(open.would_extend_to_ms(DURATION_S_MAX).is_err());
        assert!(open.would_extend_to_ms(u64::MAX).is_err());
        let extended = case.reschedule(1, NOW_MS + 90_000).unwrap();
        assert_eq!(extended.as_open().unwrap().extended_s, 30);
    }

    #[test]
    fn a_case_that_catches_up_with_the_stores_epoch_was_reopened_then() {
        let (closes_at_ms, now_ms) = (NOW_MS + 90_000, NOW_MS + 50_000);
        let repaired = open_case().catch_up(3, closes_at_ms, 40, now_ms).unwrap();
        let open = repaired.as_voting().unwrap();
        assert_eq!((open.epoch, open.closes_at_ms, open.loss.reopened_at_ms), (3, closes_at_ms, Some(now_ms)));
        assert_eq!(open.loss.ballots_before, Some(40));
    }

    #[test]
    fn a_case_whose_tally_is_missing_takes_no_ballots_and_can_be_sealed() {
        let late_ms = NOW_MS + 90_000;
        let reopened = open_case().reopen(40, late_ms, NOW_MS + 50_000).unwrap();
        let open = reopened.as_voting().unwrap();
        assert_eq!((open.epoch, open.closes_at_ms, open.loss.reopened_at_ms), (2, late_ms, Some(NOW_MS + 50_000)));
        let late = reopened.clone().miss_tally(30, late_ms + 10_001).unwrap();
        assert_eq!(late.as_voting(), Err(TransitionError::NotOpen(CaseState::Sealed)));
        assert!(late.to_wire(Audience::Public).tally_missing && !reopened.to_wire(Audience::Public).tally_missing);
        let missing = Missing { since_ms: late_ms + 10_001, found: LossFound::Late };
        assert_eq!((late.version, late.state.missing()), (reopened.version + 1, Some(missing)));

        let sealed = late.seal(SealedBy::Deadline, late_ms).unwrap();
        assert_eq!(sealed.state.missing(), Some(missing));
        let loss = sealed.state.opened().unwrap().loss;
        let void = sealed.conclude(crate::tally_lost(&loss, late_ms)).unwrap();
        assert_eq!((void.state.name(), void.state.missing()), (CaseState::Void, None));
        assert!(!void.to_wire(Audience::Moderator).tally_missing);
        assert_eq!(void.state.ended().unwrap().verdict.ballots_before_loss, Some(40));

        let lacking = open_case().seal(SealedBy::Deadline, NOW_MS + 60_000).unwrap().lack_ballots(7);
        assert_eq!(lacking.state.sealed().unwrap().open.loss.ballots_before, Some(7));
        assert_eq!(lacking.version, open_case().seal(SealedBy::Deadline, NOW_MS + 60_000).unwrap().version);

        let gone = open_case().seal(SealedBy::Deadline, NOW_MS + 60_000).unwrap().miss_tally(3, late_ms).unwrap();
        assert_eq!(gone.state.missing(), Some(Missing { since_ms: late_ms, found: LossFound::Gone }));
        assert_eq!(draft().miss_tally(0, NOW_MS), Err(TransitionError::NotSealed(CaseState::Draft)));
    }

    #[test]
    fn a_step_is_asked_for_until_the_case_is_sealed_and_while_its_tally_is_missing() {
        let asked = AskedStep {
            step: GuardedStep::Void,
            by_s: None,
            reason: Some("wrong product".into()),
            by: "mia".into(),
            at_ms: NOW_MS,
        };
        let asked_of = |case: &Case| case.to_wire(Audience::Moderator).asked;
        let open = open_case().ask(asked.clone()).unwrap();
        assert_eq!((open.version, asked_of(&open)), (3, Some(asked.clone())));
        assert_eq!(open.to_wire(Audience::Public).asked, None);
        let sealed = open.seal(SealedBy::Deadline, NOW_MS + 60_000).unwrap();
        assert_eq!(asked_of(&sealed), None, "it is too late");
        assert_eq!(sealed.clone().ask(asked.clone()), Err(TransitionError::NotOpen(CaseState::Sealed)));
        let missing = sealed.miss_tally(3, NOW_MS + 61_000).unwrap().ask(asked.clone()).unwrap();
        assert_eq!(asked_of(&missing), Some(asked));
    }

    #[test]
    fn a_nonce_is_secret_until_the_call_for_moderators_too() {
        let draw = Draw { commitment: [1; 32], nonce: [0x5a; 32], called: None };
        let open = open_case().drawn(Some(draw));
        for audience in [Audience::Public, Audience::Moderator] {
            let shown = serde_json::to_string(&open.to_wire(audience)).unwrap();
            assert!(shown.contains(&"01".repeat(32)) && !shown.contains(&"5a".repeat(32)), "{shown}");
        }
        let called = CalledJurors { buyer: 14, merchant: 9, other: 0 };
        let called = open.clone().call(called).unwrap();
        let draw = called.to_wire(Audience::Public).draw.unwrap();
        assert_eq!((called.version, draw.nonce), (open.version + 1, Some("5a".repeat(32))));
        assert_eq!(draw.called.unwrap().merchant, 9);
        let sealed = open.seal(SealedBy::Deadline, NOW_MS).unwrap();
        assert!(sealed.clone().call(CalledJurors::default()).is_err());
        assert_eq!(sealed.to_wire(Audience::Public).draw.unwrap().nonce, None);
        let verdict = Verdict::new(Outcome::NoQuorum, 0, NOW_MS);
        assert!(sealed.conclude(verdict).unwrap().to_wire(Audience::Public).draw.unwrap().nonce.is_some());
    }

    #[test]
    fn recused_ids_and_void_counts_are_for_moderators() {
        let mut case = open_case();
        case.brief = case.brief.with_rules(|rules| rules.recused = Some(vec!["u_7".into()]));
        let by = SealedBy::Void { sub: "mod".into(), reason: "wrong product".into() };
        let mut verdict = crate::judge(&case.brief, &Sums::of_counts(&[3, 1]), None, &Loss::default(), NOW_MS);
        verdict.outcome = Outcome::Void;
        let void = case.seal(by, NOW_MS).unwrap().conclude(verdict).unwrap();
        let (all, some) = (void.to_wire(Audience::Moderator), void.to_wire(Audience::Public));
        assert_eq!(all.rules.recused, Some(vec!["u_7".into()]));
        assert!(all.verdict.unwrap().counts.is_some());
        assert_eq!(some.rules.recused, None);
        assert!(some.verdict.unwrap().counts.is_none());
    }
}
