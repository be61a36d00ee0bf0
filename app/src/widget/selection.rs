//! Decides which cases the widget shows and which one is selected; it never reads a case's content.

use live_jury_protocol::{CaseId, CaseState};

/// A case's id, state and opening time.
pub(super) type CaseSummary = (CaseId, CaseState, Option<u64>);

/// The cases shown and the selected one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CaseSelection {
    /// Cases that were live while this viewer watched. Their results are shown.
    witnessed: Vec<CaseId>,
    shown: Vec<CaseId>,
    front: Option<CaseId>,
    is_collapsed: bool,
}

impl CaseSelection {
    /// Applies a docket. Returns the case that opened since the last one, if any.
    pub(super) fn follow(&mut self, cases: &[CaseSummary]) -> Option<CaseId> {
        let is_live = |state: CaseState| matches!(state, CaseState::Open | CaseState::Sealed);
        let mut shown: Vec<&CaseSummary> = Vec::new();
        for seen in cases.iter().filter(|(id, state, _)| is_live(*state) || self.witnessed.contains(id)) {
            let order = |(id, _, opened_at_ms): &CaseSummary| (*opened_at_ms, *id);
            let at = shown.iter().position(|other| order(other) > order(seen)).unwrap_or(shown.len());
            shown.insert(at, seen);
        }
        let new: Vec<CaseId> =
            shown.iter().filter(|(id, ..)| !self.witnessed.contains(id)).map(|(id, ..)| *id).collect();
        let opened = shown.iter().find(|(id, state, _)| *state == CaseState::Open && new.contains(id));
        let opened = opened.map(|(id, ..)| *id);
        let front_lives =
            self.front.is_some_and(|front| shown.iter().any(|(id, state, _)| *id == front && is_live(*state)));
        let front_shown = self.front.is_some_and(|front| shown.iter().any(|(id, ..)| *id == front));
        if !front_lives && !new.is_empty() {
            self.front = opened.or_else(|| new.first().copied());
        } else if !front_shown {
            let live = shown.iter().find(|(_, state, _)| is_live(*state));
            self.front = live.or(shown.last()).map(|(id, ..)| *id);
        }
        self.shown = shown.into_iter().map(|(id, ..)| *id).collect();
        self.witnessed.clone_from(&self.shown);
        opened
    }

    /// The cases shown, in order of opening.
    pub(super) fn shown(&self) -> &[CaseId] {
        &self.shown
    }

    /// The selected case.
    pub(super) fn front(&self) -> Option<CaseId> {
        self.front
    }

    /// Selects a case at the viewer's request.
    pub(super) fn choose(&mut self, case: CaseId) {
        if self.shown.contains(&case) {
            self.front = Some(case);
        }
    }

    /// Records whether the viewer collapsed the widget.
    pub(super) fn set_collapsed(&mut self, small: bool) {
        self.is_collapsed = small;
    }

    /// Whether the viewer collapsed the widget. A new case then leaves it collapsed.
    pub(super) fn is_collapsed(&self) -> bool {
        self.is_collapsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> CaseId {
        format!("01890a5d-ac96-774b-bcce-b302099a80{n:02}").parse().unwrap()
    }

    fn seen(n: u8, state: CaseState) -> CaseSummary {
        (id(n), state, Some(u64::from(n)))
    }

    #[test]
    fn a_case_that_opens_is_selected() {
        let mut selection = CaseSelection::default();
        assert_eq!(selection.follow(&[seen(9, CaseState::Decided)]), None);
        assert_eq!(selection.front(), None, "an old verdict is no case to show");
        assert_eq!(selection.follow(&[seen(1, CaseState::Open), seen(9, CaseState::Decided)]), Some(id(1)));
        assert_eq!((selection.front(), selection.shown()), (Some(id(1)), [id(1)].as_slice()));
    }

    #[test]
    fn a_second_case_leaves_the_first_selected() {
        let mut selection = CaseSelection::default();
        selection.follow(&[seen(1, CaseState::Open)]);
        assert_eq!(selection.follow(&[seen(2, CaseState::Open), seen(1, CaseState::Open)]), Some(id(2)));
        assert_eq!((selection.front(), selection.shown()), (Some(id(1)), [id(1), id(2)].as_slice()));
        selection.choose(id(2));
        assert_eq!(selection.front(), Some(id(2)));
        selection.choose(id(7));
        assert_eq!(selection.front(), Some(id(2)));
    }

    #[test]
    fn a_result_stays_until_the_next_case_or_until_it_leaves_the_docket() {
        let mut selection = CaseSelection::default();
        selection.follow(&[seen(1, CaseState::Open)]);
        assert_eq!(selection.follow(&[seen(1, CaseState::Decided)]), None);
        assert_eq!(selection.front(), Some(id(1)));
        assert_eq!(selection.follow(&[seen(1, CaseState::Decided), seen(2, CaseState::Open)]), Some(id(2)));
        assert_eq!(selection.front(), Some(id(2)));
        assert_eq!(selection.shown(), [id(1), id(2)]);
        selection.follow(&[]);
        assert_eq!(selection.front(), None);
    }

    #[test]
    fn the_same_docket_again_opens_nothing() {
        let mut selection = CaseSelection::default();
        selection.follow(&[seen(1, CaseState::Open)]);
        assert_eq!(selection.follow(&[seen(1, CaseState::Open)]), None);
    }
}
