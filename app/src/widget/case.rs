//! Draws one case: title, time left, statements, evidence, vote and counts. After the vote, its answer comes first. It
//! never casts.

use live_jury_protocol::CaseId;

use super::{Viewer, ballot, countdown, evidence, is_over, statements, tally, verdict};
use crate::dom::{Element, element, live};

/// Draws one case.
pub(super) fn case(viewer: Viewer, id: CaseId) -> Element {
    countdown::announce(viewer, id);
    let vote = ballot::Vote::new(viewer, id);
    let kind = move || viewer.jury().case(id).and_then(|case| (viewer.texts.kind)(&case.kind));
    let over = move || viewer.jury().case(id).is_some_and(is_over);
    let title = element("h2", "lj-title").part("title").set("dir", "auto").live_text(move || viewer.title(id));
    let head = element("header", "lj-case-head")
        .add(live(kind, |kind| kind.map(|kind| element("p", "lj-eyebrow").text(kind))))
        .add(title);
    let body = move |state: &(bool, bool)| match state {
        (true, _) => verdict::verdict(viewer, id),
        (false, true) => countdown::countdown(viewer, id)
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
