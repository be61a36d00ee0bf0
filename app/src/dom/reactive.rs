//! Keeps attributes, texts and parts of an element up to date when signals change; it never makes an element itself.
//!
//! Each generic function boxes its closures and calls one that is not generic. The compiler then writes the body once.

use leptos::prelude::*;
use leptos::reactive::effect::RenderEffect;

use super::{Children, Range, Text};

/// Assigns a text to a property, or removes it.
type Assign = Box<dyn FnMut(Option<&str>)>;

/// Draws a value that follows signals, and draws it again whenever the value changes.
pub(crate) fn live<K, P>(value: impl FnMut() -> K + 'static, draw: impl FnMut(&K) -> P + 'static) -> Children
where
    K: PartialEq + 'static,
    P: Into<Children> + 'static,
{
    follow_part(Box::new(Drawn { value, draw, newest: Newest(None) }))
}

/// Calls `act` with the value before and the value now, whenever the value changes. The call comes after drawing.
pub(crate) fn watch<K: PartialEq + 'static>(
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

/// Reads a value whenever its signals change, and assigns it when it differs from the last one.
pub(super) fn follow_value(mut read: Box<dyn FnMut() -> Option<Text>>, mut assign: Assign) {
    let mut newest = Newest(None);
    follow(Box::new(move || {
        if newest.replace(read()) {
            assign(newest.0.as_ref().and_then(Option::as_deref));
        }
    }));
}

/// Keeps a part at its place, also while it has no children.
fn follow_part(mut part: Box<dyn Part>) -> Children {
    let range = Range::new();
    let children = range.children();
    let owner = Owner::new();
    follow(Box::new(move || {
        if part.has_changed() {
            let new = owner.with_cleanup(|| untrack(|| part.draw()));
            range.replace(new.0);
        }
    }));
    children
}

/// Runs now, and again whenever a signal that it read changes, until the reactive owner ends.
fn follow(mut run: Box<dyn FnMut()>) {
    let effect = RenderEffect::new(move |_: Option<()>| run());
    on_cleanup(move || drop(effect));
}

fn follow_later(mut run: Box<dyn FnMut()>) {
    Effect::new(move |_: Option<()>| run());
}

/// The newest reading of a value; none before the first.
struct Newest<T>(Option<T>);

impl<T: PartialEq> Newest<T> {
    /// Keeps a reading. Gives whether it differs from the last one.
    fn replace(&mut self, now: T) -> bool {
        let now = Some(now);
        let is_new = self.0 != now;
        self.0 = now;
        is_new
    }
}

/// A part of an element that is drawn again as a whole.
trait Part {
    /// Reads the value, and gives whether it has changed. The signals that it reads are those the part follows.
    fn has_changed(&mut self) -> bool;
    /// Draws the value read last.
    fn draw(&mut self) -> Children;
}

struct Drawn<K, V, D> {
    value: V,
    draw: D,
    newest: Newest<K>,
}

impl<K, V, D, P> Part for Drawn<K, V, D>
where
    K: PartialEq,
    V: FnMut() -> K,
    D: FnMut(&K) -> P,
    P: Into<Children>,
{
    fn has_changed(&mut self) -> bool {
        self.newest.replace((self.value)())
    }

    fn draw(&mut self) -> Children {
        self.newest.0.as_ref().map_or(Children(None), |value| (self.draw)(value).into())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;
    use crate::dom::Element;

    #[test]
    fn only_a_reading_that_differs_is_new() {
        let mut newest = Newest(None);
        let readings = [None, None, Some("a"), Some("a"), None];
        assert_eq!(readings.map(|reading| newest.replace(reading)), [true, false, true, false, true]);
    }

    #[test]
    fn a_part_is_drawn_from_the_reading_that_changed_it() {
        let (value, drawn) = (Cell::new(1), RefCell::new(Vec::new()));
        let draw = |value: &i32| {
            drawn.borrow_mut().push(*value);
            None::<Element>
        };
        let mut part = Drawn { value: || value.get(), draw, newest: Newest(None) };
        for (now, changed) in [(1, true), (1, false), (2, true)] {
            value.set(now);
            assert_eq!(part.has_changed(), changed, "{now}");
            if changed {
                assert!(part.draw().0.is_none());
            }
        }
        assert_eq!(*drawn.borrow(), [1, 2]);
    }

    #[test]
    fn a_part_that_was_never_read_draws_nothing() {
        let mut part =
            Drawn { value: || 1, draw: |_: &i32| -> Option<Element> { unreachable!() }, newest: Newest(None) };
        assert!(part.draw().0.is_none());
    }
}
