//! Tells who decides a case with a drawn panel, and tells a juror at once that they were drawn; it draws nobody.

use live_jury_protocol::{Case, CaseId, PanelBallots};

use super::Viewer;
use super::icon::{Icon, icon};
use super::tally::bars;
use crate::dom::{Children, element, live, watch};
use crate::i18n::TextKey;

/// Draws who decides; nothing in a case without a panel.
pub(super) fn note(viewer: Viewer, id: CaseId) -> Children {
    let texts = viewer.texts;
    let panel = move || {
        let jury = viewer.jury();
        let seats = jury.case(id)?.rules.panel?.seats();
        Some((seats, jury.is_called(id)))
    };
    live(panel, move |panel: &Option<(u64, bool)>| {
        let (seats, is_called) = (*panel)?;
        Some(if is_called {
            let called = element("p", "lj-called").part("called").add(icon(Icon::Scales));
            called.add(element("span", "").says(texts, TextKey::Called))
        } else {
            element("p", "lj-answer-hint").live_text(move || texts.now().gallery(seats))
        })
    })
}

/// Announces to a juror that they were drawn.
pub(super) fn announce(viewer: Viewer, id: CaseId) {
    let announce = move |_: Option<&bool>, is_called: &bool| {
        if *is_called {
            viewer.announce(viewer.texts.get(TextKey::Called));
        }
    };
    watch(move || viewer.jury().is_called(id), announce);
}

/// Draws the panel's counts of a case that is over, above those of everybody; nothing where none were published.
pub(super) fn counts(viewer: Viewer, case: &Case) -> Children {
    let panel = case.verdict.as_ref().and_then(|verdict| verdict.panel.as_ref());
    let Some(PanelBallots { seats, counted, .. }) = panel.filter(|panel| panel.counts.is_some()) else {
        return Children::from(None);
    };
    let (texts, seats, counted) = (viewer.texts, *seats, *counted);
    let title = element("h3", "lj-eyebrow").live_text(move || texts.now().panel_votes(counted, seats));
    Children::from(title)
        .and(bars(viewer, case.id, true))
        .and(element("h3", "lj-eyebrow").says(texts, TextKey::AllVotes))
}
