//! One room on the console: its running cases, its lists, its live figures, and the start of a new case.

use leptos::prelude::*;
use live_jury_protocol::template::TEMPLATES;

use super::buckets::Buckets;
use super::composer::Composer;
use super::lists::{Drafts, Past};
use super::room_state::RoomState;
use super::running::Running;
use super::templates;
use crate::dom::live_text;
use crate::jury::Jury;
use crate::pages::{ConnectionLine, kind_text, use_texts};

/// A room, or its form while that is open.
#[component]
pub fn Room(room: RoomState) -> impl IntoView {
    let texts = use_texts();
    view! {
        <Show when=move || room.editor.is_open.get() fallback=move || view! {
            <div class="room">
                <div class="room-main">
                    <section class="panel" aria-labelledby="running-title">
                        <h2 id="running-title">{texts.live(|t| t.running)}</h2>
                        <Running room/>
                    </section>
                    <Buckets room/>
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
    let texts = use_texts();
    view! {
        <section class="panel" aria-labelledby="new-title">
            <h2 id="new-title">{texts.live(|t| t.new_case)}</h2>
            <div class="starts">
                {TEMPLATES.iter().map(|template| view! {
                    <button
                        type="button" class="start" data-template=template.kind
                        on:click=move |_| room.editor.begin(templates::form(template, texts.lang()), None)
                    >
                        <strong>{live_text(move || kind_text(texts, template.kind))}</strong>
                        <span class="hint">{live_text(move || template.title(texts.lang().tag()))}</span>
                    </button>
                }).collect_view()}
            </div>
        </section>
    }
}

/// Viewers, nodes, ballots per second and refused ballots of a room.
#[component]
fn LiveFigures(room: RoomState) -> impl IntoView {
    let texts = use_texts();
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
    let shown = move |figure: Option<u64>| figure.map_or_else(|| "–".to_owned(), |figure| texts.lang().number(figure));
    view! {
        <section class="panel" aria-labelledby="machinery-title">
            <h2 id="machinery-title">{texts.live(|t| t.live_figures)}</h2>
            <ConnectionLine session=room.session/>
            <dl class="figures">
                <div><dt>{texts.live(|t| t.viewers)}</dt><dd>{live_text(move || shown(viewers()))}</dd></div>
                <div><dt>{texts.live(|t| t.nodes)}</dt><dd>{live_text(move || shown(nodes()))}</dd></div>
                <div>
                    <dt>{texts.live(|t| t.ballots_per_s)}</dt>
                    <dd>{live_text(move || shown(ballots_per_s()))}</dd>
                </div>
            </dl>
            <h3>{texts.live(|t| t.refusals)}</h3>
            <ul class="refusals">
                {move || refused.get().into_iter().map(|(reason, count)| view! {
                    <li>
                        <span>{live_text(move || (texts.pages().refusal)(reason))}</span>
                        <strong class="figure">{live_text(move || texts.lang().number(count))}</strong>
                    </li>
                }).collect_view()}
            </ul>
            <Show when=move || refused.with(Vec::is_empty)><p class="empty">{texts.live(|t| t.no_refusals)}</p></Show>
        </section>
    }
}
