//! One field of the form: label, counter, input and fault text. It knows no field by name.

use leptos::prelude::*;

use crate::console::case_editor::{CaseEditor, FaultSource};
use crate::console::case_form::{CaseForm, Fault};
use crate::dom::live_text;
use crate::pages::use_texts;

/// Reads a field's text.
pub type Read = Signal<String>;
/// Writes a field's text.
pub type Write = Callback<String>;

/// Reader and writer of a field that every form has.
#[must_use]
pub fn lens<T: Clone + Send + Sync + 'static>(
    editor: CaseEditor,
    get: fn(&mut CaseForm) -> &mut T,
) -> (Signal<T>, Callback<T>) {
    let read = Signal::derive(move || {
        // One accessor serves both, and it needs a mutable form: reading runs on a copy.
        editor.form.with(|form| get(&mut form.clone()).clone())
    });
    let write = Callback::new(move |value| editor.form.update(|form| *get(form) = value));
    (read, write)
}

/// The input of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// One line.
    Line,
    /// This many lines at least.
    Lines(u32),
    /// A whole number.
    Number,
    /// An address.
    Url,
}

/// A field below its label.
#[component]
pub fn Field(
    editor: CaseEditor,
    #[prop(into)] path: Signal<String>,
    #[prop(into)] label: Signal<&'static str>,
    value: (Read, Write),
    #[prop(default = InputKind::Line)] input: InputKind,
    #[prop(optional)] chars_max: Option<usize>,
    #[prop(optional, into)] hint: Option<Signal<&'static str>>,
    #[prop(optional)] main: bool,
) -> impl IntoView {
    let (read, write) = value;
    let fault_id = move || format!("fault-{}", path.get());
    let is_wrong = Memo::new(move |_| editor.fault_at(&path.get()).is_some());
    let invalid = move || is_wrong.get().then_some("true");
    let described = move || is_wrong.get().then(fault_id);
    let data_field = move || path.get();
    let text_dir = match input {
        InputKind::Number | InputKind::Url => "ltr",
        InputKind::Line | InputKind::Lines(_) => "auto",
    };
    let control = match input {
        InputKind::Lines(rows) => view! {
            <textarea
                rows=rows style=("--lines", rows.to_string()) dir=text_dir data-field=data_field aria-invalid=invalid
                aria-describedby=described
                prop:value=move || read.get()
                on:input=move |event| write.run(event_target_value(&event))
            ></textarea>
        }
        .into_any(),
        InputKind::Line | InputKind::Number | InputKind::Url => view! {
            <input
                type="text" dir=text_dir data-field=data_field aria-invalid=invalid aria-describedby=described
                inputmode=match input { InputKind::Number => "decimal", InputKind::Url => "url", _ => "text" }
                autocomplete="off" spellcheck=(input == InputKind::Line).then_some("true")
                prop:value=move || read.get()
                on:input=move |event| write.run(event_target_value(&event))
            />
        }
        .into_any(),
    };
    view! {
        <label class="field" class:field-main=main class:field-wrong=move || is_wrong.get()>
            <span class="field-head">
                <span>{live_text(move || label.get())}</span>
                {chars_max.map(|most| view! { <Counter read most/> })}
            </span>
            {control}
            {hint.map(|hint| view! { <small class="hint">{live_text(move || hint.get())}</small> })}
            <FaultText editor path/>
        </label>
    }
}

/// Used and allowed characters of a field.
#[component]
fn Counter(read: Read, most: usize) -> impl IntoView {
    let used = Memo::new(move |_| read.with(|text| text.trim().chars().count()));
    view! {
        <span class="counter" class:counter-over=move || { used.get() > most }>
            {live_text(move || format!("{}/{most}", used.get()))}
        </span>
    }
}

/// The fault of the field at `path`.
#[component]
pub fn FaultText(editor: CaseEditor, #[prop(into)] path: Signal<String>) -> impl IntoView {
    let texts = use_texts();
    move || {
        editor.fault_at(&path.get()).map(|source| {
            let id = format!("fault-{}", path.get());
            let text = move || match &source {
                FaultSource::Server(detail) => {
                    (texts.pages().field_rule)(&path.get()).unwrap_or_else(|| detail.clone())
                }
                FaultSource::Page(fault) => fault_text(texts.pages(), *fault).to_owned(),
            };
            view! { <small class="fault" id=id dir="auto">{live_text(text)}</small> }
        })
    }
}

fn fault_text(texts: &'static crate::pages::PageTexts, fault: Fault) -> &'static str {
    match fault {
        Fault::Number => texts.fault_number,
        Fault::Share => texts.fault_share,
        Fault::Time => texts.fault_time,
    }
}

/// A select with a few choices.
#[component]
pub fn Choice<T: Copy + PartialEq + Send + Sync + 'static>(
    #[prop(into)] label: Signal<&'static str>,
    choices: Vec<(T, &'static str, Signal<&'static str>)>,
    #[prop(into)] chosen: Signal<T>,
    choose: Callback<T>,
) -> impl IntoView {
    let by_name: Vec<(T, &'static str)> = choices.iter().map(|(value, name, _)| (*value, *name)).collect();
    view! {
        <label class="field">
            <span class="field-head"><span>{live_text(move || label.get())}</span></span>
            <select on:change=move |event| {
                let name = event_target_value(&event);
                if let Some((value, _)) = by_name.iter().find(|(_, known)| *known == name) {
                    choose.run(*value);
                }
            }>
                {choices
                    .into_iter()
                    .map(|(value, name, text)| {
                        view! {
                            <option value=name selected=move || { chosen.get() == value }>
                                {live_text(move || text.get())}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
        </label>
    }
}
