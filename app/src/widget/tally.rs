//! Turnout always, counts where this viewer may see them, and words where not; numbers move without reflow.

use live_jury_protocol::{CaseId, Reveal, Role};

use super::Viewer;
use crate::dom::{Children, Element, element, live};
use crate::shares::{Row, part_text, rows};

/// Draws turnout and counts of a live case.
pub(super) fn tally(viewer: Viewer, id: CaseId) -> Element {
    let texts = viewer.texts;
    let shown = move || viewer.jury().tally(id).is_some_and(|tally| tally.counts.is_some());
    let counts = move |shown: &bool| {
        if *shown {
            Children::from(element("h3", "lj-eyebrow").text(texts.results_so_far)).and(bars(viewer, id, None))
        } else {
            element("p", "lj-tally-hidden").live_text(move || why_hidden(viewer, id)).into()
        }
    };
    element("section", "lj-tally").part("tally").add(turnout(viewer, id)).add(live(shown, counts))
}

fn why_hidden(viewer: Viewer, id: CaseId) -> &'static str {
    let texts = viewer.texts;
    let anon = viewer.is_anonymous();
    let jury = viewer.jury();
    let watches = anon || jury.identity().is_some_and(|identity| identity.role != Role::Viewer);
    let voted = jury.ballots().recorded(id).is_some();
    match jury.case(id).map(|case| case.rules.reveal) {
        Some(Reveal::AfterClose) => texts.counts_after_close,
        Some(Reveal::AfterVote) if watches => texts.counts_after_close,
        Some(Reveal::AfterVote) if !voted => texts.counts_after_vote,
        _ => texts.counts_soon,
    }
}

/// Ballots in, and how many a result needs: the verdict's own, once there is one.
fn ballots(viewer: Viewer, id: CaseId) -> (u64, u64) {
    let jury = viewer.jury();
    let case = jury.case(id);
    let ballots = match case.and_then(|case| case.verdict.as_ref()) {
        Some(verdict) => verdict.ballots,
        None => jury.tally(id).map_or(0, |tally| tally.ballots),
    };
    (ballots, case.map_or(1, |case| case.rules.quorum))
}

/// Votes in, and how many a result needs.
#[expect(clippy::cast_precision_loss, reason = "a length on the screen")]
pub(super) fn turnout(viewer: Viewer, id: CaseId) -> Element {
    let texts = viewer.texts;
    let met = move || {
        let (ballots, quorum) = ballots(viewer, id);
        ballots >= quorum
    };
    let part = move || {
        let (ballots, quorum) = ballots(viewer, id);
        part_text(ballots as f64 / quorum.max(1) as f64)
    };
    let missing = move || {
        let (ballots, quorum) = ballots(viewer, id);
        (texts.quorum)(viewer.lang, ballots, quorum)
    };
    let votes_in = move || (texts.votes_in)(viewer.lang, ballots(viewer, id).0);
    let figures = element("p", "lj-turnout-words")
        .add(element("strong", "lj-digits").live_text(votes_in))
        .add(element("span", "").live_text(missing));
    element("div", "lj-turnout").live_class("lj-turnout-met", met).add(figures).add(track("lj-turnout", part))
}

/// One bar an option, in the order of the options.
pub(super) fn bars(viewer: Viewer, id: CaseId, winner: Option<String>) -> Children {
    let options = move || viewer.jury().case(id).map(|case| case.options.clone()).unwrap_or_default();
    live(options, move |options: &Vec<_>| {
        let bar = |(at, option): (usize, &live_jury_protocol::CaseOption)| {
            bar(viewer, id, at, winner.as_deref() == Some(option.id.as_str()))
        };
        element("ul", "lj-bars").add(options.iter().enumerate().filter_map(bar).collect::<Children>())
    })
}

/// How one option stands: by the verdict, once there is one.
fn row(viewer: Viewer, id: CaseId, at: usize) -> Option<Row> {
    let jury = viewer.jury();
    let case = jury.case(id)?;
    let counts = match &case.verdict {
        Some(verdict) => verdict.counts.as_ref(),
        None => jury.tally(id).and_then(|tally| tally.counts.as_ref()),
    };
    rows(case, counts).into_iter().nth(at)
}

fn bar(viewer: Viewer, id: CaseId, at: usize, wins: bool) -> Option<Element> {
    let texts = viewer.texts;
    let Row { option, hue, .. } = row(viewer, id, at)?;
    let text = move || {
        let row = row(viewer, id, at)?;
        Some((texts.option_share)(viewer.lang, row.votes?, row.share))
    };
    let part = move || part_text(row(viewer, id, at).and_then(|row| row.share).unwrap_or(0.0));
    let label = element("span", "lj-bar-label")
        .add(element("span", "lj-mark").set("aria-hidden", "true"))
        .add(element("span", "").set("dir", "auto").text(&option.label));
    let share = match option.abstain {
        true => element("span", "lj-bar-note").text(texts.abstained),
        false => track("lj-bar", part),
    };
    let bar = element("li", if wins { "lj-bar lj-bar-wins" } else { "lj-bar" })
        .set("data-hue", hue)
        .part("bar")
        .add(label)
        .add(element("span", "lj-bar-count lj-digits").live_text(move || text().unwrap_or_default()))
        .add(share);
    Some(bar)
}

/// A length that grows and shrinks.
pub(super) fn track(of: &str, part: impl FnMut() -> String + 'static) -> Element {
    let fill = element("span", &format!("{of}-fill")).live_style("--lj-part", part);
    element("span", &format!("{of}-track")).set("aria-hidden", "true").add(fill)
}
