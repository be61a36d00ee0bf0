//! The fields of a drawn panel. They write to the editor's form alone.

use leptos::prelude::*;

use super::field::{FaultText, Field, InputKind, Read, Write, lens};
use super::rules::Check;
use crate::console::case_editor::CaseEditor;
use crate::dom::live_text;
use crate::pages::use_texts;

/// The switch of the panel, and its fields while it is on.
#[component]
pub fn PanelFieldset(editor: CaseEditor) -> impl IntoView {
    let texts = use_texts();
    let is_on = Memo::new(move |_| editor.form.with(|form| form.panel.is_on));
    let field = move |path: &'static str, label: Signal<&'static str>, value: (Read, Write)| {
        let path = Signal::stored(path.to_owned());
        view! { <Field editor path label input=InputKind::Number value/> }
    };
    view! {
        <Check
            editor path="rules.panel" needs_after_close=false
            label=texts.text(|t| t.panel) hint=texts.text(|t| t.panel_hint) value=|form| &mut form.panel.is_on
        />
        <Show when=move || is_on.get()>
            <div class="row">
                {field("rules.panel.buyer", texts.text(|t| t.panel_buyer), lens(editor, |form| &mut form.panel.buyer))}
                {field(
                    "rules.panel.merchant",
                    texts.text(|t| t.panel_merchant),
                    lens(editor, |form| &mut form.panel.merchant),
                )}
                {field("rules.panel.other", texts.text(|t| t.panel_other), lens(editor, |form| &mut form.panel.other))}
            </div>
            <p class="hint">{live_text(move || texts.pages().panel_seats_hint)}</p>
            <div class="row">
                <Field
                    editor path=Signal::stored("rules.panel.call".to_owned()) label=texts.text(|t| t.panel_call)
                    input=InputKind::Number hint=texts.text(|t| t.panel_call_hint)
                    value=lens(editor, |form| &mut form.panel.call)
                />
                <Field
                    editor path=Signal::stored("rules.panel.present_s".to_owned())
                    label=texts.text(|t| t.panel_present) input=InputKind::Number
                    hint=texts.text(|t| t.panel_present_hint) value=lens(editor, |form| &mut form.panel.present_s)
                />
            </div>
            <Check
                editor path="rules.panel.stop_early" needs_after_close=false
                label=texts.text(|t| t.panel_stop) hint=texts.text(|t| t.panel_stop_hint)
                value=|form| &mut form.panel.stop_early
            />
        </Show>
        <FaultText editor path=Signal::stored("rules.raid".to_owned())/>
    }
}
