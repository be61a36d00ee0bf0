//! Draws the result of a case, from [`VerdictView`], and announces it once; it never decides what a result says.

use leptos::prelude::*;
use live_jury_protocol::{Case, CaseId, OptionId, Outcome};

use super::icon::{Icon, icon};
use super::tally::{bars, turnout};
use super::{Viewer, check, is_over, panel};
use crate::dom::{Children, Element, element, live, watch};
use crate::i18n::TextKey;
use crate::verdict::VerdictView;

/// Draws the result of a case that is over.
pub(super) fn verdict(viewer: Viewer, id: CaseId) -> Children {
    // A vote that was pending at the end may be acknowledged after the verdict.
    let shown = move || {
        let jury = viewer.jury();
        let own = jury.ballots().recorded(id).map(|ballot| ballot.option.clone());
        (jury.case(id).and_then(|case| Some(case.verdict.as_ref()?.outcome)), own, viewer.texts.now().tag())
    };
    live(shown, move |_: &(Option<Outcome>, Option<OptionId>, &str)| {
        let jury = viewer.jury();
        let case = jury.case(id)?;
        Some(section(viewer, case, VerdictView::of(case)?))
    })
}

fn section(viewer: Viewer, case: &Case, verdict: VerdictView) -> Element {
    let texts = viewer.texts.now();
    let eyebrow =
        if verdict.winner().is_some() { texts.outcome(verdict.outcome()) } else { texts.get(TextKey::Verdict) };
    let has_counts = case.verdict.as_ref().is_some_and(|verdict| verdict.counts.is_some());
    let head = element("div", "lj-verdict-head")
        .add(line("lj-eyebrow", eyebrow))
        .add(line("lj-verdict-title", verdict.result(texts)).set("dir", "auto"))
        .add(verdict.hint(texts).map(|hint| line("lj-verdict-hint", &hint)))
        .add(verdict.void_reason(texts).map(|reason| line("lj-verdict-hint", &reason).set("dir", "auto")));
    element("section", "lj-verdict")
        .set("data-outcome", verdict.outcome().as_str())
        .set("data-hue", verdict.hue())
        .part("verdict")
        .add(head)
        .add(panel::counts(viewer, case))
        .add(if has_counts { bars(viewer, case.id, false) } else { Children::from(None) })
        .add((!verdict.is_void()).then(|| turnout(viewer, case.id)))
        .add(remedy(viewer, case.id))
        .add(own(viewer, case).map(|own| line("lj-verdict-own", &own).set("dir", "auto")))
        .add(line("lj-verdict-meta", &verdict.closing(texts)))
        .add(viewer.check.map(|_| check::buttons(viewer, case)))
}

fn line(class: &str, text: &str) -> Element {
    element("p", class).text(text)
}

/// The viewer's own choice.
fn own(viewer: Viewer, case: &Case) -> Option<String> {
    let jury = viewer.jury();
    let option = &jury.ballots().recorded(case.id)?.option;
    let option = case.options.iter().find(|known| known.id == *option)?;
    Some(viewer.texts.now().you_chose(&option.label))
}

/// The remedy that applies with its clock, or that nothing follows. A clock moves while the rest of the result stays,
/// and with it the lines of a check.
fn remedy(viewer: Viewer, id: CaseId) -> Children {
    let texts = viewer.texts;
    // The version grows with each step of the clock.
    let version = move || viewer.jury().case(id).map(|case| case.version);
    live(version, move |_| {
        let jury = viewer.jury();
        let verdict = VerdictView::of(jury.case(id)?)?;
        let clock = verdict.remedy_clock(texts.now());
        let is_owed = jury.case(id)?.remedy_clock.is_some_and(|clock| clock.state.is_owed());
        let (sign, text) = match verdict.remedy() {
            Some(remedy) if is_owed => (Icon::Clock, clock.as_deref().unwrap_or(remedy)),
            Some(remedy) => (Icon::Check, clock.as_deref().unwrap_or(remedy)),
            None if verdict.has_no_effect() => (Icon::Scales, texts.get(TextKey::RemedyNotApplied)),
            None => return None,
        };
        let remedy = element("div", "lj-remedy")
            .part("remedy")
            .add(icon(sign))
            .add(line("lj-eyebrow", texts.get(TextKey::Remedy)))
            .add(line("lj-remedy-text", text).set("dir", "auto"));
        Some(remedy)
    })
}

/// Announces the result of each case that ends while the viewer watches.
pub(super) fn announce(viewer: Viewer) {
    let over = move || {
        let jury = viewer.jury();
        let is_over = |id: &&CaseId| jury.case(**id).is_some_and(is_over);
        viewer.selection.with(|selection| selection.shown().iter().filter(is_over).copied().collect::<Vec<_>>())
    };
    watch(over, move |before, over| {
        let is_new = |id: &&CaseId| before.is_none_or(|before| !before.contains(id));
        let ended = over.iter().rfind(is_new).and_then(|id| {
            let jury = viewer.jury();
            let case = jury.case(*id)?;
            check::later(viewer, case);
            Some(VerdictView::of(case)?.sentence(viewer.texts.now()))
        });
        if let Some(sentence) = ended {
            viewer.announce(sentence);
        }
    });
}
