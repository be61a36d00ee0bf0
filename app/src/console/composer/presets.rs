//! The choice of a preset of rules, with a line for each rule that it sets. It writes to the editor's form alone.

use leptos::prelude::*;
use live_jury_protocol::{Raid, Rules};

use crate::console::presets::{Preset, share_with_side};
use crate::console::room_state::RoomState;
use crate::dom::{live_text, still_text};
use crate::i18n::Lang;
use crate::pages::{PageTexts, use_texts};

/// The presets, and the rules of the form that have no field.
#[component]
pub fn Presets(room: RoomState) -> impl IntoView {
    let texts = use_texts();
    let (editor, jury) = (room.editor, room.session.jury());
    let present = Memo::new(move |_| jury.with(|jury| jury.stats().and_then(|stats| stats.sides)));
    let chosen = Memo::new(move |_| editor.form.with(Preset::of));
    let needs_sides = move || {
        let few = !Preset::Fair.is_offered(present.get());
        few.then(|| (texts.pages().preset_needs_sides)(texts.lang(), share_with_side(present.get())))
    };
    let lines = move || editor.form.with(|form| rule_lines(&form.further, texts.lang(), texts.pages()));
    view! {
        <div class="chips" role="group" aria-label=texts.text(|t| t.presets)>
            {Preset::ALL.into_iter().map(|preset| view! {
                <button
                    type="button" class="chip" data-preset=preset.as_str()
                    disabled=move || !preset.is_offered(present.get())
                    aria-pressed=move || (chosen.get() == Some(preset)).to_string()
                    on:click=move |_| editor.form.update(|form| preset.apply(form))
                >
                    {texts.live(name(preset))}
                </button>
            }).collect_view()}
        </div>
        <p class="hint">{live_text(move || needs_sides().unwrap_or_default())}</p>
        <ul class="rule-lines">
            {move || lines().into_iter().map(|line| view! { <li class="hint">{still_text(line)}</li> }).collect_view()}
        </ul>
    }
}

fn name(preset: Preset) -> fn(&'static PageTexts) -> &'static str {
    match preset {
        Preset::Standard => |t| t.preset_standard,
        Preset::Fair => |t| t.preset_fair,
        Preset::Strict => |t| t.preset_strict,
    }
}

/// A sentence for each rule that has no field.
fn rule_lines(rules: &Rules, lang: Lang, texts: &PageTexts) -> Vec<String> {
    let mut lines = Vec::new();
    if !rules.bias_band.is_zero() {
        lines.push((texts.rule_band)(lang, rules.bias_band.into()));
    }
    if rules.hold_when_balanced {
        lines.push(texts.rule_balanced.to_owned());
    }
    if let Some(rule) = rules.two_sided {
        lines.push((texts.rule_two_sided)(lang, rule.threshold.into(), rule.min_per_side));
    }
    match rules.raid {
        Raid::Hang => lines.push(texts.rule_raid_hang.to_owned()),
        Raid::Off => lines.push(texts.rule_raid_off.to_owned()),
        Raid::Show | Raid::Unknown => {}
    }
    if !rules.reasons.is_empty() {
        lines.push((texts.rule_reasons)(lang, rules.reasons.len() as u64));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_without_a_field_has_a_line() {
        let rules = serde_json::from_value(serde_json::json!({
            "two_sided": {}, "hold_when_balanced": true, "bias_band": 0.15, "raid": "hang",
            "reasons": [{"id": "a", "label": "A"}]
        }))
        .unwrap();
        for lang in [Lang::En, Lang::ZhCn] {
            let lines = rule_lines(&rules, lang, lang.pages());
            assert_eq!(lines.len(), 5, "{lines:?}");
            assert!(rule_lines(&Default::default(), lang, lang.pages()).is_empty());
        }
        let lines = rule_lines(&rules, Lang::En, Lang::En.pages());
        assert!(lines[0].contains("15%") && lines[2].contains("20"), "{lines:?}");
    }
}
