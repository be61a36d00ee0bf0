//! The gallery of a demo server: the widget in every state, drawn from fixed frames. It connects to nothing.

mod cases;
mod states;
mod theming;

use std::rc::Rc;

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use crate::dom::{Draw, live_text, render_into};
use crate::i18n::Lang;
use crate::link::is_local;
use crate::pages::{Prefs, Theme, origin, query};
use crate::widget::snapshot;
use cases::GalleryIds;
use states::State;
use theming::Theming;

/// The look of the widgets: a theme, or the light theme with `prefers-contrast: more`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct GalleryTheme {
    name: &'static str,
    theme: Theme,
    more_contrast: bool,
    label: (&'static str, &'static str),
}

const THEMES: [GalleryTheme; 4] = [
    GalleryTheme { name: "light", theme: Theme::Light, more_contrast: false, label: ("Light", "浅色") },
    GalleryTheme { name: "dark", theme: Theme::Dark, more_contrast: false, label: ("Dark", "深色") },
    GalleryTheme {
        name: "transparent",
        theme: Theme::Transparent,
        more_contrast: false,
        label: ("Transparent", "透明"),
    },
    GalleryTheme {
        name: "contrast", theme: Theme::Light, more_contrast: true, label: ("High contrast", "高对比度")
    },
];

/// Widths of the widgets: two phones, and the panel beside a stream.
const WIDTHS: [(&str, &str); 3] = [("320", "20rem"), ("360", "22.5rem"), ("panel", "26rem")];

/// The gallery's settings, from the address and from the selects.
#[derive(Clone, Copy)]
struct GallerySettings {
    look: RwSignal<GalleryTheme>,
    lang: RwSignal<Lang>,
    width: RwSignal<(&'static str, &'static str)>,
    state: RwSignal<Option<State>>,
}

impl GallerySettings {
    fn from_address() -> Self {
        let prefs = Prefs::provide();
        let look = query("theme").and_then(|name| THEMES.into_iter().find(|look| look.name == name));
        let width = query("width").and_then(|name| WIDTHS.into_iter().find(|(known, _)| *known == name));
        let state = query("state").and_then(|name| State::ALL.into_iter().find(|state| state.name() == name));
        let settings = Self {
            look: RwSignal::new(look.unwrap_or(THEMES[0])),
            lang: prefs.lang,
            width: RwSignal::new(width.unwrap_or(WIDTHS[1])),
            state: RwSignal::new(state),
        };
        // The page itself has the light and the dark theme only.
        Effect::new(move || {
            prefs.theme.set(if settings.look.get().theme == Theme::Dark { Theme::Dark } else { Theme::Light });
        });
        settings
    }

    fn text(self, en: &'static str, zh: &'static str) -> &'static str {
        if self.lang.get() == Lang::ZhCn { zh } else { en }
    }

    /// Writes the settings to the address, so that a link keeps them.
    fn save_in_address(self) {
        Effect::new(move || {
            let (look, lang, width) = (self.look.get().name, self.lang.get().tag(), self.width.get().0);
            let state = self.state.get().map(|state| format!("&state={}", state.name())).unwrap_or_default();
            let address = format!("?theme={look}&lang={lang}&width={width}{state}");
            if let Ok(history) = window().history() {
                // Without the history, the address stays as it is.
                let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
            }
        });
    }
}

/// The gallery.
#[component]
pub fn Gallery() -> impl IntoView {
    let settings = GallerySettings::from_address();
    settings.save_in_address();
    Effect::new(move || document().set_title(settings.text("Live Jury: gallery", "Live Jury：组件状态")));
    let shown = move || {
        State::ALL
            .into_iter()
            .filter(|state| settings.state.get().is_none_or(|only| only == *state))
            .collect::<Vec<_>>()
    };
    view! {
        <header class="gallery-top">
            <h1>{live_text(move || settings.text("The widget in all its states", "组件的所有状态"))}</h1>
            <Switches settings/>
        </header>
        <main>
            <div class="gallery-wall">
                <For each=shown key=|state: &State| state.name() let:state><WidgetExample settings state/></For>
            </div>
            {move || settings.state.get().is_none().then(|| view! { <Theming lang=settings.lang/> })}
        </main>
    }
}

#[component]
fn Switches(settings: GallerySettings) -> impl IntoView {
    let looks = THEMES.map(|look| (look.name, look.label));
    let langs = Lang::ALL.map(|lang| (lang.tag(), (lang.name(), lang.name())));
    let widths = WIDTHS.map(|(name, _)| (name, if name == "panel" { ("Panel", "侧栏") } else { (name, name) }));
    let mut states = vec![("", ("All", "全部"))];
    states.extend(State::ALL.map(|state| (state.name(), (state.label(Lang::En), state.label(Lang::ZhCn)))));
    let switch = move |label: (&'static str, &'static str),
                       offered: Vec<(&'static str, (&'static str, &'static str))>,
                       chosen: Signal<&'static str>,
                       choose: Box<dyn Fn(&str)>| {
        view! {
            <label>
                {live_text(move || settings.text(label.0, label.1))}
                <select on:change=move |event| choose(&event_target_value(&event))>
                    {offered.into_iter().map(|(name, (en, zh))| view! {
                        <option value=name selected=move || chosen.get() == name>
                            {live_text(move || settings.text(en, zh))}
                        </option>
                    }).collect_view()}
                </select>
            </label>
        }
    };
    let look = Signal::derive(move || settings.look.get().name);
    let lang = Signal::derive(move || settings.lang.get().tag());
    let width = Signal::derive(move || settings.width.get().0);
    let state = Signal::derive(move || settings.state.get().map_or("", State::name));
    let choose_look = move |name: &str| {
        settings.look.set(THEMES.into_iter().find(|look| look.name == name).unwrap_or(THEMES[0]));
    };
    let choose_lang = move |tag: &str| settings.lang.set(Lang::of_tag(tag));
    let choose_width = move |name: &str| {
        settings.width.set(WIDTHS.into_iter().find(|(known, _)| *known == name).unwrap_or(WIDTHS[1]));
    };
    let choose_state = move |name: &str| {
        settings.state.set(State::ALL.into_iter().find(|state| state.name() == name));
    };
    view! {
        <div class="gallery-switches">
            {switch(("Theme", "主题"), looks.to_vec(), look, Box::new(choose_look))}
            {switch(("Language", "语言"), langs.to_vec(), lang, Box::new(choose_lang))}
            {switch(("Width", "宽度"), widths.to_vec(), width, Box::new(choose_width))}
            {switch(("State", "状态"), states, state, Box::new(choose_state))}
        </div>
    }
}

#[component]
fn WidgetExample(settings: GallerySettings, state: State) -> impl IntoView {
    let origin = origin();
    let heading = format!("state-{}", state.name());
    let id = heading.clone();
    let lang = Signal::derive(move || settings.lang.get());
    let drawn: Draw<Lang> = Rc::new(move |lang| {
        GalleryIds::new().map(|ids| snapshot(*lang, state.scene(*lang, &ids, &origin), is_local(&origin)))
    });
    view! {
        <section class="gallery-exhibit" data-state=state.name() aria-labelledby=id>
            <h2 id=heading>{live_text(move || state.label(settings.lang.get()))}</h2>
            <div
                class="gallery-ground" data-look=move || settings.look.get().name
                style=("--width", move || settings.width.get().1)
            >
                <div
                    class="lj-root"
                    data-theme=move || settings.look.get().theme.as_str()
                    data-contrast=move || settings.look.get().more_contrast.then_some("more")
                    use:render_into=(lang, drawn)
                ></div>
            </div>
        </section>
    }
}
