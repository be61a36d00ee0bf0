//! The form of a case beside its preview, and its keyboard commands. Requests are sent by the room's state.

mod consequence;
mod evidence;
mod field;
mod options;
mod panel;
mod presets;
mod preview;
mod rules;

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use live_jury_protocol::limits;
use live_jury_protocol::template::TEMPLATES;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlTextAreaElement};

use super::case_editor::{CaseEditor, EditorNotice};
use super::notices::draft_conflict_text;
use super::room_state::RoomState;
use super::shortcuts::Shortcuts;
use super::templates;
use crate::dom::live_text;
use crate::pages::{error_text, kind_text, use_texts};
use consequence::Consequence;
use evidence::EvidenceList;
use field::{FaultText, Field, InputKind, lens};
use options::Options;
use panel::PanelFieldset;
use presets::Presets;
use preview::Preview;
use rules::{Duration, Judging, Jurors};

/// The form of a room.
#[component]
pub fn Composer(room: RoomState) -> impl IntoView {
    let texts = use_texts();
    let editor = room.editor;
    let shortcuts = expect_context::<Shortcuts>();
    let is_leaving = RwSignal::new(false);
    let leave = move || {
        if editor.is_dirty() && !is_leaving.get_untracked() {
            is_leaving.set(true);
        } else {
            editor.is_open.set(false);
        }
    };
    let on_key = move |event: KeyboardEvent| {
        let command = event.ctrl_key() || event.meta_key();
        if !shortcuts.are_on() {
            return;
        }
        match event.key().as_str() {
            "Enter" if command => room.save_draft(true),
            "s" if command => room.save_draft(false),
            "Escape" => leave(),
            _ => return,
        }
        event.prevent_default();
    };
    let title = move || {
        if editor.draft.get().is_some() { texts.pages().edit_draft } else { texts.pages().new_case }
    };
    view! {
        <form
            class="composer" aria-label=title autocomplete="off" on:keydown=on_key
            on:submit=move |event| event.prevent_default()
        >
            <div class="composer-main">
                <header class="composer-head">
                    <h2>{live_text(title)}" "<small>{room.name().to_string()}</small></h2>
                    <button type="button" class="quiet" on:click=move |_| leave()>
                        {texts.live(|t| t.back_to_room)}
                    </button>
                </header>
                <Show when=move || is_leaving.get()>
                    <div class="banner" role="alert">
                        <span>{texts.live(|t| t.leave_question)}</span>
                        <button type="button" on:click=move |_| editor.is_open.set(false)>
                            {texts.live(|t| t.leave)}
                        </button>
                        <button type="button" class="quiet" on:click=move |_| is_leaving.set(false)>
                            {texts.live(|t| t.stay)}
                        </button>
                    </div>
                </Show>
                <TemplateRow room/>
                <Fields room/>
            </div>
            <aside class="composer-aside" tabindex="0" aria-label=texts.text(|t| t.preview)>
                <Preview room/>
            </aside>
            <Foot room/>
        </form>
    }
}

/// Buttons for the templates. They are disabled once something is typed, which a template would overwrite.
#[component]
fn TemplateRow(room: RoomState) -> impl IntoView {
    let texts = use_texts();
    let editor = room.editor;
    let is_new = move || editor.draft.get().is_none();
    view! {
        <Show when=is_new>
            <div class="chips" role="group" aria-label=texts.text(|t| t.start_from)>
                {TEMPLATES.iter().map(|template| view! {
                    <button
                        type="button" class="chip" disabled=move || editor.is_dirty()
                        aria-pressed=move || editor.form.with(|form| form.kind == template.kind).to_string()
                        on:click=move |_| editor.begin(templates::form(template, texts.lang()), None)
                    >
                        {live_text(move || kind_text(texts, template.kind))}
                    </button>
                }).collect_view()}
            </div>
        </Show>
    }
}

