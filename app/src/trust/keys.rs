//! The keys of the desk: from item to item, and the letters of an item's buttons. It presses buttons and sends nothing.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::texts::{TrustTexts, live};
use crate::pages::{SHORTCUTS_KEY, save_setting, saved_setting, use_texts};

/// The items of all queues, in the order of the page.
const ITEMS: &str = ".queue > .case";

/// The place to which a key leads among the items; `None` before the first and after the last.
fn place_after(key: &str, place: Option<usize>, count: usize) -> Option<usize> {
    match (key, place) {
        ("j", None) => Some(0),
        ("j", Some(place)) => Some(place + 1),
        ("k", Some(place)) => place.checked_sub(1),
        _ => None,
    }
    .filter(|place| *place < count)
}

/// Whether the key belongs to the browser or to a field.
fn is_busy_elsewhere(event: &KeyboardEvent, target: &Element) -> bool {
    let has_modifier = event.ctrl_key() || event.meta_key() || event.alt_key();
    has_modifier
        || event.default_prevented()
        || event.is_composing()
        || target.matches("input, textarea, select").unwrap_or(true)
}

fn items() -> Vec<Element> {
    let Ok(found) = document().query_selector_all(ITEMS) else { return Vec::new() };
    (0..found.length()).filter_map(|at| found.item(at)?.dyn_into().ok()).collect()
}

/// Moves the focus to another item, or presses a button of the item with the focus. Returns whether it did.
fn act(key: &str, target: &Element) -> bool {
    let own = target.closest(ITEMS).ok().flatten();
    if key == "j" || key == "k" {
        let all = items();
        let place = own.and_then(|own| all.iter().position(|item| *item == own));
        let next = place_after(key, place, all.len()).and_then(|place| all.get(place)?.dyn_ref::<HtmlElement>());
        return next.is_some_and(|item| item.focus().is_ok());
    }
    // Only a letter can stand in the selector.
    let is_letter = key.len() == 1 && key.bytes().all(|byte| byte.is_ascii_lowercase());
    let button = own
        .filter(|_| is_letter)
        .and_then(|own| own.query_selector(&format!("button[data-letter=\"{key}\"]:not(:disabled)")).ok().flatten());
    let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) else { return false };
    button.click();
    true
}

/// Listens to keys while its owner lives, and shows their list with the switch that turns them off.
#[component]
pub fn Keys() -> impl IntoView {
    let texts = use_texts();
    let on = RwSignal::new(saved_setting(SHORTCUTS_KEY).as_deref() != Some("off"));
    let listener = window_event_listener(leptos::ev::keydown, move |event| {
        let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
        if on.get_untracked() && !is_busy_elsewhere(&event, &target) && act(&event.key(), &target) {
            event.prevent_default();
        }
    });
    on_cleanup(move || listener.remove());
    let switch = move |event| {
        on.set(event_target_checked(&event));
        save_setting(SHORTCUTS_KEY, if on.get_untracked() { "on" } else { "off" });
    };
    type Word = fn(&'static TrustTexts) -> &'static str;
    let rows: [(&str, Word); 5] = [
        ("j", |t| t.key_next),
        ("k", |t| t.key_before),
        ("a – z", |t| t.key_letter),
        ("Ctrl / ⌘ + Enter", |t| t.key_send),
        ("Esc", |t| t.key_leave),
    ];
    view! {
        <details class="panel">
            <summary>{live(texts, |t| t.keys)}</summary>
            <dl class="keys">
                {rows.into_iter().map(|(key, what)| view! {
                    <dt><kbd>{key}</kbd></dt>
                    <dd>{live(texts, what)}</dd>
                }).collect_view()}
            </dl>
            <label class="check">
                <input type="checkbox" prop:checked=move || on.get() on:change=switch/>
                <span>{live(texts, |t| t.keys_on)}</span>
            </label>
        </details>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn j_and_k_stay_within_the_items() {
        assert_eq!(place_after("j", None, 2), Some(0));
        assert_eq!(place_after("j", Some(0), 2), Some(1));
        assert_eq!(place_after("j", Some(1), 2), None);
        assert_eq!(place_after("k", Some(1), 2), Some(0));
        assert_eq!(place_after("k", Some(0), 2), None);
        assert_eq!(place_after("k", None, 2), None);
        assert_eq!(place_after("j", None, 0), None);
    }
}
