//! The evidence of the case being written.

use leptos::prelude::*;
use live_jury_protocol::{EvidenceKind, Party, limits};

use super::field::{Choice, Entry, FaultText, Field, Read, Write};
use crate::console::case_editor::Writing;
use crate::console::case_form::EvidenceFields;
use crate::pages::use_say;

/// The pieces of evidence, in the order shown.
#[component]
pub fn EvidenceList(writing: Writing) -> impl IntoView {
    let say = use_say();
    let keys = move || writing.brief.with(|brief| brief.evidence.iter().map(|piece| piece.key).collect::<Vec<_>>());
    let is_full = move || writing.brief.with(|brief| brief.evidence.len() >= limits::EVIDENCE_MAX);
    view! {
        <For each=keys key=|key| *key children=move |key| view! { <Piece writing key/> }/>
        <FaultText writing path=Signal::stored("evidence".to_owned())/>
        <button
            type="button" disabled=is_full
            on:click=move |_| writing.brief.update(|brief| brief.add_evidence())
        >
            {say.text(|t| t.add_evidence)}
        </button>
    }
}

fn lens(writing: Writing, key: u32, get: fn(&mut EvidenceFields) -> &mut String) -> (Read, Write) {
    let read = Signal::derive(move || {
        writing.brief.with(|brief| {
            let piece = brief.evidence.iter().find(|piece| piece.key == key);
            piece.map(|piece| get(&mut piece.clone()).clone()).unwrap_or_default()
        })
    });
    (read, Callback::new(move |text| change(writing, key, |piece| *get(piece) = text)))
}

fn change(writing: Writing, key: u32, change: impl FnOnce(&mut EvidenceFields)) {
    writing.brief.update(|brief| {
        if let Some(piece) = brief.evidence.iter_mut().find(|piece| piece.key == key) {
            change(piece);
        }
    });
}

#[component]
fn Piece(writing: Writing, key: u32) -> impl IntoView {
    let say = use_say();
    let at = Memo::new(move |_| {
        writing.brief.with(|brief| brief.evidence.iter().position(|piece| piece.key == key)).unwrap_or_default()
    });
    let path = move |name: &'static str| Signal::derive(move || format!("evidence[{}].{name}", at.get()));
    let of = move |get: fn(&EvidenceFields) -> (EvidenceKind, Party)| {
        writing.brief.with(|brief| brief.evidence.iter().find(|piece| piece.key == key).map(get))
    };
    let kind = Signal::derive(move || of(|piece| (piece.kind, piece.by)).map_or(EvidenceKind::Image, |(kind, _)| kind));
    let by = Signal::derive(move || of(|piece| (piece.kind, piece.by)).map_or(Party::Buyer, |(_, by)| by));
    let kinds = vec![
        (EvidenceKind::Image, "image", say.text(|t| t.evidence_image)),
        (EvidenceKind::Video, "video", say.text(|t| t.evidence_video)),
        (EvidenceKind::Link, "link", say.text(|t| t.evidence_link)),
        (EvidenceKind::Text, "text", say.text(|t| t.evidence_text)),
    ];
    let parties = vec![
        (Party::Buyer, "buyer", say.text(|t| t.buyer)),
        (Party::Merchant, "merchant", say.text(|t| t.merchant)),
        (Party::Platform, "platform", say.text(|t| t.platform)),
    ];
    let is_text = Memo::new(move |_| kind.get() == EvidenceKind::Text);
    view! {
        <div class="piece">
            <div class="row">
                <Choice
                    label=say.text(|t| t.evidence_kind) choices=kinds chosen=kind
                    choose=Callback::new(move |kind| change(writing, key, |piece| piece.kind = kind))
                />
                <Choice
                    label=say.text(|t| t.evidence_by) choices=parties chosen=by
                    choose=Callback::new(move |by| change(writing, key, |piece| piece.by = by))
                />
                <Field
                    writing path=path("stream_at_ms") label=say.text(|t| t.stream_at) entry=Entry::Number
                    value=lens(writing, key, |piece| &mut piece.stream_at)
                />
                <button
                    type="button" class="quiet" aria-label=say.text(|t| t.remove_evidence)
                    title=say.text(|t| t.remove_evidence)
                    on:click=move |_| writing.brief.update(|brief| brief.evidence.retain(|piece| piece.key != key))
                >
                    "✕"
                </button>
            </div>
            {move || if is_text.get() {
                view! {
                    <Field
                        writing path=path("text") label=say.text(|t| t.evidence_words) entry=Entry::Lines(3)
                        chars_max=limits::EVIDENCE_TEXT_CHARS_MAX value=lens(writing, key, |piece| &mut piece.text)
                    />
                }.into_any()
            } else {
                view! {
                    <Field
                        writing path=path("url") label=say.text(|t| t.evidence_url) entry=Entry::Url
                        value=lens(writing, key, |piece| &mut piece.url)
                    />
                }.into_any()
            }}
            <Field
                writing path=path("caption") label=say.text(|t| t.evidence_caption)
                chars_max=limits::CAPTION_CHARS_MAX value=lens(writing, key, |piece| &mut piece.caption)
            />
        </div>
    }
}
