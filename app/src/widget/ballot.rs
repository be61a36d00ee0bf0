//! The vote: the form, what became of it, or why there is none; selecting never casts.

use leptos::prelude::*;
use live_jury_protocol::{Case, CaseId, CaseOption, CaseState, OptionId, Refusal, Role};
use wasm_bindgen::JsCast;

use super::Viewer;
use super::countdown::seconds_left;
use super::element::{Element, Piece, element, live, watch};
use super::icon::{Icon, icon};
use crate::pages::take_focus;
use crate::shares::hue;

/// Where this viewer stands in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// May choose; the last try may have been refused for a reason that another choice mends.
    Choosing(Option<Refusal>),
    /// The vote is on its way, for the first time or again.
    Sending { again: bool },
    /// The vote is recorded.
    Voted { label: String, may_change: bool },
    /// May not vote here, or the vote did not count.
    Barred(&'static str),
    /// Voting has closed; whether the own vote is in.
    Closed { voted: Option<String>, refused: Option<&'static str> },
}

fn standing(viewer: Viewer, id: CaseId, changing: bool) -> Option<Standing> {
    let words = viewer.words;
    let anon = viewer.is_anonymous();
    let in_time = seconds_left(viewer, id).is_some_and(|left| left > 0);
    let jury = viewer.jury();
    let case = jury.case(id)?;
    let ballots = jury.ballots();
    let recorded = ballots.recorded(id).map(|ballot| label_of(case, &ballot.option));
    let refusal = ballots.refusal(id);
    if case.state != CaseState::Open || !in_time && ballots.pending(id).is_none() {
        return Some(Standing::Closed { voted: recorded, refused: refusal.map(words.refusal) });
    }
    if let Some(pending) = ballots.pending(id) {
        return Some(Standing::Sending { again: pending.again });
    }
    if jury.me().is_some_and(|me| me.role != Role::Viewer) {
        return Some(Standing::Barred(words.watching_role));
    }
    Some(match (recorded, refusal) {
        (Some(label), _) if !changing => Standing::Voted { label, may_change: case.rules.allow_change },
        (None, _) if anon => Standing::Barred(words.watching_anon),
        (_, Some(Refusal::AlreadyVoted)) => Standing::Barred(words.voted_elsewhere),
        (_, Some(reason @ (Refusal::NotOpen | Refusal::UnknownOption))) => Standing::Choosing(Some(reason)),
        (_, Some(reason)) => Standing::Barred((words.refusal)(reason)),
        (_, None) => Standing::Choosing(None),
    })
}

fn label_of(case: &Case, id: &OptionId) -> String {
    let option = case.options.iter().find(|option| option.id == *id);
    option.map_or_else(|| id.to_string(), |option| option.label.clone())
}

/// One viewer's vote in one case, for as long as the case is in front.
#[derive(Clone, Copy)]
pub(super) struct Vote {
    viewer: Viewer,
    id: CaseId,
    changing: RwSignal<bool>,
    /// The viewer pressed *Submit* here, so the answer may take the focus that the form had.
    acted: RwSignal<bool>,
}

impl Vote {
    pub(super) fn new(viewer: Viewer, id: CaseId) -> Self {
        let vote = Self { viewer, id, changing: RwSignal::new(false), acted: RwSignal::new(false) };
        watch(move || vote.standing(), move |before, now| vote.speak(before, now));
        vote
    }

    /// Whether there is a choice to make or on its way: then the case is read before the vote, else after it.
    pub(super) fn has_form(self) -> bool {
        matches!(self.standing(), Some(Standing::Choosing(_) | Standing::Sending { again: false }))
    }

    fn standing(self) -> Option<Standing> {
        standing(self.viewer, self.id, self.changing.get())
    }

    fn is_sending(self) -> bool {
        matches!(self.standing(), Some(Standing::Sending { .. }))
    }

    /// Tells screen readers what became of a vote, when it becomes known.
    fn speak(self, before: Option<&Option<Standing>>, now: &Option<Standing>) {
        let viewer = self.viewer;
        let words = viewer.words;
        let was_sending = matches!(before, Some(Some(Standing::Sending { .. })));
        match now {
            Some(Standing::Sending { again: false }) => viewer.say(words.sending),
            Some(Standing::Voted { .. }) if was_sending => viewer.say(words.vote_is_in),
            Some(Standing::Barred(why)) if was_sending => viewer.say(*why),
            Some(Standing::Choosing(Some(reason))) if was_sending => viewer.say((words.refusal)(*reason)),
            Some(Standing::Closed { refused: Some(why), .. }) if was_sending => viewer.say(*why),
            _ => {}
        }
    }
}

/// Draws the vote where it has no form: what became of it, or why there is none.
pub(super) fn answer(vote: Vote) -> Piece {
    let viewer = vote.viewer;
    let draw = move |standing: &Option<Standing>| match standing.as_ref()? {
        Standing::Sending { .. } => Some(said("sending", Icon::Clock, viewer.words.sending_again)),
        Standing::Voted { label, may_change } => Some(voted(vote, label, *may_change)),
        Standing::Barred(why) => Some(said("watching", Icon::Eye, viewer.words.watching_only).add(hint(why))),
        Standing::Closed { voted, refused } => Some(closed(viewer, voted.as_deref(), *refused)),
        Standing::Choosing(_) => None,
    };
    live(move || vote.standing(), draw)
}

/// Draws the form.
pub(super) fn form(vote: Vote) -> Element {
    let Vote { viewer, id, changing, acted } = vote;
    let words = viewer.words;
    let pending = viewer.jury().ballots().pending(id).map(|pending| pending.option.clone());
    let chosen = RwSignal::new(pending);
    let asked = RwSignal::new(false);
    let legend = element("legend", "lj-eyebrow")
        .text(words.your_vote)
        // What is chosen here is heard without what stands above it.
        .add(element("span", "lj-hidden").set("dir", "auto").live_text(move || format!(": {}", viewer.title(id))));
    let choices = element("fieldset", "").live_state("aria-busy", move || vote.is_sending()).add(legend).add(live(
        move || options(viewer, id),
        move |options: &Vec<_>| options.iter().map(|(option, hue)| radio(vote, option, hue, chosen)).collect::<Piece>(),
    ));
    let place = choices.dom().clone();
    let submit = move |event: leptos::ev::Event| {
        event.prevent_default();
        if vote.is_sending() {
            return;
        }
        match chosen.get_untracked() {
            Some(option) => {
                acted.set(true);
                changing.set(false);
                viewer.session.cast(id, &option);
            }
            None => {
                asked.set(true);
                focus_first(&place);
            }
        }
    };
    let why = move || match vote.standing() {
        Some(Standing::Choosing(Some(reason))) => Some((words.refusal)(reason)),
        _ if asked.get() && chosen.with(Option::is_none) => Some(words.choose_first),
        _ => None,
    };
    let keep = move || {
        let keep = element("button", "lj-button lj-quiet").set("type", "button").text(words.keep_vote);
        keep.on("click", move |_| changing.set(false))
    };
    let label = move || match (vote.is_sending(), chosen.with(Option::is_some)) {
        (true, _) => words.sending,
        (false, true) => words.submit,
        (false, false) => words.vote_open,
    };
    let button = element("button", "lj-button")
        .part("submit")
        .set("type", "submit")
        .live_state("aria-disabled", move || vote.is_sending())
        .live_text(label);
    let actions =
        element("div", "lj-actions").add(live(move || changing.get(), move |changing| changing.then(keep))).add(button);
    element("form", "lj-ballot")
        .part("ballot")
        .set("novalidate", "")
        .on("submit", submit)
        .add(choices)
        .add(live(why, |why| why.map(|why| element("p", "lj-hint").set("role", "alert").text(why))))
        .add(actions)
}

fn options(viewer: Viewer, id: CaseId) -> Vec<(CaseOption, &'static str)> {
    let jury = viewer.jury();
    let Some(case) = jury.case(id) else { return Vec::new() };
    case.options.iter().map(|option| (option.clone(), hue(case, option))).collect()
}

fn radio(vote: Vote, option: &CaseOption, hue: &str, chosen: RwSignal<Option<OptionId>>) -> Element {
    let (id, mine) = (option.id.clone(), option.id.clone());
    let input = element("input", "")
        .set("type", "radio")
        .set("name", &vote.id.to_string())
        .set("value", id.as_str())
        .live_checked(move || chosen.with(|chosen| chosen.as_ref() == Some(&mine)))
        .live_flag("disabled", move || vote.is_sending())
        .on("change", move |_| chosen.set(Some(id.clone())));
    element("label", "lj-option")
        .set("data-hue", hue)
        .part("option")
        .add(input)
        .add(element("span", "lj-option-label").set("dir", "auto").text(&option.label))
        .add(element("span", "lj-mark").set("aria-hidden", "true"))
}

fn focus_first(place: &web_sys::Element) {
    let first = place.query_selector("input").ok().flatten();
    if let Some(first) = first.as_ref().and_then(|first| first.dyn_ref::<web_sys::HtmlElement>()) {
        // Focus is a courtesy: where it fails the hint still says what to do.
        let _ = first.focus();
    }
}

/// Brings the viewer to the head of the case, where the answer stands: *Submit* may have been far below.
fn show_head(answer: web_sys::Element) {
    request_animation_frame(move || {
        if let Ok(Some(scroll)) = answer.closest("[data-scroll]") {
            scroll.set_scroll_top(0);
        }
    });
}

fn voted(vote: Vote, label: &str, may_change: bool) -> Element {
    let Vote { viewer, changing, acted, .. } = vote;
    let words = viewer.words;
    let title = element("p", "lj-answer-title").set("tabindex", "-1").text(words.vote_is_in);
    if acted.get() {
        acted.set(false);
        show_head(title.dom().clone());
        take_focus(title.dom().clone());
    }
    let final_or_not = if may_change { words.vote_may_change } else { words.vote_is_final };
    let own = element("span", "").set("dir", "auto").text(&(words.you_chose)(label));
    let change = may_change.then(|| {
        let change = element("button", "lj-link-button").set("type", "button").text(words.change_vote);
        change.on("click", move |_| changing.set(true))
    });
    said_by("in", Icon::Check, title)
        .add(element("p", "lj-answer-hint").add(own).text(words.space).text(final_or_not))
        .add(change)
}

fn closed(viewer: Viewer, voted: Option<&str>, refused: Option<&'static str>) -> Element {
    let words = viewer.words;
    let own = match voted {
        Some(label) => Some((words.vote_in_as)(label)),
        None => refused.map(str::to_owned),
    };
    said("closed", Icon::Lock, words.sealed)
        .add(hint(words.sealed_hint))
        .add(own.map(|own| hint(&own).set("dir", "auto")))
}

fn said(answer: &str, sign: Icon, title: &str) -> Element {
    said_by(answer, sign, element("p", "lj-answer-title").text(title))
}

fn said_by(answer: &str, sign: Icon, title: Element) -> Element {
    element("div", "lj-answer").set("data-answer", answer).part("answer").add(icon(sign)).add(title)
}

fn hint(text: &str) -> Element {
    element("p", "lj-answer-hint").text(text)
}
