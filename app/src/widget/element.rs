//! The browser's own elements, put together call by call and kept up to date by Leptos's signals: typed views are compiled
//! once more for each place that uses them, and every viewer of a room is sent all of it. It knows nothing of a case.

use std::borrow::Cow;
use std::rc::Rc;

use leptos::ev::Event;
use leptos::prelude::*;
use leptos::reactive::effect::RenderEffect;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::ResizeObserver;

/// What is shown of text: most of it is constant.
type Text = Cow<'static, str>;

/// Puts a text somewhere, or takes it away.
type Put = Box<dyn FnMut(Option<&str>)>;

/// Draws a value; see [`render_into`].
pub type Draw<K> = Rc<dyn Fn(&K) -> Option<Element>>;

/// An element. What keeps it up to date ends with the reactive owner that it was made under.
#[derive(Clone)]
pub struct Element(web_sys::Element);

/// What can be added to an element: elements one after the other, or nothing, for now or for good.
pub(super) struct Children(Option<web_sys::Node>);

/// Makes an element of a class; of none where the class is empty.
pub(super) fn element(tag: &str, class: &str) -> Element {
    made(document().create_element(tag), class)
}

/// Makes an element of a svg_element.
pub(super) fn svg_element(tag: &str, class: &str) -> Element {
    made(document().create_element_ns(Some("http://www.w3.org/2000/svg"), tag), class)
}

fn made(element: Result<web_sys::Element, wasm_bindgen::JsValue>, class: &str) -> Element {
    // A tag that is a constant is a valid one.
    let element = Element(element.unwrap_or_else(|_| wasm_bindgen::throw_str("no such element")));
    if class.is_empty() { element } else { element.set("class", class) }
}

impl Element {
    /// Sets an attribute.
    pub(super) fn set(self, name: &str, value: &str) -> Self {
        self.put(name, Some(value));
        self
    }

    /// Sets an attribute of a part that pages may style.
    pub(super) fn part(self, name: &str) -> Self {
        self.set("part", name)
    }

    /// Adds a text.
    pub(super) fn text(self, text: &str) -> Self {
        self.add(Children(Some(document().create_text_node(text).into())))
    }

    /// Adds what is to stand in it next.
    pub(super) fn add(self, child: impl Into<Children>) -> Self {
        append(&self.0, child.into());
        self
    }

    /// Adds a text that follows signals.
    pub(super) fn live_text<T: Into<Text>>(self, mut text: impl FnMut() -> T + 'static) -> Self {
        self.follow_text(Box::new(move || text().into()));
        self
    }

    /// Sets an attribute that follows signals; none takes it away.
    pub(super) fn live_set<T: Into<Text>>(
        self,
        name: &'static str,
        mut value: impl FnMut() -> Option<T> + 'static,
    ) -> Self {
        let element = self.clone();
        follow_value(Box::new(move || value().map(Into::into)), Box::new(move |value| element.put(name, value)));
        self
    }

    /// Sets an attribute of this name and no value, or takes it away.
    pub(super) fn live_flag(self, name: &'static str, mut is: impl FnMut() -> bool + 'static) -> Self {
        self.live_set(name, move || is().then_some(""))
    }

    /// Sets an attribute that says `true` or `false`.
    pub(super) fn live_state(self, name: &'static str, mut is: impl FnMut() -> bool + 'static) -> Self {
        self.live_set(name, move || Some(if is() { "true" } else { "false" }))
    }

    /// Checks a radio button, or takes that away.
    pub(super) fn live_checked(self, mut is: impl FnMut() -> bool + 'static) -> Self {
        let input = self.0.clone();
        let put = move |on: Option<&str>| input.unchecked_ref::<web_sys::HtmlInputElement>().set_checked(on.is_some());
        follow_value(Box::new(move || is().then_some(Cow::Borrowed(""))), Box::new(put));
        self
    }

    /// Gives it a class, or takes it away.
    pub(super) fn live_class(self, name: &'static str, mut is: impl FnMut() -> bool + 'static) -> Self {
        let classes = self.0.class_list();
        let put = move |on: Option<&str>| {
            // A name that is a constant is a valid one.
            let _ = classes.toggle_with_force(name, on.is_some());
        };
        follow_value(Box::new(move || is().then_some(Cow::Borrowed(""))), Box::new(put));
        self
    }

    /// Sets a custom property of its style.
    pub(super) fn live_style(self, name: &'static str, mut value: impl FnMut() -> String + 'static) -> Self {
        let style = self.0.unchecked_ref::<web_sys::HtmlElement>().style();
        let put = move |value: Option<&str>| {
            let _ = style.set_property(name, value.unwrap_or_default());
        };
        follow_value(Box::new(move || Some(value().into())), Box::new(put));
        self
    }

    /// Calls `act` when an event comes.
    pub(super) fn on(self, event: &'static str, act: impl FnMut(Event) + 'static) -> Self {
        self.listen(event, Box::new(act));
        self
    }

    /// Calls `act` when it has got its size, and whenever it has got another.
    pub(super) fn on_resize(self, act: impl FnMut() + 'static) -> Self {
        self.observe(Box::new(act));
        self
    }

    /// The browser's own element.
    pub(super) fn dom(&self) -> &web_sys::Element {
        &self.0
    }

    fn put(&self, name: &str, value: Option<&str>) {
        // A name that is a constant is a valid one.
        let _ = match value {
            Some(value) => self.0.set_attribute(name, value),
            None => self.0.remove_attribute(name),
        };
    }

