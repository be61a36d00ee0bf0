//! The consequences of a complaint that is upheld: policy, upholding option and remedy. The server lists the policies.

use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::RemedyKind;
use live_jury_protocol::trust::PolicyDefinition;

use super::field::{Choice, FaultText, Field, InputKind, lens};
use crate::console::case_editor::CaseEditor;
use crate::console::room_state::RoomState;
use crate::dom::{live_text, still_text};
use crate::i18n::Lang;
use crate::pages::use_texts;

/// The fields. A server without trust has no policies, and the choice of one is left out.
#[component]
pub fn Consequence(room: RoomState) -> impl IntoView {
    let texts = use_texts();
    let editor = room.editor;
    let policies = RwSignal::new(Vec::new());
    spawn_local(async move {
        if let Ok(answer) = room.api.policies().await {
            policies.set(answer.items);
        }
    });
    let kinds = vec![
        (None, "", texts.text(|t| t.remedy_of_words)),
        (Some(RemedyKind::Refund), "refund", texts.text(|t| t.remedy_refund)),
        (Some(RemedyKind::Replacement), "replacement", texts.text(|t| t.remedy_replacement)),
        (Some(RemedyKind::Freight), "freight", texts.text(|t| t.remedy_freight)),
        (Some(RemedyKind::Correction), "correction", texts.text(|t| t.remedy_correction)),
        (Some(RemedyKind::Other), "other", texts.text(|t| t.remedy_other)),
    ];
    let (kind, set_kind) = lens(editor, |form| &mut form.remedy_kind);
    view! {
        <Show when=move || policies.with(|policies| !policies.is_empty())>
            <Policy editor policies/>
        </Show>
        <Upholding editor/>
        <div class="row">
            <Choice label=texts.text(|t| t.remedy_kind) choices=kinds chosen=kind choose=set_kind/>
            <Field
                editor path=Signal::stored("remedy_due_h".to_owned()) label=texts.text(|t| t.remedy_due_h)
                input=InputKind::Number value=lens(editor, |form| &mut form.remedy_due_h)
            />
        </div>
        <FaultText editor path=Signal::stored("remedy_kind".to_owned())/>
    }
}

/// The choice of a policy that viewers may judge.
#[component]
fn Policy(editor: CaseEditor, policies: RwSignal<Vec<PolicyDefinition>>) -> impl IntoView {
    let texts = use_texts();
    let (chosen, choose) = lens(editor, |form| &mut form.policy);
    let title = move |policy: &PolicyDefinition| match texts.lang() {
        Lang::En => format!("{}, {}", policy.title.en, policy.clause),
        Lang::ZhCn => format!("{}（{}）", policy.title.zh_cn, policy.clause),
    };
    let option = move |policy: PolicyDefinition| {
        let (id, value) = (policy.id.clone(), policy.id.clone());
        view! {
            <option value=value selected=move || chosen.with(|chosen| *chosen == id)>
                {live_text(move || title(&policy))}
            </option>
        }
    };
    let judged = move || policies.get().into_iter().filter(|policy| policy.jury).map(option).collect_view();
    view! {
        <label class="field">
            <span class="field-head"><span>{texts.live(|t| t.policy)}</span></span>
            <select name="policy" on:change=move |event| choose.run(event_target_value(&event))>
                <option value="" selected=move || chosen.with(String::is_empty)>{texts.live(|t| t.no_policy)}</option>
                {judged}
            </select>
            <small class="hint">{texts.live(|t| t.policy_hint)}</small>
        </label>
        <FaultText editor path=Signal::stored("policy".to_owned())/>
    }
}

/// The choice of the option whose win means that the complaint is right.
#[component]
fn Upholding(editor: CaseEditor) -> impl IntoView {
    let texts = use_texts();
    let deciding = Memo::new(move |_| {
        let label = |form: &crate::console::case_form::OptionFields| (form.key, form.label.clone());
        editor.form.with(|form| form.options.iter().filter(|option| !option.abstain).map(label).collect::<Vec<_>>())
    });
    let choose = move |key: String| editor.form.update(|form| form.upholds = key.parse().ok());
    let is_chosen = move |key| editor.form.with(|form| form.upholds == key);
    view! {
        <label class="field">
            <span class="field-head"><span>{texts.live(|t| t.upholds)}</span></span>
            <select name="upholds" on:change=move |event| choose(event_target_value(&event))>
                <option value="" selected=move || is_chosen(None)>{texts.live(|t| t.upholds_none)}</option>
                {move || deciding.get().into_iter().map(|(key, label)| view! {
                    <option value=key.to_string() dir="auto" selected=move || is_chosen(Some(key))>
                        {still_text(label)}
                    </option>
                }).collect_view()}
            </select>
        </label>
    }
}
