//! The fields of the rules: duration, quorum, threshold, reveal, jurors. They write to the editor's form alone.

use leptos::prelude::*;
use live_jury_protocol::Reveal;

use super::field::{Choice, FaultText, Field, InputKind, lens};
use crate::console::case_editor::CaseEditor;
use crate::console::case_form::CaseForm;
use crate::console::entry::DurationUnit;
use crate::dom::live_text;
use crate::pages::use_texts;

/// Durations with a button of their own, in seconds.
const QUICK_S: [u64; 5] = [60, 120, 180, 300, 600];

/// The time for voting.
#[component]
pub fn Duration(editor: CaseEditor) -> impl IntoView {
    let texts = use_texts();
    let units = DurationUnit::ALL.map(|unit| {
        let text = match unit {
            DurationUnit::Seconds => texts.text(|t| t.seconds),
            DurationUnit::Minutes => texts.text(|t| t.minutes),
            DurationUnit::Hours => texts.text(|t| t.hours),
        };
        (unit, unit.as_str(), text)
    });
    let unit = Signal::derive(move || editor.form.with(|form| form.duration_unit));
    let fixed_end = move || editor.form.with(|form| form.closes_at_ms);
    let is_chosen = move |duration_s: u64| {
        editor
            .form
            .with(|form| form.closes_at_ms.is_none() && form.duration_unit.seconds(&form.duration) == Some(duration_s))
    };
    view! {
        <fieldset class="group duration">
            <legend>{texts.live(|t| t.duration)}</legend>
            <div class="chips">
                {QUICK_S.into_iter().map(|duration_s| view! {
                    <button
                        type="button" class="chip" aria-pressed=move || is_chosen(duration_s).to_string()
                        on:click=move |_| editor.form.update(|form| form.set_duration_s(duration_s))
                    >
                        {live_text(move || (texts.pages().duration_short)(texts.lang(), duration_s))}
                    </button>
                }).collect_view()}
            </div>
            {move || match fixed_end() {
                Some(at_ms) => view! {
                    <p class="hint">{live_text(move || (texts.pages().closes_at)(texts.lang(), at_ms))}</p>
                }.into_any(),
                None => view! {
                    <div class="row">
                        <Field
                            editor path=Signal::stored("duration_s".to_owned()) label=texts.text(|t| t.duration_open)
                            input=InputKind::Number value=lens(editor, |form| &mut form.duration)
                        />
                        <Choice
                            label=texts.text(|t| t.unit) choices=units.to_vec() chosen=unit
                            choose=Callback::new(move |unit| editor.form.update(|form| form.duration_unit = unit))
                        />
                    </div>
                }.into_any(),
            }}
            <FaultText editor path=Signal::stored("closes_at_ms".to_owned())/>
        </fieldset>
    }
}

/// Quorum, threshold, and the moment from which jurors see counts.
#[component]
pub fn Judging(editor: CaseEditor) -> impl IntoView {
    let texts = use_texts();
    let reveal = Signal::derive(move || editor.form.with(|form| form.reveal));
    let reveals = vec![
        (Reveal::AfterVote, "after_vote", texts.text(|t| t.reveal_after_vote)),
        (Reveal::AfterClose, "after_close", texts.text(|t| t.reveal_after_close)),
        (Reveal::Live, "live", texts.text(|t| t.reveal_live)),
    ];
    view! {
        <div class="row">
            <Field
                editor path=Signal::stored("rules.quorum".to_owned()) label=texts.text(|t| t.quorum)
                input=InputKind::Number
                hint=texts.text(|t| t.quorum_hint) value=lens(editor, |form| &mut form.quorum)
            />
            <Field
                editor path=Signal::stored("rules.threshold".to_owned()) label=texts.text(|t| t.threshold)
                input=InputKind::Number hint=texts.text(|t| t.threshold_hint)
                value=lens(editor, |form| &mut form.threshold)
            />
        </div>
        <div class="row">
            <Choice
                label=texts.text(|t| t.reveal) choices=reveals chosen=reveal
                choose=Callback::new(move |reveal| editor.form.update(|form| form.reveal = reveal))
            />
            <Check
                editor path="rules.allow_change" needs_after_close=true
                label=texts.text(|t| t.allow_change) hint=texts.text(|t| t.allow_change_hint)
                value=|form| &mut form.allow_change
            />
        </div>
        <div class="row">
            <Check
                editor path="rules.blind" needs_after_close=true
                label=texts.text(|t| t.blind) hint=texts.text(|t| t.blind_hint) value=|form| &mut form.blind
            />
            <Check
                editor path="rules.fixed_end" needs_after_close=false
                label=texts.text(|t| t.fixed_end) hint=texts.text(|t| t.fixed_end_hint)
                value=|form| &mut form.fixed_end
            />
        </div>
    }
}

/// A rule that a case has or has not.
#[component]
pub fn Check(
    editor: CaseEditor,
    path: &'static str,
    /// Whether the rule needs counts that show after the close.
    needs_after_close: bool,
    #[prop(into)] label: Signal<&'static str>,
    #[prop(into)] hint: Signal<&'static str>,
    value: fn(&mut CaseForm) -> &mut bool,
) -> impl IntoView {
    let (read, write) = lens(editor, value);
    let is_offered = move || !needs_after_close || editor.form.with(|form| form.reveal == Reveal::AfterClose);
    view! {
        <div>
            <label class="check">
                <input
                    type="checkbox" disabled=move || !is_offered() prop:checked=move || is_offered() && read.get()
                    on:change=move |event| write.run(event_target_checked(&event))
                />
                <span>
                    {live_text(move || label.get())}
                    <small class="hint">{live_text(move || hint.get())}</small>
                </span>
            </label>
            <FaultText editor path=Signal::stored(path.to_owned())/>
        </div>
    }
}

/// Account age and recused viewers.
#[component]
pub fn Jurors(editor: CaseEditor) -> impl IntoView {
    let texts = use_texts();
    view! {
        <Field
            editor path=Signal::stored("rules.min_account_age_days".to_owned()) label=texts.text(|t| t.account_age)
            input=InputKind::Number hint=texts.text(|t| t.account_age_hint)
            value=lens(editor, |form| &mut form.min_account_age_days)
        />
        <Field
            editor path=Signal::stored("rules.recused".to_owned()) label=texts.text(|t| t.recused)
            input=InputKind::Lines(2)
            hint=texts.text(|t| t.recused_hint) value=lens(editor, |form| &mut form.recused)
        />
    }
}
