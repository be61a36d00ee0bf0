//! What is shown while there is no case in front: connecting, nothing open with the last results, failed.

use leptos::prelude::*;
use live_jury_protocol::{Case, Outcome};

use super::icon::{Icon, icon};
use super::live::live;
use super::{Viewer, is_over};
use crate::jury::Jury;
use crate::socket::{Connection, Failure};

/// Earlier results that are listed, at most: a phone shows as many without scrolling.
const EARLIER_MAX: usize = 3;

/// Draws *connecting* or *nothing open*.
pub(super) fn idle(viewer: Viewer) -> AnyView {
    let jury = viewer.session.jury();
    let joined = Memo::new(move |_| jury.with(Jury::has_docket) || jury.with(|jury| !jury.cases().is_empty()));
    let earlier = Memo::new(move |_| {
        let over = |case: &&Case| is_over(case.state);
        jury.with(|jury| jury.cases().iter().filter(over).take(EARLIER_MAX).cloned().collect::<Vec<_>>())
    });
    live(move || {
        let words = viewer.words;
        if !joined.get() {
            return Some(notice(Icon::Scales, words.connecting, words.connecting_hint, true));
        }
        let list = live(move || {
            let earlier = earlier.get();
            (!earlier.is_empty()).then(|| {
                view! {
                    <section class="lj-earlier">
                        <h3 class="lj-eyebrow">{words.past_verdicts}</h3>
                        <ul>{earlier.into_iter().map(|case| earlier_result(viewer, case)).collect_view()}</ul>
                    </section>
                }
                .into_any()
            })
        });
        let notice = notice(Icon::Scales, words.nothing_open, words.nothing_open_hint, false);
        Some(view! { {notice} {list} }.into_any())
    })
}

fn earlier_result(viewer: Viewer, case: Case) -> AnyView {
    let verdict = case.verdict.as_ref();
    let won = verdict.and_then(|verdict| verdict.option.as_ref());
    let won = won.and_then(|id| case.options.iter().find(|option| option.id == *id));
    let outcome = match won {
        Some(option) => option.label.clone(),
        None => (viewer.words.outcome)(verdict.map_or(Outcome::Void, |verdict| verdict.outcome)).to_owned(),
    };
    view! {
        <li>
            <span class="lj-earlier-title" dir="auto">{case.title}</span>
            <span class="lj-earlier-outcome" dir="auto">{outcome}</span>
        </li>
    }
    .into_any()
}

/// Draws *failed*, with what to do.
pub(super) fn failed(viewer: Viewer) -> AnyView {
    let words = viewer.words;
    let connection = viewer.session.connection();
    let failure = move || match connection.get() {
        Connection::Failed(failure) => Some(failure),
        _ => None,
    };
    let hint = move || failure().map_or("", |failure| (words.failure)(&failure));
    let label = move || if failure() == Some(Failure::Replaced) { words.use_here } else { words.try_again };
    view! {
        <div class="lj-notice" part="notice">
            {icon(Icon::Alert)}
            <h2 class="lj-notice-title">{words.failed}</h2>
            <p class="lj-notice-hint">{move || hint()}</p>
            <button class="lj-button" type="button" on:click=move |_| viewer.session.retry()>
                {move || label()}
            </button>
        </div>
    }
    .into_any()
}

fn notice(sign: Icon, title: &'static str, hint: &'static str, busy: bool) -> AnyView {
    view! {
        <div class="lj-notice" class:lj-notice-busy=busy part="notice">
            {icon(sign)}
            <h2 class="lj-notice-title">{title}</h2>
            <p class="lj-notice-hint">{hint}</p>
        </div>
    }
    .into_any()
}
