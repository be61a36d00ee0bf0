//! Draws the vote: the form, its result, or the reason for having none. Selecting an option never casts.

use leptos::prelude::*;
use live_jury_protocol::{Case, CaseId, CaseOption, CaseState, OptionId, Reason, Refusal, Role};
use wasm_bindgen::JsCast;

use super::Viewer;
use super::countdown::seconds_left;
use super::icon::{Icon, icon};
use crate::dom::{Children, Element, element, live, watch};
use crate::i18n::TextKey;
use crate::pages::take_focus;
use crate::shares::hue;

/// The viewer's vote in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum VoteState {
    /// The viewer may choose. The last cast may have been refused for a reason that another choice mends.
    Choosing(Option<Refusal>),
    /// The vote is being sent, for the first time or again.
    Sending { again: bool },
    /// The vote is recorded.
    Voted { label: String, may_change: bool },
    /// The viewer may not vote, or the vote did not count.
    Barred(&'static str),
    /// Voting has closed, with or without a recorded vote. The result comes `later` if the tally is missing.
    Closed { voted: Option<String>, refused: Option<&'static str>, later: bool },
}

fn vote_state(viewer: Viewer, id: CaseId, changing: bool) -> Option<VoteState> {
    let texts = viewer.texts;
    let anon = viewer.is_anonymous();
    let in_time = seconds_left(viewer, id).is_some_and(|left| left > 0);
    let jury = viewer.jury();
    let case = jury.case(id)?;
    let ballots = jury.ballots();
    let recorded = ballots.recorded(id).map(|ballot| label_of(case, &ballot.option));
    let refusal = ballots.refusal(id);
    if case.state != CaseState::Open || !in_time && ballots.pending(id).is_none() {
        let (refused, later) = (refusal.map(|reason| texts.now().refusal(reason)), case.tally_missing);
        return Some(VoteState::Closed { voted: recorded, refused, later });
    }
    if let Some(pending) = ballots.pending(id) {
        return Some(VoteState::Sending { again: pending.again });
    }
    if jury.identity().is_some_and(|identity| identity.role != Role::Viewer) {
        return Some(VoteState::Barred(texts.get(TextKey::WatchingRole)));
    }
    Some(match (recorded, refusal) {
        (Some(label), _) if !changing => VoteState::Voted { label, may_change: case.rules.allow_change },
        (None, _) if anon => VoteState::Barred(texts.get(TextKey::WatchingAnon)),
        (_, Some(Refusal::AlreadyVoted)) => VoteState::Barred(texts.get(TextKey::VotedElsewhere)),
        (_, Some(reason @ (Refusal::NotOpen | Refusal::UnknownOption))) => VoteState::Choosing(Some(reason)),
        (_, Some(reason)) => VoteState::Barred(texts.now().refusal(reason)),
        (_, None) => VoteState::Choosing(None),
    })
}

fn label_of(case: &Case, id: &OptionId) -> String {
    let option = case.options.iter().find(|option| option.id == *id);
    option.map_or_else(|| id.to_string(), |option| option.label.clone())
}

/// One viewer's vote in the selected case.
#[derive(Clone, Copy)]
pub(super) struct Vote {
    viewer: Viewer,
    id: CaseId,
    changing: RwSignal<bool>,
    /// Whether the viewer pressed *Submit* here. The answer then takes the focus from the form.
    acted: RwSignal<bool>,
}

impl Vote {
    pub(super) fn new(viewer: Viewer, id: CaseId) -> Self {
        let vote = Self { viewer, id, changing: RwSignal::new(false), acted: RwSignal::new(false) };
        watch(move || vote.vote_state(), move |before, now| vote.announce(before, now));
        vote
    }

    /// Whether the viewer has a choice to make or to confirm. The case is then drawn before the vote, otherwise after
    /// it.
    pub(super) fn has_form(self) -> bool {
        matches!(self.vote_state(), Some(VoteState::Choosing(_) | VoteState::Sending { again: false }))
    }

    fn vote_state(self) -> Option<VoteState> {
        vote_state(self.viewer, self.id, self.changing.get())
    }

    fn is_sending(self) -> bool {
        matches!(self.vote_state(), Some(VoteState::Sending { .. }))
    }

    /// Announces the result of a vote to screen readers.
    fn announce(self, before: Option<&Option<VoteState>>, now: &Option<VoteState>) {
        let viewer = self.viewer;
        let texts = viewer.texts;
        let was_sending = matches!(before, Some(Some(VoteState::Sending { .. })));
        // A vote that was pending at the end is answered after the case has closed.
        let was_closed = matches!(before, Some(Some(VoteState::Closed { voted: None, refused: None, .. })));
        match now {
            Some(VoteState::Sending { again: false }) => viewer.announce(texts.get(TextKey::Sending)),
            Some(VoteState::Voted { .. }) if was_sending => viewer.announce(texts.get(TextKey::VoteIsIn)),
            Some(VoteState::Barred(why)) if was_sending => viewer.announce(*why),
            Some(VoteState::Choosing(Some(reason))) if was_sending => viewer.announce(texts.now().refusal(*reason)),
            Some(VoteState::Closed { voted: Some(_), .. }) if was_closed => {
                viewer.announce(texts.get(TextKey::VoteIsIn))
            }
            Some(VoteState::Closed { refused: Some(why), .. }) if was_sending || was_closed => viewer.announce(*why),
            _ => {}
        }
    }
}

/// Draws the vote without a form: its result, or the reason for having none.
pub(super) fn answer(vote: Vote) -> Children {
    let viewer = vote.viewer;
    let draw = move |state: &Option<VoteState>| match state.as_ref()? {
        VoteState::Sending { .. } => Some(answer_of(viewer, "sending", Icon::Clock, TextKey::SendingAgain)),
        VoteState::Voted { label, may_change } => Some(voted(vote, label, *may_change)),
        VoteState::Barred(why) => {
            Some(answer_of(viewer, "watching", Icon::Eye, TextKey::WatchingOnly).add(hint().text(why)))
        }
        VoteState::Closed { voted, refused, later } => Some(closed(viewer, voted.as_deref(), *refused, *later)),
        VoteState::Choosing(_) => None,
    };
    live(move || vote.vote_state(), draw)
}

/// Draws the form.
pub(super) fn form(vote: Vote) -> Element {
    let Vote { viewer, id, changing, acted } = vote;
    let texts = viewer.texts;
    let pending = viewer.jury().ballots().pending(id).map(|pending| pending.option.clone());
    let chosen = RwSignal::new(pending);
    let reason = RwSignal::new(None);
    let asked = RwSignal::new(false);
    let legend = element("legend", "lj-eyebrow")
        .says(texts, TextKey::YourVote)
        // Screen readers read the legend without the title above it.
        .add(element("span", "lj-hidden").set("dir", "auto").live_text(move || format!(": {}", viewer.title(id))));
    let choices = element("fieldset", "").live_state("aria-busy", move || vote.is_sending()).add(legend).add(live(
        move || options(viewer, id),
        move |options: &Vec<_>| {
            options.iter().map(|(option, hue)| choice(vote, option, hue, chosen)).collect::<Children>()
        },
    ));
    let fieldset = choices.dom().clone();
    let submit = move |event: leptos::ev::Event| {
        event.prevent_default();
        if vote.is_sending() {
            return;
        }
        match chosen.get_untracked() {
            Some(option) => {
                acted.set(true);
                changing.set(false);
                viewer.session.cast(id, &option, reason.get_untracked().as_ref());
            }
            None => {
                asked.set(true);
                focus_first(&fieldset);
            }
        }
    };
    let why = move || match vote.vote_state() {
        Some(VoteState::Choosing(Some(reason))) => Some(texts.now().refusal(reason)),
        _ if asked.get() && chosen.with(Option::is_none) => Some(texts.get(TextKey::ChooseFirst)),
        _ => None,
    };
    let keep = move || {
        let keep = element("button", "lj-button lj-quiet").set("type", "button").says(texts, TextKey::KeepVote);
        keep.on("click", move |_| changing.set(false))
    };
    let label = move || match (vote.is_sending(), chosen.with(Option::is_some)) {
        (true, _) => texts.get(TextKey::Sending),
        (false, true) => texts.get(TextKey::Submit),
        (false, false) => texts.get(TextKey::VoteOpen),
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
        .add(live(
            move || viewer.jury().case(id).map(|case| case.rules.reasons.clone()).unwrap_or_default(),
            move |reasons: &Vec<_>| (!reasons.is_empty()).then(|| reason_choices(vote, reasons, reason)),
        ))
        .add(live(why, |why| why.map(|why| element("p", "lj-hint").set("role", "alert").text(why))))
        .add(live(
            move || viewer.jury().may_lose(),
            move |may_lose| may_lose.then(|| hint().says(texts, TextKey::MayLose)),
        ))
        .add(actions)
}

fn options(viewer: Viewer, id: CaseId) -> Vec<(CaseOption, &'static str)> {
    let jury = viewer.jury();
    let Some(case) = jury.case(id) else { return Vec::new() };
    case.options.iter().map(|option| (option.clone(), hue(case, option))).collect()
}

fn choice(vote: Vote, option: &CaseOption, hue: &str, chosen: RwSignal<Option<OptionId>>) -> Element {
    radio(vote, "", Some(option.id.clone()), chosen, label().text(&option.label))
        .set("data-hue", hue)
        .part("option")
        .add(element("span", "lj-mark").set("aria-hidden", "true"))
}

/// Draws the case's reasons, of which the viewer may choose one.
fn reason_choices(vote: Vote, reasons: &[Reason], chosen: RwSignal<Option<OptionId>>) -> Element {
    let texts = vote.viewer.texts;
    let given = |reason: &Reason| radio(vote, "why", Some(reason.id.clone()), chosen, label().text(&reason.label));
    element("fieldset", "lj-reasons")
        .part("reasons")
        .set("role", "radiogroup")
        .set("data-hue", "none")
        .add(element("legend", "lj-eyebrow").says(texts, TextKey::YourReason))
        .add(radio(vote, "why", None, chosen, label().says(texts, TextKey::NoReason)))
        .add(reasons.iter().map(given).collect::<Children>())
}

fn label() -> Element {
    element("span", "lj-option-label").set("dir", "auto")
}

/// Draws a radio button of the group `of` with its label. It is checked while `chosen` is `id`.
fn radio(vote: Vote, of: &str, id: Option<OptionId>, chosen: RwSignal<Option<OptionId>>, label: Element) -> Element {
    let mine = id.clone();
    let input = element("input", "")
        .set("type", "radio")
        .set("name", &(vote.id.to_string() + of))
        .set("value", id.as_ref().map_or("", OptionId::as_str))
        .live_checked(move || chosen.with(|chosen| *chosen == mine))
        .live_flag("disabled", move || vote.is_sending())
        .on("change", move |_| chosen.set(id.clone()));
    element("label", "lj-option").add(input).add(label)
}

fn focus_first(fieldset: &web_sys::Element) {
    let first = fieldset.query_selector("input").ok().flatten();
    if let Some(first) = first.as_ref().and_then(|first| first.dyn_ref::<web_sys::HtmlElement>()) {
        // The focus is a convenience. Without it, the hint still explains what to do.
        let _ = first.focus();
    }
}

/// Scrolls to the answer at the head of the case. *Submit* may have been far below.
fn show_head(answer: web_sys::Element) {
    request_animation_frame(move || {
        if let Ok(Some(scroll)) = answer.closest("[data-scroll]") {
            scroll.set_scroll_top(0);
        }
    });
}

fn voted(vote: Vote, label: &str, may_change: bool) -> Element {
    let Vote { viewer, changing, acted, .. } = vote;
    let texts = viewer.texts;
    let title = element("p", "lj-answer-title").set("tabindex", "-1").says(texts, TextKey::VoteIsIn);
    if acted.get() {
        acted.set(false);
        show_head(title.dom().clone());
        take_focus(title.dom().clone());
    }
    let final_or_not = if may_change { TextKey::VoteMayChange } else { TextKey::VoteIsFinal };
    let label = label.to_owned();
    let own = element("span", "").set("dir", "auto").live_text(move || texts.now().you_chose(&label));
    let change = may_change.then(|| {
        let change = element("button", "lj-link-button").set("type", "button").says(texts, TextKey::ChangeVote);
        change.on("click", move |_| changing.set(true))
    });
    answer_titled("in", Icon::Check, title)
        .add(element("p", "lj-answer-hint").add(own).says(texts, TextKey::Space).says(texts, final_or_not))
        .add(viewer.jury().may_lose().then(|| hint().says(texts, TextKey::MayLose)))
        .add(change)
}

fn closed(viewer: Viewer, voted: Option<&str>, refused: Option<&'static str>, later: bool) -> Element {
    let texts = viewer.texts;
    let own = voted.map(str::to_owned).map(|label| hint().live_text(move || texts.now().vote_in_as(&label)));
    let own = own.or_else(|| refused.map(|why| hint().text(why)));
    answer_of(viewer, "closed", Icon::Lock, TextKey::Sealed)
        .add(hint().says(texts, if later { TextKey::LaterHint } else { TextKey::SealedHint }))
        .add(own.map(|own| own.set("dir", "auto")))
}

fn answer_of(viewer: Viewer, answer: &str, sign: Icon, title: TextKey) -> Element {
    answer_titled(answer, sign, element("p", "lj-answer-title").says(viewer.texts, title))
}

fn answer_titled(answer: &str, sign: Icon, title: Element) -> Element {
    element("div", "lj-answer").set("data-answer", answer).part("answer").add(icon(sign)).add(title)
}

fn hint() -> Element {
    element("p", "lj-answer-hint")
}