#[component]
fn Fields(room: RoomState) -> impl IntoView {
    let texts = use_texts();
    let editor = room.editor;
    let path = |path: &str| Signal::stored(path.to_owned());
    let title = NodeRef::<leptos::html::Div>::new();
    Effect::new(move || {
        let Some(title) = title.get() else { return };
        // One frame later: Leptos sets the field's text after mounting it, and that clears a selection.
        request_animation_frame(move || select_text(&title));
    });
    view! {
        <div node_ref=title>
            <Field
                editor main=true path=path("title") label=texts.text(|t| t.title) input=InputKind::Lines(2)
                chars_max=limits::TITLE_CHARS_MAX value=lens(editor, |form| &mut form.title)
            />
        </div>
        <Duration editor/>
        <Options editor/>
        <fieldset class="group">
            <legend>{texts.live(|t| t.statements)}</legend>
            <Field
                editor path=path("summary") label=texts.text(|t| t.summary) input=InputKind::Lines(2)
                chars_max=limits::SUMMARY_CHARS_MAX value=lens(editor, |form| &mut form.summary)
            />
            <div class="row sides">
                <Field
                    editor path=path("statements.buyer") label=texts.text(|t| t.buyer_says) input=InputKind::Lines(5)
                    chars_max=limits::STATEMENT_CHARS_MAX value=lens(editor, |form| &mut form.statements.buyer)
                />
                <Field
                    editor path=path("statements.merchant") label=texts.text(|t| t.merchant_says)
                    input=InputKind::Lines(5)
                    chars_max=limits::STATEMENT_CHARS_MAX value=lens(editor, |form| &mut form.statements.merchant)
                />
            </div>
            <Field
                editor path=path("remedy") label=texts.text(|t| t.remedy) chars_max=limits::REMEDY_CHARS_MAX
                value=lens(editor, |form| &mut form.remedy)
            />
        </fieldset>
        <fieldset class="group">
            <legend>{texts.live(|t| t.evidence)}</legend>
            <EvidenceList editor/>
        </fieldset>
        <fieldset class="group">
            <legend>{texts.live(|t| t.rules)}</legend>
            <Presets room/>
            <Judging editor/>
            <PanelFieldset editor/>
        </fieldset>
        <More editor label=texts.text(|t| t.jurors) paths=&["rules.min_account_age_days", "rules.recused"]>
            <Jurors editor/>
        </More>
        <More editor label=texts.text(|t| t.subject) paths=&["subject", "kind"]>
            <FaultText editor path=path("subject")/>
            <div class="row">
                <Field
                    editor path=path("subject.merchant") label=texts.text(|t| t.merchant)
                    chars_max=limits::SUBJECT_CHARS_MAX value=lens(editor, |form| &mut form.subject.merchant)
                />
                <Field
                    editor path=path("subject.host") label=texts.text(|t| t.host) chars_max=limits::SUBJECT_CHARS_MAX
                    value=lens(editor, |form| &mut form.subject.host)
                />
            </div>
            <div class="row">
                <Field
                    editor path=path("subject.product") label=texts.text(|t| t.product)
                    chars_max=limits::SUBJECT_CHARS_MAX value=lens(editor, |form| &mut form.subject.product)
                />
                <Field
                    editor path=path("subject.order") label=texts.text(|t| t.order) chars_max=limits::SUBJECT_CHARS_MAX
                    value=lens(editor, |form| &mut form.subject.order)
                />
            </div>
            <Field
                editor path=path("kind") label=texts.text(|t| t.kind) value=lens(editor, |form| &mut form.kind)
            />
        </More>
        <More editor label=texts.text(|t| t.consequence) paths=&["policy", "remedy_kind", "remedy_due_h"]>
            <Consequence room/>
        </More>
    }
}

/// Focuses the title with its text selected. A template's title is often the only text that needs a change.
fn select_text(title: &Element) {
    let field = title.query_selector("textarea").ok().flatten();
    if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlTextAreaElement>().ok()) {
        // The field may be gone by now.
        let _ = field.focus();
        field.select();
    }
}

/// A closed group of fields that most cases leave unchanged. A fault in one of them opens it.
#[component]
fn More(
    editor: CaseEditor,
    #[prop(into)] label: Signal<&'static str>,
    paths: &'static [&'static str],
    children: Children,
) -> impl IntoView {
    let is_wrong = move || editor.is_fault_under(paths);
    view! {
        <details class="group" prop:open=is_wrong>
            <summary>{live_text(move || label.get())}</summary>
            {children()}
        </details>
    }
}

/// The form's buttons and the notice beside them.
#[component]
fn Foot(room: RoomState) -> impl IntoView {
    let texts = use_texts();
    let editor = room.editor;
    let is_busy = move || editor.is_busy.get();
    let notice = move || match editor.notice.get() {
        None => editor
            .fault
            .with(Option::is_some)
            .then(|| view! { <p class="fault">{texts.live(|t| t.look_at_field)}</p> }.into_any()),
        Some(EditorNotice::Failed(error)) => {
            Some(view! { <p class="fault" dir="auto">{live_text(move || error_text(texts, &error))}</p> }.into_any())
        }
        Some(EditorNotice::Conflict(theirs, by)) => {
            let (loaded, theirs) = (theirs.clone(), theirs);
            let is_draft = loaded.state == live_jury_protocol::CaseState::Draft;
            Some(
                view! {
                    <p class="fault">{live_text(move || draft_conflict_text(texts, by.as_ref()))}</p>
                    <button type="button" on:click=move |_| editor.take_theirs(&loaded)>
                        {texts.live(if is_draft { |t| t.take_theirs } else { |t| t.leave })}
                    </button>
                    <Show when=move || is_draft>
                        <button type="button" class="quiet" on:click={
                            let theirs = theirs.clone();
                            move |_| editor.keep_mine(&theirs)
                        }>
                            {texts.live(|t| t.keep_mine)}
                        </button>
                    </Show>
                }
                .into_any(),
            )
        }
    };
    view! {
        <footer class="composer-foot">
            <div class="composer-said" role="status">{notice}</div>
            <button type="button" disabled=is_busy on:click=move |_| room.save_draft(false)>
                {texts.live(|t| t.save_draft)}
            </button>
            <button type="button" class="primary" disabled=is_busy on:click=move |_| room.save_draft(true)>
                {live_text(move || if is_busy() { texts.pages().sending } else { texts.pages().open_now })}
            </button>
        </footer>
    }
}
