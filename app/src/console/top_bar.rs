//! The bar at the top of the console: room tabs, language, theme, and the list of shortcuts.

use leptos::prelude::*;

use super::rooms::{RoomTabs, Rooms};
use super::shortcuts::Shortcuts;
use crate::pages::{Choices, use_say};

/// The bar.
#[component]
pub fn TopBar(rooms: Rooms) -> impl IntoView {
    let say = use_say();
    let shortcuts = expect_context::<Shortcuts>();
    view! {
        <header class="top">
            <h1 class="brand">{say.text(|t| t.console)}</h1>
            <RoomTabs rooms/>
            <div class="top-end">
                <Choices/>
                <button
                    type="button" class="quiet" aria-label=say.text(|t| t.shortcuts) title=say.text(|t| t.shortcuts)
                    on:click=move |_| shortcuts.listed.set(true)
                >
                    "?"
                </button>
            </div>
        </header>
    }
}
