//! Builds elements by function calls and keeps them up to date with signals; it never knows what a case is.
//!
//! The pages use Leptos's typed views instead. Those are compiled once for each place that uses them, which the widget
//! avoids: every viewer of a room downloads it. The pages call [`live_text`] and [`render_into`] alone.

mod range;
mod reactive;
mod text;

use std::borrow::Cow;
use std::rc::Rc;

use leptos::ev::Event;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::ResizeObserver;

use range::Range;
use reactive::follow_value;
pub(crate) use reactive::{live, watch};
use text::follow_text;
pub use text::{LiveText, live_text, still_text};

/// A text to show. Most texts are constants.
type Text = Cow<'static, str>;

/// Draws a value; see [`render_into`].
pub type Draw<K> = Rc<dyn Fn(&K) -> Option<Element>>;

/// An element. Its listeners and live attributes end with the reactive owner that it was made under.
#[derive(Clone)]
pub struct Element(web_sys::Element);

/// The children to add to an element: one node, a fragment of several, or none.
pub(crate) struct Children(Option<web_sys::Node>);

/// Makes an HTML element. An empty `class` sets no attribute.
pub(crate) fn element(tag: &str, class: &str) -> Element {
    with_class(document().create_element(tag), class)
}

/// Makes an SVG element. An empty `class` sets no attribute.
pub(crate) fn svg_element(tag: &str, class: &str) -> Element {
    with_class(document().create_element_ns(Some("http://www.w3.org/2000/svg"), tag), class)
}

fn with_class(element: Result<web_sys::Element, wasm_bindgen::JsValue>, class: &str) -> Element {
    // Every tag is a constant and valid.
    let element = Element(element.unwrap_or_else(|_| wasm_bindgen::throw_str("no such element")));
    if class.is_empty() { element } else { element.set("class", class) }
}

impl Element {
    /// Sets an attribute.
    pub(crate) fn set(self, name: &str, value: &str) -> Self {
        self.assign(name, Some(value));
        self
    }

    /// Names the element for `::part()`, by which pages style it.
    pub(crate) fn part(self, name: &str) -> Self {
        self.set("part", name)
    }

    /// Appends a text.
    pub(crate) fn text(self, text: &str) -> Self {
        self.add(Children(Some(document().create_text_node(text).into())))
    }

    /// Appends children.
    pub(crate) fn add(self, children: impl Into<Children>) -> Self {
        append(&self.0, children.into());
        self
    }

    /// Appends a text that follows signals.
    pub(crate) fn live_text<T: Into<Text>>(self, mut text: impl FnMut() -> T + 'static) -> Self {
        let range = Range::new();
        let place = range.children();
        follow_text(range, Box::new(move || text().into()));
        self.add(place)
    }

    /// Sets an attribute that follows signals. `None` removes it.
    pub(crate) fn live_set<T: Into<Text>>(
        self,
        name: &'static str,
        mut value: impl FnMut() -> Option<T> + 'static,
    ) -> Self {
        let element = self.clone();
        follow_value(Box::new(move || value().map(Into::into)), Box::new(move |value| element.assign(name, value)));
        self
    }

    /// Sets an attribute without a value while `is` holds, such as `disabled`.
    pub(crate) fn live_flag(self, name: &'static str, mut is: impl FnMut() -> bool + 'static) -> Self {
        self.live_set(name, move || is().then_some(""))
    }

    /// Sets an attribute to `true` or `false`, such as `aria-busy`.
    pub(crate) fn live_state(self, name: &'static str, mut is: impl FnMut() -> bool + 'static) -> Self {
        self.live_set(name, move || Some(if is() { "true" } else { "false" }))
    }

    /// Checks a radio button while `is` holds. The property is set, since the attribute is only the initial state.
    pub(crate) fn live_checked(self, mut is: impl FnMut() -> bool + 'static) -> Self {
        let input = self.0.clone();
        let assign =
            move |on: Option<&str>| input.unchecked_ref::<web_sys::HtmlInputElement>().set_checked(on.is_some());
        follow_value(Box::new(move || is().then_some(Cow::Borrowed(""))), Box::new(assign));
        self
    }

