//! The texts of one mounted widget, whose language may change while it runs; it never holds a text.

use leptos::prelude::*;

use crate::dom::Element;
use crate::i18n::{TextKey, ViewerTexts};

/// The texts in the widget's language. A drawing that reads them follows the language.
#[derive(Clone, Copy)]
pub(super) struct LiveTexts(RwSignal<&'static ViewerTexts>);

impl LiveTexts {
    pub(super) fn new(texts: &'static ViewerTexts) -> Self {
        Self(RwSignal::new(texts))
    }

    /// The texts of a signal that lives longer than the widget.
    pub(super) fn following(texts: ArcRwSignal<&'static ViewerTexts>) -> Self {
        Self(texts.into())
    }

    /// All texts, in the language of this moment.
    pub(super) fn now(self) -> &'static ViewerTexts {
        self.0.get()
    }

    /// The text of a key, in the language of this moment.
    pub(super) fn get(self, key: TextKey) -> &'static str {
        self.now().get(key)
    }
}

impl Element {
    /// Appends a text that follows the language.
    pub(super) fn says(self, texts: LiveTexts, key: TextKey) -> Self {
        self.live_text(move || texts.get(key))
    }

    /// Names the element for screen readers by a text that follows the language.
    pub(super) fn labelled(self, texts: LiveTexts, key: TextKey) -> Self {
        self.live_set("aria-label", move || Some(texts.get(key)))
    }
}