    fn follow_text(&self, mut text: Box<dyn FnMut() -> Text>) {
        let node = document().create_text_node("");
        append(&self.0, Children(Some(node.clone().into())));
        follow_value(Box::new(move || Some(text())), Box::new(move |text| node.set_data(text.unwrap_or_default())));
    }

    fn listen(&self, event: &'static str, act: Box<dyn FnMut(Event)>) {
        let listener = Listener { element: self.0.clone(), event, act: Closure::wrap(act) };
        let _ = self.0.add_event_listener_with_callback(event, listener.act.as_ref().unchecked_ref());
        StoredValue::new_local(listener);
    }

    fn observe(&self, act: Box<dyn FnMut()>) {
        let act = Closure::wrap(act);
        // A browser without it has long been too old for the rest of this.
        let Ok(observer) = ResizeObserver::new(act.as_ref().unchecked_ref()) else { return };
        observer.observe(&self.0);
        StoredValue::new_local(Observer { observer, _act: act });
    }
}

impl Children {
    /// Puts another behind it.
    pub(super) fn and(self, next: impl Into<Self>) -> Self {
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

fn append(parent: &web_sys::Node, child: Children) {
    if let Some(child) = child.0 {
        // Fails for a parent within its child alone, and what is added here is new.
        let _ = parent.append_child(&child);
    }
}

/// Draws a value that follows signals, and draws it anew when the value is another.
pub(super) fn live<K, P>(value: impl FnMut() -> K + 'static, draw: impl FnMut(&K) -> P + 'static) -> Children
where
    K: PartialEq + 'static,
    P: Into<Children> + 'static,
{
    follow_part(Box::new(Drawn { value, draw, of: None }))
}

fn follow_part(mut part: Box<dyn Part>) -> Children {
    let place = document().create_document_fragment();
    let (start, end) = (document().create_text_node(""), document().create_text_node(""));
    append(&place, Children(Some(start.clone().into())));
    append(&place, Children(Some(end.clone().into())));
    let owner = Owner::new();
    follow(Box::new(move || {
        if !part.has_changed() {
            return;
        }
        let new = owner.with_cleanup(|| untrack(|| part.draw()));
        while let Some(old) = end.previous_sibling().filter(|old| !old.is_same_node(Some(&start))) {
            old.unchecked_ref::<web_sys::Element>().remove();
        }
        if let (Some(parent), Some(new)) = (end.parent_node(), new.0) {
            let _ = parent.insert_before(&new, Some(&end));
        }
    }));
    Children(Some(place.into()))
}

/// Puts what is read, each time that it is something else.
fn follow_value(mut read: Box<dyn FnMut() -> Option<Text>>, mut put: Put) {
    let mut known = None;
    follow(Box::new(move || {
        let now = read();
        if known != now {
            put(now.as_deref());
            known = now;
        }
    }));
}

/// Runs now, and again whenever something changes that it read, until the reactive owner ends.
fn follow(mut run: Box<dyn FnMut()>) {
    let effect = RenderEffect::new(move |_: Option<()>| run());
    on_cleanup(move || drop(effect));
}

/// Acts on a value that follows signals, each time that it is another: on the one before and the one now. Not while
/// something is drawn, but soon after.
pub(super) fn watch<K: PartialEq + 'static>(
    mut value: impl FnMut() -> K + 'static,
    mut act: impl FnMut(Option<&K>, &K) + 'static,
) {
    let mut known: Option<K> = None;
    follow_later(Box::new(move || {
        let now = value();
        if known.as_ref() != Some(&now) {
            untrack(|| act(known.as_ref(), &now));
            known = Some(now);
        }
    }));
}

fn follow_later(mut run: Box<dyn FnMut()>) {
    Effect::new(move |_: Option<()>| run());
}

/// A part of an element that is drawn anew as a whole.
trait Part {
    /// Whether it is another since the last call; the signals read are those that it follows.
    fn has_changed(&mut self) -> bool;
    fn draw(&mut self) -> Children;
}

struct Drawn<K, V, D> {
    value: V,
    draw: D,
    of: Option<K>,
}

impl<K, V, D, P> Part for Drawn<K, V, D>
where
    K: PartialEq,
    V: FnMut() -> K,
    D: FnMut(&K) -> P,
    P: Into<Children>,
{
    fn has_changed(&mut self) -> bool {
        let now = Some((self.value)());
        let changed = self.of != now;
        self.of = now;
        changed
    }

    fn draw(&mut self) -> Children {
        self.of.as_ref().map_or(Children(None), |of| (self.draw)(of).into())
    }
}

/// What an element listens to; dropping it ends that.
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

/// What looks at an element's size; dropping it ends that.
struct Observer {
    observer: ResizeObserver,
    _act: Closure<dyn FnMut()>,
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// A directive for Leptos's own views: the element holds what `draw` draws of a value, whenever that is another.
pub fn render_into<K: PartialEq + Clone + Send + Sync + 'static>(
    place: web_sys::Element,
    (value, draw): (Signal<K>, Draw<K>),
) {
    let _ = Element(place).add(live(move || value.get(), move |value| draw(value)));
}

impl Render for Element {
    type State = web_sys::Element;

    fn build(self) -> Self::State {
        self.0
    }

    fn rebuild(self, state: &mut Self::State) {
        // A state without a place on the page has nothing to be replaced in.
        let _ = state.replace_with_with_node_1(&self.0);
        *state = self.0;
    }
}
