//! Draws one case: title, time left, statements, evidence, vote and counts. After the vote, its answer comes first. It
//! never casts.

use live_jury_protocol::CaseId;

use super::{Viewer, ballot, countdown, evidence, is_over, panel, statements, tally, verdict};
use crate::dom::{Element, element, live};
use crate::hearing::hearing;

/// Draws one case.
pub(super) fn case(viewer: Viewer, id: CaseId) -> Element {
    countdown::announce(viewer, id);
    panel::announce(viewer, id);
    let vote = ballot::Vote::new(viewer, id);
    let facts = move || {
        let (jury, texts) = (viewer.jury(), viewer.texts.now());
        jury.case(id).map(|case| hearing(case, texts, texts.kind(&case.kind))).unwrap_or_default()
    };
    let over = move || viewer.jury().case(id).is_some_and(is_over);
    let title = element("h2", "lj-title").part("title").set("dir", "auto").live_text(move || viewer.title(id));
    let head = element("header", "lj-case-head").add(element("p", "lj-eyebrow").live_text(facts)).add(title);
    let body = move |state: &(bool, bool)| match state {
        (true, _) => verdict::verdict(viewer, id),
        (false, true) => countdown::countdown(viewer, id)
            .and(panel::note(viewer, id))
            .and(statements::statements(viewer, id))
            .and(evidence::evidence(viewer, id))
            .and(ballot::form(vote))
            .and(tally::tally(viewer, id)),
        (false, false) => countdown::countdown(viewer, id)
            .and(ballot::answer(vote))
            .and(tally::tally(viewer, id))
            .and(statements::statements(viewer, id))
            .and(evidence::evidence(viewer, id)),
    };
    element("article", "lj-case").part("case").add(head).add(live(move || (over(), vote.has_form()), body))
}
