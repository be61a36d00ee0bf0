//! The keyboard shortcuts, their list, and the switch that turns them off. It never carries out a command.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::dialog::Dialog;
use crate::pages::{PageTexts, SHORTCUTS_KEY, save_setting, saved_setting, use_texts};

/// The command of a shortcut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Open the form for a new case in the shown room.
    New,
    /// Show all rooms.
    AllRooms,
    /// Show the room at this index.
    Room(usize),
    /// Focus the search of past cases.
    Search,
    /// List the shortcuts.
    Help,
}

/// The state of the shortcuts.
#[derive(Clone, Copy)]
pub struct Shortcuts {
    on: RwSignal<bool>,
    /// Whether the list is shown.
    pub listed: RwSignal<bool>,
}

impl Shortcuts {
    /// Calls `run` for each shortcut while its owner lives, and provides itself as context.
    pub fn provide(run: impl Fn(Command) + 'static) -> Self {
        let shortcuts = Self {
            on: RwSignal::new(saved_setting(SHORTCUTS_KEY).as_deref() != Some("off")),
            listed: RwSignal::new(false),
        };
        let listener = window_event_listener(leptos::ev::keydown, move |event| {
            if !shortcuts.on.get_untracked() || is_busy_elsewhere(&event) {
                return;
            }
            if let Some(command) = command(&event.key()) {
                event.prevent_default();
                match command {
                    Command::Help => shortcuts.listed.set(true),
                    command => run(command),
                }
            }
        });
        on_cleanup(move || listener.remove());
        provide_context(shortcuts);
        shortcuts
    }

    /// Whether the shortcuts are switched on.
    #[must_use]
    pub fn are_on(self) -> bool {
        self.on.get_untracked()
    }

    fn switch(self, on: bool) {
        self.on.set(on);
        save_setting(SHORTCUTS_KEY, if on { "on" } else { "off" });
    }
}

fn command(key: &str) -> Option<Command> {
    match key {
        "n" => Some(Command::New),
        "/" => Some(Command::Search),
        "?" => Some(Command::Help),
        "0" => Some(Command::AllRooms),
        _ => key.parse().ok().filter(|at| (1..=9).contains(at)).map(|at: usize| Command::Room(at - 1)),
    }
}

/// Whether the key belongs to the browser, a text field, a select, or an open dialog or form.
fn is_busy_elsewhere(event: &KeyboardEvent) -> bool {
    if event.ctrl_key() || event.meta_key() || event.alt_key() || event.default_prevented() || event.is_composing() {
        return true;
    }
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return false };
    let is_typed_in = target.matches("input, textarea, select").unwrap_or(true)
        || target.dyn_ref::<HtmlElement>().is_some_and(HtmlElement::is_content_editable);
    is_typed_in || document().query_selector("dialog[open], form.composer").ok().flatten().is_some()
}

/// Picks one text of a language.
type Pick = fn(&'static PageTexts) -> &'static str;

/// The list of shortcuts, with the switch.
#[component]
pub fn ShortcutList() -> impl IntoView {
    let texts = use_texts();
    let shortcuts = expect_context::<Shortcuts>();
    let rows: [(&str, Pick); 8] = [
        ("n", |t| t.key_new),
        ("1 – 9", |t| t.key_room),
        ("0", |t| t.key_all_rooms),
        ("/", |t| t.key_search),
        ("Ctrl / ⌘ + Enter", |t| t.key_open),
        ("Ctrl / ⌘ + S", |t| t.key_save),
        ("Esc", |t| t.key_leave),
        ("?", |t| t.key_help),
    ];
    view! {
        <Dialog open=shortcuts.listed label=texts.text(|t| t.shortcuts)>
            <dl class="keys">
                {rows.into_iter().map(|(key, what)| view! {
                    <dt><kbd>{key}</kbd></dt>
                    <dd>{texts.live(what)}</dd>
                }).collect_view()}
            </dl>
            <label class="check">
                <input
                    type="checkbox" prop:checked=move || shortcuts.on.get()
                    on:change=move |event| shortcuts.switch(event_target_checked(&event))
                />
                <span>{texts.live(|t| t.shortcuts_on)}</span>
            </label>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_command_or_none() {
        assert_eq!(command("n"), Some(Command::New));
        assert_eq!(command("1"), Some(Command::Room(0)));
        assert_eq!(command("0"), Some(Command::AllRooms));
        for key in ["N", "10", "Enter", ""] {
            assert_eq!(command(key), None, "{key}");
        }
    }
}
