//! The vote: the form, what became of it, or why there is none; selecting never casts.

use leptos::html::{Fieldset, P};
use leptos::prelude::*;
use live_jury_protocol::{Case, CaseId, CaseOption, CaseState, OptionId, Refusal, Role};
use wasm_bindgen::JsCast;

use super::Viewer;
use super::countdown::seconds_left;
use super::icon::{Icon, icon};
use super::live::live;
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

fn standing(viewer: Viewer, id: CaseId, in_time: bool, changing: bool) -> Option<Standing> {
    let words = viewer.words;
    let anon = viewer.session.claims().with(|claims| claims.anon);
    viewer.session.jury().with(|jury| {
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
    })
}

fn label_of(case: &Case, id: &OptionId) -> String {
    let option = case.options.iter().find(|option| option.id == *id);
    option.map_or_else(|| id.to_string(), |option| option.label.clone())
}

/// One viewer's vote in one case, for as long as the case is in front.
#[derive(Clone, Copy)]
pub(super) struct Vote {
    id: CaseId,
    standing: Memo<Option<Standing>>,
    changing: RwSignal<bool>,
    /// The viewer pressed *Submit* here, so the answer may take the focus that the form had.
    acted: RwSignal<bool>,
}

impl Vote {
    pub(super) fn new(viewer: Viewer, id: CaseId) -> Self {
        let left = seconds_left(viewer, id);
        let in_time = Memo::new(move |_| left.get().is_some_and(|left| left > 0));
        let changing = RwSignal::new(false);
        let standing = Memo::new(move |_| standing(viewer, id, in_time.get(), changing.get()));
        speak(viewer, standing);
        Self { id, standing, changing, acted: RwSignal::new(false) }
    }

    /// Whether there is a choice to make or on its way: then the case is read before the vote, else after it.
    pub(super) fn has_form(self) -> bool {
        let form = |standing: &Option<Standing>| {
            matches!(standing, Some(Standing::Choosing(_) | Standing::Sending { again: false }))
        };
        self.standing.with(form)
    }
}

/// Draws the vote where it has no form: what became of it, or why there is none.
pub(super) fn answer(viewer: Viewer, vote: Vote) -> AnyView {
    live(move || match vote.standing.get()? {
        Standing::Sending { .. } => Some(sending(viewer)),
        Standing::Voted { label, may_change } => Some(voted(viewer, vote, &label, may_change)),
        Standing::Barred(why) => Some(barred(viewer, why)),
        Standing::Closed { voted, refused } => Some(closed(viewer, voted, refused)),
        Standing::Choosing(_) => None,
    })
}

/// Tells screen readers what became of a vote, when it becomes known.
fn speak(viewer: Viewer, standing: Memo<Option<Standing>>) {
    let words = viewer.words;
    Effect::new(move |before: Option<Option<Standing>>| {
        let now = standing.get();
        let was_sending = matches!(before, Some(Some(Standing::Sending { .. })));
        match &now {
            Some(Standing::Sending { again: false }) => viewer.say(words.sending),
            Some(Standing::Voted { .. }) if was_sending => viewer.say(words.vote_is_in),
            Some(Standing::Barred(why)) if was_sending => viewer.say(*why),
            Some(Standing::Choosing(Some(reason))) if was_sending => viewer.say((words.refusal)(*reason)),
            Some(Standing::Closed { refused: Some(why), .. }) if was_sending => viewer.say(*why),
            _ => {}
        }
        now
    });
}

/// Draws the form.
pub(super) fn form(viewer: Viewer, vote: Vote) -> AnyView {
    let Vote { id, standing, changing, acted } = vote;
    let words = viewer.words;
    let case = viewer.case(id);
    let jury = viewer.session.jury();
    let pending = jury.with_untracked(|jury| jury.ballots().pending(id).map(|pending| pending.option.clone()));
    let chosen = RwSignal::new(pending);
    let asked = RwSignal::new(false);
    let options = Memo::new(move |_| {
        case.with(|case| {
            let Some(case) = case else { return Vec::new() };
            case.options.iter().map(|option| (option.clone(), hue(case, option))).collect()
        })
    });
    let sending = Memo::new(move |_| matches!(standing.get(), Some(Standing::Sending { .. })));
    // What is chosen here is heard without what stands above it.
    let title = Memo::new(move |_| case.with(|case| case.as_ref().map_or_else(String::new, |case| case.title.clone())));
    let place = NodeRef::<Fieldset>::new();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if sending.get_untracked() {
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
                focus_first(place);
            }
        }
    };
    let hint = move || match standing.get() {
        Some(Standing::Choosing(Some(reason))) => Some((words.refusal)(reason)),
        _ if asked.get() && chosen.with(Option::is_none) => Some(words.choose_first),
        _ => None,
    };
    view! {
        <form class="lj-ballot" part="ballot" novalidate=true on:submit=submit>
            <fieldset node_ref=place aria-busy=move || sending.get().to_string()>
                <legend class="lj-eyebrow">
                    {words.your_vote}
                    <span class="lj-hidden" dir="auto">{move || format!(": {}", title.get())}</span>
                </legend>
                {move || {
                    let option = |(option, hue)| radio(id, option, hue, chosen, sending);
                    options.get().into_iter().map(option).collect_view()
                }}
            </fieldset>
            {move || hint().map(|hint| view! { <p class="lj-hint" role="alert">{hint}</p> }.into_any())}
            <div class="lj-actions">
                {move || {
                    changing.get().then(|| {
                        view! {
                            <button class="lj-button lj-quiet" type="button" on:click=move |_| changing.set(false)>
                                {words.keep_vote}
                            </button>
                        }
                        .into_any()
                    })
                }}
                <button class="lj-button" part="submit" type="submit" aria-disabled=move || sending.get().to_string()>
                    {move || match (sending.get(), chosen.with(Option::is_some)) {
                        (true, _) => words.sending,
                        (false, true) => words.submit,
                        (false, false) => words.vote_open,
                    }}
                </button>
            </div>
        </form>
    }
    .into_any()
}

