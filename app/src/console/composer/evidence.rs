//! The fields of the evidence. They write to the editor's form alone.

use leptos::prelude::*;
use live_jury_protocol::{EvidenceKind, Party, limits};

use super::field::{Choice, FaultText, Field, InputKind, Read, Write};
use crate::console::case_editor::CaseEditor;
use crate::console::case_form::EvidenceFields;
use crate::pages::use_texts;

/// The pieces of evidence, in the order shown.
#[component]
pub fn EvidenceList(editor: CaseEditor) -> impl IntoView {
    let texts = use_texts();
    let keys = move || editor.form.with(|form| form.evidence.iter().map(|piece| piece.key).collect::<Vec<_>>());
    let is_full = move || editor.form.with(|form| form.evidence.len() >= limits::EVIDENCE_MAX);
    view! {
        <For each=keys key=|key| *key children=move |key| view! { <Piece editor key/> }/>
        <FaultText editor path=Signal::stored("evidence".to_owned())/>
        <button
            type="button" disabled=is_full
            on:click=move |_| editor.form.update(|form| form.add_evidence())
        >
            {texts.live(|t| t.add_evidence)}
        </button>
    }
}

fn lens(editor: CaseEditor, key: u32, get: fn(&mut EvidenceFields) -> &mut String) -> (Read, Write) {
    let read = Signal::derive(move || {
        editor.form.with(|form| {
            let piece = form.evidence.iter().find(|piece| piece.key == key);
            piece.map(|piece| get(&mut piece.clone()).clone()).unwrap_or_default()
        })
    });
    (read, Callback::new(move |text| change(editor, key, |piece| *get(piece) = text)))
}

fn change(editor: CaseEditor, key: u32, change: impl FnOnce(&mut EvidenceFields)) {
    editor.form.update(|form| {
        if let Some(piece) = form.evidence.iter_mut().find(|piece| piece.key == key) {
            change(piece);
        }
    });
}

#[component]
fn Piece(editor: CaseEditor, key: u32) -> impl IntoView {
    let texts = use_texts();
    let at = Memo::new(move |_| {
        editor.form.with(|form| form.evidence.iter().position(|piece| piece.key == key)).unwrap_or_default()
    });
    let path = move |name: &'static str| Signal::derive(move || format!("evidence[{}].{name}", at.get()));
    let of = move |get: fn(&EvidenceFields) -> (EvidenceKind, Party)| {
        editor.form.with(|form| form.evidence.iter().find(|piece| piece.key == key).map(get))
    };
    let kind = Signal::derive(move || of(|piece| (piece.kind, piece.by)).map_or(EvidenceKind::Image, |(kind, _)| kind));
    let by = Signal::derive(move || of(|piece| (piece.kind, piece.by)).map_or(Party::Buyer, |(_, by)| by));
    let kinds = vec![
        (EvidenceKind::Image, "image", texts.text(|t| t.evidence_image)),
        (EvidenceKind::Video, "video", texts.text(|t| t.evidence_video)),
        (EvidenceKind::Link, "link", texts.text(|t| t.evidence_link)),
        (EvidenceKind::Text, "text", texts.text(|t| t.evidence_text)),
    ];
    let parties = vec![
        (Party::Buyer, "buyer", texts.text(|t| t.buyer)),
        (Party::Merchant, "merchant", texts.text(|t| t.merchant)),
        (Party::Platform, "platform", texts.text(|t| t.platform)),
    ];
    let is_text = Memo::new(move |_| kind.get() == EvidenceKind::Text);
    view! {
        <div class="piece">
            <div class="row">
                <Choice
                    label=texts.text(|t| t.evidence_kind) choices=kinds chosen=kind
                    choose=Callback::new(move |kind| change(editor, key, |piece| piece.kind = kind))
                />
                <Choice
                    label=texts.text(|t| t.evidence_by) choices=parties chosen=by
                    choose=Callback::new(move |by| change(editor, key, |piece| piece.by = by))
                />
                <Field
                    editor path=path("stream_at_ms") label=texts.text(|t| t.stream_at) input=InputKind::Number
                    value=lens(editor, key, |piece| &mut piece.stream_at)
                />
                <button
                    type="button" class="quiet" aria-label=texts.text(|t| t.remove_evidence)
                    title=texts.text(|t| t.remove_evidence)
                    on:click=move |_| editor.form.update(|form| form.evidence.retain(|piece| piece.key != key))
                >
                    "✕"
                </button>
            </div>
            {move || if is_text.get() {
                view! {
                    <Field
                        editor path=path("text") label=texts.text(|t| t.evidence_words) input=InputKind::Lines(3)
                        chars_max=limits::EVIDENCE_TEXT_CHARS_MAX value=lens(editor, key, |piece| &mut piece.text)
                    />
                }.into_any()
            } else {
                view! {
                    <Field
                        editor path=path("url") label=texts.text(|t| t.evidence_url) input=InputKind::Url
                        value=lens(editor, key, |piece| &mut piece.url)
                    />
                    <Field
                        editor path=path("sha256") label=texts.text(|t| t.evidence_sha256) input=InputKind::Url
                        hint=texts.text(|t| t.evidence_sha256_hint)
                        value=lens(editor, key, |piece| &mut piece.sha256)
                    />
                }.into_any()
            }}
            <Field
                editor path=path("caption") label=texts.text(|t| t.evidence_caption)
                chars_max=limits::CAPTION_CHARS_MAX value=lens(editor, key, |piece| &mut piece.caption)
            />
        </div>
    }
}
