//! A text that follows signals, between two comments; it never decides what the text says.
//!
//! Leptos keeps the text nodes that it makes and writes to them, also after a translator took them off the page. The
//! pages therefore show every text that may change through [`live_text`].

use leptos::prelude::*;
use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::no_attrs;
use leptos::tachys::view::{Position, PositionState};
use web_sys::Node;

use super::reactive::follow_value;
use super::{Range, Text};

/// Keeps a text up to date at its place, which is in an element or in a fragment.
pub(super) fn follow_text(place: Range, mut text: Box<dyn FnMut() -> Text>) {
    let mut node: Option<web_sys::Text> = None;
    let assign = move |text: Option<&str>| {
        let text = text.unwrap_or_default();
        if let Some(node) = node.as_ref().filter(|node| place.holds_only(node)) {
            return node.set_data(text);
        }
        // The first text, or a translator has replaced or wrapped the node.
        let new = document().create_text_node(text);
        place.replace(Some(new.clone().into()));
        node = Some(new);
    };
    follow_value(Box::new(move || Some(text())), Box::new(assign));
}

/// A text that follows signals, as a child in Leptos's views.
pub struct LiveText(Box<dyn FnMut() -> Text + Send>);

/// Shows a text that follows signals.
pub fn live_text<T: Into<Text>>(mut text: impl FnMut() -> T + Send + 'static) -> LiveText {
    LiveText(Box::new(move || text().into()))
}

/// Shows a text that stays as it is until the view around it is drawn again with another one.
pub fn still_text(text: String) -> LiveText {
    live_text(move || text.clone())
}

/// The place of a text in a view.
pub struct LiveTextState(Range);

impl Render for LiveText {
    type State = LiveTextState;

    fn build(self) -> LiveTextState {
        let range = Range::new();
        // The fragment holds the place until it is mounted.
        range.children();
        follow_text(range.clone(), self.0);
        LiveTextState(range)
    }

    fn rebuild(self, state: &mut LiveTextState) {
        let mut new = self.build();
        state.insert_before_this(&mut new);
        state.unmount();
        *state = new;
    }
}

impl Mountable for LiveTextState {
    fn unmount(&mut self) {
        self.0.take();
    }

    fn mount(&mut self, parent: &web_sys::Element, marker: Option<&Node>) {
        // The call fails only for a marker outside the parent. Markers are comments or elements, which stay.
        let _ = parent.insert_before(&self.0.take(), marker);
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        let parent = self.0.start().parent_element();
        if let Some(parent) = &parent {
            child.mount(parent, Some(self.0.start()));
        }
        parent.is_some()
    }

    fn elements(&self) -> Vec<web_sys::Element> {
        Vec::new()
    }
}

no_attrs!(LiveText);

/// Leptos asks this of every child. Nothing is drawn outside a browser, so no HTML is ever written or taken over.
impl RenderHtml for LiveText {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }

    fn to_html_with_buf(self, _: &mut String, _: &mut Position, _: bool, _: bool, _: Vec<AnyAttribute>) {}

    fn hydrate<const FROM_SERVER: bool>(self, _: &Cursor, _: &PositionState) -> LiveTextState {
        self.build()
    }

    fn into_owned(self) -> Self {
        self
    }
}
