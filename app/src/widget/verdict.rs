//! The result as a moment: outcome, shares, turnout, what follows, and how the case was closed; spoken once.

use leptos::prelude::*;
use live_jury_protocol::{Case, CaseId, ClosedBy, Outcome, Verdict};

use super::icon::{Icon, icon};
use super::tally::{bars, turnout};
use super::{Viewer, is_over};
use crate::dom::{Children, Element, element, live, watch};
use crate::shares::hue;

/// What the winning option says.
fn winner(case: &Case, verdict: &Verdict) -> Option<(String, &'static str)> {
    let id = verdict.option.as_ref()?;
    let option = case.options.iter().find(|option| option.id == *id)?;
    Some((option.label.clone(), hue(case, option)))
}

/// Draws the result of a case that is over.
pub(super) fn verdict(viewer: Viewer, id: CaseId) -> Children {
    let verdict = move || viewer.jury().case(id).and_then(|case| case.verdict.clone());
    live(verdict, move |verdict: &Option<Verdict>| {
        let jury = viewer.jury();
        Some(moment(viewer, jury.case(id)?, verdict.as_ref()?))
    })
}

fn moment(viewer: Viewer, case: &Case, verdict: &Verdict) -> Element {
    let texts = viewer.texts;
    let id = case.id;
    let won = winner(case, verdict);
    let outcome = (texts.outcome)(verdict.outcome);
    let eyebrow = if won.is_some() { outcome } else { texts.verdict };
    let (title, hue) = won.unwrap_or_else(|| (outcome.to_owned(), "none"));
    let is_void = verdict.outcome == Outcome::Void;
    let hint = (texts.outcome_hint)(viewer.lang, verdict.outcome, case.rules.threshold.into(), case.rules.quorum);
    let hint = (!hint.is_empty()).then(|| line("lj-verdict-hint", &hint));
    let reason = is_void.then(|| line("lj-verdict-hint", &(texts.void_reason)(verdict.reason.as_deref())));
    let won_id = verdict.option.as_ref().map(ToString::to_string);
    let head = element("div", "lj-verdict-head")
        .add(line("lj-eyebrow", eyebrow))
        .add(line("lj-verdict-title", &title).set("dir", "auto"))
        .add(hint)
        .add(reason.map(|reason| reason.set("dir", "auto")));
    element("section", "lj-verdict")
        .set("data-outcome", verdict.outcome.as_str())
        .set("data-hue", hue)
        .part("verdict")
        .add(head)
        .add(verdict.counts.as_ref().map_or(Children::from(None), |_| bars(viewer, id, won_id)))
        .add((!is_void).then(|| turnout(viewer, id)))
        .add(if is_void { None } else { remedy(viewer, case, verdict) })
        .add(own(viewer, case).map(|own| line("lj-verdict-own", &own).set("dir", "auto")))
        .add(line("lj-verdict-meta", &meta(viewer, case, verdict)))
}

fn line(class: &str, text: &str) -> Element {
    element("p", class).text(text)
}

/// What the viewer chose.
fn own(viewer: Viewer, case: &Case) -> Option<String> {
    let jury = viewer.jury();
    let option = &jury.ballots().recorded(case.id)?.option;
    let option = case.options.iter().find(|known| known.id == *option)?;
    Some((viewer.texts.you_chose)(&option.label))
}

/// The remedy of a decided case; of one without a decision, that nothing follows.
fn remedy(viewer: Viewer, case: &Case, verdict: &Verdict) -> Option<Element> {
    let texts = viewer.texts;
    let (sign, text) = match verdict.outcome {
        Outcome::Decided => (Icon::Check, case.remedy.as_deref()?),
        _ => (Icon::Scales, texts.remedy_not_applied),
    };
    let remedy = element("div", "lj-remedy")
        .part("remedy")
        .add(icon(sign))
        .add(line("lj-eyebrow", texts.remedy))
        .add(line("lj-remedy-text", text).set("dir", "auto"));
    Some(remedy)
}

/// Who closed it, by how much it was extended, and when it was decided.
fn meta(viewer: Viewer, case: &Case, verdict: &Verdict) -> String {
    let texts = viewer.texts;
    let mut parts = Vec::new();
    match case.closed_by {
        Some(ClosedBy::Deadline) => parts.push(texts.closed_by_deadline.to_owned()),
        Some(ClosedBy::Moderator) => parts.push(texts.closed_by_moderator.to_owned()),
        None => {}
    }
    if case.extended_s > 0 {
        parts.push((texts.extended_by)(viewer.lang, case.extended_s));
    }
    parts.push((texts.decided_at)(viewer.lang, verdict.decided_at_ms));
    parts.join(" · ")
}

/// The one sentence that screen readers hear.
fn sentence(viewer: Viewer, case: &Case, verdict: &Verdict) -> String {
    let texts = viewer.texts;
    let mut parts = vec![format!("{}: {}", texts.verdict, case.title), (texts.outcome)(verdict.outcome).to_owned()];
    parts.extend(winner(case, verdict).map(|(label, _)| label));
    for row in crate::shares::rows(case, verdict.counts.as_ref()) {
        if let Some(votes) = row.votes {
            parts.push(format!("{}: {}", row.option.label, (texts.option_share)(viewer.lang, votes, row.share)));
        }
    }
    if verdict.outcome == Outcome::Decided {
        parts.extend(case.remedy.as_ref().map(|remedy| format!("{}: {remedy}", texts.remedy)));
    }
    parts.join(". ")
}

/// Speaks the result of each case that ends while the viewer watches.
pub(super) fn announce(viewer: Viewer) {
    let over = move || {
        let jury = viewer.jury();
        let is_over = |id: &&CaseId| jury.case(**id).is_some_and(|case| is_over(case.state));
        viewer.selection.with(|selection| selection.shown().iter().filter(is_over).copied().collect::<Vec<_>>())
    };
    watch(over, move |before, over| {
        let is_new = |id: &&CaseId| before.is_none_or(|before| !before.contains(id));
        let ended = over.iter().rfind(is_new).and_then(|id| {
            let jury = viewer.jury();
            let case = jury.case(*id)?;
            Some(sentence(viewer, case, case.verdict.as_ref()?))
        });
        if let Some(sentence) = ended {
            viewer.announce(sentence);
        }
    });
}
