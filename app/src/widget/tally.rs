//! Turnout always, counts where this viewer may see them, and words where not; numbers move without reflow.

use leptos::prelude::*;
use live_jury_protocol::{CaseId, Counts, Reveal, Role};

use super::Viewer;
use super::live::live;
use crate::shares::{Row, part_text, rows};

/// Draws turnout and counts of a live case.
pub(super) fn tally(viewer: Viewer, id: CaseId) -> AnyView {
    let words = viewer.words;
    let jury = viewer.session.jury();
    let case = viewer.case(id);
    let ballots = Memo::new(move |_| jury.with(|jury| jury.tally(id).map_or(0, |tally| tally.ballots)));
    let counts = Memo::new(move |_| jury.with(|jury| jury.tally(id).and_then(|tally| tally.counts.clone())));
    let shown = Memo::new(move |_| counts.with(Option::is_some));
    let voted = Memo::new(move |_| jury.with(|jury| jury.ballots().recorded(id).is_some()));
    let watches = Memo::new(move |_| {
        let anon = viewer.session.claims().with(|claims| claims.anon);
        anon || jury.with(|jury| jury.me().is_some_and(|me| me.role != Role::Viewer))
    });
    let why_hidden = move || {
        let reveal = case.with(|case| case.as_ref().map(|case| case.rules.reveal));
        match reveal {
            Some(Reveal::AfterClose) => words.counts_after_close,
            Some(Reveal::AfterVote) if watches.get() => words.counts_after_close,
            Some(Reveal::AfterVote) if !voted.get() => words.counts_after_vote,
            _ => words.counts_soon,
        }
    };
    view! {
        <section class="lj-tally" part="tally">
            {turnout(viewer, id, ballots)}
            {move || {
                if shown.get() {
                    view! {
                        <h3 class="lj-eyebrow">{words.results_so_far}</h3>
                        {bars(viewer, id, counts, None)}
                    }
                    .into_any()
                } else {
                    view! { <p class="lj-tally-hidden">{move || why_hidden()}</p> }.into_any()
                }
            }}
        </section>
    }
    .into_any()
}

/// Votes in, and how many a result needs.
#[expect(clippy::cast_precision_loss, reason = "a length on the screen")]
pub(super) fn turnout(viewer: Viewer, id: CaseId, ballots: Memo<u64>) -> AnyView {
    let words = viewer.words;
    let case = viewer.case(id);
    let quorum = Memo::new(move |_| case.with(|case| case.as_ref().map_or(1, |case| case.rules.quorum)));
    let part = move || part_text(ballots.get() as f64 / quorum.get().max(1) as f64);
    view! {
        <div class="lj-turnout" class:lj-turnout-met=move || { ballots.get() >= quorum.get() }>
            <p class="lj-turnout-words">
                <strong class="lj-digits">{move || (words.votes_in)(viewer.lang, ballots.get())}</strong>
                <span>{move || (words.quorum)(viewer.lang, ballots.get(), quorum.get())}</span>
            </p>
            <span class="lj-turnout-track" aria-hidden="true">
                <span class="lj-turnout-fill" style=("--lj-part", part)></span>
            </span>
        </div>
    }
    .into_any()
}

/// One bar an option, in the order of the options.
pub(super) fn bars(viewer: Viewer, id: CaseId, counts: Memo<Option<Counts>>, winner: Option<String>) -> AnyView {
    let case = viewer.case(id);
    let rows = Memo::new(move |_| {
        case.with(|case| case.as_ref().map(|case| counts.with(|counts| rows(case, counts.as_ref()))))
            .unwrap_or_default()
    });
    let options = Memo::new(move |_| rows.with(|rows| rows.iter().map(|row| row.option.clone()).collect::<Vec<_>>()));
    live(move || {
        let bar = |at: usize| {
            let row = Memo::new(move |_| rows.with(|rows| rows.get(at).cloned()));
            let wins = row.with_untracked(|row| {
                row.as_ref().is_some_and(|row| winner.as_deref() == Some(row.option.id.as_str()))
            });
            bar(viewer, row, wins)
        };
        let bars = (0..options.with(Vec::len)).map(bar).collect_view();
        Some(view! { <ul class="lj-bars">{bars}</ul> }.into_any())
    })
}

fn bar(viewer: Viewer, row: Memo<Option<Row>>, wins: bool) -> AnyView {
    let words = viewer.words;
    let label = row.with_untracked(|row| row.as_ref().map(|row| row.option.label.clone()));
    let hue = row.with_untracked(|row| row.as_ref().map(|row| row.hue));
    let abstains = row.with_untracked(|row| row.as_ref().is_some_and(|row| row.option.abstain));
    let text = move || {
        row.with(|row| {
            let row = row.as_ref()?;
            Some((words.option_share)(viewer.lang, row.votes?, row.share))
        })
        .unwrap_or_default()
    };
    let part = move || part_text(row.get().and_then(|row| row.share).unwrap_or(0.0));
    view! {
        <li class="lj-bar" class:lj-bar-wins=wins data-hue=hue part="bar">
            <span class="lj-bar-label"><span class="lj-mark" aria-hidden="true"></span><span dir="auto">{label}</span></span>
            <span class="lj-bar-count lj-digits">{move || text()}</span>
            {if abstains {
                view! { <span class="lj-bar-note">{words.abstained}</span> }.into_any()
            } else {
                view! {
                    <span class="lj-bar-track" aria-hidden="true">
                        <span class="lj-bar-fill" style=("--lj-part", part)></span>
                    </span>
                }
                .into_any()
            }}
        </li>
    }
    .into_any()
}
