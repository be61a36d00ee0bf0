//! The rules of the case being written: how long, how many, how clear a majority, who sees what when.

use leptos::prelude::*;
use live_jury_protocol::Reveal;

use super::Writing;
use super::field::{Choice, Entry, FaultText, Field, lens};
use crate::console::entry::DurationUnit;
use crate::page::use_texts;

/// Durations offered as one press, in seconds.
const QUICK_S: [u64; 5] = [60, 120, 180, 300, 600];

/// How long the case is open.
#[component]
pub fn Duration(writing: Writing) -> impl IntoView {
    let texts = use_texts();
    let units = DurationUnit::ALL.map(|unit| {
        let text = match unit {
            DurationUnit::Seconds => texts.text(|t| t.seconds),
            DurationUnit::Minutes => texts.text(|t| t.minutes),
            DurationUnit::Hours => texts.text(|t| t.hours),
        };
        (unit, unit.as_str(), text)
    });
    let unit = Signal::derive(move || writing.brief.with(|brief| brief.duration_unit));
    let fixed_end = move || writing.brief.with(|brief| brief.closes_at_ms);
    let is_chosen = move |duration_s: u64| {
        writing.brief.with(|brief| {
            brief.closes_at_ms.is_none() && brief.duration_unit.seconds(&brief.duration) == Some(duration_s)
        })
    };
    view! {
        <fieldset class="group duration">
            <legend>{texts.text(|t| t.duration)}</legend>
            <div class="chips">
                {QUICK_S.into_iter().map(|duration_s| view! {
                    <button
                        type="button" class="chip" aria-pressed=move || is_chosen(duration_s).to_string()
                        on:click=move |_| writing.brief.update(|brief| brief.set_duration_s(duration_s))
                    >
                        {move || (texts.pages().duration_short)(texts.lang(), duration_s)}
                    </button>
                }).collect_view()}
            </div>
            {move || match fixed_end() {
                Some(at_ms) => view! {
                    <p class="hint">{move || (texts.pages().closes_at)(texts.lang(), at_ms)}</p>
                }.into_any(),
                None => view! {
                    <div class="row">
                        <Field
                            writing path=Signal::stored("duration_s".to_owned()) label=texts.text(|t| t.duration_open)
                            entry=Entry::Number value=lens(writing, |brief| &mut brief.duration)
                        />
                        <Choice
                            label=texts.text(|t| t.unit) choices=units.to_vec() chosen=unit
                            choose=Callback::new(move |unit| writing.brief.update(|brief| brief.duration_unit = unit))
                        />
                    </div>
                }.into_any(),
            }}
            <FaultText writing path=Signal::stored("closes_at_ms".to_owned())/>
        </fieldset>
    }
}

/// Quorum, threshold, and when counts are shown.
#[component]
pub fn Judging(writing: Writing) -> impl IntoView {
    let texts = use_texts();
    let reveal = Signal::derive(move || writing.brief.with(|brief| brief.reveal));
    let reveals = vec![
        (Reveal::AfterVote, "after_vote", texts.text(|t| t.reveal_after_vote)),
        (Reveal::AfterClose, "after_close", texts.text(|t| t.reveal_after_close)),
        (Reveal::Live, "live", texts.text(|t| t.reveal_live)),
    ];
    let may_allow = move || reveal.get() == Reveal::AfterClose;
    view! {
        <div class="row">
            <Field
                writing path=Signal::stored("rules.quorum".to_owned()) label=texts.text(|t| t.quorum) entry=Entry::Number
                hint=texts.text(|t| t.quorum_hint) value=lens(writing, |brief| &mut brief.quorum)
            />
            <Field
                writing path=Signal::stored("rules.threshold".to_owned()) label=texts.text(|t| t.threshold)
                entry=Entry::Number hint=texts.text(|t| t.threshold_hint)
                value=lens(writing, |brief| &mut brief.threshold)
            />
        </div>
        <div class="row">
            <Choice
                label=texts.text(|t| t.reveal) choices=reveals chosen=reveal
                choose=Callback::new(move |reveal| writing.brief.update(|brief| brief.reveal = reveal))
            />
            <label class="check">
                <input
                    type="checkbox" disabled=move || !may_allow()
                    prop:checked=move || may_allow() && writing.brief.with(|brief| brief.allow_change)
                    on:change=move |event| {
                        let allow_change = event_target_checked(&event);
                        writing.brief.update(|brief| brief.allow_change = allow_change);
                    }
                />
                <span>
                    {texts.text(|t| t.allow_change)}
                    <small class="hint">{texts.text(|t| t.allow_change_hint)}</small>
                </span>
            </label>
        </div>
        <FaultText writing path=Signal::stored("rules.allow_change".to_owned())/>
    }
}

/// Who may vote.
#[component]
pub fn Jurors(writing: Writing) -> impl IntoView {
    let texts = use_texts();
    view! {
        <Field
            writing path=Signal::stored("rules.min_account_age_days".to_owned()) label=texts.text(|t| t.account_age)
            entry=Entry::Number hint=texts.text(|t| t.account_age_hint)
            value=lens(writing, |brief| &mut brief.min_account_age_days)
        />
        <Field
            writing path=Signal::stored("rules.recused".to_owned()) label=texts.text(|t| t.recused) entry=Entry::Lines(2)
            hint=texts.text(|t| t.recused_hint) value=lens(writing, |brief| &mut brief.recused)
        />
    }
}
