//! The fields of the options. They write to the editor's form alone.

use leptos::prelude::*;
use live_jury_protocol::limits;

use super::field::{FaultText, Field};
use crate::console::case_editor::CaseEditor;
use crate::pages::use_texts;

/// The options, in the order shown.
#[component]
pub fn Options(editor: CaseEditor) -> impl IntoView {
    let texts = use_texts();
    let keys = move || editor.form.with(|form| form.options.iter().map(|option| option.key).collect::<Vec<_>>());
    let is_full = move || editor.form.with(|form| form.options.len() >= limits::OPTIONS_MAX);
    view! {
        <fieldset class="group">
            <legend>{texts.live(|t| t.options)}</legend>
            <For each=keys key=|key| *key children=move |key| view! { <OptionRow editor key/> }/>
            <FaultText editor path=Signal::stored("options".to_owned())/>
            <button
                type="button" disabled=is_full
                on:click=move |_| editor.form.update(|form| form.add_option())
            >
                {texts.live(|t| t.add_option)}
            </button>
        </fieldset>
    }
}

#[component]
fn OptionRow(editor: CaseEditor, key: u32) -> impl IntoView {
    let texts = use_texts();
    let at = Memo::new(move |_| editor.form.with(|form| form.options.iter().position(|option| option.key == key)));
    let read = Signal::derive(move || {
        editor.form.with(|form| {
            form.options.iter().find(|option| option.key == key).map(|option| option.label.clone()).unwrap_or_default()
        })
    });
    let write = Callback::new(move |label: String| {
        editor.form.update(|form| {
            if let Some(option) = form.options.iter_mut().find(|option| option.key == key) {
                option.label = label;
            }
        });
    });
    let path = Signal::derive(move || format!("options[{}].label", at.get().unwrap_or_default()));
    let abstains =
        move || editor.form.with(|form| form.options.iter().any(|option| option.key == key && option.abstain));
    let set_abstain = move |abstain| {
        editor.form.update(|form| {
            if let Some(option) = form.options.iter_mut().find(|option| option.key == key) {
                option.abstain = abstain;
            }
        });
    };
    let is_least = move || editor.form.with(|form| form.options.len() <= limits::OPTIONS_MIN);
    view! {
        <div class="row option">
            <Field
                editor path label=texts.text(|t| t.option_label) value=(read, write) chars_max=limits::LABEL_CHARS_MAX
            />
            <label class="check">
                <input
                    type="checkbox" prop:checked=abstains
                    on:change=move |event| set_abstain(event_target_checked(&event))
                />
                <span>{texts.live(|t| t.option_abstain)}</span>
            </label>
            <button
                type="button" class="quiet" disabled=is_least aria-label=texts.text(|t| t.remove_option)
                title=texts.text(|t| t.remove_option)
                on:click=move |_| editor.form.update(|form| form.options.retain(|option| option.key != key))
            >
                "✕"
            </button>
        </div>
    }
}
