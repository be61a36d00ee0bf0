//! The reader's language and theme: read from the address or the browser, saved in the browser, applied to the page.

use leptos::prelude::*;

use super::texts::PageTexts;
use crate::dom::{LiveText, live_text};
use crate::i18n::{Lang, ViewerTexts};

const LANG_KEY: &str = "live-jury.lang";
const THEME_KEY: &str = "live-jury.theme";
/// The rooms that the console shows, with spaces between them.
pub const ROOMS_KEY: &str = "live-jury.rooms";
/// Whether the reader uses keyboard shortcuts: `on` or `off`.
pub const SHORTCUTS_KEY: &str = "live-jury.shortcuts";

/// A theme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// The system's theme.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
    /// For a moving background. Only overlays have it.
    Transparent,
}

impl Theme {
    /// The themes that a reader can choose.
    pub const ALL: [Theme; 3] = [Theme::Auto, Theme::Light, Theme::Dark];

    /// The theme's name in the page and in storage.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Transparent => "transparent",
        }
    }

    fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == name)
    }
}

/// Language and theme of the page.
#[derive(Clone, Copy)]
pub struct Prefs {
    /// The language.
    pub lang: RwSignal<Lang>,
    /// The theme.
    pub theme: RwSignal<Theme>,
}

impl Prefs {
    /// Reads the preferences from the address, else from storage, else from the browser. Applies them and each change,
    /// and provides them as context.
    pub fn provide() -> Self {
        let theme = query("theme").or_else(|| saved_setting(THEME_KEY)).and_then(|name| Theme::of(&name));
        Self::provide_with(theme.unwrap_or_default())
    }

    /// The same for an overlay, which ignores the saved theme: its look depends on its address alone.
    pub fn provide_for_overlay() -> Self {
        Self::provide_with(query("theme").and_then(|name| Theme::of(&name)).unwrap_or(Theme::Transparent))
    }

    /// The same for a part of another program's page: the page has chosen the language, and may choose another.
    pub fn follow_page() -> Self {
        let shown = || document().document_element().and_then(|html| html.get_attribute("lang")).unwrap_or_default();
        let prefs = Self { lang: RwSignal::new(Lang::of_tag(&shown())), theme: RwSignal::new(Theme::Auto) };
        // The page has applied a choice one frame after the event of its select.
        let listener = window_event_listener(leptos::ev::change, move |_| {
            request_animation_frame(move || {
                let lang = Lang::of_tag(&shown());
                if prefs.lang.try_get_untracked().is_some_and(|known| known != lang) {
                    prefs.lang.set(lang);
                }
            });
        });
        on_cleanup(move || listener.remove());
        provide_context(prefs);
        prefs
    }

    fn provide_with(theme: Theme) -> Self {
        let lang = query("lang").or_else(|| saved_setting(LANG_KEY)).or_else(|| window().navigator().language());
        let prefs = Self {
            lang: RwSignal::new(lang.map(|tag| Lang::of_tag(&tag)).unwrap_or_default()),
            theme: RwSignal::new(theme),
        };
        Effect::new(move || set_attribute(document().document_element(), "lang", prefs.lang.get().tag()));
        Effect::new(move || {
            set_attribute(document().document_element(), "data-theme", prefs.theme.get().as_str());
            set_attribute(document().body().map(Into::into), "data-theme", prefs.theme.get().as_str());
        });
        provide_context(prefs);
        prefs
    }

    /// Sets the language and saves it.
    pub fn choose_lang(self, lang: Lang) {
        self.lang.set(lang);
        save_setting(LANG_KEY, lang.tag());
    }

    /// Sets the theme and saves it.
    pub fn choose_theme(self, theme: Theme) {
        self.theme.set(theme);
        save_setting(THEME_KEY, theme.as_str());
    }
}

/// A value of the address's query.
pub fn query(name: &str) -> Option<String> {
    let search = window().location().search().ok()?;
    let found =
        search.trim_start_matches('?').split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    js_sys::decode_uri_component(found).ok().map(String::from)
}

/// The value saved under `key`; `None` without storage.
pub fn saved_setting(key: &str) -> Option<String> {
    window().local_storage().ok().flatten()?.get_item(key).ok().flatten()
}

/// Saves `value` under `key`. Without storage the setting lasts until the page is closed.
pub fn save_setting(key: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item(key, value);
    }
}

fn set_attribute(element: Option<web_sys::Element>, name: &str, value: &str) {
    if let Some(element) = element {
        // The name is a constant and valid.
        let _ = element.set_attribute(name, value);
    }
}

/// The texts in the reader's language, as signals.
#[derive(Clone, Copy)]
pub struct Texts(Signal<Lang>);

impl Texts {
    /// The language. The caller runs again when it changes.
    #[must_use]
    pub fn lang(self) -> Lang {
        self.0.get()
    }

    /// The texts of these pages. The caller runs again when the language changes.
    #[must_use]
    pub fn pages(self) -> &'static PageTexts {
        self.lang().pages()
    }

    /// The texts of the widget. The caller runs again when the language changes.
    #[must_use]
    pub fn viewer(self) -> &'static ViewerTexts {
        self.lang().viewer()
    }

    /// One text, as a child of an element.
    #[must_use]
    pub fn live(self, pick: fn(&'static PageTexts) -> &'static str) -> LiveText {
        live_text(move || pick(self.pages()))
    }

    /// One text, as a signal for attributes.
    #[must_use]
    pub fn text(self, pick: fn(&'static PageTexts) -> &'static str) -> Signal<&'static str> {
        Signal::derive(move || pick(self.pages()))
    }
}

/// The texts. The caller is below [`Prefs::provide`].
#[must_use]
pub fn use_texts() -> Texts {
    Texts(use_context::<Prefs>().map(|prefs| prefs.lang.into()).unwrap_or_default())
}
