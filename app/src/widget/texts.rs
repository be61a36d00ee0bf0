//! The texts of one mounted widget, whose language may change while it runs; it never holds a text.

use std::cell::Cell;

use leptos::prelude::*;

use crate::dom::Element;
use crate::i18n::{TextKey, ViewerTexts};

/// The texts in the widget's language. A drawing that reads them follows the language.
#[derive(Clone, Copy)]
pub struct LiveTexts(&'static Held);

/// The texts of a widget. A signal of a type that the widget has anyway, beside a plain cell, is a kilobyte less code
/// than a signal of texts.
struct Held {
    texts: Cell<&'static ViewerTexts>,
    /// Another value tells that the texts have changed.
    changed: RwSignal<bool>,
}

impl LiveTexts {
    /// Holds the texts of one widget, in some bytes that stay until the page is closed.
    #[must_use]
    pub fn new(texts: &'static ViewerTexts) -> Self {
        Self(Box::leak(Box::new(Held { texts: Cell::new(texts), changed: RwSignal::new(false) })))
    }

    /// Switches the language. Elements stay, and with them the focus and a choice that is not cast yet.
    pub fn switch(self, texts: &'static ViewerTexts) {
        self.0.texts.set(texts);
        self.0.changed.update(|changed| *changed = !*changed);
    }

    /// All texts, in the language of this moment.
    pub(super) fn now(self) -> &'static ViewerTexts {
        self.0.changed.get();
        self.0.texts.get()
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
