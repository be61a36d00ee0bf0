//! One room on the console: its running cases, its lists, its live figures, and the start of a new case.

use leptos::prelude::*;

use super::composer::Composer;
use super::lists::{Drafts, Past};
use super::room_state::RoomState;
use super::running::Running;
use super::templates::TEMPLATES;
use crate::jury::Jury;
use crate::pages::{ConnectionLine, kind_text, use_say};

/// A room, or its form while that is open.
#[component]
pub fn Room(room: RoomState) -> impl IntoView {
    let say = use_say();
    view! {
        <Show when=move || room.editor.is_open.get() fallback=move || view! {
            <div class="room">
                <div class="room-main">
                    <section class="panel" aria-labelledby="running-title">
                        <h2 id="running-title">{say.text(|t| t.running)}</h2>
                        <Running room/>
                    </section>
                    <Past room/>
                </div>
                <div class="room-aside">
                    <NewCase room/>
                    <Drafts room/>
                    <LiveFigures room/>
                </div>
            </div>
        }>
            <Composer room/>
        </Show>
    }
}

/// A button for each template. One press opens a form that needs only its title checked.
#[component]
fn NewCase(room: RoomState) -> impl IntoView {
    let say = use_say();
    view! {
        <section class="panel" aria-labelledby="new-title">
            <h2 id="new-title">{say.text(|t| t.new_case)}</h2>
            <div class="starts">
                {TEMPLATES.iter().map(|template| view! {
                    <button
                        type="button" class="start" data-template=template.kind
                        on:click=move |_| room.editor.begin(template.form(say.lang()), None)
                    >
                        <strong>{move || kind_text(say, template.kind)}</strong>
                        <span class="hint">{move || template.title(say.lang())}</span>
                    </button>
                }).collect_view()}
            </div>
        </section>
    }
}

/// Viewers, nodes, ballots per second and refused ballots of a room.
#[component]
fn LiveFigures(room: RoomState) -> impl IntoView {
    let say = use_say();
    let jury = room.session.jury();
    let viewers = move || jury.with(Jury::viewers);
    let nodes = move || jury.with(|jury| jury.stats().map(|stats| stats.nodes));
    let ballots_per_s = move || jury.with(|jury| jury.stats().map(|stats| stats.ballots_per_s));
    let refused = Memo::new(move |_| {
        jury.with(|jury| jury.stats().map(|stats| stats.refused.clone()).unwrap_or_default())
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .collect::<Vec<_>>()
    });
    let shown = move |figure: Option<u64>| figure.map_or_else(|| "–".to_owned(), |figure| say.lang().number(figure));
    view! {
        <section class="panel" aria-labelledby="machinery-title">
            <h2 id="machinery-title">{say.text(|t| t.live_figures)}</h2>
            <ConnectionLine session=room.session/>
            <dl class="figures">
                <div><dt>{say.text(|t| t.viewers)}</dt><dd>{move || shown(viewers())}</dd></div>
                <div><dt>{say.text(|t| t.nodes)}</dt><dd>{move || shown(nodes())}</dd></div>
                <div><dt>{say.text(|t| t.ballots_per_s)}</dt><dd>{move || shown(ballots_per_s())}</dd></div>
            </dl>
            <h3>{say.text(|t| t.refusals)}</h3>
            <ul class="refusals">
                {move || refused.get().into_iter().map(|(reason, count)| view! {
                    <li>
                        <span>{move || (say.desk().refusal)(reason)}</span>
                        <strong class="figure">{move || say.lang().number(count)}</strong>
                    </li>
                }).collect_view()}
            </ul>
            <Show when=move || refused.with(Vec::is_empty)><p class="empty">{say.text(|t| t.no_refusals)}</p></Show>
        </section>
    }
}
