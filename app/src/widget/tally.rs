//! Draws turnout and counts, from [`Row`] and [`Turnout`]; it never shows a count that the server did not send.

use live_jury_protocol::{CaseId, Role};

use super::Viewer;
use crate::dom::{Children, Element, element, live};
use crate::i18n::TextKey;
use crate::shares::{Row, Turnout, counts, hidden_reason, panel_counts, rows};

/// Draws turnout and counts of an open or sealed case.
pub(super) fn tally(viewer: Viewer, id: CaseId) -> Element {
    let texts = viewer.texts;
    let shown = move || viewer.jury().tally(id).is_some_and(|tally| tally.counts.is_some());
    let counts = move |shown: &bool| {
        if *shown {
            Children::from(element("h3", "lj-eyebrow").says(texts, TextKey::ResultsSoFar)).and(bars(viewer, id, false))
        } else {
            element("p", "lj-tally-hidden").live_text(move || why_hidden(viewer, id)).into()
        }
    };
    element("section", "lj-tally").part("tally").add(turnout(viewer, id)).add(live(shown, counts))
}

fn why_hidden(viewer: Viewer, id: CaseId) -> &'static str {
    let anon = viewer.is_anonymous();
    let jury = viewer.jury();
    let may_vote = !anon && jury.identity().is_none_or(|identity| identity.role == Role::Viewer);
    let voted = jury.ballots().recorded(id).is_some();
    hidden_reason(viewer.texts.now(), jury.case(id).map(|case| case.rules.reveal), may_vote, voted)
}

fn turnout_now(viewer: Viewer, id: CaseId) -> Turnout {
    let jury = viewer.jury();
    Turnout::of(jury.case(id), jury.tally(id))
}

/// Draws the votes in, and how many a result needs.
pub(super) fn turnout(viewer: Viewer, id: CaseId) -> Element {
    let texts = viewer.texts;
    let missing = move || {
        let Turnout { ballots, quorum } = turnout_now(viewer, id);
        texts.now().quorum(ballots, quorum)
    };
    let votes_in = move || texts.now().votes_in(turnout_now(viewer, id).ballots);
    let figures = element("p", "lj-turnout-words")
        .add(element("strong", "lj-digits").live_text(votes_in))
        .add(element("span", "").live_text(missing));
    element("div", "lj-turnout")
        .live_class("lj-turnout-met", move || turnout_now(viewer, id).is_met())
        .add(figures)
        .add(track("lj-turnout", move || turnout_now(viewer, id).part()))
}

/// Draws one bar for each option, in the order of the options: of all ballots, or of the panel's.
pub(super) fn bars(viewer: Viewer, id: CaseId, of_panel: bool) -> Children {
    let options = move || viewer.jury().case(id).map(|case| case.options.clone()).unwrap_or_default();
    live(options, move |options: &Vec<_>| {
        let bars = (0..options.len()).filter_map(|at| bar(viewer, id, at, of_panel)).collect::<Children>();
        element("ul", "lj-bars").add(bars)
    })
}

/// The row of one option now.
fn row(viewer: Viewer, id: CaseId, at: usize, of_panel: bool) -> Option<Row> {
    let jury = viewer.jury();
    let case = jury.case(id)?;
    let counts = if of_panel { panel_counts(case) } else { counts(case, jury.tally(id)) };
    rows(case, counts).into_iter().nth(at)
}

fn bar(viewer: Viewer, id: CaseId, at: usize, of_panel: bool) -> Option<Element> {
    let Row { option, hue, wins, .. } = row(viewer, id, at, of_panel)?;
    let text =
        move || row(viewer, id, at, of_panel).and_then(|row| row.sentence(viewer.texts.now())).unwrap_or_default();
    let part = move || row(viewer, id, at, of_panel).map(|row| row.part()).unwrap_or_default();
    let label = element("span", "lj-bar-label")
        .add(element("span", "lj-mark").set("aria-hidden", "true"))
        .add(element("span", "").set("dir", "auto").text(&option.label));
    let share = match option.abstain {
        true => element("span", "lj-bar-note").says(viewer.texts, TextKey::Abstained),
        false => track("lj-bar", part),
    };
    let bar = element("li", if wins { "lj-bar lj-bar-wins" } else { "lj-bar" })
        .set("data-hue", hue)
        .part("bar")
        .add(label)
        .add(element("span", "lj-bar-count lj-digits").live_text(text))
        .add(share);
    Some(bar)
}

/// Draws a bar whose length follows `part`.
pub(super) fn track(of: &str, part: impl FnMut() -> String + 'static) -> Element {
    let fill = element("span", &format!("{of}-fill")).live_style("--lj-part", part);
    element("span", &format!("{of}-track")).set("aria-hidden", "true").add(fill)
}