    /// Gives the element a class while `is` holds.
    pub(crate) fn live_class(self, name: &'static str, mut is: impl FnMut() -> bool + 'static) -> Self {
        let classes = self.0.class_list();
        let assign = move |on: Option<&str>| {
            // Every class name is a constant and valid.
            let _ = classes.toggle_with_force(name, on.is_some());
        };
        follow_value(Box::new(move || is().then_some(Cow::Borrowed(""))), Box::new(assign));
        self
    }

    /// Sets a custom property of the element's style.
    pub(crate) fn live_style(self, name: &'static str, mut value: impl FnMut() -> String + 'static) -> Self {
        let style = self.0.unchecked_ref::<web_sys::HtmlElement>().style();
        let assign = move |value: Option<&str>| {
            let _ = style.set_property(name, value.unwrap_or_default());
        };
        follow_value(Box::new(move || Some(value().into())), Box::new(assign));
        self
    }

    /// Calls `act` at each event of this name.
    pub(crate) fn on(self, event: &'static str, act: impl FnMut(Event) + 'static) -> Self {
        self.listen(event, Box::new(act));
        self
    }

    /// Calls `act` after the first layout and after each change of the element's size.
    pub(crate) fn on_resize(self, act: impl FnMut() + 'static) -> Self {
        self.observe(Box::new(act));
        self
    }

    /// The browser's own element.
    pub(crate) fn dom(&self) -> &web_sys::Element {
        &self.0
    }

    fn assign(&self, name: &str, value: Option<&str>) {
        // Every attribute name is a constant and valid.
        let _ = match value {
            Some(value) => self.0.set_attribute(name, value),
            None => self.0.remove_attribute(name),
        };
    }

    fn listen(&self, event: &'static str, act: Box<dyn FnMut(Event)>) {
        let listener = Listener { element: self.0.clone(), event, act: Closure::wrap(act) };
        let _ = self.0.add_event_listener_with_callback(event, listener.act.as_ref().unchecked_ref());
        StoredValue::new_local(listener);
    }

    fn observe(&self, act: Box<dyn FnMut()>) {
        let act = Closure::wrap(act);
        // Every browser that runs this WebAssembly has the observer.
        let Ok(observer) = ResizeObserver::new(act.as_ref().unchecked_ref()) else { return };
        observer.observe(&self.0);
        StoredValue::new_local(Observer { observer, _act: act });
    }
}

impl Children {
    /// Adds further children after these.
    pub(crate) fn and(self, next: impl Into<Self>) -> Self {
        let both = document().create_document_fragment().into();
        append(&both, self);
        append(&both, next.into());
        Self(Some(both))
    }
}

impl From<Element> for Children {
    fn from(element: Element) -> Self {
        Self(Some(element.0.into()))
    }
}

impl From<Option<Element>> for Children {
    fn from(element: Option<Element>) -> Self {
        Self(element.map(|element| element.0.into()))
    }
}

impl FromIterator<Element> for Children {
    fn from_iter<I: IntoIterator<Item = Element>>(elements: I) -> Self {
        elements.into_iter().fold(Self(None), Self::and)
    }
}

fn append(parent: &web_sys::Node, children: Children) {
    if let Some(node) = children.0 {
        // The call fails only for a node that contains its parent. Nodes added here are new.
        let _ = parent.append_child(&node);
    }
}

/// An event listener; dropping it removes it from its element.
struct Listener {
    element: web_sys::Element,
    event: &'static str,
    act: Closure<dyn FnMut(Event)>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.element.remove_event_listener_with_callback(self.event, self.act.as_ref().unchecked_ref());
    }
}

/// A resize observer; dropping it disconnects it.
struct Observer {
    observer: ResizeObserver,
    _act: Closure<dyn FnMut()>,
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// A directive for Leptos's views: draws a value into `parent`, and draws it again whenever the value changes.
pub fn render_into<K: PartialEq + Clone + Send + Sync + 'static>(
    parent: web_sys::Element,
    (value, draw): (Signal<K>, Draw<K>),
) {
    let _ = Element(parent).add(live(move || value.get(), move |value| draw(value)));
}

impl Render for Element {
    type State = web_sys::Element;

    fn build(self) -> Self::State {
        self.0
    }

    fn rebuild(self, state: &mut Self::State) {
        // The call fails only for an element without a parent, which is not on the page.
        let _ = state.replace_with_with_node_1(&self.0);
        *state = self.0;
    }
}