fn radio(
    case: CaseId,
    option: CaseOption,
    hue: &'static str,
    chosen: RwSignal<Option<OptionId>>,
    sending: Memo<bool>,
) -> AnyView {
    let CaseOption { id, label, .. } = option;
    let value = id.to_string();
    let mine = id.clone();
    let is_chosen = move || chosen.with(|chosen| chosen.as_ref() == Some(&mine));
    view! {
        <label class="lj-option" data-hue=hue part="option">
            <input
                type="radio"
                name=case.to_string()
                value=value
                prop:checked=is_chosen
                disabled=move || sending.get()
                on:change=move |_| chosen.set(Some(id.clone()))
            />
            <span class="lj-option-label" dir="auto">{label}</span>
            <span class="lj-mark" aria-hidden="true"></span>
        </label>
    }
    .into_any()
}

fn focus_first(place: NodeRef<Fieldset>) {
    let first = place.get_untracked().and_then(|place| place.query_selector("input").ok().flatten());
    if let Some(first) = first.as_ref().and_then(|first| first.dyn_ref::<web_sys::HtmlElement>()) {
        // Focus is a courtesy: where it fails the hint still says what to do.
        let _ = first.focus();
    }
}

fn sending(viewer: Viewer) -> AnyView {
    view! {
        <div class="lj-answer" data-answer="sending" part="answer">
            {icon(Icon::Clock)}
            <p class="lj-answer-title">{viewer.words.sending_again}</p>
        </div>
    }
    .into_any()
}

fn voted(viewer: Viewer, vote: Vote, label: &str, may_change: bool) -> AnyView {
    let Vote { changing, acted, .. } = vote;
    let words = viewer.words;
    let title = NodeRef::<P>::new();
    Effect::new(move |_| {
        let Some(title) = title.get().filter(|_| acted.get_untracked()) else { return };
        acted.set(false);
        request_animation_frame(move || {
            let _ = title.focus();
        });
    });
    let hint = if may_change { words.vote_may_change } else { words.vote_is_final };
    view! {
        <div class="lj-answer" data-answer="in" part="answer">
            {icon(Icon::Check)}
            <p class="lj-answer-title" tabindex="-1" node_ref=title>{words.vote_is_in}</p>
            <p class="lj-answer-hint"><span dir="auto">{(words.you_chose)(label)}</span>" "{hint}</p>
            {may_change.then(|| {
                view! {
                    <button class="lj-link-button" type="button" on:click=move |_| changing.set(true)>
                        {words.change_vote}
                    </button>
                }
                .into_any()
            })}
        </div>
    }
    .into_any()
}

fn barred(viewer: Viewer, why: &'static str) -> AnyView {
    view! {
        <div class="lj-answer" data-answer="watching" part="answer">
            {icon(Icon::Eye)}
            <p class="lj-answer-title">{viewer.words.watching_only}</p>
            <p class="lj-answer-hint">{why}</p>
        </div>
    }
    .into_any()
}

fn closed(viewer: Viewer, voted: Option<String>, refused: Option<&'static str>) -> AnyView {
    let words = viewer.words;
    let own = match (voted, refused) {
        (Some(label), _) => Some(format!("{}. {}", words.vote_is_in, (words.you_chose)(&label))),
        (None, why) => why.map(str::to_owned),
    };
    view! {
        <div class="lj-answer" data-answer="closed" part="answer">
            {icon(Icon::Lock)}
            <p class="lj-answer-title">{words.sealed}</p>
            <p class="lj-answer-hint">{words.sealed_hint}</p>
            {own.map(|own| view! { <p class="lj-answer-hint" dir="auto">{own}</p> }.into_any())}
        </div>
    }
    .into_any()
}
