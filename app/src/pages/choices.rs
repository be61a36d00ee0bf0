//! The selects for language and theme. The preferences store the choice.

use leptos::prelude::*;

use super::prefs::{Prefs, Theme, use_texts};
use crate::dom::live_text;
use crate::i18n::Lang;

/// Language and theme.
#[component]
pub fn Choices() -> impl IntoView {
    let texts = use_texts();
    let prefs = expect_context::<Prefs>();
    let theme_text = move |theme| match theme {
        Theme::Light => texts.pages().theme_light,
        Theme::Dark => texts.pages().theme_dark,
        Theme::Auto | Theme::Transparent => texts.pages().theme_auto,
    };
    view! {
        <select
            class="small" aria-label=texts.text(|t| t.language)
            on:change=move |event| prefs.choose_lang(Lang::of_tag(&event_target_value(&event)))
        >
            {Lang::ALL.into_iter().map(|lang| view! {
                <option value=lang.tag() lang=lang.tag() selected=move || { prefs.lang.get() == lang }>
                    {lang.name()}
                </option>
            }).collect_view()}
        </select>
        <select
            class="small" aria-label=texts.text(|t| t.theme)
            on:change=move |event| {
                let name = event_target_value(&event);
                if let Some(theme) = Theme::ALL.into_iter().find(|theme| theme.as_str() == name) {
                    prefs.choose_theme(theme);
                }
            }
        >
            {Theme::ALL.into_iter().map(|theme| view! {
                <option value=theme.as_str() selected=move || { prefs.theme.get() == theme }>
                    {live_text(move || theme_text(theme))}
                </option>
            }).collect_view()}
        </select>
    }
}
